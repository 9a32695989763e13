//! What a coach says beside the scene: to a learner alone, to a persona alone, to everybody.

use std::collections::BTreeSet;

use super::{Event, Phase, Refusal, Room, Sender};
use crate::ids::UserId;
use crate::slug::PersonaId;
use crate::text;

/// People one whisper goes to.
pub const WHISPER_MAX: usize = 16;
/// Directions a persona follows at a time: the latest.
pub const DIRECTIONS_MAX: usize = 3;
/// The longest direction. It stands in each of the persona's prompts.
pub const DIRECTION_CHARS_MAX: usize = 500;
/// Minutes a practice is made longer by at a time, and how long one may become.
pub const EXTEND_MAX: u16 = 120;
pub const MINUTES_MAX: u16 = 24 * 60;

impl Room {
    pub(super) fn decide_whisper(
        &self,
        sender: &Sender,
        to: &[UserId],
        text: &str,
        hint: bool,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_coach(sender)?;
        let to: BTreeSet<UserId> = to.iter().copied().collect();
        if to.is_empty() || to.len() > WHISPER_MAX {
            return Err(Refusal::FieldInvalid);
        }
        if to.iter().any(|user| !self.members.contains_key(user)) {
            return Err(Refusal::NoSuchMember);
        }
        Ok(vec![Event::Whispered {
            to: to.into_iter().collect(),
            text: text::line(text)?,
            name: sender.name.clone(),
            hint,
        }])
    }

    /// An empty text takes back what was said so far. `heeds` is what the engine can follow of it.
    pub(super) fn decide_direct(
        &self,
        sender: &Sender,
        persona: &PersonaId,
        text: &str,
        heeds: Option<&[String]>,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_coach(sender)?;
        let scene = self.plan.scene.as_ref().ok_or(Refusal::NotLive)?;
        if !scene.cast.iter().any(|seat| seat.persona == *persona) {
            return Err(Refusal::NoSuchMember);
        }
        if self.scene_closed {
            return Err(Refusal::NotLive);
        }
        let text = match text::line(text) {
            Err(Refusal::TextEmpty) if !self.directions.contains_key(persona) => {
                return Ok(vec![]);
            }
            Err(Refusal::TextEmpty) => String::new(),
            other => other?,
        };
        if text.chars().count() > DIRECTION_CHARS_MAX {
            return Err(Refusal::TextTooLong);
        }
        // Taking back needs nobody to follow it.
        let heeds = heeds.filter(|_| !text.is_empty());
        Ok(vec![Event::Directed {
            persona: persona.clone(),
            text,
            heeds: heeds.map(<[String]>::to_vec),
        }])
    }

    pub(super) fn evolve_directions(&mut self, persona: &PersonaId, text: &str) {
        if text.is_empty() {
            self.directions.remove(persona);
            return;
        }
        let given = self.directions.entry(persona.clone()).or_default();
        given.push(text.to_owned());
        let surplus = given.len().saturating_sub(DIRECTIONS_MAX);
        given.drain(..surplus);
    }

    pub(super) fn decide_announce(
        &self,
        sender: &Sender,
        text: &str,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_coach(sender)?;
        Ok(vec![Event::Announced {
            text: text::line(text)?,
            name: sender.name.clone(),
        }])
    }

    /// More time for a scene that has a limit and is not over.
    pub(super) fn decide_extend(
        &self,
        sender: &Sender,
        minutes: u16,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_coach(sender)?;
        let scene = self.plan.scene.as_ref();
        let limit = scene.and_then(|scene| scene.minutes);
        let limit = limit.filter(|_| !self.scene_closed && self.phase != Phase::Ended);
        let limit = limit.ok_or(Refusal::NotLive)?;
        let is_sane = (1..=EXTEND_MAX).contains(&minutes)
            && limit
                .checked_add(minutes)
                .is_some_and(|sum| sum <= MINUTES_MAX);
        if !is_sane {
            return Err(Refusal::FieldInvalid);
        }
        Ok(vec![Event::Extended { minutes }])
    }
}
