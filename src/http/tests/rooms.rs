//! Rooms, around what happens in them.

use ludus_actors::ports::Journal as _;
use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
use ludus_domain::journal::{Append, Appended, Proposal, fingerprint};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Command, Event, RoomKind};
use serde_json::{Value, json};

use super::kit::Hub;

/// Writes a line as the room's actor does.
async fn say(hub: &Hub, room: RoomId, sender: UserId, text: &str) -> Seq {
    let command = Command::Say {
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
    };
    let event = Event::said(text, vec![]);
    let append = Append {
        org: hub.org,
        room,
        kind: RoomKind::Lounge,
        decided_on: Seq(2),
        proposals: vec![Proposal {
            sender,
            command: CommandId(uuid::Uuid::now_v7()),
            fingerprint: fingerprint(&command),
            verdict: Ok::<_, Refusal>(vec![event]),
        }],
        state: None,
    };
    match hub.services.store.append(append).await.unwrap() {
        Appended::Committed { head, .. } => head,
        Appended::Moved { .. } => panic!("nothing moved"),
    }
}

fn room_id(value: &Value) -> RoomId {
    value["id"].as_str().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn a_room_opens_whole_with_its_host_in_it() {
    let hub = Hub::start().await;
    let (coach, coach_id) = hub.token(Role::Coach, "coach").await;
    let room = hub.room(&coach, "open").await;
    assert_eq!(
        (&room["phase"], &room["member"], &room["moderator"]),
        (&json!("live"), &json!(true), &json!(true))
    );
    let id = room_id(&room);
    let history = hub
        .get(&format!("/api/v1/rooms/{id}/history"), &coach)
        .await
        .ok(200);
    assert_eq!(
        (&history["head"], &history["first"], &history["last"]),
        (&json!(2), &json!(1), &json!(2))
    );
    assert_eq!(history["events"][0]["fact"]["kind"], "opened");
    assert_eq!(history["events"][1]["fact"]["host"], true);
    let members = hub
        .get(&format!("/api/v1/rooms/{id}/members"), &coach)
        .await
        .ok(200);
    assert_eq!(members["items"][0]["user"], coach_id.to_string());
    // The journal goes on from there.
    assert_eq!(say(&hub, id, coach_id, "first").await, Seq(3));
    let path = format!("/api/v1/rooms/{id}/read");
    hub.put(&path, &coach, json!({"seq": 3})).await.ok(204);
    hub.put(&path, &coach, json!({"seq": 1})).await.ok(204);
    // Written in its own time, and only forward.
    for _ in 0..50 {
        let room = hub
            .get(&format!("/api/v1/rooms/{id}"), &coach)
            .await
            .ok(200);
        if room["read"] == 3 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the read position did not arrive");
}

#[actix_web::test]
async fn history_is_read_in_both_directions_without_a_gap() {
    let hub = Hub::start().await;
    let (coach, coach_id) = hub.token(Role::Coach, "coach").await;
    let id = room_id(&hub.room(&coach, "open").await);
    for n in 3..=30 {
        assert_eq!(say(&hub, id, coach_id, &format!("line {n}")).await, Seq(n));
    }
    let base = format!("/api/v1/rooms/{id}/history?limit=7");
    for start in ["", "&after=0"] {
        let mut seqs = vec![];
        let mut path = format!("{base}{start}");
        loop {
            let page = hub.get(&path, &coach).await.ok(200);
            seqs.extend(
                page["events"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|event| event["seq"].as_u64().unwrap()),
            );
            let Some(next) = page["next"].as_str() else {
                break;
            };
            path = format!("{base}&cursor={next}");
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=30).collect::<Vec<u64>>(), "{start}");
    }
    let middle = hub.get(&format!("{base}&before=20"), &coach).await.ok(200);
    assert_eq!(
        (&middle["first"], &middle["last"]),
        (&json!(13), &json!(19))
    );
    for (query, first, events) in [
        ("&after=30", 31, 0),
        ("&after=18446744073709551615", 31, 0),
        ("&before=0", 1, 0),
        ("&before=1", 1, 0),
    ] {
        let page = hub.get(&format!("{base}{query}"), &coach).await.ok(200);
        assert_eq!(page["events"].as_array().unwrap().len(), events, "{query}");
        assert_eq!(page["first"], first, "{query}");
    }
    hub.get(&format!("{base}&before=2&after=1"), &coach)
        .await
        .expect(400, "malformed");
    hub.get(&format!("{base}&after=-1"), &coach)
        .await
        .expect(400, "malformed");
}

#[actix_web::test]
async fn what_is_not_for_everybody_is_a_skip() {
    let hub = Hub::start().await;
    let (coach, coach_id) = hub.token(Role::Coach, "coach").await;
    let (learner, _) = hub.token(Role::Learner, "learner").await;
    let room = hub.room(&coach, "open").await;
    let id = room_id(&room);
    let made = hub
        .post(
            "/api/v1/invitations",
            &coach,
            json!({"role": "learner", "email": "x@y", "room": room["id"]}),
        )
        .await
        .ok(201);
    let code = made["url"]
        .as_str()
        .unwrap()
        .split_once("/#/claim/")
        .unwrap()
        .1
        .to_owned();
    let claim = json!({"code": code, "name": "X", "password": "a good long one"});
    hub.post("/api/v1/auth/claim", "", claim).await.ok(200);
    let _ = coach_id;
    let path = format!("/api/v1/rooms/{id}/history");
    let seen = hub.get(&path, &learner).await.ok(200);
    assert_eq!(seen["skips"], json!([[3, 3]]));
    assert_eq!(seen["events"].as_array().unwrap().len(), 2);
    let seen = hub.get(&path, &coach).await.ok(200);
    assert_eq!(seen["skips"], json!([]));
}

#[actix_web::test]
async fn a_search_finds_lines_whatever_their_case() {
    let hub = Hub::start().await;
    let (coach, coach_id) = hub.token(Role::Coach, "coach").await;
    let id = room_id(&hub.room(&coach, "open").await);
    for n in 0..12 {
        say(&hub, id, coach_id, &format!("the ÄPFEL of day {n}")).await;
        say(&hub, id, coach_id, "something else").await;
    }
    let base = format!("/api/v1/rooms/{id}/search?limit=5&q=%C3%A4pfel");
    let mut found = vec![];
    let mut path = base.clone();
    loop {
        let page = hub.get(&path, &coach).await.ok(200);
        found.extend(
            page["hits"]
                .as_array()
                .unwrap()
                .iter()
                .map(|hit| hit["seq"].as_u64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("{base}&cursor={next}");
    }
    assert_eq!(found.len(), 12);
    assert!(found.windows(2).all(|pair| pair[0] > pair[1]));
    for q in ["", "%20", &"x".repeat(121)] {
        hub.get(&format!("/api/v1/rooms/{id}/search?q={q}"), &coach)
            .await
            .expect(422, "field_invalid");
    }
}

#[actix_web::test]
async fn a_list_says_how_many_lines_wait() {
    let hub = Hub::start().await;
    let (coach, coach_id) = hub.token(Role::Coach, "coach").await;
    let (learner, learner_id) = hub.token(Role::Learner, "learner").await;
    // Three rooms, so that a number that stands for another room is seen.
    let busy = room_id(&hub.room(&coach, "open").await);
    let quiet = room_id(&hub.room(&coach, "open").await);
    let full = room_id(&hub.room(&coach, "open").await);
    for n in 0..3 {
        say(&hub, busy, learner_id, &format!("line {n}")).await;
    }
    say(&hub, busy, coach_id, "one's own").await;
    for n in 0..130 {
        say(&hub, full, learner_id, &format!("line {n}")).await;
    }
    let look = async |token: &str| {
        let page = hub.get("/api/v1/rooms", token).await.ok(200);
        [busy, quiet, full].map(|room| {
            let items = page["items"].as_array().unwrap().clone();
            let item = items.into_iter().find(|item| room_id(item) == room);
            let item = item.unwrap();
            [
                item["head"].clone(),
                item["read"].clone(),
                item["unread"].clone(),
            ]
        })
    };
    let none = Value::Null;
    assert_eq!(
        look(&coach).await,
        [
            [json!(6), json!(0), json!(3)],
            [json!(2), json!(0), json!(0)],
            [json!(132), json!(0), json!(100)],
        ]
    );
    // Who has no seat has read nothing, and nothing waits.
    assert_eq!(
        look(&learner).await,
        [
            [json!(6), none.clone(), none.clone()],
            [json!(2), none.clone(), none.clone()],
            [json!(132), none.clone(), none],
        ]
    );
    for (room, seq) in [(busy, 4), (full, 132)] {
        let path = format!("/api/v1/rooms/{room}/read");
        hub.put(&path, &coach, json!({"seq": seq})).await.ok(204);
    }
    for _ in 0..50 {
        let [busy, _, full] = look(&coach).await;
        if busy == [json!(6), json!(4), json!(1)] && full == [json!(132), json!(132), json!(0)] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{:?}", look(&coach).await);
}

#[actix_web::test]
async fn one_sees_the_rooms_one_may_watch() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (learner, _) = hub.token(Role::Learner, "learner").await;
    let (spectator, _) = hub.token(Role::Spectator, "spectator").await;
    for entry in ["open", "invitation", "code"] {
        hub.room(&coach, entry).await;
    }
    let own = hub
        .post(
            "/api/v1/training/sessions",
            &learner,
            json!({"title": "Mine"}),
        )
        .await
        .ok(201);
    let count = |token: String, query: &'static str| {
        let hub = &hub;
        async move {
            let page = hub
                .get(&format!("/api/v1/rooms{query}"), &token)
                .await
                .ok(200);
            page["items"].as_array().unwrap().len()
        }
    };
    assert_eq!(count(coach.clone(), "").await, 4);
    assert_eq!(count(learner.clone(), "").await, 2);
    assert_eq!(count(spectator.clone(), "").await, 1);
    assert_eq!(count(coach.clone(), "?kind=lounge").await, 0);
    assert_eq!(count(coach.clone(), "?phase=ended").await, 0);
    let list = hub.get("/api/v1/rooms", &learner).await.ok(200);
    assert!(
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|room| room.get("code").is_none())
    );
    let path = format!("/api/v1/training/sessions/{}", own["id"].as_str().unwrap());
    hub.get(&path, &learner).await.ok(200);
    hub.get(&path, &spectator).await.expect(404, "not_found");
    let page = hub.get("/api/v1/rooms?limit=3", &coach).await.ok(200);
    let next = page["next"].as_str().unwrap();
    let page = hub
        .get(&format!("/api/v1/rooms?limit=3&cursor={next}"), &coach)
        .await
        .ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_node_that_stops_or_has_no_store_is_not_ready() {
    let hub = Hub::start().await;
    hub.get("/readyz", "").await.ok(200);
    hub.services
        .draining
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let reply = hub.get("/readyz", "").await;
    assert_eq!(reply.header("connection"), "close");
    reply.expect(503, "unavailable");
    hub.get("/healthz", "").await.ok(200);
    hub.services
        .draining
        .store(false, std::sync::atomic::Ordering::Relaxed);
    hub.services.store.shutdown().await;
    hub.get("/readyz", "").await.expect(503, "unavailable");
    hub.get("/healthz", "").await.ok(200);
}
