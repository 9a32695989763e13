//! Moving people between rooms, and break-out rooms.

use std::collections::BTreeMap;

use actix_web::web;
use ludus_domain::ids::{RoomId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{BREAKOUT_MINUTES_MAX, Way};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Services;
use super::body::{Body, Write};
use super::reply::{Answer, nothing, ok};
use crate::people::Coach;
use crate::people::moves::{Group, Sent};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Move)]
pub(super) struct MoveBody {
    user: UserId,
    to: RoomId,
}

/// How a room is split.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = BreakoutWay)]
pub(super) enum WayBody {
    /// Into so many, as even as can be; the same seed makes the same groups.
    Random {
        #[schema(minimum = 1, maximum = 50)]
        groups: usize,
        #[serde(default)]
        seed: u64,
    },
    /// One for each team, and one for who is in none.
    Teams {},
    /// As said; who is in none of them stays.
    Hand { groups: Vec<Vec<UserId>> },
}

impl From<WayBody> for Way {
    fn from(body: WayBody) -> Self {
        match body {
            WayBody::Random { groups, seed } => Self::Random { groups, seed },
            WayBody::Teams {} => Self::Teams,
            WayBody::Hand { groups } => Self::ByHand(groups),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Breakout)]
pub(super) struct BreakoutBody {
    way: WayBody,
    /// After so many everybody is brought back.
    #[schema(minimum = 1, maximum = 1_440)]
    minutes: Option<u16>,
}

/// A room people were sent to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BreakoutRoom)]
pub(super) struct GroupBody {
    room: RoomId,
    title: String,
    people: Vec<UserId>,
    #[serde(flatten)]
    sent: SentBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupsBody {
    items: Vec<GroupBody>,
}

/// How many went, and why the others did not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PeopleMoved)]
pub(super) struct SentBody {
    moved: u32,
    #[schema(value_type = BTreeMap<String, u32>)]
    refused: BTreeMap<&'static str, u32>,
}

impl From<Sent> for SentBody {
    fn from(sent: Sent) -> Self {
        Self {
            moved: sent.moved,
            refused: sent.refused,
        }
    }
}

impl From<(Group, Sent)> for GroupBody {
    fn from((group, sent): (Group, Sent)) -> Self {
        Self {
            room: group.room,
            title: group.title,
            people: group.people,
            sent: sent.into(),
        }
    }
}

/// Move a member to another room. One has to keep order in both. Who left meanwhile is not brought along.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/moves", tag = "rooms", params(("id" = RoomId, Path)),
    request_body = MoveBody, responses((status = 204, description = "Moved")))]
pub(super) async fn shift(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<RoomId>,
    Body(body): Body<MoveBody>,
) -> Answer {
    coach
        .move_member(&services.directory, *id, body.user, body.to)
        .await?;
    Ok(nothing())
}

/// Split a room into smaller ones, and send everybody to theirs; hosts and coaches stay.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/breakouts", tag = "rooms", params(("id" = RoomId, Path)),
    request_body = BreakoutBody,
    responses((status = 200, description = "Who was sent where", body = GroupsBody)))]
pub(super) async fn break_out(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<RoomId>,
    write: Write<BreakoutBody>,
) -> Answer {
    let minutes = write.body.minutes;
    if minutes.is_some_and(|minutes| !(1..=BREAKOUT_MINUTES_MAX).contains(&minutes)) {
        return Err(Refusal::FieldInvalid.into());
    }
    let way = Way::from(write.body.way);
    let groups = coach
        .break_out(&services.directory, write.once, *id, way, minutes)
        .await?;
    Ok(ok(&GroupsBody {
        items: groups.into_iter().map(GroupBody::from).collect(),
    }))
}

/// Bring everybody back who was sent out of a room, and end those rooms.
#[utoipa::path(delete, path = "/api/v1/rooms/{id}/breakouts", tag = "rooms", params(("id" = RoomId, Path)),
    responses((status = 200, description = "How many came back", body = SentBody)))]
pub(super) async fn end(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<RoomId>,
) -> Answer {
    let sent = coach.end_breakouts(&services.directory, *id).await?;
    Ok(ok(&SentBody::from(sent)))
}
