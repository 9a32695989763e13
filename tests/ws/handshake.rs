//! Section "WS handshake": what comes back to each request, exactly.

use std::sync::atomic::Ordering;

use crate::kit::{ACCEPT, KEY, Peer, Server, Setup};
use ludus::limits::LimitSettings;
use ludus::ws::admission::Origins;

fn status_of(server: &Server, request: &str) -> u16 {
    let mut peer = Peer::connect(server);
    peer.try_send(request.as_bytes());
    peer.head().0
}

/// The good request with one of its parts changed.
fn changed(from: &str, to: &str) -> String {
    let good = Peer::request("");
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

#[test]
fn a_good_one_is_answered_by_the_book() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::connect(&server);
    // Offering compression changes nothing: it is not negotiated.
    peer.send(
        Peer::request(
            "Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: https://ludus.example.org\r\n",
        )
        .as_bytes(),
    );
    let (status, head) = peer.head();
    assert_eq!(status, 101);
    assert!(
        head.contains(&format!(
            "sec-websocket-accept: {}\r\n",
            ACCEPT.to_lowercase()
        )),
        "{head}"
    );
    assert!(
        head.contains("sec-websocket-protocol: ludus.v1\r\n"),
        "{head}"
    );
    assert!(head.contains("x-request-id: "), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
    peer.text(r#"{"type":"hello","ticket":"good"}"#);
    peer.expect("welcome");
}

#[test]
fn spellings_that_are_fine() {
    let server = Server::start(Setup::default());
    let good = Peer::request("");
    for request in [
        good.to_lowercase()
            .replace("get ", "GET ")
            .replace("http/1.1", "HTTP/1.1")
            .replace(&KEY.to_lowercase(), KEY),
        changed("Connection: Upgrade", "cOnNeCtIoN: keep-alive, Upgrade"),
        changed("Upgrade: websocket", "UPGRADE: WebSocket"),
        changed("Protocol: ludus.v1", "Protocol: other, ludus.v1 , more"),
        changed(
            "Protocol: ludus.v1",
            "Protocol: other\r\nSec-WebSocket-Protocol: ludus.v1",
        ),
    ] {
        assert_eq!(status_of(&server, &request), 101, "{request}");
    }
}

#[test]
fn what_is_wrong_is_named_by_its_status() {
    let server = Server::start(Setup::default());
    let cases = [
        (405, changed("GET ", "POST ")),
        (400, changed("HTTP/1.1", "HTTP/1.0")),
        (426, changed("Version: 13", "Version: 8")),
        (426, changed("Version: 13", "Version: 7")),
        (426, changed("Version: 13", "Version: 14")),
        (426, changed("Sec-WebSocket-Version: 13\r\n", "")),
        (
            426,
            changed(
                "Sec-WebSocket-Version: 13\r\n",
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n",
            ),
        ),
        (426, changed("Upgrade: websocket\r\n", "")),
        (426, changed("Upgrade: websocket", "Upgrade: h2c")),
        (426, changed("Connection: Upgrade\r\n", "")),
        (426, changed("Connection: Upgrade", "Connection: close")),
        (400, changed(KEY, "")),
        (400, changed(KEY, "c2hvcnQ=")),
        (400, changed(KEY, "not base64 at all !!!!!!")),
        (400, changed("Sec-WebSocket-Protocol: ludus.v1\r\n", "")),
        (400, changed("ludus.v1", "ludus.v2")),
        (400, changed("ludus.v1", &"x,".repeat(10_000))),
        (400, changed("/ws ", "/ws?token=canary ")),
        (400, changed("/ws ", "/ws?access_token=canary ")),
        (400, Peer::request("Content-Length: 5\r\n")),
        (400, Peer::request("Transfer-Encoding: chunked\r\n")),
        (403, Peer::request("Origin: https://evil.example\r\n")),
        (
            403,
            Peer::request("Origin: https://ludus.example.org.evil.example\r\n"),
        ),
        (403, Peer::request("Origin: null\r\n")),
        (
            403,
            Peer::request("Origin: https://ludus.example.org\r\nOrigin: https://evil.example\r\n"),
        ),
    ];
    for (status, request) in cases {
        assert_eq!(
            status_of(&server, &request),
            status,
            "{}",
            &request[..request.len().min(400)]
        );
    }
    Peer::welcome(&server).expect_alive();
}

#[test]
fn nothing_is_upgraded_anywhere_else() {
    let server = Server::start(Setup::default());
    assert_eq!(
        status_of(&server, &changed("/api/v1/ws ", "/elsewhere ")),
        404
    );
    assert_eq!(
        status_of(&server, &changed("/api/v1/ws ", "/api/v1/ws/more ")),
        404
    );
    Peer::welcome(&server).expect_alive();
}

#[test]
fn a_refusal_is_a_problem_document_and_repeats_no_secret() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::connect(&server);
    peer.send(changed("/ws ", "/ws?token=canary ").as_bytes());
    let (status, head) = peer.head();
    assert_eq!(status, 400);
    assert!(
        head.contains("content-type: application/problem+json"),
        "{head}"
    );
    assert!(!head.contains("canary"), "{head}");

    let mut peer = Peer::connect(&server);
    peer.send(changed("Version: 13", "Version: 8").as_bytes());
    let (_, head) = peer.head();
    assert!(head.contains("sec-websocket-version: 13\r\n"), "{head}");
}

#[test]
fn absurd_amounts_of_headers_are_refused() {
    let server = Server::start(Setup::default());
    let many = "x-many: 1\r\n".repeat(10_000);
    let status = status_of(&server, &Peer::request(&many));
    assert!(matches!(status, 400 | 431), "{status}");
    let long = format!("x-long: {}\r\n", "y".repeat(200_000));
    let status = status_of(&server, &Peer::request(&long));
    assert!(matches!(status, 400 | 431), "{status}");
    // 64 KiB in one header is much, and legal: what follows decides.
    let long = format!("x-long: {}\r\n", "y".repeat(64 * 1024));
    assert_eq!(status_of(&server, &Peer::request(&long)), 101);
    Peer::welcome(&server).expect_alive();
}

#[test]
fn http_2_by_prior_knowledge_is_not_a_way_in() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::connect(&server);
    peer.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let (status, _) = peer.head();
    assert!((400..600).contains(&status), "{status}");
    Peer::welcome(&server).expect_alive();
}

