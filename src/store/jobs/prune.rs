//! Forgets what has had its time, a few rows per transaction so that nobody waits for it.

use sea_orm::{ConnectionTrait as _, Statement, Value};

use crate::store::idempotency::KEPT_MS;
use crate::store::{Store, StoreError, now};

/// Rows of one transaction.
const ROWS_MAX: u64 = 500;
/// How long an expired link is still found, so that who comes late hears "expired" and not "never".
const LINKS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long a finished job can be looked up.
const JOBS_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long an ended sign-in stays: longer than any token made from it is good for.
const SIGN_INS_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

/// A table, its key and what of it has had its time (`$1` is when).
const OVER: [(&str, &str, &str, i64); 4] = [
    ("sign_in", "id", "expires_at < $1", SIGN_INS_KEPT_MS),
    ("link", "id", "expires_at < $1", LINKS_KEPT_MS),
    (
        "idempotency",
        "org_id, user_id, key",
        "created_at < $1",
        KEPT_MS,
    ),
    ("job", "id", "state = 'done' AND run_at < $1", JOBS_KEPT_MS),
];

pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    for (table, key, over, kept_ms) in OVER {
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN \
             (SELECT {key} FROM {table} WHERE {over} LIMIT {ROWS_MAX})"
        );
        let before = now().plus_ms(-kept_ms).0;
        loop {
            let sql = sql.clone();
            let gone = store
                .write("prune", move |txn| {
                    Box::pin(async move {
                        let backend = txn.get_database_backend();
                        let values = [Value::from(before)];
                        let delete = Statement::from_sql_and_values(backend, sql, values);
                        Ok(txn.execute_raw(delete).await?.rows_affected())
                    })
                })
                .await?;
            if gone < ROWS_MAX {
                break;
            }
        }
    }
    Ok(())
}
