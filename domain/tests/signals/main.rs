//! What the local signals promise, on lines of practice talk and on anything else.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod labelled;
mod unicode;
