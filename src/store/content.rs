//! Content that an org wrote itself: every change is kept, and each is one edition of the whole.

use std::sync::Arc;

use ludus_domain::audit::AuditAct;
use ludus_domain::content::{Edition, Kind};
use ludus_domain::game::rules::Compiled;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::{content_head as head, content_version as version, org};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Set,
};

use super::game::sets::{hold_game, put_in_force};
use super::people::Actor;
use super::{Store, StoreError, audit};

pub(crate) mod drafts;

/// Orgs of one hub that are read at a start.
const ORGS_MAX: u64 = 10_000;

/// Something as an org has it: in place of the shipped item of the same kind and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: String,
    pub id: String,
    /// A content file with just this in it; none takes the shipped item out of play.
    pub body: Option<String>,
    /// Counts changes; 0 for one that is not written yet.
    pub version: i64,
}

/// What becomes of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    Text(String),
    /// Out of play, shipped or not.
    Out,
    /// What is shipped, where there is something.
    Shipped,
}

/// A change of one item.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) to: Becomes,
    /// Why; may be empty.
    pub(crate) says: String,
    /// The version it was made of. Another one by now: somebody else was there before.
    pub(crate) of: Option<i64>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) edition: Edition,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) body: Option<String>,
    pub(crate) is_own: bool,
    pub(crate) says: String,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

impl From<version::Model> for Revision {
    fn from(row: version::Model) -> Self {
        Self {
            edition: Edition(row.edition.cast_unsigned()),
            kind: row.kind,
            id: row.id,
            version: row.version,
            body: row.body,
            is_own: row.is_own,
            says: row.says,
            by: UserId(row.by_user),
            at: Timestamp(row.at),
        }
    }
}

/// The newest of each item up to an edition, those that are the org's no more included.
async fn newest(
    db: &impl ConnectionTrait,
    org: OrgId,
    at: Edition,
) -> Result<Vec<version::Model>, DbErr> {
    use version::Column as C;
    let newest = version::Entity::find()
        .select_only()
        .column_as(C::Edition.max(), "newest")
        .filter(C::OrgId.eq(org.0))
        .filter(C::Edition.lte(at.0.cast_signed()))
        .group_by(C::Kind)
        .group_by(C::Id)
        .into_query();
    version::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::Edition.in_subquery(newest))
        .order_by_asc(C::Kind)
        .order_by_asc(C::Id)
        .all(db)
        .await
}

async fn edition(db: &impl ConnectionTrait, org: OrgId) -> Result<Edition, DbErr> {
    let head = head::Entity::find_by_id(org.0).one(db).await?;
    Ok(head.map_or(Edition::SHIPPED, |head| {
        Edition(head.edition.cast_unsigned())
    }))
}

impl Store {
    /// Everything an org wrote of its own, and the edition it is.
    pub async fn content(&self, org: OrgId) -> Result<(Edition, Vec<Item>), StoreError> {
        self.read("content", move |db| {
            Box::pin(async move {
                let at = edition(db, org).await?;
                Ok((at, items(newest(db, org, at).await?)))
            })
        })
        .await
    }

    /// Everything an org had written at an edition.
    pub(crate) async fn content_at(
        &self,
        org: OrgId,
        at: Edition,
    ) -> Result<Vec<Item>, StoreError> {
        self.read("content of then", move |db| {
            Box::pin(async move { Ok(items(newest(db, org, at).await?)) })
        })
        .await
    }

    /// The newest change of each item of an org, those that are shipped again included.
    pub(crate) async fn content_changes(&self, org: OrgId) -> Result<Vec<Revision>, StoreError> {
        self.read("changes of content", move |db| {
            Box::pin(async move {
                let at = edition(db, org).await?;
                let rows = newest(db, org, at).await?;
                Ok(rows.into_iter().map(Revision::from).collect())
            })
        })
        .await
    }

    /// Orgs whose content changed since an instant, by clocks of nodes.
    pub(crate) async fn content_moved_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(OrgId, Edition)>, StoreError> {
        self.read("content that moved", move |db| {
            Box::pin(async move {
                let rows = head::Entity::find()
                    .filter(head::Column::ChangedAt.gte(since.0))
                    .limit(ORGS_MAX)
                    .all(db)
                    .await?;
                let moved = |row: head::Model| (OrgId(row.org_id), row.edition.cast_unsigned());
                Ok(rows
                    .into_iter()
                    .map(moved)
                    .map(|(org, edition)| (org, Edition(edition)))
                    .collect())
            })
        })
        .await
    }

