//! The documents the hub serves, held against what really travels.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::kit::*;

async fn document(hub: &Hub, path: &str) -> Value {
    let response = hub.rest.request(Method::GET, path).send().await.unwrap();
    assert!(
        response.status().is_success(),
        "{path}: {}",
        response.status()
    );
    response.json().await.unwrap()
}

/// A validator for one schema of a document, with whatever it refers to.
fn validator(document: &Value, pointer: &str) -> jsonschema::Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": pointer,
        "components": document["components"],
    });
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{pointer}: {error}"))
}

#[track_caller]
fn must_fit(validator: &jsonschema::Validator, what: &str, value: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{} ({error})", error.instance_path()))
        .collect();
    assert!(
        faults.is_empty(),
        "{what} is not as documented: {faults:?}\n{value:#}"
    );
}

/// Everything two people can make the hub say, frame by frame, against the AsyncAPI document.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_is_as_documented() {
    let quick = [
        ("LUDUS_SESSIONS__HEARTBEAT_MS", "700"),
        ("LUDUS_SESSIONS__DRAIN_MS", "2000"),
    ];
    let hub = Hub::start_also(Backend::Sqlite, &quick).await;
    let document = document(&hub, "/api/v1/asyncapi.json").await;
    let server = validator(&document, "#/components/schemas/ServerFrame");
    let client = validator(&document, "#/components/schemas/ClientFrame");
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let learner = hub.person("Lena Learner", Role::Learner).await;
    let other = hub.person("Otto Other", Role::Learner).await;
    let position = hub.owner.position(room).await.unwrap();

    let mut watch = Socket::open(&hub.rest.ws_url()).await.unwrap();
    let stream = StreamId::Room(room);
    let inbox = StreamId::Inbox(learner.user);
    let subscription = |stream, since| ludus_domain::protocol::Subscription { stream, since };
    let beginning = Position {
        seq: Seq::ZERO,
        ..position
    };
    let elsewhere = Position {
        seq: Seq(9_999),
        ..position
    };
    let hello = ClientFrame::Hello {
        ticket: Some(learner.ticket().await.unwrap()),
        resume: None,
        subscriptions: vec![
            subscription(stream, Some(beginning)),
            subscription(
                inbox,
                Some(Position {
                    seq: Seq(5),
                    ..position
                }),
            ),
        ],
        client: Some("traffic".into()),
    };
    let id = || CommandId(uuid::Uuid::now_v7());
    let ask = |command| ClientFrame::Command {
        id: id(),
        room,
        command,
    };
    let react = Command::React {
        line: Seq(3),
        emoji: "👍".into(),
        on: true,
    };
    let mut frames = vec![
        hello,
        ask(Command::Join { code: None }),
        ask(say("hello")),
        ask(Command::RaiseHand {
            up: true,
            user: None,
        }),
        ask(react),
        ask(Command::Pause {}),
        ClientFrame::Typing { room, on: true },
        ClientFrame::Read { room, seq: Seq(2) },
        ClientFrame::Heartbeat {
            positions: [(stream, Seq(2))].into(),
        },
        ClientFrame::Subscribe {
            id: id(),
            stream,
            since: Some(elsewhere),
        },
        ClientFrame::Unsubscribe { id: id(), stream },
        ClientFrame::Subscribe {
            id: id(),
            stream,
            since: Some(beginning),
        },
        ClientFrame::Watch {
            id: id(),
            board: "week-xp".parse().unwrap(),
            top: 3,
            around: 1,
            since: None,
        },
        ClientFrame::Watch {
            id: id(),
            board: "nothing".parse().unwrap(),
            top: 3,
            around: 1,
            since: Some(ludus_domain::protocol::BoardPosition {
                epoch: position.epoch,
                tick: ludus_domain::board::Tick(7),
            }),
        },
        ask(say("What would you like to drink?")),
        ClientFrame::Unwatch {
            id: id(),
            board: "week-xp".parse().unwrap(),
        },
    ];
    let mut heard = BTreeSet::new();
    for frame in frames.drain(..) {
        must_fit(
            &client,
            frame.kind(),
            &serde_json::to_value(&frame).unwrap(),
        );
        watch.send(&frame).await.unwrap();
        take(&mut watch, &server, &mut heard, 400).await;
    }
    // Only now: who listens to nobody for seconds is let go.
    let mut others = hub.client(&other).await;
    let mut owners = hub.client(&hub.owner).await;
    acked(others.ask(room, Command::Join { code: None }, SOON).await);
    acked(others.ask(room, say("one"), SOON).await);
    let typing = ClientFrame::Typing { room, on: true };
    others.send_frame(&typing).await.unwrap();
    others.subscribe(stream, None).await;
    let edits = [
        Command::Say {
            text: "look here".into(),
            reply_to: None,
            mentions: vec![learner.user],
        },
        Command::Invite {
            user: UserId(uuid::Uuid::now_v7()),
        },
        Command::Rename {
            title: "Salon".into(),
        },
        Command::Mute {
            user: other.user,
            muted: true,
            minutes: None,
        },
        Command::Remove { user: other.user },
        Command::Pause {},
        Command::Unpause {},
        Command::End {},
    ];
    for command in edits {
        owners.ask(room, command, SOON).await;
        take(&mut watch, &server, &mut heard, 200).await;
    }
    take(&mut watch, &server, &mut heard, 1_500).await;
    look_at_a_desk(&hub, &other, &server, &mut heard).await;
    hub.signal("TERM");
    take(&mut watch, &server, &mut heard, 10_000).await;
    for kind in [
        "welcome",
        "event",
        "skip",
        "subscribed",
        "reset",
        "unsubscribed",
        "ack",
        "nack",
        "presence",
        "board",
        "unwatched",
        "desk",
        "desk_unwatched",
        "heartbeat",
        "goodbye",
    ] {
        assert!(
            heard.contains(kind),
            "nothing made the hub say {kind}: {heard:?}"
        );
    }
}

