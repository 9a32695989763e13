//! Rubrics: what a practice is judged by, criterion by criterion.

use serde::{Deserialize, Serialize};

use crate::prompt::plain;
use crate::slug::{CriterionId, RubricId, SkillId};

/// A rubric, ready to judge by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rubric {
    pub id: RubricId,
    #[serde(flatten)]
    pub sheet: Sheet,
}

impl Rubric {
    /// Whether so many lines can be judged by anybody but a coach.
    pub fn is_enough(&self, lines: usize) -> bool {
        lines >= usize::from(self.sheet.lines_min)
    }
}

impl Rubric {
    /// Its criteria, a line each, as a model is told of them.
    pub(super) fn for_a_model(&self) -> String {
        let line = |criterion: &Criterion| {
            let levels: Vec<String> = criterion.levels.iter().map(|level| plain(level)).collect();
            let (id, title) = (&criterion.id, plain(&criterion.title));
            format!(
                "\n- {id}: {title}. From weakest to best: {}",
                levels.join(" / ")
            )
        };
        self.sheet.criteria.iter().map(line).collect()
    }
}

/// A rubric file, `content/rubrics/NAME.toml`: everything but the name, which is the file's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    pub title: String,
    pub summary: String,
    /// Lines somebody has to have said before their facts, or a model, score anything: a guess is
    /// worse than no score.
    #[serde(default = "one")]
    pub lines_min: u16,
    #[serde(rename = "criterion")]
    pub criteria: Vec<Criterion>,
}

/// One thing a rubric looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub id: CriterionId,
    pub title: String,
    /// Its share of the whole, per mille. All together make 1,000.
    pub weight: u16,
    /// The skill it feeds.
    pub skill: SkillId,
    /// What each level looks like, the weakest first; the score is cut into as many equal parts.
    pub levels: Vec<String>,
    /// What to try next time, when it went less well.
    pub tip: String,
    /// Local facts that count as evidence. Without any, only a model or a coach scores it.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

impl Criterion {
    /// The level of a score, counted from 0.
    pub fn level(&self, per_mille: u16) -> usize {
        let per_mille = usize::from(per_mille.min(1_000));
        let count = self.levels.len().max(1);
        (per_mille * count / 1_000).min(count - 1)
    }
}

/// How a fact about lines counts: at `none` it is worth 0, at `full` 1,000, in between in proportion.
/// `full` may be the smaller one, for what is better absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub fact: Measure,
    pub none: u32,
    pub full: u32,
    /// Against the others of its criterion.
    #[serde(default = "one")]
    pub weight: u16,
}

const fn one() -> u16 {
    1
}

impl Evidence {
    /// What a value of the fact is worth, per mille.
    pub fn worth(&self, value: u32) -> u16 {
        let (low, high) = (self.none.min(self.full), self.none.max(self.full));
        let span = u64::from((high - low).max(1));
        let part = u64::from(value.clamp(low, high) - low) * 1_000 / span;
        let part = u16::try_from(part).unwrap_or(1_000).min(1_000);
        if self.none <= self.full {
            part
        } else {
            1_000 - part
        }
    }
}

/// What can be measured of a learner's lines without a model, each over all of a practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Words in an average line.
    WordsPerLine,
    /// Questions in a hundred lines.
    QuestionsPerHundredLines,
    /// Questions that cannot be answered with yes or no, in a hundred lines.
    OpenQuestionsPerHundredLines,
    /// Words that fill, in a thousand words.
    FillersPerThousandWords,
    /// Words that take back what is being said, in a thousand words.
    HedgesPerThousandWords,
    /// Numbers, names, dates: in a hundred lines.
    SpecificsPerHundredLines,
    /// Words that take up what the other feels, in a hundred lines.
    EmpathyPerHundredLines,
    /// Rude words, in a thousand words.
    RudenessPerThousandWords,
    /// The learner's share of all words, per mille.
    TalkShare,
    /// Per mille of lines that are neither too short nor too long.
    ClearLines,
    /// Goals met, per mille.
    GoalsMet,
    /// The persona's rapport at the end, per mille.
    Rapport,
}
