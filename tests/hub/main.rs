//! Promises, from outside: the real binary, real sockets, real databases. One file per promise.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a story that cannot go on stops, and says what it saw"
)]

mod kit;
#[path = "../bus/server.rs"]
mod redis_server;

mod audience;
mod boards;
mod cluster;
mod cohorts;
mod content;
mod contests;
mod crowd;
mod desks;
mod displays;
mod drain;
mod goals;
mod halfopen;
mod hints;
mod judging;
mod kill;
mod ledger;
mod limits;
mod load;
mod malformed;
mod matrix;
mod nodes;
mod notes;
mod once;
mod personas;
mod practice;
mod presence;
mod races;
mod remarks;
mod replay;
mod restart;
mod seats;
mod secrets;
mod sign_out;
mod slow;
mod stepping_in;
mod storm;
mod tracing;
mod traffic;
mod walls;
