//! What whoever has the machine may do: the first owner's link, and the commands of the
//! command line. No role is asked for; there is nobody to ask.

use ludus_domain::ids::{LinkId, OrgId, RoomId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::text;

use super::entrance::Entered;
use super::links::{INVITATION_LIFE_MS, OWNER_LIFE_MS, hash_of};
use super::staff::Invited;
use super::{Denied, People};
use crate::passwords;
use crate::store::links::{Link, LinkKind};
use crate::store::people::{Actor, Change, NewUser, Org, User, Wanted, fresh};

/// How a hub is called before somebody names it.
const FIRST_ORG: &str = "Ludus";
const FIRST_TIME_ZONE: &str = "UTC";

/// The machine's own hands on people. For the composition root and the command line only.
#[derive(Clone, Debug)]
pub struct Console(People);

/// Somebody who is made by hand.
#[derive(Clone, Debug)]
pub struct Account {
    pub org: OrgId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// Without one, they come in by a link.
    pub password: Option<String>,
}

/// A link that is made by hand.
#[derive(Clone, Debug)]
pub struct Pass {
    pub org: OrgId,
    /// Whom it signs in; without one it makes an account (invitation) or a guest (entry).
    pub user: Option<UserId>,
    pub kind: LinkKind,
    pub role: Role,
    pub email: Option<String>,
    pub name: Option<String>,
    pub room: Option<RoomId>,
}

impl People {
    pub fn console(&self) -> Console {
        Console(self.clone())
    }

    /// The link that makes the first owner, while there is none. Every start makes a new one and
    /// voids the last, so that nobody finds it in an old terminal.
    pub async fn first_owner_link(&self) -> Result<Option<String>, Denied> {
        let at = self.now();
        let id = LinkId(fresh());
        let org_id = OrgId(fresh());
        let org = Org {
            id: org_id,
            name: FIRST_ORG.to_owned(),
            time_zone: FIRST_TIME_ZONE.to_owned(),
            created_at: at,
        };
        let made = self
            .store()
            .owner_link(
                id,
                hash_of(&self.code_of(id)),
                org,
                at.plus_ms(OWNER_LIFE_MS),
            )
            .await?;
        if made {
            self.roster_changed(org_id).await;
        }
        Ok(made.then(|| self.url_of(id)))
    }
}

impl Console {
    pub async fn orgs(&self) -> Result<Vec<Org>, Denied> {
        Ok(self.0.store().orgs().await?)
    }

    pub async fn add_org(&self, name: &str) -> Result<Org, Denied> {
        let org = Org {
            id: OrgId(fresh()),
            name: text::title(name)?,
            time_zone: FIRST_TIME_ZONE.to_owned(),
            created_at: self.0.now(),
        };
        let added = self.0.store().add_org(org).await?;
        self.0.roster_changed(added.id).await;
        Ok(added)
    }

    pub async fn rename_org(&self, id: OrgId, name: &str) -> Result<Org, Denied> {
        let store = self.0.store();
        let name = text::title(name)?;
        store.rename_org(id, None, self.0.now(), name).await?;
        Ok(store.org(id).await?.ok_or(Refusal::NotFound)?)
    }

    pub async fn set_role(&self, user: &User, role: Role) -> Result<User, Denied> {
        self.change(user, Change::Role(role)).await
    }

    /// Shuts somebody out, or lets them in again. A hub that runs elsewhere learns of it by its sweep.
    pub async fn set_disabled(&self, user: &User, disabled: bool) -> Result<User, Denied> {
        self.change(user, Change::Disabled(disabled)).await
    }

    async fn change(&self, user: &User, change: Change) -> Result<User, Denied> {
        let machine = Actor {
            org: user.org,
            // Nobody's id: the machine is no user, and may do what an owner may.
            user: UserId(uuid::Uuid::nil()),
            role: Role::Owner,
            guest: false,
            at: self.0.now(),
        };
        let done = self
            .0
            .store()
            .change_user(None, machine, user.id, change)
            .await?;
        Ok(done.value.user)
    }

    pub async fn users(&self, org: OrgId, after: Option<UserId>) -> Result<Vec<User>, Denied> {
        let store = self.0.store();
        let wanted = Wanted {
            guests: true,
            ..Wanted::default()
        };
        Ok(store.users_page(org, after, wanted, 200).await?)
    }

    pub async fn user_by_email(
        &self,
        org: Option<OrgId>,
        email: &str,
    ) -> Result<Option<User>, Denied> {
        let email = text::email(email)?;
        let found = self.0.store().credentials_by_email(org, email).await?;
        Ok(found.map(|found| found.user))
    }

    pub async fn add_user(&self, account: Account) -> Result<User, Denied> {
        let password_hash = match account.password {
            Some(password) => {
                passwords::check_new(&password)?;
                Some(self.0.inner.passwords.hash(password).await?)
            }
            None => None,
        };
        let new = NewUser {
            id: UserId(fresh()),
            org: account.org,
            name: text::name(&account.name)?,
            email: account.email.as_deref().map(text::email).transpose()?,
            role: account.role,
            password_hash,
            guest: false,
            at: self.0.now(),
        };
        Ok(self.0.store().add_user(new).await?)
    }

    /// A link that sets a new password.
    pub async fn reset_link(&self, user: &User) -> Result<Invited, Denied> {
        self.0.reset(user, None).await
    }

    pub async fn link(&self, pass: Pass) -> Result<Invited, Denied> {
        let people = &self.0;
        let at = people.now();
        let id = LinkId(fresh());
        let link = Link {
            id,
            org: pass.org,
            kind: pass.kind,
            role: pass.role,
            email: pass.email.as_deref().map(text::email).transpose()?,
            name: pass.name.as_deref().map(text::name).transpose()?,
            user: pass.user,
            room: pass.room,
            cohort: None,
            created_by: None,
            created_at: at,
            expires_at: at.plus_ms(INVITATION_LIFE_MS),
            claimed_at: None,
        };
        let hash = hash_of(&people.code_of(id));
        let done = people.store().add_link(None, link, hash).await?;
        Ok(Invited {
            url: people.url_of(id),
            link: done.value,
        })
    }

    /// Signs somebody in without asking for anything: simulated people of a demonstration.
    pub async fn enter(&self, user: User) -> Result<Entered, Denied> {
        self.0.enter(user, "ludus demo".to_owned()).await
    }
}
