//! Backups: one moment of a running hub, put back as another lineage.

use std::path::Path;

use ludus::store::backup::{backup, restore};
use ludus::store::{Store, StoreConfig, StoreError};
use ludus_actors::ports::Archive as _;
use ludus_domain::ids::{Epoch, Seq};
use ludus_domain::journal::{Appended, Recorded};
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

use crate::kit::{Ground, Seeded, accepted, on_both, outcomes, said, seed_org, seed_room};

/// Every table of a backup file, with how many rows it has.
async fn counts(db: &DatabaseConnection, tables: &[String]) -> Vec<(String, i64)> {
    let mut counts = vec![];
    for table in tables {
        let sql = format!("SELECT count(*) FROM \"{table}\"");
        let count = Statement::from_string(db.get_database_backend(), sql);
        let row = db.query_one_raw(count).await.unwrap().unwrap();
        counts.push((table.clone(), row.try_get_by_index(0).unwrap()));
    }
    counts
}

async fn tables(file: &Path) -> Vec<String> {
    let url = format!("sqlite://{}", file.display());
    let db = sea_orm::Database::connect(url).await.unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let names = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(names).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// A little of everything the store keeps.
async fn fill(store: &Store) -> Seeded {
    let org = seed_org(store).await;
    let room = seed_room(store, org).await;
    let lines = (0..400).map(|line| accepted(room.host, vec![said(&format!("line {line}"))]));
    outcomes(room.append(lines.collect()).await);
    outcomes(
        room.append(vec![
            accepted(
                room.host,
                vec![Event::Retracted {
                    line: Seq(3),
                    of: Some(room.host),
                }],
            ),
            accepted(room.host, vec![Event::Invited { user: room.host }]),
        ])
        .await,
    );
    room
}

async fn check_restored(into: &Ground, room: &Seeded, events: &[Recorded], before: Epoch) -> Epoch {
    let store = into.open().await;
    let stream = StreamId::Room(room.room);
    assert_eq!(
        store
            .events(room.org, stream, Seq::ZERO, 2_000)
            .await
            .unwrap(),
        events
    );
    let stored = store.room(room.org, room.room, 0).await.unwrap().unwrap();
    assert!(
        stored.epoch > before,
        "{:?} is no new lineage",
        stored.epoch
    );
    for born_later in [
        StreamId::Inbox(room.host),
        StreamId::Inbox(ludus_domain::ids::UserId(uuid::Uuid::now_v7())),
    ] {
        assert_eq!(
            store.head(room.org, born_later).await.unwrap().epoch,
            stored.epoch
        );
    }
    // And life goes on, with the ids of old still known.
    let mut room = room.clone();
    room.store = store.clone();
    room.guard = stored.guard;
    match room.say("after").await.unwrap() {
        Appended::Committed { before, epoch, .. } => {
            assert_eq!(before.0, events.len() as u64);
            assert_eq!(epoch, stored.epoch);
        }
        moved @ Appended::Moved { .. } => panic!("{moved:?}"),
    }
    store.shutdown().await;
    stored.epoch
}

on_both! {
    async fn a_backup_of_a_running_hub_comes_back_as_another_lineage(ground: &Ground) {
        let store = ground.open().await;
        let room = fill(&store).await;
        let events = room.events().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.db");

        // Writers do not stop for it, and none of their transactions is cut in half.
        let busy = seed_room(&store, room.org).await;
        let writing = tokio::spawn(async move {
            for line in 0.. {
                let two = accepted(busy.host, vec![said(&format!("{line} a")), said(&format!("{line} b"))]);
                if busy.append(vec![two]).await.is_err() {
                    break;
                }
            }
        });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        backup(&ground.config, &file).await.unwrap();
        writing.abort();
        assert!(matches!(backup(&ground.config, &file).await, Err(StoreError::File { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "readable by its owner only");

        let tables = tables(&file).await;
        assert_eq!(tables.len(), 68, "{tables:?}");
        let kept = {
            let url = format!("sqlite://{}", file.display());
            counts(&sea_orm::Database::connect(url).await.unwrap(), &tables).await
        };
        let of = |name: &str| kept.iter().find(|(table, _)| table == name).unwrap().1;
        // One note in an inbox; everything else came in pairs.
        assert_eq!(of("event") % 2, 1, "half a transaction: {kept:?}");
        assert_eq!(of("hidden_line"), 1);
        let before = store.room(room.org, room.room, 0).await.unwrap().unwrap().epoch;

        // Not into the store it came from.
        store.shutdown().await;
        assert!(matches!(restore(&ground.config, &file).await, Err(StoreError::NotEmpty { .. })));

        let mut grounds = vec![Ground::sqlite()];
        grounds.extend(Ground::postgres().await);
        for into in grounds {
            restore(&into.config, &file).await.unwrap();
            assert_eq!(counts(&into.aside().await, &tables).await, kept);
            let epoch = check_restored(&into, &room, &events, before).await;
            // A backup of the restored, restored again, is a third lineage.
            let again = folder.path().join("again.db");
            backup(&into.config, &again).await.unwrap();
            let third = Ground::sqlite();
            restore(&third.config, &again).await.unwrap();
            let store = third.open().await;
            assert!(store.room(room.org, room.room, 0).await.unwrap().unwrap().epoch > epoch);
            std::fs::remove_file(again).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    }
}

#[tokio::test]
async fn what_is_no_backup_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let into = Ground::sqlite();
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, b"").unwrap();
    assert!(matches!(
        restore(&into.config, &empty).await,
        Err(StoreError::NotABackup { .. })
    ));
    let nonsense = folder.path().join("nonsense.db");
    std::fs::write(&nonsense, "not a database ".repeat(100)).unwrap();
    assert!(restore(&into.config, &nonsense).await.is_err());
    let missing = folder.path().join("missing.db");
    assert!(matches!(
        restore(&into.config, &missing).await,
        Err(StoreError::File { .. })
    ));
    let nowhere = StoreConfig::new(folder.path().join("no.db").to_str().unwrap());
    assert!(backup(&nowhere, &missing).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
