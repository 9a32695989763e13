//! What orgs have decided about how their coaches look on, and which words they do not want, in memory: asked for with each draft and line, so
//! never read for one. What another node has committed is found by the sweep.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ludus_actors::ports::Doorbell;
use ludus_actors::stage;
use ludus_domain::ids::OrgId;
use ludus_domain::moderation::words::OrgWords;
use ludus_domain::policy::{Policies, Policy, PolicyChange};

use super::words::WordBook;
use super::{Admin, Caller, Denied};
use crate::store::{Store, StoreError};

/// How often the sweep looks. What it finds holds on every node within three seconds.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// The policies of all orgs that have decided on any.
#[derive(Debug)]
pub struct PolicyBook {
    store: Store,
    /// With the number of the change that was read last.
    known: RwLock<HashMap<OrgId, (i64, Policies)>>,
    words: WordBook,
}

impl PolicyBook {
    /// Reads everybody's.
    pub async fn start(store: Store) -> Result<Arc<Self>, StoreError> {
        let book = Arc::new(Self {
            store,
            known: RwLock::default(),
            words: WordBook::default(),
        });
        book.sweep().await?;
        Ok(book)
    }

    pub(super) async fn refresh(&self, org: OrgId) -> Result<(), StoreError> {
        let fresh = self.store.policies(org).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let newest = known.get(&org).map_or(0, |(newest, _)| *newest);
        if fresh.0 >= newest {
            known.insert(org, fresh);
        }
        Ok(())
    }

    /// Reads those that have changed, and says whose.
    async fn sweep(&self) -> Result<Vec<OrgId>, StoreError> {
        self.words.sweep(&self.store).await?;
        let mut changed = vec![];
        for (org, newest) in self.store.policy_counts().await? {
            if self.newest(org) != Some(newest) {
                self.refresh(org).await?;
                changed.push(org);
            }
        }
        Ok(changed)
    }

    pub(super) const fn words(&self) -> &WordBook {
        &self.words
    }

    fn newest(&self, org: OrgId) -> Option<i64> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&org).map(|(newest, _)| *newest)
    }
}

impl stage::OrgPolicies for PolicyBook {
    fn of(&self, org: OrgId) -> Policies {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&org)
            .map(|(_, policies)| *policies)
            .unwrap_or_default()
    }

    fn words(&self, org: OrgId) -> Arc<OrgWords> {
        self.words.of(org)
    }
}

/// Sweeps for as long as the process lives, and has rooms look again.
pub fn watch(book: &Arc<PolicyBook>, doorbell: Arc<dyn Doorbell>) {
    let book = Arc::clone(book);
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            match book.sweep().await {
                Ok(changed) => changed
                    .into_iter()
                    .for_each(|org| doorbell.roster_changed(org)),
                Err(error) => tracing::debug!(%error, "policies are what they were for now"),
            }
        }
    });
}

impl Caller {
    /// What holds here: whoever is looked at may know how.
    pub async fn policies(&self) -> Result<Policies, Denied> {
        let (_, policies) = self.people.store().policies(self.who.org).await?;
        Ok(policies)
    }
}

impl Admin {
    /// Changes what is given. It holds on this node when this answers, on others within seconds.
    pub async fn change_policies(&self, wanted: Vec<(Policy, bool)>) -> Result<Policies, Denied> {
        let people = &self.0.people;
        let org = self.0.who.org;
        let policies = people
            .store()
            .change_policies(self.0.actor(), wanted)
            .await?;
        people.policies_changed(org).await;
        Ok(policies)
    }

    pub async fn policy_changes(
        &self,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<PolicyChange>, Denied> {
        let store = self.0.people.store();
        Ok(store.policy_changes(self.0.who.org, before, limit).await?)
    }
}
