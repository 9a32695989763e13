//! Coaches are coaches of somebody: what they see, hear and may do ends where their cohorts do.

use std::time::Duration;

use ludus_domain::journal::Fact;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::*;

/// A cohort with one learner in it, who practises in a room of their own.
struct Class {
    cohort: String,
    coach: Account,
    learner: Account,
    room: RoomId,
}

async fn put(by: &Account, cohort: &str, user: &Account, body: &Value) -> StatusCode {
    let path = format!("/api/v1/cohorts/{cohort}/members/{}", user.user);
    let request = by.hub.request(Method::PUT, &path).bearer_auth(&by.token);
    request.json(body).send().await.unwrap().status()
}

async fn drop_out(by: &Account, cohort: &str, user: &Account) {
    let path = format!("/api/v1/cohorts/{cohort}/members/{}", user.user);
    let request = by.hub.request(Method::DELETE, &path).bearer_auth(&by.token);
    let status = request.send().await.unwrap().status();
    assert_eq!(status, StatusCode::NO_CONTENT);
}

async fn class(hub: &Hub, letter: char) -> Class {
    let body = json!({"title": format!("Class {letter}")});
    let made: Value = hub.owner.post("/api/v1/cohorts", &body).await.unwrap();
    let cohort = made["id"].as_str().unwrap().to_owned();
    let coach = hub.person(&format!("Coach {letter}"), Role::Coach).await;
    let learner = hub
        .person(&format!("Learner {letter}"), Role::Learner)
        .await;
    let seats = [(&coach, "coach"), (&learner, "learner")];
    for (user, part) in seats {
        let status = put(&hub.owner, &cohort, user, &json!({"part": part})).await;
        assert_eq!(status, StatusCode::OK);
    }
    let wish = RoomWish {
        kind: "practice",
        ..RoomWish::lounge(&format!("Practice {letter}")).by_invitation()
    };
    let room = learner.open(&wish).await.unwrap().id;
    let mut line = hub.client(&learner).await;
    acked(
        line.ask(room, say(format!("the secret of {letter}")), SOON)
            .await,
    );
    Class {
        cohort,
        coach,
        learner,
        room,
    }
}

/// Whether somebody may follow a room, by what they are told.
async fn may_follow(client: &mut Client, room: RoomId) -> bool {
    let stream = StreamId::Room(room);
    let id = client.subscribe(stream, None).await;
    let answer = client.expect(SOON, |frame| match frame {
        ServerFrame::Subscribed { stream: which, .. } if *which == stream => Some(true),
        ServerFrame::Nack {
            id: Some(of), code, ..
        } if *of == id => {
            assert_eq!(*code, Refusal::NotFound);
            Some(false)
        }
        _ => None,
    });
    answer.await.expect("an answer to subscribe")
}

/// What a room's follower is told when they follow no longer.
async fn is_let_go(client: &mut Client, room: RoomId) -> Option<Refusal> {
    client
        .expect(SOON, |frame| match frame {
            ServerFrame::Unsubscribed { stream, code, .. } if *stream == StreamId::Room(room) => {
                *code
            }
            _ => None,
        })
        .await
}

