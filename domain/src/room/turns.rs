//! What a room decides about its personas: who is asked, who may stop whom, and what the hub's own
//! acts come to.

use super::act::Act;
use super::order::must_be_sayable;
use super::scene::{Scene, Why};
use super::stage::halted;
use super::{Event, LineFact, Phase, Room, Sender};
use crate::ids::{Seq, TurnId, UserId};
use crate::refusal::Refusal;
use crate::{signals, text};

impl Room {
    /// What is played here at this moment: nothing before it begins, nothing after it ended.
    pub(super) fn scene_to_play(&self) -> Option<&Scene> {
        let scene = self.plan.scene.as_ref()?;
        (self.phase == Phase::Live && !self.scene_closed).then_some(scene)
    }

    /// What follows when a scene begins with somebody in the room.
    pub fn begin_scene(&self, by: UserId) -> Vec<Event> {
        let scene = self.scene_to_play();
        scene.map_or_else(Vec::new, |scene| self.stage.open_scene(scene, by))
    }

    pub(super) fn turns_for(&self, text: &str, by: UserId) -> Vec<Event> {
        let scene = self.scene_to_play();
        scene.map_or_else(Vec::new, |scene| {
            self.stage.on_line(scene, text, by, self.members.len())
        })
    }

    /// What follows from an act of the hub. [`Refusal::Conflict`]: somebody else was first, or this
    /// is not so any more; trying again changes nothing. `line` is what is known of the line it is
    /// about ([`Act::about_line`]).
    pub fn decide_act(&self, act: &Act, line: Option<LineFact>) -> Result<Vec<Event>, Refusal> {
        match act {
            Act::Begin {
                turn,
                attempt,
                recovery,
            } => {
                if !self.stage.may_begin(*turn, *attempt, *recovery) {
                    return Err(Refusal::Conflict);
                }
                Ok(vec![Event::TurnBegun {
                    turn: *turn,
                    attempt: *attempt,
                    recovered: *recovery,
                }])
            }
            Act::Finish {
                turn,
                attempt,
                text,
                end,
                engine,
                notes,
            } => {
                let open = self.stage.open.get(turn).ok_or(Refusal::Conflict)?;
                if open.attempt != *attempt {
                    return Err(Refusal::Conflict);
                }
                let spoke = Event::Spoke {
                    turn: *turn,
                    attempt: *attempt,
                    persona: open.persona.clone(),
                    text: text.clone(),
                    end: *end,
                    why: open.why,
                    of: open.of,
                    engine: engine.clone(),
                    notes: notes.clone(),
                    retracted: false,
                    hidden: false,
                };
                let scene = self.scene_to_play().filter(|_| !open.stopped);
                let follows = match scene {
                    Some(scene) if scene.scenario.is_some() && notes.ended.is_some() => {
                        self.close_scene(Some(*turn))
                    }
                    Some(scene) => self.stage.on_spoken(scene, &open.persona, open.depth, text),
                    None => vec![],
                };
                Ok(std::iter::once(spoke).chain(follows).collect())
            }
            Act::CloseScene {} => Ok(self.close_scene(None)),
            Act::File { practices } => self.decide_filing(practices),
            Act::Judge { judging } => self.decide_judging(judging),
            Act::Release { persona, take } => self.decide_release(persona, *take),
            Act::Remark {
                line: seq,
                of,
                remark,
            } => self.decide_remark(*seq, *of, remark, line),
        }
    }

    pub(super) fn decide_stop(&self, sender: &Sender, turn: TurnId) -> Result<Vec<Event>, Refusal> {
        let is_moderator = self.moderates(sender);
        if !is_moderator {
            self.seat(sender)?;
        }
        let open = self.stage.open.get(&turn).ok_or(Refusal::NoSuchTurn)?;
        if !is_moderator && open.asked_by != Some(sender.user) {
            return Err(Refusal::Forbidden);
        }
        Ok(halted(turn, open).into_iter().collect())
    }

    /// The persona's last answer once more, or the rest of it.
    pub(super) fn decide_take_up(
        &self,
        sender: &Sender,
        turn: TurnId,
        why: Why,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_speak(sender)?;
        self.scene_to_play().ok_or(Refusal::NotLive)?;
        let (persona, last) = self.stage.last_of(turn).ok_or(Refusal::NoSuchTurn)?;
        if self.stage.held.contains_key(persona) {
            return Err(Refusal::SeatHeld);
        }
        if last.asked_by != Some(sender.user) && !self.moderates(sender) {
            return Err(Refusal::Forbidden);
        }
        Ok(vec![Event::TurnAsked {
            turn: TurnId(self.stage.asked + 1),
            persona: persona.clone(),
            why,
            of: Some(turn),
            asked_by: Some(sender.user),
            depth: 0,
        }])
    }

    /// Only who is alone with the personas takes a line of theirs out of the conversation: others'
    /// lines would go with it.
    pub(super) fn decide_resend(
        &self,
        sender: &Sender,
        seq: Seq,
        text: &str,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_speak(sender)?;
        self.scene_to_play().ok_or(Refusal::NotLive)?;
        let found = line.ok_or(Refusal::NoSuchLine)?;
        if found.author != Some(sender.user) {
            return Err(Refusal::NotYourLine);
        }
        found.must_stand()?;
        if self.members.len() > 1 && !self.moderates(sender) {
            return Err(Refusal::Forbidden);
        }
        let text = text::line(text)?;
        let flagged = must_be_sayable(sender)?;
        let turns = self.turns_for(&text, sender.user);
        let said = Event::Said {
            facts: signals::facts(&text),
            text,
            reply_to: None,
            answers: None,
            mentions: vec![],
            instead_of: Some(seq),
            as_persona: None,
            retracted: false,
            hidden: false,
            flagged,
        };
        Ok(std::iter::once(said).chain(turns).collect())
    }
}
