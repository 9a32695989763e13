//! The shipped personas and scenarios, played: that they load, that they never repeat themselves,
//! and what a conversation with them reads like.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod adapting;
mod content;
mod directions;
mod golden;
mod never_twice;
mod pages;
mod practice;
mod prompt;
mod script;
mod styles;
