//! The WebSocket edge: from a socket to a session and back, and nothing else.

mod control;
pub mod guard;
pub mod inbound;
