//! A Redis of one's own, to be stopped, killed and wiped.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::process::{Broken, free_port, kill, output, signal, tool, until};

/// What a server has for an answer.
const WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Redis {
    process: Option<Child>,
    port: u16,
    folder: PathBuf,
}

impl Redis {
    pub(super) async fn start(folder: &Path) -> Result<Self, Broken> {
        let mut redis = Self {
            process: None,
            port: free_port()?,
            folder: folder.to_owned(),
        };
        redis.resume().await?;
        Ok(redis)
    }

    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(super) fn kill9(&mut self) {
        kill(&mut self.process);
    }

    /// Starts it, empty, unless it runs.
    pub(super) async fn resume(&mut self) -> Result<(), Broken> {
        if self.process.is_some() {
            return Ok(());
        }
        let process = Command::new(tool("redis-server")?)
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(output(&self.folder.join("redis.log"))?)
            .spawn();
        self.process = Some(process.map_err(Broken::io("redis-server"))?);
        until(
            "Redis does not answer",
            Duration::from_secs(20),
            async || self.ask("PING").await,
        )
        .await
        .map(drop)
    }

    /// Sends a signal by name: STOP, CONT.
    pub(super) fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            signal(name, &[process.id()]);
        }
    }

    /// Runs a command that has its answer in one piece.
    pub(super) async fn ask(&self, line: &str) -> Option<String> {
        let asked = async {
            let mut socket = TcpStream::connect(self.address()).await.ok()?;
            let line = format!("{line}\r\n");
            socket.write_all(line.as_bytes()).await.ok()?;
            let mut answer = vec![0; 1024];
            let count = socket.read(&mut answer).await.ok()?;
            answer.truncate(count);
            String::from_utf8(answer)
                .ok()
                .filter(|text| !text.is_empty())
        };
        timeout(WITHIN, asked).await.ok().flatten()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill9();
    }
}
