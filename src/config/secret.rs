//! The master secret: given by the operator, or made once in development.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fault::Fault;
use super::{Config, Profile};

/// Shorter, a secret could be guessed offline from one signed token.
const SECRET_BYTES_MIN: usize = 32;
/// A random secret of the least length has more than this; a typed one often has not.
const DISTINCT_BYTES_MIN: usize = 10;
/// Found in secrets that were copied from an example.
const SAMPLES: [&str; 8] = [
    "change-me",
    "changeme",
    "change_me",
    "replace-this",
    "replace_this",
    "sample",
    "example",
    "your-secret",
];

/// A text that is never shown: not in a log, not in an error, not in `check-config`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(secret)")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// What every key of the hub is derived from. At least [`SECRET_BYTES_MIN`] bytes.
#[derive(Clone)]
pub struct MasterSecret(Vec<u8>);

impl MasterSecret {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// What is wrong with a secret, as the middle of a sentence.
pub(super) fn weakness(secret: &[u8]) -> Option<&'static str> {
    if secret.len() < SECRET_BYTES_MIN {
        return Some("is shorter than 32 bytes");
    }
    let lower = String::from_utf8_lossy(secret).to_ascii_lowercase();
    if SAMPLES.iter().any(|sample| lower.contains(sample)) {
        return Some("is a known sample");
    }
    let distinct: std::collections::BTreeSet<u8> = secret.iter().copied().collect();
    if distinct.len() < DISTINCT_BYTES_MIN {
        return Some("repeats a few characters");
    }
    None
}

pub(super) const MEND: &str = "make one with: openssl rand -hex 32";

/// A file that others on this machine can read is no place for a key.
pub(super) fn readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
}

/// Reads a key file, with every reason not to trust it.
pub(super) fn read_key_file(path: &Path, key: &str) -> Result<Vec<u8>, Fault> {
    let place = path.display().to_string();
    let secret = fs::read(path)
        .map_err(|error| Fault::new(&place, key, format!("cannot be read: {error}"), MEND))?;
    if readable_by_others(path) {
        return Err(Fault::new(
            &place,
            key,
            "can be read by everybody on this machine",
            format!("chmod 600 {place}"),
        ));
    }
    let secret = secret.trim_ascii().to_vec();
    match weakness(&secret) {
        Some(what) => Err(Fault::new(&place, key, format!("the secret {what}"), MEND)),
        None => Ok(secret),
    }
}

/// The secret that was given, in the order in which one overrides the other.
pub(super) fn given(config: &Config) -> Result<Option<MasterSecret>, Fault> {
    if let Some(secret) = &config.secrets.master {
        return Ok(Some(MasterSecret(secret.reveal().as_bytes().to_vec())));
    }
    if let Some(path) = &config.secrets.master_file {
        return read_key_file(path, "secrets.master_file").map(|secret| Some(MasterSecret(secret)));
    }
    let own = config.data_dir.join("master.key");
    if own.exists() {
        return read_key_file(&own, "secrets.master_file").map(|secret| Some(MasterSecret(secret)));
    }
    Ok(None)
}

/// The secret that was given or, in development, one that is made now and kept.
pub(super) fn obtain(config: &Config) -> Result<MasterSecret, Fault> {
    make_data_dir(config)?;
    if let Some(secret) = given(config)? {
        return Ok(secret);
    }
    if config.profile == Profile::Production {
        return Err(missing());
    }
    create(&config.data_dir.join("master.key"))?;
    given(config)?.ok_or_else(missing)
}

/// Everything in there is somebody's: what they said, and the keys to it. So only we may look.
pub(super) fn make_data_dir(config: &Config) -> Result<(), Fault> {
    let folder = &config.data_dir;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| {
        let what = format!("cannot be made: {error}");
        Fault::new(
            folder.display(),
            "data_dir",
            what,
            "name a folder that can be written to",
        )
    })
}

pub(super) fn missing() -> Fault {
    Fault::new(
        "configuration",
        "secrets.master_file",
        "production is not given a master secret",
        "write one to a file only the hub can read (openssl rand -hex 32) and name the file, \
         or set LUDUS_SECRETS__MASTER",
    )
}

fn create(path: &Path) -> Result<(), Fault> {
    let wrong = |what: String| {
        Fault::new(
            path.display(),
            "data_dir",
            what,
            "name a folder that can be written to",
        )
    };
    let mut random = [0_u8; SECRET_BYTES_MIN];
    getrandom::fill(&mut random).map_err(|error| wrong(format!("no randomness: {error}")))?;
    let text: String = random
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .chain(['\n'])
        .collect();
    let kept = || -> std::io::Result<()> {
        let mut file = match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
        {
            Ok(file) => file,
            // Two commands started at once: the other one's is as good.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => return Err(error),
        };
        file.write_all(text.as_bytes())?;
        // Losing this file with the power would sign everybody out.
        file.sync_all()
    };
    kept().map_err(|error| wrong(format!("the master key cannot be made: {error}")))
}
