use proptest::prelude::*;

use super::*;

fn list() -> WordList {
    WordList::read(
        "en.toml",
        "mask = [\"darn\", \"ass\", \"son of a gun\"]\nstop = [\"make a bomb\"]",
    )
    .expect("a list")
}

fn stream(deltas: &[&str]) -> Passed {
    let list = list();
    let mut moderator = Moderator::new(&list);
    let mut all = Passed::default();
    for delta in deltas {
        let passed = moderator.push(delta);
        all.text.push_str(&passed.text);
        all.masked += passed.masked;
        all.is_stopped |= passed.is_stopped;
    }
    let passed = moderator.finish();
    all.text.push_str(&passed.text);
    all.masked += passed.masked;
    all.is_stopped |= passed.is_stopped;
    all
}

#[test]
fn listed_words_are_masked_in_any_spelling() {
    let text = |deltas: &[&str]| stream(deltas).text;
    assert_eq!(text(&["Oh da", "rn", " it"]), "Oh •••• it");
    assert_eq!(text(&["D4RN! d@rn, daaaarn"]), "••••! ••••, •••••••");
    assert_eq!(text(&["d a", " r n it"]), "• • • • it");
    assert_eq!(
        text(&["you son ", "of a ", "gun, you"]),
        "you ••• •• • •••, you"
    );
    assert_eq!(text(&["asss"]), "••••");
    // Neighbours are left alone.
    for fine in [
        "classic assassins darned",
        "as good as",
        "a son of a",
        "Scunthorpe",
    ] {
        assert_eq!(text(&[fine]), fine);
    }
}

#[test]
fn a_stop_ends_the_stream_for_good() {
    let stopped = stream(&[
        "Here is how to make ",
        "a b",
        "omb with",
        " sugar",
        " and more",
    ]);
    assert_eq!(stopped.text, "Here is how to ");
    assert!(stopped.is_stopped);
    assert!(
        list().check("let's Make a B0MB").is_stopped && !list().check("make a cake").is_stopped
    );
}

#[test]
fn ordinary_words_pass_soon() {
    let list = list();
    let mut moderator = Moderator::new(&list);
    let passed = moderator.push("one two three four five six");
    assert_eq!(
        passed.text, "one two ",
        "four words are held, as many as the longest phrase has"
    );
    let mut endless = Moderator::new(&list);
    let mut out = 0;
    for _ in 0..100 {
        out += endless.push(&"x".repeat(100)).text.len();
    }
    assert!(
        out > 9_000,
        "a word without end is not held without end: {out}"
    );
}

#[test]
fn shipped_lists_are_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../content/moderation");
    for language in ["en", "de"] {
        let text = std::fs::read_to_string(root.join(format!("{language}.toml"))).expect("a list");
        let list = WordList::read(language, &text).expect("a list");
        assert!(!list.mask.is_empty() && !list.stop.is_empty());
    }
    let faults = WordList::read("x.toml", "mask = [\"\", \"a b c d e\"]").expect_err("faults");
    assert_eq!(faults.len(), 2);
}

proptest! {
    #[test]
    fn however_a_text_is_cut_it_passes_the_same(
        words in prop::collection::vec("(darn|d4rn|d|a|r|n|son|of|gun|ass|as|x{1,3}|[ .,\n]{1,2})", 0..40),
        cuts in prop::collection::vec(1_usize..7, 1..30),
    ) {
        let text = words.join(" ");
        let whole = stream(&[&text]);
        let chars: Vec<char> = text.chars().collect();
        let mut deltas = Vec::new();
        let mut rest = chars.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (delta, left) = rest.split_at((*cut).min(rest.len()));
            deltas.push(delta.iter().collect::<String>());
            rest = left;
        }
        let deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
        prop_assert_eq!(stream(&deltas), whole);
    }

    #[test]
    fn any_text_passes_without_a_listed_word(text in "\\PC{0,200}") {
        let passed = list().check(&text);
        prop_assert_eq!(passed.text.chars().count() , text.chars().count());
    }
}
