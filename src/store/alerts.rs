//! Alerts: raised once for each cool-down whoever notices, acted on once, every act kept.

use std::collections::HashMap;

use ludus_domain::desk::alert::{Alert, AlertAct, AlertState, Raise, Severity};
use ludus_domain::desk::signal::Signal;
use ludus_domain::desk::{ALERTS_MAX, Access};
use ludus_domain::ids::{AlertId, CohortId, OrgId, RoomId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::{alert, alert_act, cohort_member};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, Value,
};
use serde::{Deserialize, Serialize};

use super::desks::access_of;
use super::idempotency::{Done, Once};
use super::people::{Actor, fresh};
use super::{Store, StoreError, rows};

/// How long an alert stays on the desk by itself. The lists have it for ever.
const ON_DESK_MS: i64 = 12 * 3_600_000;
/// Acts on one alert. Nobody has so many in good faith.
const ACTS_MAX: usize = 100;
/// Alerts of one transaction beside their causes; the rest of a batch's is a storm of one cause.
const ALARMS_MAX: usize = 64;

/// An act that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acted {
    pub(crate) act: String,
    pub(crate) until: Option<Timestamp>,
    pub(crate) to: Option<UserId>,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

/// Something to be raised wherever the learner learns.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    pub(crate) org: OrgId,
    pub(crate) raise: Raise,
}

impl Alarm {
    pub(crate) fn of(org: OrgId, learner: UserId, room: Option<RoomId>, signal: &Signal) -> Self {
        let raise = Raise {
            learner,
            room,
            signal: signal.id.clone(),
            severity: signal.severity,
            cool_down_ms: signal.cool_down_ms,
        };
        Self { org, raise }
    }
}

impl Store {
    /// Raises alerts in a cohort, but for those of which one was raised within the cool-down.
    pub(crate) async fn raise(
        &self,
        org: OrgId,
        cohort: CohortId,
        raises: Vec<Raise>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("raise alerts", move |txn| {
            Box::pin(async move {
                let of = |raise: Raise| (org, cohort, raise);
                Ok(insert(txn, raises.into_iter().map(of).collect(), now).await?)
            })
        })
        .await
    }

    /// The alerts of a cohort that a desk shows: of the last half day, not dismissed, newest first.
    pub(crate) async fn desk_alerts(
        &self,
        org: OrgId,
        cohort: CohortId,
        now: Timestamp,
    ) -> Result<Vec<Alert>, StoreError> {
        self.read("alerts of a desk", move |db| {
            Box::pin(async move {
                let rows = alert::Entity::find()
                    .filter(alert::Column::OrgId.eq(org.0))
                    .filter(alert::Column::CohortId.eq(cohort.0))
                    .filter(alert::Column::RaisedAt.gt(now.0 - ON_DESK_MS))
                    .filter(alert::Column::State.ne(AlertState::Dismissed.as_str()))
                    .order_by_desc(alert::Column::RaisedAt)
                    .limit(ALERTS_MAX as u64)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().filter_map(alert_of).collect())
            })
        })
        .await
    }

    /// All alerts of a cohort one sees learner by learner, newest first; only those nobody has
    /// dismissed where `open`.
    pub(crate) async fn alerts_page(
        &self,
        actor: Actor,
        cohort: CohortId,
        open: bool,
        before: Option<(Timestamp, AlertId)>,
        limit: u64,
    ) -> Result<Vec<Alert>, StoreError> {
        self.read("alerts", move |db| {
            Box::pin(async move {
                must_see(db, actor, cohort).await?;
                let mut found = alert::Entity::find()
                    .filter(alert::Column::OrgId.eq(actor.org.0))
                    .filter(alert::Column::CohortId.eq(cohort.0));
                if open {
                    found = found.filter(alert::Column::State.ne(AlertState::Dismissed.as_str()));
                }
                if let Some((at, id)) = before {
                    let key = [alert::Column::RaisedAt, alert::Column::Id].map(Expr::col);
                    let there = [Expr::value(at.0), Expr::value(id.0)];
                    found = found.filter(sea_orm::sea_query::ExprTrait::lt(
                        Expr::tuple(key),
                        Expr::tuple(there),
                    ));
                }
                let rows = found
                    .order_by_desc(alert::Column::RaisedAt)
                    .order_by_desc(alert::Column::Id)
                    .limit(limit)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().filter_map(alert_of).collect())
            })
        })
        .await
    }

    /// An alert, with what was done about it.
    pub(crate) async fn alert(
        &self,
        actor: Actor,
        cohort: CohortId,
        id: AlertId,
    ) -> Result<(Alert, Vec<Acted>), StoreError> {
        self.read("an alert", move |db| {
            Box::pin(async move {
                must_see(db, actor, cohort).await?;
                let row = alert::Entity::find_by_id((actor.org.0, id.0))
                    .one(db)
                    .await?;
                let found = row.filter(|row| row.cohort_id == cohort.0);
                let found = found.and_then(alert_of).ok_or(Refusal::NotFound)?;
                let acts = alert_act::Entity::find()
                    .filter(alert_act::Column::OrgId.eq(actor.org.0))
                    .filter(alert_act::Column::AlertId.eq(id.0))
                    .order_by_asc(alert_act::Column::Number)
                    .all(db)
                    .await?;
                Ok((found, acts.into_iter().map(acted_of).collect()))
            })
        })
        .await
    }

    /// Does something about an alert, and keeps who did it and when.
    pub(crate) async fn act_on_alert(
        &self,
        once: Option<Once>,
        actor: Actor,
        cohort: CohortId,
        id: AlertId,
        act: AlertAct,
    ) -> Result<Done<Alert>, StoreError> {
        self.write_once("act on an alert", once, move |txn| {
            Box::pin(async move {
                must_see(txn, actor, cohort).await?;
                let key = (actor.org.0, id.0);
                let found = alert::Entity::find_by_id(key)
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let found = found.filter(|row| row.cohort_id == cohort.0);
                let before = found.and_then(alert_of).ok_or(Refusal::NotFound)?;
                if let AlertAct::Assign { to } = act {
                    must_be_a_coach(txn, actor.org, cohort, to).await?;
                }
                let after = before.after(actor.user, act, actor.at)?;
                if after != before {
                    save(txn, actor, &after, act).await?;
                }
                Ok(after)
            })
        })
        .await
    }
}

