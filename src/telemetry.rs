//! What the process tells about itself, on standard error: as text for people or JSON for machines.
//!
//! Where an operator asks for it, traces go to a collector and errors to a server of Sentry's kind.
//!
//! Nothing anybody said, no token and no secret is ever logged; ids are. Neither leaves the machine in a trace or
//! an error.

mod errors;
mod traces;

use std::any::Any;
use std::io::{self, IsTerminal};
use std::panic;
use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::blocking::Client;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Config, LogFormat};
use crate::llm::Roots;

/// How long a process that ends waits for its last traces to be sent.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);
/// The HTTP server says at level error that somebody's request is no request. Whoever finds the address could fill
/// a disk with it. It can be asked for by name in `log.filter`, like everything.
const STRANGERS: &str = "actix_http::h1::dispatcher";

/// Why what was asked for cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("traces cannot be sent: {0}")]
    Traces(String),
    /// It holds a key, so it is not repeated.
    #[error("errors.dsn is no DSN")]
    Dsn,
    #[error("there is no HTTP client to tell of traces and errors with")]
    Client,
    #[error("there is no thread to tell of errors with: {0}")]
    Thread(io::Error),
}

/// Sends what is left when it is dropped: keep it until the process ends.
#[derive(Debug, Default)]
#[must_use]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    _errors: Option<errors::Teller>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            // What was not sent by then is lost, as a trace may be.
            traces.shutdown_with_timeout(FLUSH_WITHIN).ok();
        }
    }
}

/// Starts logging, and telling others where the operator asked for it. The second call of a process changes nothing: tests
/// start many hubs. Outside of any runtime.
pub fn start(config: &Config) -> Result<Telemetry, Unusable> {
    let traces = traces::provider(&config.traces)?;
    let (listener, teller) = errors::start(&config.errors)?.unzip();
    // The filter was proved when the configuration was checked. Alone, nothing at all is errors.
    let own = Some(config.log.filter.trim()).filter(|own| !own.is_empty());
    let own = own.unwrap_or("error");
    let filter = EnvFilter::builder().parse_lossy(format!("{STRANGERS}=off,{own}"));
    let text = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log.format {
        LogFormat::Text => text.with_filter(filter).boxed(),
        LogFormat::Json => text.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let started = tracing_subscriber::registry()
        .with(lines)
        .with(traces.as_ref().map(traces::layer))
        .with(listener.map(errors::layer))
        .try_init();
    if started.is_ok() {
        log_panics();
    }
    Ok(Telemetry {
        traces,
        _errors: teller,
    })
}

/// A client for what is told to others: no proxy of the environment, no redirects, no longer than `within`.
fn client(within: Duration) -> Result<Client, Unusable> {
    let tls = Roots::of_machine().client(None).ok_or(Unusable::Client)?;
    Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(within)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|_| Unusable::Client)
}

/// A panic is a line of the log like others. Only texts that stand in the source are repeated: a
/// formatted one may hold what somebody said.
fn log_panics() {
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        tracing::error!(
            place,
            what = literal(panicked.payload()),
            thread = std::thread::current().name(),
            "a thread panicked"
        );
    }));
}

fn literal(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(withheld)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_panic_is_withheld() {
        let said = Box::new("somebody said this".to_owned());
        assert_eq!(literal(&*said as &(dyn Any + Send)), "(withheld)");
        let literal_text = Box::new("index out of place");
        assert_eq!(
            literal(&*literal_text as &(dyn Any + Send)),
            "index out of place"
        );
    }
}
