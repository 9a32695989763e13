//! One server that speaks the OpenAI protocol, and one answer of it.
//!
//! The transport is ours: a client that follows no redirect, uses no proxy nobody asked for and
//! never repeats a question, because a repeated question may be billed twice. The answer is read
//! no faster than somebody listens, and no further than its limits. docs/adr/0016 says what of
//! `async-openai` is used and why not more.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use ludus_actors::llm::{Ask, Finish, LlmFault, Speaker, Unheard};
use ludus_domain::budget::{Measured, Prices, Reported};
use ludus_domain::time::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Proxy, Response, StatusCode, Url, redirect, retry};
use tokio::time::{Instant, timeout, timeout_at};

use super::chunk::{self, Said};
use super::sse::Events;
use super::tls::Roots;
use super::{Unusable, request, retry_after};
use crate::config::{ModelSettings, ProviderSettings, Style};

/// No honest token is larger, and one event is held in memory.
const EVENT_BYTES_MAX: usize = 256 * 1024;
/// What the text may be in all, however many tokens were allowed.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// More than tokens usually have, so that only a server that does not keep to its limit is cut.
const TEXT_BYTES_PER_TOKEN: u64 = 32;
/// What surrounds a token on the wire: names, ids, filters' verdicts, thoughts.
const WIRE_BYTES_PER_TOKEN: u64 = 4 * 1024;
/// What any answer may have on the wire, however short.
const WIRE_BYTES_LEAST: u64 = 64 * 1024;
/// After the reason to finish, what is still wanted is the count of tokens. Not longer than this.
const TAIL: Duration = Duration::from_secs(2);
/// After the very end, whether the connection can be kept for the next question.
const HANG_UP: Duration = Duration::from_millis(20);
const IDLE_CONNECTIONS_MAX: usize = 8;
const IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(15);

/// A model, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub name: String,
    pub prices: Prices,
}

impl From<&ModelSettings> for Model {
    fn from(settings: &ModelSettings) -> Self {
        Self {
            name: settings.name.clone(),
            prices: settings.prices(),
        }
    }
}

/// A server that can be asked.
pub struct Provider {
    settings: ProviderSettings,
    models: Vec<Model>,
    base: Url,
    headers: HeaderMap,
    client: Client,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider")
            .field(&self.settings.name)
            .finish()
    }
}

/// What has come of a question so far. It outlives the question, because what was said is paid
/// for even when nobody listens any more.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The provider may have begun to work, and will want its money.
    pub(super) is_sent: bool,
    pub(super) begun_at: Option<Instant>,
    pub(super) text_bytes: u64,
    pub(super) reported: Reported,
}

/// Why an answer ends without being whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Unheard,
    Fault(LlmFault),
}

impl From<Unheard> for Broken {
    fn from(_: Unheard) -> Self {
        Self::Unheard
    }
}

impl From<LlmFault> for Broken {
    fn from(fault: LlmFault) -> Self {
        Self::Fault(fault)
    }
}

/// What is known of a question before it is asked.
pub(super) fn measure(ask: &Ask) -> Measured {
    let texts = ask.messages.iter().map(|message| message.text.len());
    let schema = ask.json_schema.as_ref().map(ToString::to_string);
    let bytes = texts.sum::<usize>() + schema.map_or(0, |schema| schema.len());
    Measured {
        prompt_bytes: bytes as u64,
        messages: ask.messages.len() as u64,
        text_bytes: 0,
        max_output_tokens: ask.max_output_tokens.into(),
    }
}

