//! Being asked to stop. The first SIGTERM or SIGINT asks; the second does not ask again.
//!
//! Leaving at once is safe at any moment, because nobody was told of anything that is not
//! committed. What an orderly stop adds is manners: people are told when to come back.

use std::io;
use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Knows whether the hub was asked to stop. Cheap to clone; every part that lives long holds one.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// Asks the holders of its [`Shutdown`]s to stop. Dropped without asking, it asks too: whoever was
/// to decide is gone.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

impl Trigger {
    pub fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(receiver))
    }

    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Whether it is time to refuse new work.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when asked to stop; at once when that was earlier.
    pub async fn asked(&mut self) {
        // An error means the trigger is gone, which is asking.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}

/// The exit code a shell expects of a process that a signal ended.
const fn exit_code(kind: SignalKind) -> i32 {
    128 + kind.as_raw_value()
}

/// Turns the signals of this process into a [`Shutdown`].
///
/// They are heard on a thread of their own, so that the second one works even when every worker is stuck.
pub fn on_signals() -> io::Result<Shutdown> {
    let (trigger, shutdown) = Trigger::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut signals = {
        let _inside = runtime.enter();
        [SignalKind::terminate(), SignalKind::interrupt()]
            .map(|kind| signal(kind).map(|signal| (kind, signal)))
            .into_iter()
            .collect::<io::Result<Vec<_>>>()?
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let kind = next(&mut signals).await;
                tracing::info!(
                    signal = kind.as_raw_value(),
                    "asked to stop; once more stops at once"
                );
                trigger.stop();
                let kind = next(&mut signals).await;
                tracing::warn!(signal = kind.as_raw_value(), "asked again; leaving at once");
                process::exit(exit_code(kind));
            });
        })?;
    Ok(shutdown)
}

async fn next(signals: &mut [(SignalKind, Signal)]) -> SignalKind {
    std::future::poll_fn(|context| {
        for (kind, signal) in signals.iter_mut() {
            if signal.poll_recv(context).is_ready() {
                return std::task::Poll::Ready(*kind);
            }
        }
        std::task::Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_it_early_or_late() {
        let (trigger, mut early) = Trigger::new();
        assert!(!early.is_asked());
        let waiting = tokio::spawn({
            let mut waiting = early.clone();
            async move { waiting.asked().await }
        });
        trigger.stop();
        waiting.await.unwrap();
        early.asked().await;
        assert!(early.is_asked());
    }

    #[tokio::test]
    async fn losing_the_trigger_is_asking() {
        let (trigger, mut shutdown) = Trigger::new();
        drop(trigger);
        shutdown.asked().await;
        assert!(shutdown.is_asked());
    }

    #[test]
    fn exit_codes_are_what_a_shell_expects() {
        assert_eq!(exit_code(SignalKind::interrupt()), 130);
        assert_eq!(exit_code(SignalKind::terminate()), 143);
    }
}
