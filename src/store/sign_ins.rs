//! Sign-ins: families of refresh tokens.

use ludus_domain::ids::{OrgId, SignInId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::sign_in;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use super::people::{self, User};
use super::{Store, StoreError};
use crate::tokens::refresh::{self, Standing, Step};

/// Sign-ins somebody may have at a time. The oldest one ends when another begins.
const PER_USER_MAX: usize = 50;
/// What a client may call itself.
const AGENT_CHARS_MAX: usize = 200;

/// A sign-in to be.
#[derive(Clone, Debug)]
pub(crate) struct NewSignIn {
    pub(crate) id: SignInId,
    pub(crate) agent: String,
    pub(crate) at: Timestamp,
}

/// A sign-in, with whose it is.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) id: SignInId,
    pub(crate) user: User,
    pub(crate) counter: u32,
    pub(crate) until: Timestamp,
    /// Older ones that ended to make room.
    pub(crate) ended: Vec<SignInId>,
}

/// What came of a refresh.
#[derive(Clone, Debug)]
pub(crate) enum Refreshed {
    Good(Box<SignedIn>),
    /// A used token came again; the sign-in is over now.
    Reused(UserId),
    Ended,
}

impl Store {
    pub(crate) async fn sign_in(&self, user: User, new: NewSignIn) -> Result<SignedIn, StoreError> {
        self.write("sign in", move |txn| {
            Box::pin(async move { begin(txn, user, new).await })
        })
        .await
    }

    pub(crate) async fn refresh(
        &self,
        id: SignInId,
        presented: u32,
        at: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        self.write("refresh", move |txn| {
            Box::pin(async move {
                let found = sign_in::Entity::find_by_id(id.0)
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let Some(row) = found else {
                    return Ok(Refreshed::Ended);
                };
                let (org, user) = (OrgId(row.org_id), UserId(row.user_id));
                let standing = Standing {
                    counter: row.counter.unsigned_abs(),
                    rotated_at: Timestamp(row.rotated_at),
                    expires_at: Timestamp(row.expires_at),
                    revoked: row.revoked_at.is_some(),
                };
                let counter = match refresh::step(standing, presented, at) {
                    Step::Ended => return Ok(Refreshed::Ended),
                    Step::Reuse => {
                        end_where(txn, org, &[id], at).await?;
                        return Ok(Refreshed::Reused(user));
                    }
                    Step::Again(counter) => counter,
                    Step::Advance(counter) => {
                        advance(txn, id, counter, at).await?;
                        counter
                    }
                };
                let Some(user) = people::find(txn, org, user).await? else {
                    return Ok(Refreshed::Ended);
                };
                let user = people::user_of(user)?;
                if user.disabled_at.is_some() {
                    return Ok(Refreshed::Ended);
                }
                Ok(Refreshed::Good(Box::new(SignedIn {
                    id,
                    user,
                    counter,
                    until: standing.expires_at,
                    ended: vec![],
                })))
            })
        })
        .await
    }

    pub(crate) async fn sign_out(
        &self,
        org: OrgId,
        id: SignInId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("sign out", move |txn| {
            Box::pin(async move { end_where(txn, org, &[id], at).await })
        })
        .await
    }

