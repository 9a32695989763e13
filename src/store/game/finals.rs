//! What was written down when something ended, for who proves it: seasons, weeks of leagues, contests.

use ludus_domain::board::{Direction, TiePolicy};
use ludus_domain::game::calendar::Day;
use ludus_domain::game::contest::ContestPhase;
use ludus_domain::game::plan::{Order, TeamFold};
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{ContestId, OrgId, TeamId, UserId};
use ludus_entities::{contest, contest_entry, division_member, league_week, season_standing};
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::contests::ContestRow;
use super::leagues::plan_of;
use crate::store::{Store, StoreError};

/// Lines of one read.
const PAGE: u64 = 500;

/// A board that was written down at its end.
#[derive(Clone, Debug)]
pub struct Final {
    of: Of,
    /// Whose totals it was made of.
    pub scope: Scope,
    pub metric: Metric,
    pub window: Window,
    pub order: Order,
    pub direction: Direction,
    pub ties: TiePolicy,
    /// How teams were made of their members, if teams were ranked.
    pub teams: Option<TeamFold>,
}

#[derive(Clone, Debug)]
enum Of {
    Season(i32),
    Week { league: String, monday: i32 },
    Contest(Uuid),
}

/// One line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalLine {
    /// Places are counted in each by itself: a week has many divisions.
    pub group: Uuid,
    pub user: UserId,
    /// The team they were in for it.
    pub team: Option<TeamId>,
    pub place: i64,
    /// Nothing of who had none.
    pub score: Option<i64>,
}

impl Final {
    /// Whether it has people in it who counted no more when it ended, with nothing.
    pub const fn keeps_who_left(&self) -> bool {
        matches!(self.of, Of::Week { .. })
    }

    /// The contest this is the end of, if it is one's.
    pub const fn contest(&self) -> Option<ContestId> {
        match self.of {
            Of::Contest(id) => Some(ContestId(id)),
            Of::Season(_) | Of::Week { .. } => None,
        }
    }
}

impl Store {
    /// Everything of an org that ended.
    pub async fn finals(&self, org: OrgId) -> Result<Vec<Final>, StoreError> {
        self.read("finals", move |db| {
            Box::pin(async move {
                let mut finals = seasons(db, org).await?;
                finals.extend(weeks(db, org).await?);
                finals.extend(contests(db, org).await?);
                Ok(finals)
            })
        })
        .await
    }

    /// Lines of one, group by group in the order of places, from a line on.
    pub async fn final_lines(
        &self,
        org: OrgId,
        of: &Final,
        from: u64,
    ) -> Result<Vec<FinalLine>, StoreError> {
        let (of, metric) = (of.of.clone(), of.metric.to_string());
        self.read("lines of a final", move |db| {
            Box::pin(async move {
                Ok(match of {
                    Of::Season(number) => season_lines(db, org, number, metric, from).await?,
                    Of::Week { league, monday } => {
                        week_lines(db, org, league, monday, from).await?
                    }
                    Of::Contest(id) => contest_lines(db, org, id, from).await?,
                })
            })
        })
        .await
    }
}

async fn seasons(db: &DatabaseConnection, org: OrgId) -> Result<Vec<Final>, DbErr> {
    use season_standing::Column as C;
    let found: Vec<(i32, String)> = season_standing::Entity::find()
        .select_only()
        .column(C::Season)
        .column(C::Metric)
        .distinct()
        .filter(C::OrgId.eq(org.0))
        .into_tuple()
        .all(db)
        .await?;
    found
        .into_iter()
        .map(|(number, metric)| {
            let unreadable = |_| DbErr::Type("a season has no readable metric".to_owned());
            Ok(Final {
                of: Of::Season(number),
                scope: Scope::Org,
                metric: metric.parse().map_err(unreadable)?,
                window: Window::Season(u32::try_from(number).unwrap_or(0)),
                order: Order::Sum,
                direction: Direction::Higher,
                ties: TiePolicy::Competition,
                teams: None,
            })
        })
        .collect()
}