impl Provider {
    pub fn new(settings: &ProviderSettings, roots: &Roots) -> Result<Self, Unusable> {
        let unusable = |what: &str| Unusable::Client {
            provider: settings.name.clone(),
            what: what.to_owned(),
        };
        let ca_file = settings.ca_file.as_deref();
        let tls = roots.client(ca_file).ok_or_else(|| Unusable::NotPem {
            provider: settings.name.clone(),
            path: settings.ca_file.clone().unwrap_or_default(),
        })?;
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(ms(settings.timeouts.connect_ms))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .tcp_nodelay(true)
            .tcp_keepalive(KEEPALIVE)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX);
        if let Some(proxy) = &settings.proxy {
            let proxy = Proxy::all(proxy.reveal()).map_err(|_| unusable("the proxy is no URL"))?;
            client = client.proxy(proxy);
        }
        Ok(Self {
            models: settings.models.iter().map(Model::from).collect(),
            base: Url::parse(&settings.base_url).map_err(|_| unusable("the base_url is no URL"))?,
            headers: headers(settings).ok_or_else(|| unusable("a header cannot be sent"))?,
            client: client
                .build()
                .map_err(|_| unusable("there is no HTTP client for it"))?,
            settings: settings.clone(),
        })
    }

    pub fn name(&self) -> &str {
        &self.settings.name
    }

    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Where an answer of this model is asked for.
    fn url(&self, model: &str) -> Option<Url> {
        let mut url = self.base.clone();
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty();
        if self.settings.style == Style::Azure {
            path.extend(["openai", "deployments", model]);
        }
        path.extend(["chat", "completions"]);
        drop(path);
        if let Some(version) = &self.settings.api_version {
            url.query_pairs_mut().append_pair("api-version", version);
        }
        Some(url)
    }

    /// Asks once. `Ok`: the answer was whole. Dropping the future hangs up.
    pub(super) async fn ask(
        &self,
        model: &str,
        ask: &Ask,
        speaker: &Speaker,
        tally: &mut Tally,
        now: Timestamp,
    ) -> Result<Finish, Broken> {
        let asked = Instant::now();
        let body = request::body(ask, model, &self.settings).ok_or(LlmFault::TooLarge)?;
        let url = self.url(model).ok_or(LlmFault::Connect)?;
        let times = &self.settings.timeouts;
        let clock = Patience {
            last: asked + ms(times.total_ms),
            next: asked + ms(times.first_token_ms),
            late: LlmFault::SlowFirstToken,
        };
        tally.is_sent = true;
        let sending = self
            .client
            .post(url)
            .headers(self.headers.clone())
            .body(body)
            .send();
        let response = match clock.wait(sending).await? {
            Ok(response) => response,
            Err(error) => {
                // Nothing was sent, or nobody was there to read it.
                tally.is_sent = !error.is_connect();
                let is_unsent = error.is_connect() || error.is_builder();
                let fault = if is_unsent {
                    LlmFault::Connect
                } else {
                    LlmFault::Truncated
                };
                return Err(fault.into());
            }
        };
        if response.status() != StatusCode::OK {
            tally.is_sent = false;
            return Err(refusal(&response, now).into());
        }
        if !is_stream(&response) {
            return Err(LlmFault::Garbled.into());
        }
        self.listen(response, model, ask, speaker, tally, clock)
            .await
    }

    async fn listen(
        &self,
        mut response: Response,
        model: &str,
        ask: &Ask,
        speaker: &Speaker,
        tally: &mut Tally,
        mut clock: Patience,
    ) -> Result<Finish, Broken> {
        let tokens = u64::from(ask.max_output_tokens);
        let text_bytes_max = TEXT_BYTES_MAX.min(WIRE_BYTES_LEAST + tokens * TEXT_BYTES_PER_TOKEN);
        let wire_bytes_max = WIRE_BYTES_LEAST + tokens * WIRE_BYTES_PER_TOKEN;
        let stall = ms(self.settings.timeouts.stall_ms);
        let mut wire_bytes = 0_u64;
        let mut events = Events::new(EVENT_BYTES_MAX);
        let mut data = Vec::new();
        let mut end = End::default();
        loop {
            let chunk = match clock.wait(response.chunk()).await {
                Ok(Ok(chunk)) => chunk,
                // It had already finished, and only dawdles or leaves without a goodbye.
                Ok(Err(_)) | Err(_) if end.finish.is_some() => return end.whole(tally, false),
                Ok(Err(_)) => return Err(LlmFault::Truncated.into()),
                Err(late) => return Err(late.into()),
            };
            let is_over = chunk.is_none();
            let read = match &chunk {
                Some(bytes) => {
                    wire_bytes = wire_bytes.saturating_add(bytes.len() as u64);
                    events.push(bytes, &mut data)
                }
                None => events.finish(&mut data),
            };
            let mut text = String::new();
            let mut fault = end.take_in(data.drain(..), &mut text, tally);
            if read.is_err() || wire_bytes > wire_bytes_max {
                fault = fault.or(Some(LlmFault::TooLarge));
            }
            if tally.text_bytes.saturating_add(text.len() as u64) > text_bytes_max {
                fault = Some(LlmFault::TooLarge);
                text.clear();
            }
            if !text.is_empty() {
                tally.text_bytes = tally.text_bytes.saturating_add(text.len() as u64);
                // However slowly somebody listens, the whole has its deadline.
                let speaking = async {
                    if tally.begun_at.is_none() {
                        tally.begun_at = Some(Instant::now());
                        speaker.begun(self.name(), model).await?;
                    }
                    speaker.text(text).await
                };
                timeout_at(clock.last, speaking)
                    .await
                    .map_err(|_| LlmFault::TotalTime)??;
                clock.next = Instant::now() + stall;
                clock.late = LlmFault::Stalled;
            }
            if let Some(fault) = fault {
                return Err(fault.into());
            }
            if end.is_said {
                let _ = timeout(HANG_UP, response.chunk()).await;
                return end.whole(tally, true);
            }
            if is_over {
                return end.whole(tally, self.settings.ends_silently);
            }
            if end.finish.is_some() {
                clock.next = clock.next.min(Instant::now() + TAIL);
            }
        }
    }
}

