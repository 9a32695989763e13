//! What moved lately, whoever moved it: how a node finds what it was not told. Each look is one
//! query over an index, however many rooms there are and however few of them are open here.
//!
//! Times are those of the node that wrote. So a look reaches back further than the longest
//! transaction takes and further than clocks of nodes may be apart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ludus_actors::ports::Head;
use ludus_domain::ids::{OrgId, RoomId, TurnId, UserId};
use ludus_domain::slug::PersonaId;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{account, board_choice, turn};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseConnection, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QueryResult, QuerySelect as _, Statement,
};
use tokio::time::Instant;

use super::journal::{epoch_of, seq_of};
use super::turns::now_ms;
use super::{Store, StoreError, rows};

/// Rows of one look. Where more have moved, everything that is open is asked for by its key.
pub(crate) const MOVED_MAX: u64 = 4_096;
/// Turns that are spoken in the whole cluster at a time, as far as one look goes.
const SPOKEN_MAX: u64 = 1_000;
/// A turn that was kept longer ago is not being spoken now.
const SPOKEN_MS: i64 = 3_000;
/// How long a turn that was kept here counts as spoken here.
const OWN: Duration = Duration::from_secs(3);

/// A stream, and where it stands.
pub(crate) type Moved = (OrgId, StreamId, Head);
/// A turn of a room.
pub(crate) type TurnKey = (OrgId, RoomId, TurnId);

/// What was kept of a turn that is being spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) key: TurnKey,
    pub(crate) persona: PersonaId,
    pub(crate) attempt: u8,
    pub(crate) text: String,
}

/// Turns that are spoken on this node: nobody here has to read of them.
#[derive(Debug, Default)]
pub(super) struct OwnTurns {
    kept: Mutex<HashMap<TurnKey, Instant>>,
}

impl OwnTurns {
    pub(super) fn note(&self, key: TurnKey) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, at| at.elapsed() < OWN);
        kept.insert(key, Instant::now());
    }

    fn has(&self, key: &TurnKey) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).is_some_and(|at| at.elapsed() < OWN)
    }
}

pub(crate) const MOVED_SQL: &str = "SELECT org_id, key, epoch, head FROM stream \
     WHERE moved_at > $1 ORDER BY moved_at DESC LIMIT $2";

fn stood_sql(list: &str) -> String {
    format!(
        "SELECT s.org_id, s.key, s.epoch, s.head FROM (VALUES {list}) AS k \
         CROSS JOIN stream AS s WHERE s.org_id = k.column1 AND s.key = k.column2"
    )
}

fn said_sql(list: &str) -> String {
    format!(
        "SELECT t.org_id, t.room_id, t.turn, t.persona, t.attempt, t.said \
         FROM (VALUES {list}) AS k CROSS JOIN turn AS t \
         WHERE t.org_id = k.column1 AND t.room_id = k.column2 AND t.turn = k.column3 \
         AND t.kept_at IS NOT NULL"
    )
}

impl Store {
    /// Streams that moved since then, the latest first, at most [`MOVED_MAX`].
    pub(crate) async fn heads_moved_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<Moved>, StoreError> {
        self.read("heads that moved", move |db| {
            Box::pin(async move {
                let limit = i64::try_from(MOVED_MAX).unwrap_or(i64::MAX);
                let values = [since.0.into(), limit.into()];
                let backend = db.get_database_backend();
                let ask = Statement::from_sql_and_values(backend, MOVED_SQL, values);
                Ok(moved(&db.query_all_raw(ask).await?)?)
            })
        })
        .await
    }

    /// Where these streams stand. One that nobody has written to is left out.
    pub(crate) async fn heads_of(
        &self,
        streams: &[(OrgId, StreamId)],
    ) -> Result<Vec<Moved>, StoreError> {
        let keys: Vec<_> = streams
            .iter()
            .map(|(org, stream)| [org.0.into(), stream.to_string().into()])
            .collect();
        self.read("heads", move |db| {
            Box::pin(async move { Ok(moved(&rows::lookup(db, &keys, stood_sql).await?)?) })
        })
        .await
    }

