//! The journal: how a room's decisions become durable, and who hears of it.
//!
//! An append goes to a lane. The lane takes what is queued when the last commit came back, writes
//! it in one transaction ([`batch`]) and only then answers. What the database will not have is
//! halved until the culprit is alone; what met another transaction, or lost its connection, is
//! done again with the same ids, which finds what an uncertain commit left behind.

mod accounts;
mod batch;
mod effects;
pub(super) mod fault;
mod heads;
mod ledger;
#[cfg(test)]
pub(super) mod plans;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ludus_actors::ports::{Answer, Journal};
use ludus_actors::trace;
use ludus_domain::game::deed::{self, Deed, Source};
use ludus_domain::ids::{Epoch, OrgId, UserId};
use ludus_domain::journal::{Append, Appended, Fact, Fault, Recorded};
use ludus_domain::stream::StreamId;
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use tokio::sync::{Notify, broadcast, oneshot};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use self::accounts::{Accounts, Games, Needs};
use self::batch::Written;
use self::fault::{Planted, planted};
use self::heads::Heads;
pub(crate) use self::heads::{current_epoch, epoch_of, number, seq_of};
pub use self::ledger::{CommittedTotals, entry_of};
use super::game::sets::Sets;
use super::trouble::Trouble;
use super::writer::Took;
use super::{RETRY_DOWN_MS, Store, StoreError};
use crate::metrics;

/// How long a batch is tried again before everybody in it hears "unavailable". With the time it
/// may have waited for its turn this stays below the caller's three seconds.
const BUDGET: Duration = Duration::from_secs(2);
/// The first pause before a batch is tried again; it doubles.
const PAUSE: Duration = Duration::from_millis(10);
/// Committed batches a slow listener may be behind. Further behind, it reads the store instead.
pub(super) const COMMITTED_MAX: usize = 4_096;

/// What a transaction added to one stream, told after its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedNotes {
    pub org: OrgId,
    pub stream: StreamId,
    pub epoch: Epoch,
    /// In order, without a gap.
    pub events: Vec<Recorded>,
}

/// Facts for a stream, written in somebody else's transaction: see [`record`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    pub org: OrgId,
    pub stream: StreamId,
    /// `None` for the hub itself.
    pub by: Option<UserId>,
    pub facts: Vec<Fact>,
}

/// Who hears of commits, and the rules by which they are paid: what all lanes have in common.
#[derive(Clone, Debug)]
pub(super) struct Commons {
    pub(super) notes: broadcast::Sender<Arc<CommittedNotes>>,
    pub(super) totals: broadcast::Sender<Arc<CommittedTotals>>,
    pub(super) sets: Arc<Sets>,
    /// Rung when something may be due at another time than before.
    pub(super) windows: Arc<Notify>,
}

impl Commons {
    pub(super) fn new() -> Self {
        Self {
            notes: broadcast::channel(COMMITTED_MAX).0,
            totals: broadcast::channel(COMMITTED_MAX).0,
            sets: Arc::default(),
            windows: Arc::default(),
        }
    }

    fn announce(&self, notes: Vec<CommittedNotes>, totals: Vec<CommittedTotals>) {
        // Nobody listening is nobody missing anything.
        for note in notes {
            self.notes.send(Arc::new(note)).ok();
        }
        for total in totals {
            self.totals.send(Arc::new(total)).ok();
        }
    }
}

/// What [`perform`] added, to be told once it is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performed {
    pub notes: Vec<CommittedNotes>,
    pub totals: Vec<CommittedTotals>,
}

/// Adds facts that are nobody's deed to streams inside a transaction given to [`Store::write`],
/// making the streams that do not exist. Call it once per transaction, before other locks are
/// taken, and give what it answers to [`Store::announce`] when the transaction is committed.
///
/// Facts that are deeds ([`deed::of_inbox`]) are refused: they go through [`perform`].
pub async fn record(
    txn: &DatabaseTransaction,
    fresh: Vec<Fresh>,
) -> Result<Vec<CommittedNotes>, StoreError> {
    if fresh.iter().flat_map(|fresh| &fresh.facts).any(is_deed) {
        return Err(sea_orm::DbErr::Custom("a deed was recorded without its rules".into()).into());
    }
    let keys = keys_of(&fresh);
    let mut heads = Heads::lock(txn, &keys).await?;
    heads.create_missing(txn, &keys).await?;
    for Fresh {
        org,
        stream,
        by,
        facts,
    } in fresh
    {
        let key = (org, stream);
        for fact in facts {
            // Every key was locked or made just now.
            heads.push(&key, by, fact);
        }
    }
    Ok(heads.save(txn).await?)
}

