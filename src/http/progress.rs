//! What one can do by now, what personas remember of one, and what an org tells its personas.

use actix_web::{HttpRequest, web};
use ludus_domain::ids::RoomId;
use ludus_domain::practice::skill::{self, Level, Next};
use ludus_domain::slug::{PersonaId, SkillId};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Body;
use super::reply::{Answer, nothing, ok, polled};
use crate::people::{Admin, Caller};
use crate::store::memories::MemoryRow;

/// Scenarios that are recommended.
const NEXT_MAX: usize = 5;
/// Practices that are named behind a skill, the newest.
const SHOWN_MAX: usize = 20;
const LANGUAGE_DEFAULT: &str = "en";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SkillsQuery {
    /// Of what is recommended; `en` where nothing else is said.
    language: Option<String>,
}

/// One's skills, and what to practise next.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Skills)]
pub(super) struct SkillsBody {
    skills: Vec<SkillBody>,
    /// What promises most first.
    next: Vec<Next>,
    /// Practices that were looked back on.
    practices: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Skill)]
pub(super) struct SkillBody {
    skill: SkillId,
    level: Level,
    /// What practices showed of it, newest first.
    history: Vec<ShownBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SkillShown)]
pub(super) struct ShownBody {
    room: RoomId,
    at: Timestamp,
    per_mille: u16,
    /// What that practice changed, in points of the level per mille.
    change: i32,
    /// The level, and how sure it was, after that practice.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
}

/// What personas keep of one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Memories)]
pub(super) struct MemoriesBody {
    /// Nothing new is remembered, and nothing old is used.
    off: bool,
    items: Vec<MemoryBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Memory)]
pub(super) struct MemoryBody {
    persona: String,
    /// What one told, by what it is.
    slots: BTreeMap<String, String>,
    notes: Vec<String>,
    changed_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemoryChoiceBody {
    off: bool,
}

/// What the org tells every persona.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PersonaInstructions)]
pub(super) struct InstructionsBody {
    /// At most 4000 characters; empty for nothing.
    says: String,
}

impl From<MemoryRow> for MemoryBody {
    fn from(row: MemoryRow) -> Self {
        Self {
            persona: row.persona,
            slots: row.remembered.slots,
            notes: row.remembered.notes,
            changed_at: row.changed_at,
        }
    }
}

/// What one can do by now, how sure that is, what each practice changed, and what to practise next.
#[utoipa::path(get, path = "/api/v1/me/skills", tag = "me", params(SkillsQuery),
    responses((status = 200, description = "One's skills", body = SkillsBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn skills(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<SkillsQuery>,
) -> Answer {
    let (profile, practised) = caller.skill_profile().await?;
    let reports = caller.practised().await?;
    let library = services.rulebook.library(caller.identity().org);
    let language = query.language.as_deref().unwrap_or(LANGUAGE_DEFAULT);
    let mut next = skill::next(
        &profile,
        &practised,
        library.scenarios(),
        language,
        caller.today(),
    );
    next.truncate(NEXT_MAX);
    let skills = profile.levels().map(|(id, level)| {
        let history = reports.iter().filter_map(|report| {
            let shown = report.filed.shown.iter().find(|shown| shown.skill == *id)?;
            let changes = &report.filed.report.skills;
            let change = changes.iter().find(|change| change.skill == *id);
            Some(ShownBody {
                room: report.room,
                at: report.at,
                per_mille: shown.per_mille,
                level: change.map(|change| change.after),
                change: change.map_or(0, |change| {
                    i32::from(change.after.per_mille) - i32::from(change.before.per_mille)
                }),
            })
        });
        SkillBody {
            skill: id.clone(),
            level,
            history: history.take(SHOWN_MAX).collect(),
        }
    });
    let body = SkillsBody {
        skills: skills.collect(),
        next,
        practices: practised.len(),
    };
    polled(&request, &body)
}

/// What personas remember of one.
#[utoipa::path(get, path = "/api/v1/me/memories", tag = "me",
    responses((status = 200, description = "Memories, by persona", body = MemoriesBody)))]
pub(super) async fn memories(caller: Caller) -> Answer {
    let (off, rows) = caller.memories().await?;
    Ok(ok(&MemoriesBody {
        off,
        items: rows.into_iter().map(MemoryBody::from).collect(),
    }))
}

/// Whether personas may remember one. What they remember already is erased one by one.
#[utoipa::path(put, path = "/api/v1/me/memories", tag = "me", request_body = MemoryChoiceBody,
    responses((status = 204, description = "From now on")))]
pub(super) async fn put_memories(caller: Caller, Body(body): Body<MemoryChoiceBody>) -> Answer {
    caller.choose_memory(body.off).await?;
    Ok(nothing())
}

/// Have a persona forget one.
#[utoipa::path(delete, path = "/api/v1/me/memories/{persona}", tag = "me",
    params(("persona" = String, Path)),
    responses((status = 204, description = "Forgotten")))]
pub(super) async fn forget(caller: Caller, persona: web::Path<PersonaId>) -> Answer {
    caller.forget(persona.into_inner()).await?;
    Ok(nothing())
}

/// What the org tells every persona.
#[utoipa::path(get, path = "/api/v1/personas/instructions", tag = "training",
    responses((status = 200, description = "The instructions", body = InstructionsBody)))]
pub(super) async fn instructions(admin: Admin) -> Answer {
    let says = admin.instructions().await?;
    Ok(ok(&InstructionsBody { says }))
}

/// Say it anew: it holds from each persona's next line.
#[utoipa::path(put, path = "/api/v1/personas/instructions", tag = "training",
    request_body = InstructionsBody,
    responses((status = 200, description = "The instructions", body = InstructionsBody)))]
pub(super) async fn put_instructions(admin: Admin, Body(body): Body<InstructionsBody>) -> Answer {
    let says = admin.instruct(&body.says).await?;
    Ok(ok(&InstructionsBody { says }))
}
