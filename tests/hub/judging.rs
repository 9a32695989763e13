//! A coach scores a practice otherwise: the report has both, and what was gained follows, once.

use std::time::Duration;

use ludus_domain::ids::TurnId;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::kit::*;
use crate::personas::spoken;

async fn post(account: &Account, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let request = account
        .hub
        .request(Method::POST, path)
        .bearer_auth(&account.token);
    let answer = request
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
        .unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or_default(),
    )
}

/// What the practice's whole was paid, by what rules of tests call doing well.
async fn for_doing_well(learner: &Account) -> Vec<i64> {
    let ledger: Value = learner.get("/api/v1/me/ledger?limit=200").await.unwrap();
    let lines = ledger["items"].as_array().unwrap().iter().rev();
    let own = lines.filter(|line| line["rule"] == "hub-did-well");
    own.map(|line| line["points"].as_i64().unwrap()).collect()
}

on_both! {
    async fn a_coach_scores_otherwise_and_what_was_gained_follows(backend: Backend) {
        let hub = Hub::start_also(backend, GAME).await;
        let (ada, kim) = (hub.person("Ada", Role::Learner).await, hub.person("Kim Coach", Role::Coach).await);
        let otto = hub.person("Otto", Role::Learner).await;
        let body = json!({"scenario": "ask-for-a-raise"});
        let made: Value = ada.post("/api/v1/training/sessions", &body).await.unwrap();
        let room: RoomId = made["id"].as_str().unwrap().parse().unwrap();
        let mut learner = hub.viewer(&ada, room).await;
        spoken(&mut learner, TurnId(1)).await;
        for turn in 2..5 {
            acked(learner.ask(room, say("Give me more money."), SOON).await);
            spoken(&mut learner, TurnId(turn)).await;
        }
        acked(learner.ask(room, Command::End {}, SOON).await);
        let path = format!("/api/v1/training/sessions/{room}/report");
        let give_up = Instant::now() + Duration::from_mins(1);
        let report = loop {
            match ada.get::<Value>(&path).await {
                Ok(report) => break report,
                Err(error) => assert!(Instant::now() < give_up, "no report: {error}"),
            }
            sleep(Duration::from_millis(100)).await;
        };
        assert!(report["report"]["total"].as_u64().unwrap() < 950, "{report}");
        assert!(for_doing_well(&ada).await.is_empty());

        let overrides = format!("{path}/overrides");
        let score = |criterion: &Value, per_mille: u16| {
            json!({"of": ada.user, "criterion": criterion, "per_mille": per_mille, "reason": "I was there."})
        };
        let criteria: Vec<Value> = report["report"]["criteria"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        let mut last = Value::Null;
        for (n, criterion) in criteria.iter().enumerate() {
            let (status, after) = post(&kim, &overrides, &format!("up-{n}"), &score(criterion, 1_000)).await;
            assert_eq!(status, 200, "{after}");
            last = after;
        }
        assert_eq!(last["report"]["total"], 1_000);
        assert_eq!(last["judge"], "coach");
        assert_eq!(last["overrides"].as_array().unwrap().len(), criteria.len());
        assert_eq!(last["overrides"][0]["name"], "Kim Coach");
        assert_eq!(last["overrides"][0]["was"], report["report"]["criteria"][0]["score"]["per_mille"]);
        assert_eq!(ada.get::<Value>(&path).await.unwrap()["report"], last["report"], "the learner reads the same");
        assert_eq!(for_doing_well(&ada).await, [30_i64]);

        // Two coaches at once, and a retry of each: both count, once.
        let lou = hub.person("Lou Coach", Role::Coach).await;
        for _ in 0..2 {
            let (one, other) = (score(&criteria[0], 0), score(&criteria[1], 0));
            let both = tokio::join!(
                post(&kim, &overrides, "down", &one),
                post(&lou, &overrides, "down", &other),
            );
            assert_eq!((both.0.0, both.1.0), (200, 200), "{both:?}");
        }
        let now: Value = ada.get(&path).await.unwrap();
        assert_eq!(now["overrides"].as_array().unwrap().len(), criteria.len() + 2);
        assert_eq!(for_doing_well(&ada).await, [30_i64, -30]);
        let events: Vec<Value> = ada.history(room).await.unwrap().into_iter()
            .flat_map(|page| page.events)
            .map(|event| serde_json::to_value(event).unwrap()["fact"].clone())
            .filter(|fact| fact["kind"] == "criterion_judged")
            .collect();
        let numbers: Vec<u64> = events.iter().map(|fact| fact["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=criteria.len() as u64 + 2).collect::<Vec<_>>());

        // Not by learners, not of what is not there, not beyond the scale; and not to others' eyes.
        assert_eq!(post(&ada, &overrides, "a", &score(&criteria[0], 1_000)).await.0, 403);
        assert_eq!(post(&otto, &overrides, "b", &score(&criteria[0], 1_000)).await.0, 404);
        assert_eq!(post(&kim, &overrides, "c", &score(&json!("nothing"), 1_000)).await.0, 404);
        assert_eq!(post(&kim, &overrides, "d", &score(&criteria[0], 1_001)).await.0, 422);
        assert!(otto.get::<Value>(&path).await.is_err());

        // What the cohort did, for whoever sees people and for whoever sees the group; and its rooms in short.
        let mia = hub.person("Mia Counter", Role::Coach).await;
        let cohort: Value = hub.owner.post("/api/v1/cohorts", &json!({"title": "North"})).await.unwrap();
        let cohort = cohort["id"].as_str().unwrap();
        for (who, part) in [
            (&ada, json!({"part": "learner"})),
            (&kim, json!({"part": "coach"})),
            (&mia, json!({"part": "coach", "access": "aggregate"})),
        ] {
            let place = format!("/api/v1/cohorts/{cohort}/members/{}", who.user);
            let put = hub.owner.hub.request(Method::PUT, &place).bearer_auth(&hub.owner.token).json(&part);
            assert_eq!(put.send().await.unwrap().status().as_u16(), 200);
        }
        let weeks = format!("/api/v1/cohorts/{cohort}/report");
        let seen: Value = kim.get(&weeks).await.unwrap();
        assert_eq!((&seen["now"]["practices"], &seen["before"]["practices"]), (&json!(1), &json!(0)));
        assert_eq!(seen["people"][0]["name"], "Ada");
        assert_eq!(seen["now"]["score"], now["report"]["total"], "as it was scored at last");
        let grouped: Value = mia.get(&weeks).await.unwrap();
        assert_eq!((&grouped["group_only"], &grouped["people"], &grouped["now"]), (&json!(true), &json!([]), &json!({})));
        assert!(!grouped.to_string().contains("Ada"));
        assert!(otto.get::<Value>(&weeks).await.is_err() && lou.get::<Value>(&weeks).await.is_err());
        let second: Value = ada.post("/api/v1/training/sessions", &body).await.unwrap();
        let second: RoomId = second["id"].as_str().unwrap().parse().unwrap();
        let mut learner = hub.viewer(&ada, second).await;
        let line = "Since 3 March I cut the queue from 40 to 25 minutes in Hall 2.";
        acked(learner.ask(second, say(line), SOON).await);
        let short = format!("/api/v1/cohorts/{cohort}/rooms/summary");
        let rooms: Value = kim.post(&short, &json!({"model": true})).await.unwrap();
        assert_eq!(rooms["rooms"][0]["picks"][0]["text"], line);
        assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1, "the first has ended");
        assert!(rooms.get("says").is_none(), "nobody makes up a text without a model");
        for who in [&mia, &lou, &ada] {
            assert!(who.post::<Value>(&short, &json!({})).await.is_err());
        }

        // The ledger is still what the journals say.
        let (code, said) = hub.run(&["ledger", "verify"]);
        assert_eq!(code, Some(0), "{said}");
    }
}
