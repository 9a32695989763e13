//! What the learners of cohorts are to reach, and how far each is: counted from reports of practices and from the
//! ledger, so that nothing has to be kept in step with them.

use std::collections::{BTreeMap, HashMap};

use ludus_domain::ids::{CohortGoalId, CohortId, OrgId, UserId};
use ludus_domain::journal::{CohortEvent, Fact};
use ludus_domain::practice::aim::{AIMS_MAX, Aim, AimState};
use ludus_domain::practice::review::Filed;
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{award, cohort_goal, cohort_member, practice_report};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::assignments::learners;
use super::cohorts::{Moved, Part, must_lead, part};
use super::idempotency::{Done, Once};
use super::people::Actor;
use super::{Store, StoreError, facts};

/// Reports that are looked through for a skill, the latest.
const REPORTS_MAX: u64 = 8_000;
/// Reports that are read in one go: what else the store's threads have to do waits no longer.
const BREATH: usize = 64;

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) id: CohortGoalId,
    pub(crate) cohort: CohortId,
    pub(crate) aim: Aim,
    pub(crate) says: Option<String>,
    /// What is done later does not count.
    pub(crate) until: Option<Timestamp>,
    pub(crate) created_by: UserId,
    pub(crate) created_at: Timestamp,
}

/// How far a learner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) value: u32,
    pub(crate) state: AimState,
}

impl Store {
    pub(crate) async fn set_goal(
        &self,
        once: Option<Once>,
        actor: Actor,
        new: Goal,
    ) -> Result<Done<Moved<Goal>>, StoreError> {
        self.write_once("set a goal", once, move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, new.cohort).await?;
                let there = current(actor.org, new.cohort).count(txn).await?;
                if there >= AIMS_MAX {
                    return Err(Refusal::TooLarge.into());
                }
                let row = cohort_goal::ActiveModel {
                    org_id: Set(actor.org.0),
                    id: Set(new.id.0),
                    cohort_id: Set(new.cohort.0),
                    kind: Set(new.aim.kind().to_owned()),
                    of: Set(new.aim.of()),
                    target: Set(i32::try_from(new.aim.target()).unwrap_or(i32::MAX)),
                    says: Set(new.says.clone()),
                    until: Set(new.until.map(|at| at.0)),
                    created_by: Set(actor.user.0),
                    created_at: Set(actor.at.0),
                    withdrawn_at: Set(None),
                };
                cohort_goal::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                let event = CohortEvent::GoalSet {
                    goal: new.id,
                    aim: new.aim.clone(),
                    until: new.until,
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

    pub(crate) async fn withdraw_goal(
        &self,
        actor: Actor,
        cohort: CohortId,
        id: CohortGoalId,
    ) -> Result<Vec<StreamId>, StoreError> {
        use cohort_goal::Column as C;
        self.write("take a goal back", move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, cohort).await?;
                let row = cohort_goal::Entity::find_by_id((actor.org.0, id.0))
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let row = row.filter(|row| row.cohort_id == cohort.0);
                let row = row.ok_or(Refusal::NotFound)?;
                if row.withdrawn_at.is_some() {
                    return Ok(vec![]);
                }
                cohort_goal::Entity::update_many()
                    .col_expr(C::WithdrawnAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                let stream = StreamId::Cohort(cohort);
                let fact = Fact::Cohort(CohortEvent::GoalWithdrawn { goal: id });
                facts::append(txn, actor.entry(), stream, &[fact]).await?;
                Ok(vec![stream])
            })
        })
        .await
    }

    /// The goals of a cohort, the latest first, with how many stand how.
    pub(crate) async fn goals(
        &self,
        actor: Actor,
        cohort: CohortId,
    ) -> Result<Vec<(Goal, BTreeMap<&'static str, u32>)>, StoreError> {
        self.read("goals", move |db| {
            Box::pin(async move {
                must_lead(db, actor, cohort).await?;
                let learners = learners(db, actor.org, cohort).await?;
                let mut found = vec![];
                for goal in all_of(db, actor.org, cohort).await? {
                    let mut counts: BTreeMap<_, _> =
                        AimState::ALL.map(|state| (state.as_str(), 0)).into();
                    for reached in reached(db, actor, &goal, &learners).await? {
                        *counts.entry(reached.state.as_str()).or_default() += 1;
                    }
                    found.push((goal, counts));
                }
                Ok(found)
            })
        })
        .await
    }

    /// How far each learner is: who has furthest to go first.
    pub(crate) async fn goal(
        &self,
        actor: Actor,
        cohort: CohortId,
        id: CohortGoalId,
    ) -> Result<(Goal, Vec<Reached>), StoreError> {
        self.read("a goal", move |db| {
            Box::pin(async move {
                must_lead(db, actor, cohort).await?;
                let mut all = all_of(db, actor.org, cohort).await?.into_iter();
                let found = all.find(|goal| goal.id == id);
                let found = found.ok_or(Refusal::NotFound)?;
                let learners = learners(db, actor.org, cohort).await?;
                let mut reached = reached(db, actor, &found, &learners).await?;
                reached.sort_by(|one, other| {
                    (one.state, one.value, &one.name).cmp(&(other.state, other.value, &other.name))
                });
                Ok((found, reached))
            })
        })
        .await
    }

    /// What somebody is to reach, in all cohorts they learn in.
    pub(crate) async fn own_goals(&self, actor: Actor) -> Result<Vec<(Goal, Reached)>, StoreError> {
        self.read("own goals", move |db| {
            Box::pin(async move {
                let seats = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(actor.org.0))
                    .filter(cohort_member::Column::UserId.eq(actor.user.0))
                    .all(db)
                    .await?;
                let own: HashMap<UserId, String> = [(actor.user, String::new())].into();
                let mut found = vec![];
                let learns = seats
                    .into_iter()
                    .filter(|seat| part(&seat.part) == Part::Learner);
                for seat in learns {
                    for goal in all_of(db, actor.org, CohortId(seat.cohort_id)).await? {
                        let mut own = reached(db, actor, &goal, &own).await?;
                        found.extend(own.pop().map(|reached| (goal, reached)));
                    }
                }
                Ok(found)
            })
        })
        .await
    }
}

