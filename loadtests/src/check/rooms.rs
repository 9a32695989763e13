//! Whether each event of a room was allowed in the state its predecessors made. Written from the
//! rules as people know them, not from the hub's code.

use std::collections::BTreeMap;

use ludus_domain::ids::{RoomId, TurnId, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::role::Role;
use ludus_domain::room::{Event, Phase};
use ludus_domain::slug::PersonaId;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

use super::{Rule, Verdict};
use crate::database::{Database, StoredEvent};

#[derive(Default)]
struct Seat {
    host: bool,
    muted: Option<Mute>,
}

/// How long somebody may not speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mute {
    ForGood,
    Until(Timestamp),
}

struct State<'a> {
    database: &'a Database,
    seats: BTreeMap<UserId, Seat>,
    phase: Phase,
    capacity: usize,
    /// Who left while muted comes back so.
    hushed: BTreeMap<UserId, Mute>,
    /// Turns that are not over, with the attempt that counts.
    open: BTreeMap<TurnId, (PersonaId, u8)>,
    /// Coaches in seats of personas.
    held: BTreeMap<PersonaId, UserId>,
}

pub(super) fn check(database: &Database, verdict: &mut Verdict) {
    for (id, stream) in &database.streams {
        let StreamId::Room(room) = id else { continue };
        // A journal that lost its beginning to age cannot be judged from the middle.
        if stream.first.0 > 1 {
            continue;
        }
        let mut state = State {
            database,
            seats: BTreeMap::new(),
            phase: Phase::Live,
            capacity: usize::MAX,
            hushed: BTreeMap::new(),
            open: BTreeMap::new(),
            held: BTreeMap::new(),
        };
        for event in &stream.events {
            if let Some(why) = state.take(event) {
                breach(*room, event, why, verdict);
            }
        }
    }
}

fn breach(room: RoomId, event: &StoredEvent, why: &str, verdict: &mut Verdict) {
    verdict.breach(
        Rule::Inadmissible,
        format!(
            "room {room} has at {} an event ({}) of {}: {why}",
            event.seq,
            event.fact.kind(),
            event
                .by
                .map_or_else(|| "the hub".to_owned(), |by| by.to_string()),
        ),
    );
}

