//! What can be wrong with providers, and where their keys are.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use figment::Figment;

use super::super::fault::{self, Fault};
use super::super::secret::{self, SecretText};
use super::super::{Config, Profile};
use super::{ProviderSettings, Style, Timeouts, split_choice};
use ludus_actors::llm::OFFLINE;

/// Names are labels of metrics and stand in stored turns.
const NAME_CHARS_MAX: usize = 32;
const MODEL_CHARS_MAX: usize = 128;
/// A series of metrics each.
const PROVIDERS_MAX: usize = 16;
const MODELS_MAX: usize = 64;
/// A key file larger than this is some other file.
const KEY_BYTES_MAX: u64 = 8 * 1024;

/// Collects what is wrong with the providers.
struct Faults<'a> {
    place: String,
    found: &'a mut Vec<Fault>,
    /// `providers.openai`, or `providers.2` while it has no name that could be said.
    of: String,
}

impl Faults<'_> {
    fn refuse(&mut self, field: &str, what: impl Display, mend: impl Display) {
        let key = format!("{}.{field}", self.of);
        self.found.push(Fault::new(&self.place, &key, what, mend));
    }
}

/// Checks the whole section, and reads the keys it names.
pub(in crate::config) fn check(
    config: &mut Config,
    layers: &Figment,
    variables: &[(String, String)],
    found: &mut Vec<Fault>,
) {
    let production = config.profile == Profile::Production;
    let mut faults = Faults {
        place: fault::place(layers, "providers"),
        found,
        of: "providers".to_owned(),
    };
    if config.providers.len() > PROVIDERS_MAX {
        let mend = format!("keep at most {PROVIDERS_MAX}");
        faults.refuse("length", "there are too many providers", mend);
    }
    let mut names = BTreeSet::new();
    for (number, provider) in config.providers.iter_mut().enumerate() {
        let named = is_plain(&provider.name, NAME_CHARS_MAX);
        faults.of = if named {
            format!("providers.{}", provider.name)
        } else {
            format!("providers.{number}")
        };
        if !named {
            faults.refuse(
                "name",
                "is not a name",
                "take up to 32 small letters, digits and -",
            );
        } else if provider.name == OFFLINE {
            let mend = "call it something else";
            faults.refuse("name", "is what the hub's own engine is called", mend);
        } else if !names.insert(provider.name.clone()) {
            faults.refuse("name", "is used twice", "give each provider its own name");
        }
        address(provider, production, &mut faults);
        surroundings(provider, &mut faults);
        models(provider, &mut faults);
        headers(provider, &mut faults);
        times(&provider.timeouts, &mut faults);
        provider.key = key(provider, variables, &mut faults);
    }
    order(config, layers, found);
}

fn is_plain(text: &str, chars_max: usize) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= chars_max && text.chars().all(plain)
}

fn address(provider: &ProviderSettings, production: bool, faults: &mut Faults<'_>) {
    const MEND: &str = "write for example https://api.openai.com/v1";
    let Ok(url) = reqwest::Url::parse(&provider.base_url) else {
        return faults.refuse("base_url", "is not an address", MEND);
    };
    let is_http = ["http", "https"].contains(&url.scheme());
    let is_bare = url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    if !is_http || !is_bare || !is_anonymous || url.host_str().is_none() {
        // Not repeated: somebody may have put a key into it.
        let what = "has to be http or https, a host and a path, and nothing else";
        faults.refuse("base_url", what, MEND);
    }
    let has_key = provider.key_file.is_some() || provider.key_env.is_some();
    if production && has_key && url.scheme() == "http" && !is_near(&url) {
        let what = "is plain http to another machine: the key would travel in the open";
        faults.refuse("base_url", what, "write https");
    }
}

/// What stands around the address.
fn surroundings(provider: &ProviderSettings, faults: &mut Faults<'_>) {
    match (provider.style, &provider.api_version) {
        (Style::Azure, None) => faults.refuse(
            "api_version",
            "is missing, and Azure wants one",
            "write for example 2024-10-21",
        ),
        (Style::Openai, Some(_)) => faults.refuse(
            "api_version",
            "is read for style = \"azure\" only",
            "remove it or set the style",
        ),
        _ => {}
    }
    let is_proxy = |text: &str| {
        let url = reqwest::Url::parse(text);
        url.is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()))
    };
    if let Some(proxy) = &provider.proxy
        && !is_proxy(proxy.reveal())
    {
        faults.refuse(
            "proxy",
            "is not an address",
            "write for example http://proxy:3128",
        );
    }
    if let Some(path) = &provider.ca_file
        && let Err(error) = fs::File::open(path)
    {
        let what = format!("{} cannot be read: {error}", path.display());
        faults.refuse("ca_file", what, "name an existing PEM file");
    }
}

