//! People, roles, invitations, cohorts.

use ludus_domain::ids::CohortId;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use serde_json::{Value, json};

use super::kit::Hub;
use crate::people::revocations::Revocation;

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn only_owners_touch_admins_and_an_org_keeps_an_owner() {
    let hub = Hub::start().await;
    let (owner, owner_id) = hub.token(Role::Owner, "owner").await;
    let (admin, admin_id) = hub.token(Role::Admin, "admin").await;
    let (_, second_id) = hub.token(Role::Admin, "second").await;
    let (learner, learner_id) = hub.token(Role::Learner, "learner").await;
    let role = |token: String, user: String, role: &'static str| {
        let hub = &hub;
        async move {
            let path = format!("/api/v1/users/{user}/roles");
            hub.put(&path, &token, json!({"role": role})).await
        }
    };
    role(admin.clone(), second_id.to_string(), "coach")
        .await
        .expect(403, "forbidden");
    role(admin.clone(), owner_id.to_string(), "coach")
        .await
        .expect(403, "forbidden");
    role(admin.clone(), learner_id.to_string(), "admin")
        .await
        .expect(403, "forbidden");
    role(admin.clone(), admin_id.to_string(), "owner")
        .await
        .expect(403, "forbidden");
    role(learner.clone(), learner_id.to_string(), "owner")
        .await
        .expect(403, "forbidden");
    role(owner.clone(), owner_id.to_string(), "admin")
        .await
        .expect(409, "last_owner");
    let disable = json!({"disabled": true});
    let path = format!("/api/v1/users/{owner_id}/disabled");
    hub.put(&path, &owner, disable)
        .await
        .expect(403, "forbidden");

    let mut news = hub.people.revocations().subscribe();
    role(admin.clone(), learner_id.to_string(), "coach")
        .await
        .ok(200);
    assert_eq!(
        news.try_recv(),
        Ok(Revocation::RoleChanged {
            user: learner_id,
            role: Role::Coach
        })
    );
    assert!(hub.rung.has(StreamId::Inbox(learner_id)));
    // The old token speaks with the new role at once.
    hub.get("/api/v1/users", &learner).await.ok(200);
    role(owner.clone(), admin_id.to_string(), "owner")
        .await
        .ok(200);
    role(owner.clone(), owner_id.to_string(), "learner")
        .await
        .ok(200);
    hub.get("/api/v1/users", &owner)
        .await
        .expect(403, "forbidden");
}

#[actix_web::test]
async fn two_owners_cannot_leave_at_the_same_moment() {
    let hub = Hub::start().await;
    let (one, one_id) = hub.token(Role::Owner, "one").await;
    let (two, two_id) = hub.token(Role::Owner, "two").await;
    let (first, second) = futures_util::future::join(
        hub.put(
            &format!("/api/v1/users/{two_id}/roles"),
            &one,
            json!({"role": "learner"}),
        ),
        hub.put(
            &format!("/api/v1/users/{one_id}/roles"),
            &two,
            json!({"role": "learner"}),
        ),
    )
    .await;
    let done = [first.status, second.status];
    assert_eq!(
        done.iter().filter(|status| **status == 200).count(),
        1,
        "{done:?}"
    );
}

#[actix_web::test]
async fn somebody_shut_out_is_out_everywhere() {
    let hub = Hub::start().await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    let (learner, learner_id) = hub.token(Role::Learner, "learner").await;
    let mut news = hub.people.revocations().subscribe();
    let path = format!("/api/v1/users/{learner_id}/disabled");
    let body = hub
        .put(&path, &admin, json!({"disabled": true}))
        .await
        .ok(200);
    assert!(body["disabled_at"].is_i64());
    assert_eq!(news.try_recv(), Ok(Revocation::User(learner_id)));
    hub.get("/api/v1/me", &learner)
        .await
        .expect(401, "session_ended");
    let user = hub.people.console().users(hub.org, None).await.unwrap();
    let user = user.into_iter().find(|user| user.id == learner_id).unwrap();
    assert!(hub.people.console().enter(user).await.is_err());
    hub.put(&path, &admin, json!({"disabled": false}))
        .await
        .ok(200);
}

#[actix_web::test]
async fn an_invitation_makes_an_account_in_its_room_and_cohort() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let room = hub.room(&coach, "invitation").await;
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201);
    let body = json!({
        "role": "learner", "email": "new@example.org", "room": room["id"], "cohort": cohort["id"],
    });
    let made = hub.post("/api/v1/invitations", &coach, body).await.ok(201);
    let code = made["url"]
        .as_str()
        .unwrap()
        .split_once("/#/claim/")
        .unwrap()
        .1
        .to_owned();
    let seen = hub
        .post("/api/v1/auth/claim/inspect", "", json!({"code": code}))
        .await
        .ok(200);
    assert_eq!(seen["needs"], json!(["name", "password"]));
    assert_eq!(seen["room_title"], "A room");
    let claim = json!({
        "code": code, "name": "Nina", "email": "else@example.org", "password": "a good long one",
        "client": "api",
    });
    let session = hub.post("/api/v1/auth/claim", "", claim).await.ok(200);
    assert_eq!(
        session["user"]["email"], "new@example.org",
        "the invitation's, not the typed one"
    );
    assert_eq!(session["room"], room["id"]);
    let token = session["access_token"].as_str().unwrap();
    let rooms = hub.get("/api/v1/rooms", token).await.ok(200);
    assert_eq!(
        rooms["items"][0]["id"], room["id"],
        "an invited room is in the list"
    );
    let cohorts = hub.get("/api/v1/cohorts", token).await.ok(200);
    assert_eq!(cohorts["items"][0]["id"], cohort["id"]);
    hub.put(
        &format!("/api/v1/cohorts/{}", id(&cohort)),
        token,
        json!({"title": "Mine"}),
    )
    .await
    .expect(403, "forbidden");
    assert!(hub.rung.has(format!("room:{}", id(&room)).parse().unwrap()));
    assert!(
        hub.rung
            .has(format!("cohort:{}", id(&cohort)).parse().unwrap())
    );
    // The journal of the room has it, for those who may know.
    let history = hub
        .get(&format!("/api/v1/rooms/{}/history", id(&room)), &coach)
        .await
        .ok(200);
    assert_eq!(history["head"], 3);
    assert_eq!(history["events"][2]["fact"]["kind"], "invited");
}

