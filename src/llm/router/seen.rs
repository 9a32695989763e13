//! How models have been answering here, for those who look after the hub.

use ludus_domain::breaker::Standing;
use ludus_domain::budget::Prices;

use super::{Place, Router};
use crate::llm::openai::Model;

/// A provider, for those who look after the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderSeen {
    pub name: String,
    pub models: Vec<ModelSeen>,
}

/// How a model has been answering here.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSeen {
    pub name: String,
    pub prices: Prices,
    pub state: &'static str,
    /// As which it is asked where nobody is named, from 1.
    pub place: Option<usize>,
}

impl Router {
    /// Every model that can be asked, and how it has been answering.
    pub fn seen(&self) -> Vec<ProviderSeen> {
        let now = self.0.clock.now();
        let model = |provider: usize, at: usize, model: &Model| {
            let place = Place {
                provider,
                model: at,
            };
            let standing = self
                .0
                .candidate(place)
                .map_or(Standing::Closed, |found| found.breaker().standing(now));
            ModelSeen {
                name: model.name.clone(),
                prices: model.prices,
                state: match standing {
                    Standing::Closed => "closed",
                    Standing::HalfOpen => "half_open",
                    Standing::Open => "open",
                },
                place: self
                    .0
                    .order
                    .iter()
                    .position(|known| *known == place)
                    .map(|at| at + 1),
            }
        };
        let providers = self.0.providers.iter().enumerate();
        providers
            .map(|(at, provider)| ProviderSeen {
                name: provider.name().to_owned(),
                models: provider
                    .models()
                    .iter()
                    .enumerate()
                    .map(|(of, known)| model(at, of, known))
                    .collect(),
            })
            .collect()
    }
}
