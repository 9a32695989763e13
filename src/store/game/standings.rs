//! What boards are made of: everybody's total in a window, and who everybody is.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ludus_domain::game::plan::Order;
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{CohortId, OrgId, RoomId, TeamId, UserId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use ludus_entities::{board_choice, cohort_member, member, team, total, user};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::store::people::role_of;
use crate::store::{Store, StoreError};

/// Rows of one read: a million of them is two hundred reads of a few milliseconds each, between
/// which others get their turn.
const CHUNK: u64 = 5_000;

/// People who are asked for by name; of more, everybody is read, which is less work then.
pub const SOME_MAX: usize = 5_000;

/// One person's place in the making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub user: UserId,
    pub value: i64,
    /// When they came to have it: who was there first stands before.
    pub reached_at: Timestamp,
    /// The position of their account that said so.
    pub version: u64,
}

/// All totals of a board, chunk by chunk, in the order of people's ids.
#[derive(Debug)]
pub struct Standings {
    store: Store,
    org: OrgId,
    key: [String; 3],
    order: Order,
    after: Option<UserId>,
    is_done: bool,
}

impl Standings {
    /// The next chunk; `None` after the last. What is committed while this goes on is either in a
    /// later chunk or is told by [`Store::totals`] to who listened before the first.
    pub async fn next(&mut self) -> Result<Option<Vec<Standing>>, StoreError> {
        if self.is_done {
            return Ok(None);
        }
        let ([scope, metric, window], org) = (self.key.clone(), self.org);
        let (order, after) = (self.order, self.after);
        let chunk = self.store.read("standings", move |db| {
            Box::pin(async move {
                let mut found = total::Entity::find()
                    .filter(total::Column::OrgId.eq(org.0))
                    .filter(total::Column::Scope.eq(scope))
                    .filter(total::Column::Metric.eq(metric))
                    .filter(total::Column::Window.eq(window));
                if let Some(after) = after {
                    found = found.filter(total::Column::UserId.gt(after.0));
                }
                let found = found
                    .order_by_asc(total::Column::UserId)
                    .limit(CHUNK)
                    .all(db)
                    .await?;
                let standing = |row| standing(row, order);
                Ok(found.into_iter().map(standing).collect::<Vec<_>>())
            })
        });
        let chunk = chunk.await?;
        self.is_done = (chunk.len() as u64) < CHUNK;
        self.after = chunk.last().map(|last| last.user);
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// The totals of some people, at most [`SOME_MAX`]; nothing of who has none.
    pub async fn of_users(&self, users: &[UserId]) -> Result<Vec<Standing>, StoreError> {
        let ([scope, metric, window], org) = (self.key.clone(), self.org);
        let order = self.order;
        let users: Vec<_> = users.iter().map(|user| user.0).collect();
        self.store
            .read("standings of some", move |db| {
                Box::pin(async move {
                    let found = total::Entity::find()
                        .filter(total::Column::OrgId.eq(org.0))
                        .filter(total::Column::Scope.eq(scope))
                        .filter(total::Column::Metric.eq(metric))
                        .filter(total::Column::Window.eq(window))
                        .filter(total::Column::UserId.is_in(users))
                        .all(db)
                        .await?;
                    let standing = |row| standing(row, order);
                    Ok(found.into_iter().map(standing).collect())
                })
            })
            .await
    }
}

fn standing(row: total::Model, order: Order) -> Standing {
    let (value, at) = match order {
        Order::Sum => (row.sum, row.sum_at),
        Order::Best => (row.best, row.best_at),
        Order::Last => (row.last, row.last_at),
    };
    Standing {
        user: UserId(row.user_id),
        value,
        reached_at: Timestamp(at),
        version: u64::try_from(row.version).unwrap_or(0),
    }
}

/// Somebody who may stand on boards, with all that decides on which and under what name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardMember {
    pub user: UserId,
    pub name: String,
    pub role: Role,
    pub guest: bool,
    pub disabled: bool,
    /// The cohorts they learn in, with their team there.
    pub cohorts: BTreeMap<CohortId, Option<TeamId>>,
    /// Stands on no board but for themselves and coaches.
    pub hidden: bool,
    /// Shown to others instead of the name.
    pub nickname: Option<String>,
}

impl Store {
    /// All totals of a board.
    pub fn standings(
        &self,
        org: OrgId,
        scope: Scope,
        metric: &Metric,
        window: Window,
        order: Order,
    ) -> Standings {
        Standings {
            store: self.clone(),
            org,
            key: [scope.to_string(), metric.to_string(), window.to_string()],
            order,
            after: None,
            is_done: false,
        }
    }

    /// Everybody of an org as boards know them, in the order of ids.
    pub async fn members_for_boards(&self, org: OrgId) -> Result<Vec<BoardMember>, StoreError> {
        let mut members: Vec<BoardMember> = vec![];
        loop {
            let after = members.last().map(|member| member.user);
            let page = self.board_members_after(org, after).await?;
            let is_last = (page.len() as u64) < CHUNK;
            members.extend(page);
            if is_last {
                return Ok(members);
            }
        }
    }

    /// One person as boards know them.
    pub async fn board_member(
        &self,
        org: OrgId,
        id: UserId,
    ) -> Result<Option<BoardMember>, StoreError> {
        Ok(self.board_members(org, &[id]).await?.pop())
    }

