//! What the actors ask of the world. Implemented in the root crate (the store, the clock) and by
//! the simulation; nobody here knows how.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use ludus_domain::ids::{Epoch, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Append, Appended, Fault, Recorded};
use ludus_domain::room::{LineFact, Room};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

/// A port's answer. Owned and `Send`: it is awaited by a task of its own and comes back to the
/// actor as a message, and dropping it never cancels what it started.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// The one way to write durable facts.
///
/// Guarantees: an `Ok(Committed)` was committed before it is answered; `seq` is gap-free per stream
/// and in commit order; a command id seen before is answered, not written again; all of an append
/// is committed or none; `Err` means none of it is. Every call is answered within three seconds.
pub trait Journal: Send + Sync + Debug {
    fn append(&self, append: Append) -> Answer<Result<Appended, Fault>>;
}

/// A room as the store has it.
#[derive(Clone, Debug)]
pub struct StoredRoom {
    pub org: OrgId,
    pub epoch: Epoch,
    pub head: Seq,
    pub guard: Seq,
    /// The state after `guard`.
    pub state: Room,
    /// The latest events up to `head`, at most the asked number, to prime the memory with.
    pub tail: Vec<Recorded>,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub epoch: Epoch,
    pub seq: Seq,
}

/// Reading what was written. Texts of lines that were taken back come out empty.
pub trait Archive: Send + Sync + Debug {
    /// `None` when there is no such room in this org.
    fn room(
        &self,
        org: OrgId,
        room: RoomId,
        tail_max: u32,
    ) -> Answer<Result<Option<StoredRoom>, Fault>>;
    /// Where an inbox or a cohort's stream stands; one that was never written to stands at 0.
    fn head(&self, org: OrgId, stream: StreamId) -> Answer<Result<Head, Fault>>;
    /// Events after `after`, in order, at most `limit`.
    fn events(
        &self,
        org: OrgId,
        stream: StreamId,
        after: Seq,
        limit: u32,
    ) -> Answer<Result<Vec<Recorded>, Fault>>;
    /// What is known of a line; `None` when that event is not a line.
    fn line(&self, org: OrgId, room: RoomId, seq: Seq) -> Answer<Result<Option<LineFact>, Fault>>;
    /// Whether somebody coaches or administers a cohort, or learns in it: who may follow its stream.
    fn in_cohort(
        &self,
        org: OrgId,
        cohort: ludus_domain::ids::CohortId,
        user: UserId,
    ) -> Answer<Result<bool, Fault>>;
    /// Moves a member's read position forward; never back. Losing one is no loss.
    fn mark_read(
        &self,
        org: OrgId,
        room: RoomId,
        user: UserId,
        seq: Seq,
    ) -> Answer<Result<(), Fault>>;
}

/// The only source of time.
pub trait Clock: Send + Sync + Debug {
    fn now(&self) -> Timestamp;
}
