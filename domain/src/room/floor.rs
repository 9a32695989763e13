//! Stepping in: a coach takes a persona's seat, speaks from it, and gives it back. Whose seat it is
//! is in the [`Stage`], so that of two who speak at once the room lets one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::scene::{Scene, Why};
use super::stage::{Stage, halted, named};
use super::{Event, Phase, Room, Sender};
use crate::ids::{TurnId, UserId};
use crate::refusal::Refusal;
use crate::role::Role;
use crate::slug::PersonaId;
use crate::{signals, text};

/// How long the seat of a coach nobody hears of is kept for them: long enough for a tunnel or a
/// reload, short enough that no learner talks to an empty chair for long.
pub const SEAT_GRACE_MS: i64 = 30_000;

/// A persona's seat in a coach's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Held {
    pub by: UserId,
    pub name: String,
    /// Which taking of a seat in this room it is, from 1.
    pub take: u64,
    /// Whose line waits for an answer from this seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<UserId>,
}

/// How a persona came back to its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandBack {
    /// The coach gave it back.
    Given,
    /// The coach left the room, or was removed.
    Left,
    /// Nothing was heard of the coach for half a minute.
    Away,
    /// The scene is over, or the room.
    Over,
}

impl HandBack {
    pub const ALL: [Self; 4] = [Self::Given, Self::Left, Self::Away, Self::Over];

    /// A label of closed cardinality.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Left => "left",
            Self::Away => "away",
            Self::Over => "over",
        }
    }
}

impl Stage {
    /// Whether anything is open in a persona's seat: what was told to stop is not over yet.
    fn is_busy(&self, persona: &PersonaId) -> bool {
        self.open.values().any(|turn| turn.persona == *persona)
    }

    /// Somebody waits for an answer from a seat that a coach holds. Told once until it is given.
    pub(super) fn asks_holder(&self, persona: &PersonaId, by: UserId) -> Option<Event> {
        let held = self.held.get(persona)?;
        (held.asked_by.is_none() && held.by != by).then(|| Event::SeatAsked {
            persona: persona.clone(),
            by,
        })
    }

    /// Whose line a persona has to answer when it gets its seat back.
    fn left_unanswered(&self, persona: &PersonaId, held: &Held) -> Option<UserId> {
        // An answer that was stopped and is not closed yet was given up with the seat.
        let mut stopped = self.open.values().filter(|turn| turn.persona == *persona);
        held.asked_by
            .or_else(|| stopped.find_map(|turn| turn.asked_by))
    }

    /// Who of the others is named by a line that a coach says from a seat.
    fn on_said_as(&self, scene: &Scene, speaker: &PersonaId, text: &str) -> Option<Event> {
        let is_free = |persona: &PersonaId| {
            persona != speaker && !self.is_busy(persona) && !self.held.contains_key(persona)
        };
        let persona = named(scene, text).into_iter().find(is_free)?;
        Some(Event::TurnAsked {
            turn: TurnId(self.asked + 1),
            persona,
            why: Why::Named,
            of: None,
            asked_by: None,
            depth: 1,
        })
    }

    pub(super) fn evolve_seat(&mut self, event: &Event) {
        match event {
            Event::SeatTaken {
                persona,
                by,
                name,
                take,
            } => {
                self.takes = self.takes.max(*take);
                let held = Held {
                    by: *by,
                    name: name.clone(),
                    take: *take,
                    asked_by: None,
                };
                self.held.insert(persona.clone(), held);
            }
            Event::SeatAsked { persona, by } => {
                if let Some(held) = self.held.get_mut(persona) {
                    held.asked_by = Some(*by);
                }
            }
            Event::SeatHandedBack { persona, .. } => {
                self.held.remove(persona);
            }
            Event::Said {
                as_persona: Some(persona),
                ..
            } => {
                if let Some(held) = self.held.get_mut(persona) {
                    held.asked_by = None;
                }
                // Somebody has spoken, and an answer from before is not the last one any more.
                self.chain = 0;
                self.last.remove(persona);
                self.spoke_last = Some(persona.clone());
            }
            _ => {}
        }
    }
}

impl Room {
    /// Coaches who moderate here: whoever opened the room moderates, too, and steps into nothing.
    pub(super) fn must_coach(&self, sender: &Sender) -> Result<(), Refusal> {
        self.must_moderate(sender)?;
        if sender.role < Role::Coach {
            Err(Refusal::Forbidden)
        } else {
            Ok(())
        }
    }

    /// A persona whose seat can change hands now: its scene has begun and is not over.
    fn seat_on_stage(&self, persona: &PersonaId) -> Result<&Scene, Refusal> {
        let is_on = matches!(self.phase, Phase::Live | Phase::Paused) && !self.scene_closed;
        let scene = self.plan.scene.as_ref().ok_or(Refusal::NotLive)?;
        if !scene.cast.iter().any(|seat| seat.persona == *persona) {
            return Err(Refusal::NoSuchMember);
        }
        if is_on && self.stage.asked > 0 {
            Ok(scene)
        } else {
            Err(Refusal::NotLive)
        }
    }

