//! The offline engine: a persona that needs no model and no network.
//!
//! A [`Cast`] is a persona in a scenario. [`Cast::open`] begins, [`Cast::reply`] answers; both are
//! pure: the same state, lines and seed give the same reply and the same next state, in time
//! bounded by the content and by [`SAID_CHARS_MAX`], whatever is said.
//!
//! Per reply: [`hear`] finds intents, slots and the shape of what was said; [`State`] takes them in
//! (rapport, mood, goals); the reply is composed of an answer to what was said and of what the
//! persona wants next ([`turn`], [`talk`]); [`speak`] chooses phrases so that none is heard twice within
//! [`APART`] replies.

use serde::{Deserialize, Serialize};

use super::direction::{Direction, Urged};
use super::{Dials, Manners, Mood, Persona, Phrase};
use crate::practice::Scenario;
use crate::practice::scenario::Beat;
use crate::slug::{BeatId, FactId, GoalId, IntentId};

mod gist;
mod hear;
mod speak;
mod state;
mod talk;
mod turn;

pub use state::State;

/// No reply is the same as one of so many before it, and no phrase either.
pub const APART: u32 = 8;
/// What is looked at of everything said since the last reply: its end.
pub const SAID_CHARS_MAX: usize = 6_000;
/// The longest reply.
pub const REPLY_CHARS_MAX: usize = 1_500;

/// A line somebody said to the persona since its last reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

/// What the persona says, and what it noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Never empty.
    pub text: String,
    pub mood: String,
    /// Per mille.
    pub rapport: u16,
    /// What it heard in what was said.
    pub intents: Vec<IntentId>,
    /// What it wants now; nothing when there is no scenario, or it is over.
    pub beat: Option<BeatId>,
    /// Facts given away with this reply.
    pub revealed: Vec<FactId>,
    /// Goals met with this reply.
    pub goals_met: Vec<GoalId>,
    /// How it ended, from the reply that ended it on.
    pub ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Good,
    Mixed,
    Poor,
    /// The persona had enough and went.
    Left,
    /// There was no scenario to end: the learner said goodbye.
    Parted,
}

/// A persona in a scenario, or at leisure.
#[derive(Clone, Copy, Debug)]
pub struct Cast<'l> {
    persona: &'l Persona,
    scenario: Option<&'l Scenario>,
    manners: &'l Manners,
    dials: Dials,
    urged: Urged,
}

impl<'l> Cast<'l> {
    pub fn new(persona: &'l Persona, scenario: Option<&'l Scenario>, manners: &'l Manners) -> Self {
        Self {
            persona,
            scenario,
            manners,
            dials: persona.dials(scenario),
            urged: Urged::default(),
        }
    }

    /// What of a coach's direction this persona can follow without a model.
    pub fn heeds(&self, direction: &str) -> impl Iterator<Item = &'l Direction> {
        self.manners.heeded(direction)
    }

    /// The same cast, as it was told to go on: `stand` for as long as they stand, `fresh` once, with
    /// the next reply.
    #[must_use]
    pub fn directed<'t>(
        self,
        stand: impl IntoIterator<Item = &'t str>,
        fresh: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let mut cast = self;
        for direction in stand.into_iter().flat_map(|text| self.heeds(text)) {
            cast.dials = direction.dials.over(cast.dials);
        }
        for direction in fresh.into_iter().flat_map(|text| self.heeds(text)) {
            cast.urged.by(direction);
        }
        cast
    }

    /// How hard it makes it for the learner.
    pub const fn dials(&self) -> Dials {
        self.dials
    }

    /// The same cast, as a conversation that stands so has turned it: easier on whoever does not get
    /// on, harder on whoever gets on too well. A scenario may want everybody to meet the same.
    #[must_use]
    pub fn as_it_goes(self, state: &State) -> Self {
        let adapts = self.scenario.is_some_and(|scenario| scenario.script.adapts);
        if adapts {
            self.harder(state.steps())
        } else {
            self
        }
    }

    /// The same cast, harder on the learner (or, below 0, easier) by so many steps.
    #[must_use]
    pub fn harder(self, steps: i8) -> Self {
        Self {
            dials: self.dials.harder(steps),
            ..self
        }
    }

    fn beats(&self) -> &'l [Beat] {
        self.scenario.map_or(&[], |scenario| &scenario.script.beats)
    }

    fn moods(&self) -> &'l [Mood] {
        &self.persona.sheet.offline.moods
    }

    /// The persona's own phrases for a situation, or its language's.
    fn pool(&self, pick: impl Fn(&'l super::Voice) -> &'l Vec<Phrase>) -> &'l [Phrase] {
        let own = pick(&self.persona.sheet.offline.voice);
        if own.is_empty() {
            pick(&self.manners.voice)
        } else {
            own
        }
    }

    /// The persona's own phrases for a situation and its language's, for places that must not run dry.
    fn deep(&self, pick: impl Fn(&'l super::Voice) -> &'l Vec<Phrase>) -> Vec<&'l Phrase> {
        pick(&self.persona.sheet.offline.voice)
            .iter()
            .chain(pick(&self.manners.voice))
            .collect()
    }
}
