//! Word lists are data: a language is a file, and a file is read whole or not at all.

use ludus_domain::signals::{Lang, Lexicon, Lexicons, Signal, read};

const FRENCH: &str = r#"
lang = "fr"
name = "Français"
stop_words = ["je", "ne", "pas", "mais", "on", "vous", "est"]
letters = "éèêçœ"

[spellings]
svp = "plaît"

[list.hedges]
phrases = ["peut-être", "je pense"]
except = ["je pense à"]

[list.politeness]
phrases = ["s'il vous plaît", "plaît"]

[list.open_questions]
phrases = ["comment", "pourquoi"]
"#;

fn faults(text: &str) -> Vec<String> {
    let faults = Lexicon::parse("words/xx.toml", text).expect_err("faults");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_language_is_a_file() {
    let mut lexicons = Lexicons::shipped().expect("the shipped lists");
    let line = "Je pense que vous êtes prêt, svp. Comment allez-vous?";
    assert_eq!(read(line, lexicons.for_line(line, None)).listed, 0);
    lexicons.add(Lexicon::parse("words/fr.toml", FRENCH).expect("French"));
    let french: Lang = "fr-CA".parse().expect("a language");
    assert_eq!(lexicons.detect(line), Some(french));
    let facts = read(line, lexicons.for_line(line, None));
    assert_eq!(
        (
            facts.listed,
            facts.hedges,
            facts.politeness,
            facts.open_questions
        ),
        (1, 1, 1, 1)
    );
    assert_eq!(read("je pense à vous", lexicons.of(french)).hedges, 0);
    assert_eq!(lexicons.of(french).entries_of(Signal::Hedges), 3);
    assert_eq!(lexicons.langs().count(), 3);
    // What is known beats what it looks like.
    assert_eq!(
        lexicons.for_line(line, Some(Lang::EN)).lang(),
        Some(Lang::EN)
    );
}

#[test]
fn every_fault_is_told_with_file_line_and_field() {
    let text = r#"lang = "fr"
name = " "
stop_words = ["je", "je", "deux mots"]
[spellings]
svp = "rien"
on = "je"
[list.hedges]
phrases = [
  "peut-être",
  "…",
  "un deux trois quatre cinq six sept huit",
]
starting = ["Peut-Être"]
except = ["* je", "je *"]
"#;
    assert_eq!(
        faults(text),
        [
            "words/xx.toml:2: name: the language needs a name",
            "words/xx.toml:3: stop_words.1: \"je\" stands here twice",
            "words/xx.toml:3: stop_words.2: \"deux mots\" is not one word",
            "words/xx.toml:5: spellings.svp: no list has the word \"rien\"",
            "words/xx.toml:10: list.hedges.phrases.1: \"…\" has no words",
            "words/xx.toml:11: list.hedges.phrases.2: \"un deux trois quatre cinq six sept huit\" has more than 7 words",
            "words/xx.toml:13: list.hedges.starting.0: \"Peut-Être\" stands in this list twice",
            "words/xx.toml:14: list.hedges.except.0: \"* je\" says nothing at its end",
            "words/xx.toml:14: list.hedges.except.1: \"je *\" says nothing at its end",
        ]
    );
}

#[test]
fn a_file_of_another_shape_says_where() {
    for (text, line, says) in [
        (
            "lang = \"french\"\nname = \"x\"\nstop_words = []\n[list]\n",
            1,
            "two letters",
        ),
        (
            "lang = \"fr\"\nname = \"x\"\nstop_words = []\n[list.hegdes]\nphrases = []\n",
            4,
            "unknown variant",
        ),
        (
            "lang = \"fr\"\nname = \"x\"\nstop_words = []\n[list.hedges]\nwords = []\n",
            5,
            "unknown field",
        ),
        (
            "lang = \"fr\"\nname = \"x\"\nstop_words = 7\n[list]\n",
            3,
            "sequence",
        ),
        ("lang = [", 1, ""),
    ] {
        let faults = Lexicon::parse("x.toml", text).expect_err("a fault");
        assert_eq!(faults.len(), 1, "{text}");
        assert_eq!(faults[0].line, line, "{}", faults[0]);
        assert!(faults[0].says.contains(says), "{}", faults[0]);
    }
}

#[test]
fn entries_have_their_places() {
    let text = r#"
lang = "en"
name = "Test"
stop_words = []
[list.fillers]
phrases = ["um"]
starting = ["so"]
set_off = ["like", "you know"]
except = ["you know the"]
[list.blame]
phrases = ["you * never"]
"#;
    let lexicon = Lexicon::parse("test.toml", text).expect("lists");
    let fillers = |text| read(text, &lexicon).fillers;
    assert_eq!(fillers("it was um fine um"), 2);
    assert_eq!(fillers("So it was so good, so we left."), 2);
    assert_eq!(fillers("I like it, like, much. Like."), 1);
    // A comma on both sides says more than what follows.
    assert_eq!(
        (
            fillers("I did, you know, the work"),
            fillers("you know the work")
        ),
        (1, 0)
    );
    let blame = |text| read(text, &lexicon).blame;
    assert_eq!(
        (
            blame("you really never ask"),
            blame("you never ask"),
            blame("you really do never ask")
        ),
        (1, 0, 0)
    );
    // A phrase does not reach over the end of a sentence.
    assert_eq!(blame("It is you. Really never."), 0);
}
