//! Seats of personas that coaches hold. Who holds which is the journal's to say; here is kept when
//! each coach was last heard of, by the database's clock, so that any node can tell who is gone.

use ludus_actors::ports::Answer;
use ludus_actors::stage::Seats;
use ludus_domain::ids::{OrgId, RoomId};
use ludus_domain::journal::Fault;
use ludus_domain::room::SEAT_GRACE_MS;
use ludus_domain::slug::PersonaId;
use ludus_entities::held_seat;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, FromQueryResult,
    QueryFilter as _, QuerySelect as _, Set,
};

use super::archive::answer;
use super::turns::now_ms;
use super::{Store, StoreError};

/// Rooms one look for silent coaches brings. There are more: the next look has them.
const SILENT_MAX: u64 = 200;

/// What a batch of the journal does to the seats of a room, in the order it came.
#[derive(Clone, Debug)]
pub(super) enum SeatChange {
    Held { persona: PersonaId, take: u64 },
    Given { persona: PersonaId },
}

fn number(take: u64) -> i64 {
    i64::try_from(take).unwrap_or(i64::MAX)
}

/// Writes what a batch did to a seat, in the batch's transaction.
pub(super) async fn change(
    txn: &DatabaseTransaction,
    (org, room): (OrgId, RoomId),
    change: SeatChange,
) -> Result<(), DbErr> {
    use held_seat::Column as C;
    match change {
        SeatChange::Held { persona, take } => {
            let row = held_seat::ActiveModel {
                org_id: Set(org.0),
                room_id: Set(room.0),
                take: Set(number(take)),
                persona: Set(persona.to_string()),
                heard_at: Set(0),
            };
            let conflict = OnConflict::columns([C::OrgId, C::RoomId, C::Take])
                .do_nothing()
                .to_owned();
            held_seat::Entity::insert(row)
                .on_conflict(conflict)
                .exec_without_returning(txn)
                .await?;
            heard(txn, (org, room), take).await
        }
        SeatChange::Given { persona } => {
            held_seat::Entity::delete_many()
                .filter(C::OrgId.eq(org.0))
                .filter(C::RoomId.eq(room.0))
                .filter(C::Persona.eq(persona.to_string()))
                .exec(txn)
                .await?;
            Ok(())
        }
    }
}

async fn heard(
    txn: &DatabaseTransaction,
    (org, room): (OrgId, RoomId),
    take: u64,
) -> Result<(), DbErr> {
    use held_seat::Column as C;
    held_seat::Entity::update_many()
        .col_expr(C::HeardAt, now_ms(txn))
        .filter(C::OrgId.eq(org.0))
        .filter(C::RoomId.eq(room.0))
        .filter(C::Take.eq(number(take)))
        .exec(txn)
        .await?;
    Ok(())
}

#[derive(Debug, FromQueryResult)]
struct SeatRow {
    take: i64,
    age_ms: i64,
}

impl Store {
    /// Rooms in which somebody holds a seat who was not heard of for too long.
    pub(crate) async fn silent_seats(&self) -> Result<Vec<(OrgId, RoomId)>, StoreError> {
        use held_seat::Column as C;
        self.read("silent seats", |db| {
            Box::pin(async move {
                let silent = Expr::col(C::HeardAt).lt(now_ms(db).sub(SEAT_GRACE_MS));
                let rows: Vec<(uuid::Uuid, uuid::Uuid)> = held_seat::Entity::find()
                    .select_only()
                    .column(C::OrgId)
                    .column(C::RoomId)
                    .distinct()
                    .filter(silent)
                    .limit(SILENT_MAX)
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

impl Seats for Store {
    fn heard(&self, org: OrgId, room: RoomId, take: u64) -> Answer<Result<(), Fault>> {
        answer(self.write("a coach in a seat", move |txn| {
            Box::pin(async move { Ok(heard(txn, (org, room), take).await?) })
        }))
    }

    fn silent(&self, org: OrgId, room: RoomId) -> Answer<Result<Vec<u64>, Fault>> {
        use held_seat::Column as C;
        answer(self.read("silent coaches of a room", move |db| {
            Box::pin(async move {
                let age = now_ms(db).sub(Expr::col(C::HeardAt));
                let rows = held_seat::Entity::find()
                    .select_only()
                    .column(C::Take)
                    .column_as(age, "age_ms")
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .into_model::<SeatRow>()
                    .all(db)
                    .await?;
                let silent = rows.into_iter().filter(|row| row.age_ms >= SEAT_GRACE_MS);
                Ok(silent.map(|row| row.take.cast_unsigned()).collect())
            })
        }))
    }
}
