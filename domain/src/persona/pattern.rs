//! What a persona listens for, as content writes it.
//!
//! A pattern is words in order: `how much .. cost*`. A word may end in `*` (any ending), and may be
//! a choice (`price/cost/fee`). `..` stands for up to [`GAP_WORDS_MAX`] words; `{name}` takes up to
//! [`CAPTURE_WORDS_MAX`] words of one thought; `{price#}` takes one number. `^` at the front holds the
//! pattern to the beginning of a line, `$` at its end to the end. Matching is bounded by the size
//! of the pattern and of the line, whatever either says.

use serde::{Deserialize, Serialize};

use super::words::Word;

/// Pieces of one pattern. More would be a sentence, which nobody says twice.
pub const PIECES_MAX: usize = 10;
pub const GAP_WORDS_MAX: usize = 4;
pub const CAPTURE_WORDS_MAX: usize = 4;
/// Gaps and captures in one pattern: each multiplies the work.
const LOOSE_MAX: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    source: String,
    pieces: Vec<Piece>,
    /// For each word of it, the marks one of which a line must have. Most patterns are not in most
    /// lines, and this says so without looking at a word.
    needs: Vec<u128>,
    at_start: bool,
    at_end: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Word(Vec<Choice>),
    Gap,
    Capture { slot: String, is_number: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    text: String,
    any_ending: bool,
}

impl Choice {
    fn is(&self, word: &str) -> bool {
        if self.any_ending {
            word.starts_with(&self.text)
        } else {
            word == self.text
        }
    }

    /// The mark of every word that this may be.
    fn mark(&self) -> u128 {
        if self.any_ending && self.text.chars().nth(1).is_none() {
            return u128::MAX;
        }
        mark(&self.text)
    }
}

/// A bit for how a word begins.
fn mark(word: &str) -> u128 {
    let mut chars = word.chars();
    let first = chars.next().map_or(0, u32::from);
    let second = chars.next().map_or(0, u32::from);
    1 << (first.wrapping_mul(31).wrapping_add(second.wrapping_mul(7)) % 128)
}

/// The marks of all words of a line.
pub(crate) fn marks(words: &[Word]) -> u128 {
    words.iter().fold(0, |marks, word| marks | mark(&word.text))
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    #[error("a pattern has 1 to {PIECES_MAX} words")]
    Size,
    #[error("a pattern has at most {LOOSE_MAX} gaps and captures")]
    Loose,
    #[error("a pattern has at least one word or number to hold on to")]
    Empty,
    #[error("{0:?} is no word: letters, digits, apostrophes; `*` at its end")]
    Word(String),
}

impl TryFrom<String> for Pattern {
    type Error = NotAPattern;

    fn try_from(source: String) -> Result<Self, NotAPattern> {
        let mut rest = source.trim();
        let at_start = rest.starts_with('^');
        rest = rest.trim_start_matches('^');
        let at_end = rest.ends_with('$');
        rest = rest.trim_end_matches('$');
        let pieces: Vec<Piece> = rest
            .split_whitespace()
            .map(piece)
            .collect::<Result<_, _>>()?;
        if pieces.is_empty() || pieces.len() > PIECES_MAX {
            return Err(NotAPattern::Size);
        }
        let loose = pieces
            .iter()
            .filter(|piece| !matches!(piece, Piece::Word(_)))
            .count();
        if loose > LOOSE_MAX {
            return Err(NotAPattern::Loose);
        }
        let holds = pieces.iter().any(|piece| {
            matches!(
                piece,
                Piece::Word(_)
                    | Piece::Capture {
                        is_number: true,
                        ..
                    }
            )
        });
        if !holds {
            return Err(NotAPattern::Empty);
        }
        let needs = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Word(choices) => Some(
                    choices
                        .iter()
                        .fold(0, |marks, choice| marks | choice.mark()),
                ),
                _ => None,
            })
            .collect();
        Ok(Self {
            source,
            pieces,
            needs,
            at_start,
            at_end,
        })
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.source
    }
}

fn piece(text: &str) -> Result<Piece, NotAPattern> {
    if text == ".." {
        return Ok(Piece::Gap);
    }
    if let Some(slot) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    {
        let is_number = slot.ends_with('#');
        let slot = slot.trim_end_matches('#');
        if slot.is_empty() || !slot.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(NotAPattern::Word(text.to_owned()));
        }
        return Ok(Piece::Capture {
            slot: slot.to_owned(),
            is_number,
        });
    }
    text.split('/')
        .map(|choice| {
            let any_ending = choice.ends_with('*');
            let word = choice.trim_end_matches('*');
            let is_sign = matches!(word, "€" | "$" | "£" | "%");
            let fine = !word.is_empty()
                && (is_sign
                    || word
                        .chars()
                        .all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || c == '\''));
            if fine {
                Ok(Choice {
                    text: word.to_owned(),
                    any_ending,
                })
            } else {
                Err(NotAPattern::Word(choice.to_owned()))
            }
        })
        .collect::<Result<_, _>>()
        .map(Piece::Word)
}

/// What a pattern took from a line: which words.
pub(crate) struct Capture<'p> {
    pub(crate) slot: &'p str,
    pub(crate) first: usize,
    /// One past the last.
    pub(crate) end: usize,
}

