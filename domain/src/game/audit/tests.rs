//! The auditor against the account it checks, and against examples worked out by hand.

mod differential;
mod draw;
mod examples;
