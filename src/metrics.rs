//! What the edges count, what every metric of the binary means, and where Prometheus reads them.
//!
//! The actors count in `actors/src/metrics.rs`; everything is described here, in one list, and a
//! test compares the list with both files. Labels have a closed set of values: never an id, never a
//! name somebody chose.

mod machine;
mod models;
mod nodes;

use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};
use ludus_domain::protocol::Close;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// From a fast answer on one machine to the deadline of a write.
const SECONDS: [f64; 12] = [
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 3.0,
];
/// Sizes of batches: from a quiet room to the largest commit.
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// From a model beside us to the deadline of one that thinks.
const WORDS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 60.0];
/// From a handful of rules to more than anybody should write.
const INSTANTS: [f64; 8] = [
    0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.001, 0.01,
];
/// Histograms keep every sample until somebody looks at them; nobody may be looking.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

enum Kind {
    Counter,
    Gauge,
    Histogram(&'static [f64]),
}

pub use self::machine::watch;
pub use self::models::{
    budget_refused, budget_used, llm_asked, llm_breaker, llm_first_token, llm_spent,
};
pub use self::nodes::{
    bus_dropped, bus_heard, bus_refused, bus_told, bus_up, limit_lease, limit_lease_took,
    limits_shared, swept,
};
use Kind::{Counter, Gauge, Histogram};

/// Every metric there is.
fn all() -> impl Iterator<Item = &'static (&'static str, Kind, &'static str)> {
    ALL.iter()
        .chain(nodes::NODES)
        .chain(machine::MACHINE)
        .chain(models::MODELS)
}

/// Those that are about neither nodes nor the machine nor models.
const ALL: &[(&str, Kind, &str)] = &[
    (
        "ludus_sockets_open",
        Gauge,
        "Open sockets and event streams, by edge",
    ),
    (
        "ludus_sockets_closed_total",
        Counter,
        "Ended connections, by close reason",
    ),
    (
        "ludus_upgrades_refused_total",
        Counter,
        "Connections refused before they were one, by reason",
    ),
    (
        "ludus_http_requests_total",
        Counter,
        "Answered HTTP requests, by route and status class",
    ),
    (
        "ludus_http_request_seconds",
        Histogram(&SECONDS),
        "Time to an HTTP answer, by route",
    ),
    (
        "ludus_rate_limited_total",
        Counter,
        "What was refused for being too much, by class",
    ),
    (
        "ludus_error_reports_total",
        Counter,
        "Errors for the server of `errors.dsn`, by what came of telling them",
    ),
    ("ludus_commits_total", Counter, "Committed journal batches"),
    (
        "ludus_commit_seconds",
        Histogram(&SECONDS),
        "Time of one journal transaction",
    ),
    (
        "ludus_commit_events",
        Histogram(&SIZES),
        "Events in one journal transaction",
    ),
    (
        "ludus_deeds_total",
        Counter,
        "Deeds taken into accounts, by kind",
    ),
    (
        "ludus_awards_total",
        Counter,
        "Lines written to the ledger, by kind of deed",
    ),
    (
        "ludus_windows_closed_total",
        Counter,
        "Seasons and weeks of leagues that were closed, by kind",
    ),
    (
        "ludus_window_late_seconds",
        Histogram(&WORDS),
        "How long after its end a window was closed",
    ),
    (
        "ludus_points_drift",
        Gauge,
        "What of the ledger is not what its journals make it, as the latest proof found",
    ),
    (
        "ludus_ledger_proofs_total",
        Counter,
        "Proofs of every ledger of the hub that came to their end",
    ),
    (
        "ludus_deed_seconds",
        Histogram(&INSTANTS),
        "Time to evaluate one deed under the rules",
    ),
    (
        "ludus_commit_deeds",
        Histogram(&SIZES),
        "Deeds in one journal transaction that had any",
    ),
    (
        "ludus_store_refusals_total",
        Counter,
        "Writes and reads the store could not take, by reason",
    ),
    (
        "ludus_jobs_total",
        Counter,
        "Background jobs, by kind and outcome",
    ),
    ("ludus_sessions_open", Gauge, "Live sessions"),
    (
        "ludus_sessions_opened_total",
        Counter,
        "Sessions that began",
    ),
    ("ludus_rooms_hosted", Gauge, "Rooms held in memory"),
    (
        "ludus_boards_running",
        Gauge,
        "Boards held in memory because somebody looks",
    ),
    (
        "ludus_board_frames_total",
        Counter,
        "Frames of boards given to connections after a tick",
    ),
    (
        "ludus_desks_running",
        Gauge,
        "Coaches' desks held in memory because somebody looks",
    ),
    (
        "ludus_desk_frames_total",
        Counter,
        "Frames of desks given to connections after a tick",
    ),
    (
        "ludus_desk_rolls_total",
        Counter,
        "Rolls of cohorts called for desks, and answered for those of other nodes",
    ),
    (
        "ludus_commands_total",
        Counter,
        "Commands received, by kind",
    ),
    (
        "ludus_acks_total",
        Counter,
        "Commands acknowledged after their commit, fresh or duplicate",
    ),
    ("ludus_nacks_total", Counter, "Commands refused, by code"),
    (
        "ludus_events_published_total",
        Counter,
        "Committed events handed to viewers",
    ),
    (
        "ludus_deliveries_total",
        Counter,
        "Frames put into outboxes",
    ),
    (
        "ludus_resumes_total",
        Counter,
        "Subscriptions continued from a position",
    ),
    (
        "ludus_resume_events",
        Histogram(&SIZES),
        "Events replayed to one resuming subscription",
    ),
    (
        "ludus_resets_total",
        Counter,
        "Subscriptions that could not be continued",
    ),
    (
        "ludus_clients_behind_total",
        Counter,
        "Clients found to miss something by their heartbeat",
    ),
    (
        "ludus_lanes_lost_total",
        Counter,
        "Worker threads that did not take a batch",
    ),
    (
        "ludus_turns_total",
        Counter,
        "Answers of personas, by how they ended",
    ),
    (
        "ludus_practice_judged_total",
        Counter,
        "Answers of models about finished practices, by what could be made of them",
    ),
    (
        "ludus_remarks_total",
        Counter,
        "Lines that a model was to be asked about, by what came of it",
    ),
    (
        "ludus_program_answers_total",
        Counter,
        "Answers of personas to programs, by how they ended",
    ),
];

