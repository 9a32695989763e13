//! Everything `main.rs` asks of the edge that owns its sockets, asked of the simple one, which
//! serves TLS: there is one behaviour.
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

/// See `kit.rs`.
const IS_SIMPLE: bool = true;

mod framing;
mod handshake;
mod kit;
mod patience;
