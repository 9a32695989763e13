use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::game::plan::Names;

fn contest(entry: ContestEntry) -> Contest {
    Contest {
        plan: ContestPlan {
            id: "sprint".parse().expect("a name"),
            title: "Sprint".to_owned(),
            says: "Who is fastest?".to_owned(),
            metric: "points:xp".parse().expect("a metric"),
            order: crate::game::plan::Order::Sum,
            direction: Direction::default(),
            ties: TiePolicy::FirstThere,
            names: Names::Shown,
            entry,
            minutes: 60,
            entrants_max: Some(2),
            attempts_max: None,
            late: false,
            teams: None,
        },
        phase: ContestPhase::Planned,
        opens_at: Timestamp(100),
        starts_at: Timestamp(200),
        ends_at: Timestamp(300),
        entrants: 0,
    }
}

const ENTER: Ask = Ask::Enter {
    in_cohort: false,
    knows_code: false,
    in_team: false,
    is_in: false,
};

fn tick(contest: &mut Contest, now: i64) -> Vec<Happened> {
    let happened = contest.decide(Timestamp(now), Ask::Tick).expect("a tick");
    for one in &happened {
        contest.evolve(*one);
    }
    happened
}

#[test]
fn a_contest_lives_once() {
    use Happened::{Ended, Opened, Started};
    let mut one = contest(ContestEntry::Open);
    assert_eq!(tick(&mut one, 99), []);
    assert_eq!(tick(&mut one, 100), [Opened]);
    assert_eq!(tick(&mut one, 299), [Started]);
    assert_eq!(tick(&mut one, 300), [Ended]);
    assert_eq!(tick(&mut one, 10_000), []);
    assert_eq!(
        one.decide(Timestamp(301), Ask::Cancel),
        Err(Refusal::ContestClosed)
    );
    // Whoever slept through it hears of everything, in order.
    assert_eq!(
        tick(&mut contest(ContestEntry::Open), 10_000),
        [Opened, Started, Ended]
    );
}

#[test]
fn one_enters_in_time_and_while_there_is_room() {
    let mut one = contest(ContestEntry::Open);
    assert_eq!(
        one.decide(Timestamp(99), ENTER),
        Err(Refusal::ContestClosed)
    );
    assert_eq!(
        one.decide(Timestamp(100), ENTER),
        Ok(vec![Happened::Entered])
    );
    // A late tick opens no door: the phase is still the one before.
    assert_eq!(
        one.decide(Timestamp(200), ENTER),
        Err(Refusal::ContestClosed)
    );
    one.plan.late = true;
    assert_eq!(
        one.decide(Timestamp(299), ENTER),
        Ok(vec![Happened::Entered])
    );
    assert_eq!(
        one.decide(Timestamp(300), ENTER),
        Err(Refusal::ContestClosed)
    );
    one.entrants = 2;
    assert_eq!(one.decide(Timestamp(150), ENTER), Err(Refusal::RoomFull));
    one.evolve(Happened::Left);
    assert_eq!(
        one.decide(Timestamp(150), ENTER),
        Ok(vec![Happened::Entered])
    );
    one.evolve(Happened::Cancelled);
    assert_eq!(
        one.decide(Timestamp(150), ENTER),
        Err(Refusal::ContestClosed)
    );
}

#[test]
fn one_enters_by_what_the_contest_asks_for() {
    let now = Timestamp(150);
    let ask = |in_cohort, knows_code, in_team| Ask::Enter {
        in_cohort,
        knows_code,
        in_team,
        is_in: false,
    };
    let code = contest(ContestEntry::Code);
    assert_eq!(
        code.decide(now, ask(true, false, true)),
        Err(Refusal::WrongCode)
    );
    assert!(code.decide(now, ask(false, true, false)).is_ok());
    let mut cohort = contest(ContestEntry::Cohort);
    assert_eq!(
        cohort.decide(now, ask(false, true, true)),
        Err(Refusal::NotFound)
    );
    assert!(cohort.decide(now, ask(true, false, false)).is_ok());
    cohort.plan.teams = Some(TeamFold::Mean);
    assert_eq!(
        cohort.decide(now, ask(true, false, false)),
        Err(Refusal::FieldInvalid)
    );
    assert!(cohort.decide(now, ask(true, false, true)).is_ok());
}

fn done(who: u32, score: Option<i64>, at: i64) -> Finished<u32> {
    Finished {
        who,
        score,
        reached_at: Timestamp(at),
    }
}

