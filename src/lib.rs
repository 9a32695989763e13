//! Ludus: a self-hosted, real-time hub for live practice.
//!
//! A library with a thin `main.rs`, so that integration tests can start a whole hub in their own
//! process.

pub mod app;
pub mod asyncapi;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod coaching;
pub mod config;
pub mod demo;
mod descriptors;
pub mod game;
pub mod http;
pub mod keys;
pub mod lanes;
pub mod limits;
pub mod llm;
pub mod metrics;
mod nodes;
pub mod openapi;
pub mod passwords;
pub mod people;
mod practice;
mod schedule;
pub mod shutdown;
mod stage;
pub mod store;
mod sweep;
pub mod telemetry;
pub mod tidy;
pub mod tls;
pub mod tokens;
pub mod ui;
pub mod ws;
