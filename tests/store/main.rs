//! The store, on SQLite and on PostgreSQL: one suite, run twice.

mod kit;
mod opening;
