mod alerts;
mod flow;
mod signals;
mod totals;

use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use super::*;
use crate::audience::Audience;
use crate::ids::TurnId;
use crate::journal::{Fact, Recorded};
use crate::room::{
    Event, Phase, Room, RoomKind, RoomPlan, Scene, SceneNotes, Seat, Seated, TurnEnd, Why,
};

pub(super) fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(super) fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(1_000_000 + n))
}

pub(super) fn recorded(seq: u64, ms: i64, by: Option<UserId>, event: Event) -> Recorded {
    Recorded {
        seq: Seq(seq),
        at: Timestamp(ms),
        by,
        audience: Audience::All,
        fact: Fact::Room(event),
    }
}

pub(super) fn said(text: &str) -> Event {
    Event::said(text, vec![])
}

/// A persona speaks, and a goal is met with it.
pub(super) fn spoke(goals: &[&str]) -> Event {
    Event::Spoke {
        turn: TurnId(1),
        attempt: 1,
        persona: "mara".parse().expect("a name"),
        text: "Go on.".into(),
        end: TurnEnd::Done,
        why: Why::Line,
        of: None,
        engine: String::new(),
        notes: SceneNotes {
            goals_met: goals
                .iter()
                .map(|goal| goal.parse().expect("a name"))
                .collect(),
            ..SceneNotes::default()
        },
        retracted: false,
        hidden: false,
    }
}

pub(super) fn opening() -> Event {
    Event::TurnAsked {
        turn: TurnId(1),
        persona: "mara".parse().expect("a name"),
        why: Why::Opening,
        of: None,
        asked_by: None,
        depth: 0,
    }
}

fn plan(kind: RoomKind) -> RoomPlan {
    RoomPlan {
        kind,
        entry: crate::room::Entry::Invitation,
        title: "Ask for a raise".into(),
        capacity: 4,
        lobby: false,
        scene: Some(Scene {
            scenario: None,
            cast: vec![Seated {
                persona: "mara".parse().expect("a name"),
                name: "Mara".into(),
                title: "Boss".into(),
            }],
            floor: crate::room::Floor::Free,
            barge: crate::room::Barge::Queue,
            harder: 0,
            minutes: None,
            edition: crate::content::Edition::SHIPPED,
        }),
    }
}

/// A practice of one learner that has begun: opened, joined, the persona asked to speak.
pub(super) fn practice(n: u128, kind: RoomKind, ms: i64) -> Hosted {
    let plan = plan(kind);
    let mut state = Room::open(plan.clone(), None);
    let seat = Seat {
        name: format!("L{n}"),
        host: false,
        muted: false,
        muted_until: None,
        hand: None,
    };
    state.members.insert(user(n), seat);
    let joined = Event::Joined {
        user: user(n),
        name: format!("L{n}"),
        host: false,
    };
    Hosted {
        room: room(n),
        state,
        head: Seq(3),
        events: vec![
            recorded(1, ms, None, Event::Opened { plan }),
            recorded(2, ms, Some(user(n)), joined),
            recorded(3, ms, None, opening()),
        ],
        goals: 3,
    }
}

/// Read once: every test has a desk.
static SHIPPED: LazyLock<Arc<Signals>> = LazyLock::new(read_shipped);

pub(super) fn shipped() -> Arc<Signals> {
    Arc::clone(&SHIPPED)
}

fn read_shipped() -> Arc<Signals> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../content/signals");
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = format!("signals/{}", name.expect("a name"));
        files.push((name, std::fs::read_to_string(&path).expect("a text")));
    }
    let files = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    Arc::new(Signals::load(files).expect("whole"))
}

/// A desk with so many learners, each in a practice of their own that began at 0.
pub(super) fn desk(learners: u128, kind: RoomKind) -> Desk {
    let mut desk = Desk::new(Epoch(1), shipped());
    for n in 1..=learners {
        let learner = Learner {
            name: format!("L{n}"),
            ..Learner::default()
        };
        assert!(desk.enroll(user(n), learner));
        desk.host(&practice(n, kind, 0));
        desk.present(user(n), Whereabouts::Online, Timestamp(0));
    }
    desk
}

pub(super) fn row(desk: &Desk, n: u128) -> DeskRow {
    let shown = desk.rows().find(|row| row.user == user(n));
    shown.expect("a row").clone()
}

