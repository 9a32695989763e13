//! What coaches may do: see people, and invite them.

use ludus_domain::ids::{CohortId, LinkId, RoomId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::{self, Action};
use ludus_domain::role::Role;
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::caller::OnceKey;
use super::links::{INVITATION_LIFE_MS, hash_of};
use super::{Coach, Denied};
use crate::store::idempotency::Done;
use crate::store::links::{Link, LinkKind};
use crate::store::people::{User, Wanted, fresh};

/// Longest a search text may be; a longer one finds nobody.
const SEARCH_CHARS_MAX: usize = 60;

/// Whom to invite, and into what.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub role: Role,
    pub email: Option<String>,
    pub name: Option<String>,
    pub room: Option<RoomId>,
    pub cohort: Option<CohortId>,
    /// How long the link is good; a week unless said otherwise.
    pub hours: Option<u32>,
}

/// An invitation's link, with the one URL that claims it.
#[derive(Clone, Debug)]
pub struct Invited {
    pub link: Link,
    pub url: String,
}

impl Coach {
    pub async fn users(
        &self,
        after: Option<UserId>,
        mut wanted: Wanted,
        limit: u64,
    ) -> Result<Vec<User>, Denied> {
        wanted.search = wanted.search.filter(|search| !search.trim().is_empty());
        if wanted
            .search
            .as_ref()
            .is_some_and(|search| search.chars().count() > SEARCH_CHARS_MAX)
        {
            return Err(Refusal::FieldInvalid.into());
        }
        let org = self.0.who.org;
        let store = self.0.people.store();
        Ok(store.users_page(org, after, wanted, limit).await?)
    }

    pub async fn user(&self, id: UserId) -> Result<User, Denied> {
        let found = self.0.people.store().user(self.0.who.org, id).await?;
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    /// Somebody one sees as a learner, or who is none: of a cohort one is fully assigned to, or of no cohort. To those
    /// who look after others there is nobody.
    pub(super) async fn known(&self, id: UserId) -> Result<User, Denied> {
        let user = self.user(id).await?;
        let roster = self.0.people.roster(self.0.who.org);
        if roster.may_know(self.0.viewer(), id) {
            Ok(user)
        } else {
            Err(Refusal::NotFound.into())
        }
    }

    pub async fn invite(
        &self,
        once: Option<OnceKey>,
        invitation: Invitation,
    ) -> Result<Done<Invited>, Denied> {
        let caller = &self.0;
        if !rights::may_grant(caller.who.role, invitation.role) {
            return Err(Refusal::Forbidden.into());
        }
        let email = invitation.email.as_deref().map(text::email).transpose()?;
        let name = invitation.name.as_deref().map(text::name).transpose()?;
        let hours = invitation.hours.map_or(INVITATION_LIFE_MS, |hours| {
            i64::from(hours.clamp(1, 24 * 30)) * 60 * 60 * 1_000
        });
        let store = caller.people.store();
        if let Some(room) = invitation.room {
            let found = store.room_row(caller.who.org, room).await?;
            found.ok_or(Refusal::NotFound)?;
        }
        if let Some(cohort) = invitation.cohort {
            self.must_lead(cohort).await?;
        }
        let at = caller.people.now();
        let id = LinkId(fresh());
        let link = Link {
            id,
            org: caller.who.org,
            kind: LinkKind::Invitation,
            role: invitation.role,
            email,
            name,
            user: None,
            room: invitation.room,
            cohort: invitation.cohort,
            created_by: Some(caller.who.user),
            created_at: at,
            expires_at: at.plus_ms(hours),
            claimed_at: None,
        };
        let hash = hash_of(&caller.people.code_of(id));
        let done = store.add_link(caller.once(once), link, hash).await?;
        Ok(done.map(|link| Invited {
            url: caller.people.url_of(link.id),
            link,
        }))
    }

    /// Invitations that can still be claimed: one's own, or everybody's for those who manage people.
    pub async fn invitations(
        &self,
        before: Option<LinkId>,
        limit: u64,
    ) -> Result<(Vec<Link>, Timestamp), Denied> {
        let now = self.0.people.now();
        let store = self.0.people.store();
        let links = store
            .open_invitations(self.0.who.org, self.whose(), before, now, limit)
            .await?;
        Ok((links, now))
    }

    pub async fn withdraw(&self, id: LinkId) -> Result<(), Denied> {
        let store = self.0.people.store();
        if store
            .drop_invitation(self.0.actor(), id, self.whose())
            .await?
        {
            Ok(())
        } else {
            Err(Refusal::NotFound.into())
        }
    }

    fn whose(&self) -> Option<UserId> {
        let sees_all = self.0.may(Action::ManagePeople);
        (!sees_all).then_some(self.0.who.user)
    }
}
