//! A leaderboard: who stands where, what moved in a tick, and what each viewer is to be told.
//!
//! It knows ids and numbers. Names, rights, scopes, windows of time and the store are somebody
//! else's: a board is built once from totals, and then fed totals as they are committed. A total
//! is absolute and has a version, so repeats and reordering are harmless.
//!
//! Reading order: [`ranking`] keeps the order (over `blocks` of `run`s, counted with `fenwick`, of
//! the numbers of its `members`, found by an `index`); [`moves`] says which part of the order a tick
//! has touched; [`viewer`] decides what a viewer is told; [`window`] is what a client makes of it.
//!
//! Two numbers say where a subject stands. `at` is its position in the total order, from 0, and
//! different for everybody; pages and windows are cut by it. `place` is what is shown, from 1, and
//! shared by equals if the board's [`TiePolicy`] says so.

mod blocks;
mod fenwick;
mod index;
mod members;
pub mod moves;
pub mod pseudonym;
pub mod ranking;
mod run;
pub mod teams;
pub mod viewer;
pub mod window;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{Epoch, TeamId, UserId};
use crate::time::Timestamp;

use self::moves::{Moves, Pending};
use self::ranking::Ranking;

/// How many ticks a viewer may have missed and still be told only what moved. At ten ticks a
/// second this is a tunnel of 25 s; more would cost memory for viewers who need most rows anyway.
pub const TICKS_KEPT: usize = 256;

/// Who stands on a board.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    User(UserId),
    Team(TeamId),
}

/// Which score is the better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
    Higher,
    /// As with times and mistakes.
    Lower,
}

/// What equal scores mean for the place that is shown. In the order itself, who reached the score
/// earlier always stands before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TiePolicy {
    /// Nobody shares a place: 1, 2, 3, 4.
    #[default]
    FirstThere,
    /// Equals share a place, and the places they take up are left out: 1, 2, 2, 4.
    Competition,
    /// Equals share a place, and none is left out: 1, 2, 2, 3.
    Dense,
}

/// How a board orders and counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Spec {
    pub direction: Direction,
    pub tie: TiePolicy,
}

/// What a subject has, in all: never a difference, so that it may be said twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    pub subject: Subject,
    pub score: i64,
    /// When this score was reached: who was there first stands before their equals.
    pub reached_at: Timestamp,
    /// The account's position when this total was written. A total with an older or equal version
    /// than the one known says nothing new. Also the second word of a tie.
    pub version: u64,
}

/// How often a board has moved since it was built. Counts only ticks in which something moved.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = u64)]
pub struct Tick(pub u64);

/// A ranking that remembers what moved lately.
///
/// Whoever owns it feeds it totals as they come, and calls [`Board::tick`] as often as viewers are
/// to be told something; then lets each [`viewer::View`] look.
#[derive(Debug)]
pub struct Board {
    epoch: Epoch,
    tick: Tick,
    ranking: Ranking,
    /// What moved since the last tick.
    pending: Pending,
    /// What moved in the latest ticks, oldest first, without a gap.
    ring: VecDeque<Moves>,
}

impl Board {
    /// Builds a board from totals in any order. Of several totals of one subject the newest counts.
    ///
    /// `epoch` must differ from that of any other board a viewer may have seen in its stead, on
    /// this node before or on another one: ticks are comparable only within it.
    pub fn build(epoch: Epoch, spec: Spec, totals: impl IntoIterator<Item = Total>) -> Self {
        Self {
            epoch,
            tick: Tick(0),
            ranking: Ranking::build(spec, totals),
            pending: Pending::default(),
            ring: VecDeque::new(),
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The latest tick.
    pub fn now(&self) -> Tick {
        self.tick
    }

    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Takes totals in, in any order and however often. Answers how many of them were news.
    pub fn apply(&mut self, totals: impl IntoIterator<Item = Total>) -> usize {
        let mut news = 0;
        for total in totals {
            if let Some(moved) = self.ranking.apply(total) {
                self.pending.note(moved);
                news += 1;
            }
        }
        news
    }

    /// Takes a subject off the board, as [`Ranking::remove`] does. Answers whether it stood there.
    pub fn remove(&mut self, subject: Subject, version: u64) -> bool {
        let moved = self.ranking.remove(subject, version);
        if let Some(moved) = moved {
            self.pending.note(moved);
        }
        moved.is_some()
    }

    /// Whether the next tick will have something to tell.
    pub fn is_restless(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Closes a tick: what moved since the one before, or nothing if nothing has.
    pub fn tick(&mut self) -> Option<&Moves> {
        if self.pending.is_empty() {
            return None;
        }
        self.tick = Tick(self.tick.0 + 1);
        let moves = std::mem::take(&mut self.pending).close(self.tick);
        if self.ring.len() == TICKS_KEPT {
            self.ring.pop_front();
        }
        self.ring.push_back(moves);
        self.ring.back()
    }

    /// What moved in the ticks after `tick`, or nothing when memory does not reach back so far (or
    /// that tick is yet to come).
    pub fn since(&self, tick: Tick) -> Option<impl Iterator<Item = &Moves> + Clone> {
        let missed = usize::try_from(self.tick.0.checked_sub(tick.0)?).ok()?;
        let known = self.ring.len().checked_sub(missed)?;
        Some(self.ring.range(known..))
    }
}

#[cfg(test)]
mod tests;
