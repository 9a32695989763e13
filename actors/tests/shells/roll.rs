//! What a desk knows of other nodes: one is played here, by hand.

use ludus_actors::bus::{Envelope, Exchange, News, Topic};
use ludus_domain::ids::{CohortId, UserId};
use ludus_domain::stream::StreamId;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Duration, Instant, sleep};

use super::*;
use crate::desks::{A, learner};
use crate::memory::ORG;

/// Another node, as it is heard and heard of.
struct There {
    node: NodeId,
    bus: Arc<dyn Bus>,
    heard: Receiver<Envelope>,
}

impl There {
    /// Every roll that was called since the last time.
    fn called(&mut self) -> Vec<(CohortId, Vec<UserId>)> {
        let mut called = vec![];
        while let Ok(envelope) = self.heard.try_recv() {
            if let News::RollCall {
                org,
                cohort,
                learners,
            } = envelope.news
            {
                assert_eq!((org, envelope.topic), (ORG, Topic::House));
                called.push((cohort, learners));
            }
        }
        called
    }
}

fn two_nodes() -> (House, There, Receiver<Envelope>, Exchange) {
    let exchange = Exchange::default();
    let (here, heard_here) = exchange.join(NodeId(Uuid::from_u128(1)));
    let node = NodeId(Uuid::from_u128(2));
    let (bus, heard) = exchange.join(node);
    let there = There { node, bus, heard };
    (House::among(Entry::Open, here), there, heard_here, exchange)
}

/// Whether somebody is shown to be online, once everything that waits was told.
async fn is_online(client: &mut Client, n: u128, within: Duration, expected: bool) -> Duration {
    let (began, who) = (Instant::now(), learner(n).to_string());
    let mut shown = None;
    while shown != Some(expected) {
        assert!(began.elapsed() < within, "{n} was never shown so");
        for (_, frame) in client.hear(Duration::from_millis(250)).await {
            let rows = frame["rows"].as_array().cloned().unwrap_or_default();
            let row = rows.iter().find(|row| row["user"] == who.as_str());
            shown = row.map(|row| row["online"] == true).or(shown);
        }
    }
    began.elapsed()
}

#[test]
fn who_is_at_another_node_is_online_for_as_long_as_it_says_so() {
    story(async {
        let (mut house, mut there, mut heard, exchange) = two_nodes();
        let directory = house.ports.directory.clone();
        directory.node_alive(there.node);
        house.hall.open(A, [1, 2]);
        house
            .hall
            .let_in(A, "cora", Some(ludus_domain::desk::Access::Full));
        sleep(Duration::from_mins(1)).await;
        assert_eq!(there.called(), [], "nobody looks");

        let mut cora = house.coach("cora").await;
        cora.watch_desk(A, Value::Null).await;
        sleep(Duration::from_secs(7)).await;
        let called = there.called();
        assert!(
            (2..=5).contains(&called.len()),
            "every three seconds: {called:?}"
        );
        assert_eq!(called[0], (A, vec![learner(1), learner(2)]));
        // It answers, of the cohort's stream, and that is heard here.
        let topic = Topic::Stream(ORG, StreamId::Cohort(A));
        there.bus.tell(
            topic,
            News::OnRoll {
                here: vec![learner(1)],
            },
        );
        let answer = heard.try_recv().expect("the desk wants it");
        let News::OnRoll { here } = answer.news else {
            panic!("{answer:?}")
        };
        directory.on_roll(ORG, A, answer.from, here);
        is_online(&mut cora, 1, Duration::from_secs(1), true).await;
        // It says nothing more: believed for nine seconds.
        let took = is_online(&mut cora, 1, Duration::from_secs(10), false).await;
        assert!(took >= Duration::from_secs(7), "{took:?}");
        // It has ended: gone at once.
        directory.on_roll(ORG, A, there.node, vec![learner(2)]);
        is_online(&mut cora, 2, Duration::from_secs(1), true).await;
        directory.node_gone(there.node);
        is_online(&mut cora, 2, Duration::from_secs(1), false).await;

        // No other node is left: nobody is asked. Nor when nobody looks any more.
        there.called();
        sleep(Duration::from_secs(10)).await;
        assert_eq!(there.called(), []);
        directory.node_alive(there.node);
        sleep(Duration::from_secs(4)).await;
        assert!((1..=2).contains(&there.called().len()));
        cora.handle.ended();
        sleep(Duration::from_secs(4)).await;
        there.called();
        sleep(Duration::from_mins(1)).await;
        assert_eq!(there.called(), []);
        drop(exchange);
    });
}

#[test]
fn a_node_that_is_asked_says_who_of_them_is_there_and_nobody_else() {
    story(async {
        let (mut house, mut there, _heard, _exchange) = two_nodes();
        let topic = Topic::Stream(ORG, StreamId::Cohort(A));
        let _wants = there.bus.want(topic);
        let _ada = house.follower("ada/learner", Value::Null).await;
        let _bob = house.follower("bob/learner", Value::Null).await;
        let asked = vec![memory::user("ada"), memory::user("eve")];
        house.ports.directory.answer_roll(ORG, A, asked);
        let answer = loop {
            let envelope = there.heard.try_recv().expect("an answer");
            if envelope.topic == topic {
                break envelope.news;
            }
        };
        let here = vec![memory::user("ada")];
        assert_eq!(answer, News::OnRoll { here });
    });
}
