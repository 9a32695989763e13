//! Whom to ask, in what order, and whether at all.
//!
//! One task per question: a seat of the org's, then one provider after the other until one says its
//! first word. For each, the breaker must let it through and the budget must cover the worst. When
//! whoever asked goes away, the connection is closed, and what was said is paid for.

mod seen;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ludus_actors::llm::{
    Ask, Budget, Choice, Done, Finish, Llm, LlmFault, OFFLINE, Running, Speaker, answer,
};
use ludus_actors::ports::Clock;
use ludus_domain::breaker::{Breaker, Outcome, Patience};
use ludus_domain::budget::{Claim, Measured, Usage};
use tokio::time::{Instant, timeout};

pub use self::seen::{ModelSeen, ProviderSeen};
use super::bulkhead::{Bulkhead, Full};
use super::offline;
use super::openai::{Broken, Model, Provider, Tally, measure};
use crate::config::{LlmSettings, split_choice};
use crate::metrics;

/// A prompt that is larger was not built with a token budget.
const PROMPT_BYTES_MAX: u64 = 1024 * 1024;
const MESSAGES_MAX: u64 = 4_096;
/// No model says more in one answer.
const OUTPUT_TOKENS_MAX: u32 = 131_072;
/// Each may take its time until the first word, and somebody waits for it.
const CHOICES_MAX: usize = 8;
/// The book answers within three seconds; a book that does not is no book.
const BOOK: Duration = Duration::from_secs(4);
/// A provider that wants fewer questions and does not say for how long.
const REST_MS: i64 = 5_000;

/// Several providers behind one port.
#[derive(Debug)]
pub struct Router(Arc<Shared>);

struct Shared {
    providers: Vec<Provider>,
    /// One per model, in the order of `providers` and their models.
    breakers: Vec<Vec<Mutex<Breaker>>>,
    /// Who is asked where nobody is named.
    order: Vec<Place>,
    bulkhead: Bulkhead,
    budget: Arc<dyn Budget>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.providers).finish()
    }
}

/// A model of a provider, by where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    provider: usize,
    model: usize,
}

/// Everything one try needs.
struct Candidate<'a> {
    provider: &'a Provider,
    model: &'a Model,
    breaker: &'a Mutex<Breaker>,
}

impl Candidate<'_> {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // A breaker is whole after each step, so a panic beside it has not hurt it.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Llm for Router {
    fn start(&self, ask: Ask) -> Running {
        let (speaker, running) = answer();
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            let asked = Instant::now();
            let end = match shared.work(&ask, &speaker, asked).await {
                Asked::Over(end) => end,
                Asked::Unheard => return,
                Asked::Nobody(fault) => match &ask.offline {
                    None => Err(fault),
                    Some(offline) => match offline::speak(offline, &speaker, asked).await {
                        Some(done) => {
                            metrics::llm_asked(OFFLINE, "done");
                            Ok(done)
                        }
                        // Nobody is there to be told.
                        None => return metrics::llm_asked(OFFLINE, "unheard"),
                    },
                },
            };
            speaker.ended(end).await;
        });
        running
    }
}

impl Router {
    /// Choices of `settings.order` that are not there are passed over; the configuration's checks
    /// have refused them before.
    pub fn new(
        settings: &LlmSettings,
        providers: Vec<Provider>,
        budget: Arc<dyn Budget>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let breakers = providers.iter().map(|provider| {
            let new = |_: &Model| Mutex::new(Breaker::new(Patience::default()));
            provider.models().iter().map(new).collect()
        });
        let mut shared = Shared {
            breakers: breakers.collect(),
            providers,
            order: vec![],
            bulkhead: Bulkhead::new(
                settings.streams_per_org as usize,
                settings.waiting_per_org as usize,
                Duration::from_millis(settings.wait_ms.into()),
            ),
            budget,
            clock,
        };
        shared.order = if settings.order.is_empty() {
            let first = |provider| Place { provider, model: 0 };
            (0..shared.providers.len()).map(first).collect()
        } else {
            let choices = settings.order.iter().filter_map(|text| split_choice(text));
            choices
                .filter_map(|(provider, model)| shared.place(provider, model))
                .collect()
        };
        Self(Arc::new(shared))
    }

