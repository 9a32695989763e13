//! What the local signals promise, on lines of practice talk and on anything else.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod hints;
mod labelled;
mod lists;
mod questions;
mod scores;
mod slips;
mod unicode;
