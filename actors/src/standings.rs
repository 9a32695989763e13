//! What boards ask of the world: who stands on them, with what, and who may look.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use ludus_domain::audience::Viewer;
use ludus_domain::board::Spec;
use ludus_domain::game::plan::{BoardKey, Order, TeamFold};
use ludus_domain::game::total::{Metric, Scope, Total, Window};
use ludus_domain::ids::{Epoch, OrgId, TeamId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::protocol::BoardAbout;
use ludus_domain::time::Timestamp;

use crate::ports::Answer;

/// Which totals a board compares, and which value of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compares {
    pub scope: Scope,
    pub metric: Metric,
    pub window: Window,
    pub order: Order,
}

impl Compares {
    /// The value that counts, and when it was reached; `None` for a total of something else.
    pub fn value(&self, total: &Total) -> Option<(i64, Timestamp)> {
        let is_it =
            total.scope == self.scope && total.metric == self.metric && total.window == self.window;
        is_it.then_some(match self.order {
            Order::Sum => (total.sum, total.sum_at),
            Order::Best => (total.best, total.best_at),
            Order::Last => (total.last, total.last_at),
        })
    }
}

/// Somebody who stands on a board, as the others may know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standee {
    /// By the board's policy: their name, the one they chose for boards, or a made-up one.
    pub name: Arc<str>,
    /// Where teams are ranked: their team. Without one they count for nobody.
    pub team: Option<TeamId>,
}

/// One person's value, as the store has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    pub user: UserId,
    pub score: i64,
    pub reached_at: Timestamp,
    /// The account's position when it was written.
    pub version: u64,
}

/// A board as the store has it now.
#[derive(Clone, Debug)]
pub struct OpenBoard {
    pub about: BoardAbout,
    pub spec: Spec,
    pub compares: Compares,
    pub fold: Option<TeamFold>,
    /// A fresh one each time: positions in an earlier one mean nothing.
    pub epoch: Epoch,
    pub values: Vec<Value>,
    /// Who stands on it. Whoever is not in here does not: they left boards, or are not of its scope.
    pub standees: HashMap<UserId, Standee>,
    pub teams: HashMap<TeamId, Arc<str>>,
}

/// What one account gained, committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub user: UserId,
    pub version: u64,
    pub totals: Vec<Total>,
}

/// The store's side of boards.
pub trait Standings: Send + Sync + Debug {
    /// Whether somebody may look at a board; `false` too when there is none.
    fn may_watch(&self, org: OrgId, board: BoardKey, viewer: Viewer)
    -> Answer<Result<bool, Fault>>;
    /// A board in its current window, whole; `None` when there is none.
    fn open(&self, org: OrgId, board: BoardKey) -> Answer<Result<Option<OpenBoard>, Fault>>;
    /// What some people have of what a board compares; nothing of who never gained any.
    fn values(
        &self,
        org: OrgId,
        compares: Compares,
        users: Arc<[UserId]>,
    ) -> Answer<Result<Vec<Value>, Fault>>;
    /// How somebody who was not there when the board was opened stands on it; `None`: not at all.
    fn standee(
        &self,
        org: OrgId,
        board: BoardKey,
        user: UserId,
    ) -> Answer<Result<Option<Standee>, Fault>>;
}

/// A world without boards.
#[derive(Clone, Copy, Debug)]
pub struct NoBoards;

impl Standings for NoBoards {
    fn may_watch(&self, _: OrgId, _: BoardKey, _: Viewer) -> Answer<Result<bool, Fault>> {
        Box::pin(std::future::ready(Ok(false)))
    }

    fn open(&self, _: OrgId, _: BoardKey) -> Answer<Result<Option<OpenBoard>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn values(&self, _: OrgId, _: Compares, _: Arc<[UserId]>) -> Answer<Result<Vec<Value>, Fault>> {
        Box::pin(std::future::ready(Ok(vec![])))
    }

    fn standee(&self, _: OrgId, _: BoardKey, _: UserId) -> Answer<Result<Option<Standee>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
