//! SeaORM entities of the Ludus store, one file per table.
//!
//! Columns are what the databases hold: UUIDs, whole numbers, text and bytes. What they mean is said in
//! `ludus-domain`; this crate does not know it, and only the store's code sees both.
//! Instants are milliseconds since 1970. `org_id` leads every key.

pub mod cohort;
pub mod cohort_member;
pub mod command;
pub mod event;
pub mod hidden_line;
pub mod idempotency;
pub mod job;
pub mod link;
pub mod member;
pub mod org;
pub mod room;
pub mod setting;
pub mod sign_in;
pub mod stream;
pub mod team;
pub mod user;
