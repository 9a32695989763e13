//! The checker has to fail when a promise is broken: each planted fault, on purpose, with the real
//! binary. Built and run with `--features faults`; the hub takes the fault by `LUDUS_FAULT`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says by failing, and shows what it measured"
)]

#[path = "../hub/crowd.rs"]
mod crowd;
#[path = "../hub/kit.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the stories of tests/hub need the rest"
)]
mod kit;

mod contests;
mod windows;

use std::time::Duration;

use ludus_loadtests::check::Rule;
use tokio::time::sleep;

use crate::crowd::talk_through;
use crate::kit::*;

#[track_caller]
fn must_break(verdict: &Verdict, rule: Rule) {
    assert!(
        verdict.broke(rule),
        "the checker did not notice ({}): {verdict}",
        rule.label()
    );
}

on_both! {
    async fn without_a_fault_it_holds(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let mut script = Script::new(Duration::from_millis(50));
        script.repeat_one_in = Some(3);
        let verdict = talk_through(&mut hub, 2, 4, script, async |hub, _| {
            sleep(Duration::from_secs(2)).await;
            hub.kill9();
            hub.resume().await;
            sleep(Duration::from_secs(2)).await;
        })
        .await;
        assert!(verdict.holds(), "{verdict}");
    }

    async fn an_ack_before_the_commit_is_noticed(backend: Backend) {
        let fault = [("LUDUS_FAULT", "ack_before_commit")];
        let mut hub = Hub::start_also(backend, &fault).await;
        let script = Script::new(Duration::from_millis(50));
        let verdict = talk_through(&mut hub, 2, 4, script, async |hub, _| {
            for _ in 0..3 {
                sleep(Duration::from_millis(1_500)).await;
                hub.kill9();
                hub.resume().await;
            }
        })
        .await;
        must_break(&verdict, Rule::Lost);
    }

    async fn skipped_dedupe_is_noticed(backend: Backend) {
        let fault = [("LUDUS_FAULT", "skip_dedupe")];
        let mut hub = Hub::start_also(backend, &fault).await;
        let mut script = Script::new(Duration::from_millis(50));
        script.repeat_one_in = Some(3);
        let verdict = talk_through(&mut hub, 2, 4, script, async |_, _| {
            sleep(Duration::from_secs(3)).await;
        })
        .await;
        must_break(&verdict, Rule::Doubled);
    }

    async fn one_lost_delivery_in_a_thousand_is_noticed(backend: Backend) {
        let fault = [("LUDUS_FAULT", "drop_deliveries")];
        let mut hub = Hub::start_also(backend, &fault).await;
        let script = Script::new(Duration::from_millis(40));
        let verdict = talk_through(&mut hub, 2, 8, script, async |_, _| {
            sleep(Duration::from_secs(8)).await;
        })
        .await;
        must_break(&verdict, Rule::Lost);
    }
}

/// It takes two nodes for a decision to be out of date.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ignored_guard_is_noticed() {
    if !has_postgres() {
        return;
    }
    let fault = [("LUDUS_FAULT", "ignore_guard")];
    let hub = Hub::start_also(Backend::Postgres, &fault).await;
    let there = hub.another_node().await;
    let (room, code, guests) = hub.crowd(1).await;
    let log = hub.log();
    let mut host = hub.client(&hub.owner).await;
    let mut guest = Client::new(there.account(&guests[0]), "guest", &log);
    guest.connect().await.unwrap();
    let join = Command::Join { code: Some(code) };
    acked(guest.ask(room, join, SOON).await);
    for round in 0..10 {
        // Refused or not: a node that ignores the guard is out of date either way.
        guest.ask(room, say(format!("before {round}")), SOON).await;
        let mute = |muted| Command::Mute {
            user: guests[0].user,
            muted,
            minutes: None,
        };
        acked(host.ask(room, mute(true), SOON).await);
        guest.ask(room, say(format!("muted {round}")), SOON).await;
        acked(host.ask(room, mute(false), SOON).await);
    }
    let verdict = hub.check(&log).await;
    must_break(&verdict, Rule::Inadmissible);
}
