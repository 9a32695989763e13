//! The actors with memory ports on one arbiter, in paused time: what their machines' tests cannot show.

#![expect(clippy::expect_used, unreachable_pub, reason = "a test")]

mod boards;
mod desks;
mod idle;
mod inbox;
mod memory;
mod roll;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::prelude::*;
use boards::Stands;
use bytes::Bytes;
use desks::Hall;
use ludus_actors::board::BoardPorts;
use ludus_actors::bus::{Alone, Bus};
use ludus_actors::desk::{Attendance, DeskPorts};
use ludus_actors::directory::Directory;
use ludus_actors::lane::{Expel, LaneId, LocalLane};
use ludus_actors::outbox::Out;
use ludus_actors::ports::Ports;
use ludus_actors::session::{Session, SessionHandle, SessionPorts, SessionSetup};
use ludus_domain::ids::{NodeId, SessionId, SignInId};
use ludus_domain::protocol::Close;
use ludus_domain::room::Entry;
use ludus_domain::session::Pace;
use memory::{Boundless, Gullible, Memory, NoCohorts, ROOM, TokioClock, user};
use serde_json::{Value, json};
use uuid::Uuid;

const PACE: Pace = Pace {
    hello_ms: 10_000,
    heartbeat_ms: 25_000,
    silence_ms: 10_000,
    expects_answers: true,
};

struct House {
    memory: Arc<Memory>,
    standings: Arc<Stands>,
    hall: Arc<Hall>,
    attendance: Arc<Attendance>,
    ports: SessionPorts,
    lane: LocalLane,
    sessions: u128,
}

struct Client {
    handle: SessionHandle,
    seen: Vec<Value>,
    arrived: VecDeque<Value>,
    commands: u128,
    me: u128,
}

impl House {
    fn new(entry: Entry) -> Self {
        Self::among(entry, Arc::new(Alone(NodeId(Uuid::nil()))))
    }

    /// A node among others.
    fn among(entry: Entry, bus: Arc<dyn Bus>) -> Self {
        let memory = Memory::new(entry);
        let clock = Arc::new(TokioClock::new());
        let standings = Arc::new(Stands::default());
        let hall = Arc::new(Hall::default());
        let attendance = Arc::new(Attendance::default());
        let directory = Directory::new(
            vec![Arbiter::current()],
            Ports {
                journal: memory.clone(),
                archive: memory.clone(),
                clock: clock.clone(),
                rosters: Arc::new(NoCohorts),
                stage: None,
                bus: bus.clone(),
                boards: BoardPorts {
                    standings: standings.clone(),
                    clock: clock.clone(),
                    tick: Duration::from_millis(100),
                    bus: bus.clone(),
                },
                desks: DeskPorts {
                    coaching: hall.clone(),
                    archive: memory.clone(),
                    clock: clock.clone(),
                    attendance: attendance.clone(),
                    bus,
                },
            },
        );
        let ports = SessionPorts {
            directory: Arc::new(directory),
            doorman: Arc::new(Gullible),
            limits: Arc::new(Boundless),
            clock,
        };
        Self {
            memory,
            standings,
            hall,
            attendance,
            ports,
            lane: LocalLane::start(LaneId(0)),
            sessions: 0,
        }
    }

    fn connect(&mut self) -> Client {
        self.sessions += 1;
        let handle = Session::begin(SessionSetup {
            id: SessionId(Uuid::from_u128(self.sessions)),
            ports: self.ports.clone(),
            lane: self.lane.clone(),
            pace: PACE,
            jitter: 500,
        });
        Client {
            handle,
            seen: vec![],
            arrived: VecDeque::new(),
            commands: 0,
            me: self.sessions,
        }
    }

    /// Somebody who is in and follows the room.
    async fn follower(&mut self, ticket: &str, since: Value) -> Client {
        let mut client = self.connect();
        let mut subscription = json!({"stream": format!("room:{ROOM}")});
        if !since.is_null() {
            subscription["since"] = since;
        }
        client
            .send(json!({"type": "hello", "ticket": ticket, "subscriptions": [subscription]}))
            .await;
        client.until("welcome").await;
        client
    }
}

impl Client {
    async fn send(&mut self, frame: Value) {
        assert!(self.handle.receive(Bytes::from(frame.to_string())).await);
    }

    async fn command(&mut self, what: Value) -> Value {
        self.commands += 1;
        let id = Uuid::from_u128(self.me << 64 | self.commands);
        self.send_as(id, what).await
    }

    async fn send_as(&mut self, id: Uuid, what: Value) -> Value {
        self.send(json!({"type": "command", "id": id, "room": ROOM, "do": what}))
            .await;
        loop {
            let frame = self.next().await.expect("an answer");
            if frame["id"] == id.to_string() {
                return frame;
            }
        }
    }

