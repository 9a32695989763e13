//! Who asks for too much is told to wait, and nobody else waits for them.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::kit::*;
use crate::redis_server::Redis;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_lines_are_refused_with_a_time_to_wait() {
    let tight = [
        ("LUDUS_LIMITS__USER_CHAT_PER_MINUTE", "60"),
        ("LUDUS_LIMITS__USER_CHAT_BURST", "5"),
    ];
    let hub = Hub::start_also(Backend::Sqlite, &tight).await;
    let (room, code, guests) = hub.crowd(1).await;
    let mut client = hub.member(&guests[0], room, Some(&code)).await;
    let mut waits = Vec::new();
    for number in 0..8 {
        match client
            .ask(room, say(format!("line {number}")), SOON)
            .await
            .unwrap()
        {
            Answer::Ack { .. } => {}
            Answer::Nack {
                code,
                retry_after_ms,
            } => {
                assert_eq!(code, Refusal::RateLimited);
                waits.push(retry_after_ms.expect("says when to come again"));
            }
        }
    }
    assert!(!waits.is_empty(), "eight lines of five were taken");
    let wait = u64::from(waits[waits.len() - 1]);
    assert!((1..=2_000).contains(&wait), "{wait}");
    sleep(Duration::from_millis(wait + 50)).await;
    acked(client.ask(room, say("after the wait"), SOON).await);
}

/// A thousand lines a second by one; the others talk as before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_by_one_is_felt_by_one() {
    // The limits as they are shipped.
    let sockets = [("LUDUS_LIMITS__SOCKETS_PER_ADDRESS", "100")];
    let hub = Hub::start_with(Backend::Sqlite, &sockets).await;
    let (room, code, guests) = hub.crowd(2).await;
    let flooder = hub.person("Flo Flooder", Role::Learner).await;
    let mut calm = hub.member(&guests[0], room, Some(&code)).await;
    let wish = RoomWish::lounge("Elsewhere");
    let elsewhere = hub.owner.open(&wish).await.unwrap().id;
    let mut flood = hub.member(&flooder, elsewhere, None).await;
    let quiet = latencies(&mut calm, room, 20).await;
    let flooding = tokio::spawn(async move {
        let begin = Instant::now();
        let mut sent = 0_u32;
        while begin.elapsed() < Duration::from_secs(12) {
            for _ in 0..10 {
                flood.send(elsewhere, say(format!("flood {sent}"))).await;
                sent += 1;
            }
            // It reads what it is told, so that only the flood itself is in the way.
            while let Ok(Ok(_)) = timeout(Duration::from_millis(2), flood.hear()).await {}
            if !flood.is_connected() {
                break;
            }
            sleep(Duration::from_millis(8)).await;
        }
        sent
    });
    sleep(Duration::from_millis(500)).await;
    let flooded = latencies(&mut calm, room, 20).await;
    let sent = flooding.await.unwrap();
    assert!(sent > 200, "{sent} is no flood");
    // Two busy cores make any latency jump; a flood that is felt costs far more than this.
    assert!(
        flooded < quiet + Duration::from_millis(150),
        "{quiet:?} before, {flooded:?} during"
    );
}

