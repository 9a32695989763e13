//! What desks ask of the world: who is in a cohort, where they sit, what became of alerts.

use std::fmt::Debug;
use std::sync::Arc;

use ludus_domain::audience::Viewer;
use ludus_domain::desk::alert::{Alert, Raise};
use ludus_domain::desk::signal::Signals;
use ludus_domain::desk::{Access, Hosted, Learner, Results};
use ludus_domain::ids::{CohortId, Epoch, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::Fault;

use crate::ports::Answer;
use crate::standings::Compares;

/// A cohort as the store has it.
#[derive(Clone, Debug)]
pub struct OpenDesk {
    pub title: String,
    /// A fresh one each time.
    pub epoch: Epoch,
    /// In the order they were added, as many as there are places for.
    pub learners: Vec<(UserId, Learner)>,
    /// Those for whom there is none.
    pub beyond: u32,
    /// Which totals are the points of today; they are told as they are committed.
    pub today: Option<Compares>,
    /// Which are the days in a row.
    pub streak: Option<Compares>,
}

/// What is looked at each second: small, and true whoever hosts the rooms.
#[derive(Clone, Debug, Default)]
pub struct Glance {
    /// Rooms that have not ended and in which a learner of the cohort sits, with how far they are.
    pub rooms: Vec<(RoomId, Seq)>,
    /// Alerts of the cohort that matter still.
    pub alerts: Vec<Alert>,
}

/// The store's side of desks.
pub trait Coaching: Send + Sync + Debug {
    /// What somebody may see of a cohort; nothing too when there is none. The one place that is asked.
    fn access_of(
        &self,
        org: OrgId,
        cohort: CohortId,
        viewer: Viewer,
    ) -> Answer<Result<Option<Access>, Fault>>;
    /// Who learns in a cohort; `None` when there is none.
    fn open(&self, org: OrgId, cohort: CohortId) -> Answer<Result<Option<OpenDesk>, Fault>>;
    /// How the last practices of its learners went.
    fn results(
        &self,
        org: OrgId,
        cohort: CohortId,
    ) -> Answer<Result<Vec<(UserId, Results)>, Fault>>;
    fn glance(&self, org: OrgId, cohort: CohortId) -> Answer<Result<Glance, Fault>>;
    /// A room with its latest events; `None` when there is none.
    fn room(&self, org: OrgId, room: RoomId) -> Answer<Result<Option<Hosted>, Fault>>;
    /// Raises alerts, but for those of which one was raised within the cool-down, by whomever.
    fn raise(&self, org: OrgId, cohort: CohortId, raises: Vec<Raise>) -> Answer<Result<(), Fault>>;
    /// What a coach is to be told of.
    fn signals(&self) -> Arc<Signals>;
}

/// A world in which nobody coaches.
#[derive(Clone, Copy, Debug)]
pub struct NoCoaching;

impl Coaching for NoCoaching {
    fn access_of(&self, _: OrgId, _: CohortId, _: Viewer) -> Answer<Result<Option<Access>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn open(&self, _: OrgId, _: CohortId) -> Answer<Result<Option<OpenDesk>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn results(&self, _: OrgId, _: CohortId) -> Answer<Result<Vec<(UserId, Results)>, Fault>> {
        Box::pin(std::future::ready(Ok(vec![])))
    }

    fn glance(&self, _: OrgId, _: CohortId) -> Answer<Result<Glance, Fault>> {
        Box::pin(std::future::ready(Ok(Glance::default())))
    }

    fn room(&self, _: OrgId, _: RoomId) -> Answer<Result<Option<Hosted>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn raise(&self, _: OrgId, _: CohortId, _: Vec<Raise>) -> Answer<Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn signals(&self) -> Arc<Signals> {
        Arc::default()
    }
}
