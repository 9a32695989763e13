//! The answer on its way: guarded, and ended at once when nobody waits for it any more.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::stream;
use ludus_actors::llm::{Done, Finish, LlmFault, OFFLINE, Piece, Running, Usage};
use ludus_domain::ids::{ApiKeyId, OrgId};
use ludus_domain::prompt::Guard;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fault::Fault;
use crate::http::reply::ok;
use crate::limits::Place;
use crate::metrics;
use crate::ws::socket::WeakKill;

/// How soon it is noticed that a client has hung up, which a server sees only when it looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What was used.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[schema(as = ChatCompletionUsage)]
#[expect(clippy::struct_field_names, reason = "the protocol's own names")]
pub(in crate::http) struct UsageBody {
    prompt_tokens: u64,
    /// What a persona says offline takes none.
    completion_tokens: u64,
    total_tokens: u64,
}

impl From<Usage> for UsageBody {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens + usage.completion_tokens,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatCompletion)]
pub(in crate::http) struct CompletionBody {
    id: String,
    /// Always `chat.completion`.
    object: &'static str,
    created: i64,
    model: String,
    /// Who spoke: `offline`, or a provider and its model.
    system_fingerprint: String,
    choices: Vec<ChoiceBody>,
    usage: UsageBody,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatCompletionChoice)]
pub(in crate::http) struct ChoiceBody {
    index: u32,
    message: SaidBody,
    #[schema(value_type = Option<String>)]
    logprobs: Value,
    finish_reason: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatCompletionSaid)]
pub(in crate::http) struct SaidBody {
    role: &'static str,
    content: String,
    #[schema(value_type = Option<String>)]
    refusal: Value,
}

/// What comes next of an answer.
enum Step {
    Begun,
    Text(String),
    Ended(&'static str, UsageBody),
    Failed(LlmFault),
    /// The client hung up.
    Gone,
}

/// An answer on its way to a program.
pub(super) struct Reply {
    running: Running,
    guard: Option<Guard>,
    is_cut: bool,
    peer: Option<WeakKill>,
    engine: String,
    /// The end, while there is text to be said before it.
    end: Option<Step>,
    id: String,
    created: i64,
    _place: Place<(OrgId, ApiKeyId)>,
}

impl Reply {
    pub(super) fn new(
        running: Running,
        guard: Guard,
        is_cut: bool,
        peer: Option<WeakKill>,
        place: Place<(OrgId, ApiKeyId)>,
    ) -> Self {
        Self {
            running,
            guard: Some(guard),
            is_cut,
            peer,
            engine: String::new(),
            end: None,
            id: format!("chatcmpl-{}", Uuid::now_v7().simple()),
            created: crate::clock::now().0 / 1_000,
            _place: place,
        }
    }

    /// The next step; after an end there is none to ask for. Dropping the reply ends the question.
    async fn next(&mut self) -> Step {
        if let Some(end) = self.end.take() {
            return end;
        }
        loop {
            let piece = tokio::select! {
                biased;
                piece = self.running.next() => piece,
                () = gone(self.peer.as_ref()) => {
                    metrics::program_answered("gone");
                    return Step::Gone;
                }
            };
            match piece {
                Some(Piece::Begun { provider, model }) => {
                    self.engine = if model.is_empty() {
                        provider
                    } else {
                        format!("{provider}/{model}")
                    };
                    return Step::Begun;
                }
                Some(Piece::Text(text)) => match self.guard.as_mut().map(|guard| guard.push(&text))
                {
                    Some(Ok(passed)) if passed.is_empty() => {}
                    Some(Ok(passed)) => return Step::Text(passed),
                    Some(Err(_)) | None => return self.withheld(),
                },
                Some(Piece::Ended(ended)) => return self.ended(ended),
                None => return self.ended(Err(LlmFault::Truncated)),
            }
        }
    }

    fn ended(&mut self, ended: Result<Done, LlmFault>) -> Step {
        let done = match ended {
            Ok(done) => done,
            Err(LlmFault::Filtered) => return self.withheld(),
            Err(fault) => {
                metrics::program_answered("fault");
                return Step::Failed(fault);
            }
        };
        let Some(Ok(rest)) = self.guard.take().map(Guard::finish) else {
            return self.withheld();
        };
        let is_cut = done.finish == Finish::Length || (self.is_cut && self.engine == OFFLINE);
        let reason = if is_cut { "length" } else { "stop" };
        metrics::program_answered(reason);
        let end = Step::Ended(reason, done.usage.into());
        if rest.is_empty() {
            return end;
        }
        self.end = Some(end);
        Step::Text(rest)
    }

    /// What it would go on to say is not for anybody.
    fn withheld(&mut self) -> Step {
        self.guard = None;
        metrics::program_answered("content_filter");
        Step::Ended("content_filter", UsageBody::default())
    }

