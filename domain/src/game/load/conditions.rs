//! Conditions that can come true, of fields that exist.

use std::collections::BTreeSet;

use super::Placed;
use crate::content::ContentFault;
use crate::game::deed::{DeedKind, Judge};
use crate::game::rules::{Condition, Per, WITHIN_TIMES_MAX, Word};
use crate::room::RoomKind;

/// How deep conditions may stand in one another. Nobody reads more, and evaluation is recursive.
const DEPTH_MAX: usize = 8;
/// Parts of one condition.
const PARTS_MAX: usize = 100;
const DAY_S: u32 = 86_400;

/// What a field of a deed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Number,
    Word,
    Flag,
    Peer,
}

/// `None` where deeds of this kind have no such field.
pub(super) fn shape(kind: DeedKind, name: &str) -> Option<Shape> {
    kind.fields().contains(&name).then_some(match name {
        "peer" => Shape::Peer,
        "reply" => Shape::Flag,
        "room_kind" | "scenario" | "judge" | "skill" | "metric" | "badge" | "quest" => Shape::Word,
        _ => Shape::Number,
    })
}

pub(super) const fn has_room(kind: DeedKind) -> bool {
    matches!(
        kind,
        DeedKind::LineSaid
            | DeedKind::ReplyReceived
            | DeedKind::ReactionGiven
            | DeedKind::ReactionReceived
            | DeedKind::PracticeCompleted
            | DeedKind::SkillScored
    )
}

/// Names of this content that conditions may use; `None` when not all of it could be read.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) badges: Option<&'a BTreeSet<&'a str>>,
    pub(super) quests: Option<&'a BTreeSet<&'a str>>,
    /// The highest level there is.
    pub(super) levels: Option<u32>,
}

/// Checks the condition of one thing.
pub(super) struct Checking<'c, 'd, T> {
    pub(super) placed: &'c Placed<'d, T>,
    pub(super) kind: DeedKind,
    pub(super) names: Names<'c>,
    /// Whether this thing remembers what was first.
    pub(super) knows_firsts: bool,
    pub(super) faults: &'c mut Vec<ContentFault>,
}

impl<T> Checking<'_, '_, T> {
    pub(super) fn whole(&mut self, when: &Condition) {
        let mut parts = 0_usize;
        when.visit(&mut |_| parts += 1);
        if parts > PARTS_MAX {
            self.say("when", format!("has {parts} parts; {PARTS_MAX} are enough"));
            return;
        }
        self.part(when, "when", 1, true);
    }

    fn say(&mut self, field: &str, says: impl Into<String>) {
        self.faults.push(self.placed.fault(field, says));
    }

    fn hold(&mut self, holds: bool, field: &str, says: &str) {
        if !holds {
            self.say(field, says);
        }
    }

    /// `plain` is whether only `all` stands around it.
    fn part(&mut self, part: &Condition, field: &str, depth: usize, plain: bool) {
        if depth > DEPTH_MAX {
            self.say(field, format!("stands deeper than {DEPTH_MAX} conditions"));
            return;
        }
        match part {
            Condition::All(parts) => self.parts(parts, &format!("{field}.all"), depth, plain),
            Condition::Any(parts) => self.parts(parts, &format!("{field}.any"), depth, false),
            Condition::Not(part) => self.part(part, &format!("{field}.not"), depth + 1, false),
            Condition::AtLeast(bounds) => {
                let field = format!("{field}.at_least");
                self.hold(!bounds.is_empty(), &field, "compares nothing");
                for (name, bound) in bounds {
                    self.number(name, *bound, &format!("{field}.{name}"));
                }
            }
            Condition::AtMost(bounds) => {
                let field = format!("{field}.at_most");
                self.hold(!bounds.is_empty(), &field, "compares nothing");
                for (name, bound) in bounds {
                    self.number(name, *bound, &format!("{field}.{name}"));
                }
            }
            Condition::Is(words) => {
                let field = format!("{field}.is");
                self.hold(!words.is_empty(), &field, "compares nothing");
                for (name, word) in words {
                    self.word(name, word, &format!("{field}.{name}"));
                }
            }
            Condition::Within(within) => {
                let field = format!("{field}.within");
                let seconds = (1..=DAY_S).contains(&within.seconds);
                self.hold(seconds, &format!("{field}.seconds"), "is from 1 to 86400");
                let times = (1..=WITHIN_TIMES_MAX).contains(&within.times);
                self.hold(times, &format!("{field}.times"), "is from 1 to 64");
            }
            Condition::First(per) => self.first(*per, &format!("{field}.first"), plain),
            Condition::Streak(days) => {
                let field = format!("{field}.streak");
                self.hold((1..=10_000).contains(days), &field, "is from 1 to 10000");
            }
            Condition::Skill(skill) => {
                let field = format!("{field}.skill.at_least");
                let is_fine = (1..=1000).contains(&skill.at_least);
                self.hold(is_fine, &field, "is in per mille: from 1 to 1000");
            }
            Condition::Level(level) => {
                let most = self.names.levels.unwrap_or(u32::MAX);
                let is_fine = (2..=most).contains(level);
                let says = "is a level from 2 to the last of levels.toml";
                self.hold(is_fine, &format!("{field}.level"), says);
            }
        }
    }

