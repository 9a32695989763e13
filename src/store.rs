//! The store: the sequencer and the truth. SQLite or PostgreSQL behind one API.
//!
//! It lives on a runtime of its own, so that no query ever runs on a thread that serves sockets.
//! Writes go to [`writer`] lanes, which own their transactions; reads go to a pool that cannot
//! write. Both answer within a deadline; dropping an answer never cancels SQL. One file per table
//! or concern lies in `store/`.

pub(crate) mod alerts;
pub mod api_keys;
pub mod archive;
pub(crate) mod assignments;
pub mod audit;
pub mod backup;
pub(crate) mod breakouts;
pub mod budgets;
pub(crate) mod cohort_reports;
pub mod cohorts;
pub(crate) mod comments;
mod config;
mod connect;
pub mod content;
pub(crate) mod desks;
pub mod displays;
pub(crate) mod enrolment;
mod facts;
pub mod game;
pub(crate) mod goals;
mod held_seats;
pub mod idempotency;
pub mod jobs;
pub mod journal;
pub mod links;
mod marks;
pub(crate) mod meetings;
pub(crate) mod memories;
mod migrate;
pub(crate) mod moderation;
pub(crate) mod nodes;
pub(crate) mod notes;
pub mod people;
mod policies;
pub(crate) mod practices;
pub mod rooms;
mod rows;
#[cfg(test)]
pub(crate) mod scratch;
mod settings;
pub mod sign_ins;
pub(crate) mod sweep;
pub mod trouble;
mod turns;
pub(crate) mod words;
mod writer;

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use ludus_actors::ports::Clock as _;
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, SqlErr};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use self::config::StoreConfig;
pub use self::connect::Backend;
use self::connect::{FolderLock, Place};
use self::journal::Commons;
use self::marks::Marks;
use self::sweep::OwnTurns;
use self::trouble::Trouble;
pub use self::writer::TxnFuture;
use self::writer::{Lanes, settle};
use crate::clock::WallClock;

/// When to come again after a full queue: a commit or two later.
pub(crate) const RETRY_FULL_MS: u32 = 500;
/// When to come again while the store is gone.
pub(crate) const RETRY_DOWN_MS: u32 = 1_000;
/// A reader has its answer after this, whatever happens.
const READ_DEADLINE: Duration = Duration::from_secs(2);
/// Reads that may be waiting or running. More would only be answered after their deadline.
const READS_MAX: usize = 1_024;
/// A reading whose connection broke is tried again, unless it took this long to find out: then the
/// store is slow or gone, and the second try would only be late.
const READ_AGAIN_WITHIN: Duration = Duration::from_millis(500);
/// How long a read position may wait to be written.
const MARKS_EVERY: Duration = Duration::from_secs(1);
/// How often the size of SQLite's write-ahead log is looked at.
const FOLD_EVERY: Duration = Duration::from_secs(30);
/// A write-ahead log larger than this is emptied by force: readers of it get slower, and a start
/// after a crash has to read it all.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What a shutdown waits for the lanes.
const STOP_DEADLINE: Duration = Duration::from_secs(10);
/// The setting that says which lineage new streams are born into.
pub const SETTING_EPOCH: &str = "epoch";

/// The store's time, for what it writes itself.
pub(crate) fn now() -> Timestamp {
    WallClock.now()
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Gone, too slow, or its queue is full. What was asked may have been done, if it had begun.
    #[error("the store is unavailable")]
    Unavailable { retry_after_ms: u32 },
    /// The answer is no; the world works.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    #[error("the data folder {folder:?} is in use by another hub")]
    InUse { folder: PathBuf },
    #[error("the data folder {folder:?} cannot be used: {source}")]
    Folder {
        folder: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "the database was last used by a newer version (its migration {migration} is unknown \
         here); start that version, or restore a backup made by this one"
    )]
    Newer { migration: String },
    #[error("the store's threads could not be started: {0}")]
    Threads(#[source] std::io::Error),
    #[error("the store is not empty (table {table}); restore into a new one")]
    NotEmpty { table: &'static str },
    #[error("{path:?} is not a backup of a hub")]
    NotABackup { path: PathBuf },
    #[error("{path:?} cannot be used: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the database failed: {0}")]
    Db(#[source] DbErr),
}

impl StoreError {
    /// Whether a row with that key is there already.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Db(error)
            if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a closure given to [`Store::read`] returns.
pub type ReadFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

/// The open store. Cheap to clone; the last clone that goes takes the runtime along.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    place: Place,
    stopped: AtomicBool,
    read: DatabaseConnection,
    write: DatabaseConnection,
    lanes: Lanes,
    commons: Commons,
    reads: Arc<Semaphore>,
    marks: Marks,
    own_turns: OwnTurns,
    handle: Handle,
    /// Taken out when it is put down; nothing waits for it then.
    runtime: Mutex<Option<Runtime>>,
    folder: Mutex<Option<FolderLock>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.backend())
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let runtime = self
            .runtime
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.take() {
            // Not `drop`: that would block, which asynchronous callers may not.
            runtime.shutdown_background();
        }
    }
}

impl Inner {
    /// Small recurring work, for as long as somebody has the store.
    async fn keep(store: Weak<Self>) {
        let mut folded = Instant::now();
        loop {
            tokio::time::sleep(MARKS_EVERY).await;
            let Some(inner) = store.upgrade() else { return };
            inner.write_marks().await;
            if inner.stopped.load(Ordering::Relaxed) {
                return;
            }
            if folded.elapsed() >= FOLD_EVERY {
                folded = Instant::now();
                inner.fold_if_large();
            }
        }
    }

