//! How many lines a second the journal takes, without sockets or rooms around it.
//!
//! ```text
//! cargo run --release --example appends -- <sqlite path or postgres url> [writers] [seconds] [game]
//! ```
//!
//! Each writer says a line, waits for the commit, and says the next; eight writers share a room.
//! With `game`, the lines are paid by a dozen rules, with badges, caps and a streak.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement")]

use std::sync::Arc;
use std::time::Duration;

use ludus::store::journal::{Fresh, record};
use ludus::store::{Store, StoreConfig};
use ludus_actors::ports::Journal as _;
use ludus_domain::game::rules::Compiled;
use ludus_domain::ids::{CommandId, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Append, Appended, Fact, Proposal};
use ludus_domain::room::{Entry, Event, RoomKind, RoomPlan};
use ludus_domain::stream::StreamId;
use ludus_entities::org;
use sea_orm::{EntityTrait as _, Set};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

const WRITERS_OF_A_ROOM: usize = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let url = args.next().unwrap_or_else(|| "appends.db".to_owned());
    let writers: usize = args.next().map_or(64, |text| text.parse().unwrap());
    let seconds: u64 = args.next().map_or(5, |text| text.parse().unwrap());

    let plays = args.next().is_some_and(|text| text == "game");

    let store = Store::open(&StoreConfig::new(url)).await.unwrap();
    let org = open_org(&store).await;
    if plays {
        store.put_rules(org, rules()).await.unwrap();
    }
    let mut rooms = vec![];
    for _ in 0..writers.div_ceil(WRITERS_OF_A_ROOM) {
        rooms.push(open_room(&store, org).await);
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut talking = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let room = rooms[writer / WRITERS_OF_A_ROOM];
        talking.spawn(talk(store.clone(), org, room, until));
    }
    let mut took: Vec<Duration> = talking.join_all().await.into_iter().flatten().collect();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!(
        "{writers} writers, {} rooms: {} lines/s; commit p50 {:.1?}, p99 {:.1?}, max {:.1?}",
        rooms.len(),
        took.len() as u64 / seconds,
        at(50),
        at(99),
        at(100)
    );
    store.shutdown().await;
}

async fn open_org(store: &Store) -> OrgId {
    let id = OrgId(Uuid::now_v7());
    let row = org::ActiveModel {
        id: Set(id.0),
        name: Set("Appends".to_owned()),
        time_zone: Set("Europe/Berlin".to_owned()),
        created_at: Set(0),
        roster: Set(0),
    };
    let insert = org::Entity::insert(row);
    store
        .write("org", |txn| {
            Box::pin(async move {
                insert.exec_without_returning(txn).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    id
}

/// As much as a school may write: most of the rules look at every line, and two of them pay it.
fn rules() -> Arc<Compiled> {
    let rule = |id: &str, words: u32, points: i64| {
        json!({
            "id": id, "version": 1, "title": id, "on": "line_said", "points": points,
            "when": {"all": [{"at_least": {"words": words}}, {"at_most": {"words": words + 10}}]},
            "caps": [{"per": "day", "times": 100_000}, {"per": "room", "points": 1_000_000}],
        })
    };
    let rules: Vec<_> = (0..11_u32)
        .map(|n| rule(&format!("length-{n}"), n * 7, 2))
        .chain([
            json!({"id": "said", "version": 1, "title": "Said", "on": "line_said", "points": 1}),
        ])
        .collect();
    let set = json!({
        "rules": rules,
        "badges": [
            {"id": "talker", "version": 1, "title": "Talker", "says": "Lines", "on": "line_said",
             "levels": [10, 100, 1_000, 10_000]},
            {"id": "rooms", "version": 1, "title": "Rooms", "says": "Rooms", "on": "line_said",
             "count": "rooms", "levels": [3, 10]},
        ],
        "levels": {"kind": "xp", "base": 100, "growth_percent": 10, "max": 50},
        "streak": {"on": ["line_said"], "freeze_every": 7, "freezes_max": 2, "repair_deeds": 3,
                   "repair_days": 1},
        "quest_policy": {"a_day": 1, "a_week": 0},
        "quests": [{"id": "lines", "version": 1, "title": "Lines", "per": "day",
                    "on": "line_said", "times": 20}],
    });
    Arc::new(Compiled::new(serde_json::from_value(set).unwrap()))
}

async fn open_room(store: &Store, org: OrgId) -> RoomId {
    let room = RoomId(Uuid::now_v7());
    let plan = RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Open,
        title: "Appends".to_owned(),
        capacity: 10,
        lobby: false,
        scene: None,
    };
    let opened = Fresh {
        org,
        stream: StreamId::Room(room),
        by: None,
        facts: vec![Fact::Room(Event::Opened { plan })],
    };
    store
        .write("open", |txn| Box::pin(record(txn, vec![opened])))
        .await
        .unwrap();
    room
}

async fn talk(store: Store, org: OrgId, room: RoomId, until: Instant) -> Vec<Duration> {
    let sender = UserId(Uuid::now_v7());
    let mut took = vec![];
    while Instant::now() < until {
        let line = Event::said(
            "The quick brown fox jumps over the lazy dog, and nobody minds at all.",
            vec![],
        );
        let append = Append {
            org,
            room,
            kind: RoomKind::Lounge,
            decided_on: Seq(1),
            proposals: vec![Proposal {
                sender,
                command: CommandId(Uuid::now_v7()),
                fingerprint: 1,
                verdict: Ok(vec![line]),
            }],
            state: None,
        };
        let started = Instant::now();
        let appended = store.append(append).await.unwrap();
        assert!(matches!(appended, Appended::Committed { .. }));
        took.push(started.elapsed());
    }
    took
}
