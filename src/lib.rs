//! Ludus: a self-hosted, real-time hub for live practice.

pub mod keys;
pub mod limits;
pub mod passwords;
pub mod store;
pub mod tokens;
pub mod ws;
