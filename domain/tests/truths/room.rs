//! Who may do what in a room: every command by everybody, in every phase.

use std::fmt::Write as _;

use ludus_domain::ids::{RoomId, Seq, TurnId, UserId};
use ludus_domain::moderation::ReportReason;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Barge, Command, Entry, Event, Floor, LineFact, Moment, Phase, Room, RoomKind, RoomPlan, Scene,
    SceneNotes, Seated, Sender, TurnEnd, Why,
};
use ludus_domain::slug::PersonaId;
use proptest::prelude::*;
use uuid::Uuid;

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn sender(n: u128, role: Role) -> Sender {
    Sender {
        user: user(n),
        role,
        guest: false,
        name: format!("user {n}"),
        session: None,
        moment: Moment::default(),
    }
}

fn open(entry: Entry, capacity: u32) -> Room {
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry,
        title: "Hall".into(),
        capacity,
        lobby: false,
        scene: None,
    };
    Room::open(plan, Some("ABCD2345".into()))
}

fn apply(room: &mut Room, who: &Sender, command: &Command) -> Result<Vec<Event>, Refusal> {
    let line = LineFact {
        author: Some(user(2)),
        retracted: false,
        hidden: false,
    };
    let events = room.decide(who, command, Some(line))?;
    for event in &events {
        room.evolve(event);
    }
    Ok(events)
}

fn join(code: Option<&str>) -> Command {
    Command::Join {
        code: code.map(str::to_owned),
    }
}

fn say() -> Command {
    Command::Say {
        text: "hi".into(),
        reply_to: None,
        mentions: vec![],
    }
}

fn every_command() -> Vec<Command> {
    vec![
        join(None),
        Command::Leave {},
        say(),
        Command::Edit {
            line: Seq(3),
            text: "ho".into(),
        },
        Command::Retract { line: Seq(3) },
        Command::React {
            line: Seq(3),
            emoji: "👍".into(),
            on: true,
        },
        Command::Resend {
            line: Seq(3),
            text: "hey".into(),
        },
        Command::StopTurn { turn: TurnId(2) },
        Command::Regenerate { turn: TurnId(1) },
        Command::Continue { turn: TurnId(1) },
        Command::RaiseHand {
            up: true,
            user: None,
        },
        Command::RaiseHand {
            up: false,
            user: Some(user(3)),
        },
        Command::Rename {
            title: "Salon".into(),
        },
        Command::Start {},
        Command::Pause {},
        Command::Unpause {},
        Command::End {},
        Command::Remove { user: user(3) },
        Command::Mute {
            user: user(3),
            muted: true,
            minutes: Some(5),
        },
        Command::Move {
            user: user(3),
            to: RoomId(Uuid::from_u128(8)),
        },
        Command::Ban { user: user(3) },
        Command::Unban { user: user(3) },
        Command::Report {
            line: Seq(3),
            reason: ReportReason::Spam,
            note: None,
        },
        Command::Hide { line: Seq(3) },
        Command::Unhide { line: Seq(3) },
        Command::Invite { user: user(9) },
        Command::TakeOver { persona: ann() },
        Command::SayAs {
            persona: ben(),
            text: "hi".into(),
        },
        Command::HandBack {
            persona: ben(),
            note: None,
            heeds: None,
        },
        Command::Whisper {
            to: vec![user(3)],
            text: "hi".into(),
            hint: false,
        },
        Command::Direct {
            persona: ann(),
            text: "kinder".into(),
            heeds: None,
        },
        Command::Announce { text: "hi".into() },
        Command::Extend { minutes: 5 },
    ]
}

fn ann() -> PersonaId {
    "ann".parse().unwrap()
}

fn ben() -> PersonaId {
    "ben".parse().unwrap()
}

