//! How much an account has in the windows that run now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::game::total::{Metric, Now, Scope, Total, WindowKind};
use crate::time::Timestamp;

/// How many metrics are added up for one account in one place; a further one is not. Content has
/// a dozen, and imports are bound to metrics that are known, so this is only met by mischief.
const METRICS_MAX: usize = 64;

const KINDS: [WindowKind; 5] = [
    WindowKind::All,
    WindowKind::Season,
    WindowKind::Month,
    WindowKind::Week,
    WindowKind::Day,
];

/// What happens to a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A line of the ledger. It adds up; `best` and `last` are single lines.
    Add(i64),
    /// A line that corrects others: only the sum knows of it.
    Correct(i64),
    /// The value is this now, and was never added up. `best` is the greatest it ever was.
    Set(i64),
    Incr(i64),
    /// Counts only when it is more than what was there.
    Better(i64),
}

/// How much of one metric in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub(super) struct Cell {
    pub(super) sum: i64,
    best: i64,
    last: i64,
    sum_at: Timestamp,
    best_at: Timestamp,
    last_at: Timestamp,
}

/// Sum, best, last, the instant of the sum, and how long before it the other two were reached: an
/// account has a hundred of these, and most of them are short so.
type Packed = (i64, i64, i64, i64, i64, i64);

impl From<Packed> for Cell {
    fn from((sum, best, last, sum_at, best_ago, last_ago): Packed) -> Self {
        Self {
            sum,
            best,
            last,
            sum_at: Timestamp(sum_at),
            best_at: Timestamp(sum_at.wrapping_sub(best_ago)),
            last_at: Timestamp(sum_at.wrapping_sub(last_ago)),
        }
    }
}

impl From<Cell> for Packed {
    fn from(cell: Cell) -> Self {
        let at = cell.sum_at.0;
        (
            cell.sum,
            cell.best,
            cell.last,
            at,
            at.wrapping_sub(cell.best_at.0),
            at.wrapping_sub(cell.last_at.0),
        )
    }
}

impl Cell {
    const fn new(value: i64, at: Timestamp) -> Self {
        Self {
            sum: value,
            best: value,
            last: value,
            sum_at: at,
            best_at: at,
            last_at: at,
        }
    }

    const fn zero(at: Timestamp) -> Self {
        Self::new(0, at)
    }

    fn add(&mut self, points: i64, last: i64, best: i64, at: Timestamp) {
        if points != 0 {
            self.sum = self.sum.saturating_add(points);
            self.sum_at = at;
        }
        if best > self.best {
            self.best = best;
            self.best_at = at;
        }
        if last != self.last {
            self.last = last;
            self.last_at = at;
        }
    }

    fn hold(&mut self, value: i64, at: Timestamp) {
        self.add(value.saturating_sub(self.sum), value, value, at);
        self.sum = value;
    }

    pub(super) fn changed(was: Option<Self>, change: Change, at: Timestamp) -> Self {
        let Some(mut cell) = was else {
            return match change {
                Change::Correct(points) => Self {
                    sum: points,
                    ..Self::zero(at)
                },
                Change::Add(value)
                | Change::Set(value)
                | Change::Incr(value)
                | Change::Better(value) => Self::new(value, at),
            };
        };
        match change {
            Change::Add(points) => cell.add(points, points, points, at),
            Change::Correct(points) => cell.add(points, cell.last, cell.best, at),
            Change::Set(value) => cell.hold(value, at),
            Change::Incr(by) => cell.hold(cell.sum.saturating_add(by), at),
            Change::Better(value) if value > cell.sum => cell.hold(value, at),
            Change::Better(_) => {}
        }
        cell
    }

    pub(super) fn total(
        self,
        scope: Scope,
        metric: Metric,
        window: crate::game::total::Window,
    ) -> Total {
        Total {
            scope,
            metric,
            window,
            sum: self.sum,
            best: self.best,
            last: self.last,
            sum_at: self.sum_at,
            best_at: self.best_at,
            last_at: self.last_at,
        }
    }
}

/// One metric, in the windows that run, in the order of [`KINDS`].
type Row = [Option<Cell>; 5];

/// Every metric of one place (the org, a room), in the windows that run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cells {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    now: Option<Now>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metrics: BTreeMap<Metric, Row>,
}

impl Cells {
    pub(super) const fn now(&self) -> Option<Now> {
        self.now
    }

    /// Windows that are over make room for those that began. What they held stands in the store.
    pub(super) fn roll(&mut self, now: Now) {
        let Some(was) = self.now.replace(now).filter(|was| *was != now) else {
            return;
        };
        let over = KINDS.map(|kind| was.window(kind) != now.window(kind));
        for row in self.metrics.values_mut() {
            for (cell, over) in row.iter_mut().zip(over) {
                if over {
                    *cell = None;
                }
            }
        }
    }

    /// Changes a metric in every window that holds both now and `also`; a line counts in no window
    /// that its source is not in.
    pub(super) fn change(&mut self, metric: &Metric, change: Change, also: Now, at: Timestamp) {
        let Some(now) = self.now else { return };
        let row = if self.metrics.contains_key(metric) {
            self.metrics.get_mut(metric)
        } else if self.metrics.len() < METRICS_MAX {
            Some(self.metrics.entry(metric.clone()).or_default())
        } else {
            None
        };
        let Some(row) = row else { return };
        for (cell, kind) in row.iter_mut().zip(KINDS) {
            // The short way for what corrects nothing: months take a while to compute.
            let is_there = kind != WindowKind::Season || now.season.is_some();
            if is_there && (now == also || now.window(kind) == also.window(kind)) {
                *cell = Some(Cell::changed(*cell, change, at));
            }
        }
    }

    pub(super) fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.metrics.keys()
    }

    /// A metric in all windows that run.
    pub(super) fn totals(&self, scope: Scope, metric: &Metric) -> impl Iterator<Item = Total> {
        let row = self.metrics.get(metric).into_iter().flatten().zip(KINDS);
        row.filter_map(move |(cell, kind)| {
            let window = self.now?.window(kind)?;
            Some((*cell)?.total(scope, metric.clone(), window))
        })
    }

    /// The same, and nothing where there is none. Said, not kept: what comes later is the first of its window.
    pub(super) fn totals_or_nothing(
        &self,
        scope: Scope,
        metric: &Metric,
        at: Timestamp,
    ) -> impl Iterator<Item = Total> {
        let row = self.metrics.get(metric).copied().unwrap_or_default();
        row.into_iter().zip(KINDS).filter_map(move |(cell, kind)| {
            let window = self.now?.window(kind)?;
            let cell = cell.unwrap_or(Cell::zero(at));
            Some(cell.total(scope, metric.clone(), window))
        })
    }

    /// What there is of a metric since ever.
    pub(super) fn sum(&self, metric: &Metric) -> i64 {
        let cell = self.metrics.get(metric).and_then(|row| row.first());
        cell.copied().flatten().map_or(0, |cell| cell.sum)
    }
}
