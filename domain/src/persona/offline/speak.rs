//! Choosing phrases so that a persona never sounds like a tape.

use super::{APART, REPLY_CHARS_MAX, State};
use crate::persona::Phrase;
use crate::persona::dice::{Dice, hash};

/// A reply in the making.
pub(super) struct Speaker<'s> {
    pub(super) state: &'s mut State,
    pub(super) dice: Dice,
    parts: Vec<String>,
}

impl<'s> Speaker<'s> {
    pub(super) fn new(state: &'s mut State, dice: Dice) -> Self {
        Self {
            state,
            dice,
            parts: Vec::new(),
        }
    }

    /// One of these phrases that was not said for [`APART`] replies, unsaid ones first; nothing
    /// when there is none.
    pub(super) fn pick<'p>(
        &mut self,
        pool: impl IntoIterator<Item = &'p Phrase>,
    ) -> Option<String> {
        let mut fresh = Vec::new();
        let mut used = Vec::new();
        for phrase in pool {
            if !phrase.is_sayable(&self.state.slots) {
                continue;
            }
            match self.state.phrases.get(&phrase.key()) {
                None => fresh.push(phrase),
                Some(turn) if self.state.turn.saturating_sub(*turn) > APART => {
                    used.push((*turn, phrase));
                }
                Some(_) => {}
            }
        }
        let phrase = if fresh.is_empty() {
            used.into_iter()
                .min_by_key(|(turn, _)| *turn)
                .map(|(_, phrase)| phrase)?
        } else {
            fresh.get(self.dice.below(fresh.len())).copied()?
        };
        self.state.say(phrase.key());
        Some(phrase.say(&self.state.slots, &mut self.dice))
    }

    /// One that was never said; for what is told once.
    pub(super) fn pick_unsaid<'p>(
        &mut self,
        pool: impl IntoIterator<Item = &'p Phrase>,
    ) -> Option<String> {
        let said: Vec<u64> = self.state.phrases.keys().copied().collect();
        self.pick(
            pool.into_iter()
                .filter(|phrase| said.binary_search(&phrase.key()).is_err()),
        )
    }

    /// Adds a part, if there is one; says whether there was.
    pub(super) fn add(&mut self, part: Option<String>) -> bool {
        match part {
            Some(part) if !part.is_empty() => {
                self.parts.push(part);
                true
            }
            _ => false,
        }
    }

    /// Adds a part before others.
    pub(super) fn add_at(&mut self, place: usize, part: Option<String>) -> bool {
        match part {
            Some(part) if !part.is_empty() => {
                self.parts.insert(place.min(self.parts.len()), part);
                true
            }
            _ => false,
        }
    }

    /// Whether a question is in the air.
    pub(super) fn has_asked(&self) -> bool {
        self.parts.iter().any(|part| part.ends_with('?'))
    }

    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// The text: never empty, never one of the last replies. `puzzled` is deep enough for both.
    pub(super) fn finish(mut self, puzzled: &[&Phrase]) -> String {
        let again = |state: &State, text: &str| state.replies.contains(&hash(text));
        if self.parts.is_empty() || again(self.state, &self.parts.join(" ")) {
            let part = self.pick(puzzled.iter().copied());
            self.add(part);
        }
        let mut text: String = self.parts.join(" ").chars().take(REPLY_CHARS_MAX).collect();
        // Only reached with content that no library lets pass.
        let mut dots = 1;
        while text.is_empty() || again(self.state, &text) {
            text = "…".repeat(dots);
            dots += 1;
        }
        self.state.replies.push_back(hash(&text));
        while self.state.replies.len() > usize::try_from(APART).unwrap_or(8) + 1 {
            self.state.replies.pop_front();
        }
        text
    }
}
