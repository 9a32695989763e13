use super::*;

const PACE: Pace = Pace {
    hello_ms: 10_000,
    heartbeat_ms: 25_000,
    silence_ms: 10_000,
    expects_answers: true,
};
const ID: &str = "019a0000-0000-7000-8000-000000000001";

fn live() -> Session {
    let mut session = Session::new(PACE, 500, Timestamp(0));
    let acts = session.receive(br#"{"type":"hello","ticket":"t"}"#);
    assert!(matches!(acts[..], [Act::Admit { .. }]));
    session.admitted(Timestamp(0), None);
    session
}

#[test]
fn nothing_is_heard_before_a_hello() {
    let say = format!(
        r#"{{"type":"command","id":"{ID}","room":"{ID}","do":{{"kind":"say","text":"hi"}}}}"#
    );
    let mut session = Session::new(PACE, 0, Timestamp(0));
    assert_eq!(
        session.receive(say.as_bytes()),
        [Act::Close(Close::Malformed)]
    );
    assert_eq!(session.receive(br#"{"type":"hello","ticket":"t"}"#), []);
    let mut session = Session::new(PACE, 0, Timestamp(0));
    assert_eq!(session.tick(Timestamp(9_999)), None);
    assert_eq!(
        session.tick(Timestamp(10_000)),
        Some(Act::Close(Close::HelloTimeout))
    );
    assert!(matches!(
        live().receive(say.as_bytes())[..],
        [Act::Ask { .. }]
    ));
}

#[test]
fn what_is_not_understood_is_named_and_counted() {
    let mut session = live();
    let odd = format!(r#"{{"type":"award","id":"{ID}","points":9}}"#);
    for _ in 0..BREACHES_MAX {
        let acts = session.receive(odd.as_bytes());
        assert_eq!(
            acts,
            [Act::Nack {
                id: ID.parse().ok(),
                code: Refusal::Malformed
            }]
        );
    }
    assert_eq!(
        session.receive(odd.as_bytes()),
        [Act::Close(Close::Malformed)]
    );
    for garbage in ["", "null", "1", "\"x\"", "{", "[]", "\u{FEFF}{}"] {
        assert_eq!(
            live().receive(garbage.as_bytes()),
            [Act::Close(Close::Malformed)],
            "{garbage}"
        );
    }
    let deep = "[".repeat(60_000);
    assert_eq!(
        live().receive(deep.as_bytes()),
        [Act::Close(Close::Malformed)]
    );
}

#[test]
fn forged_and_unknown_fields_are_refused() {
    for frame in [
        format!(
            r#"{{"type":"command","id":"{ID}","room":"{ID}","seq":4,"do":{{"kind":"leave"}}}}"#
        ),
        format!(
            r#"{{"type":"command","id":"{ID}","room":"{ID}","do":{{"kind":"leave","by":"{ID}"}}}}"#
        ),
        format!(
            r#"{{"type":"command","id":"{ID}","room":"{ID}","do":{{"kind":"say","text":"a","text":"b"}}}}"#
        ),
        format!(
            r#"{{"type":"subscribe","id":"{ID}","stream":"room:{ID}","since":{{"epoch":1,"seq":-1}}}}"#
        ),
    ] {
        let acts = live().receive(frame.as_bytes());
        assert_eq!(
            acts,
            [Act::Nack {
                id: ID.parse().ok(),
                code: Refusal::Malformed
            }],
            "{frame}"
        );
    }
}

#[test]
fn silence_after_a_heartbeat_ends_it() {
    let mut session = live();
    assert_eq!(session.tick(Timestamp(24_999)), None);
    assert_eq!(session.tick(Timestamp(25_000)), Some(Act::Beat));
    session.heard();
    assert_eq!(session.tick(Timestamp(36_000)), None);
    assert_eq!(session.tick(Timestamp(50_000)), Some(Act::Beat));
    assert_eq!(
        session.tick(Timestamp(60_000)),
        Some(Act::Close(Close::Silent))
    );
    assert_eq!(session.tick(Timestamp(90_000)), None);
}

#[test]
fn who_answers_no_heartbeat_is_found_out_however_often_it_beats() {
    let pace = Pace {
        heartbeat_ms: 1_000,
        silence_ms: 5_000,
        ..PACE
    };
    let mut session = Session::new(pace, 500, Timestamp(0));
    session.receive(br#"{"type":"hello","ticket":"t"}"#);
    session.admitted(Timestamp(0), None);
    for second in 1..=5 {
        assert_eq!(session.tick(Timestamp(second * 1_000)), Some(Act::Beat));
    }
    assert_eq!(session.wait_ms(Timestamp(5_500)), Some(501));
    let silent = Some(Act::Close(Close::Silent));
    assert_eq!(session.tick(Timestamp(6_000)), silent);
}

#[test]
fn unanswered_commands_and_subscriptions_are_bounded() {
    let mut session = live();
    let leave =
        format!(r#"{{"type":"command","id":"{ID}","room":"{ID}","do":{{"kind":"leave"}}}}"#);
    for _ in 0..IN_FLIGHT_MAX {
        assert!(matches!(
            session.receive(leave.as_bytes())[..],
            [Act::Ask { .. }]
        ));
    }
    assert!(matches!(
        session.receive(leave.as_bytes())[..],
        [Act::Nack {
            code: Refusal::RateLimited,
            ..
        }]
    ));
    session.answered(1);
    assert!(matches!(
        session.receive(leave.as_bytes())[..],
        [Act::Ask { .. }]
    ));
}

/// A row for every frame there is: a screen looks at its board and does nothing else.
#[test]
fn a_screen_looks_at_its_board_and_does_nothing_else() {
    let mut session = Session::new(PACE, 500, Timestamp(0));
    session.receive(br#"{"type":"hello","ticket":"t"}"#);
    session.admitted(Timestamp(0), Some("week-xp".parse().expect("a board")));
    let id = "0199a000-0000-7000-8000-000000000001";
    let room = "0199a000-0000-7000-8000-000000000002";
    let mut says = |frame: String| format!("{:?}", session.receive(frame.as_bytes()));
    for (frame, code) in [
        (
            format!(r#"{{"type":"watch","id":"{id}","board":"all-xp"}}"#),
            "NotFound",
        ),
        (
            format!(r#"{{"type":"watch","id":"{id}","board":"week-xp@{room}"}}"#),
            "NotFound",
        ),
        (
            format!(r#"{{"type":"subscribe","id":"{id}","stream":"room:{room}"}}"#),
            "Forbidden",
        ),
        (
            format!(r#"{{"type":"subscribe","id":"{id}","stream":"inbox:{room}"}}"#),
            "Forbidden",
        ),
        (
            format!(r#"{{"type":"unsubscribe","id":"{id}","stream":"room:{room}"}}"#),
            "Forbidden",
        ),
        (
            format!(r#"{{"type":"command","id":"{id}","room":"{room}","do":{{"kind":"join"}}}}"#),
            "Forbidden",
        ),
        (
            format!(r#"{{"type":"draft","room":"{room}","text":"so"}}"#),
            "Forbidden",
        ),
        (
            format!(r#"{{"type":"typing","room":"{room}","on":true}}"#),
            "Forbidden",
        ),
        (
            format!(r#"{{"type":"read","room":"{room}","seq":1}}"#),
            "Forbidden",
        ),
    ] {
        let acts = says(frame.clone());
        assert!(
            acts.starts_with("[Nack") && acts.contains(code),
            "{frame}: {acts}"
        );
    }
    for (frame, act) in [
        (
            format!(r#"{{"type":"watch","id":"{id}","board":"week-xp","top":10}}"#),
            "[Watch",
        ),
        (
            format!(r#"{{"type":"unwatch","id":"{id}","board":"week-xp"}}"#),
            "[Unwatch",
        ),
        (r#"{"type":"heartbeat"}"#.to_owned(), "[Compare"),
    ] {
        let acts = says(frame);
        assert!(acts.starts_with(act), "{acts}");
    }
}
