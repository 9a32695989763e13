//! Who is calling, with as much right as their role gives them and no more.

use ludus_domain::audience::Viewer;
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::{self, Action};
use ludus_domain::room::Room;

use super::People;
use crate::store::idempotency::Once;
use crate::store::people::Actor;
use crate::tokens::Identity;

/// Somebody signed in. Made by [`People::authenticate`] and by nothing else.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) people: People,
    pub(super) who: Identity,
}

/// Somebody who sees the people of the org, invites and leads.
#[derive(Clone, Debug)]
pub struct Coach(pub(super) Caller);

/// Somebody who manages people.
#[derive(Clone, Debug)]
pub struct Admin(pub(super) Caller);

/// The key of a request that must happen once, before it is known whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceKey {
    pub key: String,
    pub fingerprint: i64,
}

impl Caller {
    pub(super) const fn new(people: People, who: Identity) -> Self {
        Self { people, who }
    }

    pub const fn identity(&self) -> &Identity {
        &self.who
    }

    pub fn may(&self, action: Action) -> bool {
        rights::allows_whom(self.who.role, self.who.guest, action)
    }

    pub fn coach(self) -> Result<Coach, Refusal> {
        if self.may(Action::SeePeople) && self.may(Action::LeadCohorts) {
            Ok(Coach(self))
        } else {
            Err(Refusal::Forbidden)
        }
    }

    pub fn admin(self) -> Result<Admin, Refusal> {
        if self.may(Action::ManagePeople) && self.may(Action::ChangeRoles) {
            Ok(Admin(self))
        } else {
            Err(Refusal::Forbidden)
        }
    }

    pub(super) const fn viewer(&self) -> Viewer {
        Viewer {
            user: self.who.user,
            role: self.who.role,
            guest: self.who.guest,
        }
    }

    /// Who they are in a room: coaches are coaches of somebody.
    pub(crate) fn viewer_in(&self, room: &Room) -> Viewer {
        let roster = self.people.roster(self.who.org);
        roster.viewer_in(room, self.viewer())
    }

    pub(super) fn actor(&self) -> Actor {
        Actor {
            org: self.who.org,
            user: self.who.user,
            role: self.who.role,
            guest: self.who.guest,
            at: self.people.now(),
        }
    }

    pub(super) fn once(&self, key: Option<OnceKey>) -> Option<Once> {
        key.map(|key| Once {
            org: self.who.org,
            user: self.who.user,
            key: key.key,
            fingerprint: key.fingerprint,
            at: self.people.now(),
        })
    }
}

impl Coach {
    pub const fn caller(&self) -> &Caller {
        &self.0
    }
}

impl Admin {
    pub const fn caller(&self) -> &Caller {
        &self.0
    }
}
