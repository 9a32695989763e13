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
    let acts = session.receive(br#"{"type":"hello","ticket":"t"}"#, Timestamp(0));
    assert!(matches!(acts[..], [Act::Admit { .. }]));
    session.admitted(Timestamp(0));
    session
}

#[test]
fn nothing_is_heard_before_a_hello() {
    let say = format!(
        r#"{{"type":"command","id":"{ID}","room":"{ID}","do":{{"kind":"say","text":"hi"}}}}"#
    );
    let mut session = Session::new(PACE, 0, Timestamp(0));
    assert_eq!(
        session.receive(say.as_bytes(), Timestamp(1)),
        [Act::Close(Close::Malformed)]
    );
    assert_eq!(
        session.receive(br#"{"type":"hello","ticket":"t"}"#, Timestamp(2)),
        []
    );
    let mut session = Session::new(PACE, 0, Timestamp(0));
    assert_eq!(session.tick(Timestamp(9_999)), None);
    assert_eq!(
        session.tick(Timestamp(10_000)),
        Some(Act::Close(Close::HelloTimeout))
    );
    assert!(matches!(
        live().receive(say.as_bytes(), Timestamp(1))[..],
        [Act::Ask { .. }]
    ));
}

#[test]
fn what_is_not_understood_is_named_and_counted() {
    let mut session = live();
    let odd = format!(r#"{{"type":"award","id":"{ID}","points":9}}"#);
    for _ in 0..BREACHES_MAX {
        let acts = session.receive(odd.as_bytes(), Timestamp(1));
        assert_eq!(
            acts,
            [Act::Nack {
                id: ID.parse().ok(),
                code: Refusal::Malformed
            }]
        );
    }
    assert_eq!(
        session.receive(odd.as_bytes(), Timestamp(1)),
        [Act::Close(Close::Malformed)]
    );
    for garbage in ["", "null", "1", "\"x\"", "{", "[]", "\u{FEFF}{}"] {
        assert_eq!(
            live().receive(garbage.as_bytes(), Timestamp(1)),
            [Act::Close(Close::Malformed)],
            "{garbage}"
        );
    }
    let deep = "[".repeat(60_000);
    assert_eq!(
        live().receive(deep.as_bytes(), Timestamp(1)),
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
        let acts = live().receive(frame.as_bytes(), Timestamp(1));
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
    session.heard(Timestamp(25_100));
    assert_eq!(session.tick(Timestamp(36_000)), None);
    assert_eq!(session.tick(Timestamp(50_000)), Some(Act::Beat));
    assert_eq!(
        session.tick(Timestamp(60_000)),
        Some(Act::Close(Close::Silent))
    );
    assert_eq!(session.tick(Timestamp(90_000)), None);
}

#[test]
fn unanswered_commands_and_subscriptions_are_bounded() {
    let mut session = live();
    let leave =
        format!(r#"{{"type":"command","id":"{ID}","room":"{ID}","do":{{"kind":"leave"}}}}"#);
    for _ in 0..IN_FLIGHT_MAX {
        assert!(matches!(
            session.receive(leave.as_bytes(), Timestamp(1))[..],
            [Act::Ask { .. }]
        ));
    }
    assert!(matches!(
        session.receive(leave.as_bytes(), Timestamp(1))[..],
        [Act::Nack {
            code: Refusal::RateLimited,
            ..
        }]
    ));
    session.answered(1);
    assert!(matches!(
        session.receive(leave.as_bytes(), Timestamp(1))[..],
        [Act::Ask { .. }]
    ));
}
