//! Contests over REST: who may hold, enter and see which, and how they end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ludus_domain::role::Role;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::kit::Hub;
use crate::game::proof::{self, Found};

const HOUR_MS: i64 = 3_600_000;

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Thanks somebody, which is worth five points.
async fn thank(hub: &Hub, user: &str, name: &str) {
    let (fan, _) = hub.token(Role::Coach, name).await;
    let thanked = hub.post("/api/v1/kudos", &fan, json!({"to": user})).await;
    assert_eq!(thanked.status, 204);
}

/// When the store's own clock says it is, around now.
fn around_now() -> (i64, i64) {
    use ludus_actors::ports::Clock as _;
    let now = crate::clock::WallClock.now().0;
    (now - 200 * HOUR_MS, now + 200 * HOUR_MS)
}

async fn hold(hub: &Hub, coach: &str, body: Value) -> Value {
    let (starts, ends) = around_now();
    let mut whole = json!({"starts": starts, "ends": ends});
    for (field, value) in body.as_object().unwrap() {
        whole[field] = value.clone();
    }
    hub.post("/api/v1/contests", coach, whole).await.ok(201)
}

#[actix_web::test]
async fn a_contest_is_held_entered_and_ended() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (ada, ada_id) = hub.token(Role::Learner, "ada").await;
    let (bob, bob_id) = hub.token(Role::Learner, "bob").await;
    let (eve, _) = hub.token(Role::Learner, "eve").await;
    let made = hold(&hub, &coach, json!({"plan": "sprint", "title": "Friday"})).await;
    assert_eq!(made["title"], "Friday");
    let path = format!("/api/v1/contests/{}", id(&made));
    let act = |what: &str| format!("{path}/{what}");
    // What was gained before one entered does not count.
    thank(&hub, &ada_id.to_string(), "fan1").await;
    for token in [&ada, &bob, &ada] {
        let entered = hub.post(&act("enter"), token, json!({})).await.ok(200);
        assert!(entered["mine"]["entered_at"].is_i64());
    }
    hub.post(&act("enter"), &eve, json!({}))
        .await
        .expect(409, "room_full");
    hub.post(&act("enter"), &coach, json!({}))
        .await
        .expect(403, "forbidden");
    assert_eq!(hub.get(&path, &eve).await.ok(200)["entrants"], 2);
    thank(&hub, &bob_id.to_string(), "fan2").await;
    let board = made["board"].as_str().unwrap().to_owned();
    let live = hub
        .get(&format!("/api/v1/boards/{board}"), &eve)
        .await
        .ok(200);
    assert_eq!(
        (&live["rows"][0]["name"], &live["rows"][0]["score"]),
        (&json!("bob"), &json!(5))
    );
    assert_eq!(live["count"], 1);
    assert!(live["about"]["ends_at"].is_i64() && live["about"]["over"].is_null());
    // Nobody has won before the end.
    let none = hub.get(&act("results"), &ada).await.ok(200);
    assert_eq!(none["items"], json!([]));
    hub.post(&act("end"), &ada, Value::Null)
        .await
        .expect(403, "forbidden");
    let over = hub.post(&act("end"), &coach, Value::Null).await.ok(200);
    assert_eq!(over["phase"], "over");
    let results = hub.get(&act("results"), &ada).await.ok(200);
    assert_eq!(
        results["items"],
        json!([
            {"place": 1, "name": "bob", "score": 5, "user": bob_id},
            {"place": 2, "name": "ada", "user": ada_id, "mine": true},
        ])
    );
    // They stand, whatever is gained from here on, and whoever asks again.
    thank(&hub, &ada_id.to_string(), "fan3").await;
    let again = hub.post(&act("end"), &coach, Value::Null).await.ok(200);
    assert_eq!(again["ends_at"], over["ends_at"]);
    assert_eq!(hub.get(&act("results"), &ada).await.ok(200), results);
    hub.post(&act("cancel"), &coach, Value::Null)
        .await
        .expect(409, "contest_closed");
    hub.post(&act("leave"), &ada, Value::Null)
        .await
        .expect(409, "contest_closed");
    let mine = hub.get(&path, &bob).await.ok(200);
    assert_eq!(
        (&mine["mine"]["place"], &mine["mine"]["score"]),
        (&json!(1), &json!(5))
    );
}

