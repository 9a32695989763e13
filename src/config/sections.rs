//! The sections of the configuration, each with its defaults.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::network::{self, Network};
use super::secret::SecretText;
use crate::limits::{LimitSettings, Rate};
use crate::ws::guard::{Flow, GuardSettings};

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
    /// Connections that read. Writers are the store's own business.
    pub readers: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: None,
            fsync: true,
            readers: 4,
        }
    }
}

/// What carries news between nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusSettings {
    /// `redis://..`, `rediss://..` or `redis+unix://..`. A secret, because it may carry a password.
    /// `None`: nodes find what others wrote by asking the store.
    pub url: Option<SecretText>,
}

/// What tokens and links are signed with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    pub master: Option<SecretText>,
    pub master_file: Option<PathBuf>,
}

/// How patient a connection is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// A connection that has not said a good `hello` by then is closed.
    pub hello_ms: u32,
    /// The server says something at least this often.
    pub heartbeat_ms: u32,
    /// How long after a heartbeat a sign of life may take.
    pub silence_ms: u32,
    /// How long a stopping node waits for its connections to leave.
    pub drain_ms: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            hello_ms: 10_000,
            heartbeat_ms: 25_000,
            silence_ms: 10_000,
            drain_ms: 20_000,
        }
    }
}

/// What one person, one address, one room and the process may use up. Each pair is a bucket: how
/// fast it fills, and how much it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub sockets: u32,
    pub sockets_per_user: u32,
    pub sockets_per_address: u32,
    /// Connections that have not said a good `hello` yet.
    pub sockets_waiting: u32,
    /// What one connection may send before it is closed: frames of any kind, then their bytes.
    pub socket_frames_per_second: u32,
    pub socket_frames_burst: u32,
    pub socket_bytes_per_second: u32,
    pub socket_bytes_burst: u32,
    pub user_frames_per_minute: u32,
    pub user_frames_burst: u32,
    pub user_chat_per_minute: u32,
    pub user_chat_burst: u32,
    pub user_control_per_minute: u32,
    pub user_control_burst: u32,
    pub user_ephemeral_per_minute: u32,
    pub user_ephemeral_burst: u32,
    pub user_reports_per_minute: u32,
    pub user_reports_burst: u32,
    pub user_rest_per_minute: u32,
    pub user_rest_burst: u32,
    pub key_rest_per_minute: u32,
    pub key_rest_burst: u32,
    /// Answers that run for one key at a time.
    pub key_answers: u32,
    pub room_per_minute: u32,
    pub room_burst: u32,
    pub room_ephemeral_per_minute: u32,
    pub room_ephemeral_burst: u32,
    pub address_rest_per_minute: u32,
    pub address_rest_burst: u32,
    pub address_handshakes_per_minute: u32,
    pub address_handshakes_burst: u32,
    pub address_logins_per_minute: u32,
    pub address_logins_burst: u32,
    pub account_logins_per_minute: u32,
    pub account_logins_burst: u32,
    /// Keys each kind of bucket remembers: bounds the memory of all of them.
    pub keys_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // The numbers themselves live where they are enforced.
        let own = LimitSettings::default();
        let guard = GuardSettings::default();
        Self {
            sockets: own.sockets,
            sockets_per_user: own.sockets_per_user,
            sockets_per_address: own.sockets_per_address,
            sockets_waiting: own.sockets_waiting,
            socket_frames_per_second: guard.frames.per_second,
            socket_frames_burst: guard.frames.burst,
            socket_bytes_per_second: guard.bytes.per_second,
            socket_bytes_burst: guard.bytes.burst,
            user_frames_per_minute: own.user_frames.per_minute.get(),
            user_frames_burst: own.user_frames.burst.get(),
            user_chat_per_minute: own.user_chat.per_minute.get(),
            user_chat_burst: own.user_chat.burst.get(),
            user_control_per_minute: own.user_control.per_minute.get(),
            user_control_burst: own.user_control.burst.get(),
            user_ephemeral_per_minute: own.user_ephemeral.per_minute.get(),
            user_ephemeral_burst: own.user_ephemeral.burst.get(),
            user_reports_per_minute: own.user_reports.per_minute.get(),
            user_reports_burst: own.user_reports.burst.get(),
            user_rest_per_minute: own.user_rest.per_minute.get(),
            user_rest_burst: own.user_rest.burst.get(),
            key_rest_per_minute: own.key_rest.per_minute.get(),
            key_rest_burst: own.key_rest.burst.get(),
            key_answers: own.key_answers,
            room_per_minute: own.room.per_minute.get(),
            room_burst: own.room.burst.get(),
            room_ephemeral_per_minute: own.room_ephemeral.per_minute.get(),
            room_ephemeral_burst: own.room_ephemeral.burst.get(),
            address_rest_per_minute: own.address_rest.per_minute.get(),
            address_rest_burst: own.address_rest.burst.get(),
            address_handshakes_per_minute: own.address_handshakes.per_minute.get(),
            address_handshakes_burst: own.address_handshakes.burst.get(),
            address_logins_per_minute: own.address_logins.per_minute.get(),
            address_logins_burst: own.address_logins.burst.get(),
            account_logins_per_minute: own.account_logins.per_minute.get(),
            account_logins_burst: own.account_logins.burst.get(),
            keys_max: own.keys_max,
        }
    }
}

