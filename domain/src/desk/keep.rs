//! What a desk is fed: learners, rooms, what is committed in them, who is here, what became of alerts.

use std::collections::VecDeque;

use super::alert::{Alert, AlertState};
use super::attention::{Facts, QUIET_MS, weigh};
use super::headline::HeadlineKind;
use super::roll::Whereabouts;
use super::row::{DeskRoom, DeskRow, Mood, trend};
use super::seen::{Hosted, Line, Meant, Seen, Sitting};
use super::{
    ALERTS_MAX, Desk, GONE_MAX, Known, LEARNERS_MAX, Learner, Missed, RESULTS_MAX, ROOMS_MAX,
    Results,
};
use crate::board::Tick;
use crate::ids::{AlertId, RoomId, UserId};
use crate::journal::{Fact, Recorded};
use crate::room::Event;
use crate::time::Timestamp;

/// Lines that the mood is read from.
const MOOD_LINES: usize = 5;
/// Of them so many make one.
const MOOD_FROM: usize = 2;
/// Somebody who did something is here for so long where it is not known who is at other nodes.
const HERE_MS: i64 = 60_000;

impl Desk {
    /// Puts a learner on the desk, or takes in what is new of them. Answers whether there is a place.
    pub fn enroll(&mut self, user: UserId, learner: Learner) -> bool {
        if let Some(known) = self.people.get_mut(&user) {
            if known.learner != learner {
                known.learner = learner;
                self.touched.insert(user);
            }
            return true;
        }
        if self.people.len() >= LEARNERS_MAX {
            return false;
        }
        let known = Known {
            learner,
            results: Results::default(),
            whereabouts: Whereabouts::Unknown,
            away_since: None,
            is_quiet: false,
            shown: None,
            told: Tick(0),
            is_due: false,
        };
        self.people.insert(user, known);
        self.gone.retain(|(_, gone)| *gone != user);
        self.touched.insert(user);
        true
    }

    /// Takes a learner off the desk, with everything that is known of them.
    pub fn remove(&mut self, user: UserId) {
        if self.people.remove(&user).is_none() {
            return;
        }
        self.touched.remove(&user);
        self.due.retain(|due| *due != user);
        self.seats.remove(&user);
        self.raised.retain(|(of, _), _| *of != user);
        let settled: Vec<AlertId> = (self.alerts.values())
            .filter(|(alert, _)| alert.learner == user)
            .map(|(alert, _)| alert.id)
            .collect();
        for alert in settled {
            self.settle(alert);
        }
        let next = self.next();
        push(&mut self.gone, (next, user));
    }

    fn next(&self) -> Tick {
        Tick(self.tick.0 + 1)
    }

    /// Begins to follow a room, or begins anew.
    pub fn host(&mut self, hosted: &Hosted) {
        if self.rooms.len() >= ROOMS_MAX && !self.rooms.contains_key(&hosted.room) {
            return;
        }
        self.forsake(hosted.room);
        let seen = Seen::host(hosted);
        for user in seen.sitting.keys() {
            self.seats.entry(*user).or_default().insert(hosted.room);
            self.touched.insert(*user);
        }
        self.rooms.insert(hosted.room, seen);
    }

    /// Follows a room no longer.
    pub fn forsake(&mut self, room: RoomId) {
        let Some(seen) = self.rooms.remove(&room) else {
            return;
        };
        for user in seen.sitting.keys() {
            if let Some(rooms) = self.seats.get_mut(user) {
                rooms.remove(&room);
            }
            self.touched.insert(*user);
        }
    }

    /// What was committed in a room. Said twice, it is heard once. Answers what was missed before it:
    /// then nothing was taken in.
    pub fn heard(&mut self, room: RoomId, events: &[Recorded]) -> Option<Missed> {
        let seen = self.rooms.get_mut(&room)?;
        for recorded in events {
            if recorded.seq > seen.seq.next() {
                let after = seen.seq;
                return Some(Missed { room, after });
            }
            let meant = seen.take(recorded);
            // A hall of thousands is not gone through for a line of one.
            let everybody = seen.sitting.keys().filter(|_| is_everybodys(recorded));
            let concerned = everybody.chain(recorded.by.as_ref());
            for user in concerned.chain(meant.iter().map(|(user, _)| user)) {
                if self.people.contains_key(user) {
                    self.touched.insert(*user);
                    self.seats.entry(*user).or_default().insert(room);
                }
            }
            for (user, meant) in meant {
                let Some(known) = self.people.get_mut(&user) else {
                    continue;
                };
                let (kind, count) = match meant {
                    Meant::Said => continue,
                    Meant::GoalsMet(count) => (HeadlineKind::GoalsMet, count),
                    Meant::HandUp => (HeadlineKind::HandsUp, 1),
                    Meant::Finished(result) => {
                        known.results.add(result, recorded.at);
                        (HeadlineKind::Finished, result)
                    }
                };
                self.log.note(recorded.at, kind, user, count);
            }
        }
        None
    }

