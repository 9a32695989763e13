use uuid::Uuid;

use super::viewer::{Shows, View};
use super::window::Window;
use super::*;

fn user(number: u32) -> Subject {
    Subject::User(UserId(Uuid::from_u128(number.into())))
}

fn total(number: u32, score: i64, version: u64) -> Total {
    Total {
        subject: user(number),
        score,
        reached_at: Timestamp(i64::try_from(version).unwrap()),
        version,
    }
}

#[test]
fn a_viewer_far_away_is_told_nothing_and_one_nearby_only_what_moved() {
    let totals = (0..1_000).map(|number| total(number, 10_000 - i64::from(number) * 10, 1));
    let mut board = Board::build(Epoch(1), Spec::default(), totals);
    let shows = |number| Shows::new(3, 2, Some(user(number)));
    let mut near = (View::new(shows(500)), Window::new(shows(500)));
    let mut far = View::new(shows(800));
    near.1.take(&near.0.look(&board).unwrap()).unwrap();
    assert_eq!(far.look(&board).unwrap().rows.len(), 8);

    board.apply([total(503, 10_000 - 5_015, 2)]);
    let moves = board.tick().unwrap();
    assert_eq!(
        moves.spans(),
        [moves::Span {
            first: 502,
            last: 503
        }]
    );
    assert_eq!(far.look(&board), None);
    let change = near.0.look(&board).unwrap();
    assert_eq!(change.after, Some(Tick(0)));
    assert_eq!(change.rows.len(), 1);
    near.1.take(&change).unwrap();
    let shown: Vec<_> = near.1.rows().map(|row| (row.place, row.subject)).collect();
    let expected = [
        (1, 0),
        (2, 1),
        (3, 2),
        (499, 498),
        (500, 499),
        (501, 500),
        (502, 501),
        (503, 503),
    ];
    assert_eq!(shown, expected.map(|(place, number)| (place, user(number))));
}
