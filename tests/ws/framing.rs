//! Section "WS framing": each wrong thing has its close code, others notice nothing, and nothing
//! of it stays in memory.

use std::io::Write as _;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::kit::{CLOSE, Heard, PING, PONG, Peer, Server, Setup, TEXT, frame, giant, resident};

fn cases() -> Vec<(&'static str, u16, Vec<u8>)> {
    let mut unmasked = frame(TEXT, b"hello");
    unmasked[1] &= 0x7f;
    let half = vec![b'x'; 40_000];
    let close = |code: u16| frame(CLOSE, &code.to_be_bytes());
    let mut cases = vec![
        ("unmasked", 1002, unmasked),
        ("RSV1", 1002, frame(TEXT | 0x40, b"hi")),
        ("RSV2", 1002, frame(TEXT | 0x20, b"hi")),
        ("RSV3", 1002, frame(TEXT | 0x10, b"hi")),
        ("fragmented ping", 1002, frame(0x09, b"")),
        ("fragmented close", 1002, frame(0x08, b"")),
        ("long ping", 1002, frame(PING, &[b'x'; 126])),
        ("long pong", 1002, frame(PONG, &[b'x'; 126])),
        ("long close", 1002, frame(CLOSE, &[b'x'; 126])),
        ("close of one byte", 1002, frame(CLOSE, b"\x03")),
        (
            "close with a broken reason",
            1007,
            frame(CLOSE, b"\x03\xe8\xc0"),
        ),
        ("continuation of nothing", 1002, frame(0x80, b"hi")),
        (
            "new text amid fragments",
            1002,
            [frame(0x01, b"a"), frame(TEXT, b"b")].concat(),
        ),
        ("binary", 1003, frame(0x82, b"hi")),
        ("broken UTF-8", 1007, frame(TEXT, b"\xff\xfe")),
        (
            "broken UTF-8 across fragments",
            1007,
            [frame(0x01, b"\xe2\x82"), frame(0x80, b"x")].concat(),
        ),
        (
            "UTF-8 cut off at the end",
            1007,
            frame(TEXT, b"\xf0\x9f\x98"),
        ),
        ("a surrogate", 1007, frame(TEXT, b"\xed\xa0\x80")),
        ("65,537 bytes", 1009, giant(65_537)),
        ("2^31 bytes", 1009, giant(1 << 31)),
        ("2^32 bytes", 1009, giant(1 << 32)),
        ("2^63 - 1 bytes", 1009, giant((1 << 63) - 1)),
        ("2^63 bytes", 1002, giant(1 << 63)),
        (
            "a short length in sixteen bits",
            1002,
            vec![TEXT, 0xfe, 0, 125, 1, 2, 3, 4],
        ),
        ("a short length in sixty-four bits", 1002, giant(65_535)),
        (
            "too big over its fragments",
            1009,
            [frame(0x01, &half), frame(0x80, &half)].concat(),
        ),
        (
            "100,000 empty fragments",
            1009,
            [frame(0x01, b""), frame(0x00, b"").repeat(100_000)].concat(),
        ),
        (
            "100,000 small fragments",
            1009,
            [frame(0x01, b"x"), frame(0x00, b"x").repeat(100_000)].concat(),
        ),
        ("10,000 pings", 4013, frame(PING, b"").repeat(10_000)),
        ("10,000 pongs", 4013, frame(PONG, b"").repeat(10_000)),
        ("not JSON", 4200, frame(TEXT, b"hello")),
        ("an empty message", 4200, frame(TEXT, b"")),
        (
            "64 KiB of [",
            4200,
            frame(TEXT, "[".repeat(65_536).as_bytes()),
        ),
    ];
    for opcode in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        cases.push(("an unknown opcode", 1002, frame(0x80 | opcode, b"")));
    }
    for code in [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000] {
        cases.push(("a close code that may not be sent", 1002, close(code)));
    }
    cases
}

#[test]
fn each_wrong_thing_has_its_close_code_and_nobody_else_notices() {
    let server = Server::start(Setup::default());
    let mut bystander = Peer::welcome(&server);
    for (name, code, bytes) in cases() {
        let mut peer = Peer::welcome(&server);
        // A flood may be cut off before all of it is written.
        peer.try_send(&bytes);
        assert_eq!(peer.expect_close(), Some(code), "{name}");
        peer.try_send(&frame(CLOSE, &code.to_be_bytes()));
        let took = peer.expect_end();
        assert!(
            took < Duration::from_secs(2),
            "{name}: the socket stood for {took:?} after its close"
        );
        bystander.expect_alive();
    }
    drop(bystander);
    server.expect_empty();
}

