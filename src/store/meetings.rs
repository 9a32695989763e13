//! When cohorts meet. A meeting's room is opened in the transaction that notes it in the meeting's row, so
//! that it is opened once, however many nodes look at the clock.

use ludus_domain::ids::{CohortId, MeetingId, OrgId, RoomId, UserId};
use ludus_domain::journal::{CohortEvent, Fact};
use ludus_domain::meeting::{Entry, MEETINGS_MAX};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::Room;
use ludus_domain::slug::ScenarioId;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{cohort_member, meeting};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

use super::cohorts::{Moved, must_lead, must_see};
use super::idempotency::{Done, Once};
use super::people::{self, Actor};
use super::{Store, StoreError, facts, rooms};

/// Meetings that are over are shown for so long.
const SHOWN_MS: i64 = 31 * 86_400_000;
/// Meetings one look opens the rooms of. The next look has the others.
const DUE_MAX: u64 = 50;

/// When a cohort meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meeting {
    pub(crate) id: MeetingId,
    pub(crate) cohort: CohortId,
    pub(crate) title: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) minutes: u16,
    /// What is to be played, if anything.
    pub(crate) scenario: Option<ScenarioId>,
    /// From when it begins.
    pub(crate) room: Option<RoomId>,
    pub(crate) created_by: UserId,
    pub(crate) changed_at: Timestamp,
    pub(crate) cancelled: bool,
}

impl Meeting {
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            id: self.id,
            title: self.title.clone(),
            starts_at: self.starts_at,
            minutes: self.minutes,
            room: self.room,
            cancelled: self.cancelled,
            changed_at: self.changed_at,
        }
    }
}

