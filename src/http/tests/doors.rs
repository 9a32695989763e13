//! Coming in and going out.

use actix_web::test::TestRequest;
use ludus_actors::ports::{Doorman as _, Proof};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, Reply, SITE};
use crate::limits::{LimitSettings, Rate};
use crate::people::revocations::Revocation;
use crate::tokens::refresh::{GRACE_MS, SIGN_IN_LIFE_MS};

const PASSWORD: &str = "zebra crossing at noon";

/// Makes the first owner the way a person does; answers their session.
async fn own(hub: &Hub) -> Value {
    let link = hub.people.first_owner_link().await.unwrap().unwrap();
    let code = code_of(&link);
    let body = json!({
        "code": code, "name": "Olga", "email": "Olga@Example.org", "password": PASSWORD,
        "org_name": "The School", "client": "api",
    });
    hub.post("/api/v1/auth/claim", "", body).await.ok(200)
}

fn code_of(link: &str) -> String {
    link.split_once("/#/claim/").unwrap().1.to_owned()
}

async fn login(hub: &Hub, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password, "client": "api"});
    hub.post("/api/v1/auth/login", "", body).await
}

#[actix_web::test]
async fn the_first_owner_comes_by_a_link_and_only_once() {
    let hub = Hub::start().await;
    let first = hub.people.first_owner_link().await.unwrap().unwrap();
    assert!(first.starts_with("https://hub.test/#/claim/"));
    // Every start prints a new one and voids the last.
    let second = hub.people.first_owner_link().await.unwrap().unwrap();
    let voided = json!({"code": code_of(&first)});
    hub.post("/api/v1/auth/claim/inspect", "", voided)
        .await
        .expect(410, "link_spent");
    let seen = inspect_ok(&hub, &second).await;
    assert_eq!(seen["kind"], "owner");
    assert_eq!(seen["needs"], json!(["name", "email", "password"]));

    let session = own(&hub).await;
    assert_eq!(session["user"]["role"], "owner");
    assert_eq!(session["user"]["email"], "olga@example.org");
    assert!(hub.people.first_owner_link().await.unwrap().is_none());
    let token = session["access_token"].as_str().unwrap();
    let org = hub.get("/api/v1/orgs/current", token).await.ok(200);
    assert_eq!(org["name"], "The School");
}

async fn inspect_ok(hub: &Hub, link: &str) -> Value {
    let body = json!({"code": code_of(link)});
    hub.post("/api/v1/auth/claim/inspect", "", body)
        .await
        .ok(200)
}

#[actix_web::test]
async fn a_link_is_claimed_once_and_in_its_time() {
    let hub = Hub::start().await;
    let link = hub.people.first_owner_link().await.unwrap().unwrap();
    let code = code_of(&link);
    let claim = |password: &str| json!({"code": code, "name": "Olga", "email": "o@x", "password": password});
    // A claim that fails uses nothing up.
    for (password, refusal) in [
        ("short", "password_too_short"),
        ("password123", "password_too_common"),
        (&"long ".repeat(60) as &str, "password_too_long"),
    ] {
        let reply = hub.post("/api/v1/auth/claim", "", claim(password)).await;
        reply.expect(422, refusal);
    }
    let tries = futures_util::future::join_all((0..8).map(|n| {
        let body = json!({
            "code": code, "name": "Olga", "email": format!("o{n}@x"), "password": PASSWORD,
        });
        hub.post("/api/v1/auth/claim", "", body)
    }))
    .await;
    let let_in = tries.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(let_in, 1);
    hub.post("/api/v1/auth/claim", "", claim(PASSWORD))
        .await
        .expect(410, "link_spent");

    let other = Hub::start().await;
    let link = other.people.first_owner_link().await.unwrap().unwrap();
    other.clock.turn(24 * 60 * 60 * 1_000);
    let body = json!({"code": code_of(&link)});
    other
        .post("/api/v1/auth/claim/inspect", "", body)
        .await
        .expect(410, "link_spent");
}

