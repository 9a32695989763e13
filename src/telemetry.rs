//! What the process tells about itself, on standard error: as text for people or JSON for machines.
//!
//! Nothing anybody said, no token and no secret is ever logged; ids are. Spans carry `request` and
//! `session`, so that one person's trouble can be followed through the log.

use std::any::Any;
use std::io::{self, IsTerminal};
use std::panic;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging. The second call of a process changes nothing: tests start many hubs.
pub fn start(log: &Log) {
    // The filter was proved when the configuration was checked.
    let filter = EnvFilter::builder().parse_lossy(&log.filter);
    let text = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Text => text.try_init(),
        LogFormat::Json => text.json().flatten_event(true).try_init(),
    };
    if started.is_ok() {
        log_panics();
    }
}

/// A panic is a line of the log like others. Only texts that stand in the source are repeated: a
/// formatted one may hold what somebody said.
fn log_panics() {
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        tracing::error!(
            place,
            what = literal(panicked.payload()),
            thread = std::thread::current().name(),
            "a thread panicked"
        );
    }));
}

fn literal(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(withheld)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_panic_is_withheld() {
        let said = Box::new("somebody said this".to_owned());
        assert_eq!(literal(&*said as &(dyn Any + Send)), "(withheld)");
        let literal_text = Box::new("index out of place");
        assert_eq!(
            literal(&*literal_text as &(dyn Any + Send)),
            "index out of place"
        );
    }
}
