//! Seasons and weeks that are over, over REST: how everybody stood, and who may know.

use ludus_domain::game::calendar::Zone;
use ludus_domain::game::plan::{LeaguePlan, SeasonLength, SeasonPlan};
use ludus_domain::game::total::Metric;
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde_json::{Value, json};

use super::kit::Hub;

const DAY_MS: i64 = 86_400_000;

fn now() -> Timestamp {
    use ludus_actors::ports::Clock as _;
    crate::clock::WallClock.now()
}

async fn thank(hub: &Hub, user: &str, times: usize) {
    for number in 0..times {
        let (fan, _) = hub.token(Role::Coach, &format!("fan{number}{user}")).await;
        let thanked = hub.post("/api/v1/kudos", &fan, json!({"to": user})).await;
        assert_eq!(thanked.status, 204);
    }
}

/// Two learners, the first of which gains more.
async fn people(hub: &Hub) -> [(String, String); 2] {
    let mut people = vec![];
    for name in ["ada", "bob"] {
        let (token, user) = hub.token(Role::Learner, name).await;
        people.push((token, user.to_string()));
    }
    people.try_into().unwrap()
}

async fn csv(hub: &Hub, path: &str, token: &str) -> String {
    let reply = hub.get(path, token).await;
    assert_eq!(reply.status, 200, "{path}");
    String::from_utf8(reply.bytes.to_vec()).unwrap()
}

#[actix_web::test]
async fn a_season_that_is_over_is_read_by_place() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let store = &hub.services.store;
    let metric: Metric = "points:xp".parse().unwrap();
    let plan = SeasonPlan {
        first_day: Zone::utc().day(now()),
        length: SeasonLength::Weeks(1),
    };
    let turn = |at| store.turn_season(hub.org, Some(plan.clone()), vec![metric.clone()], at);
    turn(now()).await.unwrap().unwrap();
    let [ada, bob] = people(&hub).await;
    thank(&hub, &ada.1, 2).await;
    thank(&hub, &bob.1, 1).await;
    let path = "/api/v1/seasons/1/standings?metric=points:xp";
    assert_eq!(hub.get(path, &ada.0).await.ok(200)["items"], json!([]));
    turn(now().plus_ms(8 * DAY_MS)).await.unwrap().unwrap();
    let seasons = hub.get("/api/v1/seasons", &ada.0).await.ok(200);
    assert_eq!(seasons.as_array().unwrap().len(), 2);
    assert_eq!(
        (&seasons[1]["over"], &seasons[1]["metrics"]),
        (&json!(true), &json!(["points:xp"]))
    );
    assert_eq!(seasons[0]["over"], false);
    // No board tells of seasons here: each finds oneself, and nobody else by name.
    let lines = hub.get(path, &bob.0).await.ok(200);
    assert_eq!(
        lines["items"],
        json!([
            {"place": 1, "score": 10},
            {"place": 2, "score": 5, "user": bob.1, "mine": true},
        ])
    );
    let first = hub.get(&format!("{path}&limit=1"), &bob.0).await.ok(200);
    let next = first["next"].as_str().unwrap();
    let second = hub
        .get(&format!("{path}&cursor={next}"), &bob.0)
        .await
        .ok(200);
    assert_eq!(second["items"], json!([lines["items"][1]]));
    let path = "/api/v1/seasons/1/standings.csv?metric=points:xp";
    assert_eq!(
        csv(&hub, path, &coach).await,
        "place,name,score,user\r\n1,,10,\r\n2,,5,\r\n"
    );
    hub.get(path, &ada.0).await.expect(403, "forbidden");
}

#[actix_web::test]
async fn a_week_of_a_league_says_who_went_where() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let store = &hub.services.store;
    let league: LeaguePlan = serde_json::from_value(json!({
        "id": "weekly", "title": "Weekly", "metric": "points:xp",
        "tiers": ["Bronze", "Silver"], "size": 4, "promote": 1, "demote": 1,
    }))
    .unwrap();
    let turn = |at| store.turn_leagues(hub.org, vec![league.clone()], at);
    turn(now()).await.unwrap().unwrap();
    let [ada, bob] = people(&hub).await;
    let (eve, _) = hub.token(Role::Learner, "eve").await;
    thank(&hub, &ada.1, 2).await;
    thank(&hub, &bob.1, 1).await;
    assert_eq!(store.place_newcomers(hub.org).await.unwrap(), 2);
    let choice = json!({"hidden": true});
    hub.put("/api/v1/me/boards", &bob.0, choice).await.ok(200);
    turn(now().plus_ms(8 * DAY_MS)).await.unwrap().unwrap();
    let weeks = hub
        .get("/api/v1/leagues/weekly/weeks", &ada.0)
        .await
        .ok(200);
    let last = &weeks["items"][1];
    assert_eq!(last["over"], true);
    assert_eq!(
        last["mine"],
        json!({"tier": 0, "place": 1, "score": 10, "to_tier": 1, "became": "promoted"})
    );
    assert_eq!(weeks["items"][0]["mine"], json!({"tier": 1}));
    let path = format!(
        "/api/v1/leagues/weekly/weeks/{}",
        last["monday"].as_str().unwrap()
    );
    let of = |lines: &Value| -> Vec<(Value, Value, Value)> {
        let lines = lines["items"].as_array().unwrap().iter();
        lines
            .map(|line| {
                let field = |name: &str| line[name].clone();
                (field("name"), field("became"), field("user"))
            })
            .collect()
    };
    // Who is on no board is named to nobody, coaches included.
    let expected = [
        (json!("ada"), json!("promoted"), json!(ada.1)),
        (Value::Null, json!("stayed"), Value::Null),
    ];
    for token in [&ada.0, &coach] {
        assert_eq!(of(&hub.get(&path, token).await.ok(200)), expected);
    }
    // Who did not play in it reads nothing of it.
    assert_eq!(of(&hub.get(&path, &eve).await.ok(200)), []);
    let table = csv(&hub, &format!("{path}.csv"), &coach).await;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("\"Bronze\",") && lines[1].contains(",1,\"ada\",10,promoted,"));
    assert!(lines[2].ends_with(",2,,5,stayed,"), "{table}");
    hub.get("/api/v1/leagues/nothing/weeks/2026-11-16", &coach)
        .await
        .expect(404, "not_found");
}
