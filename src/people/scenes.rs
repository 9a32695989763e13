//! Scenes: what is to be played in a room, put together from content by what somebody wishes.

use std::sync::Arc;

use ludus_domain::content::Edition;
use ludus_domain::practice::Library;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Barge, CAST_MAX, Floor, Scene, Seated};
use ludus_domain::slug::{PersonaId, ScenarioId};

/// Steps a scene may be harder or easier than it is written.
const STEPS_MAX: i8 = 2;

/// What can be practised in an org, and which edition of it that is.
pub type Repertoire = (Edition, Arc<Library>);

/// What somebody wants to play.
#[derive(Clone, Debug, Default)]
pub struct SceneWish {
    pub scenario: Option<ScenarioId>,
    /// Empty: whom the scenario casts first.
    pub personas: Vec<PersonaId>,
    pub floor: Floor,
    pub barge: Barge,
    pub harder: i8,
}

/// The scene somebody wishes for; `None` where nothing is to be played. What nobody has is refused.
/// It stays as the content of this edition has it.
pub fn scene(of: &Repertoire, wish: SceneWish) -> Result<Option<Scene>, Refusal> {
    let (edition, library) = of;
    let scenario = match &wish.scenario {
        Some(id) => Some(library.scenario(id).ok_or(Refusal::NotFound)?),
        None => None,
    };
    let personas = match (wish.personas.is_empty(), scenario) {
        (true, None) => return Ok(None),
        (true, Some(scenario)) => scenario.script.personas.iter().take(1).cloned().collect(),
        (false, _) => wish.personas,
    };
    if personas.len() > CAST_MAX || !(-STEPS_MAX..=STEPS_MAX).contains(&wish.harder) {
        return Err(Refusal::FieldInvalid);
    }
    let mut cast: Vec<Seated> = vec![];
    for id in personas {
        if cast.iter().any(|seat| seat.persona == id) {
            return Err(Refusal::FieldInvalid);
        }
        let sheet = &library.persona(&id).ok_or(Refusal::NotFound)?.sheet;
        cast.push(Seated {
            name: sheet.name.clone(),
            title: sheet.title.clone(),
            persona: id,
        });
    }
    Ok(Some(Scene {
        scenario: wish.scenario,
        cast,
        floor: wish.floor,
        barge: wish.barge,
        harder: wish.harder,
        minutes: scenario.map(|scenario| scenario.script.minutes),
        edition: *edition,
    }))
}