#[test]
fn who_did_nothing_comes_last_also_where_less_is_better() {
    let finished = vec![
        done(1, None, 0),
        done(2, Some(7), 5),
        done(3, Some(3), 9),
        done(4, None, 0),
    ];
    let line = |direction| {
        results(finished.clone(), direction, TiePolicy::FirstThere)
            .iter()
            .map(|one| (one.who, one.place))
            .collect::<Vec<_>>()
    };
    assert_eq!(line(Direction::Higher), [(2, 1), (3, 2), (1, 3), (4, 3)]);
    assert_eq!(line(Direction::Lower), [(3, 1), (2, 2), (1, 3), (4, 3)]);
}

#[test]
fn teams_are_compared_by_their_fold() {
    let (big, small) = (TeamId(Uuid::from_u128(1)), TeamId(Uuid::from_u128(2)));
    let member = |n: u128, score, team| {
        let who = UserId(Uuid::from_u128(n));
        let reached_at = Timestamp(1);
        (
            Finished {
                who,
                score,
                reached_at,
            },
            team,
        )
    };
    let all = [
        member(1, Some(40), big),
        member(2, Some(40), big),
        member(3, Some(20), big),
        member(4, None, big),
        member(5, Some(60), small),
    ];
    let score = |fold| {
        teams(&all, fold)
            .iter()
            .map(|team| team.score)
            .collect::<Vec<_>>()
    };
    assert_eq!(score(TeamFold::Sum), [Some(100), Some(60)]);
    assert_eq!(score(TeamFold::Mean), [Some(25), Some(60)]);
    assert_eq!(score(TeamFold::Compensated), [Some(50), Some(60)]);
}

proptest! {
    #[test]
    fn results_are_in_order_and_have_everybody(
        scores in prop::collection::vec(prop::option::of(-5_i64..5), 0..40),
        by in 0_usize..40,
        ties in prop::sample::select(vec![TiePolicy::FirstThere, TiePolicy::Competition, TiePolicy::Dense]),
    ) {
        let mut finished: Vec<_> = (0_u32..).zip(&scores).map(|(n, score)| done(n, *score, (n % 3).into())).collect();
        let placed = results(finished.clone(), Direction::Higher, ties);
        let mut whom: Vec<u32> = placed.iter().map(|one| one.who).collect();
        prop_assert!(placed.windows(2).all(|pair| pair[0].place <= pair[1].place));
        if !finished.is_empty() {
            let by = by % finished.len();
            finished.rotate_left(by);
        }
        prop_assert_eq!(results(finished, Direction::Higher, ties), placed);
        whom.sort_unstable();
        prop_assert!(whom.into_iter().eq((0..).take(scores.len())));
    }
}

#[test]
fn what_is_ended_early_stands() {
    use Happened::{Ended, Opened, Started};
    let mut one = contest(ContestEntry::Open);
    assert_eq!(
        one.decide(Timestamp(199), Ask::End),
        Err(Refusal::ContestClosed)
    );
    // The tick is late: it begins and ends at once.
    assert_eq!(
        one.decide(Timestamp(250), Ask::End),
        Ok(vec![Opened, Started, Ended])
    );
    tick(&mut one, 250);
    assert_eq!(one.decide(Timestamp(250), Ask::End), Ok(vec![Ended]));
    tick(&mut one, 300);
    assert_eq!(one.decide(Timestamp(301), Ask::End), Ok(vec![]));
    one.phase = ContestPhase::Cancelled;
    assert_eq!(
        one.decide(Timestamp(250), Ask::End),
        Err(Refusal::ContestClosed)
    );
}

#[test]
fn a_contest_that_cannot_be_is_not_planned() {
    let plan = contest(ContestEntry::Open).plan;
    let now = Timestamp(1_800_000_000_000);
    let at = |minutes: i64| Some(now.plus_ms(minutes * 60_000));
    let planned = |opens, starts, ends| Contest::planned(plan.clone(), now, opens, starts, ends);
    let at_once = planned(None, None, None).expect("it is sound");
    assert_eq!((at_once.opens_at, at_once.starts_at), (now, now));
    assert_eq!(at_once.ends_at, now.plus_ms(3_600_000));
    let later = planned(None, at(60), None).expect("it is sound");
    assert_eq!((later.opens_at, Some(later.ends_at)), (now, at(120)));
    for (opens, starts, ends) in [
        (at(20), at(10), None),
        (None, at(10), at(10)),
        (None, at(10), at(5)),
        (None, at(-20), at(-10)),
        (None, at(3 * 527_040), None),
        (None, None, at(527_041)),
        (None, None, Some(Timestamp(i64::MAX))),
        (Some(Timestamp(i64::MIN)), None, Some(Timestamp(i64::MIN))),
    ] {
        assert_eq!(
            planned(opens, starts, ends),
            Err(Refusal::FieldInvalid),
            "{opens:?} {starts:?} {ends:?}"
        );
    }
}
