//! Who of the personas speaks, and that nobody ever speaks twice at once.

use ludus_domain::ids::{TurnId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Act, Barge, Command, Entry, Event, Floor, LineFact, Moment, Room, RoomKind, RoomPlan, Scene,
    SceneNotes, Seated, Sender, TurnEnd, Why,
};
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(crate) fn sender(n: u128, role: Role) -> Sender {
    Sender {
        user: user(n),
        role,
        guest: false,
        name: format!("user {n}"),
        session: None,
        moment: Moment::default(),
    }
}

/// A room with these personas, where learners 1 and 2 sit.
pub(crate) fn played(cast: &[&str], floor: Floor, barge: Barge) -> Room {
    let seat = |name: &&str| Seated {
        persona: name.to_lowercase().parse().unwrap(),
        name: format!("{name} Surname"),
        title: "Somebody".into(),
    };
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Open,
        title: "Practice".into(),
        capacity: 10,
        lobby: false,
        scene: Some(Scene {
            scenario: None,
            cast: cast.iter().map(seat).collect(),
            floor,
            barge,
            harder: 0,
            minutes: None,
            edition: ludus_domain::content::Edition::SHIPPED,
        }),
    };
    let mut room = Room::open(plan, None);
    for n in [1, 2] {
        room.evolve(&Event::Joined {
            user: user(n),
            name: format!("user {n}"),
            host: false,
        });
    }
    room
}

pub(crate) fn ask(room: &mut Room, who: &Sender, command: &Command) -> Result<Vec<Event>, Refusal> {
    let line = LineFact {
        author: Some(who.user),
        retracted: false,
        hidden: false,
    };
    let events = room.decide(who, command, Some(line))?;
    for event in &events {
        room.evolve(event);
    }
    Ok(events)
}

pub(crate) fn act(room: &mut Room, act: &Act) -> Result<Vec<Event>, Refusal> {
    let events = room.decide_act(act, None)?;
    for event in &events {
        room.evolve(event);
    }
    Ok(events)
}

pub(crate) fn say(room: &mut Room, n: u128, text: &str) -> Vec<String> {
    let command = Command::Say {
        text: text.into(),
        reply_to: None,
        mentions: vec![],
    };
    let events = ask(room, &sender(n, Role::Learner), &command).unwrap();
    asked(&events)
}

pub(crate) fn asked(events: &[Event]) -> Vec<String> {
    let asked = events.iter().filter_map(|event| match event {
        Event::TurnAsked { persona, .. } => Some(persona.to_string()),
        _ => None,
    });
    asked.collect()
}

pub(crate) fn begin(turn: u64, attempt: u8) -> Act {
    Act::Begin {
        turn: TurnId(turn),
        attempt,
        recovery: false,
    }
}

pub(crate) fn finish(turn: u64, attempt: u8, text: &str) -> Act {
    Act::Finish {
        turn: TurnId(turn),
        attempt,
        text: text.into(),
        end: TurnEnd::Done,
        engine: "offline".into(),
        notes: SceneNotes::default(),
    }
}

fn speak(room: &mut Room, turn: u64, text: &str) -> Vec<String> {
    act(room, &begin(turn, 1)).unwrap();
    asked(&act(room, &finish(turn, 1, text)).unwrap())
}

#[test]
fn who_answers_is_the_floors_to_say_and_whoever_is_named() {
    let mut room = played(&["Ann", "Ben", "Cleo"], Floor::RoundRobin, Barge::Queue);
    assert_eq!(say(&mut room, 1, "Hello everybody"), ["ann"]);
    speak(&mut room, 1, "Hello.");
    assert_eq!(say(&mut room, 1, "And now?"), ["ben"]);
    speak(&mut room, 2, "Now me.");
    assert_eq!(say(&mut room, 2, "What does ann think?"), ["ann"]);
    speak(&mut room, 3, "Much.");
    assert_eq!(say(&mut room, 2, "Benjamin is nobody here"), ["ben"]);

    let mut room = played(&["Ann", "Ben", "Cleo"], Floor::Addressed, Barge::Queue);
    assert!(say(&mut room, 1, "Hello everybody").is_empty());
    assert_eq!(say(&mut room, 1, "Cleo, Ben?"), ["ben", "cleo"]);

    let mut room = played(&["Ann", "Ben", "Cleo"], Floor::Moderated, Barge::Queue);
    assert_eq!(say(&mut room, 1, "Hello everybody"), ["ann"]);

    let mut room = played(&["Ann", "Ben", "Cleo"], Floor::Free, Barge::Queue);
    assert_eq!(say(&mut room, 1, "Hello everybody"), ["ann", "ben"]);
}

