//! The rulebook: what content says of the game and of what can be practised, and what each org made
//! of it.
//!
//! Content is shipped in the binary, file by file; files of a folder the operator names stand in
//! place of those of the same path, and items that an org's admins wrote in place of those of the
//! same id. It is read whole at the start, where every fault is told and none is forgiven. The
//! rules an org plays by are put in force in the store, which is what every payment names.

mod changes;
mod files;
mod made;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ludus_domain::content::{ContentFault, Edition};
use ludus_domain::desk::signal::Signals;
use ludus_domain::game::rules::{Badge, Compiled};
use ludus_domain::ids::OrgId;
use ludus_domain::practice::Library;
use ludus_domain::slug::BadgeId;
use tokio::sync::Semaphore;

pub(crate) use self::changes::Trial;
use self::files::Files;
pub(crate) use self::made::ITEM_BYTES_MAX;
pub use self::made::Play;
use self::made::{Made, own, play, shipped};
use crate::store::content::Item;
use crate::store::{Store, StoreError};

/// Why the hub does not start with this content, or does not take it in.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    #[error("{}", told(.0))]
    Content(Vec<ContentFault>),
    #[error("the content folder {folder:?} cannot be read: {source}")]
    Folder {
        folder: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(faults: &[ContentFault]) -> String {
    let lines = faults.iter().map(|fault| format!("\n  {fault}"));
    format!(
        "the content has {} faults:{}",
        faults.len(),
        lines.collect::<String>()
    )
}

/// What content says, and what each org made of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rulebook {
    inner: Arc<Inner>,
}

/// Libraries by the edition of an org they were made of.
type Past = Vec<((OrgId, Edition), Arc<Library>)>;

#[derive(Debug)]
struct Inner {
    store: Store,
    files: Files,
    /// What orgs have who wrote nothing of their own.
    common: Arc<Made>,
    orgs: RwLock<HashMap<OrgId, Arc<Made>>>,
    /// What was practised before something was changed, the oldest first.
    past: Mutex<Past>,
    /// What coaches are told of.
    signals: Arc<Signals>,
    /// Held by whoever tries a rule on everything that was done.
    trying: Arc<Semaphore>,
}

impl Rulebook {
    /// Reads everything, and puts each org's rules in force.
    pub async fn open(store: Store, folder: Option<&Path>) -> Result<Self, RulebookError> {
        Self::with(store, Files::gather(folder)?).await
    }

