//! How many questions of one org run at once, so that one org's rush is not everybody's wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ludus_domain::ids::OrgId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Orgs that are remembered without running anything. Beyond it the idle ones are forgotten.
const IDLE_MAX: usize = 1_024;

/// Nobody got up in time, or too many stood in line already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug)]
pub(crate) struct Bulkhead {
    seats: usize,
    waiting_max: usize,
    wait: Duration,
    orgs: Mutex<HashMap<OrgId, Arc<Gate>>>,
}

#[derive(Debug)]
struct Gate {
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Somebody in line, who leaves it whatever happens.
struct InLine<'a>(&'a AtomicUsize);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Bulkhead {
    pub(crate) fn new(seats: usize, waiting_max: usize, wait: Duration) -> Self {
        Self {
            seats,
            waiting_max,
            wait,
            orgs: Mutex::default(),
        }
    }

    /// A seat, in the order of coming, held until it is dropped.
    pub(crate) async fn enter(&self, org: OrgId) -> Result<OwnedSemaphorePermit, Full> {
        let gate = self.gate(org);
        if let Ok(seat) = Arc::clone(&gate.seats).try_acquire_owned() {
            return Ok(seat);
        }
        let waiting = gate.waiting.fetch_add(1, Ordering::Relaxed);
        let _in_line = InLine(&gate.waiting);
        if waiting >= self.waiting_max {
            return Err(Full);
        }
        match timeout(self.wait, Arc::clone(&gate.seats).acquire_owned()).await {
            Ok(Ok(seat)) => Ok(seat),
            // The semaphore is never closed, so this is the deadline.
            Ok(Err(_)) | Err(_) => Err(Full),
        }
    }

    fn gate(&self, org: OrgId) -> Arc<Gate> {
        let mut orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        if orgs.len() > IDLE_MAX {
            orgs.retain(|_, gate| {
                Arc::strong_count(gate) > 1 || gate.seats.available_permits() < self.seats
            });
        }
        let gate = orgs.entry(org).or_insert_with(|| {
            Arc::new(Gate {
                seats: Arc::new(Semaphore::new(self.seats)),
                waiting: AtomicUsize::new(0),
            })
        });
        Arc::clone(gate)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ORG: OrgId = OrgId(Uuid::from_u128(1));
    const OTHER: OrgId = OrgId(Uuid::from_u128(2));

    #[actix_web::test]
    async fn an_org_has_so_many_seats_and_the_next_one_its_own() {
        let bulkhead = Bulkhead::new(2, 1, Duration::from_millis(50));
        let first = bulkhead.enter(ORG).await.unwrap();
        let _second = bulkhead.enter(ORG).await.unwrap();
        assert!(bulkhead.enter(OTHER).await.is_ok());
        // One waits, and in vain; while it does, nobody else may.
        let (waited, refused) = tokio::join!(bulkhead.enter(ORG), bulkhead.enter(ORG));
        assert_eq!((waited.err(), refused.err()), (Some(Full), Some(Full)));
        let (waited, ()) = tokio::join!(bulkhead.enter(ORG), async { drop(first) });
        assert!(waited.is_ok(), "a seat that is free goes to who waits");
    }

    #[actix_web::test]
    async fn idle_orgs_are_forgotten_and_busy_ones_are_not() {
        let bulkhead = Bulkhead::new(1, 1, Duration::from_millis(5));
        let _seat = bulkhead.enter(ORG).await.unwrap();
        for number in 2..3_000 {
            drop(bulkhead.enter(OrgId(Uuid::from_u128(number))).await);
        }
        assert!(bulkhead.orgs.lock().unwrap().len() <= IDLE_MAX + 1);
        assert_eq!(bulkhead.enter(ORG).await.err(), Some(Full));
    }
}
