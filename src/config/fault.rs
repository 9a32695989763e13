//! What is wrong with a configuration, said so that it can be mended.

use std::fmt::{self, Display};
use std::path::Path;

use figment::Figment;
use figment::error::{Error, Kind};
use serde_json::Value;

use super::Config;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A file, a variable, or the command line.
    pub place: String,
    pub key: String,
    pub what: String,
    pub mend: String,
}

impl Fault {
    pub fn new(place: impl Display, key: &str, what: impl Display, mend: impl Display) -> Self {
        Self {
            place: place.to_string(),
            key: key.to_owned(),
            what: what.to_string(),
            mend: mend.to_string(),
        }
    }

    pub(super) fn no_file(path: &Path) -> Self {
        Self::new(
            path.display(),
            "--config",
            "there is no such file",
            "name an existing file, or start from ludus.example.toml",
        )
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            key,
            what,
            mend,
        } = self;
        if key.is_empty() {
            write!(f, "{place}: {what}; {mend}")
        } else {
            write!(f, "{place}: {key}: {what}; {mend}")
        }
    }
}

/// Why the hub does not start: every fault at once, so that mending takes one round.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigFault(pub Vec<Fault>);

impl From<Fault> for ConfigFault {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// Every key there is, dotted, with its default.
pub(super) fn known_keys() -> Vec<(String, Value)> {
    let mut keys = Vec::new();
    if let Ok(Value::Object(all)) = serde_json::to_value(Config::default()) {
        for (section, value) in all {
            match value {
                Value::Object(section_keys) => keys.extend(
                    section_keys
                        .into_iter()
                        .map(|(key, value)| (format!("{section}.{key}"), value)),
                ),
                value => keys.push((section, value)),
            }
        }
    }
    keys
}

/// Where a key was set: the file's name, the variable's, or the flag.
pub(super) fn place(layers: &Figment, key: &str) -> String {
    let Some(found) = layers.find_metadata(key) else {
        return "configuration".to_owned();
    };
    if let Some(path) = found.source.as_ref().and_then(|source| source.file_path()) {
        return path.display().to_string();
    }
    match found.name.as_ref() {
        super::layers::VARIABLES => super::layers::variable_name(key),
        super::layers::FLAGS => super::layers::FLAGS.to_owned(),
        _ => "default".to_owned(),
    }
}

pub(super) fn extract(layers: &Figment) -> Result<Config, ConfigFault> {
    let unknown = unknown_keys(layers)?;
    if !unknown.is_empty() {
        return Err(ConfigFault(unknown));
    }
    layers
        .extract()
        .map_err(|error| ConfigFault(error.into_iter().map(|one| explain(layers, &one)).collect()))
}

/// Everything that was set and that nobody reads: most often a typing mistake, and then a setting
/// the operator believes in has no effect.
fn unknown_keys(layers: &Figment) -> Result<Vec<Fault>, ConfigFault> {
    let all: Value = layers.extract().map_err(|error| {
        ConfigFault(error.into_iter().map(|one| explain(layers, &one)).collect())
    })?;
    let known = known_keys();
    let mut faults = Vec::new();
    let mut look = |key: String| {
        let exists = known.iter().any(|(name, _)| *name == key);
        let is_section = known
            .iter()
            .any(|(name, _)| name.starts_with(&format!("{key}.")));
        if !exists && !is_section {
            let mend = match nearest(&key, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "ludus.example.toml lists every key".to_owned(),
            };
            faults.push(Fault::new(
                place(layers, &key),
                &key,
                "there is no such key",
                mend,
            ));
        }
    };
    if let Value::Object(all) = all {
        for (name, value) in all {
            match value {
                Value::Object(inner)
                    if known
                        .iter()
                        .any(|(key, _)| key.starts_with(&format!("{name}."))) =>
                {
                    inner.keys().for_each(|key| look(format!("{name}.{key}")));
                }
                _ => look(name),
            }
        }
    }
    Ok(faults)
}

/// One error of the extraction, without repeating a value that may be secret.
fn explain(layers: &Figment, error: &Error) -> Fault {
    let key = error.path.join(".");
    let place = match error
        .metadata
        .as_ref()
        .and_then(|found| found.source.as_ref()?.file_path())
    {
        Some(path) => path.display().to_string(),
        None => place(layers, &key),
    };
    let hidden = ["secrets", "providers"]
        .iter()
        .any(|section| key.starts_with(section))
        || key == "store.url";
    let what = match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) if hidden => {
            format!("has the wrong type, expected {expected}")
        }
        Kind::InvalidType(found, expected) => {
            format!("has the wrong type: {found}, expected {expected}")
        }
        Kind::InvalidValue(found, expected) => {
            format!("has a wrong value: {found}, expected {expected}")
        }
        Kind::UnknownVariant(found, expected) => {
            format!("`{found}` is not one of {}", expected.join(", "))
        }
        _ if hidden => "cannot be read".to_owned(),
        kind => kind.to_string().replace('\n', " ").trim().to_owned(),
    };
    let mend = match known_keys().into_iter().find(|(name, _)| *name == key) {
        Some((_, Value::Null)) => format!("see `{key}` in ludus.example.toml"),
        Some((_, usual)) => format!("the default is {usual}"),
        None => "compare with ludus.example.toml".to_owned(),
    };
    Fault::new(place, &key, what, mend)
}

/// A known key that differs little, for a typing mistake.
fn nearest<'a>(key: &str, known: &'a [(String, Value)]) -> Option<&'a str> {
    known
        .iter()
        .map(|(name, _)| (distance(key, name), name.as_str()))
        .filter(|(far, name)| *far <= 3 || name.rsplit('.').next() == Some(key))
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance: keys are short, so the plain table will do.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
