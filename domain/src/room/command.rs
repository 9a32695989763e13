//! What people ask of a room.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::Moment;
use crate::audience::Viewer;
use crate::ids::{RoomId, Seq, SessionId, TurnId, UserId};
use crate::moderation::ReportReason;
use crate::role::Role;
use crate::slug::PersonaId;

/// What a member (or somebody who would be one) asks of a room. Adding one touches this file, the
/// arm in [`super::Room::decide`] and a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Take a seat. `code` where the room asks for one.
    Join {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    Leave {},
    /// Say a line: a Markdown subset, at most 4,000 characters.
    Say {
        text: String,
        /// The line this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// Members this line is addressed to; each gets a note in their inbox.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
    },
    /// Change one's own line. What it said before stays in the journal and is shown on request.
    Edit {
        line: Seq,
        text: String,
    },
    /// Take one's own line back; coaches and hosts may take back anybody's.
    Retract {
        line: Seq,
    },
    /// Put a reaction on a line, or take it off.
    React {
        line: Seq,
        emoji: String,
        on: bool,
    },
    /// Take one's own line back to say it differently: the conversation with the personas goes on
    /// from there. What was said since stays in the journal, beside the path.
    Resend {
        line: Seq,
        text: String,
    },
    /// Stop a persona: what was heard of its answer is kept. For whoever asked, hosts and coaches.
    StopTurn {
        turn: TurnId,
    },
    /// Have a persona's last answer again, another one. Both are kept.
    Regenerate {
        turn: TurnId,
    },
    /// Have a persona go on where it stopped.
    Continue {
        turn: TurnId,
    },
    /// Raise one's hand, or lower it. Coaches and hosts may lower anybody's.
    RaiseHand {
        up: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
    },
    Rename {
        title: String,
    },
    /// From the lobby to live.
    Start {},
    Pause {},
    Unpause {},
    /// For good: an ended room can be read, not spoken in.
    End {},
    /// Take somebody's seat away; they cannot take it again unless invited.
    Remove {
        user: UserId,
    },
    Mute {
        user: UserId,
        muted: bool,
        /// After so many it ends by itself: at most a week.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u16>,
    },
    /// Let somebody go to another room. For coaches; `POST /api/v1/rooms/{id}/moves` lets them in there first.
    Move {
        user: UserId,
        to: RoomId,
    },
    /// Keep somebody out of the room until it is lifted, whoever invites them. For coaches.
    Ban {
        user: UserId,
    },
    Unban {
        user: UserId,
    },
    /// Tell the coaches of a line that should not stand. One report of a line by one person counts.
    Report {
        line: Seq,
        reason: ReportReason,
        /// At most 500 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Hide a line from everybody but coaches, until it is shown again. For coaches.
    Hide {
        line: Seq,
    },
    Unhide {
        line: Seq,
    },
    /// Let somebody in, whatever the entry; undoes a removal.
    Invite {
        user: UserId,
    },
    /// Take a persona's seat: it stops where it is, what was heard of it is kept, and from here on
    /// the coach speaks from there. For coaches, as all that follows.
    TakeOver {
        #[schema(value_type = String)]
        persona: PersonaId,
    },
    /// Say a line from a seat one has taken.
    SayAs {
        #[schema(value_type = String)]
        persona: PersonaId,
        text: String,
    },
    /// Give the seat back. The note is a direction for the persona, which learners never see.
    HandBack {
        #[schema(value_type = String)]
        persona: PersonaId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// What the engine can follow of the note: see `Direct`.
        #[serde(skip)]
        #[schema(ignore)]
        heeds: Option<Vec<String>>,
    },
    /// Say something to these members only. Other coaches see it too, nobody else does.
    Whisper {
        to: Vec<UserId>,
        text: String,
        /// A hint for the task, and not a word about how it goes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hint: bool,
    },
    /// Tell a persona how to go on: at most 500 characters, for its next answers, seen by coaches
    /// only. An empty text takes back what it was told.
    Direct {
        #[schema(value_type = String)]
        persona: PersonaId,
        text: String,
        /// What the engine can follow of it, found by the node that hosts the room. Nobody sends it.
        #[serde(skip)]
        #[schema(ignore)]
        heeds: Option<Vec<String>>,
    },
    /// Tell everybody in the room something that is no part of the conversation.
    Announce {
        text: String,
    },
    /// Give a practice more time: 1 to 120 minutes.
    Extend {
        minutes: u16,
    },
}

impl Command {
    /// A label of closed cardinality: for metrics, limits and the rights matrix.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Join { .. } => "join",
            Self::Leave {} => "leave",
            Self::Say { .. } => "say",
            Self::Edit { .. } => "edit",
            Self::Retract { .. } => "retract",
            Self::React { .. } => "react",
            Self::Resend { .. } => "resend",
            Self::StopTurn { .. } => "stop_turn",
            Self::Regenerate { .. } => "regenerate",
            Self::Continue { .. } => "continue",
            Self::RaiseHand { .. } => "raise_hand",
            Self::Rename { .. } => "rename",
            Self::Start {} => "start",
            Self::Pause {} => "pause",
            Self::Unpause {} => "unpause",
            Self::End {} => "end",
            Self::Remove { .. } => "remove",
            Self::Mute { .. } => "mute",
            Self::Move { .. } => "move",
            Self::Ban { .. } => "ban",
            Self::Unban { .. } => "unban",
            Self::Report { .. } => "report",
            Self::Hide { .. } => "hide",
            Self::Unhide { .. } => "unhide",
            Self::Invite { .. } => "invite",
            Self::TakeOver { .. } => "take_over",
            Self::SayAs { .. } => "say_as",
            Self::HandBack { .. } => "hand_back",
            Self::Whisper { .. } => "whisper",
            Self::Direct { .. } => "direct",
            Self::Announce { .. } => "announce",
            Self::Extend { .. } => "extend",
        }
    }

    /// The line whose author must be known before this can be decided.
    pub const fn about_line(&self) -> Option<Seq> {
        match self {
            Self::Edit { line, .. }
            | Self::Retract { line }
            | Self::React { line, .. }
            | Self::Report { line, .. }
            | Self::Hide { line }
            | Self::Unhide { line }
            | Self::Resend { line, .. } => Some(*line),
            Self::Say { reply_to, .. } => *reply_to,
            _ => None,
        }
    }
}

/// Who asks, as the edge has proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub user: UserId,
    /// The role at this moment, not at sign-in.
    pub role: Role,
    /// Was let into a room, not into the house.
    pub guest: bool,
    /// The display name to show in the room.
    pub name: String,
    /// The connection it came by, when it came by one; its own echo goes there too.
    pub session: Option<SessionId>,
    /// Filled in where the room is.
    pub moment: Moment,
}

impl Sender {
    /// The hub itself. What it may do is decided by what it does, not by a role.
    pub fn hub() -> Self {
        Self {
            user: UserId::HUB,
            role: Role::Owner,
            guest: false,
            name: String::new(),
            session: None,
            moment: Moment::default(),
        }
    }

    pub const fn viewer(&self) -> Viewer {
        Viewer {
            user: self.user,
            role: self.role,
            guest: self.guest,
        }
    }
}