impl Store {
    pub(crate) async fn plan_meeting(
        &self,
        once: Option<Once>,
        actor: Actor,
        new: Meeting,
    ) -> Result<Done<Moved<Meeting>>, StoreError> {
        use meeting::Column as C;
        self.write_once("plan a meeting", once, move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, new.cohort).await?;
                let there = meeting::Entity::find()
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::CohortId.eq(new.cohort.0))
                    .filter(C::StartsAt.gt(actor.at.0))
                    .filter(C::Cancelled.eq(false))
                    .count(txn)
                    .await?;
                if there >= MEETINGS_MAX {
                    return Err(Refusal::TooLarge.into());
                }
                let row = meeting::ActiveModel {
                    org_id: Set(actor.org.0),
                    id: Set(new.id.0),
                    cohort_id: Set(new.cohort.0),
                    title: Set(new.title.clone()),
                    starts_at: Set(new.starts_at.0),
                    minutes: Set(i32::from(new.minutes)),
                    scenario: Set(new.scenario.as_ref().map(ToString::to_string)),
                    room_id: Set(None),
                    created_by: Set(actor.user.0),
                    changed_at: Set(actor.at.0),
                    cancelled: Set(false),
                };
                meeting::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                let event = CohortEvent::MeetingPlanned {
                    meeting: new.id,
                    title: new.title.clone(),
                    starts_at: new.starts_at,
                    minutes: new.minutes,
                };
                let stream = StreamId::Cohort(new.cohort);
                facts::append(txn, actor.entry(), stream, &[Fact::Cohort(event)]).await?;
                Ok(Moved {
                    value: new,
                    streams: vec![stream],
                })
            })
        })
        .await
    }

    /// Calls a meeting off. Its room, where it has begun, stays.
    pub(crate) async fn cancel_meeting(
        &self,
        actor: Actor,
        cohort: CohortId,
        id: MeetingId,
    ) -> Result<Vec<StreamId>, StoreError> {
        use meeting::Column as C;
        self.write("call a meeting off", move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, cohort).await?;
                let row = meeting::Entity::find_by_id((actor.org.0, id.0))
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let row = row.filter(|row| row.cohort_id == cohort.0);
                let row = row.ok_or(Refusal::NotFound)?;
                if row.cancelled {
                    return Ok(vec![]);
                }
                meeting::Entity::update_many()
                    .col_expr(C::Cancelled, Expr::value(true))
                    .col_expr(C::ChangedAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                let event = CohortEvent::MeetingCancelled { meeting: id };
                let stream = StreamId::Cohort(cohort);
                facts::append(txn, actor.entry(), stream, &[Fact::Cohort(event)]).await?;
                Ok(vec![stream])
            })
        })
        .await
    }

    /// When a cohort one is in meets, those of the last month among them.
    pub(crate) async fn meetings(
        &self,
        actor: Actor,
        cohort: CohortId,
    ) -> Result<(String, Vec<Meeting>), StoreError> {
        use meeting::Column as C;
        self.read("meetings", move |db| {
            Box::pin(async move {
                let title = must_see(db, actor, cohort).await?.title;
                let rows = meeting::Entity::find()
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::CohortId.eq(cohort.0))
                    .filter(C::StartsAt.gt(actor.at.0 - SHOWN_MS))
                    .order_by_asc(C::StartsAt)
                    .limit(MEETINGS_MAX)
                    .all(db)
                    .await?;
                Ok((title, rows.into_iter().map(meeting_of).collect()))
            })
        })
        .await
    }

    /// Meetings that have begun, are not over, and have no room yet.
    pub(crate) async fn due_meetings(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(OrgId, Meeting)>, StoreError> {
        use meeting::Column as C;
        self.read("due meetings", move |db| {
            Box::pin(async move {
                let a_day_ago = now.0 - i64::from(ludus_domain::meeting::MINUTES_MAX) * 60_000;
                let rows = meeting::Entity::find()
                    .filter(C::StartsAt.lte(now.0))
                    .filter(C::StartsAt.gt(a_day_ago))
                    .filter(C::RoomId.is_null())
                    .filter(C::Cancelled.eq(false))
                    .order_by_asc(C::StartsAt)
                    .limit(DUE_MAX)
                    .all(db)
                    .await?;
                let due = rows
                    .into_iter()
                    .map(|row| (OrgId(row.org_id), meeting_of(row)))
                    .filter(|(_, meeting)| meeting.entry().ends_at() > now);
                Ok(due.collect())
            })
        })
        .await
    }

    /// Opens a meeting's room with whoever planned it in the host's seat, and lets its learners in. Nothing
    /// where somebody else was first. Answers which streams have news.
    pub(crate) async fn open_meeting(
        &self,
        org: OrgId,
        id: MeetingId,
        room: RoomId,
        state: Room,
        now: Timestamp,
    ) -> Result<Vec<StreamId>, StoreError> {
        use meeting::Column as C;
        self.write("open a meeting's room", move |txn| {
            Box::pin(async move {
                let row = meeting::Entity::find_by_id((org.0, id.0))
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let Some(row) = row.filter(|row| row.room_id.is_none() && !row.cancelled) else {
                    return Ok(vec![]);
                };
                let planner = people::find(txn, org, UserId(row.created_by)).await?;
                let Some(planner) = planner.map(people::user_of).transpose()? else {
                    return Ok(vec![]);
                };
                let actor = Actor {
                    org,
                    user: planner.id,
                    role: planner.role,
                    guest: planner.guest,
                    at: now,
                };
                meeting::Entity::update_many()
                    .col_expr(C::RoomId, Expr::value(room.0))
                    .col_expr(C::ChangedAt, Expr::value(now.0))
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                rooms::open(txn, actor, planner.name, room, state).await?;
                let mut learners: Vec<UserId> = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(org.0))
                    .filter(cohort_member::Column::CohortId.eq(row.cohort_id))
                    .filter(cohort_member::Column::Part.eq("learner"))
                    .all(txn)
                    .await?
                    .into_iter()
                    .map(|seat| UserId(seat.user_id))
                    .collect();
                learners.sort_unstable();
                let mut streams = vec![StreamId::Cohort(CohortId(row.cohort_id))];
                for learner in learners {
                    if facts::invite(txn, actor.entry(), room, learner).await? {
                        streams.push(StreamId::Inbox(learner));
                    }
                }
                let event = CohortEvent::MeetingOpened { meeting: id, room };
                facts::append(txn, actor.entry(), streams[0], &[Fact::Cohort(event)]).await?;
                Ok(streams)
            })
        })
        .await
    }
}

fn meeting_of(row: meeting::Model) -> Meeting {
    Meeting {
        id: MeetingId(row.id),
        cohort: CohortId(row.cohort_id),
        title: row.title,
        starts_at: Timestamp(row.starts_at),
        minutes: u16::try_from(row.minutes).unwrap_or(0),
        // One that no content knows any more is a meeting without a scene.
        scenario: row.scenario.and_then(|name| name.parse().ok()),
        room: row.room_id.map(RoomId),
        created_by: UserId(row.created_by),
        changed_at: Timestamp(row.changed_at),
        cancelled: row.cancelled,
    }
}
