//! One command is one trace, from its frame to the model's answer, and nothing in it says who or what.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ludus_domain::ids::TurnId;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::kit::*;
use crate::personas::{practise, spoken};

const CANARY: &str = "I would like 12 percent more, says the canary.";
/// Traces are sent every two seconds, and on a busy machine later.
const TOLD_WITHIN: Duration = Duration::from_secs(20);

/// A collector of traces.
struct Collector {
    endpoint: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let bodies = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, Arc::clone(&kept)));
            }
        });
        Self { endpoint, bodies }
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().unwrap();
        let requests = bodies
            .iter()
            .map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        requests
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    /// The spans of one trace, once it has all of these.
    async fn trace(&self, is_root: impl Fn(&Span) -> bool, wanted: &[&str]) -> Vec<Span> {
        let until = Instant::now() + TOLD_WITHIN;
        loop {
            let spans = self.spans();
            let root = spans.iter().find(|span| is_root(span));
            let trace: Vec<Span> = root.map_or_else(Vec::new, |root| {
                let of = spans.iter().filter(|span| span.trace_id == root.trace_id);
                of.cloned().collect()
            });
            let names: BTreeSet<&str> = trace.iter().map(|span| span.name.as_str()).collect();
            if wanted.iter().all(|name| names.contains(name)) {
                return trace;
            }
            assert!(Instant::now() < until, "there is only {names:?}");
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Answers what comes over one connection.
async fn answer(mut socket: TcpStream, kept: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut got = vec![];
    loop {
        let head = got.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&got[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.unwrap().trim().parse().unwrap();
            let end = head + 4 + length;
            if got.len() >= end {
                kept.lock().unwrap().push(got[head + 4..end].to_vec());
                got.drain(..end);
                let ok = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                socket.write_all(ok).await.unwrap();
                continue;
            }
        }
        match socket.read_buf(&mut got).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn says(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|one| one.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Attribute::StringValue(text) => Some(text.clone()),
        Attribute::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The names of those above a span, nearest first.
fn above<'a>(trace: &'a [Span], name: &str) -> Vec<&'a str> {
    let mut names = vec![];
    let mut at = trace.iter().find(|span| span.name == name).unwrap();
    while let Some(parent) = trace.iter().find(|span| span.span_id == at.parent_span_id) {
        names.push(parent.name.as_str());
        at = parent;
    }
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_is_one_trace_from_its_frame_to_the_personas_answer() {
    let collector = Collector::start().await;
    let settings = [
        ("LUDUS_TRACES__ENDPOINT", collector.endpoint.as_str()),
        ("LUDUS_TRACES__SAMPLE", "1.0"),
    ];
    let hub = Hub::start_also(Backend::Sqlite, &settings).await;
    let (ada, room, mut client) = practise(&hub).await;
    acked(client.ask(room, say(CANARY), SOON).await);
    spoken(&mut client, TurnId(2)).await;

    let is_line = |span: &Span| says(span, "kind").as_deref() == Some("say");
    let wanted = ["command", "commit", "deliver", "write", "turn", "model"];
    let trace = collector.trace(is_line, &wanted).await;
    assert_eq!(above(&trace, "commit"), ["command"]);
    assert_eq!(above(&trace, "write"), ["deliver", "command"]);
    assert_eq!(above(&trace, "model"), ["turn", "command"]);
    let named = |name: &str| trace.iter().find(|span| span.name == name).unwrap();
    let (command, commit, model) = (named("command"), named("commit"), named("model"));
    assert!(command.end_time_unix_nano >= commit.end_time_unix_nano);
    // The engine speaks at a human's pace.
    let took = model.end_time_unix_nano - model.start_time_unix_nano;
    let took = Duration::from_nanos(took);
    assert!(took > Duration::from_millis(300), "{took:?}");
    assert_eq!(says(model, "provider").as_deref(), Some("offline"));

    // What is asked over REST hangs below its request.
    let is_opening = |span: &Span| {
        says(span, "route").as_deref() == Some("/api/v1/training/sessions")
            && says(span, "status").as_deref() == Some("201")
    };
    collector.trace(is_opening, &["request"]).await;

    let bodies = collector.bodies.lock().unwrap();
    for secret in [CANARY, "Ada", &*ada.token, &room.to_string()] {
        let is_told = bodies.iter().any(|body| {
            body.windows(secret.len())
                .any(|part| part == secret.as_bytes())
        });
        assert!(!is_told, "{secret} is in a trace");
    }
}

/// Nobody waits for a collector, and what it does not hear is lost to it alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_holds_nobody_up() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", gone.local_addr().unwrap());
    drop(gone);
    let settings = [
        ("LUDUS_TRACES__ENDPOINT", endpoint.as_str()),
        ("LUDUS_TRACES__SAMPLE", "1.0"),
    ];
    let mut hub = Hub::start_also(Backend::Sqlite, &settings).await;
    let learner = hub.person("Ada", Role::Learner).await;
    let room = hub.owner.open(&RoomWish::lounge("Lounge")).await.unwrap();
    let mut client = hub.member(&learner, room.id, None).await;
    for _ in 0..20 {
        acked(client.ask(room.id, say("Still here."), SOON).await);
    }
    hub.signal("TERM");
    let (status, _) = hub.ended(Duration::from_secs(40)).await;
    assert!(status.success());
}
