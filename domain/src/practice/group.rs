//! What a cohort did in a window of time, against the window before it: practices, time, goals, skills, alerts.
//!
//! Whoever sees people gets them one by one. Whoever sees only the group gets whole weeks that are over, numbers to
//! which five people at least contributed, counts in fives and means in steps: see [`Report::of_the_group`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::skill::{Profile, Shown};
use crate::desk::totals::GROUP_MIN;
use crate::ids::UserId;
use crate::slug::SkillId;
use crate::time::Timestamp;

pub const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// The first Monday after 1970-01-01, a Thursday.
const MONDAY_MS: i64 = 4 * DAY_MS;
/// The longest window. Two of them are read.
pub const WINDOW_MS_MAX: i64 = 400 * DAY_MS;
const COUNT_STEP: u32 = 5;
const SCORE_STEP: u32 = 50;
/// Means of seconds and minutes of the group are in steps of so many.
const MINUTES_STEP: u32 = 30;

/// Half open: from the first, up to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CohortWindow)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Window {
    pub const fn length_ms(self) -> i64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// The window right before, of the same length.
    pub const fn before(self) -> Self {
        Self {
            from: Timestamp(self.from.0.saturating_sub(self.length_ms())),
            to: self.from,
        }
    }

    pub fn has(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The same as whole weeks that are over at `now`: nobody can move it by a day and subtract.
    pub fn whole_weeks(self, now: Timestamp) -> Self {
        let monday = |at: i64| (at - MONDAY_MS).div_euclid(WEEK_MS) * WEEK_MS + MONDAY_MS;
        let to = monday(self.to.0.min(now.0));
        let weeks = (self.length_ms() + WEEK_MS / 2).div_euclid(WEEK_MS).max(1);
        Self {
            from: Timestamp(to - weeks * WEEK_MS),
            to: Timestamp(to),
        }
    }
}

/// Somebody who learns in the cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learner {
    pub user: UserId,
    pub name: String,
    /// Since when they are in it.
    pub since: Timestamp,
}

/// What came of one practice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Result {
    pub user: UserId,
    pub at: Timestamp,
    pub minutes: u32,
    pub lines: u32,
    pub goals_met: u32,
    pub goals: u32,
    /// Per mille.
    pub total: Option<u16>,
    pub shown: Vec<Shown>,
}

/// Something coaches were told of, and when somebody first did something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub user: UserId,
    pub at: Timestamp,
    pub handled_at: Option<Timestamp>,
}

/// What was done in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = CohortSums)]
pub struct Sums {
    /// Who practised at all. Absent, like everything here, where too few people are behind it to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practised: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practices: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goals_met: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goals: Option<u32>,
    /// The mean of the practices that were scored, per mille.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u32>,
    /// Times coaches were told of somebody, how often somebody did something about it, and the median of how soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled_after_s: Option<u32>,
}

/// A skill of the group: the mean of those who showed it, before and after the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkillMoved {
    #[schema(value_type = String)]
    pub skill: SkillId,
    /// Per mille. Absent where nobody had shown it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u32>,
    pub after: u32,
    /// How many have shown it.
    pub learners: u32,
}

/// One learner in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CohortRow)]
pub struct Row {
    pub user: UserId,
    pub name: String,
    pub now: Sums,
    pub before: Sums,
}

/// A cohort in a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CohortFigures)]
pub struct Report {
    pub window: Window,
    /// Nobody in it is told of: see the assignment.
    pub group_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learners: Option<u32>,
    pub now: Sums,
    pub before: Sums,
    /// What moved most first.
    pub skills: Vec<SkillMoved>,
    /// By name; empty where only the group is told of.
    pub people: Vec<Row>,
}

/// What is known of a cohort, back to well before the window.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub learners: &'a [Learner],
    pub results: &'a [Result],
    pub alarms: &'a [Alarm],
}

