//! Everything an operator can set, where it came from, and whether it is safe to start with.
//!
//! Later layers win: built-in defaults, `ludus.toml`, `LUDUS_*` variables (`LUDUS_LISTEN__ADDRESS`
//! is `listen.address`), flags. A key nobody knows, a value of the wrong type or a setting that is
//! not safe stops the start with every fault named: file, key, what is wrong and how to mend it.
//!
//! This module knows files and variables. It opens no socket and no database.

mod checks;
mod fault;
mod layers;
mod network;
mod providers;
mod secret;
mod sections;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::store::StoreConfig;

pub use self::fault::{ConfigFault, Fault};
pub use self::layers::Overrides;
pub use self::network::Network;
pub use self::providers::{
    LlmSettings, ModelSettings, OutputLimit, ProviderSettings, Style, Timeouts, split_choice,
};
pub use self::secret::{MasterSecret, SecretText};
pub use self::sections::{
    Boards, BusSettings, Content, Errors, Ledger, Limits, Listen, Log, LogFormat, Metrics, Secrets,
    Sessions, StoreSettings, Traces,
};

/// Read from the working directory when no other is named.
const FILE: &str = "ludus.toml";

/// How much the hub forgives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// For trying things out: makes its own secret, plain http is fine.
    #[default]
    Development,
    /// For real people: refuses whatever would be unsafe for them.
    Production,
}

/// All settings. Every key is documented in `ludus.example.toml`; a test holds the two together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub profile: Profile,
    /// Where the database, the master key and the address file live. One process owns it at a time.
    pub data_dir: PathBuf,
    /// What links and QR codes say. `None`: the address that was bound.
    pub public_url: Option<String>,
    pub listen: Listen,
    pub store: StoreSettings,
    pub bus: BusSettings,
    pub secrets: Secrets,
    pub sessions: Sessions,
    pub limits: Limits,
    pub content: Content,
    pub boards: Boards,
    pub ledger: Ledger,
    pub metrics: Metrics,
    pub log: Log,
    pub traces: Traces,
    pub errors: Errors,
    pub llm: LlmSettings,
    /// Servers that answer for personas, each a `[[providers]]`.
    pub providers: Vec<ProviderSettings>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            data_dir: PathBuf::from("./ludus-data"),
            public_url: None,
            listen: Listen::default(),
            store: StoreSettings::default(),
            bus: BusSettings::default(),
            secrets: Secrets::default(),
            sessions: Sessions::default(),
            limits: Limits::default(),
            content: Content::default(),
            boards: Boards::default(),
            ledger: Ledger::default(),
            metrics: Metrics::default(),
            log: Log::default(),
            traces: Traces::default(),
            errors: Errors::default(),
            llm: LlmSettings::default(),
            providers: vec![],
        }
    }
}

impl Config {
    /// Reads every layer and checks the whole. Changes nothing on disk.
    ///
    /// `file` is what the operator named; without one, `ludus.toml` is read where it exists.
    /// `variables` are the environment's, passed in so that a test needs no global state.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigFault> {
        let variables: Vec<_> = variables.into_iter().collect();
        let layers = Figment::from(Serialized::defaults(Self::default()));
        let layers = match file {
            Some(path) if !path.is_file() => return Err(Fault::no_file(path).into()),
            Some(path) => layers.merge(Toml::file_exact(path)),
            None if Path::new(FILE).exists() => layers.merge(Toml::file_exact(FILE)),
            None => layers,
        };
        let layers = layers
            .merge(layers::Variables::new(variables.iter().cloned()))
            .merge(overrides);
        let mut config = fault::extract(&layers)?;
        checks::check(&mut config, &layers, &variables)?;
        Ok(config)
    }

    /// Where the store lies. `beside`: for a short command while a hub may be running.
    pub fn store(&self, beside: bool) -> StoreConfig {
        let url = match &self.store.url {
            Some(url) => url.reveal().to_owned(),
            None => format!("sqlite://{}", self.data_dir.join("ludus.db").display()),
        };
        StoreConfig {
            fsync_off: !self.store.fsync,
            readers: self.store.readers,
            beside,
            ..StoreConfig::new(url)
        }
    }

    /// The start of every link: `https://ludus.example.org`, without a slash at the end.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let scheme = if self.listen.tls() { "https" } else { "http" };
        if bound.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", bound.port());
        }
        format!("{scheme}://{bound}")
    }

    /// What everything else that is secret is derived from. In development one is made and kept in
    /// the data folder; production wants to be given one.
    pub fn master_secret(&self) -> Result<MasterSecret, ConfigFault> {
        Ok(secret::obtain(self)?)
    }

    /// Makes the data folder where there is none, readable by nobody else.
    pub fn make_data_dir(&self) -> Result<(), ConfigFault> {
        Ok(secret::make_data_dir(self)?)
    }

    /// Where the bound address is written, for whoever started us on port 0.
    pub fn address_file(&self) -> PathBuf {
        self.data_dir.join("address")
    }
}
