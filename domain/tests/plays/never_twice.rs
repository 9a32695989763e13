//! Whatever is said to whom in which scenario: no reply comes twice within eight, and all are answered.

use std::collections::VecDeque;

use ludus_domain::persona::offline::{APART, Cast, REPLY_CHARS_MAX, Said};
use ludus_domain::practice::Library;
use proptest::prelude::*;

use crate::content::library;

fn casts(library: &Library) -> Vec<(String, Cast<'_>)> {
    let mut casts = Vec::new();
    for persona in library.personas() {
        casts.push((
            persona.id.to_string(),
            library.cast(&persona.id, None).expect("a cast"),
        ));
        for scenario in library.scenarios() {
            // Also those that are not cast for it: an admin may, as long as they speak its language.
            if scenario.script.language == persona.sheet.language {
                let cast = library
                    .cast(&persona.id, Some(&scenario.id))
                    .expect("a cast");
                casts.push((format!("{} in {}", persona.id, scenario.id), cast));
            }
        }
    }
    casts
}

/// Things learners say, and things they paste.
fn line() -> impl Strategy<Value = String> {
    let said = prop::sample::select(vec![
        "",
        "...",
        "ok",
        "yes",
        "no",
        "why?",
        "I don't know",
        "hello",
        "thank you",
        "sorry",
        "you idiot",
        "what do you mean?",
        "how does that feel?",
        "My name is {name}",
        "it costs 500 euros",
        "ja",
        "nein",
        "warum?",
        "keine Ahnung",
        "Das verstehe ich gut, das klingt anstrengend.",
        "danke",
        "tell me more about it",
        "for example last year we cut the waiting list from nine weeks to four because I asked why",
    ]);
    prop_oneof![
        5 => said.prop_map(str::to_owned),
        2 => "[a-z]{2,9}( [a-z]{2,9}){0,25}[.?!]",
        1 => "\\PC{0,80}",
        1 => "([a-zäöü]{1,8} ){60,300}",
    ]
}

fn talk(who: &str, cast: &Cast<'_>, lines: &[String], seed: u64) {
    let apart = usize::try_from(APART).expect("small");
    let (reply, mut state) = cast.open(&std::collections::BTreeMap::new(), seed);
    let mut last = VecDeque::from([reply.text]);
    for (turn, line) in lines.iter().enumerate() {
        let said = [Said {
            name: "Ada Lovelace",
            text: line,
        }];
        let turn_seed = seed ^ u64::try_from(turn).expect("small");
        let (reply, next) = cast.reply(&state, &said, turn_seed);
        if turn == 5 {
            let again = cast.reply(&state, &said, turn_seed);
            assert_eq!((&reply, &next), (&again.0, &again.1), "the same twice");
        }
        assert!(
            !reply.text.trim().is_empty() && reply.text.chars().count() <= REPLY_CHARS_MAX,
            "{who}: {reply:?}"
        );
        assert!(
            // A hole that was not filled. Words of the learner's come back later, brackets and all.
            !reply.text.contains(['{', '[']) || lines.iter().any(|line| line.contains(['{', '['])),
            "{who}: {}",
            reply.text
        );
        assert!(
            !last.contains(&reply.text),
            "{who} said {:?} again after {last:?}",
            reply.text
        );
        last.push_back(reply.text);
        if last.len() > apart {
            last.pop_front();
        }
        state = next;
    }
    let stored = serde_json::to_string(&state).expect("a state is stored");
    assert!(
        stored.len() < 32_000,
        "{who}: a state of {} bytes",
        stored.len()
    );
    assert_eq!(
        serde_json::from_str::<ludus_domain::persona::offline::State>(&stored).expect("read"),
        state
    );
}

#[test]
fn nobody_repeats_themselves_to_somebody_who_does() {
    let library = library();
    for (who, cast) in casts(&library) {
        for line in [
            "",
            "ok",
            "I don't know",
            "why?",
            "you idiot",
            "nein",
            "tell me about your product, please, and why",
        ] {
            talk(&who, &cast, &vec![line.to_owned(); 40], 7);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_comes_twice_within_eight(
        lines in prop::collection::vec(line(), 10..24),
        seed in any::<u64>(),
        harder in -2_i8..=2,
    ) {
        let library = library();
        for (who, cast) in casts(&library) {
            talk(&who, &cast.harder(harder), &lines, seed);
        }
    }
}

#[test]
fn a_reply_takes_little_time_even_to_a_wall_of_text() {
    let library = library();
    let wall = "for example i said that it costs because you and then what ".repeat(200);
    for (who, cast) in casts(&library) {
        let (_, state) = cast.open(&std::collections::BTreeMap::new(), 1);
        // A count of replies, not a time: it would hang here if work multiplied with the text.
        for seed in 0..3 {
            let (reply, _) = cast.reply(
                &state,
                &[Said {
                    name: "A",
                    text: &wall,
                }],
                seed,
            );
            assert!(!reply.text.is_empty(), "{who}");
        }
    }
}
