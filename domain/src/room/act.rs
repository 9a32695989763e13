//! What the hub itself does in a room, by the same way as people: decided by the room, written once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::command::Command;
use super::scene::TurnEnd;
use crate::ids::{CommandId, RoomId, Seq, TurnId, UserId};
use crate::persona::offline::Ended;
use crate::practice::rejudge::Judging;
use crate::practice::remark::Remark;
use crate::practice::review::Practice;
use crate::slug::{GoalId, PersonaId};

/// What was noticed of the scene with a persona's line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SceneNotes {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mood: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub goals_met: Vec<GoalId>,
    /// The scene is over with this line, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ended: Option<Ended>,
    /// How the line came: so many milliseconds after it was begun, so many characters had been told.
    /// What looks back shows it as it was heard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pace: Vec<(u32, u32)>,
}

/// Marks of one line's pace. With more, each line would cost its journal a kilobyte.
pub const PACE_MAX: usize = 32;
/// How far apart marks are at least; twice that each time there are too many.
const PACE_MS: u32 = 200;

impl SceneNotes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Takes down when how much of a line had been told, with ever wider steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    marks: Vec<(u32, u32)>,
    /// What was told last, whether it has its mark or not.
    last: Option<(u32, u32)>,
    /// How often the steps became wider.
    widened: u32,
}

impl Pace {
    /// So many characters had been told so long after the beginning.
    pub fn told(&mut self, after_ms: i64, chars: u32) {
        let mark = (u32::try_from(after_ms.max(0)).unwrap_or(u32::MAX), chars);
        self.last = Some(mark);
        let step = PACE_MS.saturating_mul(1 << self.widened.min(16));
        let is_near = self
            .marks
            .last()
            .is_some_and(|(at, _)| mark.0.saturating_sub(*at) < step);
        if !is_near {
            self.marks.push(mark);
        }
        // One place is kept for the end.
        if self.marks.len() >= PACE_MAX {
            let mut place = 0;
            self.marks.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.widened += 1;
        }
    }

    /// The marks, the last of them where the line was whole.
    pub fn marks(self) -> Vec<(u32, u32)> {
        let mut marks = self.marks;
        marks.extend(self.last.filter(|last| marks.last() != Some(last)));
        marks
    }
}

/// An act of the hub. Never read from a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// A node takes a turn: from here on it speaks, nobody else. `recovery`: whoever had it is lost.
    Begin {
        turn: TurnId,
        attempt: u8,
        recovery: bool,
    },
    /// The turn is over. Refused for anybody but who began this attempt.
    Finish {
        turn: TurnId,
        attempt: u8,
        text: String,
        end: TurnEnd,
        /// Who made the text: `offline`, or a provider and model.
        engine: String,
        notes: SceneNotes,
    },
    /// The time of the scene is up, or its end was reached.
    CloseScene {},
    /// What came of the practice, for each learner, made from the journal of a closed scene.
    File { practices: Vec<Practice> },
    /// A coach scored somebody's practice otherwise.
    Judge { judging: Box<Judging> },
    /// Whoever took this seat, at this taking, was not heard of for too long.
    Release { persona: PersonaId, take: u64 },
    /// What a model thinks of a line of theirs.
    Remark {
        line: Seq,
        of: UserId,
        remark: Remark,
    },
}

impl Act {
    /// A label of closed cardinality.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Begin { .. } => "begin",
            Self::Finish { .. } => "finish",
            Self::CloseScene {} => "close_scene",
            Self::File { .. } => "file",
            Self::Judge { .. } => "judge",
            Self::Release { .. } => "release",
            Self::Remark { .. } => "remark",
        }
    }

    /// The line it is about, which must still stand when the room decides.
    pub const fn about_line(&self) -> Option<Seq> {
        match self {
            Self::Remark { line, .. } => Some(*line),
            _ => None,
        }
    }

    /// The id of this act in this room: the same however often, and from wherever, it is tried.
    /// Two nodes that begin the same attempt do not share one; that is what the guard decides.
    pub fn id(&self, room: RoomId, node: u64) -> CommandId {
        let (kind, turn, attempt, node) = match self {
            Self::Begin { turn, attempt, .. } => (1_u8, turn.0, *attempt, node),
            Self::Finish { turn, attempt, .. } => (2, turn.0, *attempt, 0),
            Self::CloseScene {} => (3, 0, 0, 0),
            Self::File { .. } => (4, 0, 0, node),
            Self::Release { take, .. } => (5, *take, 0, 0),
            // One of each line, whoever was asked about it.
            Self::Remark { line, .. } => (6, line.0, 0, 0),
            Self::Judge { judging } => (7, judging.number.into(), 0, node),
        };
        let mut bytes = Vec::with_capacity(34);
        bytes.extend_from_slice(room.0.as_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(&turn.to_be_bytes());
        bytes.push(attempt);
        bytes.extend_from_slice(&node.to_be_bytes());
        let (high, low) = (
            fnv(&bytes, 0xcbf2_9ce4_8422_2325),
            fnv(&bytes, 0x8422_2325_cbf2_9ce4),
        );
        CommandId(
            uuid::Builder::from_custom_bytes(
                ((u128::from(high) << 64) | u128::from(low)).to_be_bytes(),
            )
            .into_uuid(),
        )
    }
}

fn fnv(bytes: &[u8], seed: u64) -> u64 {
    bytes.iter().fold(seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Something a room is to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Order {
    /// By a person.
    Command(Command),
    /// By the hub.
    Act(Act),
}

impl Order {
    pub const fn about_line(&self) -> Option<Seq> {
        match self {
            Self::Command(command) => command.about_line(),
            Self::Act(act) => act.about_line(),
        }
    }
}

impl From<Command> for Order {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

impl From<Act> for Order {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}