    /// Turns that are being spoken on other nodes, with when they were kept last.
    pub(crate) async fn turns_spoken_elsewhere(&self) -> Result<Vec<(TurnKey, i64)>, StoreError> {
        let found = self
            .read("turns that are spoken", |db| {
                Box::pin(async move { Ok(spoken(db).await?) })
            })
            .await?;
        let own = &self.inner.own_turns;
        Ok(found.into_iter().filter(|(key, _)| !own.has(key)).collect())
    }

    /// What was kept of these turns.
    pub(crate) async fn spoken(&self, turns: &[TurnKey]) -> Result<Vec<Spoken>, StoreError> {
        let keys: Vec<_> = turns
            .iter()
            .map(|(org, room, turn)| {
                let turn = i64::try_from(turn.0).unwrap_or(i64::MAX);
                [org.0.into(), room.0.into(), turn.into()]
            })
            .collect();
        self.read("what is spoken", move |db| {
            Box::pin(async move {
                let found = rows::lookup(db, &keys, said_sql).await?;
                Ok(found.iter().map(said).collect::<Result<Vec<_>, _>>()?)
            })
        })
        .await
    }

    /// Accounts that took something in since then, with their positions.
    pub(crate) async fn accounts_moved_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(OrgId, UserId, u64)>, StoreError> {
        self.read("accounts that moved", move |db| {
            Box::pin(async move {
                let found: Vec<(sea_orm::prelude::Uuid, sea_orm::prelude::Uuid, i64)> =
                    account::Entity::find()
                        .select_only()
                        .column(account::Column::OrgId)
                        .column(account::Column::UserId)
                        .column(account::Column::Pos)
                        .filter(account::Column::ChangedAt.gt(since.0))
                        .order_by_desc(account::Column::ChangedAt)
                        .limit(MOVED_MAX)
                        .into_tuple()
                        .all(db)
                        .await?;
                let row = |(org, user, pos): (_, _, i64)| {
                    (OrgId(org), UserId(user), u64::try_from(pos).unwrap_or(0))
                };
                Ok(found.into_iter().map(row).collect())
            })
        })
        .await
    }

    /// Who chose since then how boards show them.
    pub(crate) async fn choices_changed_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(OrgId, UserId, Timestamp)>, StoreError> {
        self.read("choices that changed", move |db| {
            Box::pin(async move {
                let found = board_choice::Entity::find()
                    .filter(board_choice::Column::ChangedAt.gt(since.0))
                    .limit(MOVED_MAX)
                    .all(db)
                    .await?;
                let choice = |row: board_choice::Model| {
                    let at = Timestamp(row.changed_at);
                    (OrgId(row.org_id), UserId(row.user_id), at)
                };
                Ok(found.into_iter().map(choice).collect())
            })
        })
        .await
    }
}

fn moved(found: &[QueryResult]) -> Result<Vec<Moved>, DbErr> {
    let row = |row: &QueryResult| {
        let key: String = row.try_get_by_index(1)?;
        let stream = key
            .parse()
            .map_err(|_| DbErr::Type(format!("{key} is no stream")))?;
        let head = Head {
            epoch: epoch_of(row.try_get_by_index(2)?),
            seq: seq_of(row.try_get_by_index(3)?),
        };
        Ok((OrgId(row.try_get_by_index(0)?), stream, head))
    };
    found.iter().map(row).collect()
}

async fn spoken(db: &DatabaseConnection) -> Result<Vec<(TurnKey, i64)>, DbErr> {
    let found: Vec<(sea_orm::prelude::Uuid, sea_orm::prelude::Uuid, i64, i64)> =
        turn::Entity::find()
            .select_only()
            .column(turn::Column::OrgId)
            .column(turn::Column::RoomId)
            .column(turn::Column::Turn)
            .column(turn::Column::KeptAt)
            .filter(Expr::col(turn::Column::KeptAt).gt(now_ms(db).sub(SPOKEN_MS)))
            .limit(SPOKEN_MAX)
            .into_tuple()
            .all(db)
            .await?;
    let row = |(org, room, turn, kept_at): (_, _, i64, i64)| {
        let turn = TurnId(u64::try_from(turn).unwrap_or(0));
        ((OrgId(org), RoomId(room), turn), kept_at)
    };
    Ok(found.into_iter().map(row).collect())
}