#[test]
fn personas_answer_each_other_and_come_to_an_end() {
    let mut room = played(&["Ann", "Ben"], Floor::Addressed, Barge::Queue);
    assert_eq!(say(&mut room, 1, "Ann, what do you say?"), ["ann"]);
    let mut turn = 1;
    let mut spoken = 0;
    let mut next = speak(&mut room, turn, "Ask Ben, not me.");
    while let Some(who) = next.first() {
        spoken += 1;
        assert!(spoken <= 4, "they talk for ever");
        turn += 1;
        let other = if who == "ben" { "Ann" } else { "Ben" };
        next = speak(&mut room, turn, &format!("No, {other} should say."));
    }
    assert_eq!(spoken, 2, "two deep, then it is somebody's turn again");
}

#[test]
fn a_line_while_it_speaks_waits_interrupts_or_steers() {
    for (barge, wanted) in [
        (Barge::Queue, vec!["said", "turn_asked"]),
        (Barge::Interrupt, vec!["said", "turn_stopped", "turn_asked"]),
        (Barge::Steer, vec!["said", "turn_steered"]),
    ] {
        let mut room = played(&["Ann"], Floor::Free, barge);
        say(&mut room, 1, "Hello");
        act(&mut room, &begin(1, 1)).unwrap();
        let command = Command::Say {
            text: "And another thing".into(),
            reply_to: None,
            mentions: vec![],
        };
        let events = ask(&mut room, &sender(1, Role::Learner), &command).unwrap();
        let kinds: Vec<_> = events.iter().map(Event::kind).collect();
        assert_eq!(kinds, wanted);
        // Whoever waits already hears the next line as well.
        if barge == Barge::Queue {
            assert!(say(&mut room, 1, "And a third").is_empty());
        }
    }
}

#[test]
fn one_attempt_speaks_and_the_others_are_refused() {
    let mut room = played(&["Ann"], Floor::Free, Barge::Interrupt);
    say(&mut room, 1, "Hello");
    assert_eq!(act(&mut room, &begin(1, 2)), Err(Refusal::Conflict));
    act(&mut room, &begin(1, 1)).unwrap();
    assert_eq!(act(&mut room, &begin(1, 1)), Err(Refusal::Conflict));
    let recovery = Act::Begin {
        turn: TurnId(1),
        attempt: 2,
        recovery: true,
    };
    act(&mut room, &recovery).unwrap();
    assert_eq!(
        act(&mut room, &finish(1, 1, "late")),
        Err(Refusal::Conflict)
    );
    let again = Act::Begin {
        turn: TurnId(1),
        attempt: 3,
        recovery: true,
    };
    assert_eq!(
        act(&mut room, &again),
        Err(Refusal::Conflict),
        "taken over once"
    );
    act(&mut room, &finish(1, 2, "here I am")).unwrap();
    assert_eq!(
        act(&mut room, &finish(1, 2, "again")),
        Err(Refusal::Conflict)
    );
}

#[test]
fn an_interrupted_answer_is_closed_before_the_next_begins() {
    let mut room = played(&["Ann"], Floor::Free, Barge::Interrupt);
    say(&mut room, 1, "Hello");
    act(&mut room, &begin(1, 1)).unwrap();
    say(&mut room, 1, "Wait");
    assert_eq!(act(&mut room, &begin(2, 1)), Err(Refusal::Conflict));
    act(&mut room, &finish(1, 1, "I was")).unwrap();
    act(&mut room, &begin(2, 1)).unwrap();
}

#[test]
fn whoever_asked_and_who_moderates_may_stop_it_and_nobody_else() {
    let mut room = played(&["Ann"], Floor::Free, Barge::Queue);
    say(&mut room, 1, "Hello");
    act(&mut room, &begin(1, 1)).unwrap();
    let stop = Command::StopTurn { turn: TurnId(1) };
    let other = sender(2, Role::Learner);
    assert_eq!(ask(&mut room, &other, &stop), Err(Refusal::Forbidden));
    let stopped = ask(&mut room, &sender(1, Role::Learner), &stop).unwrap();
    assert_eq!(stopped, [Event::TurnStopped { turn: TurnId(1) }]);
    let coach = sender(9, Role::Coach);
    assert_eq!(ask(&mut room, &coach, &stop), Ok(vec![]), "stopped already");
    act(&mut room, &finish(1, 1, "I")).unwrap();
    assert_eq!(ask(&mut room, &coach, &stop), Err(Refusal::NoSuchTurn));
    let again = Command::Regenerate { turn: TurnId(1) };
    assert_eq!(ask(&mut room, &other, &again), Err(Refusal::Forbidden));
    let events = ask(&mut room, &sender(1, Role::Learner), &again).unwrap();
    let [
        Event::TurnAsked {
            turn: TurnId(2),
            why: Why::Again,
            of: Some(TurnId(1)),
            ..
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}");
    };
}

