//! Runs scenarios against the hub and its peers, round by round, and sets the medians side by side.
//!
//! All servers take their turn within each round, so that whatever else the machine does hits all
//! of them: figures of different runs cannot be compared, ratios within one can.

mod table;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::light::Crowd;
use crate::load::{self, Dialect, Plan, Seen};
use crate::scenario::{Scenario, Shape};
use crate::servers::ludus::{Commits, Desked, Ludus, Storm, Watched};
use crate::servers::{Cores, LoadError, Peer};

/// The ladder of [`Shape::Most`] begins here, in lines per second.
const FIRST_RATE: f64 = 100.0;
const LAST_RATE: f64 = 60_000.0;
const NEXT_RATE: f64 = 1.6;
/// What counts as keeping up: so much of what was offered came, and most of it soon.
const HELD_SHARE: f64 = 0.97;
const HELD_P99_MS: f64 = 500.0;
/// Connections stand still so long before memory is looked at.
const SETTLE: Duration = Duration::from_secs(2);

/// What to run, and where.
#[derive(Clone, Debug)]
pub struct Bench {
    pub scenarios: Vec<Scenario>,
    pub against: Vec<Peer>,
    pub rounds: usize,
    pub binary: PathBuf,
    pub store: Option<String>,
    /// Where `ws` is: a folder `node_modules`.
    pub modules: Option<PathBuf>,
    pub cores: Option<Cores>,
}

/// One server in one scenario and round.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub scenario: String,
    pub server: &'static str,
    pub round: usize,
    #[serde(flatten)]
    pub result: Outcome,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum Outcome {
    Load {
        #[serde(flatten)]
        seen: Box<Seen>,
        cpu_per_million: f64,
        commits: Option<Commits>,
    },
    /// The highest rung that was held, and what was delivered on it.
    Most {
        rate: f64,
        deliveries_per_second: f64,
    },
    Idle {
        connections: usize,
        kib_each: f64,
    },
    Storm {
        #[serde(flatten)]
        storm: Storm,
    },
    Boards {
        #[serde(flatten)]
        watched: Watched,
    },
    Desk {
        #[serde(flatten)]
        desked: Desked,
    },
    Failed {
        why: String,
    },
}

/// Everything that was run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub rounds: usize,
    /// From starting the hub's process to its first connection, on an empty store.
    pub hub_started_ms: f64,
    pub hub_idle_mib: f64,
    pub runs: Vec<Run>,
}

impl Report {
    /// Whether nothing was lost or disordered anywhere, and nothing failed, of the hub's runs.
    pub fn holds(&self) -> bool {
        self.runs
            .iter()
            .filter(|run| run.server == "ludus")
            .all(|run| match &run.result {
                Outcome::Load { seen, .. } => {
                    seen.lost == 0 && seen.disordered == 0 && seen.deliveries > 0
                }
                Outcome::Failed { .. } => false,
                Outcome::Most { .. }
                | Outcome::Idle { .. }
                | Outcome::Storm { .. }
                | Outcome::Boards { .. }
                | Outcome::Desk { .. } => true,
            })
    }
}

/// Runs it all; `tell` hears of each run as it ends.
pub fn run(bench: &Bench, tell: &mut dyn FnMut(&Run)) -> Result<Report, LoadError> {
    if let Some(cores) = bench.cores {
        crate::servers::pin(cores);
    }
    let mut ludus = Ludus::start(&bench.binary, bench.store.as_deref(), bench.cores)?;
    let mut report = Report {
        rounds: bench.rounds,
        hub_started_ms: ludus.started_in().as_secs_f64() * 1_000.0,
        hub_idle_mib: ludus.idle_kib() as f64 / 1_024.0,
        runs: Vec::new(),
    };
    for round in 0..bench.rounds {
        for scenario in &bench.scenarios {
            let mut note = |server, result: Result<Outcome, LoadError>| {
                let run = Run {
                    scenario: scenario.name.clone(),
                    server,
                    round,
                    result: result.unwrap_or_else(|error| Outcome::Failed {
                        why: error.to_string(),
                    }),
                };
                tell(&run);
                report.runs.push(run);
            };
            note("ludus", of_ludus(&mut ludus, scenario));
            for peer in bench.against.iter().filter(|_| scenario.suits_peers()) {
                note(peer.name(), of_peer(*peer, bench, scenario));
            }
        }
    }
    Ok(report)
}

