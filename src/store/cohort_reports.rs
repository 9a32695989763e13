//! What a cohort did, read for its report.

use std::collections::HashMap;

use ludus_domain::audience::Viewer;
use ludus_domain::desk::{Access, LEARNERS_MAX};
use ludus_domain::ids::{CohortId, OrgId, UserId};
use ludus_domain::practice::group::{Alarm, DAY_MS, Learner, Result as Practised, Window};
use ludus_domain::practice::review::Filed;
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::{alert, alert_act, cohort, cohort_member, practice_report, user};
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::desks::{access_of, learners};
use super::people::Actor;
use super::{Store, StoreError};

/// Practices of one report. A cohort of three hundred practises so often in a term.
const PRACTICES_MAX: u64 = 8_000;
const ALERTS_MAX: u64 = 8_000;
/// Ids of one statement.
const CHUNK: usize = 256;
/// How far before the two windows practices still say something of skills.
const SKILLS_BACK_MS: i64 = 120 * DAY_MS;

/// Everything a report is made of.
#[derive(Debug)]
pub(crate) struct CohortPast {
    pub(crate) title: String,
    pub(crate) access: Access,
    pub(crate) learners: Vec<Learner>,
    pub(crate) practices: Vec<Practised>,
    pub(crate) alarms: Vec<Alarm>,
    /// There was more than one report takes in: the oldest are missing.
    pub(crate) cut: bool,
}

impl Store {
    /// What the learners of a cohort did in a window, in the one before, and long enough before to know their
    /// skills. `window` is told what the reader may see of the cohort.
    pub(crate) async fn cohort_past(
        &self,
        actor: Actor,
        id: CohortId,
        window: impl Fn(Access) -> Window + Clone + Send + 'static,
    ) -> Result<CohortPast, StoreError> {
        self.read("the past of a cohort", move |db| {
            Box::pin(async move {
                let viewer = Viewer {
                    user: actor.user,
                    role: actor.role,
                    guest: actor.guest,
                };
                let access = access_of(db, actor.org, id, viewer).await?;
                let access = access.ok_or(Refusal::NotFound)?;
                let found = cohort::Entity::find_by_id((actor.org.0, id.0))
                    .one(db)
                    .await?;
                let found = found.ok_or(Refusal::NotFound)?;
                let window = window(access);
                let practices = practices(db, actor.org, id, window).await?;
                let alarms = alarms(db, actor.org, id, window).await?;
                Ok(CohortPast {
                    title: found.title,
                    access,
                    learners: people(db, actor.org, id).await?,
                    cut: practices.len() as u64 >= PRACTICES_MAX
                        || alarms.len() as u64 >= ALERTS_MAX,
                    practices,
                    alarms,
                })
            })
        })
        .await
    }
}

async fn people(
    db: &DatabaseConnection,
    org: OrgId,
    id: CohortId,
) -> Result<Vec<Learner>, StoreError> {
    let seats = cohort_member::Entity::find()
        .filter(cohort_member::Column::OrgId.eq(org.0))
        .filter(cohort_member::Column::CohortId.eq(id.0))
        .filter(cohort_member::Column::Part.eq("learner"))
        .order_by_asc(cohort_member::Column::AddedAt)
        .order_by_asc(cohort_member::Column::UserId)
        .limit(LEARNERS_MAX as u64)
        .all(db)
        .await?;
    let mut names: HashMap<uuid::Uuid, String> = user::Entity::find()
        .select_only()
        .columns([user::Column::Id, user::Column::Name])
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.in_subquery(learners(org, id)))
        .into_tuple::<(uuid::Uuid, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let learner = |seat: cohort_member::Model| {
        Some(Learner {
            user: UserId(seat.user_id),
            name: names.remove(&seat.user_id)?,
            since: Timestamp(seat.added_at),
        })
    };
    Ok(seats.into_iter().filter_map(learner).collect())
}

async fn practices(
    db: &DatabaseConnection,
    org: OrgId,
    id: CohortId,
    window: Window,
) -> Result<Vec<Practised>, StoreError> {
    use practice_report::Column as C;
    let rows = practice_report::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::UserId.in_subquery(learners(org, id)))
        .filter(C::At.gte(window.before().from.0 - SKILLS_BACK_MS))
        .filter(C::At.lt(window.to.0))
        .order_by_desc(C::At)
        .limit(PRACTICES_MAX)
        .all(db)
        .await?;
    let practised = |row: practice_report::Model| {
        // A report of another version says nothing here.
        let filed: Filed = serde_json::from_slice(&row.body).ok()?;
        let met = filed
            .report
            .goals
            .iter()
            .filter(|goal| goal.met_at.is_some());
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(Practised {
            user: UserId(row.user_id),
            at: Timestamp(row.at),
            minutes: filed.minutes.into(),
            lines: filed.lines,
            goals_met: small(met.count()),
            goals: small(filed.report.goals.len()),
            total: filed.report.total,
            shown: filed.shown,
        })
    };
    Ok(rows.into_iter().filter_map(practised).collect())
}

async fn alarms(
    db: &DatabaseConnection,
    org: OrgId,
    id: CohortId,
    window: Window,
) -> Result<Vec<Alarm>, StoreError> {
    let rows: Vec<(uuid::Uuid, uuid::Uuid, i64)> = alert::Entity::find()
        .select_only()
        .columns([
            alert::Column::Id,
            alert::Column::LearnerId,
            alert::Column::RaisedAt,
        ])
        .filter(alert::Column::OrgId.eq(org.0))
        .filter(alert::Column::CohortId.eq(id.0))
        .filter(alert::Column::RaisedAt.gte(window.before().from.0))
        .filter(alert::Column::RaisedAt.lt(window.to.0))
        .order_by_desc(alert::Column::RaisedAt)
        .limit(ALERTS_MAX)
        .into_tuple()
        .all(db)
        .await?;
    let mut first: HashMap<uuid::Uuid, i64> = HashMap::new();
    for chunk in rows.chunks(CHUNK) {
        let acts: Vec<(uuid::Uuid, i64)> = alert_act::Entity::find()
            .select_only()
            .columns([alert_act::Column::AlertId, alert_act::Column::At])
            .filter(alert_act::Column::OrgId.eq(org.0))
            .filter(alert_act::Column::AlertId.is_in(chunk.iter().map(|(id, ..)| *id)))
            .filter(alert_act::Column::Number.eq(1))
            .into_tuple()
            .all(db)
            .await?;
        first.extend(acts);
    }
    let alarm = |(id, user, at): (uuid::Uuid, uuid::Uuid, i64)| Alarm {
        user: UserId(user),
        at: Timestamp(at),
        handled_at: first.get(&id).copied().map(Timestamp),
    };
    Ok(rows.into_iter().map(alarm).collect())
}
