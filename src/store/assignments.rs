//! What cohorts are to practise, and how far each learner is: read from practices and their reports, so
//! that nothing has to be kept in step with them.

use std::collections::{BTreeMap, HashMap};

use ludus_domain::ids::{AssignmentId, CohortId, OrgId, RoomId, UserId};
use ludus_domain::journal::{CohortEvent, Fact, InboxEvent};
use ludus_domain::practice::assigned::{ASSIGNMENTS_MAX, Progress, Tried, progress};
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::ScenarioId;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{assignment, cohort_member, practice, practice_report, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

use super::cohorts::{Moved, Part, must_lead, part};
use super::idempotency::{Done, Once};
use super::people::Actor;
use super::{Store, StoreError, facts};

/// Practices of one learner that are looked through, the latest.
const TRIED_MAX: u64 = 2_000;

/// A scenario that somebody is to practise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) id: AssignmentId,
    pub(crate) cohort: CohortId,
    /// One learner; everybody of the cohort where there is none.
    pub(crate) user: Option<UserId>,
    pub(crate) scenario: ScenarioId,
    pub(crate) says: Option<String>,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) created_by: UserId,
    pub(crate) created_at: Timestamp,
}

/// How far a learner is with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) progress: Progress,
    pub(crate) is_late: bool,
    pub(crate) tried: Tried,
}

