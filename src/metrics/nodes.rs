//! What nodes count of each other.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::{Counter, Gauge, Histogram, Kind, SECONDS};

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
    (
        "ludus_bus_up",
        Gauge,
        "Whether news come from other nodes over Redis: 1, or 0",
    ),
    (
        "ludus_bus_told_total",
        Counter,
        "Envelopes published for other nodes",
    ),
    (
        "ludus_bus_heard_total",
        Counter,
        "Envelopes of other nodes that were opened",
    ),
    (
        "ludus_bus_dropped_total",
        Counter,
        "Envelopes that were lost because a queue was full or a connection broke, by where",
    ),
    (
        "ludus_bus_refused_total",
        Counter,
        "Envelopes that were not believed, by reason",
    ),
    (
        "ludus_limits_shared",
        Gauge,
        "Whether limits are kept together with other nodes: 1, or 0 where each goes by its share",
    ),
    (
        "ludus_limit_leases_total",
        Counter,
        "Chunks of limits asked for at Redis, by outcome",
    ),
    (
        "ludus_limit_lease_seconds",
        Histogram(&SECONDS),
        "Time of one such asking",
    ),
];

pub fn swept(took: Duration) {
    counter!("ludus_sweeps_total").increment(1);
    histogram!("ludus_sweep_seconds").record(took);
}

pub fn bus_up(is_up: bool) {
    gauge!("ludus_bus_up").set(if is_up { 1.0 } else { 0.0 });
}

pub fn bus_told(count: usize) {
    counter!("ludus_bus_told_total").increment(count as u64);
}

pub fn bus_heard() {
    counter!("ludus_bus_heard_total").increment(1);
}

pub fn bus_dropped(place: &'static str) {
    counter!("ludus_bus_dropped_total", "at" => place).increment(1);
}

pub fn bus_refused(reason: &'static str) {
    counter!("ludus_bus_refused_total", "reason" => reason).increment(1);
}

pub fn limits_shared(is_shared: bool) {
    gauge!("ludus_limits_shared").set(if is_shared { 1.0 } else { 0.0 });
}

pub fn limit_lease(outcome: &'static str) {
    counter!("ludus_limit_leases_total", "outcome" => outcome).increment(1);
}

pub fn limit_lease_took(took: Duration) {
    histogram!("ludus_limit_lease_seconds").record(took);
}
