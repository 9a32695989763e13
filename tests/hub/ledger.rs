//! `ludus rules`, `ludus ledger` and `ludus rescore`, beside a running hub: what they say is so, and they
//! change what they say they change.

use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::time::{Instant, sleep};

use crate::kit::*;

const RULES: &str = include_str!("content/rules/hub.toml");

/// A copy of the game that tests play by, to be changed.
fn own_content() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hub/content");
    for name in ["levels.toml", "streak.toml", "badges/hub.toml"] {
        let to = folder.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(Path::new(shared).join(name), to).unwrap();
    }
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    write_rules(folder.path(), RULES);
    folder
}

fn write_rules(folder: &Path, text: &str) {
    std::fs::write(folder.join("rules/hub.toml"), text).unwrap();
}

/// A hub in which somebody said six lines.
async fn six_lines(backend: Backend, content: &Path) -> Hub {
    six_lines_also(backend, content, &[]).await
}

async fn six_lines_also(backend: Backend, content: &Path, also: &[(&str, &str)]) -> Hub {
    let settings = [("LUDUS_CONTENT__FOLDER", content.to_str().unwrap())];
    let hub = Hub::start_also(backend, &[&settings, also].concat()).await;
    let (room, code, guests) = hub.crowd(1).await;
    let mut guest = hub.member(&guests[0], room, Some(&code)).await;
    for number in 0..6 {
        acked(guest.ask(room, say(format!("line {number}")), SOON).await);
    }
    hub
}

