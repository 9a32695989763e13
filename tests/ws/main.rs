//! The WebSocket edge, over raw sockets: what it answers to whom, and that it forgets them.
//!
//! Everything is real (server, edge, session) except who may come in, which is anybody with the
//! ticket `good`, and the store, which has nothing in it.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program of several files, with a wall clock"
)]

/// The edge that owns its sockets; `simple.rs` has the other one do the same.
const IS_SIMPLE: bool = false;

mod events;
mod framing;
mod handshake;
mod kit;
mod patience;
