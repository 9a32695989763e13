//! Where clients write down what they did and heard, before anybody judges it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use ludus_domain::ids::UserId;
use tokio::time::Instant;

use crate::record::{Line, What};

/// One file, many clients of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Times are counted from here: monotonic, and the same for all clients of the process.
    started: Instant,
    /// `None`: nobody wants to read it; a load run of millions of frames measures instead.
    out: Option<Mutex<BufWriter<File>>>,
}

impl Log {
    pub fn create(path: &Path) -> io::Result<Self> {
        let out = Some(Mutex::new(BufWriter::new(File::create(path)?)));
        Ok(Self::new(out))
    }

    /// Writes nothing down.
    pub fn none() -> Self {
        Self::new(None)
    }

    fn new(out: Option<Mutex<BufWriter<File>>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                started: Instant::now(),
                out,
            }),
        }
    }

    pub fn now_us(&self) -> u64 {
        u64::try_from(self.shared.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Writes a line. A log that cannot be written ends the run: a proof with gaps proves nothing.
    pub fn write(&self, user: UserId, client: &str, what: What) {
        let Some(out) = &self.shared.out else { return };
        let at_us = self.now_us();
        let line = Line {
            at_us,
            user,
            client: client.to_owned(),
            what,
        };
        let Ok(mut out) = out.lock() else { return };
        let written = serde_json::to_writer(&mut *out, &line)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"));
        #[expect(clippy::panic, reason = "a proof with gaps proves nothing")]
        if let Err(error) = written {
            panic!("the client log cannot be written: {error}");
        }
    }

    pub fn flush(&self) -> io::Result<()> {
        match &self.shared.out {
            Some(out) => match out.lock() {
                Ok(mut out) => out.flush(),
                Err(_) => Err(io::Error::other("a client died while writing the log")),
            },
            None => Ok(()),
        }
    }
}

/// Reads a log back.
pub fn read(path: &Path) -> io::Result<Vec<Line>> {
    BufReader::new(File::open(path)?)
        .lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(&line?).map_err(|error| {
                io::Error::other(format!("{}:{}: {error}", path.display(), number + 1))
            })
        })
        .collect()
}
