//! Errors to a server that speaks Sentry's protocol: what the log says at the level `error`, once a minute for each
//! place in the source.
//!
//! Only what stands in the source is sent: the sentence of the log, the place, and of a panic its literal text. What else
//! a line of the log has beside its sentence stays in the log.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use reqwest::blocking::Client;
use sentry_types::protocol::v7::{Envelope, Event as SentryEvent, Level as SentryLevel};
use sentry_types::{Dsn, Uuid};
use tokio::time::Instant;
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::{Unusable, client};
use crate::config::Errors;
use crate::metrics::{self, Told};

/// Errors that may wait to be told. One that finds it full stays in the log.
const QUEUE_MAX: usize = 64;
/// The same place tells again after this.
const AGAIN: Duration = Duration::from_mins(1);
/// How long telling one may take.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long a process that ends waits for the last to be told.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);
/// Who we say we are.
const AGENT: &str = concat!("ludus/", env!("CARGO_PKG_VERSION"));

/// What is told of an error.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    says: String,
    module: String,
    /// Of a panic: where, and its text if that stands in the source.
    place: Option<String>,
    what: Option<String>,
}

/// Takes what is to be known of a line of the log.
impl Visit for Report {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.says = format!("{value:?}");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.says),
            "place" => self.place = Some(value.to_owned()),
            "what" => self.what = Some(value.to_owned()),
            _ => {}
        }
    }
}

impl Report {
    fn event(self) -> SentryEvent<'static> {
        let Self {
            says,
            module,
            place,
            what,
        } = self;
        // Panics are told by one line of the source; they are apart by where they happened.
        let apart = place.clone().unwrap_or_else(|| module.clone());
        SentryEvent {
            event_id: Uuid::now_v7(),
            level: SentryLevel::Error,
            fingerprint: vec![says.clone().into(), apart.into()].into(),
            message: Some(match what {
                Some(what) => format!("{says}: {what}"),
                None => says,
            }),
            culprit: place,
            logger: Some(module),
            platform: "native".into(),
            release: Some(AGENT.into()),
            ..SentryEvent::default()
        }
    }
}

/// What goes to the thread that tells.
#[derive(Debug)]
enum Note {
    Error(Report),
    /// Answered when everything before it was told.
    Flush(SyncSender<()>),
}

/// The layer: hears errors, and never waits.
#[derive(Debug)]
pub(super) struct Listener {
    notes: SyncSender<Note>,
    /// When each place told last, panics by where they were. As many as the source has.
    told: Mutex<HashMap<Place, Instant>>,
}

type Place = (Identifier, Option<String>);

/// Errors the hub itself speaks of, and nothing of what others do in it: their sentences hold what they were given. Without
/// this filter each of their lines, of any level, would be made to be looked at.
pub(super) fn layer<S>(listener: Listener) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    listener.with_filter(Targets::new().with_target("ludus", LevelFilter::ERROR))
}

/// Waits at the end of the process until the last error was told, for a while.
#[derive(Debug)]
pub(super) struct Teller {
    notes: SyncSender<Note>,
}

/// Starts the thread that tells. `None`: nobody asked for it.
pub(super) fn start(errors: &Errors) -> Result<Option<(Listener, Teller)>, Unusable> {
    let Some(dsn) = &errors.dsn else {
        return Ok(None);
    };
    let dsn: Dsn = dsn.reveal().parse().map_err(|_| Unusable::Dsn)?;
    let client = client(SEND_WITHIN)?;
    let (notes, queue) = sync_channel(QUEUE_MAX);
    thread::Builder::new()
        .name("errors".to_owned())
        .spawn(move || work(&dsn, &client, queue))
        .map_err(Unusable::Thread)?;
    let listener = Listener {
        notes: notes.clone(),
        told: Mutex::default(),
    };
    Ok(Some((listener, Teller { notes })))
}

fn work(dsn: &Dsn, client: &Client, queue: Receiver<Note>) {
    for note in queue {
        match note {
            Note::Error(report) => metrics::error_reported(send(dsn, client, report)),
            // Nobody waits any more: as good.
            Note::Flush(done) => drop(done.try_send(())),
        }
    }
}

