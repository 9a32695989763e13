//! Cohorts, their teams and who is in them. What happens to one is journalled in its stream.

mod roster;

use ludus_domain::ids::{CohortId, OrgId, TeamId, UserId};
use ludus_domain::journal::{CohortEvent, Fact, InboxEvent};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::{self, Action};
use ludus_domain::role::Role;
use ludus_domain::roster::Access;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{cohort, cohort_member, team, user};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::roster::learners_of;
pub(super) use self::roster::part;
use self::roster::{access, count_change, part_of, seat_of};
use super::facts::{self, Entry};
use super::idempotency::{Done, Once};
use super::people::{self, Actor};
use super::{Store, StoreError};

/// Teams of one cohort. They are shown as columns; more would be cohorts of their own.
pub(super) const TEAMS_MAX: u64 = 100;

/// Learners who learn together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    pub id: CohortId,
    pub title: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub title: String,
}

/// What somebody is in a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Learner,
    Coach,
}

impl Part {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Coach => "coach",
        }
    }
}

/// Where somebody is put in a cohort.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub part: Part,
    pub team: Option<TeamId>,
    /// How much a coach sees. Means nothing for learners.
    pub access: Access,
}

impl Spot {
    const LEADER: Self = Self {
        part: Part::Coach,
        team: None,
        access: Access::Full,
    };
}

/// Somebody in a cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CohortMember {
    pub user: UserId,
    pub name: String,
    pub part: Part,
    pub team: Option<TeamId>,
    pub access: Access,
    pub added_at: Timestamp,
}

/// What a write did, and which streams have news of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Moved<T> {
    pub(crate) value: T,
    pub(crate) streams: Vec<StreamId>,
}

impl Store {
    pub(crate) async fn add_cohort(
        &self,
        once: Option<Once>,
        actor: Actor,
        new: Cohort,
    ) -> Result<Done<Moved<Cohort>>, StoreError> {
        self.write_once("add a cohort", once, move |txn| {
            Box::pin(async move {
                let row = cohort::ActiveModel {
                    org_id: Set(actor.org.0),
                    id: Set(new.id.0),
                    title: Set(new.title.clone()),
                    created_at: Set(new.created_at.0),
                };
                cohort::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                let mut facts = vec![Fact::Cohort(CohortEvent::CohortCreated {
                    title: new.title.clone(),
                })];
                // Whoever opens a cohort as a coach leads it; an admin leads them all anyway.
                if actor.role == Role::Coach {
                    put(txn, actor.entry(), new.id, actor.user, Spot::LEADER).await?;
                    facts.push(Fact::Cohort(CohortEvent::CoachAssigned {
                        user: actor.user,
                        access: Access::Full,
                    }));
                }
                let stream = StreamId::Cohort(new.id);
                facts::append(txn, actor.entry(), stream, &facts).await?;
                Ok(Moved {
                    value: new,
                    streams: vec![stream],
                })
            })
        })
        .await
    }

