//! A hall's screen shows its board for as long as it is granted, and can do nothing else.

use ludus_domain::game::plan::BoardKey;
use serde_json::{Value, json};

use crate::kit::*;

async fn ticket(hub: &Hub, code: &str) -> Option<String> {
    let request = hub
        .rest
        .request(reqwest::Method::POST, "/api/v1/displays/ticket")
        .json(&json!({"code": code}));
    let answer = request.send().await.unwrap();
    if answer.status() == reqwest::StatusCode::GONE {
        return None;
    }
    let body: Value = answer.json().await.unwrap();
    Some(body["ticket"].as_str().unwrap().to_owned())
}

/// A screen's connection, that has asked for its inbox in the hello.
async fn screen(hub: &Hub, code: &str) -> Socket {
    let mut socket = Socket::open(&hub.rest.ws_url()).await.unwrap();
    let hello = ClientFrame::Hello {
        ticket: ticket(hub, code).await,
        resume: None,
        subscriptions: vec![],
        client: None,
    };
    socket.send(&hello).await.unwrap();
    socket
}

/// The first frame that is wanted.
async fn hears<T>(socket: &mut Socket, wanted: impl Fn(&ServerFrame) -> Option<T>) -> T {
    let hearing = async {
        loop {
            let frame = socket.hear().await.unwrap().frame;
            if let Some(found) = wanted(&frame) {
                return found;
            }
        }
    };
    tokio::time::timeout(SOON, hearing)
        .await
        .expect("it is heard")
}

fn watch(board: &str) -> (CommandId, ClientFrame) {
    let id = CommandId(uuid::Uuid::now_v7());
    let frame = ClientFrame::Watch {
        id,
        board: board.parse().unwrap(),
        top: 10,
        around: 0,
        since: None,
    };
    (id, frame)
}

async fn refusal(socket: &mut Socket, (id, frame): (CommandId, ClientFrame)) -> Refusal {
    socket.send(&frame).await.unwrap();
    hears(socket, |frame| match frame {
        ServerFrame::Nack { id: to, code, .. } if *to == Some(id) => Some(*code),
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screen_shows_its_board_and_nothing_else() {
    let mut hub = Hub::start(Backend::Sqlite).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let ada = hub.person("Ada Able", Role::Learner).await;
    let mut adas = hub.member(&ada, room, None).await;
    let made: Value = hub
        .owner
        .post("/api/v1/displays", &json!({"board": "week-xp"}))
        .await
        .unwrap();
    let url = made["url"].as_str().unwrap();
    let code = url.split_once("#/display/").unwrap().1.to_owned();
    let mut hall = screen(&hub, &code).await;
    let (_, look) = watch("week-xp");
    hall.send(&look).await.unwrap();
    let shows = |board: BoardKey, count: u32| {
        move |frame: &ServerFrame| match frame {
            ServerFrame::Board(frame) if frame.board == board && frame.count == count => Some(()),
            _ => None,
        }
    };
    let key: BoardKey = "week-xp".parse().unwrap();
    hears(&mut hall, shows(key.clone(), 0)).await;
    acked(
        adas.ask(room, say("Good morning to all of you"), SOON)
            .await,
    );
    hears(&mut hall, shows(key.clone(), 1)).await;

    let id = CommandId(uuid::Uuid::now_v7());
    let streams = [StreamId::Room(room), StreamId::Inbox(ada.user)];
    for stream in streams {
        let frame = ClientFrame::Subscribe {
            id,
            stream,
            since: None,
        };
        assert_eq!(refusal(&mut hall, (id, frame)).await, Refusal::Forbidden);
    }
    for command in [Command::Join { code: None }, say("from the wall")] {
        let frame = ClientFrame::Command { id, room, command };
        assert_eq!(refusal(&mut hall, (id, frame)).await, Refusal::Forbidden);
    }
    for board in ["today", "season-xp", &format!("room@{}", room.0)] {
        assert_eq!(refusal(&mut hall, watch(board)).await, Refusal::NotFound);
    }

    // The hub dies and comes back: the same link shows the same board.
    hub.restart().await;
    let mut hall = screen(&hub, &code).await;
    hall.send(&look).await.unwrap();
    hears(&mut hall, shows(key, 1)).await;
    // Taken back, it goes dark at once.
    let path = format!("/api/v1/displays/{}", made["id"].as_str().unwrap());
    let revoke = hub
        .rest
        .request(reqwest::Method::DELETE, &path)
        .bearer_auth(&hub.owner.token);
    assert!(revoke.send().await.unwrap().status().is_success());
    let dark = async { while hall.hear().await.is_ok() {} };
    tokio::time::timeout(SOON, dark)
        .await
        .expect("it is closed");
    assert_eq!(ticket(&hub, &code).await, None);
}
