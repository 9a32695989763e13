//! A line as the reader sees it: words, and what stands between them.

use unicode_segmentation::UnicodeSegmentation;

use super::fold::{fold, hash, is_noise};
use super::lexicon::Lexicon;
use crate::text::LINE_CHARS_MAX;

/// What stands between two words, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap(u8);

impl Gap {
    pub(super) const CLAUSE: Self = Self(1);
    pub(super) const SENTENCE: Self = Self(2);
    pub(super) const QUESTION: Self = Self(4);
    /// Ends a sentence if a capital follows.
    const ELLIPSIS: Self = Self(8);
    pub(super) const EXCLAMATION: Self = Self(16);

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a new clause begins after it.
    pub(super) const fn parts(self) -> bool {
        self.0 != 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// In the lexicon's vocabulary; 0 is a word it does not know.
    pub(super) id: u32,
    /// Of the folded word; that of all noise is 0.
    pub(super) hash: u64,
    pub(super) start: usize,
    pub(super) end: usize,
    /// What stands before it. The first word of a line begins a sentence.
    pub(super) before: Gap,
    pub(super) shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Plain,
    /// A capital, then small letters.
    Capital,
    /// At least two letters, all capitals.
    Capitals,
    /// Begins with a digit.
    Number,
}

/// A line, taken apart.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) words: Vec<Word>,
    /// What stands after the last word.
    pub(super) after: Gap,
    pub(super) links: u16,
    pub(super) exclamations: u16,
    pub(super) noise: u16,
}

impl Line {
    pub(super) fn new(text: &str, lexicon: &Lexicon) -> Self {
        let text = match text.char_indices().nth(LINE_CHARS_MAX) {
            Some((end, _)) => text.get(..end).unwrap_or(text),
            None => text,
        };
        let mut line = Self {
            words: Vec::with_capacity(text.len() / 5),
            ..Self::default()
        };
        let mut folded = String::with_capacity(32);
        let mut gap = Gap::SENTENCE;
        let mut from = 0;
        for (start, end) in links(text) {
            line.links = line.links.saturating_add(1);
            line.segment(text, from..start, lexicon, &mut folded, &mut gap);
            from = end;
        }
        line.segment(text, from..text.len(), lexicon, &mut folded, &mut gap);
        line.after = gap;
        line
    }

    /// What stands after word `at`.
    pub(super) fn gap_after(&self, at: usize) -> Gap {
        self.words
            .get(at + 1)
            .map_or(self.after, |word| word.before)
    }

    fn segment(
        &mut self,
        text: &str,
        range: std::ops::Range<usize>,
        lexicon: &Lexicon,
        folded: &mut String,
        gap: &mut Gap,
    ) {
        let segment = text.get(range.clone()).unwrap_or_default();
        let mut last = 0;
        for (at, written) in segment.unicode_word_indices() {
            self.look_between(segment.get(last..at).unwrap_or_default(), lexicon, gap);
            last = at + written.len();
            let shape = shape(written);
            if gap.has(Gap::ELLIPSIS) && matches!(shape, Shape::Capital | Shape::Capitals) {
                gap.add(Gap::SENTENCE);
            }
            fold(written, folded);
            let id = lexicon.id(folded);
            let noise = is_noise(folded, written, id != 0);
            self.noise = self.noise.saturating_add(u16::from(noise));
            self.words.push(Word {
                id,
                hash: if noise { 0 } else { hash(folded) },
                start: range.start + at,
                end: range.start + last,
                before: std::mem::take(gap),
                shape,
            });
        }
        self.look_between(segment.get(last..).unwrap_or_default(), lexicon, gap);
    }

    /// Reads what stands between two words. Unicode's own sentences would not do here: they go on over
    /// a full stop when a small letter follows, and in chat it mostly does.
    fn look_between(&mut self, between: &str, lexicon: &Lexicon, gap: &mut Gap) {
        let mut dots = 0;
        let mut exclaimed = false;
        let mut spaced = true;
        let mut chars = between.chars().peekable();
        while let Some(c) = chars.next() {
            let spaced_before = std::mem::replace(&mut spaced, c.is_whitespace());
            let exclaims = matches!(c, '!' | '！' | '‼' | '⁉' | '⁈' | '‽');
            if exclaims && !exclaimed {
                gap.add(Gap::EXCLAMATION);
                self.exclamations = self.exclamations.saturating_add(1);
            }
            // A space between two marks makes them two.
            exclaimed = exclaims || (exclaimed && c == '?');
            match c {
                '?' | '？' | '؟' | '⁇' | '⸮' | '⁈' | '⁉' | '‽' => {
                    gap.add(Gap::QUESTION);
                    gap.add(Gap::SENTENCE);
                }
                '!' | '！' | '‼' | '。' | '．' | '।' | '۔' | '።' | '\n' => {
                    gap.add(Gap::SENTENCE);
                }
                '.' => dots += 1,
                '…' => gap.add(Gap::ELLIPSIS),
                '-' if spaced_before && chars.peek().is_none_or(|c| c.is_whitespace()) => {
                    gap.add(Gap::CLAUSE);
                }
                ',' | ';' | ':' | '(' | ')' | '"' | '“' | '”' | '„' | '«' | '»' | '–' | '—'
                | '،' | '、' | '，' => gap.add(Gap::CLAUSE),
                _ => {}
            }
        }
        match dots {
            1 if self.dot_ends(lexicon) => gap.add(Gap::SENTENCE),
            0 | 1 => {}
            _ => gap.add(Gap::ELLIPSIS),
        }
    }

    /// Whether a full stop after the last word ends a sentence: not after an abbreviation, an
    /// initial or the number of a list, and in some languages not after a number at all.
    fn dot_ends(&self, lexicon: &Lexicon) -> bool {
        let Some(last) = self.words.last() else {
            return false;
        };
        let initial = last.shape == Shape::Plain && last.end - last.start == 1;
        let number = last.shape == Shape::Number
            && (last.before.has(Gap::SENTENCE) || lexicon.dot_after_number_goes_on());
        !(number || initial || lexicon.is_abbreviation(last.id))
    }
}

fn shape(written: &str) -> Shape {
    let (mut upper, mut lower, mut first_is_upper) = (0_usize, 0_usize, false);
    for (at, c) in written.chars().enumerate() {
        if at == 0 && c.is_numeric() {
            return Shape::Number;
        }
        if c.is_uppercase() {
            upper += 1;
            first_is_upper |= at == 0;
        } else if c.is_lowercase() {
            lower += 1;
        }
    }
    match (upper, lower) {
        (2.., 0) => Shape::Capitals,
        (1.., 1..) if first_is_upper => Shape::Capital,
        _ => Shape::Plain,
    }
}

/// Where links and addresses stand, in order.
fn links(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    // Most lines have none, and need not be cut at spaces to know it.
    let text = if text.contains("://") || text.contains("www.") || text.contains('@') {
        text
    } else {
        ""
    };
    let base = text.as_ptr() as usize;
    text.split_whitespace().filter_map(move |chunk| {
        let bare = chunk.trim_matches(|c: char| "()[]<>\"'.,;:!?“”„".contains(c));
        let mail = bare.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.split_once('.').is_some_and(|(_, end)| !end.is_empty())
        });
        let link = mail || bare.starts_with("www.") || bare.contains("://");
        let start = bare.as_ptr() as usize - base;
        (link && !bare.is_empty()).then_some((start, start + bare.len()))
    })
}