/// Where nobody listens now.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Has the hub prove its ledger at once, and not in ten minutes.
async fn prove_now(db: &DatabaseConnection) {
    let due = "UPDATE job SET run_at = 1 WHERE kind = 'prove_ledger' AND state = 'ready'";
    let give_up = Instant::now() + SOON;
    while db.execute_unprepared(due).await.unwrap().rows_affected() == 0 {
        assert!(Instant::now() < give_up, "there is no such job");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn until_metric(address: &str, name: &str, is_so: impl Fn(u64) -> bool) {
    let give_up = Instant::now() + SOON;
    loop {
        let text = match reqwest::get(format!("http://{address}/metrics")).await {
            Ok(answer) => answer.text().await.unwrap(),
            Err(error) => error.to_string(),
        };
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        let value = value.and_then(|value| value.trim().parse().ok());
        if value.is_some_and(&is_so) {
            return;
        }
        assert!(Instant::now() < give_up, "{name} is {value:?}: {text}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Everything in the ledger, in order.
async fn ledger(db: &DatabaseConnection) -> Vec<(i64, i32, i64)> {
    let query = "SELECT pos, run, points FROM award ORDER BY user_id, pos, line";
    let query = Statement::from_string(db.get_database_backend(), query);
    let rows = db.query_all_raw(query).await.unwrap();
    let line = |row: &sea_orm::QueryResult| {
        (
            row.try_get_by_index(0).unwrap(),
            row.try_get_by_index(1).unwrap(),
            row.try_get_by_index(2).unwrap(),
        )
    };
    rows.iter().map(line).collect()
}

#[track_caller]
fn well(hub: &Hub, arguments: &[&str]) -> String {
    let (code, said) = hub.run(arguments);
    assert_eq!(code, Some(0), "{said}");
    said
}

on_both! {
    async fn a_re_score_does_what_its_dry_run_says_and_only_once(backend: Backend) {
        let content = own_content();
        let mut hub = six_lines(backend, content.path()).await;
        let said = well(&hub, &["rescore"]);
        assert!(said.contains("0 lines for 0 people"), "{said}");
        let dearer = RULES.replacen("points = 2", "points = 5", 1);
        assert_ne!(dearer, RULES);
        write_rules(content.path(), &dearer);
        // Rules are put in force by a start.
        hub.restart().await;
        let db = hub.aside().await;
        let before = ledger(&db).await;

        let dry = well(&hub, &["rescore", "--dry-run"]);
        assert_eq!(ledger(&db).await, before, "a dry run wrote something");
        assert!(dry.contains("6 lines for 1 people, +18 points, would be"), "{dry}");
        let done = well(&hub, &["rescore"]);
        assert_eq!(dry.replace("would be: nothing was changed", "were written"), done);

        let after = ledger(&db).await;
        assert_eq!(after[..before.len()], before[..], "what was paid was changed");
        let fresh: Vec<_> = after[before.len()..].iter().map(|(_, run, points)| (*run, *points)).collect();
        assert_eq!(fresh, [(1, 3); 6]);
        let again = well(&hub, &["rescore"]);
        assert!(again.contains("0 lines for 0 people"), "{again}");
        assert_eq!(ledger(&db).await, after);
        well(&hub, &["ledger", "verify"]);
    }

    async fn a_proof_finds_what_was_done_to_the_database_by_hand(backend: Backend) {
        let content = own_content();
        let hub = six_lines(backend, content.path()).await;
        let said = well(&hub, &["ledger", "verify"]);
        assert!(said.contains("Everything is what its journals make it."), "{said}");
        let db = hub.aside().await;
        let total = "UPDATE total SET sum = sum + 1 WHERE scope = 'org' AND metric = 'points:xp' \
                     AND \"window\" = 'all'";
        db.execute_unprepared(total).await.unwrap();
        let (code, said) = hub.run(&["ledger", "verify"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("in org points:xp all has"), "{said}");
        db.execute_unprepared(&total.replace("+ 1", "- 1")).await.unwrap();
        well(&hub, &["ledger", "verify"]);
        let columns = |run: &str, line: &str| {
            format!(
                "org_id, user_id, pos, {line}, rule, version, kind, points, stream, seq, part, {run}, \
                 cause, at"
            )
        };
        let forged = format!(
            "INSERT INTO award ({}) SELECT {} FROM award ORDER BY pos, line LIMIT 1",
            columns("run", "line"),
            columns("run + 9", "line + 50"),
        );
        db.execute_unprepared(&forged).await.unwrap();
        let (code, said) = hub.run(&["ledger", "verify"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("differs: a line of"), "{said}");
    }

    async fn the_hub_finds_by_itself_what_was_done_by_hand_and_names_nobody(backend: Backend) {
        let content = own_content();
        let metrics = free_address();
        let settings = [("LUDUS_METRICS__ADDRESS", metrics.as_str())];
        let mut hub = six_lines_also(backend, content.path(), &settings).await;
        let db = hub.aside().await;
        prove_now(&db).await;
        until_metric(&metrics, "ludus_points_drift", |drift| drift == 0).await;
        let total = "UPDATE total SET sum = sum + 1 WHERE scope = 'org' AND metric = 'points:xp' \
                     AND \"window\" = 'all'";
        db.execute_unprepared(total).await.unwrap();
        prove_now(&db).await;
        until_metric(&metrics, "ludus_points_drift", |drift| drift == 1).await;
        let said = hub.said();
        assert!(said.contains("the ledger is not what its journals make it"), "{said}");
        let whose = "SELECT user_id FROM account";
        let whose = Statement::from_string(db.get_database_backend(), whose);
        for row in db.query_all_raw(whose).await.unwrap() {
            let user: uuid::Uuid = row.try_get_by_index(0).unwrap();
            assert!(!said.contains(&user.to_string()), "{said}");
        }
        // It is known after a restart, before anything was proved again; and forgotten when it is mended.
        hub.restart().await;
        until_metric(&metrics, "ludus_points_drift", |drift| drift == 1).await;
        db.execute_unprepared(&total.replace("+ 1", "- 1")).await.unwrap();
        prove_now(&db).await;
        until_metric(&metrics, "ludus_points_drift", |drift| drift == 0).await;
        until_metric(&metrics, "ludus_ledger_proofs_total", |proofs| proofs > 0).await;
    }

    async fn a_rule_is_tried_on_what_was_done_and_nothing_is_paid(backend: Backend) {
        let content = own_content();
        let hub = six_lines(backend, content.path()).await;
        let db = hub.aside().await;
        let before = ledger(&db).await;
        // The content as it is now, which nobody plays by yet.
        write_rules(content.path(), &RULES.replacen("points = 2", "points = 7", 1));
        let said = well(&hub, &["rules", "try", "hub-line", "--on", "journal"]);
        assert!(said.contains("would have paid 1 people 6 times, 42 points in all"), "{said}");
        assert_eq!(ledger(&db).await, before);
        let (code, said) = hub.run(&["rules", "try", "hub-lime", "--on", "journal"]);
        assert_ne!(code, Some(0));
        assert!(said.contains("There is no rule hub-lime"), "{said}");
    }
}

/// Each mistake with its place, and an exit code that a script sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_where_the_mistakes_are() {
    let content = own_content();
    let hub = Hub::start(Backend::Sqlite).await;
    let folder = content.path().to_str().unwrap();
    let said = well(&hub, &["rules", "check", folder]);
    assert!(said.contains("All is well: "), "{said}");
    let wrong = RULES.replacen("on = \"line_said\"", "on = \"line_sung\"", 1);
    write_rules(content.path(), &wrong);
    let line = 1 + wrong
        .lines()
        .position(|line| line.contains("line_sung"))
        .unwrap();
    let (code, said) = hub.run(&["rules", "check", folder]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("hub.toml:{line}:")), "{said}");
}
