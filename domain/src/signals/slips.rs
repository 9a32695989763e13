//! Slips of the pen: words that are none, and grammar that a short list can tell.
//!
//! Quiet rather than complete: nothing is said of names, of what looks like an address or like code,
//! of a word that is still being written, or of one that is near no word we know.

use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation as _;

use super::fold::fold;
use super::lexicon::Lexicon;
use super::read::Span;
use super::spelling::{Spelling, Verdict};

/// Slips told of one line. Who makes more is not helped by more.
pub const SLIPS_MAX: usize = 8;
/// Words nobody knows that are looked up near others, of one line: it is what costs.
const LOOKED_UP_MAX: usize = 16;

/// What kind of slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipKind {
    Spelling,
    Grammar,
}

/// One slip, where it stands, and what was meant, where that is clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub kind: SlipKind,
    pub span: Span,
    pub say: Option<String>,
}

/// A word of the line, as far as it can be judged.
struct Word<'a> {
    at: usize,
    written: &'a str,
    lower: String,
    /// Nothing but space stands between this word and the one before.
    follows: bool,
    /// What is no plain word takes part in phrases and is never judged itself.
    is_plain: bool,
}

impl Word<'_> {
    const fn end(&self) -> usize {
        self.at + self.written.len()
    }
}

/// The lists of the binary; a test proves that they are whole.
static SHIPPED: LazyLock<Vec<Spelling>> = LazyLock::new(|| {
    [Spelling::english(), Spelling::german()]
        .into_iter()
        .flatten()
        .collect()
});

/// The slips of a line in the order of the text, at most [`SLIPS_MAX`]. None in a language without lists.
pub fn slips(text: &str, lexicon: &Lexicon) -> Vec<Slip> {
    let spelling = SHIPPED.iter().find(|one| lexicon.lang == Some(one.lang));
    spelling.map_or_else(Vec::new, |spelling| told(text, spelling, lexicon))
}

fn told(text: &str, spelling: &Spelling, lexicon: &Lexicon) -> Vec<Slip> {
    let words = words(text);
    let mut slips = vec![];
    let (mut at, mut looked_up) = (0, 0);
    while at < words.len() && slips.len() < SLIPS_MAX {
        let (slip, taken) = grammar(&words, at, spelling, lexicon);
        slips.extend(slip);
        if taken == 1
            && let Some(word) = words.get(at)
            && word.is_plain
            && looked_up < LOOKED_UP_MAX
            && slips
                .last()
                .is_none_or(|last: &Slip| last.span.end <= word.at)
        {
            slips.extend(misspelt(word, spelling, lexicon, &mut looked_up));
        }
        at += taken;
    }
    slips
}

/// The words of a text that somebody is done with: the last one may be half of another.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = vec![];
    let (mut end, mut in_code) = (0, false);
    for (at, written) in text.unicode_word_indices() {
        let between = text.get(end..at).unwrap_or_default();
        in_code ^= between.matches('`').count() % 2 == 1;
        end = at + written.len();
        if end == text.len() {
            break;
        }
        words.push(Word {
            at,
            written,
            lower: written.to_lowercase().replace('\u{2019}', "'"),
            follows: !words.is_empty() && between.chars().all(|c| c == ' '),
            is_plain: !in_code && is_plain(text, at, end),
        });
    }
    words
}

/// Whether what stands here is a word, and neither a name nor a piece of an address, a mention or code.
fn is_plain(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let from = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let after = text.get(end..).unwrap_or_default();
    let to = after
        .find(char::is_whitespace)
        .map_or(text.len(), |at| end + at);
    let word = text.get(start..end).unwrap_or_default();
    let chunk = text.get(from..to).unwrap_or_default();
    let ends_with_marks = chunk.trim_end_matches(|c: char| !c.is_alphanumeric());
    let starts_with_capital = word.chars().next().is_some_and(char::is_uppercase);
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    !chunk.contains(['@', '/', '\\', '_', '#', '<', '>', '=', '{', '}', ':'])
        && !chunk.starts_with('-')
        && !ends_with_marks.contains('.')
        && word
            .chars()
            .all(|c| c.is_alphabetic() || "'\u{2019}".contains(c))
        && capitals <= usize::from(starts_with_capital)
}

/// What a phrase, a doubled word or an article that begins here shows, and how many words it took.
fn grammar(
    words: &[Word<'_>],
    at: usize,
    spelling: &Spelling,
    lexicon: &Lexicon,
) -> (Option<Slip>, usize) {
    let Some(first) = words.get(at) else {
        return (None, 1);
    };
    let rest = words.get(at + 1..).unwrap_or_default();
    let more = rest.iter().take_while(|word| word.follows);
    let said: Vec<&str> = std::iter::once(first)
        .chain(more.take(super::spelling::PHRASE_WORDS_MAX - 1))
        .map(|word| word.lower.as_str())
        .collect();
    let slip = |until: usize, say: &str| {
        let end = words.get(until).map_or(first.end(), Word::end);
        Some(Slip {
            kind: SlipKind::Grammar,
            span: Span {
                start: first.at,
                end,
            },
            say: Some(like(first.written, say)),
        })
    };
    if let Some((count, meant)) = spelling.phrase(&said) {
        let slip = (!meant.is_empty()).then(|| slip(at + count - 1, meant));
        return (slip.flatten(), count);
    }
    let (Some(next), true) = (rest.first(), said.len() > 1) else {
        return (None, 1);
    };
    if first.lower == next.lower && spelling.is_never_twice(&first.lower) {
        return (slip(at + 1, &first.lower), 2);
    }
    // "Plan a is": that "a" is none.
    if matches!(first.lower.as_str(), "a" | "an")
        && let Some(article) = article_for(next, spelling)
        && article != first.lower
        && (first.lower == "an" || !lexicon.is_stop_word(lexicon.id(&next.lower)))
    {
        let say = format!("{article} {}", next.written);
        return (slip(at + 1, &say), 1);
    }
    (None, 1)
}

/// The article a word asks for, if it is a word we know.
fn article_for(word: &Word<'_>, spelling: &Spelling) -> Option<&'static str> {
    let is_noun_like = word.is_plain
        && word.lower == word.written
        && word.lower.len() > 2
        && spelling.knows(&word.lower);
    is_noun_like
        .then(|| spelling.article(&word.lower))
        .flatten()
}

fn misspelt(
    word: &Word<'_>,
    spelling: &Spelling,
    lexicon: &Lexicon,
    looked_up: &mut usize,
) -> Option<Slip> {
    let is_listed = spelling.is_listed(&word.lower);
    let is_name = word.lower != word.written.replace('\u{2019}', "'");
    let mut folded = String::new();
    fold(word.written, &mut folded);
    let is_drawn_out = folded.len() + 2 <= word.lower.len();
    let is_known = lexicon.id(&folded) != 0 || spelling.knows(&word.lower);
    if !is_listed && (is_name || is_drawn_out || is_known || !word.lower.is_ascii()) {
        return None;
    }
    *looked_up += 1;
    match spelling.verdict(&word.lower) {
        Verdict::Fine => None,
        Verdict::Wrong(meant) => Some(Slip {
            kind: SlipKind::Spelling,
            span: Span {
                start: word.at,
                end: word.end(),
            },
            say: meant.map(|meant| like(word.written, &meant)),
        }),
    }
}

/// What is suggested, with the capital of what was written.
fn like(written: &str, meant: &str) -> String {
    let mut letters = meant.chars();
    match letters.next() {
        Some(first) if written.chars().next().is_some_and(char::is_uppercase) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => meant.to_owned(),
    }
}