async fn save(
    txn: &DatabaseTransaction,
    actor: Actor,
    after: &Alert,
    act: AlertAct,
) -> Result<(), StoreError> {
    use alert::Column as C;
    let (until, to) = match after.state {
        AlertState::Snoozed { until } => (Some(until.0), None),
        AlertState::Assigned { to } => (None, Some(to.0)),
        AlertState::Open | AlertState::Acknowledged | AlertState::Dismissed => (None, None),
    };
    alert::Entity::update_many()
        .col_expr(C::State, Expr::value(after.state.as_str()))
        .col_expr(C::UntilAt, Expr::value(until))
        .col_expr(C::AssignedTo, Expr::value(to))
        .col_expr(C::ActedBy, Expr::value(actor.user.0))
        .col_expr(C::ActedAt, Expr::value(actor.at.0))
        .filter(C::OrgId.eq(actor.org.0))
        .filter(C::Id.eq(after.id.0))
        .exec(txn)
        .await?;
    let last = alert_act::Entity::find()
        .filter(alert_act::Column::OrgId.eq(actor.org.0))
        .filter(alert_act::Column::AlertId.eq(after.id.0))
        .order_by_desc(alert_act::Column::Number)
        .one(txn)
        .await?;
    let number = last.map_or(0, |last| last.number) + 1;
    if usize::try_from(number).is_ok_and(|number| number > ACTS_MAX) {
        return Err(Refusal::TooLarge.into());
    }
    let row = alert_act::ActiveModel {
        org_id: Set(actor.org.0),
        alert_id: Set(after.id.0),
        number: Set(number),
        act: Set(act.kind().to_owned()),
        until_at: Set(until),
        assigned_to: Set(to),
        by_id: Set(actor.user.0),
        at: Set(actor.at.0),
    };
    alert_act::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Refuses whoever may not see the learners of a cohort one by one.
async fn must_see(
    db: &impl sea_orm::ConnectionTrait,
    actor: Actor,
    cohort: CohortId,
) -> Result<(), StoreError> {
    match access_of(db, actor.org, cohort, actor.viewer()).await? {
        Some(Access::Full) => Ok(()),
        Some(Access::Aggregate) => Err(Refusal::Forbidden.into()),
        None => Err(Refusal::NotFound.into()),
    }
}

async fn must_be_a_coach(
    db: &impl sea_orm::ConnectionTrait,
    org: OrgId,
    cohort: CohortId,
    user: UserId,
) -> Result<(), StoreError> {
    let found = super::people::find(db, org, user).await?;
    let found = found.map(super::people::user_of).transpose()?;
    let there = found.filter(|user| user.disabled_at.is_none());
    let viewer = there.map(|user| ludus_domain::audience::Viewer {
        user: user.id,
        role: user.role,
        guest: user.guest,
    });
    let access = match viewer {
        Some(viewer) => access_of(db, org, cohort, viewer).await?,
        None => None,
    };
    if access == Some(Access::Full) {
        Ok(())
    } else {
        Err(Refusal::NoSuchMember.into())
    }
}

/// Raises in every cohort somebody learns in, in the transaction of what raised it.
pub(super) async fn alarm(
    txn: &DatabaseTransaction,
    mut alarms: Vec<Alarm>,
    now: Timestamp,
) -> Result<(), DbErr> {
    if alarms.is_empty() {
        return Ok(());
    }
    alarms.truncate(ALARMS_MAX);
    let people = alarms.iter().map(|alarm| alarm.raise.learner.0);
    let seats = cohort_member::Entity::find()
        .filter(cohort_member::Column::UserId.is_in(people))
        .filter(cohort_member::Column::OrgId.is_in(alarms.iter().map(|alarm| alarm.org.0)))
        .filter(cohort_member::Column::Part.eq("learner"))
        .all(txn)
        .await?;
    let mut raised = vec![];
    for alarm in alarms {
        for seat in &seats {
            if seat.org_id == alarm.org.0 && seat.user_id == alarm.raise.learner.0 {
                raised.push((alarm.org, CohortId(seat.cohort_id), alarm.raise.clone()));
            }
        }
    }
    insert(txn, raised, now).await
}

/// One row for each, but for those that were raised within their cool-down: looked up here, and held
/// by a unique key against whoever looks at the same moment.
async fn insert(
    txn: &DatabaseTransaction,
    mut raised: Vec<(OrgId, CohortId, Raise)>,
    now: Timestamp,
) -> Result<(), DbErr> {
    // In one order, so that two that raise the same wait for each other and not for ever.
    raised.sort_by(|(org, cohort, one), (other_org, other_cohort, other)| {
        let key = (org, cohort, one.learner, &one.signal);
        key.cmp(&(other_org, other_cohort, other.learner, &other.signal))
    });
    let mut last: HashMap<(OrgId, CohortId, UserId, String), i64> = HashMap::new();
    let mut keys: Vec<[Value; 11]> = vec![];
    for (org, cohort, raise) in raised {
        let cool_down_ms = raise.cool_down_ms.max(1);
        let key = (org, cohort, raise.learner, raise.signal.to_string());
        if last.insert(key, now.0).is_some() {
            continue;
        }
        keys.push([
            org.0.into(),
            fresh().into(),
            cohort.0.into(),
            raise.learner.0.into(),
            raise.room.map(|room| room.0).into(),
            raise.signal.to_string().into(),
            raise.severity.as_str().to_owned().into(),
            now.0.into(),
            (now.0 / cool_down_ms).into(),
            AlertState::Open.as_str().to_owned().into(),
            (now.0 - cool_down_ms).into(),
        ]);
    }
    if keys.is_empty() {
        return Ok(());
    }
    let backend = txn.get_database_backend();
    rows::apply(txn, &keys, |list| insert_sql(list, backend)).await
}

pub(super) fn insert_sql(list: &str, backend: DbBackend) -> String {
    // PostgreSQL takes what it has no type for as a text.
    let room = match backend {
        DbBackend::Postgres => "k.column5::uuid",
        _ => "k.column5",
    };
    format!(
        "INSERT INTO alert (org_id, id, cohort_id, learner_id, room_id, signal, severity, raised_at, bucket, state) \
         SELECT k.column1, k.column2, k.column3, k.column4, {room}, k.column6, k.column7, k.column8, k.column9, k.column10 \
         FROM (VALUES {list}) AS k WHERE NOT EXISTS (SELECT 1 FROM alert AS a \
         WHERE a.org_id = k.column1 AND a.cohort_id = k.column3 AND a.learner_id = k.column4 \
         AND a.signal = k.column6 AND a.raised_at > k.column11) ON CONFLICT DO NOTHING"
    )
}

/// What a row says; nothing where it says what this version does not know.
fn alert_of(row: alert::Model) -> Option<Alert> {
    let until = row.until_at.map(Timestamp);
    let state = match row.state.as_str() {
        "open" => AlertState::Open,
        "acknowledged" => AlertState::Acknowledged,
        "snoozed" => AlertState::Snoozed { until: until? },
        "assigned" => AlertState::Assigned {
            to: UserId(row.assigned_to?),
        },
        "dismissed" => AlertState::Dismissed,
        _ => return None,
    };
    let mut severities = Severity::ALL.into_iter();
    Some(Alert {
        id: AlertId(row.id),
        cohort: CohortId(row.cohort_id),
        learner: UserId(row.learner_id),
        room: row.room_id.map(RoomId),
        signal: row.signal.parse().ok()?,
        severity: severities.find(|severity| severity.as_str() == row.severity)?,
        raised_at: Timestamp(row.raised_at),
        state,
        by: row.acted_by.map(UserId),
        at: row.acted_at.map(Timestamp),
    })
}

fn acted_of(row: alert_act::Model) -> Acted {
    Acted {
        act: row.act,
        until: row.until_at.map(Timestamp),
        to: row.assigned_to.map(UserId),
        by: UserId(row.by_id),
        at: Timestamp(row.at),
    }
}
