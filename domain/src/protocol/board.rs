//! Boards on the wire: a window of a board, and what changes in it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::board::Tick;
use crate::board::ranking::Rank;
use crate::game::plan::{BoardKey, BoardScope};
use crate::game::total::{Metric, Window};
use crate::ids::{CommandId, Epoch, TeamId, UserId};
use crate::time::Timestamp;

/// How far a client has come in a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardPosition {
    pub epoch: Epoch,
    pub tick: Tick,
}

/// Lines of a board at which something is decided when its window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Zones {
    /// So many from the top go up.
    pub up: u32,
    /// So many from the bottom go down.
    pub down: u32,
}

/// What a board is, told with each snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardAbout {
    pub title: String,
    pub scope: BoardScope,
    pub metric: Metric,
    pub window: Window,
    /// When the contest begins, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// When the window ends, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The contest or the week is over: what it shows stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
    /// Nobody but oneself is told by name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// Ranks teams.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub teams: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Zones>,
}

/// One line of a board, as its viewer may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardRow {
    /// The position, from 0: where the row goes.
    pub at: u32,
    /// The place to show, from 1; equals may share it.
    pub place: u32,
    pub name: String,
    pub score: i64,
    /// Who it is; not told on an anonymous board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The viewer's own row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
}

/// A window of a board. Without `after` it is a snapshot and replaces all there was; with it, its
/// rows go to their places in what the client had at that tick, and rows outside of what is shown
/// are forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardFrame {
    /// The `watch` it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
    pub board: BoardKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Box<BoardAbout>>,
    pub epoch: Epoch,
    pub tick: Tick,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Tick>,
    /// How many stand on the board: exact now, and at most one in a hundred off until the next frame.
    pub count: u32,
    /// Where the viewer stands, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Rank>,
    pub rows: Vec<BoardRow>,
}