    /// SQLite folds its log by itself after each thousand pages, but cannot begin it anew while
    /// somebody reads. When it has grown all the same, ask for a moment without readers.
    fn fold_if_large(&self) {
        if let Place::Sqlite(path) = &self.place {
            let mut log = path.clone().into_os_string();
            log.push("-wal");
            if std::fs::metadata(log).is_ok_and(|found| found.len() > LOG_BYTES_MAX) {
                self.lanes.fold();
            }
        }
    }

    async fn write_marks(&self) {
        let marks = self.marks.take();
        if marks.is_empty() {
            return;
        }
        let written = self
            .lanes
            .write("read positions", |txn| Box::pin(marks::write(txn, marks)));
        if let Err(error) = written.await {
            tracing::debug!(%error, "some read positions were lost");
        }
    }
}

impl Store {
    /// Opens the database, locks its folder, brings it up to this version and starts the lanes.
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("store")
            .enable_all()
            .build()
            .map_err(StoreError::Threads)?;
        let handle = runtime.handle().clone();
        let opening = handle.spawn(Self::open_here(config.clone(), handle.clone()));
        let opened = match opening.await {
            Ok(opened) => opened,
            Err(error) => Err(StoreError::Db(DbErr::Custom(error.to_string()))),
        };
        match opened {
            Ok(mut inner) => {
                inner.runtime = Mutex::new(Some(runtime));
                let store = Self {
                    inner: Arc::new(inner),
                };
                handle.spawn(Inner::keep(Arc::downgrade(&store.inner)));
                Ok(store)
            }
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    async fn open_here(config: StoreConfig, handle: Handle) -> Result<Inner, StoreError> {
        let place = Place::of(&config.url);
        let backend = place.backend();
        let folder = match &place {
            Place::Sqlite(path) if !config.beside => Some(FolderLock::take(path)?),
            _ => None,
        };
        let pools = connect::open(&place, &config).await?;
        migrate::up(&pools.write, backend).await?;
        let commons = Commons::new();
        let lanes = Lanes::start(backend, &pools.write, &commons, &handle);
        Ok(Inner {
            place,
            stopped: AtomicBool::new(false),
            read: pools.read,
            write: pools.write,
            lanes,
            commons,
            reads: Arc::new(Semaphore::new(READS_MAX)),
            marks: Marks::default(),
            own_turns: OwnTurns::default(),
            handle,
            runtime: Mutex::new(None),
            folder: Mutex::new(folder),
        })
    }

    pub fn backend(&self) -> Backend {
        self.inner.place.backend()
    }

    /// Runs a closure in a write transaction of its own and commits it when it answers `Ok`. The
    /// closure sees a transaction only: waiting for anything else in there holds up everybody.
    /// Answered within three seconds; an answer that is dropped cancels nothing.
    ///
    /// ```ignore
    /// store.write("rename a user", move |txn| Box::pin(async move { ... })).await
    /// ```
    pub fn write<T, F>(
        &self,
        label: &'static str,
        work: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static + use<T, F>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> TxnFuture<'t, T> + Send + 'static,
    {
        self.inner.lanes.write(label, work)
    }

    /// Runs a closure against the readers, once more when its connection broke. Answered within
    /// two seconds.
    pub fn read<T, F>(
        &self,
        label: &'static str,
        work: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static + use<T, F>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c DatabaseConnection) -> ReadFuture<'c, T> + Clone + Send + 'static,
    {
        let slot = Arc::clone(&self.inner.reads).try_acquire_owned();
        let reading = slot.ok().map(|slot| {
            let db = self.inner.read.clone();
            self.inner.handle.spawn(async move {
                let began = Instant::now();
                let mut result = work.clone()(&db).await;
                // A connection that broke under a reading says nothing about the next one.
                if began.elapsed() < READ_AGAIN_WITHIN
                    && matches!(&result, Err(StoreError::Db(error)) if Trouble::of(error) == Trouble::Lost)
                {
                    result = work(&db).await;
                }
                let result = settle(label, result);
                drop(slot);
                result
            })
        });
        async move {
            let Some(reading) = reading else {
                return Err(StoreError::Unavailable {
                    retry_after_ms: RETRY_FULL_MS,
                });
            };
            match tokio::time::timeout(READ_DEADLINE, reading).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable {
                    retry_after_ms: RETRY_DOWN_MS,
                }),
            }
        }
    }

    /// Pieces of work that no writer has begun.
    pub fn waiting(&self) -> usize {
        self.inner.lanes.waiting()
    }

    /// Whether the store would serve: reads now, and writes as far as the lanes know.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if self.inner.lanes.health().is_down() {
            return Err(StoreError::Unavailable {
                retry_after_ms: RETRY_DOWN_MS,
            });
        }
        self.read("ping", |db| Box::pin(async move { Ok(db.ping().await?) }))
            .await
    }

    /// Finishes what is queued, takes nothing new, folds the write-ahead log and lets go of the folder.
    pub async fn shutdown(&self) {
        let inner = Arc::clone(&self.inner);
        self.inner.stopped.store(true, Ordering::Relaxed);
        let stopping = self.inner.handle.spawn(async move {
            inner.write_marks().await;
            inner.lanes.stop().await;
            if inner.place.backend() == Backend::Sqlite {
                writer::checkpoint(&inner.write).await;
            }
            inner.read.close_by_ref().await.ok();
            inner.write.close_by_ref().await.ok();
            inner
                .folder
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        });
        if tokio::time::timeout(STOP_DEADLINE, stopping).await.is_err() {
            tracing::warn!("the store did not come to rest in time");
        }
    }
}