#[test]
fn what_follows_the_handshake_at_once_is_heard() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::connect(&server);
    let hello = crate::kit::frame(crate::kit::TEXT, br#"{"type":"hello","ticket":"good"}"#);
    peer.send(&[Peer::request("").as_bytes(), &hello].concat());
    assert_eq!(peer.head().0, 101);
    peer.expect("welcome");
    peer.expect_alive();
}

#[test]
fn a_second_handshake_on_the_same_connection_is_just_bytes() {
    let server = Server::start(Setup::default());
    let mut peer = Peer::welcome(&server);
    peer.send(Peer::request("").as_bytes());
    // `G` has reserved bits set.
    assert_eq!(peer.expect_close(), Some(1002));
}

#[test]
fn caps_and_the_drain() {
    let limits = LimitSettings {
        sockets_per_address: 3,
        sockets_per_user: 1,
        ..LimitSettings::default()
    };
    let server = Server::start(Setup {
        limits,
        ..Setup::default()
    });
    let mut first = Peer::upgraded(&server);
    first.text(r#"{"type":"hello","ticket":"good:1"}"#);
    first.expect("welcome");
    let mut second = Peer::upgraded(&server);
    second.text(r#"{"type":"hello","ticket":"good:1"}"#);
    assert_eq!(second.expect_close(), Some(4209));
    drop(second);
    let _third = Peer::welcome(&server);
    let _fourth = Peer::welcome(&server);
    assert_eq!(status_of(&server, &Peer::request("")), 429);
    drop(first);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while status_of(&server, &Peer::request("")) != 101 {
        assert!(
            std::time::Instant::now() < until,
            "a place is not given back"
        );
    }

    server.draining.store(true, Ordering::Relaxed);
    let mut late = Peer::connect(&server);
    late.send(Peer::request("").as_bytes());
    let (status, head) = late.head();
    assert_eq!(status, 503);
    assert!(head.contains("retry-after: "), "{head}");
}

#[test]
fn a_hub_without_a_name_takes_its_own_pages() {
    let server = Server::start(Setup {
        origins: Origins::exactly([]).or_same_host(),
        ..Setup::default()
    });
    assert_eq!(
        status_of(
            &server,
            &Peer::request("Origin: http://ludus.example.org\r\n")
        ),
        101
    );
    assert_eq!(
        status_of(&server, &Peer::request("Origin: http://evil.example\r\n")),
        403
    );
}
