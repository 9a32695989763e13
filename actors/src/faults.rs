//! Faults planted on purpose, chosen at run time by `LUDUS_FAULT`, compiled only with the `faults`
//! feature: the checker must notice each of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

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
