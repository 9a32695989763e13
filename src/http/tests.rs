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
mod enrolment;
mod game;
mod kit;
mod matrix;
mod moderation;
mod moves;
mod once;
mod people;
mod plans;
mod programs;
mod rooms;
