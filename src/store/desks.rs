//! What desks read: who may look, who learns in a cohort, and where its learners sit now.

use std::collections::HashMap;

use ludus_domain::audience::Viewer;
use ludus_domain::desk::{Access, LEARNERS_MAX, RESULTS_MAX, ROOMS_MAX};
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{CohortId, OrgId, RoomId, Seq, TeamId, UserId};
use ludus_domain::practice::review::Filed;
use ludus_domain::rights::{self, Action};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{cohort, cohort_member, member, practice_report, room, stream, total, user};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::journal::seq_of;
use super::{Store, StoreError};

/// Reports that results are taken from: the latest of a cohort.
const REPORTS_MAX: u64 = 600;
/// Older ones say little of how somebody does now.
const REPORTS_BACK_MS: i64 = 60 * 24 * 3_600_000;

/// A learner of a cohort.
#[derive(Clone, Debug)]
pub(crate) struct LearnerRow {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) team: Option<TeamId>,
}

/// What somebody may see of a cohort: the one place that decides it. Whoever runs the org sees all, a
/// coach what they are assigned to; to everybody else there is no desk.
pub(crate) async fn access_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    cohort: CohortId,
    viewer: Viewer,
) -> Result<Option<Access>, StoreError> {
    if rights::allows(viewer.role, Action::ManageCohorts) {
        let there = cohort::Entity::find_by_id((org.0, cohort.0))
            .count(db)
            .await?;
        return Ok((there > 0).then_some(Access::Full));
    }
    if !rights::allows_whom(viewer.role, viewer.guest, Action::LeadCohorts) {
        return Ok(None);
    }
    let seat = cohort_member::Entity::find_by_id((org.0, cohort.0, viewer.user.0))
        .one(db)
        .await?;
    Ok(seat
        .filter(|seat| seat.part == "coach")
        .and_then(|seat| Access::parse(&seat.access)))
}

/// The learners of a cohort, as a part of other queries.
pub(super) fn learners(org: OrgId, cohort: CohortId) -> SelectStatement {
    use cohort_member::Column as C;
    Query::select()
        .column(C::UserId)
        .from(cohort_member::Entity)
        .and_where(C::OrgId.eq(org.0))
        .and_where(C::CohortId.eq(cohort.0))
        .and_where(C::Part.eq("learner"))
        .to_owned()
}

impl Store {
    pub(crate) async fn desk_access(
        &self,
        org: OrgId,
        cohort: CohortId,
        viewer: Viewer,
    ) -> Result<Option<Access>, StoreError> {
        self.read("access to a desk", move |db| {
            Box::pin(async move { access_of(db, org, cohort, viewer).await })
        })
        .await
    }

