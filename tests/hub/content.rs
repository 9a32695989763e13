//! What an org writes itself is everywhere in the time that is promised, and what runs keeps what it
//! began with.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cluster::{Between, Cluster};
use crate::kit::*;

const PERSONA: &str = "/api/v1/content/personas/mara-okafor";
const SCENARIO: &str = "/api/v1/content/scenarios/interview-first-minutes";

async fn get(who: &Account, path: &str) -> Value {
    who.get(path).await.unwrap()
}

/// Writes an item with one text in place of another.
async fn rewrite(who: &Account, path: &str, old: &str, new: &str) -> Instant {
    let item = get(who, path).await;
    let body = item["body"].as_str().unwrap();
    assert!(body.contains(old), "{path} says nothing of {old}");
    let body = body.replace(old, new);
    let request = who.hub.request(reqwest::Method::PUT, path);
    let request = request.json(&json!({"body": body})).bearer_auth(&who.token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    Instant::now()
}

/// Waits until a node answers so, and says how long that took since an instant.
async fn until(
    who: &Account,
    path: &str,
    since: Instant,
    is_so: impl Fn(&Value) -> bool,
) -> Duration {
    loop {
        if is_so(&get(who, path).await) {
            return since.elapsed();
        }
        assert!(since.elapsed() < SOON, "{path} never changed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn story(between: Between) {
    let cluster = Cluster::start(between, "").await;
    let here = &cluster.hub.owner;
    let there = cluster.there.account(here);
    let ada = cluster.hub.person("Ada", Role::Learner).await;
    let ada_there = cluster.there.account(&ada);
    let first = get(here, SCENARIO).await["value"]["goal"][0]["title"].clone();
    let first = first.as_str().unwrap().to_owned();
    let body = json!({"scenario": "interview-first-minutes"});
    let room: Value = ada.post("/api/v1/training/sessions", &body).await.unwrap();
    let practice = format!("/api/v1/training/sessions/{}", room["id"].as_str().unwrap());

    let mut took = vec![];
    for round in 0..3 {
        let name = format!("Mara the {round}th");
        let old = get(here, PERSONA).await["value"]["name"].clone();
        let since = rewrite(here, PERSONA, old.as_str().unwrap(), &name).await;
        let is_so = |found: &Value| found["name"] == name.as_str();
        // Here it is so when the answer is.
        assert!(is_so(&get(here, "/api/v1/personas/mara-okafor").await));
        took.push(until(&there, "/api/v1/personas/mara-okafor", since, is_so).await);
    }
    let since = rewrite(&there, SCENARIO, &first, "Another goal").await;
    let is_so = |found: &Value| found["goals"][0]["title"] == "Another goal";
    took.push(
        until(
            here,
            "/api/v1/scenarios/interview-first-minutes",
            since,
            is_so,
        )
        .await,
    );
    // A rule, too, and by it both pay.
    let rule = "[[rule]]\nid = \"fresh\"\nversion = 1\ntitle = \"Fresh\"\non = \"line_said\"\npoints = 1\n";
    let path = "/api/v1/content/rules/fresh";
    let request = here.hub.request(reqwest::Method::PUT, path);
    let request = request
        .json(&json!({"body": rule}))
        .bearer_auth(&here.token);
    assert!(request.send().await.unwrap().status().is_success());
    let since = Instant::now();
    let hash = get(here, "/api/v1/rules").await["hash"].clone();
    let is_so = |found: &Value| found["hash"] == hash;
    took.push(until(&there, "/api/v1/rules", since, is_so).await);
    for one in &took {
        assert!(*one < cluster.within, "{took:?}");
    }
    // The practice that began before has the goals it began with, at both.
    for who in [&ada, &ada_there] {
        assert_eq!(
            get(who, &practice).await["goals"][0]["title"],
            first.as_str()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_org_writes_is_at_every_node_in_time_by_the_store() {
    if has_postgres() {
        story(Between::Store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_org_writes_is_at_every_node_in_time_over_redis() {
    if has_postgres() {
        story(Between::Redis).await;
    }
}