/// Deadlines of one answer.
#[derive(Clone, Copy, Debug)]
struct Patience {
    last: Instant,
    next: Instant,
    /// What it means when `next` passes.
    late: LlmFault,
}

impl Patience {
    async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, LlmFault> {
        let late = if self.last < self.next {
            LlmFault::TotalTime
        } else {
            self.late
        };
        timeout_at(self.last.min(self.next), work)
            .await
            .map_err(|_| late)
    }
}

/// How an answer says that it is over.
#[derive(Debug, Default)]
struct End {
    finish: Option<Finish>,
    /// `[DONE]` was there.
    is_said: bool,
}

impl End {
    /// Reads events until the end or the first fault.
    fn take_in(
        &mut self,
        events: impl Iterator<Item = Vec<u8>>,
        text: &mut String,
        tally: &mut Tally,
    ) -> Option<LlmFault> {
        for event in events {
            // What comes after the end is not part of the answer.
            if self.is_said {
                break;
            }
            if event.trim_ascii() == b"[DONE]" {
                self.is_said = true;
                break;
            }
            let Said {
                text: part,
                finish,
                usage,
                fault,
            } = match chunk::read(&event) {
                Ok(said) => said,
                Err(fault) => return Some(fault),
            };
            text.push_str(&part);
            self.finish = self.finish.or(finish);
            tally.reported = usage.unwrap_or(tally.reported);
            if fault.is_some() {
                return fault;
            }
        }
        None
    }

