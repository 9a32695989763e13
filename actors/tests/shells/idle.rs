//! A room that nobody needs ends; whoever comes in that very moment is answered all the same.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ludus_actors::feed::Follow;
use ludus_actors::room::{AskedBy, WayBack};
use ludus_domain::audience::Viewer;
use ludus_domain::ids::{CommandId, SessionId};
use ludus_domain::role::Role;
use ludus_domain::room::{Command, Entry, Moment, Sender};
use ludus_domain::stream::StreamId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::memory::{Errand, ORG, ROOM, user};
use crate::{Client, House, story};

/// How long a room stays that nobody needs.
const IDLE: Duration = Duration::from_mins(1);
/// More than a room takes to settle presence.
const QUIET: Duration = Duration::from_secs(10);

/// Everything that comes while a room gets to its last moment and well past it, by kind.
async fn around_the_end(client: &mut Client) -> Vec<Value> {
    listen(client, IDLE + QUIET).await
}

/// Everything that comes in a while.
async fn listen(client: &mut Client, span: Duration) -> Vec<Value> {
    let until = tokio::time::Instant::now() + span;
    let mut seen = vec![];
    while let Ok(Ok(frame)) = tokio::time::timeout_at(until, client.next()).await {
        seen.push(frame);
    }
    seen
}

/// Somebody who is in the room, and no longer looks at it; `errand` is run by the room in its last
/// moment, after it has looked into its mailbox for the last time.
async fn leaving_with(house: &mut House, errand: impl FnOnce(&House) -> Errand) -> Client {
    let mut ada = house.follower("ada/learner", Value::Null).await;
    ada.command(json!({"kind": "join"})).await;
    listen(&mut ada, QUIET).await;
    *house.memory.while_reading.lock().expect("not poisoned") = Some(errand(house));
    ada.send(json!({"type": "read", "room": ROOM, "seq": 1}))
        .await;
    let stream = format!("room:{ROOM}");
    ada.send(json!({"type": "unsubscribe", "id": Uuid::from_u128(77), "stream": stream}))
        .await;
    ada
}

#[test]
fn a_command_that_meets_the_end_of_a_room_is_answered_and_works_again() {
    story(async {
        let mut house = House::new(Entry::Open);
        let id = Uuid::from_u128(78);
        let mut ada = leaving_with(&mut house, |house| {
            let (directory, lane) = (house.ports.directory.clone(), house.lane.reference());
            Errand(Box::pin(async move {
                tokio::time::sleep(IDLE).await;
                let sender = Sender {
                    user: user("ada"),
                    role: Role::Learner,
                    guest: false,
                    name: "ada".into(),
                    session: None,
                    moment: Moment::default(),
                };
                let say: Command =
                    serde_json::from_value(json!({"kind": "say", "text": "late"})).expect("valid");
                let id = CommandId(id);
                let back = WayBack::new((ORG, ROOM), SessionId(Uuid::from_u128(1)), id, lane);
                directory
                    .ask(ORG, ROOM, sender, id, say, AskedBy::Session(back))
                    .expect("a mailbox takes it");
            }))
        })
        .await;
        let answers = around_the_end(&mut ada).await;
        let answers: Vec<_> = answers
            .iter()
            .filter(|frame| frame["id"] == id.to_string())
            .collect();
        let [nack] = &answers[..] else {
            panic!("one answer, not {answers:?}");
        };
        assert_eq!(
            (&nack["type"], &nack["code"]),
            (&json!("nack"), &json!("unavailable"))
        );
        let again = ada.send_as(id, json!({"kind": "say", "text": "late"}));
        assert_eq!(again.await["seq"], 3);
    });
}

#[test]
fn a_follow_that_meets_the_end_of_a_room_is_answered_and_works_again() {
    story(async {
        let mut house = House::new(Entry::Open);
        let id = CommandId(Uuid::from_u128(79));
        let mut ada = leaving_with(&mut house, |house| {
            let (directory, lane) = (house.ports.directory.clone(), house.lane.reference());
            Errand(Box::pin(async move {
                tokio::time::sleep(IDLE).await;
                let follow = Follow {
                    session: SessionId(Uuid::from_u128(1)),
                    house: Role::Learner,
                    viewer: Viewer {
                        user: user("ada"),
                        role: Role::Learner,
                        guest: false,
                    },
                    name: "ada".into(),
                    lane,
                    id: Some(id),
                    since: None,
                };
                directory
                    .follow(ORG, StreamId::Room(ROOM), follow)
                    .expect("a mailbox takes it");
            }))
        })
        .await;
        let answers = around_the_end(&mut ada).await;
        let answers: Vec<_> = answers
            .iter()
            .filter(|frame| frame["id"] == id.0.to_string())
            .collect();
        let [nack] = &answers[..] else {
            panic!("one answer, not {answers:?}");
        };
        assert_eq!(
            (&nack["type"], &nack["code"]),
            (&json!("nack"), &json!("unavailable"))
        );
        let back = house.follower("ada/learner", Value::Null);
        back.await.until("subscribed").await;
    });
}

#[test]
fn a_room_that_is_only_asked_stays_while_it_is_and_ends_when_it_is_not() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.connect();
        ada.send(json!({"type": "hello", "ticket": "ada/learner"}))
            .await;
        ada.until("welcome").await;
        ada.command(json!({"kind": "join"})).await;
        for n in 0..6 {
            listen(&mut ada, IDLE / 2).await;
            let said = ada.command(json!({"kind": "say", "text": format!("line {n}")}));
            assert_eq!(said.await["type"], "ack");
        }
        assert_eq!(house.memory.loads.load(Ordering::SeqCst), 1);
        listen(&mut ada, IDLE * 3).await;
        let stream = StreamId::Room(ROOM);
        assert!(!house.ports.directory.is_hosted(ORG, stream));
    });
}
