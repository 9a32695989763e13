//! Where the time of a command goes: one trace from its frame to its commit, its delivery, and the model it asks.
//!
//! Spans are of the level `debug` and of a target of their own, so nobody pays for them unless somebody listens.
//! They say kinds and counts; never who, nor what was said.
//!
//! ```text
//! request (REST) ┐
//!                command ─┬─ commit          its batch; the others in it are linked
//!                         ├─ deliver ─ write  encoded once; handed over by each worker thread
//!                         └─ turn ─ model     a persona's answer, longer than the command
//! act ─┬─ commit ...                            what the hub does by itself
//! ```

use std::collections::HashMap;

use ludus_domain::ids::CommandId;
use ludus_domain::journal::Append;
use tracing::{Span, debug_span};

/// What whoever listens asks for, at the level `debug`.
pub const TARGET: &str = "ludus_trace";

/// A request over HTTP. Its route is a pattern, and known when it is answered.
pub fn request(method: &str) -> Span {
    debug_span!(
        target: TARGET,
        "request",
        method,
        route = tracing::field::Empty,
        status = tracing::field::Empty
    )
}

/// A command, from the moment it was read until it is answered.
pub fn command(kind: &'static str) -> Span {
    debug_span!(target: TARGET, "command", kind)
}

/// A transaction. It belongs to the first command in it that is traced, and is linked with the others.
pub fn commit<'a>(asked: impl Iterator<Item = &'a Span>) -> Span {
    let mut asked = asked.filter(|span| !span.is_disabled());
    let Some(first) = asked.next() else {
        return Span::none();
    };
    let span = debug_span!(
        target: TARGET,
        parent: first,
        "commit",
        events = tracing::field::Empty
    );
    for other in asked {
        span.follows_from(other);
    }
    span
}

/// Events that are encoded and sent to the worker threads; a child of what is going on.
pub(crate) fn deliver(events: usize) -> Span {
    debug_span!(target: TARGET, "deliver", events)
}

/// Frames that are put into the outboxes of one worker thread.
pub(crate) fn write(delivered: &Span, packets: usize) -> Span {
    if delivered.is_disabled() {
        return Span::none();
    }
    debug_span!(target: TARGET, parent: delivered, "write", packets)
}

/// What a persona is asked for, until it is written.
pub(crate) fn turn() -> Span {
    debug_span!(target: TARGET, "turn")
}

/// An answer of a model or of the engine, from the question to its last word. Never entered: it would end there.
pub(crate) fn model(turn: &Span) -> Span {
    if turn.is_disabled() {
        return Span::none();
    }
    debug_span!(
        target: TARGET,
        parent: turn,
        "model",
        provider = tracing::field::Empty,
        model = tracing::field::Empty
    )
}

/// The commands of a room that are not answered yet. Empty unless somebody listens; no more than the room has
/// waiting.
#[derive(Debug, Default)]
pub(crate) struct Open(HashMap<CommandId, Span>);

impl Open {
    pub(crate) fn begin(&mut self, id: CommandId, span: &Span) {
        if !span.is_disabled() {
            self.0.insert(id, span.clone());
        }
    }

    /// The command that an append was first asked for by. What the hub does by itself is a trace of its own, and not part of
    /// the one it came after.
    pub(crate) fn of(&self, append: &Append) -> Span {
        let proposals = append.proposals.iter();
        let mut spans = proposals.filter_map(|proposal| self.0.get(&proposal.command));
        let known = spans.next().cloned();
        known.unwrap_or_else(|| debug_span!(target: TARGET, parent: None, "act"))
    }

    /// A span that was ever entered ends where it was left last, and not where it is dropped.
    pub(crate) fn end(&mut self, id: CommandId) {
        if self.0.is_empty() {
            return;
        }
        if let Some(span) = self.0.remove(&id) {
            span.in_scope(|| ());
        }
    }
}
