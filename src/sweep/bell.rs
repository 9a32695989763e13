//! What is known to be there before the next sweep is due.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use ludus_domain::ids::{OrgId, UserId};
use tokio::sync::Notify;

/// Gains that are kept in mind. Of those beyond it boards read once more than they need to.
const GAINED_MAX: usize = 4_096;

/// An account, and the position it is known at.
pub(super) type Gained = (OrgId, UserId, u64);

/// Rung when there is something to find now.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    notify: Notify,
    rules: AtomicBool,
    gained: Mutex<Vec<Gained>>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.notify.notify_one();
    }

    /// Rules may be others now.
    pub(crate) fn ring_for_rules(&self) {
        self.rules.store(true, Ordering::Relaxed);
        self.ring();
    }

    /// What another node told of an account: boards know it.
    pub(crate) fn gained(&self, org: OrgId, user: UserId, pos: u64) {
        let mut gained = self.gained.lock().unwrap_or_else(PoisonError::into_inner);
        if gained.len() < GAINED_MAX {
            gained.push((org, user, pos));
        }
    }

    pub(super) async fn rung(&self) {
        self.notify.notified().await;
    }

    pub(super) fn take_rules(&self) -> bool {
        self.rules.swap(false, Ordering::Relaxed)
    }

    pub(super) fn take_gained(&self) -> Vec<Gained> {
        std::mem::take(&mut *self.gained.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
