//! `ludus llm`: what an operator asks about providers.

use clap::Subcommand;
use ludus_actors::ports::Clock as _;

use super::{Trouble, say};
use crate::clock::WallClock;
use crate::config::Config;
use crate::llm::{self, check};

#[derive(Debug, Subcommand)]
pub(super) enum LlmCommand {
    /// Ask every model of every provider for one word, and say what came of it
    #[command(after_help = "Examples:
  ludus llm check
  ludus llm check openai

Costs a few tokens of each model. Fails when one of them does not answer.")]
    Check {
        /// Only this provider
        provider: Option<String>,
    },
}

pub(super) async fn run(config: &Config, command: &LlmCommand) -> Result<(), Trouble> {
    let LlmCommand::Check { provider: wanted } = command;
    let typed = |text: String| Err(Trouble::Typed(text));
    let providers = llm::providers(config).map_err(|fault| Trouble::Typed(fault.to_string()))?;
    let chosen: Vec<_> = providers
        .iter()
        .filter(|provider| wanted.as_deref().is_none_or(|name| name == provider.name()))
        .collect();
    if chosen.is_empty() {
        return match wanted {
            Some(name) => typed(format!(
                "there is no provider {name:?} in the configuration"
            )),
            None => say("No provider is configured: personas use the offline engine."),
        };
    }
    let mut silent = 0;
    for provider in chosen {
        for model in provider.models() {
            let report = check::check(provider, &model.name, WallClock.now()).await;
            silent += usize::from(report.says.is_err());
            say(&report)?;
        }
    }
    match silent {
        0 => Ok(()),
        1 => typed("One model does not answer.".to_owned()),
        several => typed(format!("{several} models do not answer.")),
    }
}
