//! Cohorts: those one is in, and for coaches those one leads.

use ludus_domain::ids::{CohortId, TeamId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::text;

use super::caller::OnceKey;
use super::{Caller, Coach, Denied};
use crate::store::cohorts::{Cohort, CohortMember, Moved, Spot, Team};
use crate::store::idempotency::Done;
use crate::store::people::fresh;

impl Caller {
    pub async fn cohorts(
        &self,
        after: Option<CohortId>,
        limit: u64,
    ) -> Result<Vec<Cohort>, Denied> {
        let store = self.people.store();
        Ok(store.cohorts_page(self.actor(), after, limit).await?)
    }

    pub async fn cohort(&self, id: CohortId) -> Result<(Cohort, Vec<Team>), Denied> {
        let found = self.people.store().cohort(self.actor(), id).await?;
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    pub async fn cohort_members(
        &self,
        id: CohortId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<CohortMember>, Denied> {
        let store = self.people.store();
        let found = store
            .cohort_members_page(self.actor(), id, after, limit)
            .await?;
        Ok(found.ok_or(Refusal::NotFound)?)
    }
}

impl Coach {
    pub async fn add_cohort(
        &self,
        once: Option<OnceKey>,
        title: &str,
    ) -> Result<Done<Cohort>, Denied> {
        let new = Cohort {
            id: CohortId(fresh()),
            title: text::title(title)?,
            created_at: self.0.people.now(),
        };
        let store = self.0.people.store();
        let done = store
            .add_cohort(self.0.once(once), self.0.actor(), new)
            .await?;
        Ok(self.told(done).await)
    }

    pub async fn rename_cohort(
        &self,
        once: Option<OnceKey>,
        id: CohortId,
        title: &str,
    ) -> Result<Done<Cohort>, Denied> {
        let title = text::title(title)?;
        let store = self.0.people.store();
        let done = store
            .rename_cohort(self.0.once(once), self.0.actor(), id, title)
            .await?;
        Ok(self.told(done).await)
    }

    pub async fn put_cohort_member(
        &self,
        once: Option<OnceKey>,
        id: CohortId,
        user: UserId,
        spot: Spot,
    ) -> Result<Done<CohortMember>, Denied> {
        let store = self.0.people.store();
        let (once, actor) = (self.0.once(once), self.0.actor());
        let done = store.put_cohort_member(once, actor, id, user, spot).await?;
        Ok(self.told(done).await)
    }

    pub async fn drop_cohort_member(
        &self,
        once: Option<OnceKey>,
        id: CohortId,
        user: UserId,
    ) -> Result<Done<()>, Denied> {
        let store = self.0.people.store();
        let (once, actor) = (self.0.once(once), self.0.actor());
        let done = store.drop_cohort_member(once, actor, id, user).await?;
        Ok(self.told(done).await)
    }

    pub async fn add_team(
        &self,
        once: Option<OnceKey>,
        cohort: CohortId,
        title: &str,
    ) -> Result<Done<Team>, Denied> {
        let new = Team {
            id: TeamId(fresh()),
            title: text::title(title)?,
        };
        let store = self.0.people.store();
        let (once, actor) = (self.0.once(once), self.0.actor());
        let done = store.add_team(once, actor, cohort, new).await?;
        self.0.people.boards_changed(self.0.who.org);
        Ok(done)
    }

    pub(super) async fn must_lead(&self, id: CohortId) -> Result<(), Denied> {
        let store = self.0.people.store();
        Ok(store.leads(self.0.actor(), id).await?)
    }

    pub(super) async fn told<T>(&self, done: Done<Moved<T>>) -> Done<T> {
        if !done.replayed {
            self.0.people.ring(self.0.who.org, &done.value.streams);
            self.0.people.roster_changed(self.0.who.org).await;
        }
        done.map(|moved| moved.value)
    }
}
