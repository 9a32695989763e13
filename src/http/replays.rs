//! Rooms looked back on: moment by moment, at a glance, and with what coaches write beside them.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{CommentId, Epoch, RoomId, Seq, UserId};
use ludus_domain::replay::{Comment, Moment, Outline};
use ludus_domain::room::{Phase, RoomKind, Scene};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Write;
use super::page::{List, Place, limit};
use super::problem::Problem;
use super::reply::{Answer, done, nothing, ok};
use crate::people::Caller;
use crate::people::replay::NewComment;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReplayQuery {
    /// Moments after this event. Without it, from the first on.
    after: Option<u64>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A part of a room, looked back on. Together, `moments` and `skips` have every sequence number from
/// `first` to `last`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replay)]
pub(super) struct ReplayBody {
    epoch: Epoch,
    /// The last event of the room.
    head: Seq,
    first: Seq,
    last: Seq,
    moments: Vec<Moment>,
    /// What is there and not for the reader: inclusive ranges.
    skips: Vec<[Seq; 2]>,
    names: HashMap<UserId, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A room at a glance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayOutline)]
pub(super) struct OutlineBody {
    room: RoomId,
    title: String,
    kind: RoomKind,
    phase: Phase,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene: Option<Scene>,
    head: Seq,
    /// Whether one may write beside it, and reads what coaches write between them.
    may_comment: bool,
    #[serde(flatten)]
    outline: Outline,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCommentBody {
    /// The event it stands at.
    seq: Seq,
    /// So long after it; at most ten minutes.
    #[serde(default)]
    after_ms: u32,
    text: String,
    /// For everybody who may see the moment, and not only for coaches.
    #[serde(default)]
    shared: bool,
}

/// What happened in a room, moment by moment: its events as whoever followed it was told of them, with
/// what was gained by each and what coaches wrote beside it. One sees what one may see.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/replay", tag = "rooms",
    params(("id" = RoomId, Path), ReplayQuery),
    responses((status = 200, description = "Moments, oldest first", body = ReplayBody)))]
pub(super) async fn moments(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<ReplayQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Replay,
        org: caller.identity().org,
        of: Some(id.0),
    };
    let after = match (query.after, query.cursor.as_deref()) {
        (Some(_), Some(_)) => return Err(Problem::malformed("one of after and cursor at a time")),
        (after, None) => Seq(after.unwrap_or(0)),
        (None, cursor) => place.open(&services, cursor)?.unwrap_or(Seq::ZERO),
    };
    let page = caller.replay(*id, after, limit).await?;
    let skipped = page.stretch.skipped.iter();
    Ok(ok(&ReplayBody {
        epoch: page.head.epoch,
        head: page.head.seq,
        first: page.after.next(),
        last: page.to,
        skips: skipped.map(|(from, to)| [*from, *to]).collect(),
        moments: page.stretch.moments,
        names: page.names,
        next: (page.to < page.head.seq).then(|| place.seal(&services, page.to)),
    }))
}

/// All of a room at a glance: when how much happened, and where it is worth looking.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/replay/outline", tag = "rooms",
    params(("id" = RoomId, Path)),
    responses((status = 200, description = "The bar of its time", body = OutlineBody)))]
pub(super) async fn outline(caller: Caller, id: web::Path<RoomId>) -> Answer {
    let glimpse = caller.replay_outline(*id).await?;
    let state = glimpse.room.state;
    Ok(ok(&OutlineBody {
        room: glimpse.room.id,
        title: state.plan.title,
        kind: state.plan.kind,
        phase: state.phase,
        scene: state.plan.scene,
        head: glimpse.head.seq,
        may_comment: glimpse.may_comment,
        outline: glimpse.outline,
    }))
}

/// Write beside a moment of a room, as one of its coaches.
#[utoipa::path(post, path = "/api/v1/rooms/{id}/replay/comments", tag = "rooms",
    params(("id" = RoomId, Path)), request_body = NewCommentBody,
    responses((status = 201, description = "The comment", body = Comment)))]
pub(super) async fn comment(
    caller: Caller,
    id: web::Path<RoomId>,
    write: Write<NewCommentBody>,
) -> Answer {
    let body = write.body;
    let new = NewComment {
        seq: body.seq,
        after_ms: body.after_ms,
        text: body.text,
        shared: body.shared,
    };
    let written = caller.comment(write.once, *id, new).await?;
    Ok(done(StatusCode::CREATED, written))
}

/// Take a comment of one's own away; admins take away anybody's. Who did is kept, what it said is not.
#[utoipa::path(delete, path = "/api/v1/rooms/{id}/replay/comments/{comment}", tag = "rooms",
    params(("id" = RoomId, Path), ("comment" = CommentId, Path)),
    responses((status = 204, description = "Gone")))]
pub(super) async fn uncomment(caller: Caller, path: web::Path<(RoomId, CommentId)>) -> Answer {
    let (room, comment) = path.into_inner();
    caller.remove_comment(room, comment).await?;
    Ok(nothing())
}
