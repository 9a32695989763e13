//! This node among the others: what it finds of what they wrote, what they tell each other, and that
//! it runs.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ludus_actors::bus::{Bus, News, Topic};
use ludus_actors::directory::Directory;
use ludus_actors::ports::Clock;

use crate::bus::{Heard, carry};
use crate::game::rulebook::Rulebook;
use crate::lanes::Lanes;
use crate::limits::Limits;
use crate::people::People;
use crate::store::Store;
use crate::store::nodes::{Beat, SILENT_MS};
use crate::sweep::{Bell, Sweep};

/// How often it says that it runs.
const EVERY_S: u64 = 5;
// One that is late is not one that has ended.
const _: () = assert!(EVERY_S * 2_000 < SILENT_MS.unsigned_abs());

/// What is open here, and what it hears of others by.
pub(crate) struct Among {
    pub(crate) store: Store,
    pub(crate) people: People,
    pub(crate) rulebook: Rulebook,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) lanes: Lanes,
    pub(crate) limits: Arc<Limits>,
    pub(crate) bus: Arc<dyn Bus>,
}

impl Among {
    /// Sweeps, tells, hears and says that it runs, for as long as there is anything here.
    pub(crate) fn join(self, heard: Option<Heard>) {
        let bell = Arc::new(Bell::default());
        if let Some(heard) = heard {
            carry::tell(&self.bus, &self.store, &self.people);
            carry::hear(&self.bus, heard, &self.directory, &bell);
        }
        let directory = Arc::downgrade(&self.directory);
        let beat = beat(
            self.store.clone(),
            self.lanes,
            self.limits,
            Weak::clone(&directory),
            Arc::clone(&self.bus),
            Arc::clone(&self.clock),
        );
        actix_web::rt::spawn(beat);
        let sweep = Sweep {
            store: self.store,
            people: self.people,
            rulebook: self.rulebook,
            clock: self.clock,
            directory,
            bell,
            bus: self.bus,
        };
        actix_web::rt::spawn(sweep.run());
    }
}

/// Writes every few seconds that the node runs, and what it carries; and reads among how many others.
async fn beat(
    store: Store,
    lanes: Lanes,
    limits: Arc<Limits>,
    directory: Weak<Directory>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
) {
    loop {
        let sockets = lanes.sessions().await;
        let Some((rooms, boards)) = directory.upgrade().map(|here| here.counts()) else {
            return;
        };
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let beat = Beat {
            id: bus.node(),
            at: clock.now(),
            bus: bus.standing().as_str(),
            sockets: number(sockets),
            rooms: number(rooms),
            boards: number(boards),
        };
        // Nobody needs it to run: a store that is away hears of it later.
        if let Err(error) = store.beat(beat).await {
            tracing::debug!(%error, "nobody was told that this node runs");
        }
        if let Ok(running) = store.nodes_running().await {
            limits.nodes(running);
        }
        tokio::time::sleep(Duration::from_secs(EVERY_S)).await;
    }
}

/// The node ends in good order: who was here is not any more.
pub(crate) async fn leave(store: &Store, bus: &Arc<dyn Bus>) {
    bus.tell(Topic::House, News::Leaving);
    if let Err(error) = store.leave(bus.node()).await {
        tracing::debug!(%error, "the store was not told that this node leaves");
    }
}
