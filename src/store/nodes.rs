//! The nodes of a hub: each writes every few seconds that it runs, and the database says when that
//! was, so that nobody needs to agree on a clock.

use ludus_domain::ids::NodeId;
use ludus_domain::time::Timestamp;
use ludus_entities::node;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Statement,
};

use super::turns::{now_ms, now_sql};
use super::{Store, StoreError};

/// A node that was not heard of for so long has ended, or cannot reach the store.
pub(crate) const SILENT_MS: i64 = 15_000;
/// How long a node that has ended is remembered, for whoever asks what happened.
const KEPT_MS: i64 = 60 * 60 * 1_000;
/// Nodes of one list, the latest first.
const NODES_MAX: u64 = 200;

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beat {
    pub(crate) id: NodeId,
    /// What its own clock says.
    pub(crate) at: Timestamp,
    pub(crate) bus: &'static str,
    pub(crate) sockets: i32,
    pub(crate) rooms: i32,
    pub(crate) boards: i32,
}

/// A node, as far as the store has heard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSeen {
    pub id: NodeId,
    pub version: String,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
    /// Whether it was heard of lately.
    pub is_running: bool,
    /// How far its clock was ahead of the database's when it said so.
    pub clock_ahead_ms: i64,
    pub bus: String,
    pub sockets: u32,
    pub rooms: u32,
    pub boards: u32,
}

impl Store {
    /// Writes that a node runs. Forgets those that ended long ago.
    pub(crate) async fn beat(&self, beat: Beat) -> Result<(), StoreError> {
        self.write("a sign of life", move |txn| {
            Box::pin(async move {
                let backend = txn.get_database_backend();
                let now = now_sql(backend);
                let sql = format!(
                    "INSERT INTO node \
                     (id, version, started_at, seen_at, own_at, bus, sockets, rooms, boards) \
                     VALUES ($1, $2, {now}, {now}, $3, $4, $5, $6, $7) \
                     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, \
                     own_at = excluded.own_at, bus = excluded.bus, sockets = excluded.sockets, \
                     rooms = excluded.rooms, boards = excluded.boards"
                );
                let values = [
                    beat.id.0.into(),
                    env!("CARGO_PKG_VERSION").into(),
                    beat.at.0.into(),
                    beat.bus.into(),
                    beat.sockets.into(),
                    beat.rooms.into(),
                    beat.boards.into(),
                ];
                txn.execute_raw(Statement::from_sql_and_values(backend, sql, values))
                    .await?;
                node::Entity::delete_many()
                    .filter(Expr::col(node::Column::SeenAt).lt(now_ms(txn).sub(KEPT_MS)))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// A node ends in good order.
    pub(crate) async fn leave(&self, id: NodeId) -> Result<(), StoreError> {
        self.write("a node leaves", move |txn| {
            Box::pin(async move {
                node::Entity::delete_many()
                    .filter(node::Column::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// How many were heard of lately.
    pub(crate) async fn nodes_running(&self) -> Result<u32, StoreError> {
        self.read("running nodes", |db| {
            Box::pin(async move {
                let age = now_ms(db).sub(Expr::col(node::Column::SeenAt));
                let running = node::Entity::find()
                    .filter(age.lt(SILENT_MS))
                    .count(db)
                    .await?;
                Ok(u32::try_from(running).unwrap_or(u32::MAX))
            })
        })
        .await
    }

    /// The nodes heard of within the last hour.
    pub(crate) async fn nodes(&self) -> Result<Vec<NodeSeen>, StoreError> {
        self.read("nodes", |db| {
            Box::pin(async move {
                let age = now_ms(db).sub(Expr::col(node::Column::SeenAt));
                let ages: Vec<(sea_orm::prelude::Uuid, i64)> = node::Entity::find()
                    .select_only()
                    .column(node::Column::Id)
                    .column_as(age, "age")
                    .into_tuple()
                    .all(db)
                    .await?;
                let found = node::Entity::find()
                    .order_by_desc(node::Column::StartedAt)
                    .limit(NODES_MAX)
                    .all(db)
                    .await?;
                let age_of = |id| ages.iter().find(|(of, _)| *of == id).map(|(_, age)| *age);
                let seen = found.into_iter().map(|row| NodeSeen {
                    is_running: age_of(row.id).is_some_and(|age| age < SILENT_MS),
                    ..seen(row)
                });
                Ok(seen.collect())
            })
        })
        .await
    }
}

fn seen(row: node::Model) -> NodeSeen {
    NodeSeen {
        id: NodeId(row.id),
        version: row.version,
        started_at: Timestamp(row.started_at),
        seen_at: Timestamp(row.seen_at),
        is_running: false,
        clock_ahead_ms: row.own_at - row.seen_at,
        bus: row.bus,
        sockets: row.sockets.unsigned_abs(),
        rooms: row.rooms.unsigned_abs(),
        boards: row.boards.unsigned_abs(),
    }
}
