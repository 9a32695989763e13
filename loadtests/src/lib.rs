//! Load, fault injection and the history checker.
//!
//! Speaks the hub's protocol with the same types as the hub, and knows nothing else of it: of our
//! crates only `ludus-domain` is imported. [`client`] is one person's connection, which keeps what
//! is unanswered and resumes; [`log`] writes down everything it did and heard; [`chatter`] is a
//! client that talks by itself; [`check`] reads such logs and the [`database`], and proves that
//! nothing was lost, doubled, reordered or invented. [`talk`] is a load of such clients;
//! [`chaos`] breaks whatever can be broken meanwhile.
//!
//! [`mod@bench`] measures: it starts [`servers`], puts a [`scenario`] on them through a [`light`] crowd
//! and sets them beside the [`broadcaster`], which is as cheap as it gets.

#![expect(
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "it measures by the wall clock, on threads of its own, and its figures are read by people"
)]

pub mod accounting;
pub mod bench;
pub mod broadcaster;
pub mod chaos;
pub mod chatter;
pub mod check;
pub mod client;
pub mod database;
pub mod light;
pub mod load;
pub mod log;
pub mod marks;
pub mod people;
pub mod record;
pub mod scenario;
pub mod servers;
pub mod talk;
