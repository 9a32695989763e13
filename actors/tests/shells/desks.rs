//! Desks, as coaches see them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use ludus_actors::coaching::{Coaching, Glance, OpenDesk};
use ludus_actors::ports::{Answer, Doorbell as _};
use ludus_domain::audience::{Audience, Viewer};
use ludus_domain::desk::alert::{Alert, Raise};
use ludus_domain::desk::signal::Signals;
use ludus_domain::desk::{Access, Hosted, Learner, Results};
use ludus_domain::ids::{CohortId, Epoch, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, Fault, Recorded};
use ludus_domain::room::{self, Event, RoomKind, RoomPlan, Seat};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use tokio::time::{Duration, Instant, sleep, timeout};

use super::*;
use crate::memory::ORG;

pub const A: CohortId = CohortId(Uuid::from_u128(0xa));
const B: CohortId = CohortId(Uuid::from_u128(0xb));

/// Cohorts kept in memory, each learner in a room of their own.
#[derive(Debug, Default)]
pub struct Hall {
    learners: Mutex<BTreeMap<CohortId, Vec<u128>>>,
    access: Mutex<BTreeMap<(CohortId, UserId), Access>>,
    heads: Mutex<BTreeMap<RoomId, Seq>>,
    alerts: Mutex<Vec<Alert>>,
    raised: Mutex<Vec<Raise>>,
    signals: Mutex<Arc<Signals>>,
}

pub fn learner(n: u128) -> UserId {
    UserId(Uuid::from_u128(0x1000 + n))
}

fn room_of(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(0x10_0000 + n))
}

fn recorded(seq: Seq, at: Timestamp, by: Option<UserId>, event: Event) -> Recorded {
    Recorded {
        seq,
        at,
        by,
        audience: Audience::All,
        fact: Fact::Room(event),
    }
}

impl Hall {
    pub fn open(&self, cohort: CohortId, learners: impl IntoIterator<Item = u128>) {
        let learners: Vec<u128> = learners.into_iter().collect();
        let mut heads = self.heads.lock().expect("heads");
        heads.extend(learners.iter().map(|n| (room_of(*n), Seq(2))));
        self.learners
            .lock()
            .expect("learners")
            .insert(cohort, learners);
    }

    pub fn let_in(&self, cohort: CohortId, coach: &str, access: Option<Access>) {
        let mut all = self.access.lock().expect("access");
        match access {
            Some(access) => all.insert((cohort, user(coach)), access),
            None => all.remove(&(cohort, user(coach))),
        };
    }

    /// Commits a line of a learner, and has their room tell of it.
    fn say(&self, attendance: &Attendance, n: u128, at: Timestamp) {
        let seq = {
            let mut heads = self.heads.lock().expect("heads");
            let head = heads.entry(room_of(n)).or_default();
            *head = head.next();
            *head
        };
        let line = Event::said("I would like to talk about my work of this year.", vec![]);
        let line = recorded(seq, at, Some(learner(n)), line);
        attendance.heard(ORG, room_of(n), &[line]);
    }
}

fn now<T: Send + 'static>(value: T) -> Answer<Result<T, Fault>> {
    Box::pin(std::future::ready(Ok(value)))
}

fn hosted(room: RoomId) -> Hosted {
    let n = room.0.as_u128() - 0x10_0000;
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Invitation,
        title: format!("Room of {n}"),
        capacity: 2,
        lobby: false,
        scene: None,
    };
    let mut state = room::Room::open(plan.clone(), None);
    let seat = Seat {
        name: format!("Learner {n}"),
        host: false,
        muted: false,
        muted_until: None,
        hand: None,
    };
    state.members.insert(learner(n), seat);
    let joined = Event::Joined {
        user: learner(n),
        name: format!("Learner {n}"),
        host: false,
    };
    Hosted {
        room,
        state,
        head: Seq(2),
        events: vec![
            recorded(Seq(1), Timestamp(0), None, Event::Opened { plan }),
            recorded(Seq(2), Timestamp(0), Some(learner(n)), joined),
        ],
        goals: 0,
    }
}

impl Coaching for Hall {
    fn access_of(
        &self,
        _: OrgId,
        cohort: CohortId,
        viewer: Viewer,
    ) -> Answer<Result<Option<Access>, Fault>> {
        let access = self.access.lock().expect("access");
        now(access.get(&(cohort, viewer.user)).copied())
    }

