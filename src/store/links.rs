//! One-time links: claimed once, by a code that is stored as a hash only.

use ludus_domain::audit::AuditAct;
use ludus_domain::ids::{CohortId, LinkId, OrgId, RoomId, SignInId, UserId};
use ludus_domain::journal::{CohortEvent, Fact, InboxEvent};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::link;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

use super::facts::{self, Entry};
use super::idempotency::{Done, Once};
use super::people::{self, Actor, NewUser, Org, User};
use super::sign_ins::{self, NewSignIn, SignedIn};
use super::{Store, StoreError, audit, cohorts};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Makes the first owner.
    Owner,
    /// Makes an account with a role.
    Invitation,
    /// Sets a new password.
    Reset,
    /// Signs somebody in at once; or a guest, who gives a name.
    Entry,
}

impl LinkKind {
    const ALL: [Self; 4] = [Self::Owner, Self::Invitation, Self::Reset, Self::Entry];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
            Self::Entry => "entry",
        }
    }
}

/// A link, without its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub id: LinkId,
    pub org: OrgId,
    pub kind: LinkKind,
    pub role: Role,
    pub email: Option<String>,
    pub name: Option<String>,
    pub user: Option<UserId>,
    pub room: Option<RoomId>,
    pub cohort: Option<CohortId>,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub claimed_at: Option<Timestamp>,
}

impl Link {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.claimed_at.is_none() && now < self.expires_at
    }
}

/// SHA-256 of a link's code.
pub(crate) type CodeHash = [u8; 32];

/// What somebody brings to a link.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) code_hash: CodeHash,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) org_name: Option<String>,
    pub(crate) user: UserId,
    pub(crate) sign_in: NewSignIn,
}

/// What came of a claim.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) signed_in: SignedIn,
    /// Sign-ins that a new password ended.
    pub(crate) ended: Vec<SignInId>,
    pub(crate) room: Option<RoomId>,
    /// Streams that have news.
    pub(crate) moved: Vec<StreamId>,
}

