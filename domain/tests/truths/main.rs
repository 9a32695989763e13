//! What the domain promises, seen from outside: the wire as it is spelled, and who may do what in a room.

#![expect(clippy::expect_used, unreachable_pub, reason = "a test")]

mod room;
mod wire;
