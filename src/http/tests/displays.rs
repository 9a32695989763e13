//! Screens over REST: what a grant shows, and that it ends.

use actix_web::test::TestRequest;
use ludus_actors::ports::{Doorman as _, Proof};
use ludus_domain::ids::SessionId;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, bearing};

const DAY_MS: i64 = 86_400_000;

fn code(made: &Value) -> String {
    let url = made["url"].as_str().unwrap();
    url.split_once("#/display/").unwrap().1.to_owned()
}

async fn grant(hub: &Hub, coach: &str, board: &str) -> Value {
    let body = json!({"board": board, "title": "Hall"});
    hub.post("/api/v1/displays", coach, body).await.ok(201)
}

#[actix_web::test]
async fn a_screen_shows_one_board_until_it_is_taken_back() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (ada, ada_id) = hub.token(Role::Learner, "ada").await;
    hub.post("/api/v1/kudos", &coach, json!({"to": ada_id}))
        .await;
    let made = grant(&hub, &coach, "masks").await;
    let code = code(&made);
    // The link is told once; who asks again with the same key hears it again.
    let listed = hub.get("/api/v1/displays", &coach).await.ok(200);
    assert_eq!(listed[0]["title"], "Hall");
    assert!(!listed.to_string().contains(&code));
    let read = json!({"code": code});
    let board = hub
        .post("/api/v1/displays/board", "", read.clone())
        .await
        .ok(200);
    assert_eq!(
        (&board["count"], &board["rows"][0]["score"]),
        (&json!(1), &json!(5))
    );
    // The rules of the board hold: nobody is named.
    let text = board.to_string();
    assert!(
        !text.contains("ada") && !text.contains(&ada_id.to_string()),
        "{text}"
    );
    let ticket = hub
        .post("/api/v1/displays/ticket", "", read.clone())
        .await
        .ok(200);
    assert_eq!(ticket["board"], "masks");
    let ticket = ticket["ticket"].as_str().unwrap();
    // It is no token: no path takes it, nor the code itself.
    for token in [ticket, &code] {
        for path in [
            "/api/v1/me",
            "/api/v1/boards/masks",
            "/api/v1/users",
            "/api/v1/rooms",
        ] {
            assert_eq!(hub.get(path, token).await.status, 401, "{path}");
        }
    }
    let admitted = hub.people.admit(Proof::Ticket(ticket)).unwrap();
    assert_eq!(admitted.display, Some("masks".parse().unwrap()));
    let session = SessionId(uuid::Uuid::now_v7());
    let resume = hub.people.resume_token(&admitted, session);
    let resumed = hub.people.admit(Proof::Resume(&resume)).unwrap();
    assert_eq!(resumed.display, admitted.display);
    let path = format!("/api/v1/displays/{}", made["id"].as_str().unwrap());
    let revoke = TestRequest::delete().uri(&path);
    assert_eq!(hub.send(bearing(revoke, &coach)).await.status, 204);
    assert!(hub.people.admit(Proof::Resume(&resume)).is_err());
    for path in ["/api/v1/displays/board", "/api/v1/displays/ticket"] {
        hub.post(path, "", read.clone())
            .await
            .expect(410, "link_spent");
    }
    let listed = hub.get("/api/v1/displays", &coach).await.ok(200);
    assert_eq!(listed, json!([]));
    hub.get("/api/v1/displays", &ada)
        .await
        .expect(403, "forbidden");
}

#[actix_web::test]
async fn a_grant_ends_by_itself_and_is_of_what_one_sees() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (other, _) = hub.token(Role::Coach, "other").await;
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201);
    let board = format!("cohort-xp@{}", cohort["id"].as_str().unwrap());
    let body = json!({"board": board});
    hub.post("/api/v1/displays", &other, body)
        .await
        .expect(404, "not_found");
    for days in [0, 367] {
        let body = json!({"board": "all-xp", "days": days});
        hub.post("/api/v1/displays", &coach, body)
            .await
            .expect(422, "field_invalid");
    }
    let read = json!({"code": code(&grant(&hub, &coach, &board).await)});
    hub.clock.turn(29 * DAY_MS);
    let shown = hub
        .post("/api/v1/displays/board", "", read.clone())
        .await
        .ok(200);
    assert_eq!(shown["about"]["scope"], "cohort");
    hub.clock.turn(DAY_MS);
    hub.post("/api/v1/displays/board", "", read)
        .await
        .expect(410, "link_spent");
}
