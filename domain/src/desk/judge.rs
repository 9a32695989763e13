//! When a coach is to be told of somebody.

use super::alert::Raise;
use super::seen::{Seen, Sitting};
use super::signal::{Signal, When};
use super::{Desk, Known};
use crate::ids::UserId;
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
        let holds = |signal: &&Signal| holds(&signal.when, (user, known), (seen, sitting), now);
        for signal in self.signals.iter().filter(holds) {
            let key = (user, signal.id.clone());
            let is_cool =
                (self.raised.get(&key)).is_none_or(|at| now.ms_since(*at) >= signal.cool_down_ms);
            if is_cool {
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

    /// The store could not be asked: it is to be asked again.
    pub fn not_raised(&mut self, raise: &Raise) {
        self.raised.remove(&(raise.learner, raise.signal.clone()));
    }
}

/// Whether what a signal waits for is so.
fn holds(
    when: &When,
    (user, known): (UserId, &Known),
    (seen, sitting): (&Seen, &Sitting),
    now: Timestamp,
) -> bool {
    let is_for =
        |since: Option<Timestamp>, ms: i64| since.is_some_and(|since| now.ms_since(since) >= ms);
    let last = |count: u8| sitting.last.iter().rev().take(usize::from(count));
    match *when {
        When::Stuck { minutes, lines } => {
            seen.is_played()
                && seen.goals_met.len() < usize::from(seen.goals)
                && sitting.since_goal >= lines
                && is_for(seen.progress_at, minutes_ms(minutes))
        }
        When::LowScores { lines, below } => {
            let scores: Vec<u8> = last(u8::MAX).filter_map(|line| line.score).collect();
            let latest = scores.get(..usize::from(lines));
            seen.is_live() && latest.is_some_and(|all| all.iter().all(|score| *score < below))
        }
        When::Silent { minutes } => is_for(seen.owed_since(user), minutes_ms(minutes)),
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
        When::HandUp { seconds } => is_for(sitting.hand, i64::from(seconds) * 1_000),
        When::DisconnectedInContest { seconds } => {
            let away = known
                .away_since
                .filter(|_| !known.is_here(sitting.active_at, now));
            seen.is_contest() && seen.is_live() && is_for(away, i64::from(seconds) * 1_000)
        }
        When::Words { .. } | When::UnfairPlay {} => false,
    }
}

const fn minutes_ms(minutes: u16) -> i64 {
    minutes as i64 * 60_000
}
