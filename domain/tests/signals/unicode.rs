//! Any text at all: no panic, marks on character boundaries, nothing worth farming.

use ludus_domain::signals::{
    Context, Lang, Lexicons, LineFacts, Quality, Signal, hints, read, read_with_spans,
};
use proptest::prelude::*;

thread_local! {
    static LEXICONS: Lexicons = Lexicons::shipped().expect("the shipped lists");
}

fn read_as(lang: Lang, text: &str) -> LineFacts {
    LEXICONS.with(|lexicons| read(text, lexicons.of(lang)))
}

fn english(text: &str) -> LineFacts {
    read_as(Lang::EN, text)
}

/// Checks everything that holds for any text.
fn holds_for(text: &str) -> Result<(), TestCaseError> {
    LEXICONS.with(|lexicons| {
        let free = ludus_domain::signals::Lexicon::free();
        for lexicon in [lexicons.of(Lang::EN), lexicons.of(Lang::DE), &free] {
            let (facts, spans) = read_with_spans(text, lexicon);
            prop_assert_eq!(facts, read(text, lexicon));
            prop_assert!(facts.different <= facts.words && facts.distinct <= 1000);
            prop_assert!(facts.open_questions <= facts.questions);
            prop_assert!(facts.questions <= facts.words.div_ceil(3));
            prop_assert!(facts.specifics <= facts.words.div_ceil(3));
            prop_assert!(facts.sentences <= facts.words);
            prop_assert!(facts.longest_sentence <= facts.words);
            prop_assert!(facts.empathy <= facts.sentences);
            for signal in Signal::ALL {
                for span in spans.of(signal) {
                    prop_assert!(span.start < span.end);
                    prop_assert!(text.get(span.start..span.end).is_some(), "{:?}", span);
                }
            }
            let mut context = Context::default();
            for _ in 0..6 {
                let shown = hints(&facts, &spans, &[], &context);
                prop_assert!(shown.len() <= 3);
                for hint in &shown {
                    prop_assert!(text.get(hint.start..hint.end).is_some(), "{:?}", hint);
                }
                context.showed(&shown);
                context.take(&facts, true);
            }
            for quality in Quality::ALL {
                prop_assert!(quality.score(&facts).is_none_or(|score| score <= 100));
            }
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        holds_for(&text)?;
    }

    #[test]
    fn any_characters_are_read(text in proptest::collection::vec(any::<char>(), 0..200)) {
        holds_for(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn talk_with_odd_marks_is_read(
        text in proptest::collection::vec(
            prop_oneof![
                Just("um"), Just("you always"), Just("what do you"), Just("thanks"), Just("?"), Just("!!"), Just(", "),
                Just(". "), Just(" "), Just("…"), Just("\u{200d}"), Just("\u{0308}"), Just("👩‍👩‍👧"), Just("שלום"), Just("今日は"),
                Just("a@b.c "), Just("https://x"), Just("STOP"), Just("ß"), Just("I"), Just("'"), Just("\n"), Just("7"),
            ],
            0..60,
        )
    ) {
        holds_for(&text.concat())?;
    }
}

#[test]
fn words_are_those_of_unicode() {
    assert_eq!(english("Isn’t it 3.5 km, e.g. to Zürich?").words, 7);
    assert_eq!(english("👩‍👩‍👧 🎉 ❤️").words, 0);
    assert_eq!(english("今日は").words, 3);
    assert_eq!(english("שלום לך, מה שלומך?").words, 4);
    assert_eq!(english("ما رأيك في هذا؟").questions, 1);
    assert_eq!(english("你好吗？").questions, 1);
    assert_eq!(english("").words, 0);
    assert_eq!(english("???").questions, 0);
}

#[test]
fn sentences_end_where_people_end_them() {
    let sentences = |text| english(text).sentences;
    assert_eq!(sentences("i see. what now? ok"), 3);
    assert_eq!(sentences("Dr. Smith came at 3 p.m. and left."), 1);
    assert_eq!(sentences("We use e.g. Rust. It is fast."), 2);
    assert_eq!(sentences("I was... thinking"), 1);
    assert_eq!(sentences("I was... Then it rang."), 2);
    assert_eq!(sentences("one\ntwo\n\nthree"), 3);
    assert_eq!(sentences("See https://example.org/a?b=c. Then call."), 2);
    assert_eq!(
        read_as(Lang::DE, "Am 3. Mai geht es los. Gut so.").sentences,
        2
    );
}

#[test]
fn links_are_not_looked_at() {
    let facts = english("look at https://you-always.example/stupid?what or mail ada@example.org!");
    assert_eq!(
        (facts.links, facts.harsh, facts.blame, facts.questions),
        (2, 0, 0, 0)
    );
    assert_eq!(facts.words, 4);
    assert_eq!(facts.exclamations, 1);
}

#[test]
fn spelling_makes_no_difference() {
    for text in [
        "Könnten Sie mir helfen?",
        "koennten sie mir helfen?",
        "Ko\u{0308}nnten Sie mir helfen?",
        "KÖNNTEN SIE mir helfen?",
    ] {
        let facts = read_as(Lang::DE, text);
        assert_eq!((facts.politeness, facts.questions), (1, 1), "{text}");
    }
    assert_eq!(
        english("I dont understand").empathy,
        english("I don’t understand").empathy
    );
    assert_eq!(english("thaaaanks").thanks, 1);
    assert_eq!(english("THANKS").thanks, 1);
}

#[test]
fn what_is_good_does_not_count_twice() {
    let ten = |text: &str| english(&text.repeat(10));
    assert_eq!(ten("Thanks! ").thanks, 1);
    assert_eq!(ten("I understand. ").empathy, 1);
    assert_eq!(ten("please ").politeness, 1);
    assert_eq!(ten("I will. ").assertive, 1);
    assert_eq!(ten("What do you think about that? ").open_questions, 1);
    assert_eq!(ten("?").questions, 0);
    assert_eq!(english("What do you think??????????").questions, 1);
    // The same question in another order, and a row of question words.
    assert_eq!(
        english("What do you think? You think what do? Do you think what?").questions,
        1
    );
    assert_eq!(english("What? How? Why? What? How? Why?").questions, 2);
    // All ways to say it in one sentence are one.
    assert_eq!(
        english("Thanks thank you cheers much appreciated many thanks").thanks,
        1
    );
    // Numbers in a row, and the same number again and again.
    assert_eq!(english("1 2 3 4 5 6 7 8 9 10 11 12").specifics, 1);
    assert_eq!(
        english("about 7 and 7 and 7 and 7 and 7 and 7").specifics,
        1
    );
    // A title is not a row of names.
    assert_eq!(english("This Is How We Talk About Big Plans").specifics, 0);
    // What is bad counts each time.
    assert_eq!(ten("You idiot. ").harsh, 10);
}

#[test]
fn playing_with_the_keyboard_shows() {
    for text in [
        "asdf asdf asdf asdf asdf asdf asdf asdf",
        "asdfjkl sdfgsdf hjklhjk fghjfgh dfghdfg sdfkjhsd sdfghjk lkjhgfd",
        "word word word word word word word word word word",
        "aaaaaaa bbbbbbb ccccccc ddddddd eeeeeee fffffff",
    ] {
        let facts = english(text);
        assert!(facts.distinct <= 250, "{text}: {facts:?}");
        assert!(facts.different <= 2, "{text}: {facts:?}");
    }
    let facts =
        english("We met the team in the morning and agreed on a plan for the next release.");
    assert!(facts.distinct >= 800 && facts.noise == 0, "{facts:?}");
}

#[test]
fn acronyms_do_not_shout() {
    assert_eq!(
        english("The API returns JSON over HTTP in the EU").shouting,
        0
    );
    assert_eq!(english("I did NOT say that").shouting, 0);
    assert_eq!(english("You NEVER say that").shouting, 1);
    assert_eq!(english("STOP IT NOW").shouting, 3);
}

#[test]
fn what_is_specific_is_marked_as_a_whole() {
    let text = "On Monday I rode 80 km with Anna Lee, my niece, for example to Zürich.";
    let marked: Vec<&str> = LEXICONS.with(|lexicons| {
        let (facts, spans) = read_with_spans(text, lexicons.of(Lang::EN));
        assert_eq!(facts.specifics, 5);
        spans
            .of(Signal::Specifics)
            .map(|span| &text[span.start..span.end])
            .collect()
    });
    assert_eq!(
        marked,
        ["Monday", "80", "Anna Lee", "for example", "Zürich"]
    );
}

#[test]
fn a_language_without_lists_gets_what_needs_none() {
    let facts = LEXICONS.with(|lexicons| {
        read(
            "Pourquoi avez-vous choisi 3 villes? Regardez https://example.org!",
            lexicons.for_line("Pourquoi avez-vous choisi 3 villes?", None),
        )
    });
    assert_eq!(facts.listed, 0);
    assert_eq!(
        (
            facts.words,
            facts.sentences,
            facts.questions,
            facts.specifics,
            facts.links,
            facts.exclamations
        ),
        (7, 2, 1, 1, 1, 1)
    );
    assert_eq!(facts.open_questions, 0);
    assert!(
        Quality::ALL
            .iter()
            .all(|quality| quality.score(&facts).is_none())
    );
}

#[test]
fn more_than_a_line_holds_is_read_up_to_its_limit() {
    let facts = english(&"word ".repeat(100_000));
    assert_eq!(facts.words, 800);
    let facts = english(&"🎉".repeat(1_000_000));
    assert_eq!(facts.words, 0);
}
