//! Training sessions: practice rooms, by the name other systems know them by, from opening to report.

mod export;
mod judging;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use ludus_domain::content::Edition;
use ludus_domain::ids::{RoomId, Seq, UserId};
use ludus_domain::journal::PracticeStep;
use ludus_domain::persona::offline::Ended;
use ludus_domain::practice::rejudge::Override;
use ludus_domain::practice::report::Report;
use ludus_domain::practice::review::Course;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Barge, Entry, Floor, Phase, RoomKind, RoomPlan, Scene};
use ludus_domain::slug::{GoalId, PersonaId, ScenarioId};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) use self::export::*;
pub(super) use self::judging::*;
use super::Services;
use super::body::Write;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, nothing, ok, polled};
use super::rooms::RoomBody;
use crate::people::practice::{Practice, Underway};
use crate::people::scenes::{SceneWish, scene};
use crate::people::{Caller, Denied};
use crate::store::practices::ReportRow;

/// A learner, their coaches, and whoever is invited to look on.
const CAPACITY: u32 = 50;

/// How much harder than it is written.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Harder {
    /// Steps, or (below 0) steps easier: from -2 to 2.
    Steps(i8),
    /// As it fits one's skills.
    Fitting(Fitting),
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fitting {
    Auto,
}

impl Default for Harder {
    fn default() -> Self {
        Self::Steps(0)
    }
}

/// What is to be played, as rooms are asked for it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SceneBody {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    scenario: Option<ScenarioId>,
    /// At most four; whom the scenario casts, where nobody is named.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    personas: Vec<PersonaId>,
    #[serde(default)]
    floor: Floor,
    #[serde(default)]
    barge: Barge,
    /// Steps harder than it is written, or (below 0) easier: from -2 to 2.
    #[serde(default)]
    harder: i8,
}

impl From<SceneBody> for SceneWish {
    fn from(body: SceneBody) -> Self {
        Self {
            scenario: body.scenario,
            personas: body.personas,
            floor: body.floor,
            barge: body.barge,
            harder: body.harder,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTrainingBody {
    /// The scenario's own, where nothing else is said.
    #[serde(default)]
    title: Option<String>,
    /// What is practised. Nothing: a room of one's own.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    scenario: Option<ScenarioId>,
    /// With whom; whom the scenario casts, where nobody is named.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    persona: Option<PersonaId>,
    /// With several, at most four.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    personas: Vec<PersonaId>,
    #[serde(default)]
    floor: Floor,
    #[serde(default)]
    barge: Barge,
    #[serde(default)]
    harder: Harder,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReportQuery {
    /// Whose, for coaches, where several practised.
    of: Option<UserId>,
}

/// Where a practice is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateBody {
    /// Nobody plays just now: it has not begun, or it is paused.
    Resting,
    Running,
    /// Over; the report is being made.
    Closed,
    /// Over, and looked back on.
    Ended,
}

/// A practice of one's own, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrainingSummary)]
pub(super) struct SummaryBody {
    /// The room's.
    id: RoomId,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
    state: StateBody,
    opened_at: Timestamp,
    /// Per mille; there once there is a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<u16>,
}

impl From<Practice> for SummaryBody {
    fn from(practice: Practice) -> Self {
        let filed = practice.report.map(|report| report.filed);
        Self {
            id: practice.room,
            title: practice.title,
            scenario: practice.scenario,
            state: match practice.step {
                PracticeStep::Resting => StateBody::Resting,
                PracticeStep::Running => StateBody::Running,
                PracticeStep::Closed => StateBody::Closed,
                PracticeStep::Ended | PracticeStep::Filed => StateBody::Ended,
            },
            opened_at: practice.opened_at,
            score: filed.as_ref().and_then(|filed| filed.report.total),
            minutes: filed.as_ref().map(|filed| filed.minutes),
        }
    }
}

/// A practice as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Training)]
pub(super) struct TrainingBody {
    #[serde(flatten)]
    room: RoomBody,
    /// Where the practice is, beside the room's own phase.
    state: StateBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene: Option<Scene>,
    /// How long it was live so far; pauses do not count.
    live_ms: i64,
    /// What is left of its minutes; absent where it does not end by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_ms: Option<i64>,
    goals: Vec<ReachedBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReachedGoal)]
pub(super) struct ReachedBody {
    id: GoalId,
    title: String,
    met: bool,
}

/// What came of a practice for one learner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PracticeReport)]
pub(super) struct ReportBody {
    room: RoomId,
    user: UserId,
    at: Timestamp,
    scenario: ScenarioId,
    title: String,
    harder: i8,
    minutes: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ended: Option<Ended>,
    /// Lines the learner said.
    lines: u32,
    /// Who measured: `local`, or `model` where a model had a say.
    judge: ludus_domain::game::deed::Judge,
    report: Report,
    /// What coaches scored otherwise, oldest first: what it was, who did it, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    /// The lines the report points at, as far as they are still there.
    quotes: Vec<QuoteBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(super) struct QuoteBody {
    seq: Seq,
    text: String,
}

/// Open a practice room of one's own. Others come by invitation.
#[utoipa::path(post, path = "/api/v1/training/sessions", tag = "training",
    request_body = NewTrainingBody,
    responses((status = 201, description = "The practice room", body = RoomBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    caller: Caller,
    write: Write<NewTrainingBody>,
) -> Answer {
    let body = write.body;
    let of = services.rulebook.current(caller.identity().org);
    let (_, library) = &of;
    let of_scenario = body.scenario.as_ref().and_then(|id| library.scenario(id));
    let title = body
        .title
        .or_else(|| of_scenario.map(|scenario| scenario.script.title.clone()));
    let harder = match (body.harder, of_scenario) {
        (Harder::Steps(steps), _) => steps,
        (Harder::Fitting(Fitting::Auto), Some(scenario)) => {
            caller.skill_profile().await?.0.steps(scenario)
        }
        (Harder::Fitting(Fitting::Auto), None) => 0,
    };
    let personas = match body.persona {
        Some(_) if !body.personas.is_empty() => return Err(Refusal::FieldInvalid.into()),
        Some(persona) => vec![persona],
        None => body.personas,
    };
    let wish = SceneWish {
        scenario: body.scenario,
        personas,
        floor: body.floor,
        barge: body.barge,
        harder,
    };
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Invitation,
        title: title.ok_or(Refusal::TitleInvalid)?,
        capacity: CAPACITY,
        lobby: false,
        scene: scene(&of, wish)?,
    };
    let opened = caller.open_room(write.once, plan).await?;
    let body = opened.map(|row| RoomBody::of(&caller, row));
    Ok(done(StatusCode::CREATED, body))
}

/// One's practices, the latest first: those one opened, sits in or has a report of.
#[utoipa::path(get, path = "/api/v1/training/sessions", tag = "training", params(SessionsQuery),
    responses((status = 200, description = "Practices", body = Page<SummaryBody>),
        (status = 304, description = "As the client has it")))]
pub(super) async fn list(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<SessionsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Practices,
        org: caller.identity().org,
        of: Some(caller.identity().user.0),
    };
    let before = place.open(&services, query.cursor.as_deref())?;
    let rows = caller.practices(before, u64::from(limit) + 1).await?;
    let page = place.page(&services, rows, limit, |row| row.room, SummaryBody::from);
    polled(&request, &page)
}