    /// Every model that can be asked, as a picker shows them.
    pub fn choices(&self) -> Vec<Choice> {
        let of = |provider: &Provider| {
            let name = provider.name().to_owned();
            let choice = move |model: &Model| Choice {
                provider: name.clone(),
                model: model.name.clone(),
            };
            provider.models().iter().map(choice).collect::<Vec<_>>()
        };
        self.0.providers.iter().flat_map(of).collect()
    }
}

impl Shared {
    fn place(&self, provider: &str, model: &str) -> Option<Place> {
        let at = self
            .providers
            .iter()
            .position(|known| known.name() == provider)?;
        let models = self.providers.get(at)?.models();
        let model = match model {
            "" => 0,
            name => models.iter().position(|known| known.name == name)?,
        };
        Some(Place {
            provider: at,
            model,
        })
    }

    fn candidate(&self, place: Place) -> Option<Candidate<'_>> {
        let provider = self.providers.get(place.provider)?;
        Some(Candidate {
            provider,
            model: provider.models().get(place.model)?,
            breaker: self.breakers.get(place.provider)?.get(place.model)?,
        })
    }

    async fn work(&self, ask: &Ask, speaker: &Speaker, asked: Instant) -> Asked {
        let measured = measure(ask);
        let is_large = measured.prompt_bytes > PROMPT_BYTES_MAX
            || measured.messages > MESSAGES_MAX
            || ask.max_output_tokens > OUTPUT_TOKENS_MAX;
        if is_large || measured.messages == 0 || ask.max_output_tokens == 0 {
            return Asked::Nobody(none(LlmFault::TooLarge));
        }
        let places: Vec<_> = if ask.providers.is_empty() {
            self.order.iter().copied().map(Some).collect()
        } else {
            let named = ask.providers.iter();
            named
                .map(|choice| self.place(&choice.provider, &choice.model))
                .collect()
        };
        if places.iter().all(Option::is_none) {
            // Nobody is configured, or nobody who was named: no seat is taken for that.
            return Asked::Nobody(none(LlmFault::NoProvider));
        }
        let seat = tokio::select! {
            biased;
            () = speaker.unheard() => return Asked::Unheard,
            seat = self.bulkhead.enter(ask.org) => seat,
        };
        let _seat = match seat {
            Ok(seat) => seat,
            Err(Full) => return Asked::Nobody(none(LlmFault::Busy)),
        };
        let mut why = None;
        for (at, place) in places.into_iter().take(CHOICES_MAX).enumerate() {
            let is_offline = ask
                .providers
                .get(at)
                .is_some_and(|choice| choice.provider == OFFLINE);
            if is_offline && ask.offline.is_some() {
                break;
            }
            let Some(candidate) = place.and_then(|place| self.candidate(place)) else {
                why = Some(weightier(why, LlmFault::NoProvider));
                continue;
            };
            match self
                .attempt(&candidate, ask, measured, speaker, asked)
                .await
            {
                Try::Done(done) => return Asked::Over(Ok(done)),
                Try::Unheard => return Asked::Unheard,
                Try::Failed { fault, begun: true } => return Asked::Over(Err(fault)),
                Try::Failed { fault, .. } => why = Some(weightier(why, fault)),
            }
        }
        Asked::Nobody(why.unwrap_or_else(|| none(LlmFault::NoProvider)))
    }

    async fn attempt(
        &self,
        candidate: &Candidate<'_>,
        ask: &Ask,
        measured: Measured,
        speaker: &Speaker,
        asked: Instant,
    ) -> Try {
        let Candidate {
            provider, model, ..
        } = candidate;
        let failed = |fault: LlmFault| {
            metrics::llm_asked(provider.name(), fault.label());
            Try::Failed {
                fault,
                begun: false,
            }
        };
        let admitted = candidate.breaker().ask(self.clock.now());
        let Ok(permit) = admitted else {
            return failed(LlmFault::CircuitOpen);
        };
        let claim = Claim {
            org: ask.org,
            room: ask.room,
            learner: ask.learner,
            amount_micro: measured.worst(model.prices),
        };
        let reserved = timeout(BOOK, self.budget.reserve(claim)).await;
        let Ok(Ok(reservation)) = reserved else {
            let now = self.clock.now();
            candidate.breaker().report(permit, Outcome::Neither, now);
            return failed(LlmFault::Budget);
        };
        let mut tally = Tally::default();
        let now = self.clock.now();
        let ended = tokio::select! {
            biased;
            () = speaker.unheard() => Err(Broken::Unheard),
            ended = provider.ask(&model.name, ask, speaker, &mut tally, now) => ended,
        };
        let now = self.clock.now();
        candidate
            .breaker()
            .report(permit, outcome(ended, tally.begun_at.is_some()), now);
        self.show(candidate);
        let (usage, cost_micro) = spent(&tally, measured, model);
        if !matches!(
            timeout(BOOK, self.budget.settle(reservation, cost_micro)).await,
            Ok(Ok(()))
        ) {
            // The reservation stands until it is too old: too much is held, never too little.
            tracing::warn!("an answer of a language model could not be settled");
        }
        let since = |then: Instant| {
            let ms = then.duration_since(asked).as_millis();
            u64::try_from(ms).unwrap_or(u64::MAX)
        };
        metrics::llm_spent(
            provider.name(),
            usage.prompt_tokens,
            usage.completion_tokens,
            cost_micro,
        );
        if let Some(begun) = tally.begun_at {
            metrics::llm_first_token(provider.name(), begun.duration_since(asked));
        }
        match ended {
            Ok(finish) => {
                metrics::llm_asked(provider.name(), "done");
                Try::Done(Done {
                    finish,
                    usage,
                    cost_micro,
                    provider: provider.name().to_owned(),
                    model: model.name.clone(),
                    first_token_ms: tally.begun_at.map_or(0, since),
                    total_ms: since(Instant::now()),
                })
            }
            Err(Broken::Unheard) => {
                metrics::llm_asked(provider.name(), "unheard");
                Try::Unheard
            }
            Err(Broken::Fault(fault)) => {
                metrics::llm_asked(provider.name(), fault.label());
                tracing::warn!(
                    provider = provider.name(),
                    model = model.name,
                    begun = tally.begun_at.is_some(),
                    "a language model did not answer: {fault}"
                );
                Try::Failed {
                    fault,
                    begun: tally.begun_at.is_some(),
                }
            }
        }
    }

    fn show(&self, candidate: &Candidate<'_>) {
        let standing = candidate.breaker().standing(self.clock.now());
        metrics::llm_breaker(candidate.provider.name(), &candidate.model.name, standing);
    }
}

