//! People.
pub mod revocations;