    /// Makes a change that was found to be sound with everything that stood at an edition, and puts the
    /// rules in force that come of it: all in one transaction, or nothing. `None`: that is not how things
    /// stand any more.
    pub(crate) async fn change_content(
        &self,
        actor: Actor,
        at: Edition,
        change: Change,
        rules: Option<Arc<Compiled>>,
    ) -> Result<Option<Revision>, StoreError> {
        if let Some(rules) = &rules {
            self.sets().keep(rules.hash(), Arc::clone(rules));
        }
        self.write("change content", move |txn| {
            Box::pin(async move {
                if rules.is_some() {
                    hold_game(txn, actor.org).await?;
                }
                if hold(txn, actor.org).await? != at {
                    return Ok(None);
                }
                let made = make(txn, actor, at, change).await?;
                drafts::forget(txn, actor.org, &made.kind, &made.id).await?;
                if let Some(rules) = rules {
                    put_in_force(txn, actor.org, &rules, actor.at).await?;
                }
                Ok(Some(made))
            })
        })
        .await
    }

    /// Changes of an item, the newest first.
    pub(crate) async fn content_history(
        &self,
        org: OrgId,
        kind: Kind,
        id: String,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Revision>, StoreError> {
        use version::Column as C;
        self.read("history of content", move |db| {
            Box::pin(async move {
                let mut found = version::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Kind.eq(kind.as_str()))
                    .filter(C::Id.eq(id));
                if let Some(before) = before {
                    found = found.filter(C::Version.lt(before));
                }
                let rows = found.order_by_desc(C::Version).limit(limit).all(db).await?;
                Ok(rows.into_iter().map(Revision::from).collect())
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

fn items(rows: Vec<version::Model>) -> Vec<Item> {
    let own = rows.into_iter().filter(|row| row.is_own);
    own.map(|row| Item {
        kind: row.kind,
        id: row.id,
        body: row.body,
        version: row.version,
    })
    .collect()
}

/// Lines up with every other change of the org's content.
async fn hold(txn: &DatabaseTransaction, org: OrgId) -> Result<Edition, DbErr> {
    let empty = head::ActiveModel {
        org_id: Set(org.0),
        edition: Set(0),
        changed_at: Set(0),
    };
    head::Entity::insert(empty)
        .on_conflict_do_nothing_on([head::Column::OrgId])
        .exec_without_returning(txn)
        .await?;
    let held = head::Entity::find_by_id(org.0)
        .lock_exclusive()
        .one(txn)
        .await?;
    Ok(held.map_or(Edition::SHIPPED, |head| {
        Edition(head.edition.cast_unsigned())
    }))
}

async fn make(
    txn: &DatabaseTransaction,
    actor: Actor,
    at: Edition,
    change: Change,
) -> Result<Revision, StoreError> {
    use version::Column as C;
    let last = version::Entity::find()
        .filter(C::OrgId.eq(actor.org.0))
        .filter(C::Kind.eq(change.kind.as_str()))
        .filter(C::Id.eq(change.id.as_str()))
        .order_by_desc(C::Version)
        .limit(1)
        .one(txn)
        .await?;
    let number = last.as_ref().map_or(0, |last| last.version);
    if change.of.is_some_and(|of| of != number) {
        return Err(Refusal::ChangedSince.into());
    }
    let is_own = last.is_some_and(|last| last.is_own);
    if change.to == Becomes::Shipped && !is_own {
        return Err(Refusal::NotFound.into());
    }
    let act = match change.to {
        Becomes::Text(_) => AuditAct::ContentPut,
        Becomes::Out | Becomes::Shipped => AuditAct::ContentDropped,
    };
    let row = version::Model {
        org_id: actor.org.0,
        edition: at.0.saturating_add(1).cast_signed(),
        kind: change.kind.as_str().to_owned(),
        id: change.id,
        version: number.saturating_add(1),
        is_own: change.to != Becomes::Shipped,
        body: match change.to {
            Becomes::Text(text) => Some(text),
            Becomes::Out | Becomes::Shipped => None,
        },
        says: change.says,
        by_user: actor.user.0,
        at: actor.at.0,
    };
    let moved = head::ActiveModel {
        org_id: Set(row.org_id),
        edition: Set(row.edition),
        changed_at: Set(row.at),
    };
    let fresh = sea_orm::IntoActiveModel::into_active_model(row.clone());
    version::Entity::insert(sea_orm::ActiveModelTrait::reset_all(fresh))
        .exec_without_returning(txn)
        .await?;
    head::Entity::update(moved).exec(txn).await?;
    let what = format!("{}/{}", row.kind, row.id);
    audit::note(txn, actor.entry(), act, None, &what).await?;
    Ok(row.into())
}
