//! Everything about Ludus that is true without a computer.
//!
//! Reading order: [`ids`] and [`time`] name things; [`stream`] and [`audience`] say where a fact is
//! written and who may see it; [`role`] and [`rights`] say who may do what; [`room`] decides;
//! [`host`] lines up commands for the store and keeps them honest; [`history`] resumes a viewer
//! from memory; [`presence`] knows who is looking; [`desk`] is what a coach sees of it all;
//! [`replay`] is what happened in a room, looked back on;
//! [`session`] is one connection; [`protocol`] is what travels on the wire.
//!
//! The rules of this crate: no clock, no randomness, no I/O, no actix, no SQL. Whatever time or id
//! is needed comes in as an argument. A machine takes an input and answers with what should be
//! done; somebody else does it.

pub mod audience;
pub mod audit;
pub mod board;
pub mod breaker;
pub mod budget;
pub mod content;
pub mod desk;
pub mod game;
pub mod history;
pub mod host;
pub mod ids;
pub mod journal;
pub mod meeting;
pub mod moderation;
pub mod persona;
pub mod policy;
pub mod practice;
pub mod presence;
pub mod prompt;
pub mod protocol;
pub mod refusal;
pub mod replay;
pub mod rights;
pub mod role;
pub mod room;
pub mod roster;
pub mod script;
pub mod session;
pub mod signals;
pub mod slug;
pub mod stream;
pub mod text;
pub mod time;
pub mod turn;