/// Like [`record`], for facts of inboxes that may be deeds of their owners: they are taken into
/// their accounts, with everything they gain, in this transaction. Games are locked first, then
/// streams, then accounts; so call it before other locks of those kinds are taken. Give what it
/// answers to [`Store::announce_performed`] when the transaction is committed.
pub async fn perform(
    txn: &DatabaseTransaction,
    sets: &Sets,
    fresh: Vec<Fresh>,
) -> Result<Performed, StoreError> {
    let mut needs = Needs::default();
    for fresh in &fresh {
        for (user, deed) in fresh
            .facts
            .iter()
            .filter_map(|fact| deed_of(fresh.stream, fact))
        {
            needs.account(fresh.org, user);
            needs.deed(fresh.org, user, &deed);
        }
    }
    let games = Games::lock(txn, sets, &needs.orgs()).await?;
    let keys = keys_of(&fresh);
    let mut heads = Heads::lock(txn, &keys).await?;
    heads.create_missing(txn, &keys).await?;
    let mut accounts = Accounts::lock(txn, games, needs).await?;
    heads.read_time();
    for Fresh {
        org,
        stream,
        by,
        facts,
    } in fresh
    {
        let key = (org, stream);
        for fact in facts {
            let done = deed_of(stream, &fact);
            // Every key was locked or made just now.
            let Some(recorded) = heads.push(&key, by, fact) else {
                continue;
            };
            let seq = recorded.seq;
            if let Some((user, deed)) = done {
                let part = 0;
                let source = Source { stream, seq, part };
                accounts.take(&mut heads, (org, user), source, deed)?;
            }
        }
    }
    let totals = accounts.save(txn).await?;
    let notes = heads.save(txn).await?;
    Ok(Performed { notes, totals })
}

fn keys_of(fresh: &[Fresh]) -> BTreeSet<heads::Key> {
    fresh
        .iter()
        .map(|fresh| (fresh.org, fresh.stream))
        .collect()
}

/// Whose deed a fact of a stream is, and which.
fn deed_of(stream: StreamId, fact: &Fact) -> Option<(UserId, Deed)> {
    match (stream, fact) {
        (StreamId::Inbox(owner), Fact::Inbox(event)) => Some((owner, deed::of_inbox(event)?)),
        _ => None,
    }
}

fn is_deed(fact: &Fact) -> bool {
    matches!(fact, Fact::Inbox(event) if deed::of_inbox(event).is_some())
}

/// Locks the head of a stream until the end of the transaction; whether there is such a stream.
pub(crate) async fn hold(
    txn: &DatabaseTransaction,
    org: OrgId,
    stream: StreamId,
) -> Result<bool, StoreError> {
    let key = (org, stream);
    let heads = Heads::lock(txn, &BTreeSet::from([key])).await?;
    Ok(heads.stand(&key).is_some())
}

/// An append on its way to a lane. Dropping it says "unavailable".
pub(super) struct Asked {
    pub(super) append: Append,
    pub(super) by: Instant,
    pub(super) answer: oneshot::Sender<Result<Appended, Fault>>,
    /// What it comes of.
    pub(super) trace: Span,
}

impl Asked {
    /// What it takes of a batch; a refusal costs its lookup too.
    pub(super) fn weight(&self) -> usize {
        self.append.event_count().max(self.append.proposals.len())
    }
}

impl Journal for Store {
    fn append(&self, append: Append) -> Answer<Result<Appended, Fault>> {
        Box::pin(self.inner.lanes.append(append))
    }
}

impl Store {
    /// Hears of everything committed from now on. Who falls behind misses some, and reads the store.
    pub fn committed(&self) -> broadcast::Receiver<Arc<CommittedNotes>> {
        self.inner.commons.notes.subscribe()
    }

    /// Hears of every total that changes from now on. Who falls behind misses some, and reads the
    /// standings anew.
    pub fn totals(&self) -> broadcast::Receiver<Arc<CommittedTotals>> {
        self.inner.commons.totals.subscribe()
    }

    /// Says that something may be due at another time than before: a contest was made, a plan put
    /// in force.
    pub(crate) fn windows_changed(&self) {
        self.inner.commons.windows.notify_one();
    }

    /// Rings after [`Store::windows_changed`]. For one listener, the clock.
    pub(crate) fn windows(&self) -> Arc<Notify> {
        Arc::clone(&self.inner.commons.windows)
    }

    /// Tells who listens what a transaction outside the journal has committed.
    pub fn announce(&self, notes: Vec<CommittedNotes>) {
        self.inner.commons.announce(notes, vec![]);
    }

