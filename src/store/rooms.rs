//! Rooms as lists show them, and how one is opened: one transaction, everything or nothing.
//! Everything after that goes through the room's actor and the journal.

mod glance;

use std::collections::HashMap;
use std::sync::Arc;

use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::role::Role;
use ludus_domain::room::{Event, Phase, Room, RoomKind};
use ludus_domain::roster::Roster;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{cohort_member, event, member, room, user};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

pub use self::glance::Glance;
use super::cohorts::learners_of;
use super::facts::{self, Entry};
use super::idempotency::{Done, Once};
use super::people::Actor;
use super::turns::{self, TurnChange};
use super::{Store, StoreError, practices};

/// Invitations into rooms that a list looks back to. Older ones still open the room by its link.
const INVITATIONS_MAX: u64 = 200;

/// A room, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRow {
    pub id: RoomId,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub state: Room,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub user: UserId,
    pub name: String,
    pub host: bool,
    pub joined_at: Timestamp,
    pub read: Seq,
}

/// Which rooms a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoomFilter {
    pub(crate) kind: Option<RoomKind>,
    pub(crate) phase: Option<Phase>,
}

impl Store {
    /// Opens a room with its opener in the host's seat.
    pub(crate) async fn open_room(
        &self,
        once: Option<Once>,
        actor: Actor,
        opener: String,
        id: RoomId,
        state: Room,
    ) -> Result<Done<RoomRow>, StoreError> {
        self.write_once("open a room", once, move |txn| {
            Box::pin(async move { open(txn, actor, opener, id, state).await })
        })
        .await
    }

    pub(crate) async fn room_row(
        &self,
        org: OrgId,
        id: RoomId,
    ) -> Result<Option<RoomRow>, StoreError> {
        self.read("room", move |db| {
            Box::pin(async move {
                let row = room::Entity::find_by_id((org.0, id.0)).one(db).await?;
                row.map(row_of).transpose()
            })
        })
        .await
    }

    /// The room a code opens, in whichever org it is.
    pub(crate) async fn room_by_code(
        &self,
        code: String,
    ) -> Result<Option<(OrgId, RoomRow)>, StoreError> {
        self.read("room by code", move |db| {
            Box::pin(async move {
                let row = room::Entity::find()
                    .filter(room::Column::Code.eq(code))
                    .one(db)
                    .await?;
                row.map(|row| Ok((OrgId(row.org_id), row_of(row)?)))
                    .transpose()
            })
        })
        .await
    }

    /// Rooms somebody may watch, latest first. Fewer than `limit` may come back although there are
    /// more; `next` says where to go on.
    pub(crate) async fn rooms_page(
        &self,
        viewer: Actor,
        roster: Arc<Roster>,
        filter: RoomFilter,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<RoomsPage, StoreError> {
        self.read("rooms", move |db| {
            Box::pin(async move {
                let mut found = room::Entity::find().filter(room::Column::OrgId.eq(viewer.org.0));
                if viewer.role < Role::Admin {
                    found = found.filter(candidates(db, viewer).await?);
                }
                if let Some(kind) = filter.kind {
                    found = found.filter(room::Column::Kind.eq(kind.as_str()));
                }
                if let Some(phase) = filter.phase {
                    found = found.filter(room::Column::Phase.eq(phase.as_str()));
                }
                if let Some(before) = before {
                    found = found.filter(room::Column::Id.lt(before.0));
                }
                let rows = found
                    .order_by_desc(room::Column::Id)
                    .limit(limit)
                    .all(db)
                    .await?;
                let is_full = u64::try_from(rows.len()).unwrap_or(u64::MAX) >= limit;
                let next = rows.last().filter(|_| is_full).map(|row| RoomId(row.id));
                let mut rooms = Vec::with_capacity(rows.len());
                for row in rows {
                    let row = row_of(row)?;
                    // The state has the last word: it knows who was removed.
                    if row
                        .state
                        .may_watch(roster.viewer_in(&row.state, viewer.viewer()))
                    {
                        rooms.push(row);
                    }
                }
                let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
                let glances = glance::glances(db, viewer, &ids).await?;
                Ok(RoomsPage {
                    rooms,
                    glances,
                    next,
                })
            })
        })
        .await
    }

    /// Members of a room, by id.
    pub(crate) async fn members_page(
        &self,
        org: OrgId,
        id: RoomId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<MemberRow>, StoreError> {
        self.read("members", move |db| {
            Box::pin(async move {
                let mut found = member::Entity::find()
                    .filter(member::Column::OrgId.eq(org.0))
                    .filter(member::Column::RoomId.eq(id.0));
                if let Some(after) = after {
                    found = found.filter(member::Column::UserId.gt(after.0));
                }
                let rows = found
                    .order_by_asc(member::Column::UserId)
                    .limit(limit)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().map(member_of).collect())
            })
        })
        .await
    }

    /// One's own seat, with how far one has read.
    pub(crate) async fn member(
        &self,
        org: OrgId,
        id: RoomId,
        user: UserId,
    ) -> Result<Option<MemberRow>, StoreError> {
        self.read("member", move |db| {
            Box::pin(async move {
                let key = (org.0, id.0, user.0);
                let row = member::Entity::find_by_id(key).one(db).await?;
                Ok(row.map(member_of))
            })
        })
        .await
    }

    /// Names of people, for a page of a room's history.
    pub(crate) async fn names(
        &self,
        org: OrgId,
        ids: Vec<UserId>,
    ) -> Result<HashMap<UserId, String>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        self.read("names", move |db| {
            Box::pin(async move {
                let rows = user::Entity::find()
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.is_in(ids.iter().map(|id| id.0)))
                    .all(db)
                    .await?;
                Ok(rows
                    .into_iter()
                    .map(|row| (UserId(row.id), row.name))
                    .collect())
            })
        })
        .await
    }
}

