//! What travels on the wire, in both directions: the one place where it is typed.
//!
//! Subprotocol `ludus.v1`: JSON text frames. A client frame is one object or an array of at most
//! [`FRAMES_PER_MESSAGE_MAX`] of them. Every server frame is one object. `docs/protocol.md` tells
//! the story; `ludus asyncapi` prints the schema made from these types.

mod board;
mod client;
mod close;
mod desk;
mod server;

pub use self::board::{BoardAbout, BoardFrame, BoardPosition, BoardRow, Zones};
pub use self::client::{ClientFrame, Position, Subscription};
pub use self::close::{Close, Comeback};
pub use self::desk::{DeskAbout, DeskAlert, DeskFrame, DeskPosition};
pub use self::server::{HintMark, Person, PresenceChange, RoomView, ServerFrame, Welcome};

/// Names the protocol in the WebSocket handshake. A breaking change gets a new name.
pub const SUBPROTOCOL: &str = "ludus.v1";
/// Commands in one text message. More would let one message hold a room's queue for itself.
pub const FRAMES_PER_MESSAGE_MAX: usize = 32;
/// Bytes of one message, all fragments together. A 4,000-character line of four-byte characters,
/// escaped by the most careful encoder, has 48 KB.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Streams one connection may follow.
pub const SUBSCRIPTIONS_MAX: usize = 64;
/// Boards one connection may watch.
pub const BOARDS_MAX: usize = 8;
/// Desks one connection may watch.
pub const DESKS_MAX: usize = 4;
/// Commands a connection may have unanswered.
pub const IN_FLIGHT_MAX: usize = 64;
/// Events a resume replays; whoever is further behind gets a reset and reads history over REST.
pub const REPLAY_EVENTS_MAX: usize = 2_000;
/// Bytes a resume replays.
pub const REPLAY_BYTES_MAX: usize = 1024 * 1024;