fn send(dsn: &Dsn, client: &Client, report: Report) -> Told {
    let envelope = Envelope::from(report.event());
    let mut body = vec![];
    if envelope.to_writer(&mut body).is_err() {
        return Told::Failed;
    }
    // No line of the log says that this failed: it would be the next to be sent.
    let answer = client
        .post(dsn.envelope_api_url().as_str())
        .header("X-Sentry-Auth", dsn.to_auth(Some(AGENT)).to_string())
        .header("Content-Type", "application/x-sentry-envelope")
        .body(body)
        .send();
    match answer {
        Ok(answer) if answer.status().is_success() => Told::Sent,
        _ => Told::Failed,
    }
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut report = Report {
            module: metadata.target().to_owned(),
            ..Report::default()
        };
        event.record(&mut report);
        let place = (metadata.callsite(), report.place.clone());
        if !self.is_news(&place) {
            return;
        }
        if self.notes.try_send(Note::Error(report)).is_err() {
            self.told().remove(&place);
            metrics::error_reported(Told::Dropped);
        }
    }
}

impl Listener {
    fn told(&self) -> MutexGuard<'_, HashMap<Place, Instant>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a place has not told for a while.
    fn is_news(&self, place: &Place) -> bool {
        let now = Instant::now();
        let mut told = self.told();
        let last = told.get(place);
        let is_news = last.is_none_or(|last| now.duration_since(*last) >= AGAIN);
        if is_news {
            told.insert(place.clone(), now);
        }
        is_news
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        let (done, wait) = sync_channel(1);
        if self.notes.try_send(Note::Flush(done)).is_ok() {
            // Whatever was not told by then is in the log.
            wait.recv_timeout(FLUSH_WITHIN).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use serde_json::Value;
    use tracing::Level;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::config::SecretText;

    /// Answers one request and gives back what it was.
    fn one_request(listener: &TcpListener) -> String {
        let (mut socket, _) = listener.accept().unwrap();
        let mut got = vec![];
        let mut piece = [0; 4_096];
        loop {
            let count = socket.read(&mut piece).unwrap();
            got.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&got);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap() {
                let text = text.into_owned();
                socket
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                    .unwrap();
                return text;
            }
        }
    }

    #[test]
    fn an_error_is_told_once_and_says_nothing_that_was_said() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let dsn = format!("http://public@{}/7", server.local_addr().unwrap());
        let errors = Errors {
            dsn: Some(SecretText::new(dsn)),
        };
        let (listener, teller) = start(&errors).unwrap().unwrap();
        let subscriber = tracing_subscriber::registry().with(layer(listener));
        tracing::subscriber::with_default(subscriber, || {
            assert!(
                !tracing::enabled!(Level::WARN),
                "everything is made to be looked at"
            );
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error: Ada");
            for _ in 0..3 {
                tracing::error!(error = "Ada said this", "the database will not have it");
            }
        });
        let request = one_request(&server);
        drop(teller);
        assert!(
            request.starts_with("POST /api/7/envelope/ HTTP/1.1"),
            "{request}"
        );
        assert!(request.contains("sentry_key=public"), "{request}");
        assert!(!request.contains("Ada"), "{request}");
        let event: Value = request
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok())
            .unwrap();
        assert_eq!(event["message"], "the database will not have it");
        assert_eq!(event["logger"], module_path!());
        server.set_nonblocking(true).unwrap();
        assert!(server.accept().is_err(), "it was told again");
    }

    #[test]
    fn nobody_waits_for_a_server_that_does_not_answer() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let dsn = format!("http://public@{}/7", server.local_addr().unwrap());
        let errors = Errors {
            dsn: Some(SecretText::new(dsn)),
        };
        let (listener, teller) = start(&errors).unwrap().unwrap();
        let begun = Instant::now();
        for _ in 0..2 * QUEUE_MAX {
            let note = Note::Error(Report::default());
            if listener.notes.try_send(note).is_err() {
                break;
            }
        }
        assert!(
            listener
                .notes
                .try_send(Note::Error(Report::default()))
                .is_err()
        );
        drop(teller);
        assert!(begun.elapsed() < FLUSH_WITHIN + Duration::from_secs(1));
    }

    #[test]
    fn a_panic_is_told_by_where_it_was() {
        let event = Report {
            says: "a thread panicked".to_owned(),
            module: "ludus::telemetry".to_owned(),
            place: Some("src/store.rs:7:1".to_owned()),
            what: Some("index out of place".to_owned()),
        }
        .event();
        assert_eq!(
            event.message.as_deref(),
            Some("a thread panicked: index out of place")
        );
        assert_eq!(event.culprit.as_deref(), Some("src/store.rs:7:1"));
    }
}
