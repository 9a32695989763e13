//! All rooms of a cohort in a few lines.

use std::collections::HashMap;

use actix_web::web;
use ludus_domain::ids::{CohortId, UserId};
use ludus_domain::practice::gist::Gist;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Services;
use super::body::Body;
use super::reply::{Answer, ok};
use crate::people::Coach;

/// The language a text is to be in.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SummaryLanguage {
    #[default]
    En,
    De,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryWish {
    #[serde(default)]
    language: SummaryLanguage,
    /// Whether a language model may be asked for a text about all of them. What learners said in short is sent to it.
    #[serde(default)]
    model: bool,
}

/// Rooms in which learners of a cohort sit, those that moved last first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomsSummary)]
pub(super) struct SummaryBody {
    cohort: CohortId,
    rooms: Vec<Gist>,
    names: HashMap<UserId, String>,
    /// A text about all of them, where a model was asked and had something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
    /// Who made the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
}

/// Sum up the rooms of a cohort: lines that say most, goals that were reached, and, where a model is configured and wished
/// for, a text about all of them.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/rooms/summary", tag = "cohorts",
    params(("id" = CohortId, Path)), request_body = SummaryWish,
    responses((status = 200, description = "The rooms in short", body = SummaryBody)))]
pub(super) async fn sum_up(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
    Body(wish): Body<SummaryWish>,
) -> Answer {
    let gists = coach.gists(*id).await?;
    let language = match wish.language {
        SummaryLanguage::En => "English",
        SummaryLanguage::De => "German",
    };
    let says = if wish.model {
        coach.say_of(&services.stage.llm, &gists, language).await
    } else {
        None
    };
    let (says, engine) = says.map(|says| (says.text, says.engine)).unzip();
    Ok(ok(&SummaryBody {
        cohort: *id,
        rooms: gists.rooms,
        names: gists.names,
        says,
        engine,
    }))
}
