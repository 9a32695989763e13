//! Days in a row, freezes and repair.

use std::collections::BTreeSet;

use crate::game::calendar::Day;
use crate::game::rules::StreakPolicy;

/// Days between two changes of zone that are excused.
const EXCUSE_DAYS: i32 = 7;

/// How a streak stood at the last entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// Days in a row, up to the last day that counted.
    pub days: u32,
    pub best: u32,
    pub freezes: u32,
}

/// A streak that ended on the day of a return.
#[derive(Clone, Copy, Debug)]
struct Broken {
    days: u32,
    /// Counted deeds since, on that day.
    deeds: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    last: Option<Day>,
    length: u32,
    best: u32,
    freezes: u32,
    broken: Option<Broken>,
    excused: BTreeSet<Day>,
    excused_on: Option<Day>,
}

impl Days {
    pub(super) const fn days(&self) -> u32 {
        self.length
    }

    pub(super) const fn view(&self) -> Streak {
        Streak {
            days: self.length,
            best: self.best,
            freezes: self.freezes,
        }
    }

    /// Days in a row when a day is one of them, else 0.
    pub(super) fn on(&self, day: Day) -> u32 {
        if self.last == Some(day) {
            self.length
        } else {
            0
        }
    }

    pub(super) fn grant(&mut self, freezes: u32, most: u32) {
        if freezes > 0 {
            self.freezes = self
                .freezes
                .max(self.freezes.saturating_add(freezes).min(most));
        }
    }

    /// A change of zone takes a clock from one day to a later one.
    pub(super) fn excuse(&mut self, from: Day, to: Day) {
        let is_soon = self
            .excused_on
            .is_some_and(|last| from.since(last) < EXCUSE_DAYS);
        if from < to && !is_soon {
            self.excused_on = Some(from);
            self.excused.extend((from.0..to.0).map(Day));
        }
    }

    /// A counted deed; answers with the streak when a day begins with it.
    pub(super) fn counted(&mut self, policy: &StreakPolicy, day: Day) -> Option<u32> {
        if self.last == Some(day) {
            self.repair(policy);
            return None;
        }
        let missed: u32 = self.last.map_or(0, |last| {
            let between = (last.0 + 1..day.0).map(Day);
            let missed = between.filter(|day| !self.excused.contains(day)).count();
            u32::try_from(missed).unwrap_or(u32::MAX)
        });
        self.broken = None;
        if missed <= self.freezes {
            self.freezes -= missed;
            self.length += 1;
        } else {
            let can_be_repaired =
                self.length > 1 && policy.repair_deeds > 0 && missed <= policy.repair_days;
            self.broken = can_be_repaired.then_some(Broken {
                days: self.length,
                deeds: 0,
            });
            self.length = 1;
        }
        self.last = Some(day);
        self.earn(policy);
        self.repair(policy);
        Some(self.length)
    }

    /// One more counted deed of the day of a return.
    fn repair(&mut self, policy: &StreakPolicy) {
        let Some(broken) = &mut self.broken else {
            return;
        };
        broken.deeds += 1;
        if broken.deeds >= policy.repair_deeds {
            self.length += broken.days;
            self.broken = None;
            self.earn(policy);
        }
    }

    fn earn(&mut self, policy: &StreakPolicy) {
        self.best = self.best.max(self.length);
        if policy.freeze_every > 0 && self.length.is_multiple_of(policy.freeze_every) {
            self.grant(1, policy.freezes_max);
        }
    }
}
