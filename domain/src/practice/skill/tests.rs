use proptest::prelude::*;

use super::*;

const DAY: i64 = DAY_MS;

fn skill() -> SkillId {
    "listening".parse().expect("a name")
}

fn one(day: i64, per_mille: u16) -> Shown {
    Shown {
        at: Timestamp(day * DAY),
        skill: skill(),
        per_mille,
        weight: 1_000,
        difficulty: 3,
        source: Source::Coach,
    }
}

fn level(shown: &[Shown], day: i64) -> Level {
    Profile::of(shown, Timestamp(day * DAY)).level(&skill())
}

fn any_shown() -> impl Strategy<Value = Shown> {
    let source = prop::sample::select(vec![Source::Local, Source::Model, Source::Coach]);
    (0_i64..200, 0_u16..=1_000, 1_u16..=1_000, 1_u8..=5, source).prop_map(
        |(day, per_mille, weight, difficulty, source)| Shown {
            weight,
            difficulty,
            source,
            ..one(day, per_mille)
        },
    )
}

#[test]
fn nothing_is_known_of_a_beginner_and_more_with_each_practice() {
    assert_eq!(level(&[], 0), Level::UNKNOWN);
    let once = level(&[one(0, 900)], 0);
    assert_eq!(
        once,
        Level {
            per_mille: 750,
            uncertainty: 375
        }
    );
    let twice = level(&[one(0, 900), one(0, 900)], 0);
    assert!(twice.per_mille > once.per_mille && twice.uncertainty < once.uncertainty);
}

#[test]
fn yesterday_counts_more_than_last_month() {
    let rising = level(&[one(0, 200), one(60, 900)], 60);
    let falling = level(&[one(0, 900), one(60, 200)], 60);
    assert!(
        rising.per_mille > 550 && falling.per_mille < 450,
        "{rising:?} {falling:?}"
    );
    // What is not practised becomes uncertain again.
    assert!(level(&[one(0, 900)], 90).uncertainty > level(&[one(0, 900)], 1).uncertainty);
}

#[test]
fn harder_scenarios_and_better_witnesses_show_more() {
    let of = |difficulty, source| {
        level(
            &[Shown {
                difficulty,
                source,
                ..one(0, 700)
            }],
            0,
        )
    };
    assert!(of(5, Source::Coach).per_mille > of(1, Source::Coach).per_mille);
    assert!(of(3, Source::Coach).per_mille > of(3, Source::Local).per_mille);
    assert!(of(3, Source::Coach).uncertainty < of(3, Source::Local).uncertainty);
}

fn scenario(name: &str, skill: &str, difficulty: u8) -> Scenario {
    let text = format!(
        "title = \"T\"\nfield = \"pitch\"\nlanguage = \"en\"\nsummary = \"S\"\nrole = \"R\"\nstage = \"S\"\npersonas = []\nrubric = \"r\"\nminutes = 5\n\
         difficulty = {difficulty}\nskills = [\"{skill}\"]\nopening = []\ngoal = []\nbeat = []\nending = {{ good = [], mixed = [], poor = [] }}\n"
    );
    let document = crate::content::Document::parse("s.toml", &text).expect("TOML");
    Scenario {
        id: name.parse().expect("a name"),
        script: document.read().expect("a scenario"),
    }
}

#[test]
fn the_next_one_is_where_there_is_most_to_gain() {
    let scenarios = [
        scenario("a", "listening", 3),
        scenario("b", "clarity", 3),
        scenario("c", "clarity", 5),
    ];
    let strong = [one(10, 950), one(10, 950), one(10, 950)];
    let now = Timestamp(10 * DAY);
    let names = |practised: &[Practised]| -> Vec<String> {
        next(&Profile::of(&strong, now), practised, &scenarios, "en", now)
            .iter()
            .map(|next| next.scenario.to_string())
            .collect()
    };
    assert_eq!(names(&[]), ["b", "c", "a"]);
    let just_now = Practised {
        scenario: "b".parse().expect("a name"),
        at: now,
        total: Some(600),
    };
    assert_eq!(names(&[just_now])[0], "c");
    let found = next(&Profile::of(&strong, now), &[], &scenarios, "en", now);
    assert_eq!(found[2].steps, 2, "who is strong meets it harder");
    assert!(next(&Profile::default(), &[], &scenarios, "de", now).is_empty());
}

proptest! {
    #[test]
    fn levels_are_bounded_and_know_more_with_more(shown in prop::collection::vec(any_shown(), 0..39), more in any_shown()) {
        let before = level(&shown, 200);
        prop_assert!(before.per_mille <= 1_000 && before.uncertainty <= 1_000);
        let all: Vec<Shown> = shown.into_iter().chain([more]).collect();
        prop_assert!(level(&all, 200).uncertainty <= before.uncertainty);
    }

    #[test]
    fn order_makes_no_difference(shown in prop::collection::vec(any_shown(), 0..60), seed in any::<u64>()) {
        let mut turned = shown.clone();
        if !turned.is_empty() {
            let by = usize::try_from(seed % 60).expect("small") % turned.len();
            turned.rotate_left(by);
            turned.reverse();
        }
        prop_assert_eq!(level(&shown, 200), level(&turned, 200));
    }

    #[test]
    fn a_better_score_never_lowers_a_level_or_eases_a_scenario(
        shown in prop::collection::vec(any_shown(), 1..30),
        at: prop::sample::Index,
        better in 0_u16..=1_000,
        difficulty in 1_u8..=5,
    ) {
        let mut raised = shown.clone();
        let place = at.index(raised.len());
        raised[place].per_mille = raised[place].per_mille.max(better);
        prop_assert!(level(&raised, 200).per_mille >= level(&shown, 200).per_mille);
        let scenario = scenario("s", "listening", difficulty);
        let now = Timestamp(200 * DAY);
        prop_assert!(Profile::of(&raised, now).steps(&scenario) >= Profile::of(&shown, now).steps(&scenario));
        prop_assert!((-2..=2).contains(&Profile::of(&shown, now).steps(&scenario)));
    }
}