/// A desk with a learner on it who is online and of whom there is an alert.
async fn look_at_a_desk(
    hub: &Hub,
    learner: &Account,
    server: &jsonschema::Validator,
    heard: &mut BTreeSet<String>,
) {
    let owner = &hub.owner;
    let title = json!({"title": "C"});
    let made: Value = owner.post("/api/v1/cohorts", &title).await.unwrap();
    let cohort = made["id"].as_str().unwrap();
    let path = format!("/api/v1/cohorts/{cohort}/members/{}", learner.user);
    let part = json!({"part": "learner"});
    let put = owner.hub.request(Method::PUT, &path).json(&part);
    put.bearer_auth(&owner.token).send().await.unwrap();
    let room = owner.open(&RoomWish::lounge("Desk")).await.unwrap().id;
    let mut client = hub.member(learner, room, None).await;
    acked(
        client
            .ask(room, say("I want to die of laughter"), SOON)
            .await,
    );
    let mut desk = Socket::open(&hub.rest.ws_url()).await.unwrap();
    let hello = ClientFrame::Hello {
        ticket: Some(owner.ticket().await.unwrap()),
        resume: None,
        subscriptions: vec![],
        client: None,
    };
    desk.send(&hello).await.unwrap();
    let cohort = cohort.parse().unwrap();
    let id = || CommandId(uuid::Uuid::now_v7());
    let since = None;
    let watch = ClientFrame::WatchDesk {
        id: id(),
        cohort,
        since,
    };
    desk.send(&watch).await.unwrap();
    take(&mut desk, server, heard, 3_000).await;
    let hand = Command::RaiseHand {
        up: true,
        user: None,
    };
    acked(client.ask(room, hand, SOON).await);
    take(&mut desk, server, heard, 1_000).await;
    let unwatch = ClientFrame::UnwatchDesk { id: id(), cohort };
    desk.send(&unwatch).await.unwrap();
    take(&mut desk, server, heard, 500).await;
}

async fn take(
    socket: &mut Socket,
    validator: &jsonschema::Validator,
    kinds: &mut BTreeSet<String>,
    for_ms: u64,
) {
    let until = tokio::time::Instant::now() + std::time::Duration::from_millis(for_ms);
    while let Ok(Ok(heard)) = tokio::time::timeout_at(until, socket.hear()).await {
        let value: Value = serde_json::from_str(&heard.text).unwrap();
        must_fit(validator, heard.frame.kind(), &value);
        kinds.insert(heard.frame.kind().to_owned());
    }
}

/// One request and what the document says about its answer.
struct Exchange<'a> {
    method: Method,
    /// As the document has it.
    template: &'a str,
    path: String,
    body: Option<Value>,
    status: u16,
}

