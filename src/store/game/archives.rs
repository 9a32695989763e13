//! What is over, read again: final standings of seasons, and weeks of leagues. It never changes, so a
//! page of it is found by its number.

use std::collections::HashMap;

use ludus_domain::game::calendar::Day;
use ludus_domain::game::plan::LeaguePlan;
use ludus_domain::game::total::Metric;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::slug::LeagueId;
use ludus_domain::time::Timestamp;
use ludus_entities::{division_member, league_week, season_standing};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::contests::names_for_boards;
use super::leagues::{plan_of, tier_of};
use crate::store::{Store, StoreError};

/// A line of a season's final standings, as others may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeasonLine {
    pub user: UserId,
    /// The name for boards; none for who is on no board.
    pub name: Option<String>,
    pub place: u32,
    pub score: i64,
}

/// A week of a league.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    pub plan: LeaguePlan,
    pub monday: Day,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// How somebody did in a week of a league.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekLine {
    pub user: UserId,
    /// The name for boards; none for who is on no board.
    pub name: Option<String>,
    pub division: Uuid,
    pub tier: u8,
    /// None while the week runs, as with what follows.
    pub place: Option<u32>,
    pub score: Option<i64>,
    pub to_tier: Option<u8>,
}

impl WeekLine {
    fn of(line: division_member::Model, name: Option<String>) -> Self {
        Self {
            user: UserId(line.user_id),
            name,
            division: line.division_id,
            tier: tier_of(line.tier),
            place: line.place.and_then(|place| u32::try_from(place).ok()),
            score: line.score,
            to_tier: line.to_tier.map(tier_of),
        }
    }
}

impl Store {
    /// What final standings a season has.
    pub async fn season_metrics(&self, org: OrgId, season: u32) -> Result<Vec<Metric>, StoreError> {
        use season_standing::Column as C;
        self.read("a season's metrics", move |db| {
            Box::pin(async move {
                let found: Vec<String> = season_standing::Entity::find()
                    .select_only()
                    .column(C::Metric)
                    .distinct()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Season.eq(i32::try_from(season).unwrap_or(i32::MAX)))
                    .order_by_asc(C::Metric)
                    .into_tuple()
                    .all(db)
                    .await?;
                Ok(found.iter().filter_map(|name| name.parse().ok()).collect())
            })
        })
        .await
    }

    /// Final standings of a season, by place, from a line on.
    pub async fn season_lines(
        &self,
        org: OrgId,
        season: u32,
        metric: Metric,
        from: u64,
        limit: u64,
    ) -> Result<Vec<SeasonLine>, StoreError> {
        use season_standing::Column as C;
        self.read("season lines", move |db| {
            Box::pin(async move {
                let found = season_standing::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Season.eq(i32::try_from(season).unwrap_or(i32::MAX)))
                    .filter(C::Metric.eq(metric.to_string()))
                    .order_by_asc(C::Place)
                    .order_by_asc(C::UserId)
                    .offset(from)
                    .limit(limit)
                    .all(db)
                    .await?;
                let ids = found.iter().map(|line| line.user_id);
                let mut names = names_for_boards(db, org, ids).await?;
                let line = |line: season_standing::Model| SeasonLine {
                    user: UserId(line.user_id),
                    name: names.remove(&line.user_id),
                    place: u32::try_from(line.place).unwrap_or(u32::MAX),
                    score: line.score,
                };
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }

    /// Weeks of a league, newest first, from one before a Monday on; the one that runs is the first.
    pub async fn league_weeks(
        &self,
        org: OrgId,
        league: LeagueId,
        before: Option<Day>,
        limit: u64,
    ) -> Result<Vec<Week>, StoreError> {
        use league_week::Column as C;
        self.read("weeks of a league", move |db| {
            Box::pin(async move {
                let mut found = league_week::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::League.eq(league.as_str()));
                if let Some(before) = before {
                    found = found.filter(C::Monday.lt(before.0));
                }
                let found = found.order_by_desc(C::Monday).limit(limit).all(db).await?;
                Ok(found.iter().map(week).collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// One week of a league.
    pub async fn week_of_league(
        &self,
        org: OrgId,
        league: LeagueId,
        monday: Day,
    ) -> Result<Option<Week>, StoreError> {
        self.read("one week of a league", move |db| {
            Box::pin(async move {
                let key = (org.0, league.to_string(), monday.0);
                let found = league_week::Entity::find_by_id(key).one(db).await?;
                Ok(found.as_ref().map(week).transpose()?)
            })
        })
        .await
    }

    /// How somebody did in these weeks of a league.
    pub async fn weeks_of(
        &self,
        org: OrgId,
        league: LeagueId,
        user: UserId,
        mondays: Vec<Day>,
    ) -> Result<HashMap<Day, WeekLine>, StoreError> {
        use division_member::Column as C;
        self.read("my weeks of a league", move |db| {
            Box::pin(async move {
                let found = division_member::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::League.eq(league.as_str()))
                    .filter(C::UserId.eq(user.0))
                    .filter(C::Monday.is_in(mondays.iter().map(|monday| monday.0)))
                    .all(db)
                    .await?;
                let line =
                    |line: division_member::Model| (Day(line.monday), WeekLine::of(line, None));
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }

    /// How everybody did in a week of a league (in one division of it), from a line on: the highest
    /// tier first, by place.
    pub async fn week_lines(
        &self,
        org: OrgId,
        league: LeagueId,
        monday: Day,
        division: Option<Uuid>,
        from: u64,
        limit: u64,
    ) -> Result<Vec<WeekLine>, StoreError> {
        use division_member::Column as C;
        self.read("lines of a week", move |db| {
            Box::pin(async move {
                let mut found = division_member::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::League.eq(league.as_str()))
                    .filter(C::Monday.eq(monday.0));
                if let Some(division) = division {
                    found = found.filter(C::DivisionId.eq(division));
                }
                let found = found
                    .order_by_desc(C::Tier)
                    .order_by_asc(C::DivisionId)
                    .order_by_asc(C::Place)
                    .order_by_asc(C::UserId)
                    .offset(from)
                    .limit(limit)
                    .all(db)
                    .await?;
                let ids = found.iter().map(|line| line.user_id);
                let mut names = names_for_boards(db, org, ids).await?;
                let line = |line: division_member::Model| {
                    let name = names.remove(&line.user_id);
                    WeekLine::of(line, name)
                };
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }
}

fn week(row: &league_week::Model) -> Result<Week, sea_orm::DbErr> {
    Ok(Week {
        plan: plan_of(row)?,
        monday: Day(row.monday),
        starts_at: Timestamp(row.starts_at),
        ends_at: Timestamp(row.ends_at),
        closed_at: row.closed_at.map(Timestamp),
    })
}
