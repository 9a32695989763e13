//! Facts written beside an actor, inside somebody else's transaction: what happens to a cohort,
//! what an inbox is told, an invitation into a room that came by a link.
//!
//! Whoever writes to several streams in one transaction takes them in the order of
//! [`StreamId`], like everybody.

use ludus_domain::ids::{OrgId, RoomId, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::room::{Event, Room};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::room;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _};

use super::StoreError;
use super::journal::{Fresh, hold, record};

/// Where facts are written, by whom and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) org: OrgId,
    pub(crate) by: Option<UserId>,
    pub(crate) at: Timestamp,
}

/// Appends facts to a stream, which is born now if it was never written to.
pub(crate) async fn append(
    txn: &DatabaseTransaction,
    entry: Entry,
    to: StreamId,
    facts: &[Fact],
) -> Result<(), StoreError> {
    let fresh = Fresh {
        org: entry.org,
        stream: to,
        by: entry.by,
        facts: facts.to_vec(),
    };
    record(txn, vec![fresh]).await?;
    Ok(())
}

/// Tells somebody's inbox.
pub(crate) async fn note(
    txn: &DatabaseTransaction,
    entry: Entry,
    user: UserId,
    event: InboxEvent,
) -> Result<(), StoreError> {
    append(txn, entry, StreamId::Inbox(user), &[Fact::Inbox(event)]).await
}

/// Lets somebody into a room, as its `invite` command would. Does nothing when they are in, or
/// when the room is gone or over.
pub(crate) async fn invite(
    txn: &DatabaseTransaction,
    entry: Entry,
    into: RoomId,
    user: UserId,
) -> Result<bool, StoreError> {
    // The head first: whoever decides something in this room holds it too.
    if !hold(txn, entry.org, StreamId::Room(into)).await? {
        return Ok(false);
    }
    let Some(row) = room::Entity::find_by_id((entry.org.0, into.0))
        .one(txn)
        .await?
    else {
        return Ok(false);
    };
    let mut state: Room =
        serde_json::from_slice(&row.state).map_err(|error| DbErr::Json(error.to_string()))?;
    let is_there = state.members.contains_key(&user) || state.invited.contains(&user);
    if is_there || state.banned.contains(&user) {
        return Ok(false);
    }
    let event = Event::Invited { user };
    state.evolve(&event);
    let fact = Fact::Room(event);
    append(txn, entry, StreamId::Room(into), &[fact]).await?;
    let bytes = serde_json::to_vec(&state).map_err(|error| DbErr::Json(error.to_string()))?;
    room::Entity::update_many()
        .col_expr(room::Column::State, Expr::value(bytes))
        .col_expr(room::Column::ChangedAt, Expr::value(entry.at.0))
        .filter(room::Column::OrgId.eq(entry.org.0))
        .filter(room::Column::Id.eq(into.0))
        .exec(txn)
        .await?;
    note(txn, entry, user, InboxEvent::InvitedToRoom { room: into }).await?;
    Ok(true)
}