/// A practice as it stands: how long it has been live, and what was reached so far.
#[utoipa::path(get, path = "/api/v1/training/sessions/{id}", tag = "training",
    params(("id" = RoomId, Path)),
    responses((status = 200, description = "The practice", body = TrainingBody)))]
pub(super) async fn get(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
) -> Answer {
    let Underway {
        room,
        course,
        report,
    } = caller.practice(*id).await?;
    let seat = caller.seat(*id).await?;
    let scene = room.state.plan.scene.clone();
    let edition = scene
        .as_ref()
        .map_or(Edition::SHIPPED, |scene| scene.edition);
    let library = services.stage.libraries.at(caller.identity().org, edition);
    let library = library.await.map_err(Denied::from)?;
    let scenario = scene.as_ref().and_then(|scene| scene.scenario.as_ref());
    let goals = scenario.and_then(|id| library.scenario(id));
    let met = |goal: &GoalId| course.goals_met.iter().any(|(met, _)| met == goal);
    let goals = goals.map_or_else(Vec::new, |scenario| {
        let goals = scenario.script.goals.iter();
        goals
            .map(|goal| ReachedBody {
                met: met(&goal.id),
                id: goal.id.clone(),
                title: goal.title.clone(),
            })
            .collect()
    });
    let minutes = scene.as_ref().and_then(|scene| scene.minutes);
    let body = TrainingBody {
        state: state_of(&room.state),
        live_ms: course.live_ms,
        left_ms: minutes.map(|minutes| (i64::from(minutes) * 60_000 - course.live_ms).max(0)),
        goals,
        score: report.and_then(|report| report.filed.report.total),
        scene,
        room: RoomBody::of(&caller, room).reading(seat.as_ref()),
    };
    Ok(ok(&body))
}

fn state_of(room: &ludus_domain::room::Room) -> StateBody {
    match room.phase {
        _ if room.is_practice() && room.practice_filed => StateBody::Ended,
        _ if room.is_practice() && room.scene_closed => StateBody::Closed,
        Phase::Ended => StateBody::Ended,
        Phase::Live => StateBody::Running,
        Phase::Lobby | Phase::Paused => StateBody::Resting,
    }
}

/// End a practice of one's own. Ending it twice is ending it once.
#[utoipa::path(post, path = "/api/v1/training/sessions/{id}/end", tag = "training",
    params(("id" = RoomId, Path)),
    responses((status = 204, description = "Ended")))]
pub(super) async fn end(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
) -> Answer {
    caller.end_practice(&services.directory, *id).await?;
    Ok(nothing())
}

/// What came of a practice: for its learner, and for coaches.
#[utoipa::path(get, path = "/api/v1/training/sessions/{id}/report", tag = "training",
    params(("id" = RoomId, Path), ReportQuery),
    responses((status = 200, description = "The report", body = ReportBody)))]
pub(super) async fn report(
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<ReportQuery>,
) -> Answer {
    let (row, course) = caller.practice_report(*id, query.of).await?;
    Ok(ok(&ReportBody::of(row, &course)))
}

impl ReportBody {
    fn of(row: ReportRow, course: &Course) -> Self {
        let filed = row.filed;
        let mut pointed: Vec<Seq> = filed
            .report
            .criteria
            .iter()
            .filter_map(|result| result.score.as_ref())
            .flat_map(|score| score.evidence.iter().copied())
            .chain(filed.report.goals.iter().filter_map(|goal| goal.met_at))
            .collect();
        pointed.sort_unstable();
        pointed.dedup();
        let lines = &course.script.lines;
        let quotes = pointed.into_iter().filter_map(|seq| {
            let line = lines.iter().find(|line| line.seq == seq)?;
            Some(QuoteBody {
                seq,
                text: line.text.clone(),
            })
        });
        Self {
            quotes: quotes.collect(),
            room: row.room,
            user: row.user,
            at: row.at,
            scenario: filed.scenario,
            title: filed.title,
            harder: filed.harder,
            minutes: filed.minutes,
            ended: filed.ended,
            lines: filed.lines,
            judge: filed.judge,
            report: filed.report,
            overrides: filed.overrides,
        }
    }
}
