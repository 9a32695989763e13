//! Whom a coach is told of, how often, and what becomes of it.

use proptest::prelude::*;

use super::super::alert::{AlertAct, AlertState, Severity};
use super::*;
use crate::ids::CohortId;
use crate::refusal::Refusal;

fn raised(desk: &mut Desk, ms: i64) -> Vec<String> {
    let (_, raises) = desk.tick(Timestamp(ms));
    raises
        .iter()
        .map(|raise| raise.signal.to_string())
        .collect()
}

#[test]
fn silence_is_told_of_at_its_threshold_and_not_a_moment_before() {
    let mut desk = desk(1, RoomKind::Practice);
    desk.heard(room(1), &[recorded(4, 10_000, None, spoke(&[]))]);
    assert!(raised(&mut desk, 10_000 + 3 * 60_000 - 1).is_empty());
    assert_eq!(raised(&mut desk, 11_000 + 3 * 60_000), ["silent"]);
    // Who answers owes nothing.
    let mut desk = super::desk(1, RoomKind::Practice);
    desk.heard(room(1), &[recorded(4, 10_000, None, spoke(&[]))]);
    let line = recorded(5, 20_000, Some(user(1)), said("Here I am."));
    desk.heard(room(1), &[line]);
    assert!(
        raised(&mut desk, 100_000_000)
            .iter()
            .all(|id| !id.contains("silent"))
    );
}

#[test]
fn who_gets_on_is_not_stuck_and_who_does_not_is() {
    let say = |desk: &mut Desk, from: u64, ms: i64| {
        for seq in from..from + 6 {
            let line = said("I think we should talk about what I did this year.");
            desk.heard(room(1), &[recorded(seq, ms, Some(user(1)), line)]);
        }
    };
    let mut stuck = desk(1, RoomKind::Practice);
    say(&mut stuck, 4, 200_000);
    assert!(raised(&mut stuck, 299_000).is_empty());
    assert_eq!(raised(&mut stuck, 300_000), ["stuck"]);
    let mut gets_on = desk(1, RoomKind::Practice);
    say(&mut gets_on, 4, 200_000);
    gets_on.heard(
        room(1),
        &[recorded(10, 250_000, None, spoke(&["opens-well"]))],
    );
    assert!(raised(&mut gets_on, 300_000).is_empty());
}

#[test]
fn hurry_nonsense_and_harsh_words_are_told_of() {
    let told = |line: &str, ms: i64| {
        let mut desk = desk(1, RoomKind::Practice);
        for seq in 4..9 {
            desk.heard(room(1), &[recorded(seq, ms, Some(user(1)), said(line))]);
        }
        raised(&mut desk, ms + 1_000)
    };
    assert_eq!(told("ok", 1_000), ["rushing"]);
    assert!(told("asdfgh jkljkl sdfsdf hjklhjkl", 1_000).contains(&"off-task".to_owned()));
    assert!(
        told("You always ruin it, you stupid idiot, shut up.", 1_000)
            .contains(&"sharp-tone".to_owned())
    );
    assert!(
        told(
            "Could you tell me what you liked about my work on Friday?",
            1_000
        )
        .is_empty()
    );
}

#[test]
fn only_who_plays_in_a_contest_is_lost_in_one() {
    for (kind, expected) in [(RoomKind::Contest, 1), (RoomKind::Practice, 0)] {
        let mut desk = desk(1, kind);
        desk.tick(Timestamp(100_000));
        desk.present(user(1), Whereabouts::Offline, Timestamp(200_000));
        assert!(raised(&mut desk, 219_000).is_empty());
        let lost = raised(&mut desk, 220_000);
        assert_eq!(
            lost.iter().filter(|id| *id == "lost-in-contest").count(),
            expected
        );
    }
}

proptest! {
    /// However often one looks: nobody is told of twice within a cool-down, and of what lasts again
    /// after it.
    #[test]
    fn a_cool_down_is_kept_to_the_moment(gaps in prop::collection::vec(1..400_000_i64, 1..120)) {
        let mut desk = desk(1, RoomKind::Practice);
        desk.heard(room(1), &[recorded(4, 0, None, spoke(&[]))]);
        let (mut now, mut last, mut latest_look) = (0, None::<i64>, 0);
        for gap in gaps {
            now += gap;
            let is_raised = raised(&mut desk, now).contains(&"silent".to_owned());
            let since = last.map_or(i64::MAX, |last| now - last);
            let is_due = now >= 3 * 60_000 && since >= 10 * 60_000;
            // Time alone is looked at each second.
            let is_looked = now - latest_look >= 1_000 || latest_look == 0;
            if is_looked {
                latest_look = now;
                prop_assert_eq!(is_raised, is_due, "at {} after {}", now, since);
            } else {
                prop_assert!(!is_raised || is_due);
            }
            if is_raised {
                last = Some(now);
            }
        }
    }
}