    pub(crate) async fn rename_cohort(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: CohortId,
        title: String,
    ) -> Result<Done<Moved<Cohort>>, StoreError> {
        self.write_once("rename a cohort", once, move |txn| {
            Box::pin(async move {
                let mut cohort = must_lead(txn, actor, id).await?;
                if cohort.title == title {
                    return Ok(Moved {
                        value: cohort,
                        streams: vec![],
                    });
                }
                cohort::Entity::update_many()
                    .col_expr(cohort::Column::Title, Expr::value(title.clone()))
                    .filter(cohort::Column::OrgId.eq(actor.org.0))
                    .filter(cohort::Column::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                cohort.title.clone_from(&title);
                let fact = Fact::Cohort(CohortEvent::CohortRenamed { title });
                facts::append(txn, actor.entry(), StreamId::Cohort(id), &[fact]).await?;
                Ok(Moved {
                    value: cohort,
                    streams: vec![StreamId::Cohort(id)],
                })
            })
        })
        .await
    }

    /// Puts somebody into a cohort, or changes their part or team there.
    pub(crate) async fn put_cohort_member(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: CohortId,
        member: UserId,
        spot: Spot,
    ) -> Result<Done<Moved<CohortMember>>, StoreError> {
        self.write_once("put somebody into a cohort", once, move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, id).await?;
                put_member(txn, actor, id, member, spot).await
            })
        })
        .await
    }

    pub(crate) async fn drop_cohort_member(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: CohortId,
        member: UserId,
    ) -> Result<Done<Moved<()>>, StoreError> {
        self.write_once("take somebody out of a cohort", once, move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, id).await?;
                let Some(was) = part_of(txn, actor.org, id, member).await? else {
                    return Ok(Moved {
                        value: (),
                        streams: vec![],
                    });
                };
                if was == Part::Coach && !rights::allows(actor.role, Action::ManageCohorts) {
                    return Err(Refusal::Forbidden.into());
                }
                cohort_member::Entity::delete_by_id((actor.org.0, id.0, member.0))
                    .exec(txn)
                    .await?;
                count_change(txn, actor.org).await?;
                let fact = Fact::Cohort(removed(was, member));
                facts::append(txn, actor.entry(), StreamId::Cohort(id), &[fact]).await?;
                Ok(Moved {
                    value: (),
                    streams: vec![StreamId::Cohort(id)],
                })
            })
        })
        .await
    }

    pub(crate) async fn add_team(
        &self,
        once: Option<Once>,
        actor: Actor,
        cohort: CohortId,
        new: Team,
    ) -> Result<Done<Team>, StoreError> {
        self.write_once("add a team", once, move |txn| {
            Box::pin(async move {
                must_lead(txn, actor, cohort).await?;
                let there = team::Entity::find()
                    .filter(team::Column::OrgId.eq(actor.org.0))
                    .filter(team::Column::CohortId.eq(cohort.0))
                    .count(txn)
                    .await?;
                if there >= TEAMS_MAX {
                    return Err(Refusal::TooLarge.into());
                }
                let row = team::ActiveModel {
                    org_id: Set(actor.org.0),
                    cohort_id: Set(cohort.0),
                    id: Set(new.id.0),
                    title: Set(new.title.clone()),
                };
                team::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                Ok(new)
            })
        })
        .await
    }

    /// Refuses whoever may not lead a cohort.
    pub(crate) async fn leads(&self, actor: Actor, id: CohortId) -> Result<(), StoreError> {
        self.read("leads a cohort", move |db| {
            Box::pin(async move { must_lead(db, actor, id).await.map(|_| ()) })
        })
        .await
    }

    /// Cohorts one may see, oldest first: admins all, everybody else those they are in.
    pub(crate) async fn cohorts_page(
        &self,
        viewer: Actor,
        after: Option<CohortId>,
        limit: u64,
    ) -> Result<Vec<Cohort>, StoreError> {
        self.read("cohorts", move |db| {
            Box::pin(async move {
                let mut found =
                    cohort::Entity::find().filter(cohort::Column::OrgId.eq(viewer.org.0));
                if !rights::allows(viewer.role, Action::ManageCohorts) {
                    let mine = Query::select()
                        .column(cohort_member::Column::CohortId)
                        .from(cohort_member::Entity)
                        .and_where(cohort_member::Column::OrgId.eq(viewer.org.0))
                        .and_where(cohort_member::Column::UserId.eq(viewer.user.0))
                        .to_owned();
                    found = found.filter(cohort::Column::Id.in_subquery(mine));
                }
                if let Some(after) = after {
                    found = found.filter(cohort::Column::Id.gt(after.0));
                }
                let rows = found
                    .order_by_asc(cohort::Column::Id)
                    .limit(limit)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().map(cohort_of).collect())
            })
        })
        .await
    }

    /// A cohort one may see, with its teams.
    pub(crate) async fn cohort(
        &self,
        viewer: Actor,
        id: CohortId,
    ) -> Result<Option<(Cohort, Vec<Team>)>, StoreError> {
        self.read("cohort", move |db| {
            Box::pin(async move {
                let Some(row) = visible(db, viewer, id).await? else {
                    return Ok(None);
                };
                let teams = team::Entity::find()
                    .filter(team::Column::OrgId.eq(viewer.org.0))
                    .filter(team::Column::CohortId.eq(id.0))
                    .order_by_asc(team::Column::Id)
                    .limit(TEAMS_MAX)
                    .all(db)
                    .await?;
                let teams = teams.into_iter().map(|row| Team {
                    id: TeamId(row.id),
                    title: row.title,
                });
                Ok(Some((row, teams.collect())))
            })
        })
        .await
    }

    /// Who is in a cohort one may see, by id.
    pub(crate) async fn cohort_members_page(
        &self,
        viewer: Actor,
        id: CohortId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Option<Vec<CohortMember>>, StoreError> {
        self.read("cohort members", move |db| {
            Box::pin(async move {
                if visible(db, viewer, id).await?.is_none() {
                    return Ok(None);
                }
                let seat = seat_of(db, viewer.org, id, viewer.user).await?;
                if seat.is_some_and(|seat| seat == (Part::Coach, Access::Aggregate)) {
                    return Err(Refusal::Forbidden.into());
                }
                let mut found = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(viewer.org.0))
                    .filter(cohort_member::Column::CohortId.eq(id.0));
                if let Some(after) = after {
                    found = found.filter(cohort_member::Column::UserId.gt(after.0));
                }
                let rows = found
                    .order_by_asc(cohort_member::Column::UserId)
                    .limit(limit)
                    .all(db)
                    .await?;
                let names = names(db, viewer.org, rows.iter().map(|row| row.user_id)).await?;
                let members = rows.into_iter().map(|row| CohortMember {
                    user: UserId(row.user_id),
                    name: names.get(&row.user_id).cloned().unwrap_or_default(),
                    part: part(&row.part),
                    team: row.team_id.map(TeamId),
                    access: access(&row.access),
                    added_at: Timestamp(row.added_at),
                });
                Ok(Some(members.collect()))
            })
        })
        .await
    }
}