fn current(org: OrgId, cohort: CohortId) -> sea_orm::Select<cohort_goal::Entity> {
    use cohort_goal::Column as C;
    cohort_goal::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::CohortId.eq(cohort.0))
        .filter(C::WithdrawnAt.is_null())
}

async fn all_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    cohort: CohortId,
) -> Result<Vec<Goal>, StoreError> {
    let rows = current(org, cohort)
        .order_by_desc(cohort_goal::Column::Id)
        .limit(AIMS_MAX)
        .all(db)
        .await?;
    let goals = rows.into_iter().filter_map(|row| {
        let target = u32::try_from(row.target).ok()?;
        Some(Goal {
            id: CohortGoalId(row.id),
            cohort: CohortId(row.cohort_id),
            aim: Aim::parse(&row.kind, row.of.as_deref(), target)?,
            says: row.says,
            until: row.until.map(Timestamp),
            created_by: UserId(row.created_by),
            created_at: Timestamp(row.created_at),
        })
    });
    Ok(goals.collect())
}

async fn reached(
    db: &impl ConnectionTrait,
    actor: Actor,
    goal: &Goal,
    learners: &HashMap<UserId, String>,
) -> Result<Vec<Reached>, StoreError> {
    let whom: Vec<Uuid> = learners.keys().map(|user| user.0).collect();
    let values = values(db, actor.org, goal, &whom).await?;
    let reached = learners.iter().map(|(user, name)| {
        let value = values.get(&user.0).copied().unwrap_or(0);
        Reached {
            user: *user,
            name: name.clone(),
            value,
            state: goal.aim.state(value, goal.until, actor.at),
        }
    });
    Ok(reached.collect())
}

/// How much each of these has, of what counts for a goal.
async fn values(
    db: &impl ConnectionTrait,
    org: OrgId,
    goal: &Goal,
    whom: &[Uuid],
) -> Result<HashMap<Uuid, u32>, StoreError> {
    let (since, until) = (
        goal.created_at.0,
        goal.until.map_or(i64::MAX, |until| until.0),
    );
    let reports = || {
        use practice_report::Column as C;
        practice_report::Entity::find()
            .filter(C::OrgId.eq(org.0))
            .filter(C::UserId.is_in(whom.iter().copied()))
            .filter(C::At.between(since, until))
    };
    let counted: Vec<(Uuid, i64)> = match &goal.aim {
        Aim::Practices { .. } => {
            reports()
                .select_only()
                .column(practice_report::Column::UserId)
                .column_as(practice_report::Column::RoomId.count(), "value")
                .group_by(practice_report::Column::UserId)
                .into_tuple()
                .all(db)
                .await?
        }
        Aim::Points { of, .. } => {
            use award::Column as C;
            use sea_orm::sea_query::ExprTrait as _;
            // A sum of whole numbers is a decimal where nobody says otherwise.
            let sum = Expr::from(Func::sum(Expr::col(C::Points))).cast_as("bigint");
            award::Entity::find()
                .select_only()
                .column(C::UserId)
                .column_as(sum, "value")
                .filter(C::OrgId.eq(org.0))
                .filter(C::UserId.is_in(whom.iter().copied()))
                .filter(C::Kind.eq(of.to_string()))
                .filter(C::At.between(since, until))
                .group_by(C::UserId)
                .into_tuple()
                .all(db)
                .await?
        }
        Aim::Score { .. } => {
            let rows = reports()
                .order_by_desc(practice_report::Column::At)
                .limit(REPORTS_MAX)
                .all(db)
                .await?;
            let mut best: HashMap<Uuid, i64> = HashMap::new();
            for (read, row) in rows.into_iter().enumerate() {
                if read % BREATH == BREATH - 1 {
                    tokio::task::yield_now().await;
                }
                // A report of another version says nothing here.
                let Ok(filed) = serde_json::from_slice::<Filed>(&row.body) else {
                    continue;
                };
                let value = best.entry(row.user_id).or_default();
                *value = (*value).max(goal.aim.shown(&filed.shown).into());
            }
            best.into_iter().collect()
        }
    };
    // What was taken back may be more than was gained since.
    let value = |value: i64| u32::try_from(value.max(0)).unwrap_or(u32::MAX);
    Ok(counted
        .into_iter()
        .map(|(user, counted)| (user, value(counted)))
        .collect())
}
