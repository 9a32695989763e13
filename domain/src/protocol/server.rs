//! From the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::board::BoardFrame;
use super::desk::DeskFrame;
use crate::game::plan::BoardKey;
use crate::ids::{CohortId, CommandId, Epoch, OrgId, RoomId, Seq, SessionId, TurnId, UserId};
use crate::journal::Recorded;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::room::{Phase, RoomPlan, Seat, Stage};
use crate::signals::HintKind;
use crate::slug::PersonaId;
use crate::stream::StreamId;

/// Somebody, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    pub user: UserId,
    pub name: String,
}

/// The answer to a good `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Welcome {
    pub session: SessionId,
    pub org: OrgId,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    /// Opens the next connection without a ticket, on any node, for ten minutes after it was last seen.
    pub resume: String,
    /// The server sends something at least this often; a client that hears nothing for 1.4 times as long reconnects.
    pub heartbeat_ms: u32,
}

/// A room's state at a position: what a new subscriber needs besides the events after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomView {
    pub plan: RoomPlan,
    pub phase: Phase,
    /// Whom the room has. Above 200 members only the first 200 by id; REST has the pages.
    pub members: BTreeMap<UserId, Seat>,
    pub member_count: u32,
    /// The entry code, for those who may hand it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whose turn it is among the personas. What they say at this moment comes as `speaking`.
    #[serde(default, skip_serializing_if = "Stage::is_empty")]
    pub stage: Stage,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scene_closed: bool,
    /// How coaches want personas to go on. Told to coaches only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub directions: BTreeMap<PersonaId, Vec<String>>,
}

/// How presence in a room changed: people, not tabs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceChange {
    pub came: Vec<Person>,
    pub went: Vec<UserId>,
    /// People here now. In a room of more than 200 this is all there is.
    pub count: u32,
    /// Replaces what the client had, instead of changing it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

/// A hint, and what of the draft it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HintMark {
    pub hint: HintKind,
    /// From here to there in UTF-16 code units, as browsers count. Both are 0 when it is about the
    /// conversation, or the line as a whole.
    pub start: usize,
    pub end: usize,
    /// What could stand there instead, where that is clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
}

/// One frame from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    Welcome(Welcome),
    /// A durable fact. Sequences of a stream come in order, without holes (a `skip` fills one) and without repeats.
    Event {
        stream: StreamId,
        #[serde(flatten)]
        event: Recorded,
    },
    /// `from..=to` exist and are not for this viewer.
    Skip {
        stream: StreamId,
        from: Seq,
        to: Seq,
    },
    /// Following begins: the missing events were sent before this, live ones come after it.
    Subscribed {
        /// The `subscribe` it answers; none for subscriptions of a `hello`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
        stream: StreamId,
        epoch: Epoch,
        head: Seq,
        /// How many events were replayed.
        replayed: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Box<RoomView>>,
    },
    /// Following begins at `head`, and what the client had cannot be continued from: it reads history over REST.
    Reset {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
        stream: StreamId,
        epoch: Epoch,
        head: Seq,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Box<RoomView>>,
    },
    /// Following has ended: asked for, or no longer allowed.
    Unsubscribed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
        stream: StreamId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Refusal>,
    },
    /// Committed: `count` events from `seq`.
    Ack {
        id: CommandId,
        seq: Seq,
        count: u32,
        /// It had been committed before; this is the first answer again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dup: bool,
    },
    /// Not accepted. Final, except for `unavailable`, `rate_limited` and `conflict`: send the same id again.
    Nack {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
        code: Refusal,
        /// The same sentence everywhere, for people.
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u32>,
    },
    Presence {
        room: RoomId,
        #[serde(flatten)]
        change: PresenceChange,
    },
    /// A board, or what changed in it. Ephemeral: the latest is what counts.
    Board(BoardFrame),
    /// Watching has ended: asked for, or no longer allowed.
    Unwatched {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
        board: BoardKey,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Refusal>,
    },
    /// The desk of a cohort, or what changed on it. Ephemeral: the latest is what counts.
    Desk(Box<DeskFrame>),
    /// Watching a desk has ended: asked for, or no longer allowed.
    DeskUnwatched {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<CommandId>,
        cohort: CohortId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Refusal>,
    },
    /// More of what a persona says, while it says it. Ephemeral: the whole text comes as `spoke`. Of a
    /// turn the highest attempt counts; a new one begins at 0.
    Speaking {
        room: RoomId,
        turn: TurnId,
        #[schema(value_type = String)]
        persona: PersonaId,
        attempt: u8,
        /// How many characters (Unicode scalar values) came before this.
        from: u32,
        text: String,
    },
    /// What could be said about the line one is writing: at most a few things, the most important
    /// first. Replaces what was there; an empty list takes it away.
    Hints {
        room: RoomId,
        hints: Vec<HintMark>,
    },
    Typing {
        room: RoomId,
        user: UserId,
        on: bool,
    },
    /// Who looks on as a coach without a seat, and whether coaches here see lines while they are
    /// written. Replaces what was told; after `subscribed` nobody looks on until this says so.
    Watched {
        room: RoomId,
        coaches: Vec<Person>,
        drafts: bool,
    },
    /// A line that somebody is writing, for coaches where the org has decided so; at most twice a
    /// second, the latest counts, and it is kept nowhere. Empty: it was given up, or said.
    DraftSeen {
        room: RoomId,
        user: UserId,
        text: String,
    },
    /// Something at least every 25 s. Now and then with a fresh resume token.
    Heartbeat {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<String>,
    },
    /// The last frame: the close code in words, and when to come back.
    Goodbye {
        code: u16,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reconnect_after_ms: Option<u32>,
    },
}

impl ServerFrame {
    pub fn nack(id: Option<CommandId>, code: Refusal, retry_after_ms: Option<u32>) -> Self {
        Self::Nack {
            id,
            code,
            message: code.says().to_owned(),
            retry_after_ms,
        }
    }

    /// A label of closed cardinality.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Welcome(_) => "welcome",
            Self::Event { .. } => "event",
            Self::Skip { .. } => "skip",
            Self::Subscribed { .. } => "subscribed",
            Self::Reset { .. } => "reset",
            Self::Unsubscribed { .. } => "unsubscribed",
            Self::Ack { .. } => "ack",
            Self::Nack { .. } => "nack",
            Self::Presence { .. } => "presence",
            Self::Board(_) => "board",
            Self::Unwatched { .. } => "unwatched",
            Self::Desk(_) => "desk",
            Self::DeskUnwatched { .. } => "desk_unwatched",
            Self::Speaking { .. } => "speaking",
            Self::Hints { .. } => "hints",
            Self::Typing { .. } => "typing",
            Self::Watched { .. } => "watched",
            Self::DraftSeen { .. } => "draft_seen",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Goodbye { .. } => "goodbye",
        }
    }
}
