//! The lanes: tasks that own every write transaction, so that no caller's future can cancel one.
//!
//! A lane takes what is queued, in order, and does one thing at a time. SQLite has one lane.
//! PostgreSQL has a few for the journal (a room always takes the same one) and a few for the rest.
//! When the store is gone, a lane answers everybody at once and knocks until it is back. When
//! SQLite's disk holds one write up, everybody else is answered the same until that write is done.

mod lane;

use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ludus_domain::ids::RoomId;
use ludus_domain::journal::{Append, Appended, Fault};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::lane::Lane;
use super::connect::{BUSY_MS, Backend};
use super::journal::{Asked, Commons};
use super::trouble::Trouble;
use super::{RETRY_DOWN_MS, RETRY_FULL_MS, StoreError};
use crate::metrics;

/// Work one lane may have waiting. More would only be refused later, by its deadline.
pub(super) const QUEUE_MAX: usize = 1_024;
/// Lanes of the journal on PostgreSQL: while one waits for the disk, the others fill their batches.
const JOURNAL_LANES: usize = 3;
/// Lanes of everything else on PostgreSQL, so that a slow form never holds up a line of chat.
const REST_LANES: usize = 2;
/// A caller has its answer after this, whatever happens.
pub(super) const WRITE_DEADLINE: Duration = Duration::from_secs(3);
/// How long the folding of the log waits for readers.
const FOLD_WAIT_MS: u64 = 200;

/// Options of every write transaction: on SQLite the write lock is taken at BEGIN, because a
/// transaction that reads first and then wants to write is refused at once, not queued.
pub(super) fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// What a closure given to [`super::Store::write`] returns.
pub type TxnFuture<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// A boxed piece of work that answers its caller by itself and says how the store took it.
type Task =
    Box<dyn FnOnce(DatabaseConnection) -> Pin<Box<dyn Future<Output = Took> + Send>> + Send>;

/// How the store took a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Took {
    /// It answered, be it with a no.
    Well,
    /// It did not answer: somebody should knock.
    Badly,
}

/// What travels to a lane. Dropping it answers its caller with "unavailable".
pub(super) enum Work {
    Alone {
        label: &'static str,
        by: Instant,
        task: Task,
    },
    Append(Asked),
    Stop(oneshot::Sender<()>),
}

/// Whether the store answers, as the lanes see it.
#[derive(Debug, Default)]
pub(super) struct Health {
    down: AtomicBool,
}

impl Health {
    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }
}

/// Hands work to the lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    journal: Vec<mpsc::Sender<Work>>,
    /// Equal to `journal` on SQLite, where one lane does everything.
    rest: Vec<mpsc::Sender<Work>>,
    next: AtomicUsize,
    health: Arc<Health>,
}

impl Lanes {
    pub(super) fn start(
        backend: Backend,
        db: &DatabaseConnection,
        commons: &Commons,
        runtime: &Handle,
    ) -> Self {
        let health = Arc::new(Health::default());
        let start = |count: usize| -> Vec<mpsc::Sender<Work>> {
            (0..count)
                .map(|_| {
                    let (sender, queue) = mpsc::channel(QUEUE_MAX);
                    let lane = Lane {
                        backend,
                        queue,
                        ahead: None,
                        db: db.clone(),
                        commons: commons.clone(),
                        health: Arc::clone(&health),
                    };
                    runtime.spawn(lane.run());
                    sender
                })
                .collect()
        };
        let (journal, rest) = match backend {
            Backend::Sqlite => {
                let only = start(1);
                (only.clone(), only)
            }
            Backend::Postgres => (start(JOURNAL_LANES), start(REST_LANES)),
        };
        Self {
            journal,
            rest,
            next: AtomicUsize::new(0),
            health,
        }
    }