    /// A rulebook of these files, and of nothing else.
    pub async fn of_files(
        store: Store,
        files: impl IntoIterator<Item = (&str, &str)>,
    ) -> Result<Self, RulebookError> {
        let files = files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.to_owned()));
        Self::with(store, Files::of(files.collect(), HashMap::new())).await
    }

    async fn with(store: Store, files: Files) -> Result<Self, RulebookError> {
        let common = Arc::new(shipped(&files).map_err(RulebookError::Content)?);
        let signals = Signals::load(files.named()).map_err(RulebookError::Content)?;
        let signals = Arc::new(signals);
        store.sets().listen_for(Arc::clone(&signals));
        if let Some(play) = &common.play {
            store.sets().rule_new_orgs(Arc::clone(&play.rules));
        }
        let book = Self {
            inner: Arc::new(Inner {
                files,
                common,
                orgs: RwLock::default(),
                past: Mutex::default(),
                signals,
                trying: Arc::new(Semaphore::new(1)),
                store: store.clone(),
            }),
        };
        for org in store.org_ids().await? {
            book.apply(org).await?;
        }
        Ok(book)
    }

    /// What an org plays by; none where content has no game.
    pub fn play(&self, org: OrgId) -> Option<Arc<Play>> {
        self.of(org).play.clone()
    }

    /// Personas, scenarios and rubrics, as an org has them now.
    pub fn library(&self, org: OrgId) -> Arc<Library> {
        Arc::clone(&self.of(org).library)
    }

    /// The same, and which edition of them a scene is fixed to that is made of it.
    pub fn current(&self, org: OrgId) -> (Edition, Arc<Library>) {
        let made = self.of(org);
        (made.edition, Arc::clone(&made.library))
    }

    /// Those that are shipped.
    pub fn shipped_library(&self) -> Arc<Library> {
        Arc::clone(&self.inner.common.library)
    }

    /// What coaches are told of.
    pub fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.inner.signals)
    }

    /// The rules of a hash, in force or long gone.
    pub async fn rules(&self, org: OrgId, hash: &str) -> Result<Arc<Compiled>, StoreError> {
        self.inner.store.rules(org, hash.to_owned()).await
    }

    /// Reads what an org's admins wrote, and puts it in force.
    pub async fn apply(&self, org: OrgId) -> Result<(), StoreError> {
        let store = &self.inner.store;
        let (edition, items) = store.content(org).await?;
        let (made, is_sound) = self.make_or_warn(org, edition, items).await;
        // What does not fit together is not put in place of what did.
        let stands = !is_sound && store.game(org).await?.is_some();
        if let Some(play) = made.play.as_ref().filter(|_| !stands) {
            store.put_rules(org, Arc::clone(&play.rules)).await?;
        }
        self.remember(org, made);
        store.windows_changed();
        Ok(())
    }

    /// Gives a game to orgs that were made beside this hub, and takes in what other nodes put in
    /// force.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        for (org, in_force) in self.inner.store.rules_in_force().await? {
            match in_force {
                None => self.apply(org).await?,
                hash if self.rules_of(org) == hash => {}
                _ => self.refresh(org).await?,
            }
        }
        Ok(())
    }

    /// The picture of a badge that is shipped, as SVG.
    pub fn picture(&self, badge: &BadgeId) -> Option<&[u8]> {
        let play = self.inner.common.play.as_ref();
        let badge = play
            .and_then(|play| play.rules.badge(badge))
            .map_or_else(|| badge.to_string(), |badge| picture_name(badge).to_owned());
        self.inner.files.pictures.get(&badge).map(|svg| &**svg)
    }

    /// A picture that an org drew, by the name it was told to those who may see the badge.
    pub fn own_picture(&self, name: &str) -> Option<Arc<str>> {
        let orgs = self.inner.orgs.read();
        let orgs = orgs.unwrap_or_else(PoisonError::into_inner);
        let drawn = orgs.values().flat_map(|made| made.pictures.values());
        let mut drawn = drawn.flatten();
        let found = drawn.find(|picture| picture.name == name)?;
        Some(Arc::clone(&found.svg))
    }

    /// Where the picture of a badge is to be asked for; nowhere when it has none.
    pub fn picture_path(&self, org: OrgId, badge: &Badge) -> Option<String> {
        let name = picture_name(badge);
        match self.of(org).pictures.get(name) {
            Some(Some(picture)) => Some(format!("/api/v1/pictures/{}.svg", picture.name)),
            None if self.inner.files.pictures.contains_key(name) => {
                Some(format!("/api/v1/badges/{}.svg", badge.id))
            }
            Some(None) | None => None,
        }
    }

    fn of(&self, org: OrgId) -> Arc<Made> {
        let orgs = self.inner.orgs.read();
        let orgs = orgs.unwrap_or_else(PoisonError::into_inner);
        orgs.get(&org)
            .map_or_else(|| Arc::clone(&self.inner.common), Arc::clone)
    }

    fn rules_of(&self, org: OrgId) -> Option<String> {
        let play = self.of(org).play.clone();
        play.map(|play| play.rules.hash().to_owned())
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        let past = self.inner.past.lock();
        past.unwrap_or_else(PoisonError::into_inner)
    }

    /// What is newer stays.
    fn remember(&self, org: OrgId, made: Made) {
        let orgs = self.inner.orgs.write();
        let mut orgs = orgs.unwrap_or_else(PoisonError::into_inner);
        if orgs
            .get(&org)
            .is_none_or(|there| there.edition <= made.edition)
        {
            orgs.insert(org, Arc::new(made));
        }
    }
}

fn picture_name(badge: &Badge) -> &str {
    let name = badge.picture.as_deref().unwrap_or(badge.id.as_str());
    name.strip_suffix(".svg").unwrap_or(name)
}

