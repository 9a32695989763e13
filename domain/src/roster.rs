//! Who looks after whom in an org: which cohorts somebody coaches, and who learns in them.
//!
//! A coach is a coach of somebody. In a room where none of theirs is, they are what every member
//! of the house is: [`Roster::role_in`] says so, and everything that asks for a role in a room (who
//! may look, who moderates, whom an event is for) is given that answer instead of the house's.

pub mod sheet;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audience::Viewer;
use crate::ids::{CohortId, UserId};
use crate::role::Role;
use crate::room::Room;

/// How much of a cohort a coach is assigned to see.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Counts and means of the group, and no person in it.
    Aggregate,
    /// Every learner and every room of theirs.
    #[default]
    Full,
}

impl Access {
    pub const ALL: [Self; 2] = [Self::Aggregate, Self::Full];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Full => "full",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.as_str() == text)
    }

    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }
}

/// Somebody's place in a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Learner,
    Coach(Access),
}

/// The cohorts of an org, as far as rights depend on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Where each who learns in a cohort does.
    learners: HashMap<UserId, BTreeSet<CohortId>>,
    coaches: HashMap<UserId, BTreeMap<CohortId, Access>>,
    is_known: bool,
}

impl Roster {
    pub fn new(places: impl IntoIterator<Item = (CohortId, UserId, Place)>) -> Self {
        let mut roster = Self {
            is_known: true,
            ..Self::default()
        };
        for (cohort, user, place) in places {
            match place {
                Place::Learner => {
                    roster.learners.entry(user).or_default().insert(cohort);
                }
                Place::Coach(access) => {
                    let led = roster.coaches.entry(user).or_default();
                    led.insert(cohort, access);
                }
            }
        }
        roster
    }

    /// Of an org nothing is known of yet: nobody looks after anybody.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What a coach is assigned to see of a cohort, if anything.
    pub fn access(&self, coach: UserId, cohort: CohortId) -> Option<Access> {
        self.coaches.get(&coach)?.get(&cohort).copied()
    }

    /// Whether somebody learns in a cohort, whoever coaches it.
    pub fn is_placed(&self, user: UserId) -> bool {
        self.learners.contains_key(&user)
    }

    /// Whether a coach is assigned to a cohort in which somebody learns, to see people in it.
    pub fn looks_after(&self, coach: UserId, learner: UserId) -> bool {
        let Some(learns_in) = self.learners.get(&learner) else {
            return false;
        };
        self.coaches.get(&coach).is_some_and(|led| {
            let mut full = led.iter().filter(|(_, access)| access.is_full());
            full.any(|(cohort, _)| learns_in.contains(cohort))
        })
    }

    /// Whether somebody may see by their role how another does: admins everybody, coaches those they look
    /// after and who learns in no cohort.
    pub fn may_know(&self, who: Viewer, user: UserId) -> bool {
        match who.role {
            Role::Owner | Role::Admin => true,
            Role::Coach => self.looks_after(who.user, user) || !self.is_placed(user),
            Role::Learner | Role::Spectator => false,
        }
    }

    /// Whether somebody may look into a room.
    pub fn may_watch(&self, room: &Room, who: Viewer) -> bool {
        room.may_watch(self.viewer_in(room, who))
    }

    /// What somebody is in a room. Coaches are coaches where they are the host, where somebody they
    /// look after has (or had, or may take) a seat, and where nobody has one who learns in any cohort: those rooms are
    /// the house's. Elsewhere they are a member of the house like others. All other roles stay.
    pub fn role_in(&self, room: &Room, who: Viewer) -> Role {
        if who.role != Role::Coach || room.members.get(&who.user).is_some_and(|seat| seat.host) {
            return who.role;
        }
        let mut is_anybodys = false;
        let seats = room.members.keys().chain(&room.invited);
        for user in seats.chain(&room.removed).chain(&room.banned) {
            if self.looks_after(who.user, *user) {
                return Role::Coach;
            }
            is_anybodys |= self.is_placed(*user);
        }
        if self.is_known && !is_anybodys {
            Role::Coach
        } else {
            Role::Learner
        }
    }

