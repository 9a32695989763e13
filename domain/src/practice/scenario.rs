//! Scenarios: a situation two people could really be in, as content describes it.

use serde::{Deserialize, Serialize};

use crate::persona::{DialSettings, Fact, Intent, Phrase};
use crate::slug::{
    BeatId, FactId, FieldId, GoalId, IntentId, PersonaId, RubricId, ScenarioId, SkillId,
};

/// A scenario, ready to be practised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    pub id: ScenarioId,
    #[serde(flatten)]
    pub script: Script,
}

/// A scenario file, `content/scenarios/NAME.toml`: everything but the name, which is the file's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub title: String,
    /// What it belongs to: `job-interview`, `negotiation`.
    pub field: FieldId,
    pub language: String,
    /// What a learner reads before choosing it.
    pub summary: String,
    /// Who the learner is in it.
    pub role: String,
    /// Where both are and what the persona knows of it, for a model.
    pub stage: String,
    /// Who can play it, the best cast first.
    pub personas: Vec<PersonaId>,
    pub rubric: RubricId,
    /// After this the practice ends, finished or not.
    pub minutes: u16,
    /// From 1 to 5.
    pub difficulty: u8,
    /// Whether a model, where there is one, says beside each line what it thinks of it.
    #[serde(default = "yes")]
    pub remarks: bool,
    /// Whether it gets easier for whoever does not get on, and harder for whoever gets on well, as it is
    /// played. Off where everybody is to meet the same.
    #[serde(default = "yes")]
    pub adapts: bool,
    /// What it trains; the rubric feeds each.
    pub skills: Vec<SkillId>,
    #[serde(default)]
    pub dials: DialSettings,
    /// The persona's first line.
    pub opening: Vec<Phrase>,
    /// Whether the first line already asks what the first beat wants.
    #[serde(default)]
    pub opening_asks: bool,
    /// Offered one after another to a learner who is stuck.
    #[serde(default)]
    pub hints: Vec<String>,
    #[serde(rename = "goal")]
    pub goals: Vec<Goal>,
    #[serde(default, rename = "fact")]
    pub facts: Vec<Fact>,
    /// What the persona wants, one thing after another.
    #[serde(rename = "beat")]
    pub beats: Vec<Beat>,
    /// What it listens for in this situation, before the persona's own.
    #[serde(default, rename = "intent")]
    pub intents: Vec<Intent>,
    #[serde(default, rename = "twist")]
    pub twists: Vec<Twist>,
    pub ending: Ending,
}

const fn yes() -> bool {
    true
}

/// What a learner tries to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    pub id: GoalId,
    pub title: String,
    pub when: Condition,
}

/// What must have happened. Everything it names must hold; an empty one never does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// Heard, each of them, at any time.
    pub all: Vec<IntentId>,
    /// Heard, one of them at least.
    pub any: Vec<IntentId>,
    /// Never heard.
    pub none: Vec<IntentId>,
    /// Revealed, each of them.
    pub facts: Vec<FactId>,
    /// Told by the learner, each of them.
    pub slots: Vec<String>,
    /// Finished well, each of them.
    pub beats: Vec<BeatId>,
    /// Questions the learner has asked, at least.
    pub questions: u16,
    /// Rapport, at least, per mille.
    pub rapport: u16,
}

impl Condition {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One thing the persona wants to hear before it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    pub id: BeatId,
    /// What the persona wants, for a model.
    pub wants: String,
    /// How it is asked.
    pub says: Vec<Phrase>,
    /// What ends it well. A beat whose end has already come is not played.
    #[serde(default)]
    pub until: Condition,
    /// An answer of so many words ends it well too; 0 when only `until` does.
    #[serde(default)]
    pub words: u16,
    /// Said to an answer that does not do. The second time the question is put differently.
    pub presses: Vec<Phrase>,
    /// Doubts a good answer once, when the persona resists.
    #[serde(default)]
    pub objects: Vec<Phrase>,
    /// Said when it ended well.
    #[serde(default)]
    pub accepts: Vec<Phrase>,
    /// Said when the persona no longer waits for an answer.
    #[serde(default)]
    pub gives_up: Vec<Phrase>,
    /// Answers that do not do before it gives up, with ordinary patience.
    #[serde(default = "two")]
    pub tries: u8,
}

const fn two() -> u8 {
    2
}

/// Something that comes in between, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twist {
    /// Not before the learner has said so much.
    pub after: u16,
    /// Not before this; empty for always.
    #[serde(default)]
    pub when: Condition,
    pub says: Vec<Phrase>,
}

/// The last words, by how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Two thirds of the goals at least, and not on cold terms.
    pub good: Vec<Phrase>,
    pub mixed: Vec<Phrase>,
    /// Less than a third of the goals.
    pub poor: Vec<Phrase>,
}