#[actix_web::test]
async fn wrong_is_wrong_whatever_is_wrong() {
    let hub = Hub::start().await;
    own(&hub).await;
    login(&hub, " OLGA@example.org ", PASSWORD).await.ok(200);
    let mut answers = vec![];
    for (email, password) in [
        ("olga@example.org", "not the password"),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ] {
        let mut reply = login(&hub, email, password)
            .await
            .expect(401, "wrong_credentials");
        reply.json["request_id"] = Value::Null;
        answers.push(reply.json);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[actix_web::test]
async fn guessing_is_limited_per_account_and_the_owner_still_gets_in_later() {
    let hub = Hub::with_limits(&LimitSettings {
        address_logins: Rate::new(100_000, 1_000),
        account_logins: Rate::new(10, 10),
        ..LimitSettings::default()
    })
    .await;
    own(&hub).await;
    let mut limited = None;
    for n in 1..=11 {
        let reply = login(&hub, "olga@example.org", "not the password").await;
        if reply.status == 429 {
            limited = Some((n, reply));
            break;
        }
    }
    let (n, reply) = limited.unwrap();
    assert_eq!((n, reply.code()), (11, "rate_limited"));
    assert!(!reply.header("retry-after").is_empty());
    // Another account is not punished for it.
    login(&hub, "other@example.org", "x")
        .await
        .expect(401, "wrong_credentials");
}

#[actix_web::test]
async fn a_browser_keeps_its_token_where_no_script_reads_it() {
    let hub = Hub::start().await;
    own(&hub).await;
    let body = json!({"email": "olga@example.org", "password": PASSWORD});
    let reply = hub.post("/api/v1/auth/login", "", body).await;
    let text = reply.header("set-cookie").to_owned();
    for part in [
        "__Host-ludus=",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("Domain"));
    assert!(reply.json.get("refresh_token").is_none());
    let (name, value) = reply.cookie().unwrap();
    let refresh = |origin: Option<&str>| {
        let mut request = TestRequest::post()
            .uri("/api/v1/auth/refresh")
            .insert_header(("cookie", format!("{name}={value}")))
            .set_json(json!({}));
        if let Some(origin) = origin {
            request = request.insert_header(("origin", origin));
        }
        hub.send(request)
    };
    refresh(None).await.expect(403, "forbidden");
    refresh(Some("https://evil.test"))
        .await
        .expect(403, "forbidden");
    let next = refresh(Some(SITE)).await;
    assert_ne!(next.cookie().unwrap().1, value);
    next.ok(200);
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap().to_owned()
}

async fn refresh(hub: &Hub, token: &str) -> Reply {
    let body = json!({"refresh_token": token});
    hub.post("/api/v1/auth/refresh", "", body).await
}

#[actix_web::test]
async fn a_stolen_refresh_token_ends_the_sign_in() {
    let hub = Hub::start().await;
    let session = own(&hub).await;
    let mut news = hub.people.revocations().subscribe();
    let first = text(&session, "refresh_token");
    // Two tabs at once: both live, with the same successor.
    let pair = futures_util::future::join_all([refresh(&hub, &first), refresh(&hub, &first)]).await;
    let next: Vec<String> = pair
        .into_iter()
        .map(|reply| text(&reply.ok(200), "refresh_token"))
        .collect();
    assert_eq!(next[0], next[1]);
    assert!(news.try_recv().is_err(), "rotation closes nothing");

    hub.clock.turn(GRACE_MS + 1);
    refresh(&hub, &first).await.expect(401, "session_ended");
    refresh(&hub, &next[0]).await.expect(401, "session_ended");
    assert!(matches!(news.try_recv(), Ok(Revocation::SignIn(_))));
    let access = text(&session, "access_token");
    hub.get("/api/v1/me", &access)
        .await
        .expect(401, "session_ended");
}

#[actix_web::test]
async fn a_sign_in_ends_in_the_end() {
    let hub = Hub::start().await;
    let mut token = text(&own(&hub).await, "refresh_token");
    hub.clock.turn(SIGN_IN_LIFE_MS - 60_000);
    let session = refresh(&hub, &token).await.ok(200);
    token = text(&session, "refresh_token");
    assert!(session["expires_at"].as_i64().unwrap() <= session["until"].as_i64().unwrap());
    hub.clock.turn(60_000);
    refresh(&hub, &token).await.expect(401, "session_ended");
    refresh(&hub, "nonsense").await.expect(401, "session_ended");
}

#[actix_web::test]
async fn going_out_ends_tokens_tickets_and_connections() {
    let hub = Hub::start().await;
    let one = own(&hub).await;
    let two = login(&hub, "olga@example.org", PASSWORD).await.ok(200);
    let (first, second) = (text(&one, "access_token"), text(&two, "access_token"));
    let ticket = hub
        .post("/api/v1/ws-ticket", &first, Value::Null)
        .await
        .ok(200);
    let ticket = text(&ticket, "ticket");
    let mut news = hub.people.revocations().subscribe();
    hub.post("/api/v1/auth/logout", &first, json!({}))
        .await
        .ok(204);
    assert!(matches!(news.try_recv(), Ok(Revocation::SignIn(_))));
    hub.get("/api/v1/me", &first)
        .await
        .expect(401, "session_ended");
    assert!(hub.people.admit(Proof::Ticket(&ticket)).is_err());
    hub.get("/api/v1/me", &second).await.ok(200);

    hub.post("/api/v1/auth/logout-everywhere", &second, Value::Null)
        .await
        .ok(204);
    assert!(matches!(news.try_recv(), Ok(Revocation::User(_))));
    hub.get("/api/v1/me", &second)
        .await
        .expect(401, "session_ended");
    refresh(&hub, &text(&two, "refresh_token"))
        .await
        .expect(401, "session_ended");
}

#[actix_web::test]
async fn a_ticket_opens_one_connection_and_a_resume_token_the_next() {
    let hub = Hub::start().await;
    let access = text(&own(&hub).await, "access_token");
    let fresh = hub
        .post("/api/v1/ws-ticket", &access, Value::Null)
        .await
        .ok(200);
    let ticket = text(&fresh, "ticket");
    let admitted = hub.people.admit(Proof::Ticket(&ticket)).unwrap();
    assert_eq!(
        hub.people.admit(Proof::Ticket(&ticket)).unwrap_err(),
        Refusal::SignInNeeded
    );
    let session = ludus_domain::ids::SessionId(uuid::Uuid::from_u128(1));
    let resume = hub.people.resume_token(&admitted, session);
    hub.clock.turn(9 * 60_000);
    assert_eq!(
        hub.people.admit(Proof::Resume(&resume)).unwrap().user,
        admitted.user
    );
    assert!(hub.people.admit(Proof::Ticket(&resume)).is_err());
    assert!(hub.people.admit(Proof::Resume(&ticket)).is_err());
    assert!(hub.people.admit(Proof::Resume(&access)).is_err());
    hub.clock.turn(2 * 60_000);
    assert!(hub.people.admit(Proof::Resume(&resume)).is_err());
}

#[actix_web::test]
async fn changing_a_password_ends_the_other_sign_ins() {
    let hub = Hub::start().await;
    let here = text(&own(&hub).await, "access_token");
    let there = login(&hub, "olga@example.org", PASSWORD).await.ok(200);
    let there = text(&there, "access_token");
    let change = |current: &str, new: &str| {
        hub.put(
            "/api/v1/me/password",
            &here,
            json!({"current": current, "new": new}),
        )
    };
    change("wrong one", "another good one")
        .await
        .expect(401, "wrong_credentials");
    change(PASSWORD, "Password1!")
        .await
        .expect(422, "password_too_common");
    change(PASSWORD, "another good one").await.ok(204);
    hub.get("/api/v1/me", &here).await.ok(200);
    hub.get("/api/v1/me", &there)
        .await
        .expect(401, "session_ended");
    login(&hub, "olga@example.org", PASSWORD)
        .await
        .expect(401, "wrong_credentials");
    login(&hub, "olga@example.org", "another good one")
        .await
        .ok(200);
}

#[actix_web::test]
async fn a_guest_comes_by_a_code_and_sees_nothing_else() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let room = hub.room(&coach, "code").await;
    let open = hub.room(&coach, "open").await;
    let code = text(&room, "code");
    assert_eq!(code.len(), 8);
    let body =
        json!({"code": format!(" {} ", code.to_lowercase()), "name": "Gus", "client": "api"});
    let session = hub.post("/api/v1/auth/guest", "", body).await.ok(200);
    assert_eq!(session["room"], room["id"]);
    assert_eq!(
        (&session["user"]["guest"], &session["user"]["role"]),
        (&json!(true), &json!("learner"))
    );
    let token = text(&session, "access_token");
    assert_eq!(
        hub.get("/api/v1/rooms", &token).await.ok(200)["items"],
        json!([])
    );
    hub.get("/api/v1/users", &token)
        .await
        .expect(403, "forbidden");
    let (learner, _) = hub.token(Role::Learner, "learner").await;
    for path in ["", "/history", "/members", "/search?q=x"] {
        let path = format!("/api/v1/rooms/{}{path}", text(&open, "id"));
        hub.get(&path, &learner).await.ok(200);
        hub.get(&path, &token).await.expect(404, "not_found");
    }
    let practice = json!({"title": "My own", "kind": "practice"});
    hub.post("/api/v1/rooms", &token, practice)
        .await
        .expect(403, "forbidden");
    for (code, name, status, refusal) in [
        ("NOSUCHXX", "Gus", 403, "wrong_code"),
        ("", "Gus", 403, "wrong_code"),
        (&code as &str, "", 422, "name_invalid"),
        (&code, "\u{200b}", 422, "name_invalid"),
    ] {
        let body = json!({"code": code, "name": name});
        hub.post("/api/v1/auth/guest", "", body)
            .await
            .expect(status, refusal);
    }
}
