//! Hints: few, in their place, the important first, and never twice too often.

use ludus_domain::signals::{
    Context, HINTS_MAX, Hint, HintKind, Lang, Lexicons, LineFacts, hints, read, read_with_spans,
};

struct Talk {
    lexicons: Lexicons,
    context: Context,
}

impl Talk {
    fn new() -> Self {
        Self {
            lexicons: Lexicons::shipped().expect("the shipped lists"),
            context: Context::default(),
        }
    }

    fn says(&mut self, text: &str, mine: bool) {
        let facts = read(text, self.lexicons.of(Lang::EN));
        self.context.take(&facts, mine);
    }

    fn draft(&self, text: &str) -> Vec<Hint> {
        let (facts, spans) = read_with_spans(text, self.lexicons.of(Lang::EN));
        hints(&facts, &spans, &[], &self.context)
    }

    fn kinds(&self, text: &str) -> Vec<HintKind> {
        self.draft(text).iter().map(|hint| hint.kind).collect()
    }

    /// Writes a line with everything that is shown meanwhile, and says it.
    fn writes(&mut self, text: &str) {
        for end in (1..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let shown = self.draft(&text[..end]);
            self.context.showed(&shown);
        }
        self.says(text, true);
    }
}

/// What is underlined by the first hint of a draft.
fn underlined(text: &str) -> String {
    let talk = Talk::new();
    let hint = talk.draft(text).first().cloned().expect("a hint");
    text[hint.start..hint.end].to_owned()
}

#[test]
fn a_good_line_is_left_alone() {
    let talk = Talk::new();
    for text in [
        "",
        "ok",
        "Hello, nice to meet you.",
        "What would help you most right now?",
        "I think that is a good plan, because the customer asked for it on Monday.",
        "Do you have a minute?",
        "THANKS",
    ] {
        assert_eq!(talk.kinds(text), [], "{text}");
    }
}

#[test]
fn each_hint_stands_where_its_reason_is() {
    assert_eq!(underlined("Look, that is 🎉 ridiculous."), "ridiculous");
    assert_eq!(underlined("Jürgen, you never ask me."), "you never");
    assert_eq!(underlined("It is NOT MY turn"), "NOT");
    assert_eq!(underlined("Maybe we could perhaps meet."), "Maybe");
    assert_eq!(underlined("So um we, uh, met there."), "um");
    assert_eq!(underlined("He did some stuff somehow."), "stuff");
    assert_eq!(underlined("We leverage synergies now."), "leverage");
    let long = format!("Fine. {}", "and then we went on ".repeat(10));
    assert_eq!(underlined(&long), long["Fine. ".len()..].trim_end());
}

#[test]
fn a_browser_counts_otherwise() {
    let talk = Talk::new();
    let text = "🎉ü stupid";
    let hint = &talk.draft(text)[0];
    assert_eq!((hint.start, hint.end), (7, 13));
    // The party takes two units there, the umlaut one.
    assert_eq!(hint.utf16(text), (4, 10));
    // A draft that changed meanwhile.
    assert_eq!(hint.utf16("🎉"), (2, 2));
}

#[test]
fn the_most_important_come_first_and_no_more_than_three() {
    let talk = Talk::new();
    let text = "You always send stupid stuff, DO NOT send maybe, um, perhaps, uh, things.";
    assert_eq!(
        talk.kinds(text),
        [HintKind::Harsh, HintKind::Blame, HintKind::Shouting]
    );
    assert_eq!(talk.draft(text).len(), HINTS_MAX);
}

#[test]
fn a_hint_rests_after_two_lines() {
    let mut talk = Talk::new();
    let line = "Maybe we could perhaps meet.";
    assert_eq!(talk.kinds(line), [HintKind::Hedging]);
    // However often it was looked at while it was written, a line counts once.
    talk.writes(line);
    // Lines it was not shown for do not count.
    talk.writes("That is fine.");
    talk.writes("So be it.");
    assert_eq!(talk.kinds(line), [HintKind::Hedging]);
    talk.writes(line);
    assert_eq!(talk.kinds(line), []);
    // Another kind has its own count.
    assert_eq!(talk.kinds("You idiot, go on please."), [HintKind::Harsh]);
}

#[test]
fn a_hint_that_was_not_shown_does_not_rest() {
    let mut talk = Talk::new();
    for _ in 0..3 {
        talk.says("Maybe we could perhaps meet.", true);
    }
    assert_eq!(
        talk.kinds("Maybe we could perhaps meet."),
        [HintKind::Hedging]
    );
}

#[test]
fn a_question_is_missed_after_a_while() {
    let mut talk = Talk::new();
    let line = "We also offer a second year of service for this one.";
    for _ in 0..4 {
        assert_eq!(talk.kinds(line), []);
        talk.says(line, true);
        talk.says("I see.", false);
    }
    assert_eq!(talk.kinds(line), [HintKind::NoQuestion]);
    // Not for a word in between, and not while a question is being written.
    assert_eq!(talk.kinds("Right."), []);
    assert_eq!(
        talk.kinds("What matters to you when you think about the service?"),
        []
    );
    talk.says("What matters to you?", true);
    assert_eq!(talk.kinds(line), []);
}

#[test]
fn the_second_closed_question_in_a_row_is_noticed() {
    let mut talk = Talk::new();
    assert_eq!(talk.kinds("Do you like it?"), []);
    talk.says("Do you like it?", true);
    assert_eq!(talk.kinds("Are you sure?"), [HintKind::ClosedQuestion]);
    assert_eq!(talk.kinds("How do you use it?"), []);
    talk.says("How do you use it?", true);
    assert_eq!(talk.kinds("Are you sure?"), []);
}

#[test]
fn whoever_talks_all_the_time_is_told() {
    let mut talk = Talk::new();
    let speech =
        "We started small and then the shop grew and grew until we had to move away. ".repeat(4);
    talk.says(&speech, true);
    talk.says("I see, what then?", false);
    talk.says(&speech, true);
    let line = "And after that we opened a second shop near the old harbour.";
    assert_eq!(talk.kinds(line), [HintKind::TalkRatio]);
    assert!(talk.context.talk_share(10) > 950);
    talk.says(&speech.repeat(2), false);
    assert_eq!(talk.kinds(line), []);
}

#[test]
fn a_speech_is_too_long() {
    let talk = Talk::new();
    let text = "We met on the hill near the town. ".repeat(16);
    assert_eq!(talk.kinds(&text), [HintKind::TooLong]);
}

#[test]
fn tallies_never_run_over() {
    let mut context = Context::default();
    context.my_words = u32::MAX;
    context.other_words = u32::MAX;
    context.my_lines = u32::MAX;
    context.other_lines = u32::MAX;
    context.lines_since_question = u32::MAX;
    context.closed_in_a_row = u32::MAX;
    let facts = LineFacts {
        words: u16::MAX,
        harsh: u16::MAX,
        profanity: u16::MAX,
        ..LineFacts::default()
    };
    context.take(&facts, true);
    context.take(&facts, false);
    assert_eq!(context.talk_share(u16::MAX), 500);
    let (_, spans) = read_with_spans("", &ludus_domain::signals::Lexicon::free());
    assert_eq!(hints(&facts, &spans, &[], &context).len(), 3);
}
