//! What the domain promises, seen from outside: the wire as it is spelled, and who may do what in a room.

#![expect(clippy::unwrap_used, reason = "a test")]

mod closing;
mod floor;
mod order;
mod room;
mod stage;
mod wire;
