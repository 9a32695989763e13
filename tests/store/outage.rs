//! The database goes, comes back, and is cut off in the middle of things; callers leave. Nothing
//! acknowledged is lost, nothing is there twice, nothing is left open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ludus::store::StoreError;
use ludus_actors::ports::{Archive as _, Journal as _};
use ludus_domain::ids::{RoomId, Seq};
use ludus_domain::journal::{Appended, Fact, Fault, Outcome};
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::game::{check_ledger, rules};
use crate::kit::{Ground, Seeded, accepted, on_both, outcomes, said, seed_org, seed_room};

/// How long there is trouble.
const TROUBLE: Duration = Duration::from_secs(6);

/// Says lines until the time is up, each until it is acknowledged, some of them half-heartedly.
/// Answers what was acknowledged, with the seq it got.
async fn talk(room: Seeded, name: usize, until: Instant) -> BTreeMap<String, Seq> {
    let mut acknowledged = BTreeMap::new();
    for line in 0.. {
        if Instant::now() >= until {
            break;
        }
        let text = format!("{name}/{line}");
        let command = accepted(room.host, vec![said(&text)]);
        for attempt in 0.. {
            let answer = room.store.append(room.plan(vec![command.clone()]));
            if attempt == 0 && line % 4 == 0 {
                // Leaves almost at once, and asks again with the same id.
                tokio::time::timeout(Duration::from_micros(300), answer)
                    .await
                    .ok();
                continue;
            }
            match answer.await {
                Ok(appended) => {
                    let [
                        Outcome::Fresh { first, count: 1 } | Outcome::Duplicate { first, count: 1 },
                    ] = outcomes(Ok(appended))[..]
                    else {
                        panic!("{text} was not written");
                    };
                    acknowledged.insert(text, first);
                    break;
                }
                Err(Fault::Unavailable { .. } | Fault::Unknown { .. }) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(fault) => panic!("{text}: {fault}"),
            }
        }
    }
    acknowledged
}

/// Every acknowledged line is where it was said to be, once; the sequence has no holes.
async fn check(room: &Seeded, acknowledged: &BTreeMap<String, Seq>) {
    let mut seen = BTreeMap::new();
    let mut last = Seq::ZERO;
    loop {
        let stream = StreamId::Room(room.room);
        let page = room
            .store
            .events(room.org, stream, last, 2_000)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        for recorded in page {
            assert_eq!(recorded.seq, last.next());
            last = recorded.seq;
            if let Fact::Room(Event::Said { text, .. }) = recorded.fact {
                let twice = seen.insert(text, recorded.seq);
                assert_eq!(twice, None);
            }
        }
    }
    // Nobody stopped before the answer, so that what is there is exactly what was acknowledged.
    assert_eq!(&seen, acknowledged);
    let head = room
        .store
        .head(room.org, StreamId::Room(room.room))
        .await
        .unwrap();
    assert_eq!(head.seq, last);
}

/// What was acknowledged in each of the rooms.
async fn talk_in(rooms: &[Seeded]) -> BTreeMap<RoomId, BTreeMap<String, Seq>> {
    let until = Instant::now() + TROUBLE;
    let mut talking = JoinSet::new();
    for name in 0..8 {
        let room = rooms[name % rooms.len()].clone();
        talking.spawn(async move { (room.room, talk(room, name, until).await) });
    }
    let mut acknowledged: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    while let Some(done) = talking.join_next().await {
        let (room, mine) = done.unwrap();
        acknowledged.entry(room).or_default().extend(mine);
    }
    acknowledged
}

async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let found = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(found).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