    fn open(&self, _: OrgId, cohort: CohortId) -> Answer<Result<Option<OpenDesk>, Fault>> {
        let learners = self.learners.lock().expect("learners");
        now(learners.get(&cohort).map(|learners| OpenDesk {
            title: format!("Cohort {cohort}"),
            epoch: Epoch(1),
            learners: learners
                .iter()
                .map(|n| {
                    let name = format!("Learner {n}");
                    let known = Learner {
                        name,
                        ..Learner::default()
                    };
                    (learner(*n), known)
                })
                .collect(),
            beyond: 0,
            today: None,
            streak: None,
        }))
    }

    fn results(&self, _: OrgId, _: CohortId) -> Answer<Result<Vec<(UserId, Results)>, Fault>> {
        now(vec![])
    }

    fn glance(&self, _: OrgId, cohort: CohortId) -> Answer<Result<Glance, Fault>> {
        let learners = self.learners.lock().expect("learners");
        let heads = self.heads.lock().expect("heads");
        let rooms = learners.get(&cohort).into_iter().flatten();
        let rooms = rooms.map(|n| (room_of(*n), heads[&room_of(*n)]));
        now(Glance {
            rooms: rooms.collect(),
            alerts: self.alerts.lock().expect("alerts").clone(),
        })
    }

    fn room(&self, _: OrgId, room: RoomId) -> Answer<Result<Option<Hosted>, Fault>> {
        now(Some(hosted(room)))
    }

    fn raise(&self, _: OrgId, _: CohortId, raises: Vec<Raise>) -> Answer<Result<(), Fault>> {
        self.raised.lock().expect("raised").extend(raises);
        now(())
    }

    fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.signals.lock().expect("signals"))
    }
}

impl House {
    pub async fn coach(&mut self, name: &str) -> Client {
        let mut client = self.connect();
        let ticket = format!("{name}/coach");
        client
            .send(json!({"type": "hello", "ticket": ticket}))
            .await;
        client.until("welcome").await;
        client
    }
}

impl Client {
    /// Watches a desk; the first answer.
    pub async fn watch_desk(&mut self, cohort: CohortId, since: Value) -> Value {
        self.commands += 1;
        let id = Uuid::from_u128(self.me << 64 | self.commands);
        let mut frame = json!({"type": "watch_desk", "id": id, "cohort": cohort});
        if !since.is_null() {
            frame["since"] = since;
        }
        self.send(frame).await;
        loop {
            let frame = self.next().await.expect("an answer");
            if frame["id"] == id.to_string() {
                return frame;
            }
        }
    }

    /// Every desk frame that comes within a span, with when it came.
    pub async fn hear(&mut self, span: Duration) -> Vec<(Instant, Value)> {
        let end = Instant::now() + span;
        let mut heard = vec![];
        while let Ok(frame) = timeout(end - Instant::now(), self.next()).await {
            let frame = frame.expect("not closed");
            if frame["type"] == "desk" {
                heard.push((Instant::now(), frame));
            }
        }
        heard
    }
}

fn rows(frame: &Value) -> usize {
    frame["rows"].as_array().map_or(0, Vec::len)
}

#[test]
fn three_hundred_at_two_events_a_second_are_four_small_frames_a_second() {
    const LEARNERS: u128 = 300;
    story(async {
        let mut house = House::new(Entry::Open);
        house.hall.open(A, 0..LEARNERS);
        house.hall.let_in(A, "cora", Some(Access::Full));
        let mut cora = house.coach("cora").await;
        let snapshot = cora.watch_desk(A, Value::Null).await;
        assert_eq!(rows(&snapshot), 300);
        assert!(snapshot.get("after").is_none() && snapshot["about"]["access"] == "full");
        let (hall, attendance) = (Arc::clone(&house.hall), Arc::clone(&house.attendance));
        let clock = Arc::clone(&house.ports.clock);
        actix::spawn(async move {
            // Each twice a second, spread over the half second.
            for slot in 0..100_u128 {
                for n in (0..LEARNERS).filter(|n| n % 5 == slot % 5) {
                    hall.say(&attendance, n, clock.now());
                }
                sleep(Duration::from_millis(100)).await;
            }
        });
        let begun = Instant::now();
        let mut told: BTreeMap<String, i64> = BTreeMap::new();
        let mut frames = 0;
        while begun.elapsed() < Duration::from_secs(10) {
            let frame = cora.until("desk").await;
            frames += 1;
            let bytes = frame.to_string().len();
            assert!(bytes < 64 * 1024, "{bytes} bytes");
            assert!(rows(&frame) <= 100);
            assert!(frame["after"].is_u64(), "a change, not everything again");
            for row in frame["rows"].as_array().into_iter().flatten() {
                let name = row["name"].as_str().expect("a name").to_owned();
                told.insert(name, row["active_at"].as_i64().expect("a time"));
            }
            let at = house.ports.clock.now().0;
            if begun.elapsed() > Duration::from_secs(2) {
                let oldest = told.values().min().expect("somebody");
                // A line each half second, told within a second.
                assert!(at - oldest <= 1_500, "{} ms old", at - oldest);
            }
        }
        assert!(
            (30..=41).contains(&frames),
            "{frames} frames in ten seconds"
        );
    });
}

