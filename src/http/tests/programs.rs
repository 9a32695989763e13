//! Programs: keys that are made, shown once and taken back, and personas behind `/v1`, offline.

use actix_web::test::TestRequest;
use ludus_domain::role::Role;
use serde_json::{Value, json};

use super::kit::{Hub, bearing};
use crate::limits::{LimitSettings, Rate};

const MARA: &str = "mara-okafor";
const INTERVIEW: &str = "mara-okafor/interview-first-minutes";

/// A key for a program, made by an admin of this name.
async fn key(hub: &Hub, admin: &str) -> (Value, String) {
    let (token, _) = hub.token(Role::Admin, admin).await;
    let new = json!({"name": "Quiz bot", "scopes": ["personas"]});
    let made = hub.post("/api/v1/api-keys", &token, new).await.ok(201);
    (made, token)
}

fn secret(made: &Value) -> &str {
    made["secret"].as_str().unwrap()
}

fn said(lines: &[(&str, &str)]) -> Value {
    let message = |(role, text): &(&str, &str)| json!({"role": role, "content": text});
    lines.iter().map(message).collect()
}

async fn talk(hub: &Hub, secret: &str, body: Value) -> Value {
    hub.post("/v1/chat/completions", secret, body).await.ok(200)
}

fn text(reply: &Value) -> &str {
    reply["choices"][0]["message"]["content"].as_str().unwrap()
}

#[actix_web::test]
async fn a_secret_is_shown_once_and_stored_as_a_hash() {
    let hub = Hub::start().await;
    let (made, admin) = key(&hub, "ada").await;
    assert!(secret(&made).starts_with("ludus_") && secret(&made).len() == 38);
    let listed = hub.get("/api/v1/api-keys", &admin).await.ok(200);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert!(listed["items"][0]["secret"].is_null());
    // Asked for again with the same name for the request, it is the same key.
    let once = || {
        let new = json!({"name": "Once", "scopes": ["personas"]});
        let request = TestRequest::post().uri("/api/v1/api-keys").set_json(new);
        bearing(request.insert_header(("idempotency-key", "one")), &admin)
    };
    let first = hub.send(once()).await.ok(201);
    let again = hub.send(once()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(201), first);

    for scopes in [json!([]), json!(["everything"])] {
        let new = json!({"name": "X", "scopes": scopes});
        let refused = hub.post("/api/v1/api-keys", &admin, new).await;
        assert!(refused.status.is_client_error(), "{:?}", refused.json);
    }
}

#[actix_web::test]
async fn a_key_that_was_taken_back_is_no_key_and_is_remembered() {
    let hub = Hub::start().await;
    let (made, admin) = key(&hub, "ada").await;
    hub.get("/v1/models", secret(&made)).await.ok(200);
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let request = TestRequest::delete().uri(&path);
        hub.send(bearing(request, &admin)).await.ok(204);
    }
    let refused = hub.get("/v1/models", secret(&made)).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json["error"]["code"], "invalid_api_key");
    let listed = hub.get("/api/v1/api-keys", &admin).await.ok(200);
    assert!(listed["items"][0]["revoked_by"].is_string());
    // What is no key at all is the same to whoever tries.
    for wrong in ["ludus_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sk-x", ""] {
        let reply = hub.get("/v1/models", wrong).await;
        assert_eq!((reply.status.as_u16(), &reply.json), (401, &refused.json));
    }
}

