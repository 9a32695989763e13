//! Orgs and users.

mod wanted;

use ludus_domain::audience::Viewer;
use ludus_domain::audit::AuditAct;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::journal::{InboxEvent, Kept};
use ludus_domain::moderation::Measure;
use ludus_domain::refusal::Refusal;
use ludus_domain::rights;
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use ludus_entities::{org, user};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::wanted::Wanted;
use super::facts::{self, Entry};
use super::game::sets::{Sets, put_in_force};
use super::idempotency::{Done, Once};
use super::{Store, StoreError, audit, moderation, sign_ins};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    pub id: OrgId,
    pub name: String,
    pub time_zone: String,
    pub created_at: Timestamp,
}

/// A person, without what proves them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub org: OrgId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    pub guest: bool,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// A person with what proves them.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: User,
    pub password_hash: Option<String>,
}

/// A person to be.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    pub(crate) id: UserId,
    pub(crate) org: OrgId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) role: Role,
    pub(crate) password_hash: Option<String>,
    pub(crate) guest: bool,
    pub(crate) at: Timestamp,
}

/// Who changes something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    pub org: OrgId,
    pub user: UserId,
    pub role: Role,
    pub guest: bool,
    pub at: Timestamp,
}

impl Actor {
    pub(crate) const fn viewer(self) -> Viewer {
        Viewer {
            user: self.user,
            role: self.role,
            guest: self.guest,
        }
    }

    pub(crate) const fn entry(self) -> Entry {
        Entry {
            org: self.org,
            by: Some(self.user),
            at: self.at,
        }
    }
}

/// What is changed about somebody.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Name(String),
    Role(Role),
    Disabled(bool),
}

/// What a change did, for those who hold open connections.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Changed {
    pub(crate) user: User,
    pub(crate) ended: Vec<ludus_domain::ids::SignInId>,
    /// Whether their inbox was told.
    pub(crate) told: bool,
}

impl Store {
    pub(crate) async fn org(&self, id: OrgId) -> Result<Option<Org>, StoreError> {
        self.read("org", move |db| {
            Box::pin(async move {
                let row = org::Entity::find_by_id(id.0).one(db).await?;
                Ok(row.map(org_of))
            })
        })
        .await
    }

    pub(crate) async fn orgs(&self) -> Result<Vec<Org>, StoreError> {
        self.read("orgs", |db| {
            Box::pin(async move {
                let rows = org::Entity::find()
                    .order_by_asc(org::Column::CreatedAt)
                    .limit(1_000)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().map(org_of).collect())
            })
        })
        .await
    }

    pub(crate) async fn add_org(&self, org: Org) -> Result<Org, StoreError> {
        let sets = std::sync::Arc::clone(self.sets());
        self.write("add an org", move |txn| {
            Box::pin(async move {
                insert_org(txn, &sets, &org).await?;
                Ok(org)
            })
        })
        .await
    }

    pub(crate) async fn rename_org(
        &self,
        org: OrgId,
        by: Option<UserId>,
        at: Timestamp,
        name: String,
    ) -> Result<(), StoreError> {
        self.write("rename an org", move |txn| {
            Box::pin(async move {
                set_org_name(txn, org, name).await?;
                let entry = Entry { org, by, at };
                audit::note(txn, entry, AuditAct::OrgRenamed, None, "").await
            })
        })
        .await
    }

    pub(crate) async fn user(&self, org: OrgId, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.credentials(org, id).await?.map(|found| found.user))
    }

    pub(crate) async fn credentials(
        &self,
        org: OrgId,
        id: UserId,
    ) -> Result<Option<Credentials>, StoreError> {
        self.read("user", move |db| {
            Box::pin(async move { find(db, org, id).await?.map(credentials_of).transpose() })
        })
        .await
    }

    /// Who signs in with an e-mail address: in the named org, or in the oldest one that knows it.
    pub(crate) async fn credentials_by_email(
        &self,
        org: Option<OrgId>,
        email: String,
    ) -> Result<Option<Credentials>, StoreError> {
        self.read("user by e-mail", move |db| {
            Box::pin(async move {
                // The index begins with the org, so every org is named.
                let orgs = Query::select()
                    .column(org::Column::Id)
                    .from(org::Entity)
                    .to_owned();
                let found = user::Entity::find().filter(user::Column::Email.eq(email));
                let found = match org {
                    Some(org) => found.filter(user::Column::OrgId.eq(org.0)),
                    None => found.filter(user::Column::OrgId.in_subquery(orgs)),
                };
                let row = found.order_by_asc(user::Column::CreatedAt).one(db).await?;
                row.map(credentials_of).transpose()
            })
        })
        .await
    }

    pub(crate) async fn add_user(&self, new: NewUser) -> Result<User, StoreError> {
        self.write("add a user", move |txn| {
            Box::pin(async move { insert_user(txn, new).await })
        })
        .await
    }

    /// Changes somebody else, or refuses: all rules about who may touch whom are asked here, with
    /// the org's row locked, so that two owners cannot demote each other at the same moment.
    pub(crate) async fn change_user(
        &self,
        once: Option<Once>,
        actor: Actor,
        target: UserId,
        change: Change,
    ) -> Result<Done<Changed>, StoreError> {
        self.write_once("change a user", once, move |txn| {
            Box::pin(async move {
                org::Entity::find_by_id(actor.org.0)
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let before = find(txn, actor.org, target)
                    .await?
                    .map(user_of)
                    .transpose()?
                    .ok_or(Refusal::NotFound)?;
                if !rights::may_act_on(actor.role, before.role) {
                    return Err(Refusal::Forbidden.into());
                }
                apply(txn, actor, before, change).await
            })
        })
        .await
    }

    /// Changes one's own name.
    pub(crate) async fn rename_self(
        &self,
        actor: Actor,
        name: String,
    ) -> Result<Changed, StoreError> {
        self.write("rename oneself", move |txn| {
            Box::pin(async move {
                let before = find(txn, actor.org, actor.user)
                    .await?
                    .map(user_of)
                    .transpose()?
                    .ok_or(Refusal::NotFound)?;
                apply(txn, actor, before, Change::Name(name)).await
            })
        })
        .await
    }

    /// Replaces a password. All sign-ins but `keep` end.
    pub(crate) async fn set_password(
        &self,
        org: OrgId,
        id: UserId,
        password_hash: String,
        keep: Option<ludus_domain::ids::SignInId>,
        at: Timestamp,
    ) -> Result<Vec<ludus_domain::ids::SignInId>, StoreError> {
        self.write("set a password", move |txn| {
            Box::pin(async move {
                update_password(txn, org, id, password_hash, at).await?;
                sign_ins::end_all(txn, org, id, keep, at).await
            })
        })
        .await
    }

    /// Replaces a hash by a stronger one of the same password.
    pub(crate) async fn rehash(&self, org: OrgId, id: UserId, hash: String, at: Timestamp) {
        let done = self.write("rehash a password", move |txn| {
            Box::pin(async move { update_password(txn, org, id, hash, at).await })
        });
        if let Err(error) = done.await {
            tracing::warn!(%error, "a password keeps its old hash for now");
        }
    }

    /// People who were changed lately, for the revocations of a node that starts.
    pub(crate) async fn users_changed_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<User>, StoreError> {
        self.read("users changed", move |db| {
            Box::pin(async move {
                let rows = user::Entity::find()
                    .filter(user::Column::ChangedAt.gte(since.0))
                    .all(db)
                    .await?;
                rows.into_iter().map(user_of).collect()
            })
        })
        .await
    }
}