    /// For a bearer of a refresh token, who names no org.
    pub(crate) async fn sign_out_by_id(
        &self,
        id: SignInId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("sign out", move |txn| {
            Box::pin(async move {
                if let Some(row) = sign_in::Entity::find_by_id(id.0).one(txn).await? {
                    end_where(txn, OrgId(row.org_id), &[id], at).await?;
                }
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn sign_out_everywhere(
        &self,
        org: OrgId,
        user: UserId,
        at: Timestamp,
    ) -> Result<Vec<SignInId>, StoreError> {
        self.write("sign out everywhere", move |txn| {
            Box::pin(async move { end_all(txn, org, user, None, at).await })
        })
        .await
    }

    /// Sign-ins that ended lately, for the revocations of a node that starts.
    pub(crate) async fn sign_ins_ended_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(SignInId, Timestamp)>, StoreError> {
        self.read("sign-ins ended", move |db| {
            Box::pin(async move {
                let rows = sign_in::Entity::find()
                    .filter(sign_in::Column::RevokedAt.gte(since.0))
                    .all(db)
                    .await?;
                Ok(rows
                    .into_iter()
                    .filter_map(|row| Some((SignInId(row.id), Timestamp(row.revoked_at?))))
                    .collect())
            })
        })
        .await
    }

    /// Forgets sign-ins that expired a month ago: nothing refers to them any more.
    pub(crate) async fn forget_sign_ins(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.plus_ms(-refresh::SIGN_IN_LIFE_MS).0;
        self.write("forget sign-ins", move |txn| {
            Box::pin(async move {
                let gone = sign_in::Entity::delete_many()
                    .filter(sign_in::Column::ExpiresAt.lt(before))
                    .exec(txn)
                    .await?;
                Ok(gone.rows_affected)
            })
        })
        .await
    }
}

/// Begins a sign-in; the oldest of too many end.
pub(crate) async fn begin(
    txn: &DatabaseTransaction,
    user: User,
    new: NewSignIn,
) -> Result<SignedIn, StoreError> {
    if user.disabled_at.is_some() {
        return Err(Refusal::WrongCredentials.into());
    }
    let mut live = live(txn, user.org, user.id, new.at).await?;
    let room = PER_USER_MAX.saturating_sub(1);
    let ended = live.split_off(room.min(live.len()));
    end_where(txn, user.org, &ended, new.at).await?;
    let until = new.at.plus_ms(refresh::SIGN_IN_LIFE_MS);
    let row = sign_in::ActiveModel {
        id: Set(new.id.0),
        org_id: Set(user.org.0),
        user_id: Set(user.id.0),
        created_at: Set(new.at.0),
        expires_at: Set(until.0),
        revoked_at: Set(None),
        counter: Set(0),
        rotated_at: Set(new.at.0),
        agent: Set(new.agent.chars().take(AGENT_CHARS_MAX).collect()),
    };
    sign_in::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(SignedIn {
        id: new.id,
        user,
        counter: 0,
        until,
        ended,
    })
}

/// Ends everything of somebody, but `keep`. Answers what ended.
pub(crate) async fn end_all(
    txn: &DatabaseTransaction,
    org: OrgId,
    user: UserId,
    keep: Option<SignInId>,
    at: Timestamp,
) -> Result<Vec<SignInId>, StoreError> {
    let mut ending = live(txn, org, user, at).await?;
    ending.retain(|id| Some(*id) != keep);
    end_where(txn, org, &ending, at).await?;
    Ok(ending)
}

/// Sign-ins of somebody that have not ended, latest first.
async fn live(
    txn: &DatabaseTransaction,
    org: OrgId,
    user: UserId,
    at: Timestamp,
) -> Result<Vec<SignInId>, StoreError> {
    let rows = sign_in::Entity::find()
        .filter(sign_in::Column::OrgId.eq(org.0))
        .filter(sign_in::Column::UserId.eq(user.0))
        .filter(sign_in::Column::RevokedAt.is_null())
        .filter(sign_in::Column::ExpiresAt.gt(at.0))
        .order_by_desc(sign_in::Column::RotatedAt)
        .all(txn)
        .await?;
    Ok(rows.into_iter().map(|row| SignInId(row.id)).collect())
}

async fn end_where(
    txn: &DatabaseTransaction,
    org: OrgId,
    ids: &[SignInId],
    at: Timestamp,
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sign_in::Entity::update_many()
        .col_expr(sign_in::Column::RevokedAt, Expr::value(at.0))
        .filter(sign_in::Column::OrgId.eq(org.0))
        .filter(sign_in::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .filter(sign_in::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

async fn advance(
    txn: &DatabaseTransaction,
    id: SignInId,
    counter: u32,
    at: Timestamp,
) -> Result<(), StoreError> {
    sign_in::Entity::update_many()
        .col_expr(
            sign_in::Column::Counter,
            Expr::value(i32::try_from(counter).unwrap_or(i32::MAX)),
        )
        .col_expr(sign_in::Column::RotatedAt, Expr::value(at.0))
        .filter(sign_in::Column::Id.eq(id.0))
        .exec(txn)
        .await?;
    Ok(())
}
