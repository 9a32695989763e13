//! What corrects the past: lines that were taken back, and re-scores.

use std::collections::BTreeMap;

use super::Auditor;
use super::history::Moment;
use super::sums::Change;
use crate::game::account::Entry;
use crate::game::deed::{Deed, Source};
use crate::game::gain::Award;
use crate::game::rules::RuleSet;
use crate::game::total::Metric;
use crate::ids::{RoomId, Seq};
use crate::slug::{PointKind, RuleId};
use crate::stream::StreamId;

/// What all lines of one rule and kind for one source come to.
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    points: i64,
    version: u32,
}

type Worths = BTreeMap<(RuleId, Source, PointKind), Worth>;

fn worths<'a>(lines: impl Iterator<Item = &'a Award>) -> Worths {
    let mut worths = Worths::new();
    for line in lines {
        let key = (line.rule.clone(), line.source, line.kind.clone());
        let worth = worths.entry(key).or_default();
        worth.points += line.points;
        worth.version = line.version;
    }
    worths
}

impl Auditor {
    /// The number of the next correction of what a rule paid for a source. At least 1: run 0 is what
    /// was paid at once.
    fn next_run(&self, rule: &RuleId, source: Source) -> u32 {
        let lines = self.awards.iter();
        let of_it = lines.filter(|line| line.rule == *rule && line.source == source);
        of_it.map(|line| line.run + 1).max().unwrap_or(1)
    }

    /// A line of a room was taken back: what it was paid itself is brought to nothing.
    pub(super) fn take_back(&mut self, entry: &Entry, now: &Moment, room: RoomId, line: Seq) {
        let source = Source {
            stream: StreamId::Room(room),
            seq: line,
            part: 0,
        };
        let Some(then) = self.entries.iter().find(|entry| entry.source == source) else {
            return;
        };
        let then = Moment::of(then);
        let lines = self.awards.iter().filter(|line| line.source == source);
        for ((rule, _, kind), worth) in worths(lines) {
            if worth.points == 0 {
                continue;
            }
            let run = self.next_run(&rule, source);
            self.awards.push(Award {
                rule,
                version: worth.version,
                points: -worth.points,
                kind: kind.clone(),
                source,
                run,
                cause: entry.source,
            });
            let change = Change::Correct(-worth.points);
            self.sums
                .change(now, &Metric::Points(kind), change, Some(&then));
        }
    }

    /// A result was found otherwise: rules that say something else of it now pay, or take back, once.
    pub(super) fn rejudge(
        &mut self,
        entry: &Entry,
        (set, now): (&RuleSet, &Moment),
        (room, of): (RoomId, Seq),
        (was, is): (&Deed, &Deed),
    ) {
        let source = Source {
            stream: StreamId::Room(room),
            seq: of,
            part: 0,
        };
        let mut rules: Vec<_> = set
            .rules
            .iter()
            .filter(|rule| rule.on == was.kind())
            .collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let today = now.now.day;
        let then = self.entries.iter().find(|entry| entry.source == source);
        let then = then.map(Moment::of);
        for rule in rules {
            let in_force = rule.from.is_none_or(|from| from <= today)
                && rule.until.is_none_or(|until| today <= until);
            let before = self.meets(rule.when.as_ref(), was, now);
            let after = self.meets(rule.when.as_ref(), is, now);
            if !in_force || before == after {
                continue;
            }
            let own = |line: &&Award| line.source == source && line.rule == rule.id;
            let stands = worths(self.awards.iter().filter(own));
            let stands: Vec<_> = stands
                .into_iter()
                .filter(|(_, worth)| worth.points != 0)
                .collect();
            if after && stands.is_empty() && rule.points > 0 {
                let run = self.next_run(&rule.id, source);
                self.awards.push(Award {
                    rule: rule.id.clone(),
                    version: rule.version,
                    points: rule.points,
                    kind: rule.kind.clone(),
                    source,
                    run,
                    cause: entry.source,
                });
                let metric = Metric::Points(rule.kind.clone());
                self.sums
                    .change(now, &metric, Change::Add(rule.points), None);
            }
            if after {
                continue;
            }
            for ((_, _, kind), worth) in stands {
                let run = self.next_run(&rule.id, source);
                self.awards.push(Award {
                    rule: rule.id.clone(),
                    version: worth.version,
                    points: -worth.points,
                    kind: kind.clone(),
                    source,
                    run,
                    cause: entry.source,
                });
                let change = Change::Correct(-worth.points);
                self.sums
                    .change(now, &Metric::Points(kind), change, then.as_ref());
            }
        }
        if let Deed::SkillScored { skill, score, .. } = is {
            self.judge_skill(skill, *score, now);
        }
    }

    /// The rules of now applied to everything so far; what differs is written.
    pub(super) fn rescore(&mut self, entry: &Entry, set: &RuleSet) {
        let mut fresh = Self::new(self.user);
        for before in &self.entries {
            if !matches!(before.deed, Deed::Rescored { .. }) {
                fresh.take(before, set);
            }
        }
        let stands = worths(self.awards.iter());
        let should = worths(fresh.awards.iter());
        let mut keys: Vec<_> = stands.keys().chain(should.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let is = stands.get(&key).copied().unwrap_or_default();
            let ought = should.get(&key).copied().unwrap_or_default();
            if is.points == ought.points {
                continue;
            }
            let (rule, source, kind) = key;
            // The version that corrects, or the one that paid when the rule is gone.
            let known = set.rules.iter().find(|known| known.id == rule);
            let version = known.map_or(is.version, |rule| rule.version);
            let run = self.next_run(&rule, source);
            self.awards.push(Award {
                rule,
                version,
                points: ought.points - is.points,
                kind,
                source,
                run,
                cause: entry.source,
            });
        }
        let awards = std::mem::take(&mut self.awards);
        let mut badges = std::mem::take(&mut self.badges);
        badges.extend(fresh.badges.iter().cloned());
        let level = self.level.max(fresh.level);
        // It may be the first entry of its day.
        fresh.goals.draw(set, self.user, entry.day);
        fresh.goals.keep(&self.goals, set);
        fresh.sums.settle(&self.sums, entry);
        fresh.entries = std::mem::take(&mut self.entries);
        *self = fresh;
        self.awards = awards;
        self.badges = badges;
        self.level = level;
    }
}