fn is_near(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn models(provider: &ProviderSettings, faults: &mut Faults<'_>) {
    if provider.models.is_empty() || provider.models.len() > MODELS_MAX {
        let mend = format!("name 1 to {MODELS_MAX}, each with its prices");
        faults.refuse("models", "is not a list of models", mend);
    }
    let mut names = BTreeSet::new();
    for model in &provider.models {
        let name = &model.name;
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if name.is_empty() || name.len() > MODEL_CHARS_MAX || name.contains(odd) {
            let mend = "write the name as the provider does";
            faults.refuse("models", format!("{name:?} is not a name"), mend);
        } else if !names.insert(name) {
            faults.refuse("models", format!("{name} stands there twice"), "keep one");
        }
    }
}

fn headers(provider: &ProviderSettings, faults: &mut Faults<'_>) {
    let fits = |value: &str| reqwest::header::HeaderValue::from_str(value).is_ok();
    for (name, value) in &provider.headers {
        let known = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok();
        if !known || !fits(value.reveal()) {
            let what = format!("{name:?} is no header");
            faults.refuse("headers", what, "write \"Name\" = \"value\" in plain ASCII");
        }
    }
    for (field, value) in [
        ("organization", &provider.organization),
        ("project", &provider.project),
        ("api_version", &provider.api_version),
    ] {
        if value.as_ref().is_some_and(|value| !fits(value)) {
            faults.refuse(field, "cannot be sent", "write plain ASCII");
        }
    }
}

fn times(timeouts: &Timeouts, faults: &mut Faults<'_>) {
    for (field, value, most) in [
        ("connect_ms", timeouts.connect_ms, 30_000),
        ("first_token_ms", timeouts.first_token_ms, 300_000),
        ("stall_ms", timeouts.stall_ms, 300_000),
        ("total_ms", timeouts.total_ms, 600_000),
    ] {
        if !(10..=most).contains(&value) {
            let what = format!("{value} is out of range");
            let mend = format!("take a number from 10 to {most}");
            faults.refuse(&format!("timeouts.{field}"), what, mend);
        }
    }
}

fn key(
    provider: &ProviderSettings,
    variables: &[(String, String)],
    faults: &mut Faults<'_>,
) -> Option<SecretText> {
    let (field, text) = match (&provider.key_file, &provider.key_env) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            faults.refuse("key_env", "there is also a key_file", "keep one of the two");
            return None;
        }
        (Some(path), None) => ("key_file", key_of_file(path, faults)?),
        (None, Some(name)) => {
            let given = variables.iter().find(|(known, _)| known == name);
            let Some((_, text)) = given else {
                let mend = "set the variable where the hub is started, or use key_file";
                faults.refuse("key_env", format!("{name:?} is not set"), mend);
                return None;
            };
            ("key_env", text.trim().to_owned())
        }
    };
    let is_token = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    if !is_token {
        let mend = "a key is one word of plain ASCII";
        faults.refuse(field, "does not lead to a key", mend);
        return None;
    }
    Some(SecretText::new(text))
}

fn key_of_file(path: &Path, faults: &mut Faults<'_>) -> Option<String> {
    let shown = path.display();
    if secret::readable_by_others(path) {
        let what = format!("{shown} can be read by everybody on this machine");
        faults.refuse("key_file", what, format!("chmod 600 {shown}"));
        return None;
    }
    let is_small = fs::metadata(path).is_ok_and(|found| found.len() <= KEY_BYTES_MAX);
    match fs::read_to_string(path) {
        Ok(text) if is_small => Some(text.trim().to_owned()),
        Ok(_) => {
            let what = format!("{shown} is too large for a key");
            faults.refuse(
                "key_file",
                what,
                "name a file with the key and nothing else",
            );
            None
        }
        Err(error) => {
            let what = format!("{shown} cannot be read: {error}");
            faults.refuse("key_file", what, "name an existing file");
            None
        }
    }
}

/// Whoever is named must exist.
fn order(config: &Config, layers: &Figment, found: &mut Vec<Fault>) {
    for text in &config.llm.order {
        let exists = split_choice(text).is_some_and(|(provider, model)| {
            config.providers.iter().any(|known| {
                known.name == provider && known.models.iter().any(|known| known.name == model)
            })
        });
        if !exists {
            found.push(Fault::new(
                fault::place(layers, "llm.order"),
                "llm.order",
                format!("{text:?} is no model of a provider"),
                "write provider/model as in [[providers]]",
            ));
        }
    }
}
