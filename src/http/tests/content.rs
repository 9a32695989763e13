//! What an org writes itself: checked whole, kept for ever, and nobody's but its own.

use actix_web::test::TestRequest;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, Reply, bearing};

const SCENARIO: &str = "/api/v1/content/scenarios/interview-first-minutes";
const PERSONA: &str = "/api/v1/content/personas/mara-okafor";
const DOT: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><circle cx=\"4\" cy=\"4\" r=\"3\"/></svg>";

async fn admin() -> (Hub, String) {
    let hub = Hub::start().await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    (hub, admin)
}

async fn text(hub: &Hub, path: &str, admin: &str) -> String {
    let item = hub.get(path, admin).await.ok(200);
    item["body"].as_str().unwrap().to_owned()
}

async fn put_of(hub: &Hub, path: &str, admin: &str, version: &str, body: Value) -> Reply {
    let request = TestRequest::put().uri(path).set_json(body);
    let request = request.insert_header(("if-match", version));
    hub.send(bearing(request, admin)).await
}

#[actix_web::test]
async fn a_shipped_item_is_written_anew_and_forgotten_with_its_history() {
    let (hub, admin) = admin().await;
    let (learner, _) = hub.token(Role::Learner, "lea").await;
    let shipped = hub.get(PERSONA, &admin).await;
    assert_eq!(shipped.header("etag"), "\"0\"");
    let shipped = shipped.ok(200);
    assert_eq!(
        (&shipped["origin"], &shipped["version"]),
        (&json!("shipped"), &json!(0))
    );
    assert_eq!(shipped["value"]["name"], "Mara Okafor");
    let name = async |token: &str| {
        let persona = hub.get("/api/v1/personas/mara-okafor", token).await;
        persona.ok(200)["name"].clone()
    };

    // By the value of a form: what comes back is a text.
    let mut value = shipped["value"].clone();
    value["name"] = json!("Marah Okafor");
    let wish = json!({"value": value, "says": "She spells it so."});
    let put = put_of(&hub, PERSONA, &admin, "\"0\"", wish).await;
    assert_eq!(put.header("etag"), "\"1\"");
    assert!(
        put.ok(200)["body"]
            .as_str()
            .unwrap()
            .contains("name = \"Marah Okafor\"")
    );
    assert_eq!(name(&learner).await, "Marah Okafor");
    // Nobody else's.
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let theirs = hub.user_of(elsewhere, Role::Owner, "theirs").await;
    let theirs = hub.enter(&theirs).await.access.token;
    assert_eq!(name(&theirs).await, "Mara Okafor");
    let there = hub.get(PERSONA, &theirs).await.ok(200);
    assert_eq!(
        (&there["origin"], &there["version"]),
        (&json!("shipped"), &json!(0))
    );

    // Who had read it before is told, and nothing is lost.
    let old = json!({"body": text(&hub, PERSONA, &admin).await.replace("Marah", "Maria")});
    put_of(&hub, PERSONA, &admin, "\"0\"", old.clone())
        .await
        .expect(412, "changed_since");
    put_of(&hub, PERSONA, &admin, "one", old.clone())
        .await
        .expect(400, "malformed");
    assert_eq!(name(&learner).await, "Marah Okafor");
    put_of(&hub, PERSONA, &admin, "\"1\"", old).await.ok(200);

    let history = hub.get(&format!("{PERSONA}/history"), &admin).await.ok(200);
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
    assert_eq!(history["items"][1]["says"], "She spells it so.");
    assert_eq!(history["items"][1]["by_name"], "admin");
    let first = format!("{PERSONA}/history/1");
    let first = hub.get(&first, &admin).await.ok(200);
    assert_eq!(first["value"]["name"], "Marah Okafor");
    // Restoring is writing it again.
    let again = json!({"body": first["body"], "says": "Back."});
    put_of(&hub, PERSONA, &admin, "\"2\"", again).await.ok(200);
    assert_eq!(name(&learner).await, "Marah Okafor");
    let listed = hub.get("/api/v1/content/personas", &admin).await.ok(200);
    let mara = &listed["items"][0];
    assert_eq!(
        (&mara["origin"], &mara["version"]),
        (&json!("changed"), &json!(3))
    );
    assert_eq!(mara["title"], "Marah Okafor");

    let request = TestRequest::delete().uri(PERSONA);
    assert_eq!(hub.send(bearing(request, &admin)).await.status, 204);
    assert_eq!(name(&learner).await, "Mara Okafor");
    let item = hub.get(PERSONA, &admin).await.ok(200);
    assert_eq!(
        (&item["origin"], &item["version"]),
        (&json!("shipped"), &json!(4))
    );
}

