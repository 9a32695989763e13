//! Keeping order: what is hidden, muted, banned or held back, for whom and how long.

use ludus_domain::audience::Viewer;
use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
use ludus_domain::journal::{Effect, effects, fingerprint_of, id_of};
use ludus_domain::moderation::words::WordAction;
use ludus_domain::moderation::{CaseSource, Measure, ReportReason};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Command, Entry, Event, LineFact, Moment, Order, Room, RoomKind, RoomPlan, Sender, WordCheck,
};
use ludus_domain::time::Timestamp;
use uuid::Uuid;

const MINUTE: i64 = 60_000;

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn who(n: u128, role: Role, at: i64) -> Sender {
    Sender {
        user: user(n),
        role,
        guest: false,
        name: format!("user {n}"),
        session: None,
        moment: Moment {
            at: Timestamp(at),
            words: WordCheck::Found(None),
        },
    }
}

fn found(sender: Sender, action: WordAction) -> Sender {
    let words = WordCheck::Found(Some(action));
    Sender {
        moment: Moment {
            words,
            ..sender.moment
        },
        ..sender
    }
}

fn coach(at: i64) -> Sender {
    who(9, Role::Coach, at)
}

fn room() -> Room {
    let plan = RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Open,
        title: "Hall".into(),
        capacity: 10,
        lobby: false,
        scene: None,
    };
    let mut room = Room::open(plan, None);
    for n in [1, 2] {
        room.evolve(&Event::Joined {
            user: user(n),
            name: format!("user {n}"),
            host: n == 1,
        });
    }
    room
}

fn line(author: u128) -> LineFact {
    LineFact {
        author: Some(user(author)),
        retracted: false,
        hidden: false,
    }
}

fn apply(room: &mut Room, sender: &Sender, command: &Command) -> Result<Vec<Event>, Refusal> {
    let events = room.decide(sender, command, Some(line(2)))?;
    for event in &events {
        room.evolve(event);
    }
    Ok(events)
}

fn say(text: &str) -> Command {
    Command::Say {
        text: text.into(),
        reply_to: None,
        mentions: vec![],
    }
}

fn mute(muted: bool, minutes: Option<u16>) -> Command {
    Command::Mute {
        user: user(2),
        muted,
        minutes,
    }
}

#[test]
fn a_mute_ends_by_itself_and_goes_along_through_the_door() {
    let mut room = room();
    let told = apply(&mut room, &coach(0), &mute(true, Some(5)));
    assert!(
        matches!(&told.as_deref(), Ok([Event::Muted { until: Some(Timestamp(at)), .. }]) if *at == 5 * MINUTE)
    );
    let at = |at| who(2, Role::Learner, at);
    assert_eq!(
        apply(&mut room, &at(5 * MINUTE - 1), &say("hm")),
        Err(Refusal::Muted)
    );
    // Leaving and coming back is no way around it.
    apply(&mut room, &at(MINUTE), &Command::Leave {}).unwrap();
    apply(&mut room, &at(MINUTE), &Command::Join { code: None }).unwrap();
    assert_eq!(
        apply(&mut room, &at(2 * MINUTE), &say("hm")),
        Err(Refusal::Muted)
    );
    assert!(apply(&mut room, &at(5 * MINUTE), &say("hm")).is_ok());

    // Without an end it stays; it can be taken from somebody who left.
    apply(&mut room, &coach(0), &mute(true, None)).unwrap();
    assert_eq!(
        apply(&mut room, &at(i64::MAX), &say("hm")),
        Err(Refusal::Muted)
    );
    apply(&mut room, &at(0), &Command::Leave {}).unwrap();
    apply(&mut room, &coach(0), &mute(false, None)).unwrap();
    apply(&mut room, &at(0), &Command::Join { code: None }).unwrap();
    assert!(apply(&mut room, &at(0), &say("hm")).is_ok());
    for minutes in [0, 7 * 24 * 60 + 1] {
        let asked = apply(&mut room, &coach(0), &mute(true, Some(minutes)));
        assert_eq!(asked, Err(Refusal::FieldInvalid));
    }
}

#[test]
fn a_ban_holds_whoever_invites_until_a_coach_lifts_it() {
    let mut room = room();
    let ben = who(2, Role::Learner, 0);
    apply(&mut room, &coach(0), &Command::Ban { user: user(2) }).unwrap();
    let viewer = Viewer {
        user: user(2),
        role: Role::Learner,
        guest: false,
    };
    assert!(!room.may_watch(viewer));
    let join = Command::Join { code: None };
    assert_eq!(apply(&mut room, &ben, &join), Err(Refusal::Banned));
    let invite = Command::Invite { user: user(2) };
    assert_eq!(
        apply(&mut room, &who(1, Role::Learner, 0), &invite),
        Err(Refusal::Banned)
    );
    // A host is no coach.
    let unban = Command::Unban { user: user(2) };
    assert_eq!(
        apply(&mut room, &who(1, Role::Learner, 0), &unban),
        Err(Refusal::Forbidden)
    );
    apply(&mut room, &coach(0), &unban).unwrap();
    assert!(apply(&mut room, &ben, &join).is_ok());
    // Also before somebody came, and never oneself.
    let stranger = Command::Ban { user: user(5) };
    assert!(apply(&mut room, &coach(0), &stranger).is_ok());
    let early = who(5, Role::Learner, 0);
    assert_eq!(apply(&mut room, &early, &join), Err(Refusal::Banned));
    assert_eq!(
        apply(&mut room, &coach(0), &Command::Ban { user: user(9) }),
        Err(Refusal::Forbidden)
    );
}

