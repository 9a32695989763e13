//! Load, fault injection and the history checker.
//!
//! Speaks the hub's protocol with the same types as the hub, and knows nothing else of it: of our
//! crates only `ludus-domain` is imported. [`client`] is one person's connection, which keeps what
//! is unanswered and resumes; [`log`] writes down everything it did and heard; [`chatter`] is a
//! client that talks by itself; [`check`] reads such logs and the [`database`], and proves that
//! nothing was lost, doubled, reordered or invented. [`load`] measures.

pub mod chatter;
pub mod check;
pub mod client;
pub mod database;
pub mod load;
pub mod log;
pub mod people;
pub mod record;
