//! What admins may do to others. Whom they may touch is decided in the transaction itself.

use ludus_domain::ids::{LinkId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use ludus_domain::text;

use super::caller::OnceKey;
use super::links::{RESET_LIFE_MS, hash_of};
use super::staff::Invited;
use super::{Admin, Denied, current};
use crate::store::idempotency::Done;
use crate::store::links::{Link, LinkKind};
use crate::store::people::{Change, Org, User, fresh};

impl Admin {
    pub async fn rename(
        &self,
        once: Option<OnceKey>,
        id: UserId,
        name: &str,
    ) -> Result<Done<User>, Denied> {
        let name = text::name(name)?;
        self.change(once, id, Change::Name(name)).await
    }

    pub async fn set_role(
        &self,
        once: Option<OnceKey>,
        id: UserId,
        role: Role,
    ) -> Result<Done<User>, Denied> {
        self.change(once, id, Change::Role(role)).await
    }

    /// Shuts somebody out, at once and everywhere, or lets them in again.
    pub async fn set_disabled(
        &self,
        once: Option<OnceKey>,
        id: UserId,
        disabled: bool,
    ) -> Result<Done<User>, Denied> {
        self.change(once, id, Change::Disabled(disabled)).await
    }

    /// A link that sets a new password. It is handed over by whoever asked for it.
    pub async fn reset_link(&self, id: UserId) -> Result<Invited, Denied> {
        let caller = &self.0;
        let store = caller.people.store();
        let user = store
            .user(caller.who.org, id)
            .await?
            .filter(|user| !user.guest)
            .ok_or(Refusal::NotFound)?;
        if !rights::may_act_on(caller.who.role, user.role) {
            return Err(Refusal::Forbidden.into());
        }
        let link = caller.people.reset(&user, Some(caller.who.user)).await?;
        Ok(link)
    }

    pub async fn rename_org(&self, name: &str) -> Result<Org, Denied> {
        let name = text::title(name)?;
        let store = self.0.people.store();
        let who = &self.0.who;
        let at = self.0.people.now();
        store.rename_org(who.org, Some(who.user), at, name).await?;
        self.0.org().await
    }

    async fn change(
        &self,
        once: Option<OnceKey>,
        id: UserId,
        change: Change,
    ) -> Result<Done<User>, Denied> {
        let caller = &self.0;
        let people = &caller.people;
        let done = people
            .store()
            .change_user(caller.once(once), caller.actor(), id, change)
            .await?;
        let changed = &done.value;
        if !done.replayed {
            let revocations = &people.inner.revocations;
            // Only a role is news to those who hold connections; names reach them with the next token.
            if changed.told {
                revocations.change(id, current(&changed.user));
            } else {
                revocations.remember_change(id, current(&changed.user));
            }
            if changed.user.disabled_at.is_some() {
                revocations.end_all(id, &changed.ended, people.now());
            }
            people.boards_changed(caller.who.org);
            if changed.told {
                people.ring(caller.who.org, &[StreamId::Inbox(id)]);
            }
        }
        Ok(done.map(|changed| changed.user))
    }
}

impl super::People {
    pub(super) async fn reset(
        &self,
        user: &User,
        created_by: Option<UserId>,
    ) -> Result<Invited, Denied> {
        let at = self.now();
        let id = LinkId(fresh());
        let link = Link {
            id,
            org: user.org,
            kind: LinkKind::Reset,
            role: user.role,
            email: user.email.clone(),
            name: Some(user.name.clone()),
            user: Some(user.id),
            room: None,
            cohort: None,
            created_by,
            created_at: at,
            expires_at: at.plus_ms(RESET_LIFE_MS),
            claimed_at: None,
        };
        let hash = hash_of(&self.code_of(id));
        let done = self.store().add_link(None, link, hash).await?;
        Ok(Invited {
            url: self.url_of(id),
            link: done.value,
        })
    }
}