    /// Whether every node could be asked who is there. While not, somebody who did something lately counts as
    /// here.
    pub fn sees_all(&mut self, sees_all: bool) {
        self.sees_all = sees_all;
    }

    /// Where somebody's connections are.
    pub fn present(&mut self, user: UserId, whereabouts: Whereabouts, now: Timestamp) {
        let Some(known) = self.people.get_mut(&user) else {
            return;
        };
        let was = std::mem::replace(&mut known.whereabouts, whereabouts);
        if whereabouts == Whereabouts::Online {
            known.away_since = None;
        } else {
            known.away_since.get_or_insert(now);
        }
        if was == whereabouts {
            return;
        }
        // Whoever was here when the desk was opened has not come; and whoever could not be seen for a while
        // has neither come nor gone.
        let kind = match (was, whereabouts) {
            (Whereabouts::Offline, Whereabouts::Online) => Some(HeadlineKind::Came),
            (Whereabouts::Online, Whereabouts::Offline) => Some(HeadlineKind::Went),
            _ => None,
        };
        if let Some(kind) = kind {
            self.log.note(now, kind, user, 1);
        }
        self.touched.insert(user);
    }

    /// What somebody's account has.
    pub fn standing(&mut self, user: UserId, streak: Option<u16>, today: Option<i64>) {
        let Some(known) = self.people.get_mut(&user) else {
            return;
        };
        let learner = &mut known.learner;
        learner.streak = streak.unwrap_or(learner.streak);
        learner.today = today.unwrap_or(learner.today);
        self.touched.insert(user);
    }

    /// How somebody's practices went before the desk was opened.
    pub fn practised(&mut self, user: UserId, results: Results) {
        if let Some(known) = self.people.get_mut(&user) {
            known.results = results;
            self.touched.insert(user);
        }
    }

    /// The alerts of the cohort as the store has them: those that matter still.
    pub fn alerts(&mut self, stored: Vec<Alert>) {
        let mut gone: Vec<AlertId> = self.alerts.keys().copied().collect();
        for alert in stored.into_iter().take(ALERTS_MAX) {
            gone.retain(|id| *id != alert.id);
            let is_known = (self.alerts.get(&alert.id)).is_some_and(|(known, _)| *known == alert);
            let is_ours = self.people.contains_key(&alert.learner);
            if is_known || !is_ours || alert.state == AlertState::Dismissed {
                continue;
            }
            let key = (alert.learner, alert.signal.clone());
            let raised = self.raised.entry(key).or_insert(alert.raised_at);
            *raised = (*raised).max(alert.raised_at);
            self.touched.insert(alert.learner);
            self.settled.retain(|(_, settled)| *settled != alert.id);
            self.alerts.insert(alert.id, (alert, self.next()));
            self.is_alerted = true;
        }
        for alert in gone {
            self.settle(alert);
        }
    }

    fn settle(&mut self, alert: AlertId) {
        if let Some((alert, _)) = self.alerts.remove(&alert) {
            self.touched.insert(alert.learner);
            let next = self.next();
            push(&mut self.settled, (next, alert.id));
            self.is_alerted = true;
        }
    }

    /// The room that matters most of those somebody sits in.
    pub(super) fn place(&self, user: UserId) -> Option<(RoomId, &Seen, &Sitting)> {
        let rooms = self.seats.get(&user)?;
        let seated = rooms.iter().filter_map(|room| {
            let seen = self.rooms.get(room)?;
            let sitting = seen.sitting.get(&user)?;
            sitting.is_seated.then_some((*room, seen, sitting))
        });
        seated.max_by_key(|(room, seen, sitting)| {
            (
                seen.phase != crate::room::Phase::Ended,
                seen.is_played(),
                sitting.active_at,
                *room,
            )
        })
    }

