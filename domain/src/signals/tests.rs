use super::*;

#[test]
fn the_shipped_lists_are_whole() {
    match Lexicons::shipped() {
        Ok(lexicons) => {
            for lang in [Lang::EN, Lang::DE] {
                for signal in Signal::ALL {
                    assert!(
                        lexicons.of(lang).entries_of(signal) > 0,
                        "{lang} {signal:?}"
                    );
                }
            }
        }
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", faults.join("\n"));
        }
    }
}

fn english(text: &str) -> (LineFacts, Spans) {
    read_with_spans(text, Lexicons::shipped().expect("lists").of(Lang::EN))
}

#[test]
fn a_fact_is_found_by_its_name() {
    let facts = LineFacts {
        words: 7,
        questions: 3,
        open_questions: 1,
        ..LineFacts::default()
    };
    assert_eq!(facts.get("words"), Some(7));
    assert_eq!(facts.get("closed_questions"), Some(2));
    assert_eq!(facts.get("shouting"), Some(0));
    assert_eq!(facts.get("text"), None);
    for name in LineFacts::NAMES {
        assert!(facts.get(name).is_some(), "{name}");
    }
}

#[test]
fn facts_are_stored_small_and_read_back() {
    let (facts, _) =
        english("Well, I think we could basically ship it on Friday. What would you change?");
    let json = serde_json::to_string(&facts).expect("JSON");
    assert!(!json.contains(":0"), "{json}");
    assert_eq!(
        serde_json::from_str::<LineFacts>(&json).expect("facts"),
        facts
    );
    assert_eq!(
        (
            facts.questions,
            facts.open_questions,
            facts.hedges,
            facts.fillers,
            facts.specifics,
            facts.sentences
        ),
        (1, 1, 1, 2, 1, 2),
        "{json}"
    );
    assert_eq!(
        serde_json::to_string(&LineFacts::default()).expect("JSON"),
        "{}"
    );
    // What an older hub did not know is nothing.
    assert_eq!(
        serde_json::from_str::<LineFacts>(r#"{"later":3}"#).expect("facts"),
        LineFacts::default()
    );
}
