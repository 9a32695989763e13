//! What cohorts are to practise, and how far everybody is.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{AssignmentId, CohortId, RoomId, UserId};
use ludus_domain::practice::Library;
use ludus_domain::practice::assigned::Progress;
use ludus_domain::slug::ScenarioId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Services;
use super::body::Write;
use super::reply::{Answer, done, nothing, ok};
use crate::people::assignments::NewAssignment;
use crate::people::{Caller, Coach};
use crate::store::assignments::{Assignment, Standing};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAssignment)]
pub(super) struct NewAssignmentBody {
    #[schema(value_type = String)]
    scenario: ScenarioId,
    /// One learner of the cohort; everybody where there is none.
    user: Option<UserId>,
    /// What they should mind: at most 1,000 characters.
    says: Option<String>,
    due_at: Option<Timestamp>,
}

/// A scenario that somebody is to practise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub(super) struct AssignmentBody {
    id: AssignmentId,
    cohort: CohortId,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[schema(value_type = String)]
    scenario: ScenarioId,
    /// What the scenario is called; its name where there is none of it any more.
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    created_by: UserId,
    created_at: Timestamp,
}

impl AssignmentBody {
    fn of(library: &Library, assignment: Assignment) -> Self {
        let found = library.scenario(&assignment.scenario);
        let title = found.map(|scenario| scenario.script.title.clone());
        Self {
            id: assignment.id,
            cohort: assignment.cohort,
            user: assignment.user,
            title: title.unwrap_or_else(|| assignment.scenario.to_string()),
            scenario: assignment.scenario,
            says: assignment.says,
            due_at: assignment.due_at,
            created_by: assignment.created_by,
            created_at: assignment.created_at,
        }
    }
}

/// An assignment, with how many are how far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CountedAssignment)]
pub(super) struct CountedBody {
    #[serde(flatten)]
    assignment: AssignmentBody,
    #[schema(value_type = BTreeMap<String, u32>)]
    counts: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssignmentsBody {
    items: Vec<CountedBody>,
}

/// How far a learner is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentStanding)]
pub(super) struct StandingBody {
    user: UserId,
    name: String,
    progress: Progress,
    /// Its day is over, or it was done after it.
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    /// Where it was done, or is being practised.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
}

impl From<Standing> for StandingBody {
    fn from(standing: Standing) -> Self {
        let done = standing.tried.done;
        Self {
            user: standing.user,
            name: standing.name,
            progress: standing.progress,
            late: standing.is_late,
            done_at: done.map(|(at, _)| at),
            room: done.map(|(_, room)| room).or(standing.tried.open),
        }
    }
}

/// An assignment, with how far each learner is: who needs somebody first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignmentWithLearners)]
pub(super) struct WithLearnersBody {
    #[serde(flatten)]
    assignment: AssignmentBody,
    learners: Vec<StandingBody>,
}

/// What one is to practise, and how far one is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnAssignment)]
pub(super) struct OwnBody {
    #[serde(flatten)]
    assignment: AssignmentBody,
    progress: Progress,
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnAssignmentsBody {
    items: Vec<OwnBody>,
}

/// What a cohort is to practise, the latest first, for those who lead it.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/assignments", tag = "cohorts", params(("id" = CohortId, Path)),
    responses((status = 200, description = "Assignments", body = AssignmentsBody)))]
pub(super) async fn list(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
) -> Answer {
    let library = services.rulebook.library(coach.caller().identity().org);
    let found = coach.assignments(*id).await?;
    let items = found.into_iter().map(|(assignment, counts)| CountedBody {
        assignment: AssignmentBody::of(&library, assignment),
        counts,
    });
    Ok(ok(&AssignmentsBody {
        items: items.collect(),
    }))
}

/// Have a cohort practise a scenario, or one learner of it. It is done by practising: when a practice of it
/// was looked back on.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/assignments", tag = "cohorts", params(("id" = CohortId, Path)),
    request_body = NewAssignmentBody,
    responses((status = 201, description = "The assignment", body = AssignmentBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
    write: Write<NewAssignmentBody>,
) -> Answer {
    let library = services.rulebook.library(coach.caller().identity().org);
    let new = NewAssignment {
        scenario: write.body.scenario,
        user: write.body.user,
        says: write.body.says,
        due_at: write.body.due_at,
    };
    let made = coach.assign(&library, write.once, *id, new).await?;
    let body = made.map(|assignment| AssignmentBody::of(&library, assignment));
    Ok(done(StatusCode::CREATED, body))
}

#[utoipa::path(get, path = "/api/v1/cohorts/{id}/assignments/{assignment}", tag = "cohorts",
    params(("id" = CohortId, Path), ("assignment" = AssignmentId, Path)),
    responses((status = 200, description = "The assignment", body = WithLearnersBody)))]
pub(super) async fn get(
    services: web::Data<Services>,
    coach: Coach,
    path: web::Path<(CohortId, AssignmentId)>,
) -> Answer {
    let (cohort, id) = path.into_inner();
    let (assignment, standings) = coach.assignment(cohort, id).await?;
    Ok(ok(&WithLearnersBody {
        assignment: AssignmentBody::of(
            &services.rulebook.library(coach.caller().identity().org),
            assignment,
        ),
        learners: standings.into_iter().map(StandingBody::from).collect(),
    }))
}

/// Take an assignment back. What was practised for it stays.
#[utoipa::path(delete, path = "/api/v1/cohorts/{id}/assignments/{assignment}", tag = "cohorts",
    params(("id" = CohortId, Path), ("assignment" = AssignmentId, Path)),
    responses((status = 204, description = "Taken back")))]
pub(super) async fn withdraw(coach: Coach, path: web::Path<(CohortId, AssignmentId)>) -> Answer {
    let (cohort, id) = path.into_inner();
    coach.withdraw_assignment(cohort, id).await?;
    Ok(nothing())
}

/// What one is to practise, in all cohorts one learns in.
#[utoipa::path(get, path = "/api/v1/me/assignments", tag = "me",
    responses((status = 200, description = "Assignments", body = OwnAssignmentsBody)))]
pub(super) async fn own(services: web::Data<Services>, caller: Caller) -> Answer {
    let library = services.rulebook.library(caller.identity().org);
    let found = caller.own_assignments().await?;
    let items = found.into_iter().map(|(assignment, standing)| {
        let standing = StandingBody::from(standing);
        OwnBody {
            assignment: AssignmentBody::of(&library, assignment),
            progress: standing.progress,
            late: standing.late,
            done_at: standing.done_at,
            room: standing.room,
        }
    });
    Ok(ok(&OwnAssignmentsBody {
        items: items.collect(),
    }))
}