#[test]
fn a_hidden_line_is_left_alone_until_it_is_shown() {
    let room = room();
    let hidden = LineFact {
        hidden: true,
        ..line(2)
    };
    let ben = who(2, Role::Learner, 0);
    let edit = Command::Edit {
        line: Seq(4),
        text: "ho".into(),
    };
    assert_eq!(
        room.decide(&ben, &edit, Some(hidden)),
        Err(Refusal::LineHidden)
    );
    let hide = Command::Hide { line: Seq(4) };
    assert_eq!(
        room.decide(&ben, &hide, Some(line(2))),
        Err(Refusal::Forbidden)
    );
    assert_eq!(room.decide(&coach(0), &hide, Some(hidden)), Ok(vec![]));
    let shown = room.decide(&coach(0), &Command::Unhide { line: Seq(4) }, Some(hidden));
    let event = Event::LineShown {
        line: Seq(4),
        of: Some(user(2)),
    };
    assert_eq!(shown, Ok(vec![event.clone()]));
    let caused = effects(RoomId(Uuid::nil()), Seq(9), user(9), &event);
    assert!(
        matches!(&caused[..], [Effect::Cover { on: false, .. }, Effect::Keep(kept), Effect::Note { .. }] if kept.measure == Measure::ShowLine)
    );
}

#[test]
fn words_refuse_hold_or_flag_a_line_of_members_and_not_of_coaches() {
    let mut room = room();
    let ben = || who(2, Role::Learner, 0);
    let refused = found(ben(), WordAction::Refuse);
    assert_eq!(
        apply(&mut room, &refused, &say("x")),
        Err(Refusal::WordRefused)
    );
    let held = apply(&mut room, &found(ben(), WordAction::Hold), &say("x")).unwrap();
    assert!(matches!(&held[..], [Event::LineHeld { user: by, .. }] if *by == user(2)));
    let learner = |n| Viewer {
        user: user(n),
        role: Role::Learner,
        guest: false,
    };
    let audience = held[0].audience();
    assert!(audience.admits(learner(2)) && !audience.admits(learner(1)));
    assert!(audience.admits(coach(0).viewer()));

    let flagged = apply(&mut room, &found(ben(), WordAction::Flag), &say("x")).unwrap();
    let caused = effects(RoomId(Uuid::nil()), Seq(9), user(2), &flagged[0]);
    assert!(matches!(
        &caused[..],
        [Effect::Case {
            line: Seq(9),
            source: CaseSource::Words,
            ..
        }]
    ));
    // Nobody who reads the line sees that it was flagged.
    let json = serde_json::to_string(&flagged[0]).unwrap();
    assert!(!json.contains("flag"), "{json}");

    // A line that is there cannot be held; what a coach quotes is not compared.
    let edit = Command::Edit {
        line: Seq(4),
        text: "x".into(),
    };
    let holds = found(ben(), WordAction::Hold);
    assert_eq!(apply(&mut room, &holds, &edit), Err(Refusal::WordRefused));
    room.evolve(&Event::Joined {
        user: user(9),
        name: "Kim".into(),
        host: false,
    });
    let quoted = found(coach(0), WordAction::Refuse);
    assert!(apply(&mut room, &quoted, &say("x")).is_ok());
}

#[test]
fn one_persons_report_of_a_line_is_one_whatever_is_said_of_it() {
    let room = room();
    let report = |line, reason| Command::Report {
        line: Seq(line),
        reason,
        note: None,
    };
    let first = Order::from(report(4, ReportReason::Spam));
    let again = Order::from(report(4, ReportReason::Insult));
    let other = Order::from(report(5, ReportReason::Spam));
    let given = |n| CommandId(Uuid::from_u128(n));
    assert_eq!(id_of(&first, given(1)), id_of(&again, given(2)));
    assert_eq!(fingerprint_of(&first), fingerprint_of(&again));
    assert_ne!(id_of(&first, given(1)), id_of(&other, given(1)));
    assert_eq!(id_of(&Order::from(say("x")), given(3)), given(3));

    let asked = report(4, ReportReason::Spam);
    // Not one's own line; and what is reported is for coaches alone, not for the host.
    assert_eq!(
        room.decide(&who(2, Role::Learner, 0), &asked, Some(line(2))),
        Err(Refusal::Forbidden)
    );
    let told = room
        .decide(&who(1, Role::Learner, 0), &asked, Some(line(2)))
        .unwrap();
    let host = Viewer {
        user: user(1),
        role: Role::Learner,
        guest: false,
    };
    assert!(!told[0].audience().admits(host));
    // A note is for the queue: it is in no journal.
    let noted = Command::Report {
        line: Seq(4),
        reason: ReportReason::Other,
        note: Some("He was in my class.".into()),
    };
    let noted = room
        .decide(&who(1, Role::Learner, 0), &noted, Some(line(2)))
        .unwrap();
    let caused = effects(RoomId(Uuid::nil()), Seq(9), user(1), &noted[0]);
    assert!(matches!(
        &caused[..],
        [Effect::Case {
            report: Some((_, Some(_))),
            ..
        }]
    ));
    assert!(!serde_json::to_string(&noted[0]).unwrap().contains("class"));
    assert!(told[0].audience().admits(coach(0).viewer()));
}
