//! The word lists of one language, ready to be looked things up in.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

use super::fold::{FnvBuild, fold};
use super::lang::Lang;
use crate::content::{ContentFault, Document};

/// Entries of one file, all lists together. More would be a dictionary, not a list.
pub const ENTRIES_MAX: usize = 6_000;
/// Words of one entry. Longer phrases are never said twice the same way.
pub const ENTRY_WORDS_MAX: usize = 7;

/// What a list is about. The names are those of the tables in a word list file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    Fillers,
    Hedges,
    Empathy,
    Politeness,
    Thanks,
    Apologies,
    Assertive,
    Harsh,
    Profanity,
    Blame,
    Vague,
    Jargon,
    Specifics,
    FirstPerson,
    SecondPerson,
    /// How questions open that invite more than yes, no or a number. Looked for where a clause begins.
    OpenQuestions,
    /// How questions open that do not.
    ClosedQuestions,
    /// How questions open even where nobody wrote a question mark.
    UnmarkedQuestions,
    /// Requests that do what an open question does ("tell me more").
    Invitations,
    /// Words that stand before the opening of a question and change nothing ("and", "okay").
    Leads,
}

impl Signal {
    pub(super) const COUNT: usize = 20;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Fillers,
        Self::Hedges,
        Self::Empathy,
        Self::Politeness,
        Self::Thanks,
        Self::Apologies,
        Self::Assertive,
        Self::Harsh,
        Self::Profanity,
        Self::Blame,
        Self::Vague,
        Self::Jargon,
        Self::Specifics,
        Self::FirstPerson,
        Self::SecondPerson,
        Self::OpenQuestions,
        Self::ClosedQuestions,
        Self::UnmarkedQuestions,
        Self::Invitations,
        Self::Leads,
    ];

    /// Whether it is about how a clause opens; those are looked up by the reader of questions.
    pub(super) const fn opens(self) -> bool {
        matches!(
            self,
            Self::OpenQuestions
                | Self::ClosedQuestions
                | Self::UnmarkedQuestions
                | Self::Invitations
                | Self::Leads
        )
    }

    /// Whether repeating it is good for somebody, so that it must not count each time.
    pub(super) const fn is_worth_farming(self) -> bool {
        matches!(
            self,
            Self::Empathy | Self::Politeness | Self::Thanks | Self::Apologies | Self::Assertive
        )
    }
}

/// Where an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    /// Where a clause begins.
    Starting,
    /// Between two commas, or the end of the sentence and a comma.
    SetOff,
    /// Nowhere: what looks like an entry and is none ("what kind of").
    Except,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) signal: Signal,
    pub(super) place: Place,
}

/// The word lists of one language. [`Lexicon::free`] has none.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    lang: Option<Lang>,
    name: String,
    /// Folded words to their numbers, from 1.
    vocabulary: HashMap<Box<str>, u32, FnvBuild>,
    /// Flags by the number of a word.
    flags: Vec<u8>,
    /// A tree of phrases: from a node, by a word, to a node. Node 0 is the root.
    branches: HashMap<(u32, u32), u32, FnvBuild>,
    /// What ends at a node: numbers of entries.
    ends: Vec<Vec<u16>>,
    entries: Vec<Entry>,
    letters: Vec<char>,
    names_by_capital: bool,
    dot_after_number_goes_on: bool,
}

const STOP_WORD: u8 = 1;
const ABBREVIATION: u8 = 2;
const ACRONYM: u8 = 4;

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
    /// For languages without lists: everything that needs none still works.
    pub fn free() -> Self {
        Self {
            ends: vec![Vec::new()],
            flags: vec![0],
            ..Self::default()
        }
    }

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

    /// None for [`Lexicon::free`].
    pub const fn lang(&self) -> Option<Lang> {
        self.lang
    }

    /// What the language calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many entries a signal has.
    pub fn entries_of(&self, signal: Signal) -> usize {
        let entries = self.entries.iter();
        entries.filter(|entry| entry.signal == signal).count()
    }

    pub(super) fn entry_count(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entry(&self, number: u16) -> Option<Entry> {
        self.entries.get(usize::from(number)).copied()
    }

    pub(super) fn id(&self, folded: &str) -> u32 {
        self.vocabulary.get(folded).copied().unwrap_or(0)
    }

    pub(super) fn is_stop_word(&self, id: u32) -> bool {
        self.has(id, STOP_WORD)
    }

    pub(super) fn is_abbreviation(&self, id: u32) -> bool {
        self.has(id, ABBREVIATION)
    }

    pub(super) fn is_acronym(&self, id: u32) -> bool {
        self.has(id, ACRONYM)
    }

    pub(super) fn is_letter(&self, c: char) -> bool {
        self.letters.contains(&c)
    }

    pub(super) const fn names_by_capital(&self) -> bool {
        self.names_by_capital
    }

    pub(super) const fn dot_after_number_goes_on(&self) -> bool {
        self.dot_after_number_goes_on
    }

    fn has(&self, id: u32, flag: u8) -> bool {
        let flags = usize::try_from(id).ok().and_then(|id| self.flags.get(id));
        flags.is_some_and(|flags| flags & flag != 0)
    }

    /// Calls `found` with each entry that begins at the first of `ids`, and its length in words, shortest first.
    pub(super) fn walk(&self, ids: impl Iterator<Item = u32>, mut found: impl FnMut(usize, u16)) {
        let mut node = 0;
        for (at, id) in ids.take(ENTRY_WORDS_MAX).enumerate() {
            if id == 0 {
                return;
            }
            let Some(next) = self.branches.get(&(node, id)) else {
                return;
            };
            node = *next;
            for entry in self.ends_at(node) {
                found(at + 1, *entry);
            }
        }
    }

    fn ends_at(&self, node: u32) -> &[u16] {
        let ends = usize::try_from(node).ok().and_then(|at| self.ends.get(at));
        ends.map_or(&[], Vec::as_slice)
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
        let name = signal_name(signal);
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
        let words = phrase.unicode_words().count();
        if words == 0 {
            return Err(format!("{phrase:?} has no words"));
        }
        if words > ENTRY_WORDS_MAX {
            return Err(format!("{phrase:?} has more than {ENTRY_WORDS_MAX} words"));
        }
        let number = u16::try_from(self.lexicon.entries.len())
            .map_err(|_| "there are too many entries".to_owned())?;
        let mut node = 0;
        for word in phrase.unicode_words() {
            let id = self.learn(word);
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

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::Fillers => "fillers",
        Signal::Hedges => "hedges",
        Signal::Empathy => "empathy",
        Signal::Politeness => "politeness",
        Signal::Thanks => "thanks",
        Signal::Apologies => "apologies",
        Signal::Assertive => "assertive",
        Signal::Harsh => "harsh",
        Signal::Profanity => "profanity",
        Signal::Blame => "blame",
        Signal::Vague => "vague",
        Signal::Jargon => "jargon",
        Signal::Specifics => "specifics",
        Signal::FirstPerson => "first_person",
        Signal::SecondPerson => "second_person",
        Signal::OpenQuestions => "open_questions",
        Signal::ClosedQuestions => "closed_questions",
        Signal::UnmarkedQuestions => "unmarked_questions",
        Signal::Invitations => "invitations",
        Signal::Leads => "leads",
    }
}