impl Store {
    /// A link for the first owner, when there is no owner; earlier ones that were never claimed
    /// are void. The org is made when there is none.
    pub(crate) async fn owner_link(
        &self,
        id: LinkId,
        code_hash: CodeHash,
        org: Org,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sets = std::sync::Arc::clone(self.sets());
        self.write("owner link", move |txn| {
            Box::pin(async move {
                if people::owners(txn, None).await? > 0 {
                    return Ok(false);
                }
                let first = people::first_org(txn).await?;
                if first.is_none() {
                    people::insert_org(txn, &sets, &org).await?;
                }
                link::Entity::delete_many()
                    .filter(link::Column::Kind.eq(LinkKind::Owner.as_str()))
                    .filter(link::Column::ClaimedAt.is_null())
                    .exec(txn)
                    .await?;
                let link = Link {
                    id,
                    org: first.unwrap_or(org.id),
                    kind: LinkKind::Owner,
                    role: Role::Owner,
                    email: None,
                    name: None,
                    user: None,
                    room: None,
                    cohort: None,
                    created_by: None,
                    created_at: org.created_at,
                    expires_at,
                    claimed_at: None,
                };
                insert(txn, &link, code_hash).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Stores a link. What it names must be of its org.
    pub(crate) async fn add_link(
        &self,
        once: Option<Once>,
        link: Link,
        code_hash: CodeHash,
    ) -> Result<Done<Link>, StoreError> {
        self.write_once("add a link", once, move |txn| {
            Box::pin(async move {
                insert(txn, &link, code_hash).await?;
                let entry = Entry {
                    org: link.org,
                    by: link.created_by,
                    at: link.created_at,
                };
                match link.kind {
                    LinkKind::Invitation => {
                        let role = link.role.as_str();
                        audit::note(txn, entry, AuditAct::Invited, None, role).await?;
                    }
                    LinkKind::Reset => {
                        let act = AuditAct::ResetLinkMade;
                        audit::note(txn, entry, act, link.user, "").await?;
                    }
                    LinkKind::Owner | LinkKind::Entry => {}
                }
                Ok(link)
            })
        })
        .await
    }

    pub(crate) async fn link(&self, code_hash: CodeHash) -> Result<Option<Link>, StoreError> {
        self.read("link", move |db| {
            Box::pin(async move {
                link::Entity::find()
                    .filter(link::Column::CodeHash.eq(code_hash.to_vec()))
                    .one(db)
                    .await?
                    .map(link_of)
                    .transpose()
            })
        })
        .await
    }

    /// Invitations of an org that can still be claimed, latest first.
    pub(crate) async fn open_invitations(
        &self,
        org: OrgId,
        by: Option<UserId>,
        before: Option<LinkId>,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Link>, StoreError> {
        self.read("invitations", move |db| {
            Box::pin(async move {
                let mut found = link::Entity::find()
                    .filter(link::Column::OrgId.eq(org.0))
                    .filter(link::Column::Kind.eq(LinkKind::Invitation.as_str()))
                    .filter(link::Column::ClaimedAt.is_null())
                    .filter(link::Column::ExpiresAt.gt(now.0));
                if let Some(by) = by {
                    found = found.filter(link::Column::CreatedBy.eq(by.0));
                }
                if let Some(before) = before {
                    found = found.filter(link::Column::Id.lt(before.0));
                }
                let rows = found
                    .order_by_desc(link::Column::Id)
                    .limit(limit)
                    .all(db)
                    .await?;
                rows.into_iter().map(link_of).collect()
            })
        })
        .await
    }

    /// Takes an invitation back. Answers whether there was one.
    pub(crate) async fn drop_invitation(
        &self,
        actor: Actor,
        id: LinkId,
        whose: Option<UserId>,
    ) -> Result<bool, StoreError> {
        self.write("drop an invitation", move |txn| {
            Box::pin(async move {
                let mut gone = link::Entity::delete_many()
                    .filter(link::Column::OrgId.eq(actor.org.0))
                    .filter(link::Column::Id.eq(id.0))
                    .filter(link::Column::Kind.eq(LinkKind::Invitation.as_str()))
                    .filter(link::Column::ClaimedAt.is_null());
                if let Some(whose) = whose {
                    gone = gone.filter(link::Column::CreatedBy.eq(whose.0));
                }
                let is_gone = gone.exec(txn).await?.rows_affected > 0;
                if is_gone {
                    let act = AuditAct::InvitationWithdrawn;
                    audit::note(txn, actor.entry(), act, None, "").await?;
                }
                Ok(is_gone)
            })
        })
        .await
    }

    /// Claims a link, once: of any number at the same moment, one succeeds.
    pub(crate) async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.write("claim a link", move |txn| {
            Box::pin(async move { claim_in(txn, claim).await })
        })
        .await
    }

    /// Forgets links that expired a month ago.
    pub(crate) async fn forget_links(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.plus_ms(-30 * 24 * 60 * 60 * 1_000).0;
        self.write("forget links", move |txn| {
            Box::pin(async move {
                let gone = link::Entity::delete_many()
                    .filter(link::Column::ExpiresAt.lt(before))
                    .exec(txn)
                    .await?;
                Ok(gone.rows_affected)
            })
        })
        .await
    }
}

async fn claim_in(txn: &DatabaseTransaction, claim: Claim) -> Result<Claimed, StoreError> {
    let at = claim.sign_in.at;
    let row = link::Entity::find()
        .filter(link::Column::CodeHash.eq(claim.code_hash.to_vec()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or(Refusal::LinkSpent)?;
    let link = link_of(row)?;
    if !link.is_open(at) {
        return Err(Refusal::LinkSpent.into());
    }
    let mut ended = vec![];
    let mut moved = vec![];
    let user = match (link.kind, link.user) {
        (LinkKind::Reset, None) => return Err(Refusal::LinkSpent.into()),
        (LinkKind::Reset, Some(id)) => {
            let hash = claim.password_hash.ok_or(Refusal::PasswordTooShort)?;
            people::update_password(txn, link.org, id, hash, at).await?;
            ended = sign_ins::end_all(txn, link.org, id, None, at).await?;
            existing(txn, link.org, id).await?
        }
        (LinkKind::Entry, Some(id)) => existing(txn, link.org, id).await?,
        (LinkKind::Owner, _) if people::owners(txn, None).await? > 0 => {
            return Err(Refusal::LinkSpent.into());
        }
        (LinkKind::Owner | LinkKind::Invitation | LinkKind::Entry, _) => {
            let name = claim.name.or_else(|| link.name.clone());
            let guest = link.kind == LinkKind::Entry;
            if !guest && claim.password_hash.is_none() {
                return Err(Refusal::PasswordTooShort.into());
            }
            let new = NewUser {
                id: claim.user,
                org: link.org,
                name: name.ok_or(Refusal::NameInvalid)?,
                // An invitation to an address is for that address, whatever is typed.
                email: link.email.clone().or(claim.email),
                role: link.role,
                password_hash: claim.password_hash,
                guest,
                at,
            };
            people::insert_user(txn, new).await?
        }
    };
    if let (LinkKind::Owner, Some(name)) = (link.kind, claim.org_name) {
        people::set_org_name(txn, link.org, name).await?;
    }
    let entry = Entry {
        org: link.org,
        by: link.created_by,
        at,
    };
    if let Some(room) = link.room
        && facts::invite(txn, entry, room, user.id).await?
    {
        moved.extend([StreamId::Room(room), StreamId::Inbox(user.id)]);
    }
    if let Some(cohort) = link.cohort
        && cohorts::add_learner(txn, entry, cohort, user.id, None).await?
    {
        let added = InboxEvent::AddedToCohort { cohort };
        facts::note(txn, entry, user.id, added).await?;
        let fact = CohortEvent::LearnerAdded {
            user: user.id,
            team: None,
        };
        facts::append(txn, entry, StreamId::Cohort(cohort), &[Fact::Cohort(fact)]).await?;
        moved.extend([StreamId::Cohort(cohort), StreamId::Inbox(user.id)]);
    }
    link::Entity::update_many()
        .col_expr(link::Column::ClaimedAt, Expr::value(at.0))
        .col_expr(link::Column::ClaimedBy, Expr::value(user.id.0))
        .filter(link::Column::Id.eq(link.id.0))
        .exec(txn)
        .await?;
    let done = match link.kind {
        LinkKind::Owner | LinkKind::Invitation => Some((AuditAct::LinkClaimed, link.role.as_str())),
        LinkKind::Reset => Some((AuditAct::PasswordReset, "")),
        LinkKind::Entry => None,
    };
    if let Some((act, what)) = done {
        audit::note(txn, entry, act, Some(user.id), what).await?;
    }
    let signed_in = sign_ins::begin(txn, user, claim.sign_in).await?;
    Ok(Claimed {
        signed_in,
        ended,
        room: link.room,
        moved,
    })
}

async fn existing(txn: &DatabaseTransaction, org: OrgId, id: UserId) -> Result<User, StoreError> {
    let row = people::find(txn, org, id)
        .await?
        .ok_or(Refusal::LinkSpent)?;
    let user = people::user_of(row)?;
    if user.disabled_at.is_some() {
        return Err(Refusal::LinkSpent.into());
    }
    Ok(user)
}

pub(super) async fn insert(
    txn: &DatabaseTransaction,
    link: &Link,
    code_hash: CodeHash,
) -> Result<(), StoreError> {
    let row = link::ActiveModel {
        id: Set(link.id.0),
        org_id: Set(link.org.0),
        kind: Set(link.kind.as_str().to_owned()),
        code_hash: Set(code_hash.to_vec()),
        role: Set(link.role.as_str().to_owned()),
        email: Set(link.email.clone()),
        name: Set(link.name.clone()),
        user_id: Set(link.user.map(|id| id.0)),
        room_id: Set(link.room.map(|id| id.0)),
        cohort_id: Set(link.cohort.map(|id| id.0)),
        created_by: Set(link.created_by.map(|id| id.0)),
        created_at: Set(link.created_at.0),
        expires_at: Set(link.expires_at.0),
        claimed_at: Set(None),
        claimed_by: Set(None),
    };
    link::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

fn link_of(row: link::Model) -> Result<Link, StoreError> {
    let kind = LinkKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == row.kind)
        .ok_or_else(|| DbErr::Type(format!("no such kind of link: {}", row.kind)))?;
    Ok(Link {
        id: LinkId(row.id),
        org: OrgId(row.org_id),
        kind,
        role: people::role_of(&row.role)?,
        email: row.email,
        name: row.name,
        user: row.user_id.map(UserId),
        room: row.room_id.map(RoomId),
        cohort: row.cohort_id.map(CohortId),
        created_by: row.created_by.map(UserId),
        created_at: Timestamp(row.created_at),
        expires_at: Timestamp(row.expires_at),
        claimed_at: row.claimed_at.map(Timestamp),
    })
}