#[test]
fn another_cohort_is_not_a_byte_of_it_and_who_may_not_look_learns_nothing() {
    story(async {
        let mut house = House::new(Entry::Open);
        house.hall.open(A, 0..10);
        house.hall.open(B, 10..20);
        house.hall.let_in(A, "cora", Some(Access::Full));
        house.hall.let_in(B, "bert", Some(Access::Full));
        let (mut cora, mut bert) = (house.coach("cora").await, house.coach("bert").await);
        let mut heard = vec![cora.watch_desk(A, Value::Null).await];
        assert_eq!(cora.watch_desk(B, Value::Null).await["code"], "not_found");
        let other = bert.watch_desk(B, Value::Null).await;
        for n in 0..20 {
            house
                .hall
                .say(&house.attendance, n, house.ports.clock.now());
        }
        heard.extend(
            cora.hear(Duration::from_secs(3))
                .await
                .into_iter()
                .map(|(_, frame)| frame),
        );
        assert!(heard.len() > 1);
        let seen = serde_json::to_string(&heard).expect("json");
        for n in 0..20 {
            let is_in =
                seen.contains(&learner(n).to_string()) || seen.contains(&room_of(n).to_string());
            assert_eq!(is_in, n < 10, "{n}");
        }
        assert!(!seen.contains(&B.to_string()));
        assert_eq!(rows(&other), 10);
        // Rights that end, end.
        house.hall.let_in(A, "cora", None);
        house.ports.directory.ring(ORG, StreamId::Cohort(A));
        let ended = cora.until("desk_unwatched").await;
        assert_eq!(
            (ended["cohort"].clone(), ended["code"].clone()),
            (json!(A), json!("not_found"))
        );
        house
            .hall
            .say(&house.attendance, 1, house.ports.clock.now());
        assert!(cora.hear(Duration::from_secs(3)).await.is_empty());
    });
}

#[test]
fn who_sees_a_cohort_as_a_whole_sees_nobody_in_it() {
    story(async {
        let mut house = House::new(Entry::Open);
        house.hall.open(A, 0..12);
        house.hall.open(B, 20..23);
        house.hall.let_in(A, "agnes", Some(Access::Aggregate));
        house.hall.let_in(B, "agnes", Some(Access::Aggregate));
        let mut agnes = house.coach("agnes").await;
        let first = agnes.watch_desk(A, Value::Null).await;
        assert_eq!(
            (rows(&first), &first["totals"]["learners"]),
            (0, &json!(10))
        );
        assert_eq!(agnes.watch_desk(B, Value::Null).await["totals"], json!({}));
        let mut seen = vec![first];
        // One says a lot, and one leaves: neither shows.
        for _ in 0..20 {
            house
                .hall
                .say(&house.attendance, 3, house.ports.clock.now());
            sleep(Duration::from_millis(500)).await;
        }
        house.hall.open(A, 0..11);
        house.ports.directory.ring(ORG, StreamId::Cohort(A));
        let heard = agnes.hear(Duration::from_secs(30)).await;
        seen.extend(heard.into_iter().map(|(_, frame)| frame));
        for frame in &seen {
            assert_eq!(frame["totals"]["learners"], 10);
            let text = frame.to_string();
            for n in 0..12 {
                assert!(!text.contains(&learner(n).to_string()) && !text.contains("Learner"));
            }
        }
    });
}

