//! Rooms: opening, finding and reading them. What is said and done in them goes over a connection.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use ludus_domain::ids::{Epoch, RoomId, Seq, UserId};
use ludus_domain::journal::Recorded;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Entry, Phase, RoomKind, RoomPlan};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::auth::may_try;
use super::body::{Body, Write};
use super::page::{List, Page, Place, limit};
use super::problem::Problem;
use super::reply::{Answer, done, nothing, ok, polled};
use super::training::SceneBody;
use crate::people::Caller;
use crate::people::rooms::Around;
use crate::people::scenes::{Repertoire, scene};
use crate::store::rooms::{Glance, MemberRow, RoomFilter, RoomRow};

/// Seats of a room whose opener did not say.
const CAPACITY_DEFAULT: u32 = 200;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRoomBody {
    title: String,
    kind: RoomKind,
    #[serde(default = "open")]
    #[schema(default = "open")]
    entry: Entry,
    #[serde(default = "seats")]
    #[schema(default = 200, minimum = 1, maximum = 10_000)]
    capacity: u32,
    /// Start in the lobby instead of live.
    #[serde(default)]
    lobby: bool,
    /// What is to be played, with the first learner who comes in.
    #[serde(default)]
    scene: Option<SceneBody>,
}

const fn open() -> Entry {
    Entry::Open
}

const fn seats() -> u32 {
    CAPACITY_DEFAULT
}

impl NewRoomBody {
    fn plan(self, of: &Repertoire) -> Result<RoomPlan, Refusal> {
        let scene = self.scene.map(|wish| scene(of, wish.into()));
        Ok(RoomPlan {
            kind: self.kind,
            entry: self.entry,
            title: self.title,
            capacity: self.capacity,
            lobby: self.lobby,
            scene: scene.transpose()?.flatten(),
        })
    }
}

/// A room, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Room)]
pub(super) struct RoomBody {
    id: RoomId,
    kind: RoomKind,
    entry: Entry,
    title: String,
    phase: Phase,
    capacity: u32,
    members: usize,
    /// Whether one has a seat.
    member: bool,
    /// Whether one may moderate here.
    moderator: bool,
    /// How to get in, for those who may hand it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    created_by: UserId,
    created_at: Timestamp,
    changed_at: Timestamp,
    /// The last event of the room; only in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<Seq>,
    /// How far one has read, for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<Seq>,
    /// Lines of others after that, among the latest hundred events; only in lists, for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<u32>,
}

impl RoomBody {
    pub(super) fn of(viewer: &Caller, row: RoomRow) -> Self {
        let who = viewer.identity();
        let seat = row.state.members.get(&who.user);
        let role = viewer.viewer_in(&row.state).role;
        let moderator = role >= Role::Coach || seat.is_some_and(|seat| seat.host);
        Self {
            id: row.id,
            kind: row.state.plan.kind,
            entry: row.state.plan.entry,
            member: seat.is_some(),
            moderator,
            phase: row.state.phase,
            capacity: row.state.plan.capacity,
            members: row.state.members.len(),
            code: row.state.code.filter(|_| moderator),
            title: row.state.plan.title,
            created_by: row.created_by,
            created_at: row.created_at,
            changed_at: row.changed_at,
            head: None,
            read: None,
            unread: None,
        }
    }

    fn at_a_glance(mut self, glance: Glance) -> Self {
        self.head = Some(glance.head);
        self.read = glance.read;
        self.unread = glance.unread;
        self
    }

    pub(super) fn reading(mut self, seat: Option<&MemberRow>) -> Self {
        self.read = seat.map(|seat| seat.read);
        self
    }
}

/// A member of a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberBody {
    user: UserId,
    name: String,
    host: bool,
    joined_at: Timestamp,
    /// How far they have read.
    read: Seq,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomCodeBody {
    /// The room's code, as it is shown on the stage.
    code: String,
}

/// A room that a code opens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenedByCodeBody {
    id: RoomId,
    title: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RoomsQuery {
    kind: Option<RoomKind>,
    phase: Option<Phase>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MembersQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// Events after this one, oldest first.
    after: Option<u64>,
    /// The latest events before this one. With neither, the latest of all.
    before: Option<u64>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Goes on in the direction of the page it came with.
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// What to look for, whatever its case.
    q: String,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A part of a room's journal, in order. Together, `events` and `skips` have every sequence number
/// from `first` to `last`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(super) struct HistoryBody {
    epoch: Epoch,
    /// The last event of the room.
    head: Seq,
    first: Seq,
    last: Seq,
    events: Vec<Recorded>,
    /// What is there and not for the reader: inclusive ranges.
    skips: Vec<[Seq; 2]>,
    /// How those are called who caused the events.
    names: HashMap<UserId, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lines that were found, latest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Found)]
pub(super) struct FoundBody {
    hits: Vec<Recorded>,
    names: HashMap<UserId, String>,
    /// There may be more before these; a page can be empty and still have a next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadBody {
    seq: Seq,
}

/// Open a room. Coaches open rooms of any kind, learners practice rooms. The opener is its host.
#[utoipa::path(post, path = "/api/v1/rooms", tag = "rooms", request_body = NewRoomBody,
    responses((status = 201, description = "The room", body = RoomBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    caller: Caller,
    write: Write<NewRoomBody>,
) -> Answer {
    let of = services.rulebook.current(caller.identity().org);
    let plan = write.body.plan(&of)?;
    let opened = caller.open_room(write.once, plan).await?;
    let body = opened.map(|row| RoomBody::of(&caller, row));
    Ok(done(StatusCode::CREATED, body))
}

/// Rooms one may watch, latest first. A page can be shorter than asked for although there is a
/// next one.
#[utoipa::path(get, path = "/api/v1/rooms", tag = "rooms", params(RoomsQuery),
    responses((status = 200, description = "Rooms", body = Page<RoomBody>),
        (status = 304, description = "As the client has them")))]
