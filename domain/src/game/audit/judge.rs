//! Whether a condition holds, read word by word from the text.

use super::Auditor;
use super::history::Moment;
use crate::game::account::Entry;
use crate::game::deed::{Deed, Field};
use crate::game::rules::{Condition, RuleSet, Word};

impl Auditor {
    /// Whether a deed meets conditions; firsts are taken to hold.
    pub(super) fn meets(&self, when: Option<&Condition>, deed: &Deed, now: &Moment) -> bool {
        when.is_none_or(|when| self.holds(when, deed, now))
    }

    fn holds(&self, when: &Condition, deed: &Deed, now: &Moment) -> bool {
        match when {
            Condition::All(parts) => parts.iter().all(|part| self.holds(part, deed, now)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part, deed, now)),
            Condition::Not(part) => !self.holds(part, deed, now),
            Condition::AtLeast(bounds) => bounds.iter().all(|(name, bound)| {
                matches!(deed.field(name), Some(Field::Number(number)) if number >= *bound)
            }),
            Condition::AtMost(bounds) => bounds.iter().all(|(name, bound)| {
                matches!(deed.field(name), Some(Field::Number(number)) if number <= *bound)
            }),
            Condition::Is(words) => words
                .iter()
                .all(|(name, word)| is(deed.field(name).as_ref(), word)),
            Condition::Within(within) => {
                let found = self.history.within(within.of, within.seconds, now.at);
                found >= usize::try_from(within.times).unwrap_or(usize::MAX)
            }
            Condition::First(_) => true,
            Condition::Streak(days) => self.streak.on(now.day) >= *days,
            Condition::Skill(skill) => self.skill(&skill.skill) >= skill.at_least,
            Condition::Level(level) => self.level >= *level,
        }
    }

    /// Whether a deed meets conditions, and is the first of each period it must be the first of.
    /// Remembers that it met them; `who` is the rule or badge that asks.
    pub(super) fn meets_first(
        &mut self,
        who: &str,
        when: Option<&Condition>,
        deed: &Deed,
        now: &Moment,
    ) -> bool {
        if !self.meets(when, deed, now) {
            return false;
        }
        let firsts = when.map(Condition::firsts).unwrap_or_default();
        let is_first = firsts
            .iter()
            .all(|per| self.history.is_first(who, *per, *now));
        for per in firsts {
            self.history.met(who, per, *now);
        }
        is_first
    }

    /// Whether an entry makes its day count.
    pub(super) fn is_counted(&self, set: &RuleSet, entry: &Entry) -> bool {
        set.streak.on.contains(&entry.deed.kind())
            && self.meets(set.streak.when.as_ref(), &entry.deed, &Moment::of(entry))
    }
}

fn is(field: Option<&Field<'_>>, word: &Word) -> bool {
    match (field, word) {
        (Some(Field::Flag(flag)), Word::Flag(wanted)) => flag == wanted,
        (Some(Field::Word(text)), Word::Text(wanted)) => text == wanted,
        (Some(Field::Word(text)), Word::OneOf(wanted)) => wanted.iter().any(|one| one == text),
        _ => false,
    }
}
