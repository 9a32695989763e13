use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const PATIENCE: Patience = Patience {
    failures: 3,
    rest_ms: 1_000,
    rest_ms_max: 8_000,
    try_ms_max: 5_000,
};

fn at(ms: i64) -> Timestamp {
    Timestamp(ms)
}

/// Fails it open at `now`.
fn broken(now: i64) -> Breaker {
    let mut breaker = Breaker::new(PATIENCE);
    for _ in 0..PATIENCE.failures {
        let permit = breaker.ask(at(now)).unwrap();
        breaker.report(permit, Outcome::Bad, at(now));
    }
    breaker
}

#[test]
fn it_opens_after_failures_in_a_row_and_not_before() {
    let mut breaker = Breaker::new(PATIENCE);
    for outcome in [
        Outcome::Bad,
        Outcome::Bad,
        Outcome::Good,
        Outcome::Bad,
        Outcome::Bad,
    ] {
        let permit = breaker.ask(at(0)).unwrap();
        breaker.report(permit, outcome, at(0));
        assert_eq!(breaker.standing(at(0)), Standing::Closed);
    }
    let permit = breaker.ask(at(0)).unwrap();
    breaker.report(permit, Outcome::Bad, at(0));
    assert_eq!(breaker.ask(at(999)), Err(at(1_000)));
    assert_eq!(breaker.standing(at(999)), Standing::Open);
}

#[test]
fn one_may_try_and_decides_for_all() {
    let mut breaker = broken(0);
    let permit = breaker.ask(at(1_000)).unwrap();
    assert_eq!(breaker.ask(at(1_001)), Err(at(6_000)));
    breaker.report(permit, Outcome::Good, at(1_100));
    assert_eq!(breaker.standing(at(1_100)), Standing::Closed);
    assert!(breaker.ask(at(1_100)).is_ok() && breaker.ask(at(1_100)).is_ok());
}

#[test]
fn rests_in_vain_grow_and_are_bounded() {
    let mut breaker = broken(0);
    let mut now = 1_000;
    for rest in [2_000, 4_000, 8_000, 8_000] {
        let permit = breaker.ask(at(now)).unwrap();
        breaker.report(permit, Outcome::Bad, at(now));
        assert_eq!(breaker.ask(at(now)), Err(at(now + rest)));
        now += rest;
    }
}

#[test]
fn who_asks_for_a_rest_gets_one_within_bounds() {
    let mut breaker = Breaker::new(PATIENCE);
    let permit = breaker.ask(at(0)).unwrap();
    breaker.report(permit, Outcome::Rest { ms: 86_400_000 }, at(0));
    assert_eq!(breaker.ask(at(0)), Err(at(8_000)));
    assert!(breaker.ask(at(8_000)).is_ok());
}

#[test]
fn a_late_report_changes_nothing() {
    let mut breaker = Breaker::new(PATIENCE);
    let late = breaker.ask(at(0)).unwrap();
    for _ in 0..3 {
        let permit = breaker.ask(at(0)).unwrap();
        breaker.report(permit, Outcome::Bad, at(0));
    }
    breaker.report(late, Outcome::Good, at(10));
    assert_eq!(breaker.standing(at(10)), Standing::Open);
}

#[test]
fn a_try_that_says_nothing_makes_room_for_the_next() {
    let mut breaker = broken(0);
    let permit = breaker.ask(at(1_000)).unwrap();
    breaker.report(permit, Outcome::Neither, at(1_001));
    assert!(breaker.ask(at(1_001)).is_ok());
    // This one is never reported at all.
    assert_eq!(breaker.ask(at(1_002)), Err(at(6_001)));
    assert!(breaker.ask(at(6_001)).is_ok());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(i64),
    Ask,
    Report(usize, Outcome),
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        1 => Just(Outcome::Good),
        3 => Just(Outcome::Bad),
        1 => Just(Outcome::Neither),
        1 => (-5_i64..100_000).prop_map(|ms| Outcome::Rest { ms }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0_i64..6_000).prop_map(Step::Wait),
        3 => Just(Step::Ask),
        3 => (0_usize..8, outcome()).prop_map(|(which, outcome)| Step::Report(which, outcome)),
    ]
}

proptest! {
    /// Whatever happens in whatever order: a rest is kept and bounded, a refusal names a moment at
    /// which somebody gets through, and at most one tries at a time.
    #[test]
    fn it_is_never_stuck_and_never_lets_a_crowd_in(steps in vec(step(), 1..120)) {
        let mut breaker = Breaker::new(PATIENCE);
        let mut now = 0;
        let mut out: Vec<Permit> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(ms) => now += ms,
                Step::Ask => {
                    let before = breaker.standing(at(now));
                    match breaker.ask(at(now)) {
                        Ok(permit) => {
                            prop_assert_ne!(before, Standing::Open);
                            if before == Standing::HalfOpen {
                                prop_assert!(breaker.clone().ask(at(now)).is_err(), "two try at once");
                            }
                            out.push(permit);
                        }
                        Err(then) => {
                            prop_assert_ne!(before, Standing::Closed);
                            prop_assert!(then > at(now) && then <= at(now + 8_000));
                            prop_assert!(breaker.clone().ask(then).is_ok());
                        }
                    }
                }
                Step::Report(which, outcome) if !out.is_empty() => {
                    let permit = out.remove(which % out.len());
                    breaker.report(permit, outcome, at(now));
                }
                Step::Report(..) => {}
            }
        }
    }
}
