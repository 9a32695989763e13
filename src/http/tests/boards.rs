//! Boards over REST: who sees which, in what order, and by what name.

use std::collections::BTreeSet;

use ludus_actors::standings::Standings as _;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::Hub;

/// A coach with a cohort of two teams, a learner in each, and a learner outside.
struct Class {
    hub: Hub,
    coach: String,
    cohort: String,
    teams: [String; 2],
    ada: (String, String),
    bob: (String, String),
    eve: (String, String),
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn class() -> Class {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let made = hub.post("/api/v1/cohorts", &coach, json!({"title": "C"}));
    let cohort = id(&made.await.ok(201));
    let path = format!("/api/v1/cohorts/{cohort}/teams");
    let red = hub.post(&path, &coach, json!({"title": "Red"})).await;
    let blue = hub.post(&path, &coach, json!({"title": "Blue"})).await;
    let teams = [id(&red.ok(201)), id(&blue.ok(201))];
    let mut people = vec![];
    for name in ["ada", "bob", "eve"] {
        let (token, user) = hub.token(Role::Learner, name).await;
        people.push((token, user.to_string()));
    }
    for ((_, user), team) in people.iter().zip(&teams) {
        let path = format!("/api/v1/cohorts/{cohort}/members/{user}");
        let body = json!({"part": "learner", "team": team});
        hub.put(&path, &coach, body).await.ok(200);
    }
    let [ada, bob, eve] = people.try_into().unwrap();
    Class {
        hub,
        coach,
        cohort,
        teams,
        ada,
        bob,
        eve,
    }
}

impl Class {
    /// Ada has 15 points, Bob 10, and Eve 5.
    async fn play(&self) {
        for (user, thanks) in [(&self.ada, 3), (&self.bob, 2), (&self.eve, 1)] {
            for number in 0..thanks {
                let name = format!("fan{number}{}", user.1);
                let (fan, _) = self.hub.token(Role::Coach, &name).await;
                let thanked = self
                    .hub
                    .post("/api/v1/kudos", &fan, json!({"to": user.1}))
                    .await;
                assert_eq!(thanked.status, 204);
            }
        }
    }

    async fn board(&self, path: &str, token: &str) -> Value {
        let path = format!("/api/v1/boards/{path}");
        self.hub.get(&path, token).await.ok(200)
    }

