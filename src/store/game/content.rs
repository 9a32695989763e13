//! Content that an org's admins wrote.

use ludus_domain::ids::OrgId;
use ludus_domain::refusal::Refusal;
use ludus_entities::{content_item, org};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use crate::store::people::Actor;
use crate::store::{Store, StoreError};

/// Items an org may have of its own.
const ITEMS_MAX: u64 = 500;
/// Orgs of one hub that are read at a start.
const ORGS_MAX: u64 = 10_000;

/// Something of the game as an org has it: in place of the shipped item of the same kind and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: String,
    pub id: String,
    /// A content file with just this in it; none takes the shipped item out of play.
    pub body: Option<String>,
    /// Counts changes; 0 for one that is not written yet.
    pub version: i64,
}

impl Store {
    /// Everything an org wrote of its own.
    pub async fn content_items(&self, org: OrgId) -> Result<Vec<Item>, StoreError> {
        self.read("content", move |db| {
            Box::pin(async move {
                let rows = content_item::Entity::find()
                    .filter(content_item::Column::OrgId.eq(org.0))
                    .order_by_asc(content_item::Column::Kind)
                    .order_by_asc(content_item::Column::Id)
                    .limit(ITEMS_MAX)
                    .all(db)
                    .await?;
                let item = |row: content_item::Model| Item {
                    kind: row.kind,
                    id: row.id,
                    body: row.body,
                    version: row.version,
                };
                Ok(rows.into_iter().map(item).collect())
            })
        })
        .await
    }

    /// Writes an item down. It was checked before, and is put in force after.
    pub(crate) async fn put_content(&self, actor: Actor, item: Item) -> Result<Item, StoreError> {
        use content_item::Column as C;
        self.write("put content", move |txn| {
            Box::pin(async move {
                let key = (actor.org.0, item.kind.clone(), item.id.clone());
                let there = content_item::Entity::find_by_id(key).one(txn).await?;
                if there.is_none() {
                    let count = content_item::Entity::find()
                        .filter(content_item::Column::OrgId.eq(actor.org.0))
                        .count(txn)
                        .await?;
                    if count >= ITEMS_MAX {
                        return Err(Refusal::TooLarge.into());
                    }
                }
                let version = there.map_or(1, |row| row.version.saturating_add(1));
                let row = content_item::ActiveModel {
                    org_id: Set(actor.org.0),
                    kind: Set(item.kind.clone()),
                    id: Set(item.id.clone()),
                    body: Set(item.body.clone()),
                    version: Set(version),
                    changed_by: Set(actor.user.0),
                    changed_at: Set(actor.at.0),
                };
                content_item::Entity::insert(row)
                    .on_conflict(
                        OnConflict::columns([C::OrgId, C::Kind, C::Id])
                            .update_columns([C::Body, C::Version, C::ChangedBy, C::ChangedAt])
                            .to_owned(),
                    )
                    .exec_without_returning(txn)
                    .await?;
                Ok(Item { version, ..item })
            })
        })
        .await
    }

    /// Forgets an item: the shipped one, where there is one, is in force again.
    pub(crate) async fn drop_content(
        &self,
        org: OrgId,
        kind: String,
        id: String,
    ) -> Result<bool, StoreError> {
        self.write("drop content", move |txn| {
            Box::pin(async move {
                let gone = content_item::Entity::delete_by_id((org.0, kind, id))
                    .exec(txn)
                    .await?;
                Ok(gone.rows_affected > 0)
            })
        })
        .await
    }

    /// Every org there is.
    pub async fn org_ids(&self) -> Result<Vec<OrgId>, StoreError> {
        self.read("orgs", |db| {
            Box::pin(async move {
                let ids: Vec<uuid::Uuid> = org::Entity::find()
                    .select_only()
                    .column(org::Column::Id)
                    .limit(ORGS_MAX)
                    .into_tuple()
                    .all(db)
                    .await?;
                Ok(ids.into_iter().map(OrgId).collect())
            })
        })
        .await
    }
}
