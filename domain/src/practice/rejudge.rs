//! What a coach thinks otherwise: one criterion of a report scored by hand, with the reason, and what follows from
//! it. The report shows both scores; what the practice came to is computed anew from the same rubric.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::{REASON_CHARS_MAX, Score, Source, sum_up};
use super::review::{Filed, judge_of, trusted};
use super::rubric::Rubric;
use super::scenario::Scenario;
use super::skill::{self, Profile, Shown};
use crate::game::deed::Judge;
use crate::ids::{CommandId, Seq, UserId};
use crate::journal::{Fact, Recorded};
use crate::refusal::Refusal;
use crate::room::{Event, Finding};
use crate::slug::CriterionId;
use crate::time::Timestamp;

/// Times one report is judged otherwise. More is no judgement.
pub const OVERRIDES_MAX: usize = 64;

/// A score that a coach gave in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Override {
    /// Of the request: the same in every retry.
    pub id: CommandId,
    #[schema(value_type = String)]
    pub criterion: CriterionId,
    pub per_mille: u16,
    /// What it was before, and by whom; absent when nothing had scored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_source: Option<Source>,
    pub by: UserId,
    pub name: String,
    pub at: Timestamp,
    pub reason: String,
}

/// One result that is another now: of the practice as a whole, or of a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// The event that said what it was first.
    pub of: Seq,
    pub was: Finding,
    pub now: Finding,
}

/// A judgement, as it is handed to the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judging {
    /// Which judgement in this room it is: what it was made on is out of date otherwise.
    pub number: u32,
    pub user: UserId,
    pub given: Override,
    pub corrections: Vec<Correction>,
    pub filed: Filed,
}

/// What a practice found of a learner, by the journal: with the event that said it first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(pub Vec<(Seq, Finding)>);

impl Found {
    /// Reads what the journal says of a learner, corrections included.
    pub fn read(events: &[Recorded], learner: UserId) -> Self {
        let mut found: Vec<(Seq, Finding)> = vec![];
        for recorded in events {
            let Fact::Room(event) = &recorded.fact else {
                continue;
            };
            match event {
                Event::PracticeCompleted {
                    user,
                    scenario,
                    score,
                    minutes,
                    goals_met,
                    goals,
                    judge,
                    ..
                } if *user == learner => {
                    let finding = Finding::Practice {
                        scenario: scenario.clone(),
                        score: *score,
                        minutes: *minutes,
                        goals_met: *goals_met,
                        goals: *goals,
                        judge: *judge,
                    };
                    found.push((recorded.seq, finding));
                }
                Event::SkillScored {
                    user,
                    skill,
                    score,
                    judge,
                } if *user == learner => {
                    let finding = Finding::Skill {
                        skill: skill.clone(),
                        score: *score,
                        judge: *judge,
                    };
                    found.push((recorded.seq, finding));
                }
                Event::ResultCorrected { user, of, now, .. } if *user == learner => {
                    if let Some((_, finding)) = found.iter_mut().find(|(seq, _)| seq == of) {
                        *finding = now.clone();
                    }
                }
                _ => {}
            }
        }
        Self(found)
    }
}

/// The report after a judgement. `earlier` is what other practices showed.
pub fn rejudge(
    filed: &Filed,
    (scenario, rubric): (&Scenario, &Rubric),
    earlier: &[Shown],
    mut given: Override,
) -> Result<Filed, Refusal> {
    let is_sane = given.per_mille <= 1_000
        && given.reason.chars().count() <= REASON_CHARS_MAX
        && filed.overrides.len() < OVERRIDES_MAX;
    if !is_sane {
        return Err(Refusal::FieldInvalid);
    }
    let mut filed = filed.clone();
    let shown_at = filed.shown.first().map_or(given.at, |shown| shown.at);
    let report = &mut filed.report;
    let result = report
        .criteria
        .iter_mut()
        .find(|result| result.id == given.criterion)
        .ok_or(Refusal::NotFound)?;
    let before = result.score.take();
    given.was = before.as_ref().map(|score| score.per_mille);
    given.was_source = before.as_ref().map(|score| score.source);
    let sheet = rubric.sheet.criteria.iter();
    let criterion = sheet
        .clone()
        .find(|criterion| criterion.id == given.criterion);
    result.level = criterion
        .and_then(|criterion| criterion.levels.get(criterion.level(given.per_mille)))
        .cloned()
        .or(result.level.take());
    result.score = Some(Score {
        criterion: given.criterion.clone(),
        per_mille: given.per_mille,
        source: Source::Coach,
        evidence: before
            .as_ref()
            .map_or_else(Vec::new, |score| score.evidence.clone()),
        reason: Some(given.reason.clone()),
        better: before.and_then(|score| score.better),
    });
    sum_up(report, rubric);
    let shown = skill::shown(report, scenario, shown_at);
    report.skills = Profile::change(earlier, &shown, shown_at);
    filed.judge = trusted(report);
    filed.shown = shown;
    filed.overrides.push(given);
    Ok(filed)
}

/// What follows for results that had been found: of the whole, and of each skill that is another now.
pub fn corrections(found: &Found, after: &Filed) -> Vec<Correction> {
    let changed = found.0.iter().filter_map(|(of, was)| {
        let now = match was {
            Finding::Practice {
                scenario,
                minutes,
                goals_met,
                goals,
                ..
            } => Finding::Practice {
                scenario: scenario.clone(),
                score: after.report.total.unwrap_or(0),
                minutes: *minutes,
                goals_met: *goals_met,
                goals: *goals,
                judge: judged(after.judge),
            },
            Finding::Skill { skill, .. } => {
                let shown = after.shown.iter().find(|shown| shown.skill == *skill)?;
                Finding::Skill {
                    skill: skill.clone(),
                    score: shown.per_mille,
                    judge: judge_of(shown.source),
                }
            }
        };
        (now != *was).then(|| Correction {
            of: *of,
            was: was.clone(),
            now,
        })
    });
    changed.collect()
}

/// Who stands for the whole: a coach who changed a part of it, unless a model still has a say in it.
const fn judged(trusted: Judge) -> Judge {
    match trusted {
        Judge::Model => Judge::Model,
        Judge::Local | Judge::Coach | Judge::Import => Judge::Coach,
    }
}

#[cfg(test)]
mod tests;
