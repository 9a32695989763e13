//! What is asked all the time is looked up by key. PostgreSQL plans by what the tables have in them,
//! so they are filled first; then it is asked itself whether it scanned any. SQLite's plans are
//! looked at beside the statements, in `src/store/journal/plans.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use ludus_actors::ports::Archive as _;
use ludus_domain::ids::Seq;
use ludus_domain::stream::StreamId;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::time::Instant;

use crate::game::rules;
use crate::kit::{Ground, accepted, outcomes, said, seed_org, seed_room};

const ROOMS: usize = 30;
const LINES: usize = 100;
const HEADS: usize = 5_000;
/// Those that grow with every line, or with every person.
const GROW: [&str; 8] = [
    "event",
    "command",
    "stream",
    "member",
    "account",
    "account_room",
    "deed",
    "award",
];
/// PostgreSQL's sessions tell what they counted at most ten seconds after they fell quiet.
const QUIET: Duration = Duration::from_secs(12);
const COUNTED_WITHIN: Duration = Duration::from_secs(15);

async fn scans(db: &DatabaseConnection) -> BTreeMap<String, i64> {
    let sql = "SELECT relname::text, seq_scan FROM pg_stat_user_tables";
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            (
                row.try_get_by_index(0).unwrap(),
                row.try_get_by_index(1).unwrap(),
            )
        })
        .filter(|(name, _): &(String, i64)| GROW.contains(&name.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_grows_is_scanned_by_commits_and_resumes() {
    let Some(ground) = Ground::postgres().await else {
        return;
    };
    let store = ground.open().await;
    let org = seed_org(&store).await;
    store.put_rules(org, rules()).await.unwrap();
    let mut rooms = vec![];
    for _ in 0..ROOMS {
        let room = seed_room(&store, org).await;
        let lines = (0..LINES).map(|line| accepted(room.host, vec![said(&format!("line {line}"))]));
        outcomes(room.append(lines.collect()).await);
        rooms.push(room);
    }
    let db = ground.aside().await;
    // Thirty heads lie on one page, which is read whole whenever it was tidied up in time.
    let heads = format!(
        "INSERT INTO stream (org_id, key, epoch, head, guard, first, moved_at) \
         SELECT '{org}', 'inbox:' || gen_random_uuid(), 0, 0, 0, 1, 0 FROM generate_series(1, {HEADS})"
    );
    db.execute_unprepared(&heads).await.unwrap();
    db.execute_unprepared("VACUUM ANALYZE").await.unwrap();
    // What was asked while tables were small, and scanned, is counted by then.
    tokio::time::sleep(QUIET).await;
    let before = scans(&db).await;
    assert_eq!(before.len(), GROW.len(), "{before:?}");

    for room in &rooms {
        outcomes(
            room.append(vec![accepted(room.host, vec![said("one more")])])
                .await,
        );
        let stream = StreamId::Room(room.room);
        let last = Seq(LINES as u64);
        assert!(
            !store
                .events(org, stream, last, 200)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(store.line(org, room.room, last).await.unwrap().is_some());
        assert!(store.room(org, room.room, 50).await.unwrap().is_some());
        store.head(org, stream).await.unwrap();
        store
            .mark_read(org, room.room, room.host, last)
            .await
            .unwrap();
    }
    // One scan on purpose: when it is counted, so are all of those before it.
    db.execute_unprepared("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM award")
        .await
        .unwrap();
    let until = Instant::now() + COUNTED_WITHIN;
    let after = loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let after = scans(&db).await;
        if after["award"] > before["award"] {
            break after;
        }
        assert!(Instant::now() < until, "the scan on purpose was not seen");
    };
    // Sessions of the store have been quiet longer than this one.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for table in GROW.iter().filter(|table| **table != "award") {
        assert_eq!(after[*table], before[*table], "{table} was scanned");
    }
    assert_eq!(after["award"], before["award"] + 1);
}
