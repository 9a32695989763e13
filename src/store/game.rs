//! The game in the store: rule sets, standings, the ledger, and what people do by REST.
//!
//! Deeds are taken in by the commit unit (`journal/accounts.rs`) and by nothing else.

pub mod acts;
pub mod archives;
pub mod audit;
pub mod contests;
pub mod due;
pub mod finals;
pub mod gained;
pub mod history;
pub mod leagues;
pub mod ledger;
pub mod seasons;
pub mod sets;
pub mod standings;
