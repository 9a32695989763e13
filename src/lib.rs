//! Ludus: a self-hosted, real-time hub for live practice.

pub mod keys;
pub mod passwords;
pub mod store;
pub mod tokens;
