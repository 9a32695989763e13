//! What people gained on other nodes, for boards that somebody looks at here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ludus_actors::directory::Directory;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::time::Timestamp;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use super::bell::Gained;
use crate::store::journal::CommittedTotals;
use crate::store::sweep::MOVED_MAX;
use crate::store::{Store, StoreError};

type Who = (OrgId, UserId);

/// How far boards here know each account that moved lately.
pub(super) struct BoardSweep {
    own: broadcast::Receiver<Arc<CommittedTotals>>,
    known: HashMap<Who, u64>,
    /// Choices boards were opened anew for.
    chosen: HashMap<Who, Timestamp>,
}

impl BoardSweep {
    pub(super) fn new(store: &Store) -> Self {
        Self {
            own: store.totals(),
            known: HashMap::new(),
            chosen: HashMap::new(),
        }
    }

    /// What other nodes have told of accounts.
    pub(super) fn note_all(&mut self, gained: Vec<Gained>) {
        for (org, user, pos) in gained {
            self.note((org, user), pos);
        }
    }

    pub(super) async fn once(
        &mut self,
        store: &Store,
        directory: &Directory,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let orgs = directory.orgs_with_boards();
        self.listen();
        if orgs.is_empty() {
            self.known.clear();
            self.chosen.clear();
            return Ok(());
        }
        self.accounts(store, directory, &orgs, since).await?;
        self.choices(store, directory, &orgs, since).await
    }

    /// What was committed here is told to boards by whoever committed it.
    fn listen(&mut self) {
        loop {
            match self.own.try_recv() {
                Ok(committed) => self.note((committed.org, committed.user), committed.pos),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn note(&mut self, who: Who, pos: u64) {
        let known = self.known.entry(who).or_default();
        *known = pos.max(*known);
    }

    async fn accounts(
        &mut self,
        store: &Store,
        directory: &Directory,
        orgs: &BTreeSet<OrgId>,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let moved = store.accounts_moved_since(since).await?;
        // What was committed here while the store was asked is known by now.
        self.listen();
        if moved.len() as u64 >= MOVED_MAX {
            self.known.clear();
            directory.reopen_boards(None);
            return Ok(());
        }
        let mut news: BTreeMap<OrgId, Vec<UserId>> = BTreeMap::new();
        for (org, user, pos) in &moved {
            let is_new = self
                .known
                .get(&(*org, *user))
                .is_none_or(|known| known < pos);
            if is_new && orgs.contains(org) {
                news.entry(*org).or_default().push(*user);
            }
        }
        for (org, users) in news {
            directory.accounts_moved(org, &users.into());
        }
        // What moved longer ago is not asked for again.
        self.known.clear();
        for (org, user, pos) in moved {
            self.note((org, user), pos);
        }
        Ok(())
    }

    async fn choices(
        &mut self,
        store: &Store,
        directory: &Directory,
        orgs: &BTreeSet<OrgId>,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = store.choices_changed_since(since).await?;
        let mut news = BTreeSet::new();
        let chosen = std::mem::take(&mut self.chosen);
        for (org, user, at) in changed {
            if chosen.get(&(org, user)) != Some(&at) && orgs.contains(&org) {
                news.insert(org);
            }
            self.chosen.insert((org, user), at);
        }
        for org in news {
            directory.reopen_boards(Some(org));
        }
        Ok(())
    }
}
