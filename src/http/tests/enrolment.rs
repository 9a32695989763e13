//! Class lists, taken into cohorts and out again.

use actix_web::test::TestRequest;
use ludus_domain::ids::CohortId;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, Reply, bearing};

async fn cohort(hub: &Hub, token: &str) -> CohortId {
    let made = hub
        .post("/api/v1/cohorts", token, json!({"title": "C"}))
        .await
        .ok(201);
    made["id"].as_str().unwrap().parse().unwrap()
}

async fn send(hub: &Hub, cohort: CohortId, token: &str, list: &str, apply: bool) -> Reply {
    let path = format!("/api/v1/cohorts/{cohort}/roster?apply={apply}");
    let request = TestRequest::post()
        .uri(&path)
        .insert_header(("content-type", "text/csv; charset=utf-8"))
        .set_payload(list.to_owned());
    hub.send(bearing(request, token)).await
}

fn outcomes(reply: &Value) -> Vec<(String, String)> {
    let rows = reply["rows"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["name"]), text(&row["enrolment"])))
        .collect()
}

async fn members(hub: &Hub, cohort: CohortId, token: &str) -> usize {
    let path = format!("/api/v1/cohorts/{cohort}/members");
    let page = hub.get(&path, token).await.ok(200);
    page["items"].as_array().unwrap().len()
}

#[actix_web::test]
async fn a_list_says_what_it_would_do_does_it_once_and_comes_out_again() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "cora").await;
    let id = cohort(&hub, &coach).await;
    let ada = hub.user(Role::Learner, "ada").await;
    let email = ada.email.unwrap();
    let list =
        format!("name,email,team\nAda,{email},Red\nNew One,new@example.org,Blue\nNo Mail,,\n");

    let seen = send(&hub, id, &coach, &list, false).await.ok(200);
    assert_eq!(seen["applied"], false);
    let wanted = [
        ("Ada", "added"),
        ("New One", "invited"),
        ("No Mail", "invited"),
    ];
    let wanted = wanted.map(|(name, what)| (name.to_owned(), what.to_owned()));
    assert_eq!(outcomes(&seen), wanted);
    assert_eq!(members(&hub, id, &coach).await, 1, "nothing was done");

    let done = send(&hub, id, &coach, &list, true).await.ok(200);
    assert_eq!(
        (&done["applied"], outcomes(&done)),
        (&json!(true), wanted.to_vec())
    );
    assert_eq!(members(&hub, id, &coach).await, 2);
    let links = hub.get("/api/v1/invitations", &coach).await.ok(200);
    assert_eq!(links["items"].as_array().unwrap().len(), 2);
    let url = done["rows"][1]["url"].as_str().unwrap();
    let code = url.rsplit('/').next().unwrap();
    let claim = json!({"code": code, "name": "New One", "password": "a good long one"});
    hub.post("/api/v1/auth/claim", "", claim).await.ok(200);

    // Again: everybody is there, and nobody gets a second link.
    let again = send(&hub, id, &coach, &list, true).await.ok(200);
    let kinds: Vec<String> = outcomes(&again).into_iter().map(|(_, what)| what).collect();
    // Who came by a link is in no team until the list says so again.
    assert_eq!(kinds, ["there", "moved", "waiting"]);
    assert_eq!(again["rows"][2]["url"], done["rows"][2]["url"]);
    let third = send(&hub, id, &coach, &list, true).await.ok(200);
    assert_eq!(third["counts"], json!({"there": 2, "waiting": 1}));
    let links = hub.get("/api/v1/invitations", &coach).await.ok(200);
    assert_eq!(links["items"].as_array().unwrap().len(), 1);
    let cohort = hub
        .get(&format!("/api/v1/cohorts/{id}"), &coach)
        .await
        .ok(200);
    assert_eq!(cohort["teams"].as_array().unwrap().len(), 2);

    let path = format!("/api/v1/cohorts/{id}/roster.csv");
    let out = hub.get(&path, &coach).await;
    let text = String::from_utf8(out.bytes.to_vec()).unwrap();
    assert!(
        text.starts_with("name,email,team,part\r\n") && text.contains("New One,,Blue,learner"),
        "{text}"
    );
    let (admin, _) = hub.token(Role::Admin, "adam").await;
    let text = String::from_utf8(hub.get(&path, &admin).await.bytes.to_vec()).unwrap();
    assert!(
        text.contains("New One,new@example.org,Blue,learner"),
        "{text}"
    );
}

#[actix_web::test]
async fn a_list_with_a_fault_does_nothing_and_strangers_take_none_in() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "cora").await;
    let id = cohort(&hub, &coach).await;
    let bad = "name,email\nAda,nonsense\nBo,bo@example.org\n";
    let told = send(&hub, id, &coach, bad, true).await.ok(200);
    assert_eq!(told["applied"], false);
    assert_eq!(
        (&told["faults"][0]["line"], &told["faults"][0]["column"]),
        (&json!(2), &json!(2))
    );
    let links = hub.get("/api/v1/invitations", &coach).await.ok(200);
    assert_eq!(links["items"], json!([]));
    let (other, _) = hub.token(Role::Coach, "otto").await;
    send(&hub, id, &other, bad, true)
        .await
        .expect(404, "not_found");
    send(&hub, id, &other, bad, false)
        .await
        .expect(404, "not_found");
    let (learner, _) = hub.token(Role::Learner, "leo").await;
    send(&hub, id, &learner, bad, true)
        .await
        .expect(403, "forbidden");
    let huge = format!("name\n{}", "x".repeat(600_000));
    send(&hub, id, &coach, &huge, false)
        .await
        .expect(413, "too_large");
}