/// Which of the ways in a connection took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    WebSocket,
    EventStream,
}

impl Edge {
    const fn label(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::EventStream => "event_stream",
        }
    }
}

pub fn socket_opened(edge: Edge) {
    gauge!("ludus_sockets_open", "edge" => edge.label()).increment(1);
}

/// `None`: the connection broke without a goodbye.
pub fn socket_closed(edge: Edge, close: Option<Close>) {
    gauge!("ludus_sockets_open", "edge" => edge.label()).decrement(1);
    let reason = close.map_or("broken", Close::label);
    counter!("ludus_sockets_closed_total", "reason" => reason).increment(1);
}

pub fn upgrade_refused(reason: &'static str) {
    counter!("ludus_upgrades_refused_total", "reason" => reason).increment(1);
}

/// `route` is the pattern, never the path: a path has ids in it.
pub fn http_answered(route: &str, status: u16, took: Duration) {
    let class = match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    let route = route.to_owned();
    counter!("ludus_http_requests_total", "route" => route.clone(), "status" => class).increment(1);
    histogram!("ludus_http_request_seconds", "route" => route).record(took);
}

pub fn rate_limited(class: &'static str) {
    counter!("ludus_rate_limited_total", "class" => class).increment(1);
}

/// What came of telling somebody of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Sent,
    /// The server was away, or said no.
    Failed,
    /// Too many waited.
    Dropped,
}

pub fn error_reported(told: Told) {
    let outcome = match told {
        Told::Sent => "sent",
        Told::Failed => "failed",
        Told::Dropped => "dropped",
    };
    counter!("ludus_error_reports_total", "outcome" => outcome).increment(1);
}

pub fn committed(events: usize, took: Duration) {
    counter!("ludus_commits_total").increment(1);
    histogram!("ludus_commit_seconds").record(took);
    histogram!("ludus_commit_events").record(u32::try_from(events).unwrap_or(u32::MAX));
}

