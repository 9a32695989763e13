//! What is remembered of a conversation, for one learner: numbers only.

use super::facts::LineFacts;
use super::hint::{Hint, HintKind};

/// Running tallies of one conversation from one learner's side. Kept by whoever hosts the learner, rebuilt
/// from the facts in the journal; hints shown are forgotten then, which costs one hint too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub my_words: u32,
    pub other_words: u32,
    pub my_lines: u32,
    pub other_lines: u32,
    /// Own lines since the last one with a question in it.
    pub lines_since_question: u32,
    /// Own lines whose only questions were closed, since the last open one.
    pub closed_in_a_row: u32,
    /// In how many lines a kind was shown.
    shown: [u8; HintKind::COUNT],
    /// Kinds shown for the line that is being written, as bits.
    showing: u16,
}

impl Context {
    /// Lines in which a kind of hint is shown before it rests for the rest of the conversation.
    pub const SHOWN_MAX: u8 = 2;

    /// A line was said, by this learner or by somebody else.
    pub fn take(&mut self, facts: &LineFacts, is_mine: bool) {
        let words = u32::from(facts.words);
        if !is_mine {
            self.other_words = self.other_words.saturating_add(words);
            self.other_lines = self.other_lines.saturating_add(1);
            return;
        }
        self.my_words = self.my_words.saturating_add(words);
        self.my_lines = self.my_lines.saturating_add(1);
        self.lines_since_question = if facts.questions > 0 {
            0
        } else {
            self.lines_since_question.saturating_add(1)
        };
        if facts.open_questions > 0 {
            self.closed_in_a_row = 0;
        } else if facts.questions > 0 {
            self.closed_in_a_row = self.closed_in_a_row.saturating_add(1);
        }
        for kind in HintKind::ALL {
            if self.showing & kind.bit() != 0
                && let Some(shown) = self.shown.get_mut(kind as usize)
            {
                *shown = shown.saturating_add(1);
            }
        }
        self.showing = 0;
    }

    /// These hints were shown for the line being written. However often it is looked at while it grows, that
    /// counts once, when the line is said.
    pub fn showed(&mut self, hints: &[Hint]) {
        for hint in hints {
            self.showing |= hint.kind.bit();
        }
    }

    /// Whether a kind was shown often enough. Slips are told of each time.
    pub fn rests(&self, kind: HintKind) -> bool {
        let shown = self.shown.get(kind as usize);
        !kind.is_slip() && shown.is_some_and(|shown| *shown >= Self::SHOWN_MAX)
    }

    /// This learner's share of all words, per thousand, with a line of `words` that is being written.
    pub fn talk_share(&self, words: u16) -> u32 {
        let mine = u64::from(self.my_words) + u64::from(words);
        let all = mine + u64::from(self.other_words);
        u32::try_from((mine * 1000).checked_div(all).unwrap_or(0)).unwrap_or(1000)
    }
}