impl Store {
    pub(crate) async fn assign(
        &self,
        once: Option<Once>,
        actor: Actor,
        new: Assignment,
    ) -> Result<Done<Moved<Assignment>>, StoreError> {
        self.write_once("assign a scenario", once, move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, new.cohort).await?;
                let there = current(actor.org, new.cohort).count(txn).await?;
                if there >= ASSIGNMENTS_MAX {
                    return Err(Refusal::TooLarge.into());
                }
                if let Some(user) = new.user {
                    let learners = learners(txn, actor.org, new.cohort).await?;
                    if !learners.contains_key(&user) {
                        return Err(Refusal::NoSuchMember.into());
                    }
                }
                let row = assignment::ActiveModel {
                    org_id: Set(actor.org.0),
                    id: Set(new.id.0),
                    cohort_id: Set(new.cohort.0),
                    user_id: Set(new.user.map(|user| user.0)),
                    scenario: Set(new.scenario.to_string()),
                    says: Set(new.says.clone()),
                    due_at: Set(new.due_at.map(|at| at.0)),
                    created_by: Set(actor.user.0),
                    created_at: Set(actor.at.0),
                    withdrawn_at: Set(None),
                };
                assignment::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                // One learner's is told to them; the others need not know.
                let (stream, fact) = if let Some(user) = new.user {
                    let event = InboxEvent::PracticeAssigned {
                        assignment: new.id,
                        cohort: new.cohort,
                        scenario: new.scenario.clone(),
                        due_at: new.due_at,
                    };
                    (StreamId::Inbox(user), Fact::Inbox(event))
                } else {
                    let event = CohortEvent::ScenarioAssigned {
                        assignment: new.id,
                        scenario: new.scenario.clone(),
                        due_at: new.due_at,
                    };
                    (StreamId::Cohort(new.cohort), Fact::Cohort(event))
                };
                facts::append(txn, actor.entry(), stream, &[fact]).await?;
                Ok(Moved {
                    value: new,
                    streams: vec![stream],
                })
            })
        })
        .await
    }

    /// Takes an assignment back. What was practised for it stays.
    pub(crate) async fn withdraw_assignment(
        &self,
        actor: Actor,
        cohort: CohortId,
        id: AssignmentId,
    ) -> Result<Vec<StreamId>, StoreError> {
        use assignment::Column as C;
        self.write("take an assignment back", move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, cohort).await?;
                let row = assignment::Entity::find_by_id((actor.org.0, id.0))
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let row = row.filter(|row| row.cohort_id == cohort.0);
                let row = row.ok_or(Refusal::NotFound)?;
                if row.withdrawn_at.is_some() {
                    return Ok(vec![]);
                }
                assignment::Entity::update_many()
                    .col_expr(C::WithdrawnAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                let (stream, fact) = if let Some(user) = row.user_id.map(UserId) {
                    let event = InboxEvent::PracticeWithdrawn { assignment: id };
                    (StreamId::Inbox(user), Fact::Inbox(event))
                } else {
                    let event = CohortEvent::AssignmentWithdrawn { assignment: id };
                    (StreamId::Cohort(cohort), Fact::Cohort(event))
                };
                facts::append(txn, actor.entry(), stream, &[fact]).await?;
                Ok(vec![stream])
            })
        })
        .await
    }

    /// What a cohort is to practise, the latest first, with how many are how far.
    pub(crate) async fn assignments(
        &self,
        actor: Actor,
        cohort: CohortId,
    ) -> Result<Vec<(Assignment, BTreeMap<&'static str, u32>)>, StoreError> {
        self.read("assignments", move |db| {
            Box::pin(async move {
                must_lead(db, actor, cohort).await?;
                let learners = learners(db, actor.org, cohort).await?;
                let mut found = vec![];
                for assignment in all_of(db, actor.org, cohort).await? {
                    let standings = standings(db, actor, &assignment, &learners).await?;
                    let mut counts = BTreeMap::new();
                    for progress in Progress::ALL {
                        counts.insert(progress.as_str(), 0);
                    }
                    for standing in standings {
                        *counts.entry(standing.progress.as_str()).or_default() += 1;
                    }
                    found.push((assignment, counts));
                }
                Ok(found)
            })
        })
        .await
    }

    /// How far each learner is with an assignment: who needs somebody first.
    pub(crate) async fn assignment(
        &self,
        actor: Actor,
        cohort: CohortId,
        id: AssignmentId,
    ) -> Result<(Assignment, Vec<Standing>), StoreError> {
        self.read("an assignment", move |db| {
            Box::pin(async move {
                must_lead(db, actor, cohort).await?;
                let mut all = all_of(db, actor.org, cohort).await?.into_iter();
                let found = all.find(|assignment| assignment.id == id);
                let found = found.ok_or(Refusal::NotFound)?;
                let learners = learners(db, actor.org, cohort).await?;
                let mut standings = standings(db, actor, &found, &learners).await?;
                standings.sort_by(|one, other| {
                    (one.progress, &one.name).cmp(&(other.progress, &other.name))
                });
                Ok((found, standings))
            })
        })
        .await
    }

    /// What somebody is to practise, in all cohorts they learn in.
    pub(crate) async fn own_assignments(
        &self,
        actor: Actor,
    ) -> Result<Vec<(Assignment, Standing)>, StoreError> {
        self.read("own assignments", move |db| {
            Box::pin(async move {
                let seats = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(actor.org.0))
                    .filter(cohort_member::Column::UserId.eq(actor.user.0))
                    .all(db)
                    .await?;
                let own: HashMap<UserId, String> = [(actor.user, String::new())].into();
                let mut found = vec![];
                for seat in seats {
                    if part(&seat.part) != Part::Learner {
                        continue;
                    }
                    for assignment in all_of(db, actor.org, CohortId(seat.cohort_id)).await? {
                        let mut own = standings(db, actor, &assignment, &own).await?;
                        found.extend(own.pop().map(|standing| (assignment, standing)));
                    }
                }
                Ok(found)
            })
        })
        .await
    }
}

fn current(org: OrgId, cohort: CohortId) -> sea_orm::Select<assignment::Entity> {
    use assignment::Column as C;
    assignment::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::CohortId.eq(cohort.0))
        .filter(C::WithdrawnAt.is_null())
}

async fn all_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    cohort: CohortId,
) -> Result<Vec<Assignment>, StoreError> {
    let rows = current(org, cohort)
        .order_by_desc(assignment::Column::Id)
        .limit(ASSIGNMENTS_MAX)
        .all(db)
        .await?;
    let assignments = rows.into_iter().filter_map(|row| {
        Some(Assignment {
            id: AssignmentId(row.id),
            cohort: CohortId(row.cohort_id),
            user: row.user_id.map(UserId),
            scenario: row.scenario.parse().ok()?,
            says: row.says,
            due_at: row.due_at.map(Timestamp),
            created_by: UserId(row.created_by),
            created_at: Timestamp(row.created_at),
        })
    });
    Ok(assignments.collect())
}

