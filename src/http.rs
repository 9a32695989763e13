//! REST under `/api/v1`, personas for programs under `/v1`, and what every response of the hub has
//! in common.
//!
//! [`configure`] mounts the routes; [`guard()`] wraps the whole application: it names each request,
//! refuses secrets in URLs and foreign pages, counts, and puts the headers on. Handlers turn JSON
//! into calls of [`crate::people`] and back. They know no store, no actor and no SQL; whoever may
//! not do something holds nothing that could ([`auth`]).

mod alerts;
mod archives;
mod assignments;
mod audit;
pub mod auth;
mod boards;
mod body;
mod cohort_reports;
mod cohorts;
mod content;
mod contests;
mod cookie;
mod displays;
mod enrolment;
mod entrance;
mod game;
mod gists;
mod goals;
mod guard;
mod house;
mod invitations;
mod keys;
mod library;
mod me;
mod meetings;
mod moderation;
mod moves;
mod nodes;
mod notes;
mod page;
mod policies;
pub mod problem;
mod progress;
mod providers;
mod replays;
mod reply;
mod rooms;
mod routes;
mod stream;
#[cfg(test)]
mod tests;
mod training;
mod users;
mod v1;
mod words;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::web;
use ludus_actors::directory::Directory;
use ludus_actors::stage::StagePorts;

pub use self::guard::{RequestId, guard};
pub(crate) use self::routes::Api;
use crate::game::rulebook::Rulebook;
use crate::keys::Key;
use crate::limits::Limits;
use crate::llm::{ModelSeen, ProviderSeen, Router};
use crate::people::People;
use crate::people::boards::LiveBoards;
use crate::store::Store;
use crate::store::budgets::Purses;

/// Bytes of a request's body. The largest real one is an invitation with every field filled.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Whether a page of this origin, seen on this host, is one of ours.
pub type Admits = Box<dyn Fn(&str, Option<&str>) -> bool + Send + Sync>;
/// Whether a peer is a proxy whose forwarding headers are believed.
pub type Trusts = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// How the hub is seen from outside.
pub struct Site {
    /// Without a slash at the end. `https` here makes cookies `Secure`.
    pub public_url: String,
    pub admits: Admits,
    pub trusts: Trusts,
}

impl Site {
    fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// What the handlers need.
#[derive(Debug)]
pub struct Services {
    pub people: People,
    pub limits: Arc<Limits>,
    pub site: Site,
    /// Seals the cursors of pages.
    pub cursor_key: Key,
    /// Asked whether it would serve, and nothing else.
    pub store: Store,
    /// What everybody plays by.
    pub rulebook: Rulebook,
    /// Where rooms are.
    pub directory: Arc<Directory>,
    /// Who stands where.
    pub boards: LiveBoards,
    /// Who can be talked to, and who answers.
    pub stage: Arc<StagePorts>,
    /// Language models, and what they cost.
    pub models: Arc<Router>,
    pub purses: Purses,
    /// Set once, when the node begins to stop.
    pub draining: Arc<AtomicBool>,
}

/// Mounts every route of this module. Mount it after whatever else lives under `/api`: it ends
/// with an answer for every path there that nobody knows.
pub fn configure(services: Arc<Services>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::from(services));
        routes::mount(config);
    }
}
