//! Language models against a scripted server: every fault a provider can have, told exactly.
//!
//! Everything is real but the provider (a script over raw TCP), the clock of breakers and the book
//! of budgets, which is kept in memory.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test program of several files, with a wall clock"
)]

mod abort;
mod answers;
mod budgets;
mod check;
mod faults;
mod kit;
mod offline;
mod routing;
mod secrets;
mod third_party;
