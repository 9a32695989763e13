//! Scores are sums that anybody can add up again.

use ludus_domain::signals::{Lang, Lexicons, LineFacts, Quality, read};
use proptest::prelude::*;

fn english(text: &str) -> LineFacts {
    let lexicons = Lexicons::shipped().expect("the shipped lists");
    read(text, lexicons.of(Lang::EN))
}

fn score(quality: Quality, text: &str) -> u8 {
    quality.score(&english(text)).expect("a score")
}

#[test]
fn a_better_line_scores_better() {
    for (quality, better, worse) in [
        (
            Quality::Tone,
            "Thank you for asking, could you please send me the file again?",
            "You never send anything, you idiot, SEND IT NOW!!! Hurry up!",
        ),
        (
            Quality::Clarity,
            "The file is missing. Please send it by noon.",
            "Um, basically we need to, like, leverage some stuff and things, and somehow, uh, circle back on various deliverables.",
        ),
        (
            Quality::Specificity,
            "On 3 May the team in Leeds missed two of five deadlines.",
            "Recently several people somehow missed a lot of things.",
        ),
        (
            Quality::Empathy,
            "I can see why that was hard. What would help you now?",
            "You always complain, get over it.",
        ),
        (
            Quality::Confidence,
            "I recommend the small plan. I will set it up on Friday.",
            "Sorry, I'm not sure, but maybe we could possibly try the small plan, I guess.",
        ),
    ] {
        let (better, worse) = (score(quality, better), score(quality, worse));
        assert!(better >= worse + 25, "{quality:?}: {better} and {worse}");
    }
}

#[test]
fn nothing_is_said_about_what_cannot_be_known() {
    for quality in Quality::ALL {
        assert_eq!(quality.score(&english("Yes, sure thing")), None);
        assert!(quality.score(&english("Yes, sure thing, friend")).is_some());
        let foreign = LineFacts {
            words: 30,
            ..LineFacts::default()
        };
        assert_eq!(quality.score(&foreign), None);
    }
}

#[test]
fn the_reasons_are_the_facts() {
    let score = Quality::Tone
        .explain(&english("Thank you, but you always send stupid lists."))
        .expect("a score");
    let parts: Vec<_> = score
        .parts
        .iter()
        .map(|part| (part.fact, part.found, part.points))
        .collect();
    assert_eq!(
        parts,
        [("harsh", 1, -25), ("blame", 1, -20), ("thanks", 1, 8)]
    );
    assert_eq!((score.base, score.value), (70, 33));
}

fn any_facts() -> impl Strategy<Value = LineFacts> {
    let number = || prop_oneof![Just(0), 0..20_u16, Just(u16::MAX)];
    proptest::collection::btree_map(proptest::sample::select(LineFacts::NAMES), number(), 0..20)
        .prop_map(|mut facts| {
            facts.remove("closed_questions");
            facts.insert("listed", 1);
            let json = serde_json::to_string(&facts).expect("JSON");
            serde_json::from_str(&json).expect("facts")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_score_is_the_sum_of_its_parts(facts in any_facts()) {
        for quality in Quality::ALL {
            let Some(score) = quality.explain(&facts) else {
                prop_assert!(facts.words < 4);
                continue;
            };
            let sum: i32 = score.parts.iter().map(|part| i32::from(part.points)).sum();
            prop_assert_eq!(i32::from(score.value), (i32::from(score.base) + sum).clamp(0, 100));
            for part in &score.parts {
                prop_assert_eq!(facts.get(part.fact), Some(i64::from(part.found)));
                prop_assert!(part.found > 0 && part.points != 0);
            }
        }
    }

    #[test]
    fn an_insult_never_helps(mut facts in any_facts()) {
        let before = Quality::ALL.map(|quality| quality.score(&facts));
        facts.harsh = facts.harsh.saturating_add(1);
        facts.blame = facts.blame.saturating_add(1);
        facts.profanity = facts.profanity.saturating_add(1);
        let after = Quality::ALL.map(|quality| quality.score(&facts));
        for (before, after) in before.iter().zip(after) {
            prop_assert!(after <= *before);
        }
    }
}
