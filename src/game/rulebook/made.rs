//! Everything an org has, made of what is shipped and what it wrote: all of it fits together, or there
//! is none of it.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ludus_domain::content::{ContentFault, Edition, Kind, Own, picture};
use ludus_domain::game::load::Game;
use ludus_domain::game::rules::Compiled;
use ludus_domain::practice::Library;
use sha2::{Digest as _, Sha256};

use super::files::Files;
use crate::store::content::Item;

/// Items an org may have of its own.
const ITEMS_MAX: usize = 500;
/// The text of one.
pub(crate) const ITEM_BYTES_MAX: usize = 64 * 1024;
/// The text of all of them: it is read whole with each change.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of the hash a picture is named by: nobody guesses one.
const NAME_BYTES: usize = 16;

/// Everything an org plays by, ready to be used.
#[derive(Debug)]
pub struct Play {
    pub game: Game,
    pub rules: Arc<Compiled>,
}

/// A picture of an org's own, and the name it may be asked for by anybody who knows it.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) name: String,
    pub(super) svg: Arc<str>,
}

/// What an org has.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) edition: Edition,
    /// None where content has no game.
    pub(super) play: Option<Arc<Play>>,
    pub(super) library: Arc<Library>,
    /// By the badge; none where the org took the shipped one away.
    pub(super) pictures: Arc<HashMap<String, Option<Picture>>>,
}

/// What everybody has who wrote nothing.
pub(super) fn shipped(files: &Files) -> Result<Made, Vec<ContentFault>> {
    Ok(Made {
        edition: Edition::SHIPPED,
        play: play(files, &[])?,
        library: Arc::new(Library::load(files.named())?),
        pictures: Arc::default(),
    })
}

/// What an org has who wrote these.
pub(super) fn made(
    files: &Files,
    common: &Made,
    edition: Edition,
    items: &[Item],
) -> Result<Made, Vec<ContentFault>> {
    let mut faults = sizes(items);
    if !faults.is_empty() {
        return Err(faults);
    }
    let (mut of_game, mut practised, mut drawn) = (vec![], vec![], vec![]);
    for item in items {
        match Kind::parse(&item.kind) {
            Some(Kind::Pictures) => drawn.push(item),
            Some(kind) if !kind.is_game() => practised.push(own(item)),
            // A kind there is not is a fault of the game's.
            _ => of_game.push(own(item)),
        }
    }
    let mut take = |found: Vec<ContentFault>| faults.extend(found);
    let play = if of_game.is_empty() {
        common.play.clone()
    } else {
        play(files, &of_game).unwrap_or_else(|found| {
            take(found);
            None
        })
    };
    let library = if practised.is_empty() {
        Arc::clone(&common.library)
    } else {
        match Library::load_with(files.named(), &practised) {
            Ok(library) => Arc::new(library.sharing(&common.library)),
            Err(found) => {
                take(found);
                Arc::clone(&common.library)
            }
        }
    };
    let mut pictures = HashMap::new();
    for item in drawn {
        match item.body.as_deref().map(|svg| (svg, picture::check(svg))) {
            Some((svg, Err(fault))) => take(vec![fault_of(item, svg, &fault)]),
            Some((svg, Ok(()))) => {
                pictures.insert(item.id.clone(), Some(Picture::of(svg)));
            }
            None => {
                pictures.insert(item.id.clone(), None);
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Made {
        edition,
        play,
        library,
        pictures: Arc::new(pictures),
    })
}

/// A whole game of files and of an org's own items; none where nothing is said of one.
pub(super) fn play(files: &Files, own: &[Own<'_>]) -> Result<Option<Arc<Play>>, Vec<ContentFault>> {
    let files: Vec<(&str, &str)> = files
        .named()
        .filter(|(path, _)| Game::knows(path))
        .collect();
    if files.is_empty() && own.is_empty() {
        return Ok(None);
    }
    let game = Game::load_with(files, own)?;
    let rules = Arc::new(Compiled::new(game.rule_set.clone()));
    Ok(Some(Arc::new(Play { game, rules })))
}

pub(super) fn own(item: &Item) -> Own<'_> {
    Own {
        kind: &item.kind,
        id: &item.id,
        text: item.body.as_deref(),
    }
}

impl Picture {
    fn of(svg: &str) -> Self {
        let hash = Sha256::digest(svg);
        Self {
            name: URL_SAFE_NO_PAD.encode(&hash[..NAME_BYTES]),
            svg: svg.into(),
        }
    }
}

fn sizes(items: &[Item]) -> Vec<ContentFault> {
    let whole = |file: String, says: String| ContentFault {
        file,
        line: 0,
        field: String::new(),
        says,
    };
    let length = |item: &Item| item.body.as_ref().map_or(0, String::len);
    let mut faults: Vec<ContentFault> = items
        .iter()
        .filter(|item| length(item) > ITEM_BYTES_MAX)
        .map(|item| {
            let says = format!("an item has at most {} KiB", ITEM_BYTES_MAX / 1024);
            whole(own(item).path(), says)
        })
        .collect();
    if items.len() > ITEMS_MAX {
        let says = format!("an org writes at most {ITEMS_MAX} items itself");
        faults.push(whole("own".to_owned(), says));
    }
    if items.iter().map(length).sum::<usize>() > BYTES_MAX {
        let says = format!("all items of an org have at most {} MiB", BYTES_MAX >> 20);
        faults.push(whole("own".to_owned(), says));
    }
    faults
}

fn fault_of(item: &Item, svg: &str, fault: &picture::NotAPicture) -> ContentFault {
    let before = svg.as_bytes().iter().take(fault.at);
    ContentFault {
        file: format!("own/pictures/{}.svg", item.id),
        line: 1 + before.filter(|byte| **byte == b'\n').count(),
        field: String::new(),
        says: fault.says.clone(),
    }
}
