//! What a coach may tell a persona to do, as far as the offline engine can follow it.
//!
//! A model reads a direction as it is written. The engine listens for the words that a language's
//! manners name, turns its dials and changes its course by them; what it hears nothing in it
//! cannot follow, and the coach is told so.

use serde::{Deserialize, Serialize};

use super::Dials;
use super::manners::Manners;
use super::pattern::{Pattern, marks};
use super::words::words;
use crate::slug::IntentId;

/// A way to go on that can be asked for: a `[[direction]]` of a manners file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direction {
    pub id: IntentId,
    /// What the coach is told that it was taken for.
    pub title: String,
    /// Heard when any of these matches..
    pub hears: Vec<Pattern>,
    /// ..and none of these does.
    #[serde(default)]
    pub unless: Vec<Pattern>,
    /// Steps its dials are turned by, for as long as the direction stands.
    #[serde(default)]
    pub dials: Steps,
    /// What it does to the rapport, once, per mille.
    #[serde(default)]
    pub warms: i16,
    /// What it does with its next reply, once.
    #[serde(default)]
    pub does: Option<Urge>,
}

/// Steps for each dial: more, or below 0 less of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Steps {
    pub patience: i8,
    pub warmth: i8,
    pub openness: i8,
    pub resistance: i8,
    pub talkativeness: i8,
}

impl Steps {
    /// No dial has more than these.
    pub const RANGE: std::ops::RangeInclusive<i8> = -4..=4;

    /// By the names they have in files.
    pub const fn named(self) -> [(&'static str, i8); 5] {
        [
            ("patience", self.patience),
            ("warmth", self.warmth),
            ("openness", self.openness),
            ("resistance", self.resistance),
            ("talkativeness", self.talkativeness),
        ]
    }

    #[must_use]
    pub fn over(self, dials: Dials) -> Dials {
        let turn = |dial: u8, by: i8| dial.saturating_add_signed(by).clamp(1, 5);
        Dials {
            patience: turn(dials.patience, self.patience),
            warmth: turn(dials.warmth, self.warmth),
            openness: turn(dials.openness, self.openness),
            resistance: turn(dials.resistance, self.resistance),
            talkativeness: turn(dials.talkativeness, self.talkativeness),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urge {
    /// Doubts what it is told next, although it would do.
    Object,
    /// Lets go of what it wants now, and goes on to what it wants next.
    Next,
    /// Brings in what was to come between later.
    Twist,
    /// Brings the conversation to its end.
    End,
}

/// What stands at a reply of everything it was told.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can be asked for, in any combination"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Urged {
    pub(crate) warms: i32,
    pub(crate) object: bool,
    pub(crate) next: bool,
    pub(crate) twist: bool,
    pub(crate) end: bool,
}

impl Urged {
    pub(crate) fn by(&mut self, direction: &Direction) {
        self.warms += i32::from(direction.warms);
        match direction.does {
            Some(Urge::Object) => self.object = true,
            Some(Urge::Next) => self.next = true,
            Some(Urge::Twist) => self.twist = true,
            Some(Urge::End) => self.end = true,
            None => {}
        }
    }
}

impl Manners {
    /// What can be followed of what a coach said, in the order of the file.
    pub fn heeded(&self, text: &str) -> impl Iterator<Item = &Direction> {
        let words = words(text);
        let marks = marks(&words);
        self.directions.iter().filter(move |direction| {
            let is_heard = |pattern: &Pattern| pattern.find(&words, marks).is_some();
            direction.hears.iter().any(is_heard) && !direction.unless.iter().any(is_heard)
        })
    }
}
