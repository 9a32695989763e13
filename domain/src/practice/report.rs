//! What came of a practice: goals, the rubric criterion by criterion, what to try next.
//!
//! Arithmetic only, in whole numbers: the same facts, scores and rubric give the same report. A criterion
//! that nobody and nothing scored is absent, not zero.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rubric::{Criterion, Evidence, Measure, Rubric};
use super::scenario::Scenario;
use super::skill::Change;
use crate::ids::Seq;
use crate::signals::LineFacts;
use crate::slug::{CriterionId, GoalId, SkillId};

/// Lines named as evidence of one criterion.
pub const EVIDENCE_MAX: usize = 3;
/// Lines of a practice that are looked at, the newest.
pub const LINES_MAX: usize = 2_000;
pub(crate) const REASON_CHARS_MAX: usize = 600;
/// From here a criterion went well.
const WELL_FROM: u16 = 650;

/// Where a score comes from. Later ones know more, and go before earlier ones.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Measured here, without a model.
    Local,
    Model,
    Coach,
}

/// A line of the learner in the room's journal, and what was measured of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub seq: Seq,
    pub facts: LineFacts,
}

/// What is known of a practice when it ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    pub lines: &'a [Measured],
    /// Words of everybody else.
    pub other_words: u32,
    /// With the line each was met by.
    pub goals_met: &'a [(GoalId, Seq)],
    /// The persona's at the end, per mille; absent when nobody keeps one.
    pub rapport: Option<u16>,
    /// From a model or a coach, validated by [`Score::is_sound`].
    pub scores: &'a [Score],
}

/// What somebody thinks of one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    #[schema(value_type = String)]
    pub criterion: CriterionId,
    pub per_mille: u16,
    pub source: Source,
    pub evidence: Vec<Seq>,
    /// Why, in a sentence.
    pub reason: Option<String>,
    /// One line said better.
    pub better: Option<String>,
}