#[test]
fn it_is_the_same_a_byte_at_a_time() {
    let server = Server::start(Setup::default());
    for (name, code, bytes) in cases().into_iter().filter(|(.., bytes)| bytes.len() < 64) {
        let mut peer = Peer::welcome(&server);
        for byte in bytes {
            if !peer.try_send(&[byte]) {
                break;
            }
        }
        assert_eq!(peer.expect_close(), Some(code), "{name}");
    }
    let mut peer = Peer::welcome(&server);
    let text = format!(
        r#"{{"type":"unsubscribe","id":"{0}","stream":"room:{0}"}}"#,
        uuid::Uuid::now_v7()
    );
    for byte in frame(TEXT, text.as_bytes()) {
        peer.send(&[byte]);
    }
    peer.expect("nack");
}

#[test]
fn what_is_right_is_heard() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::welcome(&server);
    peer.send(&frame(PING, b"are you there"));
    assert_eq!(peer.hear(), Heard::Pong(b"are you there".to_vec()));
    let text = format!(
        r#"{{"type":"unsubscribe","id":"{0}","stream":"room:{0}"}}"#,
        uuid::Uuid::now_v7()
    );
    let (start, rest) = text.as_bytes().split_at(10);
    peer.send(
        &[
            frame(0x01, start),
            frame(PING, b"2"),
            frame(0x00, b""),
            frame(0x80, rest),
        ]
        .concat(),
    );
    assert_eq!(peer.hear(), Heard::Pong(b"2".to_vec()));
    peer.expect("nack");
    // Lengths at the borders of their forms, padded with white space that JSON does not mind.
    for length in [125, 126, 127, 65_535, 65_536] {
        peer.text(&(text.clone() + &" ".repeat(length - text.len())));
        peer.expect("nack");
    }
}

#[test]
fn a_close_is_answered_with_its_code_and_the_socket_ends_at_once() {
    let server = Server::start(Setup::default());
    for (payload, answer) in [
        (&b"\x03\xe8bye"[..], Some(1000)),
        (b"\x0f\xa0", Some(4000)),
        (b"\x03\xf3", Some(1011)),
        (b"", None),
    ] {
        let mut peer = Peer::welcome(&server);
        // What comes after a close is not looked at, however wrong.
        peer.send(&[frame(CLOSE, payload), b"\xff\xff\xff\xff".to_vec()].concat());
        assert_eq!(peer.expect_close(), answer);
        let took = peer.expect_end();
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
    server.expect_empty();
}

#[test]
fn who_leaves_without_a_word_is_forgotten() {
    let server = Server::start(Setup::default());
    let mut half_closed = Peer::welcome(&server);
    half_closed.send(&frame(TEXT, b"half a frame")[..9]);
    half_closed.stream.shutdown(Shutdown::Write).unwrap();
    half_closed.expect_end();

    let mut reset = Peer::welcome(&server);
    reset.send(&frame(TEXT, b"half a frame")[..9]);
    socket2::SockRef::from(&reset.stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(reset);

    drop(Peer::welcome(&server));
    drop(Peer::upgraded(&server));
    drop(Peer::connect(&server));
    drop(half_closed);
    server.expect_empty();
}

#[test]
fn a_declared_giant_at_full_speed_takes_no_memory() {
    let server = Server::start(Setup::default());
    let mut bystander = Peer::welcome(&server);
    let before = resident();
    for _ in 0..8 {
        let mut peer = Peer::welcome(&server);
        peer.send(&giant(1 << 40));
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            if peer.stream.write_all(&piece).is_err() {
                break;
            }
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB for 512 MiB of rubbish");
    bystander.expect_alive();
    drop(bystander);
    server.expect_empty();
}

#[test]
fn memory_returns_to_where_it_was() {
    let server = Server::start(Setup::default());
    let run = || {
        for (_, _, bytes) in cases() {
            let mut peer = Peer::welcome(&server);
            peer.try_send(&bytes);
            peer.expect_close();
        }
        server.expect_empty();
    };
    run();
    let before = resident();
    for _ in 0..10 {
        run();
    }
    let grown = resident().saturating_sub(before);
    assert!(
        grown < 16 * 1024,
        "{grown} KiB after ten rounds of everything"
    );
}

#[test]
fn a_flood_of_messages_is_closed_and_others_are_served_meanwhile() {
    let server = Server::start(Setup::default());
    let mut bystander = Peer::welcome(&server);
    let mut flood = Peer::welcome(&server);
    let text = format!(
        r#"{{"type":"unsubscribe","id":"{0}","stream":"room:{0}"}}"#,
        uuid::Uuid::now_v7()
    );
    flood.try_send(&frame(TEXT, text.as_bytes()).repeat(5_000));
    let began = Instant::now();
    bystander.expect_alive();
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(flood.expect_close(), Some(4013));
}
