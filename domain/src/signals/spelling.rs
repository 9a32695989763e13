//! Which words there are, and what somebody may have meant by one there is not.

use std::collections::{BTreeMap, BTreeSet};

use fst::automaton::Levenshtein;
use fst::{IntoStreamer as _, Map, Streamer as _};
use serde::Deserialize;

use super::lang::Lang;
use crate::content::{ContentFault, Document};

/// Longer words are names of chemicals.
const WORD_BYTES_MAX: usize = 24;
/// In shorter ones a wrong letter makes another word, not a slip.
const WORD_BYTES_MIN: usize = 4;
/// Words near one that are compared.
const NEAR_MAX: usize = 64;

/// What a hub knows about writing one language.
#[derive(Debug)]
pub(super) struct Spelling {
    pub(super) lang: Lang,
    /// Words in lower case, with 1 for names, which are known and never suggested. None: only what is listed is told.
    dictionary: Option<Map<&'static [u8]>>,
    list: List,
}

/// A file, `content/spelling/LANG.toml`; its words are described there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    lang: Lang,
    words: BTreeSet<String>,
    never_twice: BTreeSet<String>,
    misspelt: BTreeMap<String, String>,
    phrases: BTreeMap<String, String>,
    article: Option<Article>,
}

/// How the word after an article begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    a_before: BTreeSet<String>,
    an_before: BTreeSet<String>,
}

/// What is thought of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// With what was meant, where that is clear.
    Wrong(Option<String>),
}

impl Spelling {
    pub(super) fn english() -> Result<Self, ContentFault> {
        let packed: &'static [u8] = include_bytes!(concat!(env!("OUT_DIR"), "/en.fst"));
        let dictionary = Map::new(packed).map_err(|error| ContentFault {
            file: "content/spelling/en.txt".to_owned(),
            line: 0,
            field: String::new(),
            says: error.to_string(),
        })?;
        let text = include_str!("../../../content/spelling/en.toml");
        Self::parse("content/spelling/en.toml", text, Some(dictionary))
    }

    pub(super) fn german() -> Result<Self, ContentFault> {
        let text = include_str!("../../../content/spelling/de.toml");
        Self::parse("content/spelling/de.toml", text, None)
    }

    fn parse(
        file: &str,
        text: &str,
        dictionary: Option<Map<&'static [u8]>>,
    ) -> Result<Self, ContentFault> {
        let list: List = Document::parse(file, text)?.read()?;
        Ok(Self {
            lang: list.lang,
            dictionary,
            list,
        })
    }

    /// What is thought of a word in lower case. A word that is near none is likely one we have not
    /// heard of: nothing is said of it.
    pub(super) fn verdict(&self, word: &str) -> Verdict {
        if let Some(meant) = self.list.misspelt.get(word) {
            return Verdict::Wrong(Some(meant.clone()));
        }
        let Some(dictionary) = &self.dictionary else {
            return Verdict::Fine;
        };
        let bare = word.strip_suffix("'s").unwrap_or(word);
        let bare = bare.trim_matches('\'');
        if !(WORD_BYTES_MIN..=WORD_BYTES_MAX).contains(&bare.len()) || self.knows(bare) {
            return Verdict::Fine;
        }
        let mut near = self.near(dictionary, bare);
        near.sort_unstable();
        match near.as_slice() {
            [] => Verdict::Fine,
            [(_, only)] => Verdict::Wrong(Some(only.clone())),
            [(nearest, word), (next, _), ..] if nearest < next => {
                Verdict::Wrong(Some(word.clone()))
            }
            _ => Verdict::Wrong(None),
        }
    }

    /// Whether something is said of a word however it is written.
    pub(super) fn is_listed(&self, word: &str) -> bool {
        self.list.misspelt.contains_key(word)
    }

    pub(super) fn knows(&self, word: &str) -> bool {
        let listed = self.list.words.contains(word);
        listed
            || self
                .dictionary
                .as_ref()
                .is_some_and(|all| all.contains_key(word))
    }