fn said(row: &QueryResult) -> Result<Spoken, DbErr> {
    let turn: i64 = row.try_get_by_index(2)?;
    let persona: String = row.try_get_by_index(3)?;
    let attempt: i32 = row.try_get_by_index(4)?;
    Ok(Spoken {
        key: (
            OrgId(row.try_get_by_index(0)?),
            RoomId(row.try_get_by_index(1)?),
            TurnId(u64::try_from(turn).unwrap_or(0)),
        ),
        persona: persona
            .parse()
            .map_err(|_| DbErr::Type(format!("{persona} is no persona")))?,
        attempt: u8::try_from(attempt).unwrap_or(u8::MAX),
        text: row.try_get_by_index(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{StoreConfig, scratch};

    /// What comes each second must never read a whole table.
    async fn uses_indexes(store: &Store) {
        let asked = [
            (
                "stream_moved",
                MOVED_SQL.replace("$1", "9").replace("$2", "10"),
            ),
            (
                "account_changed",
                "SELECT org_id, user_id, pos FROM account WHERE changed_at > 9 \
                 ORDER BY changed_at DESC LIMIT 10"
                    .to_owned(),
            ),
            (
                "turn_kept",
                "SELECT org_id, room_id, turn, kept_at FROM turn WHERE kept_at > 9 LIMIT 10"
                    .to_owned(),
            ),
            (
                "board_choice_changed",
                "SELECT org_id, user_id FROM board_choice WHERE changed_at > 9".to_owned(),
            ),
            (
                "sign_in_revoked",
                "SELECT id FROM sign_in WHERE revoked_at >= 9".to_owned(),
            ),
            (
                "user_changed",
                "SELECT id FROM \"user\" WHERE changed_at >= 9".to_owned(),
            ),
            (
                "display_grant_revoked",
                "SELECT id FROM display_grant WHERE revoked_at >= 9".to_owned(),
            ),
        ];
        for (index, sql) in asked {
            let plan = store
                .write("explain", move |txn| {
                    Box::pin(async move {
                        let backend = txn.get_database_backend();
                        let explain = if backend == sea_orm::DbBackend::Postgres {
                            // Empty tables are scanned whatever there is.
                            txn.execute_unprepared("SET LOCAL enable_seqscan = off")
                                .await?;
                            format!("EXPLAIN {sql}")
                        } else {
                            format!("EXPLAIN QUERY PLAN {sql}")
                        };
                        let column = usize::from(backend != sea_orm::DbBackend::Postgres) * 3;
                        let rows = txn
                            .query_all_raw(Statement::from_string(backend, explain))
                            .await?;
                        let lines: Result<Vec<String>, _> = rows
                            .iter()
                            .map(|row| row.try_get_by_index(column))
                            .collect();
                        Ok(lines?.join("\n"))
                    })
                })
                .await
                .unwrap();
            assert!(plan.contains(index), "{index}: {plan}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_look_is_over_an_index_on_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ludus.db");
        let store = Store::open(&StoreConfig::new(path.to_str().unwrap()))
            .await
            .unwrap();
        uses_indexes(&store).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_look_is_over_an_index_on_postgres() {
        let Ok(server) = std::env::var("LUDUS_TEST_POSTGRES") else {
            assert_eq!(
                std::env::var("LUDUS_TEST_ONLY").as_deref(),
                Ok("sqlite"),
                "set LUDUS_TEST_POSTGRES, or LUDUS_TEST_ONLY=sqlite to leave this out"
            );
            return;
        };
        let url = scratch::database(&server).await;
        let store = Store::open(&StoreConfig::new(url)).await.unwrap();
        uses_indexes(&store).await;
    }
}
