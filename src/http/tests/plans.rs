//! What cohorts are to practise, and when they meet.

use ludus_domain::ids::{CohortId, UserId};
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use serde_json::{Value, json};

use super::kit::Hub;
use crate::schedule;
use crate::store::people::User;

const SCENARIO: &str = "interview-first-minutes";
const HOUR: i64 = 3_600_000;

struct Class {
    hub: Hub,
    coach: String,
    cora: User,
    ada_user: User,
    id: CohortId,
    ada: (String, UserId),
    ben: (String, UserId),
}

async fn class() -> Class {
    let hub = Hub::start().await;
    let cora = hub.user(Role::Coach, "cora").await;
    let coach = hub.enter(&cora).await.access.token;
    let made = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201);
    let id: CohortId = made["id"].as_str().unwrap().parse().unwrap();
    let ada_user = hub.user(Role::Learner, "ada").await;
    let ada = (hub.enter(&ada_user).await.access.token, ada_user.id);
    let ben = hub.token(Role::Learner, "ben").await;
    for (_, learner) in [&ada, &ben] {
        let path = format!("/api/v1/cohorts/{id}/members/{learner}");
        hub.put(&path, &coach, json!({"part": "learner"}))
            .await
            .ok(200);
    }
    Class {
        hub,
        coach,
        cora,
        ada_user,
        id,
        ada,
        ben,
    }
}

