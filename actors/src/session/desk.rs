//! The desks a session looks at.

use ludus_domain::ids::{CohortId, CommandId};
use ludus_domain::protocol::{DeskPosition, ServerFrame};
use ludus_domain::refusal::Refusal;

use super::Session;
use crate::desk::WatchDesk;
use crate::outbox::Class;
use crate::ports::CommandClass;

impl Session {
    pub(super) fn watch_desk(
        &mut self,
        id: CommandId,
        cohort: CohortId,
        since: Option<DeskPosition>,
    ) {
        if let Err(retry_after_ms) = self.afford(None, CommandClass::Control) {
            if !self.desks.contains(&cohort) {
                self.machine.left_desk(cohort);
            }
            return self.nack(Some(id), Refusal::RateLimited, Some(retry_after_ms));
        }
        self.desks.insert(cohort);
        self.look_at_desk(Some(id), cohort, since);
    }

    fn look_at_desk(&self, id: Option<CommandId>, cohort: CohortId, since: Option<DeskPosition>) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        let lane = self.lane.reference();
        let watch = WatchDesk::new(cohort, (self.id, admitted.viewer()), lane, id, since);
        self.ports.directory.watch_desk(admitted.org, watch);
    }

    pub(super) fn unwatch_desk(&mut self, id: CommandId, cohort: CohortId) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        if !self.desks.remove(&cohort) {
            return self.nack(Some(id), Refusal::NotSubscribed, None);
        }
        self.ports
            .directory
            .unwatch_desk(admitted.org, cohort, self.id);
        let (id, code) = (Some(id), None);
        self.send(
            Class::Control,
            &ServerFrame::DeskUnwatched { id, cohort, code },
        );
    }

    /// A desk that has died left nothing behind; looking again builds it.
    pub(super) fn mind_desks(&self) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        for cohort in &self.desks {
            if !self.ports.directory.has_desk(admitted.org, *cohort) {
                self.look_at_desk(None, *cohort, None);
            }
        }
    }

    /// Looks away from everything, for good.
    pub(super) fn leave_desks(&self) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        for cohort in &self.desks {
            self.ports
                .directory
                .unwatch_desk(admitted.org, *cohort, self.id);
        }
    }
}
