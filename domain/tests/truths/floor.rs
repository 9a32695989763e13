//! Stepping in: whoever races whom, one speaks from a seat, and what was heard is kept.

use ludus_domain::audience::{Audience, Viewer};
use ludus_domain::game::deed;
use ludus_domain::ids::{RoomId, TurnId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Act, Barge, Command, DIRECTION_CHARS_MAX, DIRECTIONS_MAX, Event, Floor, HandBack, Phase, Room,
    RoomKind, SceneNotes, Sender, TurnEnd, WHISPER_MAX, Why,
};
use ludus_domain::slug::PersonaId;
use proptest::prelude::*;
use uuid::Uuid;

use crate::stage::{act, ask, asked, begin, finish, played, say, sender, user};

fn persona(name: &str) -> PersonaId {
    name.parse().unwrap()
}

/// Two learners (1 and 2) and two coaches without a seat (8 and 9).
fn coach() -> Sender {
    sender(9, Role::Coach)
}

fn other_coach() -> Sender {
    sender(8, Role::Coach)
}

fn take(name: &str) -> Command {
    Command::TakeOver {
        persona: persona(name),
    }
}

fn say_as(name: &str, text: &str) -> Command {
    Command::SayAs {
        persona: persona(name),
        text: text.into(),
    }
}

fn back(name: &str, note: Option<&str>) -> Command {
    Command::HandBack {
        persona: persona(name),
        note: note.map(str::to_owned),
        heeds: None,
    }
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::kind).collect()
}

fn stopped(turn: u64, attempt: u8, text: &str) -> Act {
    Act::Finish {
        turn: TurnId(turn),
        attempt,
        text: text.into(),
        end: TurnEnd::Stopped,
        engine: "offline".into(),
        notes: SceneNotes::default(),
    }
}

/// Ann has begun to answer the first learner.
fn speaking() -> Room {
    let mut room = played(&["Ann"], Floor::Free, Barge::Queue);
    say(&mut room, 1, "Hello");
    act(&mut room, &begin(1, 1)).unwrap();
    room
}

/// And a coach has taken her seat from her.
fn taken() -> Room {
    let mut room = speaking();
    ask(&mut room, &coach(), &take("ann")).unwrap();
    act(&mut room, &stopped(1, 1, "Hello to")).unwrap();
    room
}

