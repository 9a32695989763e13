//! Opening the databases, with every setting a promise rests on.
//!
//! SQLite: one connection writes, a few read. PostgreSQL: two pools, so that readers can never keep
//! the writers waiting for a connection.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{Connection as _, Executor as _};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, sqlx};

use super::{StoreConfig, StoreError};

/// How long SQLite waits for a lock another process holds (a backup, a command line).
pub(super) const BUSY_MS: u64 = 1_500;
/// How long a caller waits for a connection. Longer than this and the two-second promise is lost.
const ACQUIRE_MS: u64 = 1_000;
/// PostgreSQL gives up on a writer's statement after this: below the journal's budget.
const WRITE_STATEMENT_MS: u64 = 1_500;
/// PostgreSQL gives up on a read after this: the reader's deadline.
const READ_STATEMENT_MS: u64 = 2_000;
/// PostgreSQL gives up waiting for a row lock after this.
const LOCK_MS: u64 = 1_000;
/// PostgreSQL ends a transaction that says nothing for so long: nothing of ours ever does.
const IDLE_IN_TRANSACTION_MS: u64 = 10_000;
/// Writer connections to PostgreSQL: the journal's lanes, the others' lanes and a spare for probes.
const WRITERS: u32 = 6;

/// Which database a store lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Where a URL points.
#[derive(Clone)]
pub(super) enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    pub(super) fn of(url: &str) -> Self {
        if let Some(rest) = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
        {
            return Self::Postgres(format!("postgres://{rest}"));
        }
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .unwrap_or(url);
        Self::Sqlite(PathBuf::from(path))
    }

    pub(super) const fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }
}

/// The two ways in.
pub(super) struct Pools {
    pub(super) write: DatabaseConnection,
    pub(super) read: DatabaseConnection,
}

/// Keeps a second hub out of the data folder for as long as it lives.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let folder = match database.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let trouble = |source| StoreError::Folder {
            folder: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(trouble)?;
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(folder.join("ludus.lock"))
            .map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                folder: folder.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(trouble(source)),
        }
    }
}

pub(super) async fn open(place: &Place, config: &StoreConfig) -> Result<Pools, DbErr> {
    match place {
        Place::Sqlite(path) => {
            // The writer first: it creates the file and switches it to WAL.
            let write = sqlite(path, config, Part::Writer).await?;
            let read = sqlite(path, config, Part::Reader).await?;
            Ok(Pools { write, read })
        }
        Place::Postgres(url) => Ok(Pools {
            write: postgres(url, config, Part::Writer).await?,
            read: postgres(url, config, Part::Reader).await?,
        }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Writer,
    Reader,
    /// Backup and restore: one connection, no hurry.
    Copier,
}

pub(super) async fn sqlite(
    path: &Path,
    config: &StoreConfig,
    part: Part,
) -> Result<DatabaseConnection, DbErr> {
    // The path is set below: a file name with a `?` in it is a file name.
    let mut options = ConnectOptions::new("sqlite:ludus");
    let is_writer = part == Part::Writer;
    options
        .max_connections(if part == Part::Reader {
            config.readers.max(1)
        } else {
            1
        })
        .acquire_timeout(Duration::from_millis(ACQUIRE_MS))
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        .sqlx_logging(false);
    let path = path.to_owned();
    let synchronous = if config.fsync_off {
        SqliteSynchronous::Off
    } else {
        SqliteSynchronous::Full
    };
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .filename(&path)
            .create_if_missing(is_writer)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(BUSY_MS))
            .statement_cache_capacity(256)
            .pragma("temp_store", "memory");
        if part == Part::Reader {
            sqlite.pragma("query_only", "on")
        } else {
            sqlite
        }
    });
    Database::connect(options).await
}

pub(super) async fn postgres(
    url: &str,
    config: &StoreConfig,
    part: Part,
) -> Result<DatabaseConnection, DbErr> {
    // Writers only look things up by key. A plan made while the tables were empty would scan them,
    // and go on scanning when they have grown, until statistics happen to be gathered.
    let scan = if part == Part::Writer { "off" } else { "on" };
    // Connections, name, statement and idle timeout, whether transactions are read-only.
    let (connections, name, statement_ms, idle_ms, read_only) = match part {
        Part::Writer => (
            WRITERS,
            "ludus",
            WRITE_STATEMENT_MS,
            IDLE_IN_TRANSACTION_MS,
            "off",
        ),
        Part::Reader => (
            config.readers.max(1),
            "ludus read",
            READ_STATEMENT_MS,
            IDLE_IN_TRANSACTION_MS,
            "on",
        ),
        Part::Copier => (1, "ludus copy", 0, 0, "off"),
    };
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(ACQUIRE_MS))
        .test_before_acquire(false)
        .sqlx_logging(false);
    let commit = if config.fsync_off { "off" } else { "on" };
    let settings = [
        ("client_min_messages", "error".to_owned()),
        ("statement_timeout", statement_ms.to_string()),
        ("lock_timeout", LOCK_MS.to_string()),
        ("idle_in_transaction_session_timeout", idle_ms.to_string()),
        ("synchronous_commit", commit.to_owned()),
        ("default_transaction_read_only", read_only.to_owned()),
        ("enable_seqscan", scan.to_owned()),
        ("enable_hashjoin", scan.to_owned()),
        ("enable_mergejoin", scan.to_owned()),
    ];
    options.map_sqlx_postgres_opts(move |postgres| {
        postgres
            .application_name(name)
            .options(settings.clone())
            .statement_cache_capacity(256)
    });
    options.map_sqlx_postgres_before_acquire(|connection, _| Box::pin(clean(connection)));
    Database::connect(options).await
}

/// A connection that comes out of the pool is in no transaction, whatever became of its last user.
/// Outside one, `ROLLBACK` is a round trip and a warning nobody hears; it is also the ping.
async fn clean(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The driver believes it is in a transaction: a BEGIN would become a savepoint of nothing.
        return Ok(false);
    }
    connection.execute("ROLLBACK").await?;
    Ok(true)
}
