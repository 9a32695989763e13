//! The stage of a room: which personas sit in it, whose turn it is, and who is asked to speak by a
//! line. Floor control is here and pure, so that no race decides it.
//!
//! A *turn* is one answer of one persona. It is asked for in the transaction of the line that
//! caused it, begun by the one node whose `begin` is committed first, and closed by exactly one
//! [`Event::Spoke`]. The attempt is its fencing term: who began an older one is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::Event;
use super::floor::Held;
use super::scene::{Barge, Floor, Scene, Seated, TurnEnd, Why};
use crate::ids::{TurnId, UserId};
use crate::slug::PersonaId;

/// Personas that answer one line.
const VOICES_MAX: usize = 2;
/// How deep personas answer each other, and how many lines they say before a person speaks again.
const DEPTH_MAX: u8 = 2;
const CHAIN_MAX: u8 = 4;
/// Turns that may be open at once in a room.
const OPEN_MAX: usize = 8;
/// Times a turn is taken over from somebody who was lost with it.
const RECOVERIES_MAX: u8 = 1;
/// Times one answer is begun anew because somebody spoke.
const STEERS_MAX: u8 = 3;

/// A turn that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Turn {
    #[schema(value_type = String)]
    pub persona: PersonaId,
    pub why: Why,
    /// The turn it is another version of, or goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<TurnId>,
    /// Whose line it answers; besides coaches, they may stop it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<UserId>,
    #[serde(default)]
    pub depth: u8,
    /// The fencing term. 0: nobody has begun it.
    #[serde(default)]
    pub attempt: u8,
    #[serde(default)]
    pub recoveries: u8,
    #[serde(default)]
    pub steers: u8,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

/// The last answer of a persona.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastTurn {
    pub turn: TurnId,
    pub end: TurnEnd,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<UserId>,
}

