//! One learner's standing: it takes in deeds one by one, and answers with what they gained.
//!
//! Reading order: [`Entry`] is a deed with its place; `take` goes through what an entry causes;
//! `condition` says whether a rule's condition holds and `pay` what the rule then pays; `badge`,
//! `streak`, `quest`, `skill` and `watch` each know one thing; `cells` adds up totals in the
//! windows that run, `contest` in contests; [`rescore()`] applies the rules of now to everything.
//!
//! What holds, so that it can be proved by somebody else:
//!
//! - Everything is a function of the entries and the rule sets they name, in integers.
//! - A line of the ledger counts in the org, in the room its entry was done in, and in each contest that
//!   its owner is in and that runs. It counts in the windows of its entry. Skills likewise; days in a
//!   row count in no room, imported scores have none.
//! - A correction (a line taken back, a re-score) counts only in windows that hold the corrected
//!   entry *and* its own: what is over stands, and no later week pays for it. A line taken back changes
//!   sums, not `best` and `last`; after a re-score every window that still runs holds what the replay makes of it.
//! - A line that was taken back is worth nothing. What followed from it (a day that began, a badge,
//!   a level, a quest, and what those paid) stays, as it cannot be gained again. What it used of a cap stays used.
//! - Badges and levels are never taken back.
//! - Of points, `sum` adds up lines, `best` and `last` are single lines. Of everything else `sum` and `last` are the value
//!   now and `best` is the greatest it ever was: a score that was set, added to (from 0 in a new
//!   window) or bettered (when the report is more than the value now), a skill's blend, the days in a row.
//!   An instant changes only when its value does.
//! - A contest counts between its first and last instant, from when its owner entered. Who leaves and comes back before it is over
//!   has what they had, attempts included; meanwhile nothing counts. A correction counts when both entries
//!   lie in the contest, and never where attempts are limited.

mod badge;
mod cells;
mod condition;
mod contest;
mod fold;
mod pay;
mod quest;
mod rejudge;
mod rescore;
mod skill;
mod streak;
mod take;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::contest::{CONTESTS_MAX, Counts};
pub use self::quest::QuestView;
pub use self::rescore::{Rescored, rescore};
pub use self::streak::StreakView;
pub use self::take::FOLLOWING_MAX;

use super::calendar::{Day, Zone};
use super::deed::{Deed, Source};
use super::gain::Award;
use super::rules::{Compiled, RuleSet};
use super::total::{Metric, Now};
use crate::ids::{ContestId, UserId};
use crate::slug::{BadgeId, PointKind, RuleId, SkillId};
use crate::time::Timestamp;

/// A deed with its place in an account. Made by [`Account::entry`], kept for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without holes.
    pub pos: u64,
    /// The store's time, read under the account's lock. Never before that of the entry before.
    pub at: Timestamp,
    pub source: Source,
    pub deed: Deed,
    /// The learner's own day. Never before that of the entry before.
    pub day: Day,
    /// The windows it falls into, by the org's calendar.
    pub now: Now,
}

/// A line of the ledger with the place of the entry it was paid for, which says where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    pub award: Award,
    pub at: Timestamp,
    pub now: Now,
}

/// What one account remembers of one room. Rules that know no room never look here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomTally {
    cells: cells::Cells,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    spans: BTreeMap<RuleId, pay::Span>,
    /// Rules (`r/`) and badges (`b/`) that were met here for the first time.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    firsts: BTreeSet<String>,
}

/// One learner's standing in an org, as far as the next deed needs to know it. Small: what rules do
/// not ask for is not remembered, and every list has a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    user: UserId,
    pos: u64,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    day: Option<Day>,
    /// The learner's own; the org's where they never said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<Zone>,
    #[serde(default)]
    cells: cells::Cells,
    /// The highest that was ever reached.
    level: u32,
    #[serde(default)]
    streak: streak::Streak,
    #[serde(default)]
    skills: skill::Skills,
    #[serde(default)]
    recent: condition::Recent,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    rules: BTreeMap<RuleId, pay::Tally>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    badges: BTreeMap<BadgeId, badge::Progress>,
    #[serde(default)]
    quests: quest::Quests,
    #[serde(default, skip_serializing_if = "contest::Contests::is_empty")]
    contests: contest::Contests,
    #[serde(default)]
    watch: watch::Watch,
}

