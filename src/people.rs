//! People: who comes in, who they are, what they may do to whom.
//!
//! Rights are types. [`People`] alone can only let somebody in ([`entrance`]). A token that holds
//! makes a [`Caller`], who may do what anybody may do for themselves ([`own`], [`rooms`], [`game`]); a caller
//! with the role for it becomes a [`Coach`] ([`staff`], [`cohorts`], [`contests`]) or an [`Admin`] ([`admin`]).
//! A key that holds makes a [`programs::Program`], which may what the key is for.
//! Code that has none of these in its hands can change nothing. The command line and the
//! composition root, which have the machine anyway, get a [`console::Console`].
//!
//! Everything durable goes through the store in one transaction each; what open connections must
//! know of it is told to the [`revocations`] and the doorbell after the commit.

pub mod admin;
pub(crate) mod alerts;
pub mod archives;
pub(crate) mod assignments;
pub mod audit;
pub mod boards;
pub mod caller;
pub(crate) mod cohort_reports;
pub mod cohorts;
pub mod console;
pub(crate) mod content;
pub mod contests;
pub mod denied;
pub mod displays;
pub mod doorman;
pub(crate) mod enrolment;
pub mod entrance;
pub mod game;
pub(crate) mod gists;
pub(crate) mod goals;
pub(crate) mod judging;
pub mod links;
pub(crate) mod meetings;
pub(crate) mod moderation;
pub(crate) mod moves;
pub mod nodes;
pub(crate) mod notes;
pub mod own;
pub mod policies;
pub mod practice;
pub mod programs;
pub(crate) mod replay;
pub mod revocations;
pub mod rooms;
pub mod rosters;
pub mod scenes;
pub mod staff;
pub mod together;
pub mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use ludus_actors::ports::{Archive, Clock, Doorbell, Rosters as _};
use ludus_domain::ids::{ContestId, OrgId, SignInId};
use ludus_domain::refusal::Refusal;
use ludus_domain::roster::Roster;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

pub use self::caller::{Admin, Caller, Coach};
pub use self::denied::Denied;
use self::policies::PolicyBook;
use self::revocations::{Current, KEPT_MS, Revocations};
use self::rosters::Rosters;
use crate::keys::{Key, Keys};
use crate::passwords::Passwords;
use crate::store::people::User;
use crate::store::{Store, StoreError};
use crate::tokens::Tokens;

/// How far back the sweep looks for what others revoked. Clocks of nodes may differ by most of it.
const SWEPT_MS: i64 = 30_000;

/// What people need of the rest.
#[derive(Debug)]
pub struct Needs {
    pub store: Store,
    pub archive: Arc<dyn Archive>,
    pub clock: Arc<dyn Clock>,
    pub doorbell: Arc<dyn Doorbell>,
    pub rosters: Arc<Rosters>,
    pub policies: Arc<PolicyBook>,
    pub keys: Keys,
    /// How the hub is reached: what links say and who issues tokens. No slash at the end.
    pub public_url: String,
}

/// Everybody, and what proves them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct People {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    archive: Arc<dyn Archive>,
    clock: Arc<dyn Clock>,
    doorbell: Arc<dyn Doorbell>,
    rosters: Arc<Rosters>,
    policies: Arc<PolicyBook>,
    tokens: Tokens,
    passwords: Passwords,
    revocations: Arc<Revocations>,
    link_key: Key,
    api_key: Key,
    public_url: String,
}

impl People {
    /// Reads what was revoked lately, so that no token from before a restart outlives its end.
    pub async fn start(needs: Needs) -> Result<Self, StoreError> {
        let now = needs.clock.now();
        let revocations = Revocations::new();
        let since = now.plus_ms(-KEPT_MS);
        for (sign_in, at) in needs.store.sign_ins_ended_since(since).await? {
            revocations.remember_end(sign_in, at);
        }
        for user in needs.store.users_changed_since(since).await? {
            revocations.remember_change(user.id, current(&user));
        }
        for (display, at) in needs.store.displays_revoked_since(since).await? {
            revocations.remember_end(SignInId(display.0), at);
        }
        let passwords = Passwords::new().map_err(StoreError::Refused)?;
        Ok(Self {
            inner: Arc::new(Inner {
                tokens: Tokens::new(&needs.keys, &needs.public_url, now),
                passwords,
                revocations: Arc::new(revocations),
                link_key: needs.keys.link,
                api_key: needs.keys.api,
                store: needs.store,
                archive: needs.archive,
                clock: needs.clock,
                doorbell: needs.doorbell,
                rosters: needs.rosters,
                policies: needs.policies,
                public_url: needs.public_url,
            }),
        })
    }