async fn own(hub: &Hub, token: &str) -> Vec<Value> {
    let page = hub.get("/api/v1/me/assignments", token).await.ok(200);
    page["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn an_assignment_is_done_by_practising_and_late_after_its_day() {
    let c = class().await;
    let path = format!("/api/v1/cohorts/{}/assignments", c.id);
    let now = ludus_actors::ports::Clock::now(&*c.hub.clock).0;
    let new = json!({"scenario": SCENARIO, "says": "Twice, if you can.", "due_at": now + HOUR});
    let made = c.hub.post(&path, &c.coach, new).await.ok(201);
    assert_eq!(made["title"].as_str().map(str::is_empty), Some(false));
    assert!(c.hub.rung.has(StreamId::Cohort(c.id)));
    // For one alone: the other sees nothing of it.
    let only = json!({"scenario": SCENARIO, "user": c.ben.1});
    c.hub.post(&path, &c.coach, only).await.ok(201);
    assert_eq!(own(&c.hub, &c.ada.0).await.len(), 1);
    assert_eq!(own(&c.hub, &c.ben.0).await.len(), 2);
    let unknown = json!({"scenario": "no-such-scenario"});
    c.hub
        .post(&path, &c.coach, unknown)
        .await
        .expect(404, "not_found");
    let stranger = json!({"scenario": SCENARIO, "user": UserId(uuid::Uuid::from_u128(1))});
    c.hub
        .post(&path, &c.coach, stranger)
        .await
        .expect(404, "no_such_member");

    let states = async |token: &str| {
        let list = c.hub.get(&path, token).await.ok(200);
        let all = list["items"].as_array().unwrap().clone();
        let whole = all.into_iter().find(|one| one["user"].is_null()).unwrap();
        whole["counts"].clone()
    };
    assert_eq!(
        states(&c.coach).await,
        json!({"late": 0, "not_begun": 2, "in_practice": 0, "done": 0})
    );
    let practice = json!({"scenario": SCENARIO});
    let room = c
        .hub
        .post("/api/v1/training/sessions", &c.ada.0, practice)
        .await
        .ok(201);
    assert_eq!(
        states(&c.coach).await,
        json!({"late": 0, "not_begun": 1, "in_practice": 1, "done": 0})
    );
    assert_eq!(own(&c.hub, &c.ada.0).await[0]["room"], room["id"]);
    c.hub.clock.turn(2 * HOUR);
    // Tokens are short.
    let coach = c.hub.enter(&c.cora).await.access.token;
    let ada = c.hub.enter(&c.ada_user).await.access.token;
    assert_eq!(
        states(&coach).await,
        json!({"late": 1, "not_begun": 0, "in_practice": 1, "done": 0})
    );
    let id = made["id"].as_str().unwrap();
    let one = c.hub.get(&format!("{path}/{id}"), &coach).await.ok(200);
    let names: Vec<&str> = one["learners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|learner| learner["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ben", "ada"], "who needs somebody comes first");

    // Another coach knows nothing of it; taken back, it waits for nobody.
    let (other, _) = c.hub.token(Role::Coach, "otto").await;
    c.hub.get(&path, &other).await.expect(404, "not_found");
    c.hub
        .post(&path, &other, json!({"scenario": SCENARIO}))
        .await
        .expect(404, "not_found");
    let request = actix_web::test::TestRequest::delete().uri(&format!("{path}/{id}"));
    let gone = c.hub.send(super::kit::bearing(request, &coach)).await;
    gone.ok(204);
    assert_eq!(own(&c.hub, &ada).await, Vec::<Value>::new());
}

#[actix_web::test]
async fn a_meetings_room_opens_once_when_it_begins_however_many_look() {
    let c = class().await;
    let path = format!("/api/v1/cohorts/{}/meetings", c.id);
    // 2026-11-18 in the afternoon is now; the org's wall shows UTC.
    let new = json!({"title": "Monday talk", "starts": "2026-11-23T10:00", "minutes": 60});
    let made = c.hub.post(&path, &c.coach, new.clone()).await.ok(201);
    for bad in [
        json!({"title": "Past", "starts": "2020-01-01T10:00", "minutes": 60}),
        json!({"title": "Long", "starts": "2026-11-23T10:00", "minutes": 1441}),
        json!({"title": "Far", "starts": "2036-11-23T10:00", "minutes": 60}),
    ] {
        c.hub
            .post(&path, &c.coach, bad)
            .await
            .expect(422, "field_invalid");
    }
    c.hub
        .post(&path, &c.ada.0, new.clone())
        .await
        .expect(403, "forbidden");
    let off = c.hub.post(&path, &c.coach, new).await.ok(201);
    let off = format!("{path}/{}", off["id"].as_str().unwrap());
    let request = actix_web::test::TestRequest::delete().uri(&off);
    c.hub
        .send(super::kit::bearing(request, &c.coach))
        .await
        .ok(204);

    let look = || {
        let hub = &c.hub;
        async move {
            schedule::look(
                &hub.services.store,
                &hub.services.rulebook,
                &*hub.clock,
                &*hub.rung,
            )
            .await
            .unwrap()
        }
    };
    assert_eq!(look().await, 0, "it has not begun");
    let starts = made["starts_at"].as_i64().unwrap();
    let now = ludus_actors::ports::Clock::now(&*c.hub.clock).0;
    c.hub.clock.turn(starts - now);
    let ada = c.hub.enter(&c.ada_user).await.access.token;
    let opened = futures_util::future::join_all((0..6).map(|_| look())).await;
    assert_eq!(opened.into_iter().sum::<usize>(), 1);
    let list = c.hub.get(&path, &ada).await.ok(200);
    let room = list["items"][0]["room"].as_str().unwrap().to_owned();
    let seen = c
        .hub
        .get(&format!("/api/v1/rooms/{room}"), &ada)
        .await
        .ok(200);
    assert_eq!(
        (&seen["title"], &seen["entry"]),
        (&json!("Monday talk"), &json!("invitation"))
    );
    let (stranger, _) = c.hub.token(Role::Learner, "sam").await;
    c.hub
        .get(&format!("/api/v1/rooms/{room}"), &stranger)
        .await
        .expect(404, "not_found");
    c.hub.get(&path, &stranger).await.expect(404, "not_found");
    assert!(c.hub.rung.has(StreamId::Inbox(c.ben.1)));

    let calendar = c.hub.get(&format!("{path}.ics"), &ada).await;
    let text = String::from_utf8(calendar.bytes.to_vec()).unwrap();
    assert!(
        text.contains("SUMMARY:Monday talk\r\nSTATUS:CONFIRMED")
            && text.contains("STATUS:CANCELLED"),
        "{text}"
    );
    assert!(text.contains("DTSTART:20261123T100000Z"), "{text}");
}
