//! What an operator types. Each command says on standard output what it did, and on standard error
//! what went wrong and how to mend it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Config, ConfigFault, Overrides, Profile};

/// The configuration is not fit to start with: mending it needs a person, not a restart.
const EXIT_CONFIG: u8 = 2;

/// A self-hosted, real-time hub for live practice.
#[derive(Debug, Parser)]
#[command(
    name = "ludus",
    version,
    after_help = "Examples:
  ludus check-config            see whether the settings are fit to start with
  LUDUS_LISTEN__ADDRESS=0.0.0.0:8080 ludus check-config

Settings come from ludus.toml, then LUDUS_* variables, then flags. ludus.example.toml has them all."
)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
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
    /// Read every setting, say what is wrong with them, change nothing
    CheckConfig,
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

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::CheckConfig => check_config(&cli.settings),
    }
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the operator is the point"
)]
fn check_config(settings: &Settings) -> ExitCode {
    match settings.load() {
        Ok(_) => {
            println!("The configuration is fit to start with.");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(EXIT_CONFIG)
        }
    }
}
