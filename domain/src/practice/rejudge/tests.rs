use uuid::Uuid;

use super::*;
use crate::content::Document;
use crate::practice::report::{Facts, Measured, report};
use crate::signals::facts;

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
id = "wise"
title = "Wise"
weight = 400
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
difficulty = 3
skills = ["questioning"]
opening = ["Hello."]
beat = []
ending = { good = [], mixed = [], poor = [] }
[[goal]]
id = "one"
title = "One"
when = { questions = 1 }
"#;
    let document = Document::parse("s.toml", text).expect("TOML");
    Scenario {
        id: "s".parse().expect("a name"),
        script: document.read().expect("a scenario"),
    }
}

fn filed() -> Filed {
    let lines = [Measured {
        seq: Seq(3),
        facts: facts("I would like more money."),
    }];
    let facts = Facts {
        lines: &lines,
        ..Facts::default()
    };
    let report = report(&scenario(), &rubric(), &facts);
    Filed {
        scenario: "s".parse().expect("a name"),
        title: "T".into(),
        harder: 0,
        minutes: 5,
        ended: None,
        lines: 1,
        judge: Judge::Local,
        shown: skill::shown(&report, &scenario(), Timestamp(1_000)),
        report,
        overrides: vec![],
        keeps: vec![],
    }
}

fn given(criterion: &str, per_mille: u16) -> Override {
    Override {
        id: CommandId(Uuid::from_u128(1)),
        criterion: criterion.parse().expect("a name"),
        per_mille,
        was: Some(999),
        was_source: None,
        by: UserId(Uuid::from_u128(9)),
        name: "Kim".into(),
        at: Timestamp(9_000),
        reason: "The last question turned the talk.".into(),
    }
}

fn found(filed: &Filed) -> Found {
    let whole = Finding::Practice {
        scenario: "s".parse().expect("a name"),
        score: filed.report.total.unwrap_or(0),
        minutes: 5,
        goals_met: 0,
        goals: 1,
        judge: Judge::Local,
    };
    let skill = Finding::Skill {
        skill: "questioning".parse().expect("a name"),
        score: filed.shown[0].per_mille,
        judge: Judge::Local,
    };
    Found(vec![(Seq(20), whole), (Seq(21), skill)])
}

#[test]
fn a_score_by_hand_takes_the_place_of_another_and_the_report_follows() {
    let (before, rubric, scenario) = (filed(), rubric(), scenario());
    assert_eq!(before.report.total, Some(0));
    let after = rejudge(&before, (&scenario, &rubric), &[], given("asks", 900)).expect("sound");
    assert_eq!(after.report.total, Some(900), "nothing else was scored");
    let result = &after.report.criteria[0];
    let score = result.score.as_ref().expect("scored");
    assert_eq!((score.per_mille, score.source), (900, Source::Coach));
    assert_eq!(result.level.as_deref(), Some("well"));
    let asks: CriterionId = "asks".parse().expect("a name");
    assert_eq!(after.report.went_well, [asks]);
    assert_eq!(after.report.try_next, Vec::<String>::new());
    assert_eq!(after.judge, Judge::Coach);
    assert_eq!(after.shown[0].per_mille, 900);
    assert!(after.report.skills[0].after.per_mille > after.report.skills[0].before.per_mille);
    // What it was is what it was, whatever the request says.
    let [kept] = after.overrides.as_slice() else {
        panic!("{:?}", after.overrides)
    };
    assert_eq!((kept.was, kept.was_source), (Some(0), Some(Source::Local)));

    // What nothing had scored can be scored; then the whole is both.
    let both = rejudge(&after, (&scenario, &rubric), &[], given("wise", 400)).expect("sound");
    assert_eq!(both.report.total, Some(700));
    assert_eq!(both.overrides[1].was, None);
    assert_eq!(both.report.try_next, ["Be wise."]);
}

#[test]
fn only_what_is_another_now_is_corrected() {
    let (before, rubric, scenario) = (filed(), rubric(), scenario());
    let found = found(&before);
    let after = rejudge(&before, (&scenario, &rubric), &[], given("asks", 900)).expect("sound");
    let corrected = corrections(&found, &after);
    assert_eq!(
        corrected.iter().map(|one| one.of.0).collect::<Vec<_>>(),
        [20, 21]
    );
    let Finding::Practice {
        score,
        judge,
        goals,
        ..
    } = &corrected[0].now
    else {
        panic!()
    };
    assert_eq!((*score, *judge, *goals), (900, Judge::Coach, 1));
    let Finding::Skill { score, judge, .. } = &corrected[1].now else {
        panic!()
    };
    assert_eq!((*score, *judge), (900, Judge::Coach));

    // The second one is compared with what the first had made of it, out of the journal.
    let event = |seq: u64, fact: Event| Recorded {
        seq: Seq(seq),
        at: Timestamp(0),
        by: None,
        audience: fact.audience(),
        fact: Fact::Room(fact),
    };
    let learner = UserId(Uuid::from_u128(5));
    let skill = |user, score| Event::SkillScored {
        user,
        skill: "questioning".parse().expect("a name"),
        score,
        judge: Judge::Local,
    };
    let now = corrected[1].now.clone();
    let journal = [
        event(21, skill(learner, 0)),
        event(22, skill(UserId(Uuid::from_u128(6)), 700)),
        event(
            30,
            Event::ResultCorrected {
                user: learner,
                of: Seq(21),
                was: corrected[1].was.clone(),
                now: now.clone(),
            },
        ),
    ];
    assert_eq!(Found::read(&journal, learner), Found(vec![(Seq(21), now)]));
    assert_eq!(corrections(&Found::read(&journal, learner), &after), []);
}

#[test]
fn nonsense_is_refused() {
    let (before, rubric, scenario) = (filed(), rubric(), scenario());
    let both = (&scenario, &rubric);
    let refused = |given| rejudge(&before, both, &[], given).expect_err("refused");
    assert_eq!(refused(given("asks", 1_001)), Refusal::FieldInvalid);
    assert_eq!(refused(given("nothing", 10)), Refusal::NotFound);
    let long = Override {
        reason: "x".repeat(601),
        ..given("asks", 10)
    };
    assert_eq!(refused(long), Refusal::FieldInvalid);
    let mut full = before.clone();
    full.overrides = vec![given("asks", 1); OVERRIDES_MAX];
    assert_eq!(
        rejudge(&full, both, &[], given("asks", 2)),
        Err(Refusal::FieldInvalid)
    );
}
