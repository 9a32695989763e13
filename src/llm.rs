//! Language models behind the `Llm` port: who is asked, in what order, and what is made of it.
//!
//! [`Router`] is the port. It gives each org its seats, asks the budget, and tries providers in order
//! until one says its first word. [`Provider`] is one server that speaks the OpenAI protocol. Nobody
//! outside this folder knows how any of them talks.

mod bulkhead;
pub mod check;
mod chunk;
mod offline;
mod openai;
mod request;
mod retry_after;
mod router;
mod sse;
mod tls;

use std::sync::Arc;

use ludus_actors::llm::Budget;
use ludus_actors::ports::Clock;

use crate::config::Config;

pub(crate) use self::bulkhead::Bulkhead;
pub use self::openai::Provider;
pub use self::router::{ModelSeen, ProviderSeen, Router};
pub use self::tls::Roots;

/// A provider that passed every check and still cannot be used: a file that changed, a machine
/// without certificates.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("provider {provider}: {path} is not a PEM file with certificates in it")]
    NotPem {
        provider: String,
        path: std::path::PathBuf,
    },
    #[error("provider {provider}: {what}")]
    Client { provider: String, what: String },
}

/// Everybody the configuration names, ready to be asked. Opens no connection.
pub fn providers(config: &Config) -> Result<Vec<Provider>, Unusable> {
    if config.providers.is_empty() {
        return Ok(vec![]);
    }
    let roots = Roots::of_machine();
    config
        .providers
        .iter()
        .map(|settings| Provider::new(settings, &roots))
        .collect()
}

/// The port, over everybody the configuration names.
pub fn start(
    config: &Config,
    budget: Arc<dyn Budget>,
    clock: Arc<dyn Clock>,
) -> Result<Router, Unusable> {
    let providers = providers(config)?;
    Ok(Router::new(&config.llm, providers, budget, clock))
}
