//! Numbers for people, from facts, by formulas that can be read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::facts::LineFacts;

/// Words below which a line is too short to be judged.
pub const WORDS_TO_JUDGE: u16 = 4;

/// What a line is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Kind, calm, without blame.
    Tone,
    /// Short sentences, plain words.
    Clarity,
    /// Numbers, names, dates, examples in place of "stuff".
    Specificity,
    /// Hears and asks.
    Empathy,
    /// Says what it says.
    Confidence,
}

/// A score and everything it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Score {
    pub quality: Quality,
    /// From 0 to 100.
    pub value: u8,
    /// Where it starts before anything is known.
    pub base: u8,
    /// What moved it, the most first. `base` and all points together, kept within 0 and 100, are the value.
    pub parts: Vec<Part>,
}

/// One fact that moved a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Part {
    /// The name of the fact, as in [`LineFacts::NAMES`].
    pub fact: &'static str,
    /// What the line has of it.
    pub found: u16,
    pub points: i16,
}

/// `points` for each of `fact` beyond `free`, at most `most` in all.
struct Term {
    fact: &'static str,
    free: i64,
    points: i64,
    most: i64,
    /// Whether what counts is how many there are in a hundred words (a line shorter than [`Term::SHORT`] counts as that long), in place of how many there are.
    dense: bool,
}

impl Term {
    /// Two fillers in five words are not forty in a hundred.
    const SHORT: i64 = 25;

    const fn each(fact: &'static str, points: i64, most: i64) -> Self {
        Self {
            fact,
            free: 0,
            points,
            most,
            dense: false,
        }
    }

    const fn dense(fact: &'static str, points: i64, most: i64) -> Self {
        Self {
            dense: true,
            ..Self::each(fact, points, most)
        }
    }

    const fn beyond(self, free: i64) -> Self {
        Self { free, ..self }
    }

    fn part(&self, facts: &LineFacts) -> Option<Part> {
        let found = facts.get(self.fact)?;
        let over = (found - self.free).max(0);
        let counted = if self.dense {
            over * 100 / i64::from(facts.words).max(Self::SHORT)
        } else {
            over
        };
        let points = (counted * self.points).clamp(-self.most, self.most);
        (points != 0).then(|| Part {
            fact: self.fact,
            found: u16::try_from(found).unwrap_or(u16::MAX),
            points: i16::try_from(points).unwrap_or(0),
        })
    }
}

const TONE: &[Term] = &[
    Term::each("politeness", 8, 16),
    Term::each("thanks", 8, 16),
    Term::each("empathy", 6, 12),
    Term::each("harsh", -25, 60),
    Term::each("profanity", -30, 60),
    Term::each("blame", -20, 50),
    Term::each("shouting", -5, 30),
    Term::each("exclamations", -4, 16).beyond(2),
];

const CLARITY: &[Term] = &[
    Term::each("sentence_words", -3, 45).beyond(18),
    Term::each("longest_sentence", -1, 25).beyond(35),
    Term::each("words", -1, 25).beyond(120),
    Term::dense("fillers", -3, 30),
    Term::dense("vague", -3, 30),
    Term::dense("jargon", -3, 30),
    Term::dense("hedges", -1, 15),
    Term::each("noise", -15, 60),
];

const SPECIFICITY: &[Term] = &[
    Term::each("specifics", 15, 60),
    Term::each("links", 5, 5),
    Term::dense("vague", -4, 35),
    Term::dense("hedges", -1, 10),
];

const EMPATHY: &[Term] = &[
    Term::each("empathy", 25, 50),
    Term::each("open_questions", 12, 24),
    Term::each("thanks", 6, 6),
    Term::each("second_person", 2, 6),
    Term::each("harsh", -20, 40),
    Term::each("profanity", -10, 30),
    Term::each("blame", -20, 40),
];

const CONFIDENCE: &[Term] = &[
    Term::each("assertive", 12, 24),
    Term::each("specifics", 4, 12),
    Term::dense("hedges", -4, 45),
    Term::dense("fillers", -3, 30),
    Term::each("apologies", -8, 16),
    Term::each("shouting", -2, 10),
];

impl Quality {
    pub const ALL: [Self; 5] = [
        Self::Tone,
        Self::Clarity,
        Self::Specificity,
        Self::Empathy,
        Self::Confidence,
    ];

    /// Where it starts, and what moves it. Nothing else does.
    const fn formula(self) -> (i64, &'static [Term]) {
        match self {
            Self::Tone => (70, TONE),
            Self::Clarity => (90, CLARITY),
            Self::Specificity => (35, SPECIFICITY),
            Self::Empathy => (40, EMPATHY),
            Self::Confidence => (65, CONFIDENCE),
        }
    }

    /// The score of a line, or nothing where it cannot be known: without word lists, or from a few words.
    pub fn score(self, facts: &LineFacts) -> Option<u8> {
        self.explain(facts).map(|score| score.value)
    }

    /// The score of a line with its reasons.
    pub fn explain(self, facts: &LineFacts) -> Option<Score> {
        if facts.listed == 0 || facts.words < WORDS_TO_JUDGE {
            return None;
        }
        let (base, terms) = self.formula();
        let mut parts: Vec<Part> = terms.iter().filter_map(|term| term.part(facts)).collect();
        let sum: i64 = parts.iter().map(|part| i64::from(part.points)).sum();
        parts.sort_by_key(|part| -i32::from(part.points).abs());
        Some(Score {
            quality: self,
            value: u8::try_from((base + sum).clamp(0, 100)).unwrap_or(0),
            base: u8::try_from(base).unwrap_or(0),
            parts,
        })
    }
}
