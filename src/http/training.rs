//! Training sessions: practice rooms, by the name other systems know them by.

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::RoomId;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Entry, RoomKind, RoomPlan};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Write;
use super::reply::{Answer, done, ok};
use super::rooms::RoomBody;
use crate::people::Caller;

/// A learner, their coaches, and whoever is invited to look on.
const CAPACITY: u32 = 50;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTrainingBody {
    title: String,
}

/// Open a practice room of one's own. Others come by invitation.
#[utoipa::path(post, path = "/api/v1/training/sessions", tag = "training",
    request_body = NewTrainingBody,
    responses((status = 201, description = "The practice room", body = RoomBody)))]
pub(super) async fn create(caller: Caller, write: Write<NewTrainingBody>) -> Answer {
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Invitation,
        title: write.body.title,
        capacity: CAPACITY,
        lobby: false,
        scene: None,
    };
    let opened = caller.open_room(write.once, plan).await?;
    let body = opened.map(|row| RoomBody::of(&caller, row));
    Ok(done(StatusCode::CREATED, body))
}

#[utoipa::path(get, path = "/api/v1/training/sessions/{id}", tag = "training",
    params(("id" = RoomId, Path)),
    responses((status = 200, description = "The practice room", body = RoomBody)))]
pub(super) async fn get(caller: Caller, id: web::Path<RoomId>) -> Answer {
    let room = caller.room(*id).await?;
    if room.state.plan.kind != RoomKind::Practice {
        return Err(Refusal::NotFound.into());
    }
    let seat = caller.seat(*id).await?;
    Ok(ok(&RoomBody::of(&caller, room).reading(seat.as_ref())))
}
