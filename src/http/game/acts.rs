//! What is done for the game over REST.

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::game::calendar::Zone;
use ludus_domain::game::deed::ScoreOp;
use ludus_domain::ids::UserId;
use ludus_domain::slug::{MetricId, PointKind};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::Services;
use crate::http::body::{Body, Write};
use crate::http::page::{List, Page, Place, limit};
use crate::http::reply::{Answer, done, nothing, ok};
use crate::people::{Admin, Caller, Coach};
use crate::store::game::acts::{BoardChoice, Score};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct KudosBody {
    to: UserId,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Score)]
pub(in crate::http) struct ScoreBody {
    metric: MetricId,
    user: UserId,
    op: ScoreOp,
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64)]
    value: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ScoresBody {
    #[schema(min_items = 1, max_items = 100)]
    scores: Vec<ScoreBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TakenBody {
    /// Scores that were taken in: all of them.
    taken: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AdjustBody {
    points: PointKind,
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    by: i64,
    /// The reason, which its owner reads.
    says: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ZoneBody {
    zone: Zone,
}

/// How one stands on boards.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BoardChoice)]
pub(in crate::http) struct BoardsBody {
    /// Only oneself and coaches see one there.
    hidden: bool,
    /// Shown to others instead of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
}

impl From<BoardChoice> for BoardsBody {
    fn from(choice: BoardChoice) -> Self {
        Self {
            hidden: choice.hidden,
            nickname: choice.nickname,
        }
    }
}

/// Something that looked like farming. Nothing was taken for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suspicion)]
pub(in crate::http) struct SuspicionBody {
    user: UserId,
    name: String,
    kind: String,
    at: Timestamp,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct SuspicionsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Thank somebody one shares a room or a cohort with; each once a day, and some a day.
#[utoipa::path(post, path = "/api/v1/kudos", tag = "game", request_body = KudosBody,
    responses((status = 204, description = "Thanked")))]
pub(in crate::http) async fn kudos(caller: Caller, write: Write<KudosBody>) -> Answer {
    let given = caller.give_kudos(write.once, write.body.to).await?;
    Ok(done(StatusCode::NO_CONTENT, given))
}

/// Report what another program measured: all of it is taken, or nothing.
#[utoipa::path(post, path = "/api/v1/scores", tag = "game", request_body = ScoresBody,
    responses((status = 200, description = "Taken in", body = TakenBody)))]
pub(in crate::http) async fn scores(coach: Coach, write: Write<ScoresBody>) -> Answer {
    let scores = write.body.scores.into_iter().map(|score| Score {
        user: score.user,
        metric: score.metric,
        op: score.op,
        value: score.value,
    });
    let taken = coach.import_scores(write.once, scores.collect()).await?;
    Ok(done(StatusCode::OK, taken.map(|taken| TakenBody { taken })))
}

/// Give or take points by hand, with the reason.
#[utoipa::path(post, path = "/api/v1/users/{id}/adjust", tag = "game", params(("id" = UserId, Path)),
    request_body = AdjustBody, responses((status = 204, description = "Adjusted")))]
pub(in crate::http) async fn adjust(
    admin: Admin,
    id: web::Path<UserId>,
    write: Write<AdjustBody>,
) -> Answer {
    let AdjustBody { points, by, says } = write.body;
    let adjusted = admin.adjust(write.once, *id, points, by, &says).await?;
    Ok(done(StatusCode::NO_CONTENT, adjusted))
}

/// Say in which zone one lives: one's days, and so one's streak, begin at its midnight.
#[utoipa::path(put, path = "/api/v1/me/zone", tag = "game", request_body = ZoneBody,
    responses((status = 204, description = "Set")))]
pub(in crate::http) async fn put_zone(caller: Caller, Body(body): Body<ZoneBody>) -> Answer {
    caller.set_zone(body.zone).await?;
    Ok(nothing())
}

#[utoipa::path(get, path = "/api/v1/me/boards", tag = "game",
    responses((status = 200, description = "How one stands on boards", body = BoardsBody)))]
pub(in crate::http) async fn my_boards(caller: Caller) -> Answer {
    Ok(ok(&BoardsBody::from(caller.board_choice().await?)))
}

/// Choose how to stand on boards: under another name, or not at all.
#[utoipa::path(put, path = "/api/v1/me/boards", tag = "game", request_body = BoardsBody,
    responses((status = 200, description = "Chosen", body = BoardsBody)))]
pub(in crate::http) async fn put_boards(caller: Caller, Body(body): Body<BoardsBody>) -> Answer {
    let choice = BoardChoice {
        hidden: body.hidden,
        nickname: body.nickname,
    };
    let chosen = caller.choose_boards(choice).await?;
    Ok(ok(&BoardsBody::from(chosen)))
}

/// What looked like farming among those one leads, newest first.
#[utoipa::path(get, path = "/api/v1/suspicions", tag = "game", params(SuspicionsQuery),
    responses((status = 200, description = "Suspicions", body = Page<SuspicionBody>)))]
pub(in crate::http) async fn suspicions(
    services: web::Data<Services>,
    coach: Coach,
    query: web::Query<SuspicionsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Suspicions,
        org: coach.caller().identity().org,
        of: None,
    };
    let before: Option<(i64, UserId, String)> = place.open(&services, query.cursor.as_deref())?;
    let found = coach.suspicions(before, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |suspected| (suspected.at.0, suspected.user, suspected.kind.clone()),
        |suspected| SuspicionBody {
            user: suspected.user,
            name: suspected.name,
            kind: suspected.kind,
            at: suspected.at,
        },
    );
    Ok(ok(&page))
}
