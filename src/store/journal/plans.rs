//! How SQLite goes about the queries of every commit: by key, whatever the tables have in them.

use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};

use super::accounts::{account_sql, accounts_sql, games_sql, tallies_sql};
use super::batch::known_sql;
use super::effects::unseat_sql;
use super::heads::{find_sql, move_sql};
use super::ledger::paid_sql;
use crate::store::connect::Backend;
use crate::store::migrate;

/// Fails when one of these tables is scanned. The list of keys itself is, of course.
pub(in crate::store) async fn assert_keyed(sql: &str, tables: &[&str]) {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    migrate::up(&db, Backend::Sqlite).await.unwrap();
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    let explain = Statement::from_string(db.get_database_backend(), explain);
    let rows = db.query_all_raw(explain).await.unwrap();
    let plan: Vec<String> = rows
        .iter()
        .map(|row| row.try_get("", "detail").unwrap())
        .collect();
    for table in tables {
        let step = |verb: &str| {
            let start = format!("{verb} {table} ");
            plan.iter()
                .any(|step| step.starts_with(&start) && step.contains("USING"))
        };
        assert!(step("SEARCH"), "{table} is not looked up by key: {plan:#?}");
        assert!(!step("SCAN"), "{table} is scanned: {plan:#?}");
    }
}

/// Two keys of so many columns. Only the shape matters to the planner.
fn list(columns: usize) -> String {
    let row = vec!["x'00'"; columns].join(", ");
    format!("({row}), ({row})")
}

#[tokio::test]
async fn commits_look_everything_up_by_key() {
    assert_keyed(&find_sql(&list(3), ""), &["s"]).await;
    assert_keyed(&move_sql(&list(5)), &["s"]).await;
    assert_keyed(&known_sql(&list(4)), &["c"]).await;
    assert_keyed(&unseat_sql(&list(3)), &["member"]).await;
    assert_keyed(&games_sql(&list(3), DbBackend::Sqlite), &["g", "o"]).await;
    assert_keyed(&accounts_sql(&list(3), ""), &["a"]).await;
    assert_keyed(&tallies_sql(&list(3)), &["r"]).await;
    assert_keyed(&account_sql(&list(5)), &["a"]).await;
    assert_keyed(&paid_sql(&list(4)), &["w", "d"]).await;
}
