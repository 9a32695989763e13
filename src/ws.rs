//! The WebSocket edge: from a socket to a session and back, and nothing else.

pub mod admission;
mod control;
pub mod guard;
pub mod inbound;
pub mod socket;
