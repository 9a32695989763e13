//! The only place that asks the machine what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use ludus_actors::ports::Clock;
use ludus_domain::time::Timestamp;

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the only place that may")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since_1970.map_or(0, |gone| {
            i64::try_from(gone.as_millis()).unwrap_or(i64::MAX)
        });
        Timestamp(ms)
    }
}