    /// Tells who listens what came of [`perform`].
    pub fn announce_performed(&self, performed: Performed) {
        self.inner
            .commons
            .announce(performed.notes, performed.totals);
    }
}

/// Commits a batch, whatever it takes within the budget, and answers everybody in it.
pub(super) async fn commit(db: DatabaseConnection, commons: Commons, batch: Vec<Asked>) -> Took {
    let until = Instant::now() + BUDGET;
    halve(&db, &commons, batch, until, false).await
}

fn halve<'a>(
    db: &'a DatabaseConnection,
    commons: &'a Commons,
    batch: Vec<Asked>,
    until: Instant,
    // Whether an earlier try broke in COMMIT, so that some of it may be written.
    mut in_doubt: bool,
) -> Pin<Box<dyn Future<Output = Took> + Send + 'a>> {
    Box::pin(async move {
        let mut pause = PAUSE;
        let mut batch = batch;
        loop {
            let error = match attempt(db, commons, &mut batch).await {
                Ok(()) => return Took::Well,
                Err(Failed { error, in_commit }) => {
                    in_doubt |= in_commit && Trouble::of(&error) == Trouble::Lost;
                    error
                }
            };
            match Trouble::of(&error) {
                Trouble::Lost | Trouble::Clash => {
                    if Instant::now() + pause >= until {
                        tracing::warn!(%error, appends = batch.len(), in_doubt, "a batch was given up");
                        refuse(batch, given_up(in_doubt));
                        return Took::Badly;
                    }
                    tracing::debug!(%error, "a batch is tried again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Trouble::Constraint | Trouble::Wrong if batch.len() > 1 => {
                    let second = batch.split_off(batch.len() / 2);
                    if halve(db, commons, batch, until, in_doubt).await == Took::Badly {
                        refuse(second, given_up(in_doubt));
                        return Took::Badly;
                    }
                    return halve(db, commons, second, until, in_doubt).await;
                }
                Trouble::Constraint | Trouble::Wrong => {
                    tracing::error!(%error, "the database will not have an append");
                    refuse(batch, Fault::Poisoned);
                    return Took::Well;
                }
            }
        }
    })
}

/// What is said to a batch that is tried no longer.
const fn given_up(in_doubt: bool) -> Fault {
    let retry_after_ms = RETRY_DOWN_MS;
    if in_doubt {
        Fault::Unknown { retry_after_ms }
    } else {
        Fault::Unavailable { retry_after_ms }
    }
}

/// A try that came to nothing, as far as one can see from here.
struct Failed {
    error: sea_orm::DbErr,
    in_commit: bool,
}

impl Failed {
    const fn in_commit(error: sea_orm::DbErr) -> Self {
        Self {
            error,
            in_commit: true,
        }
    }
}

impl From<sea_orm::DbErr> for Failed {
    fn from(error: sea_orm::DbErr) -> Self {
        Self {
            error,
            in_commit: false,
        }
    }
}

/// One try. What it answers, it takes out of the batch.
async fn attempt(
    db: &DatabaseConnection,
    commons: &Commons,
    batch: &mut Vec<Asked>,
) -> Result<(), Failed> {
    let appends: Vec<&Append> = batch.iter().map(|asked| &asked.append).collect();
    let started = Instant::now();
    let trace = trace::commit(batch.iter().map(|asked| &asked.trace));
    let write = batch::write(db, &commons.sets, &appends);
    let (txn, written) = write.instrument(trace.clone()).await?;
    if planted() == Some(Planted::AckBeforeCommit) {
        speak(commons, batch, written);
        // Long enough for a kill to come between the word and the deed.
        tokio::time::sleep(Duration::from_millis(100)).await;
        return txn.commit().await.map_err(Failed::in_commit);
    }
    let commit = txn.commit().instrument(trace.clone());
    commit.await.map_err(Failed::in_commit)?;
    let events = written.notes.iter().map(|notes| notes.events.len()).sum();
    trace.record("events", events);
    // Before anybody is answered, whose trace may end with that.
    drop(trace);
    metrics::committed(events, started.elapsed());
    speak(commons, batch, written);
    Ok(())
}

fn speak(commons: &Commons, batch: &mut Vec<Asked>, written: Written) {
    for (asked, answer) in batch.drain(..).zip(written.answers) {
        // A caller who left is no fault of the batch.
        asked.answer.send(answer.ok_or(Fault::Poisoned)).ok();
    }
    commons.announce(written.notes, written.totals);
}

fn refuse(batch: Vec<Asked>, fault: Fault) {
    for asked in batch {
        asked.answer.send(Err(fault)).ok();
    }
}
