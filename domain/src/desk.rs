//! The coach's desk: everybody of a cohort at once, and who needs somebody now.
//!
//! It knows ids, numbers and names, and nothing that anybody said. It is built once from what the
//! store has, and then fed what is committed, who is here, what accounts have, and the time. It
//! answers which rows changed, at most [`ROWS_PER_TICK_MAX`] of them a tick, so that a storm costs
//! as much as a breeze; what waits goes first the next time.
//!
//! Reading order: [`row`] is a learner as a coach sees them; `seen` follows one room; `attention`
//! makes the numbers the grid is sorted by; [`signal`] and `judge` say when a coach is to be told;
//! [`alert`] is what becomes of that; [`roll`] knows who is at other nodes; [`headline`] sums up five minutes; [`totals`] is a cohort
//! without anybody in it.

pub mod alert;
mod attention;
pub mod headline;
mod judge;
mod keep;
pub mod roll;
pub mod row;
mod seen;
pub mod signal;
pub mod totals;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use crate::board::Tick;
use crate::ids::{AlertId, Epoch, RoomId, Seq, TeamId, UserId};
use crate::slug::SignalId;
use crate::time::Timestamp;

use self::alert::{Alert, Raise};
use self::headline::{Headline, Log};
use self::roll::Whereabouts;
use self::row::DeskRow;
pub use self::seen::Hosted;
use self::seen::Seen;
use self::signal::Signals;
pub use crate::roster::Access;

/// Frames to a coach are no closer than this: four a second.
pub const TICK_MS: u64 = 250;
/// Rows of one frame. Larger, a frame of a storm would be; smaller, the last row of three hundred
/// would be older than a second.
pub const ROWS_PER_TICK_MAX: usize = 100;
/// Learners on one desk. A cohort has more than a coach can see long before.
pub const LEARNERS_MAX: usize = 500;
/// Rooms that are followed, the liveliest first known.
pub const ROOMS_MAX: usize = 1_000;
/// Alerts on one desk, the newest.
pub const ALERTS_MAX: usize = 300;
/// Results of practices that are shown.
pub const RESULTS_MAX: usize = 5;
/// Learners who left that a coming back coach can be told of.
const GONE_MAX: usize = 256;

/// A learner as the store has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learner {
    pub name: String,
    pub team: Option<TeamId>,
    pub streak: u16,
    /// Points of today.
    pub today: i64,
}

/// How somebody's last practices went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Per mille, oldest first.
    pub last: Vec<u16>,
    /// When the last one was.
    pub at: Option<Timestamp>,
}

/// What is new to somebody who has all up to a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Builds on that tick; without it, it is everything there is.
    pub after: Option<Tick>,
    pub tick: Tick,
    pub rows: Vec<DeskRow>,
    /// Learners who are no longer on the desk.
    pub gone: Vec<UserId>,
    pub alerts: Vec<Alert>,
    /// Alerts that are no longer on the desk.
    pub settled: Vec<AlertId>,
    /// All of them, where they changed.
    pub headlines: Option<Vec<Headline>>,
}

/// Somebody on the desk.
#[derive(Debug)]
struct Known {
    learner: Learner,
    results: Results,
    whereabouts: Whereabouts,
    /// Since when no connection of theirs is known.
    away_since: Option<Timestamp>,
    /// Whether they count as one who has gone quiet.
    is_quiet: bool,
    /// What was told of them last, and when.
    shown: Option<DeskRow>,
    told: Tick,
    /// It waits to be told.
    is_due: bool,
}

/// The desk of one cohort.
#[derive(Debug)]
pub struct Desk {
    epoch: Epoch,
    tick: Tick,
    signals: Arc<Signals>,
    people: BTreeMap<UserId, Known>,
    rooms: HashMap<RoomId, Seen>,
    /// The rooms somebody sits in.
    seats: HashMap<UserId, BTreeSet<RoomId>>,
    /// Whose row may read differently.
    touched: BTreeSet<UserId>,
    /// Whose row does, in the order they became so.
    due: VecDeque<UserId>,
    gone: VecDeque<(Tick, UserId)>,
    alerts: BTreeMap<AlertId, (Alert, Tick)>,
    settled: VecDeque<(Tick, AlertId)>,
    /// Something of the alerts changed since the last tick.
    is_alerted: bool,
    /// When somebody was last told of, so that a desk asks once for each cool-down.
    raised: HashMap<(UserId, SignalId), Timestamp>,
    log: Log,
    headlines: Vec<Headline>,
    headlines_at: Tick,
    /// When everybody was last looked at for what only time changes.
    looked_at: Option<Timestamp>,
    /// Where people are is known of all nodes, and needs not be guessed from what they did.
    sees_all: bool,
}

