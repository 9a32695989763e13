//! The sections of the configuration, each with its defaults.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::network::{self, Network};
use super::secret::SecretText;

/// Where people come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Port 0 takes a free one; the bound address is printed and written to `<data_dir>/address`.
    pub address: SocketAddr,
    /// Worker threads. 0: one per core.
    pub workers: u16,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Whose `Forwarded` and `X-Forwarded-*` headers are believed.
    #[serde(deserialize_with = "network::several")]
    pub trusted_proxies: Vec<Network>,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            workers: 0,
            tls_cert: None,
            tls_key: None,
            trusted_proxies: vec![],
        }
    }
}

impl Listen {
    pub const fn tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(peer))
    }
}

/// Where facts are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite://path` or `postgres://..`. A secret, because it may carry a password.
    /// `None`: `ludus.db` in the data folder.
    pub url: Option<SecretText>,
    /// Off, an acknowledged line can be lost with the power.
    pub fsync: bool,
    /// Reading connections (SQLite) or pooled connections (PostgreSQL).
    pub connections: u32,
    /// Writes waiting for a writer; beyond it people are told `unavailable` at once.
    pub queue: usize,
    /// A write that was not answered by then is answered `unavailable`.
    pub deadline_ms: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: None,
            fsync: true,
            connections: 8,
            queue: 4_096,
            deadline_ms: 2_000,
        }
    }
}

/// What tokens and links are signed with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    pub master: Option<SecretText>,
    pub master_file: Option<PathBuf>,
}

/// How long things live, and how patient a connection is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    pub access_seconds: u32,
    pub refresh_seconds: u32,
    /// How long the previous refresh token still answers with the same successor (two tabs at once).
    pub refresh_grace_ms: u32,
    pub ticket_seconds: u32,
    pub resume_seconds: u32,
    pub hello_timeout_ms: u32,
    pub heartbeat_ms: u32,
    /// A peer that was not heard for this long is closed with 4012.
    pub silence_ms: u32,
    /// A peer that takes nothing for this long is gone, whatever its kernel says.
    pub write_stall_ms: u32,
    pub outbox_frames: usize,
    pub outbox_bytes: usize,
    /// How long a stopping node waits for its connections to leave.
    pub drain_ms: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            access_seconds: 600,
            refresh_seconds: 30 * 24 * 3_600,
            refresh_grace_ms: 10_000,
            ticket_seconds: 30,
            resume_seconds: 600,
            hello_timeout_ms: 10_000,
            heartbeat_ms: 25_000,
            silence_ms: 40_000,
            write_stall_ms: 30_000,
            outbox_frames: 256,
            outbox_bytes: 1_048_576,
            drain_ms: 20_000,
        }
    }
}

/// How rooms are held in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rooms {
    /// Latest events a room keeps at hand; who missed more is served from the store.
    pub history_events: u32,
    /// A room nobody looks at leaves memory after this long.
    pub idle_ms: u32,
    /// How often a room looks whether its journal moved elsewhere.
    pub sweep_ms: u32,
    /// Who comes back within this time was never gone: a reload is no news.
    pub presence_damp_ms: u32,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            history_events: 512,
            idle_ms: 60_000,
            sweep_ms: 1_000,
            presence_damp_ms: 2_000,
        }
    }
}

/// What one person, one address and one process may use up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub sockets: u32,
    pub sockets_per_user: u32,
    pub sockets_per_address: u32,
    /// Connections that have not said `hello` yet.
    pub sockets_waiting: u32,
    pub frames_per_second: u32,
    pub frames_burst: u32,
    pub frame_bytes: usize,
    /// Lines, edits and reactions of one user, over all their connections.
    pub lines_per_second: u32,
    pub lines_burst: u32,
    /// Commands one room takes from everybody together.
    pub room_commands_per_second: u32,
    pub requests_per_second: u32,
    pub requests_burst: u32,
    pub body_bytes: usize,
    /// Attempts to sign in or claim a link, per address and minute.
    pub logins_per_minute: u32,
    /// Attempts on one e-mail address, from anywhere, per minute.
    pub logins_per_account_per_minute: u32,
    /// Passwords hashed at the same moment; each takes 19 MiB.
    pub argon2_permits: u32,
    /// Addresses, users and rooms whose use is remembered at once.
    pub remembered_keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 20_000,
            sockets_per_user: 16,
            sockets_per_address: 256,
            sockets_waiting: 1_024,
            frames_per_second: 20,
            frames_burst: 80,
            frame_bytes: 65_536,
            lines_per_second: 4,
            lines_burst: 20,
            room_commands_per_second: 500,
            requests_per_second: 50,
            requests_burst: 200,
            body_bytes: 262_144,
            logins_per_minute: 20,
            logins_per_account_per_minute: 10,
            argon2_permits: 2,
            remembered_keys: 100_000,
        }
    }
}

/// Where Prometheus reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Its own address, because counters are nobody's business outside. `None`: no metrics.
    pub address: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// What is told on standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// Directives of tracing-subscriber's `EnvFilter`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            filter: "info,sqlx=warn,sea_orm_migration=warn".to_owned(),
        }
    }
}
