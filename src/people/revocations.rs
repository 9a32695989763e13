//! What has changed since a token was made: sign-ins that ended, people whose role or name is
//! another now. Kept in memory for as long as a signed token can live, loaded from the store at
//! start, asked at every use of a token.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use ludus_domain::ids::{SignInId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use tokio::sync::broadcast;

use crate::tokens::{Identity, LEEWAY_MS, access, resume};

/// News that waits for a slow listener. A listener that misses some asks [`Revocations::check`]
/// about every connection it has.
const NEWS_MAX: usize = 1_024;

/// How long a change is remembered: longer than any token made before it lives.
pub const KEPT_MS: i64 = 15 * 60 * 1_000;
const _: () =
    assert!(KEPT_MS > access::LIFE_MS + LEEWAY_MS && KEPT_MS > resume::LIFE_MS + LEEWAY_MS);

/// Something open connections have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// A sign-in ended: close its connections.
    SignIn(SignInId),
    /// Every sign-in of somebody ended: close all their connections.
    User(UserId),
    /// Connections stay, with other rights.
    RoleChanged { user: UserId, role: Role },
}

/// What is true of somebody now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    pub role: Role,
    pub name: String,
    pub at: Timestamp,
}

#[derive(Default)]
struct Known {
    ended: HashMap<SignInId, Timestamp>,
    changed: HashMap<UserId, Current>,
}

/// All recent changes, and the news of each.
pub struct Revocations {
    known: RwLock<Known>,
    news: broadcast::Sender<Revocation>,
}

impl Revocations {
    pub fn new() -> Self {
        Self {
            known: RwLock::default(),
            news: broadcast::channel(NEWS_MAX).0,
        }
    }

    /// Hears of every change from now on. After `Lagged`, ask [`Self::check`] about everybody.
    pub fn subscribe(&self) -> broadcast::Receiver<Revocation> {
        self.news.subscribe()
    }

    /// Who a token's bearer is now: with today's role and name, or not at all.
    pub fn check(&self, mut who: Identity, now: Timestamp) -> Result<Identity, Refusal> {
        if now >= who.until {
            return Err(Refusal::SessionEnded);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.ended.contains_key(&who.sign_in) {
            return Err(Refusal::SessionEnded);
        }
        if let Some(current) = known.changed.get(&who.user) {
            who.role = current.role;
            who.name.clone_from(&current.name);
        }
        Ok(who)
    }

    /// Call it after the store has it.
    pub fn end(&self, sign_in: SignInId, at: Timestamp) {
        self.remember_end(sign_in, at);
        self.tell(Revocation::SignIn(sign_in));
    }

    /// Ends all of somebody's sign-ins. Call it after the store has it.
    pub fn end_all(&self, user: UserId, sign_ins: &[SignInId], at: Timestamp) {
        for sign_in in sign_ins {
            self.remember_end(*sign_in, at);
        }
        self.tell(Revocation::User(user));
    }

    /// Call it after the store has it.
    pub fn change(&self, user: UserId, current: Current) {
        let role = current.role;
        let was = self.remember_change(user, current).map(|was| was.role);
        if was != Some(role) {
            self.tell(Revocation::RoleChanged { user, role });
        }
    }

    /// Whether the end of a sign-in is known.
    pub fn knows_end(&self, sign_in: SignInId) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.ended.contains_key(&sign_in)
    }

    /// Whether this change of somebody, or a later one, is known.
    pub fn knows_change(&self, user: UserId, at: Timestamp) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let change = known.changed.get(&user);
        change.is_some_and(|current| current.at >= at)
    }

    /// At start: what the store knows of, without telling anybody.
    pub fn remember_end(&self, sign_in: SignInId, at: Timestamp) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.ended.insert(sign_in, at);
    }

    /// At start: what the store knows of, without telling anybody. Answers what was known before.
    pub fn remember_change(&self, user: UserId, current: Current) -> Option<Current> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.changed.insert(user, current)
    }

    /// Forgets what no token can have missed any more. Run it every minute or so.
    pub fn tidy(&self, now: Timestamp) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.ended.retain(|_, at| now.ms_since(*at) <= KEPT_MS);
        known
            .changed
            .retain(|_, current| now.ms_since(current.at) <= KEPT_MS);
    }

    fn tell(&self, revocation: Revocation) {
        // Nobody listening is fine: there is no connection to close then.
        self.news.send(revocation).ok();
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::sample::{NOW, identity};

    #[test]
    fn an_ended_sign_in_is_refused_and_told_of() {
        let revocations = Revocations::new();
        let mut news = revocations.subscribe();
        assert_eq!(revocations.check(identity(), NOW), Ok(identity()));
        revocations.end(identity().sign_in, NOW);
        assert_eq!(
            revocations.check(identity(), NOW),
            Err(Refusal::SessionEnded)
        );
        assert_eq!(news.try_recv(), Ok(Revocation::SignIn(identity().sign_in)));
    }

    #[test]
    fn a_token_speaks_with_the_role_of_now() {
        let revocations = Revocations::new();
        let mut news = revocations.subscribe();
        let current = Current {
            role: Role::Spectator,
            name: "Ada L".into(),
            at: NOW,
        };
        revocations.change(identity().user, current.clone());
        let who = revocations.check(identity(), NOW).unwrap();
        assert_eq!((who.role, who.name), (Role::Spectator, "Ada L".into()));
        revocations.change(identity().user, current);
        assert!(matches!(
            news.try_recv(),
            Ok(Revocation::RoleChanged {
                role: Role::Spectator,
                ..
            })
        ));
        assert!(news.try_recv().is_err());
    }

    #[test]
    fn what_no_token_can_have_missed_is_forgotten() {
        let revocations = Revocations::new();
        revocations.end(identity().sign_in, NOW);
        revocations.tidy(NOW.plus_ms(KEPT_MS));
        assert!(revocations.check(identity(), NOW).is_err());
        revocations.tidy(NOW.plus_ms(KEPT_MS + 1));
        assert!(revocations.check(identity(), NOW).is_ok());
        assert!(revocations.check(identity(), identity().until).is_err());
    }
}