/// Two personas who wait to be addressed; the first has spoken once, a coach sits in the other's seat.
fn on_stage(room: &mut Room) {
    let seat = |persona: PersonaId| Seated {
        name: persona.to_string(),
        persona,
        title: "Somebody".into(),
    };
    room.plan.scene = Some(Scene {
        scenario: None,
        cast: vec![seat(ann()), seat(ben())],
        floor: Floor::Addressed,
        barge: Barge::Queue,
        harder: 0,
        minutes: Some(10),
        edition: ludus_domain::content::Edition::SHIPPED,
    });
    let asked = Event::TurnAsked {
        turn: TurnId(1),
        persona: ann(),
        why: Why::Opening,
        of: None,
        asked_by: None,
        depth: 0,
    };
    let spoke = Event::Spoke {
        turn: TurnId(1),
        attempt: 1,
        persona: ann(),
        text: "Hello.".into(),
        end: TurnEnd::Done,
        why: Why::Opening,
        of: None,
        engine: "offline".into(),
        notes: SceneNotes::default(),
        retracted: false,
        hidden: false,
    };
    let taken = Event::SeatTaken {
        persona: ben(),
        by: user(3),
        name: "coach".into(),
        take: 1,
    };
    for event in [asked, spoke, taken] {
        room.evolve(&event);
    }
}

/// Host 1, learner 2 (who wrote the line in question), learner 3; strangers are 4 and up.
fn peopled() -> Room {
    let mut room = open(Entry::Invitation, 10);
    room.evolve(&Event::Joined {
        user: user(1),
        name: "host".into(),
        host: true,
    });
    for n in [2, 3] {
        room.evolve(&Event::Joined {
            user: user(n),
            name: "member".into(),
            host: false,
        });
    }
    on_stage(&mut room);
    room
}