    /// A cohort's title and its learners, in the order they were added; how many have no place.
    pub(crate) async fn desk_learners(
        &self,
        org: OrgId,
        id: CohortId,
    ) -> Result<Option<(String, Vec<LearnerRow>, u32)>, StoreError> {
        self.read("learners of a desk", move |db| {
            Box::pin(async move {
                let found = cohort::Entity::find_by_id((org.0, id.0)).one(db).await?;
                let Some(found) = found else { return Ok(None) };
                let seats = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(org.0))
                    .filter(cohort_member::Column::CohortId.eq(id.0))
                    .filter(cohort_member::Column::Part.eq("learner"));
                let all = seats.clone().count(db).await?;
                let seats = seats
                    .order_by_asc(cohort_member::Column::AddedAt)
                    .order_by_asc(cohort_member::Column::UserId)
                    .limit(LEARNERS_MAX as u64)
                    .all(db)
                    .await?;
                let people = user::Entity::find()
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.in_subquery(learners(org, id)))
                    .all(db)
                    .await?;
                let mut names: HashMap<_, _> = people
                    .into_iter()
                    .filter(|user| user.disabled_at.is_none())
                    .map(|user| (user.id, user.name))
                    .collect();
                let beyond = all.saturating_sub(seats.len() as u64);
                let learner = |seat: cohort_member::Model| {
                    Some(LearnerRow {
                        user: UserId(seat.user_id),
                        name: names.remove(&seat.user_id)?,
                        team: seat.team_id.map(TeamId),
                    })
                };
                let rows = seats.into_iter().filter_map(learner).collect();
                Ok(Some((
                    found.title,
                    rows,
                    u32::try_from(beyond).unwrap_or(u32::MAX),
                )))
            })
        })
        .await
    }

    /// What the learners of a cohort have of something, in the org and in a window.
    pub(crate) async fn desk_totals(
        &self,
        org: OrgId,
        id: CohortId,
        metric: Metric,
        window: Window,
    ) -> Result<HashMap<UserId, total::Model>, StoreError> {
        self.read("totals of a desk", move |db| {
            let metric = metric.to_string();
            Box::pin(async move {
                let rows = total::Entity::find()
                    .filter(total::Column::OrgId.eq(org.0))
                    .filter(total::Column::Scope.eq(Scope::Org.to_string()))
                    .filter(total::Column::Metric.eq(metric))
                    .filter(total::Column::Window.eq(window.to_string()))
                    .filter(total::Column::UserId.in_subquery(learners(org, id)))
                    .all(db)
                    .await?;
                let of = |row: total::Model| (UserId(row.user_id), row);
                Ok(rows.into_iter().map(of).collect())
            })
        })
        .await
    }

    /// Results of the last practices of the learners of a cohort, oldest first, and when the last was.
    pub(crate) async fn desk_results(
        &self,
        org: OrgId,
        id: CohortId,
        now: Timestamp,
    ) -> Result<HashMap<UserId, (Vec<u16>, Timestamp)>, StoreError> {
        self.read("results of a desk", move |db| {
            Box::pin(async move {
                use practice_report::Column as C;
                let rows = practice_report::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::UserId.in_subquery(learners(org, id)))
                    .filter(C::At.gt(now.0 - REPORTS_BACK_MS))
                    .order_by_desc(C::At)
                    .limit(REPORTS_MAX)
                    .all(db)
                    .await?;
                let mut results: HashMap<UserId, (Vec<u16>, Timestamp)> = HashMap::new();
                for row in rows {
                    let entry = results.entry(UserId(row.user_id));
                    let (list, _) = entry.or_insert_with(|| (vec![], Timestamp(row.at)));
                    // A report of another version says nothing here.
                    let filed: Option<Filed> = serde_json::from_slice(&row.body).ok();
                    if let Some(total) = filed.and_then(|filed| filed.report.total)
                        && list.len() < RESULTS_MAX
                    {
                        list.insert(0, total);
                    }
                }
                Ok(results)
            })
        })
        .await
    }

    /// The rooms that have not ended in which learners of a cohort sit, the latest moved first, with how
    /// far each is.
    pub(crate) async fn desk_rooms(
        &self,
        org: OrgId,
        id: CohortId,
    ) -> Result<Vec<(RoomId, Seq)>, StoreError> {
        self.read("rooms of a desk", move |db| {
            Box::pin(async move {
                let seats = Query::select()
                    .column(member::Column::RoomId)
                    .from(member::Entity)
                    .and_where(member::Column::OrgId.eq(org.0))
                    .and_where(member::Column::UserId.in_subquery(learners(org, id)))
                    .to_owned();
                let rooms: Vec<uuid::Uuid> = room::Entity::find()
                    .select_only()
                    .column(room::Column::Id)
                    .filter(room::Column::OrgId.eq(org.0))
                    .filter(room::Column::Id.in_subquery(seats))
                    .filter(room::Column::Phase.ne("ended"))
                    .order_by_desc(room::Column::ChangedAt)
                    .limit(ROOMS_MAX as u64)
                    .into_tuple()
                    .all(db)
                    .await?;
                let keys = rooms
                    .iter()
                    .map(|room| StreamId::Room(RoomId(*room)).to_string());
                let heads: Vec<(String, i64)> = stream::Entity::find()
                    .select_only()
                    .columns([stream::Column::Key, stream::Column::Head])
                    .filter(stream::Column::OrgId.eq(org.0))
                    .filter(stream::Column::Key.is_in(keys))
                    .into_tuple()
                    .all(db)
                    .await?;
                let room = |(key, head): (String, i64)| {
                    let stream: StreamId = key.parse().ok()?;
                    Some((stream.room()?, seq_of(head)))
                };
                Ok(heads.into_iter().filter_map(room).collect())
            })
        })
        .await
    }
}