#[test]
fn a_row_tells_how_it_goes_and_why_somebody_should_look() {
    let mut desk = desk(1, RoomKind::Practice);
    let events = [
        recorded(4, 1_000, None, spoke(&[])),
        recorded(
            5,
            2_000,
            Some(user(1)),
            said("Thank you for your time today."),
        ),
        recorded(6, 3_000, None, spoke(&["opens-well"])),
        recorded(
            7,
            4_000,
            Some(user(1)),
            Event::HandRaised {
                user: user(1),
                up: true,
            },
        ),
    ];
    assert_eq!(desk.heard(room(1), &events), None);
    let (moved, raised) = desk.tick(Timestamp(5_000));
    assert!(moved && raised.is_empty(), "{raised:?}");
    let row = row(&desk, 1);
    let place = row.room.as_ref().expect("sits in a room");
    assert_eq!(
        (place.goals_met, place.goals, place.since),
        (1, 3, Some(Timestamp(0)))
    );
    assert_eq!(
        (row.lines, row.hand, row.online),
        (1, Some(Timestamp(4_000)), true)
    );
    assert_eq!(row.active_at, Some(Timestamp(4_000)));
    assert_eq!(row.reasons.len(), 1);
    assert_eq!(
        row.attention,
        row.reasons.iter().map(|reason| reason.points).sum::<u16>()
    );
    let change = desk.since(None);
    let headlines = change.headlines.expect("news");
    assert!(
        headlines
            .iter()
            .any(|line| line.kind == headline::HeadlineKind::GoalsMet)
    );
    // Nothing happens: nothing is told.
    assert!(!desk.tick(Timestamp(5_250)).0);
}

#[test]
fn what_was_missed_is_asked_for_and_taken_in_once() {
    let mut desk = desk(1, RoomKind::Practice);
    let line = |seq| {
        recorded(
            seq,
            1_000,
            Some(user(1)),
            said("One more line to count here."),
        )
    };
    let missed = desk.heard(room(1), &[line(6)]).expect("a gap");
    assert_eq!(missed.after, Seq(3));
    assert_eq!(desk.heard(room(1), &[line(4), line(5)]), None);
    assert_eq!(desk.heard(room(1), &[line(4), line(5), line(6)]), None);
    desk.tick(Timestamp(2_000));
    assert_eq!(row(&desk, 1).lines, 3);
}

#[test]
fn a_pause_rests_the_clock_and_the_end_of_a_room_frees_its_place() {
    let mut desk = desk(1, RoomKind::Practice);
    let phase = |seq, ms, phase| recorded(seq, ms, None, Event::PhaseChanged { phase });
    desk.heard(room(1), &[phase(4, 60_000, Phase::Paused)]);
    desk.tick(Timestamp(61_000));
    let place = row(&desk, 1).room.expect("a room");
    assert_eq!((place.live_ms, place.since), (60_000, None));
    desk.heard(room(1), &[phase(5, 90_000, Phase::Live)]);
    desk.tick(Timestamp(91_000));
    let place = row(&desk, 1).room.expect("a room");
    assert_eq!(
        (place.live_ms, place.since),
        (60_000, Some(Timestamp(90_000)))
    );
    desk.forsake(room(1));
    desk.tick(Timestamp(92_000));
    assert_eq!(row(&desk, 1).room, None);
}

#[test]
fn a_coach_in_a_personas_seat_is_shown_and_owed_an_answer_as_it_is() {
    let mut desk = desk(1, RoomKind::Practice);
    let persona = || "mara".parse().expect("a name");
    let taken = Event::SeatTaken {
        persona: persona(),
        by: user(99),
        name: "Cora".into(),
        take: 1,
    };
    let mut line = said("And what else?");
    if let Event::Said { as_persona, .. } = &mut line {
        *as_persona = Some(persona());
    }
    let events = [
        recorded(4, 1_000, Some(user(99)), taken),
        recorded(5, 2_000, Some(user(99)), line),
    ];
    assert_eq!(desk.heard(room(1), &events), None);
    desk.tick(Timestamp(2_000));
    let shown = row(&desk, 1);
    assert_eq!(
        shown.room.as_ref().and_then(|room| room.taken_by),
        Some(user(99))
    );
    assert_eq!(shown.lines, 0, "it is not the learner's line");
    desk.tick(Timestamp(200_000));
    assert!(
        row(&desk, 1)
            .reasons
            .iter()
            .any(|reason| reason.why == super::row::Why::Quiet)
    );
}
