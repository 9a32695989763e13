//! Whose voice is in each seat, judged from the journal alone: written from the rules, not from the
//! room's code.

use std::collections::BTreeMap;

use ludus_domain::ids::{TurnId, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::room::{Event, Why};
use ludus_domain::slug::PersonaId;

use super::store::Store;

/// What happened of stepping in, so that a proof of nothing is seen to be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SteppedIn {
    pub taken: u64,
    /// In the middle of a sentence.
    pub interrupted: u64,
    pub said: u64,
    pub answered: u64,
}

#[derive(Default)]
struct Voices {
    held: BTreeMap<PersonaId, UserId>,
    open: BTreeMap<TurnId, PersonaId>,
    /// Turns in which somebody speaks.
    begun: BTreeMap<TurnId, PersonaId>,
    seen: SteppedIn,
}

/// What happened, or the first thing that may not.
pub(super) fn judge(store: &Store) -> Result<SteppedIn, String> {
    let mut voices = Voices::default();
    for recorded in &store.events {
        let Fact::Room(event) = &recorded.fact else {
            continue;
        };
        if let Some(fault) = voices.take(event, recorded.by) {
            let (seq, kind) = (recorded.seq, recorded.fact.kind());
            return Err(format!("{seq} ({kind}) must not be there: {fault}"));
        }
    }
    if voices.open.is_empty() {
        Ok(voices.seen)
    } else {
        Err(format!("turns are never closed: {:?}", voices.open))
    }
}

impl Voices {
    fn take(&mut self, event: &Event, by: Option<UserId>) -> Option<&'static str> {
        match event {
            Event::TurnAsked {
                turn, persona, why, ..
            } => {
                self.open.insert(*turn, persona.clone());
                self.seen.answered += u64::from(*why == Why::HandedBack);
                let is_held = self.held.contains_key(persona);
                is_held.then_some("a coach has the seat")
            }
            Event::TurnBegun { turn, .. } => {
                let persona = self.open.get(turn)?.clone();
                let is_held = self.held.contains_key(&persona);
                let mut others = self.begun.iter().filter(|(other, _)| *other != turn);
                let is_spoken = others.any(|(_, speaking)| *speaking == persona);
                self.begun.insert(*turn, persona);
                (is_held || is_spoken).then_some("two voices in one seat")
            }
            Event::Spoke { turn, .. } => {
                self.begun.remove(turn);
                let is_open = self.open.remove(turn).is_some();
                (!is_open).then_some("closed twice")
            }
            Event::SeatTaken { persona, by, .. } => {
                self.seen.taken += 1;
                let mut speaking = self.begun.values();
                self.seen.interrupted += u64::from(speaking.any(|of| of == persona));
                let was = self.held.insert(persona.clone(), *by);
                was.is_some().then_some("another coach had the seat")
            }
            Event::SeatHandedBack { persona, by, .. } => {
                let was = self.held.remove(persona);
                (was != Some(*by)).then_some("did not have the seat")
            }
            Event::Said {
                as_persona: Some(persona),
                ..
            } => {
                self.seen.said += 1;
                let is_open = self.open.values().any(|open| open == persona);
                let is_own = self.held.get(persona).copied() == by;
                (is_open || !is_own).then_some("spoke over the persona, or without the seat")
            }
            _ => None,
        }
    }
}
