//! What is shipped under `content/` that can be practised.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ludus_domain::practice::Library;

/// Path and text of every file that belongs to a library.
pub(crate) fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
    let mut files = Vec::new();
    for folder in ["manners", "personas", "rubrics", "scenarios"] {
        for entry in fs::read_dir(root.join(folder)).expect("content") {
            let path = entry.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a text");
            files.push((format!("content/{folder}/{name}"), text));
        }
    }
    files.sort();
    files
}

pub(crate) fn library() -> Library {
    let files = files();
    let named = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    Library::load(named).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    })
}

#[test]
fn there_is_enough_to_practise() {
    let library = library();
    let fields: BTreeSet<_> = library
        .scenarios()
        .map(|scenario| &scenario.script.field)
        .collect();
    let german = library
        .scenarios()
        .filter(|scenario| scenario.script.language == "de");
    assert!(library.personas().count() >= 8);
    assert!(library.scenarios().count() >= 12);
    assert!(library.rubrics().count() >= 5);
    assert!(fields.len() >= 6, "{fields:?}");
    assert!(german.count() >= 2);
}

#[test]
fn every_persona_has_a_stage_and_a_part_to_play() {
    let library = library();
    for persona in library.personas() {
        let used = library
            .scenarios()
            .any(|scenario| scenario.script.personas.contains(&persona.id));
        assert!(used, "no scenario casts {}", persona.id);
        assert!(
            !persona.sheet.offline.intents.is_empty(),
            "{} listens for nothing",
            persona.id
        );
        assert!(library.cast(&persona.id, None).is_some());
    }
}
