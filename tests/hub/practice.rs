//! A practice from opening to report, on the offline engine: paid once, whenever the hub dies.

use std::time::Duration;

use ludus_domain::room::TurnEnd;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::kit::*;

/// A persona speaks at a human pace, and two cores are shared by many tests.
const ANSWERED_WITHIN: Duration = Duration::from_mins(1);
const LINES: [&str; 3] = [
    "Hi! I'm Ada. I know the groom's sister. How did you end up at this table?",
    "Last summer I found a snail in my shoe. What do you do with that glue?",
    "How did you learn to mend instruments, and which one was the hardest?",
];

/// Waits until a persona has said a whole line.
async fn heard(client: &mut Client) {
    let spoken = client.expect(ANSWERED_WITHIN, |frame| match frame {
        ServerFrame::Event { event, .. } => match &event.fact {
            ludus_domain::journal::Fact::Room(Event::Spoke { end, .. }) => Some(*end),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(spoken.await, Some(TurnEnd::Done));
}

async fn opened(learner: &Account, scenario: &str) -> RoomId {
    let body = json!({"scenario": scenario, "harder": "auto"});
    let room: Value = learner
        .post("/api/v1/training/sessions", &body)
        .await
        .unwrap();
    room["id"].as_str().unwrap().parse().unwrap()
}

async fn report(learner: &Account, room: RoomId) -> Value {
    let path = format!("/api/v1/training/sessions/{room}/report");
    let give_up = Instant::now() + Duration::from_mins(1);
    loop {
        match learner.get::<Value>(&path).await {
            Ok(report) => return report,
            Err(error) => assert!(Instant::now() < give_up, "no report: {error}"),
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Lines of one's ledger that a practice paid.
async fn paid(learner: &Account) -> usize {
    let ledger: Value = learner.get("/api/v1/me/ledger?limit=200").await.unwrap();
    let lines = ledger["items"].as_array().unwrap();
    let paid = lines.iter().filter(|line| line["rule"] == "hub-practised");
    paid.count()
}

async fn end(learner: &Account, room: RoomId) {
    let path = format!("/api/v1/training/sessions/{room}/end");
    let request = learner.hub.request(reqwest::Method::POST, &path);
    let answer = request.bearer_auth(&learner.token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 204);
}

on_both! {
    /// The hub dies right after the end is acknowledged: nobody had the time to look back on it.
    async fn a_practice_is_paid_once_although_the_hub_dies_at_its_end(backend: Backend) {
        let mut hub = Hub::start_also(backend, GAME).await;
        let learner = hub.person("Lea", Role::Learner).await;
        let coach = hub.person("Cora", Role::Coach).await;
        let other = hub.person("Otto", Role::Learner).await;
        let scenarios: Value = learner.get("/api/v1/scenarios?field=small-talk").await.unwrap();
        let scenario = scenarios["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(scenario, "small-talk-wedding");
        let room = opened(&learner, &scenario).await;
        let mut client = hub.viewer(&learner, room).await;
        heard(&mut client).await;
        for line in LINES {
            acked(client.ask(room, say(line), SOON).await);
            heard(&mut client).await;
        }
        let path = format!("/api/v1/training/sessions/{room}");
        let now: Value = learner.get(&path).await.unwrap();
        assert!(now["live_ms"].as_i64().unwrap() > 0, "{now}");
        assert!(now["goals"].as_array().unwrap().iter().any(|goal| goal["met"] == true), "{now}");

        end(&learner, room).await;
        hub.kill9();
        hub.resume().await;

        let found = report(&learner, room).await;
        let goals = found["report"]["goals"].as_array().unwrap();
        assert!(goals.iter().filter(|goal| goal["met_at"].is_number()).count() >= 2, "{found}");
        assert!(found["report"]["total"].is_number(), "{found}");
        assert_eq!(found["judge"], "local");
        assert!(found["quotes"].as_array().unwrap().iter().any(|quote| quote["text"] == LINES[0]));
        assert_eq!(paid(&learner).await, 1);

        // Looked after again and again, it stays one.
        hub.restart().await;
        sleep(Duration::from_secs(3)).await;
        end(&learner, room).await;
        assert_eq!(paid(&learner).await, 1);
        let sessions: Value = learner.get("/api/v1/training/sessions").await.unwrap();
        assert_eq!(sessions["items"][0]["state"], "ended", "{sessions}");
        assert_eq!(sessions["items"][0]["score"], found["report"]["total"]);
        let skills: Value = learner.get("/api/v1/me/skills").await.unwrap();
        assert!(!skills["skills"].as_array().unwrap().is_empty(), "{skills}");
        assert!(skills["skills"][0]["level"]["uncertainty"].as_u64().unwrap() < 1_000);
        assert!(!skills["next"].as_array().unwrap().is_empty());
        let memories: Value = learner.get("/api/v1/me/memories").await.unwrap();
        assert_eq!(memories["items"].as_array().unwrap().len(), 1, "{memories}");

        // A coach may read it; to another learner there is no such thing.
        let path = format!("/api/v1/training/sessions/{room}/report?of={}", learner.user);
        assert_eq!(coach.get::<Value>(&path).await.unwrap()["report"], found["report"]);
        assert!(other.get::<Value>(&path).await.is_err());
    }
}