    /// [`Roster::role_in`], as whoever looks.
    pub fn viewer_in(&self, room: &Room, who: Viewer) -> Viewer {
        Viewer {
            role: self.role_in(room, who),
            ..who
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::{Entry, Event, RoomKind, RoomPlan};

    const A: CohortId = CohortId(uuid::Uuid::from_u128(1));
    const B: CohortId = CohortId(uuid::Uuid::from_u128(2));
    const ADA: UserId = UserId(uuid::Uuid::from_u128(11));
    const BEN: UserId = UserId(uuid::Uuid::from_u128(12));
    const CHEN: UserId = UserId(uuid::Uuid::from_u128(13));
    const COACH: UserId = UserId(uuid::Uuid::from_u128(21));
    const COUNTER: UserId = UserId(uuid::Uuid::from_u128(22));
    const STRANGER: UserId = UserId(uuid::Uuid::from_u128(23));

    fn roster() -> Roster {
        Roster::new([
            (A, ADA, Place::Learner),
            (B, BEN, Place::Learner),
            (A, COACH, Place::Coach(Access::Full)),
            (A, COUNTER, Place::Coach(Access::Aggregate)),
        ])
    }

    fn room(members: &[(UserId, bool)]) -> Room {
        let plan = RoomPlan {
            kind: RoomKind::Practice,
            entry: Entry::Invitation,
            title: "Raise".into(),
            capacity: 10,
            lobby: false,
            scene: None,
        };
        let mut room = Room::open(plan, None);
        for (user, host) in members {
            room.evolve(&Event::Joined {
                user: *user,
                name: "N".into(),
                host: *host,
            });
        }
        room
    }

    fn role(room: &Room, user: UserId) -> Role {
        let who = Viewer {
            user,
            role: Role::Coach,
            guest: false,
        };
        roster().role_in(room, who)
    }

    #[test]
    fn a_coach_is_one_where_somebody_of_theirs_is() {
        let adas = room(&[(ADA, true)]);
        assert_eq!(role(&adas, COACH), Role::Coach);
        assert_eq!(role(&adas, STRANGER), Role::Learner);
        assert_eq!(role(&room(&[(BEN, true)]), COACH), Role::Learner);
        assert_eq!(
            role(&room(&[(BEN, true), (ADA, false)]), COACH),
            Role::Coach
        );
    }

    #[test]
    fn whoever_sees_only_the_group_is_nobodys_coach_in_a_room() {
        assert_eq!(role(&room(&[(ADA, true)]), COUNTER), Role::Learner);
        assert_eq!(roster().access(COUNTER, A), Some(Access::Aggregate));
        assert!(!roster().looks_after(COUNTER, ADA));
    }

    #[test]
    fn a_room_without_anybody_of_a_cohort_is_the_houses() {
        let theirs = room(&[(CHEN, true)]);
        assert_eq!(role(&theirs, STRANGER), Role::Coach);
        assert_eq!(
            role(&room(&[(CHEN, true), (BEN, false)]), STRANGER),
            Role::Learner
        );
    }

    #[test]
    fn a_learner_who_left_is_still_somebodys() {
        let mut adas = room(&[(ADA, true)]);
        adas.evolve(&Event::Left { user: ADA });
        assert_eq!(role(&adas, COACH), Role::Coach);
        assert_eq!(role(&adas, STRANGER), Role::Learner);
        // Nor does a ban make the room anybody else's.
        let mut adas = room(&[(ADA, true)]);
        adas.evolve(&Event::Banned { user: ADA });
        assert_eq!(role(&adas, COACH), Role::Coach);
        assert_eq!(role(&adas, STRANGER), Role::Learner);
    }

    #[test]
    fn a_host_is_at_home_and_admins_are_everywhere() {
        let bens = room(&[(BEN, false), (STRANGER, true)]);
        assert_eq!(role(&bens, STRANGER), Role::Coach);
        for kept in [Role::Spectator, Role::Learner, Role::Admin, Role::Owner] {
            let who = Viewer {
                user: STRANGER,
                role: kept,
                guest: false,
            };
            assert_eq!(roster().role_in(&room(&[(BEN, true)]), who), kept);
        }
    }

    #[test]
    fn where_nothing_is_known_nobody_is_let_in() {
        let who = Viewer {
            user: COACH,
            role: Role::Coach,
            guest: false,
        };
        let anybodys = room(&[(CHEN, true)]);
        assert_eq!(Roster::unknown().role_in(&anybodys, who), Role::Learner);
    }
}
