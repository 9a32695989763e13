//! A word in the system message that nobody else could say: where it turns up, the message leaks.

use std::collections::VecDeque;

/// Held back at most, however the word is drawn out. It is found beyond that too, only later.
const HELD_CHARS_MAX: usize = 512;

/// The word. Letters and digits, so that it survives any spelling.
#[derive(Clone, PartialEq, Eq)]
pub struct Canary {
    text: String,
    letters: Vec<char>,
    /// Where to go on after a mismatch (Knuth, Morris and Pratt).
    back: Vec<usize>,
}

impl std::fmt::Debug for Canary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canary(..)")
    }
}

impl Canary {
    /// From chance that is made elsewhere: 12 to 64 letters and digits.
    pub fn new(text: &str) -> Option<Self> {
        let fine = (12..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fine {
            return None;
        }
        let letters: Vec<char> = text.to_ascii_lowercase().chars().collect();
        let mut back = vec![0; letters.len()];
        let mut matched: usize = 0;
        for (place, letter) in letters.iter().enumerate().skip(1) {
            while matched > 0 && letters.get(matched) != Some(letter) {
                matched = back.get(matched - 1).copied().unwrap_or(0);
            }
            if letters.get(matched) == Some(letter) {
                matched += 1;
            }
            if let Some(entry) = back.get_mut(place) {
                *entry = matched;
            }
        }
        Some(Self {
            text: text.to_owned(),
            letters,
            back,
        })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// The reply gave the system message away. What was held back is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reply gives the system message away")]
pub struct Leaked;

/// Lets a streamed reply pass up to where a canary may begin.
#[derive(Clone, Debug)]
pub struct Leak {
    canary: Canary,
    /// Letters of the canary matched so far.
    matched: usize,
    held: VecDeque<char>,
    /// Where in `held` each matched letter stands.
    marks: VecDeque<usize>,
}

impl Leak {
    pub fn new(canary: Canary) -> Self {
        Self {
            canary,
            matched: 0,
            held: VecDeque::new(),
            marks: VecDeque::new(),
        }
    }

    /// What of the text so far may pass on.
    pub fn push(&mut self, delta: &str) -> Result<String, Leaked> {
        let mut passed = String::with_capacity(delta.len());
        for c in delta.chars() {
            self.held.push_back(c);
            // Between its letters anything else may stand: spaces, hyphens, stars.
            if c.is_alphanumeric() {
                self.step(c);
                if self.matched == self.canary.letters.len() {
                    return Err(Leaked);
                }
            }
            self.release(&mut passed);
        }
        Ok(passed)
    }

    /// The end of the reply: what was held back, for it was no canary.
    pub fn finish(self) -> String {
        self.held.into_iter().collect()
    }

    fn step(&mut self, c: char) {
        let letter = c.to_ascii_lowercase();
        self.marks.push_back(self.held.len() - 1);
        while self.matched > 0 && self.canary.letters.get(self.matched) != Some(&letter) {
            self.matched = self.canary.back.get(self.matched - 1).copied().unwrap_or(0);
        }
        if self.canary.letters.get(self.matched) == Some(&letter) {
            self.matched += 1;
        }
        while self.marks.len() > self.matched {
            self.marks.pop_front();
        }
    }

    fn release(&mut self, passed: &mut String) {
        let from = self.marks.front().copied().unwrap_or(self.held.len());
        let over = self.held.len().saturating_sub(HELD_CHARS_MAX);
        let count = from.max(over);
        if count == 0 {
            return;
        }
        passed.extend(self.held.drain(..count));
        for mark in &mut self.marks {
            *mark = mark.saturating_sub(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORD: &str = "k7Qk7Qm2xk7Qp";

    fn leak() -> Leak {
        Leak::new(Canary::new(WORD).expect("a canary"))
    }

    fn pass(deltas: &[&str]) -> Result<String, Leaked> {
        let mut leak = leak();
        let mut passed = String::new();
        for delta in deltas {
            passed.push_str(&leak.push(delta)?);
        }
        passed.push_str(&leak.finish());
        Ok(passed)
    }

    #[test]
    fn it_is_found_in_any_spelling() {
        assert_eq!(pass(&["It says k7Qk7Qm2xk7Qp."]), Err(Leaked));
        assert_eq!(pass(&["K7QK7", "QM2XK7QP"]), Err(Leaked));
        assert_eq!(pass(&["k-7 Q*k\n7..Q m 2 x", " k 7 Q ", "p"]), Err(Leaked));
        assert_eq!(pass(&["k7Qk7Qk7Qm2xk7Qp"]), Err(Leaked));
        let drawn_out: String = WORD
            .chars()
            .flat_map(|c| std::iter::once(c).chain("~".repeat(300).chars().collect::<Vec<_>>()))
            .collect();
        assert_eq!(pass(&[&drawn_out]), Err(Leaked));
        assert_eq!(
            pass(&["k7Qk7Qm2xk7Q", " and no more"]),
            Ok("k7Qk7Qm2xk7Q and no more".into())
        );
        assert!(Canary::new("short").is_none() && Canary::new("with spaces in it").is_none());
    }

    #[test]
    fn what_cannot_become_one_is_not_held() {
        let mut leak = leak();
        assert_eq!(leak.push("Good morning. ").as_deref(), Ok("Good morning. "));
        assert_eq!(leak.push("k7").as_deref(), Ok(""));
        assert_eq!(leak.push(" up!").as_deref(), Ok("k7 up!"));
    }

    proptest! {
        #[test]
        fn however_it_is_cut(before in "\\PC{0,40}", after in "\\PC{0,20}", cuts in prop::collection::vec(1_usize..6, 0..40)) {
            let text: Vec<char> = format!("{before}{WORD}{after}").chars().collect();
            let mut leak = leak();
            let mut rest = text.as_slice();
            let mut found = false;
            let mut passed = String::new();
            for cut in cuts.iter().copied().chain(std::iter::repeat(3)) {
                if rest.is_empty() || found { break; }
                let (delta, left) = rest.split_at(cut.min(rest.len()));
                rest = left;
                match leak.push(&delta.iter().collect::<String>()) {
                    Ok(text) => passed.push_str(&text),
                    Err(Leaked) => found = true,
                }
            }
            prop_assert!(found);
            prop_assert!(!passed.contains(WORD));
        }

        #[test]
        fn everything_else_passes_unchanged(deltas in prop::collection::vec("[a-jl-z K7Q.\n]{0,12}", 0..20)) {
            let all = deltas.concat();
            let deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
            prop_assert_eq!(pass(&deltas), Ok(all));
        }
    }
}
