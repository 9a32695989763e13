//! What one may do without being signed in: come in.

use ludus_domain::ids::{OrgId, RoomId, SignInId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Entry, Phase};
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::links::{CODE_CHARS_MAX, hash_of};
use super::{Denied, People};
use crate::passwords::{self, Checked};
use crate::store::links::{Claim, Link, LinkKind};
use crate::store::people::{NewUser, User, fresh};
use crate::store::rooms::RoomRow;
use crate::store::sign_ins::{NewSignIn, Refreshed, SignedIn};
use crate::tokens::access::Issued;
use crate::tokens::{Identity, refresh};

/// Somebody who came in: what they show from now on, and what they come back with.
#[derive(Clone, Debug)]
pub struct Entered {
    pub user: User,
    pub sign_in: SignInId,
    pub access: Issued,
    pub refresh_token: String,
    pub until: Timestamp,
}

/// What a page says about a link before somebody claims it.
#[derive(Clone, Debug)]
pub struct Inspected {
    pub link: Link,
    pub org_name: String,
    pub room_title: Option<String>,
}

/// What somebody brings to a link.
#[derive(Clone, Debug, Default)]
pub struct Claiming {
    pub code: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub password: Option<String>,
    pub org_name: Option<String>,
}

/// Whether somebody may come in who can prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    LetIn,
    ShutOut,
}

impl Standing {
    const fn of(user: &User) -> Self {
        match user.disabled_at {
            None => Self::LetIn,
            Some(_) => Self::ShutOut,
        }
    }
}

impl People {
    /// One refusal, after the same time, whether the account, the password or the door is wrong.
    pub async fn login(
        &self,
        org: Option<OrgId>,
        email: &str,
        password: String,
        agent: String,
    ) -> Result<Entered, Denied> {
        let user = self.prove(org, email, password, Standing::LetIn).await?;
        self.enter(user, agent).await
    }

    /// Whose e-mail and password these are, where they stand so with the org. One refusal, after the same time,
    /// whatever is wrong.
    pub(super) async fn prove(
        &self,
        org: Option<OrgId>,
        email: &str,
        password: String,
        standing: Standing,
    ) -> Result<User, Denied> {
        let found = match text::email(email) {
            Ok(email) => self.store().credentials_by_email(org, email).await?,
            Err(_) => None,
        };
        let kept = found
            .as_ref()
            .filter(|found| Standing::of(&found.user) == standing)
            .and_then(|found| found.password_hash.clone());
        let checked = self.inner.passwords.check(password, kept).await?;
        let (user, rehash) = match (checked, found) {
            (Checked::Right, Some(found)) => (found.user, None),
            (Checked::Rehash(better), Some(found)) => (found.user, Some(better)),
            (Checked::Right | Checked::Rehash(_), None) | (Checked::Wrong, _) => {
                return Err(Refusal::WrongCredentials.into());
            }
        };
        let now = self.now();
        if let Some(better) = rehash {
            self.store().rehash(user.org, user.id, better, now).await;
        }
        Ok(user)
    }

    pub(super) async fn enter(&self, user: User, agent: String) -> Result<Entered, Denied> {
        let new = new_sign_in(agent, self.now());
        let signed_in = self.store().sign_in(user, new).await?;
        self.entered(signed_in)
    }

    /// The next refresh token for the current one. A used one that comes again ends the sign-in.
    pub async fn refresh(&self, token: &str) -> Result<Entered, Denied> {
        let (id, counter) =
            refresh::read(&self.inner.tokens.refresh, token).ok_or(Refusal::SessionEnded)?;
        let now = self.now();
        match self.store().refresh(id, counter, now).await? {
            Refreshed::Good(signed_in) => self.entered(*signed_in),
            Refreshed::Ended => Err(Refusal::SessionEnded.into()),
            Refreshed::Reused(user) => {
                tracing::warn!(%user, "a used refresh token came again; its sign-in has ended");
                self.inner.revocations.end(id, now);
                Err(Refusal::SessionEnded.into())
            }
        }
    }

    /// Ends the sign-in a refresh token is of. Unknown tokens have nothing to end.
    pub async fn logout_with(&self, token: &str) -> Result<(), Denied> {
        let Some((id, _)) = refresh::read(&self.inner.tokens.refresh, token) else {
            return Ok(());
        };
        let now = self.now();
        self.store().sign_out_by_id(id, now).await?;
        self.inner.revocations.end(id, now);
        Ok(())
    }

