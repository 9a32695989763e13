//! What a persona may say, as content writes it.
//!
//! A phrase is text with choices (`[Fine|All right].`) and slots (`{name}`, `{price|that much}`).
//! A slot that is written with a capital (`{Echo}`) begins with one when it is said. A phrase
//! whose slots are not filled and have no words of their own instead is not said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dice::Dice;

/// A longer phrase is a speech.
pub const PHRASE_CHARS_MAX: usize = 400;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phrase {
    source: String,
    parts: Vec<Part>,
    /// What tells it from every other phrase.
    key: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Choice(Vec<String>),
    Slot {
        name: String,
        is_capital: bool,
        otherwise: Option<String>,
    },
}

/// Why a text is not a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPhrase {
    #[error("a phrase has 1 to {PHRASE_CHARS_MAX} characters")]
    Size,
    #[error("a bracket is not closed, or closed twice")]
    Bracket,
    #[error("a slot is named with letters: {{name}}, {{name|otherwise}}")]
    Slot,
}

impl TryFrom<String> for Phrase {
    type Error = NotAPhrase;

    fn try_from(source: String) -> Result<Self, NotAPhrase> {
        if source.trim().is_empty() || source.chars().count() > PHRASE_CHARS_MAX {
            return Err(NotAPhrase::Size);
        }
        let mut parts = Vec::new();
        let mut rest = source.as_str();
        while let Some(at) = rest.find(['[', '{', ']', '}']) {
            let (text, bracket) = rest.split_at(at);
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            let close = match bracket.chars().next() {
                Some('[') => ']',
                Some('{') => '}',
                _ => return Err(NotAPhrase::Bracket),
            };
            let inner = &bracket[1..];
            let end = inner.find(close).ok_or(NotAPhrase::Bracket)?;
            let (inner, after) = inner.split_at(end);
            if inner.contains(['[', '{', ']', '}']) {
                return Err(NotAPhrase::Bracket);
            }
            parts.push(if close == ']' {
                Part::Choice(inner.split('|').map(str::to_owned).collect())
            } else {
                slot(inner)?
            });
            rest = &after[1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let key = super::dice::hash(&source);
        Ok(Self { source, parts, key })
    }
}

fn slot(inner: &str) -> Result<Part, NotAPhrase> {
    let (name, otherwise) = match inner.split_once('|') {
        Some((name, otherwise)) => (name, Some(otherwise.to_owned())),
        None => (inner, None),
    };
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(NotAPhrase::Slot);
    }
    Ok(Part::Slot {
        name: name.to_ascii_lowercase(),
        is_capital: name.starts_with(|c: char| c.is_ascii_uppercase()),
        otherwise,
    })
}

impl From<Phrase> for String {
    fn from(phrase: Phrase) -> Self {
        phrase.source
    }
}

impl Phrase {
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The slots it names.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }

    pub(crate) const fn key(&self) -> u64 {
        self.key
    }

    /// Whether everything it needs is known.
    pub(crate) fn is_sayable(&self, slots: &BTreeMap<String, String>) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Slot {
                name, otherwise, ..
            } => otherwise.is_some() || slots.contains_key(name),
            _ => true,
        })
    }

    /// The words, with `dice` choosing among choices.
    pub(crate) fn say(&self, slots: &BTreeMap<String, String>, dice: &mut Dice) -> String {
        let mut said = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => said.push_str(text),
                Part::Choice(choices) => {
                    let choice = choices.get(dice.below(choices.len()));
                    said.push_str(choice.map_or("", String::as_str));
                }
                Part::Slot {
                    name,
                    is_capital,
                    otherwise,
                } => {
                    let value = slots.get(name).or(otherwise.as_ref());
                    let value = value.map_or("", String::as_str);
                    let mut chars = value.chars();
                    match chars.next() {
                        Some(first) if *is_capital => {
                            said.extend(first.to_uppercase());
                            said.push_str(chars.as_str());
                        }
                        _ => said.push_str(value),
                    }
                }
            }
        }
        said.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str) -> Phrase {
        Phrase::try_from(text.to_owned()).expect("a phrase")
    }

    #[test]
    fn slots_and_choices_are_filled() {
        let slots = BTreeMap::from([("echo".to_owned(), "small boats".to_owned())]);
        let mut dice = Dice::new(1);
        let said = phrase("{Echo}? [Really|Truly], {name|my friend}.").say(&slots, &mut dice);
        assert!(
            [
                "Small boats? Really, my friend.",
                "Small boats? Truly, my friend."
            ]
            .contains(&said.as_str()),
            "{said}"
        );
        assert!(!phrase("Hello {name}").is_sayable(&slots));
        assert!(phrase("Hello {name|you}").is_sayable(&slots));
    }

    #[test]
    fn what_is_no_phrase_says_why() {
        let bad = |text: &str| Phrase::try_from(text.to_owned()).expect_err("a fault");
        assert_eq!(bad("  "), NotAPhrase::Size);
        assert_eq!(bad("a [b"), NotAPhrase::Bracket);
        assert_eq!(bad("a ] b"), NotAPhrase::Bracket);
        assert_eq!(bad("[a {b}]"), NotAPhrase::Bracket);
        assert_eq!(bad("{a b}"), NotAPhrase::Slot);
    }
}