/// One page of a list of rooms.
#[derive(Clone, Debug)]
pub(crate) struct RoomsPage {
    pub(crate) rooms: Vec<RoomRow>,
    pub(crate) glances: HashMap<RoomId, Glance>,
    pub(crate) next: Option<RoomId>,
}

pub(super) async fn open(
    txn: &DatabaseTransaction,
    actor: Actor,
    opener: String,
    id: RoomId,
    mut state: Room,
) -> Result<RoomRow, StoreError> {
    let at = actor.at;
    let mut events = vec![
        Event::Opened {
            plan: state.plan.clone(),
        },
        Event::Joined {
            user: actor.user,
            name: opener.clone(),
            host: true,
        },
    ];
    for event in &events {
        state.evolve(event);
    }
    if state.plan.kind == RoomKind::Practice {
        let opening = state.begin_scene(actor.user);
        for event in &opening {
            state.evolve(event);
        }
        events.extend(opening);
    }
    let row = RoomRow {
        id,
        created_by: actor.user,
        created_at: at,
        changed_at: at,
        state,
    };
    insert(txn, actor, &row).await?;
    let entry = actor.entry();
    for (turn, asked) in &row.state.stage.open {
        let cue = TurnChange {
            persona: Some(asked.persona.clone()),
            ..TurnChange::default()
        };
        turns::change(txn, (actor.org, id, *turn), cue, at).await?;
    }
    practices::open(txn, actor, id, &row.state).await?;
    let facts: Vec<Fact> = events.into_iter().map(Fact::Room).collect();
    facts::append(txn, entry, StreamId::Room(id), &facts).await?;
    seat(txn, entry, id, actor.user, opener).await?;
    Ok(row)
}

