//! The game: what people do is paid by rules, exactly once, into accounts that boards are made of.
//!
//! Reading order: [`calendar`] knows days; a [`deed::Deed`] is a typed fact about one person that
//! came out of a journal; [`rules`] say what it is worth; an [`account::Account`] takes deeds in
//! one by one and answers with what they gained; [`total`] is how much somebody has of something
//! in a window; [`plan`] describes boards, leagues and contests over totals; [`season`], [`league`]
//! and [`contest`] say when a window closes and what it comes to.
//!
//! Everything here is a function of the journal: the same deeds in the same order under the same
//! rule sets give the same ledger, which is what `ludus ledger verify` proves.

pub mod account;
pub mod audit;
pub mod calendar;
pub mod contest;
pub mod deed;
pub mod gain;
pub mod league;
pub mod load;
pub mod plan;
pub mod rules;
pub mod season;
pub mod total;
