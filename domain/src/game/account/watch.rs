//! What looks like farming. It is told to the desk; nothing is ever taken for it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fold::fold;
use crate::game::calendar::Day;
use crate::game::gain::Suspicion;
use crate::time::Timestamp;

/// Paid deeds in a minute that no person does while meaning them.
const PAID_A_MINUTE: u32 = 30;
/// Signs of one week before their senders are looked at.
const SIGNS_LEAST: u32 = 20;
/// The part of them, in per cent, that is too much from one person.
const ONE_PEER_PERCENT: u32 = 60;
/// Days in a row on which a cap was reached.
const CAPPED_DAYS: u32 = 7;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Watch {
    /// When the minute that is counted began, and what was paid in it.
    minute: (Timestamp, u32),
    /// The last day this was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    told_fast: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signs: Option<Signs>,
    /// The last day a cap was reached, and how many in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    capped: Option<(Day, u32)>,
}

/// Reactions and kudos of a week, and the one person who may have sent most of them (Boyer and
/// Moore's vote: whoever has the majority is the one who is left).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Signs {
    week: Day,
    all: u32,
    candidate: u32,
    votes: u32,
    /// Signs of the candidate since they are it: at most what they really sent.
    theirs: u32,
    told: bool,
}

impl Watch {
    pub(super) fn paid(&mut self, at: Timestamp, day: Day) -> Option<Suspicion> {
        let (since, count) = &mut self.minute;
        if at.ms_since(*since) >= 60_000 {
            *since = at;
            *count = 0;
        }
        *count = count.saturating_add(1);
        let is_fast = *count > PAID_A_MINUTE && self.told_fast != Some(day);
        is_fast.then(|| {
            self.told_fast = Some(day);
            Suspicion::TooFast
        })
    }

    pub(super) fn sign(&mut self, peer: Uuid, day: Day) -> Option<Suspicion> {
        let week = day.week();
        let fresh = Signs {
            week,
            all: 0,
            candidate: 0,
            votes: 0,
            theirs: 0,
            told: false,
        };
        let signs = self.signs.get_or_insert(fresh);
        if signs.week != week {
            *signs = fresh;
        }
        let peer = fold(peer);
        signs.all = signs.all.saturating_add(1);
        if signs.votes == 0 && signs.candidate != peer {
            signs.candidate = peer;
            signs.theirs = 0;
        }
        if signs.candidate == peer {
            signs.votes = signs.votes.saturating_add(1);
            signs.theirs = signs.theirs.saturating_add(1);
        } else {
            signs.votes = signs.votes.saturating_sub(1);
        }
        let theirs = u64::from(signs.theirs) * 100;
        let is_one = signs.all >= SIGNS_LEAST
            && theirs >= u64::from(signs.all) * u64::from(ONE_PEER_PERCENT);
        (is_one && !signs.told).then(|| {
            signs.told = true;
            Suspicion::OnePeer
        })
    }

    pub(super) fn capped(&mut self, day: Day) -> Option<Suspicion> {
        let days = match self.capped {
            Some((last, _)) if last >= day => return None,
            Some((last, days)) if day.since(last) == 1 => days.saturating_add(1),
            _ => 1,
        };
        self.capped = Some((day, days));
        days.is_multiple_of(CAPPED_DAYS)
            .then_some(Suspicion::CapEveryDay)
    }
}
