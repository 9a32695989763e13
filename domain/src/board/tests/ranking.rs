use crate::board::moves::Moved;
use crate::board::ranking::{PAGE_MAX, Ranking};

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Apply(Total),
    Remove(Subject, u64),
    Rebuild,
}

fn step(subjects: u32, scores: i64) -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => total(subjects, scores).prop_map(Step::Apply),
        2 => (0..subjects, 0..12u64).prop_map(|(number, version)| Step::Remove(subject(number), version)),
        1 => Just(Step::Rebuild),
    ]
}

/// Does a step to both. Answers what moved.
fn take(step: &Step, ranking: &mut Ranking, plain: &mut Plain) -> Option<Moved> {
    let (moved, is_news) = match *step {
        Step::Apply(total) => (ranking.apply(total), plain.apply(total)),
        Step::Remove(subject, version) => (
            ranking.remove(subject, version),
            plain.remove(subject, version),
        ),
        Step::Rebuild => {
            *ranking = Ranking::build(plain.spec, plain.totals.values().copied());
            // A rebuilt board is given only those who may be shown, and has forgotten the others.
            plain.gone.clear();
            (None, false)
        }
    };
    assert_eq!(moved.is_some(), is_news, "{step:?}");
    moved
}

fn assert_same(ranking: &Ranking, rows: &[Row], probes: &[u32]) {
    assert_eq!(ranking.len() as usize, rows.len());
    let all: Vec<Row> = (0..ranking.len())
        .step_by(PAGE_MAX as usize)
        .flat_map(|offset| ranking.page(offset, PAGE_MAX))
        .collect();
    assert_eq!(all, rows);
    for &number in probes {
        let subject = subject(number);
        let rank = rank_of(rows, subject);
        assert_eq!(ranking.rank_of(subject), rank);
        assert_eq!(ranking.position_of(subject), rank.map(|rank| rank.at));
        assert_eq!(ranking.contains(subject), rank.is_some());
        let Some(at) = rank.map(|rank| rank.at as usize) else {
            assert_eq!(ranking.around(subject, 2, 2), None);
            assert_eq!(ranking.neighbours(subject), None);
            continue;
        };
        let (above, below) = (number as usize % 5, number as usize % 3);
        let around = &rows[at.saturating_sub(above)..rows.len().min(at + below + 1)];
        let found = ranking.around(
            subject,
            u32::try_from(above).unwrap(),
            u32::try_from(below).unwrap(),
        );
        assert_eq!(found.as_deref(), Some(around));
        let before = at.checked_sub(1).map(|before| rows[before]);
        let after = rows.get(at + 1).copied();
        assert_eq!(ranking.neighbours(subject), Some((before, after)));
        assert_eq!(ranking.select(rank.unwrap().at), Some(rows[at]));
        let page = &rows[at..rows.len().min(at + above)];
        assert_eq!(ranking.page(rank.unwrap().at, number % 5), page);
    }
    assert_eq!(ranking.select(ranking.len()), None);
}

