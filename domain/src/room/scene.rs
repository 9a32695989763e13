//! What is to be played in a room, and the words for how it goes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::content::Edition;
use crate::slug::{PersonaId, ScenarioId};

/// Personas of one room.
pub const CAST_MAX: usize = 4;

/// What is played in a room, fixed when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scene {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub scenario: Option<ScenarioId>,
    /// In the order of their seats: the first is the moderator where the floor is moderated.
    pub cast: Vec<Seated>,
    #[serde(default)]
    pub floor: Floor,
    #[serde(default)]
    pub barge: Barge,
    /// Steps harder than the scenario is written, or (below 0) easier.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub harder: i8,
    /// The practice ends by itself after so many minutes of being live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u16>,
    /// The org's content it was made of: what is written later changes nothing of it.
    #[serde(default, skip_serializing_if = "Edition::is_shipped")]
    pub edition: Edition,
}

impl Scene {
    /// What others call a persona of this scene.
    pub fn name_of(&self, persona: &PersonaId) -> String {
        let seat = self.cast.iter().find(|seat| seat.persona == *persona);
        seat.map_or_else(|| persona.to_string(), |seat| seat.name.clone())
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this shape"
)]
const fn is_zero(steps: &i8) -> bool {
    *steps == 0
}

/// A persona's seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seated {
    #[schema(value_type = String)]
    pub persona: PersonaId,
    pub name: String,
    pub title: String,
}

/// Who answers a line that names nobody. Who is named always answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Floor {
    /// Everybody, one after the other, at most two to a line.
    #[default]
    Free,
    /// Nobody: personas speak when they are named. One alone with one person is always meant.
    Addressed,
    /// The one whose turn it is.
    RoundRobin,
    /// The first of the cast.
    Moderated,
}

/// What a line does to the persona that is just speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Barge {
    /// It finishes, then it answers.
    Queue,
    /// It begins this answer anew, with the line in mind; what it had said of it is dropped.
    Steer,
    /// It stops where it is, what it said is kept, and it answers.
    #[default]
    Interrupt,
}

/// Why a persona was asked to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The scene begins.
    Opening,
    /// Somebody said something.
    Line,
    /// Another persona named it.
    Named,
    /// Somebody wants the last answer again, another one.
    Again,
    /// Somebody wants it to go on where it stopped.
    Onward,
    /// A coach gave it its seat back, and somebody waits for an answer.
    HandedBack,
}

/// How a turn came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// All was said.
    Done,
    /// Somebody stopped it: the text is what was heard until then.
    Stopped,
    /// The answer reached its length: it can be asked to go on.
    Cut,
    /// The model, or the node that asked it, was lost on the way.
    Broken,
    /// It would have said what nobody is to read.
    Withheld,
    /// There was no answer to be had at all.
    Failed,
}

impl TurnEnd {
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Stopped,
        Self::Cut,
        Self::Broken,
        Self::Withheld,
        Self::Failed,
    ];

    /// A label of closed cardinality.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Cut => "cut",
            Self::Broken => "broken",
            Self::Withheld => "withheld",
            Self::Failed => "failed",
        }
    }
}
