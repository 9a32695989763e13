use super::*;

const PERSONA: &str = r#"
name = "Bo"
title = "Somebody"
language = "en"
character = "A person."
voice = "Plain."
"#;

const RUBRIC: &str = r#"
title = "R"
summary = "S"
[[criterion]]
id = "one"
title = "One"
weight = 1000
skill = "clarity"
levels = ["low", "high"]
tip = "Try."
"#;

const SCENARIO: &str = r#"
title = "T"
field = "pitch"
language = "en"
summary = "S"
role = "R"
stage = "S"
personas = ["bo"]
rubric = "plain"
minutes = 5
difficulty = 1
skills = ["clarity"]
opening = ["Hello."]
ending = { good = ["Good."], mixed = ["Hm."], poor = ["No."] }
[[goal]]
id = "ask"
title = "Ask"
when = { questions = 1 }
[[beat]]
id = "first"
wants = "W"
says = ["Say?"]
presses = ["Well?"]
[[beat]]
id = "second"
wants = "W"
says = ["And?"]
presses = ["So?"]
"#;

fn manners() -> String {
    let mut text = "[voice]\n".to_owned();
    for (name, _) in crate::persona::Voice::default().pools() {
        let phrases: Vec<String> = (0..9).map(|n| format!("\"{name} {n}\"")).collect();
        text.push_str(name);
        text.push_str(&[" = [", &phrases.join(", "), "]\n"].concat());
    }
    text
}

fn load(
    persona: &str,
    scenario: &str,
    rubric: &str,
    manners: &str,
) -> Result<Library, Vec<String>> {
    Library::load([
        ("content/personas/bo.toml", persona),
        ("content/scenarios/small.toml", scenario),
        ("content/rubrics/plain.toml", rubric),
        ("content/manners/en.toml", manners),
        ("content/demo/lounge.toml", "none of ours"),
    ])
    .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn faults(persona: &str, scenario: &str, rubric: &str) -> Vec<String> {
    load(persona, scenario, rubric, &manners()).expect_err("faults")
}

#[test]
fn what_fits_together_is_a_library() {
    let library = load(PERSONA, SCENARIO, RUBRIC, &manners()).expect("a library");
    let (bo, small) = (
        "bo".parse().expect("a name"),
        "small".parse().expect("a name"),
    );
    assert_eq!(library.persona(&bo).expect("Bo").sheet.name, "Bo");
    assert!(library.cast(&bo, Some(&small)).is_some());
    assert!(
        library
            .cast(&bo, Some(&"other".parse().expect("a name")))
            .is_none()
    );
}

#[test]
fn each_fault_has_its_place() {
    let scenario = SCENARIO
        .replace("\"bo\"", "\"bo\", \"flo\"")
        .replace("skills = [\"clarity\"]", "skills = [\"wit\"]")
        .replace("\"Say?\"", "\"Say, {thing}?\"")
        .replace("questions = 1", "any = [\"sings\"]");
    assert_eq!(
        faults(PERSONA, &scenario, RUBRIC),
        [
            "content/scenarios/small.toml:8: personas.1: there is no persona `flo`",
            "content/scenarios/small.toml:12: skills.0: no criterion of `plain` feeds `wit`",
            "content/scenarios/small.toml:18: goal.0.when.any: nobody hears `sings`",
            "content/scenarios/small.toml:22: beat.0.says.0: nothing fills {thing}",
        ]
    );
    assert_eq!(
        faults(PERSONA, SCENARIO, &RUBRIC.replace("1000", "900")),
        ["content/rubrics/plain.toml:4: criterion: the weights make 1000 together, not 900"]
    );
    assert_eq!(
        faults(
            &format!("{PERSONA}[dials]\npatience = 9\n"),
            SCENARIO,
            RUBRIC
        ),
        ["content/personas/bo.toml:8: dials.patience: from 1 to 5"]
    );
}

#[test]
fn every_fault_is_found_at_once_across_files() {
    let found = faults(
        &PERSONA.replace("title", "titel"),
        &SCENARIO.replace("minutes = 5", "minutes = 0"),
        &RUBRIC.replace("tip = \"Try.\"", "tip = \"\""),
    );
    let of = |file: &str| found.iter().filter(|fault| fault.contains(file)).count();
    assert!(of("personas/bo.toml:3") >= 1, "{found:?}");
    assert!(of("scenarios/small.toml:10") >= 1, "{found:?}");
    assert!(of("rubrics/plain.toml:10") >= 1, "{found:?}");
}

#[test]
fn a_language_that_would_run_dry_is_refused() {
    let dry = manners().replace(", \"puzzled 8\"", "");
    let found = load(PERSONA, SCENARIO, RUBRIC, &dry).expect_err("faults");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("voice.puzzled: at least 9 phrases"),
        "{found:?}"
    );
    let found = faults(&PERSONA.replace("\"en\"", "\"fr\""), SCENARIO, RUBRIC);
    assert!(
        found
            .iter()
            .any(|fault| fault.contains("bo.toml:4: language: nobody has manners")),
        "{found:?}"
    );
}

