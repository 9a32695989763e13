//! What a cohort is to reach: set by its coach, reached by practising, seen by both, and by nobody else.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::kit::*;

async fn own(who: &Account) -> Vec<Value> {
    let page: Value = who.get("/api/v1/me/goals").await.unwrap();
    page["items"].as_array().unwrap().clone()
}

on_both! {
    async fn goals_are_reached_by_practising(backend: Backend) {
        let hub = Hub::start_also(backend, GAME).await;
        let cora = hub.person("Cora", Role::Coach).await;
        let stranger = hub.person("Sam", Role::Coach).await;
        let lea = hub.person("Lea", Role::Learner).await;
        let otto = hub.person("Otto", Role::Learner).await;
        let made: Value = hub.owner.post("/api/v1/cohorts", &json!({"title": "C"})).await.unwrap();
        let cohort = made["id"].as_str().unwrap().to_owned();
        for (who, part) in [(&cora, "coach"), (&lea, "learner"), (&otto, "learner")] {
            let path = format!("/api/v1/cohorts/{cohort}/members/{}", who.user);
            let request = hub.rest.request(Method::PUT, &path).bearer_auth(&hub.owner.token);
            let answer = request.json(&json!({"part": part})).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        }
        let path = format!("/api/v1/cohorts/{cohort}/goals");
        // What can be aimed for is what the rules pay and the rubrics look at.
        let page: Value = cora.get(&path).await.unwrap();
        assert!(page["points"].as_array().unwrap().contains(&json!("xp")), "{page}");
        let skill = page["skills"][0].clone();
        for aim in [
            json!({"kind": "practices", "count": 1}),
            json!({"kind": "practices", "count": 2}),
            json!({"kind": "points", "of": "xp", "amount": 40}),
            json!({"kind": "score", "skill": skill, "per_mille": 1000}),
        ] {
            cora.post::<Value>(&path, &json!({"aim": aim})).await.unwrap();
        }
        for nobodys in [
            json!({"kind": "points", "of": "gold", "amount": 40}),
            json!({"kind": "score", "skill": "no-such-skill", "per_mille": 500}),
            json!({"kind": "practices", "count": 0}),
        ] {
            assert!(cora.post::<Value>(&path, &json!({"aim": nobodys})).await.is_err());
        }
        assert!(stranger.get::<Value>(&path).await.is_err());
        assert!(lea.get::<Value>(&path).await.is_err());
        assert_eq!(own(&lea).await.len(), 4);
        assert_eq!(own(&stranger).await.len(), 0);

        let body = json!({"scenario": "small-talk-wedding"});
        let made: Value = lea.post("/api/v1/training/sessions", &body).await.unwrap();
        let room: RoomId = made["id"].as_str().unwrap().parse().unwrap();
        let mut client = hub.viewer(&lea, room).await;
        acked(client.ask(room, say("Hello, I am a friend of the bride. And you?"), SOON).await);
        acked(client.ask(room, Command::End {}, SOON).await);
        let began = Instant::now();
        let states = loop {
            let goals = own(&lea).await;
            // The latest first.
            let states: Vec<&str> = goals.iter().map(|goal| goal["state"].as_str().unwrap()).collect();
            if states.iter().filter(|state| **state == "reached").count() >= 2 {
                break goals;
            }
            assert!(began.elapsed() < SOON, "{goals:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let of = |at: usize| (states[at]["value"].as_u64().unwrap(), states[at]["state"].as_str().unwrap());
        assert_eq!(of(3), (1, "reached"));
        assert_eq!(of(2), (1, "open"));
        let (points, state) = of(1);
        assert!(points >= 40 && state == "reached", "{states:?}");
        assert_eq!(of(0).1, "open");

        // The coach sees who is how far, whoever has furthest to go first.
        let page: Value = cora.get(&path).await.unwrap();
        let first = &page["items"][3];
        assert_eq!(first["counts"], json!({"missed": 0, "open": 1, "reached": 1}));
        let one: Value = cora.get(&format!("{path}/{}", first["id"].as_str().unwrap())).await.unwrap();
        let names: Vec<&str> = one["learners"].as_array().unwrap().iter()
            .map(|learner| learner["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Otto", "Lea"]);
        // Taken back, it is nobody's any more.
        let gone = format!("{path}/{}", first["id"].as_str().unwrap());
        let request = hub.rest.request(Method::DELETE, &gone).bearer_auth(&cora.token);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::NO_CONTENT);
        assert_eq!(own(&lea).await.len(), 3);
    }
}
