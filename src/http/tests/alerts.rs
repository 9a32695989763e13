//! Alerts: raised once for each cool-down, acted on by the coaches of the cohort, every act kept.

use ludus_domain::desk::alert::{Raise, Severity};
use ludus_domain::ids::{CohortId, UserId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde_json::{Value, json};

use super::kit::Hub;

const MINUTE: i64 = 60_000;
const NOON: Timestamp = Timestamp(1_795_000_000_000);

fn raise(learner: UserId) -> Raise {
    Raise {
        learner,
        room: None,
        signal: "silent".parse().unwrap(),
        severity: Severity::Notice,
        cool_down_ms: 10 * MINUTE,
    }
}

/// A cohort with its coach's token, and a learner in it.
async fn cohort(hub: &Hub, coach: &str) -> (CohortId, String, UserId) {
    let user = hub.user(Role::Coach, coach).await;
    let token = hub.enter(&user).await.access.token;
    let title = json!({"title": "C"});
    let made = hub.post("/api/v1/cohorts", &token, title).await.ok(201);
    let id = made["id"].as_str().unwrap();
    let learner = hub
        .user(Role::Learner, &format!("learner-of-{coach}"))
        .await
        .id;
    let path = format!("/api/v1/cohorts/{id}/members/{learner}");
    hub.put(&path, &token, json!({"part": "learner"}))
        .await
        .ok(200);
    (id.parse().unwrap(), token, learner)
}

async fn alerts(hub: &Hub, cohort: CohortId, token: &str) -> Vec<Value> {
    let path = format!("/api/v1/cohorts/{cohort}/alerts");
    let page = hub.get(&path, token).await.ok(200);
    page["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn within_a_cool_down_whoever_raises_there_is_one() {
    let hub = Hub::start().await;
    let (id, token, learner) = cohort(&hub, "cora").await;
    let at = |ms| Timestamp(NOON.0 + ms);
    // Eight desks notice at one moment.
    let raises = (0..8).map(|_| {
        let store = hub.services.store.clone();
        let org = hub.org;
        async move { store.raise(org, id, vec![raise(learner)], at(0)).await }
    });
    for raised in futures_util::future::join_all(raises).await {
        raised.unwrap();
    }
    assert_eq!(alerts(&hub, id, &token).await.len(), 1);
    // A moment before it has cooled down, and the moment it has; the buckets lie anywhere.
    for (ms, count) in [
        (1, 1),
        (10 * MINUTE - 1, 1),
        (10 * MINUTE, 2),
        (15 * MINUTE, 2),
        (20 * MINUTE, 3),
    ] {
        let raised = hub
            .services
            .store
            .raise(hub.org, id, vec![raise(learner)], at(ms))
            .await;
        raised.unwrap();
        assert_eq!(alerts(&hub, id, &token).await.len(), count, "after {ms} ms");
    }
}

#[actix_web::test]
async fn a_coach_sees_to_an_alert_and_every_act_is_kept() {
    let hub = Hub::start().await;
    let (id, cora, learner) = cohort(&hub, "cora").await;
    let (elsewhere, bert, _) = cohort(&hub, "bert").await;
    hub.services
        .store
        .raise(hub.org, id, vec![raise(learner)], NOON)
        .await
        .unwrap();
    let alert = alerts(&hub, id, &cora).await[0].clone();
    assert_eq!(
        (&alert["state"], &alert["learner"]),
        (&json!("open"), &json!(learner))
    );
    assert!(alert["title"].is_string() && alert["says"].is_string());
    let path = format!(
        "/api/v1/cohorts/{id}/alerts/{}",
        alert["id"].as_str().unwrap()
    );
    let acts = format!("{path}/acts");
    // To the coach of another cohort there is nothing, not by its own cohort's name either.
    assert_eq!(hub.get(&path, &bert).await.status.as_u16(), 404);
    assert_eq!(
        hub.post(&acts, &bert, json!({"act": "dismiss"}))
            .await
            .status
            .as_u16(),
        404
    );
    let by_another = path.replace(&id.to_string(), &elsewhere.to_string());
    assert_eq!(hub.get(&by_another, &bert).await.status.as_u16(), 404);

    let seen_to = hub
        .post(&acts, &cora, json!({"act": "acknowledge"}))
        .await
        .ok(200);
    assert_eq!(seen_to["state"], "acknowledged");
    // A learner is nobody to hand it to; a coach of another cohort neither.
    let assign = |to: UserId| json!({"act": "assign", "to": to});
    assert_eq!(
        hub.post(&acts, &cora, assign(learner)).await.code(),
        "no_such_member"
    );
    let admin = hub.user(Role::Admin, "ada").await.id;
    hub.post(&acts, &cora, assign(admin)).await.ok(200);
    let snoozed = hub
        .post(&acts, &cora, json!({"act": "snooze", "minutes": 5}))
        .await
        .ok(200);
    assert!(snoozed["until"].is_i64());
    hub.post(&acts, &cora, json!({"act": "dismiss"}))
        .await
        .ok(200);
    hub.post(&acts, &cora, json!({"act": "dismiss"}))
        .await
        .ok(200);
    let late = hub.post(&acts, &cora, json!({"act": "acknowledge"})).await;
    assert_eq!((late.status.as_u16(), late.code()), (409, "alert_settled"));
    let kept = hub.get(&path, &cora).await.ok(200);
    let kinds: Vec<&str> = (kept["acts"].as_array().unwrap().iter())
        .map(|act| act["act"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["acknowledge", "assign", "snooze", "dismiss"]);
    assert!(
        kept["acts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|act| act["by"].is_string() && act["at"].is_i64())
    );
    let open = hub
        .get(&format!("/api/v1/cohorts/{id}/alerts?open=true"), &cora)
        .await
        .ok(200);
    assert_eq!(open["items"], json!([]));
}

#[actix_web::test]
async fn a_list_is_read_page_by_page() {
    let hub = Hub::start().await;
    let (id, token, learner) = cohort(&hub, "cora").await;
    for n in 0..5 {
        let at = Timestamp(NOON.0 + n * 20 * MINUTE);
        hub.services
            .store
            .raise(hub.org, id, vec![raise(learner)], at)
            .await
            .unwrap();
    }
    let mut path = format!("/api/v1/cohorts/{id}/alerts?limit=2");
    let mut times = vec![];
    loop {
        let page = hub.get(&path, &token).await.ok(200);
        let items = page["items"].as_array().unwrap();
        times.extend(
            items
                .iter()
                .map(|alert| alert["raised_at"].as_i64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/cohorts/{id}/alerts?limit=2&cursor={next}");
    }
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted_by(|one, other| one > other));
}
