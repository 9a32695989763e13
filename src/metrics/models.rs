//! What language models are asked, what they cost, and what is left of the day's budget.

use std::time::Duration;

use ludus_domain::breaker::Standing;
use metrics::{counter, gauge, histogram};

use super::{Counter, Gauge, Histogram, Kind, WORDS};

pub(super) const MODELS: &[(&str, Kind, &str)] = &[
    (
        "ludus_llm_asks_total",
        Counter,
        "Questions to language models, by provider and how they ended",
    ),
    (
        "ludus_llm_first_token_seconds",
        Histogram(&WORDS),
        "Time to the first text of an answer, by provider",
    ),
    (
        "ludus_llm_tokens_total",
        Counter,
        "Tokens paid for, by provider and kind",
    ),
    (
        "ludus_llm_cost_micro_total",
        Counter,
        "Millionths of a currency unit paid, by provider",
    ),
    (
        "ludus_budget_refusals_total",
        Counter,
        "Questions nobody was asked because a purse was empty, by purse",
    ),
    (
        "ludus_budget_used_ratio",
        Gauge,
        "How much of the day's budget the org has used that has used most of it",
    ),
    (
        "ludus_llm_breaker_state",
        Gauge,
        "Rests of failing models: 0 closed, 1 half-open, 2 open, by provider and model",
    ),
];

pub fn llm_asked(provider: &str, end: &'static str) {
    let provider = provider.to_owned();
    counter!("ludus_llm_asks_total", "provider" => provider, "end" => end).increment(1);
}

pub fn llm_first_token(provider: &str, took: Duration) {
    histogram!("ludus_llm_first_token_seconds", "provider" => provider.to_owned()).record(took);
}

pub fn llm_spent(provider: &str, prompt_tokens: u64, completion_tokens: u64, cost_micro: u64) {
    for (kind, tokens) in [("prompt", prompt_tokens), ("completion", completion_tokens)] {
        let provider = provider.to_owned();
        counter!("ludus_llm_tokens_total", "provider" => provider, "kind" => kind)
            .increment(tokens);
    }
    counter!("ludus_llm_cost_micro_total", "provider" => provider.to_owned()).increment(cost_micro);
}

pub fn budget_refused(purse: &'static str) {
    counter!("ludus_budget_refusals_total", "purse" => purse).increment(1);
}

pub fn budget_used(ratio: f64) {
    gauge!("ludus_budget_used_ratio").set(ratio);
}

pub fn llm_breaker(provider: &str, model: &str, standing: Standing) {
    let state = match standing {
        Standing::Closed => 0.0,
        Standing::HalfOpen => 1.0,
        Standing::Open => 2.0,
    };
    let (provider, model) = (provider.to_owned(), model.to_owned());
    gauge!("ludus_llm_breaker_state", "provider" => provider, "model" => model).set(state);
}
