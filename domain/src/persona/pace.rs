//! A text in pieces, as a person would type or say it: pure, so that a late joiner and a test see the
//! same as everybody.

use serde::{Deserialize, Serialize};

use super::dice::Dice;

/// No pause is longer, however long the words.
const PAUSE_MS_MAX: u32 = 900;
/// A whole text takes no longer: what would is spoken faster, not cut.
pub const TOTAL_MS_MAX: u32 = 20_000;
/// A piece is a word or two; a word longer than this comes in parts.
const PIECE_CHARS_MAX: usize = 16;

/// How fast somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Before the first piece.
    pub think_ms: u32,
    /// Per character.
    pub char_ms: u32,
    /// After a comma; a full stop is twice as long.
    pub breath_ms: u32,
}

impl Pace {
    /// Typed by somebody who types well.
    pub const TYPED: Self = Self {
        think_ms: 450,
        char_ms: 22,
        breath_ms: 140,
    };
    /// Spoken.
    pub const SPOKEN: Self = Self {
        think_ms: 350,
        char_ms: 55,
        breath_ms: 180,
    };
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// After the piece before it.
    pub after_ms: u32,
    pub text: String,
}

/// The pieces of a text, in order; put together again they are the text.
pub fn pieces(text: &str, pace: Pace, seed: u64) -> Vec<Piece> {
    let mut dice = Dice::new(seed);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut pause = pace.think_ms.min(PAUSE_MS_MAX);
    for part in parts(text) {
        let chars = u32::try_from(part.chars().count()).unwrap_or(u32::MAX);
        let plain = chars.saturating_mul(pace.char_ms);
        // Between four fifths and six fifths: nobody is a metronome.
        let swing = 800 + u32::try_from(dice.below(401)).unwrap_or(200);
        let typed = u32::try_from(u64::from(plain) * u64::from(swing) / 1_000).unwrap_or(u32::MAX);
        pieces.push(Piece {
            after_ms: pause.saturating_add(typed.min(PAUSE_MS_MAX)),
            text: part.to_owned(),
        });
        pause = match part.trim_end().chars().next_back() {
            Some('.' | '!' | '?' | '…') => pace.breath_ms.saturating_mul(2),
            Some(',' | ';' | ':' | '–' | '—') => pace.breath_ms,
            _ => 0,
        }
        .min(PAUSE_MS_MAX);
    }
    let total: u64 = pieces.iter().map(|piece| u64::from(piece.after_ms)).sum();
    if total > u64::from(TOTAL_MS_MAX) {
        for piece in &mut pieces {
            let shorter = u64::from(piece.after_ms) * u64::from(TOTAL_MS_MAX) / total;
            piece.after_ms = u32::try_from(shorter).unwrap_or(0);
        }
    }
    pieces
}

/// Words with the space after them; long words in parts.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(char::is_whitespace).flat_map(|word| {
        let mut cuts: Vec<usize> = word
            .char_indices()
            .step_by(PIECE_CHARS_MAX)
            .map(|(at, _)| at)
            .collect();
        cuts.push(word.len());
        let ends: Vec<(usize, usize)> = cuts
            .iter()
            .copied()
            .zip(cuts.iter().copied().skip(1))
            .collect();
        ends.into_iter().filter_map(|(from, to)| word.get(from..to))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_come_one_by_one_with_breath_between_sentences() {
        let pieces = pieces("Well. I see, you came.", Pace::TYPED, 1);
        let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["Well. ", "I ", "see, ", "you ", "came."]);
        assert!(
            pieces[0].after_ms >= Pace::TYPED.think_ms && pieces[0].after_ms < 1_000,
            "the first within a second"
        );
        assert!(pieces[1].after_ms >= 2 * Pace::TYPED.breath_ms);
        assert!(pieces[4].after_ms < Pace::TYPED.breath_ms);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_takes_for_ever(text in "\\PC{0,600}", seed in any::<u64>()) {
            for pace in [Pace::TYPED, Pace::SPOKEN] {
                let pieces = pieces(&text, pace, seed);
                let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
                prop_assert_eq!(&whole, &text);
                let total: u32 = pieces.iter().map(|piece| piece.after_ms).sum();
                prop_assert!(total <= TOTAL_MS_MAX);
                prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty() && piece.text.chars().count() <= PIECE_CHARS_MAX));
            }
        }
    }
}
