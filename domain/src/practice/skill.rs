//! What a learner can do by now: a blend of recent practices that knows how much it does not know.
//!
//! Whole numbers, per mille. Sums are made before anything is rounded, so the order in which equal
//! evidence came makes no difference.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::{Report, Source};
use super::scenario::Scenario;
use crate::slug::{ScenarioId, SkillId};
use crate::time::Timestamp;

/// Practices of one skill that count, the newest.
pub const RECENT_MAX: usize = 40;
/// After so many days a practice counts half.
const HALF_LIFE_DAYS: u64 = 21;
const DAY_MS: i64 = 86_400_000;
/// What somebody is taken for of whom nothing is known, and how much that weighs.
const PRIOR: u64 = 500;
const PRIOR_WEIGHT: u64 = 600;

/// What one practice says about one skill.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    pub at: Timestamp,
    pub skill: SkillId,
    pub per_mille: u16,
    /// The weight of its criteria in the rubric, per mille.
    pub weight: u16,
    /// Of the scenario, from 1 to 5: a hard one shows more.
    pub difficulty: u8,
    pub source: Source,
}

/// How good somebody is at something, as far as one knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Level {
    pub per_mille: u16,
    /// 1000 when nothing is known; less with each practice, more as they age.
    pub uncertainty: u16,
}

impl Level {
    pub const UNKNOWN: Self = Self {
        per_mille: 500,
        uncertainty: 1_000,
    };
}

/// A skill before and after a practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    #[schema(value_type = String)]
    pub skill: SkillId,
    pub before: Level,
    pub after: Level,
}

/// All skills of one learner at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    levels: BTreeMap<SkillId, Level>,
}

impl Profile {
    pub fn of(shown: &[Shown], now: Timestamp) -> Self {
        let mut by_skill: BTreeMap<&SkillId, Vec<&Shown>> = BTreeMap::new();
        for one in shown {
            by_skill.entry(&one.skill).or_default().push(one);
        }
        Self {
            levels: by_skill
                .into_iter()
                .map(|(skill, shown)| (skill.clone(), blend(shown, now)))
                .collect(),
        }
    }

    pub fn level(&self, skill: &SkillId) -> Level {
        self.levels.get(skill).copied().unwrap_or(Level::UNKNOWN)
    }

    pub fn levels(&self) -> impl Iterator<Item = (&SkillId, Level)> {
        self.levels.iter().map(|(skill, level)| (skill, *level))
    }

    /// What a practice changed: every skill it showed something of.
    pub fn change(before: &[Shown], practice: &[Shown], now: Timestamp) -> Vec<Change> {
        let all: Vec<Shown> = before.iter().chain(practice).cloned().collect();
        let (was, is) = (Self::of(before, now), Self::of(&all, now));
        let mut skills: Vec<&SkillId> = practice.iter().map(|one| &one.skill).collect();
        skills.sort();
        skills.dedup();
        skills
            .into_iter()
            .map(|skill| Change {
                skill: skill.clone(),
                before: was.level(skill),
                after: is.level(skill),
            })
            .collect()
    }

    /// How much harder (or, below 0, easier) a scenario should be played for this learner, from -2 to 2.
    pub fn steps(&self, scenario: &Scenario) -> i8 {
        let script = &scenario.script;
        let count = script.skills.len().max(1);
        let levels: Vec<Level> = script
            .skills
            .iter()
            .map(|skill| self.level(skill))
            .collect();
        let sure = levels
            .iter()
            .filter(|level| level.uncertainty <= 700)
            .count();
        // Somebody unknown meets it as it was written.
        if sure * 2 < count {
            return 0;
        }
        let sum: usize = levels
            .iter()
            .map(|level| usize::from(level.per_mille))
            .sum();
        let average = i32::try_from(sum / count).unwrap_or(500);
        let expected = average - 80 * (i32::from(script.difficulty) - 3);
        match expected {
            i32::MIN..=279 => -2,
            280..=419 => -1,
            420..=659 => 0,
            660..=799 => 1,
            800.. => 2,
        }
    }
}

fn blend(mut shown: Vec<&Shown>, now: Timestamp) -> Level {
    // By everything there is to them, so that what is cut off does not depend on who came first.
    shown.sort_by_key(|one| Reverse(*one));
    shown.truncate(RECENT_MAX);
    let (mut weight, mut sum) = (PRIOR_WEIGHT * 1_000, PRIOR_WEIGHT * 1_000 * PRIOR);
    for one in shown {
        let counts =
            u64::from(one.weight.min(1_000)) * trust(one.source) / 1_000 * fresh(one.at, now);
        weight += counts;
        sum += counts * worth(one);
    }
    Level {
        per_mille: u16::try_from(sum / weight).unwrap_or(1_000).min(1_000),
        uncertainty: u16::try_from(PRIOR_WEIGHT * 1_000 * 1_000 / weight).unwrap_or(1_000),
    }
}

