//! What reaches a coach, and how fast.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::headline::HeadlineKind::{Came, GoalsMet, Went, WentQuiet};
use super::*;

/// What a client makes of what it is told.
#[derive(Default)]
struct Client {
    at: Option<(Epoch, Tick)>,
    rows: BTreeMap<UserId, DeskRow>,
}

impl Client {
    fn look(&mut self, desk: &Desk) -> usize {
        let change = desk.since(self.at);
        if change.after.is_none() {
            self.rows.clear();
        }
        for gone in &change.gone {
            self.rows.remove(gone);
        }
        let count = change.rows.len();
        self.rows
            .extend(change.rows.into_iter().map(|row| (row.user, row)));
        self.at = Some((desk.epoch(), change.tick));
        count
    }
}

#[test]
fn a_storm_costs_four_frames_a_second_of_bounded_size_and_nobody_waits_for_more_than_one() {
    const LEARNERS: u128 = 300;
    let mut desk = desk(LEARNERS, RoomKind::Practice);
    // The snapshot, in a few ticks.
    for tick in 0..4 {
        desk.tick(Timestamp(tick * 250));
    }
    let mut client = Client::default();
    assert_eq!(client.look(&desk), LEARNERS as usize);
    let mut seq = 4;
    let (mut frames, mut bytes_most) = (0, 0);
    // Two events a second each, for ten seconds: a line at each half second.
    for quarter in 4..44 {
        let now = quarter * 250;
        if quarter % 2 == 0 {
            for n in 1..=LEARNERS {
                let by = Some(user(n));
                let line = recorded(seq, now, by, said("I would like to talk about it."));
                assert_eq!(desk.heard(room(n), &[line]), None);
            }
            seq += 1;
        }
        if desk.tick(Timestamp(now)).0 {
            frames += 1;
            let change = desk.since(client.at);
            let bytes = serde_json::to_vec(&change.rows).expect("json").len();
            bytes_most = bytes_most.max(bytes);
            assert!(client.look(&desk) <= ROWS_PER_TICK_MAX);
        }
        for row in client.rows.values() {
            // Each said something in the last half second; nobody's row is older than a second.
            let told = row.active_at.map_or(0, |at| at.0);
            assert!(now - told <= 1_000 + 500 || quarter < 8, "{told} at {now}");
        }
    }
    assert!(frames <= 40, "{frames} frames in ten seconds");
    assert!(bytes_most <= 64 * 1_024, "{bytes_most} bytes");
}

