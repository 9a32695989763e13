//! What is not of the protocol: each kind of it has one answer, and harms nobody else.

use std::time::Duration;

use uuid::Uuid;

use crate::kit::*;

/// What a hub does with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// Closed, with this code.
    Closed(u16),
    /// Refused under its id, connection kept.
    Nack(&'static str),
    /// Refused without an id, connection kept.
    NamelessNack(&'static str),
    /// Done.
    Ack,
}

const ID: &str = "019a0000-0000-7000-8000-00000000000a";

fn messages(room: RoomId) -> Vec<(&'static str, String, Outcome)> {
    use Outcome::{Ack, Closed, Nack, NamelessNack};
    let say = |text: &str| {
        let id = Uuid::now_v7();
        format!(
            r#"{{"type":"command","id":"{id}","room":"{room}","do":{{"kind":"say","text":{text}}}}}"#
        )
    };
    let head = format!(r#""type":"command","id":"{ID}","room":"{room}""#);
    let with = |rest: &str| format!("{{{head},{rest}}}");
    let since = |since: &str| {
        format!(r#"{{"type":"subscribe","id":"{ID}","stream":"room:{room}","since":{since}}}"#)
    };
    vec![
        ("empty", String::new(), Closed(4200)),
        ("blank", " \n\t ".into(), Closed(4200)),
        ("null", "null".into(), Closed(4200)),
        ("a number", "1e400".into(), Closed(4200)),
        ("NaN", "NaN".into(), Closed(4200)),
        ("a text", "\"hello\"".into(), Closed(4200)),
        ("half an object", "{\"type\":".into(), Closed(4200)),
        ("two objects", "{}{}".into(), Closed(4200)),
        ("a BOM", "\u{FEFF}{}".into(), Closed(4200)),
        ("an empty list", "[]".into(), Closed(4200)),
        (
            "a long list",
            format!("[{}]", vec!["{}"; 10_000].join(",")),
            Closed(4200),
        ),
        ("deep nesting", "[".repeat(10_000), Closed(4200)),
        ("64 KiB of brackets", "[".repeat(64 * 1024), Closed(4200)),
        ("deep objects", r#"{"a":"#.repeat(10_000), Closed(4200)),
        (
            "over 64 KiB",
            say(&format!("\"{}\"", "x".repeat(70_000))),
            Closed(1009),
        ),
        ("an empty object", "{}".into(), NamelessNack("malformed")),
        ("a list of lists", "[[]]".into(), NamelessNack("malformed")),
        (
            "an unknown type",
            format!(r#"{{"type":"award","id":"{ID}","points":9}}"#),
            Nack("malformed"),
        ),
        (
            "an unknown command",
            with(r#""do":{"kind":"kick"}"#),
            Nack("malformed"),
        ),
        (
            "an unknown field",
            with(r#""do":{"kind":"leave"},"seq":4"#),
            Nack("malformed"),
        ),
        (
            "a forged sender",
            with(r#""do":{"kind":"leave","by":"x"}"#),
            Nack("malformed"),
        ),
        (
            "a field twice",
            with(r#""do":{"kind":"say","text":"a","text":"b"}"#),
            Nack("malformed"),
        ),
        (
            "a wrong type",
            with(r#""do":{"kind":"say","text":7}"#),
            Nack("malformed"),
        ),
        (
            "a missing field",
            with(r#""do":{"kind":"say"}"#),
            Nack("malformed"),
        ),
        ("no command", format!("{{{head}}}"), Nack("malformed")),
        (
            "an id that is none",
            r#"{"type":"command","id":"1","room":"1","do":{"kind":"leave"}}"#.into(),
            NamelessNack("malformed"),
        ),
        (
            "an id of 10 KB",
            format!(r#"{{"type":"command","id":"{}"}}"#, "7".repeat(10_240)),
            NamelessNack("malformed"),
        ),
        (
            "a negative position",
            since(r#"{"epoch":1,"seq":-1}"#),
            Nack("malformed"),
        ),
        (
            "a fraction",
            since(r#"{"epoch":1,"seq":1.5}"#),
            Nack("malformed"),
        ),
        (
            "a huge position",
            since(r#"{"epoch":1,"seq":99999999999999999999}"#),
            Nack("malformed"),
        ),
        (
            "minus zero",
            since(r#"{"epoch":1,"seq":-0.0}"#),
            Nack("malformed"),
        ),
        (
            "a huge epoch",
            since(r#"{"epoch":4294967296,"seq":0}"#),
            Nack("malformed"),
        ),
        (
            "a stream of no kind",
            format!(r#"{{"type":"subscribe","id":"{ID}","stream":"hall:{ID}"}}"#),
            Nack("malformed"),
        ),
        ("a lone surrogate", say(r#""\ud800""#), Closed(4200)),
        ("a NUL", say(r#""a\u0000b""#), Nack("text_invalid")),
        ("turned text", say("\"a\u{202E}b\""), Nack("text_invalid")),
        (
            "nothing but the invisible",
            say("\"\u{200B}\u{200B}\""),
            Nack("text_empty"),
        ),
        (
            "marks upon marks",
            say(&format!("\"a{}\"", "\u{0301}".repeat(10_000))),
            Nack("text_too_long"),
        ),
        (
            "marks that fit",
            say(&format!("\"a{}\"", "\u{0301}".repeat(1_000))),
            Nack("text_invalid"),
        ),
        (
            "too long",
            say(&format!("\"{}\"", "x".repeat(4_001))),
            Nack("text_too_long"),
        ),
        (
            "long and fine",
            say(&format!("\"{}\"", "😀".repeat(4_000))),
            Ack,
        ),
        ("a family", say("\"👩‍👩‍👧‍👦\""), Ack),
        (
            "an answer to no line",
            with(r#""do":{"kind":"say","text":"a","reply_to":999999}"#),
            Nack("no_such_line"),
        ),
        (
            "no line to edit",
            with(r#""do":{"kind":"edit","text":"a","line":0}"#),
            Nack("no_such_line"),
        ),
        (
            "no text as a reaction",
            with(r#""do":{"kind":"react","line":1,"emoji":"hello","on":true}"#),
            Nack("no_such_line"),
        ),
        (
            "a second hello",
            r#"{"type":"hello","ticket":"x"}"#.into(),
            Closed(4200),
        ),
        (
            "a stream not followed",
            format!(r#"{{"type":"unsubscribe","id":"{ID}","stream":"room:{ID}"}}"#),
            Nack("not_subscribed"),
        ),
    ]
}

async fn outcome(client: &mut Client, message: &str) -> Outcome {
    let socket = client.socket().unwrap();
    socket.send_text(message).await.ok();
    loop {
        match tokio::time::timeout(SOON, client.hear()).await {
            Err(late) => panic!(
                "no answer to {}: {late}",
                message.chars().take(200).collect::<String>()
            ),
            Ok(Ok(ServerFrame::Ack { .. })) => return Outcome::Ack,
            Ok(Ok(ServerFrame::Nack { id, code, .. })) if id.is_some() => {
                return Outcome::Nack(code.code());
            }
            Ok(Ok(ServerFrame::Nack { code, .. })) => return Outcome::NamelessNack(code.code()),
            Ok(Ok(_)) => {}
            Ok(Err(ended)) => return Outcome::Closed(ended.code().unwrap_or(0)),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_nonsense_has_one_answer() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (room, code, guests) = hub.crowd(2).await;
    let mut control = hub.member(&guests[0], room, Some(&code)).await;
    hub.member(&guests[1], room, Some(&code))
        .await
        .close()
        .await;
    let mut wrong = Vec::new();
    for (name, message, expected) in messages(room) {
        let mut client = hub.client(&guests[1]).await;
        let got = outcome(&mut client, &message).await;
        if got != expected {
            wrong.push(format!("{name}: expected {expected:?}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    acked(control.ask(room, say("still here"), SOON).await);
    assert!(!hub.said().contains("panicked"), "{}", hub.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_a_hello_nothing_is_heard() {
    let hub = Hub::start(Backend::Sqlite).await;
    let room = RoomId(Uuid::now_v7());
    for message in [
        r#"{"type":"heartbeat"}"#.to_owned(),
        format!(r#"{{"type":"typing","room":"{room}","on":true}}"#),
        r#"{"type":"hello"}"#.to_owned(),
        r#"{"type":"hello","ticket":"a","resume":"b"}"#.to_owned(),
        r#"{"type":"hello","ticket":7}"#.to_owned(),
    ] {
        let mut socket = Socket::open(&hub.rest.ws_url()).await.unwrap();
        socket.send_text(&*message).await.unwrap();
        let ended = tokio::time::timeout(SOON, socket.hear()).await.unwrap();
        let code = loop_to_end(ended, &mut socket).await;
        assert_eq!(code, Some(4200), "{message}");
    }
    for ticket in ["", "nonsense", &"x".repeat(5_000)] {
        let mut socket = Socket::open(&hub.rest.ws_url()).await.unwrap();
        let hello = ClientFrame::Hello {
            ticket: Some(ticket.to_owned()),
            resume: None,
            subscriptions: vec![],
            client: None,
        };
        socket.send(&hello).await.unwrap();
        let ended = tokio::time::timeout(SOON, socket.hear()).await.unwrap();
        assert_eq!(loop_to_end(ended, &mut socket).await, Some(4101));
    }
}

async fn loop_to_end(
    mut heard: Result<ludus_loadtests::client::Heard, Ended>,
    socket: &mut Socket,
) -> Option<u16> {
    loop {
        match heard {
            Ok(_) => heard = socket.hear().await,
            Err(ended) => return ended.code(),
        }
    }
}

/// A ticket opens one connection, once, whoever is faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_good_once() {
    let hub = Hub::start(Backend::Sqlite).await;
    let ticket = hub.owner.ticket().await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let url = hub.rest.ws_url();
        let ticket = ticket.clone();
        tasks.spawn(async move {
            let mut socket = Socket::open(&url).await.unwrap();
            let hello = ClientFrame::Hello {
                ticket: Some(ticket),
                resume: None,
                subscriptions: vec![],
                client: None,
            };
            socket.send(&hello).await.unwrap();
            let heard = socket.hear().await;
            heard.is_ok_and(|heard| heard.frame.kind() == "welcome")
        });
    }
    let mut welcomed = 0;
    while let Some(one) = tasks.join_next().await {
        welcomed += usize::from(one.unwrap());
    }
    assert_eq!(welcomed, 1);
}

/// The same nonsense a thousand times over leaves no memory behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_leaves_nothing_behind() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (room, code, guests) = hub.crowd(1).await;
    hub.member(&guests[0], room, Some(&code))
        .await
        .close()
        .await;
    let deep = "[".repeat(64 * 1024);
    let (mut before, mut open) = (0, 0);
    for round in 0..300 {
        if round == 100 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (before, open) = (hub.memory_kib(), hub.descriptors());
        }
        let mut client = hub.client(&guests[0]).await;
        assert_eq!(outcome(&mut client, &deep).await, Outcome::Closed(4200));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (after, left) = (hub.memory_kib(), hub.descriptors());
    assert!(
        after < before + 16 * 1024,
        "{before} KiB before, {after} KiB after"
    );
    assert!(left <= open + 2, "{open} descriptors before, {left} after");
}

/// Whoever finds the address can say anything, and not write in the log by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_is_no_line_of_the_log() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let hub = Hub::start(Backend::Sqlite).await;
    let before = hub.said().lines().count();
    let upgrade =
        "GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for request in [
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET / HTTP/1.1\r\n\u{0}: x\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        &format!("{upgrade}Sec-WebSocket-Key: \u{7f}\r\n\r\n"),
    ] {
        for _ in 0..5 {
            let mut stream = tokio::net::TcpStream::connect(hub.address()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = vec![0; 1_024];
            let read = stream.read(&mut answer);
            tokio::time::timeout(SOON, read).await.unwrap().ok();
        }
    }
    let said = hub.said();
    let new: Vec<&str> = said.lines().skip(before).collect();
    assert_eq!(new, Vec::<&str>::new());
}
