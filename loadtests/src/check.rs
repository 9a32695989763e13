//! The history checker: proves from client logs and the database that nothing was lost, doubled,
//! reordered or invented.
//!
//! It shares no code with the hub's store or rooms, on purpose. Each rule has a letter:
//!
//! - **C1 nothing lost**: every acknowledged command is stored where its ack said, and every final view reaches the head.
//! - **C2 nothing doubled**: one command, one place; every ack of it says the same; no line is stored twice; no sequence comes twice on a connection.
//! - **C3 nothing reordered**: every view is a slice of the journal, without holes; what was acknowledged before another was asked comes before it; one connection's commands keep their order.
//! - **C4 nothing invented**: every stored line was said by somebody, in these words; nothing that was refused is stored; nobody saw what is not theirs.
//! - **C5 gap-free**: a stream's events are `first..=head`, every one of them.
//! - **C6 admissible**: every event of a room was allowed in the state its predecessors made (nobody speaks while muted, no seat beyond the last).
//! - **C7 paid**: each deed is one entry of its account; lines, totals and what people were told are the same sums.

mod commands;
mod ledger;
mod rooms;
mod views;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::Path;

use ludus_domain::ids::{RoomId, TurnId};
use ludus_domain::journal::Fact;
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;

use crate::database::{Database, Unreadable};
use crate::log;
use crate::record::Line;

/// Which promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    Lost,
    Doubled,
    Reordered,
    Invented,
    Gap,
    Inadmissible,
    Unpaid,
}

impl Rule {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Lost => "C1 lost",
            Self::Doubled => "C2 doubled",
            Self::Reordered => "C3 reordered",
            Self::Invented => "C4 invented",
            Self::Gap => "C5 gap",
            Self::Inadmissible => "C6 inadmissible",
            Self::Unpaid => "C7 unpaid",
        }
    }
}

/// A counter-example, exact enough to find it in the logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub rule: Rule,
    pub says: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.label(), self.says)
    }
}

/// What was looked at, so that a proof of nothing is seen to be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub streams: usize,
    pub events: usize,
    pub acknowledged: usize,
    pub refused: usize,
    /// Commands nobody ever got an answer to; they may be stored, once, or not.
    pub unknown: usize,
    /// Answered as a repeat.
    pub repeats: usize,
    pub live_views: usize,
    pub final_views: usize,
    pub frames: usize,
    /// Deeds that were taken into accounts.
    pub entries: usize,
}

/// What came of a check.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub breaches: Vec<Breach>,
    pub seen: Seen,
}

impl Verdict {
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }

    pub(crate) fn breach(&mut self, rule: Rule, says: String) {
        self.breaches.push(Breach { rule, says });
    }

    pub fn broke(&self, rule: Rule) -> bool {
        self.breaches.iter().any(|breach| breach.rule == rule)
    }
}

/// Breaches printed in full; a broken hub makes thousands, and the first ones tell the story.
const SHOWN_MAX: usize = 20;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = &self.seen;
        writeln!(
            f,
            "{} streams, {} events; {} commands acknowledged ({} answered again as repeats), {} refused, {} unknown; {} frames in {} live and {} final views; {} deeds entered",
            seen.streams,
            seen.events,
            seen.acknowledged,
            seen.repeats,
            seen.refused,
            seen.unknown,
            seen.frames,
            seen.live_views,
            seen.final_views,
            seen.entries,
        )?;
        for breach in self.breaches.iter().take(SHOWN_MAX) {
            writeln!(f, "{breach}")?;
        }
        if self.breaches.len() > SHOWN_MAX {
            writeln!(f, "... and {} more", self.breaches.len() - SHOWN_MAX)?;
        }
        match self.breaches.len() {
            0 => write!(f, "holds: nothing lost, doubled, reordered or invented"),
            count => write!(f, "broken: {count} counter-examples"),
        }
    }
}

/// The check itself could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error("a client log cannot be read: {0}")]
    Log(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] Unreadable),
    #[error("there is no log to check in {0}")]
    Nothing(String),
}

/// Checks all `*.jsonl` of a directory against a database.
pub async fn check_directory(logs: &Path, database: &str) -> Result<Verdict, CheckError> {
    let mut lines = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(logs)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    paths.sort();
    for path in &paths {
        lines.extend(log::read(path)?);
    }
    if lines.is_empty() {
        return Err(CheckError::Nothing(logs.display().to_string()));
    }
    let database = Database::read(database).await?;
    Ok(check(&lines, &database))
}

/// Checks what clients did and heard against what is stored.
pub fn check(lines: &[Line], database: &Database) -> Verdict {
    let mut verdict = Verdict::default();
    check_gaps(database, &mut verdict);
    rooms::check(database, &mut verdict);
    commands::check(lines, database, &mut verdict);
    views::check(lines, database, &mut verdict);
    words::check(lines, database, &mut verdict);
    ledger::check(database, &mut verdict);
    verdict.breaches.sort_by_key(|breach| breach.rule);
    verdict
}

/// Turns of personas that nobody has closed yet.
pub fn open_turns(database: &Database) -> Vec<(RoomId, TurnId)> {
    let mut open = BTreeSet::new();
    for (id, stream) in &database.streams {
        let StreamId::Room(room) = id else { continue };
        for event in &stream.events {
            match &event.fact {
                Fact::Room(Event::TurnAsked { turn, .. }) => {
                    open.insert((*room, *turn));
                }
                Fact::Room(Event::Spoke { turn, .. }) => {
                    open.remove(&(*room, *turn));
                }
                _ => {}
            }
        }
    }
    open.into_iter().collect()
}

fn check_gaps(database: &Database, verdict: &mut Verdict) {
    for (id, stream) in &database.streams {
        verdict.seen.streams += 1;
        verdict.seen.events += stream.events.len();
        let mut expected = stream.first.max(ludus_domain::ids::Seq(1));
        for event in &stream.events {
            if event.seq != expected {
                verdict.breach(
                    Rule::Gap,
                    format!("{id} has {} where {expected} should be", event.seq),
                );
            }
            expected = event.seq.next();
        }
        let last = stream.events.last().map_or(stream.head, |event| event.seq);
        if last != stream.head || (stream.events.is_empty() && stream.head.0 > 0) {
            verdict.breach(
                Rule::Gap,
                format!(
                    "{id} says its head is {}, its last event is {last}",
                    stream.head
                ),
            );
        }
        let guard = stream
            .events
            .iter()
            .rfind(|event| event.fact.moves_guard())
            .map(|event| event.seq);
        if guard.is_some_and(|guard| guard != stream.guard) {
            verdict.breach(
                Rule::Inadmissible,
                format!(
                    "{id} says its guard is {}, the last event that moves it is {}",
                    stream.guard,
                    guard.unwrap_or_default()
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests;
