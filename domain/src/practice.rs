//! Practice: what is practised ([`scenario`]), what it is judged by ([`rubric`]), what came of it
//! ([`report`]) and what a learner can do by now ([`skill`]).
//!
//! [`library`] reads all content of this kind at once and finds every fault of it.

pub mod library;
pub mod report;
pub mod rubric;
pub mod scenario;
pub mod skill;

pub use library::Library;
pub use rubric::Rubric;
pub use scenario::Scenario;
