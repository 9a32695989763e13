//! Contests: which there are, who is in, and how those went that are over.
//!
//! What changes a contest locks its row first, then the org's game, then streams, then accounts.

mod acts;
mod turn;

use std::collections::{BTreeMap, HashMap};

use ludus_domain::audience::Viewer;
use ludus_domain::game::contest::{Contest, ContestPhase};
use ludus_domain::ids::{CohortId, ContestId, OrgId, TeamId, UserId};
use ludus_domain::rights::{self, Action};
use ludus_domain::role::Role;
use ludus_domain::roster::Access;
use ludus_domain::time::Timestamp;
use ludus_entities::{
    board_choice, cohort_member, contest, contest_entry, contest_team, team, user,
};
use sea_orm::sea_query::{ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::store::people::Actor;
use crate::store::{Store, StoreError};

/// A contest of an org.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ContestRow {
    pub id: ContestId,
    pub contest: Contest,
    pub cohort: Option<CohortId>,
    /// What one must know to enter.
    pub code: Option<String>,
    pub created_by: UserId,
}

/// Somebody in a contest, or who was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub user: UserId,
    pub team: Option<TeamId>,
    /// Not when they left.
    pub present: bool,
    pub entered_at: Timestamp,
    /// From its end on.
    pub place: Option<u32>,
    /// None for who did nothing that counts.
    pub score: Option<i64>,
    pub reached_at: Option<Timestamp>,
}

/// A line of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLine {
    pub user: UserId,
    /// The name for boards; none for who is on no board.
    pub name: Option<String>,
    pub team: Option<TeamId>,
    pub place: u32,
    pub score: Option<i64>,
}

/// A line of the results of teams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamLine {
    pub team: TeamId,
    pub title: String,
    pub place: u32,
    pub score: i64,
}

impl ContestRow {
    pub(super) fn of(row: &contest::Model) -> Result<Self, DbErr> {
        let damaged = |what: &str| DbErr::Custom(format!("a contest has a damaged {what}"));
        let plan = serde_json::from_slice(&row.plan).map_err(|_| damaged("plan"))?;
        let phase = ContestPhase::named(&row.phase).ok_or_else(|| damaged("phase"))?;
        Ok(Self {
            id: ContestId(row.id),
            contest: Contest {
                plan,
                phase,
                opens_at: Timestamp(row.opens_at),
                starts_at: Timestamp(row.starts_at),
                ends_at: Timestamp(row.ends_at),
                entrants: u32::try_from(row.entrants).unwrap_or(0),
            },
            cohort: row.cohort_id.map(CohortId),
            code: row.code.clone(),
            created_by: UserId(row.created_by),
        })
    }

    /// Whether somebody may change it: whoever made it while they are a coach, and who runs the org.
    pub fn is_run_by(&self, who: UserId, role: Role) -> bool {
        let made_it = self.created_by == who && rights::allows(role, Action::LeadCohorts);
        made_it || rights::allows(role, Action::ManageCohorts)
    }
}

impl Entry {
    fn of(row: &contest_entry::Model) -> Self {
        Self {
            user: UserId(row.user_id),
            team: row.team_id.map(TeamId),
            present: row.present,
            entered_at: Timestamp(row.entered_at),
            place: row.place.and_then(|place| u32::try_from(place).ok()),
            score: row.score,
            reached_at: row.reached_at.map(Timestamp),
        }
    }
}

