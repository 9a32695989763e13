//! The same session over server-sent events and POST, on a whole hub.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use actix_web::rt::task::spawn_blocking;
use ludus::app::Hub;
use ludus::config::Config;
use serde_json::{Value, json};
use uuid::Uuid;

/// A hub, its first owner, and a room of theirs.
struct House {
    hub: Hub,
    owner: Owner,
    _folder: tempfile::TempDir,
}

#[derive(Clone)]
struct Owner {
    address: SocketAddr,
    token: String,
    room: String,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config {
        data_dir: folder.path().to_owned(),
        ..Config::default()
    };
    config.listen.address.set_port(0);
    config.listen.workers = 1;
    let hub = Hub::start(&config).await.unwrap();
    let (address, link) = (hub.address, hub.owner_link.clone().unwrap());
    let owner = spawn_blocking(move || {
        let code = link.rsplit('/').next().unwrap();
        let claim = json!({"code": code, "name": "Ada", "email": "ada@example.org",
            "password": "a long enough phrase", "org_name": "Here", "client": "api"});
        let (status, claimed) = post(address, "/api/v1/auth/claim", None, &claim);
        assert_eq!(status, 200, "{claimed}");
        let token = claimed["access_token"].as_str().unwrap().to_owned();
        let wish = json!({"title": "Hall", "kind": "lounge"});
        let (status, room) = post(address, "/api/v1/rooms", Some(&token), &wish);
        assert_eq!(status, 201, "{room}");
        let room = room["id"].as_str().unwrap().to_owned();
        Owner {
            address,
            token,
            room,
        }
    })
    .await
    .unwrap();
    House {
        hub,
        owner,
        _folder: folder,
    }
}