impl State<'_> {
    fn moderates(&self, user: Option<UserId>) -> bool {
        let Some(user) = user else { return true };
        let role = self.database.users.get(&user).map(|(_, role)| *role);
        role.is_some_and(|role| role >= Role::Coach)
            || self.seats.get(&user).is_some_and(|seat| seat.host)
    }

    /// Why whoever it is may not speak now.
    fn speaks(&self, user: Option<UserId>) -> Option<&'static str> {
        let Some(seat) = user.and_then(|user| self.seats.get(&user)) else {
            return Some("not a member");
        };
        match self.phase {
            Phase::Ended => Some("the room had ended"),
            Phase::Lobby | Phase::Paused if !self.moderates(user) => Some("the room was not live"),
            // One that ends by itself may have.
            _ if seat.muted == Some(Mute::ForGood) => Some("muted"),
            _ => None,
        }
    }

    fn is_coachs(&self, user: Option<UserId>) -> Option<&'static str> {
        let role = self.database.users.get(&user?).map(|(_, role)| *role);
        (role < Some(Role::Coach)).then_some("no coach")
    }

    fn moderates_or(&self, user: Option<UserId>) -> Option<&'static str> {
        if self.phase == Phase::Ended {
            Some("the room had ended")
        } else if self.moderates(user) {
            None
        } else {
            Some("neither coach nor host")
        }
    }

    /// Why it is no coach who steps in.
    fn coaches(&self, user: Option<UserId>) -> Option<&'static str> {
        let known = user.and_then(|user| self.database.users.get(&user));
        let is_coach = known.is_some_and(|(_, role)| *role >= Role::Coach);
        (!is_coach).then_some("no coach")
    }

    /// Takes an event in and answers why it should not be there.
    fn take(&mut self, event: &StoredEvent) -> Option<&'static str> {
        let Fact::Room(fact) = &event.fact else {
            return Some("not an event of a room");
        };
        let seated = |user: &UserId| self.seats.contains_key(user);
        match fact {
            Event::Opened { plan } => {
                let why = (event.seq.0 != 1).then_some("opened twice");
                self.capacity = plan.capacity as usize;
                self.phase = if plan.lobby {
                    Phase::Lobby
                } else {
                    Phase::Live
                };
                why
            }
            Event::Joined { user, host, .. } => {
                let why = if seated(user) {
                    Some("a member already")
                } else if self.seats.len() >= self.capacity {
                    Some("no seat was left")
                } else {
                    (self.phase == Phase::Ended).then_some("the room had ended")
                };
                let seat = Seat {
                    host: *host,
                    muted: self.hushed.remove(user),
                };
                self.seats.insert(*user, seat);
                why
            }
            Event::Left { user } | Event::Moved { user, .. } => {
                let why = (!seated(user)).then_some("not a member");
                let muted = self.seats.remove(user).and_then(|seat| seat.muted);
                self.hushed.extend(muted.map(|mute| (*user, mute)));
                why
            }
            Event::Said {
                as_persona: Some(persona),
                ..
            } => {
                if self.open.values().any(|(asked, _)| asked == persona) {
                    return Some("spoke over the persona");
                }
                (self.held.get(persona) != event.by.as_ref()).then_some("did not hold the seat")
            }
            Event::Said { .. } | Event::Edited { .. } | Event::Reacted { .. } => {
                self.speaks(event.by)
            }
            Event::TurnAsked { turn, persona, .. } => {
                self.open.insert(*turn, (persona.clone(), 0));
                let is_held = self.held.contains_key(persona);
                is_held.then_some("asked a persona whose seat a coach held")
            }
            Event::TurnBegun { turn, attempt, .. } => match self.open.get_mut(turn) {
                Some((_, counts)) if *attempt > *counts => {
                    *counts = *attempt;
                    None
                }
                Some(_) => Some("begun twice over"),
                None => Some("began what nobody had asked for, or was over"),
            },
            Event::Spoke { turn, attempt, .. } => match self.open.remove(turn) {
                Some((_, counts)) if counts == *attempt => None,
                Some(_) => Some("an attempt that was given up had the last word"),
                None => Some("closed twice, or never asked"),
            },
            Event::SeatTaken { persona, by, .. } => {
                let is_held = self.held.insert(persona.clone(), *by).is_some();
                is_held
                    .then_some("somebody held the seat")
                    .or_else(|| self.coaches(event.by))
            }
            Event::SeatHandedBack { persona, by, .. } => {
                let held = self.held.remove(persona);
                (held != Some(*by)).then_some("did not hold the seat")
            }
            Event::SeatAsked { persona, .. } => {
                let is_held = self.held.contains_key(persona);
                (!is_held).then_some("nobody held the seat")
            }
            Event::Directed { .. }
            | Event::Whispered { .. }
            | Event::Announced { .. }
            | Event::Extended { .. } => self.coaches(event.by),
            // The hub's own acts. Their order is the room's to keep.
            Event::TurnSteered { .. }
            | Event::TurnStopped { .. }
            | Event::SceneClosed {}
            | Event::PracticeCompleted { .. }
            | Event::SkillScored { .. }
            | Event::PracticeFiled {}
            | Event::Remarked { .. }
            | Event::ResultCorrected { .. } => None,
            Event::CriterionJudged { by, .. } => self.coaches(Some(*by)),
            Event::Retracted { .. } => (!event.by.is_some_and(|by| seated(&by))
                && !self.moderates(event.by))
            .then_some("neither a member nor a moderator"),
            Event::HandRaised { user, .. } => (!seated(user)).then_some("not a member"),
            Event::Renamed { .. } | Event::Invited { .. } => self.moderates_or(event.by),
            Event::PhaseChanged { phase } => {
                let why = if self.phase == *phase {
                    Some("no change")
                } else {
                    self.moderates_or(event.by)
                };
                self.phase = *phase;
                why
            }
            Event::Removed { user } => {
                let why = if seated(user) {
                    self.moderates_or(event.by)
                } else {
                    Some("not a member")
                };
                self.seats.remove(user);
                why
            }
            Event::Muted { user, muted, until } => {
                let why = self.moderates_or(event.by);
                let muted = muted.then(|| until.map_or(Mute::ForGood, Mute::Until));
                match self.seats.get_mut(user) {
                    None if muted.is_none() && self.hushed.remove(user).is_some() => why,
                    None => Some("not a member"),
                    Some(seat) if seat.muted == muted => Some("no change"),
                    Some(seat) => {
                        seat.muted = muted;
                        why
                    }
                }
            }
            Event::Banned { user } => {
                self.seats.remove(user);
                self.hushed.remove(user);
                self.is_coachs(event.by)
            }
            Event::Unbanned { .. } | Event::LineHidden { .. } | Event::LineShown { .. } => {
                self.is_coachs(event.by)
            }
            Event::LineReported { by, .. } => (event.by != Some(*by)).then_some("another's report"),
            Event::LineHeld { user, .. } => {
                let own = (event.by != Some(*user)).then_some("another's line");
                own.or_else(|| self.speaks(event.by))
            }
        }
    }
}
