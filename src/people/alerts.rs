//! Alerts over REST: what the coaches of a cohort were told of, and what they do about it.

use ludus_domain::desk::alert::{Alert, AlertAct};
use ludus_domain::ids::{AlertId, CohortId};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

use super::caller::OnceKey;
use super::{Coach, Denied};
use crate::store::alerts::Acted;
use crate::store::idempotency::Done;

impl Coach {
    pub(crate) async fn alerts(
        &self,
        cohort: CohortId,
        open: bool,
        before: Option<(Timestamp, AlertId)>,
        limit: u64,
    ) -> Result<Vec<Alert>, Denied> {
        let store = self.0.people.store();
        let actor = self.0.actor();
        Ok(store
            .alerts_page(actor, cohort, open, before, limit)
            .await?)
    }

    pub(crate) async fn alert(
        &self,
        cohort: CohortId,
        id: AlertId,
    ) -> Result<(Alert, Vec<Acted>), Denied> {
        let store = self.0.people.store();
        Ok(store.alert(self.0.actor(), cohort, id).await?)
    }

    /// Does something about an alert; every desk of the cohort sees it.
    pub(crate) async fn act_on_alert(
        &self,
        once: Option<OnceKey>,
        cohort: CohortId,
        id: AlertId,
        act: AlertAct,
    ) -> Result<Done<Alert>, Denied> {
        let store = self.0.people.store();
        let (once, actor) = (self.0.once(once), self.0.actor());
        let done = store.act_on_alert(once, actor, cohort, id, act).await?;
        if !done.replayed {
            self.0
                .people
                .ring(self.0.who.org, &[StreamId::Cohort(cohort)]);
        }
        Ok(done)
    }
}
