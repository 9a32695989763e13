//! The ledger computed a second time, by somebody else.
//!
//! [`audit`] is written from `docs/rules.md`, not from the account it is compared with, and shares no line with
//! it: it keeps everything that ever happened and answers each question by looking through that.
//! It is slow and plain on purpose, so that where the two agree it is because the text says so.
//!
//! Reading order: [`Auditor::take`] goes through what an entry causes; `history` remembers and
//! counts; `judge` reads conditions; `pay` applies caps; `days` keeps the streak; `goals` quests and
//! badges; `sums` totals; `correct` what corrects: lines taken back and re-scores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::Entry;
use super::deed::{Deed, Source};
use super::gain::{Award, BadgeGrant};
use super::rules::RuleSet;
use super::total::{Metric, Scope, Window};
use crate::ids::UserId;
use crate::slug::SkillId;

mod correct;
mod days;
mod goals;
mod history;
mod judge;
mod pay;
mod sums;
#[cfg(test)]
mod tests;

pub use self::days::Streak;
pub use self::sums::Sum;

use self::goals::Goals;
use self::history::{History, Moment};
use self::sums::{Change, Sums};

/// What one entry may be followed by. The engine has the same bound, as the text says.
const FOLLOWING_MAX: usize = 32;

/// Rule sets by the hash that entries name.
pub type Sets = BTreeMap<String, Arc<RuleSet>>;

/// What an account should be, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// In the order they were written.
    pub awards: Vec<Award>,
    pub badges: BTreeSet<BadgeGrant>,
    pub level: u32,
    /// Everything somebody ever had some of, also in windows that are over.
    pub totals: BTreeMap<(Scope, Metric, Window), Sum>,
    pub streak: Streak,
}

/// An entry names rules that are not there: nothing can be proved of this account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {pos} was evaluated by the rule set {hash}, which is not there")]
pub struct NoSuchSet {
    pub pos: u64,
    pub hash: String,
}

/// Recomputes an account from its entries, in order, each with the hash of its rule set.
pub fn audit<'e>(
    user: UserId,
    entries: impl IntoIterator<Item = (&'e Entry, &'e str)>,
    sets: &Sets,
) -> Result<Audited, NoSuchSet> {
    let mut auditor = Auditor::new(user);
    for (entry, hash) in entries {
        let set = sets.get(hash).ok_or_else(|| NoSuchSet {
            pos: entry.pos,
            hash: hash.to_owned(),
        })?;
        auditor.take(entry, set);
    }
    Ok(auditor.finish())
}

/// An account that is being recomputed. It keeps every entry it was given.
#[derive(Clone, Debug)]
pub struct Auditor {
    user: UserId,
    entries: Vec<Entry>,
    history: History,
    awards: Vec<Award>,
    badges: BTreeSet<BadgeGrant>,
    level: u32,
    skills: BTreeMap<SkillId, (i64, i64)>,
    streak: days::Days,
    goals: Goals,
    sums: Sums,
}

impl Auditor {
    pub fn new(user: UserId) -> Self {
        Self {
            user,
            entries: vec![],
            history: History::default(),
            awards: vec![],
            badges: BTreeSet::new(),
            level: 1,
            skills: BTreeMap::new(),
            streak: days::Days::default(),
            goals: Goals::default(),
            sums: Sums::default(),
        }
    }

    /// Lines that were written so far.
    pub fn awards(&self) -> &[Award] {
        &self.awards
    }

    pub fn finish(self) -> Audited {
        Audited {
            awards: self.awards,
            badges: self.badges,
            level: self.level,
            totals: self.sums.finish(),
            streak: self.streak.view(),
        }
    }

