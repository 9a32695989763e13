//! The game around the store: what everybody plays by.

pub mod boards;
pub mod clock;
pub(crate) mod drift;
pub(crate) mod proof;
pub mod rulebook;
pub(crate) mod trial;
