//! Leagues: who plays in which division this week, and how it ended in the weeks before.

mod turn;

use ludus_domain::game::calendar::Day;
use ludus_domain::game::plan::LeaguePlan;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::slug::LeagueId;
use ludus_domain::time::Timestamp;
use ludus_entities::{division, division_member, league_week};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use self::turn::{newcomers, place, turn};
use super::seasons::{Turned, may_die, names_of};
use super::sets::hold_game;
use crate::store::journal::fault::Planted;
use crate::store::{Store, StoreError};

/// A division as boards and pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    pub id: Uuid,
    pub plan: LeaguePlan,
    pub monday: Day,
    pub tier: u8,
    /// The first instant of the next week.
    pub ends_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub members: Vec<UserId>,
}

impl Division {
    /// What its tier is called.
    pub fn tier_title(&self) -> Option<String> {
        self.plan.tiers.get(usize::from(self.tier)).cloned()
    }
}

/// Somebody's end of a week, as it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekLine {
    pub user: UserId,
    pub name: String,
    pub division: Uuid,
    pub tier: u8,
    /// None while the week runs.
    pub place: Option<u32>,
    pub score: Option<i64>,
    pub to_tier: Option<u8>,
}

impl Store {
    /// Ends the oldest week that is due, or begins one for a league that has none: one of them,
    /// once, whoever asks how often. `None` when there is nothing to do.
    pub async fn turn_leagues(
        &self,
        org: OrgId,
        plans: Vec<LeaguePlan>,
        now: Timestamp,
    ) -> Result<Option<Turned>, StoreError> {
        let done = self.write("turn a league", move |txn| {
            Box::pin(async move {
                let done = turn(txn, org, plans, now).await?;
                may_die(
                    Planted::DieBeforeClose,
                    done.as_ref().map(|(turned, _)| *turned),
                );
                Ok(done)
            })
        });
        let Some((turned, notes)) = done.await? else {
            return Ok(None);
        };
        may_die(Planted::DieAfterClose, Some(turned));
        self.announce(notes);
        Ok(Some(turned))
    }

    /// Whether [`Store::turn_leagues`] may have something to do: asked often, and holds nobody up.
    pub async fn league_is_due(
        &self,
        org: OrgId,
        leagues: Vec<String>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read("weeks that are due", move |db| {
            Box::pin(async move {
                let open = open_weeks(db, org).await?;
                let is_open = |league: &String| open.iter().any(|week| week.league == *league);
                let is_over = open.iter().any(|week| week.ends_at <= now.0);
                Ok(is_over || !leagues.iter().all(is_open))
            })
        })
        .await
    }

    /// Gives everybody a division who gained something this week and has none yet; how many.
    pub async fn place_newcomers(&self, org: OrgId) -> Result<usize, StoreError> {
        let open = self.read("open weeks", move |db| {
            Box::pin(async move {
                let mut any = false;
                for week in open_weeks(db, org).await? {
                    any |= !newcomers(db, org, &week).await?.is_empty();
                }
                Ok(any)
            })
        });
        // Nobody's pay waits for a look.
        if !open.await? {
            return Ok(0);
        }
        self.write("place newcomers", move |txn| {
            Box::pin(async move {
                if hold_game(txn, org).await?.is_none() {
                    return Ok(0);
                }
                let mut placed = 0;
                for week in open_weeks(txn, org).await? {
                    placed += place(txn, org, &week).await?;
                }
                Ok(placed)
            })
        })
        .await
    }