    /// Finds what was revoked and who was changed by others: another node, or a command beside this
    /// one. Answers the orgs in which somebody is not as they were.
    pub(crate) async fn sweep(&self) -> Result<BTreeSet<OrgId>, StoreError> {
        let (store, revocations) = (self.store(), &self.inner.revocations);
        let since = self.now().plus_ms(-SWEPT_MS);
        let ended = store.sign_ins_ended_since(since).await?;
        let dark = store.displays_revoked_since(since).await?;
        let dark = dark.into_iter().map(|(id, at)| (SignInId(id.0), at));
        for (sign_in, at) in ended.into_iter().chain(dark) {
            if !revocations.knows_end(sign_in) {
                revocations.end(sign_in, at);
            }
        }
        let mut orgs = BTreeSet::new();
        for user in store.users_changed_since(since).await? {
            // Whoever is new holds no token of before.
            if user.changed_at > user.created_at
                && !revocations.knows_change(user.id, user.changed_at)
            {
                revocations.change(user.id, current(&user));
                orgs.insert(user.org);
            }
        }
        Ok(orgs)
    }

    /// Whom an access token speaks for, as they are now.
    pub fn authenticate(&self, access_token: &str) -> Result<Caller, Refusal> {
        let now = self.now();
        let who = self.inner.tokens.access.read(access_token, now)?;
        let who = self.inner.revocations.check(who, now)?;
        Ok(Caller::new(self.clone(), who))
    }

    /// The composition root feeds these to the lanes.
    pub fn revocations(&self) -> &Arc<Revocations> {
        &self.inner.revocations
    }

    /// Forgets what no longer matters. Call it every few minutes.
    pub async fn tidy(&self) {
        let now = self.now();
        self.inner.revocations.tidy(now);
        let store = self.store();
        for (what, gone) in [
            ("answers", store.forget_answers(now).await),
            ("links", store.forget_links(now).await),
            ("sign-ins", store.forget_sign_ins(now).await),
        ] {
            match gone {
                Ok(0) => {}
                Ok(gone) => tracing::debug!(what, gone, "forgot what had expired"),
                Err(error) => tracing::warn!(what, %error, "what had expired is kept for now"),
            }
        }
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Somebody's name, role or place is another one: boards show it from now on.
    fn boards_changed(&self, org: OrgId) {
        self.inner.doorbell.boards_changed(org);
    }

    /// Somebody learns or coaches elsewhere than before. Known here when this returns.
    async fn roster_changed(&self, org: OrgId) {
        match self.inner.rosters.refresh(org).await {
            Ok(_) => self.inner.doorbell.roster_changed(org),
            // It is committed, and the sweep finds it.
            Err(error) => tracing::warn!(%error, "who looks after whom is read a moment later"),
        }
        self.boards_changed(org);
    }

    /// The org has decided otherwise how coaches look on. Known here when this returns.
    async fn policies_changed(&self, org: OrgId) {
        match self.inner.policies.refresh(org).await {
            Ok(()) => self.inner.doorbell.roster_changed(org),
            // It is committed, and the sweep finds it.
            Err(error) => tracing::warn!(%error, "policies are read a moment later"),
        }
    }

    /// The org wants other words than before. Known here when this returns.
    async fn words_changed(&self, org: OrgId) {
        let inner = &self.inner;
        // It is committed, and the sweep finds it.
        if let Err(error) = inner.policies.words().refresh(&inner.store, org).await {
            tracing::warn!(%error, "words are read a moment later");
        }
    }

    /// Who looks after whom, as of now.
    fn roster(&self, org: OrgId) -> Arc<Roster> {
        self.inner.rosters.of(org)
    }

    fn contest_changed(&self, org: OrgId, contest: ContestId) {
        self.inner.doorbell.contest_changed(org, contest);
    }

    fn ring(&self, org: OrgId, streams: &[StreamId]) {
        for stream in streams {
            self.inner.doorbell.ring(org, *stream);
        }
    }
}

fn current(user: &User) -> Current {
    Current {
        role: user.role,
        name: user.name.clone(),
        at: user.changed_at,
    }
}
