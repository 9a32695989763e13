use uuid::Uuid;

use super::*;
use crate::practice::report::Source;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn learner(n: u128) -> Learner {
    Learner {
        user: user(n),
        name: format!("Learner {n}"),
        since: Timestamp(0),
    }
}

fn result(n: u128, at: Timestamp, total: u16) -> Result {
    Result {
        user: user(n),
        at,
        minutes: 10,
        lines: 12,
        goals_met: 2,
        goals: 3,
        total: Some(total),
        shown: vec![Shown {
            at,
            skill: "questioning".parse().unwrap(),
            per_mille: total,
            weight: 600,
            difficulty: 3,
            source: Source::Local,
        }],
    }
}

fn alarm(n: u128, at: Timestamp, after_s: Option<i64>) -> Alarm {
    Alarm {
        user: user(n),
        at,
        handled_at: after_s.map(|s| at.plus_ms(s * 1_000)),
    }
}

fn week() -> Window {
    Window {
        from: NOW.plus_ms(-7 * DAY_MS),
        to: NOW,
    }
}

#[test]
fn a_window_is_compared_with_the_one_before_it() {
    let learners = [learner(1), learner(2)];
    let results = [
        result(1, NOW.plus_ms(-8 * DAY_MS), 400),
        result(1, NOW.plus_ms(-2 * DAY_MS), 800),
        result(2, NOW.plus_ms(-DAY_MS), 600),
        // Neither in the one nor in the other.
        result(2, NOW, 100),
        result(2, NOW.plus_ms(-15 * DAY_MS), 100),
    ];
    let alarms = [
        alarm(1, NOW.plus_ms(-DAY_MS), Some(40)),
        alarm(1, NOW.plus_ms(-DAY_MS), None),
        alarm(2, NOW.plus_ms(-DAY_MS), Some(90)),
    ];
    let known = Known {
        learners: &learners,
        results: &results,
        alarms: &alarms,
    };
    let report = Report::of_people(week(), known);
    assert_eq!(report.learners, Some(2));
    assert_eq!(
        (report.now.practised, report.now.practices),
        (Some(2), Some(2))
    );
    assert_eq!((report.now.minutes, report.now.lines), (Some(20), Some(24)));
    assert_eq!((report.now.goals_met, report.now.goals), (Some(4), Some(6)));
    assert_eq!(
        (report.now.score, report.before.score),
        (Some(700), Some(400))
    );
    assert_eq!(
        (
            report.now.alerts,
            report.now.handled,
            report.now.handled_after_s
        ),
        (Some(3), Some(2), Some(90))
    );
    assert_eq!(
        (report.before.practised, report.before.alerts),
        (Some(1), Some(0))
    );
    let rows: Vec<(&str, Option<u32>, Option<u32>)> = report
        .people
        .iter()
        .map(|row| (row.name.as_str(), row.now.practices, row.before.practices))
        .collect();
    assert_eq!(
        rows,
        [
            ("Learner 1", Some(1), Some(1)),
            ("Learner 2", Some(1), Some(0))
        ]
    );
    let [moved] = report.skills.as_slice() else {
        panic!("{:?}", report.skills)
    };
    assert_eq!(moved.learners, 2);
    assert!(moved.before.unwrap() < moved.after, "{moved:?}");
}

#[test]
fn of_a_group_nothing_is_told_that_fewer_than_five_did() {
    let learners: Vec<Learner> = (1..=9).map(learner).collect();
    let window = week().whole_weeks(NOW);
    let inside = window.from.plus_ms(DAY_MS);
    let mut results: Vec<Result> = (1..=4).map(|n| result(n, inside, 700)).collect();
    let alarms: Vec<Alarm> = (1..=4).map(|n| alarm(n, inside, Some(30))).collect();
    let known = Known {
        learners: &learners,
        results: &results,
        alarms: &alarms,
    };
    let report = Report::of_the_group(window, known);
    assert_eq!(report.learners, Some(5));
    assert_eq!(
        (report.now, report.before),
        (Sums::default(), Sums::default())
    );
    assert_eq!(
        (report.skills.as_slice(), report.people.as_slice()),
        (&[][..], &[][..])
    );

    // A fifth makes a group; a sixth and a seventh do not show in a count.
    let mut told = vec![];
    for n in 5..=7 {
        results.push(result(n, inside, 730));
        let known = Known {
            learners: &learners,
            results: &results,
            alarms: &alarms,
        };
        told.push(Report::of_the_group(window, known));
    }
    assert_eq!(
        (told[0].now.practised, told[0].now.practices),
        (Some(5), Some(5))
    );
    assert_eq!((told[0].now.score, told[0].now.alerts), (Some(700), None));
    assert_eq!(told[1].now.practised, told[0].now.practised);
    assert_eq!(told[2].now.practices, told[0].now.practices);
    assert_eq!(told[2].skills[0].learners, 5);
}

#[test]
fn who_comes_later_changes_nothing_that_was_told_of_the_group() {
    let mut learners: Vec<Learner> = (1..=9).map(learner).collect();
    let window = week().whole_weeks(NOW);
    let inside = window.from.plus_ms(DAY_MS);
    let mut results: Vec<Result> = (1..=9).map(|n| result(n, inside, 700)).collect();
    let report = |learners: &[Learner], results: &[Result]| {
        Report::of_the_group(
            window,
            Known {
                learners,
                results,
                alarms: &[],
            },
        )
    };
    let before = report(&learners, &results);
    for n in 10..=30 {
        learners.push(Learner {
            since: NOW,
            ..learner(n)
        });
        results.push(result(n, inside, 100));
    }
    assert_eq!(report(&learners, &results), before);
}

#[test]
fn a_group_has_whole_weeks_that_are_over() {
    let weeks = week().whole_weeks(NOW);
    assert_eq!(weeks.length_ms(), WEEK_MS);
    assert!(weeks.to <= NOW && NOW.0 - weeks.to.0 < WEEK_MS);
    // 2026-11-16 was a Monday.
    assert_eq!(weeks.to, Timestamp(1_794_787_200_000));
    for hours in 0..24 * 4 {
        let moved = Window {
            from: week().from.plus_ms(hours * 3_600_000 / 2),
            to: week().to,
        };
        assert_eq!(moved.whole_weeks(NOW).to, weeks.to, "{hours}");
        assert_eq!(moved.whole_weeks(NOW).length_ms() % WEEK_MS, 0);
    }
    let year = Window {
        from: NOW.plus_ms(-WINDOW_MS_MAX),
        to: NOW,
    };
    assert_eq!(year.before().length_ms(), year.length_ms());
}
