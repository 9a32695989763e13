//! Settings that promises rest on, migrations, and plans of the queries that come all the time.

use std::collections::BTreeMap;
use std::time::Duration;

use ludus::store::{Backend, Store, StoreConfig};
use ludus_actors::ports::Archive as _;
use ludus_domain::ids::{OrgId, RoomId, Seq};
use ludus_domain::journal::Fact;
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;
use ludus_migration::MigratorTrait as _;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::kit::{Ground, accepted, on_both, outcomes, said, seed_org, seed_room};

async fn ask(db: &impl ConnectionTrait, sql: &str) -> String {
    let ask = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(ask).await.unwrap().unwrap();
    match row.try_get_by_index::<String>(0) {
        Ok(text) => text,
        Err(_) => row.try_get_by_index::<i64>(0).unwrap().to_string(),
    }
}

async fn settings(store: &Store, names: &[&'static str]) -> (Vec<String>, Vec<String>) {
    let asked: Vec<String> = names
        .iter()
        .map(|name| match store.backend() {
            Backend::Sqlite => format!("PRAGMA {name}"),
            Backend::Postgres => format!("SHOW {name}"),
        })
        .collect();
    let again = asked.clone();
    let writer = store.write("test", |txn| {
        Box::pin(async move {
            let mut answers = vec![];
            for sql in asked {
                answers.push(ask(txn, &sql).await);
            }
            Ok(answers)
        })
    });
    let reader = store.read("test", |db| {
        Box::pin(async move {
            let mut answers = vec![];
            for sql in again {
                answers.push(ask(db, &sql).await);
            }
            Ok(answers)
        })
    });
    (writer.await.unwrap(), reader.await.unwrap())
}

on_both! {
    async fn what_promises_rest_on_is_set(ground: &Ground) {
        let store = ground.open().await;
        match store.backend() {
            Backend::Sqlite => {
                let names = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only"];
                let (writer, reader) = settings(&store, &names).await;
                // 2 is FULL: a commit waits for the disk.
                assert_eq!(writer, ["wal", "2", "1", "1500", "0"]);
                assert_eq!(reader, ["wal", "2", "1", "1500", "1"]);
            }
            Backend::Postgres => {
                let names = [
                    "synchronous_commit",
                    "statement_timeout",
                    "lock_timeout",
                    "idle_in_transaction_session_timeout",
                    "default_transaction_read_only",
                    "transaction_isolation",
                ];
                let (writer, reader) = settings(&store, &names).await;
                assert_eq!(writer, ["on", "1500ms", "1s", "10s", "off", "read committed"]);
                assert_eq!(reader, ["on", "2s", "1s", "10s", "on", "read committed"]);
            }
        }
        // A reader cannot write, whatever a query says.
        let written = store.read("test", |db| {
            Box::pin(async move { Ok(db.execute_unprepared("DELETE FROM setting").await?) })
        });
        written.await.unwrap_err();

        // The careless kind, for demonstrations.
        store.shutdown().await;
        let config = StoreConfig { fsync_off: true, ..ground.config.clone() };
        let store = Store::open(&config).await.unwrap();
        let (name, off) = match store.backend() {
            Backend::Sqlite => ("synchronous", "0"),
            Backend::Postgres => ("synchronous_commit", "off"),
        };
        assert_eq!(settings(&store, &[name]).await.0, [off]);
    }

    async fn hubs_that_start_together_migrate_once(ground: &Ground) {
        let config = StoreConfig { beside: true, ..ground.config.clone() };
        let opening = (0..4).map(|_| Store::open(&config));
        let stores = futures_util::future::join_all(opening).await;
        let org = seed_org(stores[0].as_ref().unwrap()).await;
        for store in stores {
            let room = seed_room(&store.unwrap(), org).await;
            outcomes(room.say("here").await);
        }
        let once = ludus_migration::Migrator::migrations().len().to_string();
        assert_eq!(ask(&ground.aside().await, "SELECT count(*) FROM seaql_migrations").await, once);
    }

    async fn what_the_first_version_wrote_is_read_by_this_one(ground: &Ground) {
        // SQLite opens the file itself; PostgreSQL gets it by way of a restore.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("first-version.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let db = sea_orm::Database::connect(url).await.unwrap();
        db.execute_unprepared(include_str!("first-version.sql")).await.unwrap();
        db.close().await.unwrap();
        if ground.config.url.starts_with("postgres") {
            ludus::store::backup::restore(&ground.config, &file).await.unwrap();
        } else {
            std::fs::copy(&file, &ground.config.url).unwrap();
        }
        let store = ground.open().await;
        let (org, room) = first_version();
        let stored = store.room(org, room, 100).await.unwrap().unwrap();
        assert_eq!((stored.head, stored.guard), (Seq(5), Seq(2)));
        assert_eq!(stored.state.plan.title, "Lounge");
        assert!(matches!(&stored.tail[2].fact, Fact::Room(Event::Said { retracted: true, .. })));
        assert!(matches!(&stored.tail[3].fact, Fact::Room(Event::Said { text, .. }) if text == "kept"));
        assert!(stored.tail.iter().all(|recorded| recorded.at.0 > 0 && recorded.by.is_some()));
    }

    async fn what_comes_all_the_time_never_scans_a_table(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let mut rooms = vec![];
        for _ in 0..40 {
            let room = seed_room(&store, org).await;
            for _ in 0..2 {
                let lines = (0..100).map(|line| accepted(room.host, vec![said(&format!("{line}"))]));
                outcomes(room.append(lines.collect()).await);
            }
            rooms.push(room);
        }
        let aside = ground.aside().await;
        store.shutdown().await;
        aside.execute_unprepared("ANALYZE").await.unwrap();
        if store.backend() == Backend::Sqlite {
            // SQLite does not count scans; its plans are looked at where the queries are made.
            return;
        }
        let store = ground.open().await;
        let before = scans(&aside).await;
        for room in &mut rooms {
            room.store = store.clone();
        }
        for room in &rooms {
            let line = Event::said("to you", vec![rooms[0].host]);
            outcomes(room.append(vec![accepted(room.host, vec![line])]).await);
            outcomes(room.append(vec![accepted(room.host, vec![Event::Retracted { line: Seq(3), of: Some(room.host) }])]).await);
            let stream = StreamId::Room(room.room);
            store.room(org, room.room, 50).await.unwrap().unwrap();
            store.events(org, stream, Seq(150), 100).await.unwrap();
            store.head(org, stream).await.unwrap();
            store.line(org, room.room, Seq(7)).await.unwrap().unwrap();
            store.mark_read(org, room.room, room.host, Seq(9)).await.unwrap();
        }
        store.shutdown().await;
        let after = scans(&aside).await;
        // The others are so small here that a scan is the better plan.
        for table in ["command", "event"] {
            assert_eq!(after[table].0, before[table].0, "{table} was scanned: {before:?} {after:?}");
            assert!(after[table].1 > before[table].1, "{table} was not used");
        }
    }
}

/// Sequential and index scans per table, as PostgreSQL counts them.
async fn scans(db: &DatabaseConnection) -> BTreeMap<String, (i64, i64)> {
    // Sessions hand their counts in when they end.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let sql = "SELECT relname::text, seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables";
    let ask = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(ask).await.unwrap();
    rows.iter()
        .map(|row| {
            let counts = (
                row.try_get_by_index(1).unwrap(),
                row.try_get_by_index(2).unwrap(),
            );
            (row.try_get_by_index(0).unwrap(), counts)
        })
        .collect()
}

/// The org and room of the kept database.
fn first_version() -> (OrgId, RoomId) {
    let org = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
    let room = "018f0000-0000-7000-8000-000000000002".parse().unwrap();
    (org, room)
}
