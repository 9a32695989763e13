//! What somebody fixes when they open a room, and where it is in its life.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::scene::Scene;

/// What a room is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    Lounge,
    Practice,
    Contest,
    Review,
}

impl RoomKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lounge => "lounge",
            Self::Practice => "practice",
            Self::Contest => "contest",
            Self::Review => "review",
        }
    }
}

/// Who may take a seat without being let in by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Everybody of the org.
    Open,
    /// Only who was invited.
    Invitation,
    /// Whoever knows the room's code, guests included.
    Code,
}

impl Entry {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
            Self::Code => "code",
        }
    }
}

/// Where a room is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Seats are taken; nothing is said yet.
    Lobby,
    Live,
    /// Everything stays; only coaches and hosts speak.
    Paused,
    /// For good.
    Ended,
}

impl Phase {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// What somebody fixed when they opened a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomPlan {
    pub kind: RoomKind,
    pub entry: Entry,
    pub title: String,
    /// Seats. A limit always exists: a room is sized for people, not for the universe.
    pub capacity: u32,
    /// Starts in the lobby instead of live.
    #[serde(default)]
    pub lobby: bool,
    /// What is played here, and by which personas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<Scene>,
}
