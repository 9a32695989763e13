//! A rule set made ready to evaluate: sorted, hashed, and found by the kind of a deed.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Badge, Condition, Levels, Per, Quest, Rule, RuleSet};
use crate::game::deed::DeedKind;
use crate::slug::{BadgeId, QuestId, RuleId};

/// The rule id of lines that somebody wrote by hand. No rule of content may have it.
pub const ADJUSTED: &str = "adjusted";

/// The most moments that are remembered of one kind of deed, for [`Condition::Within`].
pub const WITHIN_TIMES_MAX: u32 = 64;

/// A rule set that is ready: made once when it is loaded, shared by everybody who evaluates.
#[derive(Clone, Debug)]
pub struct Compiled {
    set: RuleSet,
    hash: String,
    /// Places in `set.rules`, by the kind of deed.
    rules: BTreeMap<DeedKind, Vec<usize>>,
    badges: BTreeMap<DeedKind, Vec<usize>>,
    /// How many moments to remember of the kinds that conditions count.
    watched: BTreeMap<DeedKind, u32>,
    adjusted: RuleId,
}

impl Compiled {
    pub fn new(set: RuleSet) -> Self {
        let set = set.sorted();
        let hash = set.hash();
        let mut rules = BTreeMap::<_, Vec<_>>::new();
        for (place, rule) in set.rules.iter().enumerate() {
            rules.entry(rule.on).or_default().push(place);
        }
        let mut badges = BTreeMap::<_, Vec<_>>::new();
        for (place, badge) in set.badges.iter().enumerate() {
            badges.entry(badge.on).or_default().push(place);
        }
        let mut watched = BTreeMap::new();
        for condition in set.conditions() {
            condition.visit(&mut |part| {
                if let Condition::Within(within) = part {
                    let most = watched.entry(within.of).or_insert(0);
                    *most = within.times.min(WITHIN_TIMES_MAX).max(*most);
                }
            });
        }
        Self {
            set,
            hash,
            rules,
            badges,
            watched,
            adjusted: ADJUSTED
                .parse()
                .unwrap_or_else(|_| unreachable!("a name as any other")),
        }
    }

    pub const fn set(&self) -> &RuleSet {
        &self.set
    }

    /// [`RuleSet::hash`], computed once.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// In the order of ids, which is the order of evaluation.
    pub fn rules_on(&self, kind: DeedKind) -> impl Iterator<Item = &Rule> {
        let places = self.rules.get(&kind).into_iter().flatten();
        places.filter_map(|place| self.set.rules.get(*place))
    }

    pub fn badges_on(&self, kind: DeedKind) -> impl Iterator<Item = &Badge> {
        let places = self.badges.get(&kind).into_iter().flatten();
        places.filter_map(|place| self.set.badges.get(*place))
    }

    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        let place = self.set.rules.binary_search_by(|rule| rule.id.cmp(id));
        self.set.rules.get(place.ok()?)
    }

    pub fn badge(&self, id: &BadgeId) -> Option<&Badge> {
        let place = self.set.badges.binary_search_by(|badge| badge.id.cmp(id));
        self.set.badges.get(place.ok()?)
    }

    pub fn quest(&self, id: &QuestId) -> Option<&Quest> {
        let place = self.set.quests.binary_search_by(|quest| quest.id.cmp(id));
        self.set.quests.get(place.ok()?)
    }

    /// How many moments of this kind conditions may ask for.
    pub(in crate::game) fn watched(&self, kind: DeedKind) -> Option<u32> {
        self.watched.get(&kind).copied()
    }

    pub(in crate::game) const fn adjusted(&self) -> &RuleId {
        &self.adjusted
    }
}

impl RuleSet {
    /// The text that is hashed, and kept for ever.
    pub fn canonical(&self) -> String {
        // A rule set is maps of strings and numbers; it always serialises.
        let value = serde_json::to_value(self.clone().sorted()).unwrap_or_default();
        let mut text = String::new();
        canonical(&value, &mut text);
        text
    }

    /// SHA-256, in hex, of the canonical JSON: keys and lists of the set in order, no blanks. The same for
    /// the same rules, in whatever files and order they were written.
    pub fn hash(&self) -> String {
        let text = self.canonical();
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().fold(String::new(), |mut hex, byte| {
            for half in [byte >> 4, byte & 15] {
                hex.extend(char::from_digit(u32::from(half), 16));
            }
            hex
        })
    }

    /// In the order of ids.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.badges.sort_by(|a, b| a.id.cmp(&b.id));
        self.quests.sort_by(|a, b| a.id.cmp(&b.id));
        self
    }

    /// Every condition of the set, of whatever asks.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let rules = self.rules.iter().filter_map(|rule| rule.when.as_ref());
        let badges = self.badges.iter().filter_map(|badge| badge.when.as_ref());
        let quests = self.quests.iter().filter_map(|quest| quest.when.as_ref());
        rules.chain(badges).chain(quests).chain(&self.streak.when)
    }
}

/// Objects by the order of their keys. Whether serde_json keeps the order of insertion depends on
/// what else is in the build, and a hash must not.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            out.push('{');
            for (place, (key, value)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (place, value) in list.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                canonical(value, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

impl Condition {
    /// Every part of the tree, the whole first.
    pub fn visit<'a>(&'a self, look: &mut dyn FnMut(&'a Self)) {
        look(self);
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.visit(look);
                }
            }
            Self::Not(part) => part.visit(look),
            _ => {}
        }
    }

    /// The periods of every [`Condition::First`] in the tree.
    pub fn firsts(&self) -> Vec<Per> {
        let mut found = vec![];
        self.visit(&mut |part| {
            if let Self::First(per) = part {
                found.push(*per);
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Levels {
    /// The points that a level needs. Level 1 needs none.
    pub fn needs(&self, level: u32) -> i64 {
        let steps = i128::from(level.saturating_sub(1));
        let grown = 200 + i128::from(level.saturating_sub(2)) * i128::from(self.growth_percent);
        let needed = i128::from(self.base)
            .saturating_mul(steps)
            .saturating_mul(grown)
            / 200;
        i64::try_from(needed).unwrap_or(i64::MAX)
    }
}
