//! The layers above the file: variables of the environment, and flags.

use std::net::SocketAddr;
use std::path::PathBuf;

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile as Layer, Provider};

use super::Profile;

pub(super) const VARIABLES: &str = "environment";
pub(super) const FLAGS: &str = "command line";

const PREFIX: &str = "LUDUS_";
/// `LUDUS_*` variables that are no setting: where the file is, what tests are run against, and
/// which fault a test build plants.
const NOT_SETTINGS: [&str; 3] = ["LUDUS_CONFIG", "LUDUS_TEST", "LUDUS_FAULT"];
/// Never parsed: a secret made of digits is still a text.
const TEXTS: [&str; 3] = ["secrets.master", "store.url", "public_url"];

pub(super) fn variable_name(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// `LUDUS_*` variables: `LUDUS_LISTEN__ADDRESS` is `listen.address`.
#[derive(Debug)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    pub(super) fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            variables
                .into_iter()
                .filter(|(name, _)| !NOT_SETTINGS.iter().any(|other| name.starts_with(other)))
                .filter_map(|(name, value)| {
                    let key = name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
                    Some((key, value))
                })
                .collect(),
        )
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named(VARIABLES)
    }

    fn data(&self) -> Result<Map<Layer, Dict>, Error> {
        let mut dict = Dict::new();
        for (key, text) in &self.0 {
            let value = if TEXTS.contains(&key.as_str()) {
                Value::from(text.as_str())
            } else {
                // Never fails: what is no number, truth value or list is a text.
                text.parse().unwrap_or_else(|_| Value::from(text.as_str()))
            };
            set(&mut dict, key, value);
        }
        Ok(Layer::Default.collect(dict))
    }
}

/// What the command line sets. `None` leaves the layers below as they are.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub profile: Option<Profile>,
    pub data_dir: Option<PathBuf>,
    pub public_url: Option<String>,
    pub listen: Option<SocketAddr>,
}

impl Provider for &Overrides {
    fn metadata(&self) -> Metadata {
        Metadata::named(FLAGS)
    }

    fn data(&self) -> Result<Map<Layer, Dict>, Error> {
        let mut dict = Dict::new();
        let mut put = |key: &str, text: Option<String>| {
            if let Some(text) = text {
                set(&mut dict, key, Value::from(text));
            }
        };
        put(
            "profile",
            self.profile.map(|profile| match profile {
                Profile::Development => "development".to_owned(),
                Profile::Production => "production".to_owned(),
            }),
        );
        put(
            "data_dir",
            self.data_dir
                .as_ref()
                .map(|path| path.display().to_string()),
        );
        put("public_url", self.public_url.clone());
        put(
            "listen.address",
            self.listen.map(|address| address.to_string()),
        );
        Ok(Layer::Default.collect(dict))
    }
}

/// Puts a value at a dotted key. Sections are one deep; deeper dots stay in the name and are then unknown.
fn set(dict: &mut Dict, key: &str, value: Value) {
    let Some((section, rest)) = key.split_once('.') else {
        dict.insert(key.to_owned(), value);
        return;
    };
    let inner = dict
        .entry(section.to_owned())
        .or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = inner {
        inner.insert(rest.to_owned(), value);
    }
}