    /// Lets a guest in, where a room is entered by its code.
    pub async fn guest(
        &self,
        code: &str,
        name: &str,
        agent: String,
    ) -> Result<(Entered, RoomRow), Denied> {
        let name = text::name(name)?;
        let code = code.trim().to_uppercase();
        if code.chars().count() > CODE_CHARS_MAX {
            return Err(Refusal::WrongCode.into());
        }
        let found = self.store().room_by_code(code).await?;
        let (org, room) = found.ok_or(Refusal::WrongCode)?;
        if room.state.plan.entry != Entry::Code {
            return Err(Refusal::WrongCode.into());
        }
        if room.state.phase == Phase::Ended {
            return Err(Refusal::RoomEnded.into());
        }
        if room.state.members.len() >= room.state.plan.capacity as usize {
            return Err(Refusal::RoomFull.into());
        }
        let now = self.now();
        let new = NewUser {
            id: UserId(fresh()),
            org,
            name,
            email: None,
            role: Role::Learner,
            password_hash: None,
            guest: true,
            at: now,
        };
        let user = self.store().add_user(new).await?;
        Ok((self.enter(user, agent).await?, room))
    }

    /// What a link is good for; refused when it is no longer good for anything.
    pub async fn inspect(&self, code: &str) -> Result<Inspected, Denied> {
        let link = self.open_link(code).await?;
        let org = self.store().org(link.org).await?;
        let room = match link.room {
            Some(room) => self.store().room_row(link.org, room).await?,
            None => None,
        };
        Ok(Inspected {
            org_name: org.ok_or(Refusal::LinkSpent)?.name,
            room_title: room.map(|room| room.state.plan.title),
            link,
        })
    }

    /// Claims a link: an account, a new password or just a door, as its kind says.
    pub async fn claim(
        &self,
        claiming: Claiming,
        agent: String,
    ) -> Result<(Entered, Option<RoomId>), Denied> {
        let link = self.open_link(&claiming.code).await?;
        let needs_password = link.kind != LinkKind::Entry;
        let is_new = matches!(link.kind, LinkKind::Owner | LinkKind::Invitation);
        let name = claiming.name.as_deref().map(text::name).transpose()?;
        let email = match claiming.email.as_deref() {
            Some(email) if is_new => Some(text::email(email)?),
            _ => None,
        };
        let org_name = claiming.org_name.as_deref().map(text::title).transpose()?;
        if is_new && email.is_none() && link.email.is_none() {
            return Err(Refusal::EmailInvalid.into());
        }
        if is_new && name.is_none() && link.name.is_none() {
            return Err(Refusal::NameInvalid.into());
        }
        let password_hash = if needs_password {
            let password = claiming.password.unwrap_or_default();
            passwords::check_new(&password)?;
            Some(self.inner.passwords.hash(password).await?)
        } else {
            None
        };
        let now = self.now();
        let claim = Claim {
            code_hash: hash_of(&claiming.code),
            name,
            email,
            password_hash,
            org_name,
            user: UserId(fresh()),
            sign_in: new_sign_in(agent, now),
        };
        let claimed = self.store().claim(claim).await?;
        let user = &claimed.signed_in.user;
        if !claimed.ended.is_empty() {
            let revocations = &self.inner.revocations;
            revocations.end_all(user.id, &claimed.ended, now);
        }
        self.ring(user.org, &claimed.moved);
        if !claimed.moved.is_empty() {
            // Into a cohort, whose boards they stand on.
            self.roster_changed(user.org).await;
        }
        Ok((self.entered(claimed.signed_in)?, claimed.room))
    }

    async fn open_link(&self, code: &str) -> Result<Link, Denied> {
        if code.len() > CODE_CHARS_MAX {
            return Err(Refusal::LinkSpent.into());
        }
        let found = self.store().link(hash_of(code)).await?;
        let now = self.now();
        found
            .filter(|link| link.is_open(now))
            .ok_or_else(|| Refusal::LinkSpent.into())
    }

    fn entered(&self, signed_in: SignedIn) -> Result<Entered, Denied> {
        let now = self.now();
        for ended in &signed_in.ended {
            self.inner.revocations.end(*ended, now);
        }
        let user = signed_in.user;
        let identity = Identity {
            org: user.org,
            user: user.id,
            sign_in: signed_in.id,
            role: user.role,
            guest: user.guest,
            name: user.name.clone(),
            until: signed_in.until,
            display: None,
        };
        let tokens = &self.inner.tokens;
        Ok(Entered {
            access: tokens.access.issue(&identity, now)?,
            refresh_token: refresh::token(&tokens.refresh, signed_in.id, signed_in.counter),
            sign_in: signed_in.id,
            until: signed_in.until,
            user,
        })
    }
}

fn new_sign_in(agent: String, at: Timestamp) -> NewSignIn {
    NewSignIn {
        id: SignInId(fresh()),
        agent,
        at,
    }
}
