use serde_json::{from_value, json, to_value};

use crate::board::moves::{SPANS_MAX, Span};
use crate::board::viewer::{AROUND_MAX, Change, Shows, TOP_MAX, View};
use crate::board::window::{Missed, Window};

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Apply(Total),
    Remove(u32, u64),
    Tick,
    Look(usize),
    /// Somebody's connection is gone, and they come back by their tick.
    Resume(usize),
    /// A frame for somebody was dropped, and it is known.
    Forget(usize),
    /// The board is built anew from the store.
    Rebuild,
}

const VIEWERS: usize = 6;

fn step() -> impl Strategy<Value = Step> {
    let who = 0..VIEWERS;
    prop_oneof![
        16 => total(40, 9).prop_map(Step::Apply),
        2 => (0..40u32, 0..12u64).prop_map(|(number, version)| Step::Remove(number, version)),
        8 => Just(Step::Tick),
        16 => who.clone().prop_map(Step::Look),
        4 => who.clone().prop_map(Step::Resume),
        2 => who.prop_map(Step::Forget),
        1 => Just(Step::Rebuild),
    ]
}

/// One viewer and what they saw.
struct Seat {
    top: u8,
    around: u8,
    subject: Option<Subject>,
    view: View,
    window: Window,
    /// Whether the view knows what the window holds.
    is_known: bool,
}

impl Seat {
    fn new(top: u8, around: u8, subject: Option<Subject>) -> Self {
        let shows = Shows::new(top, around, subject);
        Self {
            top,
            around,
            subject,
            view: View::new(shows),
            window: Window::new(shows),
            is_known: false,
        }
    }

    fn resume(&mut self) {
        if let Some((epoch, tick)) = self.window.known() {
            self.view = View::resume(self.view.shows(), epoch, tick);
            self.is_known = false;
        }
    }

    fn held(&self) -> (Vec<Row>, Option<Rank>, u32) {
        let rows = self.window.rows().copied().collect();
        (rows, self.window.own(), self.window.count())
    }

    /// Lets the view look and takes what it says.
    fn look(&mut self, board: &Board) {
        let before = self.held();
        let Some(change) = self.view.look(board) else {
            return;
        };
        self.window.take(&change).unwrap();
        assert_eq!(self.window.count(), board.ranking().len());
        let snapshot = Change {
            after: None,
            rows: self.window.rows().copied().collect(),
            ..change.clone()
        };
        let bytes = |change: &Change| to_value(change).unwrap().to_string().len();
        assert!(bytes(&change) <= bytes(&snapshot));
        // Nobody is told what they know.
        if self.is_known {
            assert_ne!(before, self.held());
            assert!(change.is_snapshot() || change.rows.iter().all(|row| !before.0.contains(row)));
        }
        self.is_known = true;
    }

    /// At a tick, a viewer holds exactly what is on the board.
    fn assert_up_to_date(&self, plain: &Plain) {
        let rows = plain.rows();
        let own = self.subject.and_then(|subject| rank_of(&rows, subject));
        let is_shown = |row: &Row| {
            let is_near = |own: Rank| own.at.abs_diff(row.at) <= self.around.into();
            row.at < self.top.into() || own.is_some_and(is_near)
        };
        let shown = rows.iter().filter(|row| is_shown(row)).copied().collect();
        let held = self.held();
        assert_eq!((held.0, held.1), (shown, own));
        let off = held.2.abs_diff(u32::try_from(rows.len()).unwrap());
        assert!(off * 100 <= held.2);
    }
}

