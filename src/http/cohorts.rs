//! Cohorts, their teams and their people.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{CohortId, TeamId, UserId};
use ludus_domain::room::Command;
use ludus_domain::roster::Access;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::{BareWrite, Write};
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, ok};
use crate::people::together::must_be_sane;
use crate::people::{Caller, Coach};
use crate::store::cohorts::{Cohort, CohortMember, Part, Spot, Team};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TitleBody {
    title: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cohort)]
pub(super) struct CohortBody {
    id: CohortId,
    title: String,
    created_at: Timestamp,
    /// Only where a single cohort was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    teams: Option<Vec<TeamBody>>,
}

impl CohortBody {
    fn of(cohort: Cohort, teams: Option<Vec<Team>>) -> Self {
        Self {
            id: cohort.id,
            title: cohort.title,
            created_at: cohort.created_at,
            teams: teams.map(|teams| teams.into_iter().map(TeamBody::from).collect()),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub(super) struct TeamBody {
    id: TeamId,
    title: String,
}

impl From<Team> for TeamBody {
    fn from(team: Team) -> Self {
        Self {
            id: team.id,
            title: team.title,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CohortMember)]
pub(super) struct CohortMemberBody {
    user: UserId,
    name: String,
    part: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamId>,
    /// How much of the cohort they see; of coaches only.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Access>,
    added_at: Timestamp,
}

impl From<CohortMember> for CohortMemberBody {
    fn from(member: CohortMember) -> Self {
        Self {
            user: member.user,
            name: member.name,
            part: member.part,
            team: member.team,
            access: (member.part == Part::Coach).then_some(member.access),
            added_at: member.added_at,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartBody {
    part: Part,
    team: Option<TeamId>,
    /// What a coach is to see: everything, or counts and means of the group and no person in it.
    #[serde(default)]
    access: Access,
}

/// Something for every room in which somebody of a cohort sits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum TogetherBody {
    /// Tell everybody in them.
    Announce {
        text: String,
    },
    Pause {},
    Unpause {},
    /// More time, where there is a limit.
    Extend {
        #[schema(minimum = 1, maximum = 120)]
        minutes: u16,
    },
}

impl From<TogetherBody> for Command {
    fn from(body: TogetherBody) -> Self {
        match body {
            TogetherBody::Announce { text } => Self::Announce { text },
            TogetherBody::Pause {} => Self::Pause {},
            TogetherBody::Unpause {} => Self::Unpause {},
            TogetherBody::Extend { minutes } => Self::Extend { minutes },
        }
    }
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Together)]
pub(super) struct ToldBody {
    /// Rooms of the cohort that have not ended.
    rooms: u32,
    /// Those that did it.
    done: u32,
    /// The others, by why they did not.
    #[schema(value_type = BTreeMap<String, u32>)]
    refused: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CohortsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Open a cohort. A coach who does leads it.
#[utoipa::path(post, path = "/api/v1/cohorts", tag = "cohorts", request_body = TitleBody,
    responses((status = 201, description = "The cohort", body = CohortBody)))]
pub(super) async fn create(coach: Coach, write: Write<TitleBody>) -> Answer {
    let made = coach.add_cohort(write.once, &write.body.title).await?;
    let body = made.map(|cohort| CohortBody::of(cohort, None));
    Ok(done(StatusCode::CREATED, body))
}

/// Cohorts one is in; all of them for admins.
#[utoipa::path(get, path = "/api/v1/cohorts", tag = "cohorts", params(CohortsQuery),
    responses((status = 200, description = "Cohorts", body = Page<CohortBody>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<CohortsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Cohorts,
        org: caller.identity().org,
        of: None,
    };
    let after: Option<CohortId> = place.open(&services, query.cursor.as_deref())?;
    let found = caller.cohorts(after, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |cohort| cohort.id,
        |cohort| CohortBody::of(cohort, None),
    );
    Ok(ok(&page))
}

#[utoipa::path(get, path = "/api/v1/cohorts/{id}", tag = "cohorts", params(("id" = CohortId, Path)),
    responses((status = 200, description = "The cohort", body = CohortBody)))]
pub(super) async fn get(caller: Caller, id: web::Path<CohortId>) -> Answer {
    let (cohort, teams) = caller.cohort(*id).await?;
    Ok(ok(&CohortBody::of(cohort, Some(teams))))
}

#[utoipa::path(put, path = "/api/v1/cohorts/{id}", tag = "cohorts", params(("id" = CohortId, Path)),
    request_body = TitleBody, responses((status = 200, description = "Renamed", body = CohortBody)))]
