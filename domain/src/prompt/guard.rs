//! What of a reply may pass: everything but the canary and words that end a reply.

use std::sync::Arc;

use super::moderation::{Moderator, Passed, WordList};
use super::{Canary, Leak};

/// Why a reply ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    #[error("the reply gives the system message away")]
    Leaked,
    #[error("the reply has a word that nobody shall read")]
    Stopped,
}

/// Reads one reply while it comes. What it has let pass once stays passed; after the first
/// [`Withheld`] nothing passes any more.
#[derive(Clone, Debug)]
pub struct Guard {
    leak: Leak,
    moderator: Moderator<Arc<WordList>>,
    withheld: Option<Withheld>,
}

impl Guard {
    pub fn new(canary: Canary, words: Arc<WordList>) -> Self {
        Self {
            leak: Leak::new(canary),
            moderator: Moderator::new(words),
            withheld: None,
        }
    }

    /// What may pass now: often less than came, because its end may become something else.
    pub fn push(&mut self, delta: &str) -> Result<String, Withheld> {
        if let Some(withheld) = self.withheld {
            return Err(withheld);
        }
        let passed = match self.leak.push(delta) {
            Ok(text) => self.moderator.push(&text),
            Err(_) => return Err(self.withhold(Withheld::Leaked)),
        };
        self.allowed(passed)
    }

    /// The end of the reply: what was held back and may pass after all.
    pub fn finish(mut self) -> Result<String, Withheld> {
        if let Some(withheld) = self.withheld {
            return Err(withheld);
        }
        let mut moderator = self.moderator;
        let mut passed = moderator.push(&self.leak.finish());
        let rest = moderator.finish();
        passed.text.push_str(&rest.text);
        self.withheld = (passed.is_stopped || rest.is_stopped).then_some(Withheld::Stopped);
        self.withheld.map_or(Ok(passed.text), Err)
    }

    fn allowed(&mut self, passed: Passed) -> Result<String, Withheld> {
        if passed.is_stopped {
            return Err(self.withhold(Withheld::Stopped));
        }
        Ok(passed.text)
    }

    const fn withhold(&mut self, why: Withheld) -> Withheld {
        self.withheld = Some(why);
        why
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORD: &str = "k7Qk7Qm2xk7Qp";

    fn guard() -> Guard {
        let words = WordList::read("x.toml", "mask = [\"darn\"]\nstop = [\"go to hell\"]");
        let canary = Canary::new(WORD).expect("a canary");
        Guard::new(canary, Arc::new(words.expect("a list")))
    }

    fn pass(deltas: &[&str]) -> (String, Option<Withheld>) {
        let mut guard = guard();
        let mut passed = String::new();
        for delta in deltas {
            match guard.push(delta) {
                Ok(text) => passed.push_str(&text),
                Err(why) => return (passed, Some(why)),
            }
        }
        match guard.finish() {
            Ok(text) => (passed + &text, None),
            Err(why) => (passed, Some(why)),
        }
    }

    #[test]
    fn words_are_masked_and_the_rest_passes() {
        let (text, why) = pass(&["Good mor", "ning, da", "rn cold. ", "Go to", " bed."]);
        assert_eq!(
            (text.as_str(), why),
            ("Good morning, •••• cold. Go to bed.", None)
        );
    }

    #[test]
    fn a_leak_and_a_stop_end_it_wherever_they_are_cut() {
        let (text, why) = pass(&["It says k7Q", "k7Qm2x", "k7Qp and more"]);
        assert_eq!(why, Some(Withheld::Leaked));
        assert!(!text.contains("k7Q"), "{text}");
        let (text, why) = pass(&["Well, g", "o to h", "ell and stay"]);
        assert_eq!(why, Some(Withheld::Stopped));
        assert!(!text.contains("go"), "{text}");
        // At the very end, where nothing more comes to push it out.
        assert_eq!(pass(&["Go to hell"]).1, Some(Withheld::Stopped));
    }

    #[test]
    fn after_the_first_no_it_stays_no() {
        let mut guard = guard();
        assert_eq!(
            guard.push("go to hell, you and your friends"),
            Err(Withheld::Stopped)
        );
        assert_eq!(guard.push("or not"), Err(Withheld::Stopped));
        assert_eq!(guard.finish(), Err(Withheld::Stopped));
    }

    proptest! {
        /// However a reply is cut, the same passes of it.
        #[test]
        fn cuts_change_nothing(
            words in prop::collection::vec(prop::sample::select(vec!["go", "to", "hell", "darn", "bed", "k7Q", WORD]), 0..12),
            cuts in prop::collection::vec(1_usize..7, 1..40),
        ) {
            let text = words.join(" ");
            let (whole, why) = pass(&[&text]);
            let mut rest = text.as_str();
            let mut deltas = vec![];
            for cut in cuts.iter().copied().cycle() {
                if rest.is_empty() { break; }
                let (delta, left) = rest.split_at(cut.min(rest.len()));
                deltas.push(delta);
                rest = left;
            }
            let (parts, parts_why) = pass(&deltas);
            if why.is_none() {
                prop_assert_eq!((parts, parts_why), (whole, None));
            } else {
                prop_assert!(parts_why.is_some());
                prop_assert!(!parts.contains("hell") || !parts.contains("go to hell"));
                prop_assert!(!parts.contains(WORD));
            }
        }
    }
}
