//! Refresh tokens: `<sign-in>.<counter>.<signature>`, derived and stored nowhere.
//!
//! Each use moves the sign-in's counter on. Two tabs may refresh at the same moment, so the token
//! before the current one is answered with the same successor for ten seconds; after that, a used
//! token that comes again was stolen from somebody, and the whole sign-in ends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ludus_domain::ids::SignInId;
use ludus_domain::time::Timestamp;

use crate::keys::Key;

/// How long two tabs may race. Longer would give a thief more time with a copied token.
pub const GRACE_MS: i64 = 10_000;
/// How long a sign-in lasts, however often it is refreshed.
pub const SIGN_IN_LIFE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

const TOKEN_BYTES_MAX: usize = 128;

/// The token of a sign-in at a counter.
pub fn token(key: &Key, sign_in: SignInId, counter: u32) -> String {
    let body = format!("{sign_in}.{counter}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(body.as_bytes()));
    format!("{body}.{signature}")
}

/// Which sign-in and counter a token is of; `None` when we did not make it.
pub fn read(key: &Key, token: &str) -> Option<(SignInId, u32)> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (body, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !key.verify(body.as_bytes(), &signature) {
        return None;
    }
    let (sign_in, counter) = body.split_once('.')?;
    Some((sign_in.parse().ok()?, counter.parse().ok()?))
}

/// A sign-in, as the store has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub counter: u32,
    pub rotated_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked: bool,
}

/// What to do with a token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Store this counter and answer its token.
    Advance(u32),
    /// Answer the token of this counter once more; nothing to store.
    Again(u32),
    /// A used token came again: end the sign-in.
    Reuse,
    /// The sign-in is over.
    Ended,
}

/// Decides. Call it inside the transaction that locks the sign-in, or two may advance.
pub fn step(standing: Standing, presented: u32, now: Timestamp) -> Step {
    if standing.revoked || now >= standing.expires_at {
        return Step::Ended;
    }
    if presented == standing.counter {
        return Step::Advance(standing.counter + 1);
    }
    let is_previous = presented.checked_add(1) == Some(standing.counter);
    if is_previous && now.ms_since(standing.rotated_at) <= GRACE_MS {
        Step::Again(standing.counter)
    } else {
        Step::Reuse
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, identity, keys};
    use super::*;

    fn standing(counter: u32) -> Standing {
        Standing {
            counter,
            rotated_at: NOW,
            expires_at: NOW.plus_ms(SIGN_IN_LIFE_MS),
            revoked: false,
        }
    }

    #[test]
    fn a_token_is_of_one_sign_in_and_counter() {
        let key = keys().refresh;
        let made = token(&key, identity().sign_in, 7);
        assert_eq!(read(&key, &made), Some((identity().sign_in, 7)));
        assert_eq!(read(&keys().access, &made), None);
        assert_eq!(read(&key, &made.replacen(".7.", ".8.", 1)), None);
        for text in ["", "..", "a.1.b", &"x".repeat(1_000_000)] {
            assert_eq!(read(&key, text), None);
        }
    }

    #[test]
    fn two_tabs_get_the_same_successor_and_a_thief_ends_it() {
        assert_eq!(step(standing(3), 3, NOW), Step::Advance(4));
        let later = NOW.plus_ms(GRACE_MS);
        assert_eq!(step(standing(4), 3, later), Step::Again(4));
        assert_eq!(step(standing(4), 3, later.plus_ms(1)), Step::Reuse);
        assert_eq!(step(standing(4), 2, NOW), Step::Reuse);
        // A counter from the future cannot have been signed by us, except before a restore.
        assert_eq!(step(standing(4), 5, NOW), Step::Reuse);
    }

    #[test]
    fn a_sign_in_has_an_absolute_end() {
        let end = standing(0).expires_at;
        assert_eq!(step(standing(9), 9, end), Step::Ended);
        let revoked = Standing {
            revoked: true,
            ..standing(1)
        };
        assert_eq!(step(revoked, 1, NOW), Step::Ended);
        assert_eq!(step(revoked, 0, NOW), Step::Ended);
    }

    #[test]
    fn a_hundred_parallel_uses_mint_one_successor() {
        let mut state = standing(0);
        let mut minted = std::collections::BTreeSet::new();
        for _ in 0..100 {
            match step(state, 0, NOW.plus_ms(1)) {
                Step::Advance(next) => {
                    state.counter = next;
                    state.rotated_at = NOW.plus_ms(1);
                    minted.insert(next);
                }
                Step::Again(next) => {
                    minted.insert(next);
                }
                Step::Reuse | Step::Ended => panic!("within the grace"),
            }
        }
        assert_eq!(minted.len(), 1);
    }
}
