use proptest::prelude::*;

use super::*;
use crate::content::Document;

fn rubric() -> Rubric {
    let text = r#"
title = "R"
summary = "S"
[[criterion]]
id = "asks"
title = "Asks"
weight = 600
skill = "questioning"
levels = ["no", "some", "well"]
tip = "Ask more."
evidence = [{ fact = "questions-per-hundred-lines", none = 0, full = 50 }]
[[criterion]]
id = "kind"
title = "Kind"
weight = 300
skill = "empathy"
levels = ["no", "yes"]
tip = "Be kind."
evidence = [{ fact = "rudeness-per-thousand-words", none = 100, full = 0 }, { fact = "rapport", none = 0, full = 1000, weight = 3 }]
[[criterion]]
id = "wise"
title = "Wise"
weight = 100
skill = "clarity"
levels = ["no", "yes"]
tip = "Be wise."
"#;
    let document = Document::parse("r.toml", text).expect("TOML");
    Rubric {
        id: "r".parse().expect("a name"),
        sheet: document.read().expect("a rubric"),
    }
}

fn scenario() -> Scenario {
    let text = r#"
title = "T"
field = "pitch"
language = "en"
summary = "S"
role = "R"
stage = "S"
personas = ["bo"]
rubric = "r"
minutes = 5
difficulty = 4
skills = ["questioning"]
opening = ["Hello."]
beat = []
ending = { good = [], mixed = [], poor = [] }
[[goal]]
id = "one"
title = "One"
when = { questions = 1 }
[[goal]]
id = "two"
title = "Two"
when = { questions = 2 }
"#;
    let document = Document::parse("s.toml", text).expect("TOML");
    Scenario {
        id: "s".parse().expect("a name"),
        script: document.read().expect("a scenario"),
    }
}

fn line(seq: u64, words: u16, questions: u16, harsh: u16) -> Measured {
    Measured {
        seq: Seq(seq),
        facts: LineFacts {
            words,
            questions,
            harsh,
            ..LineFacts::default()
        },
    }
}

fn of(facts: &Facts<'_>) -> Report {
    report(&scenario(), &rubric(), facts)
}

#[test]
fn a_report_is_sums_that_can_be_checked() {
    let lines = [
        line(3, 10, 1, 0),
        line(5, 10, 0, 1),
        line(9, 20, 0, 0),
        line(12, 10, 0, 0),
    ];
    let report = of(&Facts {
        lines: &lines,
        goals_met: &[("two".parse().expect("a name"), Seq(9))],
        rapport: Some(600),
        ..Facts::default()
    });
    let scores: Vec<Option<u16>> = report
        .criteria
        .iter()
        .map(|result| result.score.as_ref().map(|score| score.per_mille))
        .collect();
    // One question in four lines of fifty in a hundred; 20 harsh in 1000 words and a rapport of 600, one to three.
    assert_eq!(scores, [Some(500), Some((800 + 3 * 600) / 4), None]);
    assert_eq!(report.total, Some(550));
    assert_eq!(report.scored, 900);
    let levels: Vec<Option<&str>> = report
        .criteria
        .iter()
        .map(|result| result.level.as_deref())
        .collect();
    assert_eq!(levels, [Some("some"), Some("yes"), None]);
    let evidence: Vec<&[Seq]> = report
        .criteria
        .iter()
        .filter_map(|result| result.score.as_ref())
        .map(|score| score.evidence.as_slice())
        .collect();
    assert_eq!(evidence, [&[Seq(3)], &[Seq(5)]]);
    assert_eq!(report.went_well, ["kind".parse().expect("a name")]);
    assert_eq!(report.try_next, ["Ask more."]);
    let met: Vec<Option<Seq>> = report.goals.iter().map(|goal| goal.met_at).collect();
    assert_eq!(met, [None, Some(Seq(9))]);
}

fn score(criterion: &str, per_mille: u16, source: Source, evidence: &[u64]) -> Score {
    Score {
        criterion: criterion.parse().expect("a name"),
        per_mille,
        source,
        evidence: evidence.iter().copied().map(Seq).collect(),
        reason: Some("Because.".into()),
        better: None,
    }
}