/// What came of asking models.
enum Asked {
    /// Somebody began, and this is the end of it.
    Over(Result<Done, LlmFault>),
    Unheard,
    /// Nobody said a word.
    Nobody(LlmFault),
}

/// What came of trying one provider.
enum Try {
    Done(Done),
    Unheard,
    Failed { fault: LlmFault, begun: bool },
}

/// A fault before anybody was asked.
fn none(fault: LlmFault) -> LlmFault {
    metrics::llm_asked("none", fault.label());
    fault
}

/// Of several reasons the one that helps most to know: the last of a provider that was really asked.
fn weightier(known: Option<LlmFault>, new: LlmFault) -> LlmFault {
    let weight = |fault: &LlmFault| match fault {
        LlmFault::NoProvider => 0,
        LlmFault::CircuitOpen => 1,
        LlmFault::Budget => 2,
        _ => 3,
    };
    known
        .filter(|known| weight(known) > weight(&new))
        .unwrap_or(new)
}

/// What an answer says about who gave it.
fn outcome(ended: Result<Finish, Broken>, begun: bool) -> Outcome {
    match ended {
        // A filter that works is a provider that works.
        Ok(_) | Err(Broken::Fault(LlmFault::Filtered)) => Outcome::Good,
        Err(Broken::Unheard) if begun => Outcome::Good,
        Err(Broken::Unheard) => Outcome::Neither,
        Err(Broken::Fault(fault)) => match fault {
            LlmFault::RateLimited { retry_after_s } => Outcome::Rest {
                ms: retry_after_s.map_or(REST_MS, |seconds| i64::from(seconds) * 1_000),
            },
            // What was asked was wrong, not who was asked.
            LlmFault::Refused {
                status: 400 | 413 | 422,
            } => Outcome::Neither,
            _ => Outcome::Bad,
        },
    }
}

/// What an answer cost: nothing when it was refused, else what was counted as far as it can be true.
fn spent(tally: &Tally, measured: Measured, model: &Model) -> (Usage, u64) {
    if !tally.is_sent {
        return (Usage::default(), 0);
    }
    let measured = Measured {
        text_bytes: tally.text_bytes,
        ..measured
    };
    let usage = measured.usage(tally.reported);
    (usage, model.prices.cost(usage))
}