/// What a hub with this folder, and an org with these items, would play by. Asks no store and puts
/// nothing in force.
pub fn draft(folder: Option<&Path>, items: &[Item]) -> Result<Option<Arc<Play>>, RulebookError> {
    let files = Files::gather(folder)?;
    let is_of_game = |item: &&Item| {
        let kind = ludus_domain::content::Kind::parse(&item.kind);
        kind.is_none_or(ludus_domain::content::Kind::is_game)
    };
    let own: Vec<_> = items.iter().filter(is_of_game).map(own).collect();
    play(&files, &own).map_err(RulebookError::Content)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::StoreConfig;
    use crate::store::people::{Org, fresh};

    const RULE: &str = "[[rule]]\nid = \"of-the-folder\"\nversion = 1\ntitle = \"Said\"\n\
                        on = \"line_said\"\npoints = 1\n";
    const LEVELS: &str = "kind = \"xp\"\nbase = 777\ngrowth_percent = 10\nmax = 20\n";
    const STREAK: &str = "on = [\"line_said\"]\nfreeze_every = 7\nfreezes_max = 2\n\
                          repair_deeds = 3\nrepair_days = 1\n";

    async fn store(folder: &Path) -> Store {
        let mut config = StoreConfig::new(folder.join("ludus.db").to_str().unwrap());
        config.fsync_off = true;
        Store::open(&config).await.unwrap()
    }

    async fn org(store: &Store) -> OrgId {
        let org = Org {
            id: OrgId(fresh()),
            name: "Ours".to_owned(),
            time_zone: "UTC".to_owned(),
            created_at: crate::store::now(),
        };
        store.add_org(org).await.unwrap().id
    }

    #[tokio::test]
    async fn a_folder_stands_in_place_and_every_org_plays_by_it() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path()).await;
        // One from before the rulebook was read, one from after.
        let old = org(&store).await;
        let folder = place.path().join("content");
        fs::create_dir_all(folder.join("rules")).unwrap();
        fs::create_dir_all(folder.join("badges")).unwrap();
        fs::write(folder.join("levels.toml"), LEVELS).unwrap();
        fs::write(folder.join("streak.toml"), STREAK).unwrap();
        fs::write(folder.join("rules/folder.toml"), RULE).unwrap();
        fs::write(folder.join("badges/made-up.svg"), "<svg/>").unwrap();
        let book = Rulebook::open(store.clone(), Some(&folder)).await.unwrap();
        let play = book.play(old).unwrap();
        assert_eq!(play.rules.set().levels.base, 777);
        assert!(play.rules.rule(&"of-the-folder".parse().unwrap()).is_some());
        for org in [old, org(&store).await] {
            let game = store.game(org).await.unwrap().unwrap();
            assert_eq!(game.rule_set, play.rules.hash());
        }
        // One that was made beside the hub, past the rulebook.
        let beside = OrgId(fresh());
        store
            .write("org", move |txn| {
                Box::pin(async move {
                    let row = ludus_entities::org::ActiveModel {
                        id: sea_orm::Set(beside.0),
                        name: sea_orm::Set("Beside".to_owned()),
                        time_zone: sea_orm::Set("UTC".to_owned()),
                        created_at: sea_orm::Set(0),
                        roster: sea_orm::Set(0),
                    };
                    <ludus_entities::org::Entity as sea_orm::EntityTrait>::insert(row)
                        .exec_without_returning(txn)
                        .await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert!(store.game(beside).await.unwrap().is_none());
        book.sweep().await.unwrap();
        assert!(store.game(beside).await.unwrap().is_some());
        let read = book.rules(old, play.rules.hash()).await.unwrap();
        assert_eq!(read.hash(), play.rules.hash());
        assert_eq!(
            book.picture(&"made-up".parse().unwrap()),
            Some(&b"<svg/>"[..])
        );
        assert_eq!(book.picture(&"nobody".parse().unwrap()), None);
    }

    #[tokio::test]
    async fn every_fault_is_told_and_none_is_forgiven() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("content");
        fs::create_dir_all(folder.join("rules")).unwrap();
        fs::write(folder.join("levels.toml"), "kind = \"xp\"\n").unwrap();
        fs::write(folder.join("streak.toml"), STREAK).unwrap();
        fs::write(folder.join("rules/a.toml"), RULE.replace("points", "point")).unwrap();
        let store = store(place.path()).await;
        let opened = Rulebook::open(store.clone(), Some(&folder)).await;
        let told = opened.unwrap_err().to_string();
        assert!(
            told.contains("\n  levels.toml:") && told.contains("\n  rules/a.toml:6: "),
            "{told}"
        );
        let nowhere = Rulebook::open(store, Some(&place.path().join("nowhere"))).await;
        assert!(matches!(nowhere, Err(RulebookError::Folder { .. })));
    }
}