#[test]
fn the_last_to_leave_takes_the_light_along() {
    let mut room = played(&["Ann", "Ben"], Floor::Free, Barge::Queue);
    say(&mut room, 1, "Hello");
    act(&mut room, &begin(1, 1)).unwrap();
    let first = ask(&mut room, &sender(1, Role::Learner), &Command::Leave {}).unwrap();
    assert_eq!(first.len(), 1, "somebody still listens");
    let last = ask(&mut room, &sender(2, Role::Learner), &Command::Leave {}).unwrap();
    let kinds: Vec<_> = last.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["left", "turn_stopped", "spoke"]);
}

#[test]
fn nothing_is_played_before_it_begins_or_after_it_is_closed() {
    let mut room = played(&["Ann"], Floor::Free, Barge::Queue);
    room.evolve(&Event::PhaseChanged {
        phase: ludus_domain::room::Phase::Paused,
    });
    let coach = sender(9, Role::Coach);
    room.evolve(&Event::Joined {
        user: user(9),
        name: "coach".into(),
        host: false,
    });
    let command = Command::Say {
        text: "One moment".into(),
        reply_to: None,
        mentions: vec![],
    };
    assert!(asked(&ask(&mut room, &coach, &command).unwrap()).is_empty());
    let mut room = played(&["Ann"], Floor::Free, Barge::Queue);
    say(&mut room, 1, "Hello");
    let closed = act(&mut room, &Act::CloseScene {}).unwrap();
    assert_eq!(closed.len(), 2, "what nobody had begun is over");
    assert!(say(&mut room, 1, "Still there?").is_empty());
    assert_eq!(act(&mut room, &Act::CloseScene {}), Ok(vec![]));
}

#[derive(Clone, Debug)]
enum Move {
    Say(u128, &'static str),
    Stop(u64),
    Again(u64),
    Onward(u64),
    Leave(u128),
    Begin(u64, u8, bool),
    Finish(u64, u8),
    Close,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let turn = 1..9_u64;
    let one = prop_oneof![
        6 => (1..3_u128, prop::sample::select(vec!["Hello", "Ann?", "Ben!", "Ann, Ben, Cleo"]))
            .prop_map(|(n, text)| Move::Say(n, text)),
        1 => turn.clone().prop_map(Move::Stop),
        1 => turn.clone().prop_map(Move::Again),
        1 => turn.clone().prop_map(Move::Onward),
        1 => (1..3_u128).prop_map(Move::Leave),
        6 => (turn.clone(), 0..5_u8, any::<bool>()).prop_map(|(t, a, r)| Move::Begin(t, a, r)),
        6 => (turn, 0..5_u8).prop_map(|(t, a)| Move::Finish(t, a)),
        1 => Just(Move::Close),
    ];
    prop::collection::vec(one, 1..60)
}

proptest! {
    /// Whatever races: a persona has one open answer that somebody speaks, turns close once, and
    /// there are never more open ones than the room bears.
    #[test]
    fn no_two_speak_from_one_seat(
        moves in moves(),
        floor in prop::sample::select(vec![Floor::Free, Floor::Addressed, Floor::RoundRobin, Floor::Moderated]),
        barge in prop::sample::select(vec![Barge::Queue, Barge::Steer, Barge::Interrupt]),
    ) {
        let mut room = played(&["Ann", "Ben", "Cleo"], floor, barge);
        let mut closed = std::collections::BTreeSet::new();
        for one in moves {
            let command = match one {
                Move::Say(n, text) => {
                    let say = Command::Say { text: text.into(), reply_to: None, mentions: vec![] };
                    Ok((n, say))
                }
                Move::Stop(turn) => Ok((1, Command::StopTurn { turn: TurnId(turn) })),
                Move::Again(turn) => Ok((1, Command::Regenerate { turn: TurnId(turn) })),
                Move::Onward(turn) => Ok((2, Command::Continue { turn: TurnId(turn) })),
                Move::Leave(n) => Ok((n, Command::Leave {})),
                Move::Begin(turn, attempt, recovery) => {
                    Err(Act::Begin { turn: TurnId(turn), attempt, recovery })
                }
                Move::Finish(turn, attempt) => Err(finish(turn, attempt, "Ann, Ben and Cleo")),
                Move::Close => Err(Act::CloseScene {}),
            };
            let events = match &command {
                Ok((n, command)) => ask(&mut room, &sender(*n, Role::Learner), command),
                Err(by_hub) => act(&mut room, by_hub),
            };
            for event in events.unwrap_or_default() {
                if let Event::Spoke { turn, .. } = event {
                    prop_assert!(closed.insert(turn), "closed twice");
                }
            }
            prop_assert!(room.stage.open.len() <= 8 + 2);
            for seat in &room.plan.scene.as_ref().unwrap().cast {
                let of_seat = || room.stage.open.iter().filter(|(_, turn)| turn.persona == seat.persona);
                let speaking = of_seat().filter(|(_, turn)| turn.attempt > 0);
                prop_assert!(speaking.count() <= 1, "two voices of one persona");
            }
            prop_assert!(room.stage.open.keys().all(|turn| !closed.contains(turn)));
        }
    }
}
