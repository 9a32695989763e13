//! Moderation: the queue of lines, what was done, undoing it, and appeals. Reporting and hiding lines,
//! muting and banning are commands of rooms.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{ActId, CaseId, RoomId, Seq, UserId};
use ludus_domain::moderation::{CaseAct, CaseSource, CaseState, Measure, ReportReason};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::{Body, Write};
use super::page::{List, Place, limit};
use super::reply::{Answer, done, nothing, ok};
use crate::people::{Caller, Coach};
use crate::store::moderation::appeals::Appeal;
use crate::store::moderation::{Act, Case, Report};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CasesQuery {
    state: Option<CaseState>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AppealsQuery {
    /// Only those nobody has answered.
    open: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A page of a list, with what those in it are called.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamedPage<T> {
    items: Vec<T>,
    names: HashMap<UserId, String>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Why somebody thinks that a line should not stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LineReport)]
pub(super) struct ReportBody {
    by: UserId,
    reason: ReportReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    at: Timestamp,
}

impl From<Report> for ReportBody {
    fn from(report: Report) -> Self {
        Self {
            by: report.by,
            reason: report.reason,
            note: report.note,
            at: report.at,
        }
    }
}

/// A line that coaches are to look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModerationCase)]
pub(super) struct CaseBody {
    id: CaseId,
    room: RoomId,
    room_title: String,
    line: Seq,
    /// Nobody for a persona's line.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<UserId>,
    source: CaseSource,
    state: CaseState,
    opened_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Whether the line is hidden now.
    hidden: bool,
    /// What it says, also where it is hidden or was taken back.
    text: String,
    reports: Vec<ReportBody>,
}

impl From<Case> for CaseBody {
    fn from(case: Case) -> Self {
        Self {
            id: case.id,
            room: case.room,
            room_title: case.room_title,
            line: case.line,
            author: case.author,
            source: case.source,
            state: case.state,
            opened_at: case.opened_at,
            decided_by: case.decided_by,
            decided_at: case.decided_at,
            hidden: case.is_hidden,
            text: case.text,
            reports: case.reports.into_iter().map(ReportBody::from).collect(),
        }
    }
}

/// A case, with what those in it are called.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NamedModerationCase)]
pub(super) struct NamedCaseBody {
    #[serde(flatten)]
    case: CaseBody,
    names: HashMap<UserId, String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseDecision)]
pub(super) struct DecisionBody {
    act: CaseAct,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseDecided)]
pub(super) struct DecidedBody {
    state: CaseState,
}

/// Something that was done about a line or somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModerationAct)]
pub(super) struct ActBody {
    id: ActId,
    measure: Measure,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<Seq>,
    /// Whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    by: UserId,
    at: Timestamp,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

impl From<Act> for ActBody {
    fn from(act: Act) -> Self {
        Self {
            id: act.id,
            measure: act.measure,
            room: act.room,
            line: act.line,
            user: act.user,
            by: act.by,
            at: act.at,
            until: act.until,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppealAnswer)]
pub(super) struct AnsweredBody {
    granted: bool,
    says: String,
    by: UserId,
    at: Timestamp,
}

/// What somebody says against what was done about them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Appeal)]
pub(super) struct AppealBody {
    by: UserId,
    says: String,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnsweredBody>,
}

impl From<Appeal> for AppealBody {
    fn from(appeal: Appeal) -> Self {
        Self {
            by: appeal.by,
            says: appeal.says,
            at: appeal.at,
            answer: appeal.answer.map(|answer| AnsweredBody {
                granted: answer.granted,
                says: answer.says,
                by: answer.by,
                at: answer.at,
            }),
        }
    }
}

/// An act with the appeal against it, if there is one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppealableAct)]
pub(super) struct AppealableBody {
    act: ActBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<AppealBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnActsBody {
    items: Vec<AppealableBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAppeal)]
pub(super) struct NewAppealBody {
    /// At most 2,000 characters, once.
    says: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAppealAnswer)]
pub(super) struct NewAnswerBody {
    /// What is granted is undone.
    granted: bool,
    says: String,
}

/// Lines to look at, of rooms in which one keeps order, latest first. A page can be shorter than asked
/// for although there is a next one.
#[utoipa::path(get, path = "/api/v1/moderation/cases", tag = "moderation", params(CasesQuery),
    responses((status = 200, description = "Cases", body = NamedPage<CaseBody>)))]
pub(super) async fn cases(
    services: web::Data<Services>,
    coach: Coach,
    query: web::Query<CasesQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = place(List::Cases, &coach);
    let before: Option<CaseId> = place.open(&services, query.cursor.as_deref())?;
    let found = coach.cases(query.state, before, u64::from(limit)).await?;
    Ok(ok(&NamedPage {
        items: found.items.into_iter().map(CaseBody::from).collect(),
        names: found.names,
        next: found.next.map(|last| place.seal(&services, last)),
    }))
}

#[utoipa::path(get, path = "/api/v1/moderation/cases/{id}", tag = "moderation", params(("id" = CaseId, Path)),
    responses((status = 200, description = "The case", body = NamedCaseBody)))]