impl Score {
    /// Whether it may count: within bounds, about a criterion there is, about lines there are.
    pub fn is_sound(&self, rubric: &Rubric, lines: &[Measured]) -> bool {
        let short = |text: &Option<String>| {
            text.as_ref()
                .is_none_or(|text| text.chars().count() <= REASON_CHARS_MAX)
        };
        self.per_mille <= 1_000
            && rubric
                .sheet
                .criteria
                .iter()
                .any(|criterion| criterion.id == self.criterion)
            && self.evidence.len() <= EVIDENCE_MAX
            && self
                .evidence
                .iter()
                .all(|seq| lines.iter().any(|line| line.seq == *seq))
            && short(&self.reason)
            && short(&self.better)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub goals: Vec<GoalResult>,
    pub criteria: Vec<CriterionResult>,
    /// Over the criteria that were scored, by weight; absent when none was.
    pub total: Option<u16>,
    /// Per mille of the rubric's weight that was scored.
    pub scored: u16,
    /// The best first.
    #[schema(value_type = Vec<String>)]
    pub went_well: Vec<CriterionId>,
    /// What to try next time, what gains most first.
    pub try_next: Vec<String>,
    pub skills: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoalResult {
    #[schema(value_type = String)]
    pub id: GoalId,
    pub title: String,
    /// The line it was met by; absent when it was not.
    pub met_at: Option<Seq>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CriterionResult {
    #[schema(value_type = String)]
    pub id: CriterionId,
    pub title: String,
    pub weight: u16,
    #[schema(value_type = String)]
    pub skill: SkillId,
    /// Absent when nothing scored it.
    pub score: Option<Score>,
    /// What the reached level looks like.
    pub level: Option<String>,
}

/// The report, but for the skills, which need the learner's other practices
/// ([`super::skill::Profile::change`]).
pub fn report(scenario: &Scenario, rubric: &Rubric, facts: &Facts<'_>) -> Report {
    let goals: Vec<GoalResult> = scenario
        .script
        .goals
        .iter()
        .map(|goal| GoalResult {
            id: goal.id.clone(),
            title: goal.title.clone(),
            met_at: facts
                .goals_met
                .iter()
                .find(|(id, _)| *id == goal.id)
                .map(|(_, seq)| *seq),
        })
        .collect();
    let met = goals.iter().filter(|goal| goal.met_at.is_some()).count();
    let met = per_mille(met, goals.len());
    let first = facts.lines.len().saturating_sub(LINES_MAX);
    let tally = Tally {
        lines: facts.lines.get(first..).unwrap_or_default(),
        other_words: facts.other_words,
        goals_met: met,
        rapport: facts.rapport,
    };
    let is_enough = rubric.is_enough(facts.lines.len());
    let criteria: Vec<CriterionResult> = rubric
        .sheet
        .criteria
        .iter()
        .map(|criterion| {
            let score = given(criterion, rubric, facts)
                .or_else(|| is_enough.then(|| tally.score(criterion)).flatten());
            let level = score
                .as_ref()
                .and_then(|score| criterion.levels.get(criterion.level(score.per_mille)));
            CriterionResult {
                id: criterion.id.clone(),
                title: criterion.title.clone(),
                weight: criterion.weight,
                skill: criterion.skill.clone(),
                level: level.cloned(),
                score,
            }
        })
        .collect();
    let mut report = Report {
        goals,
        criteria,
        total: None,
        scored: 0,
        went_well: Vec::new(),
        try_next: Vec::new(),
        skills: Vec::new(),
    };
    sum_up(&mut report, rubric);
    report
}

/// What the criteria come to, as they are scored: the total, what went well, what to try next.
pub(super) fn sum_up(report: &mut Report, rubric: &Rubric) {
    let criteria = &report.criteria;
    let scored: u32 = criteria
        .iter()
        .filter(|result| result.score.is_some())
        .map(|result| u32::from(result.weight))
        .sum();
    let sum: u32 = points(criteria)
        .map(|(result, points)| u32::from(result.weight) * u32::from(points))
        .sum();
    let mut well: Vec<(u16, &CriterionResult)> = points(criteria)
        .filter(|(_, points)| *points >= WELL_FROM)
        .map(|(result, points)| (points, result))
        .collect();
    well.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let mut gains: Vec<(u32, &Criterion)> = rubric
        .sheet
        .criteria
        .iter()
        .filter_map(|criterion| {
            let result = criteria.iter().find(|result| result.id == criterion.id)?;
            let points = result.score.as_ref()?.per_mille;
            let gain = u32::from(result.weight) * u32::from(1_000 - points.min(1_000));
            (points < WELL_FROM).then_some((gain, criterion))
        })
        .collect();
    gains.sort_by_key(|(gain, _)| std::cmp::Reverse(*gain));
    let went_well = well.iter().map(|(_, result)| result.id.clone()).collect();
    let tips = gains.iter().take(3);
    report.try_next = tips.map(|(_, criterion)| criterion.tip.clone()).collect();
    report.total = (scored > 0).then(|| u16::try_from(sum / scored.max(1)).unwrap_or(1_000));
    report.scored = u16::try_from(scored).unwrap_or(1_000).min(1_000);
    report.went_well = went_well;
}

fn points(criteria: &[CriterionResult]) -> impl Iterator<Item = (&CriterionResult, u16)> {
    criteria
        .iter()
        .filter_map(|result| Some((result, result.score.as_ref()?.per_mille)))
}

/// The score of whoever knows most. Of equals the last one given counts.
fn given(criterion: &Criterion, rubric: &Rubric, facts: &Facts<'_>) -> Option<Score> {
    facts
        .scores
        .iter()
        .filter(|score| score.criterion == criterion.id && score.is_sound(rubric, facts.lines))
        .filter(|score| score.source == Source::Coach || rubric.is_enough(facts.lines.len()))
        .max_by_key(|score| score.source)
        .cloned()
}

fn per_mille(part: usize, whole: usize) -> u32 {
    if whole == 0 {
        return 0;
    }
    u32::try_from(part.min(whole) * 1_000 / whole).unwrap_or(1_000)
}

/// Everything that can be measured of a practice.
struct Tally<'a> {
    lines: &'a [Measured],
    other_words: u32,
    goals_met: u32,
    rapport: Option<u16>,
}

impl Tally<'_> {
    /// What the local facts say of a criterion; nothing when they say nothing.
    fn score(&self, criterion: &Criterion) -> Option<Score> {
        let worths: Vec<(u64, u64)> = criterion
            .evidence
            .iter()
            .filter_map(|evidence| {
                let value = self.value(evidence.fact)?;
                Some((u64::from(evidence.weight), u64::from(evidence.worth(value))))
            })
            .collect();
        let weight: u64 = worths.iter().map(|(weight, _)| weight).sum();
        if weight == 0 {
            return None;
        }
        let sum: u64 = worths.iter().map(|(weight, worth)| weight * worth).sum();
        Some(Score {
            criterion: criterion.id.clone(),
            per_mille: u16::try_from(sum / weight).unwrap_or(1_000),
            source: Source::Local,
            evidence: self.evidence(&criterion.evidence),
            reason: None,
            better: None,
        })
    }

    fn sum(&self, fact: impl Fn(&LineFacts) -> u16) -> u64 {
        self.lines
            .iter()
            .map(|line| u64::from(fact(&line.facts)))
            .sum()
    }

    fn value(&self, measure: Measure) -> Option<u32> {
        match measure {
            Measure::GoalsMet => return Some(self.goals_met),
            Measure::Rapport => return self.rapport.map(u32::from),
            _ => {}
        }
        let lines = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        let words = self.sum(|facts| facts.words);
        if lines == 0 || words == 0 {
            return None;
        }
        let value = match measure {
            Measure::WordsPerLine => words / lines,
            Measure::TalkShare => words * 1_000 / (words + u64::from(self.other_words)),
            Measure::ClearLines => {
                let clear = self
                    .lines
                    .iter()
                    .filter(|line| is_clear(&line.facts))
                    .count();
                u64::try_from(clear).unwrap_or(0) * 1_000 / lines
            }
            Measure::GoalsMet | Measure::Rapport => 0,
            measure => {
                let count = self.sum(|facts| counted(measure, facts));
                if is_per_words(measure) {
                    count * 1_000 / words
                } else {
                    count * 100 / lines
                }
            }
        };
        Some(u32::try_from(value).unwrap_or(u32::MAX))
    }

    /// The lines that say most about a criterion, in the order they were said.
    fn evidence(&self, evidence: &[Evidence]) -> Vec<Seq> {
        let mut weighed: Vec<(u64, Seq)> = self
            .lines
            .iter()
            .map(|line| {
                let says = evidence.iter().map(|item| {
                    u64::from(item.weight) * u64::from(counted(item.fact, &line.facts))
                });
                (says.sum(), line.seq)
            })
            .filter(|(says, _)| *says > 0)
            .collect();
        weighed.sort_by_key(|(says, seq)| (std::cmp::Reverse(*says), *seq));
        weighed.truncate(EVIDENCE_MAX);
        let mut seqs: Vec<Seq> = weighed.into_iter().map(|(_, seq)| seq).collect();
        seqs.sort_unstable();
        seqs
    }
}

/// What a line adds to a measure that counts.
const fn counted(measure: Measure, facts: &LineFacts) -> u16 {
    match measure {
        Measure::QuestionsPerHundredLines => facts.questions,
        Measure::OpenQuestionsPerHundredLines => facts.open_questions,
        Measure::FillersPerThousandWords => facts.fillers,
        Measure::HedgesPerThousandWords => facts.hedges,
        Measure::SpecificsPerHundredLines => facts.specifics,
        Measure::EmpathyPerHundredLines => facts.empathy,
        Measure::RudenessPerThousandWords => facts
            .harsh
            .saturating_add(facts.profanity)
            .saturating_add(facts.blame),
        Measure::WordsPerLine
        | Measure::TalkShare
        | Measure::ClearLines
        | Measure::GoalsMet
        | Measure::Rapport => 0,
    }
}

const fn is_per_words(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::FillersPerThousandWords
            | Measure::HedgesPerThousandWords
            | Measure::RudenessPerThousandWords
    )
}

/// Neither a grunt nor a speech, in sentences one can follow.
const fn is_clear(facts: &LineFacts) -> bool {
    facts.words >= 3 && facts.words <= 90 && facts.longest_sentence <= 30 && facts.noise == 0
}

#[cfg(test)]
mod tests;