#[actix_web::test]
async fn a_code_opens_its_contest_and_no_other() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (ada, _) = hub.token(Role::Learner, "ada").await;
    let made = hold(&hub, &coach, json!({"plan": "secret"})).await;
    let code = made["code"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/contests/{}", id(&made));
    let board = format!("/api/v1/boards/{}", made["board"].as_str().unwrap());
    let enter = format!("{path}/enter");
    hub.get(&path, &ada).await.expect(404, "not_found");
    hub.get(&board, &ada).await.expect(404, "not_found");
    for body in [json!({}), json!({"code": "NOSUCHXX"})] {
        hub.post(&enter, &ada, body).await.expect(404, "not_found");
    }
    let listed = hub.get("/api/v1/contests", &ada).await.ok(200);
    assert_eq!(listed["items"], json!([]));
    let by_code = json!({"code": format!(" {} ", code.to_lowercase())});
    let found = hub
        .post("/api/v1/contests/by-code", &ada, by_code.clone())
        .await
        .ok(200);
    assert_eq!(
        (&found["id"], &found["title"]),
        (&made["id"], &json!("Secret"))
    );
    let entered = hub.post(&enter, &ada, by_code).await.ok(200);
    // Only who runs it can hand the code on.
    assert!(entered["code"].is_null());
    hub.get(&board, &ada).await.ok(200);
    let listed = hub
        .get("/api/v1/contests?phase=planned", &ada)
        .await
        .ok(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // Who left may come back without it.
    hub.post(&format!("{path}/leave"), &ada, Value::Null)
        .await
        .ok(200);
    assert_eq!(hub.get(&path, &ada).await.ok(200)["entrants"], 0);
    hub.post(&enter, &ada, json!({})).await.ok(200);
    hub.post(&format!("{path}/cancel"), &coach, Value::Null)
        .await
        .ok(200);
    hub.get(&board, &ada).await.expect(404, "not_found");
    let (other, _) = hub.token(Role::Learner, "bob").await;
    hub.post("/api/v1/contests/by-code", &other, json!({"code": code}))
        .await
        .expect(403, "wrong_code");
}

#[actix_web::test]
async fn teams_of_a_cohort_are_ranked_and_nobody_is_named() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201);
    let cohort = id(&cohort);
    let mut teams = vec![];
    for title in ["Red", "Blue"] {
        let path = format!("/api/v1/cohorts/{cohort}/teams");
        teams.push(id(&hub
            .post(&path, &coach, json!({"title": title}))
            .await
            .ok(201)));
    }
    let mut people = vec![];
    for (name, team) in [("ada", Some(0)), ("bob", Some(1)), ("eve", None)] {
        let (token, user) = hub.token(Role::Learner, name).await;
        let path = format!("/api/v1/cohorts/{cohort}/members/{user}");
        let team = team.map(|team: usize| teams[team].clone());
        let body = json!({"part": "learner", "team": team});
        hub.put(&path, &coach, body).await.ok(200);
        people.push((token, user));
    }
    let (stranger, _) = hub.token(Role::Learner, "stranger").await;
    let made = hold(&hub, &coach, json!({"plan": "teams", "cohort": cohort})).await;
    let path = format!("/api/v1/contests/{}", id(&made));
    let enter = format!("{path}/enter");
    hub.get(&path, &stranger).await.expect(404, "not_found");
    hub.post(&enter, &stranger, json!({}))
        .await
        .expect(404, "not_found");
    for (token, _) in &people[..2] {
        hub.post(&enter, token, json!({})).await.ok(200);
    }
    // Without a team one plays for nobody; nor for a team one is not in.
    hub.post(&enter, &people[2].0, json!({"team": teams[0]}))
        .await
        .expect(422, "field_invalid");
    for ((_, user), value) in people.iter().zip([3, 8]) {
        let score = json!({"metric": "sales", "user": user, "op": "incr", "value": value});
        hub.post("/api/v1/scores", &admin, json!({"scores": [score]}))
            .await
            .ok(200);
    }
    let board = format!("/api/v1/boards/{}", made["board"].as_str().unwrap());
    let live = hub.get(&board, &people[0].0).await.ok(200);
    assert_eq!(
        (&live["rows"][0]["name"], &live["rows"][0]["score"]),
        (&json!("Blue"), &json!(8))
    );
    hub.post(&format!("{path}/end"), &coach, Value::Null)
        .await
        .ok(200);
    let ranked = hub
        .get(&format!("{path}/teams"), &people[0].0)
        .await
        .ok(200);
    assert_eq!(
        ranked,
        json!([
            {"place": 1, "team": teams[1], "title": "Blue", "score": 8},
            {"place": 2, "team": teams[0], "title": "Red", "score": 3},
        ])
    );
    proved(&hub, &[]).await;
    let results = hub
        .get(&format!("{path}/results?limit=1"), &people[0].0)
        .await;
    let text = results.json.to_string();
    assert!(
        !text.contains("bob") && !text.contains(&people[1].1.to_string()),
        "{text}"
    );
    let next = results.json["next"].as_str().unwrap();
    // Cursors can be read.
    let body = URL_SAFE_NO_PAD
        .decode(next.split('.').next().unwrap())
        .unwrap();
    let body = String::from_utf8(body).unwrap();
    assert!(
        !people
            .iter()
            .any(|(_, user)| body.contains(&user.to_string())),
        "{body}"
    );
    let next = hub
        .get(&format!("{path}/results?cursor={next}"), &people[0].0)
        .await
        .ok(200);
    assert_eq!(next["items"][0]["mine"], true);
    assert!(next["next"].is_null());
    // What stands of teams is proved from what stands of their members.
    let [red, blue] = [&teams[0], &teams[1]];
    by_hand(&hub, "UPDATE contest_team SET score = 4 WHERE score = 3").await;
    proved(&hub, &[red, "with 4"]).await;
    by_hand(&hub, "UPDATE contest_team SET score = 3 WHERE score = 4").await;
    by_hand(&hub, "UPDATE contest_team SET place = 3 WHERE place = 2").await;
    proved(&hub, &[red, "place 3"]).await;
    by_hand(&hub, "DELETE FROM contest_team WHERE place = 1").await;
    proved(&hub, &[blue, "does not stand"]).await;
}