on_both! {
    async fn callers_who_leave_and_come_back_find_one_line(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        store.put_rules(org, rules()).await.unwrap();
        let mut rooms = vec![];
        for _ in 0..4 {
            rooms.push(seed_room(&store, org).await);
        }
        let acknowledged = talk_in(&rooms).await;
        for room in &rooms {
            check(room, &acknowledged[&room.room]).await;
        }
        check_ledger(ground, org).await;
        assert!(acknowledged.values().map(BTreeMap::len).sum::<usize>() > 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_every_moment_lose_and_double_nothing() {
    let Some(ground) = Ground::postgres().await else {
        return;
    };
    let store = ground.open().await;
    let org = seed_org(&store).await;
    store.put_rules(org, rules()).await.unwrap();
    let mut rooms = vec![];
    for _ in 0..4 {
        rooms.push(seed_room(&store, org).await);
    }
    let aside = ground.aside().await;
    let cuts = Arc::new(AtomicI64::new(0));
    let cut = Arc::clone(&cuts);
    let cutting = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            // Three at random, whatever they are doing.
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
                       WHERE datname = current_database() AND application_name LIKE 'ludus%' \
                       ORDER BY random() LIMIT 3) AS unlucky";
            cut.fetch_add(count(&aside, sql).await, Ordering::Relaxed);
        }
    });
    let acknowledged = talk_in(&rooms).await;
    cutting.abort();
    // A query of the cutter's may still be on its way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for room in &rooms {
        check(room, &acknowledged[&room.room]).await;
    }
    // Each acknowledged line is an entry, and each entry was paid as it should be.
    assert_eq!(check_ledger(&ground, org).await.len(), rooms.len());
    let said: usize = acknowledged.values().map(BTreeMap::len).sum();
    let cuts = cuts.load(Ordering::Relaxed);
    println!("{said} lines through {cuts} cuts");
    assert!(said > 100 && cuts > 20, "{said} lines through {cuts} cuts");

    // Nobody sits in a transaction, and everything works at once.
    let aside = ground.aside().await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%'";
    assert_eq!(count(&aside, open).await, 0);
    for room in &rooms {
        outcomes(room.say("well again").await);
    }
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_an_honest_no_and_its_return_is_noticed() {
    let Some(ground) = Ground::postgres().await else {
        return;
    };
    let store = ground.open().await;
    let org = seed_org(&store).await;
    let room = seed_room(&store, org).await;
    outcomes(room.say("before").await);
    let (outside, name) = ground.outside().await;
    let door = async |open: bool| {
        let sql = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {open}");
        outside.execute_unprepared(&sql).await.unwrap();
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        outside.execute_unprepared(&sql).await.unwrap();
    };
    door(false).await;
    let line = accepted(room.host, vec![said("during")]);
    for round in 0..4 {
        let started = Instant::now();
        let answer = room.append(vec![line.clone()]).await;
        assert!(
            matches!(answer, Err(Fault::Unavailable { .. })),
            "{answer:?}"
        );
        let took = started.elapsed();
        assert!(took < Duration::from_millis(2_900), "{took:?}");
        // After the first, everybody is told at once.
        assert!(round == 0 || took < Duration::from_millis(700), "{took:?}");
    }
    assert!(matches!(
        store.ping().await,
        Err(StoreError::Unavailable { .. })
    ));
    let wrote = store.write("test", |_| Box::pin(async { Ok(()) })).await;
    assert!(matches!(wrote, Err(StoreError::Unavailable { .. })));

    door(true).await;
    let back = Instant::now();
    while !matches!(
        room.append(vec![line.clone()]).await,
        Ok(Appended::Committed { .. })
    ) {
        assert!(
            back.elapsed() < Duration::from_secs(3),
            "not back within three seconds"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.ping().await.unwrap();
    assert_eq!(room.events().await.len(), 4);
}

/// A disk that is busy with something else holds up one write, for as long as the test likes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_the_disk_holds_up_is_waited_for_and_everybody_else_is_told() {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    let org = seed_org(&store).await;
    let room = seed_room(&store, org).await;
    let (disk, busy) = tokio::sync::oneshot::channel::<()>();
    let began = Instant::now();
    let held = tokio::spawn(store.write("held up", |txn| {
        Box::pin(async move {
            txn.execute_unprepared("UPDATE org SET name = 'Held up'")
                .await?;
            busy.await.ok();
            Ok(())
        })
    }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Who comes while it may still be quick waits, and has an answer in time.
    let line = accepted(room.host, vec![said("meanwhile")]);
    let answer = room.append(vec![line.clone()]).await;
    assert!(
        matches!(answer, Err(Fault::Unavailable { .. })),
        "{answer:?}"
    );
    assert!(began.elapsed() < Duration::from_millis(3_200));
    // Who comes later is told at once, however long it takes.
    while began.elapsed() < Duration::from_millis(5_500) {
        let started = Instant::now();
        let answer = room.append(vec![line.clone()]).await;
        assert!(
            matches!(answer, Err(Fault::Unavailable { .. })),
            "{answer:?}"
        );
        let took = started.elapsed();
        assert!(took < Duration::from_millis(100), "{took:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(matches!(
        held.await,
        Ok(Err(StoreError::Unavailable { .. }))
    ));
    assert_eq!(room.events().await.len(), 2, "readers go on");

    disk.send(()).unwrap();
    let back = Instant::now();
    while room.append(vec![line.clone()]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = back.elapsed();
    assert!(took < Duration::from_millis(150), "{took:?}");
    store.ping().await.unwrap();
    let aside = ground.aside().await;
    let kept = "SELECT count(*) FROM org WHERE name = 'Held up'";
    assert_eq!(count(&aside, kept).await, 1, "what was held up is done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_stops_while_a_write_is_held_up_does_what_it_has() {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    let org = seed_org(&store).await;
    let name = format!(
        "UPDATE org SET name = 'Held up' WHERE id = X'{}'",
        org.0.simple()
    );
    drop(store.write("held up", move |txn| {
        Box::pin(async move {
            txn.execute_unprepared(&name).await?;
            tokio::time::sleep(Duration::from_secs(4)).await;
            Ok(())
        })
    }));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let began = Instant::now();
    store.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(5));
    let aside = ground.aside().await;
    let kept = "SELECT count(*) FROM org WHERE name = 'Held up'";
    assert_eq!(count(&aside, kept).await, 1);
}

/// Ends its own connection where it is told to.
async fn plant(aside: &DatabaseConnection, plan: &str) {
    aside
        .execute_unprepared(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
        )
        .await
        .unwrap();
    aside.execute_unprepared(plan).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_called_unknown_and_settled_by_its_id() {
    let Some(ground) = Ground::postgres().await else {
        return;
    };
    let store = ground.open().await;
    let org = seed_org(&store).await;
    let room = seed_room(&store, org).await;
    let aside = ground.aside().await;
    let line = accepted(room.host, vec![said("perhaps")]);
    for (plan, is_known) in [
        // Before COMMIT, nothing can have been written.
        (
            "CREATE TRIGGER cut AFTER INSERT ON event EXECUTE FUNCTION cut()",
            true,
        ),
        (
            "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED \
          FOR EACH ROW EXECUTE FUNCTION cut()",
            false,
        ),
    ] {
        plant(&aside, plan).await;
        let answer = room.append(vec![line.clone()]).await;
        match (&answer, is_known) {
            (Err(Fault::Unavailable { .. }), true) | (Err(Fault::Unknown { .. }), false) => {}
            _ => panic!("{plan}: {answer:?}"),
        }
        aside
            .execute_unprepared("DROP TRIGGER cut ON event; DROP FUNCTION cut()")
            .await
            .unwrap();
    }
    let back = Instant::now();
    loop {
        match room.append(vec![line.clone()]).await {
            Ok(Appended::Committed { outcomes, .. }) => {
                assert!(matches!(outcomes[..], [Outcome::Fresh { count: 1, .. }]));
                break;
            }
            _ => assert!(back.elapsed() < Duration::from_secs(3)),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(room.events().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_whose_connection_breaks_is_read_again() {
    let Some(ground) = Ground::postgres().await else {
        return;
    };
    let store = ground.open().await;
    let tries = Arc::new(AtomicI64::new(0));
    let read = |breaks: i64| {
        let tries = Arc::clone(&tries);
        tries.store(0, Ordering::SeqCst);
        store.read("test", move |db| {
            Box::pin(async move {
                if tries.fetch_add(1, Ordering::SeqCst) < breaks {
                    db.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())")
                        .await?;
                }
                db.execute_unprepared("SELECT 1").await?;
                Ok(())
            })
        })
    };
    read(0).await.unwrap();
    read(1).await.unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    // Twice is no accident.
    assert!(matches!(read(9).await, Err(StoreError::Unavailable { .. })));
    assert_eq!(tries.load(Ordering::SeqCst), 2);
}
