//! What the offline engine remembers: a value, small and bounded, that can be stored between replies.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::hear::Heard;
use super::{Cast, Ended};
use crate::practice::scenario::Condition;
use crate::slug::{BeatId, FactId, GoalId, IntentId};

/// Told by learners and kept: more than anybody remembers.
const SLOTS_MAX: usize = 24;
/// Phrases whose last use is remembered. A content with more in use only repeats old ones sooner.
const PHRASES_MAX: usize = 512;
const LINES_MAX: usize = 6;
const MENTIONS_MAX: usize = 8;
/// Beats in a row after which it gets easier. One that fails says little, and after three the scene is
/// nearly over.
const EASIER_FROM: u8 = 2;
/// The same for harder: who does well is to enjoy that first.
const HARDER_FROM: u8 = 3;

/// Where a conversation stands. Its fields are the engine's own; others store it and give it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(super) turn: u32,
    pub(super) rapport: u16,
    pub(super) mood: usize,
    pub(super) beat: usize,
    pub(super) is_asked: bool,
    pub(super) is_doubted: bool,
    /// Answers that did not do, in this beat.
    pub(super) tries: u8,
    /// Beats one after the other that came to nothing..
    #[serde(default)]
    pub(super) missed: u8,
    /// ..or went well.
    #[serde(default)]
    pub(super) made: u8,
    /// Replies in this beat, so that no beat goes on for ever.
    pub(super) stays: u8,
    pub(super) heard: BTreeMap<IntentId, u16>,
    pub(super) facts: BTreeSet<FactId>,
    pub(super) goals: BTreeSet<GoalId>,
    pub(super) beats_done: BTreeSet<BeatId>,
    pub(super) slots: BTreeMap<String, String>,
    pub(super) questions: u16,
    /// Rude lines so far.
    pub(super) strikes: u8,
    /// When each phrase was last said.
    pub(super) phrases: BTreeMap<u64, u32>,
    /// The last replies, by hash.
    pub(super) replies: VecDeque<u64>,
    /// The learner's last lines, by hash.
    pub(super) lines: VecDeque<u64>,
    /// Words of the learner to come back to, with when they were said.
    pub(super) mentions: VecDeque<(u32, String)>,
    pub(super) twists: BTreeSet<usize>,
    pub(super) ended: Option<Ended>,
}

impl State {
    /// What learners told that is worth keeping for another time: name, work, product.
    pub fn slots(&self) -> &BTreeMap<String, String> {
        &self.slots
    }

    pub fn goals_met(&self) -> impl Iterator<Item = &GoalId> {
        self.goals.iter()
    }

    pub const fn rapport(&self) -> u16 {
        self.rapport
    }

    pub const fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// Whether what a condition names has happened. An empty condition never has.
    pub(super) fn has(&self, when: &Condition) -> bool {
        let heard = |id: &IntentId| self.heard.contains_key(id);
        !when.is_empty()
            && when.all.iter().all(heard)
            && (when.any.is_empty() || when.any.iter().any(heard))
            && !when.none.iter().any(heard)
            && when.facts.iter().all(|id| self.facts.contains(id))
            && when.slots.iter().all(|slot| self.slots.contains_key(slot))
            && when.beats.iter().all(|id| self.beats_done.contains(id))
            && self.questions >= when.questions
            && self.rapport >= when.rapport
    }

    pub(super) fn remember(&mut self, slot: &str, value: String) {
        if self.slots.len() < SLOTS_MAX || self.slots.contains_key(slot) {
            self.slots.insert(slot.to_owned(), value);
        }
    }

    /// Takes in what was heard: counts, slots, rapport and mood.
    pub(super) fn take(&mut self, heard: &Heard<'_>, cast: &Cast<'_>) {
        self.turn = self.turn.saturating_add(1);
        for id in heard.ids() {
            let count = self.heard.entry(id).or_insert(0);
            *count = count.saturating_add(1);
        }
        self.questions = self.questions.saturating_add(heard.questions);
        for (slot, value) in &heard.slots {
            self.remember(slot, value.clone());
        }
        if let Some(echo) = &heard.echo {
            self.mentions.push_back((self.turn, echo.clone()));
            while self.mentions.len() > MENTIONS_MAX {
                self.mentions.pop_front();
            }
        }
        self.lines.push_back(heard.hash);
        while self.lines.len() > LINES_MAX {
            self.lines.pop_front();
        }
        if heard.is_rude {
            self.strikes = self.strikes.saturating_add(1);
        }
        self.warm(heard.warmth(), cast);
    }

    /// How much harder (or, below 0, easier) it is to go on than it began.
    pub(super) const fn steps(&self) -> i8 {
        match (self.missed, self.made) {
            (EASIER_FROM.., _) => -1,
            (_, HARDER_FROM..) => 1,
            _ => 0,
        }
    }

    /// A beat is over: well, or for want of an answer.
    pub(super) const fn leave_beat(&mut self, is_well: bool) {
        if is_well {
            self.made = self.made.saturating_add(1);
            self.missed = 0;
        } else {
            self.missed = self.missed.saturating_add(1);
            self.made = 0;
        }
    }

    /// Takes in what a coach made of its mood.
    pub(super) fn swing(&mut self, by: i32) {
        let rapport = (i32::from(self.rapport) + by).clamp(0, 1_000);
        self.rapport = u16::try_from(rapport).unwrap_or(0);
    }

    /// Moves the rapport: gains by the persona's warmth, losses by its want of patience.
    fn warm(&mut self, by: i32, cast: &Cast<'_>) {
        let by = if by >= 0 {
            by * (2 + i32::from(cast.dials.warmth)) / 5
        } else {
            by * (8 - i32::from(cast.dials.patience)) / 5
        };
        let rapport = (i32::from(self.rapport) + by).clamp(0, 1_000);
        self.rapport = u16::try_from(rapport).unwrap_or(0);
    }

    /// The mood this rapport is in, held a little longer than the border says: nobody flickers.
    pub(super) fn mood_now(&self, cast: &Cast<'_>) -> usize {
        const HOLD: u16 = 30;
        let moods = cast.moods();
        let held = |place: usize, from: u16| {
            if place <= self.mood {
                from.saturating_sub(HOLD)
            } else {
                from
            }
        };
        moods
            .iter()
            .enumerate()
            .rev()
            .find(|(place, mood)| self.rapport >= held(*place, mood.from))
            .map_or(0, |(place, _)| place)
    }

    /// Goals that are met now and were not before.
    pub(super) fn meet(&mut self, cast: &Cast<'_>) -> Vec<GoalId> {
        let Some(scenario) = cast.scenario else {
            return Vec::new();
        };
        let met: Vec<GoalId> = scenario
            .script
            .goals
            .iter()
            .filter(|goal| !self.goals.contains(&goal.id) && self.has(&goal.when))
            .map(|goal| goal.id.clone())
            .collect();
        self.goals.extend(met.iter().cloned());
        met
    }

    pub(super) fn say(&mut self, phrase: u64) {
        if self.phrases.len() >= PHRASES_MAX && !self.phrases.contains_key(&phrase) {
            let oldest = self.phrases.iter().min_by_key(|(_, turn)| **turn);
            if let Some(oldest) = oldest.map(|(phrase, _)| *phrase) {
                self.phrases.remove(&oldest);
            }
        }
        self.phrases.insert(phrase, self.turn);
    }
}
