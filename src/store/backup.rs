//! Backups: one SQLite file, taken while the hub runs, put back into an empty store of either kind.
//!
//! What comes back is another lineage: every stream gets a new epoch, so that a client which holds
//! positions of what came after the backup is told to start over instead of missing it silently.

mod copy;

use std::fs::File;
use std::path::{Path, PathBuf};

use ludus_domain::time::Timestamp;
use ludus_entities::{job, setting, stream};
use sea_orm::sea_query::Expr;
use sea_orm::{
    AccessMode, ColumnTrait as _, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction,
    DbErr, EntityTrait as _, IsolationLevel, QuerySelect as _, Set, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};

use super::connect::{self, FolderLock, Part, Place};
use super::journal::epoch_of;
use super::migrate;
use super::writer::immediate;
use super::{SETTING_EPOCH, StoreConfig, StoreError, now};

/// Seconds from 1970 to 2020: epochs made from the clock count from there, to last until 2088.
const EPOCHS_BEGIN_S: i64 = 1_577_836_800;

/// Copies a consistent moment of the database into a new file, beside a running hub. The file has
/// everything in it, hashes of passwords included: it is readable by its owner only.
pub async fn backup(config: &StoreConfig, to: &Path) -> Result<(), StoreError> {
    let unfinished = beside(to, "unfinished");
    if to.exists() {
        return Err(file_trouble(to)(std::io::ErrorKind::AlreadyExists.into()));
    }
    std::fs::remove_file(&unfinished).ok();
    create_private(&unfinished).map_err(file_trouble(&unfinished))?;
    let copied = match Place::of(&config.url) {
        Place::Sqlite(path) => vacuum_into(&path, config, &unfinished).await,
        Place::Postgres(url) => copy_out(&url, config, &unfinished).await,
    };
    let finished = copied.and_then(|()| {
        // In the folder as well as in the file, or a power cut takes it away again.
        File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&unfinished, to))
            .and_then(|()| File::open(folder_of(to))?.sync_all())
            .map_err(file_trouble(to))
    });
    if finished.is_err() {
        std::fs::remove_file(&unfinished).ok();
    }
    finished
}

/// Puts a backup into an empty store, all or nothing. The hub must not be running.
pub async fn restore(config: &StoreConfig, from: &Path) -> Result<(), StoreError> {
    // A copy, because an older backup is brought up to this version first.
    let source_path = beside(from, "restoring");
    std::fs::remove_file(&source_path).ok();
    create_private(&source_path).map_err(file_trouble(&source_path))?;
    let restored = async {
        std::fs::copy(from, &source_path).map_err(file_trouble(from))?;
        let source = connect::sqlite(&source_path, &careless(), Part::Writer).await?;
        if migrate::applied(&source).await?.is_empty() {
            return Err(StoreError::NotABackup {
                path: from.to_owned(),
            });
        }
        migrate::up(&source, connect::Backend::Sqlite).await?;
        let place = Place::of(&config.url);
        let _folder = match &place {
            Place::Sqlite(path) => Some(FolderLock::take(path)?),
            Place::Postgres(_) => None,
        };
        let target = open_alone(&place, config).await?;
        migrate::up(&target, place.backend()).await?;
        let txn = target.begin_with_options(immediate()).await?;
        match fill(&txn, &source).await {
            Ok(()) => txn.commit().await?,
            Err(error) => {
                txn.rollback().await.ok();
                return Err(error);
            }
        }
        source.close().await.ok();
        target.close().await?;
        Ok(())
    }
    .await;
    for name in ["restoring", "restoring-wal", "restoring-shm"] {
        std::fs::remove_file(beside(from, name)).ok();
    }
    restored
}

async fn vacuum_into(path: &Path, config: &StoreConfig, to: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(file_trouble(path)(std::io::ErrorKind::NotFound.into()));
    }
    let db = connect::sqlite(path, config, Part::Copier).await?;
    migrate::check_version(&db).await?;
    let to = to.to_string_lossy().into_owned();
    let sql = "VACUUM INTO $1";
    let vacuum = Statement::from_sql_and_values(db.get_database_backend(), sql, [Value::from(to)]);
    db.execute_raw(vacuum).await?;
    db.close().await?;
    Ok(())
}

async fn copy_out(url: &str, config: &StoreConfig, to: &Path) -> Result<(), StoreError> {
    let source = connect::postgres(url, config, Part::Copier).await?;
    migrate::check_version(&source).await?;
    let target = connect::sqlite(to, &careless(), Part::Writer).await?;
    migrate::up(&target, connect::Backend::Sqlite).await?;
    // One snapshot for all tables.
    let moment = source
        .begin_with_options(TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        })
        .await?;
    let txn = target.begin_with_options(immediate()).await?;
    setting::Entity::delete_many().exec(&txn).await?;
    copy::everything(copy::Source::Postgres(&moment), &txn).await?;
    txn.commit().await?;
    moment.rollback().await?;
    // A plain file: no log beside it that one could forget to take along.
    target
        .execute_unprepared("PRAGMA journal_mode = DELETE")
        .await?;
    target.close().await?;
    Ok(())
}

async fn fill(txn: &DatabaseTransaction, source: &DatabaseConnection) -> Result<(), StoreError> {
    if let Some(table) = copy::first_filled(txn).await? {
        return Err(StoreError::NotEmpty { table });
    }
    // What a fresh hub puts down by itself.
    setting::Entity::delete_many().exec(txn).await?;
    job::Entity::delete_many().exec(txn).await?;
    copy::everything(copy::Source::Sqlite(source), txn).await?;
    change_lineage(txn).await
}

/// From the clock, so that two restores of one backup are two lineages, and above all there were.
async fn change_lineage(txn: &DatabaseTransaction) -> Result<(), StoreError> {
    let highest: Option<i32> = stream::Entity::find()
        .select_only()
        .column_as(stream::Column::Epoch.max(), "epoch")
        .into_tuple::<Option<i32>>()
        .one(txn)
        .await?
        .flatten();
    let kept = setting::Entity::find_by_id(SETTING_EPOCH).one(txn).await?;
    let kept: i32 = kept.and_then(|row| row.value.parse().ok()).unwrap_or(0);
    let Timestamp(ms) = now();
    let clock = i32::try_from(ms / 1_000 - EPOCHS_BEGIN_S).unwrap_or(i32::MAX);
    let epoch = highest.unwrap_or(0).max(kept).saturating_add(1).max(clock);
    stream::Entity::update_many()
        .col_expr(stream::Column::Epoch, Expr::value(epoch))
        .exec(txn)
        .await?;
    setting::Entity::delete_by_id(SETTING_EPOCH)
        .exec(txn)
        .await?;
    let row = setting::ActiveModel {
        key: Set(SETTING_EPOCH.to_owned()),
        value: Set(epoch_of(epoch).0.to_string()),
    };
    setting::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

async fn open_alone(place: &Place, config: &StoreConfig) -> Result<DatabaseConnection, DbErr> {
    match place {
        Place::Sqlite(path) => connect::sqlite(path, config, Part::Writer).await,
        Place::Postgres(url) => connect::postgres(url, config, Part::Copier).await,
    }
}

/// For files that are synced once, when they are whole.
fn careless() -> StoreConfig {
    StoreConfig {
        fsync_off: true,
        ..StoreConfig::new("")
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map(drop)
}

fn file_trouble(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::File { path, source }
}
