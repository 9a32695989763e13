//! Content that is being written: one draft of an item, for all who may write it.

use ludus_domain::content::Kind;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::content_draft as draft;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, Set,
};

use crate::store::people::Actor;
use crate::store::{Store, StoreError};

/// Drafts of an org at a time.
const DRAFTS_MAX: u64 = 100;

/// What somebody wrote down to go on with later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

impl From<draft::Model> for Draft {
    fn from(row: draft::Model) -> Self {
        Self {
            kind: row.kind,
            id: row.id,
            body: row.body,
            by: UserId(row.by_user),
            at: Timestamp(row.at),
        }
    }
}

/// Once it is in force there is nothing left to write.
pub(super) async fn forget(
    txn: &DatabaseTransaction,
    org: OrgId,
    kind: &str,
    id: &str,
) -> Result<bool, DbErr> {
    let gone = draft::Entity::delete_by_id((org.0, kind.to_owned(), id.to_owned()))
        .exec(txn)
        .await?;
    Ok(gone.rows_affected > 0)
}

impl Store {
    /// Drafts of an org.
    pub(crate) async fn drafts(&self, org: OrgId) -> Result<Vec<Draft>, StoreError> {
        self.read("drafts of content", move |db| {
            Box::pin(async move {
                let rows = draft::Entity::find()
                    .filter(draft::Column::OrgId.eq(org.0))
                    .order_by_asc(draft::Column::Kind)
                    .order_by_asc(draft::Column::Id)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().map(Draft::from).collect())
            })
        })
        .await
    }

    pub(crate) async fn draft(
        &self,
        org: OrgId,
        kind: Kind,
        id: String,
    ) -> Result<Option<Draft>, StoreError> {
        self.read("draft of content", move |db| {
            Box::pin(async move {
                let key = (org.0, kind.as_str().to_owned(), id);
                let row = draft::Entity::find_by_id(key).one(db).await?;
                Ok(row.map(Draft::from))
            })
        })
        .await
    }

    /// Keeps a draft, in place of the one there was.
    pub(crate) async fn put_draft(
        &self,
        actor: Actor,
        kind: Kind,
        id: String,
        body: String,
    ) -> Result<Draft, StoreError> {
        use draft::Column as C;
        self.write("keep a draft of content", move |txn| {
            Box::pin(async move {
                let key = (actor.org.0, kind.as_str().to_owned(), id.clone());
                if draft::Entity::find_by_id(key).one(txn).await?.is_none() {
                    let count = draft::Entity::find()
                        .filter(C::OrgId.eq(actor.org.0))
                        .count(txn)
                        .await?;
                    if count >= DRAFTS_MAX {
                        return Err(Refusal::TooLarge.into());
                    }
                }
                let row = draft::Model {
                    org_id: actor.org.0,
                    kind: kind.as_str().to_owned(),
                    id,
                    body,
                    by_user: actor.user.0,
                    at: actor.at.0,
                };
                let fresh = draft::ActiveModel {
                    org_id: Set(row.org_id),
                    kind: Set(row.kind.clone()),
                    id: Set(row.id.clone()),
                    body: Set(row.body.clone()),
                    by_user: Set(row.by_user),
                    at: Set(row.at),
                };
                draft::Entity::insert(fresh)
                    .on_conflict(
                        OnConflict::columns([C::OrgId, C::Kind, C::Id])
                            .update_columns([C::Body, C::ByUser, C::At])
                            .to_owned(),
                    )
                    .exec_without_returning(txn)
                    .await?;
                Ok(row.into())
            })
        })
        .await
    }

    /// Throws a draft away; whether there was one.
    pub(crate) async fn drop_draft(
        &self,
        org: OrgId,
        kind: Kind,
        id: String,
    ) -> Result<bool, StoreError> {
        self.write("throw a draft of content away", move |txn| {
            Box::pin(async move { Ok(forget(txn, org, kind.as_str(), &id).await?) })
        })
        .await
    }
}