pub fn deed_taken(kind: &'static str, awards: usize, took: Duration) {
    counter!("ludus_deeds_total", "kind" => kind).increment(1);
    counter!("ludus_awards_total", "kind" => kind).increment(awards as u64);
    histogram!("ludus_deed_seconds").record(took);
}

pub fn window_closed(kind: &'static str, late: Duration) {
    counter!("ludus_windows_closed_total", "kind" => kind).increment(1);
    histogram!("ludus_window_late_seconds", "kind" => kind).record(late);
}

/// What a proof found so far.
pub fn points_drift(differences: u64) {
    let differences = u32::try_from(differences).unwrap_or(u32::MAX);
    gauge!("ludus_points_drift").set(f64::from(differences));
}

/// A proof of everything came to its end.
pub fn ledger_proved() {
    counter!("ludus_ledger_proofs_total").increment(1);
}

pub fn deeds_committed(deeds: usize) {
    histogram!("ludus_commit_deeds").record(u32::try_from(deeds).unwrap_or(u32::MAX));
}

pub fn store_refused(reason: &'static str) {
    counter!("ludus_store_refusals_total", "reason" => reason).increment(1);
}

pub fn job_done(kind: &'static str, outcome: &'static str) {
    counter!("ludus_jobs_total", "kind" => kind, "outcome" => outcome).increment(1);
}

/// `provider` and `model` come from the configuration, which bounds how many there are.
pub fn practice_judged(result: &'static str) {
    counter!("ludus_practice_judged_total", "result" => result).increment(1);
}

/// `unsound` counts answers, everything else lines.
pub fn remarked(result: &'static str) {
    counter!("ludus_remarks_total", "result" => result).increment(1);
}

pub fn program_answered(end: &'static str) {
    counter!("ludus_program_answers_total", "end" => end).increment(1);
}

/// The recorder of this process. The metrics crate has one per process, whoever installs it first,
/// and so has this; hubs of one test share it.
static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();

fn recorder() -> io::Result<PrometheusHandle> {
    RECORDER
        .get_or_init(|| install().map_err(|error| error.to_string()))
        .clone()
        .map_err(io::Error::other)
}

fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for (name, kind, _) in all() {
        if let Histogram(buckets) = kind {
            builder = builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), buckets)?;
        }
    }
    let handle = builder.install_recorder()?;
    for (name, kind, says) in all() {
        match kind {
            Counter => describe_counter!(*name, *says),
            Gauge => describe_gauge!(*name, *says),
            Histogram(_) => describe_histogram!(*name, *says),
        }
    }
    Ok(handle)
}

/// Serves what is counted, where an address was set for it. Answers where.
pub fn start(address: Option<SocketAddr>) -> io::Result<Option<SocketAddr>> {
    let Some(address) = address else {
        return Ok(None);
    };
    let (bound, server) = serve(address)?;
    actix_web::rt::spawn(server);
    Ok(Some(bound))
}

/// Binds the exporter. The answered server runs when it is spawned or awaited, on the actix system
/// of the caller; it serves `/metrics` and nothing else.
pub fn serve(address: SocketAddr) -> io::Result<(SocketAddr, Server)> {
    let handle = recorder()?;
    let upkeep = handle.clone();
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP_EVERY).await;
            upkeep.run_upkeep();
        }
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(handle.clone()))
            .route("/metrics", web::get().to(answer))
    })
    .workers(1)
    .disable_signals()
    .bind(address)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((bound, server.run()))
}

