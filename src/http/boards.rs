//! Boards, read once. Whoever wants to see them move watches them over a connection.

use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, web};
use ludus_actors::board::peek::Part;
use ludus_domain::game::calendar::Day;
use ludus_domain::game::plan::{BoardKey, BoardScope, Names};
use ludus_domain::game::total::{Metric, Window, WindowKind};
use ludus_domain::protocol::BoardFrame;
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::LeagueId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::game::cell;
use super::page::{List, Page, Place, limit};
use super::problem::Problem;
use super::reply::{Answer, ok, polled};
use crate::people::boards::{Playing, Seen};
use crate::people::{Caller, Coach};
use crate::store::game::history::PastRank;

/// Rows shown on each side of one's own, unless asked for otherwise; and at most.
const AROUND_DEFAULT: u32 = 5;
const AROUND_MAX: u32 = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The position of the first row, from 0.
    from: Option<u32>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// An earlier window, as `week:2026-11-16`; without it the one that runs.
    #[param(value_type = Option<String>)]
    window: Option<Window>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AroundQuery {
    /// Rows on each side of one's own.
    #[param(minimum = 0, maximum = 50)]
    around: Option<u32>,
    #[param(value_type = Option<String>)]
    window: Option<Window>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WindowQuery {
    #[param(value_type = Option<String>)]
    window: Option<Window>,
}

/// A board one may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BoardSummary)]
pub(super) struct BoardBody {
    /// What to watch, and to ask for.
    board: BoardKey,
    title: String,
    scope: BoardScope,
    /// What the cohort, team or room is called that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    metric: Metric,
    window: WindowKind,
    anonymous: bool,
    /// Ranks teams.
    teams: bool,
}

impl From<Seen> for BoardBody {
    fn from(seen: Seen) -> Self {
        let Seen { key, plan, of } = seen;
        Self {
            board: key,
            title: plan.title,
            scope: plan.scope,
            of,
            metric: plan.metric,
            window: plan.window,
            anonymous: plan.names == Names::Anonymous,
            teams: plan.teams.is_some(),
        }
    }
}

/// The boards one may see: the org's, and those of one's cohorts, teams and live rooms.
#[utoipa::path(get, path = "/api/v1/boards", tag = "boards",
    responses((status = 200, description = "Boards", body = Vec<BoardBody>),
        (status = 304, description = "As the client has them")))]
pub(super) async fn list(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
) -> Answer {
    let seen = caller.boards(&services.boards).await?;
    let bodies: Vec<BoardBody> = seen.into_iter().map(BoardBody::from).collect();
    polled(&request, &bodies)
}

/// A league, and where one plays in it this week.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = League)]
pub(super) struct LeagueBody {
    league: LeagueId,
    title: String,
    metric: Metric,
    /// Names of the tiers, lowest first.
    tiers: Vec<String>,
    /// None before one has gained what it takes to be placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    division: Option<DivisionBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Division)]
struct DivisionBody {
    /// Counted from 0, the lowest.
    tier: u8,
    /// What to watch.
    #[serde(skip_serializing_if = "Option::is_none")]
    board: Option<BoardKey>,
    members: usize,
    ends_at: Timestamp,
}

impl From<Playing> for LeagueBody {
    fn from(Playing { league, division }: Playing) -> Self {
        Self {
            league: league.id,
            title: league.title,
            metric: league.metric,
            tiers: league.tiers,
            division: division.map(|(division, board)| DivisionBody {
                tier: division.tier,
                board: board.map(|(key, _)| key),
                members: division.members.len(),
                ends_at: division.ends_at,
            }),
        }
    }
}

/// The leagues of the org, and the divisions one plays in this week.
#[utoipa::path(get, path = "/api/v1/leagues", tag = "boards",
    responses((status = 200, description = "Leagues", body = Vec<LeagueBody>)))]
pub(super) async fn leagues(services: web::Data<Services>, caller: Caller) -> Answer {
    let playing = caller.leagues(&services.boards).await?;
    let bodies: Vec<LeagueBody> = playing.into_iter().map(LeagueBody::from).collect();
    Ok(ok(&bodies))
}

