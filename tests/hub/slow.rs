//! T11: sockets that never read. They cost a bounded amount, are closed, and hurt nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::SinkExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::kit::*;

const SOCKETS: usize = 50;
/// What all of them together may cost while they are stuck.
const MEMORY_KIB_MAX: u64 = 100 * 1024;

/// A socket that follows a room and then never reads, with as small a buffer as the system allows.
async fn stuck(hub: &Hub, account: &Account, room: RoomId) -> WebSocketStream<TcpStream> {
    let ticket = account.ticket().await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket
        .connect(hub.address().parse().unwrap())
        .await
        .unwrap();
    let mut request = hub.rest.ws_url().into_client_request().unwrap();
    let protocol = "ludus.v1".parse().unwrap();
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", protocol);
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream)
        .await
        .unwrap();
    let hello = format!(
        r#"{{"type":"hello","ticket":"{ticket}","subscriptions":[{{"stream":"room:{room}"}}]}}"#
    );
    socket.send(Message::text(hello)).await.unwrap();
    socket
}

/// A member who follows nothing.
async fn seated(hub: &Hub, account: &Account, room: RoomId, code: &str) -> Client {
    let mut client = hub.client(account).await;
    let join = Command::Join {
        code: Some(code.to_owned()),
    };
    acked(client.ask(room, join, SOON).await);
    client.keeps_backlog = false;
    client
}

/// Lines as long as lines may be, ten a second.
async fn speak(mut client: Client, room: RoomId, stop: Arc<AtomicBool>) -> u32 {
    client.keeps_backlog = false;
    let text = "ö".repeat(4_000);
    let mut said = 0;
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        client.send(room, say(&*text)).await;
        said += 1;
        // Below what one connection may send in a second.
        next += Duration::from_millis(100);
        while let Ok(heard) = tokio::time::timeout_at(next, client.hear()).await {
            assert!(
                heard.is_ok() || stop.load(Ordering::Relaxed),
                "a speaker who reads is kept: {heard:?}"
            );
        }
    }
    said
}

async fn worst_ack(client: &mut Client, room: RoomId, rounds: u32) -> Duration {
    let mut all = Vec::new();
    for _ in 0..rounds {
        let begin = Instant::now();
        // A disk that others keep busy may make the store say "not now": that is an answer too.
        let answer = client.ask(room, say("calm"), SOON).await;
        assert!(answer.is_some(), "no answer: {:?}", client.last_end);
        all.push(begin.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    all.sort_unstable();
    all[all.len() * 95 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_that_never_read_are_let_go() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (room, code, guests) = hub.crowd(13).await;
    // Talks, and follows nothing: only its acks are measured, and it is nobody's slow reader.
    let mut calm = seated(&hub, &guests[0], room, &code).await;
    hub.member(&guests[1], room, Some(&code))
        .await
        .close()
        .await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut speakers = tokio::task::JoinSet::new();
    for guest in &guests[3..] {
        let client = seated(&hub, guest, room, &code).await;
        speakers.spawn(speak(client, room, Arc::clone(&stop)));
    }
    // The same talk with nobody stuck, to compare with.
    sleep(Duration::from_secs(2)).await;
    let before = worst_ack(&mut calm, room, 100).await;
    let (memory, open) = (hub.memory_kib(), hub.descriptors());

    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(stuck(&hub, &guests[1], room).await);
    }
    // All of them are there before any is let go.
    assert!(hub.descriptors() >= open + SOCKETS);
    let begin = Instant::now();
    let mut peak = memory;
    let mut rounds = Vec::new();
    while begin.elapsed() < Duration::from_mins(1) {
        rounds.push(worst_ack(&mut calm, room, 20).await);
        peak = peak.max(hub.memory_kib());
        if hub.descriptors() <= open + 2 {
            break;
        }
    }
    let took = begin.elapsed();
    // Were it the stuck sockets that one waits for, it would be so until they are gone.
    rounds.sort_unstable();
    let during = rounds[rounds.len() / 2];
    stop.store(true, Ordering::Relaxed);
    let mut said = 0;
    while let Some(one) = speakers.join_next().await {
        said += one.unwrap();
    }
    eprintln!(
        "{said} lines of 8 kB; stuck sockets gone after {took:?}; memory {memory} KiB, at most {peak} KiB; \
         ack p95 {before:?} before, {during:?} during"
    );
    assert!(
        hub.descriptors() <= open + 2,
        "{} of {SOCKETS} stuck sockets are still held after {took:?}",
        hub.descriptors().saturating_sub(open)
    );
    assert!(
        peak < memory + MEMORY_KIB_MAX,
        "{memory} KiB before, {peak} KiB at most"
    );
    assert!(
        during < before * 4 + Duration::from_millis(250),
        "{before:?} before, {during:?} during"
    );
    // Whoever was let go comes back by resuming.
    let head = guests[1].position(room).await.unwrap();
    let since = Position {
        seq: Seq(head.seq.0 - 100),
        ..head
    };
    let mut back = hub.client(&guests[1]).await;
    back.subscribe(StreamId::Room(room), Some(since)).await;
    let replayed = back.expect(SOON, |frame| match frame {
        ServerFrame::Subscribed { replayed, .. } => Some(*replayed),
        _ => None,
    });
    assert_eq!(replayed.await, Some(100));
}