/// The second-worst of so many acks, a third of a second apart: within everybody's limits.
async fn latencies(client: &mut Client, room: RoomId, count: u32) -> Duration {
    let mut all = Vec::new();
    for number in 0..count {
        let begin = Instant::now();
        acked(client.ask(room, say(format!("calm {number}")), SOON).await);
        all.push(begin.elapsed());
        sleep(Duration::from_millis(300)).await;
    }
    all.sort_unstable();
    all[all.len() - 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_opens_only_so_many_sockets() {
    let hub = Hub::start_also(Backend::Sqlite, &[("LUDUS_LIMITS__SOCKETS_PER_USER", "3")]).await;
    let learner = hub.person("Lena Learner", Role::Learner).await;
    let mut tabs = Vec::new();
    for _ in 0..3 {
        tabs.push(hub.client(&learner).await);
    }
    let mut fourth = Client::new(learner.clone(), "fourth", &Log::none());
    let refused = fourth.connect().await;
    assert!(refused.is_err());
    // One fewer makes room for one more.
    tabs[0].close().await;
    sleep(Duration::from_millis(300)).await;
    fourth.connect().await.expect("a place was given back");
    hub.client(&hub.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_sends_as_much_as_the_operator_allows() {
    let tight = [
        ("LUDUS_LIMITS__SOCKET_FRAMES_PER_SECOND", "1"),
        ("LUDUS_LIMITS__SOCKET_FRAMES_BURST", "20"),
    ];
    for (settings, is_closed) in [(&tight[..], true), (&[][..], false)] {
        let hub = Hub::start_also(Backend::Sqlite, settings).await;
        let learner = hub.person("Lena Learner", Role::Learner).await;
        let mut client = hub.client(&learner).await;
        for _ in 0..30 {
            // What comes after the end is no news.
            client.heartbeat().await.ok();
        }
        let ended = timeout(Duration::from_secs(3), async {
            while client.hear().await.is_ok() {}
        });
        assert_eq!(ended.await.is_ok(), is_closed, "{:?}", client.last_end);
    }
}

/// Longer than a node takes to find out how many there are.
const COUNTED: Duration = Duration::from_secs(7);

/// Two nodes with tight limits.
struct Two {
    hub: Hub,
    there: crate::kit::Node,
    redis: Redis,
}

impl Two {
    async fn start() -> Self {
        let redis = Redis::start().await;
        let tight = [
            ("LUDUS_LIMITS__USER_CHAT_PER_MINUTE", "1"),
            ("LUDUS_LIMITS__USER_CHAT_BURST", "24"),
            ("LUDUS_LIMITS__ACCOUNT_LOGINS_PER_MINUTE", "1"),
            ("LUDUS_LIMITS__ACCOUNT_LOGINS_BURST", "8"),
            ("LUDUS_BUS__URL", &redis.url()),
        ];
        let hub = Hub::start_also(Backend::Postgres, &tight).await;
        let there = hub.another_node().await;
        let two = Self { hub, there, redis };
        two.say("limits are kept together with other nodes").await;
        sleep(COUNTED).await;
        two
    }

    /// Waits until both nodes have said so.
    async fn say(&self, words: &str) {
        let give_up = Instant::now() + SOON;
        while !(self.hub.said().contains(words) && self.there.said().contains(words)) {
            assert!(Instant::now() < give_up, "nobody says {words:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lines of one person with a tab at each node: how many were taken.
    async fn lines(&self, account: &Account, tries: u32) -> u32 {
        let wish = RoomWish::lounge("Somewhere");
        let room = self.hub.owner.open(&wish).await.unwrap().id;
        let mut here = self.hub.member(account, room, None).await;
        let mut there = self.hub.client(&self.there.account(account)).await;
        let mut taken = 0;
        for number in 0..tries {
            let tab = if number % 2 == 0 {
                &mut here
            } else {
                &mut there
            };
            let answer = tab.ask(room, say(format!("line {number}")), SOON).await;
            match answer.unwrap() {
                Answer::Ack { .. } => taken += 1,
                Answer::Nack { code, .. } => assert_eq!(code, Refusal::RateLimited),
            }
        }
        taken
    }

    /// Somebody tries passwords at both nodes: how often they were looked at.
    async fn tries(&self, email: &str, tries: u32) -> u32 {
        let mut looked_at = 0;
        for number in 0..tries {
            let rest = if number % 2 == 0 {
                &self.hub.rest
            } else {
                &self.there.rest
            };
            let body = json!({"email": email, "password": "not the right one", "client": "api"});
            let request = rest.request(reqwest::Method::POST, "/api/v1/auth/login");
            let answer = request.json(&body).send().await.unwrap();
            looked_at += u32::from(answer.status() != 429);
        }
        looked_at
    }
}

/// What one node lets through, two do together and not twice, for who waits for each answer; without Redis each its half.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_keep_to_one_limit() {
    if !has_postgres() {
        return;
    }
    let mut two = Two::start().await;
    let ada = two.hub.person("Ada Able", Role::Learner).await;
    let bob = two.hub.person("Bob Brief", Role::Learner).await;
    let lines = two.lines(&ada, 80).await;
    assert!((24..=36).contains(&lines), "{lines}");
    assert_eq!(two.tries("somebody@example.org", 20).await, 8);

    two.redis.kill9();
    two.say("each goes by its share").await;
    let lines = two.lines(&bob, 80).await;
    assert!((12..=24).contains(&lines), "{lines}");
    let tries = two.tries("another@example.org", 20).await;
    assert!((2..=8).contains(&tries), "{tries}");
}
