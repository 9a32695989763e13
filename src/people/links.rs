//! One-time links: what they are made of and what they say.
//!
//! A code follows from the link's id by a key, so that a repeated request can be given the same
//! link again although the store has only a hash of it. The code stands in the fragment of the
//! URL, which no browser sends anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ludus_domain::ids::LinkId;
use sha2::{Digest as _, Sha256};

use super::People;
use crate::store::links::CodeHash;

/// Bytes of a code: far more than can be guessed, few enough for a QR code one can scan.
const CODE_BYTES: usize = 18;
/// Longer texts are no code of ours.
pub(super) const CODE_CHARS_MAX: usize = 64;

/// How long an owner link is good.
pub const OWNER_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long an invitation is good.
pub const INVITATION_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long a reset link is good: it opens an account that somebody uses.
pub const RESET_LIFE_MS: i64 = 15 * 60 * 1_000;

impl People {
    pub(super) fn code_of(&self, link: LinkId) -> String {
        let signature = self.inner.link_key.sign(link.0.as_bytes());
        URL_SAFE_NO_PAD.encode(&signature[..CODE_BYTES])
    }

    pub(super) fn url_of(&self, link: LinkId) -> String {
        format!("{}/#/claim/{}", self.inner.public_url, self.code_of(link))
    }
}

pub(super) fn hash_of(code: &str) -> CodeHash {
    Sha256::digest(code.as_bytes()).into()
}
