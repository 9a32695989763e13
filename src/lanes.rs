//! The lanes of this node: how everybody's connections are reached at once, and what is fed to
//! them and to channels from outside of rooms.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ludus_actors::delivery::Link;
use ludus_actors::directory::Directory;
use ludus_actors::lane::{CountSessions, Expel, Lane, LaneId, LocalLane};
use ludus_domain::protocol::Close;
use ludus_domain::stream::StreamKind;
use tokio::sync::broadcast::error::RecvError;

use crate::people::revocations::{Revocation, Revocations};
use crate::store::Store;

/// Over how long connections come back after this node has missed a revocation.
const MISSED_SPREAD_MS: u32 = 5_000;

/// One lane per worker thread.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    links: Arc<Mutex<Vec<Link<Lane>>>>,
    count: Arc<AtomicU32>,
}

impl Lanes {
    /// Starts the lane of the current worker thread.
    pub fn start(&self) -> LocalLane {
        let lane = LocalLane::start(LaneId(self.count.fetch_add(1, Ordering::Relaxed)));
        self.lock().push(Link::new(lane.reference().addr));
        lane
    }

    /// Rights ended or changed. Rare, and never to be lost.
    pub fn expel(&self, expel: Expel) {
        for link in self.lock().iter() {
            link.must_tell(expel);
        }
    }

    /// Open connections on all lanes.
    pub async fn sessions(&self) -> usize {
        let asked: Vec<_> = self
            .lock()
            .iter()
            .map(|link| link.ask(CountSessions))
            .collect();
        let mut count = 0;
        for answer in asked {
            count += answer.await.unwrap_or(0);
        }
        count
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Link<Lane>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the lanes of every revocation, for as long as anybody revokes.
pub fn feed(lanes: &Lanes, revocations: &Revocations) {
    let (lanes, mut news) = (lanes.clone(), revocations.subscribe());
    actix_web::rt::spawn(async move {
        loop {
            let expel = match news.recv().await {
                Ok(Revocation::SignIn(sign_in)) => Expel::SignIn(sign_in),
                Ok(Revocation::User(user)) => Expel::User {
                    user,
                    why: Close::Revoked,
                },
                Ok(Revocation::RoleChanged { user, role }) => Expel::Role { user, role },
                // Whose it was is not known any more; everybody comes back through the doorman, who knows.
                Err(RecvError::Lagged(_)) => Expel::Everybody {
                    spread_ms: MISSED_SPREAD_MS,
                },
                Err(RecvError::Closed) => return,
            };
            lanes.expel(expel);
        }
    });
}

/// Tells inboxes and cohorts what was committed to them, so that a gain is on the screen without
/// another look into the store. Rooms hear of their own commits.
pub fn ring_inboxes(store: &Store, directory: &Arc<Directory>) {
    let (mut committed, directory) = (store.committed(), Arc::clone(directory));
    actix_web::rt::spawn(async move {
        loop {
            match committed.recv().await {
                Ok(notes) if notes.stream.kind() == StreamKind::Room => {}
                Ok(notes) => {
                    directory.tell_committed(notes.org, notes.stream, notes.epoch, &notes.events);
                }
                Err(RecvError::Lagged(_)) => directory.ring_channels(),
                Err(RecvError::Closed) => return,
            }
        }
    });
}
