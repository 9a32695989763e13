//! Moving people between rooms, by the rooms' own decisions.

use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, RoomId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::Command;
use serde_json::{Value, json};

use super::kit::Hub;
use crate::people::moves::sender_of;
use crate::store::people::User;

async fn ask(hub: &Hub, room: RoomId, user: &User, command: Command) -> Result<(), Refusal> {
    let id = CommandId(uuid::Uuid::now_v7());
    let directory = &hub.services.directory;
    match directory
        .ask_once(hub.org, room, sender_of(user), id, command)
        .await
    {
        Answer::Ack { .. } => Ok(()),
        Answer::Nack { code, .. } => Err(code),
    }
}

async fn opened(hub: &Hub, coach: &str, capacity: u32) -> RoomId {
    let body = json!({"title": "Hall", "kind": "lounge", "entry": "open", "capacity": capacity});
    let room = hub.post("/api/v1/rooms", coach, body).await.ok(201);
    room["id"].as_str().unwrap().parse().unwrap()
}

async fn people(hub: &Hub, room: RoomId, coach: &str) -> Vec<String> {
    let path = format!("/api/v1/rooms/{room}/members");
    let page = hub.get(&path, coach).await.ok(200);
    let mut names: Vec<String> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn join() -> Command {
    Command::Join { code: None }
}

#[actix_web::test]
async fn somebody_is_moved_with_their_seat_and_not_once_they_have_left() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "cora").await;
    let (here, there) = (
        opened(&hub, &coach, 10).await,
        opened(&hub, &coach, 2).await,
    );
    let (ada, ben) = (
        hub.user(Role::Learner, "ada").await,
        hub.user(Role::Learner, "ben").await,
    );
    for user in [&ada, &ben] {
        ask(&hub, here, user, join()).await.unwrap();
    }
    let path = format!("/api/v1/rooms/{here}/moves");
    let to = |user: &User| json!({"user": user.id, "to": there});
    let token = hub.enter(&ada).await.access.token;
    hub.post(&path, &token, to(&ben))
        .await
        .expect(403, "forbidden");
    hub.post(&path, &coach, to(&ada)).await.ok(204);
    assert_eq!(people(&hub, here, &coach).await, ["ben", "cora"]);
    assert_eq!(people(&hub, there, &coach).await, ["ada", "cora"]);
    // The other room is full: whoever was to go has their seat back.
    hub.post(&path, &coach, to(&ben))
        .await
        .expect(409, "room_full");
    assert_eq!(people(&hub, here, &coach).await, ["ben", "cora"]);
    // Gone is gone.
    ask(&hub, here, &ben, Command::Leave {}).await.unwrap();
    hub.post(&path, &coach, to(&ben))
        .await
        .expect(404, "no_such_member");
    hub.post(&path, &coach, json!({"user": ben.id, "to": here}))
        .await
        .expect(422, "field_invalid");
}

#[actix_web::test]
async fn whoever_leaves_while_they_are_moved_sits_in_one_room_at_most() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "cora").await;
    for round in 0..12 {
        let (here, there) = (
            opened(&hub, &coach, 10).await,
            opened(&hub, &coach, 10).await,
        );
        let ada = hub.user(Role::Learner, &format!("ada{round}")).await;
        ask(&hub, here, &ada, join()).await.unwrap();
        let path = format!("/api/v1/rooms/{here}/moves");
        let body = json!({"user": ada.id, "to": there});
        let leaving = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            ask(&hub, here, &ada, Command::Leave {}).await
        };
        let (moved, left) =
            futures_util::future::join(hub.post(&path, &coach, body), leaving).await;
        let is_there = people(&hub, there, &coach).await.contains(&ada.name);
        let is_here = people(&hub, here, &coach).await.contains(&ada.name);
        assert!(!is_here, "round {round}");
        // Either they left, or they were moved: one of the two was decided first.
        assert_eq!(is_there, moved.status.as_u16() == 204, "round {round}");
        assert_eq!(
            is_there,
            left == Err(Refusal::NotAMember),
            "round {round}: {left:?}"
        );
    }
}

#[actix_web::test]
async fn a_room_breaks_out_and_comes_back_by_hand_or_by_the_clock() {
    let hub = Hub::start().await;
    let (coach, _) = hub.token(Role::Coach, "cora").await;
    let hall = opened(&hub, &coach, 50).await;
    let mut all = vec!["cora".to_owned()];
    for n in 0..7 {
        let user = hub.user(Role::Learner, &format!("l{n}")).await;
        ask(&hub, hall, &user, join()).await.unwrap();
        all.push(user.name);
    }
    let path = format!("/api/v1/rooms/{hall}/breakouts");
    let body = json!({"way": {"by": "random", "groups": 3, "seed": 7}, "minutes": 10});
    let done = hub.post(&path, &coach, body).await.ok(200);
    let groups = done["items"].as_array().unwrap();
    let sizes: Vec<u64> = groups
        .iter()
        .map(|group| group["moved"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes, [3, 2, 2]);
    assert_eq!(people(&hub, hall, &coach).await, ["cora"]);
    let room = |group: &Value| -> RoomId { group["room"].as_str().unwrap().parse().unwrap() };
    assert_eq!(people(&hub, room(&groups[0]), &coach).await.len(), 4);

    // The time is up: whoever looks brings everybody back, and looking twice changes nothing more.
    let look = || async {
        let services = &hub.services;
        crate::schedule::bring_back(&services.store, &services.directory, &*hub.clock)
            .await
            .unwrap()
    };
    assert_eq!(look().await, 0);
    hub.clock.turn(10 * 60_000);
    futures_util::future::join(look(), look()).await;
    assert_eq!(people(&hub, hall, &coach).await, all);
    let ended = hub
        .get(&format!("/api/v1/rooms/{}", room(&groups[0])), &coach)
        .await
        .ok(200);
    assert_eq!(ended["phase"], "ended");
    assert_eq!(look().await, 0);

    // By hand, and back by hand.
    let one = hub.user(Role::Learner, "late").await;
    ask(&hub, hall, &one, join()).await.unwrap();
    let body = json!({"way": {"by": "hand", "groups": [[one.id]]}});
    hub.post(&path, &coach, body).await.ok(200);
    assert_eq!(people(&hub, hall, &coach).await, all);
    let request = actix_web::test::TestRequest::delete().uri(&path);
    let back = hub.send(super::kit::bearing(request, &coach)).await.ok(200);
    assert_eq!(back["moved"], 1);
    let (stranger, _) = hub.token(Role::Learner, "sam").await;
    let body = json!({"way": {"by": "teams"}});
    hub.post(&path, &stranger, body)
        .await
        .expect(403, "forbidden");
}
