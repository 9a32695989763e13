//! The hub itself, with everything on that people would have on: everybody signed in, rights
//! checked, limits counted (and wide), every line journalled, and the game played.
//!
//! People are made over REST, as guests of rooms that are entered by a code, and take their seats
//! over a socket. They are kept between loads: whoever has been here comes back by a resume token.

mod boards;
mod desks;
mod entrance;
mod house;

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hdrhistogram::Histogram;
use ludus_domain::ids::CommandId;
use ludus_domain::protocol::{ClientFrame, SUBPROTOCOL};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

pub use self::boards::Watched;
pub use self::desks::Desked;
pub use self::entrance::Storm;
use self::house::House;
use super::{Cores, LoadError, Running, free_address, wait_for};
use crate::accounting::Family;
use crate::client::say;
use crate::light::{Door, Sends, TEXT, frame};
use crate::load::{Answers, Dialect, histogram};
use crate::people::{Account, Hub, code_of};

const START_WITHIN: Duration = Duration::from_secs(30);

/// Wide enough that no load is turned away. They are counted all the same.
const SETTINGS: &[(&str, &str)] = &[
    ("LUDUS_LISTEN__WORKERS", "1"),
    ("LUDUS_LOG__FILTER", "warn"),
    ("LUDUS_LIMITS__SOCKETS_PER_USER", "1000"),
    ("LUDUS_LIMITS__SOCKETS_PER_ADDRESS", "50000"),
    ("LUDUS_LIMITS__SOCKETS_WAITING", "50000"),
    ("LUDUS_LIMITS__SOCKET_FRAMES_PER_SECOND", "100000"),
    ("LUDUS_LIMITS__SOCKET_FRAMES_BURST", "100000"),
    ("LUDUS_LIMITS__SOCKET_BYTES_PER_SECOND", "10000000"),
    ("LUDUS_LIMITS__SOCKET_BYTES_BURST", "10000000"),
    ("LUDUS_LIMITS__USER_FRAMES_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__USER_FRAMES_BURST", "100000"),
    ("LUDUS_LIMITS__USER_CHAT_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__USER_CHAT_BURST", "100000"),
    ("LUDUS_LIMITS__USER_CONTROL_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_CONTROL_BURST", "100000"),
    ("LUDUS_LIMITS__USER_REST_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_REST_BURST", "100000"),
    ("LUDUS_LIMITS__ROOM_PER_MINUTE", "10000000"),
    ("LUDUS_LIMITS__ROOM_BURST", "1000000"),
    ("LUDUS_LIMITS__ADDRESS_REST_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ADDRESS_REST_BURST", "100000"),
    ("LUDUS_LIMITS__ADDRESS_HANDSHAKES_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ADDRESS_HANDSHAKES_BURST", "100000"),
    ("LUDUS_LIMITS__ADDRESS_LOGINS_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ADDRESS_LOGINS_BURST", "100000"),
];

/// A hub that runs, with people.
#[derive(Debug)]
pub struct Ludus {
    process: Option<Running>,
    /// How it was started, where it was started by us.
    own: Option<Own>,
    address: SocketAddr,
    runtime: Runtime,
    host: Account,
    houses: Vec<House>,
    started_in: Duration,
    idle_kib: u64,
}

/// A hub that was started by us.
#[derive(Debug)]
struct Own {
    folder: TempDir,
    binary: PathBuf,
    store: Option<String>,
    cores: Option<Cores>,
    address: SocketAddr,
    metrics: SocketAddr,
}

impl Own {
    fn start(&self) -> Result<Running, LoadError> {
        let out = File::create(self.folder.path().join("stdout"))?;
        let log = File::create(self.folder.path().join("stderr"))?;
        let process = Running::start(&self.binary, self.cores, |command| {
            command
                .current_dir(self.folder.path())
                .stdout(out)
                .stderr(log)
                .envs(SETTINGS.iter().copied())
                .env("LUDUS_LISTEN__ADDRESS", self.address.to_string())
                .env("LUDUS_METRICS__ADDRESS", self.metrics.to_string())
                .env("LUDUS_DATA_DIR", self.folder.path().join("data"));
            if let Some(store) = &self.store {
                command.env("LUDUS_STORE__URL", store);
            }
        })?;
        wait_for(self.address, "the hub")?;
        Ok(process)
    }
}

/// What the journal did.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Commits {
    pub commits: f64,
    pub events: f64,
}

impl Ludus {
    /// Starts a hub of its own. `store`: a URL of PostgreSQL; without one it is SQLite.
    pub fn start(
        binary: &Path,
        store: Option<&str>,
        cores: Option<Cores>,
    ) -> Result<Self, LoadError> {
        let own = Own {
            folder: TempDir::new()?,
            binary: binary.canonicalize()?,
            store: store.map(str::to_owned),
            cores,
            address: free_address()?,
            metrics: free_address()?,
        };
        let begun = std::time::Instant::now();
        let process = own.start()?;
        let started_in = begun.elapsed();
        let idle_kib = process.family().resident_kib();
        let code = until(|| {
            let text = std::fs::read_to_string(own.folder.path().join("stdout")).ok()?;
            let link = text
                .split_whitespace()
                .find(|word| word.contains("/claim/"))?;
            Some(code_of(link).to_owned())
        })
        .ok_or_else(|| LoadError::Deaf("the hub".to_owned()))?;
        let mut hub = Self::at(&format!("http://{}", own.address), &code)?;
        (hub.process, hub.own) = (Some(process), Some(own));
        (hub.started_in, hub.idle_kib) = (started_in, idle_kib);
        Ok(hub)
    }