    /// Words one slip away that begin with the same letter, with how likely a slip it is: 0 is the likeliest.
    fn near(&self, dictionary: &Map<&[u8]>, word: &str) -> Vec<(u8, String)> {
        let mut near: Vec<(u8, String)> = swapped(word)
            .filter(|swapped| self.knows(swapped))
            .map(|swapped| (0, swapped))
            .collect();
        let Ok(automaton) = Levenshtein::new(word, 1) else {
            return near;
        };
        let mut found = dictionary.search(&automaton).into_stream();
        while let Some((other, is_name)) = found.next()
            && near.len() < NEAR_MAX
        {
            if is_name == 0
                && let Ok(other) = str::from_utf8(other)
                && other.bytes().next() == word.bytes().next()
                && !other.ends_with('\'')
            {
                near.push((unlikeliness(word, other), other.to_owned()));
            }
        }
        near
    }

    pub(super) fn is_never_twice(&self, word: &str) -> bool {
        self.list.never_twice.contains(word)
    }

    /// What should stand in the place of the words from here on, and for how many of them.
    pub(super) fn phrase(&self, words: &[&str]) -> Option<(usize, &str)> {
        let most = words.len().min(PHRASE_WORDS_MAX);
        (2..=most).rev().find_map(|count| {
            let said = words.get(..count)?.join(" ");
            let meant = self.list.phrases.get(&said)?;
            Some((count, meant.as_str()))
        })
    }

    /// "a" or "an", whichever belongs before a word. None where the language has no such thing.
    pub(super) fn article(&self, before: &str) -> Option<&'static str> {
        let article = self.list.article.as_ref()?;
        let begins = |with: &BTreeSet<String>| {
            let fits = with.iter().filter(|with| before.starts_with(with.as_str()));
            fits.map(String::len).max().unwrap_or(0)
        };
        let (a, an) = (begins(&article.a_before), begins(&article.an_before));
        let vowel = before.starts_with(['a', 'e', 'i', 'o', 'u']);
        let asks_for_an = an > a || (an == a && vowel);
        Some(if asks_for_an { "an" } else { "a" })
    }
}

/// Words of the longest listed phrase.
pub(super) const PHRASE_WORDS_MAX: usize = 5;

/// The word with two neighbours changed places, for each two but the first letter's.
fn swapped(word: &str) -> impl Iterator<Item = String> + '_ {
    let letters = word.as_bytes();
    (1..letters.len().saturating_sub(1)).filter_map(move |at| {
        let mut letters = letters.to_vec();
        letters.swap(at, at + 1);
        String::from_utf8(letters).ok()
    })
}

/// How unlikely it is that `meant` became `written` by one slip: letters doubled or not come first, then
/// one vowel for another, an apostrophe forgotten, a letter forgotten, one too many, any other letter last.
fn unlikeliness(written: &str, meant: &str) -> u8 {
    let (one, other) = (written.as_bytes(), meant.as_bytes());
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let vowel = |letter: Option<&u8>| letter.is_some_and(|letter| b"aeiouy".contains(letter));
    if one.len() == other.len() {
        let vowels = vowel(one.get(same)) && vowel(other.get(same));
        return if vowels { 2 } else { 6 };
    }
    let (longer, otherwise) = if one.len() < other.len() {
        (other, 4)
    } else {
        (one, 5)
    };
    let extra = longer.get(same);
    let before = same.checked_sub(1).and_then(|at| longer.get(at));
    match extra {
        Some(b'\'') => 3,
        extra if extra == before || extra == longer.get(same + 1) => 1,
        _ => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_lists_are_whole_and_agree_with_themselves() {
        for spelling in [Spelling::english(), Spelling::german()] {
            let spelling = spelling.unwrap_or_else(|fault| panic!("{fault}"));
            let list = &spelling.list;
            for (wrong, meant) in &list.misspelt {
                assert!(!meant.is_empty() && wrong != meant, "{wrong}");
                assert_eq!(*wrong, wrong.to_lowercase());
                if spelling.dictionary.is_some() {
                    for word in meant.split(' ').map(|word| word.trim_end_matches("'s")) {
                        assert!(
                            word.len() < 3 || spelling.knows(&word.to_lowercase()),
                            "{word}"
                        );
                    }
                }
            }
            for phrase in list.phrases.keys() {
                let words = phrase.split(' ').count();
                assert!((2..=PHRASE_WORDS_MAX).contains(&words), "{phrase}");
                assert_eq!(*phrase, phrase.to_lowercase());
            }
        }
    }
}
