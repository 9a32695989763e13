//! Bringing a database up to this version: at start, under a lock, all or nothing.

use ludus_migration::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, EntityTrait as _, Set,
    TransactionTrait as _,
};

use super::connect::Backend;
use super::writer::immediate;
use super::{SETTING_EPOCH, StoreError};
use ludus_entities::setting;

/// Names our migrations among the advisory locks of a shared server: "ludus" in bytes.
const ADVISORY_LOCK: i64 = 0x006c_7564_7573;

/// Refuses what a newer version wrote; applies what is missing. Two hubs that start at once take
/// turns, and the second finds nothing to do.
pub(super) async fn up(db: &DatabaseConnection, backend: Backend) -> Result<(), StoreError> {
    let txn = db.begin_with_options(immediate()).await?;
    if backend == Backend::Postgres {
        // A migration may take its time, and so may waiting for another hub's.
        txn.execute_unprepared(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '120s'; \
             SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .await?;
        txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            .await?;
    }
    if let Err(error) = up_within(&txn).await {
        txn.rollback().await.ok();
        return Err(error);
    }
    txn.commit().await?;
    Ok(())
}

async fn up_within(txn: &DatabaseTransaction) -> Result<(), StoreError> {
    check_version(txn).await?;
    Migrator::up(txn, None).await?;
    let first_epoch = setting::ActiveModel {
        key: Set(SETTING_EPOCH.to_owned()),
        value: Set("1".to_owned()),
    };
    setting::Entity::insert(first_epoch)
        .on_conflict_do_nothing_on([setting::Column::Key])
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Refuses a database that has seen a migration this program does not know.
pub(super) async fn check_version(db: &impl sea_orm::ConnectionTrait) -> Result<(), StoreError> {
    let known = Migrator::get_migration_files();
    let applied = applied(db).await?;
    match applied
        .into_iter()
        .find(|name| known.iter().all(|migration| migration.name() != name))
    {
        Some(migration) => Err(StoreError::Newer { migration }),
        None => Ok(()),
    }
}

/// The names of the migrations a database has seen; none when it is empty.
pub(super) async fn applied(db: &impl sea_orm::ConnectionTrait) -> Result<Vec<String>, StoreError> {
    use sea_orm::sea_query::{Alias, Query};
    let manager_says = sea_orm_migration_table_exists(db).await?;
    if !manager_says {
        return Ok(vec![]);
    }
    let select = Query::select()
        .column(Alias::new("version"))
        .from(Alias::new("seaql_migrations"))
        .to_owned();
    let mut names = vec![];
    for row in db.query_all(&select).await? {
        names.push(row.try_get_by_index::<String>(0)?);
    }
    Ok(names)
}

async fn sea_orm_migration_table_exists(
    db: &impl sea_orm::ConnectionTrait,
) -> Result<bool, StoreError> {
    let sql = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT to_regclass('seaql_migrations') IS NOT NULL AS found"
        }
        _ => "SELECT EXISTS(SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations') AS found",
    };
    let row = db
        .query_one_raw(sea_orm::Statement::from_string(
            db.get_database_backend(),
            sql,
        ))
        .await?;
    Ok(match row {
        Some(row) => row.try_get_by_index::<bool>(0)?,
        None => false,
    })
}