async fn answer(handle: web::Data<PrometheusHandle>) -> HttpResponse {
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format))
        .body(handle.render())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names in the source between quotation marks, as the counting macros take them.
    fn names(source: &str) -> BTreeSet<String> {
        ["counter!(\"", "gauge!(\"", "histogram!(\""]
            .iter()
            .flat_map(|start| source.split(start).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .filter(|name| name.starts_with("ludus_"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn everything_counted_is_described_and_nothing_else() {
        let described: BTreeSet<_> = all().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(described.len(), all().count(), "a name is described twice");
        let mut counted = names(include_str!("metrics.rs"));
        counted.append(&mut names(include_str!("metrics/nodes.rs")));
        counted.append(&mut names(include_str!("metrics/machine.rs")));
        counted.append(&mut names(include_str!("metrics/models.rs")));
        counted.append(&mut names(include_str!("../actors/src/metrics.rs")));
        assert_eq!(counted, described);
    }

    #[test]
    fn names_are_what_prometheus_expects() {
        for (name, kind, says) in all() {
            assert!(name.starts_with("ludus_"), "{name}");
            assert_eq!(matches!(kind, Counter), name.ends_with("_total"), "{name}");
            assert!(
                says.starts_with(char::is_uppercase) && !says.ends_with('.'),
                "{name}"
            );
        }
    }

    /// The texts of the queries in a dashboard or a file of alerts, without what is quoted in them.
    fn queries(of: &std::path::Path) -> Vec<String> {
        let text = std::fs::read_to_string(of).unwrap();
        let all: Vec<String> = if of.extension().is_some_and(|kind| kind == "json") {
            let board: serde_json::Value = serde_json::from_str(&text).unwrap();
            let mut found = vec![];
            let mut open = vec![&board];
            while let Some(value) = open.pop() {
                match value {
                    serde_json::Value::Object(fields) => {
                        let asked = fields.get("expr").or_else(|| fields.get("query"));
                        found.extend(asked.and_then(|asked| asked.as_str()).map(str::to_owned));
                        open.extend(fields.values());
                    }
                    serde_json::Value::Array(items) => open.extend(items),
                    _ => {}
                }
            }
            found
        } else {
            let rules = text.split("expr:").skip(1);
            let rules = rules.filter_map(|rule| rule.split("labels:").next());
            rules.map(str::to_owned).collect()
        };
        let unquoted = |query: &String| query.split('"').step_by(2).collect();
        all.iter().map(unquoted).collect()
    }

    #[test]
    fn every_panel_and_every_alert_asks_for_what_there_is() {
        let known: BTreeSet<_> = all()
            .flat_map(|(name, kind, _)| match kind {
                Histogram(_) => vec![
                    format!("{name}_bucket"),
                    format!("{name}_sum"),
                    format!("{name}_count"),
                ],
                _ => vec![(*name).to_owned()],
            })
            .chain(machine::PROCESS.map(str::to_owned))
            .collect();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grafana");
        let boards = std::fs::read_dir(root.join("dashboards")).unwrap();
        let boards = boards.map(|board| board.unwrap().path());
        let mut asked = 0;
        for file in boards.chain([root.join("prometheus/alerts.yml")]) {
            for query in queries(&file) {
                let words = query.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let ours = |word: &&str| word.starts_with("ludus_") || word.starts_with("process_");
                for word in words.filter(ours) {
                    asked += 1;
                    assert!(known.contains(word), "{} asks for {word}", file.display());
                }
            }
        }
        assert!(asked > 100, "only {asked} metrics are asked for");
    }

    #[actix_web::test]
    async fn the_process_is_measured() {
        let (address, server) = serve(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let stop = server.handle();
        actix_web::rt::spawn(server);
        watch(|| 3);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let text = reqwest::get(format!("http://{address}/metrics"));
        let text = text.await.unwrap().text().await.unwrap();
        for name in machine::PROCESS {
            assert!(text.contains(&format!("\n{name} ")), "{name} is not told");
        }
        assert!(text.contains("\nludus_writes_waiting 3"), "{text}");
        assert!(text.contains("ludus_build_info{version="), "{text}");
        stop.stop(false).await;
    }

    #[actix_web::test]
    async fn the_exporter_serves_what_was_counted() {
        let (address, server) = serve(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let stop = server.handle();
        actix_web::rt::spawn(server);
        committed(3, Duration::from_millis(5));
        socket_opened(Edge::WebSocket);
        socket_closed(Edge::WebSocket, Some(Close::Slow));
        // Whoever makes a client without settings of its own needs this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let text = reqwest::get(format!("http://{address}/metrics"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(
            text.contains("ludus_commit_events_bucket{le=\"4\"}"),
            "{text}"
        );
        assert!(
            text.contains("ludus_sockets_closed_total{reason=\"slow\"}"),
            "{text}"
        );
        assert!(
            text.contains("# HELP ludus_commits_total Committed journal batches"),
            "{text}"
        );
        stop.stop(false).await;
    }
}
