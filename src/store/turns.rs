//! Turns of personas, as far as a crash must not lose them: what was heard, when it was last heard
//! of, what it took. Ages are told by the database's clock, so that nodes need not agree on one.

use ludus_actors::ports::Answer;
use ludus_actors::stage::{Bill, Remembered, Turns};
use ludus_domain::ids::{OrgId, RoomId, TurnId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::room::TurnEnd;
use ludus_domain::slug::PersonaId;
use ludus_domain::time::Timestamp;
use ludus_domain::turn::{Kept, LEASE_MS};
use ludus_entities::{persona_memory, turn};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait as _,
    FromQueryResult, QueryFilter as _, QuerySelect as _, Set,
};

use super::archive::answer;
use super::{Store, StoreError, memories};

/// Turns one look for lost ones brings. There are more: the next look has them.
const OVERDUE_MAX: u64 = 200;

/// What a batch of the journal does to one turn.
#[derive(Clone, Debug, Default)]
pub(super) struct TurnChange {
    /// Asked for in this batch.
    pub(super) persona: Option<PersonaId>,
    pub(super) attempt: Option<u8>,
    pub(super) end: Option<TurnEnd>,
}

/// Milliseconds since 1970, by the database.
pub(super) fn now_ms(db: &impl ConnectionTrait) -> Expr {
    Expr::cust(now_sql(db.get_database_backend()))
}