    /// Pieces of work that nobody has begun.
    pub(super) fn waiting(&self) -> usize {
        let of = |lanes: &[mpsc::Sender<Work>]| -> usize {
            let queued = |lane: &mpsc::Sender<Work>| lane.max_capacity() - lane.capacity();
            lanes.iter().map(queued).sum()
        };
        let shares_one = self
            .journal
            .iter()
            .zip(&self.rest)
            .all(|(a, b)| a.same_channel(b));
        of(&self.journal) + if shares_one { 0 } else { of(&self.rest) }
    }

    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    /// Runs a closure in a transaction of its own. Whoever drops the answer loses only the answer.
    pub(super) fn write<T, F>(
        &self,
        label: &'static str,
        work: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static + use<T, F>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> TxnFuture<'t, T> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let task: Task = Box::new(move |db| {
            Box::pin(async move {
                let result = transact(&db, work).await;
                let took = match &result {
                    Err(StoreError::Db(error)) if Trouble::of(error) == Trouble::Lost => {
                        Took::Badly
                    }
                    _ => Took::Well,
                };
                // A caller who left is no fault of the work.
                answer.send(settle(label, result)).ok();
                took
            })
        });
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let sent = self.send(
            &self.rest[turn % self.rest.len()],
            Work::Alone {
                label,
                by: Instant::now() + WRITE_DEADLINE,
                task,
            },
        );
        async move {
            sent?;
            match tokio::time::timeout(WRITE_DEADLINE, wait).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable {
                    retry_after_ms: RETRY_DOWN_MS,
                }),
            }
        }
    }

    /// Folds SQLite's write-ahead log in the lane's own time: it needs the one connection that
    /// writes, and on a busy disk it needs it for long.
    pub(super) fn fold(&self) {
        let task: Task = Box::new(|db| {
            Box::pin(async move {
                checkpoint(&db).await;
                Took::Well
            })
        });
        let work = Work::Alone {
            label: "fold the log",
            by: Instant::now() + WRITE_DEADLINE,
            task,
        };
        // Whoever looks at the log next time finds it as large.
        self.send(&self.rest[0], work).ok();
    }

    /// Sends an append to the lane of its room.
    pub(super) fn append(
        &self,
        append: Append,
    ) -> impl Future<Output = Result<Appended, Fault>> + Send + 'static + use<> {
        let (answer, wait) = oneshot::channel();
        let lane = lane_of(append.room, self.journal.len());
        let sent = self.send(
            &self.journal[lane],
            Work::Append(Asked {
                append,
                by: Instant::now() + WRITE_DEADLINE,
                answer,
                trace: tracing::Span::current(),
            }),
        );
        async move {
            if let Err(StoreError::Unavailable { retry_after_ms }) = sent {
                return Err(Fault::Unavailable { retry_after_ms });
            }
            let retry_after_ms = RETRY_DOWN_MS;
            match tokio::time::timeout(WRITE_DEADLINE, wait).await {
                Ok(Ok(result)) => result,
                // Dropped by a lane, which does so with what it has not begun.
                Ok(Err(_)) => Err(Fault::Unavailable { retry_after_ms }),
                Err(_) => Err(Fault::Unknown { retry_after_ms }),
            }
        }
    }

    fn send(&self, lane: &mpsc::Sender<Work>, work: Work) -> Result<(), StoreError> {
        if self.health.is_down() {
            metrics::store_refused("down");
            return Err(StoreError::Unavailable {
                retry_after_ms: RETRY_DOWN_MS,
            });
        }
        lane.try_send(work).map_err(|_| {
            metrics::store_refused("full");
            StoreError::Unavailable {
                retry_after_ms: RETRY_FULL_MS,
            }
        })
    }

    /// Lets the lanes finish what they have, and no more.
    pub(super) async fn stop(&self) {
        let mut waits = vec![];
        let is_one = self.journal.len() == 1;
        let rest = if is_one { &[][..] } else { &self.rest[..] };
        for lane in self.journal.iter().chain(rest) {
            let (done, wait) = oneshot::channel();
            if lane.send(Work::Stop(done)).await.is_ok() {
                waits.push(wait);
            }
        }
        for wait in waits {
            wait.await.ok();
        }
    }
}

/// A room keeps its lane, so that its appends are written in the order they came.
fn lane_of(room: RoomId, lanes: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    room.hash(&mut hasher);
    // The remainder is below the number of lanes.
    usize::try_from(hasher.finish() % lanes as u64).unwrap_or(0)
}

async fn transact<T, F>(db: &DatabaseConnection, work: F) -> Result<T, StoreError>
where
    F: for<'t> FnOnce(&'t DatabaseTransaction) -> TxnFuture<'t, T>,
{
    let txn = db.begin_with_options(immediate()).await?;
    match work(&txn).await {
        Ok(value) => {
            txn.commit().await?;
            Ok(value)
        }
        Err(error) => {
            // A rollback that fails is a connection that is gone, and with it the transaction.
            txn.rollback().await.ok();
            Err(error)
        }
    }
}

/// Says "unavailable" for what will pass, and logs why; leaves the rest as it is.
pub(super) fn settle<T>(
    label: &'static str,
    result: Result<T, StoreError>,
) -> Result<T, StoreError> {
    match result {
        Err(StoreError::Db(error)) => match Trouble::of(&error) {
            Trouble::Lost | Trouble::Clash => {
                tracing::warn!(label, %error, "the store did not do it");
                Err(StoreError::Unavailable {
                    retry_after_ms: RETRY_DOWN_MS,
                })
            }
            Trouble::Constraint | Trouble::Wrong => Err(StoreError::Db(error)),
        },
        other => other,
    }
}

/// Takes a write transaction and lets it go. In a task: it must not be cut off half-way.
pub(super) async fn probe(db: &DatabaseConnection) -> Result<(), DbErr> {
    let db = db.clone();
    let asked = tokio::spawn(async move {
        let txn = db.begin_with_options(immediate()).await?;
        txn.rollback().await
    });
    match tokio::time::timeout(Duration::from_secs(1), asked).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(DbErr::Custom(error.to_string())),
        Err(_) => Err(DbErr::Custom("no answer within a second".to_owned())),
    }
}

/// Folds SQLite's write-ahead log into the database and empties it, if no reader stands in the way
/// for long: everybody who writes waits meanwhile.
pub(super) async fn checkpoint(db: &DatabaseConnection) {
    use sea_orm::ConnectionTrait as _;
    let folding = format!(
        "PRAGMA busy_timeout = {FOLD_WAIT_MS}; PRAGMA wal_checkpoint(TRUNCATE); \
         PRAGMA busy_timeout = {BUSY_MS}"
    );
    if let Err(error) = db.execute_unprepared(&folding).await {
        tracing::warn!(%error, "the write-ahead log was not folded");
    }
}