    async fn keys(&self, token: &str) -> Vec<String> {
        let seen = self.hub.get("/api/v1/boards", token).await.ok(200);
        let boards = seen.as_array().unwrap().iter();
        boards
            .map(|one| one["board"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn names(board: &Value) -> Vec<(u64, &str, i64)> {
    let rows = board["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let name = row["name"].as_str().unwrap();
        (
            row["place"].as_u64().unwrap(),
            name,
            row["score"].as_i64().unwrap(),
        )
    })
    .collect()
}

#[actix_web::test]
async fn pages_are_cut_from_the_whole_order() {
    let class = class().await;
    class.play().await;
    let whole = class.board("all-xp", &class.bob.0).await;
    assert_eq!(
        names(&whole),
        [(1, "ada", 15), (2, "bob", 10), (3, "eve", 5)]
    );
    assert_eq!(
        (&whole["count"], &whole["own"]["at"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(whole["rows"][1]["mine"], true);
    assert_eq!(whole["about"]["title"], "All");
    let page = class.board("all-xp?from=1&limit=1", &class.eve.0).await;
    assert_eq!(names(&page), [(2, "bob", 10)]);
    assert_eq!(page["own"]["at"], 2);
    let beyond = class.board("all-xp?from=4294967295", &class.eve.0).await;
    assert_eq!(names(&beyond), []);
    let near = class.board("all-xp/me?around=1", &class.ada.0).await;
    assert_eq!(names(&near), [(1, "ada", 15), (2, "bob", 10)]);
    let alone = class.board("all-xp/me?around=0", &class.eve.0).await;
    assert_eq!(names(&alone), [(3, "eve", 5)]);
    // Who does not stand on it has nobody around.
    let nobody = class.board("all-xp/me", &class.coach).await;
    assert_eq!(names(&nobody), []);
    // The week that runs, by its name and without; and one in which nothing happened.
    let now = class.board("week-xp", &class.ada.0).await;
    let name = now["about"]["window"].as_str().unwrap();
    let named = class
        .board(&format!("week-xp?window={name}"), &class.ada.0)
        .await;
    assert_eq!(named["rows"], now["rows"]);
    let then = class
        .board("week-xp?window=week:2020-01-06", &class.ada.0)
        .await;
    assert_eq!((names(&then), &then["count"]), (vec![], &json!(0)));
}

#[actix_web::test]
async fn where_one_stood_is_kept_day_by_day() {
    use ludus_actors::ports::Clock as _;
    let class = class().await;
    class.play().await;
    let (hub, boards) = (&class.hub, class.hub.services.boards.stored());
    let begun = crate::clock::WallClock.now();
    let keep = |days: i64| async move {
        let now = begun.plus_ms(days * 86_400_000);
        boards.keep_last_day(hub.org, now).await.unwrap().unwrap()
    };
    let past = |query: &str| {
        let path = format!("/api/v1/boards/all-xp/history{query}");
        let token = &class.bob.0;
        async move { hub.get(&path, token).await.ok(200) }
    };
    assert_eq!(past("").await["items"], json!([]));
    let first = keep(0).await;
    // Told twice it is written once, as it was.
    thank(hub, &class.bob.1, 3).await;
    assert_eq!(keep(0).await, first);
    let second = keep(1).await;
    assert_eq!(second, first.plus(1));
    let then = json!({"day": first, "place": 2, "score": 10, "count": 3});
    let now = json!({"day": second, "place": 1, "score": 25, "count": 3});
    let all = past("").await;
    assert_eq!(all["items"], json!([now, then]));
    let newest = past("?limit=1").await;
    assert_eq!(newest["items"], json!([now]));
    let next = newest["next"].as_str().unwrap();
    assert_eq!(
        past(&format!("?cursor={next}")).await["items"],
        json!([then])
    );
    // What is too old goes.
    keep(400).await;
    assert_eq!(past("").await["items"].as_array().unwrap().len(), 2);
    keep(401).await;
    let left = past("").await;
    assert!(!left.to_string().contains(&first.to_string()), "{left}");
    // Boards of less than the org have no history; nor have boards that there are not.
    for key in [format!("cohort-xp@{}", class.cohort), "nothing".to_owned()] {
        let path = format!("/api/v1/boards/{key}/history");
        hub.get(&path, &class.ada.0).await.expect(404, "not_found");
    }
}

/// Thanks somebody so often, which is worth five points each time.
async fn thank(hub: &Hub, user: &str, times: usize) {
    for number in 0..times {
        let (fan, _) = hub.token(Role::Coach, &format!("more{number}{user}")).await;
        let thanked = hub.post("/api/v1/kudos", &fan, json!({"to": user})).await;
        assert_eq!(thanked.status, 204);
    }
}

#[actix_web::test]
async fn each_sees_the_boards_of_where_they_are() {
    let class = class().await;
    class.play().await;
    let (cohort, [red, blue]) = (&class.cohort, &class.teams);
    let everybodys = ["all-xp", "masks", "week-xp"];
    assert_eq!(class.keys(&class.eve.0).await, everybodys);
    let adas = class.keys(&class.ada.0).await;
    let expected = [
        "all-xp".to_owned(),
        format!("cohort-xp@{cohort}"),
        "masks".to_owned(),
        format!("team-xp@{red}"),
        "week-xp".to_owned(),
    ];
    assert_eq!(adas, expected);
    let coachs = class.keys(&class.coach).await;
    assert!(coachs.contains(&format!("team-xp@{red}")));
    assert!(coachs.contains(&format!("team-xp@{blue}")));
    for key in &adas {
        class.board(key, &class.ada.0).await;
    }
    let of_cohort = format!("cohort-xp@{cohort}");
    let board = class.board(&of_cohort, &class.bob.0).await;
    assert_eq!(names(&board), [(1, "ada", 15), (2, "bob", 10)]);
    // To who is not in it there is no such board, on any path; nor to another org.
    let elsewhere = class.hub.people.console().add_org("Theirs").await.unwrap();
    let theirs = class.hub.user_of(elsewhere.id, Role::Owner, "olga").await;
    let theirs = class.hub.enter(&theirs).await.access.token;
    for token in [&class.eve.0, &theirs] {
        for key in [&of_cohort, &format!("team-xp@{red}")] {
            for rest in ["", "/me", "?window=all"] {
                let path = format!("/api/v1/boards/{key}{rest}");
                class.hub.get(&path, token).await.expect(404, "not_found");
            }
        }
    }
    let path = format!("/api/v1/boards/{of_cohort}.csv");
    class.hub.get(&path, &theirs).await.expect(404, "not_found");
    // Another org has boards of the same names and nobody of ours on them.
    let board = class.board("all-xp", &theirs).await;
    assert_eq!(names(&board), []);
    // A room's board is its own, and of who may look into the room.
    let room = class.hub.room(&class.coach, "open").await;
    let key = format!("room-xp@{}", room["id"].as_str().unwrap());
    assert!(class.keys(&class.eve.0).await.contains(&key));
    assert_eq!(names(&class.board(&key, &class.eve.0).await), []);
}

#[actix_web::test]
async fn the_board_of_a_few_reads_what_those_few_have() {
    let class = class().await;
    class.play().await;
    let boards = &class.hub.services.boards.boards;
    let read = async |key: &str| {
        let open = boards.open(class.hub.org, key.parse().unwrap()).await;
        let open = open.unwrap().unwrap();
        let values = open.values.iter().map(|value| value.user.to_string());
        let stand = open.standees.keys().map(ToString::to_string);
        (
            values.collect::<BTreeSet<_>>(),
            stand.collect::<BTreeSet<_>>(),
        )
    };
    let set = |of: &[&String]| of.iter().copied().cloned().collect::<BTreeSet<_>>();
    let (ada, bob, eve) = (&class.ada.1, &class.bob.1, &class.eve.1);
    let both = set(&[ada, bob]);
    let cohort = format!("cohort-xp@{}", class.cohort);
    assert_eq!(read(&cohort).await, (both.clone(), both));
    let red = format!("team-xp@{}", class.teams[0]);
    assert_eq!(read(&red).await, (set(&[ada]), set(&[ada])));
    // Everybody's is everybody's.
    let (values, _) = read("all-xp").await;
    assert!(values.contains(eve), "{values:?}");
}

#[actix_web::test]
async fn nobody_is_named_who_does_not_want_to_be() {
    let class = class().await;
    class.play().await;
    let board = class.board("masks", &class.bob.0).await;
    let told = board.to_string();
    // In quotes: "ada" is part of many an id.
    for hidden in ["ada", "eve", &class.ada.1, &class.eve.1] {
        assert!(
            !told.contains(&format!("\"{hidden}\"")),
            "{hidden} is told: {told}"
        );
    }
    assert_eq!(board["rows"][1]["user"], class.bob.1);
    let csv = class.hub.get("/api/v1/boards/masks.csv", &class.coach);
    let csv = String::from_utf8(csv.await.bytes.to_vec()).unwrap();
    assert!(!csv.contains(&class.ada.1), "{csv}");
    assert!(!csv.split([',', '\n']).any(|field| field == "ada"), "{csv}");
    // Each change of how somebody stands is told to open boards, and no other.
    class.hub.rung.boards_changed();
    let choice = json!({"hidden": true});
    class
        .hub
        .put("/api/v1/me/boards", &class.ada.0, choice)
        .await
        .ok(200);
    assert_eq!(class.hub.rung.boards_changed(), 1);
    let choice = json!({"hidden": false, "nickname": "=Comet"});
    class
        .hub
        .put("/api/v1/me/boards", &class.bob.0, choice)
        .await
        .ok(200);
    assert_eq!(class.hub.rung.boards_changed(), 1);
    class
        .hub
        .get("/api/v1/me/boards", &class.ada.0)
        .await
        .ok(200);
    assert_eq!(class.hub.rung.boards_changed(), 0);
    let now = class.board("all-xp?window=all", &class.eve.0).await;
    assert_eq!(names(&now), [(1, "=Comet", 10), (2, "eve", 5)]);
    let csv = class.hub.get("/api/v1/boards/all-xp.csv", &class.coach);
    let csv = String::from_utf8(csv.await.bytes.to_vec()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1], format!("1,\"'=Comet\",10,{},", class.bob.1));
    class
        .hub
        .get("/api/v1/boards/all-xp.csv", &class.ada.0)
        .await
        .expect(403, "forbidden");
    // Who is renamed, moved, shut out or given another role stands otherwise.
    let (admin, _) = class.hub.token(Role::Admin, "admin").await;
    let ada = &class.ada.1;
    let member = format!("/api/v1/cohorts/{}/members/{ada}", class.cohort);
    for (path, body) in [
        (member, json!({"part": "learner"})),
        (format!("/api/v1/users/{ada}"), json!({"name": "Ada L"})),
        (
            format!("/api/v1/users/{ada}/roles"),
            json!({"role": "spectator"}),
        ),
        (
            format!("/api/v1/users/{ada}/disabled"),
            json!({"disabled": true}),
        ),
    ] {
        class.hub.put(&path, &admin, body).await.ok(200);
        assert_eq!(class.hub.rung.boards_changed(), 1, "{path}");
    }
}

#[actix_web::test]
async fn what_names_no_board_is_refused() {
    let class = class().await;
    let unknown = uuid::Uuid::now_v7();
    for (path, status, code) in [
        ("nothing".to_owned(), 404, "not_found"),
        (format!("all-xp@{unknown}"), 404, "not_found"),
        ("cohort-xp".to_owned(), 404, "not_found"),
        (format!("cohort-xp@{unknown}"), 404, "not_found"),
        (format!("room-xp@{unknown}"), 404, "not_found"),
        ("UPPER".to_owned(), 404, "not_found"),
        ("cohort-xp@nonsense".to_owned(), 404, "not_found"),
        ("all-xp?limit=0".to_owned(), 422, "field_invalid"),
        ("all-xp?limit=201".to_owned(), 422, "field_invalid"),
        ("all-xp?limit=4294967296".to_owned(), 400, "malformed"),
        ("all-xp?from=-1".to_owned(), 400, "malformed"),
        ("all-xp?around=1".to_owned(), 400, "malformed"),
        ("all-xp/me?around=51".to_owned(), 422, "field_invalid"),
        ("week-xp?window=all".to_owned(), 422, "field_invalid"),
        (
            "week-xp?window=week:2026-11-17".to_owned(),
            422,
            "field_invalid",
        ),
        ("week-xp?window=fortnight".to_owned(), 400, "malformed"),
        (
            "week-xp?window=week:2026-13-01".to_owned(),
            400,
            "malformed",
        ),
    ] {
        let path = format!("/api/v1/boards/{path}");
        class
            .hub
            .get(&path, &class.coach)
            .await
            .expect(status, code);
    }
}
