//! Looks after what was lost: turns of a node that was killed in the middle of one, or of beginning it,
//! practices that nobody closed or wrote the report of, and seats of coaches who are gone.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ludus_actors::directory::Directory;

use crate::store::Store;

/// How often somebody looks. With how long a claim lasts this is how long a room may wait for
/// somebody who is gone.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Wakes rooms whose turns nobody was heard of. Each persona there then finds what was kept.
pub(crate) fn watch(store: &Store, directory: &Arc<Directory>) {
    let store = store.clone();
    let directory: Weak<Directory> = Arc::downgrade(directory);
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Some(directory) = directory.upgrade() else {
                return;
            };
            // A store that is away is asked again.
            for (org, room) in store.overdue_turns().await.unwrap_or_default() {
                directory.wake(org, room);
            }
            for (org, room) in store.overdue_practices().await.unwrap_or_default() {
                directory.wake(org, room);
            }
            for (org, room) in store.silent_seats().await.unwrap_or_default() {
                directory.wake(org, room);
            }
            store.close_old_reservations().await;
        }
    });
}
