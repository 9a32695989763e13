//! A contest from its opening to its results, through a kill at the moment of its end.

use std::time::Duration;

use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::Seq;
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::protocol::{BoardFrame, Position};
use serde_json::{Value, json};

use crate::kit::*;

#[expect(
    clippy::disallowed_methods,
    reason = "the hub is another process, and lives by the wall"
)]
fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_millis()).unwrap()
}

/// A contest of experience that ends in so many seconds.
async fn hold(hub: &Hub, seconds: i64) -> Value {
    let now = now_ms();
    let body = json!({
        "plan": "half-hour", "title": "Friday",
        "starts": now - 60_000, "ends": now + seconds * 1_000,
    });
    hub.owner.post("/api/v1/contests", &body).await.unwrap()
}

async fn enter(account: &Account, contest: &Value) -> Value {
    let path = format!("/api/v1/contests/{}/enter", contest["id"].as_str().unwrap());
    account.post(&path, &json!({})).await.unwrap()
}

async fn watch(client: &mut Client, board: &BoardKey) {
    let frame = ClientFrame::Watch {
        id: CommandId(uuid::Uuid::now_v7()),
        board: board.clone(),
        top: 10,
        around: 0,
        since: None,
    };
    client.send_frame(&frame).await.unwrap();
}

/// The first frame of the board that is as wanted.
async fn shows(client: &mut Client, wanted: impl Fn(&BoardFrame) -> bool) -> BoardFrame {
    let frame = client.expect(SOON, |frame| match frame {
        ServerFrame::Board(frame) if wanted(frame) => Some(frame.clone()),
        _ => None,
    });
    frame.await.expect("the board shows it")
}

fn is_over(frame: &BoardFrame) -> bool {
    frame.about.as_ref().is_some_and(|about| about.over)
}

/// Every end that somebody's inbox tells of, from its beginning: place, entrants, score.
async fn ends(hub: &Hub, account: &Account) -> Vec<(u32, u32, i64)> {
    let mut client = hub.client(account).await;
    let inbox = StreamId::Inbox(account.user);
    client.subscribe(inbox, None).await;
    let epoch = client.expect(SOON, |frame| match frame {
        ServerFrame::Subscribed { stream, epoch, .. } if *stream == inbox => Some(*epoch),
        _ => None,
    });
    let epoch = epoch.await.expect("an inbox");
    let mut reader = hub.client(account).await;
    let seq = Seq::ZERO;
    reader.subscribe(inbox, Some(Position { epoch, seq })).await;
    let mut ends = vec![];
    loop {
        let frame = tokio::time::timeout(SOON, reader.hear()).await;
        match frame.unwrap().unwrap() {
            ServerFrame::Event { stream, event, .. } if stream == inbox => {
                if let Fact::Inbox(InboxEvent::ContestOver {
                    place,
                    entrants,
                    score,
                    ..
                }) = event.fact
                {
                    ends.push((place, entrants, score));
                }
            }
            ServerFrame::Subscribed { stream, .. } if stream == inbox => return ends,
            _ => {}
        }
    }
}

async fn results(account: &Account, contest: &Value) -> Value {
    let id = contest["id"].as_str().unwrap();
    let path = format!("/api/v1/contests/{id}/results");
    account.get(&path).await.unwrap()
}

on_both! {
    async fn a_contest_is_watched_to_its_end(backend: Backend) {
        let hub = Hub::start(backend).await;
        let room = hub.owner.open(&RoomWish::lounge("Lounge")).await.unwrap().id;
        let ada = hub.person("Ada Able", Role::Learner).await;
        let bob = hub.person("Bob Brief", Role::Learner).await;
        let mut adas = hub.member(&ada, room, None).await;
        acked(adas.ask(room, say("What did I say before it all began?"), SOON).await);
        let contest = hold(&hub, 8).await;
        enter(&ada, &contest).await;
        enter(&bob, &contest).await;
        let board: BoardKey = contest["board"].as_str().unwrap().parse().unwrap();
        let mut coach = hub.client(&hub.owner).await;
        watch(&mut coach, &board).await;
        let first = shows(&mut coach, |_| true).await;
        let about = first.about.unwrap();
        assert!(first.rows.is_empty() && about.ends_at.is_some() && !about.over);
        let asks = "What would help you most to feel at home in our team this week?";
        acked(adas.ask(room, say(asks), SOON).await);
        let live = shows(&mut coach, |frame| frame.count == 1).await;
        assert_eq!(live.rows[0].name, "Ada Able");
        // The last frame comes by itself, and says what stands.
        let last = shows(&mut coach, is_over).await;
        assert_eq!(last.rows[0].score, live.rows[0].score);
        let told = results(&bob, &contest).await;
        assert_eq!(told["items"][0]["score"], live.rows[0].score);
        assert_eq!(told["items"][1]["name"], "Bob Brief");
        acked(adas.ask(room, say("And what may I ask when it is over?"), SOON).await);
        assert_eq!(results(&bob, &contest).await, told);
        assert_eq!(ends(&hub, &ada).await, [(1, 2, live.rows[0].score)]);
        assert_eq!(ends(&hub, &bob).await, [(2, 2, 0)]);
    }

    async fn an_end_that_was_slept_through_is_told_once(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let ada = hub.person("Ada Able", Role::Learner).await;
        let contest = hold(&hub, 3).await;
        enter(&ada, &contest).await;
        hub.kill9();
        tokio::time::sleep(Duration::from_secs(4)).await;
        hub.resume().await;
        // What was missed is made up for before anybody is served.
        assert_eq!(results(&ada, &contest).await["items"][0]["mine"], true);
        hub.restart().await;
        assert_eq!(ends(&hub, &ada).await, [(1, 1, 0)]);
    }
}
