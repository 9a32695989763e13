//! What must not be written down is not: tokens, passwords, tickets, words people said.

use crate::kit::*;

const CANARY: &str = "canary-of-a-coal-mine";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_and_no_word_is_in_the_log() {
    let mut hub = Hub::start_also(
        Backend::Sqlite,
        &[(
            "LUDUS_LOG__FILTER",
            "debug,sqlx=warn,sea_orm_migration=warn",
        )],
    )
    .await;
    let learner = hub.person("Lena Learner", Role::Learner).await;
    let room = hub.owner.open(&RoomWish::lounge("Lounge")).await.unwrap();
    let ticket = learner.ticket().await.unwrap();
    let mut client = hub.member(&learner, room.id, None).await;
    let resume = client.resume_token().unwrap().to_owned();
    acked(client.ask(room.id, say(CANARY), SOON).await);
    nacked(
        client
            .ask(room.id, say(format!("{CANARY}\u{0}")), SOON)
            .await,
    );
    let socket = client.socket().unwrap();
    socket
        .send_text(format!(r#"{{"type":"{CANARY}"}}"#))
        .await
        .unwrap();
    // A failing sign-in, and one with the right word.
    hub.rest.login("Lena Learner").await.unwrap();
    let wrong = serde_json::json!({"email": "lena.learner@example.org", "password": CANARY});
    let request = hub
        .rest
        .request(reqwest::Method::POST, "/api/v1/auth/login");
    let refused = request.json(&wrong).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let broken = hub
        .rest
        .request(reqwest::Method::POST, "/api/v1/auth/login");
    broken.body(format!("{{{CANARY}")).send().await.unwrap();
    hub.restart().await;

    let said = std::fs::read_to_string(hub.stderr()).unwrap();
    assert!(said.len() > 500, "nothing was logged at all: {said}");
    for (what, secret) in [
        ("a password", ludus_loadtests::people::PASSWORD),
        ("a canary", CANARY),
        ("an access token", &*learner.token),
        ("a ticket", &*ticket),
        ("a resume token", &*resume),
    ] {
        assert!(!said.contains(secret), "{what} is in the log");
    }
}

/// A line break in what somebody says forges no line of the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_writes_lines_into_the_log() {
    let hub = Hub::start_also(Backend::Sqlite, &[("LUDUS_LOG__FILTER", "debug,sqlx=warn")]).await;
    let forged = "ERROR forged by a client";
    let request = hub.rest.request(
        reqwest::Method::GET,
        "/api/v1/rooms/%0A%0DERROR%20forged%20by%20a%20client",
    );
    request.send().await.unwrap();
    let request = hub.rest.request(reqwest::Method::GET, "/api/v1/me");
    let request = request.header("X-Request-Id", "a\tERROR forged by a client");
    request.send().await.unwrap();
    let said = std::fs::read_to_string(hub.stderr()).unwrap();
    assert!(
        !said
            .lines()
            .any(|line| line.trim_start().starts_with(forged)),
        "{said}"
    );
}
