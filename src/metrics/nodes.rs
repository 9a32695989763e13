//! What nodes count of each other.

use std::time::Duration;

use metrics::{counter, histogram};

use super::{Counter, Histogram, Kind, SECONDS};

pub(super) const NODES: &[(&str, Kind, &str)] = &[
    (
        "ludus_sweeps_total",
        Counter,
        "Looks into the store for what other nodes wrote",
    ),
    (
        "ludus_sweep_seconds",
        Histogram(&SECONDS),
        "Time of one such look",
    ),
    (
        "ludus_catch_ups_total",
        Counter,
        "Streams that were read on because another node had written and it was not told",
    ),
];

pub fn swept(took: Duration) {
    counter!("ludus_sweeps_total").increment(1);
    histogram!("ludus_sweep_seconds").record(took);
}