#[test]
fn who_knows_more_is_believed_when_they_make_sense() {
    let lines = [line(3, 10, 0, 0)];
    let scores = [
        score("asks", 900, Source::Coach, &[3]),
        score("asks", 100, Source::Model, &[3]),
        score("kind", 1_001, Source::Coach, &[]),
        score("kind", 400, Source::Model, &[4]),
        score("wise", 700, Source::Model, &[]),
        score("tall", 700, Source::Model, &[]),
    ];
    let report = of(&Facts {
        lines: &lines,
        scores: &scores,
        rapport: Some(1_000),
        ..Facts::default()
    });
    let found: Vec<(u16, Source)> = report
        .criteria
        .iter()
        .filter_map(|result| result.score.as_ref())
        .map(|score| (score.per_mille, score.source))
        .collect();
    assert_eq!(
        found,
        [
            (900, Source::Coach),
            (1_000, Source::Local),
            (700, Source::Model)
        ]
    );
}

#[test]
fn who_said_nothing_is_not_scored() {
    let report = of(&Facts::default());
    assert_eq!((report.total, report.scored), (None, 0));
    assert!(
        report
            .criteria
            .iter()
            .all(|result| result.score.is_none() && result.level.is_none())
    );
    assert!(report.try_next.is_empty() && report.went_well.is_empty());
}

proptest! {
    #[test]
    fn everything_stays_within_bounds(
        lines in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u16>()), 0..60),
        other_words: u32,
        rapport in prop::option::of(any::<u16>()),
    ) {
        let lines: Vec<Measured> = (1..).zip(&lines).map(|(seq, (words, questions, harsh))| line(seq, *words, *questions, *harsh)).collect();
        let report = of(&Facts { lines: &lines, other_words, rapport, ..Facts::default() });
        prop_assert!(report.total.is_none_or(|total| total <= 1_000));
        for result in &report.criteria {
            if let Some(score) = &result.score {
                prop_assert!(score.per_mille <= 1_000 && score.evidence.len() <= EVIDENCE_MAX);
                prop_assert!(score.evidence.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(result.level.is_some());
            }
        }
    }

    #[test]
    fn one_question_more_never_costs(questions in prop::collection::vec(0_u16..3, 1..30), at: prop::sample::Index) {
        let lines = |questions: &[u16]| -> Vec<Measured> { (1..).zip(questions).map(|(seq, count)| line(seq, 10, *count, 0)).collect() };
        let mut more = questions.clone();
        let place = at.index(more.len());
        more[place] += 1;
        let total = |questions: &[u16]| of(&Facts { lines: &lines(questions), ..Facts::default() }).total;
        prop_assert!(total(&more) >= total(&questions));
    }
}

#[test]
fn too_few_lines_are_scored_by_a_coach_and_nobody_else() {
    let mut rubric = rubric();
    rubric.sheet.lines_min = 3;
    let lines = [line(1, 10, 1, 0), line(2, 10, 0, 0), line(3, 10, 0, 0)];
    let goal = ("one".parse().expect("a name"), Seq(1));
    let goals = [goal];
    let scores = [
        score("asks", 900, Source::Model, &[1]),
        score("kind", 400, Source::Coach, &[1]),
    ];
    let of = |count: usize, scores: &[Score]| {
        let facts = Facts {
            lines: &lines[..count],
            goals_met: &goals,
            scores,
            ..Facts::default()
        };
        report(&scenario(), &rubric, &facts)
    };
    let few = of(2, &scores);
    assert_eq!((few.total, few.scored), (Some(400), 300));
    assert_eq!(few.goals[0].met_at, Some(Seq(1)));
    assert_eq!((of(2, &[]).total, of(2, &[]).try_next.len()), (None, 0));
    assert_eq!(
        of(3, &scores).criteria[0]
            .score
            .as_ref()
            .map(|score| score.per_mille),
        Some(900)
    );
    assert!(of(3, &[]).total.is_some());
}