pub(super) const fn now_sql(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

fn number(turn: TurnId) -> i64 {
    i64::try_from(turn.0).unwrap_or(i64::MAX)
}

/// Writes what a batch did to a turn, in the batch's transaction.
pub(super) async fn change(
    txn: &DatabaseTransaction,
    (org, room, id): (OrgId, RoomId, TurnId),
    change: TurnChange,
    at: Timestamp,
) -> Result<(), DbErr> {
    if let Some(persona) = change.persona {
        let row = turn::ActiveModel {
            org_id: Set(org.0),
            room_id: Set(room.0),
            turn: Set(number(id)),
            persona: Set(persona.to_string()),
            attempt: Set(0),
            said: Set(String::new()),
            asked_at: Set(at.0),
            kept_at: Set(Some(at.0)),
            ..Default::default()
        };
        turn::Entity::insert(row)
            .exec_without_returning(txn)
            .await?;
    }
    let mut update = turn::Entity::update_many()
        .filter(turn::Column::OrgId.eq(org.0))
        .filter(turn::Column::RoomId.eq(room.0))
        .filter(turn::Column::Turn.eq(number(id)));
    if let Some(end) = change.end {
        update = update
            .col_expr(turn::Column::KeptAt, Expr::cust("NULL"))
            .col_expr(turn::Column::Said, Expr::value(""))
            .col_expr(turn::Column::Ending, Expr::value(end.as_str()));
    } else {
        // Text of an attempt that was given up is void.
        update = update
            .col_expr(turn::Column::KeptAt, now_ms(txn))
            .col_expr(turn::Column::Said, Expr::value(""));
    }
    if let Some(attempt) = change.attempt {
        update = update.col_expr(turn::Column::Attempt, Expr::value(i32::from(attempt)));
    }
    update.exec(txn).await?;
    Ok(())
}

#[derive(Debug, FromQueryResult)]
struct KeptRow {
    attempt: i32,
    said: String,
    age_ms: i64,
}

impl Store {
    /// Rooms with a turn that nobody was heard of for longer than a claim lasts.
    pub(crate) async fn overdue_turns(&self) -> Result<Vec<(OrgId, RoomId)>, StoreError> {
        self.read("overdue turns", |db| {
            Box::pin(async move {
                let lost = Expr::col(turn::Column::KeptAt).lt(now_ms(db).sub(LEASE_MS));
                let rows: Vec<(
                    sea_orm::entity::prelude::Uuid,
                    sea_orm::entity::prelude::Uuid,
                )> = turn::Entity::find()
                    .select_only()
                    .column(turn::Column::OrgId)
                    .column(turn::Column::RoomId)
                    .distinct()
                    .filter(lost)
                    .limit(OVERDUE_MAX)
                    .into_tuple()
                    .all(db)
                    .await?;
                Ok(rows
                    .into_iter()
                    .map(|(org, room)| (OrgId(org), RoomId(room)))
                    .collect())
            })
        })
        .await
    }
}

impl Turns for Store {
    fn keep(
        &self,
        org: OrgId,
        room: RoomId,
        id: TurnId,
        attempt: u8,
        text: String,
    ) -> Answer<Result<bool, Fault>> {
        // PostgreSQL has no NUL in a text, and nobody needs one.
        let text = text.replace('\0', "");
        self.inner.own_turns.note((org, room, id));
        answer(self.write("keep a turn", move |txn| {
            Box::pin(async move {
                let done = turn::Entity::update_many()
                    .col_expr(turn::Column::Said, Expr::value(text))
                    .col_expr(turn::Column::KeptAt, now_ms(txn))
                    .filter(turn::Column::OrgId.eq(org.0))
                    .filter(turn::Column::RoomId.eq(room.0))
                    .filter(turn::Column::Turn.eq(number(id)))
                    .filter(turn::Column::Attempt.eq(i32::from(attempt)))
                    .filter(turn::Column::KeptAt.is_not_null())
                    .exec(txn)
                    .await?;
                Ok(done.rows_affected == 1)
            })
        }))
    }

    fn kept(&self, org: OrgId, room: RoomId, id: TurnId) -> Answer<Result<Option<Kept>, Fault>> {
        answer(self.read("a kept turn", move |db| {
            Box::pin(async move {
                let age = now_ms(db).sub(Expr::col(turn::Column::KeptAt));
                let row = turn::Entity::find()
                    .select_only()
                    .column(turn::Column::Attempt)
                    .column(turn::Column::Said)
                    .column_as(age, "age_ms")
                    .filter(turn::Column::OrgId.eq(org.0))
                    .filter(turn::Column::RoomId.eq(room.0))
                    .filter(turn::Column::Turn.eq(number(id)))
                    .filter(turn::Column::KeptAt.is_not_null())
                    .into_model::<KeptRow>()
                    .one(db)
                    .await?;
                Ok(row.map(|row| Kept {
                    attempt: u8::try_from(row.attempt).unwrap_or(u8::MAX),
                    text: row.said,
                    age_ms: row.age_ms,
                }))
            })
        }))
    }

    fn bill(&self, org: OrgId, room: RoomId, id: TurnId, bill: Bill) -> Answer<Result<(), Fault>> {
        answer(self.write("bill a turn", move |txn| {
            Box::pin(async move {
                let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
                let tokens = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
                let row = turn::ActiveModel {
                    provider: Set(Some(bill.provider)),
                    model: Set(Some(bill.model)),
                    prompt_tokens: Set(Some(tokens(bill.usage.prompt_tokens))),
                    completion_tokens: Set(Some(tokens(bill.usage.completion_tokens))),
                    cost_micro: Set(Some(whole(bill.cost_micro))),
                    first_token_ms: Set(Some(whole(bill.first_token_ms))),
                    total_ms: Set(Some(whole(bill.total_ms))),
                    ..Default::default()
                };
                turn::Entity::update_many()
                    .set(row)
                    .filter(turn::Column::OrgId.eq(org.0))
                    .filter(turn::Column::RoomId.eq(room.0))
                    .filter(turn::Column::Turn.eq(number(id)))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        }))
    }

    fn remembered(
        &self,
        org: OrgId,
        persona: PersonaId,
        learner: UserId,
    ) -> Answer<Result<Remembered, Fault>> {
        answer(self.read("a memory", move |db| {
            let persona = persona.clone();
            Box::pin(async move {
                if memories::forgets(db, org, learner).await? {
                    return Ok(Remembered::default());
                }
                let key = (org.0, learner.0, persona.to_string());
                let row = persona_memory::Entity::find_by_id(key).one(db).await?;
                Ok(row.map_or_else(Remembered::default, |row| Remembered {
                    // Written by us; what cannot be read is forgotten, not fatal.
                    slots: serde_json::from_slice(&row.slots).unwrap_or_default(),
                    notes: serde_json::from_slice(&row.notes).unwrap_or_default(),
                }))
            })
        }))
    }

    fn instructions(&self, org: OrgId) -> Answer<Result<String, Fault>> {
        let store = self.clone();
        answer(async move { store.instructed(org).await })
    }
}
