//! Processes that are started, stopped, killed and looked at.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The cluster could not be made, or does not do what it is told.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("{what}: {source}")]
    Io {
        what: String,
        #[source]
        source: io::Error,
    },
    #[error("{0}")]
    Says(String),
    #[error(transparent)]
    Rest(#[from] crate::people::RestError),
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] sqlx::Error),
    #[error(transparent)]
    Check(#[from] crate::check::CheckError),
}

impl Broken {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(super) fn says(what: impl Into<String>) -> Self {
        Self::Says(what.into())
    }
}

/// A program of Debian's, which keeps some off the PATH.
pub(super) fn tool(name: &str) -> Result<PathBuf, Broken> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<_> = versions
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| Broken::says(format!("{name} is not installed: see ./test")))
}

/// A port that was free a moment ago; who else would take it?
pub(super) fn free_port() -> Result<u16, Broken> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Broken::io("a port"))?;
    let address = listener.local_addr().map_err(Broken::io("a port"))?;
    Ok(address.port())
}

/// A file that what a process says is added to.
pub(super) fn output(path: &Path) -> Result<Stdio, Broken> {
    let file = File::options().create(true).append(true).open(path);
    Ok(file.map_err(Broken::io(path.display().to_string()))?.into())
}

/// Sends a signal by name. A process that is gone needs none.
pub(super) fn signal(name: &str, pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    Command::new("kill")
        .arg(format!("-{name}"))
        .args(pids.iter().map(u32::to_string))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
}

/// Ends a process as a power cut would.
pub(super) fn kill(process: &mut Option<Child>) {
    if let Some(mut process) = process.take() {
        process.kill().ok();
        process.wait().ok();
    }
}

/// The children of a process, by what the kernel says.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return vec![];
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The name before it may hold anything but the last parenthesis.
            let parent_of = stat
                .rsplit_once(')')
                .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
            parent_of == Some(parent)
        })
        .collect()
}

/// The memory a process really uses, in KiB, and its open files and sockets.
pub(super) fn uses(pid: u32) -> Option<(u64, usize)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let memory = line.split_whitespace().nth(1)?.parse().ok()?;
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some((memory, files))
}

/// Looks until there is something.
pub(super) async fn until<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Result<T, Broken> {
    let give_up = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if Instant::now() >= give_up {
            let waited = within.as_secs();
            return Err(Broken::says(format!("{what}, not even after {waited} s")));
        }
        sleep(Duration::from_millis(25)).await;
    }
}