async fn insert(txn: &DatabaseTransaction, actor: Actor, row: &RoomRow) -> Result<(), StoreError> {
    let plan = &row.state.plan;
    let state = serde_json::to_vec(&row.state).map_err(|error| DbErr::Json(error.to_string()))?;
    let row = room::ActiveModel {
        org_id: Set(actor.org.0),
        id: Set(row.id.0),
        kind: Set(plan.kind.as_str().to_owned()),
        entry: Set(plan.entry.as_str().to_owned()),
        title: Set(plan.title.clone()),
        phase: Set(row.state.phase.as_str().to_owned()),
        code: Set(row.state.code.clone()),
        created_by: Set(row.created_by.0),
        created_at: Set(row.created_at.0),
        changed_at: Set(row.changed_at.0),
        state: Set(state),
        state_key_id: Set(0),
    };
    room::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

async fn seat(
    txn: &DatabaseTransaction,
    entry: Entry,
    id: RoomId,
    user: UserId,
    name: String,
) -> Result<(), StoreError> {
    let row = member::ActiveModel {
        org_id: Set(entry.org.0),
        room_id: Set(id.0),
        user_id: Set(user.0),
        name: Set(name),
        host: Set(true),
        joined_seq: Set(2),
        joined_at: Set(entry.at.0),
        read_seq: Set(0),
    };
    member::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// [`candidates`], as a part of other queries.
pub(crate) async fn rooms_of(
    db: &impl ConnectionTrait,
    viewer: Actor,
) -> Result<SelectStatement, StoreError> {
    let mut rooms = Query::select();
    rooms.column(room::Column::Id).from(room::Entity);
    rooms.and_where(room::Column::OrgId.eq(viewer.org.0));
    Ok(rooms.cond_where(candidates(db, viewer).await?).to_owned())
}

/// Rooms that can concern somebody below an admin: open ones (not for guests, who were let into one
/// room and not into the house), those they have a seat in, those they were invited to; for coaches
/// also those of whom they look after, and those where nobody sits who learns in any cohort.
async fn candidates(db: &impl ConnectionTrait, viewer: Actor) -> Result<Condition, StoreError> {
    let seats = Query::select()
        .column(member::Column::RoomId)
        .from(member::Entity)
        .and_where(member::Column::OrgId.eq(viewer.org.0))
        .and_where(member::Column::UserId.eq(viewer.user.0))
        .to_owned();
    let invited = invited_into(db, viewer).await?;
    let mut any = Condition::any().add(room::Column::Id.in_subquery(seats));
    if !viewer.guest {
        any = any.add(room::Column::Entry.eq(ludus_domain::room::Entry::Open.as_str()));
    }
    if !invited.is_empty() {
        any = any.add(room::Column::Id.is_in(invited));
    }
    if viewer.role == Role::Coach {
        let led = Query::select()
            .column(member::Column::RoomId)
            .from(member::Entity)
            .and_where(member::Column::OrgId.eq(viewer.org.0))
            .and_where(member::Column::UserId.in_subquery(learners_of(viewer.org, viewer.user)))
            .to_owned();
        any = any
            .add(room::Column::Id.in_subquery(led))
            .add(Expr::exists(somebodys_learner(viewer.org)).not());
    }
    Ok(any)
}

/// A member of the room that the outer query looks at, who learns in a cohort.
fn somebodys_learner(org: OrgId) -> SelectStatement {
    use cohort_member::Column as C;
    let placed = Query::select()
        .column(C::UserId)
        .from(cohort_member::Entity)
        .and_where(C::OrgId.eq(org.0))
        .and_where(C::Part.eq("learner"))
        .to_owned();
    Query::select()
        .expr(Expr::val(1))
        .from(member::Entity)
        .and_where(member::Column::OrgId.eq(org.0))
        .and_where(
            Expr::col((member::Entity, member::Column::RoomId))
                .equals((room::Entity, room::Column::Id)),
        )
        .and_where(member::Column::UserId.in_subquery(placed))
        .to_owned()
}

async fn invited_into(
    db: &impl ConnectionTrait,
    viewer: Actor,
) -> Result<Vec<uuid::Uuid>, StoreError> {
    let bodies: Vec<Vec<u8>> = event::Entity::find()
        .select_only()
        .column(event::Column::Body)
        .filter(event::Column::OrgId.eq(viewer.org.0))
        .filter(event::Column::Stream.eq(StreamId::Inbox(viewer.user).to_string()))
        .filter(event::Column::Kind.eq("invited_to_room"))
        .filter(event::Column::KeyId.eq(0))
        .order_by_desc(event::Column::Seq)
        .limit(INVITATIONS_MAX)
        .into_tuple()
        .all(db)
        .await?;
    let rooms = bodies
        .iter()
        .filter_map(|body| match serde_json::from_slice(body) {
            Ok(InboxEvent::InvitedToRoom { room }) => Some(room.0),
            _ => None,
        });
    Ok(rooms.collect())
}

fn row_of(row: room::Model) -> Result<RoomRow, StoreError> {
    let state =
        serde_json::from_slice(&row.state).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(RoomRow {
        id: RoomId(row.id),
        created_by: UserId(row.created_by),
        created_at: Timestamp(row.created_at),
        changed_at: Timestamp(row.changed_at),
        state,
    })
}

fn member_of(row: member::Model) -> MemberRow {
    MemberRow {
        user: UserId(row.user_id),
        name: row.name,
        host: row.host,
        joined_at: Timestamp(row.joined_at),
        read: Seq(row.read_seq.unsigned_abs()),
    }
}
