//! The contests somebody is entered in, and what they have in each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cells::{Cell, Change};
use crate::game::total::{Metric, Scope, Total, Window};
use crate::ids::ContestId;
use crate::time::Timestamp;

/// Contests somebody is in at a time.
pub const CONTESTS_MAX: usize = 16;

/// What a contest counts of an entrant. Journalled with the entry, so that what counts is known
/// from the journal alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Counts {
    pub metric: Metric,
    /// The first instant that counts..
    pub from: Timestamp,
    /// ..and the first that no longer does.
    pub until: Timestamp,
    /// Deeds that change the metric; those beyond do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entered {
    counts: Counts,
    /// Nothing from before counts.
    since: Timestamp,
    /// Deeds that counted, and the position of the last: one deed may pay twice.
    attempts: (u32, u64),
    /// Left, but not forgotten before it is over: whoever comes back has what they had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    left: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cell: Option<Cell>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Contests(BTreeMap<ContestId, Entered>);

impl Contests {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_in(&self, contest: ContestId) -> bool {
        self.0.get(&contest).is_some_and(|entered| !entered.left)
    }

    pub(super) fn may_enter(&self, at: Timestamp) -> bool {
        let open = self.0.values().filter(|entered| entered.counts.until > at);
        open.count() < CONTESTS_MAX
    }

    /// Contests that are over change no more.
    pub(super) fn forget(&mut self, at: Timestamp) {
        self.0.retain(|_, entered| entered.counts.until > at);
    }

    pub(super) fn enter(&mut self, contest: ContestId, counts: &Counts, at: Timestamp) {
        if let Some(entered) = self.0.get_mut(&contest) {
            entered.left = false;
        } else if counts.until > at && self.0.len() < CONTESTS_MAX {
            let entered = Entered {
                counts: counts.clone(),
                since: at.max(counts.from),
                attempts: (0, 0),
                left: false,
                cell: None,
            };
            self.0.insert(contest, entered);
        }
    }

    pub(super) fn leave(&mut self, contest: ContestId) {
        if let Some(entered) = self.0.get_mut(&contest) {
            entered.left = true;
        }
    }

    /// A metric changed by a deed at `pos`; `also` is when the source of a correction was.
    pub(super) fn change(
        &mut self,
        metric: &Metric,
        change: Change,
        at: Timestamp,
        also: Timestamp,
        pos: u64,
    ) {
        for entered in self.0.values_mut() {
            let Entered {
                counts,
                since,
                attempts,
                left,
                cell,
            } = entered;
            let is_in = |at: Timestamp| *since <= at && at < counts.until;
            if *left || counts.metric != *metric || !is_in(at) || !is_in(also) {
                continue;
            }
            if let Change::Correct(_) = change {
                // Whether the source was one of the attempts that counted is not remembered.
                if counts.attempts_max.is_some() {
                    continue;
                }
            } else if attempts.1 != pos {
                if counts.attempts_max.is_some_and(|most| attempts.0 >= most) {
                    continue;
                }
                *attempts = (attempts.0.saturating_add(1), pos);
            }
            *cell = Some(Cell::changed(*cell, change, at));
        }
    }

    /// What there is in each contest; with `nothing`, also where nothing counted yet.
    pub(super) fn totals(&self, nothing: Option<Timestamp>) -> impl Iterator<Item = Total> {
        self.0.iter().filter_map(move |(contest, entered)| {
            let zero = || nothing.map(|at| Cell::changed(None, Change::Set(0), at));
            let cell = entered.cell.or_else(zero)?;
            Some(cell.total(
                Scope::Contest(*contest),
                entered.counts.metric.clone(),
                Window::All,
            ))
        })
    }
}