    /// `is_fine`: that there was no reason to finish does not mean that something is missing.
    fn whole(&self, tally: &Tally, is_fine: bool) -> Result<Finish, Broken> {
        match self.finish {
            None if !is_fine => Err(LlmFault::Truncated.into()),
            // A whole answer with nothing in it helps nobody.
            _ if tally.text_bytes == 0 => Err(LlmFault::Garbled.into()),
            finish => Ok(finish.unwrap_or(Finish::Other)),
        }
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn headers(settings: &ProviderSettings) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let mut put = |name: HeaderName, value: &str| -> Option<()> {
        let mut value = HeaderValue::from_str(value).ok()?;
        // Not shown, should anybody ever print a request.
        value.set_sensitive(true);
        headers.insert(name, value);
        Some(())
    };
    if let Some(key) = &settings.key {
        match settings.style {
            Style::Openai => put(AUTHORIZATION, &format!("Bearer {}", key.reveal()))?,
            Style::Azure => put(HeaderName::from_static("api-key"), key.reveal())?,
        }
    }
    if let Some(organization) = &settings.organization {
        put(HeaderName::from_static("openai-organization"), organization)?;
    }
    if let Some(project) = &settings.project {
        put(HeaderName::from_static("openai-project"), project)?;
    }
    for (name, value) in &settings.headers {
        put(
            HeaderName::from_bytes(name.as_bytes()).ok()?,
            value.reveal(),
        )?;
    }
    Some(headers)
}

/// Its body is not read: it may hold what was asked.
fn refusal(response: &Response, now: Timestamp) -> LlmFault {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => LlmFault::RateLimited {
            retry_after_s: retry_after::read(response.headers(), now),
        },
        status => LlmFault::Refused {
            status: status.as_u16(),
        },
    }
}

/// A page of a proxy, or a JSON error with a good status, is no answer. Few servers name no type.
fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_none_or(|kind| {
        let kind = kind.to_str().unwrap_or("").trim().to_ascii_lowercase();
        kind.starts_with("text/event-stream")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretText;

    fn provider(change: impl FnOnce(&mut ProviderSettings)) -> Provider {
        let mut settings = ProviderSettings::new("p", "https://host.example/v1/", vec![]);
        change(&mut settings);
        Provider::new(&settings, &Roots::of_machine()).unwrap()
    }

    #[test]
    fn addresses_of_both_styles() {
        let url = |provider: Provider| provider.url("a/model").unwrap().to_string();
        let plain = provider(|_| ());
        assert_eq!(url(plain), "https://host.example/v1/chat/completions");
        let bare = provider(|settings| settings.base_url = "http://[::1]:11434".to_owned());
        assert_eq!(url(bare), "http://[::1]:11434/chat/completions");
        let azure = provider(|settings| {
            settings.base_url = "https://me.openai.azure.com".to_owned();
            settings.style = Style::Azure;
            settings.api_version = Some("2024-10-21".to_owned());
        });
        assert_eq!(
            url(azure),
            "https://me.openai.azure.com/openai/deployments/a%2Fmodel/chat/completions\
             ?api-version=2024-10-21"
        );
    }

    #[test]
    fn headers_say_who_asks_and_are_never_shown() {
        let key = Some(SecretText::new("sk-hidden"));
        let plain = provider(|settings| {
            settings.key = key.clone();
            settings.organization = Some("org".to_owned());
            settings.headers =
                std::iter::once(("X-Own".to_owned(), SecretText::new("hidden-too"))).collect();
        });
        let header = |provider: &Provider, name: &str| provider.headers.get(name).cloned();
        assert_eq!(header(&plain, "authorization").unwrap(), "Bearer sk-hidden");
        assert_eq!(header(&plain, "openai-organization").unwrap(), "org");
        assert_eq!(header(&plain, "x-own").unwrap(), "hidden-too");
        assert!(!format!("{:?} {plain:?}", plain.headers).contains("hidden"));
        let azure = provider(|settings| {
            settings.key = key;
            settings.style = Style::Azure;
        });
        assert_eq!(header(&azure, "api-key").unwrap(), "sk-hidden");
        assert_eq!(header(&azure, "authorization"), None);
        // Nobody's key, when none was given: the environment is not asked.
        assert_eq!(header(&provider(|_| ()), "authorization"), None);
    }
}