/// One scenario against a hub.
pub fn of_ludus(ludus: &mut Ludus, scenario: &Scenario) -> Result<Outcome, LoadError> {
    let mut crowd = Crowd::new()?;
    let (rooms, members) = (scenario.rooms, scenario.members);
    match scenario.shape {
        Shape::JoinStorm => {
            let storm = ludus.join_storm(&mut crowd, rooms, members)?;
            Ok(Outcome::Storm { storm })
        }
        Shape::ReconnectStorm => {
            let storm = ludus.reconnect_storm(&mut crowd, rooms, members)?;
            Ok(Outcome::Storm { storm })
        }
        Shape::Boards => {
            let watched = ludus.watch_board(&mut crowd, scenario)?;
            Ok(Outcome::Boards { watched })
        }
        Shape::Desk => {
            let desked = ludus.watch_desk(&mut crowd, scenario)?;
            Ok(Outcome::Desk { desked })
        }
        Shape::Idle => {
            ludus.gather(&mut crowd, rooms, members)?;
            crowd.cut_all();
            ludus.restart()?;
            let before = ludus.family().resident_kib();
            ludus.gather(&mut crowd, rooms, members)?;
            idle(&mut crowd, before, || ludus.family().resident_kib())
        }
        Shape::Fanout | Shape::Most => {
            let mut chat = ludus.gather(&mut crowd, rooms, members)?;
            let before = ludus.commits();
            let outcome = talk(&mut crowd, &mut chat, scenario, ludus.family())?;
            let after = ludus.commits();
            Ok(match outcome {
                Outcome::Load {
                    seen,
                    cpu_per_million,
                    ..
                } => Outcome::Load {
                    seen,
                    cpu_per_million,
                    commits: Some(Commits {
                        commits: after.commits - before.commits,
                        events: after.events - before.events,
                    }),
                },
                other => other,
            })
        }
    }
}

fn of_peer(peer: Peer, bench: &Bench, scenario: &Scenario) -> Result<Outcome, LoadError> {
    let mut crowd = Crowd::new()?;
    let mut talk_with = peer.start(bench.cores, bench.modules.as_deref(), scenario.members)?;
    let before = talk_with.family().resident_kib();
    talk_with.gather(&mut crowd, scenario.people())?;
    if scenario.shape == Shape::Idle {
        return idle(&mut crowd, before, || talk_with.family().resident_kib());
    }
    let family = talk_with.family();
    talk(&mut crowd, &mut talk_with, scenario, family)
}

fn talk(
    crowd: &mut Crowd,
    dialect: &mut dyn Dialect,
    scenario: &Scenario,
    server: crate::accounting::Family,
) -> Result<Outcome, LoadError> {
    let plan = Plan {
        rooms: scenario.rooms,
        members: scenario.members,
        senders: scenario.senders,
        rate: scenario.rate,
        bytes: scenario.bytes,
        window: Duration::from_secs(scenario.seconds),
    };
    if scenario.shape != Shape::Most {
        let seen = load::run(crowd, dialect, &plan, server)?;
        let cpu_per_million = seen.cpu_per_million();
        return Ok(Outcome::Load {
            seen: Box::new(seen),
            cpu_per_million,
            commits: None,
        });
    }
    let (mut rate, mut held) = (FIRST_RATE, (0.0, 0.0));
    while rate < LAST_RATE {
        let seen = load::run(crowd, dialect, &Plan { rate, ..plan }, server)?;
        let share = seen.deliveries as f64 / seen.offered;
        if share < HELD_SHARE || seen.latency.p99 > HELD_P99_MS || seen.lost > 0 {
            break;
        }
        held = (rate, seen.delivered_per_second());
        rate *= NEXT_RATE;
    }
    Ok(Outcome::Most {
        rate: held.0,
        deliveries_per_second: held.1,
    })
}

fn idle(
    crowd: &mut Crowd,
    before: u64,
    resident_kib: impl Fn() -> u64,
) -> Result<Outcome, LoadError> {
    let until = std::time::Instant::now() + SETTLE;
    while std::time::Instant::now() < until {
        crowd.turn(Duration::from_millis(50), &mut |_, _, _| {})?;
    }
    let connections = crowd.open();
    let kib_each = resident_kib().saturating_sub(before) as f64 / connections.max(1) as f64;
    Ok(Outcome::Idle {
        connections,
        kib_each,
    })
}
