//! Many thousands of WebSocket connections in one thread: what a load is made with.
//!
//! A task and a buffer for each connection, as [`crate::client`] has them, would cost the generator
//! more than the server it measures. Here a connection is a socket and a few words; bytes are read
//! into one buffer that all share and looked at in place. It knows frames and nothing of what is
//! said in them.

mod frames;

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

pub use self::frames::{BINARY, TEXT, frame};
use self::frames::{CLOSE, PING, PONG, walk};

/// What is read at once: a burst of a busy room in one call.
const SCRATCH_BYTES: usize = 256 * 1024;
/// The longest answer to a handshake.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// How to ask for an upgrade.
#[derive(Clone, Debug)]
pub struct Door {
    pub address: SocketAddr,
    pub path: String,
    pub subprotocol: Option<&'static str>,
}

/// What a connection has to tell.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// It was upgraded.
    Open,
    /// The payload of one whole message.
    Said(&'a [u8]),
    /// It ended, or never began.
    Gone,
}

/// What is to be sent when everything that came was looked at: to whom, and whole frames.
pub type Sends = Vec<(usize, Vec<u8>)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Asking,
    Open,
}

#[derive(Debug)]
struct Line {
    stream: TcpStream,
    stage: Stage,
    /// The beginning of what has not come whole.
    part: Vec<u8>,
    /// What the kernel did not take yet.
    unsent: Vec<u8>,
}

/// The connections, by number.
#[derive(Debug)]
pub struct Crowd {
    poll: Poll,
    events: Events,
    lines: Vec<Option<Line>>,
    open: usize,
    scratch: Vec<u8>,
}

impl Crowd {
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(4_096),
            lines: Vec::new(),
            open: 0,
            scratch: vec![0; SCRATCH_BYTES],
        })
    }

    /// Connections that were upgraded and live.
    pub const fn open(&self) -> usize {
        self.open
    }

    /// Begins to connect under a number of the caller's. Numbers are best small and dense.
    pub fn connect(&mut self, who: usize, door: &Door) -> io::Result<()> {
        let mut stream = TcpStream::connect(door.address)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, Token(who), interest)?;
        if self.lines.len() <= who {
            self.lines.resize_with(who + 1, || None);
        }
        self.cut(who);
        self.lines[who] = Some(Line {
            stream,
            stage: Stage::Asking,
            part: Vec::new(),
            unsent: frames::request(door).into_bytes(),
        });
        Ok(())
    }

    /// Breaks a connection without a word.
    pub fn cut(&mut self, who: usize) {
        if let Some(line) = self.lines.get_mut(who).and_then(Option::take) {
            self.open -= usize::from(line.stage == Stage::Open);
        }
    }

    pub fn cut_all(&mut self) {
        for who in 0..self.lines.len() {
            self.cut(who);
        }
    }

    /// Sends whole frames, now or as soon as the kernel takes them.
    pub fn send(&mut self, who: usize, bytes: &[u8]) {
        let Some(Some(line)) = self.lines.get_mut(who) else {
            return;
        };
        line.unsent.extend_from_slice(bytes);
        if line.stage == Stage::Open && line.flush().is_err() {
            self.cut(who);
        }
    }

    /// Waits for at most so long and tells what came. Answers pings by itself.
    pub fn turn(
        &mut self,
        wait: Duration,
        tell: &mut dyn FnMut(usize, News<'_>, &mut Sends),
    ) -> io::Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        match self.poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let mut sends = Sends::new();
        for event in &events {
            let who = event.token().0;
            let Some(Some(line)) = self.lines.get_mut(who) else {
                continue;
            };
            let was_open = line.stage == Stage::Open;
            let lives = line.attend(
                &mut self.scratch,
                &mut |news, sends| tell(who, news, sends),
                &mut sends,
            );
            let is_open = line.stage == Stage::Open;
            self.open += usize::from(is_open && !was_open);
            if lives.is_err() {
                self.cut(who);
                tell(who, News::Gone, &mut sends);
            }
        }
        self.events = events;
        for (who, bytes) in sends {
            self.send(who, &bytes);
        }
        Ok(())
    }
}

impl Line {
    fn attend(
        &mut self,
        scratch: &mut [u8],
        tell: &mut dyn FnMut(News<'_>, &mut Sends),
        sends: &mut Sends,
    ) -> io::Result<()> {
        self.flush()?;
        loop {
            let count = match self.stream.read(scratch) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
                Err(error) => return Err(error),
            };
            if self.part.is_empty() {
                let used = self.take(&scratch[..count], tell, sends)?;
                self.part.extend_from_slice(&scratch[used..count]);
            } else {
                let mut whole = std::mem::take(&mut self.part);
                whole.extend_from_slice(&scratch[..count]);
                let used = self.take(&whole, tell, sends)?;
                // A new one, so that a burst does not keep its size for ever.
                self.part = whole[used..].to_vec();
            }
            // The edge-triggered poll tells again of what comes after a short read.
            if count < scratch.len() {
                return Ok(());
            }
        }
    }

    /// How many of the bytes were used.
    fn take(
        &mut self,
        bytes: &[u8],
        tell: &mut dyn FnMut(News<'_>, &mut Sends),
        sends: &mut Sends,
    ) -> io::Result<usize> {
        let mut begin = 0;
        if self.stage == Stage::Asking {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                return if bytes.len() > HEAD_BYTES_MAX {
                    Err(ErrorKind::InvalidData.into())
                } else {
                    Ok(0)
                };
            };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                return Err(ErrorKind::ConnectionRefused.into());
            }
            self.stage = Stage::Open;
            begin = end + 4;
            tell(News::Open, sends);
        }
        let mut pongs = Vec::new();
        let mut closed = false;
        let used = walk(&bytes[begin..], |opcode, payload| match opcode {
            TEXT | BINARY => tell(News::Said(payload), sends),
            PING => pongs.extend(frame(PONG, payload)),
            CLOSE => closed = true,
            _ => {}
        });
        if closed {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        if !pongs.is_empty() {
            self.unsent.extend(pongs);
            self.flush()?;
        }
        Ok(begin + used)
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => {
                    self.unsent.drain(..count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        if self.unsent.capacity() > 4_096 {
            self.unsent = Vec::new();
        }
        Ok(())
    }
}