    /// The next frame, or the close.
    async fn next(&mut self) -> Result<Value, Close> {
        loop {
            if let Some(frame) = self.arrived.pop_front() {
                self.seen.push(frame.clone());
                return Ok(frame);
            }
            let taking = self.handle.outbox().take(64 * 1024);
            let taken = tokio::time::timeout(Duration::from_mins(2), taking).await;
            match taken.expect("something happens within two minutes") {
                Out::Frames(frames) => {
                    let read = |json: Bytes| serde_json::from_slice(&json).expect("json");
                    self.arrived
                        .extend(frames.iter().map(|frame| read(frame.json())));
                }
                Out::Ping => self.handle.pong(),
                Out::Close(why) => return Err(why),
            }
        }
    }

    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.expect("not closed");
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    async fn until_fact(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.until("event").await;
            if frame["fact"]["kind"] == kind {
                return frame;
            }
        }
    }

    async fn until_closed(&mut self) -> Close {
        loop {
            if let Err(why) = self.next().await {
                return why;
            }
        }
    }
}

/// Runs a story on one arbiter in paused time.
fn story(tale: impl Future<Output = ()> + 'static) {
    let system = System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime")
    });
    system.block_on(tale);
}

#[test]
fn two_people_talk_and_each_hears_everything_once_and_in_order() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        let mut bob = house.follower("bob/learner", Value::Null).await;
        assert_eq!(
            ada.command(json!({"kind": "say", "text": "hi"})).await["code"],
            "not_a_member"
        );
        assert_eq!(ada.command(json!({"kind": "join"})).await["type"], "ack");
        assert_eq!(bob.command(json!({"kind": "join"})).await["seq"], 3);
        for n in 0..20 {
            let speaker = if n % 2 == 0 { &mut ada } else { &mut bob };
            let ack = speaker
                .command(json!({"kind": "say", "text": format!("line {n}")}))
                .await;
            assert_eq!(ack["seq"], 4 + n);
        }
        for client in [&mut ada, &mut bob] {
            while client
                .seen
                .iter()
                .filter(|frame| frame["fact"]["kind"] == "said")
                .count()
                < 20
            {
                client.until("event").await;
            }
            let seqs: Vec<u64> = client
                .seen
                .iter()
                .filter(|frame| frame["type"] == "event")
                .filter_map(|frame| frame["seq"].as_u64())
                .collect();
            let first = seqs[0];
            assert!(seqs.iter().copied().eq(first..=23), "{seqs:?}");
        }
    });
}

#[test]
fn coming_back_brings_exactly_what_was_missed() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        ada.command(json!({"kind": "join"})).await;
        for n in 0..300 {
            ada.command(json!({"kind": "say", "text": format!("line {n}")}))
                .await;
        }
        let mut bob = house
            .follower("bob/learner", json!({"epoch": 1, "seq": 250}))
            .await;
        let subscribed = bob.until("subscribed").await;
        assert_eq!(
            (&subscribed["replayed"], &subscribed["head"]),
            (&json!(52), &json!(302))
        );
        let seqs: Vec<_> = bob
            .seen
            .iter()
            .filter_map(|frame| frame["seq"].as_u64())
            .collect();
        assert!(seqs.iter().copied().eq(251..=302), "{seqs:?}");
        for foreign in [
            json!({"epoch": 9, "seq": 250}),
            json!({"epoch": 1, "seq": 303}),
        ] {
            let mut eve = house.follower("eve/learner", foreign).await;
            assert_eq!(eve.until("reset").await["head"], 302);
        }
    });
}

#[test]
fn what_was_taken_back_is_not_shown_again() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        ada.command(json!({"kind": "join"})).await;
        let line = ada
            .command(json!({"kind": "say", "text": "a secret"}))
            .await["seq"]
            .clone();
        ada.command(json!({"kind": "retract", "line": line})).await;
        assert_eq!(
            ada.command(json!({"kind": "edit", "line": line, "text": "x"}))
                .await["code"],
            "line_retracted"
        );
        let mut bob = house
            .follower("bob/learner", json!({"epoch": 1, "seq": 0}))
            .await;
        bob.until("subscribed").await;
        let all = serde_json::to_string(&bob.seen).expect("json");
        assert!(!all.contains("a secret"));
        assert!(all.contains(r#""retracted":true"#));
    });
}

#[test]
fn who_is_removed_hears_it_and_nothing_after_it() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut coach = house.follower("cleo/coach", Value::Null).await;
        let mut ada = house.follower("ada/learner", Value::Null).await;
        coach.command(json!({"kind": "join"})).await;
        ada.command(json!({"kind": "join"})).await;
        let removed = coach
            .command(json!({"kind": "remove", "user": user("ada")}))
            .await;
        assert_eq!(removed["type"], "ack");
        coach
            .command(json!({"kind": "say", "text": "among us"}))
            .await;
        ada.until_fact("removed").await;
        assert_eq!(ada.until("unsubscribed").await["code"], "removed_from_room");
        let back = house.follower("ada/learner", Value::Null);
        let mut back = back.await;
        assert_eq!(back.until("unsubscribed").await["code"], "not_found");
        assert!(
            !serde_json::to_string(&ada.seen)
                .expect("json")
                .contains("among us")
        );
    });
}

