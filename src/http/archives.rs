//! What is over: seasons with their final standings, weeks of leagues with who went where.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};
use ludus_domain::game::calendar::Day;
use ludus_domain::game::total::Metric;
use ludus_domain::ids::UserId;
use ludus_domain::slug::LeagueId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Services;
use super::game::cell;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, ok};
use crate::people::archives::{Told, WeekSeen};
use crate::people::{Caller, Coach};
use crate::store::game::archives::{SeasonLine, WeekLine};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StandingsQuery {
    /// What is compared, as `points:xp`.
    #[param(value_type = String)]
    metric: Metric,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricQuery {
    /// What is compared, as `points:xp`.
    #[param(value_type = String)]
    metric: Metric,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WeeksQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Season)]
pub(super) struct SeasonBody {
    number: u32,
    starts_at: Timestamp,
    /// The first instant of the next one.
    ends_at: Timestamp,
    /// Its standings are final. The one that runs is shown by boards.
    over: bool,
    /// What final standings there are of.
    metrics: Vec<Metric>,
}

/// A line of final standings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeasonLine)]
pub(super) struct SeasonLineBody {
    place: u32,
    /// Absent for who is on no board.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    score: i64,
    /// Who it is, where one may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mine: bool,
}

impl From<Told<SeasonLine>> for SeasonLineBody {
    fn from(told: Told<SeasonLine>) -> Self {
        Self {
            place: told.line.place,
            name: told.line.name,
            score: told.line.score,
            user: told.is_told.then_some(told.line.user),
            mine: told.mine,
        }
    }
}

/// What became of somebody at the end of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Became {
    Promoted,
    Stayed,
    Demoted,
}

impl Became {
    fn of(line: &WeekLine) -> Option<Self> {
        Some(match line.to_tier?.cmp(&line.tier) {
            std::cmp::Ordering::Greater => Self::Promoted,
            std::cmp::Ordering::Equal => Self::Stayed,
            std::cmp::Ordering::Less => Self::Demoted,
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::Stayed => "stayed",
            Self::Demoted => "demoted",
        }
    }
}

/// A week of a league, and how one did in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeagueWeek)]
pub(super) struct WeekBody {
    monday: Day,
    starts_at: Timestamp,
    ends_at: Timestamp,
    over: bool,
    /// Names of the tiers it had, lowest first.
    tiers: Vec<String>,
    /// Absent when one did not play.
    #[serde(skip_serializing_if = "Option::is_none")]
    mine: Option<MyWeekBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MyLeagueWeek)]
struct MyWeekBody {
    /// Counted from 0, the lowest.
    tier: u8,
    /// From its end on, as with what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_tier: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    became: Option<Became>,
}

impl From<WeekSeen> for WeekBody {
    fn from(WeekSeen { week, mine }: WeekSeen) -> Self {
        Self {
            monday: week.monday,
            starts_at: week.starts_at,
            ends_at: week.ends_at,
            over: week.closed_at.is_some(),
            tiers: week.plan.tiers,
            mine: mine.map(|line| MyWeekBody {
                became: Became::of(&line),
                tier: line.tier,
                place: line.place,
                score: line.score,
                to_tier: line.to_tier,
            }),
        }
    }
}

/// How somebody did in a week of a league.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeagueWeekLine)]
pub(super) struct WeekLineBody {
    division: Uuid,
    /// Counted from 0, the lowest.
    tier: u8,
    /// From its end on, as with what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u32>,
    /// Absent for who is on no board.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_tier: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    became: Option<Became>,
    /// Who it is, where one may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mine: bool,
}

impl From<Told<WeekLine>> for WeekLineBody {
    fn from(told: Told<WeekLine>) -> Self {
        let became = Became::of(&told.line);
        let line = told.line;
        Self {
            division: line.division,
            tier: line.tier,
            place: line.place,
            name: line.name,
            score: line.score,
            to_tier: line.to_tier,
            became,
            user: told.is_told.then_some(line.user),
            mine: told.mine,
        }
    }
}

/// The seasons of the org, newest first.
#[utoipa::path(get, path = "/api/v1/seasons", tag = "boards",
    responses((status = 200, description = "Seasons", body = Vec<SeasonBody>)))]
pub(super) async fn seasons(caller: Caller) -> Answer {
    let seasons = caller.seasons().await?.into_iter();
    let bodies = seasons.map(|(season, metrics)| SeasonBody {
        number: season.number,
        starts_at: season.starts_at,
        ends_at: season.ends_at,
        over: season.closed_at.is_some(),
        metrics,
    });
    Ok(ok(&bodies.collect::<Vec<_>>()))
}

/// The final standings of a season, by place. No lines before its end.
#[utoipa::path(get, path = "/api/v1/seasons/{number}/standings", tag = "boards",
    params(("number" = u32, Path), StandingsQuery),
    responses((status = 200, description = "Lines", body = Page<SeasonLineBody>)))]