/// A page of a board, as a `board` frame without `after`.
#[utoipa::path(get, path = "/api/v1/boards/{key}", tag = "boards",
    params(("key" = BoardKey, Path), PageQuery),
    responses((status = 200, description = "Rows from a position on", body = BoardFrame)))]
pub(super) async fn page(
    services: web::Data<Services>,
    caller: Caller,
    key: web::Path<BoardKey>,
    query: web::Query<PageQuery>,
) -> Answer {
    let part = Part::Page {
        from: query.from.unwrap_or(0),
        len: limit(query.limit)?,
    };
    let board = caller
        .board(&services.boards, &key, query.window, part)
        .await?;
    Ok(ok(&board))
}

/// Oneself on a board, and those around. No rows when one does not stand on it.
#[utoipa::path(get, path = "/api/v1/boards/{key}/me", tag = "boards",
    params(("key" = BoardKey, Path), AroundQuery),
    responses((status = 200, description = "One's own row and those around it", body = BoardFrame)))]
pub(super) async fn around_me(
    services: web::Data<Services>,
    caller: Caller,
    key: web::Path<BoardKey>,
    query: web::Query<AroundQuery>,
) -> Answer {
    let rows = query.around.unwrap_or(AROUND_DEFAULT);
    if rows > AROUND_MAX {
        return Err(Problem::new(
            Refusal::FieldInvalid,
            "around is between 0 and 50",
        ));
    }
    let part = Part::AroundMe { rows };
    let board = caller
        .board(&services.boards, &key, query.window, part)
        .await?;
    Ok(ok(&board))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Where one stood when a day was over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastRank)]
pub(super) struct PastRankBody {
    day: Day,
    place: u32,
    score: i64,
    /// How many stood on the board.
    count: u32,
}

/// Where one stood on a board of the org when each day was over, newest first. Days on which one did
/// not stand on it are left out; four hundred are kept.
#[utoipa::path(get, path = "/api/v1/boards/{key}/history", tag = "boards",
    params(("key" = BoardKey, Path), HistoryQuery),
    responses((status = 200, description = "Days", body = Page<PastRankBody>)))]
pub(super) async fn history(
    services: web::Data<Services>,
    caller: Caller,
    key: web::Path<BoardKey>,
    query: web::Query<HistoryQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::PastRanks,
        org: caller.identity().org,
        of: None,
    };
    let before: Option<Day> = place.open(&services, query.cursor.as_deref())?;
    let found = caller
        .past_ranks(&services.boards, &key, before, u64::from(limit) + 1)
        .await?;
    let body = |past: PastRank| PastRankBody {
        day: past.day,
        place: past.place,
        score: past.score,
        count: past.count,
    };
    let page = place.page(&services, found, limit, |past| past.day, body);
    Ok(ok(&page))
}

/// A whole board as CSV, for coaches. At most its first 100,000 rows.
#[utoipa::path(get, path = "/api/v1/boards/{key}.csv", tag = "boards",
    params(("key" = BoardKey, Path), WindowQuery),
    responses((status = 200, description = "Rows, best first", content_type = "text/csv", body = String)))]
pub(super) async fn csv(
    services: web::Data<Services>,
    coach: Coach,
    key: web::Path<BoardKey>,
    query: web::Query<WindowQuery>,
) -> Answer {
    let rows = coach
        .board_whole(&services.boards, &key, query.window)
        .await?;
    let mut text = String::from("place,name,score,user,team\r\n");
    for row in &rows {
        let user = row.user.map(|user| user.to_string()).unwrap_or_default();
        let team = row.team.map(|team| team.to_string()).unwrap_or_default();
        let name = cell(&row.name);
        // Writing to a string cannot fail.
        write!(text, "{},{name},{},{user},{team}\r\n", row.place, row.score).ok();
    }
    // A key has no character that a quoted file name may not have.
    let file = format!("attachment; filename=\"{}.csv\"", *key);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", file))
        .body(text))
}