on_both! {
    async fn four_cohorts_and_no_byte_of_anothers(backend: Backend) {
        let hub = Hub::start(backend).await;
        let mut classes = vec![];
        for letter in ['A', 'B', 'C', 'D'] {
            classes.push(class(&hub, letter).await);
        }
        for (mine, class) in classes.iter().enumerate() {
            let coach = &class.coach;
            let rooms: Value = coach.get("/api/v1/rooms").await.unwrap();
            let listed: Vec<&str> = rooms["items"].as_array().unwrap().iter()
                .map(|room| room["id"].as_str().unwrap()).collect();
            assert_eq!(listed, [class.room.to_string()]);
            let mut client = hub.client(coach).await;
            for (index, other) in classes.iter().enumerate() {
                let is_theirs = index == mine;
                assert_eq!(may_follow(&mut client, other.room).await, is_theirs);
                let read = coach.history(other.room).await;
                assert_eq!(read.is_ok(), is_theirs);
                let found: Result<Value, _> =
                    coach.get(&format!("/api/v1/rooms/{}/search?q=secret", other.room)).await;
                assert_eq!(found.is_ok(), is_theirs);
                let answer = client.ask(other.room, Command::Pause {}, SOON).await;
                if is_theirs {
                    acked(answer);
                } else {
                    assert_eq!(nacked(answer), Refusal::NotFound);
                }
                let stream = StreamId::Cohort(other.cohort.parse().unwrap());
                let id = client.subscribe(stream, None).await;
                let follows = client.expect(SOON, |frame| match frame {
                    ServerFrame::Subscribed { stream: which, .. } if *which == stream => Some(true),
                    ServerFrame::Nack { id: Some(of), .. } if *of == id => Some(false),
                    _ => None,
                });
                assert_eq!(follows.await, Some(is_theirs));
            }
        }
    }

    async fn an_assignment_that_ends_ends_on_open_sockets(backend: Backend) {
        let hub = Hub::start(backend).await;
        let a = class(&hub, 'A').await;
        let mut coach = hub.client(&a.coach).await;
        assert!(may_follow(&mut coach, a.room).await);

        drop_out(&hub.owner, &a.cohort, &a.coach).await;
        assert_eq!(is_let_go(&mut coach, a.room).await, Some(Refusal::Unavailable));
        assert!(!may_follow(&mut coach, a.room).await);

        // To see the group is not to see anybody in it.
        let counts = json!({"part": "coach", "access": "aggregate"});
        assert_eq!(put(&hub.owner, &a.cohort, &a.coach, &counts).await, StatusCode::OK);
        assert!(!may_follow(&mut coach, a.room).await);
        let members: Result<Value, _> =
            a.coach.get(&format!("/api/v1/cohorts/{}/members", a.cohort)).await;
        assert!(members.is_err());

        let whole = json!({"part": "coach"});
        assert_eq!(put(&hub.owner, &a.cohort, &a.coach, &whole).await, StatusCode::OK);
        assert!(may_follow(&mut coach, a.room).await);

        // A learner who goes takes their rooms along.
        drop_out(&hub.owner, &a.cohort, &a.learner).await;
        let other = class(&hub, 'B').await;
        assert_eq!(
            put(&hub.owner, &other.cohort, &a.learner, &json!({"part": "learner"})).await,
            StatusCode::OK
        );
        assert_eq!(is_let_go(&mut coach, a.room).await, Some(Refusal::Unavailable));
        assert!(!may_follow(&mut coach, a.room).await);
        let mut learner = hub.client(&a.learner).await;
        acked(learner.ask(a.room, say("not for the coach of before"), SOON).await);
        let mut theirs = hub.viewer(&other.coach, a.room).await;
        assert!(sees(&mut theirs, "not for the coach of before").await);
    }

    async fn a_room_of_the_house_is_somebodys_when_a_learner_comes(backend: Backend) {
        let hub = Hub::start(backend).await;
        let a = class(&hub, 'A').await;
        let stranger = hub.person("Sam Stranger", Role::Coach).await;
        let wish = RoomWish::lounge("Lounge").by_code();
        let room = hub.owner.open(&wish).await.unwrap();
        let mut looks_on = hub.client(&stranger).await;
        assert!(may_follow(&mut looks_on, room.id).await);
        let mut learner = hub.client(&a.learner).await;
        acked(learner.ask(room.id, Command::Join { code: room.code }, SOON).await);
        assert_eq!(is_let_go(&mut looks_on, room.id).await, Some(Refusal::Unavailable));
        assert!(!may_follow(&mut looks_on, room.id).await);
        let mut coach = hub.client(&a.coach).await;
        assert!(may_follow(&mut coach, room.id).await);
    }
}

