//! Whether a condition holds. A new kind of condition is one arm of [`Facts::meets`].

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::skill::Skills;
use crate::game::deed::{Deed, DeedKind, Field};
use crate::game::rules::{Compiled, Condition, Per, Within, Word};
use crate::time::Timestamp;

/// When the last deeds of the kinds that conditions count were done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Recent(BTreeMap<DeedKind, VecDeque<Timestamp>>);

impl Recent {
    pub(super) fn note(&mut self, set: &Compiled, kind: DeedKind, at: Timestamp) {
        let Some(most) = set.watched(kind) else {
            // Nobody asks any more.
            self.0.remove(&kind);
            return;
        };
        let moments = self.0.entry(kind).or_default();
        moments.push_back(at);
        while moments.len() > most as usize {
            moments.pop_front();
        }
    }

    fn happened(&self, within: &Within, now: Timestamp) -> bool {
        let window_ms = i64::from(within.seconds) * 1000;
        let moments = self.0.get(&within.of).into_iter().flatten();
        let count = moments.filter(|at| now.ms_since(**at) < window_ms).count();
        count >= within.times as usize
    }
}

/// Everything a condition may ask about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) deed: &'a Deed,
    pub(super) at: Timestamp,
    pub(super) recent: &'a Recent,
    /// Days in a row, if today is one of them.
    pub(super) streak: u32,
    pub(super) skills: &'a Skills,
    pub(super) level: u32,
}

/// What came of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) all: bool,
    /// Whether everything but the firsts in it holds: then this was the first.
    pub(super) rest: bool,
    /// The periods it asks to be the first of.
    pub(super) firsts: Vec<Per>,
}

impl Facts<'_> {
    /// `is_first` answers whether nothing of the period has met the rest yet.
    pub(super) fn met(&self, when: Option<&Condition>, is_first: &dyn Fn(Per) -> bool) -> Met {
        let Some(when) = when else {
            return Met {
                all: true,
                rest: true,
                firsts: vec![],
            };
        };
        let firsts = when.firsts();
        let rest = self.meets(when, &|_| true);
        Met {
            all: rest && (firsts.is_empty() || self.meets(when, is_first)),
            rest,
            firsts,
        }
    }

    /// Whether it holds, of something that knows no firsts.
    pub(super) fn plainly(&self, when: Option<&Condition>) -> bool {
        when.is_none_or(|when| self.meets(when, &|_| true))
    }

    fn meets(&self, condition: &Condition, is_first: &dyn Fn(Per) -> bool) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.meets(part, is_first)),
            Condition::Any(parts) => parts.iter().any(|part| self.meets(part, is_first)),
            Condition::Not(part) => !self.meets(part, is_first),
            Condition::AtLeast(bounds) => self.every(bounds, |number, bound| number >= bound),
            Condition::AtMost(bounds) => self.every(bounds, |number, bound| number <= bound),
            Condition::Is(words) => words.iter().all(|(name, word)| self.is(name, word)),
            Condition::Within(within) => self.recent.happened(within, self.at),
            Condition::First(per) => is_first(*per),
            Condition::Streak(days) => self.streak >= *days,
            Condition::Skill(skill) => self.skills.level(&skill.skill) >= skill.at_least,
            Condition::Level(level) => self.level >= *level,
        }
    }

    fn every(&self, bounds: &BTreeMap<String, i64>, holds: impl Fn(i64, i64) -> bool) -> bool {
        bounds.iter().all(|(name, bound)| {
            matches!(self.deed.field(name), Some(Field::Number(number)) if holds(number, *bound))
        })
    }

    fn is(&self, name: &str, word: &Word) -> bool {
        match (self.deed.field(name), word) {
            (Some(Field::Flag(flag)), Word::Flag(wanted)) => flag == *wanted,
            (Some(Field::Word(text)), Word::Text(wanted)) => text == wanted,
            (Some(Field::Word(text)), Word::OneOf(wanted)) => {
                wanted.iter().any(|wanted| text == wanted)
            }
            _ => false,
        }
    }
}