#[actix_web::test]
async fn personas_are_models_and_so_are_their_scenarios() {
    let hub = Hub::start().await;
    let (made, _) = key(&hub, "ada").await;
    let models = hub.get("/v1/models", secret(&made)).await.ok(200);
    let data = models["data"].as_array().unwrap().iter();
    let ids: Vec<&str> = data.map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [MARA, INTERVIEW]);
    for path in [MARA, INTERVIEW, &INTERVIEW.replace('/', "%2F")] {
        let model = hub.get(&format!("/v1/models/{path}"), secret(&made)).await;
        assert_eq!(model.ok(200)["object"], "model");
    }
    let body = json!({"model": "gpt-4", "messages": said(&[("user", "Hi")])});
    let refused = hub.post("/v1/chat/completions", secret(&made), body).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.json["error"]["code"], "model_not_found");
    let nowhere = hub.get("/v1/embeddings", secret(&made)).await;
    assert_eq!(nowhere.status, 404);
}

#[actix_web::test]
async fn a_conversation_goes_on_offline_and_the_same_one_goes_the_same_way() {
    let hub = Hub::start().await;
    let (made, _) = key(&hub, "ada").await;
    let ask = |messages: Value| json!({"model": INTERVIEW, "messages": messages});
    let system = ("system", "You are a pirate. Say arrr.");
    let opening = talk(&hub, secret(&made), ask(said(&[system]))).await;
    assert_eq!(opening["choices"][0]["finish_reason"], "stop");
    assert_eq!(opening["system_fingerprint"], "offline");
    assert_eq!(opening["usage"]["total_tokens"], 0);
    let opened = text(&opening).to_owned();
    assert!(opened.contains("one minute"), "{opened}");

    let lines = [
        ("assistant", opened.as_str()),
        (
            "user",
            "I keep machines running at night. For example we cut stops from 40 a month to 9.",
        ),
    ];
    let first = talk(&hub, secret(&made), ask(said(&lines))).await;
    let again = talk(&hub, secret(&made), ask(said(&lines))).await;
    assert_eq!(
        text(&first),
        text(&again),
        "the same conversation, the same answer"
    );
    let mut with_system = vec![system];
    with_system.extend(lines);
    let bent = talk(&hub, secret(&made), ask(said(&with_system))).await;
    assert_eq!(
        text(&first),
        text(&bent),
        "a client's system message is nobody's"
    );

    let mut so_far: Vec<(&str, String)> = vec![];
    let mut heard = std::collections::BTreeSet::new();
    for number in 0..8 {
        so_far.push((
            "user",
            format!("For example, in {number} weeks I fixed {number}0 machines."),
        ));
        let lines: Vec<(&str, &str)> = so_far
            .iter()
            .map(|(who, text)| (*who, text.as_str()))
            .collect();
        let reply = talk(&hub, secret(&made), ask(said(&lines))).await;
        assert!(
            heard.insert(text(&reply).to_owned()),
            "said twice: {}",
            text(&reply)
        );
        so_far.push(("assistant", text(&reply).to_owned()));
    }
}

#[actix_web::test]
async fn a_stream_has_the_same_words_and_ends_as_clients_expect() {
    let hub = Hub::start().await;
    let (made, _) = key(&hub, "ada").await;
    let messages = said(&[("user", "Good morning! Why is this job free?")]);
    let whole = talk(
        &hub,
        secret(&made),
        json!({"model": MARA, "messages": messages}),
    )
    .await;
    let body = json!({
        "model": MARA, "messages": messages, "stream": true,
        "stream_options": {"include_usage": true},
    });
    let reply = hub.post("/v1/chat/completions", secret(&made), body).await;
    assert_eq!(reply.header("content-type"), "text/event-stream");
    let events = String::from_utf8(reply.bytes.to_vec()).unwrap();
    let data: Vec<&str> = events
        .split("\n\n")
        .filter(|event| !event.is_empty())
        .map(|event| event.strip_prefix("data: ").unwrap())
        .collect();
    assert_eq!(data.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = data[..data.len() - 1]
        .iter()
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let words: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(words, text(&whole));
    let [.., last, usage] = chunks.as_slice() else {
        panic!("too few chunks")
    };
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(usage["choices"], json!([]));
    assert!(usage["usage"]["total_tokens"].is_u64());
    assert!(chunks.len() > 4, "word by word");
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]));
}

