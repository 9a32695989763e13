//! Contests: which there are, entering one, how it went; and for coaches, holding one.

mod body;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use ludus_domain::game::contest::{Ask, ContestPhase};
use ludus_domain::game::plan::Names;
use ludus_domain::ids::ContestId;
use serde::Deserialize;
use utoipa::IntoParams;

use self::body::{
    ByCodeBody, ContestBody, ContestCodeBody, EnterBody, KindBody, NewContestBody, ResultBody,
    TeamResultBody,
};
use super::Services;
use super::auth::may_try;
use super::body::{BareWrite, Body, Write};

use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, ok, polled};
use crate::people::contests::NewContest;
use crate::people::{Caller, Coach};
use crate::store::game::contests::ResultLine;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ContestsQuery {
    /// Only contests of this phase.
    phase: Option<ContestPhase>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ResultsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The kinds of contests there are to hold.
#[utoipa::path(get, path = "/api/v1/contest-plans", tag = "contests",
    responses((status = 200, description = "Kinds", body = Vec<KindBody>)))]
pub(super) async fn plans(services: web::Data<Services>, coach: Coach) -> Answer {
    let plans = coach.contest_plans(&services.boards).into_iter();
    Ok(ok(&plans.map(KindBody::from).collect::<Vec<_>>()))
}

/// The contests one may see, the latest first.
#[utoipa::path(get, path = "/api/v1/contests", tag = "contests", params(ContestsQuery),
    responses((status = 200, description = "Contests", body = Page<ContestBody>),
        (status = 304, description = "As the client has them")))]
pub(super) async fn list(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<ContestsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Contests,
        org: caller.identity().org,
        of: None,
    };
    let before: Option<ContestId> = place.open(&services, query.cursor.as_deref())?;
    let found = caller
        .contests(&services.boards, query.phase, before, u64::from(limit) + 1)
        .await?;
    let page = place.page(
        &services,
        found,
        limit,
        |seen| seen.row.id,
        ContestBody::from,
    );
    polled(&request, &page)
}

/// Hold a contest. It opens, begins and ends by itself.
#[utoipa::path(post, path = "/api/v1/contests", tag = "contests", request_body = NewContestBody,
    responses((status = 201, description = "The contest", body = ContestBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    coach: Coach,
    write: Write<NewContestBody>,
) -> Answer {
    let NewContestBody {
        plan,
        title,
        cohort,
        opens,
        starts,
        ends,
    } = write.body;
    let new = NewContest {
        plan,
        title,
        cohort,
        opens,
        starts,
        ends,
    };
    let made = coach.add_contest(&services.boards, write.once, new).await?;
    Ok(done(StatusCode::CREATED, made.map(ContestBody::from)))
}

/// Which contest a code opens. Enter it with the same code.
#[utoipa::path(post, path = "/api/v1/contests/by-code", tag = "contests", request_body = ContestCodeBody,
    responses((status = 200, description = "The contest", body = ByCodeBody)))]
pub(super) async fn by_code(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<ContestCodeBody>,
) -> Answer {
    // A code is short: trying them out is as slow as trying passwords.
    may_try(&request, None).await?;
    let row = caller.contest_by_code(&body.code).await?;
    Ok(ok(&ByCodeBody {
        id: row.id,
        phase: row.contest.phase,
        starts_at: row.contest.starts_at,
        ends_at: row.contest.ends_at,
        title: row.contest.plan.title,
        says: row.contest.plan.says,
    }))
}

#[utoipa::path(get, path = "/api/v1/contests/{id}", tag = "contests", params(("id" = ContestId, Path)),
    responses((status = 200, description = "The contest", body = ContestBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn get(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<ContestId>,
) -> Answer {
    let seen = caller.contest(&services.boards, *id).await?;
    polled(&request, &ContestBody::from(seen))
}

/// Take part, for learners. Who is in already stays as they are.
#[utoipa::path(post, path = "/api/v1/contests/{id}/enter", tag = "contests", params(("id" = ContestId, Path)),
    request_body = EnterBody, responses((status = 200, description = "One is in", body = ContestBody)))]
