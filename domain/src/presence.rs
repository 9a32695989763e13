//! Who is looking at a room: people, not tabs, and without flicker.
//!
//! A person is here while any of their sessions is. Coming is told at the next tick; going is told
//! only after a grace, so that a reload or a tunnel does not make a room blink. In a large room
//! names would cost more than they tell: there it is a count.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{SessionId, UserId};
use crate::protocol::{Person, PresenceChange};
use crate::time::Timestamp;

/// People beyond whom presence is a number. A join storm then costs each member one frame a tick.
pub const NAMED_MAX: usize = 200;
/// How often changes are told, at most.
pub const TICK_MS: u64 = 250;
/// How long somebody may be gone without anyone being told.
pub const LEAVE_GRACE_MS: i64 = 3_000;

#[derive(Debug, Default)]
struct Here {
    name: String,
    sessions: BTreeSet<SessionId>,
    is_told: bool,
    gone_since: Option<Timestamp>,
}

/// The people of one room on this node.
#[derive(Debug, Default)]
pub struct Presence {
    people: BTreeMap<UserId, Here>,
    /// Whether the last telling was a count only; coming back below the limit tells everybody anew.
    was_count_only: bool,
    told_count: u32,
}

impl Presence {
    pub fn arrive(&mut self, session: SessionId, user: UserId, name: &str) {
        let here = self.people.entry(user).or_default();
        name.clone_into(&mut here.name);
        here.sessions.insert(session);
        here.gone_since = None;
    }

    pub fn depart(&mut self, session: SessionId, user: UserId, now: Timestamp) {
        if let Some(here) = self.people.get_mut(&user) {
            here.sessions.remove(&session);
            if here.sessions.is_empty() && here.gone_since.is_none() {
                here.gone_since = Some(now);
            }
        }
    }

    /// Whether a later tick may have something to tell.
    pub fn is_restless(&self) -> bool {
        self.people
            .values()
            .any(|here| !here.is_told || here.gone_since.is_some())
    }

    /// What changed since the last tick, if anything did.
    pub fn tick(&mut self, now: Timestamp) -> Option<PresenceChange> {
        let mut went = vec![];
        self.people.retain(|user, here| {
            let is_over = here
                .gone_since
                .is_some_and(|since| now.ms_since(since) >= LEAVE_GRACE_MS);
            if is_over && here.is_told {
                went.push(*user);
            }
            !is_over
        });
        let mut came = vec![];
        for (user, here) in &mut self.people {
            if !here.is_told && here.gone_since.is_none() {
                here.is_told = true;
                came.push(Person {
                    user: *user,
                    name: here.name.clone(),
                });
            }
        }
        let count = self.count();
        if self.people.len() > NAMED_MAX {
            self.was_count_only = true;
            let is_news = count != self.told_count;
            self.told_count = count;
            return is_news.then_some(PresenceChange {
                came: vec![],
                went: vec![],
                count,
                whole: false,
            });
        }
        self.told_count = count;
        if std::mem::take(&mut self.was_count_only) {
            return Some(self.whole());
        }
        (!came.is_empty() || !went.is_empty()).then_some(PresenceChange {
            came,
            went,
            count,
            whole: false,
        })
    }

    /// Everybody, for somebody who has just begun to follow.
    pub fn whole(&self) -> PresenceChange {
        let told = self.people.iter().filter(|(_, here)| here.is_told);
        let came = if self.people.len() > NAMED_MAX {
            vec![]
        } else {
            told.map(|(user, here)| Person {
                user: *user,
                name: here.name.clone(),
            })
            .collect()
        };
        PresenceChange {
            came,
            went: vec![],
            count: self.count(),
            whole: true,
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.people.values().filter(|here| here.is_told).count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn session(n: u128) -> SessionId {
        SessionId(Uuid::from_u128(n))
    }

    #[test]
    fn two_tabs_are_one_person_and_a_reload_is_silent() {
        let mut presence = Presence::default();
        presence.arrive(session(1), user(1), "Ada");
        presence.arrive(session(2), user(1), "Ada");
        let change = presence.tick(Timestamp(0)).expect("somebody came");
        assert_eq!((change.came.len(), change.count), (1, 1));
        presence.depart(session(1), user(1), Timestamp(10));
        assert_eq!(
            presence.tick(Timestamp(10_000)),
            None,
            "the other tab is still here"
        );
        presence.depart(session(2), user(1), Timestamp(10_000));
        assert_eq!(presence.tick(Timestamp(12_000)), None, "within the grace");
        presence.arrive(session(3), user(1), "Ada");
        assert_eq!(presence.tick(Timestamp(20_000)), None, "a reload");
        presence.depart(session(3), user(1), Timestamp(20_000));
        let change = presence.tick(Timestamp(23_000)).expect("really gone");
        assert_eq!((change.went, change.count), (vec![user(1)], 0));
        assert!(!presence.is_restless());
    }

    #[test]
    fn a_crowd_is_a_number() {
        let mut presence = Presence::default();
        for n in 0..=NAMED_MAX as u128 {
            presence.arrive(session(n), user(n), "x");
        }
        let change = presence.tick(Timestamp(0)).expect("a crowd came");
        assert!(change.came.is_empty());
        assert_eq!(change.count as usize, NAMED_MAX + 1);
        assert!(presence.whole().came.is_empty());
        presence.depart(session(0), user(0), Timestamp(0));
        let change = presence
            .tick(Timestamp(LEAVE_GRACE_MS))
            .expect("small enough for names");
        assert!(change.whole);
        assert_eq!(change.came.len(), NAMED_MAX);
    }
}
