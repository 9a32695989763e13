//! Points over REST: thanked, measured, adjusted; read back as a standing and a ledger.

use actix_web::test::TestRequest;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, bearing};

/// Two learners of one cohort, and the coach who leads it.
struct Class {
    hub: Hub,
    coach: String,
    ada: (String, String),
    bob: (String, String),
}

async fn class() -> Class {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201)["id"]
        .clone();
    let mut learners = vec![];
    for name in ["ada", "bob"] {
        let (token, id) = hub.token(Role::Learner, name).await;
        let path = format!("/api/v1/cohorts/{}/members/{id}", cohort.as_str().unwrap());
        hub.put(&path, &coach, json!({"part": "learner"}))
            .await
            .ok(200);
        learners.push((token, id.to_string()));
    }
    let (bob, ada) = (learners.pop().unwrap(), learners.pop().unwrap());
    Class {
        hub,
        coach,
        ada,
        bob,
    }
}

async fn points(hub: &Hub, token: &str) -> i64 {
    let standing = hub.get("/api/v1/me/standing", token).await.ok(200);
    assert_eq!(standing["points"][0]["kind"], "xp");
    standing["points"][0]["points"].as_i64().unwrap()
}

#[actix_web::test]
async fn thanks_are_paid_to_both_and_have_a_limit() {
    let Class {
        hub,
        coach,
        ada,
        bob,
    } = class().await;
    let thank =
        async |from: &str, to: &str| hub.post("/api/v1/kudos", from, json!({"to": to})).await;
    assert_eq!(thank(&ada.0, &bob.1).await.status, 204);
    assert_eq!(
        (points(&hub, &ada.0).await, points(&hub, &bob.0).await),
        (1, 5)
    );
    // Each once a day, nobody themselves, and no strangers.
    thank(&ada.0, &bob.1).await.expect(429, "rate_limited");
    thank(&ada.0, &ada.1).await.expect(422, "field_invalid");
    let (other, other_id) = hub.token(Role::Learner, "other").await;
    thank(&ada.0, &other_id.to_string())
        .await
        .expect(404, "not_found");
    thank(&other, &bob.1).await.expect(404, "not_found");
    // The rules pay two a day, so that is how many there are; a coach thanks anybody.
    for name in ["carl", "dora", "emil"] {
        let (_, id) = hub.token(Role::Learner, name).await;
        let answer = thank(&coach, &id.to_string()).await;
        assert_eq!(answer.status, if name == "emil" { 429 } else { 204 });
    }
    assert_eq!(points(&hub, &ada.0).await, 1);

    let standing = hub.get("/api/v1/me/standing", &bob.0).await.ok(200);
    assert_eq!(standing["points"][0]["today"], 5);
    assert_eq!(standing["level"]["level"], 1);
    assert_eq!(standing["level"]["next"], 100);
    assert_eq!(standing["badges"][0]["id"], "liked");
    assert_eq!(
        (
            &standing["badges"][0]["level"],
            &standing["badges"][0]["next"]
        ),
        (&json!(1), &json!(5))
    );
    assert!(standing["badges"][0]["earned_at"].is_i64());
    assert_eq!(
        standing["badges"].as_array().unwrap().len(),
        1,
        "a secret was told"
    );
    let seen = hub
        .get(&format!("/api/v1/users/{}/standing", bob.1), &coach)
        .await
        .ok(200);
    assert_eq!(seen["points"], standing["points"]);
    hub.get(&format!("/api/v1/users/{}/standing", bob.1), &ada.0)
        .await
        .expect(404, "not_found");
    // The streak is the thanking one's.
    let standing = hub.get("/api/v1/me/standing", &ada.0).await.ok(200);
    assert_eq!(
        (&standing["streak"]["days"], &standing["streak"]["today"]),
        (&json!(1), &json!(true))
    );
}

