//! Whether each provider answers, as an operator wants to know it before people do.

use std::fmt::{self, Display};
use std::time::Duration;

use ludus_actors::llm::{Ask, LlmFault, Message, Piece, Role, answer};
use ludus_domain::budget::Usage;
use ludus_domain::ids::OrgId;
use ludus_domain::time::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::openai::{Broken, Provider, Tally, measure};

/// Enough for one word, and for a model that thinks before it.
const TOKENS_MAX: u32 = 2_048;

/// What one model did when it was asked for a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub provider: String,
    pub model: String,
    pub says: Result<Ability, LlmFault>,
}

/// What it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ability {
    pub first_token: Duration,
    pub total: Duration,
    /// It counts tokens itself.
    pub counts: bool,
    /// It answers in JSON of a given shape.
    pub shapes: bool,
    pub usage: Usage,
}

/// Asks one model twice: for a word, and for JSON.
pub async fn check(provider: &Provider, model: &str, now: Timestamp) -> Report {
    let says = match said(provider, &word(None), model, now).await {
        Ok((_, mut ability)) => {
            let shape = json!({
                "type": "object",
                "properties": { "ready": { "type": "boolean" } },
                "required": ["ready"],
                "additionalProperties": false,
            });
            let shaped = said(provider, &word(Some(shape)), model, now).await;
            ability.shapes = shaped.is_ok_and(|(text, _)| is_shaped(&text));
            Ok(ability)
        }
        Err(fault) => Err(fault),
    };
    Report {
        provider: provider.name().to_owned(),
        model: model.to_owned(),
        says,
    }
}

fn is_shaped(text: &str) -> bool {
    serde_json::from_str::<Value>(text.trim()).is_ok_and(|value| value["ready"].is_boolean())
}

fn word(json_schema: Option<Value>) -> Ask {
    let text = match json_schema {
        None => "Answer with the one word: ready",
        Some(_) => "Are you ready? Answer as JSON: {\"ready\": true}",
    };
    Ask {
        // Nobody's: this is the operator's own question.
        org: OrgId(Uuid::nil()),
        room: None,
        learner: None,
        providers: vec![],
        messages: vec![Message::new(Role::User, text)],
        max_output_tokens: TOKENS_MAX,
        temperature_milli: None,
        stop: vec![],
        json_schema,
        offline: None,
    }
}

async fn said(
    provider: &Provider,
    ask: &Ask,
    model: &str,
    now: Timestamp,
) -> Result<(String, Ability), LlmFault> {
    let (speaker, mut running) = answer();
    let asked = Instant::now();
    let mut tally = Tally::default();
    let listening = async {
        let mut text = String::new();
        while let Some(piece) = running.next().await {
            match piece {
                Piece::Begun { .. } => {}
                Piece::Text(part) => text.push_str(&part),
                Piece::Ended(_) => break,
            }
        }
        text
    };
    let asking = async {
        let ended = provider.ask(model, ask, &speaker, &mut tally, now).await;
        drop(speaker);
        ended
    };
    let (ended, text) = tokio::join!(asking, listening);
    match ended {
        Ok(_) => {}
        Err(Broken::Fault(fault)) => return Err(fault),
        Err(Broken::Unheard) => return Err(LlmFault::Truncated),
    }
    let mut measured = measure(ask);
    measured.text_bytes = tally.text_bytes;
    let usage = measured.usage(tally.reported);
    let ability = Ability {
        first_token: tally
            .begun_at
            .map_or_else(Duration::default, |begun| begun.duration_since(asked)),
        total: asked.elapsed(),
        counts: !usage.estimated,
        shapes: false,
        usage,
    };
    Ok((text, ability))
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            provider,
            model,
            says,
        } = self;
        write!(f, "{provider}/{model}: ")?;
        match says {
            Ok(ability) => {
                let first = ability.first_token.as_millis();
                let total = ability.total.as_millis();
                let counts = if ability.counts {
                    "counts tokens"
                } else {
                    "does not count tokens (Ludus does)"
                };
                let shapes = if ability.shapes {
                    "answers in JSON"
                } else {
                    "does not answer in JSON (scores by rubric will be missing)"
                };
                write!(
                    f,
                    "first word after {first} ms, all after {total} ms; {counts}; {shapes}"
                )
            }
            Err(fault) => write!(f, "{fault}; {}", mend(provider, *fault)),
        }
    }
}

/// What most often is behind a fault, and where to mend it.
fn mend(provider: &str, fault: LlmFault) -> String {
    let of = |key: &str| format!("providers.{provider}.{key}");
    match fault {
        LlmFault::Connect => format!(
            "check {} (host, port, https) and whether this machine may go there; \
             a certificate of your own belongs in {}",
            of("base_url"),
            of("ca_file")
        ),
        LlmFault::Refused { status: 401 | 403 } => format!(
            "the key is wrong, missing or has no right to this model: check {} or {}",
            of("key_file"),
            of("key_env")
        ),
        LlmFault::Refused { status: 404 } => format!(
            "check {} (most end in /v1) and the name in {}",
            of("base_url"),
            of("models")
        ),
        LlmFault::Refused { status: 400 | 422 } => format!(
            "it does not like the name in {}, the key (some say so with 400) or how it was asked: \
             try {}, {} or {}",
            of("models"),
            of("output_limit"),
            of("sends_usage_option"),
            of("sends_temperature")
        ),
        LlmFault::Refused {
            status: 300..=399, ..
        } => format!(
            "it points somewhere else, which is never followed: write the final address into {}",
            of("base_url")
        ),
        LlmFault::Refused { .. } => "the trouble is on its side: try again later".to_owned(),
        LlmFault::RateLimited { .. } => {
            "wait, or raise the limit of your account; an empty account looks the same".to_owned()
        }
        LlmFault::SlowFirstToken => {
            format!("raise {} if it is always so", of("timeouts.first_token_ms"))
        }
        LlmFault::Truncated => format!(
            "if every answer is whole all the same, set {}",
            of("ends_silently")
        ),
        LlmFault::Garbled => format!(
            "is {} the address of a server that speaks the OpenAI protocol?",
            of("base_url")
        ),
        LlmFault::Stalled | LlmFault::TotalTime => format!("see {}", of("timeouts")),
        LlmFault::TooLarge
        | LlmFault::Filtered
        | LlmFault::NoProvider
        | LlmFault::CircuitOpen
        | LlmFault::Busy
        | LlmFault::Budget => "ask it by hand".to_owned(),
    }
}
