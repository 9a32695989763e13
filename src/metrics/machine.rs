//! What the process takes of its machine, and what waits in it.

use std::time::Duration;

use metrics::gauge;
use metrics_process::Collector;

use super::{Gauge, Kind};

/// How often it is measured. Prometheus looks less often.
const EVERY: Duration = Duration::from_secs(5);

/// CPU, memory and descriptors are named and described by the collector, as Prometheus' own
/// libraries name them.
pub(super) const MACHINE: &[(&str, Kind, &str)] = &[
    ("ludus_build_info", Gauge, "One, by the version that runs"),
    (
        "ludus_writes_waiting",
        Gauge,
        "Pieces of work in the queues of the writers",
    ),
];

/// What the collector tells of a process, as far as dashboards ask for it.
#[cfg(test)]
pub(super) const PROCESS: [&str; 5] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
];

/// Measures for as long as the process lives. `waiting` says what the writers have before them.
pub fn watch(waiting: impl Fn() -> usize + 'static) {
    let collector = Collector::default();
    collector.describe();
    gauge!("ludus_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    actix_web::rt::spawn(async move {
        loop {
            collector.collect();
            let waiting = u32::try_from(waiting()).unwrap_or(u32::MAX);
            gauge!("ludus_writes_waiting").set(waiting);
            tokio::time::sleep(EVERY).await;
        }
    });
}