impl Pattern {
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The slots it may fill.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Capture { slot, .. } => Some(slot.as_str()),
            _ => None,
        })
    }

    /// How much a match says: more words to hold on to say more.
    pub(crate) fn weight(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Word(_) => 2,
                Piece::Capture { .. } => 1,
                Piece::Gap => 0,
            })
            .sum()
    }

    /// Where the line matches, first place first: what it captured there. `marks` are those of the line.
    pub(crate) fn find(&self, words: &[Word], marks: u128) -> Option<Vec<Capture<'_>>> {
        if self.needs.iter().any(|needed| needed & marks == 0) {
            return None;
        }
        let starts = if self.at_start { 1 } else { words.len().max(1) };
        (0..starts).find_map(|start| {
            let mut captures = Vec::new();
            self.matches(words, start, &self.pieces, &mut captures)
                .then_some(captures)
        })
    }

    fn matches<'p>(
        &'p self,
        words: &[Word],
        at: usize,
        pieces: &'p [Piece],
        captures: &mut Vec<Capture<'p>>,
    ) -> bool {
        let Some((piece, rest)) = pieces.split_first() else {
            return !self.at_end || at == words.len();
        };
        match piece {
            Piece::Word(choices) => {
                words
                    .get(at)
                    .is_some_and(|word| choices.iter().any(|choice| choice.is(&word.text)))
                    && self.matches(words, at + 1, rest, captures)
            }
            Piece::Gap => (0..=GAP_WORDS_MAX).any(|gap| {
                at + gap <= words.len() && self.matches(words, at + gap, rest, captures)
            }),
            Piece::Capture { slot, is_number } => {
                let most = thought(words, at, *is_number);
                // The last piece takes the whole thought; one in the middle as little as will do.
                let mut counts: Vec<usize> = (1..=most).collect();
                if rest.is_empty() && !self.at_end {
                    counts.reverse();
                }
                counts.into_iter().any(|count| {
                    let kept = captures.len();
                    captures.push(Capture {
                        slot,
                        first: at,
                        end: at + count,
                    });
                    let found = self.matches(words, at + count, rest, captures);
                    if !found {
                        captures.truncate(kept);
                    }
                    found
                })
            }
        }
    }
}

/// Words that begin another thought: a capture ends before them.
const JOINTS: [&str; 24] = [
    "and", "but", "because", "so", "or", "which", "that", "who", "when", "if", "since", "for",
    "und", "aber", "weil", "oder", "dass", "die", "der", "wenn", "denn", "then", "with", "mit",
];

/// How many words from `at` belong together.
fn thought(words: &[Word], at: usize, is_number: bool) -> usize {
    let mut count = 0;
    for word in words.iter().skip(at).take(CAPTURE_WORDS_MAX) {
        if is_number {
            return usize::from(word.text.chars().any(|c| c.is_ascii_digit()));
        }
        if JOINTS.contains(&word.text.as_str()) {
            break;
        }
        count += 1;
        if word.breaks {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::persona::words::words;

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).expect("a pattern")
    }

    fn heard(text: &str, line: &str) -> Option<Vec<(String, String)>> {
        let cut = words(line);
        let pattern = pattern(text);
        let captures = pattern.find(&cut, marks(&cut))?;
        Some(
            captures
                .iter()
                .map(|capture| {
                    let from = cut[capture.first].start;
                    let to = cut[capture.end - 1].end;
                    (capture.slot.to_owned(), line[from..to].to_owned())
                })
                .collect(),
        )
    }

    fn is_heard(text: &str, line: &str) -> bool {
        heard(text, line).is_some()
    }

    #[test]
    fn words_gaps_choices_and_ends() {
        assert!(is_heard(
            "how much .. cost*",
            "And how much does it really cost us?"
        ));
        assert!(!is_heard(
            "how much .. cost*",
            "how much wood would a woodchuck cut, at that cost"
        ));
        assert!(is_heard("price/fee", "the FEE, please"));
        assert!(is_heard("^no", "No. Never.") && !is_heard("^no", "there is no way"));
        assert!(is_heard("thanks$", "many thanks!") && !is_heard("thanks$", "thanks, Bob"));
    }

    #[test]
    fn captures_end_with_their_thought() {
        let slot = |name: &str, text: &str| Some(vec![(name.to_owned(), text.to_owned())]);
        assert_eq!(
            heard("my name is {name}", "Hi, my name is Ada Lovelace, hello"),
            slot("name", "Ada Lovelace")
        );
        assert_eq!(
            heard("we sell {product}", "We sell tiny boats and I love it"),
            slot("product", "tiny boats")
        );
        assert_eq!(
            heard("{price#} €/euro*", "It is 1200 euros"),
            slot("price", "1200")
        );
        assert_eq!(heard("{price#} €/euro*", "It is many euros"), None);
        assert_eq!(heard("^{n#}$", "42"), slot("n", "42"));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let bad = |text: &str| Pattern::try_from(text.to_owned()).expect_err("a fault");
        assert_eq!(bad(""), NotAPattern::Size);
        assert_eq!(bad("a b c d e f g h i j k"), NotAPattern::Size);
        assert_eq!(bad(".. a .. b .. c .."), NotAPattern::Loose);
        assert_eq!(bad(".. {x}"), NotAPattern::Empty);
        assert_eq!(bad("Word"), NotAPattern::Word("Word".into()));
        assert_eq!(bad("{X}"), NotAPattern::Word("{X}".into()));
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in "\\PC{0,300}") {
            let cut = words(&line);
            for text in ["a .. b .. {c}", "^{n#}$", "{x} is {y}"] {
                let pattern = pattern(text);
                if let Some(captures) = pattern.find(&cut, marks(&cut)) {
                    for capture in captures {
                        prop_assert!(capture.first < capture.end && capture.end <= cut.len());
                    }
                }
            }
        }
    }
}