    fn parts(&mut self, parts: &[Condition], field: &str, depth: usize, plain: bool) {
        self.hold(!parts.is_empty(), field, "has no conditions in it");
        for (place, part) in parts.iter().enumerate() {
            self.part(part, &format!("{field}.{place}"), depth + 1, plain);
        }
    }

    fn first(&mut self, per: Per, field: &str, plain: bool) {
        let says = "nothing can be the first here: only rules and badges know what was";
        self.hold(self.knows_firsts, field, says);
        let says = "stands in a 'not' or an 'any', where it is unclear what the first would be";
        self.hold(plain, field, says);
        let is_somewhere = per != Per::Room || has_room(self.kind);
        self.hold(is_somewhere, field, "these deeds are not done in a room");
    }

    fn number(&mut self, name: &str, bound: i64, field: &str) {
        match shape(self.kind, name) {
            Some(Shape::Number) if name == "score" => {
                let is_fine = (0..=1000).contains(&bound);
                self.hold(is_fine, field, "a score is in per mille: from 0 to 1000");
            }
            Some(Shape::Number) => {}
            Some(Shape::Word | Shape::Flag) => {
                self.say(
                    field,
                    format!("'{name}' is no number; compare it with 'is'"),
                );
            }
            Some(Shape::Peer) => {
                self.say(field, "a peer is only counted: by 'each_peer' or 'peers'");
            }
            None => self.unknown(name, field),
        }
    }

    fn word(&mut self, name: &str, word: &Word, field: &str) {
        match (shape(self.kind, name), word) {
            (Some(Shape::Flag), Word::Flag(_)) => {}
            (Some(Shape::Flag), _) => self.say(field, "is true or false"),
            (Some(Shape::Word), Word::Text(text)) => self.value(name, text, field),
            (Some(Shape::Word), Word::OneOf(texts)) => {
                self.hold(!texts.is_empty(), field, "is one of nothing");
                for text in texts {
                    self.value(name, text, field);
                }
            }
            (Some(Shape::Word), Word::Flag(_)) => self.say(field, "is a word, in quotes"),
            (Some(Shape::Number), _) => self.say(
                field,
                format!("'{name}' is a number; compare it with 'at_least' and 'at_most'"),
            ),
            (Some(Shape::Peer), _) => {
                self.say(field, "a peer is only counted: by 'each_peer' or 'peers'");
            }
            (None, _) => self.unknown(name, field),
        }
    }

    /// A word that a field can never be.
    fn value(&mut self, name: &str, text: &str, field: &str) {
        let known: Vec<&str> = match name {
            "room_kind" => [
                RoomKind::Lounge,
                RoomKind::Practice,
                RoomKind::Contest,
                RoomKind::Review,
            ]
            .map(RoomKind::as_str)
            .to_vec(),
            "judge" => [Judge::Local, Judge::Model, Judge::Coach, Judge::Import]
                .map(Judge::as_str)
                .to_vec(),
            "badge" => match self.names.badges {
                Some(badges) => badges.iter().copied().collect(),
                None => return,
            },
            "quest" => match self.names.quests {
                Some(quests) => quests.iter().copied().collect(),
                None => return,
            },
            // Scenarios, skills and metrics are named elsewhere.
            _ => return,
        };
        if !known.contains(&text) {
            self.say(field, no_such(text, &known));
        }
    }

    fn unknown(&mut self, name: &str, field: &str) {
        self.say(field, no_such(name, &self.kind.fields()));
    }
}

/// Says that a name is not known, and which was probably meant.
fn no_such(name: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|known| (distance(name, known), *known))
        .filter(|(steps, known)| *steps <= 1 + known.len() / 4)
        .min();
    match near {
        Some((_, known)) => format!("there is no '{name}'; did you mean '{known}'?"),
        None if known.is_empty() => format!("there is no '{name}'; these deeds have no fields"),
        None => format!("there is no '{name}'; there are {}", known.join(", ")),
    }
}

/// Letters to add, drop or change to make one of the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        for ((b, above), above_left) in to.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(0);
            let change = above_left + usize::from(a != *b);
            next.push(change.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
