//! Keys of programs: found by the hash of their secret, kept when they are taken back.

use ludus_domain::audit::AuditAct;
use ludus_domain::ids::{ApiKeyId, OrgId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::api_key;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

use super::facts::Entry;
use super::idempotency::{Done, Once};
use super::{Store, StoreError, audit};

/// Keys of one org that are good at a time. More are forgotten ones.
pub const LIVE_MAX: u64 = 100;

/// What a key is good for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Talking to the org's personas, at the org's cost.
    Personas,
}

impl Scope {
    pub const ALL: [Self; 1] = [Self::Personas];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Personas => "personas",
        }
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub org: OrgId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub revoked_by: Option<UserId>,
}

/// SHA-256 of a key's secret.
pub(crate) type SecretHash = [u8; 32];

impl Store {
    pub(crate) async fn add_api_key(
        &self,
        once: Option<Once>,
        key: ApiKey,
        secret_hash: SecretHash,
    ) -> Result<Done<ApiKey>, StoreError> {
        self.write_once("add an API key", once, move |txn| {
            Box::pin(async move {
                let live = api_key::Entity::find()
                    .filter(api_key::Column::OrgId.eq(key.org.0))
                    .filter(api_key::Column::RevokedAt.is_null())
                    .count(txn)
                    .await?;
                if live >= LIVE_MAX {
                    return Err(Refusal::TooManyKeys.into());
                }
                let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                let row = api_key::ActiveModel {
                    org_id: Set(key.org.0),
                    id: Set(key.id.0),
                    name: Set(key.name.clone()),
                    scopes: Set(scopes.join(" ")),
                    secret_hash: Set(secret_hash.to_vec()),
                    created_by: Set(key.created_by.0),
                    created_at: Set(key.created_at.0),
                    used_at: Set(None),
                    revoked_at: Set(None),
                    revoked_by: Set(None),
                };
                api_key::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                let entry = Entry {
                    org: key.org,
                    by: Some(key.created_by),
                    at: key.created_at,
                };
                audit::note(txn, entry, AuditAct::KeyMade, None, "").await?;
                Ok(key)
            })
        })
        .await
    }

    /// Keys of an org, those that were taken back too, latest first.
    pub(crate) async fn api_keys(
        &self,
        org: OrgId,
        before: Option<ApiKeyId>,
        limit: u64,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.read("API keys", move |db| {
            Box::pin(async move {
                let mut found = api_key::Entity::find().filter(api_key::Column::OrgId.eq(org.0));
                if let Some(before) = before {
                    found = found.filter(api_key::Column::Id.lt(before.0));
                }
                let rows = found
                    .order_by_desc(api_key::Column::Id)
                    .limit(limit)
                    .all(db)
                    .await?;
                rows.into_iter().map(key_of).collect()
            })
        })
        .await
    }

    /// A key by its secret, whether or not it is still good.
    pub(crate) async fn api_key(
        &self,
        secret_hash: SecretHash,
    ) -> Result<Option<ApiKey>, StoreError> {
        self.read("API key", move |db| {
            Box::pin(async move {
                api_key::Entity::find()
                    .filter(api_key::Column::SecretHash.eq(secret_hash.to_vec()))
                    .one(db)
                    .await?
                    .map(key_of)
                    .transpose()
            })
        })
        .await
    }

    /// Takes a key back. Answers whether there is such a key; the first time counts.
    pub(crate) async fn revoke_api_key(
        &self,
        org: OrgId,
        id: ApiKeyId,
        by: UserId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write("revoke an API key", move |txn| {
            Box::pin(async move {
                let found = api_key::Entity::find_by_id((org.0, id.0)).one(txn).await?;
                let revoked = api_key::Entity::update_many()
                    .col_expr(api_key::Column::RevokedAt, Expr::value(at.0))
                    .col_expr(api_key::Column::RevokedBy, Expr::value(by.0))
                    .filter(api_key::Column::OrgId.eq(org.0))
                    .filter(api_key::Column::Id.eq(id.0))
                    .filter(api_key::Column::RevokedAt.is_null())
                    .exec(txn)
                    .await?;
                if revoked.rows_affected > 0 {
                    let entry = Entry {
                        org,
                        by: Some(by),
                        at,
                    };
                    audit::note(txn, entry, AuditAct::KeyRevoked, None, "").await?;
                }
                Ok(found.is_some())
            })
        })
        .await
    }

    /// Notes that a key is in use.
    pub(crate) async fn api_key_used(
        &self,
        org: OrgId,
        id: ApiKeyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("an API key was used", move |txn| {
            Box::pin(async move {
                api_key::Entity::update_many()
                    .col_expr(api_key::Column::UsedAt, Expr::value(at.0))
                    .filter(api_key::Column::OrgId.eq(org.0))
                    .filter(api_key::Column::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

fn key_of(row: api_key::Model) -> Result<ApiKey, StoreError> {
    let scope = |name: &str| {
        let known = Scope::ALL.into_iter().find(|scope| scope.as_str() == name);
        known.ok_or_else(|| DbErr::Type(format!("no such scope: {name}")))
    };
    let scopes: Result<Vec<Scope>, DbErr> = row.scopes.split_whitespace().map(scope).collect();
    Ok(ApiKey {
        id: ApiKeyId(row.id),
        org: OrgId(row.org_id),
        name: row.name,
        scopes: scopes?,
        created_by: UserId(row.created_by),
        created_at: Timestamp(row.created_at),
        used_at: row.used_at.map(Timestamp),
        revoked_at: row.revoked_at.map(Timestamp),
        revoked_by: row.revoked_by.map(UserId),
    })
}
