//! AI partners, as content describes them.
//!
//! A [`Persona`] is a character that can be played by a language model (`crate::prompt` makes the
//! prompt) or by the [`offline`] engine, which needs no model: it listens with [`pattern`]s, speaks
//! with [`phrase`]s and remembers in a state that is a value. [`pace`] turns what is said into
//! pieces as a human would type them. [`direction`] is what coaches may tell it. [`card`] reads the persona cards that other programs write.
//!
//! Nothing here knows a room, a socket or a clock.

use serde::{Deserialize, Serialize};

use crate::practice::Scenario;
use crate::slug::{FactId, IntentId, PersonaId};

pub mod card;
mod dice;
pub mod direction;
pub mod manners;
pub mod offline;
pub mod pace;
pub mod pattern;
pub mod phrase;
mod words;

pub use manners::{Manners, Voice};
pub use pattern::Pattern;
pub use phrase::Phrase;

/// A persona, ready to be played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Persona {
    pub id: PersonaId,
    #[serde(flatten)]
    pub sheet: Sheet,
}

impl Persona {
    /// Its dials, as a scenario sets them.
    pub fn dials(&self, scenario: Option<&Scenario>) -> Dials {
        let own = self.sheet.dials;
        scenario.map_or(own, |scenario| scenario.script.dials.over(own))
    }
}

/// A persona file, `content/personas/NAME.toml`: everything but the name, which is the file's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// What others call it; how it is addressed in a room.
    pub name: String,
    /// Who it is in one line, under the name.
    pub title: String,
    /// The language it speaks: `en`, `de`.
    pub language: String,
    /// Who it is, for a model: history, temper, habits.
    pub character: String,
    /// How it speaks.
    pub voice: String,
    /// What it wants from people.
    #[serde(default)]
    pub goals: Vec<String>,
    /// What it never does, whatever it is asked.
    #[serde(default)]
    pub boundaries: Vec<String>,
    /// What it says first when no scenario has another opening.
    #[serde(default)]
    pub opening: Vec<Phrase>,
    #[serde(default)]
    pub dials: Dials,
    /// What it knows and does not say unasked.
    #[serde(default, rename = "fact")]
    pub facts: Vec<Fact>,
    #[serde(default)]
    pub model: ModelPreference,
    /// What the offline engine plays it by. Where it is silent, the language's own voice speaks.
    #[serde(default)]
    pub offline: Play,
}

/// How easy somebody is to talk to, each from 1 to 5. 3 is an ordinary day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dials {
    /// How long detours, rudeness and missing answers are borne.
    pub patience: u8,
    /// How quickly it takes to people.
    pub warmth: u8,
    /// How readily it says what it was not asked for.
    pub openness: u8,
    /// How often a good answer is doubted before it counts.
    pub resistance: u8,
    /// How much it says itself.
    pub talkativeness: u8,
}

impl Default for Dials {
    fn default() -> Self {
        Self {
            patience: 3,
            warmth: 3,
            openness: 3,
            resistance: 3,
            talkativeness: 3,
        }
    }
}

impl Dials {
    pub const RANGE: std::ops::RangeInclusive<u8> = 1..=5;

    /// By the names they have in files.
    pub const fn named(self) -> [(&'static str, u8); 5] {
        [
            ("patience", self.patience),
            ("warmth", self.warmth),
            ("openness", self.openness),
            ("resistance", self.resistance),
            ("talkativeness", self.talkativeness),
        ]
    }

    /// These dials for a learner for whom it shall be harder (or, below 0, easier) by so many steps.
    #[must_use]
    pub fn harder(self, steps: i8) -> Self {
        let turn = |dial: u8, steps: i8| dial.saturating_add_signed(steps).clamp(1, 5);
        let back = steps.saturating_neg();
        Self {
            patience: turn(self.patience, back),
            warmth: turn(self.warmth, back),
            openness: turn(self.openness, back),
            resistance: turn(self.resistance, steps),
            talkativeness: self.talkativeness,
        }
    }
}

/// Dials that a scenario sets; the others stay the persona's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialSettings {
    pub patience: Option<u8>,
    pub warmth: Option<u8>,
    pub openness: Option<u8>,
    pub resistance: Option<u8>,
    pub talkativeness: Option<u8>,
}

impl DialSettings {
    #[must_use]
    pub fn over(self, dials: Dials) -> Dials {
        Dials {
            patience: self.patience.unwrap_or(dials.patience),
            warmth: self.warmth.unwrap_or(dials.warmth),
            openness: self.openness.unwrap_or(dials.openness),
            resistance: self.resistance.unwrap_or(dials.resistance),
            talkativeness: self.talkativeness.unwrap_or(dials.talkativeness),
        }
    }
}

/// Something hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    pub id: FactId,
    /// The fact, as the persona knows it.
    pub text: String,
    /// When it is said, for a model: "when asked what happened to the last supplier".
    pub said_when: String,
}

/// Which model plays a persona best. Names are those an operator gives to providers and models;
/// one that nobody has is passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelPreference {
    /// First choice first.
    pub prefer: Vec<String>,
    /// Thousandths; absent leaves it to the provider.
    pub temperature_milli: Option<u16>,
    /// The longest reply; absent leaves it to the hub.
    pub tokens_max: Option<u32>,
}

/// The part of a file the offline engine plays by: a persona's `[offline]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Play {
    /// What it says in situations that every conversation has.
    pub voice: Voice,
    /// From the coldest to the warmest.
    #[serde(rename = "mood")]
    pub moods: Vec<Mood>,
    /// What it listens for, and answers.
    #[serde(rename = "intent")]
    pub intents: Vec<Intent>,
}

/// A temper, held while the rapport is at least `from`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mood {
    pub name: String,
    /// Per mille of rapport.
    pub from: u16,
    /// Said when it becomes warmer and comes to be in this mood.
    #[serde(default)]
    pub thaws: Vec<Phrase>,
    /// Said when it becomes colder and comes to be in this mood.
    #[serde(default)]
    pub cools: Vec<Phrase>,
    /// How it takes up what was said while in this mood. Empty for the voice's own.
    #[serde(default)]
    pub acks: Vec<Phrase>,
}

/// Something a learner may do with a line, how it is heard, and what it does to the persona.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    pub id: IntentId,
    /// Heard when any of these matches..
    #[serde(default)]
    pub hears: Vec<Pattern>,
    /// ..and none of these does.
    #[serde(default)]
    pub unless: Vec<Pattern>,
    /// Only while this beat is played: the same words mean other things elsewhere.
    #[serde(default)]
    pub during: Option<crate::slug::BeatId>,
    /// The answers; empty for something that is only noticed.
    #[serde(default)]
    pub says: Vec<Phrase>,
    /// A question that keeps the thread, after the answer.
    #[serde(default)]
    pub asks: Vec<Phrase>,
    /// What it does to the rapport, per mille.
    #[serde(default)]
    pub warms: i16,
    /// The fact its answer gives away..
    #[serde(default)]
    pub reveals: Option<FactId>,
    /// ..and what is said instead while the learner has not earned it.
    #[serde(default)]
    pub guarded: Vec<Phrase>,
}
