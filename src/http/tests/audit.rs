//! The log of who did what to whom.

use std::time::Duration;

use actix_web::test::TestRequest;
use futures_util::future::join;
use ludus_domain::role::Role;
use sea_orm::{ConnectionTrait as _, DbBackend};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::kit::{Hub, bearing};

async fn entries(hub: &Hub, token: &str, query: &str) -> Vec<Value> {
    let page = hub
        .get(&format!("/api/v1/audit{query}"), token)
        .await
        .ok(200);
    page["items"].as_array().unwrap().clone()
}

fn acts(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["act"].as_str().unwrap())
        .collect()
}

async fn delete(hub: &Hub, token: &str, path: &str) {
    let request = TestRequest::delete().uri(path);
    hub.send(bearing(request, token)).await.ok(204);
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn each_act_leaves_exactly_one_entry() {
    let hub = Hub::start().await;
    let (owner, owner_id) = hub.token(Role::Owner, "owner").await;
    let (_, learner) = hub.token(Role::Learner, "learner").await;
    let before = entries(&hub, &owner, "").await.len();
    let user = format!("/api/v1/users/{learner}");
    let org = "/api/v1/orgs/current";
    let done = [
        ("put", format!("{user}/roles"), json!({"role": "coach"})),
        ("put", format!("{user}/disabled"), json!({"disabled": true})),
        (
            "put",
            format!("{user}/disabled"),
            json!({"disabled": false}),
        ),
        ("put", user.clone(), json!({"name": "Somebody Else"})),
        ("post", format!("{user}/reset-link"), json!({})),
        (
            "post",
            "/api/v1/invitations".to_owned(),
            json!({"role": "spectator"}),
        ),
        ("put", org.to_owned(), json!({"name": "Elsewhere"})),
        (
            "put",
            format!("{org}/policies"),
            json!({"drafts_to_coaches": true}),
        ),
        (
            "put",
            format!("{org}/policies"),
            json!({"drafts_to_coaches": false}),
        ),
        (
            "post",
            format!("{user}/adjust"),
            json!({"points": "xp", "by": 5, "says": "Well done"}),
        ),
    ];
    let mut made = vec![];
    for (method, path, body) in done {
        let reply = match method {
            "put" => hub.put(&path, &owner, body).await,
            _ => hub.post(&path, &owner, body).await,
        };
        assert!(reply.status.is_success(), "{method} {path}");
        made.push(reply.json);
    }
    let invitation = made
        .iter()
        .find(|body| body["role"] == "spectator" && body["url"].is_string())
        .map(id)
        .unwrap();
    delete(&hub, &owner, &format!("/api/v1/invitations/{invitation}")).await;
    let key = json!({"name": "K", "scopes": ["personas"]});
    let key = hub.post("/api/v1/api-keys", &owner, key).await.ok(201);
    delete(&hub, &owner, &format!("/api/v1/api-keys/{}", id(&key))).await;
    let screen = json!({"board": "all-xp"});
    let screen = hub.post("/api/v1/displays", &owner, screen).await.ok(201);
    delete(&hub, &owner, &format!("/api/v1/displays/{}", id(&screen))).await;
    let rule = json!({"body": "[[rule]]\nid = \"extra\"\nversion = 1\ntitle = \"Extra\"\non = \"kudos_given\"\npoints = 1\n"});
    hub.put("/api/v1/content/rules/extra", &owner, rule)
        .await
        .ok(200);
    delete(&hub, &owner, "/api/v1/content/rules/extra").await;

    let all = entries(&hub, &owner, "").await;
    let new = &all[..all.len() - before];
    assert_eq!(
        acts(new),
        [
            "content_dropped",
            "content_put",
            "screen_revoked",
            "screen_made",
            "key_revoked",
            "key_made",
            "invitation_withdrawn",
            "points_adjusted",
            "policy_off",
            "policy_on",
            "org_renamed",
            "invited",
            "reset_link_made",
            "renamed",
            "let_in",
            "shut_out",
            "role_changed",
        ]
    );
    assert!(
        new.iter()
            .all(|entry| entry["by"] == json!(owner_id) && entry["by_name"] == "owner")
    );
    let role = new.last().unwrap();
    assert_eq!(
        (&role["about"], &role["about_name"], &role["what"]),
        (&json!(learner), &json!("Somebody Else"), &json!("coach"))
    );
    assert_eq!(new[7]["what"], "+5 xp");
    assert_eq!(new[0]["what"], "rules/extra");
}

#[actix_web::test]
async fn what_was_refused_or_changed_nothing_leaves_none() {
    let hub = Hub::start().await;
    let (owner, owner_id) = hub.token(Role::Owner, "owner").await;
    let (admin, _) = hub.token(Role::Admin, "admin").await;
    let (_, learner) = hub.token(Role::Learner, "learner").await;
    let path = format!("/api/v1/users/{owner_id}/roles");
    hub.put(&path, &admin, json!({"role": "coach"}))
        .await
        .expect(403, "forbidden");
    let path = format!("/api/v1/users/{learner}/roles");
    hub.put(&path, &admin, json!({"role": "learner"}))
        .await
        .ok(200);
    let policies = json!({"silent_supervision": false});
    hub.put("/api/v1/orgs/current/policies", &owner, policies)
        .await
        .ok(200);
    let own = json!({"name": "As I like"});
    hub.put("/api/v1/me", &owner, own).await.ok(200);
    assert_eq!(entries(&hub, &owner, "").await, Vec::<Value>::new());
}

#[actix_web::test]
async fn a_link_says_who_came_by_whose() {
    let hub = Hub::start().await;
    let (owner, owner_id) = hub.token(Role::Owner, "owner").await;
    let link = hub
        .post("/api/v1/invitations", &owner, json!({"role": "learner"}))
        .await
        .ok(201);
    let code = link["url"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let claim = json!({"code": code, "name": "Nora", "email": "nora@example.org", "password": "correct horse battery"});
    let came = hub.post("/api/v1/auth/claim", "", claim).await.ok(200);
    let all = entries(&hub, &owner, "?act=link_claimed").await;
    assert_eq!(acts(&all), ["link_claimed"]);
    assert_eq!(all[0]["by"], json!(owner_id));
    assert_eq!(all[0]["about"], came["user"]["id"]);
    assert_eq!(all[0]["about_name"], "Nora");
    assert_eq!(all[0]["what"], "learner");
}

#[actix_web::test]
async fn entries_come_in_pages_and_stay_in_their_org() {
    let hub = Hub::start().await;
    let (owner, _) = hub.token(Role::Owner, "owner").await;
    let (_, one) = hub.token(Role::Learner, "one").await;
    let (_, two) = hub.token(Role::Learner, "two").await;
    for (user, role) in [
        (one, "coach"),
        (two, "coach"),
        (one, "learner"),
        (two, "spectator"),
        (one, "coach"),
    ] {
        let path = format!("/api/v1/users/{user}/roles");
        hub.put(&path, &owner, json!({"role": role})).await.ok(200);
    }
    let mut seen = vec![];
    let mut next = String::new();
    loop {
        let page = hub
            .get(&format!("/api/v1/audit?limit=2{next}"), &owner)
            .await
            .ok(200);
        for entry in page["items"].as_array().unwrap() {
            seen.push(entry["number"].as_i64().unwrap());
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let about = entries(&hub, &owner, &format!("?about={one}")).await;
    assert_eq!(about.len(), 3);
    assert!(about.iter().all(|entry| entry["about"] == json!(one)));
    let elsewhere = hub.people.console().add_org("Theirs").await.unwrap().id;
    let stranger = hub.user_of(elsewhere, Role::Owner, "stranger").await;
    let stranger = hub.enter(&stranger).await.access.token;
    assert_eq!(entries(&hub, &stranger, "").await, Vec::<Value>::new());
    hub.get("/api/v1/audit?act=nonsense", &owner)
        .await
        .expect(400, "malformed");
}

#[actix_web::test]
async fn an_entry_that_is_changed_or_taken_out_is_found() {
    let hub = Hub::start().await;
    let (owner, _) = hub.token(Role::Owner, "owner").await;
    let (_, learner) = hub.token(Role::Learner, "learner").await;
    let path = format!("/api/v1/users/{learner}/roles");
    for role in ["coach", "learner", "spectator", "coach"] {
        hub.put(&path, &owner, json!({"role": role})).await.ok(200);
    }
    let store = &hub.services.store;
    let chain = store.audit_chain(hub.org).await.unwrap();
    assert_eq!((chain.entries, chain.broken), (4, vec![]));
    for (tamper, broken) in [
        // Its own hash is wrong; the next one still follows what is written.
        (
            "UPDATE audit_entry SET what = 'owner' WHERE number = 2",
            vec![2],
        ),
        ("DELETE FROM audit_entry WHERE number = 2", vec![3]),
    ] {
        store
            .write("tamper", move |txn| {
                Box::pin(async move {
                    txn.execute_unprepared(tamper).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert_eq!(
            store.audit_chain(hub.org).await.unwrap().broken,
            broken,
            "{tamper}"
        );
    }
}

/// Whatever is written of an org holds its key until it is committed. On PostgreSQL an entry that waited
/// for that would wait for another entry that waits for it.
#[actix_web::test]
async fn an_entry_does_not_wait_for_who_writes_beside_it() {
    let hub = Hub::start().await;
    let (owner, _) = hub.token(Role::Owner, "owner").await;
    let store = &hub.services.store;
    let beside = store.write("write beside it", |txn| {
        Box::pin(async move {
            if txn.get_database_backend() == DbBackend::Postgres {
                txn.execute_unprepared("SELECT id FROM org FOR KEY SHARE")
                    .await?;
            }
            sleep(Duration::from_millis(1_800)).await;
            Ok(())
        })
    });
    let inviting = async {
        sleep(Duration::from_millis(200)).await;
        let body = json!({"role": "spectator"});
        hub.post("/api/v1/invitations", &owner, body).await.ok(201)
    };
    let (written, _) = join(beside, inviting).await;
    written.unwrap();
}
