//! Desks in the directory: found or started, fed, and told who is here.

use std::sync::Arc;

use ludus_domain::ids::{CohortId, OrgId, SessionId, UserId};
use ludus_domain::stream::StreamId;

use super::{Desk, Gained, Look, MAILBOX, UnwatchDesk, WatchDesk};
use crate::delivery::start_on;
use crate::directory::{Directory, tell};
use crate::standings::Moved;

impl Directory {
    /// Begins to look at a desk. A watch that cannot be passed on declines by itself.
    pub fn watch_desk(&self, org: OrgId, watch: WatchDesk) {
        let cohort = watch.cohort;
        let start = || {
            let ports = self.ports.desks.clone();
            let arbiter = self.arbiter(cohort.0.as_u128());
            start_on(&arbiter, MAILBOX, move || Desk::new(org, cohort, ports))
        };
        // Dropped, it says so.
        tell(&self.desks, (org, cohort), start, watch).ok();
    }

    /// Looks away. Never fails: who is not there watches nothing.
    pub fn unwatch_desk(&self, org: OrgId, cohort: CohortId, session: SessionId) {
        if let Some(link) = self.desks.get(&(org, cohort)) {
            link.must_tell(UnwatchDesk(session));
        }
    }

    /// Whether the desk somebody watches still runs.
    pub fn has_desk(&self, org: OrgId, cohort: CohortId) -> bool {
        self.desks
            .get(&(org, cohort))
            .is_some_and(|link| link.is_connected())
    }

    /// Feeds the desks of an org what one account gained. One that is too busy reads it within seconds.
    pub fn feed_desks(&self, org: OrgId, moved: &Arc<Moved>) {
        for link in &self.desks {
            if link.key().0 == org {
                link.tell(Gained(Arc::clone(moved))).ok();
            }
        }
    }

    /// Something of a cohort, or of its alerts, is not as it was.
    pub(crate) fn look_at_desk(&self, org: OrgId, stream: StreamId) {
        if let StreamId::Cohort(cohort) = stream
            && let Some(link) = self.desks.get(&(org, cohort))
        {
            // One that is full looks each second anyway.
            link.tell(Look::Anew).ok();
        }
    }

    /// Somebody has one more connection here.
    pub(crate) fn arrive(&self, org: OrgId, user: UserId) {
        self.ports.desks.attendance.arrive(org, user);
    }

    /// Somebody has one less.
    pub(crate) fn depart(&self, org: OrgId, user: UserId) {
        self.ports.desks.attendance.depart(org, user);
    }
}