async fn apply(
    txn: &DatabaseTransaction,
    actor: Actor,
    before: User,
    change: Change,
) -> Result<Changed, StoreError> {
    let mut changed = Changed {
        user: before,
        ended: vec![],
        told: false,
    };
    let mut done = None;
    let after = &mut changed.user;
    let shut_out = after.disabled_at.is_some();
    match change {
        Change::Name(name) => {
            after.name = name;
            if after.id != actor.user {
                done = Some((AuditAct::Renamed, ""));
            }
        }
        Change::Role(role) if role == after.role => return Ok(changed),
        Change::Role(role) => {
            if !rights::may_grant(actor.role, role) {
                return Err(Refusal::Forbidden.into());
            }
            must_leave_an_owner(txn, after).await?;
            after.role = role;
            facts::note(
                txn,
                actor.entry(),
                after.id,
                InboxEvent::RoleChanged { role },
            )
            .await?;
            changed.told = true;
            done = Some((AuditAct::RoleChanged, role.as_str()));
        }
        Change::Disabled(disabled) if disabled == after.disabled_at.is_some() => {
            return Ok(changed);
        }
        Change::Disabled(true) => {
            if after.id == actor.user {
                return Err(Refusal::Forbidden.into());
            }
            must_leave_an_owner(txn, after).await?;
            after.disabled_at = Some(actor.at);
            changed.ended = sign_ins::end_all(txn, actor.org, after.id, None, actor.at).await?;
            done = Some((AuditAct::ShutOut, ""));
        }
        Change::Disabled(false) => {
            after.disabled_at = None;
            done = Some((AuditAct::LetIn, ""));
        }
    }
    if let Some((act, what)) = done {
        audit::note(txn, actor.entry(), act, Some(after.id), what).await?;
    }
    after.changed_at = actor.at;
    if shut_out != after.disabled_at.is_some() {
        keep(txn, actor, after).await?;
    }
    user::Entity::update_many()
        .col_expr(user::Column::Name, Expr::value(after.name.clone()))
        .col_expr(user::Column::Role, Expr::value(after.role.as_str()))
        .col_expr(
            user::Column::DisabledAt,
            Expr::value(after.disabled_at.map(|at| at.0)),
        )
        .col_expr(user::Column::ChangedAt, Expr::value(actor.at.0))
        .filter(user::Column::OrgId.eq(actor.org.0))
        .filter(user::Column::Id.eq(after.id.0))
        .exec(txn)
        .await?;
    Ok(changed)
}