fn request(address: SocketAddr, path: &str, token: Option<&str>, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let body = body.to_string();
    let bearer = token.map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {bearer}Accept-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

fn post(address: SocketAddr, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
    let mut answer = String::new();
    request(address, path, token, body)
        .read_to_string(&mut answer)
        .unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// An event stream being read.
struct Events {
    lines: BufReader<TcpStream>,
    head: String,
}

impl Events {
    fn open(address: SocketAddr, hello: &Value) -> Self {
        let mut lines = BufReader::new(request(address, "/api/v1/stream", None, hello));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(lines.read_line(&mut head).unwrap(), 0, "{head}");
        }
        Self {
            lines,
            head: head.to_lowercase(),
        }
    }

    /// The next frame; none at the end. Chunk sizes and comments are passed over.
    fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    fn expect(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().unwrap_or_else(|| panic!("ended before {kind}"));
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}

impl Owner {
    fn hello(&self) -> Value {
        let (_, ticket) = post(
            self.address,
            "/api/v1/ws-ticket",
            Some(&self.token),
            &json!({}),
        );
        json!({"type": "hello", "ticket": ticket["ticket"], "subscriptions": [{"stream": format!("room:{}", self.room)}]})
    }

    fn say(&self, text: &str) -> Value {
        json!({"type": "command", "id": Uuid::now_v7(), "room": self.room, "do": {"kind": "say", "text": text}})
    }

    fn up(&self, frames: &Value) -> (u16, Value) {
        post(self.address, "/api/v1/commands", Some(&self.token), frames)
    }
}

#[actix_web::test]
async fn events_come_down_and_commands_go_up() {
    let house = house().await;
    let owner = house.owner.clone();
    spawn_blocking(move || {
        let mut events = Events::open(owner.address, &owner.hello());
        assert!(events.head.starts_with("http/1.1 200"), "{}", events.head);
        assert!(
            events.head.contains("content-type: text/event-stream"),
            "{}",
            events.head
        );
        let resume = events.expect("welcome")["resume"].clone();
        let head = events.expect("subscribed")["head"].as_u64().unwrap();

        let lines: Vec<Value> = (0..32).map(|n| owner.say(&format!("line {n}"))).collect();
        let (status, answers) = owner.up(&json!(lines));
        assert_eq!(status, 200, "{answers}");
        let answers = answers.as_array().unwrap().clone();
        assert_eq!(answers.len(), 32);
        for (n, (answer, line)) in answers.iter().zip(&lines).enumerate() {
            assert_eq!(
                (&answer["type"], &answer["id"]),
                (&json!("ack"), &line["id"]),
                "{answer}"
            );
            assert_eq!(answer["seq"], head + 1 + n as u64, "in order");
            let event = events.expect("event");
            assert_eq!(
                (&event["seq"], &event["fact"]["text"]),
                (&answer["seq"], &line["do"]["text"]),
                "{event}"
            );
        }

        let (_, again) = owner.up(&lines[7]);
        assert_eq!(
            (&again[0]["seq"], &again[0]["dup"]),
            (&answers[7]["seq"], &json!(true))
        );
        let typing = json!({"type": "typing", "room": owner.room, "on": true});
        let read = json!({"type": "read", "room": owner.room, "seq": head});
        assert_eq!(owner.up(&json!([typing, read])), (200, json!([])));
        drop(events);

        // What was missed, on a new stream, without a new ticket.
        let hello = json!({"type": "hello", "resume": resume, "subscriptions": [
            {"stream": format!("room:{}", owner.room), "since": {"epoch": 1, "seq": head + 30}}]});
        let mut events = Events::open(owner.address, &hello);
        let missed = [events.expect("event"), events.expect("event")];
        assert_eq!(
            missed.map(|event| event["seq"].as_u64().unwrap()),
            [head + 31, head + 32]
        );
        assert_eq!(events.expect("subscribed")["replayed"], 2);
    })
    .await
    .unwrap();
    house.hub.stop().await;
}

#[actix_web::test]
async fn what_may_not_go_up_is_refused_whole() {
    let house = house().await;
    let owner = house.owner.clone();
    spawn_blocking(move || {
        let subscribe = json!({"type": "subscribe", "id": Uuid::now_v7(), "stream": format!("room:{}", owner.room)});
        let forged = json!({"type": "command", "id": Uuid::now_v7(), "room": owner.room, "seq": 9, "do": {"kind": "leave"}});
        let unknown = json!({"type": "award", "points": 9});
        let many: Vec<Value> = (0..33).map(|_| owner.say("x")).collect();
        for wrong in [json!([]), json!(null), json!(7), json!([subscribe]), forged, unknown, json!(many), json!([owner.say("x"), subscribe])] {
            let (status, problem) = owner.up(&wrong);
            assert_eq!((status, &problem["code"]), (400, &json!("malformed")), "{wrong}");
        }
        assert_eq!(post(owner.address, "/api/v1/commands", None, &owner.say("x")).0, 401);
        assert_eq!(post(owner.address, "/api/v1/commands", Some("rubbish"), &owner.say("x")).0, 401);
        let mut elsewhere = owner.say("x");
        elsewhere["room"] = json!(Uuid::now_v7());
        assert_eq!(owner.up(&elsewhere).1[0]["code"], "not_found");
        let (status, _) = post(owner.address, "/api/v1/stream?ticket=canary", None, &owner.hello());
        assert_eq!(status, 400);
        let big = json!({"type": "hello", "ticket": "x".repeat(70_000)});
        assert_eq!(post(owner.address, "/api/v1/stream", None, &big).0, 413);
        // Nothing of all this was done.
        let mut events = Events::open(owner.address, &owner.hello());
        assert_eq!(events.expect("subscribed")["head"], 2);
    })
    .await
    .unwrap();
    house.hub.stop().await;
}

#[actix_web::test]
async fn a_stream_ends_with_its_reason_and_leaves_nothing() {
    let house = house().await;
    let owner = house.owner.clone();
    spawn_blocking(move || {
        for (hello, code) in [
            (json!({"type": "hello", "ticket": "rubbish"}), 4101),
            (json!({"type": "heartbeat"}), 4200),
            (json!("no frame"), 4200),
        ] {
            let mut events = Events::open(owner.address, &hello);
            let goodbye = events.expect("goodbye");
            assert_eq!(goodbye["code"], code);
            assert_eq!(events.next(), None);
        }
        let mut events = Events::open(owner.address, &owner.hello());
        events.expect("subscribed");
        let began = Instant::now();
        assert_eq!(
            post(
                owner.address,
                "/api/v1/auth/logout",
                Some(&owner.token),
                &json!({})
            )
            .0,
            204
        );
        assert_eq!(events.expect("goodbye")["code"], 4104);
        assert_eq!(events.next(), None);
        assert!(began.elapsed() < Duration::from_secs(2));
    })
    .await
    .unwrap();
    expect_sessions(&house.hub, 0).await;
    house.hub.stop().await;
}

#[actix_web::test]
async fn a_listener_who_leaves_is_noticed_though_nothing_happens() {
    let house = house().await;
    let owner = house.owner.clone();
    let events = spawn_blocking(move || {
        let mut events = Events::open(owner.address, &owner.hello());
        events.expect("subscribed");
        events
    })
    .await
    .unwrap();
    expect_sessions(&house.hub, 1).await;
    drop(events);
    expect_sessions(&house.hub, 0).await;
    house.hub.stop().await;
}

async fn expect_sessions(hub: &Hub, count: usize) {
    let until = Instant::now() + Duration::from_secs(3);
    while hub.sessions().await != count {
        assert!(Instant::now() < until, "{} sessions", hub.sessions().await);
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
}
