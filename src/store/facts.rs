//! Facts written beside an actor, inside somebody else's transaction: what happens to a cohort,
//! what an inbox is told, an invitation into a room that came by a link.
//!
//! Whoever writes to several streams in one transaction takes them in the order of
//! [`StreamId`], like everybody.

use ludus_domain::audience::Audience;
use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::room::{Event, Room};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{event, room, setting, stream};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, Set,
};

use super::{SETTING_EPOCH, StoreError};

/// Where facts are written, by whom and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) org: OrgId,
    pub(crate) by: Option<UserId>,
    pub(crate) at: Timestamp,
}

/// Appends facts to a stream; the first of them gets the answered seq.
pub(crate) async fn append(
    txn: &DatabaseTransaction,
    entry: Entry,
    to: StreamId,
    facts: &[Fact],
) -> Result<Seq, StoreError> {
    let head = lock(txn, entry, to).await?;
    let first = head.head + 1;
    let mut guard = head.guard;
    let mut seq = head.head;
    let mut rows = Vec::with_capacity(facts.len());
    for fact in facts {
        seq += 1;
        if fact.moves_guard() {
            guard = seq;
        }
        rows.push(row(entry, to, seq, fact)?);
    }
    event::Entity::insert_many(rows)
        .exec_without_returning(txn)
        .await?;
    stream::Entity::update_many()
        .col_expr(stream::Column::Head, Expr::value(seq))
        .col_expr(stream::Column::Guard, Expr::value(guard))
        .col_expr(stream::Column::MovedAt, Expr::value(entry.at.0))
        .filter(stream::Column::OrgId.eq(entry.org.0))
        .filter(stream::Column::Key.eq(to.to_string()))
        .exec(txn)
        .await?;
    Ok(Seq(first.unsigned_abs()))
}

/// Tells somebody's inbox.
pub(crate) async fn note(
    txn: &DatabaseTransaction,
    entry: Entry,
    user: UserId,
    event: InboxEvent,
) -> Result<(), StoreError> {
    append(txn, entry, StreamId::Inbox(user), &[Fact::Inbox(event)]).await?;
    Ok(())
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
    lock(txn, entry, StreamId::Room(into)).await?;
    let Some(row) = room::Entity::find_by_id((entry.org.0, into.0))
        .one(txn)
        .await?
    else {
        return Ok(false);
    };
    let mut state: Room =
        serde_json::from_slice(&row.state).map_err(|error| DbErr::Json(error.to_string()))?;
    if state.members.contains_key(&user) || state.invited.contains(&user) {
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

/// The head of a stream, locked; born now if it was never written to.
async fn lock(
    txn: &DatabaseTransaction,
    entry: Entry,
    of: StreamId,
) -> Result<stream::Model, StoreError> {
    let id = (entry.org.0, of.to_string());
    let find = || {
        stream::Entity::find_by_id(id.clone())
            .lock_exclusive()
            .one(txn)
    };
    if let Some(head) = find().await? {
        return Ok(head);
    }
    let born = stream::ActiveModel {
        org_id: Set(entry.org.0),
        key: Set(of.to_string()),
        epoch: Set(epoch(txn).await?),
        head: Set(0),
        guard: Set(0),
        first: Set(1),
        moved_at: Set(entry.at.0),
    };
    stream::Entity::insert(born)
        .on_conflict_do_nothing_on([stream::Column::OrgId, stream::Column::Key])
        .exec_without_returning(txn)
        .await?;
    let head = find().await?;
    Ok(head.ok_or_else(|| DbErr::RecordNotFound(of.to_string()))?)
}

/// The lineage that streams are born into now.
pub(crate) async fn epoch(txn: &DatabaseTransaction) -> Result<i32, StoreError> {
    let row = setting::Entity::find_by_id(SETTING_EPOCH).one(txn).await?;
    Ok(row.and_then(|row| row.value.parse().ok()).unwrap_or(1))
}

pub(crate) fn row(
    entry: Entry,
    of: StreamId,
    seq: i64,
    fact: &Fact,
) -> Result<event::ActiveModel, StoreError> {
    let json = |error: serde_json::Error| DbErr::Json(error.to_string());
    let audience = match fact.audience() {
        Audience::All => None,
        other => Some(serde_json::to_string(&other).map_err(json)?),
    };
    Ok(event::ActiveModel {
        org_id: Set(entry.org.0),
        stream: Set(of.to_string()),
        seq: Set(seq),
        at: Set(entry.at.0),
        by: Set(entry.by.map(|by| by.0)),
        kind: Set(fact.kind().to_owned()),
        v: Set(1),
        audience: Set(audience),
        key_id: Set(0),
        body: Set(serde_json::to_vec(fact).map_err(json)?),
    })
}