    /// A division, with who is in it.
    pub async fn division(&self, org: OrgId, id: Uuid) -> Result<Option<Division>, StoreError> {
        self.read("a division", move |db| {
            Box::pin(async move {
                let found = division::Entity::find_by_id((org.0, id)).one(db).await?;
                let Some(found) = found else { return Ok(None) };
                let key = (org.0, found.league.clone(), found.monday);
                let week = league_week::Entity::find_by_id(key).one(db).await?;
                let Some(week) = week else { return Ok(None) };
                let members: Vec<Uuid> = division_member::Entity::find()
                    .select_only()
                    .column(division_member::Column::UserId)
                    .filter(division_member::Column::OrgId.eq(org.0))
                    .filter(division_member::Column::League.eq(found.league))
                    .filter(division_member::Column::Monday.eq(found.monday))
                    .filter(division_member::Column::DivisionId.eq(id))
                    .order_by_asc(division_member::Column::UserId)
                    .into_tuple()
                    .all(db)
                    .await?;
                Ok(Some(Division {
                    id,
                    plan: plan_of(&week)?,
                    monday: Day(week.monday),
                    tier: tier_of(found.tier),
                    ends_at: Timestamp(week.ends_at),
                    closed_at: week.closed_at.map(Timestamp),
                    members: members.into_iter().map(UserId).collect(),
                }))
            })
        })
        .await
    }

    /// Where somebody plays this week, in each league.
    pub async fn divisions_of(&self, org: OrgId, user: UserId) -> Result<Vec<Uuid>, StoreError> {
        self.read("my divisions", move |db| {
            Box::pin(async move {
                let mut mine = vec![];
                for week in open_weeks(db, org).await? {
                    let key = (org.0, week.league, week.monday, user.0);
                    let found = division_member::Entity::find_by_id(key).one(db).await?;
                    mine.extend(found.map(|found| found.division_id));
                }
                Ok(mine)
            })
        })
        .await
    }

    /// How everybody did in a week of a league.
    pub async fn league_week(
        &self,
        org: OrgId,
        league: LeagueId,
        monday: Day,
        limit: u64,
    ) -> Result<Vec<WeekLine>, StoreError> {
        use division_member::Column as C;
        self.read("a week of a league", move |db| {
            Box::pin(async move {
                let found = division_member::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::League.eq(league.to_string()))
                    .filter(C::Monday.eq(monday.0))
                    .order_by_desc(C::Tier)
                    .order_by_asc(C::DivisionId)
                    .order_by_asc(C::Place)
                    .order_by_asc(C::UserId)
                    .limit(limit)
                    .all(db)
                    .await?;
                let mut names = names_of(db, org, found.iter().map(|line| line.user_id)).await?;
                let line = |line: division_member::Model| WeekLine {
                    user: UserId(line.user_id),
                    name: names.remove(&line.user_id).unwrap_or_default(),
                    division: line.division_id,
                    tier: tier_of(line.tier),
                    place: line.place.and_then(|place| u32::try_from(place).ok()),
                    score: line.score,
                    to_tier: line.to_tier.map(tier_of),
                };
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }
}

pub(super) fn tier_of(column: i32) -> u8 {
    u8::try_from(column).unwrap_or(0)
}

pub(super) fn plan_of(week: &league_week::Model) -> Result<LeaguePlan, DbErr> {
    serde_json::from_slice(&week.plan).map_err(|error| DbErr::Json(error.to_string()))
}

async fn open_weeks(
    db: &impl ConnectionTrait,
    org: OrgId,
) -> Result<Vec<league_week::Model>, DbErr> {
    league_week::Entity::find()
        .filter(league_week::Column::OrgId.eq(org.0))
        .filter(league_week::Column::DueAt.is_not_null())
        .order_by_asc(league_week::Column::DueAt)
        .order_by_asc(league_week::Column::League)
        .all(db)
        .await
}

async fn members(
    db: &impl ConnectionTrait,
    org: OrgId,
    week: &league_week::Model,
) -> Result<Vec<division_member::Model>, DbErr> {
    division_member::Entity::find()
        .filter(division_member::Column::OrgId.eq(org.0))
        .filter(division_member::Column::League.eq(week.league.clone()))
        .filter(division_member::Column::Monday.eq(week.monday))
        .all(db)
        .await
}