/// Whose turn it is. Part of the room's state, changed only by events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Stage {
    /// Turns asked for so far: the next one's number follows.
    pub asked: u64,
    pub open: BTreeMap<TurnId, Turn>,
    /// Each persona's last closed turn.
    #[schema(value_type = BTreeMap<String, LastTurn>)]
    pub last: BTreeMap<PersonaId, LastTurn>,
    /// Lines of personas since somebody was asked by a person.
    pub chain: u8,
    /// The seat after which it is the next one's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub spoke_last: Option<PersonaId>,
    /// Seats that coaches speak from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Held>)]
    pub held: BTreeMap<PersonaId, Held>,
    /// How often a seat was taken so far.
    #[serde(skip_serializing_if = "is_zero")]
    pub takes: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this shape"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Stage {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What follows for the stage when a person has said something.
    pub(super) fn on_line(
        &self,
        scene: &Scene,
        text: &str,
        by: UserId,
        people: usize,
    ) -> Vec<Event> {
        let mut asked = self.asked;
        let mut events = vec![];
        for persona in self.meant(scene, text, people) {
            if self.held.contains_key(&persona) {
                // The coach in its seat answers.
                events.extend(self.asks_holder(&persona, by));
                continue;
            }
            let queued = |turn: &Turn| turn.persona == persona && turn.attempt == 0;
            let running = self
                .open
                .iter()
                .find(|(_, turn)| turn.persona == persona && turn.attempt > 0 && !turn.stopped);
            if self.open.values().any(queued) {
                // It has not begun: it will hear this line, too.
                continue;
            }
            match (running, scene.barge) {
                (Some((turn, open)), Barge::Steer) if open.steers < STEERS_MAX => {
                    events.push(Event::TurnSteered { turn: *turn });
                    continue;
                }
                (Some((turn, _)), Barge::Interrupt) => {
                    events.push(Event::TurnStopped { turn: *turn });
                }
                _ => {}
            }
            if self.open.len() + events.len() < OPEN_MAX {
                asked += 1;
                events.push(Event::TurnAsked {
                    turn: TurnId(asked),
                    persona,
                    why: Why::Line,
                    of: None,
                    asked_by: Some(by),
                    depth: 0,
                });
            }
        }
        events
    }

    /// What follows when a persona has spoken: whoever it named answers, within limits.
    pub(super) fn on_spoken(
        &self,
        scene: &Scene,
        speaker: &PersonaId,
        depth: u8,
        text: &str,
    ) -> Vec<Event> {
        if depth >= DEPTH_MAX || self.chain >= CHAIN_MAX || self.open.len() >= OPEN_MAX {
            return vec![];
        }
        let is_free = |persona: &PersonaId| {
            let is_open = self.open.values().any(|turn| turn.persona == *persona);
            persona != speaker && !is_open && !self.held.contains_key(persona)
        };
        let named = named(scene, text).into_iter().find(is_free);
        let event = |persona| Event::TurnAsked {
            turn: TurnId(self.asked + 1),
            persona,
            why: Why::Named,
            of: None,
            asked_by: None,
            depth: depth + 1,
        };
        named.map(event).into_iter().collect()
    }

    /// The first line of a scene.
    pub(super) fn open_scene(&self, scene: &Scene, by: UserId) -> Vec<Event> {
        let first = scene.cast.first().filter(|_| self.asked == 0);
        let event = |seat: &Seated| Event::TurnAsked {
            turn: TurnId(1),
            persona: seat.persona.clone(),
            why: Why::Opening,
            of: None,
            asked_by: Some(by),
            depth: 0,
        };
        first.map(event).into_iter().collect()
    }

    /// Everything that is open comes to its end: nobody is left to hear it.
    pub(super) fn hush(&self) -> Vec<Event> {
        self.hush_all_but(None)
    }

    /// The same, without the turn that comes to its end by itself.
    pub(super) fn hush_all_but(&self, speaking: Option<TurnId>) -> Vec<Event> {
        self.open
            .iter()
            .filter(|(turn, _)| Some(**turn) != speaking)
            .filter_map(|(turn, open)| halted(*turn, open))
            .collect()
    }

    /// The persona's last answer, if it may be taken up: nothing of the persona is open.
    pub(super) fn last_of(&self, turn: TurnId) -> Option<(&PersonaId, LastTurn)> {
        let (persona, last) = self.last.iter().find(|(_, last)| last.turn == turn)?;
        let is_busy = self.open.values().any(|open| open.persona == *persona);
        (!is_busy).then_some((persona, *last))
    }

    /// Whether somebody may begin this turn as `attempt`. A persona says one thing at a time: an
    /// earlier turn of its own closes first, even one that was told to stop.
    pub(super) fn may_begin(&self, turn: TurnId, attempt: u8, is_recovery: bool) -> bool {
        self.open.get(&turn).is_some_and(|open| {
            let mut earlier = self.open.range(..turn).map(|(_, earlier)| earlier);
            if earlier.any(|earlier| earlier.persona == open.persona) {
                return false;
            }
            if self.held.contains_key(&open.persona) {
                return false;
            }
            let is_next = attempt == open.attempt.saturating_add(1) && attempt > 0;
            is_next && !open.stopped && (!is_recovery || open.recoveries < RECOVERIES_MAX)
        })
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::TurnAsked {
                turn,
                persona,
                why,
                of,
                asked_by,
                depth,
            } => {
                self.asked = self.asked.max(turn.0);
                self.chain = if *depth == 0 {
                    0
                } else {
                    self.chain.saturating_add(1)
                };
                let open = Turn {
                    persona: persona.clone(),
                    why: *why,
                    of: *of,
                    asked_by: *asked_by,
                    depth: *depth,
                    attempt: 0,
                    recoveries: 0,
                    steers: 0,
                    stopped: false,
                };
                self.open.insert(*turn, open);
            }
            Event::TurnBegun {
                turn,
                attempt,
                recovered,
            } => {
                if let Some(open) = self.open.get_mut(turn) {
                    open.attempt = *attempt;
                    open.recoveries = open.recoveries.saturating_add(u8::from(*recovered));
                }
            }
            Event::TurnSteered { turn } => {
                if let Some(open) = self.open.get_mut(turn) {
                    open.steers = open.steers.saturating_add(1);
                }
            }
            Event::TurnStopped { turn } => {
                if let Some(open) = self.open.get_mut(turn) {
                    open.stopped = true;
                }
            }
            Event::Spoke {
                turn,
                persona,
                end,
                text,
                ..
            } => {
                let asked_by = self.open.remove(turn).and_then(|open| open.asked_by);
                if let Some(held) = self.held.get_mut(persona).filter(|_| text.is_empty()) {
                    // Nothing was heard of the answer when the seat was taken.
                    held.asked_by = held.asked_by.or(asked_by);
                }
                self.last.insert(
                    persona.clone(),
                    LastTurn {
                        turn: *turn,
                        end: *end,
                        asked_by,
                    },
                );
                self.spoke_last = Some(persona.clone());
            }
            _ => self.evolve_seat(event),
        }
    }

    /// Who is meant by a line of a person, in the order they answer.
    fn meant(&self, scene: &Scene, text: &str, people: usize) -> Vec<PersonaId> {
        let named = named(scene, text);
        if !named.is_empty() {
            return named.into_iter().take(VOICES_MAX).collect();
        }
        let alone = scene.cast.len() == 1 && people <= 1;
        let in_turn = self.in_turn(scene);
        let count = match scene.floor {
            Floor::Free => VOICES_MAX,
            Floor::Addressed if alone => 1,
            Floor::Addressed => 0,
            Floor::RoundRobin => 1,
            Floor::Moderated => {
                return scene
                    .cast
                    .first()
                    .map(|seat| seat.persona.clone())
                    .into_iter()
                    .collect();
            }
        };
        in_turn
            .take(count)
            .map(|seat| seat.persona.clone())
            .collect()
    }

    /// The cast, beginning after who spoke last.
    fn in_turn<'s>(&self, scene: &'s Scene) -> impl Iterator<Item = &'s Seated> {
        let seats = scene.cast.len();
        let last = scene
            .cast
            .iter()
            .position(|seat| Some(&seat.persona) == self.spoke_last.as_ref());
        let next = last.map_or(0, |seat| seat + 1);
        scene.cast.iter().cycle().skip(next).take(seats)
    }
}

/// What ends an open turn from outside: one that nobody has begun is over at once, one that runs is
/// told to stop and closes with what was heard.
pub(super) fn halted(turn: TurnId, open: &Turn) -> Option<Event> {
    if open.attempt == 0 {
        return Some(Event::Spoke {
            turn,
            attempt: 0,
            persona: open.persona.clone(),
            text: String::new(),
            end: TurnEnd::Stopped,
            why: open.why,
            of: open.of,
            engine: String::new(),
            notes: super::SceneNotes::default(),
            retracted: false,
            hidden: false,
        });
    }
    (!open.stopped).then_some(Event::TurnStopped { turn })
}

/// Personas a text calls by name (the whole, or the first word of it), in the order of the cast.
pub(super) fn named(scene: &Scene, text: &str) -> Vec<PersonaId> {
    let fold = |word: &str| word.to_lowercase();
    let words: BTreeSet<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(fold)
        .collect();
    let calls = |seat: &&Seated| {
        let first = seat.name.split_whitespace().next().unwrap_or_default();
        let first: String = first.chars().filter(|c| c.is_alphanumeric()).collect();
        first.chars().count() > 1 && words.contains(&fold(&first))
    };
    scene
        .cast
        .iter()
        .filter(calls)
        .map(|seat| seat.persona.clone())
        .collect()
}
