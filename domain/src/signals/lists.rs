//! Word list files: read whole, with every fault in its place.

use std::collections::BTreeMap;

use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

use super::fold::fold;
use super::lang::Lang;
use super::lexicon::{
    ABBREVIATION, ACRONYM, ANY_WORD, ENTRIES_MAX, ENTRY_WORDS_MAX, Entry, Lexicon, Place, STOP_WORD,
};
use super::signal::Signal;
use crate::content::{ContentFault, Document};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lang: Lang,
    name: String,
    stop_words: Vec<String>,
    #[serde(default)]
    letters: String,
    #[serde(default)]
    abbreviations: Vec<String>,
    #[serde(default)]
    acronyms: Vec<String>,
    #[serde(default)]
    names_by_capital: bool,
    #[serde(default)]
    dot_after_number_goes_on: bool,
    #[serde(default)]
    spellings: BTreeMap<String, String>,
    list: BTreeMap<Signal, List>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct List {
    phrases: Vec<String>,
    starting: Vec<String>,
    set_off: Vec<String>,
    except: Vec<String>,
}

impl Lexicon {
    /// Reads a file of word lists, whole. All faults are told, not the first.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<ContentFault>> {
        let document = Document::parse(file, text).map_err(|fault| vec![fault])?;
        let data: File = document.read().map_err(|fault| vec![fault])?;
        let mut builder = Builder {
            document: &document,
            lexicon: Self {
                lang: Some(data.lang),
                name: data.name,
                letters: data.letters.chars().collect(),
                names_by_capital: data.names_by_capital,
                dot_after_number_goes_on: data.dot_after_number_goes_on,
                ..Self::free()
            },
            faults: Vec::new(),
            folded: String::new(),
        };
        builder.flag("stop_words", &data.stop_words, STOP_WORD);
        builder.flag("abbreviations", &data.abbreviations, ABBREVIATION);
        builder.flag("acronyms", &data.acronyms, ACRONYM);
        for (signal, list) in &data.list {
            builder.list(*signal, list);
        }
        for (written, meant) in &data.spellings {
            builder.spelling(written, meant);
        }
        if builder.lexicon.entries.len() > ENTRIES_MAX {
            builder.fault("list", format!("more than {ENTRIES_MAX} entries"));
        }
        if builder.lexicon.name.trim().is_empty() {
            builder.fault("name", "the language needs a name");
        }
        builder.faults.sort();
        if builder.faults.is_empty() {
            Ok(builder.lexicon)
        } else {
            Err(builder.faults)
        }
    }
}

/// Collects a lexicon and everything that is wrong with its file.
struct Builder<'a> {
    document: &'a Document<'a>,
    lexicon: Lexicon,
    faults: Vec<ContentFault>,
    folded: String,
}

impl Builder<'_> {
    fn fault(&mut self, field: &str, says: impl Into<String>) {
        self.faults.push(self.document.fault(field, says));
    }

    fn learn(&mut self, word: &str) -> u32 {
        fold(word, &mut self.folded);
        let next = u32::try_from(self.lexicon.flags.len()).unwrap_or(u32::MAX);
        let vocabulary = &mut self.lexicon.vocabulary;
        if let Some(id) = vocabulary.get(self.folded.as_str()) {
            return *id;
        }
        vocabulary.insert(self.folded.as_str().into(), next);
        self.lexicon.flags.push(0);
        next
    }

    /// Single words with a flag.
    fn flag(&mut self, list: &str, words: &[String], flag: u8) {
        for (at, word) in words.iter().enumerate() {
            let field = format!("{list}.{at}");
            let mut parts = word.unicode_words();
            let (Some(only), None) = (parts.next(), parts.next()) else {
                self.fault(&field, format!("{word:?} is not one word"));
                continue;
            };
            let id = self.learn(only);
            let flags = usize::try_from(id)
                .ok()
                .and_then(|id| self.lexicon.flags.get_mut(id));
            if let Some(flags) = flags {
                if *flags & flag != 0 {
                    self.fault(&field, format!("{word:?} stands here twice"));
                } else {
                    *flags |= flag;
                }
            }
        }
    }

    fn list(&mut self, signal: Signal, list: &List) {
        let name = signal.as_str();
        let places = [
            ("phrases", &list.phrases, Place::Anywhere),
            ("starting", &list.starting, Place::Starting),
            ("set_off", &list.set_off, Place::SetOff),
            ("except", &list.except, Place::Except),
        ];
        for (part, phrases, place) in places {
            for (at, phrase) in phrases.iter().enumerate() {
                let field = format!("list.{name}.{part}.{at}");
                if let Err(says) = self.entry(phrase, Entry { signal, place }) {
                    self.fault(&field, says);
                }
            }
        }
    }

    fn entry(&mut self, phrase: &str, entry: Entry) -> Result<(), String> {
        let words: Vec<&str> = phrase
            .split_whitespace()
            .flat_map(|part| match part {
                "*" => vec![part],
                _ => part.unicode_words().collect(),
            })
            .collect();
        if words.len() > ENTRY_WORDS_MAX {
            return Err(format!("{phrase:?} has more than {ENTRY_WORDS_MAX} words"));
        }
        let ends = (words.first(), words.last());
        let (Some(first), Some(last)) = ends else {
            return Err(format!("{phrase:?} has no words"));
        };
        if *first == "*" || *last == "*" {
            return Err(format!("{phrase:?} says nothing at its end"));
        }
        let number = u16::try_from(self.lexicon.entries.len())
            .map_err(|_| "there are too many entries".to_owned())?;
        let mut node = 0;
        for word in words {
            let id = match word {
                "*" => ANY_WORD,
                word => self.learn(word),
            };
            let fresh = u32::try_from(self.lexicon.ends.len()).unwrap_or(u32::MAX);
            let next = *self.lexicon.branches.entry((node, id)).or_insert(fresh);
            if next == fresh {
                self.lexicon.ends.push(Vec::new());
            }
            node = next;
        }
        let same = |number: &u16| {
            let known = self.lexicon.entries.get(usize::from(*number));
            known.is_some_and(|known| known.signal == entry.signal)
        };
        if self.lexicon.ends_at(node).iter().any(same) {
            return Err(format!("{phrase:?} stands in this list twice"));
        }
        let place = usize::try_from(node).unwrap_or(usize::MAX);
        if let Some(ends) = self.lexicon.ends.get_mut(place) {
            ends.push(number);
        }
        self.lexicon.entries.push(entry);
        Ok(())
    }

    /// Another way to write a word that some list has.
    fn spelling(&mut self, written: &str, meant: &str) {
        let field = format!("spellings.{written}");
        fold(meant, &mut self.folded);
        let id = self.lexicon.id(&self.folded);
        if id == 0 {
            self.fault(&field, format!("no list has the word {meant:?}"));
            return;
        }
        fold(written, &mut self.folded);
        let folded = self.folded.as_str().into();
        if self.lexicon.vocabulary.insert(folded, id).is_some() {
            self.fault(
                &field,
                format!("{written:?} is a word of its own in some list"),
            );
        }
    }
}
