//! Changes of an org's content: each is held against everything else there is, and in force whole or
//! not at all.

use std::sync::Arc;

use ludus_actors::ports::Answer;
use ludus_actors::stage::Libraries;
use ludus_domain::content::{ContentFault, Edition, Kind};
use ludus_domain::ids::OrgId;
use ludus_domain::journal::Fault;
use ludus_domain::practice::Library;
use ludus_domain::refusal::Refusal;

use tokio::sync::OwnedSemaphorePermit;

use super::made::{Made, made};
use super::{Rulebook, RulebookError};
use crate::store::StoreError;
use crate::store::content::{Becomes, Change, Item, Revision};
use crate::store::people::Actor;

/// Times a change is held against what others changed meanwhile.
const TRIES_MAX: usize = 3;
/// Libraries of the past that are kept: practices that began before a change, a handful of each org.
const PAST_MAX: usize = 64;

impl Rulebook {
    /// What would be wrong if an org's content had this item; nothing when all is well.
    pub async fn check(&self, org: OrgId, item: Item) -> Result<Vec<ContentFault>, StoreError> {
        let (edition, items) = self.inner.store.content(org).await?;
        let made = self.make(edition, with(items, item)).await;
        Ok(made.err().unwrap_or_default())
    }

    /// What an org would have with this item.
    pub(crate) async fn trial(&self, org: OrgId, item: Item) -> Result<Trial, RulebookError> {
        let (edition, items) = self.inner.store.content(org).await?;
        let made = self.make(edition, with(items, item)).await;
        let made = made.map_err(RulebookError::Content)?;
        Ok(Trial {
            library: made.library,
            play: made.play,
        })
    }

