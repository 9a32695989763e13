//! Opening, settings, versions, deadlines.

use ludus::store::StoreError;
use ludus_domain::refusal::Refusal;
use ludus_entities::setting;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set};

use crate::kit::{Ground, on_both};

fn value(key: &str, value: &str) -> setting::ActiveModel {
    setting::ActiveModel {
        key: Set(key.to_owned()),
        value: Set(value.to_owned()),
    }
}

on_both! {
    async fn what_is_written_is_read_again(ground: &Ground) {
        let store = ground.open().await;
        store
            .write("test", |txn| {
                Box::pin(async move {
                    value("a", "b").insert(txn).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let find = |key: &'static str| {
            store.read("test", move |db| {
                Box::pin(async move { Ok(setting::Entity::find_by_id(key.to_owned()).one(db).await?) })
            })
        };
        assert_eq!(find("a").await.unwrap().unwrap().value, "b");
        assert_eq!(find("epoch").await.unwrap().unwrap().value, "1");
        store.ping().await.unwrap();

        // What was refused leaves nothing behind.
        let refused = store
            .write("test", |txn| {
                Box::pin(async move {
                    value("c", "d").insert(txn).await?;
                    Err::<(), _>(Refusal::Forbidden.into())
                })
            })
            .await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Forbidden))));
        assert_eq!(find("c").await.unwrap(), None);

        // A key that is taken says so.
        let taken = store
            .write("test", |txn| {
                Box::pin(async move {
                    value("a", "again").insert(txn).await?;
                    Ok(())
                })
            })
            .await;
        assert!(taken.unwrap_err().is_taken());

        // A panic takes nothing with it.
        let panicked = store
            .write("test", |_| {
                Box::pin(async move {
                    assert!(std::hint::black_box(false), "on purpose");
                    Ok(())
                })
            })
            .await;
        assert!(matches!(panicked, Err(StoreError::Unavailable { .. })));
        store.write("test", |_| Box::pin(async { Ok(()) })).await.unwrap();

        store.shutdown().await;
        let after = store.write("test", |_| Box::pin(async { Ok(()) })).await;
        assert!(matches!(after, Err(StoreError::Unavailable { .. })));

        let again = ground.open().await;
        let kept = again
            .read("test", |db| {
                Box::pin(async move { Ok(setting::Entity::find_by_id("a".to_owned()).one(db).await?) })
            })
            .await
            .unwrap();
        assert_eq!(kept.unwrap().value, "b");
    }

    async fn a_newer_database_is_refused(ground: &Ground) {
        ground.open().await.shutdown().await;
        let db = ground.aside().await;
        sea_orm::ConnectionTrait::execute_unprepared(
            &db,
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_tomorrow', 0)",
        )
        .await
        .unwrap();
        let refused = ludus::store::Store::open(&ground.config).await.unwrap_err();
        assert!(refused.to_string().contains("m29990101_000001_tomorrow"), "{refused}");
    }
}

#[tokio::test]
async fn a_second_hub_in_the_same_folder_is_refused() {
    let ground = Ground::sqlite();
    let first = ground.open().await;
    let second = ludus::store::Store::open(&ground.config).await;
    assert!(matches!(second, Err(StoreError::InUse { .. })));
    first.shutdown().await;
    ground.open().await;
}
