//! The store, on SQLite and on PostgreSQL: one suite, run twice.

mod archive;
mod backups;
mod jobs;
mod journal;
mod kit;
mod opening;
mod outage;
mod upkeep;
