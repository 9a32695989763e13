//! Actix shells around the machines of `ludus-domain`, and the ports they need.
//!
//! ```text
//!                      commands, follows
//!  socket edge ─────► Session ─────────► Directory ─► Room / Channel ─► (port) Journal, Archive
//!       ▲                │ same thread                    │
//!       │ ready frames   ▼                                │ one message per batch and lane
//!       └───────────── Outbox ◄────── Lane ◄──────────────┘
//! ```
//!
//! Reading order: [`ports`] says what is asked of the world; [`room`] and [`channel`] host a
//! stream with what they share in [`feed`]; [`lane`] is one thread's share of the fan-out;
//! [`outbox`] is what waits for one connection; [`session`] is that connection; [`directory`]
//! finds actors; [`persona`] speaks for a character in a room; [`delivery`] is how they tell each other things. Links point downstream: a room
//! never knows a session's address, only the lane it sits in.

mod asking;
pub mod board;
pub mod bus;
pub mod channel;
pub mod coaching;
pub mod delivery;
pub mod desk;
pub mod directory;
#[cfg(feature = "faults")]
pub mod faults;
pub mod feed;
pub mod lane;
pub mod llm;
pub mod metrics;
pub mod outbox;
pub mod persona;
pub mod ports;
mod report;
pub mod room;
pub mod session;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
pub mod stage;
pub mod standings;
pub mod trace;
