//! What cohorts are to reach, and how far everybody is.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{CohortGoalId, CohortId, OrgId, UserId};
use ludus_domain::practice::aim::{Aim, AimState};
use ludus_domain::slug::{PointKind, SkillId};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Services;
use super::body::Write;
use super::reply::{Answer, done, nothing, ok};
use crate::people::goals::{NewGoal, Reachable};
use crate::people::{Caller, Coach};
use crate::store::goals::Goal;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCohortGoal)]
pub(super) struct NewGoalBody {
    aim: Aim,
    /// Why: at most 1,000 characters.
    says: Option<String>,
    /// What is done later does not count.
    until: Option<Timestamp>,
}

/// What every learner of a cohort is to reach. It counts from when it was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CohortGoal)]
pub(super) struct GoalBody {
    id: CohortGoalId,
    cohort: CohortId,
    aim: Aim,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    created_by: UserId,
    created_at: Timestamp,
}

impl From<Goal> for GoalBody {
    fn from(goal: Goal) -> Self {
        Self {
            id: goal.id,
            cohort: goal.cohort,
            aim: goal.aim,
            says: goal.says,
            until: goal.until,
            created_by: goal.created_by,
            created_at: goal.created_at,
        }
    }
}

/// A goal, with how many learners stand how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CountedCohortGoal)]
pub(super) struct CountedGoalBody {
    #[serde(flatten)]
    goal: GoalBody,
    #[schema(value_type = BTreeMap<String, u32>)]
    counts: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CohortGoals)]
pub(super) struct GoalsBody {
    items: Vec<CountedGoalBody>,
    /// Points a goal can be of.
    #[schema(value_type = Vec<String>)]
    points: BTreeSet<PointKind>,
    /// Skills a goal can be of.
    #[schema(value_type = Vec<String>)]
    skills: BTreeSet<SkillId>,
}

/// How far a learner is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GoalStanding)]
pub(super) struct ReachedBody {
    user: UserId,
    name: String,
    value: u32,
    state: AimState,
}

/// A goal, with how far each learner is: who has furthest to go first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CohortGoalWithLearners)]
pub(super) struct GoalWithLearnersBody {
    #[serde(flatten)]
    goal: GoalBody,
    learners: Vec<ReachedBody>,
}

/// What one is to reach, and how far one is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnGoal)]
pub(super) struct OwnGoalBody {
    #[serde(flatten)]
    goal: GoalBody,
    value: u32,
    state: AimState,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnGoalsBody {
    items: Vec<OwnGoalBody>,
}

fn reachable(services: &Services, org: OrgId) -> Reachable {
    let play = services.rulebook.play(org);
    let rules = play.iter().flat_map(|play| &play.rules.set().rules);
    let points = rules.map(|rule| rule.kind.clone());
    let (_, library) = services.rulebook.current(org);
    Reachable::of(&library, points)
}

/// What a cohort is to reach, the latest first, for those who lead it; and what else could be.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/goals", tag = "cohorts", params(("id" = CohortId, Path)),
    responses((status = 200, description = "Goals", body = GoalsBody)))]
pub(super) async fn list(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
) -> Answer {
    let found = coach.goals(*id).await?;
    let items = found.into_iter().map(|(goal, counts)| CountedGoalBody {
        goal: goal.into(),
        counts,
    });
    let reachable = reachable(&services, coach.caller().identity().org);
    Ok(ok(&GoalsBody {
        items: items.collect(),
        points: reachable.points,
        skills: reachable.skills,
    }))
}

/// Set every learner of a cohort a goal: practices, points or what is shown of a skill, from now on and up to a day.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/goals", tag = "cohorts", params(("id" = CohortId, Path)),
    request_body = NewGoalBody,
    responses((status = 201, description = "The goal", body = GoalBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
    write: Write<NewGoalBody>,
) -> Answer {
    let reachable = reachable(&services, coach.caller().identity().org);
    let new = NewGoal {
        aim: write.body.aim,
        says: write.body.says,
        until: write.body.until,
    };
    let made = coach.set_goal(&reachable, write.once, *id, new).await?;
    Ok(done(StatusCode::CREATED, made.map(GoalBody::from)))
}

#[utoipa::path(get, path = "/api/v1/cohorts/{id}/goals/{goal}", tag = "cohorts",
    params(("id" = CohortId, Path), ("goal" = CohortGoalId, Path)),
    responses((status = 200, description = "The goal", body = GoalWithLearnersBody)))]
pub(super) async fn get(coach: Coach, path: web::Path<(CohortId, CohortGoalId)>) -> Answer {
    let (cohort, id) = path.into_inner();
    let (goal, reached) = coach.goal(cohort, id).await?;
    let learners = reached.into_iter().map(|reached| ReachedBody {
        user: reached.user,
        name: reached.name,
        value: reached.value,
        state: reached.state,
    });
    Ok(ok(&GoalWithLearnersBody {
        goal: goal.into(),
        learners: learners.collect(),
    }))
}

/// Take a goal back.
#[utoipa::path(delete, path = "/api/v1/cohorts/{id}/goals/{goal}", tag = "cohorts",
    params(("id" = CohortId, Path), ("goal" = CohortGoalId, Path)),
    responses((status = 204, description = "Taken back")))]
pub(super) async fn withdraw(coach: Coach, path: web::Path<(CohortId, CohortGoalId)>) -> Answer {
    let (cohort, id) = path.into_inner();
    coach.withdraw_goal(cohort, id).await?;
    Ok(nothing())
}

/// What one is to reach, in all cohorts one learns in.
#[utoipa::path(get, path = "/api/v1/me/goals", tag = "me",
    responses((status = 200, description = "Goals", body = OwnGoalsBody)))]
pub(super) async fn own(caller: Caller) -> Answer {
    let found = caller.own_goals().await?;
    let items = found.into_iter().map(|(goal, reached)| OwnGoalBody {
        goal: goal.into(),
        value: reached.value,
        state: reached.state,
    });
    Ok(ok(&OwnGoalsBody {
        items: items.collect(),
    }))
}
