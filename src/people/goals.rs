//! What cohorts are to reach: coaches set it, learners see how far they are.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::ids::{CohortGoalId, CohortId};
use ludus_domain::practice::Library;
use ludus_domain::practice::aim::Aim;
use ludus_domain::practice::assigned::SAYS_CHARS_MAX;
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::{PointKind, SkillId};
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::caller::OnceKey;
use super::{Caller, Coach, Denied};
use crate::store::goals::{Goal, Reached};
use crate::store::idempotency::Done;
use crate::store::people::fresh;

/// What is to be reached, and until when.
#[derive(Clone, Debug)]
pub(crate) struct NewGoal {
    pub(crate) aim: Aim,
    pub(crate) says: Option<String>,
    pub(crate) until: Option<Timestamp>,
}

/// What a goal can be of, by the rules and rubrics of an org.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reachable {
    pub(crate) points: BTreeSet<PointKind>,
    pub(crate) skills: BTreeSet<SkillId>,
}

impl Reachable {
    pub(crate) fn of(library: &Library, points: impl IntoIterator<Item = PointKind>) -> Self {
        let criteria = library.rubrics().flat_map(|rubric| &rubric.sheet.criteria);
        Self {
            points: points.into_iter().collect(),
            skills: criteria.map(|criterion| criterion.skill.clone()).collect(),
        }
    }

    fn has(&self, aim: &Aim) -> bool {
        match aim {
            Aim::Practices { .. } => true,
            Aim::Points { of, .. } => self.points.contains(of),
            Aim::Score { skill, .. } => self.skills.contains(skill),
        }
    }
}

impl Caller {
    /// What one is to reach.
    pub(crate) async fn own_goals(&self) -> Result<Vec<(Goal, Reached)>, Denied> {
        Ok(self.people.store().own_goals(self.actor()).await?)
    }
}

impl Coach {
    pub(crate) async fn set_goal(
        &self,
        reachable: &Reachable,
        once: Option<OnceKey>,
        cohort: CohortId,
        new: NewGoal,
    ) -> Result<Done<Goal>, Denied> {
        let actor = self.0.actor();
        new.aim.check()?;
        if !reachable.has(&new.aim) || new.until.is_some_and(|until| until <= actor.at) {
            return Err(Refusal::FieldInvalid.into());
        }
        let says = match new.says.as_deref().map(text::line).transpose() {
            Err(Refusal::TextEmpty) => None,
            other => other?,
        };
        let is_long = |says: &String| says.chars().count() > SAYS_CHARS_MAX;
        if says.as_ref().is_some_and(is_long) {
            return Err(Refusal::TextTooLong.into());
        }
        let new = Goal {
            id: CohortGoalId(fresh()),
            cohort,
            aim: new.aim,
            says,
            until: new.until,
            created_by: actor.user,
            created_at: actor.at,
        };
        let people = &self.0.people;
        let once = self.0.once(once);
        let done = people.store().set_goal(once, actor, new).await?;
        if !done.replayed {
            people.ring(actor.org, &done.value.streams);
        }
        Ok(done.map(|moved| moved.value))
    }

    pub(crate) async fn withdraw_goal(
        &self,
        cohort: CohortId,
        id: CohortGoalId,
    ) -> Result<(), Denied> {
        let people = &self.0.people;
        let actor = self.0.actor();
        let streams = people.store().withdraw_goal(actor, cohort, id).await?;
        people.ring(actor.org, &streams);
        Ok(())
    }

    pub(crate) async fn goals(
        &self,
        cohort: CohortId,
    ) -> Result<Vec<(Goal, BTreeMap<&'static str, u32>)>, Denied> {
        let store = self.0.people.store();
        Ok(store.goals(self.0.actor(), cohort).await?)
    }

    pub(crate) async fn goal(
        &self,
        cohort: CohortId,
        id: CohortGoalId,
    ) -> Result<(Goal, Vec<Reached>), Denied> {
        let store = self.0.people.store();
        Ok(store.goal(self.0.actor(), cohort, id).await?)
    }
}
