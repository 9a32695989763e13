//! Who is looking at a room: people, not tabs, and without flicker.
//!
//! A person is here while any of their sessions is. Coming is told at the next tick; going is told
//! only after a grace, so that a reload or a tunnel does not make a room blink. In a large room
//! names would cost more than they tell: there it is a count.
//!
//! Who looks on at another node is here as if by one session of that node. A crowd there is a number
//! here, and somebody in two crowds counts twice.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{NodeId, SessionId, UserId};
use crate::protocol::{Person, PresenceChange};
use crate::time::Timestamp;

/// People beyond whom presence is a number. A join storm then costs each member one frame a tick.
pub const NAMED_MAX: usize = 200;
/// How often changes are told, at most.
pub const TICK_MS: u64 = 250;
/// How long somebody may be gone without anyone being told.
pub const LEAVE_GRACE_MS: i64 = 3_000;

/// Everybody who looks at a room on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onlookers {
    /// Nobody by name in a crowd.
    pub people: Vec<Person>,
    pub count: u32,
}

#[derive(Debug, Default)]
struct Here {
    name: String,
    sessions: BTreeSet<SessionId>,
    is_told: bool,
    gone_since: Option<Timestamp>,
}

/// The people of one room.
#[derive(Debug, Default)]
pub struct Presence {
    people: BTreeMap<UserId, Here>,
    /// Sessions that stand for everybody at another node.
    nodes: BTreeSet<SessionId>,
    /// How many look on at nodes that tell no names.
    crowds: BTreeMap<NodeId, u32>,
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

    /// Everybody who looks on at another node now: whoever is not among them is not there any more.
    pub fn of_node(&mut self, node: NodeId, onlookers: Onlookers, now: Timestamp) {
        let session = SessionId(node.0);
        let is_crowd = onlookers.people.is_empty() && onlookers.count > 0;
        let there: BTreeSet<UserId> = onlookers.people.iter().map(|one| one.user).collect();
        let left: Vec<UserId> = self
            .people
            .iter()
            .filter(|(user, here)| here.sessions.contains(&session) && !there.contains(user))
            .map(|(user, _)| *user)
            .collect();
        for user in left {
            self.depart(session, user, now);
        }
        if is_crowd {
            self.crowds.insert(node, onlookers.count);
        } else {
            self.crowds.remove(&node);
        }
        if there.is_empty() {
            self.nodes.remove(&session);
        } else {
            self.nodes.insert(session);
        }
        for one in onlookers.people {
            self.arrive(session, one.user, &one.name);
        }
    }

    /// Everybody who looks on at this node, for the others.
    pub fn own(&self) -> Onlookers {
        let is_own = |here: &&Here| !here.sessions.is_subset(&self.nodes);
        let count = self.people.values().filter(is_own).count();
        let people = if count > NAMED_MAX {
            vec![]
        } else {
            let own = self.people.iter().filter(|(_, here)| is_own(here));
            own.map(|(user, here)| Person {
                user: *user,
                name: here.name.clone(),
            })
            .collect()
        };
        Onlookers {
            people,
            count: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    /// Whether a later tick may have something to tell.
    pub fn is_restless(&self) -> bool {
        let is_counted_anew = self.count() != self.told_count;
        is_counted_anew
            || self
                .people
                .values()
                .any(|here| !here.is_told || here.gone_since.is_some())
    }

    fn is_crowd(&self) -> bool {
        let elsewhere: u32 = self.crowds.values().sum();
        elsewhere > 0 || self.people.len() > NAMED_MAX
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
        if self.is_crowd() {
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
        let came = if self.is_crowd() {
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
        let told = self.people.values().filter(|here| here.is_told).count();
        let elsewhere = self.crowds.values().sum();
        u32::try_from(told)
            .unwrap_or(u32::MAX)
            .saturating_add(elsewhere)
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

    fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(n))
    }

    fn onlookers(users: &[u128]) -> Onlookers {
        let people: Vec<Person> = users
            .iter()
            .map(|n| Person {
                user: user(*n),
                name: "x".into(),
            })
            .collect();
        Onlookers {
            count: u32::try_from(people.len()).unwrap(),
            people,
        }
    }

    #[test]
    fn who_looks_on_at_two_nodes_is_one_person() {
        let mut presence = Presence::default();
        presence.arrive(session(1), user(1), "x");
        presence.of_node(node(7), onlookers(&[1, 2]), Timestamp(0));
        let change = presence.tick(Timestamp(0)).expect("two came");
        assert_eq!((change.came.len(), change.count), (2, 2));
        assert_eq!(presence.own(), onlookers(&[1]), "others tell of theirs");
        // Heard again it is no news; gone here, one is still there.
        presence.of_node(node(7), onlookers(&[1, 2]), Timestamp(10));
        presence.depart(session(1), user(1), Timestamp(10));
        assert!(!presence.is_restless());
        assert_eq!(presence.own(), onlookers(&[]));
        // The node has ended: who was only there goes, after the grace.
        presence.of_node(node(7), Onlookers::default(), Timestamp(20));
        assert_eq!(presence.tick(Timestamp(20)), None);
        let change = presence.tick(Timestamp(20 + LEAVE_GRACE_MS)).expect("gone");
        assert_eq!((change.went.len(), change.count), (2, 0));
    }

    #[test]
    fn a_crowd_elsewhere_is_a_number_here() {
        let mut presence = Presence::default();
        presence.arrive(session(1), user(1), "x");
        presence.tick(Timestamp(0));
        let crowd = Onlookers {
            people: vec![],
            count: 500,
        };
        presence.of_node(node(7), crowd, Timestamp(0));
        assert!(presence.is_restless());
        let change = presence.tick(Timestamp(1)).expect("a crowd");
        assert_eq!((change.came.len(), change.count), (0, 501));
        assert!(!presence.is_restless());
        presence.of_node(node(7), Onlookers::default(), Timestamp(2));
        let change = presence.tick(Timestamp(3)).expect("names again");
        assert!(change.whole && change.count == 1);
    }
}