    /// What the next entry causes: its own effect, the streak, then for the deed and for whatever
    /// follows from it, in turn: rules, badges, quests, the level.
    pub fn take(&mut self, entry: &Entry, set: &RuleSet) {
        if let Deed::Rescored { .. } = entry.deed {
            self.rescore(entry, set);
            self.entries.push(entry.clone());
            return;
        }
        self.goals.draw(set, self.user, entry.day);
        let moment = Moment::of(entry);
        self.history.done(set, entry.deed.kind(), entry.at);
        self.own_effect(entry, &moment, set);

        let mut line = vec![entry.deed.clone()];
        if self.is_counted(set, entry) {
            let before = self.streak.days();
            let begun = self.streak.counted(&set.streak, entry.day);
            if let Some(days) = begun {
                line.push(Deed::DayBegun { days });
            }
            if begun.is_some() || before != self.streak.days() {
                let value = Change::Set(i64::from(self.streak.days()));
                self.sums.change(&moment, &Metric::Streak, value, None);
            }
        }

        let mut part = 0;
        while let Some(deed) = line.get(part).cloned() {
            if part > 0 {
                self.history.done(set, deed.kind(), entry.at);
            }
            let source = Source {
                part: u16::try_from(part).unwrap_or(u16::MAX),
                ..entry.source
            };
            self.pay_all(set, &deed, source, &moment);
            self.earn_badges(set, &deed, &moment, &mut line);
            if part == 0 {
                self.advance_quests(set, &deed, &moment, &mut line);
            }
            self.climb(set, &mut line);
            part += 1;
        }
        self.entries.push(entry.clone());
    }

    fn climb(&mut self, set: &RuleSet, line: &mut Vec<Deed>) {
        let points = self.sums.ever(&Metric::Points(set.levels.kind.clone()));
        while self.level < set.levels.max
            && points >= set.levels.needs(self.level + 1)
            && line.len() <= FOLLOWING_MAX
        {
            self.level += 1;
            line.push(Deed::LevelReached { level: self.level });
        }
    }

    /// What a deed does whatever the rules say.
    fn own_effect(&mut self, entry: &Entry, moment: &Moment, set: &RuleSet) {
        match &entry.deed {
            Deed::SkillScored { skill, score, .. } => self.judge_skill(skill, *score, moment),
            Deed::Scored { metric, op, value } => {
                let change = sums::imported(*op, *value);
                self.sums
                    .change(moment, &Metric::Score(metric.clone()), change, None);
            }
            Deed::Adjusted { points, by } => {
                self.adjust(entry, moment, points, *by);
            }
            Deed::LineRetracted { room, line } => self.take_back(entry, moment, *room, *line),
            Deed::Rejudged { room, of, was, now } => {
                self.rejudge(
                    entry,
                    (set, moment),
                    (*room, *of),
                    (was.as_ref(), now.as_ref()),
                );
            }
            Deed::ZoneChanged { zone } => {
                self.streak.excuse(entry.day, zone.day(entry.at));
            }
            Deed::ContestEntered { contest, counts } => {
                self.sums.enter(*contest, counts, entry.at);
            }
            Deed::ContestLeft { contest } => self.sums.leave(*contest),
            _ => {}
        }
    }

    fn judge_skill(&mut self, skill: &SkillId, score: u32, moment: &Moment) {
        let (mean, times) = self.skills.entry(skill.clone()).or_default();
        *times = (*times + 1).min(8);
        *mean += (i64::from(score) * 1000 - *mean) / *times;
        let value = *mean / 1000;
        let metric = Metric::Skill(skill.clone());
        self.sums.change(moment, &metric, Change::Set(value), None);
    }

    fn adjust(
        &mut self,
        entry: &Entry,
        moment: &Moment,
        kind: &crate::slug::PointKind,
        points: i64,
    ) {
        let Ok(rule) = super::rules::ADJUSTED.parse() else {
            return;
        };
        self.awards.push(Award {
            rule,
            version: 1,
            points,
            kind: kind.clone(),
            source: entry.source,
            run: 0,
            cause: entry.source,
        });
        let metric = Metric::Points(kind.clone());
        self.sums.change(moment, &metric, Change::Add(points), None);
    }

    /// A skill in per mille, 0 when it was never judged.
    fn skill(&self, skill: &SkillId) -> u32 {
        let mean = self.skills.get(skill).map_or(0, |(mean, _)| mean / 1000);
        u32::try_from(mean).unwrap_or(0)
    }
}