#[test]
fn a_coach_takes_the_seat_speaks_from_it_and_gives_it_back() {
    let mut room = speaking();
    let events = ask(&mut room, &coach(), &take("ann")).unwrap();
    assert_eq!(kinds(&events), ["seat_taken", "turn_stopped"]);
    let early = ask(&mut room, &coach(), &say_as("ann", "Me now."));
    assert_eq!(early, Err(Refusal::Conflict), "she is not heard out yet");
    act(&mut room, &stopped(1, 1, "Hello to")).unwrap();
    let events = ask(&mut room, &coach(), &say_as("ann", " Me now. ")).unwrap();
    let [
        Event::Said {
            text,
            as_persona: Some(as_persona),
            ..
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!((text.as_str(), as_persona), ("Me now.", &persona("ann")));
    let events = ask(&mut room, &coach(), &back("ann", None)).unwrap();
    assert_eq!(kinds(&events), ["seat_handed_back"], "nobody waits");
    assert_eq!(say(&mut room, 1, "Ah"), ["ann"]);
}

#[test]
fn a_seat_has_one_coach() {
    let mut room = taken();
    assert_eq!(ask(&mut room, &coach(), &take("ann")), Ok(vec![]));
    for command in [take("ann"), say_as("ann", "Hi"), back("ann", None)] {
        let refused = ask(&mut room, &other_coach(), &command);
        assert_eq!(refused, Err(Refusal::SeatHeld), "{command:?}");
    }
    ask(&mut room, &coach(), &back("ann", None)).unwrap();
    for command in [say_as("ann", "Hi"), back("ann", None)] {
        let refused = ask(&mut room, &coach(), &command);
        assert_eq!(refused, Err(Refusal::SeatNotHeld), "{command:?}");
    }
    ask(&mut room, &other_coach(), &take("ann")).unwrap();
    assert_eq!(room.stage.held[&persona("ann")].take, 2);
    let nobody = ask(&mut room, &coach(), &take("zoe"));
    assert_eq!(nobody, Err(Refusal::NoSuchMember));
}

#[test]
fn whoever_opened_the_room_steps_into_nothing() {
    let mut room = speaking();
    room.evolve(&Event::Joined {
        user: user(1),
        name: "host".into(),
        host: true,
    });
    let host = sender(1, Role::Learner);
    assert!(room.moderates(&host));
    let direct = Command::Direct {
        persona: persona("ann"),
        text: "Be kind.".into(),
        heeds: None,
    };
    let whisper = Command::Whisper {
        to: vec![user(2)],
        text: "Psst".into(),
        hint: false,
    };
    for command in [
        take("ann"),
        say_as("ann", "Hi"),
        back("ann", None),
        direct,
        whisper,
        Command::Announce { text: "Hi".into() },
        Command::Extend { minutes: 5 },
    ] {
        let refused = ask(&mut room, &host, &command);
        assert_eq!(refused, Err(Refusal::Forbidden), "{command:?}");
    }
}

#[test]
fn while_a_coach_has_the_seat_lines_wait_for_the_coach() {
    let mut room = played(&["Ann", "Ben"], Floor::Free, Barge::Interrupt);
    assert_eq!(say(&mut room, 1, "Hello"), ["ann", "ben"]);
    let events = ask(&mut room, &coach(), &take("ann")).unwrap();
    assert_eq!(kinds(&events), ["seat_taken", "spoke"], "nobody had begun");
    assert_eq!(
        room.stage.held[&persona("ann")].asked_by,
        Some(user(1)),
        "the line she had not begun to answer is the coach's to answer"
    );
    act(&mut room, &begin(2, 1)).unwrap();
    let named = asked(&act(&mut room, &finish(2, 1, "Ann should say.")).unwrap());
    assert!(named.is_empty(), "a coach is not asked by a persona");
    let events = ask(
        &mut room,
        &coach(),
        &say_as("ann", "Ben, what do you think?"),
    )
    .unwrap();
    assert_eq!(asked(&events), ["ben"], "others hear what she says");
    assert_eq!(room.stage.held[&persona("ann")].asked_by, None);
    assert_eq!(say(&mut room, 2, "Ann?"), Vec::<String>::new());
    assert_eq!(room.stage.held[&persona("ann")].asked_by, Some(user(2)));
    assert_eq!(say(&mut room, 1, "Ann!"), Vec::<String>::new());
    assert_eq!(
        room.stage.held[&persona("ann")].asked_by,
        Some(user(2)),
        "who waits first"
    );
}

#[test]
fn who_waits_is_answered_by_the_persona_that_comes_back() {
    let mut room = taken();
    let line = Command::Say {
        text: "And what is the price?".into(),
        reply_to: None,
        mentions: vec![],
    };
    let events = ask(&mut room, &sender(1, Role::Learner), &line).unwrap();
    assert_eq!(kinds(&events), ["said", "seat_asked"]);
    let events = ask(&mut room, &coach(), &back("ann", Some("Not below 90."))).unwrap();
    assert_eq!(
        kinds(&events),
        ["seat_handed_back", "directed", "turn_asked"]
    );
    let Event::TurnAsked {
        turn,
        why: Why::HandedBack,
        asked_by,
        ..
    } = &events[2]
    else {
        panic!("{events:?}");
    };
    assert_eq!((*turn, *asked_by), (TurnId(2), Some(user(1))));
    assert_eq!(room.directions[&persona("ann")], ["Not below 90."]);
    act(&mut room, &begin(2, 1)).unwrap();
}

#[test]
fn a_seat_given_back_before_anything_was_heard_is_answered_from() {
    let mut room = speaking();
    ask(&mut room, &coach(), &take("ann")).unwrap();
    let events = ask(&mut room, &coach(), &back("ann", None)).unwrap();
    assert_eq!(kinds(&events), ["seat_handed_back", "turn_asked"]);
    assert_eq!(act(&mut room, &begin(2, 1)), Err(Refusal::Conflict));
    act(&mut room, &stopped(1, 1, "")).unwrap();
    act(&mut room, &begin(2, 1)).unwrap();
}

#[test]
fn an_answer_from_before_the_coach_spoke_is_not_the_last_one() {
    let mut room = taken();
    let again = Command::Regenerate { turn: TurnId(1) };
    let learner = sender(1, Role::Learner);
    assert_eq!(ask(&mut room, &learner, &again), Err(Refusal::SeatHeld));
    ask(&mut room, &coach(), &say_as("ann", "Me now.")).unwrap();
    ask(&mut room, &coach(), &back("ann", None)).unwrap();
    assert_eq!(ask(&mut room, &learner, &again), Err(Refusal::NoSuchTurn));
}

#[test]
fn whoever_goes_gives_the_seat_back() {
    let seated = || {
        let mut room = taken();
        room.evolve(&Event::Joined {
            user: user(9),
            name: "coach".into(),
            host: false,
        });
        say(&mut room, 1, "Are you there?");
        room
    };
    let why = |events: &[Event]| {
        let back = events.iter().find_map(|event| match event {
            Event::SeatHandedBack { why, .. } => Some(*why),
            _ => None,
        });
        back.unwrap()
    };
    let mut room = seated();
    let events = ask(&mut room, &coach(), &Command::Leave {}).unwrap();
    assert_eq!(kinds(&events), ["left", "seat_handed_back", "turn_asked"]);
    assert_eq!(why(&events), HandBack::Left);
    let mut room = seated();
    let remove = Command::Remove { user: user(9) };
    let events = ask(&mut room, &other_coach(), &remove).unwrap();
    assert_eq!(
        kinds(&events),
        ["removed", "seat_handed_back", "turn_asked"]
    );
    let mut room = seated();
    let events = ask(&mut room, &other_coach(), &Command::End {}).unwrap();
    assert_eq!(kinds(&events), ["phase_changed", "seat_handed_back"]);
    assert_eq!(why(&events), HandBack::Over);
    let mut room = seated();
    let events = act(&mut room, &Act::CloseScene {}).unwrap();
    assert_eq!(kinds(&events), ["scene_closed", "seat_handed_back"]);
    let late = ask(&mut room, &coach(), &take("ann"));
    assert_eq!(late, Err(Refusal::NotLive));
}

#[test]
fn a_coach_nobody_hears_of_gives_back_the_seat_of_that_time() {
    let mut room = taken();
    let release = |take| Act::Release {
        persona: persona("ann"),
        take,
    };
    assert_eq!(act(&mut room, &release(2)), Err(Refusal::Conflict));
    let events = act(&mut room, &release(1)).unwrap();
    assert_eq!(kinds(&events), ["seat_handed_back"]);
    assert_eq!(act(&mut room, &release(1)), Err(Refusal::Conflict));
    ask(&mut room, &coach(), &take("ann")).unwrap();
    assert_eq!(
        act(&mut room, &release(1)),
        Err(Refusal::Conflict),
        "that was another time"
    );
    let room_id = RoomId(Uuid::from_u128(1));
    assert_ne!(release(1).id(room_id, 5), release(2).id(room_id, 5));
    assert_eq!(release(1).id(room_id, 5), release(1).id(room_id, 6));
}

#[test]
fn nobody_is_to_be_spoken_for_before_the_scene_or_without_one() {
    let mut room = played(&["Ann"], Floor::Free, Barge::Queue);
    assert_eq!(
        ask(&mut room, &coach(), &take("ann")),
        Err(Refusal::NotLive),
        "nobody has begun to play"
    );
    let mut room = taken();
    room.evolve(&Event::PhaseChanged {
        phase: Phase::Paused,
    });
    ask(&mut room, &coach(), &say_as("ann", "One moment.")).unwrap();
    say(&mut taken(), 1, "Yes?");
    let events = ask(&mut room, &coach(), &back("ann", None)).unwrap();
    assert_eq!(kinds(&events), ["seat_handed_back"]);
}

#[test]
fn a_line_from_a_seat_pays_nobody() {
    let mut room = taken();
    let events = ask(&mut room, &coach(), &say_as("ann", "Me now.")).unwrap();
    let room_id = RoomId(Uuid::nil());
    let by = user(9);
    assert!(deed::of_room(room_id, RoomKind::Practice, by, &events[0]).is_empty());
    let own = Event::said("Me now.", vec![]);
    assert_eq!(
        deed::of_room(room_id, RoomKind::Practice, by, &own).len(),
        1
    );
}

#[test]
fn what_is_whispered_is_between_the_coaches_and_who_it_is_for() {
    let mut room = taken();
    let whisper = |to| Command::Whisper {
        to,
        text: "Ask why.".into(),
        hint: true,
    };
    let events = ask(&mut room, &coach(), &whisper(vec![user(1), user(1)])).unwrap();
    let sees = |n: u128, role: Role| {
        let viewer = Viewer {
            user: user(n),
            role,
            guest: false,
        };
        events[0].audience().admits(viewer)
    };
    assert!(sees(1, Role::Learner) && sees(8, Role::Coach));
    assert!(!sees(2, Role::Learner) && !sees(9, Role::Spectator));
    assert!(!events[0].moves_guard(), "nothing depends on it");
    let nobody = ask(&mut room, &coach(), &whisper(vec![user(7)]));
    assert_eq!(nobody, Err(Refusal::NoSuchMember));
    let none = ask(&mut room, &coach(), &whisper(vec![]));
    assert_eq!(none, Err(Refusal::FieldInvalid));
    let crowd = (0..=WHISPER_MAX as u128).map(user).collect();
    let many = ask(&mut room, &coach(), &whisper(crowd));
    assert_eq!(many, Err(Refusal::FieldInvalid));
}

#[test]
fn directions_are_few_short_private_and_can_be_taken_back() {
    let mut room = taken();
    let direct = |text: &str| Command::Direct {
        persona: persona("ann"),
        text: text.into(),
        heeds: None,
    };
    assert_eq!(ask(&mut room, &coach(), &direct("  ")), Ok(vec![]));
    for n in 0..5 {
        let events = ask(&mut room, &coach(), &direct(&format!("number {n}"))).unwrap();
        let nobody_else = Audience::AtLeast {
            role: Role::Coach,
            or: [].into(),
        };
        assert_eq!(events[0].audience(), nobody_else);
    }
    assert_eq!(room.directions[&persona("ann")].len(), DIRECTIONS_MAX);
    assert_eq!(room.directions[&persona("ann")][2], "number 4");
    let long = "x".repeat(DIRECTION_CHARS_MAX + 1);
    let refused = ask(&mut room, &coach(), &direct(&long));
    assert_eq!(refused, Err(Refusal::TextTooLong));
    let refused = ask(&mut room, &coach(), &back("ann", Some(&long)));
    assert_eq!(refused, Err(Refusal::TextTooLong));
    assert!(room.stage.held.contains_key(&persona("ann")));
    ask(&mut room, &coach(), &direct("")).unwrap();
    assert!(room.directions.is_empty());
}

#[test]
fn a_practice_gets_more_time_within_reason() {
    let mut room = taken();
    let extend = |minutes| Command::Extend { minutes };
    assert_eq!(
        ask(&mut room, &coach(), &extend(5)),
        Err(Refusal::NotLive),
        "it has no end"
    );
    room.plan.scene.as_mut().unwrap().minutes = Some(10);
    for wrong in [0, 121, u16::MAX] {
        let refused = ask(&mut room, &coach(), &extend(wrong));
        assert_eq!(refused, Err(Refusal::FieldInvalid));
    }
    ask(&mut room, &coach(), &extend(5)).unwrap();
    let minutes = |room: &Room| room.plan.scene.as_ref().unwrap().minutes;
    assert_eq!(minutes(&room), Some(15));
    for _ in 0..20 {
        ask(&mut room, &coach(), &extend(120)).ok();
    }
    assert!(minutes(&room) <= Some(24 * 60));
    act(&mut room, &Act::CloseScene {}).unwrap();
    assert_eq!(ask(&mut room, &coach(), &extend(5)), Err(Refusal::NotLive));
}

#[derive(Clone, Debug)]
enum Move {
    Say(u128, &'static str),
    Take(u128, &'static str),
    SayAs(u128, &'static str),
    Back(u128, &'static str, bool),
    Stop(u64),
    Again(u64),
    Go(u128),
    Release(&'static str, u64),
    Begin(u64, u8, bool),
    Finish(u64, u8),
    Pause(bool),
    Close,
    End,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = || prop::sample::select(vec![1_u128, 2, 8, 9]);
    let seat = || prop::sample::select(vec!["ann", "ben"]);
    let turn = || 1..12_u64;
    let one = prop_oneof![
        8 => (1..3_u128, prop::sample::select(vec!["Hello", "Ann?", "Ben!", "Ann, Ben"]))
            .prop_map(|(n, text)| Move::Say(n, text)),
        5 => (who(), seat()).prop_map(|(n, p)| Move::Take(n, p)),
        6 => (who(), seat()).prop_map(|(n, p)| Move::SayAs(n, p)),
        4 => (who(), seat(), any::<bool>()).prop_map(|(n, p, note)| Move::Back(n, p, note)),
        1 => turn().prop_map(Move::Stop),
        1 => turn().prop_map(Move::Again),
        1 => who().prop_map(Move::Go),
        1 => (seat(), 1..4_u64).prop_map(|(p, take)| Move::Release(p, take)),
        8 => (turn(), 0..4_u8, any::<bool>()).prop_map(|(t, a, r)| Move::Begin(t, a, r)),
        8 => (turn(), 0..4_u8).prop_map(|(t, a)| Move::Finish(t, a)),
        1 => any::<bool>().prop_map(Move::Pause),
        1 => prop::sample::select(vec![Move::Close, Move::End]),
    ];
    prop::collection::vec(one, 1..80)
}

fn order(one: &Move) -> Result<(u128, Command), Box<Act>> {
    Ok(match one {
        Move::Say(n, text) => {
            let text = (*text).into();
            let say = Command::Say {
                text,
                reply_to: None,
                mentions: vec![],
            };
            (*n, say)
        }
        Move::Take(n, name) => (*n, take(name)),
        Move::SayAs(n, name) => (*n, say_as(name, "Ann and Ben, and a coach")),
        Move::Back(n, name, note) => (*n, back(name, note.then_some("kinder"))),
        Move::Stop(turn) => (
            1,
            Command::StopTurn {
                turn: TurnId(*turn),
            },
        ),
        Move::Again(turn) => (
            1,
            Command::Regenerate {
                turn: TurnId(*turn),
            },
        ),
        Move::Go(n) => (*n, Command::Leave {}),
        Move::Pause(true) => (9, Command::Pause {}),
        Move::Pause(false) => (9, Command::Unpause {}),
        Move::End => (9, Command::End {}),
        Move::Release(name, take) => {
            return Err(Box::new(Act::Release {
                persona: persona(name),
                take: *take,
            }));
        }
        Move::Begin(turn, attempt, recovery) => {
            return Err(Box::new(Act::Begin {
                turn: TurnId(*turn),
                attempt: *attempt,
                recovery: *recovery,
            }));
        }
        Move::Finish(turn, attempt) => {
            return Err(Box::new(finish(*turn, *attempt, "Ann, Ben and all")));
        }
        Move::Close => return Err(Box::new(Act::CloseScene {})),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    /// Whatever races: from a seat speaks its persona or one coach, never both, turns close once,
    /// and nobody holds a seat in a scene that is over.
    #[test]
    fn one_voice_in_a_seat(
        moves in moves(),
        floor in prop::sample::select(vec![Floor::Free, Floor::Addressed, Floor::RoundRobin]),
        barge in prop::sample::select(vec![Barge::Queue, Barge::Steer, Barge::Interrupt]),
    ) {
        let mut room = played(&["Ann", "Ben"], floor, barge);
        room.evolve(&Event::Joined { user: user(9), name: "coach".into(), host: false });
        let mut closed = std::collections::BTreeSet::new();
        let mut history = vec![];
        let mut first = room.clone();
        for one in &moves {
            let before = room.clone();
            let events = match order(one) {
                Ok((n, command)) => {
                    let role = if n > 2 { Role::Coach } else { Role::Learner };
                    ask(&mut room, &sender(n, role), &command)
                }
                Err(by_hub) => act(&mut room, &by_hub),
            };
            let events = events.unwrap_or_default();
            for event in &events {
                match event {
                    Event::Spoke { turn, .. } => {
                        prop_assert!(closed.insert(*turn), "closed twice");
                    }
                    Event::Said { as_persona: Some(persona), .. } => {
                        let Move::SayAs(n, _) = one else { panic!("{one:?}") };
                        prop_assert_eq!(before.stage.held[persona].by, user(*n));
                        let is_open = before.stage.open.values().any(|turn| turn.persona == *persona);
                        prop_assert!(!is_open, "spoke over the persona");
                    }
                    Event::TurnBegun { turn, .. } => {
                        let persona = &before.stage.open[turn].persona;
                        prop_assert!(!before.stage.held.contains_key(persona), "spoke over the coach");
                    }
                    _ => {}
                }
            }
            for (persona, held) in &room.stage.held {
                prop_assert!(held.take <= room.stage.takes);
                let goes_on = room.stage.open.values().any(|turn| turn.persona == *persona && !turn.stopped);
                prop_assert!(!goes_on, "both speak");
            }
            if room.scene_closed || room.phase == Phase::Ended {
                prop_assert!(room.stage.held.is_empty(), "held after the end");
            }
            history.extend(events);
        }
        for event in history.iter().filter(|event| event.moves_guard()) {
            first.evolve(event);
        }
        prop_assert_eq!(first, room, "a room is its history");
    }
}