#[actix_web::test]
async fn an_import_is_taken_once_and_whole() {
    let Class {
        hub,
        coach,
        ada,
        bob,
    } = class().await;
    let score = |user: &str, value: i64| json!({"metric": "sales", "user": user, "op": "set", "value": value});
    let import = async |key: &str, scores: Vec<Value>| {
        let request = TestRequest::post()
            .uri("/api/v1/scores")
            .insert_header(("idempotency-key", key))
            .set_json(json!({"scores": scores}));
        hub.send(bearing(request, &coach)).await
    };
    let both = vec![score(&ada.1, 7), score(&bob.1, 9), score(&ada.1, 8)];
    assert_eq!(import("k1", both.clone()).await.ok(200)["taken"], 3);
    let again = import("k1", both).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        (points(&hub, &ada.0).await, points(&hub, &bob.0).await),
        (4, 2)
    );
    // Somebody the coach does not lead: nothing of it is taken.
    let (_, other) = hub.token(Role::Learner, "other").await;
    import("k2", vec![score(&ada.1, 1), score(&other.to_string(), 1)])
        .await
        .expect(404, "not_found");
    import("k3", vec![]).await.expect(422, "field_invalid");
    let many = (0..101).map(|value| score(&ada.1, value)).collect();
    import("k4", many).await.expect(422, "field_invalid");
    assert_eq!(points(&hub, &ada.0).await, 4);
    // A secret badge is told of by who has it.
    let badges = hub.get("/api/v1/badges", &ada.0).await.ok(200);
    assert_eq!(badges.as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn the_ledger_says_why_page_by_page() {
    let Class {
        hub,
        coach,
        ada,
        bob,
    } = class().await;
    let (admin, admin_id) = hub.token(Role::Admin, "admin").await;
    let adjust = async |id: &str, body: Value| {
        hub.post(&format!("/api/v1/users/{id}/adjust"), &admin, body)
            .await
    };
    for by in [30, -10] {
        let body = json!({"points": "xp", "by": by, "says": "A correction"});
        assert_eq!(adjust(&ada.1, body).await.status, 204);
    }
    let fine = json!({"points": "xp", "by": 1, "says": "Me"});
    adjust(&admin_id.to_string(), fine)
        .await
        .expect(403, "forbidden");
    let unknown = json!({"points": "gold", "by": 1, "says": "What?"});
    adjust(&ada.1, unknown).await.expect(422, "field_invalid");
    hub.post("/api/v1/kudos", &bob.0, json!({"to": ada.1}))
        .await;

    let mut lines = vec![];
    let mut path = "/api/v1/me/ledger?limit=1".to_owned();
    loop {
        let page = hub.get(&path, &ada.0).await.ok(200);
        lines.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/me/ledger?limit=1&cursor={next}");
    }
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["points"].as_i64().unwrap(),
                line["says"].as_str(),
                line["version"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told[0], (5, Some("Was thanked"), 1));
    assert_eq!((told[1].0, told[2].0), (-10, 30));
    assert!(lines[0]["source"].as_str().unwrap().starts_with("inbox:"));
    assert_eq!(points(&hub, &ada.0).await, 25);
    // A cursor is for one ledger.
    let page = hub.get("/api/v1/me/ledger?limit=1", &ada.0).await.ok(200);
    let cursor = page["next"].as_str().unwrap();
    hub.get(&format!("/api/v1/me/ledger?cursor={cursor}"), &bob.0)
        .await
        .expect(400, "malformed");

    // The same lines in a table: the coach's learners, everybody for an admin.
    let table = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().lines().count();
    let mine = hub.get("/api/v1/ledger.csv", &coach).await;
    assert_eq!(mine.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(table(&mine.bytes), 1 + 3 + 1);
    let (stranger, _) = hub.token(Role::Coach, "stranger").await;
    assert_eq!(
        table(&hub.get("/api/v1/ledger.csv", &stranger).await.bytes),
        1
    );
    assert_eq!(
        table(&hub.get("/api/v1/ledger.csv", &admin).await.bytes),
        1 + 3 + 1
    );
}

#[actix_web::test]
async fn a_zone_and_a_name_for_boards_are_ones_own() {
    let Class { hub, ada, .. } = class().await;
    for zone in ["Pacific/Kiritimati", "Pacific/Kiritimati"] {
        let set = hub
            .put("/api/v1/me/zone", &ada.0, json!({"zone": zone}))
            .await;
        assert_eq!(set.status, 204);
    }
    hub.put("/api/v1/me/zone", &ada.0, json!({"zone": "Mars/Olympus"}))
        .await
        .expect(400, "malformed");
    let standing = hub.get("/api/v1/me/standing", &ada.0).await.ok(200);
    assert_eq!(
        (&standing["zone"], &standing["pos"]),
        (&json!("Pacific/Kiritimati"), &json!(1))
    );

    let chosen = json!({"hidden": false, "nickname": "The Fox"});
    hub.put("/api/v1/me/boards", &ada.0, chosen.clone())
        .await
        .ok(200);
    assert_eq!(hub.get("/api/v1/me/boards", &ada.0).await.ok(200), chosen);
    let theirs = json!({"hidden": false, "nickname": "BOB"});
    hub.put("/api/v1/me/boards", &ada.0, theirs)
        .await
        .expect(422, "field_invalid");
    let people = hub
        .services
        .store
        .members_for_boards(hub.org)
        .await
        .unwrap();
    let ada = people
        .iter()
        .find(|member| member.user.to_string() == ada.1)
        .unwrap();
    assert_eq!(
        (ada.nickname.as_deref(), ada.cohorts.len()),
        (Some("The Fox"), 1)
    );
}

#[actix_web::test]
async fn what_admins_write_is_checked_whole_and_in_force_at_once() {
    let Class { hub, ada, bob, .. } = class().await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    let rule = |points: i64| {
        format!(
            "[[rule]]\nid = \"kudos\"\nversion = 2\ntitle = \"Was thanked\"\non = \"kudos_received\"\npoints = {points}\n"
        )
    };
    let path = "/api/v1/content/rules/kudos";
    let wrong =
        json!({"kind": "rules", "id": "kudos", "body": rule(7).replace("version", "vision")});
    let faults = hub
        .post("/api/v1/content/check", &admin, wrong.clone())
        .await
        .ok(200);
    assert_eq!(faults["faults"][0]["file"], "own/rules/kudos.toml");
    assert!(faults["faults"][0]["line"].as_u64().unwrap() > 0);
    hub.put(path, &admin, json!({"body": wrong["body"]}))
        .await
        .expect(422, "field_invalid");
    let other = json!({"body": rule(7).replace("id = \"kudos\"", "id = \"other\"")});
    hub.put(path, &admin, other)
        .await
        .expect(422, "field_invalid");

    let before = hub.get("/api/v1/rules", &ada.0).await.ok(200)["hash"].clone();
    let put = hub
        .put(path, &admin, json!({"body": rule(7)}))
        .await
        .ok(200);
    assert_eq!(put["version"], 1);
    let after = hub.get("/api/v1/rules", &ada.0).await.ok(200);
    assert_ne!(after["hash"], before);
    assert_eq!(after["rules"][0]["points"], 7);
    hub.post("/api/v1/kudos", &bob.0, json!({"to": ada.1}))
        .await;
    assert_eq!(points(&hub, &ada.0).await, 7);
    // Another org plays on as it did.
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let theirs = hub.user_of(elsewhere, Role::Learner, "theirs").await;
    let theirs = hub.enter(&theirs).await.access.token;
    assert_eq!(
        hub.get("/api/v1/rules", &theirs).await.ok(200)["hash"],
        before
    );
    // Without it the shipped one is back; what was paid keeps its words and version.
    let request = TestRequest::delete().uri(path);
    assert_eq!(hub.send(bearing(request, &admin)).await.status, 204);
    assert_eq!(
        hub.get("/api/v1/rules", &ada.0).await.ok(200)["hash"],
        before
    );
    let page = hub.get("/api/v1/me/ledger", &ada.0).await.ok(200);
    assert_eq!(
        (&page["items"][0]["points"], &page["items"][0]["version"]),
        (&json!(7), &json!(2))
    );
}
