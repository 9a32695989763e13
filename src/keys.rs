//! One master secret, one key per purpose.
//!
//! Each key is `HMAC-SHA-256(master, "ludus/v1/" + purpose)`, so that a signature made for one
//! purpose never passes for another, and a key that leaks tells nothing of the others. Changing a
//! purpose's name invalidates everything that was signed for it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// The least a master secret may have. Shorter ones can be guessed.
pub const MASTER_BYTES_MIN: usize = 32;

/// The longest signed text that is read at all. Ours have 600 bytes; reading a megabyte to find a
/// wrong signature at its end would be work for nothing.
pub const SIGNED_BYTES_MAX: usize = 4_096;

/// A key for one purpose. Never shown.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Signs bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = self.mac();
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// Whether this key made the signature. Takes the same time wherever the two differ.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let mut mac = self.mac();
        mac.update(bytes);
        mac.verify_slice(signature).is_ok()
    }

    /// A value as text that only this key can have made: `<base64 JSON>.<base64 signature>`.
    /// It can be read by whoever holds it: it is sealed against change, not against eyes.
    pub fn seal(&self, value: &impl Serialize) -> String {
        // What is sealed here are plain structs of ids, numbers and texts; they always serialise.
        let json = serde_json::to_vec(value).unwrap_or_default();
        let body = URL_SAFE_NO_PAD.encode(json);
        let signature = URL_SAFE_NO_PAD.encode(self.sign(body.as_bytes()));
        format!("{body}.{signature}")
    }

    /// What [`Key::seal`] sealed; `None` for everything else.
    pub fn open<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        if text.len() > SIGNED_BYTES_MAX {
            return None;
        }
        let (body, signature) = text.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.verify(body.as_bytes(), &signature) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("a key of any length")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Every key of this hub.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Access tokens.
    pub access: Key,
    /// Refresh tokens, which are derived and stored nowhere.
    pub refresh: Key,
    /// Socket tickets.
    pub ticket: Key,
    /// Resume tokens.
    pub resume: Key,
    /// Codes of one-time links, which follow from their ids.
    pub link: Key,
    /// Cursors of keyset pages.
    pub cursor: Key,
    /// Made-up names on anonymous boards.
    pub names: Key,
    /// Secrets of programs' keys, which follow from their ids.
    pub api: Key,
    /// What nodes tell each other.
    pub bus: Key,
}

impl Keys {
    /// Derives all keys. The configuration has refused a master shorter than [`MASTER_BYTES_MIN`].
    pub fn derive(master: &[u8]) -> Self {
        // Any length of master becomes one full block, so that nothing of it is cut off.
        let root = Key(Sha256::digest(master).into());
        let key = |purpose: &str| Key(root.sign(format!("ludus/v1/{purpose}").as_bytes()));
        Self {
            access: key("access"),
            refresh: key("refresh"),
            ticket: key("ticket"),
            resume: key("resume"),
            link: key("link"),
            cursor: key("cursor"),
            names: key("names"),
            api: key("api"),
            bus: key("bus"),
        }
    }
}

/// Random bytes from the system, for codes and nonces.
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_do_not_share_keys() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = keys.ticket.seal(&"hello");
        assert_eq!(keys.ticket.open::<String>(&sealed), Some("hello".into()));
        assert_eq!(keys.resume.open::<String>(&sealed), None);
        assert_eq!(Keys::derive(&[8; 32]).ticket.open::<String>(&sealed), None);
        assert_eq!(format!("{:?}", keys.access), "Key(..)");
    }

    #[test]
    fn a_changed_text_is_not_opened() {
        let key = Keys::derive(&[7; 32]).cursor;
        let sealed = key.seal(&1_u64);
        let other = key.seal(&2_u64);
        let (body, _) = other.split_once('.').unwrap();
        let (_, signature) = sealed.split_once('.').unwrap();
        assert_eq!(key.open::<u64>(&format!("{body}.{signature}")), None);
        for text in ["", ".", "a.b", body, &"x".repeat(SIGNED_BYTES_MAX + 1)] {
            assert_eq!(key.open::<u64>(text), None);
        }
    }
}
