//! What can be practised, and with whom: as much of it as a learner may know before. What a persona
//! hides, wants and listens for stays in the content.

use actix_web::{HttpRequest, web};
use ludus_domain::persona::Persona;
use ludus_domain::practice::{Library, Scenario};
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::{FieldId, GoalId, PersonaId, RubricId, ScenarioId, SkillId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::reply::{Answer, polled};
use crate::people::Caller;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ScenariosQuery {
    #[param(value_type = Option<String>)]
    field: Option<FieldId>,
    language: Option<String>,
    #[param(value_type = Option<String>)]
    skill: Option<SkillId>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PersonasQuery {
    language: Option<String>,
}

/// Something to practise, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioSummary)]
pub(super) struct ScenarioBody {
    id: ScenarioId,
    title: String,
    field: FieldId,
    language: String,
    /// What a learner reads before choosing it.
    summary: String,
    minutes: u16,
    /// From 1 to 5.
    difficulty: u8,
    skills: Vec<SkillId>,
    /// Who can play it, the best cast first.
    personas: Vec<PersonaId>,
}

/// Something to practise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scenario)]
pub(super) struct ScenarioWholeBody {
    #[serde(flatten)]
    summary: ScenarioBody,
    /// Who the learner is in it.
    role: String,
    goals: Vec<GoalBody>,
    /// Offered one after another to a learner who is stuck.
    hints: Vec<String>,
    rubric: RubricBody,
    cast: Vec<PersonaBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PracticeGoal)]
pub(super) struct GoalBody {
    id: GoalId,
    title: String,
}

/// What it is judged by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rubric)]
pub(super) struct RubricBody {
    id: RubricId,
    title: String,
    summary: String,
    criteria: Vec<CriterionBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Criterion)]
pub(super) struct CriterionBody {
    id: String,
    title: String,
    skill: SkillId,
    /// What each level looks like, the weakest first.
    levels: Vec<String>,
}

/// Somebody to practise with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Persona)]
pub(super) struct PersonaBody {
    id: PersonaId,
    name: String,
    title: String,
    language: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonaWhole)]
pub(super) struct PersonaWholeBody {
    #[serde(flatten)]
    persona: PersonaBody,
    /// What one can practise with them.
    scenarios: Vec<ScenarioBody>,
}

/// A list that comes whole.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct All<T> {
    items: Vec<T>,
}

impl From<&Scenario> for ScenarioBody {
    fn from(scenario: &Scenario) -> Self {
        let script = &scenario.script;
        Self {
            id: scenario.id.clone(),
            title: script.title.clone(),
            field: script.field.clone(),
            language: script.language.clone(),
            summary: script.summary.clone(),
            minutes: script.minutes,
            difficulty: script.difficulty,
            skills: script.skills.clone(),
            personas: script.personas.clone(),
        }
    }
}

impl From<&Persona> for PersonaBody {
    fn from(persona: &Persona) -> Self {
        let sheet = &persona.sheet;
        Self {
            id: persona.id.clone(),
            name: sheet.name.clone(),
            title: sheet.title.clone(),
            language: sheet.language.clone(),
        }
    }
}

impl ScenarioWholeBody {
    fn of(scenario: &Scenario, library: &Library) -> Option<Self> {
        let script = &scenario.script;
        let rubric = library.rubric(&script.rubric)?;
        let criteria = rubric.sheet.criteria.iter();
        Some(Self {
            role: script.role.clone(),
            goals: script
                .goals
                .iter()
                .map(|goal| GoalBody {
                    id: goal.id.clone(),
                    title: goal.title.clone(),
                })
                .collect(),
            hints: script.hints.clone(),
            rubric: RubricBody {
                id: rubric.id.clone(),
                title: rubric.sheet.title.clone(),
                summary: rubric.sheet.summary.clone(),
                criteria: criteria
                    .map(|criterion| CriterionBody {
                        id: criterion.id.to_string(),
                        title: criterion.title.clone(),
                        skill: criterion.skill.clone(),
                        levels: criterion.levels.clone(),
                    })
                    .collect(),
            },
            cast: script
                .personas
                .iter()
                .filter_map(|id| library.persona(id).map(PersonaBody::from))
                .collect(),
            summary: scenario.into(),
        })
    }
}

/// What can be practised.
#[utoipa::path(get, path = "/api/v1/scenarios", tag = "training", params(ScenariosQuery),
    responses((status = 200, description = "Scenarios, by name", body = All<ScenarioBody>),
        (status = 304, description = "As the client has it")))]
pub(super) async fn scenarios(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<ScenariosQuery>,
) -> Answer {
    let library = services.rulebook.library(caller.identity().org);
    let is_wanted = |scenario: &&Scenario| {
        let script = &scenario.script;
        let skill = query.skill.as_ref();
        query
            .field
            .as_ref()
            .is_none_or(|field| *field == script.field)
            && (query.language.as_ref()).is_none_or(|language| *language == script.language)
            && skill.is_none_or(|skill| script.skills.contains(skill))
    };
    let items = library.scenarios().filter(is_wanted);
    let body = All {
        items: items.map(ScenarioBody::from).collect(),
    };
    polled(&request, &body)
}

/// One scenario, as far as a learner may know it.
#[utoipa::path(get, path = "/api/v1/scenarios/{id}", tag = "training",
    params(("id" = String, Path)),
    responses((status = 200, description = "The scenario", body = ScenarioWholeBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn scenario(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<ScenarioId>,
) -> Answer {
    let library = services.rulebook.library(caller.identity().org);
    let found = library.scenario(&id).ok_or(Refusal::NotFound)?;
    let body = ScenarioWholeBody::of(found, &library).ok_or(Refusal::NotFound)?;
    polled(&request, &body)
}

/// Whom one can practise with.
#[utoipa::path(get, path = "/api/v1/personas", tag = "training", params(PersonasQuery),
    responses((status = 200, description = "Personas, by name", body = All<PersonaBody>),
        (status = 304, description = "As the client has it")))]
pub(super) async fn personas(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    query: web::Query<PersonasQuery>,
) -> Answer {
    let library = services.rulebook.library(caller.identity().org);
    let is_wanted = |persona: &&Persona| {
        (query.language.as_ref()).is_none_or(|language| *language == persona.sheet.language)
    };
    let items = library.personas().filter(is_wanted);
    let body = All {
        items: items.map(PersonaBody::from).collect(),
    };
    polled(&request, &body)
}

/// One persona, and what one can practise with them.
#[utoipa::path(get, path = "/api/v1/personas/{id}", tag = "training",
    params(("id" = String, Path)),
    responses((status = 200, description = "The persona", body = PersonaWholeBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn persona(
    request: HttpRequest,
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<PersonaId>,
) -> Answer {
    let library = services.rulebook.library(caller.identity().org);
    let found = library.persona(&id).ok_or(Refusal::NotFound)?;
    let scenarios = library
        .scenarios()
        .filter(|scenario| scenario.script.personas.contains(&id));
    let body = PersonaWholeBody {
        persona: found.into(),
        scenarios: scenarios.map(ScenarioBody::from).collect(),
    };
    polled(&request, &body)
}