fn seats() -> impl Strategy<Value = Vec<Seat>> {
    let shows = (0..7u8, 0..4u8, prop::option::weighted(0.8, 0..42u32));
    prop::collection::vec(shows, VIEWERS).prop_map(|shows| {
        let seat = |(top, around, number): (u8, u8, Option<u32>)| {
            Seat::new(top, around, number.map(subject))
        };
        shows.into_iter().map(seat).collect()
    })
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.view.shows())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_viewers_are_told_rebuilds_their_windows(
        spec in spec(),
        built in prop::collection::vec(total(40, 9), 0..60),
        mut seats in seats(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut plain = Plain::new(spec);
        for total in &built {
            plain.apply(*total);
        }
        let mut board = Board::build(Epoch(0), spec, built);
        for step in steps.iter().chain(&[Step::Tick]) {
            match *step {
                Step::Apply(total) => {
                    prop_assert_eq!(board.apply([total]) == 1, plain.apply(total));
                }
                Step::Remove(number, version) => {
                    let subject = subject(number);
                    prop_assert_eq!(board.remove(subject, version), plain.remove(subject, version));
                }
                Step::Tick => {
                    let was_restless = board.is_restless();
                    prop_assert_eq!(board.tick().is_some(), was_restless);
                }
                Step::Look(who) => {
                    seats[who].look(&board);
                    if !board.is_restless() {
                        seats[who].assert_up_to_date(&plain);
                    }
                }
                Step::Resume(who) => seats[who].resume(),
                Step::Forget(who) => {
                    seats[who].view.forget();
                    seats[who].is_known = false;
                }
                Step::Rebuild => {
                    let epoch = Epoch(board.epoch().0 + 1);
                    board = Board::build(epoch, spec, plain.totals.values().copied());
                    plain.gone.clear();
                    for seat in &mut seats {
                        seat.is_known = false;
                    }
                }
            }
        }
        for seat in &mut seats {
            seat.look(&board);
            seat.assert_up_to_date(&plain);
        }
    }

    #[test]
    fn a_tick_names_all_that_moved_and_little_else(
        moves in prop::collection::vec((0..5_000u32, 0..40u32), 1..400),
    ) {
        let mut pending = Pending::default();
        for &(first, len) in &moves {
            let (from, to) = (Some(first), Some(first + len));
            pending.note(moves::Moved { from, to, reach: first + len });
        }
        let closed = pending.close(Tick(1));
        let spans = closed.spans();
        prop_assert!(spans.len() <= SPANS_MAX);
        for pair in spans.windows(2) {
            prop_assert!(pair[0].last + 1 < pair[1].first);
        }
        let is_moved = |at| moves.iter().any(|&(first, len)| first <= at && at <= first + len);
        for at in 0..5_100 {
            let shown = Span { first: at, last: at };
            prop_assert_eq!(closed.touches(shown), spans.iter().any(|span| span.touches(shown)));
            prop_assert!(closed.touches(shown) || !is_moved(at));
            prop_assert!(!closed.touches(shown) || is_moved(at) || spans.len() > SPANS_MAX / 2);
        }
    }
}

fn line(number: u32, score: i64, version: u64) -> Total {
    Total {
        subject: user(number),
        score,
        reached_at: Timestamp(version.cast_signed()),
        version,
    }
}

/// Who stands at position n is user n, with ten points less than the one before.
fn thousand() -> Board {
    let totals = (0..1_000).map(|number| line(number, 10_000 - i64::from(number) * 10, 1));
    Board::build(Epoch(1), Spec::default(), totals)
}

