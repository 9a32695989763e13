//! T12: connections that are not really there are found out and let go.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::kit::*;

const QUICK: &[(&str, &str)] = &[
    ("LUDUS_SESSIONS__HELLO_MS", "1500"),
    ("LUDUS_SESSIONS__HEARTBEAT_MS", "1000"),
    ("LUDUS_SESSIONS__SILENCE_MS", "1000"),
];

/// Upgrades by hand, so that nothing answers pings for us.
async fn upgrade(hub: &Hub) -> TcpStream {
    let mut stream = TcpStream::connect(hub.address()).await.unwrap();
    let request = format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: ludus.v1\r\n\r\n",
        hub.address()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(
        head.starts_with(b"HTTP/1.1 101"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    stream
}

/// A masked text frame with a mask of zeros.
fn text_frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    let length = u16::try_from(text.len()).unwrap();
    if length < 126 {
        frame.push(0x80 | u8::try_from(length).unwrap());
    } else {
        frame.push(0x80 | 0x7e);
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// Reads until the other side closes; answers the code of a close frame, if the end has one.
async fn read_to_end(stream: &mut TcpStream, within: Duration) -> (Option<u16>, Duration) {
    let begin = Instant::now();
    let mut bytes = Vec::new();
    let read = timeout(within, stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "the connection was kept");
    let close = bytes
        .windows(2)
        .rposition(|pair| pair[0] == 0x88 && (2..126).contains(&pair[1]));
    let code = close.and_then(|at| {
        Some(u16::from_be_bytes([
            *bytes.get(at + 2)?,
            *bytes.get(at + 3)?,
        ]))
    });
    (code, begin.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_is_let_go() {
    let hub = Hub::start_also(Backend::Sqlite, QUICK).await;
    let mut stream = upgrade(&hub).await;
    let (code, took) = read_to_end(&mut stream, SOON).await;
    assert_eq!(code, Some(4106));
    assert!(took > Duration::from_secs(1), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_upgrade_is_let_go() {
    let hub = Hub::start_also(Backend::Sqlite, QUICK).await;
    let mut stream = TcpStream::connect(hub.address()).await.unwrap();
    stream
        .write_all(b"GET /api/v1/ws HTTP/1.1\r\nHost: h")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let read = timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "half a request is kept for ever");
}

/// Reads everything and answers nothing: the network in between has gone, as far as the hub can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_no_heartbeat_is_let_go_and_missed() {
    let hub = Hub::start_also(Backend::Sqlite, QUICK).await;
    let (room, code, guests) = hub.crowd(2).await;
    let mut watcher = hub.member(&guests[0], room, Some(&code)).await;
    let mut joined = hub.member(&guests[1], room, Some(&code)).await;
    joined.close().await;
    let user = guests[1].user;
    // Somebody who is there, and answers, watches them go.
    let watching = tokio::spawn(async move {
        let gone = watcher.expect(SOON * 2, |frame| match frame {
            ServerFrame::Presence { change, .. } => change.went.contains(&user).then_some(()),
            _ => None,
        });
        gone.await
    });
    let before = hub.descriptors();
    let ticket = guests[1].ticket().await.unwrap();
    let mut stream = upgrade(&hub).await;
    let hello = format!(
        r#"{{"type":"hello","ticket":"{ticket}","subscriptions":[{{"stream":"room:{room}"}}]}}"#
    );
    stream.write_all(&text_frame(&hello)).await.unwrap();
    let (code, took) = read_to_end(&mut stream, SOON).await;
    assert_eq!(code, Some(4012));
    // A heartbeat, the silence after it, and the wait for an answer to the close.
    assert!(took < Duration::from_secs(12), "{took:?}");
    drop(stream);
    let gone = watching.await.unwrap();
    assert!(gone.is_some(), "presence keeps somebody who is gone");
    assert!(hub.descriptors() <= before + 1);
}

/// A client that answers is kept, however little it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_is_kept() {
    let hub = Hub::start_also(Backend::Sqlite, QUICK).await;
    let mut client = hub.client(&hub.owner).await;
    // Pongs are sent while listening.
    assert!(ending(&mut client, Duration::from_secs(6)).await.is_none());
}