/// That somebody is shut out, or let in again, is kept.
async fn keep(txn: &DatabaseTransaction, actor: Actor, user: &User) -> Result<(), DbErr> {
    let measure = match user.disabled_at {
        Some(_) => Measure::ShutOut,
        None => Measure::LetIn,
    };
    let kept = Kept {
        measure,
        user: Some(user.id),
        line: None,
        until: None,
    };
    moderation::keep(txn, (actor.org, None), None, (actor.user, kept), actor.at).await
}

/// An org without an owner could never be given one again.
async fn must_leave_an_owner(txn: &DatabaseTransaction, leaving: &User) -> Result<(), StoreError> {
    if leaving.role == Role::Owner && owners(txn, Some(leaving.org)).await? <= 1 {
        return Err(Refusal::LastOwner.into());
    }
    Ok(())
}

pub(crate) async fn owners(
    db: &impl ConnectionTrait,
    org: Option<OrgId>,
) -> Result<u64, StoreError> {
    let mut found = user::Entity::find()
        .filter(user::Column::Role.eq(Role::Owner.as_str()))
        .filter(user::Column::DisabledAt.is_null());
    if let Some(org) = org {
        found = found.filter(user::Column::OrgId.eq(org.0));
    }
    Ok(found.count(db).await?)
}

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    org: OrgId,
    id: UserId,
) -> Result<Option<user::Model>, StoreError> {
    Ok(user::Entity::find_by_id(id.0)
        .filter(user::Column::OrgId.eq(org.0))
        .one(db)
        .await?)
}

pub(crate) async fn insert_org(
    txn: &DatabaseTransaction,
    sets: &Sets,
    new: &Org,
) -> Result<(), StoreError> {
    let row = org::ActiveModel {
        id: Set(new.id.0),
        name: Set(new.name.clone()),
        time_zone: Set(new.time_zone.clone()),
        created_at: Set(new.created_at.0),
        roster: Set(0),
    };
    org::Entity::insert(row).exec_without_returning(txn).await?;
    if let Some(set) = sets.of_new_orgs() {
        put_in_force(txn, new.id, &set, new.created_at).await?;
    }
    Ok(())
}

pub(crate) async fn set_org_name(
    txn: &DatabaseTransaction,
    id: OrgId,
    name: String,
) -> Result<(), StoreError> {
    org::Entity::update_many()
        .col_expr(org::Column::Name, Expr::value(name))
        .filter(org::Column::Id.eq(id.0))
        .exec(txn)
        .await?;
    Ok(())
}

/// The oldest org, for a hub that starts with one.
pub(crate) async fn first_org(db: &impl ConnectionTrait) -> Result<Option<OrgId>, StoreError> {
    let row = org::Entity::find()
        .order_by_asc(org::Column::CreatedAt)
        .one(db)
        .await?;
    Ok(row.map(|row| OrgId(row.id)))
}

pub(crate) async fn insert_user(
    txn: &DatabaseTransaction,
    new: NewUser,
) -> Result<User, StoreError> {
    let row = user::ActiveModel {
        id: Set(new.id.0),
        org_id: Set(new.org.0),
        name: Set(new.name.clone()),
        email: Set(new.email.clone()),
        role: Set(new.role.as_str().to_owned()),
        password_hash: Set(new.password_hash),
        guest: Set(new.guest),
        disabled_at: Set(None),
        created_at: Set(new.at.0),
        changed_at: Set(new.at.0),
    };
    user::Entity::insert(row)
        .exec_without_returning(txn)
        .await
        .map_err(|error| {
            let error = StoreError::from(error);
            if error.is_taken() {
                Refusal::EmailTaken.into()
            } else {
                error
            }
        })?;
    Ok(User {
        id: new.id,
        org: new.org,
        name: new.name,
        email: new.email,
        role: new.role,
        guest: new.guest,
        disabled_at: None,
        created_at: new.at,
        changed_at: new.at,
    })
}

pub(crate) async fn update_password(
    txn: &DatabaseTransaction,
    org: OrgId,
    id: UserId,
    hash: String,
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash))
        .col_expr(user::Column::ChangedAt, Expr::value(at.0))
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.eq(id.0))
        .exec(txn)
        .await?;
    if done.rows_affected == 0 {
        return Err(Refusal::NotFound.into());
    }
    Ok(())
}

pub(crate) fn role_of(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| DbErr::Type(format!("no such role: {text}")).into())
}

fn org_of(row: org::Model) -> Org {
    Org {
        id: OrgId(row.id),
        name: row.name,
        time_zone: row.time_zone,
        created_at: Timestamp(row.created_at),
    }
}

pub(crate) fn user_of(row: user::Model) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.id),
        org: OrgId(row.org_id),
        role: role_of(&row.role)?,
        name: row.name,
        email: row.email,
        guest: row.guest,
        disabled_at: row.disabled_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
        changed_at: Timestamp(row.changed_at),
    })
}

fn credentials_of(mut row: user::Model) -> Result<Credentials, StoreError> {
    let password_hash = row.password_hash.take();
    Ok(Credentials {
        user: user_of(row)?,
        password_hash,
    })
}

/// A fresh id: ordered by time, so that pages by id are pages by age.
pub(crate) fn fresh() -> Uuid {
    Uuid::now_v7()
}