#[test]
fn invitations_are_skipped_for_those_they_are_not_for() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut coach = house.follower("cleo/coach", Value::Null).await;
        let mut ada = house.follower("ada/learner", Value::Null).await;
        coach
            .command(json!({"kind": "invite", "user": user("bob")}))
            .await;
        coach
            .command(json!({"kind": "invite", "user": user("dan")}))
            .await;
        coach.command(json!({"kind": "join"})).await;
        let skip = ada.until("skip").await;
        assert_eq!((&skip["from"], &skip["to"]), (&json!(2), &json!(3)));
        assert_eq!(ada.until("event").await["seq"], 4);
        // A skip with nothing after it is told before the next heartbeat.
        coach
            .command(json!({"kind": "invite", "user": user("fay")}))
            .await;
        assert_eq!(ada.until("skip").await["to"], 5);
        ada.until("heartbeat").await;
    });
}

#[test]
fn presence_counts_people_and_typing_is_not_echoed() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        ada.command(json!({"kind": "join"})).await;
        let bob = house.follower("bob/learner", Value::Null).await;
        let second_tab = house.follower("bob/learner", Value::Null).await;
        while ada.until("presence").await["count"] != 2 {}
        bob.handle.ended();
        ada.send(json!({"type": "typing", "room": ROOM, "on": true}))
            .await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        second_tab.handle.ended();
        loop {
            let change = ada.until("presence").await;
            if change["count"] == 1 {
                assert_eq!(change["went"], json!([user("bob")]));
                break;
            }
        }
        assert!(ada.seen.iter().all(|frame| frame["type"] != "typing"));
    });
}

#[test]
fn a_store_that_is_gone_is_said_at_once_and_the_same_id_works_later() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        ada.command(json!({"kind": "join"})).await;
        house.memory.is_down.store(true, Ordering::SeqCst);
        let id = Uuid::from_u128(99);
        let nack = ada
            .send_as(id, json!({"kind": "say", "text": "hello?"}))
            .await;
        assert_eq!(
            (&nack["code"], &nack["retry_after_ms"]),
            (&json!("unavailable"), &json!(100))
        );
        house.memory.is_down.store(false, Ordering::SeqCst);
        assert_eq!(
            ada.send_as(id, json!({"kind": "say", "text": "hello?"}))
                .await["seq"],
            3
        );
        let again = ada
            .send_as(id, json!({"kind": "say", "text": "hello?"}))
            .await;
        assert_eq!((&again["seq"], &again["dup"]), (&json!(3), &json!(true)));
        assert_eq!(house.memory.head().0, 3);
    });
}

#[test]
fn a_room_that_breaks_is_built_anew_and_its_followers_resume() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        ada.command(json!({"kind": "join"})).await;
        house.memory.is_cursed.store(true, Ordering::SeqCst);
        let say = json!({"kind": "say", "text": "doomed"});
        ada.send(json!({"type": "command", "id": Uuid::from_u128(5), "room": ROOM, "do": say}))
            .await;
        assert_eq!(ada.until_closed().await, Close::InsufficientState);
        let mut back = house
            .follower("ada/learner", json!({"epoch": 1, "seq": 2}))
            .await;
        back.until_fact("said").await;
        let again = back.send_as(Uuid::from_u128(5), say).await;
        assert_eq!((&again["seq"], &again["dup"]), (&json!(3), &json!(true)));
    });
}

#[test]
fn a_sign_in_that_ends_takes_its_connections_along() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut ada = house.follower("ada/learner", Value::Null).await;
        let mut bob = house.follower("bob/learner", Value::Null).await;
        let lane = house.lane.reference();
        lane.addr
            .send(Expel::SignIn(SignInId(user("ada").0)))
            .await
            .expect("a lane");
        assert_eq!(ada.until_closed().await, Close::Revoked);
        lane.addr
            .send(Expel::Everybody { spread_ms: 1_000 })
            .await
            .expect("a lane");
        let goodbye = bob.until("goodbye").await;
        assert_eq!(goodbye["code"], 4001);
        assert!(
            goodbye["reconnect_after_ms"]
                .as_u64()
                .is_some_and(|after_ms| after_ms <= 1_000)
        );
    });
}

#[test]
fn silence_is_noticed_and_a_stranger_is_shown_out() {
    story(async {
        let mut house = House::new(Entry::Invitation);
        let mut nobody = house.connect();
        assert_eq!(nobody.until_closed().await, Close::HelloTimeout);
        let mut liar = house.connect();
        liar.send(json!({"type": "hello", "ticket": "made up"}))
            .await;
        assert_eq!(liar.until_closed().await, Close::NotSignedIn);
        let mut eve = house.follower("eve/learner", Value::Null).await;
        assert_eq!(eve.until("unsubscribed").await["code"], "not_found");
        let mute = house.follower("mute/coach", Value::Null).await;
        let started = tokio::time::Instant::now();
        loop {
            match mute.handle.outbox().take(1).await {
                Out::Close(why) => break assert_eq!(why, Close::Silent),
                Out::Frames(_) | Out::Ping => {}
            }
        }
        assert!(
            started.elapsed() <= Duration::from_secs(45),
            "{:?}",
            started.elapsed()
        );
    });
}