/// Writes past the hub.
async fn by_hand(hub: &Hub, sql: &'static str) {
    let written = hub.services.store.write("by hand", move |txn| {
        Box::pin(async move {
            txn.execute_unprepared(sql).await?;
            Ok(())
        })
    });
    written.await.unwrap();
}

/// Proves what was written down at ends; a difference that says all of this is found, or none if there
/// is nothing to say.
async fn proved(hub: &Hub, says: &[&str]) {
    let mut told = vec![];
    let mut tell = |what: String| told.push(what);
    let mut found = Found::telling(&mut tell);
    proof::finals(&hub.services.store, hub.org, &mut found)
        .await
        .unwrap();
    if says.is_empty() {
        assert_eq!(told, Vec::<String>::new());
    } else {
        let is_said = |line: &String| says.iter().all(|word| line.contains(word));
        assert!(told.iter().any(is_said), "{told:?}");
    }
}

#[actix_web::test]
async fn what_cannot_be_held_is_refused() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (other, _) = hub.token(Role::Coach, "other").await;
    let theirs = hub
        .post("/api/v1/cohorts", &other, json!({"title": "Theirs"}))
        .await
        .ok(201);
    let now = around_now().1;
    for (body, status, code) in [
        (json!({"plan": "nothing"}), 422, "field_invalid"),
        (
            json!({"plan": "sprint", "cohort": theirs["id"]}),
            422,
            "field_invalid",
        ),
        (json!({"plan": "teams"}), 422, "field_invalid"),
        (
            json!({"plan": "teams", "cohort": theirs["id"]}),
            404,
            "not_found",
        ),
        (json!({"plan": "sprint", "title": ""}), 422, "title_invalid"),
        (
            json!({"plan": "sprint", "starts": now, "ends": now}),
            422,
            "field_invalid",
        ),
        (
            json!({"plan": "sprint", "starts": "2026-11-30"}),
            400,
            "malformed",
        ),
        (
            json!({"plan": "sprint", "starts": "2001-01-01T10:00", "ends": "2001-01-02T10:00"}),
            422,
            "field_invalid",
        ),
        (json!({"plan": "sprint", "code": "MINE"}), 400, "malformed"),
    ] {
        hub.post("/api/v1/contests", &coach, body)
            .await
            .expect(status, code);
    }
    // Times on the wall are the org's.
    let body = json!({"plan": "sprint", "starts": "2026-12-01T18:00"});
    let made = hub.post("/api/v1/contests", &coach, body).await.ok(201);
    assert_eq!(made["starts_at"], 1_796_148_000_000_i64);
    assert_eq!(made["ends_at"], 1_796_148_000_000_i64 + HOUR_MS);
}
