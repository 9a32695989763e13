//! When a cohort meets.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use ludus_domain::game::calendar::WallTime;
use ludus_domain::ids::{CohortId, MeetingId, RoomId, UserId};
use ludus_domain::slug::ScenarioId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Services;
use super::body::Write;
use super::reply::{Answer, done, nothing, ok};
use crate::people::meetings::NewMeeting;
use crate::people::{Caller, Coach};
use crate::store::meetings::Meeting;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMeeting)]
pub(super) struct NewMeetingBody {
    title: String,
    /// By the clock on the org's wall.
    starts: WallTime,
    #[schema(minimum = 1, maximum = 1_440)]
    minutes: u16,
    /// What is to be played; its room begins in the lobby then.
    #[schema(value_type = Option<String>)]
    scenario: Option<ScenarioId>,
}

/// When a cohort meets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Meeting)]
pub(super) struct MeetingBody {
    id: MeetingId,
    title: String,
    starts_at: Timestamp,
    minutes: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    scenario: Option<ScenarioId>,
    /// From when it has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
    created_by: UserId,
    cancelled: bool,
}

impl From<Meeting> for MeetingBody {
    fn from(meeting: Meeting) -> Self {
        Self {
            id: meeting.id,
            title: meeting.title,
            starts_at: meeting.starts_at,
            minutes: meeting.minutes,
            scenario: meeting.scenario,
            room: meeting.room,
            created_by: meeting.created_by,
            cancelled: meeting.cancelled,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeetingsBody {
    items: Vec<MeetingBody>,
}

/// When a cohort one is in meets, the next first after those of the last month.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/meetings", tag = "cohorts", params(("id" = CohortId, Path)),
    responses((status = 200, description = "Meetings", body = MeetingsBody)))]
pub(super) async fn list(caller: Caller, id: web::Path<CohortId>) -> Answer {
    let found = caller.meetings(*id).await?;
    Ok(ok(&MeetingsBody {
        items: found.into_iter().map(MeetingBody::from).collect(),
    }))
}

/// Plan a meeting. Its room opens when it begins, with the learners of the cohort let in.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/meetings", tag = "cohorts", params(("id" = CohortId, Path)),
    request_body = NewMeetingBody,
    responses((status = 201, description = "The meeting", body = MeetingBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
    write: Write<NewMeetingBody>,
) -> Answer {
    let new = NewMeeting {
        title: write.body.title,
        starts: write.body.starts,
        minutes: write.body.minutes,
        scenario: write.body.scenario,
    };
    let library = services.rulebook.library(coach.caller().identity().org);
    let made = coach.plan_meeting(&library, write.once, *id, new).await?;
    Ok(done(StatusCode::CREATED, made.map(MeetingBody::from)))
}

/// Call a meeting off. A room that was opened for it stays.
#[utoipa::path(delete, path = "/api/v1/cohorts/{id}/meetings/{meeting}", tag = "cohorts",
    params(("id" = CohortId, Path), ("meeting" = MeetingId, Path)),
    responses((status = 204, description = "Called off")))]
pub(super) async fn cancel(coach: Coach, path: web::Path<(CohortId, MeetingId)>) -> Answer {
    let (cohort, id) = path.into_inner();
    coach.cancel_meeting(cohort, id).await?;
    Ok(nothing())
}

/// The same as a calendar for other programs.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/meetings.ics", tag = "cohorts", params(("id" = CohortId, Path)),
    responses((status = 200, description = "A calendar", content_type = "text/calendar", body = String)))]
pub(super) async fn calendar(caller: Caller, id: web::Path<CohortId>) -> Answer {
    let calendar = caller.calendar(*id).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"cohort.ics\""))
        .body(calendar))
}