impl Store {
    /// Contests somebody may see, the latest first.
    pub(crate) async fn contests_page(
        &self,
        viewer: Actor,
        phase: Option<ContestPhase>,
        before: Option<ContestId>,
        limit: u64,
    ) -> Result<Vec<ContestRow>, StoreError> {
        use contest::Column as C;
        self.read("contests", move |db| {
            Box::pin(async move {
                let mut found = contest::Entity::find()
                    .filter(C::OrgId.eq(viewer.org.0))
                    .filter(seen_by(viewer.org, viewer.user, viewer.role));
                if let Some(phase) = phase {
                    found = found.filter(C::Phase.eq(phase.as_str()));
                }
                if let Some(before) = before {
                    found = found.filter(C::Id.lt(before.0));
                }
                let found = found.order_by_desc(C::Id).limit(limit).all(db).await?;
                Ok(found.iter().map(ContestRow::of).collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// A contest, whoever may see it.
    pub async fn contest(
        &self,
        org: OrgId,
        id: ContestId,
    ) -> Result<Option<ContestRow>, StoreError> {
        self.read("a contest", move |db| {
            Box::pin(async move {
                let found = contest::Entity::find_by_id((org.0, id.0)).one(db).await?;
                Ok(found.as_ref().map(ContestRow::of).transpose()?)
            })
        })
        .await
    }

    /// Whether somebody may see a contest.
    pub(crate) async fn sees_contest(
        &self,
        org: OrgId,
        viewer: Viewer,
        id: ContestId,
    ) -> Result<bool, StoreError> {
        self.read("who sees a contest", move |db| {
            Box::pin(async move {
                let found = contest::Entity::find_by_id((org.0, id.0))
                    .filter(seen_by(org, viewer.user, viewer.role))
                    .count(db)
                    .await?;
                Ok(found > 0)
            })
        })
        .await
    }

    /// The contest that a code opens now.
    pub(crate) async fn contest_by_code(
        &self,
        org: OrgId,
        code: String,
    ) -> Result<Option<ContestRow>, StoreError> {
        self.read("a contest by its code", move |db| {
            Box::pin(async move {
                let found = contest::Entity::find()
                    .filter(contest::Column::OrgId.eq(org.0))
                    .filter(contest::Column::Code.eq(code))
                    .filter(contest::Column::DueAt.is_not_null())
                    .order_by_desc(contest::Column::Id)
                    .limit(1)
                    .one(db)
                    .await?;
                Ok(found.as_ref().map(ContestRow::of).transpose()?)
            })
        })
        .await
    }

    /// How somebody is in a contest, if they ever were.
    pub async fn contest_entry(
        &self,
        org: OrgId,
        id: ContestId,
        user: UserId,
    ) -> Result<Option<Entry>, StoreError> {
        self.read("a contest's entrant", move |db| {
            Box::pin(async move {
                let key = (org.0, id.0, user.0);
                let found = contest_entry::Entity::find_by_id(key).one(db).await?;
                Ok(found.as_ref().map(Entry::of))
            })
        })
        .await
    }

    /// How somebody is in each of these contests.
    pub(crate) async fn contest_entries_of(
        &self,
        org: OrgId,
        user: UserId,
        contests: Vec<ContestId>,
    ) -> Result<HashMap<ContestId, Entry>, StoreError> {
        self.read("my contests", move |db| {
            Box::pin(async move {
                let ids = contests.iter().map(|id| id.0);
                let found = contest_entry::Entity::find()
                    .filter(contest_entry::Column::OrgId.eq(org.0))
                    .filter(contest_entry::Column::UserId.eq(user.0))
                    .filter(contest_entry::Column::ContestId.is_in(ids))
                    .all(db)
                    .await?;
                let mine = found.iter();
                Ok(mine
                    .map(|row| (ContestId(row.contest_id), Entry::of(row)))
                    .collect())
            })
        })
        .await
    }

    /// Everybody who is in a contest, in the order of ids.
    pub async fn contest_entries(
        &self,
        org: OrgId,
        id: ContestId,
    ) -> Result<Vec<Entry>, StoreError> {
        self.read("a contest's entrants", move |db| {
            Box::pin(async move { Ok(entries(db, org, id).await?) })
        })
        .await
    }

    /// The results of a contest that is over, by place, from a line on: they never change.
    pub async fn contest_results(
        &self,
        org: OrgId,
        id: ContestId,
        from: u64,
        limit: u64,
    ) -> Result<Vec<ResultLine>, StoreError> {
        use contest_entry::Column as C;
        self.read("a contest's results", move |db| {
            Box::pin(async move {
                let found = contest_entry::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::ContestId.eq(id.0))
                    .filter(C::Place.is_not_null())
                    .order_by_asc(C::Place)
                    .order_by_asc(C::UserId)
                    .offset(from)
                    .limit(limit)
                    .all(db)
                    .await?;
                let ids = found.iter().map(|line| line.user_id);
                let mut names = names_for_boards(db, org, ids).await?;
                let line = |line: contest_entry::Model| ResultLine {
                    user: UserId(line.user_id),
                    name: names.remove(&line.user_id),
                    team: line.team_id.map(TeamId),
                    place: u32::try_from(line.place.unwrap_or(i32::MAX)).unwrap_or(u32::MAX),
                    score: line.score,
                };
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }

    /// How teams did in a contest that is over, by place. There are no more than a few hundred.
    pub async fn contest_teams(
        &self,
        org: OrgId,
        id: ContestId,
    ) -> Result<Vec<TeamLine>, StoreError> {
        self.read("a contest's teams", move |db| {
            Box::pin(async move {
                let found = contest_team::Entity::find()
                    .filter(contest_team::Column::OrgId.eq(org.0))
                    .filter(contest_team::Column::ContestId.eq(id.0))
                    .order_by_asc(contest_team::Column::Place)
                    .order_by_asc(contest_team::Column::TeamId)
                    .all(db)
                    .await?;
                let ids = found.iter().map(|line| line.team_id);
                let titles: Vec<(Uuid, String)> = team::Entity::find()
                    .select_only()
                    .column(team::Column::Id)
                    .column(team::Column::Title)
                    .filter(team::Column::OrgId.eq(org.0))
                    .filter(team::Column::Id.is_in(ids))
                    .into_tuple()
                    .all(db)
                    .await?;
                let mut titles: HashMap<Uuid, String> = titles.into_iter().collect();
                let line = |line: contest_team::Model| TeamLine {
                    team: TeamId(line.team_id),
                    title: titles.remove(&line.team_id).unwrap_or_default(),
                    place: u32::try_from(line.place).unwrap_or(u32::MAX),
                    score: line.score,
                };
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }
}

/// Which contests somebody may see: open ones; those of a cohort they are in; those with a code that
/// they once entered, or that they could open themselves.
fn seen_by(org: OrgId, user: UserId, role: Role) -> Condition {
    use contest::Column as C;
    if rights::allows(role, Action::ManageCohorts) {
        return Condition::all();
    }
    let cohorts = Query::select()
        .column(cohort_member::Column::CohortId)
        .from(cohort_member::Entity)
        .and_where(cohort_member::Column::OrgId.eq(org.0))
        .and_where(cohort_member::Column::UserId.eq(user.0))
        .to_owned();
    let entered = Query::select()
        .column(contest_entry::Column::ContestId)
        .from(contest_entry::Entity)
        .and_where(contest_entry::Column::OrgId.eq(org.0))
        .and_where(contest_entry::Column::UserId.eq(user.0))
        .to_owned();
    let mut seen = Condition::any()
        .add(C::CohortId.is_null().and(C::Code.is_null()))
        .add(C::CohortId.in_subquery(cohorts))
        .add(C::Id.in_subquery(entered));
    if rights::allows(role, Action::LeadCohorts) {
        seen = seen.add(C::Code.is_not_null());
    }
    seen
}

/// What people are called on boards. Who is on no board has no name.
pub(super) async fn names_for_boards(
    db: &impl ConnectionTrait,
    org: OrgId,
    people: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    let people: Vec<Uuid> = people.collect();
    let found: Vec<(Uuid, String)> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .column(user::Column::Name)
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.is_in(people.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let mut names: HashMap<Uuid, String> = found.into_iter().collect();
    let choices = board_choice::Entity::find()
        .filter(board_choice::Column::OrgId.eq(org.0))
        .filter(board_choice::Column::UserId.is_in(people))
        .all(db)
        .await?;
    for choice in choices {
        if choice.hidden {
            names.remove(&choice.user_id);
        } else if let Some(nickname) = choice.nickname {
            names.insert(choice.user_id, nickname);
        }
    }
    Ok(names)
}

async fn entries(
    db: &impl ConnectionTrait,
    org: OrgId,
    id: ContestId,
) -> Result<Vec<Entry>, DbErr> {
    let found = contest_entry::Entity::find()
        .filter(contest_entry::Column::OrgId.eq(org.0))
        .filter(contest_entry::Column::ContestId.eq(id.0))
        .filter(contest_entry::Column::Present.eq(true))
        .order_by_asc(contest_entry::Column::UserId)
        .all(db)
        .await?;
    Ok(found.iter().map(Entry::of).collect())
}

/// The teams somebody learns in, with the cohort of each.
async fn teams_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    user: UserId,
) -> Result<BTreeMap<TeamId, CohortId>, DbErr> {
    let found = cohort_member::Entity::find()
        .filter(cohort_member::Column::OrgId.eq(org.0))
        .filter(cohort_member::Column::UserId.eq(user.0))
        .filter(cohort_member::Column::Part.eq("learner"))
        .filter(cohort_member::Column::TeamId.is_not_null())
        .all(db)
        .await?;
    let team = |row: cohort_member::Model| Some((TeamId(row.team_id?), CohortId(row.cohort_id)));
    Ok(found.into_iter().filter_map(team).collect())
}

/// Whether a contest of a cohort may be entered by somebody, by who is in the cohort.
async fn is_in_cohort(
    db: &impl ConnectionTrait,
    org: OrgId,
    cohort: Option<CohortId>,
    user: UserId,
) -> Result<bool, DbErr> {
    let Some(cohort) = cohort else {
        return Ok(false);
    };
    let key = (org.0, cohort.0, user.0);
    let seat = cohort_member::Entity::find_by_id(key)
        .filter(cohort_member::Column::Access.eq(Access::Full.as_str()))
        .count(db)
        .await?;
    Ok(seat > 0)
}