    /// The seat, if the sender holds it.
    fn own_seat(&self, sender: &Sender, persona: &PersonaId) -> Result<&Held, Refusal> {
        self.must_coach(sender)?;
        match self.stage.held.get(persona) {
            Some(held) if held.by == sender.user => Ok(held),
            Some(_) => Err(Refusal::SeatHeld),
            None => Err(Refusal::SeatNotHeld),
        }
    }

    pub(super) fn decide_take_over(
        &self,
        sender: &Sender,
        persona: &PersonaId,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_coach(sender)?;
        self.seat_on_stage(persona)?;
        match self.stage.held.get(persona) {
            Some(held) if held.by == sender.user => return Ok(vec![]),
            Some(_) => return Err(Refusal::SeatHeld),
            None => {}
        }
        let taken = Event::SeatTaken {
            persona: persona.clone(),
            by: sender.user,
            name: sender.name.clone(),
            take: self.stage.takes + 1,
        };
        let own = self.stage.open.iter();
        let own = own.filter(|(_, turn)| turn.persona == *persona);
        let stops = own.filter_map(|(turn, open)| halted(*turn, open));
        Ok(std::iter::once(taken).chain(stops).collect())
    }

    /// What the persona was saying when its seat was taken is closed first: its text comes before
    /// this line, and nobody reads two voices at once. Until then it is tried again.
    pub(super) fn decide_say_as(
        &self,
        sender: &Sender,
        persona: &PersonaId,
        text: &str,
    ) -> Result<Vec<Event>, Refusal> {
        self.own_seat(sender, persona)?;
        let text = text::line(text)?;
        if self.stage.is_busy(persona) {
            return Err(Refusal::Conflict);
        }
        let scene = self.scene_to_play();
        let named = scene.and_then(|scene| self.stage.on_said_as(scene, persona, &text));
        let said = Event::Said {
            facts: signals::facts(&text),
            text,
            reply_to: None,
            answers: None,
            mentions: vec![],
            instead_of: None,
            as_persona: Some(persona.clone()),
            retracted: false,
            hidden: false,
            flagged: false,
        };
        Ok(std::iter::once(said).chain(named).collect())
    }

    pub(super) fn decide_hand_back(
        &self,
        sender: &Sender,
        persona: &PersonaId,
        note: Option<&str>,
        heeds: Option<&[String]>,
    ) -> Result<Vec<Event>, Refusal> {
        self.own_seat(sender, persona)?;
        let note = note.map(|note| self.decide_direct(sender, persona, note, heeds));
        let note = note.transpose()?.unwrap_or_default();
        let mut asked = self.stage.asked;
        let mut events = self.release(persona, HandBack::Given, &mut asked);
        // The direction is there before somebody is asked to follow it.
        events.splice(1..1, note);
        Ok(events)
    }

    /// The hub's own way: whoever holds the seat was not heard of.
    pub(super) fn decide_release(
        &self,
        persona: &PersonaId,
        take: u64,
    ) -> Result<Vec<Event>, Refusal> {
        let held = self.stage.held.get(persona).ok_or(Refusal::Conflict)?;
        if held.take != take {
            return Err(Refusal::Conflict);
        }
        let mut asked = self.stage.asked;
        Ok(self.release(persona, HandBack::Away, &mut asked))
    }

    /// The seats somebody holds, given back.
    fn release_all_of(&self, user: UserId, why: HandBack) -> Vec<Event> {
        let mut asked = self.stage.asked;
        let own = self.stage.held.iter().filter(|(_, held)| held.by == user);
        own.flat_map(|(persona, _)| self.release(persona, why, &mut asked))
            .collect()
    }

    /// All seats, given back because nothing is played any more.
    pub(super) fn release_everybody(&self) -> Vec<Event> {
        let handed_back = |(persona, held): (&PersonaId, &super::Held)| Event::SeatHandedBack {
            persona: persona.clone(),
            by: held.by,
            why: HandBack::Over,
        };
        self.stage.held.iter().map(handed_back).collect()
    }

    /// A seat, given back; and who waits for an answer gets it from the persona.
    fn release(&self, persona: &PersonaId, why: HandBack, asked: &mut u64) -> Vec<Event> {
        let Some(held) = self.stage.held.get(persona) else {
            return vec![];
        };
        let mut events = vec![Event::SeatHandedBack {
            persona: persona.clone(),
            by: held.by,
            why,
        }];
        let waits = self.stage.left_unanswered(persona, held);
        let waits = waits.filter(|user| self.members.contains_key(user) && *user != held.by);
        if let (Some(user), Some(_)) = (waits, self.scene_to_play()) {
            *asked += 1;
            events.push(Event::TurnAsked {
                turn: TurnId(*asked),
                persona: persona.clone(),
                why: Why::HandedBack,
                of: None,
                asked_by: Some(user),
                depth: 0,
            });
        }
        events
    }

    /// What follows when somebody's seat becomes empty: the seats of personas they held are given
    /// back, and the last to go takes the light along.
    pub(super) fn vacate(&self, user: UserId, gone: Event) -> Vec<Event> {
        let mut events = vec![gone];
        let mut back = self.release_all_of(user, HandBack::Left);
        if self.members.len() == 1 {
            back.retain(|event| !matches!(event, Event::TurnAsked { .. }));
            events.extend(self.stage.hush());
        }
        events.extend(back);
        events
    }
}
