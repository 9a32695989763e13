//! Faults planted on purpose, chosen at run time by `LUDUS_FAULT`, compiled only with the `faults`
//! feature: the checker must notice each of them.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ludus_domain::ids::UserId;

use crate::standings::Value;

/// Whether the named fault was asked for.
pub fn is_on(name: &str) -> bool {
    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    CHOSEN
        .get_or_init(|| std::env::var("LUDUS_FAULT").ok())
        .as_deref()
        == Some(name)
}

/// One delivery in a thousand, when `drop_deliveries` is on.
pub fn drops_this_delivery() -> bool {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    is_on("drop_deliveries") && COUNT.fetch_add(1, Ordering::Relaxed) % 1_000 == 999
}

/// Sums of what boards are told of, in place of what they are told (`delta_totals`): whatever is heard
/// twice counts twice.
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    sums: HashMap<UserId, Sum>,
}

#[derive(Debug)]
struct Sum {
    shown: i64,
    /// The last total, at which version, and how much more it was than the one before.
    total: i64,
    version: u64,
    delta: i64,
    /// What is shown has to be newer than what was, whatever it is made of.
    shows: u64,
}

impl Deltas {
    /// What a board has when it is opened.
    pub(crate) fn begin(&mut self, value: Value) {
        let sum = Sum {
            shown: value.score,
            total: value.score,
            version: value.version,
            delta: value.score,
            shows: value.version,
        };
        self.sums.insert(value.user, sum);
    }

    pub(crate) fn add(&mut self, value: Value) -> Value {
        if !is_on("delta_totals") {
            return value;
        }
        let sum = self.sums.entry(value.user).or_insert(Sum {
            shown: 0,
            total: 0,
            version: 0,
            delta: 0,
            shows: 0,
        });
        if value.version > sum.version {
            sum.delta = value.score - sum.total;
            (sum.total, sum.version) = (value.score, value.version);
        }
        sum.shown += sum.delta;
        sum.shows = sum.shows.max(value.version) + 1;
        Value {
            score: sum.shown,
            version: sum.shows,
            ..value
        }
    }
}
