//! Content as files: those of the binary, and over them those of a folder.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use ludus_domain::content::{FILE_BYTES_MAX, Kind, pieces};
use ludus_domain::game::load::FILES_MAX;
use rust_embed::Embed;

use super::RulebookError;

#[derive(Embed)]
#[folder = "content/"]
#[include = "*.toml"]
#[include = "badges/*.svg"]
#[exclude = "demo/*"]
struct Shipped;

/// What is shipped, to whoever wrote nothing of their own.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// By path.
    pub(super) texts: BTreeMap<String, String>,
    /// By name.
    pub(super) pictures: HashMap<String, Cow<'static, [u8]>>,
    /// Item by item, as an org may write it anew.
    pub(super) items: BTreeMap<(Kind, String), String>,
}

impl Files {
    pub(super) fn of(
        texts: BTreeMap<String, String>,
        pictures: HashMap<String, Cow<'static, [u8]>>,
    ) -> Self {
        let cut = texts.iter().flat_map(|(path, text)| pieces(path, text));
        let drawn = pictures.iter().filter_map(|(name, svg)| {
            let svg = std::str::from_utf8(svg).ok()?;
            Some(((Kind::Pictures, name.clone()), svg.to_owned()))
        });
        let items = cut
            .map(|piece| ((piece.kind, piece.id), piece.text))
            .chain(drawn)
            .collect();
        Self {
            texts,
            pictures,
            items,
        }
    }

    /// The files of the binary, and over them those of a folder.
    pub(super) fn gather(folder: Option<&Path>) -> Result<Self, RulebookError> {
        let mut texts = BTreeMap::new();
        let mut pictures = HashMap::new();
        for path in Shipped::iter() {
            if let Some(file) = Shipped::get(&path) {
                take(&mut texts, &mut pictures, &path, file.data);
            }
        }
        if let Some(folder) = folder {
            read_folder(folder, &mut texts, &mut pictures)?;
        }
        Ok(Self::of(texts, pictures))
    }

    /// Path and text of each.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.texts.iter();
        texts.map(|(path, text)| (path.as_str(), text.as_str()))
    }
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
