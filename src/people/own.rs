//! What everybody may do for themselves.

use ludus_domain::refusal::Refusal;
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::caller::OnceKey;
use super::{Caller, Denied, current};
use crate::passwords::{self, Checked};
use crate::store::people::{Org, User};
use crate::tokens::ticket;

/// A socket ticket and its end.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub ticket: String,
    pub expires_at: Timestamp,
}

impl Caller {
    pub async fn me(&self) -> Result<(User, Org), Denied> {
        let org = self.org().await?;
        let found = self
            .people
            .store()
            .user(self.who.org, self.who.user)
            .await?;
        Ok((found.ok_or(Refusal::SessionEnded)?, org))
    }

    pub async fn org(&self) -> Result<Org, Denied> {
        let org = self.people.store().org(self.who.org).await?;
        Ok(org.ok_or(Refusal::SessionEnded)?)
    }

    /// Changes one's own name. Rooms show the old one to those who are there already.
    pub async fn rename(&self, name: &str) -> Result<User, Denied> {
        let name = text::name(name)?;
        let changed = self.people.store().rename_self(self.actor(), name).await?;
        let revocations = &self.people.inner.revocations;
        revocations.remember_change(changed.user.id, current(&changed.user));
        self.people.boards_changed(self.who.org);
        Ok(changed.user)
    }

    /// Changes one's own password; every other sign-in ends.
    pub async fn change_password(&self, old: String, new: String) -> Result<(), Denied> {
        passwords::check_new(&new)?;
        let people = &self.people;
        let found = people
            .store()
            .credentials(self.who.org, self.who.user)
            .await?
            .ok_or(Refusal::SessionEnded)?;
        if people
            .inner
            .passwords
            .check(old, found.password_hash)
            .await?
            == Checked::Wrong
        {
            return Err(Refusal::WrongCredentials.into());
        }
        let hash = people.inner.passwords.hash(new).await?;
        let now = people.now();
        let keep = Some(self.who.sign_in);
        let ended = people
            .store()
            .set_password(self.who.org, self.who.user, hash, keep, now)
            .await?;
        for sign_in in ended {
            people.inner.revocations.end(sign_in, now);
        }
        Ok(())
    }

    /// Ends this sign-in: its connections close, its tokens are void.
    pub async fn logout(&self) -> Result<(), Denied> {
        let now = self.people.now();
        let store = self.people.store();
        store.sign_out(self.who.org, self.who.sign_in, now).await?;
        self.people.inner.revocations.end(self.who.sign_in, now);
        Ok(())
    }

    /// Ends every sign-in of this person.
    pub async fn logout_everywhere(&self) -> Result<(), Denied> {
        let now = self.people.now();
        let store = self.people.store();
        let mut ended = store
            .sign_out_everywhere(self.who.org, self.who.user, now)
            .await?;
        // This one even if the store had not heard of it.
        ended.push(self.who.sign_in);
        let revocations = &self.people.inner.revocations;
        revocations.end_all(self.who.user, &ended, now);
        Ok(())
    }

    /// What the next connection says in its `hello`.
    pub fn ticket(&self) -> Result<Ticket, Denied> {
        let now = self.people.now();
        let tickets = &self.people.inner.tokens.tickets;
        Ok(Ticket {
            ticket: tickets.issue(self.who.clone(), now)?,
            expires_at: now.plus_ms(ticket::LIFE_MS),
        })
    }

    /// Renames somebody: oneself, or whom one may manage.
    pub async fn rename_user(
        &self,
        once: Option<OnceKey>,
        user: ludus_domain::ids::UserId,
        name: &str,
    ) -> Result<User, Denied> {
        if user == self.who.user {
            return self.rename(name).await;
        }
        match self.clone().admin() {
            Ok(admin) => Ok(admin.rename(once, user, name).await?.value),
            // Who may not see people is told that there is nobody.
            Err(_) if self.clone().coach().is_err() => Err(Refusal::NotFound.into()),
            Err(refusal) => {
                self.clone().coach()?.user(user).await?;
                Err(refusal.into())
            }
        }
    }
}
