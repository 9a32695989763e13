//! Whatever carries news between nodes keeps the same promises: one suite, every bus.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod broken;
mod limits;
mod server;

use std::sync::Arc;
use std::time::Duration;

use ludus::bus::RedisBus;
use ludus::clock::WallClock;
use ludus::keys::Keys;
use ludus_actors::bus::{Bus, Envelope, Exchange, News, Standing, Topic};
use ludus_domain::ids::{Epoch, NodeId, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use self::server::Redis;

/// How long anything may take that should take milliseconds.
const SOON: Duration = Duration::from_secs(10);

/// Where nodes meet.
enum Ground {
    Here(Exchange),
    Redis(Redis),
}

/// A node.
struct Node {
    bus: Arc<dyn Bus>,
    heard: mpsc::Receiver<Envelope>,
}

impl Ground {
    async fn join(&self) -> Node {
        let id = NodeId(Uuid::now_v7());
        let (bus, heard): (Arc<dyn Bus>, _) = match self {
            Self::Here(exchange) => exchange.join(id),
            Self::Redis(redis) => {
                let key = Keys::derive(&[7; 32]).bus;
                let (bus, heard) =
                    RedisBus::start(&redis.url(), &key, id, Arc::new(WallClock)).unwrap();
                (bus, heard)
            }
        };
        let node = Node { bus, heard };
        node.stands(Standing::Up, SOON).await;
        node
    }
}

impl Node {
    async fn stands(&self, standing: Standing, within: Duration) {
        let give_up = Instant::now() + within;
        while self.bus.standing() != standing {
            assert!(Instant::now() < give_up, "it is not {standing:?} in time");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The next that is not merely a sign of life.
    async fn hears(&mut self, within: Duration) -> Option<Envelope> {
        let next = async {
            loop {
                let envelope = self.heard.recv().await?;
                if envelope.news != News::Alive {
                    return Some(envelope);
                }
            }
        };
        timeout(within, next).await.ok().flatten()
    }

    /// Waits until what another node tells of a topic is heard.
    async fn follows(&mut self, other: &Node, topic: Topic) {
        let give_up = Instant::now() + SOON;
        let marker = NodeId(Uuid::now_v7());
        let news = News::ContestChanged(ludus_domain::ids::ContestId(marker.0));
        loop {
            assert!(Instant::now() < give_up, "it is never heard");
            other.bus.tell(topic, news.clone());
            while let Some(envelope) = self.hears(Duration::from_millis(100)).await {
                if envelope.news == news {
                    while self.hears(Duration::from_millis(300)).await.is_some() {}
                    return;
                }
            }
        }
    }
}

fn room(n: u128) -> Topic {
    let org = OrgId(Uuid::from_u128(1));
    Topic::Stream(org, StreamId::Room(RoomId(Uuid::from_u128(n))))
}

fn typing(n: u128) -> News {
    let user = UserId(Uuid::from_u128(n));
    News::Typing { user, on: true }
}

macro_rules! on_each_bus {
    ($($(#[doc = $doc:literal])* async fn $name:ident($ground:ident: &Ground) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn story($ground: &Ground) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_one_process() {
                story(&Ground::Here(Exchange::default())).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_redis() {
                story(&Ground::Redis(Redis::start().await)).await;
            }
        }
    )*};
}

on_each_bus! {
    /// In order, each once, by who wants it and is not the one who told it.
    async fn what_is_wanted_is_heard(ground: &Ground) {
        let (mut one, mut two) = (ground.join().await, ground.join().await);
        let _own = one.bus.want(room(1));
        let _wanted = two.bus.want(room(1));
        two.follows(&one, room(1)).await;
        for n in 0..500 {
            one.bus.tell(room(1), typing(n));
            one.bus.tell(room(2), typing(n));
        }
        for n in 0..500 {
            let heard = two.hears(SOON).await.expect("it is heard");
            assert_eq!((heard.topic, heard.news), (room(1), typing(n)));
            assert_eq!(heard.from, one.bus.node());
        }
        assert_eq!(two.hears(Duration::from_millis(300)).await, None);
        assert_eq!(one.hears(Duration::from_millis(100)).await, None, "its own");
    }

    async fn interest_ends_with_the_last_who_has_it(ground: &Ground) {
        let (one, mut two) = (ground.join().await, ground.join().await);
        let first = two.bus.want(room(1));
        let second = two.bus.want(room(1));
        two.follows(&one, room(1)).await;
        drop(first);
        two.follows(&one, room(1)).await;
        drop(second);
        let give_up = Instant::now() + SOON;
        loop {
            one.bus.tell(room(1), typing(1));
            if two.hears(Duration::from_millis(300)).await.is_none() {
                break;
            }
            assert!(Instant::now() < give_up, "it is heard for ever");
        }
        // And begins again.
        let _third = two.bus.want(room(1));
        two.follows(&one, room(1)).await;
    }

    /// Telling never waits; what is too much is lost, and what comes after it is heard.
    async fn a_flood_drowns_nobody(ground: &Ground) {
        let (one, mut two) = (ground.join().await, ground.join().await);
        let _wanted = two.bus.want(room(1));
        two.follows(&one, room(1)).await;
        let began = Instant::now();
        for n in 0..20_000 {
            one.bus.tell(room(1), typing(n));
        }
        assert!(began.elapsed() < SOON);
        let mut last = None;
        while let Some(heard) = two.hears(Duration::from_secs(1)).await {
            let News::Typing { user, .. } = heard.news else { panic!("{heard:?}") };
            assert!(last < Some(user), "in order, and none twice");
            last = Some(user);
        }
        assert!(last.is_some());
        two.follows(&one, room(1)).await;
    }

    /// Few events travel; of many, only where they end.
    async fn what_is_committed_travels_where_it_is_small(ground: &Ground) {
        let (one, mut two) = (ground.join().await, ground.join().await);
        let _wanted = two.bus.want(room(1));
        two.follows(&one, room(1)).await;
        let line = |seq, text: &str| {
            let fact = Fact::Room(Event::said(text, vec![]));
            let (at, audience) = (Timestamp(1), fact.audience());
            Recorded { seq: Seq(seq), at, by: None, audience, fact }
        };
        let committed = |events: Vec<Recorded>| News::Committed {
            epoch: Epoch(1),
            events: events.into_iter().map(Into::into).collect(),
        };
        let small = committed(vec![line(1, "a"), line(2, "b")]);
        one.bus.tell(room(1), small.clone());
        assert_eq!(two.hears(SOON).await.unwrap().news, small);
        let large = (3..100).map(|seq| line(seq, &"long ".repeat(100)));
        one.bus.tell(room(1), committed(large.collect()));
        let stands = News::Stands { epoch: Epoch(1), seq: Seq(99) };
        assert_eq!(two.hears(SOON).await.unwrap().news, stands);
    }
}
