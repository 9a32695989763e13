//! Jobs: in the transaction that causes them, at least once, again when they fail, aside in the end.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ludus::store::jobs::{ATTEMPTS_MAX, House, Job, JobKind, Perform, Performance, enqueue};
use ludus::store::{Store, StoreError};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::{idempotency, job, link};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, Set};
use uuid::Uuid;

use crate::kit::{Ground, on_both, seed_org};

/// Does what the test wants, and remembers.
#[derive(Debug, Default)]
struct Scripted {
    /// Fails jobs with this payload so many times.
    failures: AtomicI32,
    seen: Mutex<Vec<(String, i32)>>,
}

impl Perform for Scripted {
    fn perform(&self, job: Job) -> Performance {
        let ended = if job.payload == "fails" && self.failures.fetch_sub(1, Ordering::SeqCst) > 0 {
            Err("as scripted".to_owned())
        } else {
            Ok(())
        };
        let panics = job.payload == "panics";
        self.seen.lock().unwrap().push((job.payload, job.attempt));
        Box::pin(async move {
            assert!(!panics, "as scripted");
            ended
        })
    }
}

impl Scripted {
    fn seen(&self, payload: &str) -> Vec<i32> {
        let seen = self.seen.lock().unwrap();
        let of_it = seen.iter().filter(|(name, _)| name == payload);
        of_it.map(|(_, attempt)| *attempt).collect()
    }
}

async fn put(store: &Store, payload: &'static str) -> Uuid {
    store
        .write("test", move |txn| {
            Box::pin(async move {
                let kind = JobKind::PruneExpired;
                Ok(enqueue(txn, None, kind, payload.to_owned(), Timestamp(0))
                    .await?
                    .0)
            })
        })
        .await
        .unwrap()
}

async fn find(store: &Store, id: Uuid) -> job::Model {
    let find = store.read("test", move |db| {
        Box::pin(async move { Ok(job::Entity::find_by_id(id).one(db).await?) })
    });
    find.await.unwrap().unwrap()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came to: {what}");
}

on_both! {
    async fn a_job_is_there_when_its_cause_is(ground: &Ground) {
        let store = ground.open().await;
        let refused = store.write("test", |txn| {
            Box::pin(async move {
                enqueue(txn, None, JobKind::PruneExpired, "never".to_owned(), Timestamp(0)).await?;
                Err::<(), StoreError>(Refusal::Forbidden.into())
            })
        });
        refused.await.unwrap_err();
        let scripted = Arc::new(Scripted::default());
        let worker = store.work(scripted.clone());
        put(&store, "now").await;
        until("done", async || !scripted.seen("now").is_empty()).await;
        assert!(scripted.seen("never").is_empty());
        // Recurring kinds are there by themselves.
        until("hourly", async || !scripted.seen("{}").is_empty()).await;
        drop(worker);
    }

    async fn what_fails_comes_again_later(ground: &Ground) {
        let store = ground.open().await;
        let scripted = Arc::new(Scripted { failures: AtomicI32::new(1), ..Scripted::default() });
        let id = put(&store, "fails").await;
        let panics = put(&store, "panics").await;
        let worker = store.work(scripted.clone());
        until("failed", async || find(&store, id).await.last_error.is_some()).await;
        let row = find(&store, id).await;
        assert_eq!((row.state.as_str(), row.attempts), ("ready", 1));
        assert_eq!(row.last_error.as_deref(), Some("as scripted"));
        let pause = row.run_at - row.created_at;
        assert!((1_000..=10_000).contains(&pause), "{pause}");
        until("panicked", async || find(&store, panics).await.last_error.is_some()).await;
        until("tried again", async || scripted.seen("fails") == [1, 2]).await;
        drop(worker);
    }

    async fn a_dead_workers_job_is_taken_up(ground: &Ground) {
        let store = ground.open().await;
        let id = put(&store, "fails").await;
        let aside = ground.aside().await;
        aside
            .execute_unprepared(&format!(
                "UPDATE job SET state = 'leased', attempts = {}, lease_until = 1",
                ATTEMPTS_MAX - 1
            ))
            .await
            .unwrap();
        let scripted = Arc::new(Scripted { failures: AtomicI32::new(1), ..Scripted::default() });
        let worker = store.work(scripted.clone());
        until("taken up", async || scripted.seen("fails") == [ATTEMPTS_MAX]).await;
        // It was the last try: laid aside, with the reason.
        until("laid aside", async || find(&store, id).await.state == "dead").await;
        assert_eq!(find(&store, id).await.last_error.as_deref(), Some("as scripted"));
        drop(worker);
    }

    async fn what_has_had_its_time_is_forgotten(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let far = i64::MAX;
        store
            .write("test", move |txn| {
                Box::pin(async move {
                    for (hash, expires_at) in [(1, 5), (2, far)] {
                        let row = link::ActiveModel {
                            id: Set(Uuid::now_v7()),
                            org_id: Set(org.0),
                            kind: Set("reset".to_owned()),
                            code_hash: Set(vec![hash]),
                            role: Set("learner".to_owned()),
                            email: Set(None),
                            name: Set(None),
                            user_id: Set(None),
                            room_id: Set(None),
                            cohort_id: Set(None),
                            created_by: Set(None),
                            created_at: Set(0),
                            expires_at: Set(expires_at),
                            claimed_at: Set(None),
                            claimed_by: Set(None),
                        };
                        link::Entity::insert(row).exec_without_returning(txn).await?;
                    }
                    let keys = (0..1_200).map(|key| idempotency::ActiveModel {
                        org_id: Set(org.0),
                        user_id: Set(Uuid::nil()),
                        key: Set(key.to_string()),
                        fingerprint: Set(1),
                        status: Set(200),
                        body: Set(vec![]),
                        created_at: Set(if key < 1_100 { 5 } else { far }),
                    });
                    idempotency::Entity::insert_many(keys).exec_without_returning(txn).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let worker = store.work(Arc::new(House { store: store.clone() }));
        let count = async || {
            store
                .read("test", |db| {
                    Box::pin(async move {
                        let links = link::Entity::find().all(db).await?.len();
                        Ok((links, idempotency::Entity::find().all(db).await?.len()))
                    })
                })
                .await
                .unwrap()
        };
        until("pruned", async || count().await == (1, 100)).await;
        // The next one is an hour away.
        let rows = store
            .read("test", |db| Box::pin(async move { Ok(job::Entity::find().all(db).await?) }))
            .await
            .unwrap();
        assert_eq!(rows.len(), 2);
        let prune = rows.iter().find(|row| row.kind == "prune_expired").unwrap();
        until("again in an hour", async || {
            let row = find(&store, prune.id).await;
            row.state == "ready" && row.run_at - row.created_at > 3_500_000
        })
        .await;
        drop(worker);
    }
}