    /// All that is said, how it ended and what it took. `None`: nobody reads it.
    pub(super) async fn gathered(
        &mut self,
    ) -> Result<Option<(String, &'static str, UsageBody)>, Fault> {
        let mut content = String::new();
        loop {
            match self.next().await {
                Step::Begun => {}
                Step::Text(text) => content.push_str(&text),
                Step::Failed(fault) => return Err(fault.into()),
                Step::Gone => return Ok(None),
                Step::Ended(reason, usage) => return Ok(Some((content, reason, usage))),
            }
        }
    }

    /// Who spoke.
    pub(super) fn into_engine(self) -> String {
        self.engine
    }

    /// The answer as one body.
    pub(super) async fn whole(mut self, model: String) -> Result<HttpResponse, Fault> {
        let Some((content, finish_reason, usage)) = self.gathered().await? else {
            return Ok(HttpResponse::NoContent().force_close().finish());
        };
        Ok(ok(&CompletionBody {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model,
            system_fingerprint: self.engine,
            choices: vec![ChoiceBody {
                index: 0,
                message: SaidBody {
                    role: "assistant",
                    content,
                    refusal: Value::Null,
                },
                logprobs: Value::Null,
                finish_reason,
            }],
            usage,
        }))
    }

    /// The answer as events. What fails before its first word fails as a request.
    pub(super) async fn stream(
        mut self,
        model: String,
        includes_usage: bool,
    ) -> Result<HttpResponse, Fault> {
        let first = match self.next().await {
            Step::Failed(fault) => return Err(fault.into()),
            Step::Gone => return Ok(HttpResponse::NoContent().force_close().finish()),
            first => first,
        };
        let coming = Coming {
            reply: Some(self),
            first: Some(first),
            model,
            includes_usage,
        };
        let events = stream::unfold(coming, |mut coming| async move {
            let events = coming.events().await?;
            Some((Ok::<_, Infallible>(events), coming))
        });
        Ok(HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
            // Compression would keep words back until it has enough of them; so would some proxies.
            .insert_header((header::CONTENT_ENCODING, "identity"))
            .insert_header(("x-accel-buffering", "no"))
            .streaming(events))
    }
}

/// Returns when the client has hung up. Never, where nobody can tell.
async fn gone(peer: Option<&WeakKill>) {
    let Some(peer) = peer else {
        return std::future::pending().await;
    };
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if peer.upgrade().is_none_or(|peer| peer.has_left()) {
            return;
        }
    }
}

/// A stream of events.
struct Coming {
    /// `None` when the last event is out.
    reply: Option<Reply>,
    first: Option<Step>,
    model: String,
    includes_usage: bool,
}

impl Coming {
    async fn events(&mut self) -> Option<Bytes> {
        let reply = self.reply.as_mut()?;
        let step = match self.first.take() {
            Some(step) => step,
            None => reply.next().await,
        };
        let mut events = vec![];
        let is_last = match step {
            Step::Begun => {
                let delta = json!({"role": "assistant", "content": ""});
                events.push(self.chunk(delta, None)?);
                false
            }
            Step::Text(text) => {
                events.push(self.chunk(json!({"content": text}), None)?);
                false
            }
            Step::Ended(reason, usage) => {
                events.push(self.chunk(json!({}), Some(reason))?);
                if self.includes_usage {
                    events.push(self.last(usage)?);
                }
                true
            }
            // No finish reason and no `[DONE]`: whoever reads knows that it is not the whole.
            Step::Failed(fault) => {
                events.push(String::from_utf8(Fault::from(fault).json()).ok()?);
                self.reply = None;
                return Some(bytes_of(&events));
            }
            Step::Gone => {
                self.reply = None;
                return None;
            }
        };
        if is_last {
            events.push("[DONE]".to_owned());
            self.reply = None;
        }
        Some(bytes_of(&events))
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&'static str>) -> Option<String> {
        let choice = json!({
            "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
        });
        let mut chunk = self.frame(json!([choice]))?;
        if self.includes_usage {
            chunk["usage"] = Value::Null;
        }
        Some(chunk.to_string())
    }

    fn last(&self, usage: UsageBody) -> Option<String> {
        let mut chunk = self.frame(json!([]))?;
        chunk["usage"] = json!(usage);
        Some(chunk.to_string())
    }

    fn frame(&self, choices: Value) -> Option<Value> {
        let reply = self.reply.as_ref()?;
        Some(json!({
            "id": reply.id, "object": "chat.completion.chunk", "created": reply.created,
            "model": self.model, "system_fingerprint": reply.engine, "choices": choices,
        }))
    }
}

/// JSON as we write it has no line breaks, so each is one line of data.
fn bytes_of(events: &[String]) -> Bytes {
    let mut bytes = String::new();
    for event in events {
        bytes.push_str("data: ");
        bytes.push_str(event);
        bytes.push_str("\n\n");
    }
    bytes.into()
}