    /// The row of a learner as it is now.
    pub(super) fn row(&self, user: UserId, now: Timestamp) -> Option<DeskRow> {
        let known = self.people.get(&user)?;
        let learner = &known.learner;
        let place = self.place(user);
        let sitting = place.map(|(_, _, sitting)| sitting);
        let scores: Vec<u8> = sitting
            .into_iter()
            .flat_map(|sitting| sitting.last.iter().filter_map(|line| line.score))
            .collect();
        let active_at = sitting.and_then(|sitting| sitting.active_at);
        let (mut alerts, mut urgent) = (0, 0);
        for (alert, _) in self.alerts.values() {
            if alert.learner == user && alert.is_open(now) {
                alerts += 1;
                urgent += u16::from(alert.severity == super::alert::Severity::Urgent);
            }
        }
        let mut row = DeskRow {
            user,
            name: learner.name.clone(),
            team: learner.team,
            online: known.is_here(active_at, now, self.sees_all),
            room: place.map(|(room, seen, _)| Box::new(shown(room, seen))),
            active_at,
            lines: sitting.map_or(0, |sitting| sitting.lines),
            trend: trend(scores.iter().copied()),
            scores,
            results: known.results.last.clone(),
            results_trend: trend(known.results.last.iter().copied()),
            mood: sitting.map_or(Mood::Unknown, |sitting| mood(&sitting.last)),
            streak: learner.streak,
            today: learner.today,
            hand: sitting.and_then(|sitting| sitting.hand),
            alerts,
            attention: 0,
            reasons: vec![],
            at_risk: 0,
            risks: vec![],
        };
        let facts = Facts {
            urgent,
            owed_since: place.and_then(|(_, seen, _)| seen.owed_since()),
            progress_at: place
                .filter(|(_, seen, _)| seen.goals > 0)
                .and_then(|(_, seen, _)| seen.progress_at),
            is_played: place.is_some_and(|(_, seen, _)| seen.is_played()),
            practised_at: known.results.at,
        };
        weigh(&mut row, &facts, now);
        Some(row)
    }

    /// Looks whether somebody has gone quiet since the last time.
    pub(super) fn mind_quiet(&mut self, user: UserId, now: Timestamp) {
        let owed = (self.place(user)).and_then(|(_, seen, _)| seen.owed_since());
        let is_quiet = owed.is_some_and(|since| now.ms_since(since) >= QUIET_MS);
        let Some(known) = self.people.get_mut(&user) else {
            return;
        };
        if is_quiet && !known.is_quiet {
            let since = owed.unwrap_or(now).plus_ms(QUIET_MS);
            self.log.note(since, HeadlineKind::WentQuiet, user, 1);
        }
        known.is_quiet = is_quiet;
    }
}

/// Whether an event changes what is shown of everybody in its room.
fn is_everybodys(recorded: &Recorded) -> bool {
    matches!(
        recorded.fact,
        Fact::Room(
            Event::Renamed { .. }
                | Event::SeatTaken { .. }
                | Event::SeatHandedBack { .. }
                | Event::PhaseChanged { .. }
                | Event::SceneClosed {}
                | Event::TurnAsked {
                    why: crate::room::Why::Opening,
                    ..
                }
        )
    )
}

impl Results {
    fn add(&mut self, result: u16, at: Timestamp) {
        self.last.push(result);
        let over = self.last.len().saturating_sub(RESULTS_MAX);
        self.last.drain(..over);
        self.at = Some(at);
    }
}

impl Known {
    pub(super) fn is_here(
        &self,
        active_at: Option<Timestamp>,
        now: Timestamp,
        sees_all: bool,
    ) -> bool {
        let acted = || active_at.is_some_and(|at| now.ms_since(at) < HERE_MS);
        self.whereabouts == Whereabouts::Online || (!sees_all && acted())
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == GONE_MAX {
        list.pop_front();
    }
    list.push_back(item);
}

fn shown(room: RoomId, seen: &Seen) -> DeskRoom {
    let scene = seen.plan.scene.as_ref();
    let cast = scene.and_then(|scene| scene.cast.first());
    DeskRoom {
        room,
        kind: seen.plan.kind,
        phase: seen.phase,
        title: seen.plan.title.clone(),
        scenario: scene.and_then(|scene| scene.scenario.clone()),
        persona: cast.map_or(String::new(), |seat| seat.name.clone()),
        goals_met: u16::try_from(seen.goals_met.len()).unwrap_or(u16::MAX),
        goals: seen.goals,
        live_ms: seen.live_ms,
        since: seen.since,
        taken_by: seen.taken_by,
        over: seen.is_over,
    }
}

fn mood(last: &VecDeque<Line>) -> Mood {
    let lines = || last.iter().rev().take(MOOD_LINES);
    if lines().next().is_none() {
        Mood::Unknown
    } else if lines().filter(|line| line.is_harsh).count() >= MOOD_FROM {
        Mood::Tense
    } else if lines().filter(|line| line.is_warm).count() >= MOOD_FROM {
        Mood::Warm
    } else {
        Mood::Even
    }
}
