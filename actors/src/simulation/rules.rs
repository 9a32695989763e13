//! What has to be true of a journal, judged from its events alone.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::ids::{CommandId, Seq, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::role::Role;
use ludus_domain::room::{Event, Phase};

use super::store::Store;

/// The first thing that is wrong with the journal.
pub(super) fn judge(store: &Store, roles: &BTreeMap<UserId, Role>) -> Option<String> {
    gap(store)
        .or_else(|| doubled(store))
        .or_else(|| inadmissible(store, roles))
}

fn gap(store: &Store) -> Option<String> {
    let mut expected = Seq(1);
    for event in &store.events {
        if event.seq != expected {
            return Some(format!("{} stands where {expected} should", event.seq));
        }
        expected = expected.next();
    }
    None
}

fn doubled(store: &Store) -> Option<String> {
    let mut written: BTreeMap<(UserId, CommandId), Vec<Seq>> = BTreeMap::new();
    for (event, origin) in store.events.iter().zip(&store.origins) {
        if let Some(origin) = origin {
            written.entry(*origin).or_default().push(event.seq);
        }
    }
    written.into_iter().find_map(|((sender, command), seqs)| {
        let known = store.commands.get(&(sender, command))?;
        let is_once = seqs.len() == known.count as usize && seqs.first() == Some(&known.first);
        (!is_once).then(|| format!("{command} of {sender} is written at {seqs:?}"))
    })
}

struct Seat {
    host: bool,
    muted: bool,
}

fn inadmissible(store: &Store, roles: &BTreeMap<UserId, Role>) -> Option<String> {
    let mut seats: BTreeMap<UserId, Seat> = BTreeMap::new();
    // Who left while muted comes back so.
    let mut hushed: BTreeSet<UserId> = BTreeSet::new();
    let mut phase = Phase::Live;
    let mut capacity = usize::MAX;
    for event in &store.events {
        let Fact::Room(fact) = &event.fact else {
            return Some(format!("{} is not an event of a room", event.seq));
        };
        // The hub's own acts were decided by the room; whose turn it was is looked at elsewhere.
        let Some(by) = event.by else { continue };
        let moderates = |seats: &BTreeMap<UserId, Seat>| {
            roles.get(&by).is_some_and(|role| *role >= Role::Coach)
                || seats.get(&by).is_some_and(|seat| seat.host)
        };
        let fault = match fact {
            Event::Opened { plan } => {
                capacity = plan.capacity as usize;
                None
            }
            Event::Joined { user, host, .. } => {
                let fault = if phase == Phase::Ended {
                    Some("the room had ended")
                } else if seats.len() >= capacity {
                    Some("no seat was left")
                } else {
                    None
                };
                let seat = Seat {
                    host: *host,
                    muted: hushed.remove(user),
                };
                match seats.insert(*user, seat) {
                    Some(_) => Some("was a member already"),
                    None => fault,
                }
            }
            Event::Left { user } | Event::Removed { user } | Event::Moved { user, .. } => {
                match seats.remove(user) {
                    None => Some("was no member"),
                    Some(seat) => {
                        hushed.extend(seat.muted.then_some(*user));
                        None
                    }
                }
            }
            Event::Said {
                as_persona: None, ..
            }
            | Event::Edited { .. }
            | Event::Reacted { .. } => match seats.get(&by) {
                None => Some("was no member"),
                Some(_) if phase == Phase::Ended => Some("the room had ended"),
                Some(_) if phase == Phase::Paused && !moderates(&seats) => Some("was paused"),
                Some(seat) => seat.muted.then_some("was muted"),
            },
            Event::Muted { user, muted, .. } => {
                let fault = (!moderates(&seats)).then_some("may not moderate");
                match seats.get_mut(user) {
                    None if !muted && hushed.remove(user) => fault,
                    None => Some("was no member"),
                    Some(seat) => {
                        seat.muted = *muted;
                        fault
                    }
                }
            }
            Event::PhaseChanged { phase: next } => {
                let fault = if phase == Phase::Ended {
                    Some("the room had ended")
                } else if phase == *next {
                    Some("no change")
                } else {
                    (!moderates(&seats)).then_some("may not moderate")
                };
                phase = *next;
                fault
            }
            Event::Said { .. }
            | Event::SeatTaken { .. }
            | Event::SeatAsked { .. }
            | Event::SeatHandedBack { .. }
            | Event::Directed { .. }
            | Event::Whispered { .. }
            | Event::Announced { .. }
            | Event::Extended { .. }
            | Event::Remarked { .. }
            | Event::TurnAsked { .. }
            | Event::TurnBegun { .. }
            | Event::TurnSteered { .. }
            | Event::TurnStopped { .. }
            | Event::Spoke { .. }
            | Event::SceneClosed {}
            | Event::PracticeCompleted { .. }
            | Event::SkillScored { .. }
            | Event::PracticeFiled {}
            | Event::CriterionJudged { .. }
            | Event::ResultCorrected { .. }
            | Event::Retracted { .. }
            | Event::HandRaised { .. }
            | Event::Banned { .. }
            | Event::Unbanned { .. }
            | Event::LineReported { .. }
            | Event::LineHeld { .. }
            | Event::LineHidden { .. }
            | Event::LineShown { .. }
            | Event::Renamed { .. }
            | Event::Invited { .. } => None,
        };
        if let Some(fault) = fault {
            let (seq, kind) = (event.seq, event.fact.kind());
            return Some(format!(
                "{seq} ({kind}, by {by}) must not be there: {fault}"
            ));
        }
    }
    None
}