pub(super) async fn learners(
    db: &impl ConnectionTrait,
    org: OrgId,
    cohort: CohortId,
) -> Result<HashMap<UserId, String>, StoreError> {
    use cohort_member::Column as C;
    let seats = cohort_member::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::CohortId.eq(cohort.0))
        .filter(C::Part.eq("learner"))
        .all(db)
        .await?;
    let rows = user::Entity::find()
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.is_in(seats.iter().map(|seat| seat.user_id)))
        .all(db)
        .await?;
    let learners = rows.into_iter().map(|row| (UserId(row.id), row.name));
    Ok(learners.collect())
}

/// How far each of these is whom an assignment is for.
async fn standings(
    db: &impl ConnectionTrait,
    actor: Actor,
    assignment: &Assignment,
    learners: &HashMap<UserId, String>,
) -> Result<Vec<Standing>, StoreError> {
    let meant = |user: &UserId| assignment.user.is_none_or(|only| only == *user);
    let whom: Vec<UserId> = learners.keys().copied().filter(meant).collect();
    let mut tried = tried(db, actor.org, assignment, &whom).await?;
    let standings = whom.into_iter().map(|user| {
        let tried = tried.remove(&user).unwrap_or_default();
        let (progress, is_late) = progress(assignment.due_at, tried, actor.at);
        Standing {
            user,
            name: learners.get(&user).cloned().unwrap_or_default(),
            progress,
            is_late,
            tried,
        }
    });
    Ok(standings.collect())
}

/// What these have practised of a scenario since it was assigned.
async fn tried(
    db: &impl ConnectionTrait,
    org: OrgId,
    assignment: &Assignment,
    whom: &[UserId],
) -> Result<HashMap<UserId, Tried>, StoreError> {
    let ids: Vec<uuid::Uuid> = whom.iter().map(|user| user.0).collect();
    let since = assignment.created_at.0;
    let reports: Vec<(uuid::Uuid, uuid::Uuid, i64)> = practice_report::Entity::find()
        .select_only()
        .column(practice_report::Column::UserId)
        .column(practice_report::Column::RoomId)
        .column(practice_report::Column::At)
        .filter(practice_report::Column::OrgId.eq(org.0))
        .filter(practice_report::Column::UserId.is_in(ids.iter().copied()))
        .filter(practice_report::Column::At.gte(since))
        .order_by_desc(practice_report::Column::At)
        .limit(TRIED_MAX)
        .into_tuple()
        .all(db)
        .await?;
    let rooms = reports.iter().map(|(_, room, _)| *room);
    let practices = practice::Entity::find()
        .filter(practice::Column::OrgId.eq(org.0))
        .filter(practice::Column::Scenario.eq(assignment.scenario.to_string()))
        .filter(
            Condition::any()
                .add(practice::Column::RoomId.is_in(rooms))
                .add(
                    Condition::all()
                        .add(practice::Column::OpenedBy.is_in(ids.iter().copied()))
                        .add(practice::Column::OpenedAt.gte(since)),
                ),
        )
        .limit(TRIED_MAX)
        .all(db)
        .await?;
    let of_it: HashMap<uuid::Uuid, &practice::Model> =
        practices.iter().map(|row| (row.room_id, row)).collect();
    let mut found: HashMap<UserId, Tried> = HashMap::new();
    // From the latest on, so that the first one stays.
    for (user, room, at) in reports {
        if of_it.contains_key(&room) {
            let tried = found.entry(UserId(user)).or_default();
            tried.done = Some((Timestamp(at), RoomId(room)));
        }
    }
    for row in &practices {
        let is_open = matches!(row.step.as_str(), "resting" | "running");
        if is_open && ids.contains(&row.opened_by) && row.opened_at >= since {
            let tried = found.entry(UserId(row.opened_by)).or_default();
            tried.open = Some(RoomId(row.room_id));
        }
    }
    Ok(found)
}
