//! The servers a load is run against, started by it on a core of their own.

pub mod ludus;
mod peers;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use self::peers::{Peer, Talk};
use crate::accounting::Family;

/// How long a server may take to listen.
const START_WITHIN: Duration = Duration::from_secs(20);

/// Where programs run.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    pub server: u32,
    pub generator: u32,
}

/// A load could not be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{what} could not be started: {source}")]
    NotStarted {
        what: String,
        source: std::io::Error,
    },
    #[error("{0} did not listen in time")]
    Deaf(String),
    #[error("{missing} of {all} people were not where they should be after {seconds} s")]
    NotThere {
        missing: usize,
        all: usize,
        seconds: u64,
    },
    #[error("the hub said no: {0}")]
    Refused(String),
    #[error(transparent)]
    Rest(#[from] crate::people::RestError),
    #[error(transparent)]
    Scenario(#[from] crate::scenario::NotAScenario),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A process that is ended when dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts a program on the servers' core.
    pub fn start(
        program: &Path,
        cores: Option<Cores>,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Self, LoadError> {
        let mut command = match cores {
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.arg("-c").arg(cores.server.to_string()).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.stdin(Stdio::null());
        prepare(&mut command);
        let child = command.spawn().map_err(|source| LoadError::NotStarted {
            what: program.display().to_string(),
            source,
        })?;
        Ok(Self(child))
    }

    /// `taskset` becomes what it starts, so the process is the server.
    pub fn family(&self) -> Family {
        Family(self.0.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A polite end first: nginx takes its workers with it only then.
        let id = self.0.id().to_string();
        let asked = Command::new("kill").arg(id).status();
        let until = Instant::now() + Duration::from_secs(3);
        while asked.is_ok() && Instant::now() < until {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Puts this process on the generator's core.
pub fn pin(cores: Cores) {
    let own = std::process::id().to_string();
    let _ = Command::new("taskset")
        .args(["-a", "-c", "-p", &cores.generator.to_string(), &own])
        .stdout(Stdio::null())
        .status();
}

/// A port nobody has.
pub fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn wait_for(address: SocketAddr, what: &str) -> Result<(), LoadError> {
    let until = Instant::now() + START_WITHIN;
    while TcpStream::connect(address).is_err() {
        if Instant::now() > until {
            return Err(LoadError::Deaf(what.to_owned()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
