//! The only place that asks the machine what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use ludus_actors::ports::Clock;
use ludus_domain::time::Timestamp;

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

/// The wall clock, for who has no hands to be moved.
pub(crate) fn now() -> Timestamp {
    WallClock.now()
}

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the only place that may")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since_1970.map_or(0, |gone| {
            i64::try_from(gone.as_millis()).unwrap_or(i64::MAX)
        });
        Timestamp(ms.saturating_add(moved::by_ms()))
    }
}

#[cfg(not(feature = "faults"))]
mod moved {
    pub(super) const fn by_ms() -> i64 {
        0
    }
}

/// A clock that a test moves while the hub runs (feature `faults`): `LUDUS_FAULT_CLOCK` names a file that
/// says by how many milliseconds it is off.
#[cfg(feature = "faults")]
mod moved {
    use std::path::PathBuf;
    use std::sync::LazyLock;

    /// Read each time: a test that has moved it knows that it is moved. An unreadable file is a clock
    /// that is right.
    pub(super) fn by_ms() -> i64 {
        static FILE: LazyLock<Option<PathBuf>> =
            LazyLock::new(|| std::env::var_os("LUDUS_FAULT_CLOCK").map(PathBuf::from));
        let text = FILE
            .as_ref()
            .and_then(|file| std::fs::read_to_string(file).ok());
        text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }
}
