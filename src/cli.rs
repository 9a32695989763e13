//! What an operator types. Each command says on standard output what it did, and on standard error
//! what went wrong and how to mend it.
//!
//! Exit codes: 0 done; 1 not done; 2 the configuration or the command line must be mended first.

mod game;
mod llm;
mod people;
mod store;
mod verify;

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app::{self, StartError};
use crate::config::{Config, ConfigFault, Overrides, Profile};
use crate::demo::{self, DemoError};
use crate::game::rulebook::RulebookError;
use crate::people::Denied;
use crate::store::StoreError;
use crate::{asyncapi, openapi, shutdown, telemetry};

const EXIT_FAILED: u8 = 1;
/// Mending it needs a person, not a restart: service managers can be told so.
const EXIT_CONFIG: u8 = 2;

/// A self-hosted, real-time hub for live practice.
#[derive(Debug, Parser)]
#[command(
    name = "ludus",
    version,
    after_help = "Examples:
  ludus
      Serve: on 127.0.0.1:8080, with its data in ./ludus-data. The first start prints the link
      that makes the owner.
  ludus serve --listen 0.0.0.0:8080 --public-url http://192.168.1.20:8080
      Let phones on the same network in.
  ludus check-config
      Say whether the settings are fit to start with.
  ludus user add --name 'Ada' --email ada@example.org --role coach
      Make an account beside a running hub, and print the link that sets its password.
  LUDUS_LISTEN__ADDRESS=0.0.0.0:8080 ludus check-config
      Any setting can be a variable: two underscores for the dot.

Settings come from ludus.toml, then LUDUS_* variables, then flags. ludus.example.toml has them all."
)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
struct Settings {
    /// The configuration file [default: ludus.toml where there is one]
    #[arg(long, global = true, value_name = "FILE", env = "LUDUS_CONFIG")]
    config: Option<PathBuf>,
    /// Where database and keys live
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// How much the hub forgives
    #[arg(long, global = true, value_enum)]
    profile: Option<ProfileFlag>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// What links say, for example https://ludus.example.org
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProfileFlag {
    Development,
    Production,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub until it is asked to stop (this is what happens without a command)
    #[command(
        after_help = "SIGTERM or Ctrl-C: everybody is told when to come back, and the hub leaves within 25 seconds.
Once more: it leaves at once, which is safe, because nobody was told of anything that is not stored."
    )]
    Serve,
    /// Run a hub full of life on a throwaway database: forty made-up people who talk
    #[command(after_help = "Examples:
  ludus demo          try it on this machine
  ludus demo --lan    let phones on the same network in")]
    Demo {
        /// Listen on this machine's address on the network instead of on loopback
        #[arg(long)]
        lan: bool,
    },
    /// Read every setting, say what is wrong with them, change nothing
    CheckConfig,
    /// Bring the database up to this version, without starting
    Migrate,
    /// Copy the database into one new file, beside a running hub
    #[command(after_help = "Example:
  ludus backup /var/backups/ludus-$(date +%F).db

The file is consistent, whatever happens meanwhile, and can be restored into SQLite or PostgreSQL.")]
    Backup { file: PathBuf },
    /// Put a backup into an empty database, with the hub stopped
    #[command(after_help = "Example:
  ludus --data-dir ./ludus-data restore /var/backups/ludus-2026-11-21.db

Positions that clients hold are void afterwards: they start over instead of missing something silently.")]
    Restore { file: PathBuf },
    /// Print the OpenAPI 3.1 document of the REST interface
    Openapi,
    /// Print the AsyncAPI 3.0 document of the socket
    Asyncapi,
    /// Accounts: make, list, change (beside a running hub or without one)
    #[command(subcommand)]
    User(people::UserCommand),
    /// Tenants: make, list, rename
    #[command(subcommand)]
    Org(people::OrgCommand),
    /// Rules, badges, quests: look for mistakes, try one out
    #[command(subcommand)]
    Rules(game::RulesCommand),
    /// The ledger of points: prove it
    #[command(subcommand)]
    Ledger(game::LedgerCommand),
    /// Apply the rules of now to the past, as further lines of the ledger
    #[command(after_help = "Examples:
  ludus rescore --dry-run
      Say what would change, and change nothing.
  ludus rescore --user ada@example.org
      Do it for one person.

