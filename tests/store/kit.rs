//! A fresh database per test, of either kind.
//!
//! PostgreSQL comes from `LUDUS_TEST_POSTGRES` (a URL that may create databases). When it is not
//! set, that half of the suite fails and says so; `LUDUS_TEST_ONLY=sqlite` leaves it out knowingly.

use std::sync::atomic::{AtomicU32, Ordering};

use ludus::store::{Store, StoreConfig};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};

/// A place for one store, gone when dropped.
pub(crate) struct Ground {
    pub(crate) config: StoreConfig,
    _folder: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Ground {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ludus.db");
        Self {
            config: StoreConfig::new(path.to_str().unwrap()),
            _folder: folder,
            postgres: None,
        }
    }

    /// `None` when PostgreSQL was left out knowingly.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(admin) = std::env::var("LUDUS_TEST_POSTGRES") else {
            assert_eq!(
                std::env::var("LUDUS_TEST_ONLY").as_deref(),
                Ok("sqlite"),
                "set LUDUS_TEST_POSTGRES to the URL of a PostgreSQL server whose user may create \
                 databases, or LUDUS_TEST_ONLY=sqlite to leave its half of the suite out"
            );
            return None;
        };
        let name = format!(
            "ludus_store_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let db = Database::connect(&admin).await.unwrap();
        db.execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let (server, _) = admin.rsplit_once('/').unwrap();
        Some(Self {
            config: StoreConfig::new(format!("{server}/{name}")),
            _folder: tempfile::tempdir().unwrap(),
            postgres: Some((admin, name)),
        })
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.config).await.unwrap()
    }

    /// A connection of the test's own, past the store.
    pub(crate) async fn aside(&self) -> DatabaseConnection {
        let url = if self.postgres.is_some() {
            self.config.url.clone()
        } else {
            format!("sqlite://{}", self.config.url)
        };
        Database::connect(url).await.unwrap()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some((admin, name)) = self.postgres.take() {
            // A drop cannot wait on the runtime it may run in.
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async move {
                    if let Ok(db) = Database::connect(&admin).await {
                        db.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
                            .await
                            .ok();
                    }
                });
            })
            .join()
            .ok();
        }
    }
}

/// Writes one test as two: the same story on both databases.
macro_rules! on_both {
    ($(async fn $name:ident($ground:ident: &Ground) $body:block)*) => {$(
        mod $name {
            #[allow(clippy::allow_attributes, unused_imports, reason = "not every story needs all")]
            use super::*;

            async fn story($ground: &Ground) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story(&Ground::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(ground) = Ground::postgres().await {
                    story(&ground).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;