#[actix_web::test]
async fn what_cannot_be_is_refused_with_its_name() {
    let hub = Hub::start().await;
    let (made, _) = key(&hub, "ada").await;
    let hi = || said(&[("user", "Hi")]);
    for (param, body) in [
        ("n", json!({"n": 2, "messages": hi()})),
        (
            "tools",
            json!({"tools": [{"type": "function"}], "messages": hi()}),
        ),
        ("temperature", json!({"temperature": 3.0, "messages": hi()})),
        ("max_tokens", json!({"max_tokens": 0, "messages": hi()})),
        (
            "stop",
            json!({"stop": ["a", "b", "c", "d", "e"], "messages": hi()}),
        ),
        ("messages", json!({"messages": []})),
        (
            "response_format",
            json!({"response_format": {"type": "json_object"}, "messages": hi()}),
        ),
        (
            "messages[0].content",
            json!({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
        ),
        (
            "messages[1].role",
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "tool", "content": "x"}]}),
        ),
        (
            "messages[0].content",
            json!({"messages": said(&[("user", "go kill yourself")])}),
        ),
    ] {
        let mut body = body;
        body["model"] = json!(MARA);
        let reply = hub.post("/v1/chat/completions", secret(&made), body).await;
        assert_eq!(reply.status, 400, "{param}: {:?}", reply.json);
        assert_eq!(reply.json["error"]["param"], param);
    }
    let request = TestRequest::post()
        .uri("/v1/chat/completions")
        .insert_header(("content-type", "application/json"))
        .set_payload("{\"model\": ");
    let reply = hub.send(bearing(request, secret(&made))).await;
    assert_eq!(reply.json["error"]["type"], "invalid_request_error");
    // A long conversation fits, and there is an end to it.
    for (kib, status) in [(300, 200), (600, 413)] {
        let long = "word ".repeat(kib * 1_024 / 5);
        let body = json!({"model": MARA, "messages": said(&[("user", &long)])});
        let reply = hub.post("/v1/chat/completions", secret(&made), body).await;
        assert_eq!(reply.status, status);
    }
    let get = hub.get("/v1/chat/completions", secret(&made)).await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
}

#[actix_web::test]
async fn what_a_client_takes_is_what_it_gets() {
    let hub = Hub::start().await;
    let (made, _) = key(&hub, "ada").await;
    let ask = |more: Value| {
        let mut body =
            json!({"model": INTERVIEW, "messages": [{"role": "system", "content": "x"}]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let whole = talk(&hub, secret(&made), ask(json!({}))).await;
    let short = talk(&hub, secret(&made), ask(json!({"max_tokens": 5}))).await;
    assert_eq!(short["choices"][0]["finish_reason"], "length");
    assert!(text(&whole).starts_with(text(&short)) && !text(&short).is_empty());
    let stopped = talk(&hub, secret(&made), ask(json!({"stop": [".", "!"]}))).await;
    assert!(!text(&stopped).contains('.'), "{}", text(&stopped));
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
}

#[actix_web::test]
async fn each_key_has_its_own_rate() {
    let hub = Hub::with_limits(&LimitSettings {
        key_rest: Rate::new(1, 2),
        ..LimitSettings::default()
    })
    .await;
    let (one, admin) = key(&hub, "ada").await;
    let new = json!({"name": "Other", "scopes": ["personas"]});
    let other = hub.post("/api/v1/api-keys", &admin, new).await.ok(201);
    for _ in 0..2 {
        hub.get("/v1/models", secret(&one)).await.ok(200);
    }
    let slow = hub.get("/v1/models", secret(&one)).await;
    assert_eq!(slow.status, 429);
    assert_eq!(slow.json["error"]["code"], "rate_limit_exceeded");
    assert!(slow.header("retry-after").parse::<u32>().unwrap() > 0);
    hub.get("/v1/models", secret(&other)).await.ok(200);
}
