//! REST, from outside: requests in, answers out, each answer held against the OpenAPI document.

mod alerts;
mod archives;
mod audit;
mod bad_input;
mod boards;
mod content;
mod contests;
mod displays;
mod doors;
mod game;
mod kit;
mod matrix;
mod once;
mod people;
mod programs;
mod rooms;