#[actix_web::test]
async fn nobody_invites_above_themselves_or_the_same_address_twice() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    for (token, role) in [(&coach, "coach"), (&coach, "owner"), (&admin, "admin")] {
        hub.post("/api/v1/invitations", token, json!({"role": role}))
            .await
            .expect(403, "forbidden");
    }
    let taken = format!("coach@{}.test", hub.org);
    let made = hub
        .post(
            "/api/v1/invitations",
            &admin,
            json!({"role": "coach", "email": taken}),
        )
        .await
        .ok(201);
    let code = made["url"]
        .as_str()
        .unwrap()
        .split_once("/#/claim/")
        .unwrap()
        .1
        .to_owned();
    let claim = json!({"code": code, "name": "Twin", "password": "a good long one"});
    hub.post("/api/v1/auth/claim", "", claim)
        .await
        .expect(409, "email_taken");
}

#[actix_web::test]
async fn a_cohort_is_led_by_its_coaches() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (other, other_id) = hub.token(Role::Coach, "other").await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    let (_, learner) = hub.token(Role::Learner, "learner").await;
    let cohort = hub
        .post("/api/v1/cohorts", &coach, json!({"title": "C"}))
        .await
        .ok(201);
    let path = format!("/api/v1/cohorts/{}", id(&cohort));
    hub.get(&path, &other).await.expect(404, "not_found");
    let member = |user: String| format!("{path}/members/{user}");
    let team = hub
        .post(&format!("{path}/teams"), &coach, json!({"title": "Red"}))
        .await
        .ok(201);
    let body = json!({"part": "learner", "team": team["id"]});
    hub.put(&member(learner.to_string()), &coach, body)
        .await
        .ok(200);
    let as_coach = json!({"part": "coach"});
    hub.put(&member(other_id.to_string()), &coach, as_coach.clone())
        .await
        .expect(403, "forbidden");
    hub.put(&member(learner.to_string()), &admin, as_coach.clone())
        .await
        .expect(422, "field_invalid");
    hub.put(&member(other_id.to_string()), &admin, as_coach)
        .await
        .ok(200);
    hub.get(&path, &other).await.ok(200);
    let nobody = uuid::Uuid::from_u128(9).to_string();
    hub.put(&member(nobody), &coach, json!({"part": "learner"}))
        .await
        .expect(404, "not_found");
    let members = hub.get(&format!("{path}/members"), &coach).await.ok(200);
    let parts: Vec<&Value> = members["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["part"])
        .collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts.iter().filter(|part| **part == "coach").count(), 2);
    let stream = StreamId::Cohort(id(&cohort).parse::<CohortId>().unwrap());
    assert!(hub.rung.has(stream) && hub.rung.has(StreamId::Inbox(learner)));
}

#[actix_web::test]
async fn people_come_in_pages_and_without_addresses_for_coaches() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "coach").await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    for n in 0..7 {
        hub.user(Role::Learner, &format!("learner%{n}")).await;
    }
    let mut names = vec![];
    let mut path = "/api/v1/users?limit=4".to_owned();
    let mut cursors = vec![];
    loop {
        let page = hub.get(&path, &coach).await.ok(200);
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["name"].clone()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        cursors.push(next.to_owned());
        path = format!("/api/v1/users?limit=4&cursor={next}");
    }
    assert_eq!((names.len(), cursors.len()), (9, 2));
    let page = hub.get("/api/v1/users?q=EARNER%25", &coach).await.ok(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 7);
    assert!(page["items"][0].get("email").is_none());
    let page = hub.get("/api/v1/users?q=earner", &admin).await.ok(200);
    assert!(page["items"][0]["email"].is_string());

    // A cursor is for one list of one org, as it was made.
    let cursor = &cursors[0];
    let (body, signature) = cursor.split_once('.').unwrap();
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let stranger = hub.user_of(elsewhere, Role::Owner, "stranger").await;
    let stranger = hub.enter(&stranger).await.access.token;
    for (path, token) in [
        (format!("/api/v1/cohorts?cursor={cursor}"), &coach),
        (format!("/api/v1/users?cursor={cursor}"), &stranger),
        (
            format!(
                "/api/v1/users?cursor={}A.{signature}",
                &body[..body.len() - 1]
            ),
            &coach,
        ),
    ] {
        hub.get(&path, token).await.expect(400, "malformed");
    }
}
