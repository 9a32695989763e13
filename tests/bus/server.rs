//! A Redis server of one's own, to be stopped, killed, wiped and lied through.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// A running server. Gone when dropped.
pub(crate) struct Redis {
    process: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        // Free a moment ago; who else would take it?
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut redis = Self {
            process: None,
            port,
            folder: tempfile::tempdir().unwrap(),
        };
        redis.resume().await;
        redis
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As a power cut would.
    pub(crate) fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
    }

    /// Starts it, empty.
    pub(crate) async fn resume(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log)
            .spawn();
        self.process = Some(process.expect("redis-server is installed: see ./test"));
        let give_up = Instant::now() + Duration::from_secs(20);
        while self.ask(&["PING"]).await.is_none() {
            assert!(Instant::now() < give_up, "Redis does not answer");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal by name: STOP, CONT.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    pub(crate) async fn connection(&self) -> Option<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.ok()
    }

    /// Runs a command, as whoever reaches the server can.
    pub(crate) async fn ask(&self, words: &[&str]) -> Option<redis::Value> {
        let mut connection = self.connection().await?;
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.query_async(&mut connection).await.ok()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill9();
    }
}
