//! When a coach is to be told of somebody.

use super::Desk;
use super::alert::{AlertState, Raise};
use super::roll::Whereabouts;
use super::seen::{Seen, Sitting};
use super::signal::{Signal, When};
use crate::ids::UserId;
use crate::slug::SignalId;
use crate::time::Timestamp;

/// How often everybody is looked at for what only time changes.
const LOOK_MS: i64 = 1_000;

impl Desk {
    /// Looks at those of whom something is new, and each second at everybody: whose row reads
    /// differently waits to be told, and what a coach should know is to be raised.
    pub(super) fn look(&mut self, now: Timestamp) -> Vec<Raise> {
        let is_time = (self.looked_at).is_none_or(|at| now.ms_since(at) >= LOOK_MS || now < at);
        let mut touched = std::mem::take(&mut self.touched);
        if is_time {
            self.looked_at = Some(now);
            touched.extend(self.people.keys());
        }
        let mut raises = vec![];
        for user in touched {
            if !self.people.contains_key(&user) {
                continue;
            }
            self.mind_quiet(user, now);
            self.judge(user, now, &mut raises);
            let row = self.row(user, now);
            if let Some(known) = self.people.get_mut(&user)
                && !known.is_due
                && known.shown != row
            {
                known.is_due = true;
                self.due.push_back(user);
            }
        }
        raises
    }

    fn judge(&mut self, user: UserId, now: Timestamp, raises: &mut Vec<Raise>) {
        let (Some(known), Some((room, seen, sitting))) = (self.people.get(&user), self.place(user))
        else {
            return;
        };
        // Whoever cannot be seen is not lost.
        let is_away = known.whereabouts == Whereabouts::Offline
            && !known.is_here(sitting.active_at, now, self.sees_all);
        let away = known.away_since.filter(|_| is_away);
        let holds = |signal: &&Signal| holds(&signal.when, away, (seen, sitting), now);
        for signal in self.signals.iter().filter(holds) {
            let key = (user, signal.id.clone());
            let is_cool =
                (self.raised.get(&key)).is_none_or(|at| now.ms_since(*at) >= signal.cool_down_ms);
            if is_cool && !self.is_snoozed(user, &signal.id, now) {
                raises.push(Raise {
                    learner: user,
                    room: Some(room),
                    signal: signal.id.clone(),
                    severity: signal.severity,
                    cool_down_ms: signal.cool_down_ms,
                });
            }
        }
        let asked = raises.iter().filter(|raise| raise.learner == user);
        let asked: Vec<_> = asked.map(|raise| (user, raise.signal.clone())).collect();
        self.raised.extend(asked.into_iter().map(|key| (key, now)));
    }

    /// Whether a coach has put off to hear of it.
    fn is_snoozed(&self, user: UserId, signal: &SignalId, now: Timestamp) -> bool {
        self.alerts.values().any(|(alert, _)| {
            let is_it = alert.learner == user && alert.signal == *signal;
            is_it && matches!(alert.state, AlertState::Snoozed { until } if now < until)
        })
    }

    /// The store could not be asked: it is to be asked again.
    pub fn not_raised(&mut self, raise: &Raise) {
        self.raised.remove(&(raise.learner, raise.signal.clone()));
    }
}

/// Whether what a signal waits for is so. `away`: since when they have no connection.
fn holds(
    when: &When,
    away: Option<Timestamp>,
    (seen, sitting): (&Seen, &Sitting),
    now: Timestamp,
) -> bool {
    let is_for = |since: Option<Timestamp>, seconds: u16| {
        since.is_some_and(|since| now.ms_since(since) >= i64::from(seconds) * 1_000)
    };
    let last = |count: u8| sitting.last.iter().rev().take(usize::from(count));
    match *when {
        When::Stuck { seconds, lines } => {
            seen.is_played()
                && seen.goals_met.len() < usize::from(seen.goals)
                && sitting.since_goal >= lines
                && is_for(seen.progress_at, seconds)
        }
        When::LowScores { lines, below } => {
            let scores: Vec<u8> = last(u8::MAX).filter_map(|line| line.score).collect();
            let latest = scores.get(..usize::from(lines));
            seen.is_live() && latest.is_some_and(|all| all.iter().all(|score| *score < below))
        }
        When::Silent { seconds } => is_for(seen.owed_since(), seconds),
        When::Rushing {
            lines,
            seconds,
            words,
        } => {
            let is_recent = |at: Timestamp| now.ms_since(at) <= i64::from(seconds) * 1_000;
            let hasty = last(lines).filter(|line| line.words <= words && is_recent(line.at));
            seen.is_live() && hasty.count() == usize::from(lines)
        }
        When::OffTask { lines, of } => {
            let off = last(of).filter(|line| line.is_off).count();
            seen.is_live() && off >= usize::from(lines)
        }
        When::Harsh { lines, of } => {
            let harsh = last(of).filter(|line| line.is_harsh).count();
            seen.is_live() && harsh >= usize::from(lines)
        }
        When::HandUp { seconds } => is_for(sitting.hand, seconds),
        When::DisconnectedInContest { seconds } => {
            seen.is_contest() && seen.is_live() && is_for(away, seconds)
        }
        When::Words { .. } | When::UnfairPlay {} => false,
    }
}
