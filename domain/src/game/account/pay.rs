//! What a rule pays: caps, cool-downs, diminishing returns, and what is remembered for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Entry;
use super::fold::fold;
use crate::game::calendar::Day;
use crate::game::deed::{Deed, Field};
use crate::game::rules::{Per, Rule};
use crate::time::Timestamp;

/// People a rule pays for in one day when it counts each by itself. Who meets more is not paid for
/// the rest: remembering everybody would let a crowd fill an account.
const PEERS_MAX: usize = 64;

/// Times and points of one period. The period is known by a number: its first day, or the season.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, u32, i64)", into = "(i64, u32, i64)")]
pub(super) struct Span {
    id: i64,
    times: u32,
    points: i64,
}

impl From<(i64, u32, i64)> for Span {
    fn from((id, times, points): (i64, u32, i64)) -> Self {
        Self { id, times, points }
    }
}

impl From<Span> for (i64, u32, i64) {
    fn from(span: Span) -> Self {
        (span.id, span.times, span.points)
    }
}

impl Span {
    /// What it says of a period: nothing, when it is of another.
    const fn of(self, id: i64) -> Self {
        if self.id == id {
            self
        } else {
            Self {
                id,
                times: 0,
                points: 0,
            }
        }
    }

    const fn paid(&mut self, points: i64) {
        self.times = self.times.saturating_add(1);
        self.points = self.points.saturating_add(points);
    }
}

/// The period an entry falls into, as a number. A room is its own period: its tally is kept by room.
pub(super) fn period(per: Per, entry: &Entry) -> i64 {
    match per {
        Per::Day => i64::from(entry.day.0),
        Per::Week => i64::from(entry.day.week().0),
        Per::Season => entry.now.season.map_or(-1, i64::from),
        Per::Room | Per::Ever => 0,
    }
}

/// In which periods something was the first of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Marks(BTreeMap<Per, i64>);

impl Marks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_first(&self, per: Per, entry: &Entry) -> bool {
        self.0.get(&per) != Some(&period(per, entry))
    }

    pub(super) fn mark(&mut self, per: Per, entry: &Entry) {
        self.0.insert(per, period(per, entry));
    }
}

/// How often each peer was paid for on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Peers {
    day: Day,
    times: BTreeMap<u32, u32>,
}

/// What one account remembers of one rule, as far as the rule asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tally {
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    spans: BTreeMap<Per, Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<Peers>,
    #[serde(skip_serializing_if = "Marks::is_empty")]
    pub(super) firsts: Marks,
}

/// What a rule would pay now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Pays(i64),
    /// It has paid lately, or its diminished worth is nothing.
    Nothing,
    /// A cap is reached.
    Capped,
}

/// Whom a deed was done with.
pub(super) fn peer(deed: &Deed) -> Option<Uuid> {
    match deed.field("peer") {
        Some(Field::Peer(user)) => Some(user.0),
        _ => None,
    }
}

impl Tally {
    fn span(&self, per: Per, room: Span, entry: &Entry) -> Span {
        let kept = match per {
            Per::Room => room,
            _ => self.spans.get(&per).copied().unwrap_or_default(),
        };
        kept.of(period(per, entry))
    }

    fn times_with(&self, peer: Uuid, entry: &Entry) -> u32 {
        match &self.peers {
            Some(peers) if peers.day == entry.day => match peers.times.get(&fold(peer)) {
                Some(times) => *times,
                None if peers.times.len() < PEERS_MAX => 0,
                None => u32::MAX,
            },
            _ => 0,
        }
    }

    /// `room` is what the room remembers of the rule.
    pub(super) fn worth(&self, rule: &Rule, deed: &Deed, room: Span, entry: &Entry) -> Worth {
        let cooldown_ms = i64::from(rule.cooldown_s.unwrap_or(0)) * 1000;
        if (self.last).is_some_and(|last| entry.at.ms_since(last) < cooldown_ms) {
            return Worth::Nothing;
        }
        let mut points = rule.points;
        if let Some(diminish) = &rule.diminish {
            let times = self.span(diminish.per, room, entry).times;
            if times >= diminish.after {
                let part = i128::from(points) * i128::from(diminish.percent) / 100;
                points = i64::try_from(part).unwrap_or(i64::MAX);
            }
        }
        for cap in &rule.caps {
            let (times, paid) = if cap.each_peer {
                let times = peer(deed).map_or(u32::MAX, |peer| self.times_with(peer, entry));
                (times, 0)
            } else {
                let span = self.span(cap.per, room, entry);
                (span.times, span.points)
            };
            if cap.times.is_some_and(|most| times >= most) {
                return Worth::Capped;
            }
            if let Some(most) = cap.points {
                let left = most.saturating_sub(paid);
                if left <= 0 {
                    return Worth::Capped;
                }
                points = points.min(left);
            }
        }
        if points > 0 || rule.freezes.is_some_and(|freezes| freezes > 0) {
            Worth::Pays(points)
        } else {
            Worth::Nothing
        }
    }

    /// Remembers a payment, as far as the rule will ask for it.
    pub(super) fn paid(
        &mut self,
        rule: &Rule,
        deed: &Deed,
        points: i64,
        room: &mut Option<Span>,
        entry: &Entry,
    ) {
        self.last = rule.cooldown_s.map(|_| entry.at);
        if rule.caps.iter().any(|cap| cap.each_peer)
            && let Some(peer) = peer(deed)
        {
            let peers = self.peers.get_or_insert_with(|| Peers {
                day: entry.day,
                times: BTreeMap::new(),
            });
            if peers.day != entry.day {
                peers.day = entry.day;
                peers.times.clear();
            }
            let times = peers.times.entry(fold(peer)).or_default();
            *times = times.saturating_add(1);
        } else {
            self.peers = None;
        }
        let whole = rule.caps.iter().filter(|cap| !cap.each_peer);
        let mut pers: Vec<Per> = whole.map(|cap| cap.per).collect();
        pers.extend(rule.diminish.as_ref().map(|diminish| diminish.per));
        pers.sort_unstable();
        pers.dedup();
        for per in pers {
            let span = match per {
                Per::Room => room.get_or_insert_default(),
                _ => self.spans.entry(per).or_default(),
            };
            *span = span.of(period(per, entry));
            span.paid(points);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
