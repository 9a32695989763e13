//! Screens that show one board: granted by a coach, known by a secret of which only a hash is here.

use ludus_domain::audit::AuditAct;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{DisplayId, OrgId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::{self, Action};
use ludus_domain::time::Timestamp;
use ludus_entities::display_grant as row;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

use super::facts::Entry;
use super::idempotency::{Done, Once};
use super::links::CodeHash;
use super::people::Actor;
use super::{Store, StoreError, audit};

/// Screens of an org that are granted something. More than a house has walls.
const GRANTS_MAX: u64 = 200;

/// What a screen is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    pub id: DisplayId,
    pub org: OrgId,
    pub board: BoardKey,
    pub title: String,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Display {
    fn of(found: row::Model) -> Result<Self, DbErr> {
        let damaged = |_| DbErr::Custom("a display has a damaged board".to_owned());
        Ok(Self {
            id: DisplayId(found.id),
            org: OrgId(found.org_id),
            board: found.board.parse().map_err(damaged)?,
            title: found.title,
            created_by: UserId(found.created_by),
            created_at: Timestamp(found.created_at),
            expires_at: Timestamp(found.expires_at),
            revoked_at: found.revoked_at.map(Timestamp),
        })
    }

    /// Whether it still shows anything.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl Store {
    pub(crate) async fn add_display(
        &self,
        once: Option<Once>,
        new: Display,
        code_hash: CodeHash,
    ) -> Result<Done<Display>, StoreError> {
        self.write_once("add a display", once, move |txn| {
            Box::pin(async move {
                let held = row::Entity::find()
                    .filter(row::Column::OrgId.eq(new.org.0))
                    .filter(row::Column::RevokedAt.is_null())
                    .filter(row::Column::ExpiresAt.gt(new.created_at.0));
                if held.count(txn).await? >= GRANTS_MAX {
                    return Err(Refusal::RateLimited.into());
                }
                let fresh = row::ActiveModel {
                    org_id: Set(new.org.0),
                    id: Set(new.id.0),
                    board: Set(new.board.to_string()),
                    title: Set(new.title.clone()),
                    code_hash: Set(code_hash.to_vec()),
                    created_by: Set(new.created_by.0),
                    created_at: Set(new.created_at.0),
                    expires_at: Set(new.expires_at.0),
                    revoked_at: Set(None),
                };
                row::Entity::insert(fresh)
                    .exec_without_returning(txn)
                    .await?;
                let entry = Entry {
                    org: new.org,
                    by: Some(new.created_by),
                    at: new.created_at,
                };
                audit::note(txn, entry, AuditAct::ScreenMade, None, "").await?;
                Ok(new)
            })
        })
        .await
    }

    /// Grants that hold, newest first: for admins all, for coaches their own.
    pub(crate) async fn displays(&self, actor: Actor) -> Result<Vec<Display>, StoreError> {
        self.read("displays", move |db| {
            Box::pin(async move {
                let mut found = row::Entity::find()
                    .filter(row::Column::OrgId.eq(actor.org.0))
                    .filter(row::Column::RevokedAt.is_null())
                    .filter(row::Column::ExpiresAt.gt(actor.at.0));
                if !rights::allows(actor.role, Action::ManageCohorts) {
                    found = found.filter(row::Column::CreatedBy.eq(actor.user.0));
                }
                let found = found
                    .order_by_desc(row::Column::Id)
                    .limit(GRANTS_MAX)
                    .all(db)
                    .await?;
                Ok(found
                    .into_iter()
                    .map(Display::of)
                    .collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// Takes a grant back. To who may not, there is none.
    pub(crate) async fn revoke_display(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: DisplayId,
    ) -> Result<Done<()>, StoreError> {
        self.write_once("revoke a display", once, move |txn| {
            Box::pin(async move {
                let found = row::Entity::find_by_id((actor.org.0, id.0))
                    .one(txn)
                    .await?;
                let runs_all = rights::allows(actor.role, Action::ManageCohorts);
                let found = found
                    .filter(|found| runs_all || found.created_by == actor.user.0)
                    .ok_or(Refusal::NotFound)?;
                if found.revoked_at.is_some() {
                    return Ok(());
                }
                row::Entity::update_many()
                    .col_expr(row::Column::RevokedAt, Expr::value(actor.at.0))
                    .filter(row::Column::OrgId.eq(actor.org.0))
                    .filter(row::Column::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                audit::note(txn, actor.entry(), AuditAct::ScreenRevoked, None, "").await
            })
        })
        .await
    }

    /// The grant a secret stands for, in whichever org it is.
    pub(crate) async fn display_of(&self, hash: CodeHash) -> Result<Option<Display>, StoreError> {
        self.read("a display by its code", move |db| {
            Box::pin(async move {
                let found = row::Entity::find()
                    .filter(row::Column::CodeHash.eq(hash.to_vec()))
                    .one(db)
                    .await?;
                Ok(found.map(Display::of).transpose()?)
            })
        })
        .await
    }

    /// A grant of an org.
    pub(crate) async fn display(
        &self,
        org: OrgId,
        id: DisplayId,
    ) -> Result<Option<Display>, StoreError> {
        self.read("a display", move |db| {
            Box::pin(async move {
                let found = row::Entity::find_by_id((org.0, id.0)).one(db).await?;
                Ok(found.map(Display::of).transpose()?)
            })
        })
        .await
    }

    /// Grants taken back since: a resume token from before must not outlive them.
    pub(crate) async fn displays_revoked_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(DisplayId, Timestamp)>, StoreError> {
        self.read("displays revoked", move |db| {
            Box::pin(async move {
                let found = row::Entity::find()
                    .filter(row::Column::RevokedAt.gte(since.0))
                    .all(db)
                    .await?;
                let revoked =
                    |found: row::Model| Some((DisplayId(found.id), Timestamp(found.revoked_at?)));
                Ok(found.into_iter().filter_map(revoked).collect())
            })
        })
        .await
    }
}
