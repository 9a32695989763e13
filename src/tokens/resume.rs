//! Resume tokens: ten minutes, on any node, without a look at the store. A connection gets a fresh
//! one now and then; whoever comes back with it needs no sign-in and no ticket.

use ludus_domain::ids::SessionId;
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Identity, LEEWAY_MS};
use crate::keys::Key;

/// How long after it was last seen a connection may come back.
pub const LIFE_MS: i64 = 10 * 60 * 1_000;

/// Who comes back, and as which connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    pub who: Identity,
    pub session: SessionId,
    pub made_at: Timestamp,
}

#[derive(Debug)]
pub struct ResumeTokens {
    key: Key,
}

impl ResumeTokens {
    pub const fn new(key: Key) -> Self {
        Self { key }
    }

    pub fn issue(&self, who: &Identity, session: SessionId, now: Timestamp) -> String {
        self.key.seal(&Resume {
            who: who.clone(),
            session,
            made_at: now,
        })
    }

    /// Who comes back. The caller asks the revocations next.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Resume, Refusal> {
        let resume: Resume = self.key.open(token).ok_or(Refusal::SignInNeeded)?;
        let is_late = now.ms_since(resume.made_at) > LIFE_MS || now >= resume.who.until;
        if is_late || resume.made_at > now.plus_ms(LEEWAY_MS) {
            return Err(Refusal::SessionEnded);
        }
        Ok(resume)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, identity, keys};
    use super::*;

    #[test]
    fn a_connection_may_come_back_for_ten_minutes() {
        let tokens = ResumeTokens::new(keys().resume);
        let session = SessionId(uuid::Uuid::from_u128(9));
        let token = tokens.issue(&identity(), session, NOW);
        let back = tokens.read(&token, NOW.plus_ms(LIFE_MS)).unwrap();
        assert_eq!((back.who, back.session), (identity(), session));
        assert!(tokens.read(&token, NOW.plus_ms(LIFE_MS + 1)).is_err());
        assert!(tokens.read(&token, identity().until).is_err());
        let ticket = super::super::ticket::Tickets::new(keys().ticket, NOW)
            .issue(identity(), NOW)
            .unwrap();
        assert!(tokens.read(&ticket, NOW).is_err());
    }
}
