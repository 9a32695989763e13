//! A whole cluster in one thread, without actix, sockets or time: several nodes, a store, a bus
//! and clients, driven by one seed.
//!
//! The machines are the real ones ([`ludus_domain::host::Host`], [`ludus_domain::history::History`]);
//! everything around them is modelled: a [`store`] that does exactly what the commit unit promises,
//! a bus that loses, repeats and reorders, processes that die and start again, clients that retry
//! and resume. Virtual time jumps from one happening to the next, so a thousand schedules cost
//! seconds. The same seed is the same run, to the last step.
//!
//! What has to hold, whatever happens (a [`Breach`] says what did not):
//! - an answer is spoken only after the commit it speaks of, and says where the events are;
//! - one command is written once, and every ack of it says the same;
//! - a refusal means that nothing of it is stored;
//! - each connection gets each sequence number once, in order, as an event or as a skip, as stored;
//! - every event was allowed in the state its predecessors made;
//! - one voice speaks from a seat at a time, what was heard is what is stored, and every turn ends;
//! - when the faults stop, everybody has an answer and everything, and all nodes agree.

mod chance;
mod client;
mod floor;
mod node;
mod rules;
mod stage;
mod store;
mod world;

use std::fmt;

use ludus_domain::role::Role;
use ludus_domain::room::Command;

pub use self::floor::SteppedIn;
pub use self::world::{Report, World};

/// A mistake made on purpose, which a run must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// The store writes a command that comes again.
    SkipDedupe,
    /// The store writes what was decided on an old world.
    IgnoreGuard,
    /// A node says yes before the store has.
    AckBeforeCommit,
    /// One delivery in a thousand is lost inside a node.
    DropDeliveries,
}

/// What one client does.
#[derive(Clone, Debug)]
pub enum Script {
    /// Whatever comes to mind.
    Free,
    /// The same kinds of command again and again, at this pace.
    Repeat {
        every_ms: i64,
        commands: Vec<Command>,
    },
    /// These, at these moments.
    At(Vec<(i64, Command)>),
}

/// A client.
#[derive(Clone, Debug)]
pub struct Part {
    pub role: Role,
    /// Has a seat from the beginning.
    pub seated: bool,
    pub script: Script,
}

/// What world to make.
#[derive(Clone, Debug)]
pub struct Settings {
    pub nodes: usize,
    pub parts: Vec<Part>,
    pub capacity: u32,
    /// Two personas play, and coaches may step in.
    pub scene: bool,
    /// How long things go wrong; afterwards everything heals and has to settle.
    pub trouble_ms: i64,
    pub planted: Option<Planted>,
}

impl Settings {
    /// A coach, three learners and a spectator in a room of four seats on three nodes.
    pub fn free() -> Self {
        let part = |role, seated| Part {
            role,
            seated,
            script: Script::Free,
        };
        Self {
            nodes: 3,
            parts: vec![
                part(Role::Coach, true),
                part(Role::Learner, true),
                part(Role::Learner, true),
                part(Role::Learner, false),
                part(Role::Spectator, false),
            ],
            capacity: 4,
            scene: false,
            trouble_ms: 1_500,
            planted: None,
        }
    }
}

/// A promise that was broken, with the seed that shows it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub seed: u64,
    pub at_ms: i64,
    pub says: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} at {} ms: {}\nrun it again: LUDUS_TEST_SEED={} cargo test -p ludus-actors simulation",
            self.seed, self.at_ms, self.says, self.seed
        )
    }
}

impl std::error::Error for Breach {}

#[cfg(test)]
mod tests;
