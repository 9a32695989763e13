//! This node among the others: it writes every few seconds that it runs, and what it carries.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ludus_actors::bus::Bus;
use ludus_actors::directory::Directory;
use ludus_actors::ports::Clock;

use crate::lanes::Lanes;
use crate::store::Store;
use crate::store::nodes::{Beat, SILENT_MS};

/// How often it says so.
const EVERY_S: u64 = 5;
// One that is late is not one that has ended.
const _: () = assert!(EVERY_S * 2_000 < SILENT_MS.unsigned_abs());

/// Writes it for as long as there is anything to carry.
pub(crate) fn beat(
    store: &Store,
    lanes: &Lanes,
    directory: &Arc<Directory>,
    bus: &Arc<dyn Bus>,
    clock: &Arc<dyn Clock>,
) {
    let (store, lanes) = (store.clone(), lanes.clone());
    let (bus, clock) = (Arc::clone(bus), Arc::clone(clock));
    let directory: Weak<Directory> = Arc::downgrade(directory);
    actix_web::rt::spawn(async move {
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
            tokio::time::sleep(Duration::from_secs(EVERY_S)).await;
        }
    });
}
