//! Writes that happen once, however often they are asked for with the same `Idempotency-Key`.
//!
//! The first answer is kept in the transaction of the write itself: either both are there or
//! neither, so that a crash between the two cannot make a second room.

use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::idempotency;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, Set,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, StoreError, TxnFuture};

/// How long an answer is kept for whoever asks again.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

/// What makes a write happen once.
#[derive(Clone, Debug)]
pub struct Once {
    pub org: OrgId,
    pub user: UserId,
    pub key: String,
    /// Of method, path and body: the same key with another request is a mistake, not a retry.
    pub fingerprint: i64,
    pub at: Timestamp,
}

/// What came of a write, and whether it had been done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done<T> {
    pub value: T,
    pub replayed: bool,
}

impl<T> Done<T> {
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Done<U> {
        Done {
            value: to(self.value),
            replayed: self.replayed,
        }
    }
}

impl Store {
    /// [`Store::write`], once per key. What the closure answers is kept, so it must hold no secret.
    pub(crate) async fn write_once<T, F>(
        &self,
        label: &'static str,
        once: Option<Once>,
        work: F,
    ) -> Result<Done<T>, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> TxnFuture<'t, T> + Send + 'static,
    {
        let asked = once.clone();
        let written = self.write(label, move |txn| {
            Box::pin(async move {
                let Some(once) = once else {
                    let value = work(txn).await?;
                    return Ok(Done {
                        value,
                        replayed: false,
                    });
                };
                if let Some(value) = earlier(txn, &once).await? {
                    return Ok(Done {
                        value,
                        replayed: true,
                    });
                }
                let value = work(txn).await?;
                let body =
                    serde_json::to_vec(&value).map_err(|error| DbErr::Json(error.to_string()))?;
                keep(txn, once, body).await?;
                Ok(Done {
                    value,
                    replayed: false,
                })
            })
        });
        let result = written.await;
        let (Err(StoreError::Refused(Refusal::Conflict)), Some(once)) = (&result, asked) else {
            return result;
        };
        // Whoever was first has committed: theirs is the answer.
        let first = self.read(label, move |db| {
            Box::pin(async move { earlier(db, &once).await })
        });
        let value = first.await?.ok_or(Refusal::Conflict)?;
        Ok(Done {
            value,
            replayed: true,
        })
    }

    /// Forgets answers nobody asks for any more.
    pub(crate) async fn forget_answers(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.plus_ms(-KEPT_MS).0;
        self.write("forget idempotency keys", move |txn| {
            Box::pin(async move {
                let gone = idempotency::Entity::delete_many()
                    .filter(idempotency::Column::CreatedAt.lt(before))
                    .exec(txn)
                    .await?;
                Ok(gone.rows_affected)
            })
        })
        .await
    }
}

async fn earlier<T: DeserializeOwned>(
    db: &impl ConnectionTrait,
    once: &Once,
) -> Result<Option<T>, StoreError> {
    let key = (once.org.0, once.user.0, once.key.clone());
    let Some(row) = idempotency::Entity::find_by_id(key).one(db).await? else {
        return Ok(None);
    };
    if row.fingerprint != once.fingerprint {
        return Err(Refusal::IdReused.into());
    }
    let value =
        serde_json::from_slice(&row.body).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Some(value))
}

async fn keep(txn: &DatabaseTransaction, once: Once, body: Vec<u8>) -> Result<(), StoreError> {
    let row = idempotency::ActiveModel {
        org_id: Set(once.org.0),
        user_id: Set(once.user.0),
        key: Set(once.key),
        fingerprint: Set(once.fingerprint),
        status: Set(200),
        body: Set(body),
        created_at: Set(once.at.0),
    };
    idempotency::Entity::insert(row)
        .exec_without_returning(txn)
        .await
        .map_err(|error| {
            let error = StoreError::from(error);
            // Somebody else did the same write at the same moment, and was first.
            if error.is_taken() {
                Refusal::Conflict.into()
            } else {
                error
            }
        })?;
    Ok(())
}
