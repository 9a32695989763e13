//! A cohort in a few numbers, out of which nobody can be singled out.
//!
//! Three things see to it. A number is of [`GROUP_MIN`] people at least, or it is not told. Counts are
//! in fives, means in coarse steps. And a number *holds*: it is the same until [`GROUP_MIN`] people at
//! least have another value than each of the last times it was told (having come and having gone are
//! values too). So whatever two of these somebody subtracts, the difference is of five people or more.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::row::{DeskRow, Mood};
use crate::ids::UserId;

/// The smallest group that is told of, and the smallest difference between two that are.
pub const GROUP_MIN: usize = 5;
/// Tellings that the next one is compared with. Older ones are of another hour.
const TOLD_MAX: usize = 16;
const COUNT_STEP: u32 = 5;
const SCORE_STEP: i64 = 5;
const RESULT_STEP: i64 = 50;

/// A cohort without anybody in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeskTotals {
    /// All counts are in fives, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learners: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<u32>,
    /// In a scene that is played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practising: Option<u32>,
    /// Who need attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_need: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tense: Option<u32>,
    /// The mean of the last lines, of 100, in fives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// The mean of the last practices, per mille, in fifties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<i64>,
}

/// One number that holds.
#[derive(Clone, Debug, Default)]
struct Held {
    /// Everybody's value each of the last times it was told, the latest last.
    told: VecDeque<BTreeMap<UserId, i64>>,
}

/// How many people have another value in the one than in the other, or are in one only.
fn apart(one: &BTreeMap<UserId, i64>, other: &BTreeMap<UserId, i64>) -> usize {
    let gone = one.keys().filter(|user| !other.contains_key(user)).count();
    let news = other
        .iter()
        .filter(|(user, value)| one.get(user) != Some(value));
    gone + news.count()
}

impl Held {
    /// Takes in how everybody is now. Answers what is to be told, of whom.
    fn take(&mut self, now: BTreeMap<UserId, i64>) -> Option<&BTreeMap<UserId, i64>> {
        if now.len() < GROUP_MIN {
            // What was told stays what later ones are compared with.
            return None;
        }
        let may_be_told = self.told.iter().all(|before| {
            let apart = apart(before, &now);
            apart == 0 || apart >= GROUP_MIN
        });
        if may_be_told && self.told.back() != Some(&now) {
            if self.told.len() == TOLD_MAX {
                self.told.pop_front();
            }
            self.told.push_back(now);
        }
        self.told.back()
    }

    fn count(&mut self, now: BTreeMap<UserId, i64>) -> Option<u32> {
        let told = self.take(now)?;
        let count = told.values().filter(|value| **value > 0).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Some(count / COUNT_STEP * COUNT_STEP)
    }

    fn mean(&mut self, now: BTreeMap<UserId, i64>, step: i64) -> Option<i64> {
        let told = self.take(now)?;
        let count = i64::try_from(told.len()).unwrap_or(i64::MAX).max(1);
        let mean = told.values().sum::<i64>() / count;
        Some((mean + step / 2) / step * step)
    }
}

/// The numbers of one cohort, and what was told of them. Kept for as long as anybody may compare.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    learners: Held,
    online: Held,
    practising: Held,
    in_need: Held,
    tense: Held,
    score: Held,
    result: Held,
}

impl Aggregate {
    /// The numbers as they may be told now.
    pub fn take<'a>(&mut self, rows: impl Iterator<Item = &'a DeskRow> + Clone) -> DeskTotals {
        let values = |value: &dyn Fn(&DeskRow) -> Option<i64>| -> BTreeMap<UserId, i64> {
            rows.clone()
                .filter_map(|row| Some((row.user, value(row)?)))
                .collect()
        };
        let is_so = |is_so: bool| Some(i64::from(is_so));
        let plays = |row: &DeskRow| {
            let room = row.room.as_ref();
            room.is_some_and(|room| room.since.is_some() && !room.over)
        };
        DeskTotals {
            learners: self.learners.count(values(&|_| Some(1))),
            online: self.online.count(values(&|row| is_so(row.online))),
            practising: self.practising.count(values(&|row| is_so(plays(row)))),
            in_need: self.in_need.count(values(&|row| is_so(row.attention > 0))),
            tense: self
                .tense
                .count(values(&|row| is_so(row.mood == Mood::Tense))),
            score: self
                .score
                .mean(values(&|row| mean(&row.scores)), SCORE_STEP),
            result: self
                .result
                .mean(values(&|row| mean(&row.results)), RESULT_STEP),
        }
    }
}

fn mean<N: Copy + Into<i64>>(numbers: &[N]) -> Option<i64> {
    let sum: i64 = numbers.iter().map(|number| (*number).into()).sum();
    sum.checked_div(i64::try_from(numbers.len()).ok()?)
}