pub(super) async fn list(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<RoomsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Rooms,
        org: caller.identity().org,
        of: None,
    };
    let before: Option<RoomId> = place.open(&services, query.cursor.as_deref())?;
    let filter = RoomFilter {
        kind: query.kind,
        phase: query.phase,
    };
    let found = caller.rooms(filter, before, u64::from(limit)).await?;
    let page = Page {
        next: found.next.map(|last| place.seal(&services, last)),
        items: found
            .rooms
            .into_iter()
            .map(|row| {
                let glance = found.glances.get(&row.id).copied().unwrap_or_default();
                RoomBody::of(&caller, row).at_a_glance(glance)
            })
            .collect::<Vec<_>>(),
    };
    polled(&request, &page)
}

/// Which room a code opens. Join it with the same code.
#[utoipa::path(post, path = "/api/v1/rooms/by-code", tag = "rooms", request_body = RoomCodeBody,
    responses((status = 200, description = "The room", body = OpenedByCodeBody)))]
pub(super) async fn by_code(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<RoomCodeBody>,
) -> Answer {
    // A code is short: trying them out is as slow as trying passwords.
    may_try(&request, None).await?;
    let room = caller.room_by_code(&body.code).await?;
    Ok(ok(&OpenedByCodeBody {
        id: room.id,
        title: room.state.plan.title,
    }))
}

#[utoipa::path(get, path = "/api/v1/rooms/{id}", tag = "rooms", params(("id" = RoomId, Path)),
    responses((status = 200, description = "The room", body = RoomBody)))]
pub(super) async fn get(caller: Caller, id: web::Path<RoomId>) -> Answer {
    let room = caller.room(*id).await?;
    let seat = caller.seat(*id).await?;
    Ok(ok(&RoomBody::of(&caller, room).reading(seat.as_ref())))
}

/// Who has a seat, by id.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/members", tag = "rooms",
    params(("id" = RoomId, Path), MembersQuery),
    responses((status = 200, description = "Members", body = Page<MemberBody>)))]
pub(super) async fn members(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<MembersQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Members,
        org: caller.identity().org,
        of: Some(id.0),
    };
    let after: Option<UserId> = place.open(&services, query.cursor.as_deref())?;
    let found = caller.members(*id, after, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |member| member.user,
        |member| MemberBody {
            user: member.user,
            name: member.name,
            host: member.host,
            joined_at: member.joined_at,
            read: member.read,
        },
    );
    Ok(ok(&page))
}

/// The journal of a room, read back.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/history", tag = "rooms",
    params(("id" = RoomId, Path), HistoryQuery),
    responses((status = 200, description = "Events", body = HistoryBody)))]
pub(super) async fn history(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<HistoryQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = |list| Place {
        list,
        org: caller.identity().org,
        of: Some(id.0),
    };
    let (back, on) = (place(List::HistoryBefore), place(List::HistoryAfter));
    let around = match (query.after, query.before, query.cursor.as_deref()) {
        (None, None, None) => Around::End,
        (Some(after), None, None) => Around::After(Seq(after)),
        (None, Some(before), None) => Around::Before(Seq(before)),
        (None, None, Some(cursor)) => {
            if let Ok(Some(seq)) = back.open(&services, Some(cursor)) {
                Around::Before(seq)
            } else {
                let seq = on.open(&services, Some(cursor))?;
                Around::After(seq.ok_or(Refusal::Malformed)?)
            }
        }
        _ => {
            return Err(Problem::malformed(
                "one of after, before and cursor at a time",
            ));
        }
    };
    let page = caller.history(*id, around, limit).await?;
    let next = match around {
        Around::After(_) => (page.to < page.head.seq).then(|| on.seal(&services, page.to)),
        Around::End | Around::Before(_) => {
            (page.after.0 > 0).then(|| back.seal(&services, page.after.next()))
        }
    };
    Ok(ok(&HistoryBody {
        epoch: page.head.epoch,
        head: page.head.seq,
        first: page.after.next(),
        last: page.to,
        events: page.events,
        skips: page.skipped.iter().map(|(from, to)| [*from, *to]).collect(),
        names: page.names,
        next,
    }))
}

/// Lines that hold a text.
#[utoipa::path(get, path = "/api/v1/rooms/{id}/search", tag = "rooms",
    params(("id" = RoomId, Path), SearchQuery),
    responses((status = 200, description = "Lines", body = FoundBody)))]
pub(super) async fn search(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<SearchQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Search,
        org: caller.identity().org,
        of: Some(id.0),
    };
    let before: Option<Seq> = place.open(&services, query.cursor.as_deref())?;
    let found = caller.search(*id, &query.q, before, limit as usize).await?;
    Ok(ok(&FoundBody {
        hits: found.hits,
        names: found.names,
        next: found.next_before.map(|seq| place.seal(&services, seq)),
    }))
}

/// How far one has read. It only moves forward.
#[utoipa::path(put, path = "/api/v1/rooms/{id}/read", tag = "rooms", params(("id" = RoomId, Path)),
    request_body = ReadBody, responses((status = 204, description = "Noted")))]
pub(super) async fn put_read(
    caller: Caller,
    id: web::Path<RoomId>,
    Body(body): Body<ReadBody>,
) -> Answer {
    caller.mark_read(*id, body.seq).await?;
    Ok(nothing())
}
