//! Whether a sentence asks, and how much it leaves to the other.

use super::lexicon::{Entry, Lexicon, Place};
use super::signal::Signal;
use super::words::{Gap, Line};

/// Looks for questions in a line.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) line: &'a Line,
    pub(super) lexicon: &'a Lexicon,
}

/// How a clause opens.
struct Opening {
    invites: bool,
    unmarked: bool,
    /// Whether it opens like an open question, if like any.
    open: Option<bool>,
}

impl Asking<'_> {
    /// Whether the sentence is a question, whether an open one, and the word with which it opens.
    pub(super) fn question(self, begin: usize, end: usize) -> Option<(bool, usize)> {
        let after = self.line.gap_after(end - 1);
        let mut asks = after.has(Gap::QUESTION);
        let may_lack_its_mark = !after.has(Gap::EXCLAMATION);
        let (mut open_at, mut closed_at) = (None, None);
        for at in begin..end {
            if !self
                .line
                .words
                .get(at)
                .is_some_and(|word| word.before.parts())
            {
                continue;
            }
            let at = self.after_leads(at, end);
            let opening = self.opening(at, end);
            asks |= opening.invites || (opening.unmarked && may_lack_its_mark);
            match opening.open {
                Some(true) => open_at = open_at.or(Some(at)),
                Some(false) => closed_at = closed_at.or(Some(at)),
                None => {}
            }
        }
        if !asks {
            return None;
        }
        match (open_at, closed_at) {
            (Some(at), _) => Some((true, at)),
            (None, Some(at)) => Some((false, at)),
            (None, None) => Some((self.asks_within(begin, end), begin)),
        }
    }

    /// How a clause opens: by the longest entry of each list, as everywhere.
    fn opening(self, at: usize, end: usize) -> Opening {
        let mut best = [(0, false); Signal::COUNT];
        self.walk(at, end, |length, entry| {
            if let Some(best) = best.get_mut(entry.signal as usize)
                && length > best.0
            {
                *best = (length, entry.place != Place::Except);
            }
        });
        let length = |signal: Signal| match best.get(signal as usize) {
            Some((length, true)) => *length,
            _ => 0,
        };
        let invites = length(Signal::Invitations);
        let open = length(Signal::OpenQuestions).max(invites);
        let closed = length(Signal::ClosedQuestions);
        Opening {
            invites: invites > 0,
            unmarked: length(Signal::UnmarkedQuestions) > 0,
            open: (open.max(closed) > 0).then_some(open >= closed),
        }
    }

    /// Whether the opening of an open question stands inside a sentence ("they left for what reason?"). A
    /// single word does not say so: "you like how it looks?" wants a yes.
    fn asks_within(self, begin: usize, end: usize) -> bool {
        (begin + 1..end).any(|at| {
            let (mut open, mut closed) = (false, false);
            self.walk(at, end, |length, entry| {
                open |= entry.signal == Signal::OpenQuestions && length > 1;
                closed |= entry.signal == Signal::ClosedQuestions && length > 1;
            });
            open && !closed
        })
    }

    fn after_leads(self, mut at: usize, end: usize) -> usize {
        loop {
            let mut longest = 0;
            self.walk(at, end, |length, entry| {
                if entry.signal == Signal::Leads {
                    longest = longest.max(length);
                }
            });
            if longest == 0 || at + longest >= end {
                return at;
            }
            at += longest;
        }
    }

    /// Calls `found` with each entry that begins at `at` and ends before `end`, and its length.
    fn walk(self, at: usize, end: usize, mut found: impl FnMut(usize, Entry)) {
        let words = self.line.words.get(at..end).unwrap_or_default();
        self.lexicon.walk(words, |length, number| {
            if let Some(entry) = self.lexicon.entry(number) {
                found(length, entry);
            }
        });
    }
}
