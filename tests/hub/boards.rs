//! Boards move while people watch them, and what is shown is what is committed.

use std::collections::BTreeMap;
use std::time::Duration;

use ludus_domain::game::plan::BoardKey;
use ludus_domain::protocol::{BoardFrame, BoardPosition, BoardRow};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::kit::*;

/// From the ack of what pays to the frame that shows it: 250 ms are promised on a machine of one's
/// own; here many tests share two cores.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);
const TOP: u8 = 10;

pub(crate) fn week() -> BoardKey {
    "week-xp".parse().unwrap()
}

/// What a client holds of a board's first rows.
#[derive(Default)]
pub(crate) struct Model {
    known: Option<BoardPosition>,
    count: u32,
    rows: BTreeMap<u32, BoardRow>,
}

impl Model {
    pub(crate) fn take(&mut self, frame: &BoardFrame) {
        match (frame.after, self.known) {
            (None, _) => self.rows.clear(),
            (Some(after), Some(known)) => {
                assert_eq!((frame.epoch, after), (known.epoch, known.tick), "a gap");
            }
            (Some(_), None) => panic!("a change of nothing"),
        }
        self.known = Some(BoardPosition {
            epoch: frame.epoch,
            tick: frame.tick,
        });
        self.count = frame.count;
        let rows = frame.rows.iter().map(|row| (row.at, row.clone()));
        self.rows.extend(rows);
        let shown = frame.count.min(u32::from(TOP));
        self.rows.retain(|at, _| *at < shown);
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.rows.values().map(|row| row.name.as_str()).collect()
    }

    /// Listens until the board shows this.
    pub(crate) async fn shows(
        &mut self,
        client: &mut Client,
        within: Duration,
        wanted: impl Fn(&Self) -> bool,
    ) {
        let give_up = Instant::now() + within;
        while !wanted(self) {
            let left = give_up.saturating_duration_since(Instant::now());
            let frame = board(client, left).await;
            let frame = frame.unwrap_or_else(|| panic!("it still shows {:?}", self.names()));
            self.take(&frame);
        }
    }
}

async fn board(client: &mut Client, within: Duration) -> Option<BoardFrame> {
    let frame = client.expect(within, |frame| match frame {
        ServerFrame::Board(frame) => Some(frame.clone()),
        _ => None,
    });
    frame.await
}

/// Watches, and answers the first frame or why there is none.
pub(crate) async fn watch(
    client: &mut Client,
    key: BoardKey,
    since: Option<BoardPosition>,
) -> Result<BoardFrame, Refusal> {
    let id = CommandId(uuid::Uuid::now_v7());
    let frame = ClientFrame::Watch {
        id,
        board: key,
        top: TOP,
        around: 0,
        since,
    };
    client.send_frame(&frame).await.unwrap();
    let answer = client.expect(SOON, |frame| match frame {
        ServerFrame::Board(frame) if frame.id == Some(id) => Some(Ok(frame.clone())),
        ServerFrame::Nack {
            id: Some(to), code, ..
        } if *to == id => Some(Err(*code)),
        _ => None,
    });
    answer.await.expect("an answer to watch")
}

async fn page(account: &Account) -> Vec<BoardRow> {
    let path = format!("/api/v1/boards/week-xp?limit={TOP}");
    let frame: BoardFrame = account.get(&path).await.unwrap();
    frame.rows
}

async fn choose(hub: &Hub, account: &Account, choice: Value) {
    let request = hub
        .rest
        .request(reqwest::Method::PUT, "/api/v1/me/boards")
        .bearer_auth(&account.token)
        .json(&choice);
    assert!(request.send().await.unwrap().status().is_success());
}

