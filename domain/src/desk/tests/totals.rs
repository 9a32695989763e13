//! A cohort as a whole tells of nobody.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::totals::{Aggregate, DeskTotals, GROUP_MIN};
use super::*;

static ANYBODY: LazyLock<DeskRow> = LazyLock::new(|| {
    let mut desk = desk(1, RoomKind::Practice);
    desk.tick(Timestamp(0));
    row(&desk, 1)
});

fn someone(n: u128, score: u8, online: bool) -> DeskRow {
    DeskRow {
        user: user(n),
        online,
        scores: vec![score],
        ..ANYBODY.clone()
    }
}

#[test]
fn fewer_than_five_are_not_told_of() {
    let mut aggregate = Aggregate::default();
    let four: Vec<DeskRow> = (1..5).map(|n| someone(n, 70, true)).collect();
    assert_eq!(aggregate.take(four.iter()), DeskTotals::default());
    let five: Vec<DeskRow> = (1..6).map(|n| someone(n, 70, true)).collect();
    let told = aggregate.take(five.iter());
    assert_eq!((told.learners, told.score), (Some(5), Some(70)));
}

#[test]
fn one_who_comes_or_goes_changes_nothing() {
    let mut aggregate = Aggregate::default();
    let mut rows: Vec<DeskRow> = (1..=14).map(|n| someone(n, 80, n % 2 == 0)).collect();
    let before = aggregate.take(rows.iter());
    rows.push(someone(15, 0, true));
    assert_eq!(aggregate.take(rows.iter()), before, "one came");
    rows.pop();
    rows.pop();
    assert_eq!(aggregate.take(rows.iter()), before, "one left");
    rows[0].scores = vec![0];
    assert_eq!(aggregate.take(rows.iter()), before, "one did badly");
    for row in &mut rows[1..5] {
        row.scores = vec![0];
    }
    assert_ne!(
        aggregate.take(rows.iter()).score,
        before.score,
        "five moved"
    );
}

proptest! {
    /// The difference of any two means that were told is of five people, or of nobody.
    #[test]
    fn no_two_numbers_differ_by_fewer_than_five(
        steps in prop::collection::vec((1..24_u128, prop::option::of(0..100_u8)), 1..200),
    ) {
        let mut aggregate = Aggregate::default();
        let mut rows: BTreeMap<u128, DeskRow> = (1..12).map(|n| (n, someone(n, 50, true))).collect();
        let mut told: Vec<(Option<i64>, BTreeMap<u128, u8>)> = vec![];
        for (n, score) in steps {
            match score {
                Some(score) => { rows.insert(n, someone(n, score, true)); }
                None => { rows.remove(&n); }
            }
            let score = aggregate.take(rows.values()).score;
            // A number that is another one than before was made of everybody as they are now.
            if told.last().is_none_or(|(last, _)| *last != score) && score.is_some() {
                let now = rows.iter().map(|(n, row)| (*n, row.scores[0])).collect();
                if let Some((_, before)) = told.last() {
                    let now: &BTreeMap<u128, u8> = &now;
                    let gone = before.keys().filter(|n| !now.contains_key(n)).count();
                    let moved = now.iter().filter(|(n, score)| before.get(n) != Some(score)).count();
                    prop_assert!(gone + moved >= GROUP_MIN);
                }
                told.push((score, now));
            }
            prop_assert!(rows.len() >= GROUP_MIN || score.is_none());
        }
    }
}