pub(super) async fn standings(
    services: web::Data<Services>,
    caller: Caller,
    number: web::Path<u32>,
    query: web::Query<StandingsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::SeasonStandings,
        org: caller.identity().org,
        of: None,
    };
    // By its number: who stands where need not be known to who turns the page.
    let from: Option<u64> = place.open(&services, query.cursor.as_deref())?;
    let (from, more) = (from.unwrap_or(0), u64::from(limit) + 1);
    let metric = query.metric.clone();
    let found = caller
        .season_lines(&services.boards, *number, metric, from, more)
        .await?;
    let next = |_: &Told<SeasonLine>| from.saturating_add(u64::from(limit));
    let page = place.page(&services, found, limit, next, SeasonLineBody::from);
    Ok(ok(&page))
}

/// The final standings of a season as CSV, for coaches. At most the first 100,000 lines.
#[utoipa::path(get, path = "/api/v1/seasons/{number}/standings.csv", tag = "boards",
    params(("number" = u32, Path), MetricQuery),
    responses((status = 200, description = "Lines, by place", content_type = "text/csv", body = String)))]
pub(super) async fn standings_csv(
    services: web::Data<Services>,
    coach: Coach,
    number: web::Path<u32>,
    query: web::Query<MetricQuery>,
) -> Answer {
    let lines = coach
        .season_whole(&services.boards, *number, &query.metric)
        .await?;
    let mut text = String::from("place,name,score,user\r\n");
    for line in lines.into_iter().map(SeasonLineBody::from) {
        let name = line.name.as_deref().map(cell).unwrap_or_default();
        let user = line.user.map(|user| user.to_string()).unwrap_or_default();
        // Writing to a string cannot fail.
        write!(text, "{},{name},{},{user}\r\n", line.place, line.score).ok();
    }
    Ok(taken_away(&format!("season-{number}"), text))
}

/// The weeks of a league, newest first, and how one did in each.
#[utoipa::path(get, path = "/api/v1/leagues/{league}/weeks", tag = "boards",
    params(("league" = LeagueId, Path), WeeksQuery),
    responses((status = 200, description = "Weeks", body = Page<WeekBody>)))]
pub(super) async fn weeks(
    services: web::Data<Services>,
    caller: Caller,
    league: web::Path<LeagueId>,
    query: web::Query<WeeksQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::LeagueWeeks,
        org: caller.identity().org,
        of: None,
    };
    let before: Option<Day> = place.open(&services, query.cursor.as_deref())?;
    let found = caller
        .league_weeks(&league, before, u64::from(limit) + 1)
        .await?;
    let monday = |seen: &WeekSeen| seen.week.monday;
    let page = place.page(&services, found, limit, monday, WeekBody::from);
    Ok(ok(&page))
}

/// How a week of a league went: for coaches all of it, for others the division they played in.
#[utoipa::path(get, path = "/api/v1/leagues/{league}/weeks/{monday}", tag = "boards",
    params(("league" = LeagueId, Path), ("monday" = Day, Path), WeeksQuery),
    responses((status = 200, description = "Lines, the highest tier first", body = Page<WeekLineBody>)))]
pub(super) async fn week(
    services: web::Data<Services>,
    caller: Caller,
    path: web::Path<(LeagueId, Day)>,
    query: web::Query<WeeksQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::WeekLines,
        org: caller.identity().org,
        of: None,
    };
    let from: Option<u64> = place.open(&services, query.cursor.as_deref())?;
    let (from, more) = (from.unwrap_or(0), u64::from(limit) + 1);
    let (league, monday) = path.into_inner();
    let (_, found) = caller
        .week_lines(&services.boards, &league, monday, from, more)
        .await?;
    let next = |_: &Told<WeekLine>| from.saturating_add(u64::from(limit));
    let page = place.page(&services, found, limit, next, WeekLineBody::from);
    Ok(ok(&page))
}

/// A week of a league as CSV, for coaches. At most its first 100,000 lines.
#[utoipa::path(get, path = "/api/v1/leagues/{league}/weeks/{monday}.csv", tag = "boards",
    params(("league" = LeagueId, Path), ("monday" = Day, Path)),
    responses((status = 200, description = "Lines, the highest tier first", content_type = "text/csv", body = String)))]
pub(super) async fn week_csv(
    services: web::Data<Services>,
    coach: Coach,
    path: web::Path<(LeagueId, Day)>,
) -> Answer {
    let (league, monday) = path.into_inner();
    let (week, lines) = coach.week_whole(&services.boards, &league, monday).await?;
    let mut text = String::from("tier,division,place,name,score,became,user\r\n");
    for line in lines.into_iter().map(WeekLineBody::from) {
        let tier = week.plan.tiers.get(usize::from(line.tier));
        let tier = tier.map(|tier| cell(tier)).unwrap_or_default();
        let name = line.name.as_deref().map(cell).unwrap_or_default();
        let number = |number: Option<String>| number.unwrap_or_default();
        // Writing to a string cannot fail.
        write!(
            text,
            "{tier},{},{},{name},{},{},{}\r\n",
            line.division,
            number(line.place.map(|place| place.to_string())),
            number(line.score.map(|score| score.to_string())),
            line.became.map_or("", Became::as_str),
            number(line.user.map(|user| user.to_string())),
        )
        .ok();
    }
    Ok(taken_away(&format!("{league}-{monday}"), text))
}

/// A table under a name that has no character which a quoted file name may not have.
fn taken_away(name: &str, text: String) -> HttpResponse {
    let file = format!("attachment; filename=\"{name}.csv\"");
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", file))
        .body(text)
}
