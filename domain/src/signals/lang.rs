//! Which language a line is in, and the lists a hub has.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;
use utoipa::ToSchema;

use super::fold::fold;
use super::lexicon::Lexicon;
use crate::content::ContentFault;

/// A language by its two letters (ISO 639-1): `en`, `de`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[a-z]{2}$")]
pub struct Lang([u8; 2]);

impl Lang {
    pub const EN: Self = Self(*b"en");
    pub const DE: Self = Self(*b"de");

    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("en")
    }
}

impl FromStr for Lang {
    type Err = String;

    /// Takes what browsers send too: of `de-AT` the language is `de`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let language = text.split(['-', '_']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_bytes() {
            [a @ b'a'..=b'z', b @ b'a'..=b'z'] => Ok(Self([*a, *b])),
            _ => Err(format!("{text:?} is not a language of two letters")),
        }
    }
}

impl TryFrom<String> for Lang {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.as_str().to_owned()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The lists in the binary, with the names faults are told under.
const SHIPPED: [(&str, &str); 2] = [
    (
        "content/signals-words/en.toml",
        include_str!("../../../content/signals-words/en.toml"),
    ),
    (
        "content/signals-words/de.toml",
        include_str!("../../../content/signals-words/de.toml"),
    ),
];

/// Words looked at to find a language. More do not make it surer, only slower.
const DETECT_WORDS_MAX: usize = 60;

/// Every language a hub has lists for.
#[derive(Clone, Debug)]
pub struct Lexicons {
    by_lang: BTreeMap<Lang, Lexicon>,
    free: Lexicon,
}

impl Lexicons {
    /// Those that come with the binary.
    pub fn shipped() -> Result<Self, Vec<ContentFault>> {
        let mut all = Self::none();
        let mut faults = Vec::new();
        for (file, text) in SHIPPED {
            match Lexicon::parse(file, text) {
                Ok(lexicon) => all.add(lexicon),
                Err(found) => faults.extend(found),
            }
        }
        if faults.is_empty() {
            Ok(all)
        } else {
            Err(faults)
        }
    }

    /// No lists at all.
    pub fn none() -> Self {
        Self {
            by_lang: BTreeMap::new(),
            free: Lexicon::free(),
        }
    }

    /// Adds a language, or takes the place of the lists it had.
    pub fn add(&mut self, lexicon: Lexicon) {
        if let Some(lang) = lexicon.lang() {
            self.by_lang.insert(lang, lexicon);
        }
    }

    pub fn langs(&self) -> impl Iterator<Item = Lang> + '_ {
        self.by_lang.keys().copied()
    }

    /// The lists of a language, or those without words where there are none for it.
    pub fn of(&self, lang: Lang) -> &Lexicon {
        self.by_lang.get(&lang).unwrap_or(&self.free)
    }

    /// The lists to read a line with: those of the language it is known to be in, else of the one it
    /// looks like, else none.
    pub fn for_line(&self, text: &str, known: Option<Lang>) -> &Lexicon {
        known
            .or_else(|| self.detect(text))
            .map_or(&self.free, |lang| self.of(lang))
    }

    /// The language of a line, by the small words it is made of. Nothing when it is too short to say, or says two things at once: in
    /// a practice, what was said before is the better guess then.
    pub fn detect(&self, text: &str) -> Option<Lang> {
        let mut folded = String::with_capacity(32);
        let mut scores: Vec<(u32, Lang)> = self.by_lang.keys().map(|lang| (0, *lang)).collect();
        let mut words = 0_u32;
        for word in text.unicode_words().take(DETECT_WORDS_MAX) {
            words += 1;
            fold(word, &mut folded);
            for ((score, _), lexicon) in scores.iter_mut().zip(self.by_lang.values()) {
                *score += u32::from(lexicon.is_stop_word(lexicon.id(&folded)));
                *score += u32::from(word.chars().any(|c| lexicon.is_letter(c)));
            }
        }
        // Every language has one word in five that looks like one of ours by chance.
        scores.retain(|(score, _)| *score > 0 && score * 4 >= words);
        scores.sort_unstable();
        match scores.as_slice() {
            [(_, lang)] => Some(*lang),
            [.., (second, _), (best, lang)] if best > second => Some(*lang),
            _ => None,
        }
    }
}