#[test]
fn the_whole_table() {
    let people = [
        ("host", sender(1, Role::Learner)),
        ("author", sender(2, Role::Learner)),
        ("member", sender(3, Role::Learner)),
        ("spectator member", sender(3, Role::Spectator)),
        ("coach member", sender(3, Role::Coach)),
        ("stranger", sender(4, Role::Learner)),
        ("strange coach", sender(4, Role::Coach)),
        ("strange owner", sender(4, Role::Owner)),
    ];
    let mut table = String::new();
    for phase in [Phase::Lobby, Phase::Live, Phase::Paused, Phase::Ended] {
        for (name, who) in &people {
            for command in every_command() {
                let mut room = peopled();
                room.evolve(&Event::PhaseChanged { phase });
                let verdict = match apply(&mut room, who, &command) {
                    Ok(events) if events.is_empty() => "nothing changes".to_owned(),
                    Ok(events) => events.iter().map(Event::kind).collect::<Vec<_>>().join(" "),
                    Err(refusal) => format!("NO {}", refusal.code()),
                };
                let lowers = matches!(command, Command::RaiseHand { up: false, .. });
                let what = if lowers {
                    "lower another's hand"
                } else {
                    command.kind()
                };
                let phase = phase.as_str();
                writeln!(table, "{phase} | {name} | {what} | {verdict}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_last_seat_goes_to_one() {
    let mut room = open(Entry::Open, 3);
    let taken = (0..100)
        .filter(|n| apply(&mut room, &sender(*n, Role::Learner), &join(None)).is_ok())
        .count();
    assert_eq!((taken, room.members.len()), (3, 3));
    assert_eq!(
        apply(&mut room, &sender(50, Role::Learner), &join(None)),
        Err(Refusal::RoomFull)
    );
    assert_eq!(
        apply(&mut room, &sender(1, Role::Learner), &join(None)),
        Ok(vec![]),
        "who sits, sits"
    );
    apply(&mut room, &sender(1, Role::Learner), &Command::Leave {}).expect("may leave");
    assert!(apply(&mut room, &sender(50, Role::Learner), &join(None)).is_ok());
}

#[test]
fn doors_open_to_whom_they_should() {
    let mut by_code = open(Entry::Code, 10);
    let ada = sender(2, Role::Learner);
    assert_eq!(
        apply(&mut by_code, &ada, &join(None)),
        Err(Refusal::WrongCode)
    );
    assert_eq!(
        apply(&mut by_code, &ada, &join(Some("abcd2345"))),
        Err(Refusal::WrongCode)
    );
    assert!(apply(&mut by_code, &ada, &join(Some(" ABCD2345 "))).is_ok());
    let coach = sender(1, Role::Coach);
    apply(&mut by_code, &coach, &Command::Remove { user: ada.user }).expect("a coach may");
    assert!(!by_code.may_watch(ada.viewer()));
    assert_eq!(
        apply(&mut by_code, &ada, &join(Some("ABCD2345"))),
        Err(Refusal::RemovedFromRoom)
    );
    apply(&mut by_code, &coach, &Command::Invite { user: ada.user }).expect("forgiven");
    assert!(by_code.may_watch(ada.viewer()));
    assert!(apply(&mut by_code, &ada, &join(None)).is_ok());
    let closed = open(Entry::Invitation, 10);
    assert!(!closed.may_watch(ada.viewer()));
    assert!(closed.may_watch(sender(2, Role::Coach).viewer()));
}

#[test]
fn a_guest_sees_and_enters_only_what_they_were_let_into() {
    let guest = Sender {
        guest: true,
        ..sender(2, Role::Learner)
    };
    let coach = sender(1, Role::Coach);
    let mut room = open(Entry::Open, 10);
    assert!(room.may_watch(sender(2, Role::Learner).viewer()));
    assert!(!room.may_watch(guest.viewer()));
    let stranger = apply(&mut room, &guest, &join(None));
    assert_eq!(stranger, Err(Refusal::NotFound));
    apply(&mut room, &coach, &Command::Invite { user: guest.user }).expect("a coach may");
    assert!(room.may_watch(guest.viewer()));
    apply(&mut room, &guest, &join(None)).expect("invited");
    apply(&mut room, &guest, &Command::Leave {}).expect("a member");
    assert!(room.may_watch(guest.viewer()));

    let mut by_code = open(Entry::Code, 10);
    assert!(!by_code.may_watch(guest.viewer()));
    apply(&mut by_code, &guest, &join(Some("ABCD2345"))).expect("knows the code");
    assert!(by_code.may_watch(guest.viewer()));

    // Made a coach, they are a guest no more.
    let trusted = Sender {
        role: Role::Coach,
        ..guest
    };
    assert!(open(Entry::Open, 10).may_watch(trusted.viewer()));
}

#[test]
fn hands_are_served_in_the_order_they_were_raised() {
    let mut room = peopled();
    let up = |user| Command::RaiseHand { up: true, user };
    apply(&mut room, &sender(3, Role::Learner), &up(None)).expect("may");
    apply(&mut room, &sender(2, Role::Learner), &up(None)).expect("may");
    assert_eq!(
        apply(&mut room, &sender(3, Role::Learner), &up(None)),
        Ok(vec![])
    );
    let hand = |room: &Room, n| room.members[&user(n)].hand;
    assert!(hand(&room, 3) < hand(&room, 2));
    assert_eq!(
        apply(&mut room, &sender(2, Role::Learner), &up(Some(user(1)))),
        Err(Refusal::Forbidden)
    );
    apply(
        &mut room,
        &sender(1, Role::Learner),
        &Command::RaiseHand {
            up: false,
            user: Some(user(3)),
        },
    )
    .expect("a host may");
    assert_eq!(hand(&room, 3), None);
}

#[test]
fn a_reaction_is_a_picture_and_not_a_sentence() {
    let mut room = peopled();
    let mut react = |emoji: &str| {
        let command = Command::React {
            line: Seq(3),
            emoji: emoji.into(),
            on: true,
        };
        apply(&mut room, &sender(2, Role::Learner), &command).is_ok()
    };
    for good in ["👍", "❤️", "👩‍👩‍👧‍👦", "🇫🇷", "1️⃣", "👋🏽"] {
        assert!(react(good), "{good}");
    }
    for bad in ["", "ok", "1", "<b>", "👍 well", "é", &"👍".repeat(13)] {
        assert!(!react(bad), "{bad}");
    }
}

proptest! {
    /// Whatever is asked, in whatever order: seats never exceed the room, nobody speaks who may
    /// not, an ended room stays ended, and history read again gives the same room.
    #[test]
    fn a_room_is_its_history(asked in proptest::collection::vec((0_u128..6, 0_usize..5, 0_usize..16), 0..120)) {
        let mut room = open(Entry::Open, 3);
        let mut history = vec![];
        let commands = every_command();
        for (who, role, what) in asked {
            let was_ended = room.phase == Phase::Ended;
            let who = sender(who, Role::ALL[role]);
            if let Ok(events) = apply(&mut room, &who, &commands[what]) {
                let spoke = events.iter().any(|event| matches!(event, Event::Said { .. }));
                prop_assert!(!spoke || (!was_ended && room.members.contains_key(&who.user) && who.role > Role::Spectator));
                history.extend(events);
            }
            prop_assert!(room.members.len() <= 3);
            prop_assert!(!was_ended || room.phase == Phase::Ended);
        }
        let mut again = open(Entry::Open, 3);
        for event in &history {
            again.evolve(event);
        }
        prop_assert_eq!(again, room);
    }
}