    /// One at a time: reading all that was ever done takes the store's time from everybody.
    pub(crate) fn try_alone(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.inner.trying).try_acquire_owned().ok()
    }

    /// Makes a change, and puts it in force: on this node when this answers, on others within seconds.
    pub(crate) async fn change(
        &self,
        actor: Actor,
        change: Change,
    ) -> Result<Revision, RulebookError> {
        let store = &self.inner.store;
        for _ in 0..TRIES_MAX {
            let (edition, mut items) = store.content(actor.org).await?;
            let item = |body| Item {
                kind: change.kind.as_str().to_owned(),
                id: change.id.clone(),
                body,
                version: 0,
            };
            items = match &change.to {
                Becomes::Text(text) => with(items, item(Some(text.clone()))),
                Becomes::Out => with(items, item(None)),
                Becomes::Shipped => without(items, change.kind.as_str(), &change.id),
            };
            let next = Edition(edition.0 + 1);
            let made = self
                .make(next, items)
                .await
                .map_err(RulebookError::Content)?;
            let play = made.play.as_ref().filter(|_| change.kind.is_game());
            let rules = play.map(|play| Arc::clone(&play.rules));
            let changed = store.change_content(actor, edition, change.clone(), rules);
            if let Some(version) = changed.await? {
                self.remember(actor.org, made);
                if change.kind.is_game() {
                    store.windows_changed();
                }
                return Ok(version);
            }
        }
        Err(StoreError::from(Refusal::Conflict).into())
    }

    /// Takes in what changed elsewhere, and says whose game it was.
    pub(crate) async fn follow(
        &self,
        moved: Vec<(OrgId, Edition)>,
    ) -> Result<Vec<OrgId>, StoreError> {
        let mut changed = vec![];
        for (org, edition) in moved {
            if edition <= self.of(org).edition {
                continue;
            }
            let before = self.rules_of(org);
            self.refresh(org).await?;
            if self.rules_of(org) != before {
                changed.push(org);
            }
        }
        Ok(changed)
    }

    /// Reads what an org has, in the store's own words. It never overrules what is in force: of two
    /// versions of a hub, the one that started last is right.
    pub(super) async fn refresh(&self, org: OrgId) -> Result<(), StoreError> {
        let store = &self.inner.store;
        let (edition, items) = store.content(org).await?;
        let (mut fresh, _) = self.make_or_warn(org, edition, items).await;
        let in_force = store.game(org).await?.map(|game| game.rule_set);
        let is_in_force =
            |made: &Made| made.play.as_ref().map(|play| play.rules.hash()) == in_force.as_deref();
        if !is_in_force(&fresh) {
            fresh.play.clone_from(&self.of(org).play);
        }
        self.remember(org, fresh);
        Ok(())
    }

    /// What an org wrote may not go with a later version of what is shipped. It then has what is shipped;
    /// it is paid by the rules that were in force, and its admins see what is wrong. `false`: so it is.
    pub(super) async fn make_or_warn(
        &self,
        org: OrgId,
        edition: Edition,
        items: Vec<Item>,
    ) -> (Made, bool) {
        match self.make(edition, items).await {
            Ok(made) => (made, true),
            Err(faults) => {
                let (count, first) = (faults.len(), faults.first());
                let first = first.map(ToString::to_string).unwrap_or_default();
                tracing::warn!(%org, count, first, "what an org wrote does not go with what is shipped");
                let made = Made {
                    edition,
                    ..Made::clone(&self.inner.common)
                };
                (made, false)
            }
        }
    }

    /// Reading content takes a while, and nobody else may wait for it.
    pub(super) async fn make(
        &self,
        edition: Edition,
        items: Vec<Item>,
    ) -> Result<Made, Vec<ContentFault>> {
        let inner = Arc::clone(&self.inner);
        let making =
            tokio::task::spawn_blocking(move || made(&inner.files, &inner.common, edition, &items));
        // It is only lost when the hub stops.
        making.await.unwrap_or_else(|_| Err(vec![]))
    }

    /// What is shipped of a kind, by id.
    pub(crate) fn shipped_of(&self, kind: Kind) -> impl Iterator<Item = (&str, &str)> {
        let items = self.inner.files.items.iter();
        items
            .filter(move |((of, _), _)| *of == kind)
            .map(|((_, id), text)| (id.as_str(), text.as_str()))
    }

    pub(crate) fn shipped(&self, kind: Kind, id: &str) -> Option<&str> {
        let found = self.inner.files.items.get(&(kind, id.to_owned()));
        found.map(String::as_str)
    }

    async fn library_at(&self, org: OrgId, edition: Edition) -> Result<Arc<Library>, StoreError> {
        let key = (org, edition);
        let now = self.of(org);
        if edition.is_shipped() {
            return Ok(Arc::clone(&self.inner.common.library));
        }
        if edition == now.edition {
            return Ok(Arc::clone(&now.library));
        }
        if let Some(library) = self.past().iter().find(|(of, _)| *of == key) {
            return Ok(Arc::clone(&library.1));
        }
        let items = self.inner.store.content_at(org, edition).await?;
        let (made, _) = self.make_or_warn(org, edition, items).await;
        let then = made.library;
        let mut past = self.past();
        if past.len() >= PAST_MAX {
            past.remove(0);
        }
        past.push((key, Arc::clone(&then)));
        Ok(then)
    }
}

/// What an org would have.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) library: Arc<Library>,
    pub(crate) play: Option<Arc<super::Play>>,
}

impl Libraries for Rulebook {
    fn now(&self, org: OrgId) -> Arc<Library> {
        self.library(org)
    }

    fn at(&self, org: OrgId, edition: Edition) -> Answer<Result<Arc<Library>, Fault>> {
        let book = self.clone();
        Box::pin(async move { book.library_at(org, edition).await.map_err(fault) })
    }
}

fn fault(error: StoreError) -> Fault {
    let retry_after_ms = match error {
        StoreError::Unavailable { retry_after_ms } => retry_after_ms,
        error => {
            tracing::error!(%error, "the content of then could not be read");
            1_000
        }
    };
    Fault::Unavailable { retry_after_ms }
}

fn with(mut items: Vec<Item>, item: Item) -> Vec<Item> {
    items = without(items, &item.kind, &item.id);
    items.push(item);
    items
}