pub(super) async fn enter(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<ContestId>,
    write: Write<EnterBody>,
) -> Answer {
    let EnterBody { code, team } = write.body;
    if code.is_some() {
        may_try(&request, None).await?;
    }
    let entered = caller
        .enter_contest(&services.boards, write.once, *id, code.as_deref(), team)
        .await?;
    Ok(done(StatusCode::OK, entered.map(ContestBody::from)))
}

/// Take part no more. What one had is kept for when one comes back.
#[utoipa::path(post, path = "/api/v1/contests/{id}/leave", tag = "contests", params(("id" = ContestId, Path)),
    responses((status = 200, description = "One is out", body = ContestBody)))]
pub(super) async fn leave(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<ContestId>,
    BareWrite(once): BareWrite,
) -> Answer {
    let left = caller.leave_contest(&services.boards, once, *id).await?;
    Ok(done(StatusCode::OK, left.map(ContestBody::from)))
}

/// End a contest before its time. Its results stand.
#[utoipa::path(post, path = "/api/v1/contests/{id}/end", tag = "contests", params(("id" = ContestId, Path)),
    responses((status = 200, description = "It is over", body = ContestBody)))]
pub(super) async fn end(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<ContestId>,
    BareWrite(once): BareWrite,
) -> Answer {
    let ended = coach
        .stop_contest(&services.boards, once, *id, Ask::End)
        .await?;
    Ok(done(StatusCode::OK, ended.map(ContestBody::from)))
}

/// Call a contest off. Nobody has won.
#[utoipa::path(post, path = "/api/v1/contests/{id}/cancel", tag = "contests", params(("id" = ContestId, Path)),
    responses((status = 200, description = "It is called off", body = ContestBody)))]
pub(super) async fn cancel(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<ContestId>,
    BareWrite(once): BareWrite,
) -> Answer {
    let cancelled = coach
        .stop_contest(&services.boards, once, *id, Ask::Cancel)
        .await?;
    Ok(done(StatusCode::OK, cancelled.map(ContestBody::from)))
}

/// How a contest went that is over, by place. No lines before its end.
#[utoipa::path(get, path = "/api/v1/contests/{id}/results", tag = "contests",
    params(("id" = ContestId, Path), ResultsQuery),
    responses((status = 200, description = "Lines", body = Page<ResultBody>)))]
pub(super) async fn results(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<ContestId>,
    query: web::Query<ResultsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let me = caller.identity().user;
    let place = Place {
        list: List::ContestResults,
        org: caller.identity().org,
        of: Some(id.0),
    };
    // By its number: who stands where need not be known to who turns the page.
    let from: Option<u64> = place.open(&services, query.cursor.as_deref())?;
    let from = from.unwrap_or(0);
    let anonymous = caller.contest(&services.boards, *id).await?;
    let anonymous = anonymous.row.contest.plan.names == Names::Anonymous;
    let found = caller
        .contest_results(&services.boards, *id, from, u64::from(limit) + 1)
        .await?;
    let line = |line: ResultLine| {
        let mine = line.user == me;
        let is_told = mine || (line.name.is_some() && !anonymous);
        ResultBody {
            place: line.place,
            name: line.name,
            score: line.score,
            user: is_told.then_some(line.user),
            team: line.team,
            mine,
        }
    };
    let page = place.page(
        &services,
        found,
        limit,
        |_| from.saturating_add(u64::from(limit)),
        line,
    );
    Ok(ok(&page))
}

/// How teams did in a contest that is over, by place.
#[utoipa::path(get, path = "/api/v1/contests/{id}/teams", tag = "contests", params(("id" = ContestId, Path)),
    responses((status = 200, description = "Teams", body = Vec<TeamResultBody>)))]
pub(super) async fn teams(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<ContestId>,
) -> Answer {
    let lines = caller.contest_teams(&services.boards, *id).await?;
    let bodies: Vec<TeamResultBody> = lines.into_iter().map(TeamResultBody::from).collect();
    Ok(ok(&bodies))
}
