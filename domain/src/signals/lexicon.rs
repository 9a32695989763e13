//! The word lists of one language, ready to be looked things up in.

use std::collections::HashMap;

use super::fold::FnvBuild;
use super::lang::Lang;
use super::signal::Signal;
use super::words::Word;

/// Entries of one file, all lists together. More would be a dictionary, not a list.
pub const ENTRIES_MAX: usize = 6_000;
/// Words of one entry. Longer phrases are never said twice the same way.
pub const ENTRY_WORDS_MAX: usize = 7;

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
    pub(super) lang: Option<Lang>,
    pub(super) name: String,
    /// Folded words to their numbers, from 1.
    pub(super) vocabulary: HashMap<Box<str>, u32, FnvBuild>,
    /// Flags by the number of a word.
    pub(super) flags: Vec<u8>,
    /// A tree of phrases: from a node, by a word, to a node. Node 0 is the root.
    pub(super) branches: HashMap<(u32, u32), u32, FnvBuild>,
    /// What ends at a node: numbers of entries.
    pub(super) ends: Vec<Vec<u16>>,
    pub(super) entries: Vec<Entry>,
    pub(super) letters: Vec<char>,
    pub(super) names_by_capital: bool,
    pub(super) dot_after_number_goes_on: bool,
}

/// In the place of a word's number: whatever word stands there. No vocabulary grows that large.
pub(super) const ANY_WORD: u32 = u32::MAX;

pub(super) const STOP_WORD: u8 = 1;
pub(super) const ABBREVIATION: u8 = 2;
pub(super) const ACRONYM: u8 = 4;

impl Lexicon {
    /// For languages without lists: everything that needs none still works.
    pub fn free() -> Self {
        Self {
            ends: vec![Vec::new()],
            flags: vec![0],
            ..Self::default()
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

    /// Calls `found` with each entry that begins at the first of `words`, and its length in words.
    pub(super) fn walk(&self, words: &[Word], mut found: impl FnMut(usize, u16)) {
        self.walk_from(0, 0, words, &mut found);
    }

    fn walk_from(
        &self,
        node: u32,
        depth: usize,
        words: &[Word],
        found: &mut impl FnMut(usize, u16),
    ) {
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        // No entry begins with any word, so that most words are looked up once.
        let any = (depth > 0).then_some(ANY_WORD);
        let known = (first.id != 0).then_some(first.id);
        for id in known.into_iter().chain(any) {
            if let Some(next) = self.branches.get(&(node, id)) {
                for entry in self.ends_at(*next) {
                    found(depth + 1, *entry);
                }
                self.walk_from(*next, depth + 1, rest, found);
            }
        }
    }

    pub(super) fn ends_at(&self, node: u32) -> &[u16] {
        let ends = usize::try_from(node).ok().and_then(|at| self.ends.get(at));
        ends.map_or(&[], Vec::as_slice)
    }
}