fn without(mut items: Vec<Item>, kind: &str, id: &str) -> Vec<Item> {
    items.retain(|there| there.kind != kind || there.id != id);
    items
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::UserId;
    use ludus_domain::role::Role;
    use ludus_domain::time::Timestamp;

    use super::*;
    use crate::store::people::{Org, fresh};
    use crate::store::{Store, StoreConfig};

    const SCENARIO: &str = "interview-first-minutes";

    async fn store(folder: &std::path::Path) -> (Store, Actor) {
        let mut config = StoreConfig::new(folder.join("ludus.db").to_str().unwrap());
        config.fsync_off = true;
        let store = Store::open(&config).await.unwrap();
        let org = Org {
            id: OrgId(fresh()),
            name: "Ours".to_owned(),
            time_zone: "UTC".to_owned(),
            created_at: crate::store::now(),
        };
        let actor = Actor {
            org: store.add_org(org).await.unwrap().id,
            user: UserId(fresh()),
            role: Role::Admin,
            guest: false,
            at: crate::store::now(),
        };
        (store, actor)
    }

    fn change(kind: Kind, id: &str, to: Becomes) -> Change {
        Change {
            kind,
            id: id.to_owned(),
            to,
            says: String::new(),
            of: None,
        }
    }

    fn casting(book: &Rulebook, persona: &str) -> Change {
        let text = book.shipped(Kind::Scenarios, SCENARIO).unwrap();
        let text = text.replacen("mara-okafor", persona, 1);
        change(Kind::Scenarios, "other", Becomes::Text(text))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_changes_that_do_not_go_together_are_never_both_made() {
        let folder = tempfile::tempdir().unwrap();
        let (store, actor) = store(folder.path()).await;
        // As two nodes would.
        let here = Rulebook::open(store.clone(), None).await.unwrap();
        let there = Rulebook::open(store.clone(), None).await.unwrap();
        let text = here
            .shipped(Kind::Personas, "mara-okafor")
            .unwrap()
            .to_owned();
        let flo = change(Kind::Personas, "flo", Becomes::Text(text));
        for _ in 0..4 {
            here.change(actor, flo.clone()).await.unwrap();
            let cast = casting(&here, "flo");
            let (cast, gone) = tokio::join!(
                here.change(actor, cast),
                there.change(actor, change(Kind::Personas, "flo", Becomes::Shipped)),
            );
            assert_ne!(cast.is_ok(), gone.is_ok(), "{cast:?} {gone:?}");
            for book in [&here, &there] {
                let moved = store.content_moved_since(Timestamp(0)).await.unwrap();
                book.follow(moved).await.unwrap();
                let library = book.library(actor.org);
                let scenario = library.scenario(&"other".parse().unwrap());
                assert_eq!(scenario.is_some(), cast.is_ok());
            }
            for (kind, id) in [(Kind::Scenarios, "other"), (Kind::Personas, "flo")] {
                // Whichever of them there is.
                let _ = here.change(actor, change(kind, id, Becomes::Shipped)).await;
            }
        }
    }

    #[tokio::test]
    async fn a_hub_whose_content_an_org_has_outgrown_starts_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (store, actor) = store(folder.path()).await;
        let before = Rulebook::open(store.clone(), None).await.unwrap();
        let made = before.change(actor, casting(&before, "mara-okafor")).await;
        let edition = made.unwrap().edition;
        let rules = store.game(actor.org).await.unwrap().unwrap().rule_set;
        let other = "other".parse().unwrap();
        assert!(before.library(actor.org).scenario(&other).is_some());
        // A later version ships nobody of that name.
        let rubric = before.shipped(Kind::Rubrics, "interview").unwrap();
        let files = [("rubrics/interview.toml", rubric)];
        let after = Rulebook::of_files(store.clone(), files).await.unwrap();
        let library = after.library(actor.org);
        assert!(library.scenario(&other).is_none());
        assert!(library.rubric(&"interview".parse().unwrap()).is_some());
        let then = Libraries::at(&after, actor.org, edition).await.unwrap();
        assert!(then.scenario(&other).is_none());
        let game = store.game(actor.org).await.unwrap().unwrap();
        assert_eq!(game.rule_set, rules, "what was in force stays so");
    }
}
