//! `ludus-loadtests check` proves a run; `ludus-loadtests load` measures servers side by side;
//! `ludus-loadtests talk` has people talk on a hub that runs already.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use ludus_loadtests::bench::{self, Bench};
use ludus_loadtests::check::check_directory;
use ludus_loadtests::people::Hub;
use ludus_loadtests::scenario::Scenario;
use ludus_loadtests::servers::{Cores, Peer};
use ludus_loadtests::{broadcaster, talk};
use tokio::runtime::Runtime;

/// Load, fault injection and the history checker for Ludus.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Proves from client logs and the database that nothing was lost, doubled, reordered or
    /// invented. Prints each counter-example; exits with 1 when there is one.
    Check {
        /// A directory of client logs (*.jsonl) that one process wrote.
        logs: PathBuf,
        /// The hub's database: a SQLite file, or postgres://...
        database: String,
    },
    /// Starts a hub, and others to compare it with, on a core of their own, and puts scenarios on
    /// them in turns. Prints a table of medians; exits with 1 when the hub lost or reordered anything.
    Load(Load),
    /// Talks in many rooms of a hub that runs, at a steady rate, and measures ack latency and loss.
    Talk {
        /// Where the hub is.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        hub: String,
        /// A one-time code of an owner link or invitation of a coach, who opens the rooms.
        #[arg(long)]
        code: String,
        #[arg(long, default_value_t = 10)]
        rooms: u32,
        #[arg(long, default_value_t = 10)]
        members: u32,
        /// Lines per second, all rooms together.
        #[arg(long, default_value_t = 100.0)]
        rate: f64,
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The bare broadcaster that others are compared with.
    Broadcaster {
        #[arg(long)]
        address: SocketAddr,
    },
}

#[derive(Args, Debug)]
struct Load {
    /// Names of scenarios in loadtests/scenarios, or paths of such files.
    #[arg(required = true)]
    scenarios: Vec<String>,
    /// Servers that take their turn in each round; `peers` is all of them.
    #[arg(long, value_delimiter = ',')]
    against: Vec<String>,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The hub. By default the one that was built beside this program.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// A PostgreSQL URL of an empty database. Without one the hub keeps to SQLite.
    #[arg(long)]
    store: Option<String>,
    /// A folder node_modules that has ws in it.
    #[arg(long)]
    modules: Option<PathBuf>,
    /// The core of the servers and the core of this program.
    #[arg(long, value_delimiter = ',', num_args = 2, default_values_t = [0, 1])]
    cores: Vec<u32>,
    /// Everything that was measured, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok((report, holds)) => {
            say(&report);
            if holds {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(1)
            }
        }
        Err(error) => {
            say(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(task: Task) -> Result<(String, bool), Failure> {
    match task {
        Task::Check { logs, database } => {
            let verdict = Runtime::new()?.block_on(check_directory(&logs, &database))?;
            Ok((verdict.to_string(), verdict.holds()))
        }
        Task::Load(load) => measure(&load),
        Task::Talk {
            hub,
            code,
            rooms,
            members,
            rate,
            seconds,
            seed,
        } => Runtime::new()?.block_on(async {
            let host = Hub::new(&hub)?.claim(&code, "Load Host").await?;
            let plan = talk::Plan {
                rooms,
                members_per_room: members,
                lines_per_second: rate,
                seconds,
                seed,
            };
            let figures = talk::run(&host, &plan).await?;
            Ok((figures.to_string(), figures.holes == 0))
        }),
        Task::Broadcaster { address } => {
            broadcaster::serve(address)?;
            Ok((String::new(), true))
        }
    }
}

fn measure(load: &Load) -> Result<(String, bool), Failure> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let scenarios = load.scenarios.iter().map(|name| {
        let named = shipped.join(name).with_extension("toml");
        Scenario::read(if named.exists() {
            &named
        } else {
            Path::new(name)
        })
    });
    let beside = std::env::current_exe()?.with_file_name("ludus");
    let bench = Bench {
        scenarios: scenarios.collect::<Result<_, _>>()?,
        against: peers(&load.against)?,
        rounds: load.rounds,
        binary: load.binary.clone().unwrap_or(beside),
        store: load.store.clone(),
        modules: load.modules.clone(),
        cores: match load.cores[..] {
            [server, generator] => Some(Cores { server, generator }),
            _ => None,
        },
    };
    let report = bench::run(&bench, &mut |run| {
        say(&serde_json::to_string(run).unwrap_or_default());
    })?;
    if let Some(path) = &load.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok((report.to_string(), report.holds()))
}

fn peers(names: &[String]) -> Result<Vec<Peer>, Failure> {
    use clap::ValueEnum as _;
    if names.iter().any(|name| name == "peers") {
        return Ok(Peer::value_variants().to_vec());
    }
    let known = names.iter().map(|name| Peer::from_str(name, true));
    Ok(known.collect::<Result<_, _>>()?)
}

#[expect(
    clippy::print_stdout,
    reason = "a command line program answers on its output"
)]
fn say(text: &str) {
    println!("{text}");
}