pub(super) async fn case(coach: Coach, id: web::Path<CaseId>) -> Answer {
    let (case, names) = coach.case(*id).await?;
    Ok(ok(&NamedCaseBody {
        case: case.into(),
        names,
    }))
}

/// Decide that a line should not have been said, or that it may stand (one that was held back is said
/// then), or open the case again. Who reported it is told.
#[utoipa::path(post, path = "/api/v1/moderation/cases/{id}/acts", tag = "moderation", params(("id" = CaseId, Path)),
    request_body = DecisionBody,
    responses((status = 200, description = "What it is now", body = DecidedBody)))]
pub(super) async fn decide(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CaseId>,
    write: Write<DecisionBody>,
) -> Answer {
    let decided = coach
        .decide_case(&services.directory, write.once, *id, write.body.act)
        .await?;
    Ok(done(
        StatusCode::OK,
        decided.map(|state| DecidedBody { state }),
    ))
}

/// What was done in rooms in which one keeps order, latest first; for admins all of it, and who was
/// shut out of the org.
#[utoipa::path(get, path = "/api/v1/moderation/acts", tag = "moderation", params(ActsQuery),
    responses((status = 200, description = "Acts", body = NamedPage<ActBody>)))]
pub(super) async fn acts(
    services: web::Data<Services>,
    coach: Coach,
    query: web::Query<ActsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = place(List::ModerationActs, &coach);
    let before: Option<ActId> = place.open(&services, query.cursor.as_deref())?;
    let found = coach.acts(before, u64::from(limit)).await?;
    Ok(ok(&NamedPage {
        items: found.items.into_iter().map(ActBody::from).collect(),
        names: found.names,
        next: found.next.map(|last| place.seal(&services, last)),
    }))
}

/// Undo something: show the line again, let somebody speak, let them in. Asked again it changes nothing more.
#[utoipa::path(post, path = "/api/v1/moderation/acts/{id}/undo", tag = "moderation", params(("id" = ActId, Path)),
    responses((status = 204, description = "Undone")))]
pub(super) async fn undo(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<ActId>,
) -> Answer {
    coach.undo(&services.directory, *id).await?;
    Ok(nothing())
}

/// Appeals against what was done in rooms in which one keeps order, oldest first.
#[utoipa::path(get, path = "/api/v1/moderation/appeals", tag = "moderation", params(AppealsQuery),
    responses((status = 200, description = "Appeals", body = NamedPage<AppealableBody>)))]
pub(super) async fn appeals(
    services: web::Data<Services>,
    coach: Coach,
    query: web::Query<AppealsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = place(List::Appeals, &coach);
    let after: Option<(Timestamp, ActId)> = place.open(&services, query.cursor.as_deref())?;
    let open = query.open.unwrap_or(false);
    let found = coach.appeals(open, after, u64::from(limit)).await?;
    let items = found.items.into_iter().map(|(act, appeal)| AppealableBody {
        act: act.into(),
        appeal: Some(appeal.into()),
    });
    Ok(ok(&NamedPage {
        items: items.collect(),
        names: found.names,
        next: found.next.map(|last| place.seal(&services, last)),
    }))
}

/// Answer an appeal, once. What is granted is undone first.
#[utoipa::path(post, path = "/api/v1/moderation/acts/{id}/answer", tag = "moderation", params(("id" = ActId, Path)),
    request_body = NewAnswerBody,
    responses((status = 200, description = "The appeal", body = AppealBody)))]
pub(super) async fn answer(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<ActId>,
    Body(body): Body<NewAnswerBody>,
) -> Answer {
    let answered = coach
        .answer_appeal(&services.directory, *id, body.granted, &body.says)
        .await?;
    Ok(ok(&AppealBody::from(answered)))
}

/// What was done about oneself that one may appeal against, latest first.
#[utoipa::path(get, path = "/api/v1/me/moderation", tag = "me",
    responses((status = 200, description = "Acts", body = OwnActsBody)))]
pub(super) async fn own(caller: Caller) -> Answer {
    let found = caller.own_acts().await?;
    let items = found.into_iter().map(|(act, appeal)| AppealableBody {
        act: act.into(),
        appeal: appeal.map(AppealBody::from),
    });
    Ok(ok(&OwnActsBody {
        items: items.collect(),
    }))
}

/// Appeal against something that was done about oneself: one text.
#[utoipa::path(post, path = "/api/v1/me/moderation/{id}/appeal", tag = "me", params(("id" = ActId, Path)),
    request_body = NewAppealBody,
    responses((status = 201, description = "The appeal", body = AppealBody)))]
pub(super) async fn appeal(
    caller: Caller,
    id: web::Path<ActId>,
    write: Write<NewAppealBody>,
) -> Answer {
    let made = caller.appeal(write.once, *id, &write.body.says).await?;
    Ok(done(StatusCode::CREATED, made.map(AppealBody::from)))
}

const fn place(list: List, coach: &Coach) -> Place {
    Place {
        list,
        org: coach.caller().identity().org,
        of: None,
    }
}
