//! Notes about a learner are between the coaches who see them learner by learner.

use reqwest::Method;
use serde_json::{Value, json};

use crate::kit::*;

const SAYS: &str = "Xylophone: asks well, listens late.";

async fn status(account: &Account, method: Method, path: &str, body: Option<Value>) -> u16 {
    let mut request = account
        .hub
        .request(method, path)
        .bearer_auth(&account.token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap().status().as_u16()
}

async fn cohort(hub: &Hub, title: &str, people: &[(&Account, Value)]) {
    let made: Value = hub
        .owner
        .post("/api/v1/cohorts", &json!({"title": title}))
        .await
        .unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    for (account, part) in people {
        let path = format!("/api/v1/cohorts/{id}/members/{}", account.user);
        assert_eq!(
            status(&hub.owner, Method::PUT, &path, Some(part.clone())).await,
            200
        );
    }
}

on_both! {
    async fn notes_are_for_coaches_who_see_the_learner(backend: Backend) {
        let hub = Hub::start(backend).await;
        let ada = hub.person("Ada", Role::Learner).await;
        let [kim, lou, mia, otto] = [
            hub.person("Kim Coach", Role::Coach).await,
            hub.person("Lou Coach", Role::Coach).await,
            hub.person("Mia Counter", Role::Coach).await,
            hub.person("Otto Elsewhere", Role::Coach).await,
        ];
        let learner = json!({"part": "learner"});
        let coach = json!({"part": "coach"});
        let counts = json!({"part": "coach", "access": "aggregate"});
        cohort(&hub, "North", &[(&ada, learner), (&kim, coach.clone()), (&lou, coach.clone()), (&mia, counts)]).await;
        cohort(&hub, "South", &[(&otto, coach)]).await;

        let path = format!("/api/v1/users/{}/notes", ada.user);
        let note: Value = kim.post(&path, &json!({"text": SAYS})).await.unwrap();
        assert_eq!(note["by"], json!(kim.user));
        for who in [&kim, &lou, &hub.owner] {
            let page: Value = who.get(&path).await.unwrap();
            assert_eq!(page["items"][0]["text"], SAYS);
            assert_eq!(page["items"][0]["by_name"], "Kim Coach");
        }
        // Whoever counts the group, coaches others, or is the learner: there is no such thing.
        for (who, expected) in [(&mia, 404), (&otto, 404), (&ada, 403)] {
            assert_eq!(status(who, Method::GET, &path, None).await, expected);
            let text = Some(json!({"text": "Me too."}));
            assert_eq!(status(who, Method::POST, &path, text).await, expected);
        }
        // Nobody keeps notes of coaches.
        let of_coach = format!("/api/v1/users/{}/notes", lou.user);
        assert_eq!(status(&kim, Method::GET, &of_coach, None).await, 404);

        let own = format!("{path}/{}", note["id"].as_str().unwrap());
        assert_eq!(status(&lou, Method::DELETE, &own, None).await, 404, "only one's own");
        assert_eq!(status(&hub.owner, Method::DELETE, &own, None).await, 204);
        assert_eq!(status(&kim, Method::DELETE, &own, None).await, 404, "it is gone");
        let left: Value = lou.get(&path).await.unwrap();
        assert_eq!(left["items"][0]["removed_by"], json!(hub.owner.user));
        assert!(left["items"][0].get("text").is_none() && !left.to_string().contains("Xylophone"));
        assert!(!hub.said().contains("Xylophone"), "a note in the log");
    }
}
