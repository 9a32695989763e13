//! Totals: every change is added wherever it counts.

use std::collections::BTreeMap;

use super::history::Moment;
use crate::game::account::{CONTESTS_MAX, Counts, Entry};
use crate::game::deed::ScoreOp;
use crate::game::total::{Metric, Scope, Window, WindowKind};
use crate::ids::ContestId;
use crate::time::Timestamp;

const KINDS: [WindowKind; 5] = [
    WindowKind::All,
    WindowKind::Season,
    WindowKind::Month,
    WindowKind::Week,
    WindowKind::Day,
];

/// How much there is of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub sum: i64,
    pub best: i64,
    pub last: i64,
    pub sum_at: Timestamp,
    pub best_at: Timestamp,
    pub last_at: Timestamp,
}

/// What happens to a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A line of the ledger.
    Add(i64),
    /// A line that corrects another.
    Correct(i64),
    /// A value takes the place of what was there.
    Set(i64),
    /// A value counts only when it is greater.
    Best(i64),
    /// A value that is so much more than the one that was there.
    Step(i64),
}

pub(super) const fn imported(op: ScoreOp, value: i64) -> Change {
    match op {
        ScoreOp::Set => Change::Set(value),
        ScoreOp::Best => Change::Best(value),
        ScoreOp::Incr => Change::Step(value),
        ScoreOp::Decr => Change::Step(value.saturating_neg()),
    }
}

/// A contest somebody is entered in.
#[derive(Clone, Debug)]
struct Entered {
    counts: Counts,
    /// When it was entered first: nothing from before counts.
    since: Timestamp,
    /// Nothing counts while one is out; who comes back has what they had.
    out: bool,
    /// Positions of the deeds that counted.
    attempts: Vec<u64>,
    sum: Option<Sum>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    totals: BTreeMap<(Scope, Metric, Window), Option<Sum>>,
    contests: BTreeMap<ContestId, Entered>,
}

impl Sums {
    pub(super) fn finish(self) -> BTreeMap<(Scope, Metric, Window), Sum> {
        let known = self.totals.into_iter();
        known.filter_map(|(key, sum)| Some((key, sum?))).collect()
    }

    /// The sum of a metric in the org, since ever.
    pub(super) fn ever(&self, metric: &Metric) -> i64 {
        let key = (Scope::Org, metric.clone(), Window::All);
        self.totals
            .get(&key)
            .and_then(|sum| *sum)
            .map_or(0, |sum| sum.sum)
    }

    pub(super) fn enter(&mut self, contest: ContestId, counts: &Counts, at: Timestamp) {
        self.contests.retain(|_, entered| at < entered.counts.until);
        if let Some(entered) = self.contests.get_mut(&contest) {
            // Who was in is in again, as they were.
            entered.out = false;
            return;
        }
        if counts.until <= at || self.contests.len() >= CONTESTS_MAX {
            return;
        }
        let entered = Entered {
            counts: counts.clone(),
            since: at,
            out: false,
            attempts: vec![],
            sum: None,
        };
        self.contests.insert(contest, entered);
    }

    pub(super) fn leave(&mut self, contest: ContestId) {
        if let Some(entered) = self.contests.get_mut(&contest) {
            entered.out = true;
        }
    }

    /// After a re-score: what is over stands as it was, what still runs is what the replay says.
    pub(super) fn settle(&mut self, before: &Self, entry: &Entry) {
        let Entry { at, now, .. } = entry;
        let runs = |(scope, _, window): &(Scope, Metric, Window)| match scope {
            Scope::Contest(contest) => {
                let entered = before.contests.get(contest);
                entered.is_some_and(|entered| *at < entered.counts.until)
            }
            Scope::Org | Scope::Room(_) => {
                KINDS.iter().any(|kind| now.window(*kind) == Some(*window))
            }
        };
        self.totals.retain(|key, _| runs(key));
        for (key, sum) in &before.totals {
            if !runs(key) {
                self.totals.insert(key.clone(), *sum);
            }
        }
    }

    /// A change of a metric by an entry. `also` is where what it corrects was counted.
    pub(super) fn change(
        &mut self,
        now: &Moment,
        metric: &Metric,
        change: Change,
        also: Option<&Moment>,
    ) {
        let mut scopes = vec![Scope::Org];
        if let Metric::Points(_) | Metric::Skill(_) = metric {
            scopes.extend(now.room.map(Scope::Room));
        }
        for scope in scopes {
            for kind in KINDS {
                let window = now.now.window(kind);
                let is_shared = also.is_none_or(|also| also.now.window(kind) == window);
                if let (Some(window), true) = (window, is_shared) {
                    let sum = self.totals.entry((scope, metric.clone(), window));
                    apply(sum.or_default(), change, now.at);
                }
            }
        }
        self.change_contests(now, metric, change, also);
    }

    fn change_contests(
        &mut self,
        now: &Moment,
        metric: &Metric,
        change: Change,
        also: Option<&Moment>,
    ) {
        for (contest, entered) in &mut self.contests {
            let counts = &entered.counts;
            let since = counts.from.max(entered.since);
            let is_in = |at: Timestamp| since <= at && at < counts.until;
            if entered.out
                || counts.metric != *metric
                || !is_in(now.at)
                || also.is_some_and(|also| !is_in(also.at))
            {
                continue;
            }
            if also.is_none() {
                let is_known = entered.attempts.contains(&now.pos);
                let most = counts.attempts_max.map_or(usize::MAX, |most| most as usize);
                if !is_known && entered.attempts.len() >= most {
                    continue;
                }
                if !is_known {
                    entered.attempts.push(now.pos);
                }
            } else if counts.attempts_max.is_some() {
                continue;
            }
            let key = (Scope::Contest(*contest), metric.clone(), Window::All);
            apply(&mut entered.sum, change, now.at);
            self.totals.insert(key, entered.sum);
        }
    }
}

fn apply(sum: &mut Option<Sum>, change: Change, at: Timestamp) {
    match (sum.as_mut(), change) {
        (None, Change::Correct(by)) => {
            *sum = Some(Sum {
                sum: by,
                sum_at: at,
                ..Sum::default()
            });
        }
        (None, Change::Add(by) | Change::Set(by) | Change::Best(by) | Change::Step(by)) => {
            *sum = Some(Sum {
                sum: by,
                best: by,
                last: by,
                sum_at: at,
                best_at: at,
                last_at: at,
            });
        }
        (Some(sum), Change::Correct(by)) => reach(sum, sum.sum.saturating_add(by), at),
        (Some(sum), Change::Add(by)) => {
            reach(sum, sum.sum.saturating_add(by), at);
            single(sum, by, at);
        }
        (Some(sum), Change::Step(by)) => {
            let value = sum.sum.saturating_add(by);
            reach(sum, value, at);
            single(sum, value, at);
        }
        (Some(sum), Change::Best(value)) if value <= sum.sum => {}
        (Some(sum), Change::Set(value) | Change::Best(value)) => {
            reach(sum, value, at);
            single(sum, value, at);
        }
    }
}

/// Who has a value already has had it since they came to have it.
fn reach(sum: &mut Sum, value: i64, at: Timestamp) {
    if value != sum.sum {
        sum.sum = value;
        sum.sum_at = at;
    }
}

fn single(sum: &mut Sum, value: i64, at: Timestamp) {
    if value != sum.last {
        sum.last = value;
        sum.last_at = at;
    }
    if value > sum.best {
        sum.best = value;
        sum.best_at = at;
    }
}
