//! What has happened in a room.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audience::Audience;
use crate::ids::{Seq, UserId};
use crate::signals::{self, LineFacts};

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
}

/// A fact in a room's journal. Past tense, never changed, never removed. A new kind is a variant
/// here and an arm in [`super::Room::evolve`]; old nodes and clients skip kinds they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Opened {
        plan: RoomPlan,
    },
    Joined {
        user: UserId,
        name: String,
        /// May moderate here whatever their role: whoever opened the room.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        host: bool,
    },
    Left {
        user: UserId,
    },
    Said {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// Who said what this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<UserId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// What can be counted in the text. Rules read this and never the text, which may be erased.
        #[serde(default, skip_serializing_if = "LineFacts::is_empty")]
        facts: LineFacts,
        /// Set where a line is read after it was taken back: its text is gone from view.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        retracted: bool,
    },
    Edited {
        line: Seq,
        text: String,
    },
    Retracted {
        line: Seq,
        /// Whose line it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
    },
    Reacted {
        line: Seq,
        /// Whose line it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
        emoji: String,
        on: bool,
    },
    HandRaised {
        user: UserId,
        up: bool,
    },
    Renamed {
        title: String,
    },
    PhaseChanged {
        phase: Phase,
    },
    Removed {
        user: UserId,
    },
    Muted {
        user: UserId,
        muted: bool,
    },
    Invited {
        user: UserId,
    },
}

impl Event {
    /// A line to nobody in particular, or to those it mentions.
    pub fn said(text: &str, mentions: Vec<UserId>) -> Self {
        Self::Said {
            facts: signals::facts(text),
            text: text.to_owned(),
            reply_to: None,
            answers: None,
            mentions,
            retracted: false,
        }
    }

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Joined { .. } => "joined",
            Self::Left { .. } => "left",
            Self::Said { .. } => "said",
            Self::Edited { .. } => "edited",
            Self::Retracted { .. } => "retracted",
            Self::Reacted { .. } => "reacted",
            Self::HandRaised { .. } => "hand_raised",
            Self::Renamed { .. } => "renamed",
            Self::PhaseChanged { .. } => "phase_changed",
            Self::Removed { .. } => "removed",
            Self::Muted { .. } => "muted",
            Self::Invited { .. } => "invited",
        }
    }

    /// Whether a later decision can depend on this event. Lines of chat do not, so they never conflict.
    pub const fn moves_guard(&self) -> bool {
        !matches!(
            self,
            Self::Said { .. } | Self::Edited { .. } | Self::Retracted { .. } | Self::Reacted { .. }
        )
    }

    /// Who may see it. Invitations are between the host's side and the invited.
    pub fn audience(&self) -> Audience {
        match self {
            Self::Invited { user } => Audience::AtLeast {
                role: crate::role::Role::Coach,
                or: [*user].into(),
            },
            _ => Audience::All,
        }
    }
}
