//! A result that was found otherwise later: lines that hung on what does not hold any more are brought to
//! nothing, and what a rule would have paid for what holds now is paid.

use std::collections::BTreeMap;

use super::Paid;
use super::cells::Change;
use super::take::Taking;
use crate::game::deed::{Deed, Source};
use crate::game::gain::Award;
use crate::game::rules::Rule;
use crate::game::total::Metric;
use crate::ids::{RoomId, Seq};
use crate::slug::PointKind;
use crate::stream::StreamId;

impl Taking<'_> {
    /// Only rules that say something else of the result now have anything to do with it. Caps, cool-downs and
    /// firsts are not asked again, and nothing is counted for them: nobody practised once more.
    pub(super) fn rejudge(
        &mut self,
        (room, of): (RoomId, Seq),
        (was, now): (&Deed, &Deed),
        paid: &[Paid],
    ) {
        let source = Source {
            stream: StreamId::Room(room),
            seq: of,
            part: 0,
        };
        let day = self.entry.now.day;
        let mut changed: Vec<(Rule, bool)> = vec![];
        for rule in self.set.rules_on(was.kind()) {
            let is_early = rule.from.is_some_and(|from| day < from);
            let is_late = rule.until.is_some_and(|until| day > until);
            let before = self.facts(was).plainly(rule.when.as_ref());
            let after = self.facts(now).plainly(rule.when.as_ref());
            if !is_early && !is_late && before != after {
                changed.push((rule.clone(), after));
            }
        }
        for (rule, holds) in changed {
            self.follow_finding(&rule, holds, source, paid);
        }
        if let Deed::SkillScored { skill, score, .. } = now {
            let level = self.account.skills.judge(skill, *score);
            self.change(&Metric::Skill(skill.clone()), Change::Set(i64::from(level)));
        }
    }

    fn follow_finding(&mut self, rule: &Rule, holds: bool, source: Source, paid: &[Paid]) {
        let mut own = paid
            .iter()
            .filter(|paid| paid.award.source == source && paid.award.rule == rule.id);
        let mut run = own.clone().map(|paid| paid.award.run).max().unwrap_or(0);
        let mut worth = BTreeMap::<&PointKind, (i64, u32)>::new();
        for Paid { award, .. } in own.clone() {
            let (points, version) = worth.entry(&award.kind).or_default();
            *points = points.saturating_add(award.points);
            *version = award.version;
        }
        worth.retain(|_, (points, _)| *points != 0);
        let correction = |run, version, kind: &PointKind, points| Award {
            rule: rule.id.clone(),
            version,
            points,
            kind: kind.clone(),
            source,
            run,
            cause: self.entry.source,
        };
        if holds {
            if worth.is_empty() && rule.points > 0 {
                let award = correction(run + 1, rule.version, &rule.kind, rule.points);
                self.outcome.awards.push(award);
                let metric = Metric::Points(rule.kind.clone());
                self.change(&metric, Change::Add(rule.points));
            }
            return;
        }
        let Some((at, then)) = own.next_back().map(|paid| (paid.at, paid.now)) else {
            return;
        };
        let mut reversed = vec![];
        for (kind, (points, version)) in worth {
            run += 1;
            reversed.push(correction(run, version, kind, points.saturating_neg()));
        }
        for award in reversed {
            let metric = Metric::Points(award.kind.clone());
            let change = Change::Correct(award.points);
            self.outcome.awards.push(award);
            self.count(&metric, change, at, then);
        }
    }
}