#[test]
fn a_viewer_far_away_is_told_nothing_and_one_nearby_only_what_moved() {
    let mut board = thousand();
    let mut near = Seat::new(3, 2, Some(user(500)));
    let mut far = Seat::new(3, 2, Some(user(800)));
    near.look(&board);
    far.look(&board);

    board.apply([line(503, 10_000 - 5_015, 2)]);
    let moves = board.tick().unwrap();
    let (first, last) = (502, 503);
    assert_eq!(moves.spans(), [Span { first, last }]);
    assert_eq!(far.view.look(&board), None);
    let change = near.view.look(&board).unwrap();
    assert_eq!(change.after, Some(Tick(0)));
    assert_eq!(change.rows.len(), 1);
    near.window.take(&change).unwrap();
    let shown: Vec<_> = near
        .window
        .rows()
        .map(|row| (row.place, row.subject))
        .collect();
    let expected = [(1, 0), (2, 1), (3, 2), (499, 498), (500, 499)];
    let expected = expected
        .into_iter()
        .chain([(501, 500), (502, 501), (503, 503)]);
    let expected: Vec<_> = expected
        .map(|(place, number)| (place, user(number)))
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn newcomers_far_below_are_counted_now_and_then() {
    let mut board = thousand();
    let mut seat = Seat::new(10, 0, None);
    seat.look(&board);
    let mut frames = 0;
    for number in 0..100 {
        board.apply([line(2_000 + number, -1, 1)]);
        board.tick();
        frames += usize::from(seat.view.look(&board).is_some());
    }
    assert!((5..=10).contains(&frames), "{frames}");
}

#[test]
fn who_comes_back_is_told_what_moved_or_everything() {
    let mut board = thousand();
    let seats = || {
        let mut seat = Seat::new(10, 0, Some(user(500)));
        seat.look(&thousand());
        seat.resume();
        seat
    };
    let rows = |board: &Board| {
        let change = seats().view.look(board).unwrap();
        (change.is_snapshot(), change.rows.len())
    };
    assert_eq!(rows(&board), (false, 0));
    board.apply([line(5, 10_000 - 35, 2)]);
    board.tick();
    assert_eq!(rows(&board), (false, 2));
    for round in 0..TICKS_KEPT as u64 - 1 {
        let jump = if round % 2 == 0 { 9 } else { 11 };
        board.apply([line(900, 10_000 - 9_000 + jump, round + 2)]);
        board.tick();
    }
    assert_eq!(rows(&board), (false, 2));
    board.apply([line(900, 0, 1_000)]);
    board.tick();
    assert_eq!(rows(&board), (true, 11), "memory does not reach back");

    let mut board = thousand();
    board.apply([line(700, 10_000 - 4_995, 2)]);
    board.tick();
    assert_eq!(rows(&board), (true, 11), "their own place has moved");
    let elsewhere = Board::build(Epoch(2), Spec::default(), []);
    assert_eq!(rows(&elsewhere), (true, 0));
}

#[test]
fn a_client_that_missed_a_change_notices() {
    let mut board = thousand();
    let mut seat = Seat::new(10, 0, None);
    seat.look(&board);
    board.apply([line(5, 10_000 - 35, 2)]);
    board.tick();
    seat.view.look(&board).unwrap();
    board.apply([line(6, 10_000 - 45, 2)]);
    board.tick();
    let change = seat.view.look(&board).unwrap();
    let before = seat.held();
    assert_eq!(seat.window.take(&change), Err(Missed));
    assert_eq!(before, seat.held());
    seat.view.forget();
    seat.is_known = false;
    seat.look(&board);
    assert_eq!(seat.held().0, board.ranking().top(10));
}

#[test]
fn a_board_is_written_as_the_protocol_says() {
    let id = "00000000-0000-0000-0000-000000000007";
    assert_eq!(to_value(user(7)).unwrap(), json!({ "user": id }));
    let team: Subject = from_value(json!({ "team": id })).unwrap();
    assert_eq!(team, Subject::Team(TeamId(Uuid::from_u128(7))));
    let board = Board::build(Epoch(3), Spec::default(), [line(7, 50, 1)]);
    let mut seat = Seat::new(1, 0, Some(user(7)));
    let change = seat.view.look(&board).unwrap();
    let own = json!({ "at": 0, "place": 1, "ahead": 0, "percentile": 100 });
    let row = json!({ "at": 0, "place": 1, "subject": { "user": id }, "score": 50 });
    let expected = json!({ "epoch": 3, "tick": 0, "count": 1, "own": own, "rows": [row] });
    assert_eq!(to_value(&change).unwrap(), expected);
    assert_eq!(from_value::<Change>(expected).unwrap(), change);
}

#[test]
fn nobody_shows_more_than_a_screen_holds() {
    let asked = json!({ "top": 255, "around": 255, "subject": null });
    let shows: Shows = from_value(asked).unwrap();
    assert_eq!(shows, Shows::new(TOP_MAX, AROUND_MAX, None));
    let mut view = View::new(Shows::new(u8::MAX, u8::MAX, Some(user(500))));
    let rows = view.look(&thousand()).unwrap().rows.len();
    assert_eq!(rows, usize::from(TOP_MAX) + 2 * usize::from(AROUND_MAX) + 1);
    assert_eq!(from_value::<Shows>(json!({})).unwrap(), Shows::default());
}
