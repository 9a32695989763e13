//! The book of what language models may cost: [`ludus_domain::budget`] in rows.
//!
//! What is asked for is set aside before, in one transaction over all purses, and settled after.
//! Each step is one statement that compares and changes a row at once, so a hundred asks at the same
//! moment cannot pass a limit together.

use ludus_actors::llm::{Budget, BudgetFault};
use ludus_actors::ports::Answer;
use ludus_domain::budget::{Claim, Limits, Purse, Reservation};
use ludus_domain::ids::{OrgId, ReservationId, RoomId, UserId};
use ludus_domain::time::Timestamp;
use ludus_entities::{purse, reservation};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, Set,
};

use super::people::fresh;
use super::{Store, StoreError};
use crate::metrics;

/// A reservation that nobody settled counts as spent after so long: the longest answer and some.
const RESERVED_MS: i64 = 10 * 60 * 1_000;
/// Old reservations that one look ends.
const CLOSED_MAX: u64 = 200;
/// Days of purses that are kept: for whoever asks what last month cost.
const DAYS_KEPT: i32 = 62;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A purse, as its table knows it.
fn key(purse: &Purse) -> (OrgId, &'static str, Uuid, i32) {
    match purse {
        Purse::OrgDay { org, day } => (*org, "org_day", org.0, *day),
        Purse::Room { org, room } => (*org, "room", room.0, 0),
        Purse::LearnerDay { org, learner, day } => (*org, "learner_day", learner.0, *day),
    }
}

/// Adds to a purse unless its limit would be passed.
async fn set_aside(
    txn: &DatabaseTransaction,
    purse: &Purse,
    amount: i64,
    limit: Option<u64>,
) -> Result<bool, DbErr> {
    use purse::Column as C;
    let (org, kind, subject, day) = key(purse);
    let row = purse::ActiveModel {
        org_id: Set(org.0),
        kind: Set(kind.to_owned()),
        subject: Set(subject),
        day: Set(day),
        spent_micro: Set(0),
        reserved_micro: Set(0),
    };
    let columns = [C::OrgId, C::Kind, C::Subject, C::Day];
    purse::Entity::insert(row)
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(txn)
        .await?;
    let mut update = of(purse).col_expr(C::ReservedMicro, Expr::col(C::ReservedMicro).add(amount));
    if let Some(limit) = limit {
        let total = Expr::col(C::SpentMicro)
            .add(Expr::col(C::ReservedMicro))
            .add(amount);
        update = update.filter(total.lte(whole(limit)));
    }
    Ok(update.exec(txn).await?.rows_affected == 1)
}

/// What was set aside is no longer, and so much of it was spent.
async fn take_back(
    txn: &DatabaseTransaction,
    purse: &Purse,
    amount: i64,
    spent: i64,
) -> Result<(), DbErr> {
    use purse::Column as C;
    of(purse)
        .col_expr(C::ReservedMicro, Expr::col(C::ReservedMicro).sub(amount))
        .col_expr(C::SpentMicro, Expr::col(C::SpentMicro).add(spent))
        .exec(txn)
        .await?;
    Ok(())
}

fn of(purse: &Purse) -> sea_orm::UpdateMany<purse::Entity> {
    use purse::Column as C;
    let (org, kind, subject, day) = key(purse);
    purse::Entity::update_many()
        .filter(C::OrgId.eq(org.0))
        .filter(C::Kind.eq(kind))
        .filter(C::Subject.eq(subject))
        .filter(C::Day.eq(day))
}

fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.0.div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

