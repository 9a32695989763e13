//! How often the signals are right: precision and recall over lines labelled by hand.

use std::collections::BTreeMap;
use std::fmt::Write;

use ludus_domain::signals::{Lang, Lexicons, LineFacts, read};

/// The share of what was found that is there, and of what is there that was found, in per cent.
const FLOOR: u32 = 85;

/// Whether a line shows a label.
fn shows(label: &str, facts: &LineFacts) -> bool {
    let number = match label {
        "filler" => facts.fillers,
        "hedge" => facts.hedges,
        "empathy" => facts.empathy,
        "polite" => facts.politeness,
        "thanks" => facts.thanks,
        "apology" => facts.apologies,
        "assertive" => facts.assertive,
        "harsh" => facts.harsh,
        "profanity" => facts.profanity,
        "blame" => facts.blame,
        "vague" => facts.vague,
        "jargon" => facts.jargon,
        "specific" => facts.specifics,
        "open" => facts.open_questions,
        "closed" => facts.closed_questions(),
        "shouting" => facts.shouting,
        _ => panic!("{label} is no label"),
    };
    number > 0
}

const LABELS: [&str; 16] = [
    "filler",
    "hedge",
    "empathy",
    "polite",
    "thanks",
    "apology",
    "assertive",
    "harsh",
    "profanity",
    "blame",
    "vague",
    "jargon",
    "specific",
    "open",
    "closed",
    "shouting",
];

#[derive(Clone, Copy, Default)]
struct Tally {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Tally {
    fn precision(self) -> u32 {
        (self.right * 100)
            .checked_div(self.right + self.wrong)
            .unwrap_or(100)
    }

    fn labelled(self) -> u32 {
        self.right + self.missed
    }

    fn row(self, label: &str) -> String {
        let (precision, recall) = (self.precision(), self.recall());
        format!(
            "{label:>10}  {precision:>8}%  {recall:>5}%  {:>8}",
            self.labelled()
        )
    }

    fn recall(self) -> u32 {
        (self.right * 100)
            .checked_div(self.right + self.missed)
            .unwrap_or(100)
    }
}

fn lines(file: &str) -> Vec<(Vec<&str>, &str)> {
    file.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let (labels, text) = line.split_once('|').expect("labels | line");
            let labels: Vec<&str> = labels.split_whitespace().collect();
            for label in &labels {
                assert!(LABELS.contains(label), "{label} is no label: {line}");
            }
            (labels, text.trim())
        })
        .collect()
}

/// Reads all lines and tells how each signal did, and every line it got wrong.
fn measure(file: &str, lang: Lang) -> (BTreeMap<&'static str, Tally>, String) {
    let lexicons = Lexicons::shipped().expect("the shipped lists");
    let mut tallies = BTreeMap::new();
    let mut misses = String::new();
    for (labels, text) in lines(file) {
        let facts = read(text, lexicons.of(lang));
        for label in LABELS {
            let tally: &mut Tally = tallies.entry(label).or_default();
            match (labels.contains(&label), shows(label, &facts)) {
                (true, true) => tally.right += 1,
                (false, true) => {
                    tally.wrong += 1;
                    writeln!(misses, "  not {label}: {text}").expect("memory");
                }
                (true, false) => {
                    tally.missed += 1;
                    writeln!(misses, "  missed {label}: {text}").expect("memory");
                }
                (false, false) => {}
            }
        }
    }
    (tallies, misses)
}

/// Prints how each signal did, and answers them with what all of them did together.
fn report(name: &str, file: &str, lang: Lang) -> (BTreeMap<&'static str, Tally>, Tally) {
    let (tallies, misses) = measure(file, lang);
    println!("{name}: {} lines", lines(file).len());
    println!("{:>10}  precision  recall  labelled", "");
    let mut all = Tally::default();
    for (label, tally) in &tallies {
        println!("{}", tally.row(label));
        assert!(tally.labelled() > 0, "{name}: nothing is labelled {label}");
        all.right += tally.right;
        all.wrong += tally.wrong;
        all.missed += tally.missed;
    }
    println!("{}\n{misses}", all.row("all"));
    (tallies, all)
}

/// Lines the lists were made better with: each signal on its own is right often enough.
fn assert_each(name: &str, file: &str, lang: Lang, lines_min: usize) {
    assert!(lines(file).len() >= lines_min);
    for (label, tally) in report(name, file, lang).0 {
        assert!(tally.precision() >= FLOOR, "{name}: {}", tally.row(label));
        assert!(tally.recall() >= FLOOR, "{name}: {}", tally.row(label));
    }
}

#[test]
fn english_lines_are_read_as_people_read_them() {
    assert_each("English", include_str!("en.txt"), Lang::EN, 120);
}

#[test]
fn german_lines_are_read_as_people_read_them() {
    assert_each("German", include_str!("de.txt"), Lang::DE, 60);
}

/// Lines the lists do not know: they say what to expect, so no list is changed for one of them. They
/// are too few per signal to judge each on its own.
#[test]
fn lines_nobody_has_seen_are_read_nearly_as_well() {
    for (name, file, lang) in [
        ("English, unseen", include_str!("en-unseen.txt"), Lang::EN),
        ("German, unseen", include_str!("de-unseen.txt"), Lang::DE),
    ] {
        let (_, all) = report(name, file, lang);
        assert!(all.precision() >= FLOOR, "{name}: {}", all.row("all"));
        assert!(all.recall() >= FLOOR, "{name}: {}", all.row("all"));
    }
}

#[test]
fn the_language_of_a_line_is_seen_by_its_small_words() {
    let lexicons = Lexicons::shipped().expect("the shipped lists");
    for (file, lang) in [
        (include_str!("en.txt"), Lang::EN),
        (include_str!("de.txt"), Lang::DE),
    ] {
        let lines = lines(file);
        let (mut right, mut wrong) = (0, Vec::new());
        for (_, text) in &lines {
            match lexicons.detect(text) {
                Some(found) if found == lang => right += 1,
                Some(_) => wrong.push(*text),
                None => {}
            }
        }
        println!(
            "{lang}: {right} of {} found, {} wrong",
            lines.len(),
            wrong.len()
        );
        assert!(
            right * 100 >= lines.len() * 90,
            "{lang}: {right} of {}",
            lines.len()
        );
        assert!(wrong.is_empty(), "{lang}: {wrong:?}");
    }
    for foreign in [
        "Je ne sais pas encore, mais on verra bien.",
        "今日はとても良い天気ですね。",
        "12 34",
        "",
    ] {
        assert_eq!(lexicons.detect(foreign), None, "{foreign}");
    }
}
