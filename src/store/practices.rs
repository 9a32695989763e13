//! Practices: who opened which, how far each is, and what came of it.

use std::collections::HashMap;

use ludus_domain::ids::{OrgId, RoomId, UserId};
use ludus_domain::journal::PracticeStep;
use ludus_domain::practice::review::Filed;
use ludus_domain::room::{Room, RoomKind};
use ludus_domain::time::Timestamp;
use ludus_entities::{member, practice, practice_report, room};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};

use super::people::Actor;
use super::turns::now_ms;
use super::{Store, StoreError, memories};

/// Practices one look brings. There are more: the next look has them.
const OVERDUE_MAX: u64 = 100;
/// When a practice is looked after again that somebody was sent to, and nothing came of it.
const AGAIN_MS: i64 = 60_000;
/// How long whoever has the room open is left to make the report by themselves.
const GRACE_MS: i64 = 3_000;
/// Reports that a profile is made of: the latest.
const HISTORY_MAX: u64 = 200;
/// What came of somebody's practice.
#[derive(Clone, Debug)]
pub(crate) struct ReportRow {
    pub(crate) room: RoomId,
    pub(crate) user: UserId,
    pub(crate) at: Timestamp,
    pub(crate) filed: Filed,
}

/// A practice in a list.
#[derive(Clone, Debug)]
pub(crate) struct PracticeRow {
    pub(crate) room: RoomId,
    pub(crate) title: String,
    pub(crate) scenario: Option<String>,
    pub(crate) step: PracticeStep,
    pub(crate) opened_at: Timestamp,
}

const fn word(step: PracticeStep) -> &'static str {
    match step {
        PracticeStep::Resting => "resting",
        PracticeStep::Running => "running",
        PracticeStep::Ended => "ended",
        PracticeStep::Closed => "closed",
        PracticeStep::Filed => "filed",
    }
}

fn step_of(word: &str) -> PracticeStep {
    match word {
        "running" => PracticeStep::Running,
        "ended" => PracticeStep::Ended,
        "closed" => PracticeStep::Closed,
        "filed" => PracticeStep::Filed,
        _ => PracticeStep::Resting,
    }
}

