//! Practice: what is practised ([`scenario`]) and what it is judged by ([`rubric`]).
//!
//! [`library`] reads all content of this kind at once and finds every fault of it.

pub mod library;
pub mod rubric;
pub mod scenario;

pub use library::Library;
pub use rubric::Rubric;
pub use scenario::Scenario;
