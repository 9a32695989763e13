//! What asks, and how much it leaves to the other.

use ludus_domain::signals::{Lang, Lexicons, read};

/// Questions, and open ones among them.
fn asked(text: &str) -> (u16, u16) {
    let lexicons = Lexicons::shipped().expect("the shipped lists");
    let lang = lexicons.detect(text).unwrap_or(Lang::EN);
    let facts = read(text, lexicons.of(lang));
    assert_eq!(
        facts.closed_questions(),
        facts.questions - facts.open_questions
    );
    (facts.questions, facts.open_questions)
}

const NONE: (u16, u16) = (0, 0);
const CLOSED: (u16, u16) = (1, 0);
const OPEN: (u16, u16) = (1, 1);

#[test]
fn the_longest_opening_says_which_kind_it_is() {
    assert_eq!(asked("How do you feel about it?"), OPEN);
    assert_eq!(asked("How many people are in your team?"), CLOSED);
    assert_eq!(asked("What do you want?"), OPEN);
    assert_eq!(asked("What time is it?"), CLOSED);
    assert_eq!(asked("Can you open the door?"), CLOSED);
    assert_eq!(asked("Can you tell me what you saw?"), OPEN);
    assert_eq!(asked("Wie sehen Sie das?"), OPEN);
    assert_eq!(asked("Wie viele Leute sind im Team?"), CLOSED);
}

#[test]
fn what_stands_before_the_opening_changes_nothing() {
    assert_eq!(asked("And so, how do you feel about it?"), OPEN);
    assert_eq!(asked("Okay thanks but why do you ask?"), OPEN);
    assert_eq!(asked("Anna, are you there?"), CLOSED);
    assert_eq!(asked("When you came home, what did you see?"), OPEN);
    assert_eq!(asked("Und was denken Sie?"), OPEN);
}

#[test]
fn a_mark_is_not_needed_where_the_words_ask() {
    assert_eq!(asked("what do you usually eat"), OPEN);
    assert_eq!(asked("do you live here"), CLOSED);
    assert_eq!(asked("Tell me more about the shop."), OPEN);
    assert_eq!(asked("was denkst du darüber"), OPEN);
    // Nobody who exclaims asks.
    assert_eq!(asked("Do you hear me, I said no!"), NONE);
    assert_eq!(asked("What a lovely garden."), NONE);
    assert_eq!(asked("What happened was that the door broke."), NONE);
}

#[test]
fn a_sentence_is_one_question_and_two_sentences_are_two() {
    assert_eq!(asked("What do you do, and do you like it?"), OPEN);
    assert_eq!(asked("What do you do? Do you like it?"), (2, 1));
    assert_eq!(asked("It works, right?"), CLOSED);
    assert_eq!(asked("They left for what reason?"), OPEN);
    assert_eq!(asked("You like how it looks?"), CLOSED);
    assert_eq!(asked("The blue one?"), CLOSED);
}
