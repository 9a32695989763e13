//! Writes that are asked for more than once.

use actix_web::test::TestRequest;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, Reply, bearing};

async fn keyed(hub: &Hub, token: &str, path: &str, key: &str, body: Value) -> Reply {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("idempotency-key", key))
        .set_json(body);
    hub.send(bearing(request, token)).await
}

#[actix_web::test]
async fn the_same_key_opens_one_room() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (other, _) = hub.token(Role::Coach, "other").await;
    let body = || json!({"title": "Once", "kind": "lounge", "entry": "code"});
    let first = keyed(&hub, &coach, "/api/v1/rooms", "k1", body()).await;
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = keyed(&hub, &coach, "/api/v1/rooms", "k1", body()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.ok(201), again.ok(201));
    keyed(
        &hub,
        &coach,
        "/api/v1/rooms",
        "k1",
        json!({"title": "Twice", "kind": "lounge"}),
    )
    .await
    .expect(409, "id_reused");
    keyed(
        &hub,
        &coach,
        "/api/v1/training/sessions",
        "k1",
        json!({"title": "Once"}),
    )
    .await
    .expect(409, "id_reused");
    // A key is one person's.
    keyed(&hub, &other, "/api/v1/rooms", "k1", body())
        .await
        .ok(201);
    let rooms = hub.get("/api/v1/rooms", &coach).await.ok(200);
    assert_eq!(rooms["items"].as_array().unwrap().len(), 2);
    // After a day it is a new key.
    hub.clock.turn(25 * 60 * 60 * 1_000);
    hub.people.tidy().await;
    let (coach, _) = hub.token(Role::Coach, "coach2").await;
    keyed(&hub, &coach, "/api/v1/rooms", "k1", body())
        .await
        .ok(201);
}

#[actix_web::test]
async fn a_crowd_with_one_key_opens_one_room() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let body = || json!({"title": "Once", "kind": "lounge"});
    let tries = (0..20).map(|_| keyed(&hub, &coach, "/api/v1/rooms", "crowd", body()));
    let replies = futures_util::future::join_all(tries).await;
    let ids: std::collections::BTreeSet<String> = replies
        .into_iter()
        .map(|reply| reply.ok(201)["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
}

#[actix_web::test]
async fn an_invitation_again_is_the_same_link() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let body = || json!({"role": "learner"});
    let first = keyed(&hub, &coach, "/api/v1/invitations", "i", body())
        .await
        .ok(201);
    let again = keyed(&hub, &coach, "/api/v1/invitations", "i", body())
        .await
        .ok(201);
    assert_eq!(first["url"], again["url"]);
}

#[actix_web::test]
async fn keys_have_a_form() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let body = || json!({"title": "Once", "kind": "lounge"});
    for key in ["", "two words", &"x".repeat(256)] {
        keyed(&hub, &coach, "/api/v1/rooms", key, body())
            .await
            .expect(400, "malformed");
    }
}

#[actix_web::test]
async fn a_poll_costs_nothing_when_nothing_changed() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    for path in ["/api/v1/rooms", "/api/v1/me", "/api/v1/openapi.json"] {
        let tag = hub.get(path, &coach).await.header("etag").to_owned();
        let ask = |tag: String| {
            let request = TestRequest::get()
                .uri(path)
                .insert_header(("if-none-match", tag));
            hub.send(bearing(request, &coach))
        };
        assert_eq!(ask(format!("\"x\", W/{tag}")).await.status, 304, "{path}");
        assert_eq!(ask("\"x\"".to_owned()).await.status, 200, "{path}");
        if path == "/api/v1/rooms" {
            hub.room(&coach, "open").await;
            assert_eq!(ask(tag).await.status, 200);
        }
    }
}