#[test]
fn names_are_the_files() {
    let twice = Library::load([
        ("a/rubrics/plain.toml", RUBRIC),
        ("b/rubrics/plain.toml", RUBRIC),
        ("b/rubrics/Bad Name.toml", RUBRIC),
    ]);
    let faults = twice.expect_err("faults");
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn lists_of_words_are_named_by_their_language_and_checked() {
    let library =
        Library::load([("moderation/en.toml", "stop = [\"go to hell\"]")]).expect("a library");
    assert!(library.words("en").check("Go to hell!").is_stopped);
    assert!(!library.words("de").check("Go to hell!").is_stopped);
    let faults = Library::load([("moderation/en.toml", "mask = [\"fine\", \"\"]")]);
    let faults = faults.expect_err("an empty phrase");
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (faults[0].file.as_str(), faults[0].field.as_str()),
        ("moderation/en.toml", "mask.1")
    );
}

#[test]
fn what_an_org_wrote_stands_in_place_and_has_to_fit() {
    let manners = manners();
    let files = [
        ("content/personas/bo.toml", PERSONA),
        ("content/scenarios/small.toml", SCENARIO),
        ("content/rubrics/plain.toml", RUBRIC),
        ("content/manners/en.toml", &manners),
    ];
    let own = |kind, id, text| Own { kind, id, text };
    let shipped = Library::load(files).expect("a library");
    let renamed = PERSONA.replace("\"Bo\"", "\"Bodo\"");
    let with = |own: &[Own<'_>]| {
        Library::load_with(files, own)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let mine = with(&[own("personas", "bo", Some(&renamed))])
        .expect("a library")
        .sharing(&shipped);
    let bo = "bo".parse().expect("a name");
    assert_eq!(mine.persona(&bo).expect("Bo").sheet.name, "Bodo");
    assert_eq!(shipped.persona(&bo).expect("Bo").sheet.name, "Bo");
    // What is the same is there once.
    let small = "small".parse().expect("a name");
    let of = |library: &Library| std::ptr::from_ref(library.scenario(&small).expect("small"));
    assert_eq!(of(&mine), of(&shipped));
    // A scenario needs whom it casts, wherever either stands.
    assert_eq!(
        with(&[own("personas", "bo", None)]).expect_err("faults"),
        ["content/scenarios/small.toml:8: personas.0: there is no persona `bo`"]
    );
    let other = SCENARIO.replace("\"bo\"", "\"flo\"");
    assert_eq!(
        with(&[own("scenarios", "other", Some(&other))]).expect_err("faults"),
        ["own/scenarios/other.toml:8: personas.0: there is no persona `flo`"]
    );
    let flo = own("personas", "flo", Some(PERSONA));
    assert!(with(&[own("scenarios", "other", Some(&other)), flo]).is_ok());
    let never = RUBRIC.replace("summary", "lines_min = 0\nsummary");
    assert_eq!(
        with(&[own("rubrics", "plain", Some(&never))]).expect_err("faults"),
        ["own/rubrics/plain.toml:3: lines_min: 1 to 50 of these, not 0"]
    );
}
