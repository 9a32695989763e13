//! The rulebook: what content says of the game, and what each org plays by.
//!
//! Content is shipped in the binary, file by file; files of a folder the operator names stand in
//! place of those of the same path, and items that an org's admins wrote in place of those of the
//! same id. It is read whole at the start, where every fault is told and none is forgiven. The
//! rules an org plays by are put in force in the store, which is what every payment names.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ludus_domain::content::{ContentFault, FILE_BYTES_MAX};
use ludus_domain::desk::signal::Signals;
use ludus_domain::game::load::{FILES_MAX, Game, Own};
use ludus_domain::game::rules::Compiled;
use ludus_domain::ids::OrgId;
use ludus_domain::practice::Library;
use ludus_domain::slug::BadgeId;
use rust_embed::Embed;

use crate::store::game::content::Item;
use crate::store::{Store, StoreError};

#[derive(Embed)]
#[folder = "content/"]
#[include = "*.toml"]
#[include = "badges/*.svg"]
#[exclude = "demo/*"]
struct Shipped;

/// Why the hub does not start with this content.
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

/// Everything an org plays by, ready to be used.
#[derive(Debug)]
pub struct Play {
    pub game: Game,
    pub rules: Arc<Compiled>,
}

/// What content says, and what each org made of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rulebook {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    /// Files of the binary and of the folder, by path.
    files: BTreeMap<String, String>,
    pictures: HashMap<String, Cow<'static, [u8]>>,
    /// What orgs play by who wrote nothing of their own; none where content has no game.
    common: Option<Arc<Play>>,
    plays: RwLock<HashMap<OrgId, Arc<Play>>>,
    /// What can be practised, and with whom.
    library: Arc<Library>,
    /// What coaches are told of.
    signals: Arc<Signals>,
}

impl Rulebook {
    /// Reads everything, and puts each org's rules in force.
    pub async fn open(store: Store, folder: Option<&Path>) -> Result<Self, RulebookError> {
        let (files, pictures) = gather(folder)?;
        Self::with(store, files, pictures).await
    }

    /// A rulebook of these files, and of nothing else.
    pub async fn of_files(
        store: Store,
        files: impl IntoIterator<Item = (&str, &str)>,
    ) -> Result<Self, RulebookError> {
        let files = files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.to_owned()));
        Self::with(store, files.collect(), HashMap::new()).await
    }

    async fn with(
        store: Store,
        files: BTreeMap<String, String>,
        pictures: HashMap<String, Cow<'static, [u8]>>,
    ) -> Result<Self, RulebookError> {
        let common = play(&files, &[]).map_err(RulebookError::Content)?;
        let named = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let library = Arc::new(Library::load(named).map_err(RulebookError::Content)?);
        let named = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let signals = Arc::new(Signals::load(named).map_err(RulebookError::Content)?);
        store.sets().listen_for(Arc::clone(&signals));
        if let Some(play) = &common {
            store.sets().rule_new_orgs(Arc::clone(&play.rules));
        }
        let book = Self {
            inner: Arc::new(Inner {
                files,
                pictures,
                common,
                plays: RwLock::default(),
                library,
                signals,
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
        let plays = self.inner.plays.read();
        let own = plays
            .unwrap_or_else(PoisonError::into_inner)
            .get(&org)
            .cloned();
        own.or_else(|| self.inner.common.clone())
    }

    /// Personas, scenarios and rubrics.
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.inner.library)
    }

    /// What coaches are told of.
    pub fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.inner.signals)
    }

    /// The rules of a hash, in force or long gone.
    pub async fn rules(&self, org: OrgId, hash: &str) -> Result<Arc<Compiled>, StoreError> {
        self.inner.store.rules(org, hash.to_owned()).await
    }

    /// What would be wrong if an org's content had this item; nothing when all is well.
    pub async fn check(&self, org: OrgId, item: Item) -> Result<Vec<ContentFault>, StoreError> {
        let mut items = self.inner.store.content_items(org).await?;
        items.retain(|there| (&there.kind, &there.id) != (&item.kind, &item.id));
        items.push(item);
        Ok(play(&self.inner.files, &items).err().unwrap_or_default())
    }

    /// What would be wrong if an org's content had this item no more.
    pub async fn check_without(
        &self,
        org: OrgId,
        kind: &str,
        id: &str,
    ) -> Result<Vec<ContentFault>, StoreError> {
        let mut items = self.inner.store.content_items(org).await?;
        items.retain(|there| there.kind != kind || there.id != id);
        Ok(play(&self.inner.files, &items).err().unwrap_or_default())
    }

    /// Reads what an org's admins wrote, and puts it in force.
    pub async fn apply(&self, org: OrgId) -> Result<(), RulebookError> {
        let store = &self.inner.store;
        let items = store.content_items(org).await?;
        let play = if items.is_empty() {
            self.inner.common.clone()
        } else {
            play(&self.inner.files, &items).map_err(RulebookError::Content)?
        };
        let Some(play) = play else { return Ok(()) };
        store.put_rules(org, Arc::clone(&play.rules)).await?;
        self.remember(org, play);
        store.windows_changed();
        Ok(())
    }

    /// Gives a game to orgs that were made beside this hub, and takes in what other nodes put in
    /// force. It never overrules them: of two versions of a hub, the one that started last is right.
    pub async fn sweep(&self) -> Result<(), RulebookError> {
        for (org, in_force) in self.inner.store.rules_in_force().await? {
            let Some(hash) = in_force else {
                self.apply(org).await?;
                continue;
            };
            if self.play(org).is_some_and(|play| play.rules.hash() == hash) {
                continue;
            }
            let items = self.inner.store.content_items(org).await?;
            if let Ok(Some(play)) = play(&self.inner.files, &items)
                && play.rules.hash() == hash
            {
                self.remember(org, play);
            }
        }
        Ok(())
    }

    fn remember(&self, org: OrgId, play: Arc<Play>) {
        let mut plays = self
            .inner
            .plays
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        plays.insert(org, play);
    }

    /// The picture of a badge, as SVG.
    pub fn picture(&self, badge: &BadgeId) -> Option<&[u8]> {
        let common = self.inner.common.as_ref();
        let named = common.and_then(|play| play.rules.badge(badge)?.picture.clone());
        let name = named.unwrap_or_else(|| badge.to_string());
        let name = name.strip_suffix(".svg").unwrap_or(&name);
        self.inner.pictures.get(name).map(|svg| &**svg)
    }
}

