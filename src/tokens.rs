//! What proves who is asking: access tokens, refresh tokens, socket tickets and resume tokens.
//!
//! All are signed and none is stored. They say who somebody *was* when they were made; whether
//! that still holds is asked of [`crate::people::revocations`] at every use. Pure, except for
//! randomness in tickets: time comes in as an argument.

pub mod access;
pub mod refresh;
pub mod resume;
pub mod ticket;

use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{OrgId, SignInId, UserId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use self::access::AccessTokens;
use self::resume::ResumeTokens;
use self::ticket::Tickets;
use crate::keys::{Key, Keys};

/// Clocks of two nodes may differ by this much. More would let an expired token live on.
pub const LEEWAY_MS: i64 = 5_000;

/// Who is asking, as it was proved. The role is that of the moment the proof was made; whoever
/// decides on it asks the revocations for the role of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub org: OrgId,
    pub user: UserId,
    pub sign_in: SignInId,
    pub role: Role,
    /// Came by a room's code or an entry link, without an account: for as long as they exist.
    pub guest: bool,
    pub name: String,
    /// When the sign-in ends for good; nothing made from it outlives this.
    pub until: Timestamp,
    /// A screen's: the one board it looks at. Never in an access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<BoardKey>,
}

/// Everything that makes and reads tokens.
#[derive(Debug)]
pub struct Tokens {
    pub access: AccessTokens,
    pub tickets: Tickets,
    pub resume: ResumeTokens,
    pub refresh: Key,
}

impl Tokens {
    /// `issuer` is the hub's public URL: a token of one hub is nothing to another, even with the
    /// same secret. `started_at`: tickets from before are refused, since nobody remembers here
    /// whether they were used.
    pub fn new(keys: &Keys, issuer: &str, started_at: Timestamp) -> Self {
        Self {
            access: AccessTokens::new(&keys.access, issuer),
            tickets: Tickets::new(keys.ticket.clone(), started_at),
            resume: ResumeTokens::new(keys.resume.clone()),
            refresh: keys.refresh.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000);

    pub(crate) fn keys() -> Keys {
        Keys::derive(b"a master secret for tests, thirty-two bytes and more")
    }

    pub(crate) fn identity() -> Identity {
        Identity {
            org: OrgId(uuid::Uuid::from_u128(1)),
            user: UserId(uuid::Uuid::from_u128(2)),
            sign_in: SignInId(uuid::Uuid::from_u128(3)),
            role: Role::Learner,
            guest: false,
            name: "Ada".into(),
            until: NOW.plus_ms(30 * 86_400_000),
            display: None,
        }
    }
}