fn alert(n: u128, learner: u128) -> Alert {
    Alert {
        id: AlertId(Uuid::from_u128(n)),
        cohort: CohortId(Uuid::nil()),
        learner: user(learner),
        room: None,
        signal: "silent".parse().expect("a name"),
        severity: Severity::Urgent,
        raised_at: Timestamp(1_000),
        state: AlertState::Open,
        by: None,
        at: None,
    }
}

#[test]
fn an_alert_is_on_the_desk_until_it_is_settled_and_each_act_is_told() {
    let mut desk = desk(2, RoomKind::Practice);
    desk.tick(Timestamp(1_000));
    let before = Some((desk.epoch(), desk.now()));
    desk.alerts(vec![alert(1, 1), alert(2, 77)]);
    desk.tick(Timestamp(2_000));
    let change = desk.since(before);
    assert_eq!(change.alerts.len(), 1, "of a stranger nothing is told");
    assert_eq!(row(&desk, 1).alerts, 1);
    assert_eq!(row(&desk, 1).attention, 100);
    let seen_to = alert(1, 1)
        .after(user(9), AlertAct::Acknowledge {}, Timestamp(3_000))
        .expect("may");
    let before = Some((desk.epoch(), desk.now()));
    desk.alerts(vec![seen_to.clone()]);
    desk.tick(Timestamp(3_000));
    assert_eq!(desk.since(before).alerts, [seen_to]);
    assert_eq!(row(&desk, 1).attention, 0);
    let before = Some((desk.epoch(), desk.now()));
    desk.alerts(vec![]);
    desk.tick(Timestamp(4_000));
    assert_eq!(desk.since(before).settled, [AlertId(Uuid::from_u128(1))]);
}

#[test]
fn what_was_raised_elsewhere_cools_down_here_too() {
    let mut desk = desk(1, RoomKind::Practice);
    desk.heard(room(1), &[recorded(4, 0, None, spoke(&[]))]);
    let raised_at = Timestamp(190_000);
    desk.alerts(vec![Alert {
        raised_at,
        ..alert(1, 1)
    }]);
    assert!(raised(&mut desk, 200_000).is_empty());
    assert_eq!(
        raised(&mut desk, 190_000 + 10 * 60_000),
        ["long-silent", "silent"]
    );
}

#[test]
fn who_put_it_off_is_not_told_again_before() {
    let mut desk = desk(1, RoomKind::Practice);
    desk.heard(room(1), &[recorded(4, 0, None, spoke(&[]))]);
    let until = Timestamp(3_600_000);
    desk.alerts(vec![Alert {
        raised_at: Timestamp(180_000),
        state: AlertState::Snoozed { until },
        ..alert(1, 1)
    }]);
    assert_eq!(raised(&mut desk, 3_599_000), ["long-silent"]);
    assert_eq!(raised(&mut desk, 3_600_000), ["silent"]);
}

#[test]
fn acts_are_final_once_dismissed_and_harmless_twice() {
    let open = alert(1, 1);
    let dismissed = open
        .after(user(9), AlertAct::Dismiss {}, Timestamp(5))
        .expect("may");
    assert_eq!(
        (dismissed.by, dismissed.at),
        (Some(user(9)), Some(Timestamp(5)))
    );
    let again = dismissed.after(user(8), AlertAct::Dismiss {}, Timestamp(6));
    assert_eq!(again, Ok(dismissed.clone()), "who dismissed it first did");
    let late = dismissed.after(user(8), AlertAct::Acknowledge {}, Timestamp(6));
    assert_eq!(late, Err(Refusal::AlertSettled));
    let snooze = |minutes| open.after(user(9), AlertAct::Snooze { minutes }, Timestamp(0));
    assert_eq!(snooze(0), Err(Refusal::FieldInvalid));
    assert_eq!(snooze(1_441), Err(Refusal::FieldInvalid));
    let snoozed = snooze(1).expect("may");
    assert!(!snoozed.is_open(Timestamp(59_999)) && snoozed.is_open(Timestamp(60_000)));
}
