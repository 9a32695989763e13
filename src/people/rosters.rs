//! Who looks after whom, in memory: asked for each frame of a coach, so never read for one.
//!
//! What is committed on this node is known before it is answered; what another node (or the command
//! line) has committed is found by the sweep, by one small read however many people there are.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ludus_actors::ports;
use ludus_domain::ids::OrgId;
use ludus_domain::roster::Roster;

use crate::store::{Store, StoreError};

/// How often the sweep looks. What it finds holds on every node within two seconds.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// A roster, and how often the org's cohorts had changed when it was read.
type Known = (i64, Arc<Roster>);

/// The rosters of all orgs.
#[derive(Debug)]
pub struct Rosters {
    store: Store,
    known: RwLock<HashMap<OrgId, Known>>,
}

impl Rosters {
    /// Reads everybody's.
    pub async fn start(store: Store) -> Result<Arc<Self>, StoreError> {
        let rosters = Arc::new(Self {
            store,
            known: RwLock::default(),
        });
        rosters.sweep().await?;
        Ok(rosters)
    }

    /// Reads an org's anew. Answers whether it is another one now.
    pub async fn refresh(&self, org: OrgId) -> Result<bool, StoreError> {
        let (count, fresh) = self.store.roster(org).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let was = known.get(&org);
        if was.is_some_and(|(newest, _)| *newest > count) {
            return Ok(false);
        }
        let is_another = was.is_none_or(|(_, roster)| **roster != fresh);
        known.insert(org, (count, Arc::new(fresh)));
        Ok(is_another)
    }

    /// Reads those that have changed. Answers whose are others now.
    pub async fn sweep(&self) -> Result<Vec<OrgId>, StoreError> {
        let counts = self.store.roster_counts().await?;
        let mut changed = vec![];
        for (org, count) in counts {
            if self.count(org) != Some(count) && self.refresh(org).await? {
                changed.push(org);
            }
        }
        Ok(changed)
    }

    fn count(&self, org: OrgId) -> Option<i64> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&org).map(|(count, _)| *count)
    }
}

impl ports::Rosters for Rosters {
    fn of(&self, org: OrgId) -> Arc<Roster> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&org).map(|(_, roster)| Arc::clone(roster));
        found.unwrap_or_else(|| Arc::new(Roster::unknown()))
    }
}

/// Sweeps for as long as the process lives, and tells the rooms.
pub fn watch(rosters: &Arc<Rosters>, doorbell: Arc<dyn ports::Doorbell>) {
    let rosters = Arc::clone(rosters);
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            match rosters.sweep().await {
                Ok(changed) => changed
                    .into_iter()
                    .for_each(|org| doorbell.roster_changed(org)),
                Err(error) => {
                    tracing::debug!(%error, "who looks after whom is what it was for now");
                }
            }
        }
    });
}