/// Real requests, good and bad, against the OpenAPI document.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_as_documented() {
    let hub = Hub::start(Backend::Sqlite).await;
    let document = document(&hub, "/api/v1/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let problem = validator(&document, "#/components/schemas/Problem");
    let learner = hub.person("Lena Learner", Role::Learner).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let mut client = hub.member(&learner, room, None).await;
    acked(client.ask(room, say("find me"), SOON).await);
    let nobody = uuid::Uuid::now_v7();

    let get = |template, path: String, status| Exchange {
        method: Method::GET,
        template,
        path,
        body: None,
        status,
    };
    let post = |template: &'static str, body, status| Exchange {
        method: Method::POST,
        template,
        path: template.to_owned(),
        body: Some(body),
        status,
    };
    let exchanges = [
        get("/healthz", "/healthz".into(), 200),
        get("/readyz", "/readyz".into(), 200),
        get("/api/v1/me", "/api/v1/me".into(), 200),
        get("/api/v1/orgs/current", "/api/v1/orgs/current".into(), 200),
        get("/api/v1/users", "/api/v1/users?limit=1".into(), 200),
        get("/api/v1/users", "/api/v1/users?limit=0".into(), 422),
        get("/api/v1/users", "/api/v1/users?cursor=nonsense".into(), 400),
        get(
            "/api/v1/users/{id}",
            format!("/api/v1/users/{}", learner.user),
            200,
        ),
        get("/api/v1/users/{id}", format!("/api/v1/users/{nobody}"), 404),
        get(
            "/api/v1/users/{id}/roles",
            format!("/api/v1/users/{}/roles", learner.user),
            200,
        ),
        get("/api/v1/invitations", "/api/v1/invitations".into(), 200),
        get("/api/v1/rooms", "/api/v1/rooms?limit=10".into(), 200),
        get("/api/v1/rooms/{id}", format!("/api/v1/rooms/{room}"), 200),
        get("/api/v1/rooms/{id}", format!("/api/v1/rooms/{nobody}"), 404),
        get(
            "/api/v1/rooms/{id}/members",
            format!("/api/v1/rooms/{room}/members"),
            200,
        ),
        get(
            "/api/v1/rooms/{id}/history",
            format!("/api/v1/rooms/{room}/history"),
            200,
        ),
        get(
            "/api/v1/rooms/{id}/history",
            format!("/api/v1/rooms/{room}/history?limit=1&after=0"),
            200,
        ),
        get(
            "/api/v1/rooms/{id}/history",
            format!("/api/v1/rooms/{room}/history?after=-1"),
            400,
        ),
        get(
            "/api/v1/rooms/{id}/search",
            format!("/api/v1/rooms/{room}/search?q=find"),
            200,
        ),
        get("/api/v1/cohorts", "/api/v1/cohorts".into(), 200),
        post(
            "/api/v1/rooms",
            json!({"title": "T", "kind": "lounge"}),
            201,
        ),
        post("/api/v1/rooms", json!({"title": "", "kind": "lounge"}), 422),
        post("/api/v1/rooms", json!({"title": "T", "kind": "hall"}), 400),
        post(
            "/api/v1/rooms",
            json!({"title": "T", "kind": "lounge", "org": nobody}),
            400,
        ),
        post("/api/v1/invitations", json!({"role": "learner"}), 201),
        post("/api/v1/cohorts", json!({"title": "Class of 26"}), 201),
        post("/api/v1/ws-ticket", json!({}), 200),
        post("/api/v1/auth/claim", json!({"code": "nonsense"}), 410),
        post(
            "/api/v1/auth/login",
            json!({"email": "a@example.org", "password": "wrong word"}),
            401,
        ),
    ];
    let mut wrong = Vec::new();
    for exchange in exchanges {
        let Exchange {
            method,
            template,
            path,
            body,
            status,
        } = exchange;
        let what = format!("{method} {path}");
        let mut request = hub
            .rest
            .request(method.clone(), &path)
            .bearer_auth(&hub.owner.token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let got = response.status().as_u16();
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            response.headers().contains_key("x-request-id"),
            "{what} has no request id"
        );
        let value: Value = response.json().await.unwrap_or(Value::Null);
        if got != status {
            wrong.push(format!("{what}: expected {status}, got {got}: {value}"));
            continue;
        }
        if got >= 400 {
            assert!(
                kind.starts_with("application/problem+json"),
                "{what}: {kind}"
            );
            must_fit(&problem, &what, &value);
            continue;
        }
        let pointer = format!(
            "/paths/{}/{}/responses/{got}/content/application~1json/schema",
            template.replace('/', "~1"),
            method.as_str().to_lowercase()
        );
        if !kind.starts_with("application/json") {
            let is_documented = document.pointer(&pointer).is_some();
            assert!(!is_documented, "{what} answers {kind}");
            continue;
        }
        let Some(schema) = document.pointer(&pointer) else {
            wrong.push(format!("{what}: nothing is documented at {pointer}"));
            continue;
        };
        let schema = json!({
            "allOf": [schema],
            "components": document["components"],
        });
        must_fit(&jsonschema::validator_for(&schema).unwrap(), &what, &value);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
