//! The fault harness: a real cluster, people in it, and everything that can go wrong.
//!
//! Three hub processes over a real PostgreSQL and a real Redis, a model that follows a script, and a
//! proxy on every link. A crowd talks; a [`mod@plan`] that follows from a seed is done to all of it; then
//! everything is mended, comes to rest, and the [`check`](crate::check)er, which knows nothing of the
//! hub but its protocol and its tables, proves that nothing was lost, doubled, reordered or invented.
//!
//! Beyond the checker's rules the boards of all nodes are what the ledger adds up to (**C6**), and a
//! run has to come back: **C8** everybody is connected and answered
//! within seconds of the mending; **C9** no node holds on to files or memory; **C10** no node panicked
//! or logged an error that is not of the trouble it was in.

mod aside;
mod boards;
mod cluster;
mod crowd;
mod figures;
mod model;
mod node;
pub mod plan;
mod postgres;
mod process;
mod proxy;
mod redis_server;
mod report;
mod resp;
pub mod runs;
mod turns;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use self::cluster::{Cluster, Make};
pub use self::crowd::Size;
use self::crowd::{People, Talking};
use self::figures::figures;
pub use self::node::Previous;
use self::plan::{Step, plan};
pub use self::process::Broken;
pub use self::report::{Outcome, Report, Uses};
use self::runs::Run;
use self::turns::Turns;
use crate::check::check;
use crate::database::Database;
use crate::log::{self, Log};
use crate::people::Account;

/// After the mending people go on for so long, so that it can be seen that they can.
const GOES_ON: Duration = Duration::from_secs(6);
/// How soon after the mending everybody is connected and answered, but for one in a hundred.
const BACK_WITHIN_MS: u64 = 5_000;
/// Files and sockets a node may have more than before: pools that grew, a log that was rotated.
const FILES_MORE_MAX: usize = 32;
/// Memory a node may have more than before. Allocators keep what was needed once.
const MEMORY_MORE_KIB_MAX: u64 = 96 * 1024;
/// How long connections that ended may take to be gone from the tables of a node.
const RESTS_FOR: Duration = Duration::from_secs(3);

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    pub hub: PathBuf,
    pub previous: Option<Previous>,
    pub fault: Option<String>,
    /// Where data and logs go.
    pub folder: PathBuf,
    pub nodes: usize,
    pub seed: u64,
    /// Each run so often, every time with the next seed.
    pub rounds: u64,
    /// In place of what each run takes by itself.
    pub seconds: Option<u64>,
    /// Each takes no longer than where it is done for every change.
    pub is_short: bool,
    pub size: Size,
}

/// Does some runs on one cluster, one after the other. Says what it does by `say`.
pub async fn run(
    options: &Options,
    runs: &[&Run],
    say: &(dyn Fn(&str) + Sync),
) -> Result<Report, Broken> {
    let make = Make {
        folder: options.folder.clone(),
        binary: options.hub.clone(),
        previous: options.previous.clone(),
        fault: options.fault.clone(),
        nodes: options.nodes,
        seed: options.seed,
    };
    say(&format!(
        "{} nodes, PostgreSQL and Redis in {}",
        make.nodes,
        make.folder.display()
    ));
    let mut cluster = Cluster::start(&make).await?;
    let mut people = People::default();
    let mut report = Report::default();
    for round in 0..options.rounds.max(1) {
        for run in runs {
            let seed = options.seed + round;
            say(&format!("{} (seed {seed}): {}", run.name, run.says));
            let outcome = once(run, seed, options, &mut cluster, &mut people).await?;
            let word = if outcome.holds() {
                "holds"
            } else {
                "DOES NOT HOLD"
            };
            say(&format!(
                "{} {word}: {} lines accepted",
                run.name, outcome.accepted
            ));
            report.outcomes.push(outcome);
        }
    }
    Ok(report)
}

async fn once(
    run: &Run,
    seed: u64,
    options: &Options,
    cluster: &mut Cluster,
    people: &mut People,
) -> Result<Outcome, Broken> {
    let own = run.short.filter(|_| options.is_short).unwrap_or(run.lasts);
    let lasts = options.seconds.map_or(own, Duration::from_secs);
    let logs = options.folder.join(format!("logs-{}-{seed}", run.name));
    std::fs::create_dir_all(&logs).map_err(Broken::io("the folder of a run"))?;
    let path = logs.join("clients.jsonl");
    let log = Log::create(&path).map_err(Broken::io("the log of a run"))?;
    let read_before: Vec<usize> = cluster.nodes.iter().map(|node| node.log().len()).collect();

    let talking = Talking::begin(run.crowd, options.size, cluster, people, &log, seed).await?;
    talking.is_warm(2 * talking.count as u64).await?;
    let before = uses(cluster);
    let looking = boards::Looking::begin(watchers(cluster)?);
    let steps = plan(&run.script, seed, lasts, cluster.nodes.len());
    let did_nothing = steps.is_empty() && !run.script.menu.is_empty();
    let nemesis = follow(&steps, lasts, cluster).await;
    // Whatever happened: what is broken is mended, and what was seen is judged.
    let healed = cluster.heal().await;
    let mended_us = log.now_us();
    let mut faults: Vec<String> = [nemesis.err(), healed.err()]
        .into_iter()
        .flatten()
        .map(|broken| broken.to_string())
        .collect();
    sleep(GOES_ON).await;
    let seen = talking.end(&cluster.database()).await;
    faults.extend(seen.faults);
    if did_nothing {
        faults.push("nothing was done to anybody: nothing is proved".to_owned());
    }
    drop(looking);
    log.flush().map_err(Broken::io("the log of a run"))?;
    sleep(RESTS_FOR).await;

    let mut outcome = Outcome {
        run: run.name.to_owned(),
        seed,
        seconds: lasts.as_secs(),
        accepted: 0,
        breaches: std::collections::BTreeMap::new(),
        figures: figures::Figures::default(),
        entries: 0,
        before,
        after: uses(cluster),
        says: seen.says,
        faults,
    };
    judge(run, &path, mended_us, cluster, &mut outcome).await?;
    for (node, from) in cluster.nodes.iter().zip(read_before) {
        outcome
            .faults
            .extend(complaints(node.log().get(from..).unwrap_or_default()));
    }
    Ok(outcome)
}

