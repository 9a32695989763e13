//! Who follows which room for a desk, who has a connection, and which other nodes run: what rooms, sessions
//! and the bus tell desks, for next to nothing where there is none.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ludus_domain::desk::row::DeskRow;
use ludus_domain::desk::totals::{Aggregate, DeskTotals};
use ludus_domain::ids::{CohortId, NodeId, OrgId, RoomId, UserId};
use ludus_domain::journal::Recorded;

use super::{Desk, Heard};
use crate::delivery::Link;

/// Cohorts whose numbers are remembered so that they can be held. Past it a cohort has none, which
/// is safe; forgetting one would let somebody compare what must not be compared.
const AGGREGATES_MAX: usize = 10_000;

type Followers = Vec<(CohortId, Link<Desk>)>;

/// One node's.
#[derive(Debug, Default)]
pub struct Attendance {
    /// Desks by the rooms they follow. Written when a desk opens or a room does; read by every batch.
    rooms: RwLock<HashMap<(OrgId, RoomId), Followers>>,
    /// How many rooms are followed: without a desk, a batch costs one look at this.
    followed: AtomicUsize,
    /// Connections of this node by person.
    here: Mutex<HashMap<(OrgId, UserId), u32>>,
    /// Other nodes that run.
    others: Mutex<BTreeSet<NodeId>>,
    /// Outlives the desks, because what was told does.
    aggregates: Mutex<HashMap<(OrgId, CohortId), Aggregate>>,
}

impl Attendance {
    /// Somebody has one more connection.
    pub fn arrive(&self, org: OrgId, user: UserId) {
        *lock(&self.here).entry((org, user)).or_default() += 1;
    }

    /// Somebody has one less.
    pub fn depart(&self, org: OrgId, user: UserId) {
        let mut here = lock(&self.here);
        let Some(count) = here.get_mut(&(org, user)) else {
            return;
        };
        *count = count.saturating_sub(1);
        if *count == 0 {
            here.remove(&(org, user));
        }
    }

    /// Who of these has a connection here.
    pub fn who_is_here(&self, org: OrgId, users: &[UserId]) -> Vec<bool> {
        let here = lock(&self.here);
        let is_here = |user: &UserId| here.contains_key(&(org, *user));
        users.iter().map(is_here).collect()
    }

    pub(super) fn node_alive(&self, node: NodeId) {
        lock(&self.others).insert(node);
    }

    pub(super) fn node_gone(&self, node: NodeId) {
        lock(&self.others).remove(&node);
    }

    /// Other nodes of this hub, as far as news come from them.
    pub(super) fn others(&self) -> BTreeSet<NodeId> {
        lock(&self.others).clone()
    }

    /// What was committed in a room, for the desks that follow it. One that is full reads it later.
    pub fn heard(&self, org: OrgId, room: RoomId, events: &[Recorded]) {
        if self.followed.load(Ordering::Relaxed) == 0 {
            return;
        }
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        let Some(desks) = rooms.get(&(org, room)) else {
            return;
        };
        let events: Arc<[Recorded]> = events.into();
        for (_, desk) in desks {
            let heard = Heard {
                room,
                events: Arc::clone(&events),
            };
            desk.tell(heard).ok();
        }
    }

    pub(super) fn follow(&self, org: OrgId, room: RoomId, cohort: CohortId, desk: Link<Desk>) {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        let desks = rooms.entry((org, room)).or_default();
        desks.retain(|(other, _)| *other != cohort);
        desks.push((cohort, desk));
        self.followed.store(rooms.len(), Ordering::Relaxed);
    }

    /// Only the desk's own: another one of the cohort may have taken its place meanwhile.
    pub(super) fn unfollow(&self, org: OrgId, room: RoomId, cohort: CohortId, desk: &Link<Desk>) {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(desks) = rooms.get_mut(&(org, room)) {
            desks.retain(|(other, link)| *other != cohort || !link.is_same(desk));
            if desks.is_empty() {
                rooms.remove(&(org, room));
            }
        }
        self.followed.store(rooms.len(), Ordering::Relaxed);
    }

    /// The numbers of a cohort as they may be told now.
    pub(super) fn totals<'a>(
        &self,
        org: OrgId,
        cohort: CohortId,
        rows: impl Iterator<Item = &'a DeskRow> + Clone,
    ) -> DeskTotals {
        let mut aggregates = lock(&self.aggregates);
        let key = (org, cohort);
        if aggregates.len() >= AGGREGATES_MAX && !aggregates.contains_key(&key) {
            return DeskTotals::default();
        }
        aggregates.entry(key).or_default().take(rows)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