impl Report {
    /// For whoever sees the cohort learner by learner.
    pub fn of_people(window: Window, known: Known<'_>) -> Self {
        let sums = |window: Window, of: Option<UserId>| {
            let is_of = |user: UserId| of.is_none_or(|one| one == user);
            sums(window, known, &is_of)
        };
        let mut people: Vec<Row> = known
            .learners
            .iter()
            .map(|learner| Row {
                user: learner.user,
                name: learner.name.clone(),
                now: sums(window, Some(learner.user)),
                before: sums(window.before(), Some(learner.user)),
            })
            .collect();
        people.sort_by(|one, other| (&one.name, one.user).cmp(&(&other.name, other.user)));
        Self {
            window,
            group_only: false,
            learners: u32::try_from(known.learners.len()).ok(),
            now: sums(window, None),
            before: sums(window.before(), None),
            skills: skills(window, known, 1),
            people,
        }
    }

    /// For whoever sees the group and nobody in it. The window is whole weeks ([`Window::whole_weeks`]). Only who was
    /// in the cohort all the time counts, so that who comes later changes nothing that was told.
    pub fn of_the_group(window: Window, known: Known<'_>) -> Self {
        let since = window.before().from;
        let stayed: BTreeSet<UserId> = known
            .learners
            .iter()
            .filter(|learner| learner.since <= since)
            .map(|learner| learner.user)
            .collect();
        let results: Vec<Result> = known
            .results
            .iter()
            .filter(|result| stayed.contains(&result.user))
            .cloned()
            .collect();
        let is_of = |user: UserId| stayed.contains(&user);
        let group = |window: Window| coarse(window, known, &is_of);
        let of_them = Known {
            results: &results,
            ..known
        };
        let mut skills = skills(window, of_them, GROUP_MIN);
        for moved in &mut skills {
            moved.before = moved.before.map(|level| step(level, SCORE_STEP));
            moved.after = step(moved.after, SCORE_STEP);
            moved.learners = moved.learners / COUNT_STEP * COUNT_STEP;
        }
        Self {
            window,
            group_only: true,
            learners: fives(stayed.len(), stayed.len()),
            now: group(window),
            before: group(window.before()),
            skills,
            people: vec![],
        }
    }
}

fn sums(window: Window, known: Known<'_>, is_of: &dyn Fn(UserId) -> bool) -> Sums {
    let results: Vec<&Result> = known
        .results
        .iter()
        .filter(|result| window.has(result.at) && is_of(result.user))
        .collect();
    let alarms: Vec<&Alarm> = known
        .alarms
        .iter()
        .filter(|alarm| window.has(alarm.at) && is_of(alarm.user))
        .collect();
    let people: BTreeSet<UserId> = results.iter().map(|result| result.user).collect();
    let sum =
        |value: fn(&Result) -> u32| Some(results.iter().map(|result| value(result)).sum::<u32>());
    let mut after: Vec<i64> = alarms
        .iter()
        .filter_map(|alarm| Some(alarm.handled_at?.ms_since(alarm.at) / 1_000))
        .collect();
    after.sort_unstable();
    Sums {
        practised: count(people.len()),
        practices: count(results.len()),
        minutes: sum(|result| result.minutes),
        lines: sum(|result| result.lines),
        goals_met: sum(|result| result.goals_met),
        goals: sum(|result| result.goals),
        score: mean(results.iter().filter_map(|result| result.total)),
        alerts: count(alarms.len()),
        handled: count(after.len()),
        handled_after_s: after
            .get(after.len() / 2)
            .and_then(|s| u32::try_from(*s).ok()),
    }
}

