//! Faults planted on purpose (feature `faults`), so that the checker can prove it would notice.
//! Without the feature nothing is ever planted, and the compiler removes the questions.

/// Which promise to break; named by `LUDUS_FAULT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Planted {
    /// Speak, wait, then commit.
    AckBeforeCommit,
    /// A command that comes again is written again.
    SkipDedupe,
    /// What was decided on an old world is written all the same.
    IgnoreGuard,
    /// What a node decided about a turn is written even when another has begun it anew.
    UnfencedLease,
    /// The process is gone right before the end of a window is committed..
    DieBeforeClose,
    /// ..or right after, before anybody was told.
    DieAfterClose,
}

/// Ends the process as a power cut would, when this was asked for.
pub(in crate::store) fn die(when: Planted) {
    if planted() == Some(when) {
        std::process::abort();
    }
}

#[cfg(feature = "faults")]
pub(super) fn planted() -> Option<Planted> {
    static PLANTED: std::sync::LazyLock<Option<Planted>> =
        std::sync::LazyLock::new(|| match std::env::var("LUDUS_FAULT").as_deref() {
            Ok("ack_before_commit") => Some(Planted::AckBeforeCommit),
            Ok("skip_dedupe") => Some(Planted::SkipDedupe),
            Ok("ignore_guard") => Some(Planted::IgnoreGuard),
            Ok("unfenced_lease") => Some(Planted::UnfencedLease),
            Ok("die_before_close") => Some(Planted::DieBeforeClose),
            Ok("die_after_close") => Some(Planted::DieAfterClose),
            _ => None,
        });
    *PLANTED
}

#[cfg(not(feature = "faults"))]
pub(super) const fn planted() -> Option<Planted> {
    None
}