impl Limits {
    /// As a connection's guard takes them.
    pub fn guard(&self) -> GuardSettings {
        GuardSettings {
            frames: Flow {
                per_second: self.socket_frames_per_second,
                burst: self.socket_frames_burst,
            },
            bytes: Flow {
                per_second: self.socket_bytes_per_second,
                burst: self.socket_bytes_burst,
            },
            ..GuardSettings::default()
        }
    }

    /// As the limiter takes them.
    pub const fn settings(&self) -> LimitSettings {
        LimitSettings {
            user_frames: Rate::new(self.user_frames_per_minute, self.user_frames_burst),
            user_chat: Rate::new(self.user_chat_per_minute, self.user_chat_burst),
            user_control: Rate::new(self.user_control_per_minute, self.user_control_burst),
            user_ephemeral: Rate::new(self.user_ephemeral_per_minute, self.user_ephemeral_burst),
            user_reports: Rate::new(self.user_reports_per_minute, self.user_reports_burst),
            room: Rate::new(self.room_per_minute, self.room_burst),
            room_ephemeral: Rate::new(self.room_ephemeral_per_minute, self.room_ephemeral_burst),
            user_rest: Rate::new(self.user_rest_per_minute, self.user_rest_burst),
            key_rest: Rate::new(self.key_rest_per_minute, self.key_rest_burst),
            key_answers: self.key_answers,
            address_rest: Rate::new(self.address_rest_per_minute, self.address_rest_burst),
            address_handshakes: Rate::new(
                self.address_handshakes_per_minute,
                self.address_handshakes_burst,
            ),
            address_logins: Rate::new(self.address_logins_per_minute, self.address_logins_burst),
            account_logins: Rate::new(self.account_logins_per_minute, self.account_logins_burst),
            keys_max: self.keys_max,
            sockets_per_user: self.sockets_per_user,
            sockets_per_address: self.sockets_per_address,
            sockets: self.sockets,
            sockets_waiting: self.sockets_waiting,
        }
    }
}

/// What is practised and what it is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Content {
    /// Files in it stand in place of the shipped ones of the same path. `None`: as shipped.
    pub folder: Option<PathBuf>,
}

/// How boards move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Boards {
    /// The shortest time between two frames of a board to a viewer.
    pub tick_ms: u32,
}

impl Default for Boards {
    fn default() -> Self {
        Self { tick_ms: 100 }
    }
}

/// How the hub proves its own ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    /// Of each ten minutes, on one node. 0: never.
    pub prove_seconds: u32,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { prove_seconds: 20 }
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

/// Where the time of commands is told: a collector that speaks OTLP over HTTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// The whole address, as `http://127.0.0.1:4318/v1/traces`. `None`: nobody is told.
    pub endpoint: Option<String>,
    /// The part of all traces that is told, from 0 to 1.
    pub sample: f64,
    /// What the collector wants to be told with each message. Secret, because some want keys there.
    pub headers: BTreeMap<String, SecretText>,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: None,
            sample: 0.01,
            headers: BTreeMap::new(),
        }
    }
}

/// Where errors are told: a server that speaks Sentry's protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Errors {
    /// `https://key@host/project`. A secret, because it holds a key. `None`: nobody is told.
    pub dsn: Option<SecretText>,
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
            filter: "info,actix_server=warn,sqlx=warn,sea_orm_migration=warn".to_owned(),
        }
    }
}
