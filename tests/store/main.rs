//! The store, on SQLite and on PostgreSQL: one suite, run twice.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what went wrong by failing"
)]

mod archive;
mod backups;
mod budgets;
mod contests;
mod game;
mod jobs;
mod journal;
mod kit;
mod opening;
mod outage;
mod plans;
mod turns;
mod upkeep;
mod windows;