/// Notes a room in which something is practised, when it is opened.
pub(super) async fn open(
    txn: &DatabaseTransaction,
    actor: Actor,
    room: RoomId,
    state: &Room,
) -> Result<(), DbErr> {
    let scene = state.plan.scene.as_ref();
    let scenario = scene.and_then(|scene| scene.scenario.as_ref());
    if state.plan.kind != RoomKind::Practice && scenario.is_none() {
        return Ok(());
    }
    let minutes = scene.and_then(|scene| scene.minutes).unwrap_or(0);
    let runs = !state.stage.open.is_empty();
    let row = practice::ActiveModel {
        org_id: Set(actor.org.0),
        room_id: Set(room.0),
        opened_by: Set(actor.user.0),
        scenario: Set(scenario.map(ToString::to_string)),
        minutes: Set(minutes.into()),
        step: Set(word(if runs {
            PracticeStep::Running
        } else {
            PracticeStep::Resting
        })
        .to_owned()),
        look_at: Set((runs && minutes > 0).then(|| actor.at.0 + i64::from(minutes) * 60_000)),
        opened_at: Set(actor.at.0),
    };
    practice::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Moves a practice on, in the transaction of what moved it. Never back from its end.
pub(super) async fn step(
    txn: &DatabaseTransaction,
    (org, room): (OrgId, RoomId),
    step: PracticeStep,
    now: Timestamp,
) -> Result<(), DbErr> {
    use practice::Column as C;
    let look_at = match step {
        PracticeStep::Resting | PracticeStep::Ended | PracticeStep::Filed => Expr::cust("NULL"),
        PracticeStep::Closed => Expr::value(now.0 + GRACE_MS),
        // Not earlier than it can be over. Whoever has the room open knows better.
        PracticeStep::Running => Expr::case(
            Expr::col(C::Minutes).gt(0),
            Expr::col(C::Minutes).mul(60_000_i64).add(now.0),
        )
        .into(),
    };
    let over: &[&str] = match step {
        PracticeStep::Filed => &["filed"],
        PracticeStep::Closed => &["closed", "filed"],
        _ => &["ended", "closed", "filed"],
    };
    practice::Entity::update_many()
        .col_expr(C::Step, Expr::value(word(step)))
        .col_expr(C::LookAt, look_at)
        .filter(C::OrgId.eq(org.0))
        .filter(C::RoomId.eq(room.0))
        .filter(C::Step.is_not_in(over.iter().copied()))
        .exec(txn)
        .await?;
    Ok(())
}

/// Keeps what came of a practice for somebody, in the transaction of the event that says so.
pub(super) async fn file(
    txn: &DatabaseTransaction,
    (org, room, user): (OrgId, RoomId, UserId),
    filed: &Filed,
    now: Timestamp,
) -> Result<(), DbErr> {
    let row = practice_report::ActiveModel {
        org_id: Set(org.0),
        user_id: Set(user.0),
        room_id: Set(room.0),
        at: Set(now.0),
        body: Set(bytes(filed)?),
    };
    practice_report::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    for keeps in &filed.keeps {
        memories::remember(txn, (org, user), keeps, now).await?;
    }
    Ok(())
}

/// Puts another report in the place of one, in the transaction of the event that says why.
pub(super) async fn refile(
    txn: &DatabaseTransaction,
    (org, room, user): (OrgId, RoomId, UserId),
    filed: &Filed,
) -> Result<(), DbErr> {
    use practice_report::Column as C;
    let done = practice_report::Entity::update_many()
        .col_expr(C::Body, Expr::value(bytes(filed)?))
        .filter(C::OrgId.eq(org.0))
        .filter(C::UserId.eq(user.0))
        .filter(C::RoomId.eq(room.0))
        .exec(txn)
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(DbErr::RecordNotUpdated)
    }
}

pub(super) fn bytes(value: &impl serde::Serialize) -> Result<Vec<u8>, DbErr> {
    serde_json::to_vec(value).map_err(|error| DbErr::Json(error.to_string()))
}

fn report_of(row: practice_report::Model) -> Result<ReportRow, StoreError> {
    let filed =
        serde_json::from_slice(&row.body).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(ReportRow {
        room: RoomId(row.room_id),
        user: UserId(row.user_id),
        at: Timestamp(row.at),
        filed,
    })
}

