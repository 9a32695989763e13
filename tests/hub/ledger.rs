//! `ludus rules`, `ludus ledger` and `ludus rescore`, beside a running hub: what they say is so, and they
//! change what they say they change.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

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
    let settings = [("LUDUS_CONTENT__FOLDER", content.to_str().unwrap())];
    let hub = Hub::start_also(backend, &settings).await;
    let (room, code, guests) = hub.crowd(1).await;
    let mut guest = hub.member(&guests[0], room, Some(&code)).await;
    for number in 0..6 {
        acked(guest.ask(room, say(format!("line {number}")), SOON).await);
    }
    hub
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