async fn put_member(
    txn: &DatabaseTransaction,
    actor: Actor,
    id: CohortId,
    member: UserId,
    spot: Spot,
) -> Result<Moved<CohortMember>, StoreError> {
    let Spot { part, team, access } = spot;
    let row = people::find(txn, actor.org, member).await?;
    let found = people::user_of(row.ok_or(Refusal::NotFound)?)?;
    let was = part_of(txn, actor.org, id, member).await?;
    let about_a_coach = part == Part::Coach || was == Some(Part::Coach);
    if about_a_coach && !rights::allows(actor.role, Action::ManageCohorts) {
        return Err(Refusal::Forbidden.into());
    }
    if part == Part::Coach && !rights::allows(found.role, Action::LeadCohorts) {
        return Err(Refusal::FieldInvalid.into());
    }
    if let Some(team) = team {
        let key = (actor.org.0, id.0, team.0);
        let there = team::Entity::find_by_id(key).one(txn).await?;
        there.ok_or(Refusal::NotFound)?;
    }
    put(txn, actor.entry(), id, member, spot).await?;
    let mut facts = vec![];
    if was.is_some_and(|was| was != part) {
        facts.extend(was.map(|was| Fact::Cohort(removed(was, member))));
    }
    facts.push(Fact::Cohort(match part {
        Part::Learner => CohortEvent::LearnerAdded { user: member, team },
        Part::Coach => CohortEvent::CoachAssigned {
            user: member,
            access,
        },
    }));
    let mut streams = vec![StreamId::Cohort(id)];
    if was.is_none() {
        let added = InboxEvent::AddedToCohort { cohort: id };
        facts::note(txn, actor.entry(), member, added).await?;
        streams.push(StreamId::Inbox(member));
    }
    facts::append(txn, actor.entry(), StreamId::Cohort(id), &facts).await?;
    Ok(Moved {
        value: CohortMember {
            user: member,
            name: found.name,
            part,
            team,
            access,
            added_at: actor.at,
        },
        streams,
    })
}

