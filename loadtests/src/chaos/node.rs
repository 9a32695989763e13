//! One hub process, and the links around it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::plan::Wire;
use super::process::{Broken, kill, output, signal, until, uses};
use super::proxy::{Proxy, Speaks};
use crate::people::Hub;

/// A debug build on a busy machine, with migrations to run.
const STARTS_WITHIN: Duration = Duration::from_mins(1);
/// Longer than a drain may take.
const DRAINS_WITHIN: Duration = Duration::from_secs(30);

/// What the nodes of one hub are to the world: tokens of one with another name are not believed.
const PUBLIC_URL: &str = "http://cluster.example.org";

/// What crowds need, and no test of limits.
const GENEROUS: &[(&str, &str)] = &[
    ("LUDUS_LIMITS__SOCKETS_PER_USER", "20000"),
    ("LUDUS_LIMITS__SOCKETS_PER_ADDRESS", "20000"),
    ("LUDUS_LIMITS__SOCKETS_WAITING", "20000"),
    ("LUDUS_LIMITS__SOCKETS", "20000"),
    ("LUDUS_LIMITS__USER_FRAMES_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_FRAMES_BURST", "100000"),
    ("LUDUS_LIMITS__USER_CHAT_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_CHAT_BURST", "100000"),
    ("LUDUS_LIMITS__USER_CONTROL_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_CONTROL_BURST", "100000"),
    ("LUDUS_LIMITS__USER_REST_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_REST_BURST", "100000"),
    ("LUDUS_LIMITS__ROOM_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ROOM_BURST", "1000000"),
    ("LUDUS_LIMITS__ADDRESS_REST_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ADDRESS_REST_BURST", "1000000"),
    ("LUDUS_LIMITS__ADDRESS_HANDSHAKES_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ADDRESS_HANDSHAKES_BURST", "1000000"),
    ("LUDUS_LIMITS__ADDRESS_LOGINS_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__ADDRESS_LOGINS_BURST", "100000"),
    ("LUDUS_LIMITS__ACCOUNT_LOGINS_PER_MINUTE", "60000"),
    ("LUDUS_LIMITS__ACCOUNT_LOGINS_BURST", "10000"),
    // A drain is tried often.
    ("LUDUS_SESSIONS__DRAIN_MS", "4000"),
    ("LUDUS_SESSIONS__HEARTBEAT_MS", "5000"),
    ("LUDUS_SESSIONS__SILENCE_MS", "5000"),
];

/// What all nodes of a cluster have in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) binary: PathBuf,
    pub(super) previous: Option<Previous>,
    /// A fault to plant, for a binary that can.
    pub(super) fault: Option<String>,
    pub(super) master: PathBuf,
    pub(super) postgres: SocketAddr,
    pub(super) redis: SocketAddr,
    pub(super) model: SocketAddr,
}

/// An older version of the hub. All nodes start with it.
#[derive(Clone, Debug)]
pub struct Previous {
    pub binary: PathBuf,
    /// Every second start is one of it; otherwise only the first. Where there were migrations since, it
    /// does not start any more, and says so.
    pub returns: bool,
}

impl Previous {
    const fn is_for(&self, start: u32) -> bool {
        start == 0 || (self.returns && start.is_multiple_of(2))
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) folder: PathBuf,
    process: Option<Child>,
    starts: u32,
    /// Where it listens itself, past the proxy.
    address: Option<SocketAddr>,
    wires: BTreeMap<Wire, Proxy>,
    common: Common,
}

impl Node {
    /// Lays the links; the process is started by [`Node::start`].
    pub(super) async fn lay(folder: PathBuf, common: Common, seed: u64) -> Result<Self, Broken> {
        std::fs::create_dir_all(folder.join("data")).map_err(Broken::io("the folder of a node"))?;
        let mut wires = BTreeMap::new();
        for wire in Wire::ALL {
            let (speaks, far) = match wire {
                Wire::Clients => (Speaks::Anything, None),
                Wire::Redis => (Speaks::Redis, Some(common.redis)),
                Wire::Postgres => (Speaks::Anything, Some(common.postgres)),
                Wire::Model => (Speaks::Anything, Some(common.model)),
            };
            let proxy = Proxy::start(speaks, seed ^ wires.len() as u64).await;
            let proxy = proxy.map_err(Broken::io("a proxy"))?;
            proxy.leads_to(far);
            wires.insert(wire, proxy);
        }
        let node = Self {
            folder,
            process: None,
            starts: 0,
            address: None,
            wires,
            common,
        };
        node.configure()?;
        Ok(node)
    }

    fn configure(&self) -> Result<(), Broken> {
        let file = format!(
            "[[providers]]\nname = \"scripted\"\nbase_url = \"http://{}/v1\"\n\
             models = [{{ name = \"tiny\", prompt_price_micro = 1000000, completion_price_micro = 1000000 }}]\n\
             timeouts = {{ connect_ms = 1000, first_token_ms = 3000, stall_ms = 3000, total_ms = 20000 }}\n",
            self.wire(Wire::Model)?.address()
        );
        std::fs::write(self.folder.join("ludus.toml"), file).map_err(Broken::io("ludus.toml"))
    }

    pub(super) fn wire(&self, wire: Wire) -> Result<&Proxy, Broken> {
        let proxy = self.wires.get(&wire);
        proxy.ok_or_else(|| Broken::says("a link was never laid"))
    }