/// What was shown, seen against how hard it was.
fn worth(one: &Shown) -> u64 {
    let harder = 60 * (i32::from(one.difficulty.clamp(1, 5)) - 3);
    u64::try_from((i32::from(one.per_mille.min(1_000)) + harder).clamp(0, 1_000)).unwrap_or(0)
}

/// A score in thousandths of a coach's.
const fn trust(source: Source) -> u64 {
    match source {
        Source::Local => 500,
        Source::Model => 800,
        Source::Coach => 1_000,
    }
}

/// Halves with each half life, in a straight line between.
fn fresh(at: Timestamp, now: Timestamp) -> u64 {
    let days = u64::try_from(now.ms_since(at) / DAY_MS).unwrap_or(0);
    let halved = days / HALF_LIFE_DAYS;
    if halved >= 10 {
        return 1;
    }
    let from = 1_000 >> halved;
    from - from / 2 * (days % HALF_LIFE_DAYS) / HALF_LIFE_DAYS
}

/// What a finished practice shows of each skill: its criteria together, by weight.
pub fn shown(report: &Report, scenario: &Scenario, at: Timestamp) -> Vec<Shown> {
    let mut by_skill: BTreeMap<&SkillId, (u32, u32, Source)> = BTreeMap::new();
    for result in &report.criteria {
        let Some(score) = &result.score else {
            continue;
        };
        let weight = u32::from(result.weight);
        let entry = by_skill
            .entry(&result.skill)
            .or_insert((0, 0, score.source));
        entry.0 += weight;
        entry.1 += weight * u32::from(score.per_mille);
        // A blend is trusted as its least part.
        entry.2 = entry.2.min(score.source);
    }
    by_skill
        .into_iter()
        .filter(|(_, (weight, _, _))| *weight > 0)
        .map(|(skill, (weight, sum, source))| Shown {
            at,
            skill: skill.clone(),
            per_mille: u16::try_from(sum / weight).unwrap_or(1_000),
            weight: u16::try_from(weight.min(1_000)).unwrap_or(1_000),
            difficulty: scenario.script.difficulty,
            source,
        })
        .collect()
}

/// A practice of the past, for choosing the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practised {
    pub scenario: ScenarioId,
    pub at: Timestamp,
    pub total: Option<u16>,
}

/// A scenario worth practising next, and the skill that makes it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Next {
    #[schema(value_type = String)]
    pub scenario: ScenarioId,
    #[schema(value_type = String)]
    pub because_of: Option<SkillId>,
    /// How much harder or easier to play it.
    pub steps: i8,
}

/// The scenarios of a language, the one that promises most first: weak and uncertain skills, a difficulty
/// within reach, nothing that was practised just now or is mastered.
pub fn next<'s>(
    profile: &Profile,
    practised: &[Practised],
    scenarios: impl IntoIterator<Item = &'s Scenario>,
    language: &str,
    now: Timestamp,
) -> Vec<Next> {
    let mut ranked: Vec<(i64, &Scenario)> = scenarios
        .into_iter()
        .filter(|scenario| scenario.script.language == language)
        .map(|scenario| (promise(profile, practised, scenario, now), scenario))
        .collect();
    ranked.sort_by(|(promise, one), (its, other)| (its, &one.id).cmp(&(promise, &other.id)));
    ranked
        .into_iter()
        .map(|(_, scenario)| Next {
            scenario: scenario.id.clone(),
            because_of: scenario
                .script
                .skills
                .iter()
                .max_by_key(|skill| (need(profile.level(skill)), Reverse(*skill)))
                .cloned(),
            steps: profile.steps(scenario),
        })
        .collect()
}

/// How much there is to gain in a skill.
fn need(level: Level) -> i64 {
    1_000 - i64::from(level.per_mille) + i64::from(level.uncertainty) / 3
}

fn promise(profile: &Profile, practised: &[Practised], scenario: &Scenario, now: Timestamp) -> i64 {
    let script = &scenario.script;
    let count = i64::try_from(script.skills.len().max(1)).unwrap_or(1);
    let needs: i64 = script
        .skills
        .iter()
        .map(|skill| need(profile.level(skill)))
        .sum();
    let levels: i64 = script
        .skills
        .iter()
        .map(|skill| i64::from(profile.level(skill).per_mille))
        .sum();
    // 500 stands before a middling scenario; each step of difficulty is 150 apart.
    let reach = (levels / count - 500) / 150 + 3;
    let too_far = (reach - i64::from(script.difficulty)).abs();
    let last = practised
        .iter()
        .filter(|one| one.scenario == scenario.id)
        .max_by_key(|one| one.at);
    let stale = last.map_or(0, |last| {
        let days = now.ms_since(last.at) / DAY_MS;
        let soon = match days {
            0 => 500,
            1..=6 => 250,
            _ => 0,
        };
        let mastered = if last.total.is_some_and(|total| total >= 800) {
            200
        } else {
            0
        };
        soon + mastered
    });
    needs / count - 150 * too_far - stale
}

#[cfg(test)]
mod tests;