    /// Ends the process and starts it on the same data: nothing of earlier loads is left in its memory.
    pub fn restart(&mut self) -> Result<(), LoadError> {
        if let Some(own) = &self.own {
            self.process = None;
            self.process = Some(own.start()?);
        }
        Ok(())
    }

    /// A hub that runs already; `code` is a one-time code of who may open rooms.
    pub fn at(base: &str, code: &str) -> Result<Self, LoadError> {
        let runtime = Runtime::new()?;
        let host = runtime.block_on(async { Hub::new(base)?.claim(code, "Load Host").await })?;
        let address = base.trim_start_matches("http://").parse();
        Ok(Self {
            process: None,
            own: None,
            address: address
                .map_err(|_| LoadError::Refused(format!("{base} is no http://ip:port")))?,
            runtime,
            host,
            houses: Vec::new(),
            started_in: Duration::ZERO,
            idle_kib: 0,
        })
    }

    /// From the start of the process to its first connection.
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Resident memory then.
    pub const fn idle_kib(&self) -> u64 {
        self.idle_kib
    }

    pub fn family(&self) -> Family {
        self.process
            .as_ref()
            .map_or(Family(std::process::id()), Running::family)
    }

    fn door(&self) -> Door {
        Door {
            address: self.address,
            path: "/api/v1/ws".to_owned(),
            subprotocol: Some(SUBPROTOCOL),
        }
    }

    /// What its journal did so far, by its own metrics.
    pub fn commits(&self) -> Commits {
        let Some(address) = self.own.as_ref().map(|own| own.metrics) else {
            return Commits::default();
        };
        let text = self.runtime.block_on(async {
            let answer = reqwest::get(format!("http://{address}/metrics"))
                .await
                .ok()?;
            answer.text().await.ok()
        });
        let text = text.unwrap_or_default();
        let value = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
                .unwrap_or(0.0)
        };
        Commits {
            commits: value("ludus_commits_total "),
            events: value("ludus_commit_events_sum "),
        }
    }
}

/// Asks until there is an answer.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = std::time::Instant::now() + START_WITHIN;
    while std::time::Instant::now() < end {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// People of a house, talking.
#[derive(Debug)]
pub struct Chat {
    rooms: Vec<ludus_domain::ids::RoomId>,
    members: usize,
    /// When each unanswered line was due.
    due: HashMap<Uuid, u64>,
    latency: Histogram<u64>,
    refused: u64,
}

impl Chat {
    fn of(house: &House) -> Self {
        Self {
            rooms: house.rooms.iter().map(|(room, _)| *room).collect(),
            members: house.members,
            due: HashMap::new(),
            latency: histogram(),
            refused: 0,
        }
    }
}

impl Dialect for Chat {
    fn say(&mut self, room: usize, sender: usize, line: &str, due_us: u64) -> (usize, Vec<u8>) {
        let id = Uuid::now_v7();
        self.due.insert(id, due_us);
        let command = ClientFrame::Command {
            id: CommandId(id),
            room: self.rooms[room],
            command: say(line),
        };
        (room * self.members + sender, client_frame(&command))
    }

    fn hears(&mut self, _: usize, payload: &[u8], now_us: u64, _: &mut Sends) {
        let is_ack = is(payload, "ack");
        if !is_ack && !is(payload, "nack") {
            return;
        }
        let due = id_of(payload).and_then(|id| self.due.remove(&id));
        match due {
            Some(due) if is_ack => self.latency.saturating_record(now_us.saturating_sub(due)),
            _ => self.refused += 1,
        }
    }

    fn answers(&mut self) -> Answers {
        let latency = std::mem::replace(&mut self.latency, histogram());
        Answers {
            latency: Some(latency),
            refused: std::mem::take(&mut self.refused),
        }
    }
}

fn client_frame(content: &ClientFrame) -> Vec<u8> {
    // Client frames are maps of strings and numbers; they always serialise.
    frame(TEXT, &serde_json::to_vec(content).unwrap_or_default())
}

/// Whether a server frame is of this type, without reading the rest of it.
fn is(payload: &[u8], kind: &str) -> bool {
    payload
        .strip_prefix(b"{\"type\":\"")
        .and_then(|rest| rest.strip_prefix(kind.as_bytes()))
        .is_some_and(|rest| rest.first() == Some(&b'"'))
}

fn id_of(payload: &[u8]) -> Option<Uuid> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: Uuid,
    }
    serde_json::from_slice::<Named>(payload)
        .ok()
        .map(|named| named.id)
}
