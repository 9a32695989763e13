//! Signals are data, and a fault in them has its place.

use super::super::signal::When;
use super::*;

fn faults(text: &str) -> Vec<String> {
    let loaded = Signals::load([("signals/one.toml", text)]);
    let faults = loaded.expect_err("faults");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_hub_ships_a_signal_of_every_kind() {
    let signals = shipped();
    assert!(signals.iter().count() >= 8);
    let mut kinds: Vec<String> = signals
        .iter()
        .map(|signal| format!("{:?}", std::mem::discriminant(&signal.when)))
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 10);
}

#[test]
fn faults_name_file_line_and_field() {
    let sheet = "title = \"T\"\nsays = \"S\"\nseverity = \"info\"\ncool_down_minutes = 0\n\n[when]\nkind = \"off_task\"\nlines = 6\nof = 5\n";
    assert_eq!(
        faults(sheet),
        [
            "signals/one.toml:4: cool_down_minutes: 1 to 1440",
            "signals/one.toml:8: when.lines: at most `of`",
        ]
    );
    let odd = sheet.replace("severity = \"info\"", "severity = \"panic\"");
    assert!(faults(&odd)[0].starts_with("signals/one.toml:3: "), "{odd}");
    let words = "title = \"T\"\nsays = \"S\"\nseverity = \"info\"\ncool_down_minutes = 1\n\n[when]\nkind = \"words\"\n\n[when.phrases]\nen = [\n  \"fine\",\n  \"one two three four five\",\n]\n";
    assert_eq!(
        faults(words),
        ["signals/one.toml:12: when.phrases.en.1: a phrase has 1 to 4 words"]
    );
    assert!(Signals::load([("rules/one.toml", "none of ours")]).is_ok());
}

#[test]
fn words_of_distress_are_found_in_both_languages_and_in_disguise() {
    let signals = shipped();
    let found = |line: &str| signals.in_line(line).count();
    for line in [
        "Honestly, some days I want to die.",
        "i want to DIE",
        "Ich kann nicht mehr, ich will sterben",
        "thinking about s u i c i d e again",
    ] {
        assert_eq!(found(line), 1, "{line}");
    }
    for line in [
        "This deadline is killing me.",
        "I would die for a good coffee.",
        "Das Projekt ist gestorben.",
        "",
    ] {
        assert_eq!(found(line), 0, "{line}");
    }
    assert!(
        signals
            .of_suspicion()
            .all(|signal| signal.when == When::UnfairPlay {})
    );
    assert_eq!(signals.of_suspicion().count(), 1);
}
