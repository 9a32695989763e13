//! Socket tickets: thirty seconds, once. They stand in the first frame of a connection, so that no
//! token ever stands in a URL.
//!
//! That a ticket was used is remembered here, in memory, until it would have expired anyway. A
//! node refuses tickets from before its own start, because it cannot know; another node may take
//! a ticket once more within its thirty seconds, which opens a second connection of the same
//! person and nothing else.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Identity, LEEWAY_MS};
use crate::keys::{self, Key};

/// How long a ticket is good: the time from one request to the next on a bad connection.
pub const LIFE_MS: i64 = 30_000;
/// Used tickets remembered. A hub would have to open 3,000 sockets a second to get there; beyond
/// it tickets are refused, since forgetting one would let it be used twice.
pub const USED_MAX: usize = 100_000;

type Nonce = [u8; 16];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticket {
    nonce: Nonce,
    made_at: Timestamp,
    who: Identity,
}

/// Makes tickets and takes them, once each.
pub struct Tickets {
    key: Key,
    started_at: Timestamp,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    nonces: HashSet<Nonce>,
    /// By the time after which the nonce need not be remembered.
    by_end: BTreeSet<(Timestamp, Nonce)>,
}

impl Tickets {
    pub fn new(key: Key, started_at: Timestamp) -> Self {
        Self {
            key,
            started_at,
            used: Mutex::default(),
        }
    }

    pub fn issue(&self, who: Identity, now: Timestamp) -> Result<String, Refusal> {
        let nonce = keys::random().map_err(|_| Refusal::Unavailable)?;
        Ok(self.key.seal(&Ticket {
            nonce,
            made_at: now,
            who,
        }))
    }

    /// Takes a ticket. Of any number of callers with the same one, exactly one gets its bearer.
    pub fn redeem(&self, ticket: &str, now: Timestamp) -> Result<Identity, Refusal> {
        let ticket: Ticket = self.key.open(ticket).ok_or(Refusal::SignInNeeded)?;
        let end = ticket.made_at.plus_ms(LIFE_MS);
        let too_early = ticket.made_at < self.started_at || ticket.made_at > now.plus_ms(LEEWAY_MS);
        if now > end || too_early || now >= ticket.who.until {
            return Err(Refusal::SignInNeeded);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget_before(now);
        if used.nonces.len() >= USED_MAX {
            return Err(Refusal::Unavailable);
        }
        if !used.nonces.insert(ticket.nonce) {
            return Err(Refusal::SignInNeeded);
        }
        used.by_end.insert((end, ticket.nonce));
        Ok(ticket.who)
    }
}

impl Used {
    fn forget_before(&mut self, now: Timestamp) {
        while let Some((end, nonce)) = self.by_end.first().copied() {
            if end >= now {
                return;
            }
            self.by_end.pop_first();
            self.nonces.remove(&nonce);
        }
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, identity, keys};
    use super::*;

    fn tickets() -> Tickets {
        Tickets::new(keys().ticket, NOW)
    }

    #[test]
    fn a_ticket_is_good_once_and_for_thirty_seconds() {
        let tickets = tickets();
        let ticket = tickets.issue(identity(), NOW).unwrap();
        assert_eq!(tickets.redeem(&ticket, NOW), Ok(identity()));
        assert_eq!(tickets.redeem(&ticket, NOW), Err(Refusal::SignInNeeded));
        let other = tickets.issue(identity(), NOW).unwrap();
        assert_eq!(
            tickets.redeem(&other, NOW.plus_ms(LIFE_MS + 1)),
            Err(Refusal::SignInNeeded)
        );
        let last_moment = tickets.issue(identity(), NOW).unwrap();
        assert!(tickets.redeem(&last_moment, NOW.plus_ms(LIFE_MS)).is_ok());
    }

    #[test]
    fn of_a_hundred_threads_one_gets_in() {
        let tickets = tickets();
        let ticket = tickets.issue(identity(), NOW).unwrap();
        let let_in = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..100)
                .map(|_| scope.spawn(|| tickets.redeem(&ticket, NOW).is_ok()))
                .collect();
            tries
                .into_iter()
                .filter_map(|one| one.join().ok())
                .filter(|ok| *ok)
                .count()
        });
        assert_eq!(let_in, 1);
    }

    #[test]
    fn other_keys_and_other_lives_are_refused() {
        let before = Tickets::new(keys().ticket, NOW)
            .issue(identity(), NOW)
            .unwrap();
        let after = Tickets::new(keys().ticket, NOW.plus_ms(1));
        assert!(after.redeem(&before, NOW.plus_ms(2)).is_err());
        assert!(tickets().redeem(&keys().resume.seal(&1), NOW).is_err());
        assert!(tickets().redeem(&"x".repeat(1_000_000), NOW).is_err());
    }

    #[test]
    fn what_was_used_is_forgotten_when_it_no_longer_matters() {
        let tickets = tickets();
        for step in 0..50 {
            let now = NOW.plus_ms(step * 10_000);
            let ticket = tickets.issue(identity(), now).unwrap();
            tickets.redeem(&ticket, now).unwrap();
        }
        assert!(tickets.used.lock().unwrap().nonces.len() <= 4);
    }
}
