//! Practice: what is practised ([`scenario`]), what it is judged by ([`rubric`]), what came of it
//! ([`report`], made from a journal by [`review`]) and what a learner can do by now ([`skill`]).
//! [`clock`] tells how long it was live, [`mod@judge`] asks a model what it thinks of the whole,
//! [`remark`] of each line, and [`mod@rejudge`] is what a coach thinks otherwise.
//!
//! [`library`] reads all content of this kind at once and finds every fault of it.

pub mod aim;
pub mod assigned;
pub mod clock;
pub mod gist;
pub mod group;
pub mod judge;
pub mod library;
pub mod rejudge;
pub mod remark;
pub mod report;
pub mod review;
pub mod rubric;
pub mod scenario;
pub mod skill;

pub use library::Library;
pub use rubric::Rubric;
pub use scenario::Scenario;