#[test]
fn a_coach_who_comes_back_is_told_what_they_missed() {
    story(async {
        let mut house = House::new(Entry::Open);
        house.hall.open(A, 0..50);
        for coach in ["cora", "bert"] {
            house.hall.let_in(A, coach, Some(Access::Full));
        }
        let (mut cora, mut bert) = (house.coach("cora").await, house.coach("bert").await);
        let first = cora.watch_desk(A, Value::Null).await;
        bert.watch_desk(A, Value::Null).await;
        house
            .hall
            .say(&house.attendance, 7, house.ports.clock.now());
        bert.hear(Duration::from_secs(2)).await;
        let since = json!({"epoch": first["epoch"], "tick": first["tick"]});
        let missed = bert.watch_desk(A, since).await;
        assert_eq!(missed["after"], first["tick"]);
        assert_eq!(rows(&missed), 1, "{missed}");
        assert_eq!(missed["rows"][0]["name"], "Learner 7");
        let of_yesterday = bert.watch_desk(A, json!({"epoch": 77, "tick": 1})).await;
        assert_eq!(rows(&of_yesterday), 50);
    });
}

#[test]
fn what_a_desk_notices_is_raised_once_whoever_looks() {
    story(async {
        let mut house = House::new(Entry::Open);
        let text = "title = \"Away\"\nsays = \"Has not answered.\"\nseverity = \"notice\"\ncool_down_minutes = 10\n[when]\nkind = \"hand_up\"\nseconds = 5\n";
        let signals = Signals::load([("signals/hand.toml", text)]).expect("a signal");
        *house.hall.signals.lock().expect("signals") = Arc::new(signals);
        house.hall.open(A, 0..3);
        for coach in ["cora", "bert"] {
            house.hall.let_in(A, coach, Some(Access::Full));
        }
        let (mut cora, mut bert) = (house.coach("cora").await, house.coach("bert").await);
        cora.watch_desk(A, Value::Null).await;
        bert.watch_desk(A, Value::Null).await;
        let up = Event::HandRaised {
            user: learner(1),
            up: true,
        };
        let hand = recorded(Seq(3), house.ports.clock.now(), Some(learner(1)), up);
        house.attendance.heard(ORG, room_of(1), &[hand]);
        cora.hear(Duration::from_secs(30)).await;
        assert_eq!(house.hall.raised.lock().expect("raised").len(), 1);
    });
}

#[test]
fn one_more_coach_costs_no_frame_more() {
    story(async {
        let mut house = House::new(Entry::Open);
        house.hall.open(A, 0..20);
        let mut coaches = vec![];
        for n in 0..5 {
            let name = format!("coach{n}");
            house.hall.let_in(A, &name, Some(Access::Full));
            let mut coach = house.coach(&name).await;
            coach.watch_desk(A, Value::Null).await;
            coaches.push(coach);
        }
        house
            .hall
            .say(&house.attendance, 3, house.ports.clock.now());
        let mut bytes = vec![];
        for coach in &mut coaches {
            let taken = timeout(
                Duration::from_secs(2),
                coach.handle.outbox().take(64 * 1024),
            );
            let Ok(Out::Frames(frames)) = taken.await else {
                panic!("nothing came");
            };
            bytes.push(frames[0].ws().as_ptr());
        }
        bytes.dedup();
        assert_eq!(bytes.len(), 1, "encoded once, and shared");
    });
}

#[test]
fn who_looks_away_before_the_answer_is_not_looked_after() {
    story(async {
        let mut house = House::new(Entry::Open);
        house.hall.open(A, 0..3);
        house.hall.let_in(A, "cora", Some(Access::Full));
        let mut cora = house.coach("cora").await;
        let id = |n| Uuid::from_u128(n);
        let watch = json!({"type": "watch_desk", "id": id(70), "cohort": A});
        let unwatch = json!({"type": "unwatch_desk", "id": id(71), "cohort": A});
        cora.send(json!([watch, unwatch])).await;
        let ended = cora.until("desk_unwatched").await;
        assert_eq!(ended["id"], json!(id(71)));
        house
            .hall
            .say(&house.attendance, 1, house.ports.clock.now());
        let heard = cora.hear(Duration::from_secs(5)).await;
        assert!(heard.iter().all(|(_, frame)| frame.get("after").is_none()));
        assert!(heard.len() <= 1, "the answer at most");
        assert_eq!(rows(&cora.watch_desk(A, Value::Null).await), 3);
    });
}
