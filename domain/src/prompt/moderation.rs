//! Words that nobody shall read, found while they stream by, in either direction.
//!
//! [`WordList`] is data (`content/moderation/LANGUAGE.toml`). [`Moderator`] reads deltas through a
//! window as long as the longest phrase of its list: what may still become part of a listed phrase is held
//! back, the rest passes at once. Words are compared whole (nobody in Scunthorpe is masked), in any
//! case, with figures for letters, letters drawn out, or letters set apart.

use std::collections::BTreeSet;
use std::ops::Deref;

use serde::Deserialize;

use crate::content::{ContentFault, Document};

/// Words of a phrase in a list: each more holds a stream back by one.
pub const PHRASE_WORDS_MAX: usize = 4;
pub const LIST_MAX: usize = 2_000;
/// Letters set apart (`l i k e  t h i s`) that are read as one word.
const SPELT_MAX: usize = 16;
/// A text without a single break passes beyond this.
const HELD_CHARS_MAX: usize = 512;

/// What is masked, and what ends a reply or refuses a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordList {
    mask: BTreeSet<Vec<String>>,
    stop: BTreeSet<Vec<String>>,
    /// What phrases begin with: nearly every word of a line is settled by not being in it.
    firsts: BTreeSet<String>,
    words_max: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    mask: Vec<String>,
    stop: Vec<String>,
}

impl WordList {
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<ContentFault>> {
        let document = Document::parse(file, text).map_err(|fault| vec![fault])?;
        let lists: File = document.read().map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        let mut take = |name: &str, phrases: Vec<String>| {
            let mut set = BTreeSet::new();
            if phrases.len() > LIST_MAX {
                faults.push(document.fault(name, format!("at most {LIST_MAX} phrases")));
            }
            for (place, phrase) in phrases.iter().enumerate() {
                let words: Vec<String> = tokens(phrase)
                    .iter()
                    .map(|token| fold(token.text))
                    .collect();
                if words.is_empty() || words.len() > PHRASE_WORDS_MAX {
                    let says = format!("1 to {PHRASE_WORDS_MAX} words");
                    faults.push(document.fault(&format!("{name}.{place}"), says));
                }
                set.insert(words);
            }
            set
        };
        let mask = take("mask", lists.mask);
        let stop = take("stop", lists.stop);
        if !faults.is_empty() {
            return Err(faults);
        }
        let phrases = mask.iter().chain(&stop);
        let words_max = phrases.clone().map(Vec::len).max().unwrap_or(1);
        let firsts = phrases.filter_map(|words| words.first().cloned()).collect();
        Ok(Self {
            mask,
            stop,
            firsts,
            words_max,
        })
    }

    /// A list that only finds; the places of the phrases that are none.
    pub fn finding<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<usize>> {
        let mut list = Self {
            words_max: 1,
            ..Self::default()
        };
        let mut faults = vec![];
        for (place, phrase) in phrases.into_iter().enumerate() {
            let words: Vec<String> = tokens(phrase)
                .iter()
                .map(|token| fold(token.text))
                .collect();
            if words.is_empty() || words.len() > PHRASE_WORDS_MAX {
                faults.push(place);
            }
            list.words_max = list.words_max.max(words.len());
            list.firsts.extend(words.first().cloned());
            list.mask.insert(words);
        }
        if faults.is_empty() {
            Ok(list)
        } else {
            Err(faults)
        }
    }

    /// Whether a line has a phrase of it.
    pub fn is_in(&self, line: &str) -> bool {
        let passed = self.check(line);
        passed.masked > 0 || passed.is_stopped
    }

    /// Both lists of both: for a room where several languages are spoken.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.mask.extend(other.mask);
        self.stop.extend(other.stop);
        self.firsts.extend(other.firsts);
        self.words_max = self.words_max.max(other.words_max);
        self
    }

    /// A whole line at once.
    pub fn check(&self, line: &str) -> Passed {
        let mut moderator = Moderator::new(self);
        let mut passed = moderator.push(line);
        let rest = moderator.finish();
        passed.text.push_str(&rest.text);
        passed.masked += rest.masked;
        passed.is_stopped |= rest.is_stopped;
        passed
    }

    /// Whether a phrase may begin with a word of these readings.
    fn may_begin(&self, readings: &[String]) -> bool {
        readings.iter().any(|reading| self.firsts.contains(reading))
    }

    fn has(set: &BTreeSet<Vec<String>>, words: &[Vec<String>]) -> bool {
        // Each word has one or two readings; a phrase has at most four words.
        let mut readings: Vec<Vec<String>> = vec![Vec::new()];
        for word in words {
            readings = readings
                .into_iter()
                .flat_map(|so_far| {
                    word.iter().map(move |reading| {
                        let mut so_far = so_far.clone();
                        so_far.push(reading.clone());
                        so_far
                    })
                })
                .collect();
        }
        readings.iter().any(|reading| set.contains(reading))
    }
}

/// What of a stream passes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    pub text: String,
    /// Phrases that were masked in it.
    pub masked: u16,
    /// A phrase of the stop list came: nothing passes from here on.
    pub is_stopped: bool,
}

/// Reads one stream. `L` is how it holds its list: borrowed, or shared by who outlives the borrower.
#[derive(Clone, Debug)]
pub struct Moderator<L> {
    list: L,
    held: String,
    is_stopped: bool,
}