/// Events of a room were missed: these, from the one after `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    pub room: RoomId,
    pub after: Seq,
}

impl Desk {
    /// An empty desk. `epoch` differs from that of any other desk of this cohort.
    pub fn new(epoch: Epoch, signals: Arc<Signals>) -> Self {
        Self {
            epoch,
            tick: Tick(0),
            signals,
            people: BTreeMap::new(),
            rooms: HashMap::new(),
            seats: HashMap::new(),
            touched: BTreeSet::new(),
            due: VecDeque::new(),
            gone: VecDeque::new(),
            alerts: BTreeMap::new(),
            settled: VecDeque::new(),
            is_alerted: false,
            raised: HashMap::new(),
            log: Log::default(),
            headlines: vec![],
            headlines_at: Tick(0),
            looked_at: None,
            sees_all: false,
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The latest tick.
    pub fn now(&self) -> Tick {
        self.tick
    }

    pub fn learners(&self) -> impl Iterator<Item = UserId> {
        self.people.keys().copied()
    }

    /// How far a room is known; `None` when it is not followed.
    pub fn position(&self, room: RoomId) -> Option<Seq> {
        self.rooms.get(&room).map(|seen| seen.seq)
    }

    pub fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.rooms.keys().copied()
    }

    /// The rows as they were last told.
    pub fn rows(&self) -> impl Iterator<Item = &DeskRow> + Clone {
        self.people
            .values()
            .filter_map(|known| known.shown.as_ref())
    }

    /// Closes a tick: whether there is something to tell, and what is to be raised.
    pub fn tick(&mut self, now: Timestamp) -> (bool, Vec<Raise>) {
        let raises = self.look(now);
        let headlines = self.log.headlines(now);
        let are_new = headlines != self.headlines;
        if self.due.is_empty() && !self.is_alerted && !are_new && !self.has_left() {
            return (false, raises);
        }
        self.tick = Tick(self.tick.0 + 1);
        self.is_alerted = false;
        if are_new {
            self.headlines = headlines;
            self.headlines_at = self.tick;
        }
        for _ in 0..ROWS_PER_TICK_MAX {
            let Some(user) = self.due.pop_front() else {
                break;
            };
            let row = self.row(user, now);
            if let (Some(row), Some(known)) = (row, self.people.get_mut(&user)) {
                known.is_due = false;
                known.told = self.tick;
                known.shown = Some(row);
            }
        }
        (true, raises)
    }

    /// Whether somebody left of whom the coaches were not told.
    fn has_left(&self) -> bool {
        self.gone.back().is_some_and(|(tick, _)| *tick > self.tick)
    }

    /// What somebody is to be told who has all up to a position; everything, where that is not known.
    pub fn since(&self, position: Option<(Epoch, Tick)>) -> Change {
        let after = position
            .filter(|(epoch, _)| *epoch == self.epoch)
            .map(|(_, tick)| tick)
            .filter(|tick| *tick <= self.tick && self.remembers(*tick));
        let is_new = |tick: Tick| after.is_none_or(|after| tick > after);
        let rows = self.people.values().filter(|known| is_new(known.told));
        let alerts = self.alerts.values();
        let left = |list: &VecDeque<(Tick, UserId)>| -> Vec<UserId> {
            let left = list
                .iter()
                .filter(|(tick, _)| after.is_some() && is_new(*tick));
            let left = left.filter(|(_, user)| !self.people.contains_key(user));
            left.map(|(_, user)| *user).collect()
        };
        let settled = self.settled.iter();
        Change {
            after,
            tick: self.tick,
            rows: rows.filter_map(|known| known.shown.clone()).collect(),
            gone: left(&self.gone),
            alerts: alerts
                .filter(|(_, tick)| is_new(*tick))
                .map(|(alert, _)| alert.clone())
                .collect(),
            settled: settled
                .filter(|(tick, _)| after.is_some() && is_new(*tick))
                .map(|(_, alert)| *alert)
                .collect(),
            headlines: is_new(self.headlines_at).then(|| self.headlines.clone()),
        }
    }

    /// Whether memory reaches back to a tick: who left and what was settled since then is known.
    fn remembers(&self, tick: Tick) -> bool {
        let reaches = |oldest: Option<Tick>, len: usize| {
            len < GONE_MAX || oldest.is_none_or(|oldest| oldest <= tick)
        };
        reaches(self.gone.front().map(|(tick, _)| *tick), self.gone.len())
            && reaches(
                self.settled.front().map(|(tick, _)| *tick),
                self.settled.len(),
            )
    }
}

#[cfg(test)]
mod tests;
