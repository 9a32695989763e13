//! Lists of words of orgs: each change is a whole list that is never changed, and the latest counts.

use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::moderation::words::ListedWord;
use ludus_domain::time::Timestamp;
use ludus_entities::{org, word_list};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use super::people::Actor;
use super::{Store, StoreError};

/// A list, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WordList {
    /// Which change of the org it is, from 1.
    pub(crate) number: i64,
    pub(crate) words: Vec<ListedWord>,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

async fn current(db: &impl ConnectionTrait, org: OrgId) -> Result<Option<WordList>, StoreError> {
    let row = word_list::Entity::find()
        .filter(word_list::Column::OrgId.eq(org.0))
        .order_by_desc(word_list::Column::Number)
        .limit(1)
        .one(db)
        .await?;
    row.map(list_of).transpose()
}

fn list_of(row: word_list::Model) -> Result<WordList, StoreError> {
    Ok(WordList {
        number: row.number,
        words: serde_json::from_str(&row.words).map_err(|error| DbErr::Json(error.to_string()))?,
        by: UserId(row.by_id),
        at: Timestamp(row.at),
    })
}

impl Store {
    pub(crate) async fn word_list(&self, org: OrgId) -> Result<Option<WordList>, StoreError> {
        self.read("words of an org", move |db| {
            Box::pin(async move { current(db, org).await })
        })
        .await
    }

    /// Of each org that has a list: which change was the last.
    pub(crate) async fn word_list_counts(&self) -> Result<Vec<(OrgId, i64)>, StoreError> {
        use word_list::Column as C;
        self.read("changes of words", |db| {
            Box::pin(async move {
                let rows: Vec<(uuid::Uuid, i64)> = word_list::Entity::find()
                    .select_only()
                    .column(C::OrgId)
                    .column_as(C::Number.max(), "newest")
                    .group_by(C::OrgId)
                    .into_tuple()
                    .all(db)
                    .await?;
                let counts = rows.into_iter();
                Ok(counts.map(|(org, newest)| (OrgId(org), newest)).collect())
            })
        })
        .await
    }

    /// Puts another list in the place of the one that holds; the same again changes nothing.
    pub(crate) async fn put_word_list(
        &self,
        actor: Actor,
        words: Vec<ListedWord>,
    ) -> Result<WordList, StoreError> {
        self.write("change words", move |txn| {
            Box::pin(async move {
                // Two who change it at once come one after the other.
                org::Entity::find_by_id(actor.org.0)
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let before = current(txn, actor.org).await?;
                if let Some(same) = before.as_ref().filter(|list| list.words == words) {
                    return Ok(same.clone());
                }
                let list = WordList {
                    number: before.map_or(0, |list| list.number) + 1,
                    words,
                    by: actor.user,
                    at: actor.at,
                };
                let json = serde_json::to_string(&list.words)
                    .map_err(|error| DbErr::Json(error.to_string()))?;
                let row = word_list::ActiveModel {
                    org_id: Set(actor.org.0),
                    number: Set(list.number),
                    words: Set(json),
                    by_id: Set(actor.user.0),
                    at: Set(actor.at.0),
                };
                word_list::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                Ok(list)
            })
        })
        .await
    }

    /// Changes of an org's list, the newest first.
    pub(crate) async fn word_list_changes(
        &self,
        org: OrgId,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<WordList>, StoreError> {
        use word_list::Column as C;
        self.read("changes of words", move |db| {
            Box::pin(async move {
                let mut found = word_list::Entity::find().filter(C::OrgId.eq(org.0));
                if let Some(before) = before {
                    found = found.filter(C::Number.lt(before));
                }
                let rows = found.order_by_desc(C::Number).limit(limit).all(db).await?;
                rows.into_iter().map(list_of).collect()
            })
        })
        .await
    }
}
