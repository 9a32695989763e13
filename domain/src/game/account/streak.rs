//! Days in a row, by the learner's own calendar.
//!
//! A local day never goes back, so whoever travels west has a longer day and loses nothing. Who
//! travels east loses hours: days that a change of zone skips are excused, at most once a week.
//! A day without practice is bridged by a freeze if there are enough for the whole gap; else the
//! streak ends, and can be brought back on the day of the return by practising more.

use serde::{Deserialize, Serialize};

use crate::game::calendar::Day;
use crate::game::gain::StreakNews;
use crate::game::rules::StreakPolicy;

/// Days between two excused changes of zone.
const EXCUSE_DAYS: i32 = 7;

/// Skipped days, from the first to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Excused(Day, Day);

impl Excused {
    /// How many of the days strictly between two are excused.
    fn between(self, after: Day, before: Day) -> i32 {
        let first = self.0.max(after.plus(1));
        let end = self.1.min(before);
        end.since(first).max(0)
    }
}

/// A streak that ended, while it can still be brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Broken {
    days: u32,
    /// Counted deeds since the return.
    deeds: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Streak {
    days: u32,
    best: u32,
    /// The last day that counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Day>,
    freezes: u32,
    /// Only on the day of the return.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Broken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excused: Option<Excused>,
}

/// A streak, looked at on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreakView {
    /// Days in a row so far; 0 when the streak has ended.
    pub days: u32,
    /// Whether this day counts already.
    pub today: bool,
    pub best: u32,
    /// Freezes left.
    pub freezes: u32,
    /// How many of them practising on this day would use.
    pub frozen: u32,
    /// Counted deeds still to do on this day to bring a broken streak back, and the days it then has.
    pub repair: Option<(u32, u32)>,
}

impl Streak {
    /// Days that were missed between the last one and this, beyond those excused.
    fn missed(&self, last: Day, day: Day) -> u32 {
        let gap = day.since(last).saturating_sub(1);
        let excused = self.excused.map_or(0, |days| days.between(last, day));
        u32::try_from(gap.saturating_sub(excused)).unwrap_or(0)
    }

    /// Days in a row if the day is one of them, else 0.
    pub(super) fn on(&self, day: Day) -> u32 {
        if self.last == Some(day) { self.days } else { 0 }
    }

    pub(super) fn view(&self, policy: &StreakPolicy, day: Day) -> StreakView {
        let missed = self.last.map_or(0, |last| self.missed(last, day));
        let is_alive = self.last.is_some() && missed <= self.freezes;
        let today = self.last == Some(day);
        let repair = match self.broken {
            Some(broken) if today => Some((
                policy.repair_deeds.saturating_sub(broken.deeds),
                broken.days.saturating_add(1),
            )),
            None if !is_alive && self.days > 1 && missed <= policy.repair_days => {
                (policy.repair_deeds > 0)
                    .then(|| (policy.repair_deeds, self.days.saturating_add(1)))
            }
            _ => None,
        };
        StreakView {
            days: if is_alive { self.days } else { 0 },
            today,
            best: self.best,
            freezes: self.freezes,
            frozen: if is_alive { missed } else { 0 },
            repair,
        }
    }

    /// The zone changed, and with it the day: those skipped are excused, at most once a week.
    pub(super) fn travel(&mut self, from: Day, to: Day) {
        let lately = self
            .excused
            .is_some_and(|Excused(_, end)| from.since(end) < EXCUSE_DAYS);
        if to > from && !lately {
            self.excused = Some(Excused(from, to));
        }
    }

    pub(super) fn freeze(&mut self, policy: &StreakPolicy, freezes: u32) {
        let most = policy.freezes_max.max(self.freezes);
        self.freezes = self.freezes.saturating_add(freezes).min(most);
    }

    /// A counted deed was done. Answers when there is something to tell.
    pub(super) fn practise(&mut self, policy: &StreakPolicy, day: Day) -> Option<StreakNews> {
        match self.last {
            // A day never goes back; a row that says so changes nothing.
            Some(last) if last > day => None,
            Some(last) if last == day => self.go_on(policy),
            last => Some(self.begin(policy, last, day)),
        }
    }

    /// A further deed of a day that counts already may bring back what was broken.
    fn go_on(&mut self, policy: &StreakPolicy) -> Option<StreakNews> {
        let broken = self.broken.as_mut()?;
        broken.deeds = broken.deeds.saturating_add(1);
        self.repaired(policy).then_some(StreakNews {
            days: self.days,
            frozen: 0,
            freezes: self.freezes,
            broke: 0,
            repaired: true,
        })
    }

    fn repaired(&mut self, policy: &StreakPolicy) -> bool {
        match self.broken {
            Some(broken) if broken.deeds >= policy.repair_deeds => {
                self.broken = None;
                self.lengthen(policy, broken.days.saturating_add(1));
                true
            }
            _ => false,
        }
    }

    fn begin(&mut self, policy: &StreakPolicy, last: Option<Day>, day: Day) -> StreakNews {
        let missed = last.map_or(0, |last| self.missed(last, day));
        self.last = Some(day);
        self.broken = None;
        let (mut frozen, mut broke, mut repaired) = (0, 0, false);
        if missed <= self.freezes {
            frozen = missed;
            self.freezes -= missed;
            self.lengthen(policy, self.days.saturating_add(1));
        } else {
            broke = self.days;
            let days = self.days;
            self.lengthen(policy, 1);
            // A streak of one day is not worth the effort, and a policy may know no repair.
            if days > 1 && missed <= policy.repair_days && policy.repair_deeds > 0 {
                self.broken = Some(Broken { days, deeds: 1 });
                repaired = self.repaired(policy);
            }
        }
        StreakNews {
            days: self.days,
            frozen,
            freezes: self.freezes,
            broke: if repaired { 0 } else { broke },
            repaired,
        }
    }

    fn lengthen(&mut self, policy: &StreakPolicy, days: u32) {
        self.days = days;
        self.best = self.best.max(days);
        if policy.freeze_every > 0 && days.is_multiple_of(policy.freeze_every) {
            self.freeze(policy, 1);
        }
    }
}