proptest! {
    #[test]
    fn a_ranking_is_a_sorted_list(
        spec in spec(),
        built in prop::collection::vec(total(24, 7), 0..40),
        steps in prop::collection::vec(step(24, 7), 1..60),
    ) {
        let mut plain = Plain::new(spec);
        for total in &built {
            plain.apply(*total);
        }
        let mut ranking = Ranking::build(spec, built);
        let probes: Vec<u32> = (0..25).collect();
        let mut rows = plain.rows();
        assert_same(&ranking, &rows, &probes);
        for step in steps {
            let moved = take(&step, &mut ranking, &mut plain);
            let before = std::mem::replace(&mut rows, plain.rows());
            assert_same(&ranking, &rows, &probes);
            let Some(moved) = moved else {
                prop_assert_eq!(&before, &rows);
                continue;
            };
            let named = match step {
                Step::Apply(total) => total.subject,
                Step::Remove(subject, _) => subject,
                Step::Rebuild => unreachable!(),
            };
            let at = |rows: &[Row]| rows.iter().find(|row| row.subject == named).map(|row| row.at);
            prop_assert_eq!((moved.from, moved.to), (at(&before), at(&rows)));
            // What a span does not cover reads as before.
            let span = moved.span();
            for at in 0..before.len().max(rows.len()) {
                let position = u32::try_from(at).unwrap();
                if position < span.first || span.last < position {
                    prop_assert_eq!(before.get(at), rows.get(at));
                    let subject = rows[at].subject;
                    let ahead = |rows: &[Row]| rank_of(rows, subject).unwrap().ahead;
                    prop_assert_eq!(ahead(&before), ahead(&rows));
                }
            }
        }
    }

    /// Whoever is told twice, late or out of order ends up where they would have anyway.
    #[test]
    fn repeats_and_reordering_change_nothing(
        spec in spec(),
        totals in prop::collection::vec(total(20, 5), 1..80),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..160),
    ) {
        let straight = Ranking::build(spec, totals.iter().copied());
        let mut mixed = Ranking::build(spec, []);
        for index in &order {
            mixed.apply(totals[index.index(totals.len())]);
        }
        for total in totals.iter().rev() {
            mixed.apply(*total);
        }
        prop_assert_eq!(mixed.page(0, PAGE_MAX), straight.page(0, PAGE_MAX));
        for total in &totals {
            prop_assert_eq!(mixed.apply(*total), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// The same with many blocks of the size they really have.
    #[test]
    fn a_large_ranking_is_a_sorted_list(
        spec in spec(),
        built in prop::collection::vec(total(3_000, 90), 2_000),
        steps in prop::collection::vec(step(3_000, 90), 2_000),
        drops in 0..3_000u32,
    ) {
        let mut plain = Plain::new(spec);
        for total in &built {
            plain.apply(*total);
        }
        let mut ranking = Ranking::build(spec, built);
        for step in steps.iter().filter(|step| !matches!(step, Step::Rebuild)) {
            take(step, &mut ranking, &mut plain);
        }
        let probes: Vec<u32> = (0..3_000).step_by(37).collect();
        assert_same(&ranking, &plain.rows(), &probes);
        for number in drops..3_000 {
            take(&Step::Remove(subject(number), u64::MAX), &mut ranking, &mut plain);
        }
        assert_same(&ranking, &plain.rows(), &probes);
    }
}

fn places(tie: TiePolicy, direction: Direction) -> Vec<(u32, u32)> {
    let scores = [(1, 50), (2, 70), (3, 70), (4, 90)];
    let totals = scores.map(|(number, score)| Total {
        subject: user(number),
        score,
        // The third was there before the second.
        reached_at: Timestamp(10 - i64::from(number)),
        version: 1,
    });
    let ranking = Ranking::build(Spec { direction, tie }, totals);
    let number = |row: &Row| (1..5).find(|number| user(*number) == row.subject).unwrap();
    let rows = ranking.top(10);
    rows.iter().map(|row| (row.place, number(row))).collect()
}

#[test]
fn ties_are_shown_as_the_policy_says() {
    use {Direction::*, TiePolicy::*};
    assert_eq!(places(FirstThere, Higher), [(1, 4), (2, 3), (3, 2), (4, 1)]);
    assert_eq!(
        places(Competition, Higher),
        [(1, 4), (2, 3), (2, 2), (4, 1)]
    );
    assert_eq!(places(Dense, Higher), [(1, 4), (2, 3), (2, 2), (3, 1)]);
    assert_eq!(places(FirstThere, Lower), [(1, 1), (2, 3), (3, 2), (4, 4)]);
    assert_eq!(places(Competition, Lower), [(1, 1), (2, 3), (2, 2), (4, 4)]);
    assert_eq!(places(Dense, Lower), [(1, 1), (2, 3), (2, 2), (3, 4)]);
}

#[test]
fn the_best_and_the_worst_possible_score_have_their_places() {
    for direction in [Direction::Higher, Direction::Lower] {
        let spec = Spec {
            direction,
            ..Spec::default()
        };
        let scores = [i64::MIN, -1, 0, i64::MAX];
        let totals = (0..).zip(scores).map(|(number, score)| Total {
            subject: user(number),
            score,
            reached_at: Timestamp(0),
            version: 1,
        });
        let found: Vec<i64> = Ranking::build(spec, totals)
            .top(10)
            .iter()
            .map(|row| row.score)
            .collect();
        let mut expected = scores;
        if direction == Direction::Higher {
            expected.reverse();
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn who_was_taken_off_comes_back_only_with_a_newer_total() {
    let total = |version| Total {
        subject: user(1),
        score: 5,
        reached_at: Timestamp(1),
        version,
    };
    let mut ranking = Ranking::build(Spec::default(), [total(3)]);
    assert_eq!(
        ranking.remove(user(1), 2),
        None,
        "by a newer total, they stand"
    );
    assert!(ranking.remove(user(1), 7).is_some());
    assert_eq!(ranking.apply(total(7)), None);
    assert_eq!(ranking.remove(user(1), 5), None);
    assert_eq!(
        ranking.apply(total(6)),
        None,
        "an older removal takes nothing back"
    );
    assert!(ranking.apply(total(8)).is_some());
    assert!(ranking.remove(user(1), u64::MAX).is_some());
    assert_eq!(ranking.apply(total(u64::MAX)), None);
    // Also those whom this board never saw.
    assert_eq!(ranking.remove(user(2), 4), None);
    let late = Total {
        subject: user(2),
        ..total(4)
    };
    assert_eq!(ranking.apply(late), None);
    assert!(ranking.is_empty());
}

#[test]
fn a_page_has_an_end() {
    let totals = (0..2 * PAGE_MAX).map(|number| Total {
        subject: user(number),
        score: 0,
        reached_at: Timestamp(0),
        version: 1,
    });
    let ranking = Ranking::build(Spec::default(), totals);
    let whole = PAGE_MAX as usize;
    assert_eq!(ranking.page(0, u32::MAX).len(), whole);
    assert_eq!(ranking.page(2 * PAGE_MAX - 3, u32::MAX).len(), 3);
    assert_eq!(ranking.page(u32::MAX, u32::MAX), []);
    let around = ranking.around(user(1_500), u32::MAX, u32::MAX).unwrap();
    assert_eq!(around.len(), whole);
}
