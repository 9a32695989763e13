//! Redis is killed, stopped, wiped, and talked to by strangers.

use futures_util::StreamExt as _;

use super::*;

/// Down is noticed within this: three seconds of silence, and a machine that is busy.
const NOTICED: Duration = Duration::from_secs(8);

async fn pair() -> (Redis, Node, Node) {
    let ground = Ground::Redis(Redis::start().await);
    let (one, two) = (ground.join().await, ground.join().await);
    let Ground::Redis(redis) = ground else {
        unreachable!()
    };
    (redis, one, two)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_is_found_again() {
    let (mut redis, one, mut two) = pair().await;
    let _wanted = two.bus.want(room(1));
    two.follows(&one, room(1)).await;
    redis.kill9();
    for node in [&one, &two] {
        node.stands(Standing::Down, NOTICED).await;
    }
    // What is told meanwhile is lost, and nobody waits.
    one.bus.tell(room(1), typing(1));
    let _later = two.bus.want(room(2));
    redis.resume().await;
    for node in [&one, &two] {
        node.stands(Standing::Up, NOTICED).await;
    }
    two.follows(&one, room(1)).await;
    two.follows(&one, room(2)).await;
}

/// The connection stands, and nothing comes: only the probe can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_not_trusted() {
    let (redis, one, mut two) = pair().await;
    let _wanted = two.bus.want(room(1));
    two.follows(&one, room(1)).await;
    redis.signal("STOP");
    two.stands(Standing::Down, NOTICED).await;
    redis.signal("CONT");
    for node in [&one, &two] {
        node.stands(Standing::Up, NOTICED).await;
    }
    two.follows(&one, room(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_and_a_wiped_server_are_no_event() {
    let (redis, one, mut two) = pair().await;
    let _wanted = two.bus.want(room(1));
    two.follows(&one, room(1)).await;
    for _ in 0..3 {
        redis
            .ask(&["CLIENT", "KILL", "TYPE", "pubsub"])
            .await
            .unwrap();
        redis.ask(&["FLUSHALL"]).await.unwrap();
        sleep(Duration::from_millis(300)).await;
        two.follows(&one, room(1)).await;
    }
    redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    two.follows(&one, room(1)).await;
}

/// Whoever reaches the server can read what passes, and make nobody believe anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_not_believed() {
    let (redis, one, mut two) = pair().await;
    let _wanted = two.bus.want(room(1));
    let _other = two.bus.want(room(2));
    two.follows(&one, room(1)).await;
    two.follows(&one, room(2)).await;
    let client = redis::Client::open(redis.url()).unwrap();
    let mut ears = client.get_async_pubsub().await.unwrap();
    ears.psubscribe("ludus:*:stream:*").await.unwrap();
    one.bus.tell(room(1), typing(1));
    assert_eq!(two.hears(SOON).await.unwrap().news, typing(1));
    let seen = ears.on_message().next().await.unwrap();
    let (channel, sealed) = (seen.get_channel_name().to_owned(), seen.get_payload_bytes());
    let (head, _) = channel.rsplit_once(':').unwrap();
    let elsewhere = format!("{head}:{}", Uuid::from_u128(2));
    let mut changed = sealed.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    let mut voice = redis.connection().await.unwrap();
    for (channel, bytes) in [
        (&channel, sealed.to_vec()),
        (&elsewhere, sealed.to_vec()),
        (&channel, changed),
        (&channel, b"{\"v\":1}".to_vec()),
        (&channel, vec![0; 2_000_000]),
        (&channel, vec![]),
    ] {
        let told: i64 = redis::cmd("PUBLISH")
            .arg(channel)
            .arg(bytes)
            .query_async(&mut voice)
            .await
            .unwrap();
        assert!(told >= 1, "somebody heard it");
    }
    assert_eq!(two.hears(Duration::from_secs(1)).await, None);
    assert_eq!(two.bus.standing(), Standing::Up);
    one.bus.tell(room(1), typing(2));
    assert_eq!(two.hears(SOON).await.unwrap().news, typing(2));
}

/// With `rediss` nothing is said in the open, not even the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_nothing_is_said_in_the_open() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    let key = Keys::derive(&[7; 32]).bus;
    let url = format!("rediss://:secret@127.0.0.1:{port}");
    let node = NodeId(Uuid::now_v7());
    let (bus, _heard) = RedisBus::start(&url, &key, node, Arc::new(WallClock)).unwrap();
    let (mut socket, _) = timeout(SOON, server.accept()).await.unwrap().unwrap();
    let mut first = [0; 3];
    let read = tokio::io::AsyncReadExt::read_exact(&mut socket, &mut first);
    timeout(SOON, read).await.unwrap().unwrap();
    assert_eq!(first[..2], [0x16, 0x03], "the beginning of a TLS handshake");
    assert_eq!(bus.standing(), Standing::Down);
}
