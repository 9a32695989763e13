//! Everything a board answers, against a list that is sorted anew each time.

mod ranking;
mod viewer;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::ranking::{Rank, Row};
use super::*;

fn user(number: u32) -> Subject {
    Subject::User(UserId(Uuid::from_u128(number.into())))
}

/// Every third is a team.
fn subject(number: u32) -> Subject {
    if number.is_multiple_of(3) {
        Subject::Team(TeamId(Uuid::from_u128(number.into())))
    } else {
        user(number)
    }
}

fn spec() -> impl Strategy<Value = Spec> {
    let direction = prop::sample::select(vec![Direction::Higher, Direction::Lower]);
    let tie = prop::sample::select(vec![
        TiePolicy::FirstThere,
        TiePolicy::Competition,
        TiePolicy::Dense,
    ]);
    (direction, tie).prop_map(|(direction, tie)| Spec { direction, tie })
}

/// A total out of a few, so that scores, times and versions are often the same. What a version says
/// never changes.
fn total(subjects: u32, scores: i64) -> impl Strategy<Value = Total> {
    (0..subjects, 0..12u64).prop_map(move |(number, version)| {
        let mixed = (i64::from(number) * 31 + version.cast_signed() * 17) % 101;
        Total {
            subject: subject(number),
            score: mixed % scores - scores / 2,
            reached_at: Timestamp(mixed % 4),
            version,
        }
    })
}

/// The whole board, the slow way.
#[derive(Clone, Debug, Default)]
struct Plain {
    spec: Spec,
    totals: BTreeMap<Subject, Total>,
    gone: BTreeMap<Subject, u64>,
}

impl Plain {
    fn new(spec: Spec) -> Self {
        Self {
            spec,
            ..Self::default()
        }
    }

    /// Whether it was news.
    fn apply(&mut self, total: Total) -> bool {
        let known = self.totals.get(&total.subject).map(|known| known.version);
        let gone = self.gone.get(&total.subject).copied();
        if known.max(gone).is_some_and(|known| known >= total.version) {
            return false;
        }
        self.gone.remove(&total.subject);
        self.totals.insert(total.subject, total);
        true
    }

    /// Whether anybody left.
    fn remove(&mut self, subject: Subject, version: u64) -> bool {
        let known = self.totals.get(&subject).map(|known| known.version);
        if known.is_some_and(|known| known > version) {
            return false;
        }
        let gone = self.gone.entry(subject).or_default();
        *gone = version.max(*gone);
        self.totals.remove(&subject).is_some()
    }

    fn rows(&self) -> Vec<Row> {
        let is_better = |one: i64, other: i64| match self.spec.direction {
            Direction::Higher => one > other,
            Direction::Lower => one < other,
        };
        let mut sorted: Vec<&Total> = self.totals.values().collect();
        sorted.sort_by_key(|total| {
            let score = match self.spec.direction {
                Direction::Higher => -total.score,
                Direction::Lower => total.score,
            };
            (score, total.reached_at, total.version, total.subject)
        });
        let scores: Vec<i64> = sorted.iter().map(|total| total.score).collect();
        (0..)
            .zip(sorted)
            .map(|(at, total)| {
                let better = scores
                    .iter()
                    .filter(|&&score| is_better(score, total.score));
                let place = match self.spec.tie {
                    TiePolicy::FirstThere => at as usize,
                    TiePolicy::Competition => better.count(),
                    TiePolicy::Dense => better.collect::<BTreeSet<_>>().len(),
                };
                Row {
                    at,
                    place: u32::try_from(place).unwrap() + 1,
                    subject: total.subject,
                    score: total.score,
                }
            })
            .collect()
    }
}

/// Where a subject stands, the slow way, given the whole board.
fn rank_of(rows: &[Row], subject: Subject) -> Option<Rank> {
    let row = rows.iter().find(|row| row.subject == subject)?;
    let ahead = rows.iter().filter(|other| other.place < row.place).count();
    let others = rows.len() - 1;
    let percentile = ((others - ahead) * 100).checked_div(others).unwrap_or(100);
    Some(Rank {
        at: row.at,
        place: row.place,
        ahead: u32::try_from(ahead).unwrap(),
        percentile: u8::try_from(percentile).unwrap(),
    })
}