#[actix_web::test]
async fn what_does_not_go_together_is_refused_by_its_field_and_nothing_of_it_holds() {
    let (hub, admin) = admin().await;
    let (learner, _) = hub.token(Role::Learner, "lea").await;
    let scenario = text(&hub, SCENARIO, &admin).await;
    let with_nobody = scenario.replace("mara-okafor", "nobody-at-all");
    let item = json!({"kind": "scenarios", "id": "another", "body": with_nobody});
    let checked = hub
        .post("/api/v1/content/check", &admin, item)
        .await
        .ok(200);
    let fault = &checked["faults"][0];
    assert_eq!(
        (&fault["file"], &fault["field"]),
        (&json!("own/scenarios/another.toml"), &json!("personas.0"))
    );
    assert!(fault["line"].as_u64().unwrap() > 0, "{fault}");
    assert_eq!(checked["value"]["personas"][0], "nobody-at-all");
    let another = "/api/v1/content/scenarios/another";
    hub.put(another, &admin, json!({"body": with_nobody}))
        .await
        .expect(422, "field_invalid");
    // Whom a scenario casts cannot leave.
    hub.put(PERSONA, &admin, json!({}))
        .await
        .expect(422, "field_invalid");
    hub.get("/api/v1/scenarios/another", &learner)
        .await
        .expect(404, "not_found");
    hub.get("/api/v1/personas/mara-okafor", &learner)
        .await
        .ok(200);
    let own = hub.get("/api/v1/content", &admin).await.ok(200);
    assert_eq!(own, json!([]));

    // First whom it names, then it; and then whom it names cannot be forgotten.
    let persona = text(&hub, PERSONA, &admin).await;
    let nobody = "/api/v1/content/personas/nobody-at-all";
    hub.put(nobody, &admin, json!({"body": persona}))
        .await
        .ok(200);
    hub.put(another, &admin, json!({"body": with_nobody}))
        .await
        .ok(200);
    let found = hub.get("/api/v1/scenarios/another", &learner).await.ok(200);
    assert_eq!(found["cast"][0]["id"], "nobody-at-all");
    let request = TestRequest::delete().uri(nobody);
    hub.send(bearing(request, &admin))
        .await
        .expect(409, "conflict");
    hub.get("/api/v1/personas/nobody-at-all", &learner)
        .await
        .ok(200);
    for (path, body) in [
        ("/api/v1/content/manners/en", json!({"body": "a = 1"})),
        ("/api/v1/content/rules/Bad%20Id", json!({"body": "a = 1"})),
        ("/api/v1/content/levels/other", json!({"body": "a = 1"})),
    ] {
        let refused = hub.put(path, &admin, body).await;
        assert!([404, 422].contains(&refused.status.as_u16()), "{path}");
    }
    let long = json!({"body": format!("# {}", "long ".repeat(20_000))});
    hub.put(another, &admin, long)
        .await
        .expect(422, "field_invalid");
}