/// What a hub with this folder, and an org with these items, would play by. Asks no store and puts
/// nothing in force.
pub fn draft(folder: Option<&Path>, items: &[Item]) -> Result<Option<Arc<Play>>, RulebookError> {
    let (files, _) = gather(folder)?;
    play(&files, items).map_err(RulebookError::Content)
}

type Pictures = HashMap<String, Cow<'static, [u8]>>;

/// The files of the binary, and over them those of a folder.
fn gather(folder: Option<&Path>) -> Result<(BTreeMap<String, String>, Pictures), RulebookError> {
    let mut files = BTreeMap::new();
    let mut pictures = HashMap::new();
    for path in Shipped::iter() {
        if let Some(file) = Shipped::get(&path) {
            take(&mut files, &mut pictures, &path, file.data);
        }
    }
    if let Some(folder) = folder {
        read_folder(folder, &mut files, &mut pictures)?;
    }
    Ok((files, pictures))
}

/// A whole game of files and of an org's own items; none where nothing is said of one.
fn play(
    files: &BTreeMap<String, String>,
    items: &[Item],
) -> Result<Option<Arc<Play>>, Vec<ContentFault>> {
    let files: Vec<(&str, &str)> = files
        .iter()
        .filter(|(path, _)| Game::knows(path))
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    if files.is_empty() && items.is_empty() {
        return Ok(None);
    }
    let own: Vec<Own<'_>> = items
        .iter()
        .map(|item| Own {
            kind: &item.kind,
            id: &item.id,
            text: item.body.as_deref(),
        })
        .collect();
    let game = Game::load_with(files, &own)?;
    let rules = Arc::new(Compiled::new(game.rule_set.clone()));
    Ok(Some(Arc::new(Play { game, rules })))
}

fn take(
    files: &mut BTreeMap<String, String>,
    pictures: &mut HashMap<String, Cow<'static, [u8]>>,
    path: &str,
    data: Cow<'static, [u8]>,
) {
    if let Some(name) = path
        .strip_prefix("badges/")
        .and_then(|name| name.strip_suffix(".svg"))
    {
        pictures.insert(name.to_owned(), data);
    } else {
        // What is no text is refused where it is read as TOML.
        files.insert(path.to_owned(), String::from_utf8_lossy(&data).into_owned());
    }
}

/// One level of folders, as the shipped content has.
fn read_folder(
    folder: &Path,
    files: &mut BTreeMap<String, String>,
    pictures: &mut HashMap<String, Cow<'static, [u8]>>,
) -> Result<(), RulebookError> {
    let trouble = |source| RulebookError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let mut waiting = vec![(folder.to_owned(), String::new())];
    let mut count = 0;
    while let Some((place, prefix)) = waiting.pop() {
        for entry in std::fs::read_dir(&place).map_err(trouble)? {
            let entry = entry.map_err(trouble)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = entry.metadata().map_err(trouble)?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() && prefix.is_empty() {
                waiting.push((entry.path(), format!("{name}/")));
            }
            let extension = entry.path();
            let extension = extension.extension().and_then(std::ffi::OsStr::to_str);
            let is_ours = match extension {
                Some("toml") => true,
                Some("svg") => path.starts_with("badges/"),
                _ => false,
            };
            if !kind.is_file() || !is_ours {
                continue;
            }
            count += 1;
            if count > FILES_MAX || kind.len() > FILE_BYTES_MAX as u64 {
                let says = "a content folder has few and small files";
                return Err(trouble(std::io::Error::other(says)));
            }
            let data = std::fs::read(entry.path()).map_err(trouble)?;
            take(files, pictures, &path, data.into());
        }
    }
    Ok(())
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