fn whole(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

async fn reserve(
    txn: &DatabaseTransaction,
    limits: Limits,
    claim: Claim,
    at: Timestamp,
) -> Result<Option<Reservation>, StoreError> {
    let day = day_of(at);
    let amount = whole(claim.amount_micro);
    let mut done = vec![];
    for purse in claim.purses(day) {
        if !set_aside(txn, &purse, amount, limits.of(&purse)).await? {
            metrics::budget_refused(key(&purse).1);
            for purse in &done {
                take_back(txn, purse, amount, 0).await?;
            }
            return Ok(None);
        }
        done.push(purse);
    }
    let id = ReservationId(fresh());
    let row = reservation::ActiveModel {
        id: Set(id.0),
        org_id: Set(claim.org.0),
        room_id: Set(claim.room.map(|room| room.0)),
        learner_id: Set(claim.learner.map(|learner| learner.0)),
        day: Set(day),
        amount_micro: Set(amount),
        at: Set(at.0),
    };
    reservation::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(Some(Reservation { id, claim, day }))
}

/// Settles a reservation once; the second time there is nothing left to settle.
async fn settle(
    txn: &DatabaseTransaction,
    reservation: Reservation,
    spent_micro: u64,
) -> Result<(), StoreError> {
    let gone = reservation::Entity::delete_by_id(reservation.id.0)
        .exec(txn)
        .await?;
    if gone.rows_affected == 0 {
        return Ok(());
    }
    let claim = reservation.claim;
    let amount = whole(claim.amount_micro);
    let spent = whole(Ord::min(spent_micro, claim.amount_micro));
    for purse in claim.purses(reservation.day) {
        take_back(txn, &purse, amount, spent).await?;
    }
    Ok(())
}

impl Store {
    /// What the org has spent and set aside today that has most.
    async fn fullest_purse(&self, today: i32) -> Result<i64, StoreError> {
        self.read("the fullest purse", move |db| {
            Box::pin(async move {
                use purse::Column as C;
                let both = Expr::col(C::SpentMicro).add(Expr::col(C::ReservedMicro));
                let fullest: Option<Option<i64>> = purse::Entity::find()
                    .select_only()
                    .column_as(both.max(), "used")
                    .filter(C::Kind.eq("org_day"))
                    .filter(C::Day.eq(today))
                    .into_tuple()
                    .one(db)
                    .await?;
                Ok(fullest.flatten().unwrap_or(0))
            })
        })
        .await
    }

    /// Ends what was set aside and never settled: whoever asked was killed. What the answer cost until
    /// then is unknown and at most that, so all of it counts as spent: a budget is kept, whoever dies.
    pub async fn close_old_reservations(&self) {
        let now = super::now();
        let old = self.read("old reservations", move |db| {
            Box::pin(async move {
                let rows = reservation::Entity::find()
                    .filter(reservation::Column::At.lt(now.0 - RESERVED_MS))
                    .limit(CLOSED_MAX)
                    .all(db)
                    .await?;
                Ok(rows)
            })
        });
        // A store that is away is asked again.
        for row in old.await.unwrap_or_default() {
            let reservation = Reservation {
                id: ReservationId(row.id),
                claim: Claim {
                    org: OrgId(row.org_id),
                    room: row.room_id.map(RoomId),
                    learner: row.learner_id.map(UserId),
                    amount_micro: u64::try_from(row.amount_micro).unwrap_or(0),
                },
                day: row.day,
            };
            let settled = self.write("close a reservation", move |txn| {
                let worst = reservation.claim.amount_micro;
                Box::pin(async move { settle(txn, reservation, worst).await })
            });
            settled.await.ok();
        }
    }
}

/// The book, with what may be spent.
#[derive(Clone, Debug)]
pub struct Purses {
    store: Store,
    limits: Limits,
}

impl Purses {
    pub const fn new(store: Store, limits: Limits) -> Self {
        Self { store, limits }
    }
}

/// What an org spent today, and what may be spent.
#[derive(Clone, Copy, Debug)]
pub struct Spending {
    pub spent_micro: u64,
    pub reserved_micro: u64,
    pub limits: Limits,
}

impl Purses {
    /// What an org spent today.
    pub async fn today(&self, org: OrgId) -> Result<Spending, StoreError> {
        let today = day_of(super::now());
        let purse = self.store.read("a purse", move |db| {
            Box::pin(async move {
                use purse::Column as C;
                Ok(purse::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Kind.eq("org_day"))
                    .filter(C::Day.eq(today))
                    .one(db)
                    .await?)
            })
        });
        let (spent, reserved) = purse
            .await?
            .map_or((0, 0), |purse| (purse.spent_micro, purse.reserved_micro));
        Ok(Spending {
            spent_micro: u64::try_from(spent).unwrap_or(0),
            reserved_micro: u64::try_from(reserved).unwrap_or(0),
            limits: self.limits,
        })
    }

    /// Says how much of today is used, and forgets the purses of days that nobody asks about.
    pub async fn look(&self) -> Result<(), StoreError> {
        let today = day_of(super::now());
        self.store
            .write("forget old purses", move |txn| {
                Box::pin(async move {
                    use purse::Column as C;
                    purse::Entity::delete_many()
                        .filter(C::Kind.is_in(["org_day", "learner_day"]))
                        .filter(C::Day.lt(today - DAYS_KEPT))
                        .exec(txn)
                        .await?;
                    Ok(())
                })
            })
            .await?;
        let Some(limit) = self.limits.org_day_micro else {
            return Ok(());
        };
        let used = self.store.fullest_purse(today).await?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share of a budget, for a graph"
        )]
        metrics::budget_used(used as f64 / Ord::max(limit, 1) as f64);
        Ok(())
    }
}

impl Budget for Purses {
    fn reserve(&self, claim: Claim) -> Answer<Result<Reservation, BudgetFault>> {
        let (limits, now) = (self.limits, super::now());
        let reserved = self.store.write("reserve", move |txn| {
            Box::pin(async move { reserve(txn, limits, claim, now).await })
        });
        Box::pin(async move {
            match reserved.await {
                Ok(Some(reservation)) => Ok(reservation),
                Ok(None) => Err(BudgetFault::Short),
                Err(_) => Err(BudgetFault::Unavailable),
            }
        })
    }

    fn settle(
        &self,
        reservation: Reservation,
        spent_micro: u64,
    ) -> Answer<Result<(), BudgetFault>> {
        let settled = self.store.write("settle", move |txn| {
            Box::pin(async move { settle(txn, reservation, spent_micro).await })
        });
        Box::pin(async move { settled.await.map_err(|_| BudgetFault::Unavailable) })
    }
}