Badges and levels stay. Standings of windows that are over stand as they were announced.")]
    Rescore(game::Rescore),
    /// Language models: whether they answer
    #[command(subcommand)]
    Llm(llm::LlmCommand),
}

/// Why a command was not done, as it is told to whoever typed it.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Config(#[from] ConfigFault),
    #[error("{}", .0.code.says())]
    Denied(#[from] Denied),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Demo(#[from] DemoError),
    #[error("{0}")]
    Rulebook(#[from] RulebookError),
    #[error("{0}")]
    Telemetry(#[from] telemetry::Unusable),
    /// The store says something else than its journals.
    #[error("{0} differences.")]
    Differs(u64),
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What was typed does not fit what there is.
    #[error("{0}")]
    Typed(String),
}

impl Trouble {
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Start(StartError::Config(_)) => EXIT_CONFIG,
            _ => EXIT_FAILED,
        }
    }
}

impl Settings {
    fn load(&self) -> Result<Config, ConfigFault> {
        let overrides = Overrides {
            profile: self.profile.map(|flag| match flag {
                ProfileFlag::Development => Profile::Development,
                ProfileFlag::Production => Profile::Production,
            }),
            data_dir: self.data_dir.clone(),
            public_url: self.public_url.clone(),
            listen: self.listen,
        };
        Config::load(self.config.as_deref(), variables(), &overrides)
    }
}

/// The environment, as far as it is text: nothing else can be a setting.
fn variables() -> impl Iterator<Item = (String, String)> {
    let text = |text: OsString| text.into_string().ok();
    std::env::vars_os().filter_map(move |(name, value)| Some((text(name)?, text(value)?)))
}

/// What the links of a command say: what was configured, else where the hub beside us listens.
fn public_url(config: &Config) -> String {
    let running = fs::read_to_string(config.address_file());
    let bound = running.ok().and_then(|text| text.trim().parse().ok());
    config.public_url(bound.unwrap_or(config.listen.address))
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            // Nothing is left to tell it to when this fails.
            let _ = writeln!(io::stderr(), "{trouble}");
            ExitCode::from(trouble.exit_code())
        }
    }
}

fn run(cli: &Cli) -> Result<(), Trouble> {
    let config = cli.settings.load()?;
    match cli.command.as_ref().unwrap_or(&Command::Serve) {
        Command::Serve => serve(&config),
        Command::Demo { lan } => {
            let _telemetry = telemetry::start(&config)?;
            Ok(demo::run(config, *lan, shutdown::on_signals()?)?)
        }
        Command::CheckConfig => say("The configuration is fit to start with."),
        Command::Migrate => wait(store::migrate(&config)),
        Command::Backup { file } => wait(store::back_up(&config, file)),
        Command::Restore { file } => wait(store::restore(&config, file)),
        Command::Openapi => say(format_args!("{:#}", openapi::document())),
        Command::Asyncapi => say(format_args!("{:#}", asyncapi::document())),
        Command::User(command) => wait(people::user(&config, command)),
        Command::Org(command) => wait(people::org(&config, command)),
        Command::Rules(command) => wait(game::rules(&config, command)),
        Command::Ledger(command) => wait(game::ledger(&config, command)),
        Command::Rescore(rescore) => wait(game::rescore(&config, rescore)),
        Command::Llm(command) => wait(llm::run(&config, command)),
    }
}

fn serve(config: &Config) -> Result<(), Trouble> {
    let _telemetry = telemetry::start(config)?;
    let shutdown = shutdown::on_signals()?;
    Ok(app::run(config, shutdown, app::announce)?)
}

/// One line for whoever typed the command.
fn say(line: impl std::fmt::Display) -> Result<(), Trouble> {
    match writeln!(io::stdout(), "{line}") {
        // Somebody had read enough: `ludus openapi | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Waits for a command that talks to the store, on this thread.
fn wait(work: impl Future<Output = Result<(), Trouble>>) -> Result<(), Trouble> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_is_for() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }
}
