//! Where language models are asked, at what price and with how much patience.

mod checks;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ludus_domain::budget::{self, Prices};
use serde::{Deserialize, Serialize};

pub(super) use self::checks::check;
use super::secret::SecretText;

/// What all providers share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmSettings {
    /// Whom to ask where nobody says: `provider/model` in order, the later ones when the earlier
    /// fail before their first word. Empty: each provider's first model, as they are written.
    pub order: Vec<String>,
    /// Answers of one org that come at once.
    pub streams_per_org: u32,
    /// Questions of one org that wait for one of those to end, and how long they do.
    pub waiting_per_org: u32,
    pub wait_ms: u32,
    /// What may be spent, in millionths of the currency of the prices. `None`: no limit.
    pub org_day_micro: Option<u64>,
    pub room_micro: Option<u64>,
    pub learner_day_micro: Option<u64>,
}

impl Default for LlmSettings {
    fn default() -> Self {
        Self {
            order: vec![],
            streams_per_org: 8,
            waiting_per_org: 32,
            wait_ms: 10_000,
            org_day_micro: None,
            room_micro: None,
            learner_day_micro: None,
        }
    }
}

impl LlmSettings {
    pub const fn limits(&self) -> budget::Limits {
        budget::Limits {
            org_day_micro: self.org_day_micro,
            room_micro: self.room_micro,
            learner_day_micro: self.learner_day_micro,
        }
    }
}

/// Whose manners a server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `<base_url>/chat/completions`, the key as a bearer token.
    #[default]
    Openai,
    /// `<base_url>/openai/deployments/<model>/chat/completions?api-version=..`, an `api-key` header.
    Azure,
}

/// What the server calls the most it may answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputLimit {
    #[default]
    MaxTokens,
    /// OpenAI's own newer models know only this one.
    MaxCompletionTokens,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    pub name: String,
    /// A million tokens, in millionths of a currency unit. Written out even where it is 0, because
    /// a budget cannot hold what a forgotten price makes free.
    pub prompt_price_micro: u64,
    pub completion_price_micro: u64,
}

impl ModelSettings {
    pub const fn prices(&self) -> Prices {
        Prices {
            prompt_micro: self.prompt_price_micro,
            completion_micro: self.completion_price_micro,
        }
    }
}

/// How long to wait for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    pub connect_ms: u32,
    /// From asking to the first text that people can see; thinking does not count.
    pub first_token_ms: u32,
    /// Between two pieces of text.
    pub stall_ms: u32,
    pub total_ms: u32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect_ms: 3_000,
            first_token_ms: 10_000,
            stall_ms: 15_000,
            total_ms: 120_000,
        }
    }
}

/// A server that speaks the OpenAI protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    pub name: String,
    pub base_url: String,
    pub models: Vec<ModelSettings>,
    #[serde(default)]
    pub style: Style,
    #[serde(default)]
    pub api_version: Option<String>,
    /// Where the key stands: a file that only the hub can read, or a variable. Never here.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    #[serde(default)]
    pub key_env: Option<String>,
    #[serde(default)]
    pub organization: Option<String>,
    #[serde(default)]
    pub project: Option<String>,
    /// Whatever else the server wants to be told. Secret, because some want keys there.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretText>,
    /// Without it no proxy is used, whatever the environment says. May carry a password.
    #[serde(default)]
    pub proxy: Option<SecretText>,
    /// Certificates to trust beside those of the machine.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub timeouts: Timeouts,
    #[serde(default)]
    pub output_limit: OutputLimit,
    #[serde(default = "yes")]
    pub sends_temperature: bool,
    /// `stream_options`, without which most servers do not count tokens, and which some refuse.
    #[serde(default = "yes")]
    pub sends_usage_option: bool,
    /// The server just hangs up when it has finished. Then a broken answer looks like a whole one.
    #[serde(default)]
    pub ends_silently: bool,
    /// What `key_file` or `key_env` name, read when the settings are.
    #[serde(skip)]
    pub key: Option<SecretText>,
}

const fn yes() -> bool {
    true
}

impl ProviderSettings {
    /// Everything else as it is usual.
    pub fn new(name: &str, base_url: &str, models: Vec<ModelSettings>) -> Self {
        Self {
            name: name.to_owned(),
            base_url: base_url.to_owned(),
            models,
            style: Style::default(),
            api_version: None,
            key_file: None,
            key_env: None,
            organization: None,
            project: None,
            headers: BTreeMap::new(),
            proxy: None,
            ca_file: None,
            timeouts: Timeouts::default(),
            output_limit: OutputLimit::default(),
            sends_temperature: true,
            sends_usage_option: true,
            ends_silently: false,
            key: None,
        }
    }
}

/// `provider/model`, as `llm.order` has it. A model's name may have slashes of its own.
pub fn split_choice(text: &str) -> Option<(&str, &str)> {
    let (provider, model) = text.split_once('/')?;
    (!provider.is_empty() && !model.is_empty()).then_some((provider, model))
}
