//! `ludus-loadtests check` proves a run; `ludus-loadtests load` measures servers side by side;
//! `ludus-loadtests talk` has people talk on a hub that runs already; `ludus-loadtests chaos` breaks
//! everything while they do, and proves what came of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use ludus_loadtests::bench::{self, Bench};
use ludus_loadtests::chaos::runs::{RUNS, Run, named};
use ludus_loadtests::chaos::{self, Options, Previous, Size};
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
    /// Breaks a cluster of its own while people talk in it, and proves that every promise held. Wants
    /// PostgreSQL and redis-server; leaves nothing running. Exits with 1 when a promise was broken.
    Chaos(Box<Chaos>),
}

#[derive(Debug, Args)]
struct Chaos {
    /// What follows from it is always the same plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Each run so often, with the next seed each time
    #[arg(long, default_value_t = 1)]
    rounds: u64,
    /// Which runs: names with commas, `short` for those of every change, `all`
    #[arg(long, default_value = "mixed")]
    run: String,
    /// Say which runs there are, and do nothing
    #[arg(long)]
    list: bool,
    /// How long each run takes, in place of its own time
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    #[arg(long, default_value_t = 60)]
    clients: usize,
    /// Lines in a second, all together
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Who only listens, in the run of many sockets; each takes six files here
    #[arg(long, default_value_t = 5000)]
    listeners: usize,
    /// The hub's binary. Build it with `--features faults` to use --fault
    #[arg(long, default_value = "target/debug/ludus")]
    hub: PathBuf,
    /// An older binary: each node starts with it, and comes back as the newer one
    #[arg(long)]
    previous: Option<PathBuf>,
    /// With --previous: every second start takes the older one again, where no migration came between
    #[arg(long, requires = "previous")]
    and_back: bool,
    /// A fault to plant in every node, to see that it is noticed
    #[arg(long)]
    fault: Option<String>,
    /// Where data and logs go; a new folder by default, gone afterwards when every promise held
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where the figures go as JSON
    #[arg(long)]
    json: Option<PathBuf>,
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
        Task::Chaos(chaos) if chaos.list => {
            let list: Vec<_> = RUNS
                .iter()
                .map(|run| format!("{:<14} {} s: {}", run.name, run.lasts.as_secs(), run.says))
                .collect();
            Ok((list.join("\n"), true))
        }
        Task::Chaos(chaos) => Runtime::new()?.block_on(break_things(*chaos)),
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

async fn break_things(asked: Chaos) -> Result<(String, bool), Failure> {
    let runs: Vec<&Run> = match asked.run.as_str() {
        "all" => RUNS.iter().collect(),
        "short" => RUNS.iter().filter(|run| run.short.is_some()).collect(),
        names => names
            .split(',')
            .map(|name| named(name).ok_or_else(|| format!("there is no run {name}: see --list")))
            .collect::<Result<_, _>>()?,
    };
    let own = match asked.folder {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("ludus-chaos.").tempdir()?),
    };
    let folder = match (&asked.folder, &own) {
        (Some(folder), _) => {
            std::fs::create_dir_all(folder)?;
            folder.canonicalize()?
        }
        (None, Some(own)) => own.path().to_owned(),
        (None, None) => return Err("there is no folder".into()),
    };
    let options = Options {
        // Nodes run in folders of their own.
        hub: asked.hub.canonicalize()?,
        previous: match asked.previous {
            Some(path) => Some(Previous {
                binary: path.canonicalize()?,
                returns: asked.and_back,
            }),
            None => None,
        },
        fault: asked.fault,
        folder: folder.clone(),
        nodes: asked.nodes,
        seed: asked.seed,
        rounds: asked.rounds,
        seconds: asked.seconds,
        is_short: asked.run == "short",
        size: Size {
            clients: asked.clients,
            rate: asked.rate,
            listeners: asked.listeners,
        },
    };
    // Whoever is told to stop leaves nothing running behind.
    let report = tokio::select! {
        report = chaos::run(&options, &runs, &say) => report,
        _ = tokio::signal::ctrl_c() => return Err("stopped".into()),
    };
    let holds = report.as_ref().is_ok_and(chaos::Report::holds);
    if let Some(own) = own
        && !holds
    {
        say(&format!("logs and data: {}", own.keep().display()));
    }
    let report = report?;
    if let Some(path) = asked.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok((report.to_string(), holds))
}

#[expect(
    clippy::print_stdout,
    reason = "a command line program answers on its output"
)]
fn say(text: &str) {
    println!("{text}");
}