    /// Some people as boards know them, at most [`SOME_MAX`].
    pub async fn board_members(
        &self,
        org: OrgId,
        ids: &[UserId],
    ) -> Result<Vec<BoardMember>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        self.read("some board members", move |db| {
            Box::pin(async move {
                let found = user::Entity::find()
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.is_in(ids.iter().copied()))
                    .all(db)
                    .await?;
                complete(db, org, found, |id| id.is_in(ids.iter().copied())).await
            })
        })
        .await
    }

    /// Who learns in a cohort, or in one team of it: as many as [`SOME_MAX`] and one more.
    pub async fn learners(
        &self,
        org: OrgId,
        cohort: CohortId,
        team: Option<TeamId>,
    ) -> Result<Vec<UserId>, StoreError> {
        use cohort_member::Column as C;
        self.read("learners", move |db| {
            Box::pin(async move {
                let mut found = cohort_member::Entity::find()
                    .select_only()
                    .column(C::UserId)
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::CohortId.eq(cohort.0))
                    .filter(C::Part.eq("learner"));
                if let Some(team) = team {
                    found = found.filter(C::TeamId.eq(team.0));
                }
                let found = found.limit(SOME_MAX as u64 + 1).into_tuple();
                let ids: Vec<Uuid> = found.all(db).await?;
                Ok(ids.into_iter().map(UserId).collect())
            })
        })
        .await
    }

    /// Who has a seat in a room: as many as [`SOME_MAX`] and one more.
    pub async fn seated(&self, org: OrgId, room: RoomId) -> Result<Vec<UserId>, StoreError> {
        use member::Column as C;
        self.read("seats", move |db| {
            Box::pin(async move {
                let found = member::Entity::find()
                    .select_only()
                    .column(C::UserId)
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .limit(SOME_MAX as u64 + 1)
                    .into_tuple();
                let ids: Vec<Uuid> = found.all(db).await?;
                Ok(ids.into_iter().map(UserId).collect())
            })
        })
        .await
    }

    /// The cohort a team is part of.
    pub async fn cohort_of_team(
        &self,
        org: OrgId,
        team: TeamId,
    ) -> Result<Option<CohortId>, StoreError> {
        self.read("a team", move |db| {
            Box::pin(async move {
                let found = team::Entity::find()
                    .filter(team::Column::OrgId.eq(org.0))
                    .filter(team::Column::Id.eq(team.0))
                    .one(db)
                    .await?;
                Ok(found.map(|row| CohortId(row.cohort_id)))
            })
        })
        .await
    }

    /// What the teams of an org are called.
    pub async fn team_names(&self, org: OrgId) -> Result<HashMap<TeamId, Arc<str>>, StoreError> {
        self.read("teams", move |db| {
            Box::pin(async move {
                let found = team::Entity::find()
                    .filter(team::Column::OrgId.eq(org.0))
                    .all(db)
                    .await?;
                let named = |row: team::Model| (TeamId(row.id), Arc::from(row.title));
                Ok(found.into_iter().map(named).collect())
            })
        })
        .await
    }

    async fn board_members_after(
        &self,
        org: OrgId,
        after: Option<UserId>,
    ) -> Result<Vec<BoardMember>, StoreError> {
        self.read("board members", move |db| {
            Box::pin(async move {
                let mut found = user::Entity::find().filter(user::Column::OrgId.eq(org.0));
                if let Some(after) = after {
                    found = found.filter(user::Column::Id.gt(after.0));
                }
                let found = found
                    .order_by_asc(user::Column::Id)
                    .limit(CHUNK)
                    .all(db)
                    .await?;
                let (Some(first), Some(last)) = (found.first(), found.last()) else {
                    return Ok(vec![]);
                };
                let (first, last) = (first.id, last.id);
                complete(db, org, found, |id| id.between(first, last)).await
            })
        })
        .await
    }
}

/// The people that were found, with their cohorts and their choices; `are_they` asks for the same people.
async fn complete(
    db: &sea_orm::DatabaseConnection,
    org: OrgId,
    found: Vec<user::Model>,
    are_they: impl Fn(Expr) -> Expr,
) -> Result<Vec<BoardMember>, StoreError> {
    let learning = cohort_member::Entity::find()
        .filter(cohort_member::Column::OrgId.eq(org.0))
        .filter(are_they(cohort_member::Column::UserId.into_expr()))
        .filter(cohort_member::Column::Part.eq("learner"))
        .all(db)
        .await?;
    let mut cohorts: HashMap<_, BTreeMap<_, _>> = HashMap::new();
    for row in learning {
        cohorts
            .entry(row.user_id)
            .or_default()
            .insert(CohortId(row.cohort_id), row.team_id.map(TeamId));
    }
    let choices = board_choice::Entity::find()
        .filter(board_choice::Column::OrgId.eq(org.0))
        .filter(are_they(board_choice::Column::UserId.into_expr()))
        .all(db)
        .await?;
    let mut choices: HashMap<_, _> = choices.into_iter().map(|row| (row.user_id, row)).collect();
    found
        .into_iter()
        .map(|row| {
            let choice = choices.remove(&row.id);
            Ok(BoardMember {
                user: UserId(row.id),
                role: role_of(&row.role)?,
                name: row.name,
                guest: row.guest,
                disabled: row.disabled_at.is_some(),
                cohorts: cohorts.remove(&row.id).unwrap_or_default(),
                hidden: choice.as_ref().is_some_and(|choice| choice.hidden),
                nickname: choice.and_then(|choice| choice.nickname),
            })
        })
        .collect()
}
