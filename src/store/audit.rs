//! The log of who did what to whom: written in the transaction that does it, and chained, so that an
//! entry that is changed afterwards is found out.

use std::collections::HashMap;

use ludus_domain::audit::AuditAct;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::time::Timestamp;
use ludus_entities::{audit_entry, org, user};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::facts::Entry;
use super::{Store, StoreError};

/// Entries that one look at the chain reads.
const CHAIN_PAGE: u64 = 500;

/// An entry, with the names of those in it as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub number: i64,
    pub at: Timestamp,
    pub by: Option<(UserId, Option<String>)>,
    pub act: String,
    pub about: Option<(UserId, Option<String>)>,
    pub what: String,
}

/// Which entries somebody wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    pub about: Option<UserId>,
    pub act: Option<AuditAct>,
}

/// What came of walking the chain of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    pub entries: u64,
    /// Numbers of entries that are not what they were, or do not follow the one before.
    pub broken: Vec<i64>,
}

/// Writes an entry down, if and only if the transaction commits. `what` is a word of ours.
pub(crate) async fn note(
    txn: &DatabaseTransaction,
    entry: Entry,
    act: AuditAct,
    about: Option<UserId>,
    what: &str,
) -> Result<(), StoreError> {
    // One at a time in an org: each follows the one before. Rows that name the org hold its key until
    // they are committed, and the same transaction has written some: for the whole row two of them
    // would wait for each other.
    org::Entity::find_by_id(entry.org.0)
        .lock(LockType::NoKeyUpdate)
        .one(txn)
        .await?;
    let before = audit_entry::Entity::find()
        .filter(audit_entry::Column::OrgId.eq(entry.org.0))
        .order_by_desc(audit_entry::Column::Number)
        .limit(1)
        .one(txn)
        .await?;
    let mut row = audit_entry::Model {
        org_id: entry.org.0,
        number: before.as_ref().map_or(0, |before| before.number) + 1,
        at: entry.at.0,
        by_user: entry.by.map(|by| by.0),
        act: act.as_str().to_owned(),
        about: about.map(|about| about.0),
        what: what.to_owned(),
        hash: vec![],
    };
    row.hash = hash_of(before.as_ref().map(|before| &before.hash[..]), &row);
    let row = audit_entry::ActiveModel {
        org_id: Set(row.org_id),
        number: Set(row.number),
        at: Set(row.at),
        by_user: Set(row.by_user),
        act: Set(row.act),
        about: Set(row.about),
        what: Set(row.what),
        hash: Set(row.hash),
    };
    audit_entry::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Each part says how long it is, so that no two entries have the same bytes.
fn hash_of(before: Option<&[u8]>, row: &audit_entry::Model) -> Vec<u8> {
    let id = |id: Option<Uuid>| id.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [
        before.unwrap_or_default().to_vec(),
        row.org_id.as_bytes().to_vec(),
        row.number.to_be_bytes().to_vec(),
        row.at.to_be_bytes().to_vec(),
        id(row.by_user),
        row.act.clone().into_bytes(),
        id(row.about),
        row.what.clone().into_bytes(),
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

impl Store {
    /// Entries of an org, the latest first.
    pub(crate) async fn audit(
        &self,
        org: OrgId,
        filter: AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        use audit_entry::Column as C;
        self.read("audit", move |db| {
            Box::pin(async move {
                let mut found = audit_entry::Entity::find().filter(C::OrgId.eq(org.0));
                if let Some(before) = before {
                    found = found.filter(C::Number.lt(before));
                }
                if let Some(about) = filter.about {
                    found = found.filter(C::About.eq(about.0));
                }
                if let Some(act) = filter.act {
                    found = found.filter(C::Act.eq(act.as_str()));
                }
                let rows = found.order_by_desc(C::Number).limit(limit).all(db).await?;
                let mut ids: Vec<Uuid> = rows
                    .iter()
                    .flat_map(|row| [row.by_user, row.about])
                    .flatten()
                    .collect();
                ids.sort_unstable();
                ids.dedup();
                let people: Vec<(Uuid, String)> = user::Entity::find()
                    .select_only()
                    .column(user::Column::Id)
                    .column(user::Column::Name)
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.is_in(ids))
                    .into_tuple()
                    .all(db)
                    .await?;
                let names: HashMap<Uuid, String> = people.into_iter().collect();
                let named = |id: Uuid| (UserId(id), names.get(&id).cloned());
                Ok(rows
                    .into_iter()
                    .map(|row| AuditEntry {
                        number: row.number,
                        at: Timestamp(row.at),
                        by: row.by_user.map(named),
                        act: row.act,
                        about: row.about.map(named),
                        what: row.what,
                    })
                    .collect())
            })
        })
        .await
    }

    /// Walks the chain of an org from its beginning.
    pub async fn audit_chain(&self, org: OrgId) -> Result<Chain, StoreError> {
        use audit_entry::Column as C;
        let mut chain = Chain::default();
        let mut last: Option<audit_entry::Model> = None;
        loop {
            let after = last.as_ref().map_or(0, |last| last.number);
            let page = self
                .read("the chain of the audit", move |db| {
                    Box::pin(async move {
                        Ok(audit_entry::Entity::find()
                            .filter(C::OrgId.eq(org.0))
                            .filter(C::Number.gt(after))
                            .order_by_asc(C::Number)
                            .limit(CHAIN_PAGE)
                            .all(db)
                            .await?)
                    })
                })
                .await?;
            if page.is_empty() {
                return Ok(chain);
            }
            for row in page {
                chain.entries += 1;
                let follows = row.number == last.as_ref().map_or(0, |last| last.number) + 1;
                let hash = hash_of(last.as_ref().map(|last| &last.hash[..]), &row);
                if !follows || hash != row.hash {
                    chain.broken.push(row.number);
                }
                last = Some(row);
            }
        }
    }
}
