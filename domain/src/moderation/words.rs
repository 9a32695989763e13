//! Words an org does not want, and what is done about a line that has one.
//!
//! Words are compared whole and folded, as [`WordList`] does. Scripts that set no blanks between words
//! have no whole words to compare: phrases of them are found anywhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::prompt::moderation::{PHRASE_WORDS_MAX, WordList};

/// Phrases of one org. A line is compared with all of them while its author waits.
pub const WORDS_MAX: usize = 1_000;
pub const PHRASE_CHARS_MAX: usize = 60;

/// What is done about a line with a word of the list. Later is stronger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WordAction {
    /// It is said, and a coach is to look at it.
    Flag,
    /// Nobody but its author and coaches sees it until a coach lets it pass.
    Hold,
    /// It is not said, and its author is told why.
    Refuse,
}

/// One phrase of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedWord {
    /// One to four words.
    pub phrase: String,
    pub action: WordAction,
    /// Which language it is of, for whoever keeps the list: `en`, `pt-br`. Lines are compared with all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What is wrong with a list, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {says}")]
pub struct WordFault {
    pub field: String,
    pub says: &'static str,
}

/// An org's words, ready to be compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgWords {
    lists: Vec<(WordAction, WordList, Vec<String>)>,
    /// What personas shall not say either.
    unsaid: Option<WordList>,
}

impl OrgWords {
    pub fn read(words: &[ListedWord]) -> Result<Self, WordFault> {
        if words.len() > WORDS_MAX {
            return Err(WordFault {
                field: "words".to_owned(),
                says: "at most 1000 phrases",
            });
        }
        for (place, word) in words.iter().enumerate() {
            check(place, word)?;
        }
        let mut lists = vec![];
        for action in [WordAction::Refuse, WordAction::Hold, WordAction::Flag] {
            let phrases = || words.iter().filter(move |word| word.action == action);
            if phrases().next().is_none() {
                continue;
            }
            let (unspaced, spaced): (Vec<_>, Vec<_>) =
                phrases().partition(|word| is_unspaced(&word.phrase));
            let list = listed(spaced.iter().map(|word| word.phrase.as_str()))?;
            let unspaced = unspaced.iter().map(|word| folded(&word.phrase));
            lists.push((action, list, unspaced.collect()));
        }
        let hard = words.iter().filter(|word| word.action > WordAction::Flag);
        let hard: Vec<&str> = hard.map(|word| word.phrase.as_str()).collect();
        let unsaid = if hard.is_empty() {
            None
        } else {
            Some(listed(hard.into_iter())?)
        };
        Ok(Self { lists, unsaid })
    }

    pub const fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The strongest of what is to be done about a line.
    pub fn check(&self, line: &str) -> Option<WordAction> {
        if self.is_empty() {
            return None;
        }
        let whole = folded(line);
        let mut lists = self.lists.iter();
        let found = lists.find(|(_, list, unspaced)| {
            list.is_in(line) || unspaced.iter().any(|phrase| whole.contains(phrase))
        });
        found.map(|(action, ..)| *action)
    }

    /// What is masked when a persona says it.
    pub const fn unsaid(&self) -> Option<&WordList> {
        self.unsaid.as_ref()
    }
}

fn listed<'a>(phrases: impl Iterator<Item = &'a str>) -> Result<WordList, WordFault> {
    WordList::finding(phrases).map_err(|places| WordFault {
        field: format!("words.{}.phrase", places.first().copied().unwrap_or(0)),
        says: "a phrase has one to four words",
    })
}

fn check(place: usize, word: &ListedWord) -> Result<(), WordFault> {
    let fault = |field: &str, says| WordFault {
        field: format!("words.{place}.{field}"),
        says,
    };
    let count = word.phrase.chars().count();
    if count > PHRASE_CHARS_MAX || word.phrase.chars().any(char::is_control) {
        return Err(fault("phrase", "at most 60 visible characters"));
    }
    if !word.phrase.chars().any(char::is_alphanumeric) {
        return Err(fault("phrase", "a phrase has a letter or a figure"));
    }
    let words = word.phrase.split(|c: char| !c.is_alphanumeric());
    if words.filter(|part| !part.is_empty()).count() > PHRASE_WORDS_MAX {
        return Err(fault("phrase", "a phrase has one to four words"));
    }
    let is_tag = |tag: &str| {
        (2..=12).contains(&tag.len())
            && tag
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match &word.language {
        Some(tag) if !is_tag(tag) => {
            Err(fault("language", "a tag in lower case, as `en` or `pt-br`"))
        }
        _ => Ok(()),
    }
}

/// Whether a phrase is of a script whose words stand without blanks between them.
fn is_unspaced(phrase: &str) -> bool {
    phrase.chars().any(|c| {
        matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
            | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
    })
}

fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(phrase: &str, action: WordAction) -> ListedWord {
        ListedWord {
            phrase: phrase.to_owned(),
            action,
            language: None,
        }
    }

    fn words() -> OrgWords {
        OrgWords::read(&[
            word("trottel", WordAction::Flag),
            word("Straße frei", WordAction::Hold),
            word("дурак", WordAction::Refuse),
            word("バカ", WordAction::Flag),
            word("ass", WordAction::Refuse),
        ])
        .expect("a list")
    }

    #[test]
    fn words_are_found_whole_and_folded_in_any_script() {
        let words = words();
        for (line, found) in [
            ("Du TROTTEL!", Some(WordAction::Flag)),
            ("Tr0ttel, sagte er", Some(WordAction::Flag)),
            ("die strAße FREI machen", Some(WordAction::Hold)),
            ("Ты Дурак.", Some(WordAction::Refuse)),
            ("本当にバカですね", Some(WordAction::Flag)),
            ("trottelig", None),
            ("a class of their own", None),
            ("Straße nicht frei", None),
            ("", None),
        ] {
            assert_eq!(words.check(line), found, "{line}");
        }
    }

    #[test]
    fn the_strongest_counts() {
        assert_eq!(words().check("Trottel, дурак"), Some(WordAction::Refuse));
    }

    #[test]
    fn personas_say_nothing_that_people_may_not() {
        let words = words();
        let unsaid = words.unsaid().expect("some");
        assert!(unsaid.is_in("you ass") && !unsaid.is_in("Trottel"));
        let soft = OrgWords::read(&[word("trottel", WordAction::Flag)]).expect("a list");
        assert!(soft.unsaid().is_none());
    }

    #[test]
    fn faults_say_where() {
        let fault = |words: &[ListedWord]| OrgWords::read(words).expect_err("a fault").field;
        let fine = word("fine", WordAction::Flag);
        let five = word("one two three four five", WordAction::Flag);
        assert_eq!(fault(&[fine.clone(), five]), "words.1.phrase");
        assert_eq!(fault(&[word("!!", WordAction::Flag)]), "words.0.phrase");
        let long = "x".repeat(PHRASE_CHARS_MAX + 1);
        assert_eq!(fault(&[word(&long, WordAction::Flag)]), "words.0.phrase");
        let foreign = ListedWord {
            language: Some("Deutsch!".to_owned()),
            ..fine.clone()
        };
        assert_eq!(fault(&[foreign]), "words.0.language");
        assert_eq!(fault(&vec![fine; WORDS_MAX + 1]), "words");
    }
}