impl<L: Deref<Target = WordList>> Moderator<L> {
    pub fn new(list: L) -> Self {
        Self {
            list,
            held: String::new(),
            is_stopped: false,
        }
    }

    pub fn push(&mut self, delta: &str) -> Passed {
        if !self.is_stopped {
            self.held.push_str(delta);
        }
        self.release(false)
    }

    pub fn finish(mut self) -> Passed {
        self.release(true)
    }

    fn release(&mut self, is_end: bool) -> Passed {
        let mut passed = Passed {
            is_stopped: self.is_stopped,
            ..Passed::default()
        };
        let held = std::mem::take(&mut self.held);
        if self.is_stopped || held.is_empty() {
            return passed;
        }
        let tokens = tokens(&held);
        let words: Vec<Vec<String>> = tokens.iter().map(|token| readings(token.text)).collect();
        let mut keep = if is_end {
            held.len()
        } else {
            self.safe(&held, &tokens)
        };
        let mut written = 0;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if token.start >= keep {
                break;
            }
            let Some((count, is_stop)) = self.listed(&tokens, &words, at) else {
                at += 1;
                continue;
            };
            let end = tokens
                .get(at + count - 1)
                .map_or(token.end, |last| last.end);
            // A phrase that begins before the border and ends after it is held whole.
            if end > keep {
                keep = token.start;
                break;
            }
            passed
                .text
                .push_str(held.get(written..token.start).unwrap_or_default());
            written = end;
            if is_stop {
                self.is_stopped = true;
                passed.is_stopped = true;
                return passed;
            }
            passed.masked = passed.masked.saturating_add(1);
            let hidden = held.get(token.start..end).unwrap_or_default();
            passed.text.extend(
                hidden
                    .chars()
                    .map(|c| if c.is_whitespace() { c } else { '•' }),
            );
            at += count;
        }
        if written < keep {
            passed
                .text
                .push_str(held.get(written..keep).unwrap_or_default());
            written = keep;
        }
        held.get(written..)
            .unwrap_or_default()
            .clone_into(&mut self.held);
        passed
    }

    /// Up to where no phrase can still begin that has not ended.
    fn safe(&self, held: &str, tokens: &[Token<'_>]) -> usize {
        let mut first = tokens.len().saturating_sub(self.list.words_max);
        let mut spelt = 0;
        while first > 0 && spelt < SPELT_MAX && is_single(tokens, first.saturating_sub(1)) {
            first -= 1;
            spelt += 1;
        }
        let at = tokens.get(first).map_or(held.len(), |token| token.start);
        let over = held
            .char_indices()
            .rev()
            .nth(HELD_CHARS_MAX)
            .map_or(0, |(at, _)| at);
        at.max(over)
    }

    /// How many tokens from here are a listed phrase, and of which list.
    fn listed(
        &self,
        tokens: &[Token<'_>],
        words: &[Vec<String>],
        at: usize,
    ) -> Option<(usize, bool)> {
        let spelt = (at..tokens.len())
            .take(SPELT_MAX)
            .take_while(|place| is_single(tokens, *place))
            .count();
        // The longest spelling first, down to three letters.
        for count in (3..=spelt).rev() {
            let word: String = tokens
                .get(at..at + count)?
                .iter()
                .map(|token| token.text)
                .collect();
            if let Some(is_stop) = self.is_listed(&[readings(&word)]) {
                return Some((count, is_stop));
            }
        }
        if !self.list.may_begin(words.get(at)?) {
            return None;
        }
        for count in (1..=self.list.words_max).rev() {
            let Some(run) = words.get(at..at + count) else {
                continue;
            };
            if let Some(is_stop) = self.is_listed(run) {
                return Some((count, is_stop));
            }
        }
        None
    }

    fn is_listed(&self, words: &[Vec<String>]) -> Option<bool> {
        if WordList::has(&self.list.stop, words) {
            return Some(true);
        }
        WordList::has(&self.list.mask, words).then_some(false)
    }
}

struct Token<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

fn is_single(tokens: &[Token<'_>], place: usize) -> bool {
    tokens
        .get(place)
        .is_some_and(|token| token.text.chars().count() == 1)
}

/// Words, with the signs that stand for letters inside them.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '@' | '$' | '\u{0300}'..='\u{036F}');
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (is_part(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                tokens.push(Token {
                    text: text.get(from..at).unwrap_or_default(),
                    start: from,
                    end: at,
                });
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        tokens.push(Token {
            text: text.get(from..).unwrap_or_default(),
            start: from,
            end: text.len(),
        });
    }
    tokens
}

/// A word in one case, with letters for the signs that stand for them, without accents set beside.
fn fold(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '\u{0300}'..='\u{036F}'))
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '0' => 'o',
            '1' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            c => c,
        })
        .collect()
}

/// The ways a word may be meant: as it is, and with drawn-out letters once or twice.
fn readings(word: &str) -> Vec<String> {
    let folded = fold(word);
    let mut readings = vec![folded.clone()];
    for most in [1, 2] {
        let mut short = String::new();
        let mut chars = folded.chars().peekable();
        while let Some(c) = chars.next() {
            let mut row = 1;
            while chars.next_if_eq(&c).is_some() {
                row += 1;
            }
            let count = if row > 2 { most } else { row };
            short.extend(std::iter::repeat_n(c, count));
        }
        if !readings.contains(&short) {
            readings.push(short);
        }
    }
    readings
}

#[cfg(test)]
mod tests;
