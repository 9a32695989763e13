//! Limits that nodes keep together: two of them over a real Redis, which is then stopped, killed, wiped
//! and lied to.

use std::net::IpAddr;

use ludus::bus::lease;
use ludus::limits::{LimitSettings, Limits, Rate, Shared};
use ludus_actors::ports::{CommandClass, Limits as _};

use super::*;

struct Two {
    redis: Redis,
    nodes: [Side; 2],
}

struct Side {
    limits: Arc<Limits>,
    shared: Arc<Shared>,
}

/// Nothing fills while a test runs: what is let through is what there was.
fn settings() -> LimitSettings {
    LimitSettings {
        user_chat: Rate::new(1, 80),
        room: Rate::new(1, 4_000),
        user_rest: Rate::new(1, 40),
        account_logins: Rate::new(1, 10),
        address_logins: Rate::new(1, 1_000),
        ..LimitSettings::default()
    }
}

fn limits(settings: &LimitSettings, shared: &Arc<Shared>) -> Arc<Limits> {
    Arc::new(Limits::new(settings).together(Some(Arc::clone(shared))))
}

/// The share of a burst of eighty that each of four nodes may lend.
const SHARE_OF_FOUR: usize = 20;

impl Two {
    async fn start() -> Self {
        let redis = Redis::start().await;
        let nodes = [(); 2].map(|()| {
            let key = Keys::derive(&[7; 32]).bus;
            let shared = lease(&redis.url(), &key, &settings()).unwrap();
            shared.nodes(2);
            let limits = limits(&settings(), &shared);
            Side { limits, shared }
        });
        let two = Self { redis, nodes };
        two.are_up(true).await;
        two
    }

    /// Has both believe that there are so many.
    fn among(&self, nodes: u32) {
        for node in &self.nodes {
            node.shared.nodes(nodes);
        }
    }

    async fn are_up(&self, is_up: bool) {
        let give_up = Instant::now() + SOON;
        while self.nodes.iter().any(|node| node.shared.is_up() != is_up) {
            assert!(Instant::now() < give_up, "they are never so");
            // Who asks for nothing finds nothing out until the next probe.
            let _ = self.line(0, 999);
            let _ = self.line(1, 999);
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn line(&self, node: usize, user: u128) -> bool {
        let org = OrgId(Uuid::from_u128(1));
        let user = UserId(Uuid::from_u128(user));
        let limits = &self.nodes[node].limits;
        limits.command(org, user, None, CommandClass::Chat).is_ok()
    }

    /// So many lines of somebody at both nodes, as fast as a program that is answered sends them.
    async fn lines(&self, user: u128, tries: usize) -> usize {
        let mut through = 0;
        for round in 0..tries {
            through += usize::from(self.line(round % 2, user));
            sleep(Duration::from_millis(1)).await;
        }
        through
    }

    async fn logins(&self, account: &str, tries: usize) -> usize {
        let address = IpAddr::from([192, 0, 2, 1]);
        let mut through = 0;
        for round in 0..tries {
            let limits = &self.nodes[round % 2].limits;
            through += usize::from(limits.login(address, Some(account)).await.is_ok());
        }
        through
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_let_through_what_one_would_and_what_they_lend() {
    let two = Two::start().await;
    two.among(4);
    let lines = two.lines(1, 400).await;
    assert!((80..=80 + 2 * SHARE_OF_FOUR).contains(&lines), "{lines}");
    // Nobody waits for an answer of a limit that may be passed a little; signing in is counted out.
    assert_eq!(two.logins("ada@example.org", 40).await, 10);
    assert_eq!(two.logins("Bob@example.org ", 6).await, 6);
    assert_eq!(two.logins("bob@example.org", 40).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_talks_at_one_node_has_all_of_their_limit_there() {
    let two = Two::start().await;
    let mut through = 0;
    for _ in 0..400 {
        through += usize::from(two.line(0, 1));
        sleep(Duration::from_millis(1)).await;
    }
    // Its own bucket stands beside the one of all: nothing that was lent goes beyond it.
    assert_eq!(through, 80);
    two.among(4);
    assert!(two.lines(1, 100).await <= SHARE_OF_FOUR);
}

/// A client may have sixty-four lines unanswered. Of a limit that allows them none is refused because they come at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_that_comes_at_once_is_let_through() {
    let two = Two::start().await;
    two.among(1);
    assert_eq!((0..100).filter(|_| two.line(0, 1)).count(), 80);
}

/// Whatever is done to Redis: lines go on, nobody waits long, and nobody signs in more often than allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_node_goes_by_its_share() {
    let mut two = Two::start().await;
    two.among(4);
    two.redis.signal("STOP");
    let began = Instant::now();
    let lines = two.lines(1, 1_000).await;
    // What was lent before it was noticed, and the shares.
    assert!((40..=4 * SHARE_OF_FOUR).contains(&lines), "{lines}");
    let logins = two.logins("ada@example.org", 40).await;
    assert!((1..=10).contains(&logins), "{logins}");
    assert!(began.elapsed() < Duration::from_secs(6), "somebody waited");
    two.redis.signal("CONT");
    two.are_up(true).await;
    two.among(2);
    two.redis.kill9();
    two.are_up(false).await;
    assert_eq!(two.lines(2, 400).await, 80, "forty at each of two");
    assert_eq!(two.logins("bob@example.org", 40).await, 10, "five at each");
    two.redis.resume().await;
    two.are_up(true).await;
    two.among(4);
    let lines = two.lines(3, 400).await;
    assert!((80..=80 + 2 * SHARE_OF_FOUR).contains(&lines), "{lines}");
}

/// Somebody who reaches Redis put something else where a bucket is: those are not kept together then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_leave_there_opens_nothing() {
    let two = Two::start().await;
    assert_eq!(two.logins("ada@example.org", 2).await, 2);
    let keys = two
        .redis
        .ask(&["KEYS", "ludus:*:limit:account_logins:*"])
        .await;
    let Some(redis::Value::Array(keys)) = keys else {
        panic!("there is no bucket: {keys:?}");
    };
    let [redis::Value::BulkString(key)] = &keys[..] else {
        panic!("not one bucket: {keys:?}");
    };
    let key = String::from_utf8(key.clone()).unwrap();
    assert!(!key.contains("example"), "{key}");
    two.redis.ask(&["DEL", &key]).await;
    two.redis.ask(&["LPUSH", &key, "x"]).await;
    let logins = two.logins("ada@example.org", 40).await;
    assert!((1..=10).contains(&logins), "{logins}");
}

/// A bucket that is full again leaves nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_go_when_they_are_full() {
    let redis = Redis::start().await;
    let key = Keys::derive(&[7; 32]).bus;
    let settings = LimitSettings {
        user_chat: Rate::new(60_000, 100),
        ..settings()
    };
    let shared = lease(&redis.url(), &key, &settings).unwrap();
    let limits = limits(&settings, &shared);
    let give_up = Instant::now() + SOON;
    while !shared.is_up() {
        assert!(Instant::now() < give_up);
        sleep(Duration::from_millis(10)).await;
    }
    let (org, user) = (OrgId(Uuid::from_u128(1)), UserId(Uuid::from_u128(1)));
    limits.command(org, user, None, CommandClass::Chat).unwrap();
    sleep(Duration::from_millis(500)).await;
    let left = redis.ask(&["DBSIZE"]).await;
    assert_eq!(left, Some(redis::Value::Int(0)));
}