impl Store {
    /// Rooms whose practice should be over, or filed, by now. Each is looked after once a minute.
    pub(crate) async fn overdue_practices(&self) -> Result<Vec<(OrgId, RoomId)>, StoreError> {
        use practice::Column as C;
        let due = self
            .read("overdue practices", |db| {
                Box::pin(async move {
                    let rows: Vec<(uuid::Uuid, uuid::Uuid)> = practice::Entity::find()
                        .select_only()
                        .column(C::OrgId)
                        .column(C::RoomId)
                        .filter(Expr::col(C::LookAt).lt(now_ms(db)))
                        .limit(OVERDUE_MAX)
                        .into_tuple()
                        .all(db)
                        .await?;
                    Ok(rows)
                })
            })
            .await?;
        if due.is_empty() {
            return Ok(vec![]);
        }
        let rooms = due.clone();
        self.write("look after practices", move |txn| {
            Box::pin(async move {
                for (org, room) in rooms {
                    let again = now_ms(txn).add(AGAIN_MS);
                    practice::Entity::update_many()
                        .col_expr(C::LookAt, again)
                        .filter(C::OrgId.eq(org))
                        .filter(C::RoomId.eq(room))
                        .filter(C::LookAt.is_not_null())
                        .exec(txn)
                        .await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(due
            .into_iter()
            .map(|(org, room)| (OrgId(org), RoomId(room)))
            .collect())
    }

    /// Practices somebody opened, sits in or has a report of; the latest first.
    pub(crate) async fn practices_page(
        &self,
        org: OrgId,
        user: UserId,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<PracticeRow>, StoreError> {
        use practice::Column as C;
        self.read("practices", move |db| {
            Box::pin(async move {
                let seats = Query::select()
                    .column(member::Column::RoomId)
                    .from(member::Entity)
                    .and_where(member::Column::OrgId.eq(org.0))
                    .and_where(member::Column::UserId.eq(user.0))
                    .to_owned();
                let reports = Query::select()
                    .column(practice_report::Column::RoomId)
                    .from(practice_report::Entity)
                    .and_where(practice_report::Column::OrgId.eq(org.0))
                    .and_where(practice_report::Column::UserId.eq(user.0))
                    .to_owned();
                let own = Condition::any()
                    .add(C::OpenedBy.eq(user.0))
                    .add(C::RoomId.in_subquery(seats))
                    .add(C::RoomId.in_subquery(reports));
                let mut found = practice::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(own);
                if let Some(before) = before {
                    found = found.filter(C::RoomId.lt(before.0));
                }
                let rows = found.order_by_desc(C::RoomId).limit(limit).all(db).await?;
                let titles: HashMap<uuid::Uuid, String> = room::Entity::find()
                    .select_only()
                    .column(room::Column::Id)
                    .column(room::Column::Title)
                    .filter(room::Column::OrgId.eq(org.0))
                    .filter(room::Column::Id.is_in(rows.iter().map(|row| row.room_id)))
                    .into_tuple()
                    .all(db)
                    .await?
                    .into_iter()
                    .collect();
                Ok(rows
                    .into_iter()
                    .map(|row| practice_of(row, &titles))
                    .collect())
            })
        })
        .await
    }

    /// What came of somebody's practice in a room.
    pub(crate) async fn report(
        &self,
        org: OrgId,
        user: UserId,
        room: RoomId,
    ) -> Result<Option<ReportRow>, StoreError> {
        self.read("a report", move |db| {
            Box::pin(async move {
                let row = practice_report::Entity::find_by_id((org.0, user.0, room.0))
                    .one(db)
                    .await?;
                row.map(report_of).transpose()
            })
        })
        .await
    }

    /// Everybody's reports of one room.
    pub(crate) async fn reports_of_room(
        &self,
        org: OrgId,
        room: RoomId,
    ) -> Result<Vec<ReportRow>, StoreError> {
        use practice_report::Column as C;
        self.read("reports of a room", move |db| {
            Box::pin(async move {
                let rows = practice_report::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .order_by_asc(C::UserId)
                    .limit(ludus_domain::practice::review::LEARNERS_MAX as u64)
                    .all(db)
                    .await?;
                rows.into_iter().map(report_of).collect()
            })
        })
        .await
    }

    /// Somebody's latest reports, newest first.
    pub(crate) async fn reports(
        &self,
        org: OrgId,
        user: UserId,
    ) -> Result<Vec<ReportRow>, StoreError> {
        use practice_report::Column as C;
        self.read("reports", move |db| {
            Box::pin(async move {
                let rows = practice_report::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::UserId.eq(user.0))
                    .order_by_desc(C::At)
                    .order_by_desc(C::RoomId)
                    .limit(HISTORY_MAX)
                    .all(db)
                    .await?;
                rows.into_iter().map(report_of).collect()
            })
        })
        .await
    }
}

fn practice_of(row: practice::Model, titles: &HashMap<uuid::Uuid, String>) -> PracticeRow {
    PracticeRow {
        room: RoomId(row.room_id),
        title: titles.get(&row.room_id).cloned().unwrap_or_default(),
        scenario: row.scenario,
        step: step_of(&row.step),
        opened_at: Timestamp(row.opened_at),
    }
}
