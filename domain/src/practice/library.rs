//! All personas, scenarios, rubrics, manners and word lists of a hub, read at once.
//!
//! Either everything in a library fits together, or there is no library: a name that nobody has, a
//! weight too many, a slot that nothing fills are found here, each with its file, line and field,
//! and never while somebody practises.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::rubric::Rubric;
use super::scenario::{Scenario, Script};
use crate::content::{ContentFault, Document, Own};
use crate::persona::offline::Cast;
use crate::persona::{Manners, Persona};
use crate::prompt::moderation::WordList;
use crate::slug::{PersonaId, RubricId, ScenarioId};

mod checks;

/// Files of one kind. More is a mistake in a folder.
pub const FILES_MAX: usize = 500;

/// Everything that can be practised, and with whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Library {
    personas: BTreeMap<PersonaId, Arc<Persona>>,
    scenarios: BTreeMap<ScenarioId, Arc<Scenario>>,
    rubrics: BTreeMap<RubricId, Arc<Rubric>>,
    manners: BTreeMap<String, Arc<Manners>>,
    words: BTreeMap<String, Arc<WordList>>,
}

/// A file of one kind: the name it gives, where it stands, what is in it.
struct Read<'a, T> {
    name: String,
    document: Document<'a>,
    value: T,
}

#[derive(Default)]
struct Shelf<'a> {
    personas: Vec<Read<'a, crate::persona::Sheet>>,
    scenarios: Vec<Read<'a, Script>>,
    rubrics: Vec<Read<'a, super::rubric::Sheet>>,
    manners: Vec<Read<'a, Manners>>,
    words: BTreeMap<&'a str, Arc<WordList>>,
}

impl Library {
    /// Reads files given as path and text. The last folder of a path says what a file is
    /// (`personas/mara.toml`), its name is the id. Files of other folders are none of ours.
    pub fn load<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<ContentFault>> {
        let mut faults = Vec::new();
        let mut shelf = Shelf::default();
        for (path, text) in files {
            let Some((folder, name)) = place(path) else {
                continue;
            };
            match folder {
                "personas" => take(path, name, text, &mut shelf.personas, &mut faults),
                "scenarios" => take(path, name, text, &mut shelf.scenarios, &mut faults),
                "rubrics" => take(path, name, text, &mut shelf.rubrics, &mut faults),
                "manners" => take(path, name, text, &mut shelf.manners, &mut faults),
                "moderation" => match WordList::read(path, text) {
                    Ok(list) => {
                        shelf.words.insert(name, Arc::new(list));
                    }
                    Err(mut found) => faults.append(&mut found),
                },
                _ => {}
            }
        }
        checks::check(&shelf, &mut faults);
        if !faults.is_empty() {
            faults.sort();
            faults.dedup();
            return Err(faults);
        }
        // The names were checked: each of these parses.
        let named = |name: &str| name.parse().ok();
        Ok(Self {
            personas: shelf
                .personas
                .into_iter()
                .filter_map(|read| {
                    let id: PersonaId = read.name.parse().ok()?;
                    let persona = Persona {
                        id: id.clone(),
                        sheet: read.value,
                    };
                    Some((id, Arc::new(persona)))
                })
                .collect(),
            scenarios: shelf
                .scenarios
                .into_iter()
                .filter_map(|read| {
                    let id: ScenarioId = read.name.parse().ok()?;
                    let scenario = Scenario {
                        id: id.clone(),
                        script: read.value,
                    };
                    Some((id, Arc::new(scenario)))
                })
                .collect(),
            rubrics: shelf
                .rubrics
                .into_iter()
                .filter_map(|read| {
                    let id: RubricId = named(&read.name)?;
                    let rubric = Rubric {
                        id: id.clone(),
                        sheet: read.value,
                    };
                    Some((id, Arc::new(rubric)))
                })
                .collect(),
            manners: shelf
                .manners
                .into_iter()
                .map(|read| (read.name, Arc::new(read.value)))
                .collect(),
            words: shelf
                .words
                .into_iter()
                .map(|(name, list)| (name.to_owned(), list))
                .collect(),
        })
    }

