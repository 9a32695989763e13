//! The shipped personas and scenarios, played: that they load, that they never repeat themselves,
//! and what a conversation with them reads like.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod content;
mod golden;
mod never_twice;
mod pages;
mod practice;
mod prompt;
mod script;
