//! Databases to try things on.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::ConnectionTrait as _;

/// An empty database on a server; answers its URL.
pub(crate) async fn database(server: &str) -> String {
    static COUNT: AtomicI64 = AtomicI64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("ludus_rest_{}_{n}", std::process::id());
    let admin = sea_orm::Database::connect(server).await.unwrap();
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}