#[derive(Clone, Debug)]
enum Step {
    Line(u128),
    Goal(u128),
    Hand(u128, bool),
    Online(u128, bool),
    Leave(u128),
    Enroll(u128),
    Look,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1..9_u128;
    prop_oneof![
        4 => who.clone().prop_map(Step::Line),
        1 => who.clone().prop_map(Step::Goal),
        1 => (who.clone(), any::<bool>()).prop_map(|(n, up)| Step::Hand(n, up)),
        1 => (who.clone(), any::<bool>()).prop_map(|(n, on)| Step::Online(n, on)),
        1 => who.clone().prop_map(Step::Leave),
        1 => who.prop_map(Step::Enroll),
        2 => Just(Step::Look),
        3 => (1..400_000_i64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// However it goes on: who follows the changes sees what who comes new sees, whenever they look.
    #[test]
    fn changes_add_up_to_the_snapshot(steps in prop::collection::vec(step(), 1..80)) {
        let mut desk = desk(8, RoomKind::Practice);
        let mut client = Client::default();
        let (mut now, mut heads) = (1_000, BTreeMap::<u128, u64>::new());
        for step in steps {
            let mut hear = |desk: &mut Desk, n: u128, by, event| {
                let head = heads.entry(n).or_insert(3);
                *head += 1;
                desk.heard(room(n), &[recorded(*head, now, by, event)])
            };
            match step {
                Step::Line(n) => prop_assert_eq!(hear(&mut desk, n, Some(user(n)), said("Yes, and then?")), None),
                Step::Goal(n) => { hear(&mut desk, n, None, spoke(&["opens-well"])); }
                Step::Hand(n, up) => { hear(&mut desk, n, Some(user(n)), Event::HandRaised { user: user(n), up }); }
                Step::Online(n, on) => {
                    let is = if on { Whereabouts::Online } else { Whereabouts::Offline };
                    desk.present(user(n), is, Timestamp(now));
                }
                Step::Leave(n) => desk.remove(user(n)),
                Step::Enroll(n) => { desk.enroll(user(n), Learner::default()); }
                Step::Look => { client.look(&desk); }
                Step::Wait(ms) => { now += ms; desk.tick(Timestamp(now)); }
            }
        }
        desk.tick(Timestamp(now));
        client.look(&desk);
        let mut fresh = Client::default();
        fresh.look(&desk);
        prop_assert_eq!(&client.rows, &fresh.rows);
        for row in fresh.rows.values() {
            let sum: u16 = row.reasons.iter().map(|reason| reason.points).sum();
            prop_assert_eq!(row.attention, sum);
        }
    }
}

#[test]
fn a_position_of_another_desk_or_of_the_future_is_answered_by_everything() {
    let mut desk = desk(3, RoomKind::Practice);
    desk.tick(Timestamp(0));
    for position in [(Epoch(2), Tick(1)), (Epoch(1), Tick(99))] {
        assert_eq!(desk.since(Some(position)).after, None);
        assert_eq!(desk.since(Some(position)).rows.len(), 3);
    }
    assert_eq!(desk.since(Some((Epoch(1), Tick(1)))).rows.len(), 0);
}

#[test]
fn headlines_sum_up_five_minutes_and_then_forget() {
    let mut desk = desk(4, RoomKind::Practice);
    for n in 1..=3 {
        desk.heard(room(n), &[recorded(4, 1_000, None, spoke(&[]))]);
    }
    desk.heard(room(4), &[recorded(4, 1_000, None, spoke(&["one", "two"]))]);
    desk.tick(Timestamp(2_000));
    let goals = |desk: &Desk| {
        let lines = desk.since(None).headlines.expect("headlines");
        let mut kinds: Vec<_> = lines.iter().map(|line| (line.kind, line.count)).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(goals(&desk), [(GoalsMet, 2)]);
    // All four owe an answer for two minutes.
    desk.tick(Timestamp(121_500));
    assert_eq!(goals(&desk), [(GoalsMet, 2), (WentQuiet, 4)]);
    desk.tick(Timestamp(301_000));
    assert_eq!(goals(&desk), [(WentQuiet, 4)]);
    desk.tick(Timestamp(900_000));
    assert_eq!(goals(&desk), []);
}

#[test]
fn who_cannot_be_seen_for_a_while_has_neither_come_nor_gone() {
    use Whereabouts::{Offline, Online, Unknown};
    let mut desk = desk(1, RoomKind::Practice);
    let mut news = |steps: &[(Whereabouts, i64)]| {
        for (is, at) in steps {
            desk.present(user(1), *is, Timestamp(*at));
            desk.tick(Timestamp(*at));
        }
        let lines = desk.since(None).headlines.expect("headlines");
        let mut kinds: Vec<_> = lines.iter().map(|line| (line.kind, line.count)).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(news(&[(Unknown, 10), (Online, 20), (Unknown, 30)]), []);
    assert_eq!(
        news(&[(Offline, 40)]),
        [],
        "long gone, for all that is known"
    );
    assert_eq!(news(&[(Online, 50)]), [(Came, 1)]);
    assert_eq!(news(&[(Offline, 60)]), [(Came, 1), (Went, 1)]);
}

#[test]
fn what_somebody_did_is_asked_only_where_not_every_node_could_be() {
    for sees_all in [false, true] {
        let mut desk = desk(1, RoomKind::Practice);
        desk.heard(
            room(1),
            &[recorded(4, 1_000, Some(user(1)), said("Good morning."))],
        );
        desk.sees_all(sees_all);
        desk.present(user(1), Whereabouts::Offline, Timestamp(2_000));
        desk.tick(Timestamp(3_000));
        assert_eq!(row(&desk, 1).online, !sees_all);
        // A minute after, nobody counts as here for what they did.
        desk.tick(Timestamp(61_000));
        assert!(!row(&desk, 1).online);
    }
}
