//! What came of runs, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::figures::{Figures, shown};
use crate::check::{Rule, Verdict};

/// What a node used before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Uses {
    pub memory_kib: u64,
    pub files: usize,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub run: String,
    pub seed: u64,
    pub seconds: u64,
    pub accepted: usize,
    /// By the rule that was broken; empty when nothing was.
    pub breaches: BTreeMap<&'static str, usize>,
    pub figures: Figures,
    /// Entries of accounts that were proved.
    pub entries: usize,
    /// Of each node before, and after everything.
    pub before: Vec<Uses>,
    pub after: Vec<Uses>,
    /// What else was counted.
    pub says: Option<String>,
    /// Everything that should not be, in words.
    pub faults: Vec<String>,
}

/// All of an invocation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub outcomes: Vec<Outcome>,
}

impl Outcome {
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn judge(&mut self, verdict: &Verdict) {
        self.accepted = verdict.seen.acknowledged;
        self.entries = verdict.seen.entries;
        for breach in &verdict.breaches {
            *self.breaches.entry(breach.rule.label()).or_default() += 1;
        }
        let shown = verdict.breaches.iter().take(SHOWN_MAX);
        self.faults.extend(shown.map(ToString::to_string));
        if verdict.breaches.len() > SHOWN_MAX {
            let more = verdict.breaches.len() - SHOWN_MAX;
            self.faults
                .push(format!("... and {more} more of that kind"));
        }
    }

    fn broke(&self, rule: Rule) -> usize {
        self.breaches.get(rule.label()).copied().unwrap_or(0)
    }

    fn grew(&self) -> String {
        let grew = |(before, after): (&Uses, &Uses)| {
            let mib = |kib: u64| kib / 1024;
            format!("{}→{}", mib(before.memory_kib), mib(after.memory_kib))
        };
        let nodes = self.before.iter().zip(&self.after);
        nodes.map(grew).collect::<Vec<_>>().join(" ")
    }
}

/// Faults told in full. A broken hub has thousands, and the first ones tell the story.
const SHOWN_MAX: usize = 8;

impl Report {
    pub fn holds(&self) -> bool {
        !self.outcomes.is_empty() && self.outcomes.iter().all(Outcome::holds)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| run | seed | s | accepted | lost | doubled | reordered | invented | refused | ack p50/p99 | reconnect p50/p99 | caught up p50/p99 | behind p99/max | first ack after p99 | MiB per node | holds |"
        )?;
        writeln!(
            f,
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        )?;
        for one in &self.outcomes {
            let figures = &one.figures;
            let others: usize = one.breaches.values().sum::<usize>()
                - one.broke(Rule::Lost)
                - one.broke(Rule::Doubled)
                - one.broke(Rule::Reordered)
                - one.broke(Rule::Invented);
            writeln!(
                f,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} / {} | {} / {} | {} / {} | {} / {} | {} | {} | {} |",
                one.run,
                one.seed,
                one.seconds,
                one.accepted,
                one.broke(Rule::Lost),
                one.broke(Rule::Doubled),
                one.broke(Rule::Reordered),
                one.broke(Rule::Invented),
                figures.refused,
                shown(figures.answered.p50_ms),
                shown(figures.answered.p99_ms),
                shown(figures.reconnected.p50_ms),
                shown(figures.reconnected.p99_ms),
                shown(figures.caught_up.p50_ms),
                shown(figures.caught_up.p99_ms),
                shown(figures.behind.p99_ms),
                shown(figures.behind.max_ms),
                shown(figures.first_answer.p99_ms),
                one.grew(),
                match (one.holds(), others) {
                    (true, _) => "yes".to_owned(),
                    (false, 0) => "no".to_owned(),
                    (false, others) => format!("no ({others} of other rules)"),
                },
            )?;
        }
        for one in &self.outcomes {
            if let Some(says) = &one.says {
                writeln!(f, "\n{}: {says}", one.run)?;
            }
        }
        for one in self.outcomes.iter().filter(|one| !one.holds()) {
            writeln!(f, "\n{} with seed {} does not hold:", one.run, one.seed)?;
            for fault in &one.faults {
                writeln!(f, "- {fault}")?;
            }
        }
        let count = self.outcomes.len();
        let broken = self.outcomes.iter().filter(|one| !one.holds()).count();
        match broken {
            0 => write!(f, "\nall {count} runs hold"),
            _ => write!(f, "\n{broken} of {count} runs do not hold"),
        }
    }
}
