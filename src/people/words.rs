//! The words orgs do not want, in memory: they are compared with each line. What another node has
//! committed is found by the sweep of the policies.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ludus_domain::ids::OrgId;
use ludus_domain::moderation::words::{ListedWord, OrgWords};

use super::{Admin, Denied};
use crate::store::words::WordList;
use crate::store::{Store, StoreError};

/// The words of all orgs that have any.
#[derive(Debug, Default)]
pub struct WordBook {
    /// With the number of the change that was read last.
    known: RwLock<HashMap<OrgId, (i64, Arc<OrgWords>)>>,
}

impl WordBook {
    pub fn of(&self, org: OrgId) -> Arc<OrgWords> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&org).map(|(_, words)| Arc::clone(words));
        found.unwrap_or_default()
    }

    pub(super) async fn refresh(&self, store: &Store, org: OrgId) -> Result<(), StoreError> {
        let Some(list) = store.word_list(org).await? else {
            return Ok(());
        };
        // It was read before it was stored; a list this version cannot read says nothing.
        let words = Arc::new(OrgWords::read(&list.words).unwrap_or_default());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let newest = known.get(&org).map_or(0, |(newest, _)| *newest);
        if list.number >= newest {
            known.insert(org, (list.number, words));
        }
        Ok(())
    }

    /// Reads those that have changed.
    pub(super) async fn sweep(&self, store: &Store) -> Result<(), StoreError> {
        for (org, newest) in store.word_list_counts().await? {
            let known = {
                let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
                known.get(&org).map(|(number, _)| *number)
            };
            if known != Some(newest) {
                self.refresh(store, org).await?;
            }
        }
        Ok(())
    }
}

impl Admin {
    pub(crate) async fn word_list(&self) -> Result<Option<WordList>, Denied> {
        Ok(self.0.people.store().word_list(self.0.who.org).await?)
    }

    /// Puts another list in the place of what holds, on this node when this answers, on others within
    /// seconds. It was read before.
    pub(crate) async fn put_word_list(&self, words: Vec<ListedWord>) -> Result<WordList, Denied> {
        let people = &self.0.people;
        let list = people.store().put_word_list(self.0.actor(), words).await?;
        people.words_changed(self.0.who.org).await;
        Ok(list)
    }

    pub(crate) async fn word_list_changes(
        &self,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<WordList>, Denied> {
        let store = self.0.people.store();
        Ok(store
            .word_list_changes(self.0.who.org, before, limit)
            .await?)
    }
}
