//! What cohorts are to practise: coaches assign it, learners see what waits for them.

use std::collections::BTreeMap;

use ludus_domain::ids::{AssignmentId, CohortId, UserId};
use ludus_domain::practice::Library;
use ludus_domain::practice::assigned::SAYS_CHARS_MAX;
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::ScenarioId;
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::caller::OnceKey;
use super::{Caller, Coach, Denied};
use crate::store::assignments::{Assignment, Standing};
use crate::store::idempotency::Done;
use crate::store::people::fresh;

/// What is to be practised, by whom and until when.
#[derive(Clone, Debug)]
pub(crate) struct NewAssignment {
    pub(crate) scenario: ScenarioId,
    pub(crate) user: Option<UserId>,
    pub(crate) says: Option<String>,
    pub(crate) due_at: Option<Timestamp>,
}

impl Caller {
    /// What one is to practise.
    pub(crate) async fn own_assignments(&self) -> Result<Vec<(Assignment, Standing)>, Denied> {
        Ok(self.people.store().own_assignments(self.actor()).await?)
    }
}

impl Coach {
    pub(crate) async fn assign(
        &self,
        library: &Library,
        once: Option<OnceKey>,
        cohort: CohortId,
        new: NewAssignment,
    ) -> Result<Done<Assignment>, Denied> {
        library.scenario(&new.scenario).ok_or(Refusal::NotFound)?;
        let says = match new.says.as_deref().map(text::line).transpose() {
            Err(Refusal::TextEmpty) => None,
            other => other?,
        };
        if says
            .as_ref()
            .is_some_and(|says| says.chars().count() > SAYS_CHARS_MAX)
        {
            return Err(Refusal::TextTooLong.into());
        }
        let actor = self.0.actor();
        let new = Assignment {
            id: AssignmentId(fresh()),
            cohort,
            user: new.user,
            scenario: new.scenario,
            says,
            due_at: new.due_at,
            created_by: actor.user,
            created_at: actor.at,
        };
        let people = &self.0.people;
        let done = people.store().assign(self.0.once(once), actor, new).await?;
        if !done.replayed {
            people.ring(actor.org, &done.value.streams);
        }
        Ok(done.map(|moved| moved.value))
    }

    pub(crate) async fn withdraw_assignment(
        &self,
        cohort: CohortId,
        id: AssignmentId,
    ) -> Result<(), Denied> {
        let people = &self.0.people;
        let actor = self.0.actor();
        let streams = people
            .store()
            .withdraw_assignment(actor, cohort, id)
            .await?;
        people.ring(actor.org, &streams);
        Ok(())
    }

    pub(crate) async fn assignments(
        &self,
        cohort: CohortId,
    ) -> Result<Vec<(Assignment, BTreeMap<&'static str, u32>)>, Denied> {
        let store = self.0.people.store();
        Ok(store.assignments(self.0.actor(), cohort).await?)
    }

    pub(crate) async fn assignment(
        &self,
        cohort: CohortId,
        id: AssignmentId,
    ) -> Result<(Assignment, Vec<Standing>), Denied> {
        let store = self.0.people.store();
        Ok(store.assignment(self.0.actor(), cohort, id).await?)
    }
}