/// Seats a learner without asking who does it. Answers whether they were not there before.
pub(crate) async fn add_learner(
    txn: &DatabaseTransaction,
    entry: Entry,
    id: CohortId,
    user: UserId,
    team: Option<TeamId>,
) -> Result<bool, StoreError> {
    let there = cohort::Entity::find_by_id((entry.org.0, id.0))
        .one(txn)
        .await?;
    if there.is_none() || part_of(txn, entry.org, id, user).await?.is_some() {
        return Ok(false);
    }
    let spot = Spot {
        part: Part::Learner,
        team,
        access: Access::Full,
    };
    put(txn, entry, id, user, spot).await?;
    Ok(true)
}

pub(super) async fn put(
    txn: &DatabaseTransaction,
    entry: Entry,
    id: CohortId,
    user: UserId,
    spot: Spot,
) -> Result<(), StoreError> {
    cohort_member::Entity::delete_by_id((entry.org.0, id.0, user.0))
        .exec(txn)
        .await?;
    let row = cohort_member::ActiveModel {
        org_id: Set(entry.org.0),
        cohort_id: Set(id.0),
        user_id: Set(user.0),
        part: Set(spot.part.as_str().to_owned()),
        team_id: Set(spot.team.map(|team| team.0)),
        added_at: Set(entry.at.0),
        access: Set(spot.access.as_str().to_owned()),
    };
    cohort_member::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    count_change(txn, entry.org).await
}

/// The cohort, when somebody is in it or runs the org.
pub(super) async fn must_see(
    db: &impl ConnectionTrait,
    actor: Actor,
    id: CohortId,
) -> Result<Cohort, StoreError> {
    let found = visible(db, actor, id).await?;
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// The cohort, when it may be led by the actor; who may not even see it is told that there is none.
pub(super) async fn must_lead(
    txn: &impl ConnectionTrait,
    actor: Actor,
    id: CohortId,
) -> Result<Cohort, StoreError> {
    let found = visible(txn, actor, id).await?.ok_or(Refusal::NotFound)?;
    if rights::allows(actor.role, Action::ManageCohorts) {
        return Ok(found);
    }
    let seat = seat_of(txn, actor.org, id, actor.user).await?;
    let leads = seat.is_some_and(|seat| seat == (Part::Coach, Access::Full))
        && rights::allows(actor.role, Action::LeadCohorts);
    if leads {
        Ok(found)
    } else {
        Err(Refusal::Forbidden.into())
    }
}

async fn visible(
    db: &impl ConnectionTrait,
    viewer: Actor,
    id: CohortId,
) -> Result<Option<Cohort>, StoreError> {
    let found = cohort::Entity::find_by_id((viewer.org.0, id.0))
        .one(db)
        .await?;
    let Some(row) = found else {
        return Ok(None);
    };
    let sees_all = rights::allows(viewer.role, Action::ManageCohorts);
    let sees = sees_all || part_of(db, viewer.org, id, viewer.user).await?.is_some();
    Ok(sees.then(|| cohort_of(row)))
}

async fn names(
    db: &impl ConnectionTrait,
    org: OrgId,
    ids: impl Iterator<Item = uuid::Uuid>,
) -> Result<std::collections::HashMap<uuid::Uuid, String>, StoreError> {
    let rows = user::Entity::find()
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.is_in(ids))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

const fn removed(was: Part, user: UserId) -> CohortEvent {
    match was {
        Part::Learner => CohortEvent::LearnerRemoved { user },
        Part::Coach => CohortEvent::CoachUnassigned { user },
    }
}

fn cohort_of(row: cohort::Model) -> Cohort {
    Cohort {
        id: CohortId(row.id),
        title: row.title,
        created_at: Timestamp(row.created_at),
    }
}
