//! What clients write down: one JSON object per line.

use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
use ludus_domain::protocol::{Position, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::Command;
use ludus_domain::stream::StreamId;
use serde::{Deserialize, Serialize};

/// A moment in a client's life. `at_us` is monotonic and comparable between the clients of one process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub at_us: u64,
    pub user: UserId,
    /// Which of this user's clients: two tabs of one person are two sequences of connections.
    pub client: String,
    pub what: What,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A command is about to be sent for the first time.
    Invoke {
        id: CommandId,
        room: RoomId,
        command: Command,
    },
    /// It goes out on a connection; more than once where it had no answer.
    Sent {
        id: CommandId,
        conn: u32,
    },
    /// Acknowledged: from here on it may never be lost.
    Ok {
        id: CommandId,
        conn: u32,
        seq: Seq,
        count: u32,
        dup: bool,
    },
    /// Refused: it may never be found stored.
    Fail {
        id: CommandId,
        conn: u32,
        code: Refusal,
    },
    /// A connection was opened, with the streams it asked for and where each continues.
    Open {
        conn: u32,
        resumed: bool,
        streams: Vec<(StreamId, Option<Position>)>,
        /// A look at everything from the beginning, at the end of a run.
        audit: bool,
    },
    /// One more stream was asked for on an open connection.
    Follow {
        conn: u32,
        stream: StreamId,
        since: Option<Position>,
    },
    Heard {
        conn: u32,
        frame: Box<ServerFrame>,
    },
    /// The connection ended; `None` when it broke without a word.
    Closed {
        conn: u32,
        code: Option<u16>,
    },
    /// A page of history read over REST, ascending. All pages of one reading share `reading`.
    Page {
        reading: u32,
        stream: StreamId,
        events: Vec<ludus_domain::journal::Recorded>,
        /// Inclusive ranges that are there and not for this reader.
        #[serde(default)]
        skips: Vec<[Seq; 2]>,
        /// It reaches the head.
        last: bool,
    },
}
