//! Who keeps the hub waiting, and for how long.

use std::thread;
use std::time::{Duration, Instant};

use ludus_domain::session::Pace;

use crate::kit::{CLOSE, Heard, Peer, Server, Setup, TEXT, frame, resident};

#[test]
fn a_drip_is_cut_after_ten_seconds() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::welcome(&server);
    let bytes = frame(TEXT, &[b'x'; 100]);
    let began = Instant::now();
    peer.stream.set_nonblocking(true).unwrap();
    let mut sent = bytes.iter();
    loop {
        if let Some(byte) = sent.next() {
            peer.try_send(&[*byte]);
        }
        thread::sleep(Duration::from_millis(500));
        let mut one = [0];
        if matches!(peer.stream.peek(&mut one), Ok(1..)) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(15));
    }
    peer.stream.set_nonblocking(false).unwrap();
    assert_eq!(peer.expect_close(), Some(4012));
    assert!(began.elapsed() >= Duration::from_secs(10));
}

#[test]
fn half_a_header_and_no_hello_are_waited_for_and_no_longer() {
    let pace = Pace {
        hello_ms: 1_000,
        ..Setup::default().pace
    };
    let server = Server::start(Setup {
        pace,
        ..Setup::default()
    });
    let mut mute = Peer::upgraded(&server);
    let began = Instant::now();
    assert_eq!(mute.expect_close(), Some(4106));
    assert!(began.elapsed() < Duration::from_secs(2));

    let mut peer = Peer::welcome(&server);
    peer.send(&[TEXT]);
    let began = Instant::now();
    assert_eq!(peer.expect_close(), Some(4012));
    let took = began.elapsed();
    assert!((10..12).contains(&took.as_secs()), "{took:?}");
}

#[test]
fn who_never_answers_a_close_is_left_after_five_seconds() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::welcome(&server);
    peer.text("not JSON");
    assert_eq!(peer.expect_close(), Some(4200));
    let took = peer.expect_end();
    assert!((4_900..7_000).contains(&took.as_millis()), "{took:?}");
    server.expect_empty();
}

#[test]
fn who_never_answers_a_ping_is_closed_as_silent_and_pongs_are_life() {
    let pace = Pace {
        heartbeat_ms: 1_000,
        silence_ms: 1_000,
        ..Setup::default().pace
    };
    let server = Server::start(Setup {
        pace,
        ..Setup::default()
    });
    let mut silent = Peer::welcome(&server);
    let began = Instant::now();
    assert_eq!(silent.expect_close(), Some(4012));
    assert!(began.elapsed() < Duration::from_secs(4));

    let mut alive = Peer::welcome(&server);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        match alive.hear() {
            Heard::Ping => alive.send(&frame(0x8a, b"")),
            Heard::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
    alive.send(&frame(CLOSE, b"\x03\xe8"));
    assert_eq!(alive.expect_close(), Some(1000));
}

/// Never reads, and is sent more than its socket holds. Heartbeats of the hub are made long for it.
#[test]
fn who_never_reads_is_gone_in_time_and_costs_little() {
    const READERS: usize = 20;
    let pace = Pace {
        heartbeat_ms: 1,
        silence_ms: 600_000,
        ..Setup::default().pace
    };
    let server = Server::start(Setup {
        pace,
        ..Setup::default()
    });
    let before = resident();
    let peers: Vec<Peer> = (0..READERS)
        .map(|_| {
            let mut peer = Peer::connect(&server);
            socket2::SockRef::from(&peer.stream)
                .set_recv_buffer_size(4_096)
                .unwrap();
            peer.send(Peer::request("").as_bytes());
            peer.send(&frame(TEXT, br#"{"type":"hello","ticket":"good"}"#));
            peer
        })
        .collect();
    let began = Instant::now();
    let mut most = 0;
    thread::sleep(Duration::from_secs(1));
    assert_eq!(
        usize::try_from(server.limits.sockets_open()).unwrap(),
        READERS
    );
    while server.limits.sockets_open() > 0 {
        most = most.max(resident().saturating_sub(before));
        assert!(
            began.elapsed() < Duration::from_secs(45),
            "{} are left",
            server.limits.sockets_open()
        );
        thread::sleep(Duration::from_millis(100));
    }
    let each = most / READERS as u64;
    println!("gone after {:?}, {each} KiB each at most", began.elapsed());
    assert!(each < 2 * 1024, "{each} KiB each");
    // Their own end was told: the sockets were cut, not left to rot.
    for mut peer in peers {
        peer.stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        peer.head();
        while !matches!(peer.hear(), Heard::End | Heard::Reset) {}
    }
}
