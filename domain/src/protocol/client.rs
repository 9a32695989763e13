//! From the client.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::board::BoardPosition;
use super::desk::DeskPosition;
use crate::game::plan::BoardKey;
use crate::ids::{CohortId, CommandId, Epoch, RoomId, Seq};
use crate::room::Command;
use crate::stream::StreamId;

/// How far a client has come in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub epoch: Epoch,
    pub seq: Seq,
}

/// A stream to follow. Without `since` it starts at the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    pub stream: StreamId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Position>,
}

/// One frame from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// First, once, within ten seconds: who is speaking and what they follow. Exactly one of
    /// `ticket` (from `POST /api/v1/ws-ticket`) and `resume` (from an earlier `welcome`).
    Hello {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        subscriptions: Vec<Subscription>,
        /// Name and version of the client, for the connections page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<String>,
    },
    /// Follow one more stream. Answered by `subscribed`, or by `nack`.
    Subscribe {
        id: CommandId,
        stream: StreamId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Position>,
    },
    Unsubscribe {
        id: CommandId,
        stream: StreamId,
    },
    /// Look at a board. It is pushed, cut to what is shown: its first `top` rows, and the viewer's
    /// own with `around` on each side. Answered by `board`, or by `nack`; watching it again changes
    /// what is shown.
    Watch {
        id: CommandId,
        board: BoardKey,
        #[serde(default)]
        top: u8,
        #[serde(default)]
        around: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<BoardPosition>,
    },
    Unwatch {
        id: CommandId,
        board: BoardKey,
    },
    /// Look at the desk of a cohort one coaches. Answered by `desk`, which is pushed from then on at
    /// most four times a second, or by `nack`.
    WatchDesk {
        id: CommandId,
        cohort: CohortId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DeskPosition>,
    },
    UnwatchDesk {
        id: CommandId,
        cohort: CohortId,
    },
    /// Ask something of a room. Answered by `ack` after it is committed, or by `nack`.
    Command {
        id: CommandId,
        room: RoomId,
        #[serde(rename = "do")]
        command: Command,
    },
    /// Ephemeral: the hands are on the keyboard. Never answered, may be dropped.
    Typing {
        room: RoomId,
        on: bool,
    },
    /// What is being written, for hints about it. Nobody else sees it, and it is not kept. Answered
    /// by `hints` when there is time, and dropped when it is longer than a line may be.
    Draft {
        room: RoomId,
        text: String,
    },
    /// How far this person has read; kept on the member's row, no event.
    Read {
        room: RoomId,
        seq: Seq,
    },
    /// Every 25 s or so, with what the client has: the server answers with what it is missing.
    Heartbeat {
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        positions: BTreeMap<StreamId, Seq>,
    },
}

impl ClientFrame {
    /// A label of closed cardinality.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::Watch { .. } => "watch",
            Self::Unwatch { .. } => "unwatch",
            Self::WatchDesk { .. } => "watch_desk",
            Self::UnwatchDesk { .. } => "unwatch_desk",
            Self::Command { .. } => "command",
            Self::Typing { .. } => "typing",
            Self::Draft { .. } => "draft",
            Self::Read { .. } => "read",
            Self::Heartbeat { .. } => "heartbeat",
        }
    }

    /// The id to answer to, where there is one.
    pub const fn id(&self) -> Option<CommandId> {
        match self {
            Self::Subscribe { id, .. }
            | Self::Unsubscribe { id, .. }
            | Self::Watch { id, .. }
            | Self::Unwatch { id, .. }
            | Self::WatchDesk { id, .. }
            | Self::UnwatchDesk { id, .. }
            | Self::Command { id, .. } => Some(*id),
            Self::Hello { .. }
            | Self::Typing { .. }
            | Self::Draft { .. }
            | Self::Read { .. }
            | Self::Heartbeat { .. } => None,
        }
    }
}