/// How far somebody is with a badge: "7 of 10".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeView {
    pub badge: BadgeId,
    /// 0 before the first.
    pub level: u8,
    pub have: u32,
    /// What the next level needs; `None` when there is none.
    pub next: Option<u32>,
}

impl Account {
    pub fn new(user: UserId) -> Self {
        Self {
            user,
            pos: 0,
            at: Timestamp(0),
            day: None,
            zone: None,
            cells: cells::Cells::default(),
            level: 1,
            streak: streak::Streak::default(),
            skills: skill::Skills::default(),
            recent: condition::Recent::default(),
            rules: BTreeMap::new(),
            badges: BTreeMap::new(),
            quests: quest::Quests::default(),
            contests: contest::Contests::default(),
            watch: watch::Watch::default(),
        }
    }

    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The position of the last entry that was taken.
    pub const fn pos(&self) -> u64 {
        self.pos
    }

    pub const fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// The learner's day at an instant. It never goes back, whatever clocks and travels do.
    pub fn day_at(&self, at: Timestamp, org: &Zone) -> Day {
        let day = self.zone.as_ref().unwrap_or(org).day(at);
        self.day.map_or(day, |last| last.max(day))
    }

    /// Gives a deed the next place in this account. `at` is the store's time, read after the account was locked; neither
    /// it nor a day ever goes back, so that no deed falls into a window that was left.
    pub fn entry(
        &self,
        deed: Deed,
        source: Source,
        at: Timestamp,
        org: &Zone,
        season: Option<u32>,
    ) -> Entry {
        let at = at.max(self.at);
        let day = org.day(at);
        let left = self.cells.now();
        Entry {
            pos: self.pos.saturating_add(1),
            at,
            source,
            deed,
            day: self.day_at(at, org),
            now: Now {
                day: left.map_or(day, |now| now.day.max(day)),
                season,
            },
        }
    }

    /// From 1; the highest that was ever reached.
    pub const fn level(&self) -> u32 {
        self.level
    }

    /// Points of a kind, since ever.
    pub fn points(&self, kind: &PointKind) -> i64 {
        self.cells.sum(&Metric::Points(kind.clone()))
    }

    /// Skills, in per mille.
    pub fn skills(&self) -> impl Iterator<Item = (&SkillId, u32)> {
        self.skills.all()
    }

    /// The streak as it stands on a day of the learner's, which may be later than the last entry.
    pub fn streak_on(&self, set: &RuleSet, day: Day) -> StreakView {
        self.streak.view(&set.streak, day)
    }

    /// The quests of a day and its week: those drawn, or those that the first deed of the period will draw.
    pub fn quests_on(&self, set: &RuleSet, day: Day) -> Vec<QuestView> {
        self.quests.view(set, self.user, day)
    }

    /// Every badge of the set, except secret ones that were not earned.
    pub fn badge_progress(&self, set: &Compiled) -> Vec<BadgeView> {
        let badges = set.set().badges.iter();
        let views = badges.filter_map(|badge| {
            let progress = self.badges.get(&badge.id).cloned().unwrap_or_default();
            (progress.level > 0 || !badge.secret).then(|| BadgeView {
                badge: badge.id.clone(),
                level: progress.level,
                have: progress.have,
                next: progress.next(badge),
            })
        });
        views.collect()
    }

    /// Whether there is room for one more contest.
    pub fn may_enter(&self, at: Timestamp) -> bool {
        self.contests.may_enter(at)
    }

    pub fn is_in(&self, contest: ContestId) -> bool {
        self.contests.is_in(contest)
    }
}
