//! Training sessions: practice rooms, by the name other systems know them by.

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::RoomId;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Barge, Entry, Floor, RoomKind, RoomPlan};
use ludus_domain::slug::{PersonaId, ScenarioId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Services;
use super::body::Write;
use super::reply::{Answer, done, ok};
use super::rooms::RoomBody;
use crate::people::Caller;
use crate::people::scenes::{SceneWish, scene};

/// A learner, their coaches, and whoever is invited to look on.
const CAPACITY: u32 = 50;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTrainingBody {
    /// The scenario's own, where nothing else is said.
    #[serde(default)]
    title: Option<String>,
    /// What is practised. Nothing: a room of one's own.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    scenario: Option<ScenarioId>,
    /// With whom, at most four; whom the scenario casts, where nobody is named.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    personas: Vec<PersonaId>,
    #[serde(default)]
    floor: Floor,
    #[serde(default)]
    barge: Barge,
    /// Steps harder than it is written, or (below 0) easier: from -2 to 2.
    #[serde(default)]
    harder: i8,
}

/// Open a practice room of one's own. Others come by invitation.
#[utoipa::path(post, path = "/api/v1/training/sessions", tag = "training",
    request_body = NewTrainingBody,
    responses((status = 201, description = "The practice room", body = RoomBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    caller: Caller,
    write: Write<NewTrainingBody>,
) -> Answer {
    let body = write.body;
    let library = services.rulebook.library();
    let of_scenario = body.scenario.as_ref().and_then(|id| library.scenario(id));
    let title = body
        .title
        .or_else(|| of_scenario.map(|scenario| scenario.script.title.clone()));
    let wish = SceneWish {
        scenario: body.scenario,
        personas: body.personas,
        floor: body.floor,
        barge: body.barge,
        harder: body.harder,
    };
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Invitation,
        title: title.ok_or(Refusal::TitleInvalid)?,
        capacity: CAPACITY,
        lobby: false,
        scene: scene(&library, wish)?,
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