#[actix_web::test]
async fn a_practice_under_way_keeps_its_scenario() {
    let (hub, admin) = admin().await;
    let (learner, _) = hub.token(Role::Learner, "lea").await;
    let scenario = text(&hub, SCENARIO, &admin).await;
    let begin = async || {
        let body = json!({"scenario": "interview-first-minutes"});
        let room = hub.post("/api/v1/training/sessions", &learner, body).await;
        room.ok(201)["id"].as_str().unwrap().to_owned()
    };
    let goal = async |room: &str| {
        let path = format!("/api/v1/training/sessions/{room}");
        hub.get(&path, &learner).await.ok(200)["goals"][0]["title"].clone()
    };
    let found = hub.get(SCENARIO, &admin).await.ok(200);
    let shipped = found["value"]["goal"][0]["title"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = begin().await;
    let mut rooms = vec![(before, shipped.clone())];
    for title in ["First", "Second"] {
        let body = scenario.replacen(&shipped, title, 1);
        hub.put(SCENARIO, &admin, json!({"body": body}))
            .await
            .ok(200);
        rooms.push((begin().await, title.to_owned()));
    }
    for (room, title) in &rooms {
        assert_eq!(goal(room).await, title.as_str());
    }
    // Also when it is shipped again.
    let request = TestRequest::delete().uri(SCENARIO);
    assert_eq!(hub.send(bearing(request, &admin)).await.status, 204);
    rooms.push((begin().await, shipped));
    for (room, title) in &rooms {
        assert_eq!(goal(room).await, title.as_str());
    }
}

#[actix_web::test]
async fn a_badge_has_the_picture_its_org_drew() {
    let (hub, admin) = admin().await;
    let (learner, _) = hub.token(Role::Learner, "lea").await;
    let picture = async |token: &str| {
        let badges = hub.get("/api/v1/badges", token).await.ok(200);
        badges[0]["picture"].clone()
    };
    assert_eq!(picture(&learner).await, Value::Null);
    let path = "/api/v1/content/pictures/liked";
    let wrong = DOT.replace("<circle", "<script/><circle");
    let refused = hub.put(path, &admin, json!({"body": wrong})).await;
    assert!(
        refused.json["detail"]
            .as_str()
            .unwrap()
            .contains("<script>")
    );
    refused.expect(422, "field_invalid");
    hub.put(path, &admin, json!({"body": DOT})).await.ok(200);
    let there = picture(&learner).await;
    let there = there.as_str().unwrap();
    // As an image of a page is asked for: by nobody.
    let shown = hub.get(there, "").await;
    assert_eq!(shown.header("content-type"), "image/svg+xml");
    assert_eq!(shown.bytes, DOT);
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let theirs = hub.user_of(elsewhere, Role::Owner, "theirs").await;
    let theirs = hub.enter(&theirs).await.access.token;
    assert_eq!(picture(&theirs).await, Value::Null);
}

#[actix_web::test]
async fn a_draft_is_in_nobodys_play_and_goes_when_the_item_is_written() {
    let (hub, admin) = admin().await;
    let draft = format!("{PERSONA}/draft");
    hub.put(&draft, &admin, json!({"body": "name = \"Half"}))
        .await
        .ok(200);
    let item = hub.get(PERSONA, &admin).await.ok(200);
    assert_eq!(item["draft"]["body"], "name = \"Half");
    assert_eq!(item["draft"]["value"], Value::Null);
    assert_eq!(item["origin"], "shipped");
    hub.put(&draft, &admin, json!({"body": "a\u{0}"}))
        .await
        .expect(422, "field_invalid");
    let body = text(&hub, PERSONA, &admin).await;
    hub.put(PERSONA, &admin, json!({"body": body}))
        .await
        .ok(200);
    let item = hub.get(PERSONA, &admin).await.ok(200);
    assert_eq!(item["draft"], Value::Null);
    let request = TestRequest::delete().uri(&draft);
    hub.send(bearing(request, &admin))
        .await
        .expect(404, "not_found");
}

#[actix_web::test]
async fn a_card_of_another_program_becomes_a_draft_of_a_persona() {
    let (hub, admin) = admin().await;
    let card = json!({"spec": "chara_card_v2", "data": {
        "name": "Mara Okafor", "description": "Owns a bakery. Counts every bag of flour.",
        "first_mes": "Yes? What can I do for you?", "personality": "blunt",
    }});
    let send = async |bytes: Vec<u8>, query: &str| {
        let request = TestRequest::post().uri(&format!("/api/v1/content/cards{query}"));
        hub.send(bearing(request.set_payload(bytes), &admin)).await
    };
    let taken = send(card.to_string().into_bytes(), "").await.ok(201);
    // Beside the one of that name.
    assert_eq!(taken["id"], "mara-okafor-2");
    assert_eq!(taken["value"]["opening"][0], "Yes? What can I do for you?");
    let path = "/api/v1/content/personas/mara-okafor-2";
    let item = hub.get(path, &admin).await.ok(200);
    assert_eq!(item["origin"], "gone");
    let listed = hub.get("/api/v1/content/personas", &admin).await.ok(200);
    assert_eq!(listed["items"][1]["draft"], true);
    // As it is, it can be in force.
    let body = json!({"body": item["draft"]["body"]});
    hub.put(path, &admin, body).await.ok(200);
    hub.get("/api/v1/personas/mara-okafor-2", &admin)
        .await
        .ok(200);

    let named = send(card.to_string().into_bytes(), "?id=flour&language=en").await;
    assert_eq!(named.ok(201)["id"], "flour");
    for bytes in [&b"nonsense"[..], b"\x89PNG\r\n\x1a\nnonsense", b"{}"] {
        send(bytes.to_vec(), "").await.expect(422, "field_invalid");
    }
}