/// Does what was planned, each at its time or as soon after as may be.
async fn follow(steps: &[Step], lasts: Duration, cluster: &mut Cluster) -> Result<(), Broken> {
    let begins = Instant::now();
    for step in steps {
        sleep_until(begins + step.at).await;
        cluster.act(step.act).await?;
    }
    sleep_until(begins + lasts).await;
    Ok(())
}

/// The owner, at each node.
fn watchers(cluster: &Cluster) -> Result<Vec<Account>, Broken> {
    let at = |hub| Account {
        hub,
        ..cluster.owner.clone()
    };
    Ok(cluster.hubs()?.into_iter().map(at).collect())
}

fn uses(cluster: &Cluster) -> Vec<Uses> {
    let uses = |node: &node::Node| {
        let (memory_kib, files) = node.uses().unwrap_or_default();
        Uses { memory_kib, files }
    };
    cluster.nodes.iter().map(uses).collect()
}

async fn judge(
    run: &Run,
    path: &Path,
    mended_us: u64,
    cluster: &Cluster,
    outcome: &mut Outcome,
) -> Result<(), Broken> {
    let lines = log::read(path).map_err(Broken::io("the log of a run"))?;
    let database = Database::read(&cluster.database()).await;
    let database = database.map_err(crate::check::CheckError::from)?;
    outcome.judge(&check(&lines, &database));
    outcome.figures = figures(&lines, mended_us);
    let turns = Turns::count(&lines, &database);
    outcome.says = outcome.says.take().or(turns.says());
    outcome.faults.extend(turns.faults(run.hits_turns));
    let differ = boards::compare(&watchers(cluster)?, &database).await?;
    outcome.faults.extend(differ);
    if let Some(node) = cluster.nodes.first() {
        let (is_well, says) = node.run(&["ledger", "verify"]).await?;
        if !is_well {
            let last = says.lines().rev().take(5).collect::<Vec<_>>().join(" | ");
            outcome
                .faults
                .push(format!("the ledger is not proved: {last}"));
        }
    }
    let forgotten = cluster.postgres.forgotten_transactions().await?;
    if forgotten > 0 {
        let fault = format!("{forgotten} connections were left in a transaction");
        outcome.faults.push(fault);
    }
    come_back(run, outcome);
    rest(outcome);
    Ok(())
}

/// C8, and how far behind anybody was where the run promises that.
fn come_back(run: &Run, outcome: &mut Outcome) {
    let figures = &outcome.figures;
    let mut faults = vec![];
    for (what, times, wanted) in [
        ("connected", figures.back, figures.clients),
        ("answered", figures.first_answer, figures.asked),
    ] {
        if times.p99_ms > BACK_WITHIN_MS || times.count < wanted {
            faults.push(format!(
                "C8: {} of {wanted} clients were {what} after the mending, p99 {} ms",
                times.count, times.p99_ms
            ));
        }
    }
    if let Some(most) = run.behind_max {
        let behind = Duration::from_millis(figures.behind.max_ms);
        if behind > most {
            faults.push(format!(
                "somebody was {} ms behind what was acknowledged, {} ms are promised",
                behind.as_millis(),
                most.as_millis()
            ));
        }
    }
    if outcome.accepted == 0 {
        faults.push("nothing was accepted: nothing is proved".to_owned());
    }
    outcome.faults.extend(faults);
}

/// C9.
fn rest(outcome: &mut Outcome) {
    let mut faults = vec![];
    for (number, (before, after)) in outcome.before.iter().zip(&outcome.after).enumerate() {
        if after.files > before.files + FILES_MORE_MAX {
            faults.push(format!(
                "C9: node {number} had {} files and sockets, and has {}",
                before.files, after.files
            ));
        }
        if after.memory_kib > before.memory_kib + MEMORY_MORE_KIB_MAX {
            faults.push(format!(
                "C9: node {number} used {} KiB, and uses {}",
                before.memory_kib, after.memory_kib
            ));
        }
    }
    outcome.faults.extend(faults);
}

/// What a node may say at level error while its database is gone.
const ALLOWED: &[&str] = &[
    "the store is gone; refusing writes until it is back",
    "the archive could not be read",
    "the store refused what should have worked",
];

/// C10: lines of a log that should not be there.
fn complaints(log: &str) -> Vec<String> {
    let is_bad = |line: &&str| {
        let is_error = line.split_whitespace().nth(1) == Some("ERROR");
        let is_panic = line.contains("panicked");
        is_panic || (is_error && !ALLOWED.iter().any(|allowed| line.contains(allowed)))
    };
    let mut found: Vec<String> = log
        .lines()
        .filter(is_bad)
        .map(|line| format!("C10: {line}"))
        .collect();
    found.dedup();
    found.truncate(5);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_may_say_that_the_store_is_gone_and_nothing_worse() {
        let log = "2026-11-21T19:00:00Z  WARN ludus: a batch was given up\n\
             2026-11-21T19:00:00Z ERROR ludus::store: the store is gone; refusing writes until it is back\n\
             2026-11-21T19:00:00Z ERROR ludus: something else\n\
             2026-11-21T19:00:01Z ERROR ludus: a thread panicked\n";
        let found = complaints(log);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