/// The same, each number only where enough people are behind it, and none of them exactly.
fn coarse(window: Window, known: Known<'_>, is_of: &dyn Fn(UserId) -> bool) -> Sums {
    let exact = sums(window, known, is_of);
    let behind = |is_behind: &dyn Fn(&Result) -> bool| {
        let results = known.results.iter();
        let people: BTreeSet<UserId> = results
            .filter(|result| window.has(result.at) && is_of(result.user) && is_behind(result))
            .map(|result| result.user)
            .collect();
        people.len()
    };
    let alarmed = |handled: bool| {
        let alarms = known.alarms.iter();
        let people: BTreeSet<UserId> = alarms
            .filter(|alarm| window.has(alarm.at) && is_of(alarm.user))
            .filter(|alarm| !handled || alarm.handled_at.is_some())
            .map(|alarm| alarm.user)
            .collect();
        people.len()
    };
    let all = behind(&|_| true);
    let told = |value: Option<u32>, people: usize, by: u32| {
        value
            .filter(|_| people >= GROUP_MIN)
            .map(|value| value / by * by)
    };
    Sums {
        practised: told(exact.practised, all, COUNT_STEP),
        practices: told(exact.practices, all, COUNT_STEP),
        minutes: told(
            exact.minutes,
            behind(&|result| result.minutes > 0),
            MINUTES_STEP,
        ),
        lines: told(exact.lines, behind(&|result| result.lines > 0), SCORE_STEP),
        goals_met: told(
            exact.goals_met,
            behind(&|result| result.goals_met > 0),
            COUNT_STEP,
        ),
        goals: told(exact.goals, all, COUNT_STEP),
        score: exact
            .score
            .filter(|_| behind(&|result| result.total.is_some()) >= GROUP_MIN)
            .map(|score| step(score, SCORE_STEP)),
        alerts: told(exact.alerts, alarmed(false), COUNT_STEP),
        handled: told(exact.handled, alarmed(true), COUNT_STEP),
        handled_after_s: told(exact.handled_after_s, alarmed(true), 60),
    }
}

/// Levels of everybody who showed a skill, before and after the window; only skills of `least` people.
fn skills(window: Window, known: Known<'_>, least: usize) -> Vec<SkillMoved> {
    let mut by_user: BTreeMap<UserId, Vec<Shown>> = BTreeMap::new();
    for result in known.results.iter().filter(|result| result.at < window.to) {
        let shown = by_user.entry(result.user).or_default();
        shown.extend(result.shown.iter().cloned());
    }
    let mut before: BTreeMap<SkillId, Vec<u16>> = BTreeMap::new();
    let mut after: BTreeMap<SkillId, Vec<u16>> = BTreeMap::new();
    for shown in by_user.values() {
        let earlier: Vec<Shown> = shown
            .iter()
            .filter(|one| one.at < window.from)
            .cloned()
            .collect();
        for (skill, level) in Profile::of(&earlier, window.from).levels() {
            before
                .entry(skill.clone())
                .or_default()
                .push(level.per_mille);
        }
        for (skill, level) in Profile::of(shown, window.to).levels() {
            after
                .entry(skill.clone())
                .or_default()
                .push(level.per_mille);
        }
    }
    let enough = |levels: &&Vec<u16>| levels.len() >= least;
    let mut moved: Vec<SkillMoved> = after
        .into_iter()
        .filter(|(_, levels)| enough(&levels))
        .filter_map(|(skill, levels)| {
            let was = before.get(&skill).filter(enough);
            Some(SkillMoved {
                before: was.and_then(|levels| mean(levels.iter().copied())),
                after: mean(levels.iter().copied())?,
                learners: u32::try_from(levels.len()).unwrap_or(u32::MAX),
                skill,
            })
        })
        .collect();
    let by = |moved: &SkillMoved| moved.after.abs_diff(moved.before.unwrap_or(moved.after));
    moved.sort_by(|one, other| (by(other), &one.skill).cmp(&(by(one), &other.skill)));
    moved
}

fn mean(values: impl Iterator<Item = u16> + Clone) -> Option<u32> {
    let count = u32::try_from(values.clone().count()).ok()?;
    values.map(u32::from).sum::<u32>().checked_div(count)
}

fn count(count: usize) -> Option<u32> {
    u32::try_from(count).ok()
}

fn fives(value: usize, people: usize) -> Option<u32> {
    let value = count(value).filter(|_| people >= GROUP_MIN)?;
    Some(value / COUNT_STEP * COUNT_STEP)
}

const fn step(value: u32, by: u32) -> u32 {
    (value + by / 2) / by * by
}

#[cfg(test)]
mod tests;