/// Two look on while a third speaks: both see them rise, at once, as REST tells it; the same after
/// a kill; and not at all once they want to be on no board.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_moves_while_people_watch() {
    let mut hub = Hub::start(Backend::Sqlite).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let ada = hub.person("Ada Able", Role::Learner).await;
    let bob = hub.person("Bob Brief", Role::Learner).await;
    let mut adas = hub.member(&ada, room, None).await;
    let mut bobs = hub.member(&bob, room, None).await;
    let mut coach = hub.client(&hub.owner).await;
    let (mut here, mut there) = (Model::default(), Model::default());
    here.take(&watch(&mut coach, week(), None).await.unwrap());
    there.take(&watch(&mut bobs, week(), None).await.unwrap());
    assert!(here.rows.is_empty());

    acked(
        bobs.ask(room, say("Good morning to all of you"), SOON)
            .await,
    );
    here.shows(&mut coach, SOON, |board| board.names() == ["Bob Brief"])
        .await;
    // More of it: one who asks openly and well stands before one who greets.
    let asks = "What would help you most to feel at home in our team this week?";
    acked(adas.ask(room, say(asks), SOON).await);
    let above = |board: &Model| board.names() == ["Ada Able", "Bob Brief"];
    here.shows(&mut coach, SHOWN_WITHIN, above).await;
    there.shows(&mut bobs, SHOWN_WITHIN, above).await;
    assert!(there.rows[&1].mine && !here.rows[&1].mine);
    let told: Vec<BoardRow> = here.rows.values().cloned().collect();
    assert_eq!(told, page(&hub.owner).await);
    let bobs_own: Vec<BoardRow> = there.rows.values().cloned().collect();
    assert_eq!(bobs_own, page(&bob).await);

    // A connection is lost and comes back to what it had: nothing has moved, nothing is told again.
    coach.cut();
    coach.connect().await.unwrap();
    let again = watch(&mut coach, week(), here.known).await.unwrap();
    assert_eq!(
        (again.after, again.rows.len()),
        (here.known.map(|it| it.tick), 0)
    );
    here.take(&again);

    // What was committed stands in the same order after a kill, under another epoch.
    hub.restart().await;
    for client in [&mut coach, &mut bobs] {
        client.cut();
        client.connect().await.unwrap();
    }
    let anew = watch(&mut coach, week(), here.known).await.unwrap();
    assert_eq!(anew.after, None);
    here.take(&anew);
    let after: Vec<BoardRow> = here.rows.values().cloned().collect();
    assert_eq!(after, told);

    // Ada wants to be on no board, and Bob by another name: everybody's board says so.
    choose(&hub, &ada, json!({"hidden": true})).await;
    choose(&hub, &bob, json!({"hidden": false, "nickname": "Comet"})).await;
    here.shows(&mut coach, SOON, |board| board.names() == ["Comet"])
        .await;
    assert_eq!(here.count, 1);
}

/// What there is not, and what one may not see, is one answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_of_others_does_not_exist() {
    let hub = Hub::start(Backend::Sqlite).await;
    let made: Value = hub
        .owner
        .post("/api/v1/cohorts", &json!({"title": "C"}))
        .await
        .unwrap();
    let cohort = made["id"].as_str().unwrap();
    let stranger = hub.person("Sam Stranger", Role::Learner).await;
    let (.., guests) = hub.crowd(1).await;
    let of_cohort: BoardKey = format!("cohort-week@{cohort}").parse().unwrap();
    let mut owners = hub.client(&hub.owner).await;
    assert!(watch(&mut owners, of_cohort.clone(), None).await.is_ok());
    let nowhere: BoardKey = format!("cohort-week@{}", uuid::Uuid::now_v7())
        .parse()
        .unwrap();
    for (client, keys) in [
        (
            hub.client(&stranger).await,
            vec![of_cohort.clone(), nowhere.clone()],
        ),
        (hub.client(&guests[0]).await, vec![of_cohort, week()]),
        (owners, vec![nowhere, "nothing".parse().unwrap()]),
    ] {
        let mut client = client;
        for key in keys {
            let answer = watch(&mut client, key.clone(), None).await;
            assert_eq!(answer.err(), Some(Refusal::NotFound), "{key}");
        }
    }
}