    pub(super) fn wires(&self) -> impl Iterator<Item = &Proxy> {
        self.wires.values()
    }

    /// As its people reach it, through the proxy.
    pub(super) fn hub(&self) -> Result<Hub, Broken> {
        let address = self.wire(Wire::Clients)?.address();
        Ok(Hub::new(&format!("http://{address}"))?)
    }

    pub(super) fn address(&self) -> Result<SocketAddr, Broken> {
        self.address
            .ok_or_else(|| Broken::says("a node was never started"))
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    pub(super) fn uses(&self) -> Option<(u64, usize)> {
        uses(self.pid()?)
    }

    pub(super) fn kill9(&mut self) {
        kill(&mut self.process);
        self.unplug();
    }

    fn unplug(&self) {
        if let Ok(proxy) = self.wire(Wire::Clients) {
            proxy.leads_to(None);
        }
    }

    pub(super) fn signal(&self, name: &str) {
        if let Some(pid) = self.pid() {
            signal(name, &[pid]);
        }
    }

    fn has_ended(&mut self) -> bool {
        let process = self.process.as_mut();
        process.is_none_or(|process| matches!(process.try_wait(), Ok(Some(_)) | Err(_)))
    }

    /// Starts it, when what ran before has ended, and leads people there as soon as it listens.
    pub(super) async fn start(&mut self) -> Result<(), Broken> {
        until("a node does not end", DRAINS_WITHIN, async || {
            self.has_ended().then_some(())
        })
        .await?;
        self.process = None;
        self.unplug();
        let written = self.folder.join("data/address");
        std::fs::remove_file(&written).ok();
        let older = self.common.previous.as_ref();
        let binary = older
            .filter(|older| older.is_for(self.starts))
            .map_or(&self.common.binary, |older| &older.binary);
        self.process = Some(self.spawn(binary)?);
        self.starts += 1;
        let address = until("a node does not listen", STARTS_WITHIN, async || {
            if self.has_ended() {
                return Some(Err(Broken::says(format!(
                    "a node ended at its start: see {}",
                    self.folder.join("stderr").display()
                ))));
            }
            let text = std::fs::read_to_string(&written).ok()?;
            let address = text.trim().trim_start_matches("http://").parse();
            address.ok().map(Ok)
        })
        .await??;
        self.wire(Wire::Clients)?.leads_to(Some(address));
        self.address = Some(address);
        Ok(())
    }

    /// The settings of its process, and of commands beside it.
    fn settings(&self) -> Result<BTreeMap<&'static str, String>, Broken> {
        let postgres = self.wire(Wire::Postgres)?.address();
        let redis = self.wire(Wire::Redis)?.address();
        let text = |path: &Path| path.display().to_string();
        let mut settings: BTreeMap<_, _> = GENEROUS
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        settings.insert("LUDUS_DATA_DIR", text(&self.folder.join("data")));
        settings.insert("LUDUS_LISTEN__ADDRESS", "127.0.0.1:0".to_owned());
        settings.insert("LUDUS_PUBLIC_URL", PUBLIC_URL.to_owned());
        settings.insert("LUDUS_SECRETS__MASTER_FILE", text(&self.common.master));
        settings.insert("LUDUS_STORE__URL", super::postgres::Postgres::url(postgres));
        settings.insert("LUDUS_BUS__URL", format!("redis://{redis}"));
        settings.insert(
            "LUDUS_LOG__FILTER",
            "info,sqlx=warn,sea_orm_migration=warn".to_owned(),
        );
        if let Some(fault) = &self.common.fault {
            settings.insert("LUDUS_FAULT", fault.clone());
        }
        Ok(settings)
    }

    fn command(&self, binary: &Path) -> Result<Command, Broken> {
        let mut command = Command::new(binary);
        // Whatever is set for others is nothing to a hub of ours.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LUDUS_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.folder)
            .envs(self.settings()?)
            .stdin(Stdio::null());
        Ok(command)
    }

    fn spawn(&self, binary: &Path) -> Result<Child, Broken> {
        self.command(binary)?
            .arg("serve")
            .stdout(output(&self.folder.join("stdout"))?)
            .stderr(output(&self.folder.join("stderr"))?)
            .spawn()
            .map_err(Broken::io(binary.display().to_string()))
    }

    /// A command of the same binary beside the hub: whether it was well, and what it said.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<(bool, String), Broken> {
        let mut command = self.command(&self.common.binary)?;
        command.args(arguments);
        let done = tokio::task::spawn_blocking(move || command.output()).await;
        let done = done
            .map_err(|_| Broken::says("a command was not waited for"))?
            .map_err(Broken::io("a command of the hub"))?;
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok((done.status.success(), said))
    }

    /// What it wrote to its log.
    pub(super) fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.join("stderr")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The code of the owner's link, which each first start prints.
    pub(super) fn owner_code(&self) -> Option<String> {
        let printed = std::fs::read_to_string(self.folder.join("stdout")).ok()?;
        let (_, rest) = printed.split_once("/#/claim/")?;
        let end = rest.find(char::is_whitespace)?;
        Some(rest[..end].to_owned())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill9();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_version_comes_first_and_back_where_it_may() {
        let starts = |returns| {
            let binary = PathBuf::from("older");
            let older = Previous { binary, returns };
            (0..4).map(|start| older.is_for(start)).collect::<Vec<_>>()
        };
        assert_eq!(starts(false), [true, false, false, false]);
        assert_eq!(starts(true), [true, false, true, false]);
    }
}
