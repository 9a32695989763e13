//! `ludus-loadtests check` proves a run; `ludus-loadtests load` makes one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ludus_loadtests::check::check_directory;
use ludus_loadtests::load;
use ludus_loadtests::people::Hub;

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
    /// Talks in many rooms at a steady rate and measures: ack latency, deliveries, loss.
    Load {
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
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
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

async fn run(task: Task) -> Result<(String, bool), Box<dyn std::error::Error>> {
    match task {
        Task::Check { logs, database } => {
            let verdict = check_directory(&logs, &database).await?;
            Ok((verdict.to_string(), verdict.holds()))
        }
        Task::Load {
            hub,
            code,
            rooms,
            members,
            rate,
            seconds,
            seed,
        } => {
            let host = Hub::new(&hub)?.claim(&code, "Load Host").await?;
            let plan = load::Plan {
                rooms,
                members_per_room: members,
                lines_per_second: rate,
                seconds,
                seed,
            };
            let figures = load::run(&host, &plan).await?;
            Ok((figures.to_string(), figures.holes == 0))
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a command line program answers on its output"
)]
fn say(text: &str) {
    println!("{text}");
}