/// A line of a coach to everybody in a room.
async fn announced(client: &mut Client) -> Option<String> {
    client
        .expect(SOON, |frame| match frame {
            ServerFrame::Event { event, .. } => match &event.fact {
                Fact::Room(Event::Announced { text, .. }) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_a_cohort_is_done_in_its_rooms_and_once() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (a, b) = (class(&hub, 'A').await, class(&hub, 'B').await);
    let mut learner = hub.viewer(&a.learner, a.room).await;
    let mut other = hub.viewer(&b.learner, b.room).await;
    let path = format!("/api/v1/cohorts/{}/rooms/acts", a.cohort);
    let act = async |by: &Account, body: Value| {
        let request = by.hub.request(Method::POST, &path).bearer_auth(&by.token);
        let request = request
            .header("idempotency-key", "five-minutes")
            .json(&body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let tell = json!({"act": "announce", "text": "Five minutes."});
    let (status, told) = act(&a.coach, tell.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(told, json!({"rooms": 1, "done": 1, "refused": {}}));
    assert_eq!(
        announced(&mut learner).await.as_deref(),
        Some("Five minutes.")
    );
    // Asked again, it is answered again, and not told again; nobody else's room hears of it.
    assert_eq!(act(&a.coach, tell.clone()).await.1, told);
    acked(learner.ask(a.room, say("we heard"), SOON).await);
    let mut after = vec![];
    for page in a.learner.history(a.room).await.unwrap() {
        after.extend(page.events);
    }
    let times = after
        .iter()
        .filter(|event| matches!(event.fact, Fact::Room(Event::Announced { .. })));
    assert_eq!(times.count(), 1);
    acked(other.ask(b.room, say("nothing here"), SOON).await);
    let theirs = b.learner.history(b.room).await.unwrap();
    let mut theirs = theirs.iter().flat_map(|page| &page.events);
    assert!(!theirs.any(|event| matches!(event.fact, Fact::Room(Event::Announced { .. }))));
    // Not by a stranger, and nothing that is nothing.
    assert_eq!(act(&b.coach, tell).await.0, StatusCode::NOT_FOUND);
    let empty = json!({"act": "announce", "text": "  "});
    assert_eq!(
        act(&a.coach, empty).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

/// Another node knows within two seconds, without anybody telling it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assignment_that_ends_ends_on_every_node() {
    if !has_postgres() {
        return;
    }
    let hub = Hub::start(Backend::Postgres).await;
    let a = class(&hub, 'A').await;
    let node = hub.another_node().await;
    let mut coach = Client::new(node.account(&a.coach), "there", &Log::none());
    coach.connect().await.unwrap();
    assert!(may_follow(&mut coach, a.room).await);
    drop_out(&hub.owner, &a.cohort, &a.coach).await;
    let began = tokio::time::Instant::now();
    assert_eq!(
        is_let_go(&mut coach, a.room).await,
        Some(Refusal::Unavailable)
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert!(!may_follow(&mut coach, a.room).await);
}

/// What somebody practised is for whoever looks after them, and of who learns in no cohort for every coach.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_for_those_who_look_after_the_learner() {
    let hub = Hub::start(Backend::Sqlite).await;
    let a = class(&hub, 'A').await;
    let stranger = hub.person("Sam Stranger", Role::Coach).await;
    let body = json!({"scenario": "small-talk-wedding"});
    let made: Value = a
        .learner
        .post("/api/v1/training/sessions", &body)
        .await
        .unwrap();
    let room: RoomId = made["id"].as_str().unwrap().parse().unwrap();
    let mut learner = hub.viewer(&a.learner, room).await;
    acked(
        learner
            .ask(
                room,
                say("Hello, I am a friend of the bride. And you?"),
                SOON,
            )
            .await,
    );
    acked(learner.ask(room, Command::End {}, SOON).await);
    let path = format!(
        "/api/v1/training/sessions/{room}/report?of={}",
        a.learner.user
    );
    let began = tokio::time::Instant::now();
    while a.coach.get::<Value>(&path).await.is_err() {
        assert!(began.elapsed() < SOON, "no report");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(stranger.get::<Value>(&path).await.is_err());
    drop_out(&hub.owner, &a.cohort, &a.learner).await;
    assert!(stranger.get::<Value>(&path).await.is_ok());
}