    /// [`Library::load`], with what an org wrote of its own in place of the files of the same kind
    /// and id. It has to go together with everything else there is.
    pub fn load_with<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        own: &[Own<'a>],
    ) -> Result<Self, Vec<ContentFault>> {
        let own: Vec<(&Own<'a>, String)> = own.iter().map(|own| (own, own.path())).collect();
        let is_replaced = |path: &str| {
            let of = place(path);
            of.is_some_and(|of| own.iter().any(|(own, _)| (own.kind, own.id) == of))
        };
        let mut all: Vec<(&str, &str)> = vec![];
        for (path, text) in files {
            if !is_replaced(path) {
                all.push((path, text));
            }
        }
        for (own, path) in &own {
            if let Some(text) = own.text {
                all.push((path, text));
            }
        }
        Self::load(all)
    }

    /// The same library, which holds what is the same in another one only once with it.
    #[must_use]
    pub fn sharing(mut self, with: &Self) -> Self {
        share(&mut self.personas, &with.personas);
        share(&mut self.scenarios, &with.scenarios);
        share(&mut self.rubrics, &with.rubrics);
        share(&mut self.manners, &with.manners);
        share(&mut self.words, &with.words);
        self
    }

    pub fn persona(&self, id: &PersonaId) -> Option<&Persona> {
        self.personas.get(id).map(|persona| &**persona)
    }

    pub fn scenario(&self, id: &ScenarioId) -> Option<&Scenario> {
        self.scenarios.get(id).map(|scenario| &**scenario)
    }

    pub fn rubric(&self, id: &RubricId) -> Option<&Rubric> {
        self.rubrics.get(id).map(|rubric| &**rubric)
    }

    /// What every conversation in a language has.
    pub fn manners(&self, language: &str) -> Option<&Manners> {
        self.manners.get(language).map(|manners| &**manners)
    }

    /// Words that nobody shall read in a language; none where no list was written.
    pub fn words(&self, language: &str) -> Arc<WordList> {
        self.words.get(language).cloned().unwrap_or_default()
    }

    /// A persona in a scenario, or at leisure, for the offline engine.
    pub fn cast(&self, persona: &PersonaId, scenario: Option<&ScenarioId>) -> Option<Cast<'_>> {
        let persona = self.persona(persona)?;
        let scenario = match scenario {
            Some(id) => Some(self.scenario(id)?),
            None => None,
        };
        let manners = self.manners(&persona.sheet.language)?;
        Some(Cast::new(persona, scenario, manners))
    }

    pub fn personas(&self) -> impl Iterator<Item = &Persona> {
        self.personas.values().map(|persona| &**persona)
    }

    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.values().map(|scenario| &**scenario)
    }

    pub fn rubrics(&self) -> impl Iterator<Item = &Rubric> {
        self.rubrics.values().map(|rubric| &**rubric)
    }
}

fn share<I: Ord, T: PartialEq>(mine: &mut BTreeMap<I, Arc<T>>, theirs: &BTreeMap<I, Arc<T>>) {
    for (id, value) in mine {
        if let Some(same) = theirs.get(id).filter(|there| *there == value) {
            *value = Arc::clone(same);
        }
    }
}

/// The folder and the name of a content file.
fn place(path: &str) -> Option<(&str, &str)> {
    let (folders, file) = path.rsplit_once('/')?;
    let folder = folders.rsplit('/').next()?;
    Some((folder, file.strip_suffix(".toml")?))
}

fn take<'a, T: DeserializeOwned>(
    path: &'a str,
    name: &str,
    text: &'a str,
    shelf: &mut Vec<Read<'a, T>>,
    faults: &mut Vec<ContentFault>,
) {
    let whole = |says: &str| ContentFault {
        file: path.to_owned(),
        line: 0,
        field: String::new(),
        says: says.to_owned(),
    };
    if let Err(error) = name.parse::<PersonaId>() {
        faults.push(whole(&format!("the file's name is its id: {error}")));
        return;
    }
    if shelf.len() == FILES_MAX {
        faults.push(whole(&format!("more than {FILES_MAX} files of this kind")));
        return;
    }
    if shelf.iter().any(|read| read.name == name) {
        faults.push(whole("another file has this name"));
        return;
    }
    let read = Document::parse(path, text)
        .and_then(|document| document.read().map(|value| (document, value)));
    match read {
        Ok((document, value)) => shelf.push(Read {
            name: name.to_owned(),
            document,
            value,
        }),
        Err(fault) => faults.push(fault),
    }
}

#[cfg(test)]
mod tests;