pub(super) async fn put(coach: Coach, id: web::Path<CohortId>, write: Write<TitleBody>) -> Answer {
    let renamed = coach
        .rename_cohort(write.once, *id, &write.body.title)
        .await?;
    let body = renamed.map(|cohort| CohortBody::of(cohort, None));
    Ok(done(StatusCode::OK, body))
}

/// Who is in a cohort, by id.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/members", tag = "cohorts",
    params(("id" = CohortId, Path), CohortsQuery),
    responses((status = 200, description = "Members", body = Page<CohortMemberBody>)))]
pub(super) async fn members(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<CohortId>,
    query: web::Query<CohortsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::CohortMembers,
        org: caller.identity().org,
        of: Some(id.0),
    };
    let after: Option<UserId> = place.open(&services, query.cursor.as_deref())?;
    let found = caller
        .cohort_members(*id, after, u64::from(limit) + 1)
        .await?;
    let page = place.page(
        &services,
        found,
        limit,
        |member| member.user,
        CohortMemberBody::from,
    );
    Ok(ok(&page))
}

/// Put somebody into a cohort, or change their part or team. Coaches are assigned by admins.
#[utoipa::path(put, path = "/api/v1/cohorts/{id}/members/{user}", tag = "cohorts",
    params(("id" = CohortId, Path), ("user" = UserId, Path)), request_body = PartBody,
    responses((status = 200, description = "The member", body = CohortMemberBody)))]
pub(super) async fn put_member(
    coach: Coach,
    path: web::Path<(CohortId, UserId)>,
    write: Write<PartBody>,
) -> Answer {
    let (id, user) = path.into_inner();
    let spot = Spot {
        part: write.body.part,
        team: write.body.team,
        access: write.body.access,
    };
    let put = coach.put_cohort_member(write.once, id, user, spot).await?;
    Ok(done(StatusCode::OK, put.map(CohortMemberBody::from)))
}

#[utoipa::path(delete, path = "/api/v1/cohorts/{id}/members/{user}", tag = "cohorts",
    params(("id" = CohortId, Path), ("user" = UserId, Path)),
    responses((status = 204, description = "Not in it any more")))]
pub(super) async fn drop_member(
    coach: Coach,
    path: web::Path<(CohortId, UserId)>,
    BareWrite(once): BareWrite,
) -> Answer {
    let (id, user) = path.into_inner();
    let dropped = coach.drop_cohort_member(once, id, user).await?;
    Ok(done(StatusCode::NO_CONTENT, dropped))
}

#[utoipa::path(post, path = "/api/v1/cohorts/{id}/teams", tag = "cohorts",
    params(("id" = CohortId, Path)), request_body = TitleBody,
    responses((status = 201, description = "The team", body = TeamBody)))]
pub(super) async fn add_team(
    coach: Coach,
    id: web::Path<CohortId>,
    write: Write<TitleBody>,
) -> Answer {
    let made = coach.add_team(write.once, *id, &write.body.title).await?;
    Ok(done(StatusCode::CREATED, made.map(TeamBody::from)))
}

/// Announce something in all rooms of a cohort, pause them or let them go on, or give them more time.
/// Under an `Idempotency-Key` it can be asked again: no room does it twice.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/rooms/acts", tag = "cohorts",
    params(("id" = CohortId, Path),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255,
            description = "Under the same key no room does the same twice; those that did not do it are asked again.")),
    request_body = TogetherBody,
    responses((status = 200, description = "What became of it", body = ToldBody)))]
pub(super) async fn act_together(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
    write: Write<TogetherBody>,
) -> Answer {
    let command = Command::from(write.body);
    must_be_sane(&command)?;
    let told = coach
        .act_together(&services.directory, write.once, *id, command)
        .await?;
    Ok(ok(&ToldBody {
        rooms: told.rooms,
        done: told.done,
        refused: told.refused,
    }))
}