async fn weeks(db: &DatabaseConnection, org: OrgId) -> Result<Vec<Final>, DbErr> {
    use league_week::Column as C;
    let found = league_week::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::ClosedAt.is_not_null())
        .all(db)
        .await?;
    found
        .into_iter()
        .map(|week| {
            let plan = plan_of(&week)?;
            Ok(Final {
                scope: Scope::Org,
                metric: plan.metric,
                window: Window::Week(Day(week.monday)),
                order: Order::Sum,
                direction: Direction::Higher,
                ties: plan.ties,
                teams: None,
                of: Of::Week {
                    league: week.league,
                    monday: week.monday,
                },
            })
        })
        .collect()
}

async fn contests(db: &DatabaseConnection, org: OrgId) -> Result<Vec<Final>, DbErr> {
    use contest::Column as C;
    let found = contest::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::Phase.eq(ContestPhase::Over.as_str()))
        .all(db)
        .await?;
    found
        .iter()
        .map(|row| {
            let ContestRow { id, contest, .. } = ContestRow::of(row)?;
            Ok(Final {
                of: Of::Contest(id.0),
                scope: Scope::Contest(id),
                metric: contest.plan.metric,
                window: Window::All,
                order: contest.plan.order,
                direction: contest.plan.direction,
                ties: contest.plan.ties,
                teams: contest.plan.teams,
            })
        })
        .collect()
}

async fn season_lines(
    db: &DatabaseConnection,
    org: OrgId,
    number: i32,
    metric: String,
    from: u64,
) -> Result<Vec<FinalLine>, DbErr> {
    use season_standing::Column as C;
    let found = season_standing::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::Season.eq(number))
        .filter(C::Metric.eq(metric))
        .order_by_asc(C::Place)
        .order_by_asc(C::UserId)
        .offset(from)
        .limit(PAGE)
        .all(db)
        .await?;
    let line = |row: season_standing::Model| FinalLine {
        group: Uuid::nil(),
        user: UserId(row.user_id),
        team: None,
        place: row.place.into(),
        score: Some(row.score),
    };
    Ok(found.into_iter().map(line).collect())
}

async fn week_lines(
    db: &DatabaseConnection,
    org: OrgId,
    league: String,
    monday: i32,
    from: u64,
) -> Result<Vec<FinalLine>, DbErr> {
    use division_member::Column as C;
    let found = division_member::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::League.eq(league))
        .filter(C::Monday.eq(monday))
        .order_by_asc(C::DivisionId)
        .order_by_asc(C::Place)
        .order_by_asc(C::UserId)
        .offset(from)
        .limit(PAGE)
        .all(db)
        .await?;
    let line = |row: division_member::Model| FinalLine {
        group: row.division_id,
        user: UserId(row.user_id),
        team: None,
        // Nobody is left without one when the week is over: it would not be a place in order.
        place: row.place.unwrap_or(0).into(),
        score: row.score,
    };
    Ok(found.into_iter().map(line).collect())
}

async fn contest_lines(
    db: &DatabaseConnection,
    org: OrgId,
    id: Uuid,
    from: u64,
) -> Result<Vec<FinalLine>, DbErr> {
    use contest_entry::Column as C;
    let found = contest_entry::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::ContestId.eq(id))
        .filter(C::Present.eq(true))
        .order_by_asc(C::Place)
        .order_by_asc(C::UserId)
        .offset(from)
        .limit(PAGE)
        .all(db)
        .await?;
    let line = |row: contest_entry::Model| FinalLine {
        group: Uuid::nil(),
        user: UserId(row.user_id),
        team: row.team_id.map(TeamId),
        place: row.place.unwrap_or(0).into(),
        score: row.score,
    };
    Ok(found.into_iter().map(line).collect())
}
