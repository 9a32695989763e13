//! A PostgreSQL of one's own, to be paused, killed, and to have its database taken away.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::process::{Broken, children, free_port, output, signal, tool, until};

/// The database of the hub, and where it goes when it is taken away.
const DATABASE: &str = "ludus";
const AWAY: &str = "ludus_away";
/// What a server has for a statement of ours.
const WITHIN: Duration = Duration::from_secs(5);
/// After a kill the server reads what it had not written in place; others may be busy.
const STARTS_WITHIN: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Postgres {
    port: u16,
    data: PathBuf,
    folder: PathBuf,
    is_running: bool,
}

/// PostgreSQL refuses to run as root, and its data must belong to whoever runs it.
fn as_postgres(program: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self")
        .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

impl Postgres {
    /// Makes a data folder in `folder`, which must be open to everybody, and starts on it.
    pub(super) async fn start(folder: &Path) -> Result<Self, Broken> {
        let mut postgres = Self {
            port: free_port()?,
            data: folder.join("postgres"),
            folder: folder.to_owned(),
            is_running: false,
        };
        postgres.initialize()?;
        postgres.resume().await?;
        let mut admin = postgres.connect("postgres").await?;
        sqlx::raw_sql("CREATE DATABASE ludus")
            .execute(&mut admin)
            .await?;
        admin.close().await?;
        Ok(postgres)
    }

    fn initialize(&self) -> Result<(), Broken> {
        let made = std::fs::create_dir(&self.data);
        made.map_err(Broken::io("the data folder of PostgreSQL"))?;
        // Where we are not root this is refused, and not needed.
        Command::new("chown")
            .arg("postgres")
            .arg(&self.data)
            .stderr(Stdio::null())
            .status()
            .ok();
        let log = self.folder.join("initdb.log");
        let done = as_postgres(&tool("initdb")?)
            .arg("-D")
            .arg(&self.data)
            .args(["-U", "postgres", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--no-locale"])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output(&log)?)
            .stderr(output(&log)?)
            .status();
        if done.map_err(Broken::io("initdb"))?.success() {
            return Ok(());
        }
        let log = log.display();
        Err(Broken::says(format!("initdb failed: see {log}")))
    }

    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The hub's database, by way of `address`.
    pub(super) fn url(address: SocketAddr) -> String {
        format!("postgres://postgres@{address}/{DATABASE}")
    }

    /// Starts it unless it runs. What was killed a moment ago may still hold on to things.
    pub(super) async fn resume(&mut self) -> Result<(), Broken> {
        if self.is_running {
            return Ok(());
        }
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200",
            self.port
        );
        let control = tool("pg_ctl")?;
        let log = self.folder.join("pg_ctl.log");
        until("PostgreSQL does not start", STARTS_WITHIN, async || {
            let mut start = as_postgres(&control);
            start
                .args(["-D".as_ref(), self.data.as_os_str()])
                .args(["-l".as_ref(), self.data.join("log").as_os_str()])
                .args(["-o", options.as_str(), "-w", "-t", "30", "start"])
                .current_dir("/")
                .stdin(Stdio::null())
                .stdout(output(&log).ok()?)
                .stderr(output(&log).ok()?);
            // It waits for the server; nobody else may have to.
            let started = tokio::task::spawn_blocking(move || start.status()).await;
            started.ok()?.ok()?.success().then_some(())
        })
        .await?;
        self.is_running = true;
        Ok(())
    }

    fn pid(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// The server and everybody who works for it.
    fn pids(&self) -> Vec<u32> {
        self.pid()
            .map(|pid| {
                let mut pids = children(pid);
                pids.push(pid);
                pids
            })
            .unwrap_or_default()
    }

    /// Sends a signal by name to all of it: STOP, CONT.
    pub(super) fn signal(&self, name: &str) {
        signal(name, &self.pids());
    }

    /// As a power cut would, as far as a process can tell.
    pub(super) fn kill9(&mut self) {
        signal("KILL", &self.pids());
        self.is_running = false;
    }

    /// A connection past all proxies.
    async fn connect(&self, database: &str) -> Result<PgConnection, Broken> {
        let url = format!("postgres://postgres@{}/{database}", self.address());
        match timeout(WITHIN, PgConnection::connect(&url)).await {
            Ok(connected) => Ok(connected?),
            Err(_) => Err(Broken::says("PostgreSQL does not answer")),
        }
    }

    async fn run(&self, statements: &[&'static str]) -> Result<(), Broken> {
        let mut admin = self.connect("postgres").await?;
        for statement in statements {
            let done = timeout(WITHIN, sqlx::raw_sql(*statement).execute(&mut admin)).await;
            done.map_err(|_| Broken::says("PostgreSQL does not answer"))??;
        }
        admin.close().await?;
        Ok(())
    }

    /// Takes the database away under everybody's feet.
    pub(super) async fn rename_away(&self) -> Result<(), Broken> {
        let take = [
            "ALTER DATABASE ludus WITH ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ludus'",
            "ALTER DATABASE ludus RENAME TO ludus_away",
        ];
        // Backends take a moment to end.
        until(
            "the database cannot be renamed",
            STARTS_WITHIN,
            async || self.run(&take).await.ok(),
        )
        .await
    }

    /// Does nothing when it is where it belongs.
    pub(super) async fn rename_back(&self) -> Result<(), Broken> {
        let mut admin = self.connect("postgres").await?;
        let away = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1")
            .bind(AWAY)
            .fetch_optional(&mut admin)
            .await?;
        if away.is_some() {
            sqlx::raw_sql("ALTER DATABASE ludus_away RENAME TO ludus")
                .execute(&mut admin)
                .await?;
        }
        sqlx::raw_sql("ALTER DATABASE ludus WITH ALLOW_CONNECTIONS true")
            .execute(&mut admin)
            .await?;
        admin.close().await?;
        Ok(())
    }

    /// Ends about one in so many of the hub's backends, whatever they are doing.
    pub(super) async fn terminate(&self, one_in: u32) -> Result<(), Broken> {
        let mut admin = self.connect("postgres").await?;
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = $1 AND random() < 1.0 / $2",
        )
        .bind(DATABASE)
        .bind(f64::from(one_in.max(1)))
        .execute(&mut admin)
        .await?;
        admin.close().await?;
        Ok(())
    }

    /// Connections of the hub that sit in a transaction and do nothing, for longer than a second.
    pub(super) async fn forgotten_transactions(&self) -> Result<i64, Broken> {
        let mut admin = self.connect("postgres").await?;
        let row = sqlx::query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 \
             AND state LIKE 'idle in transaction%' AND state_change < now() - interval '1 second'",
        )
        .bind(DATABASE)
        .fetch_one(&mut admin)
        .await?;
        let count = row.try_get(0)?;
        admin.close().await?;
        Ok(count)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Stopped ones do not hear that they are killed by a friendlier signal.
        signal("KILL", &self.pids());
    }
}
