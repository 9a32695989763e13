//! What was taken back or hidden is not shown to those who come later: not its words, not what they were before,
//! not what somebody thought of them. Who was told already is told that it was.

use std::collections::BTreeSet;

use ludus_domain::ids::Seq;
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::room::Event;
use serde_json::{Value, json};

use super::Feed;
use crate::outbox::{Class, Frame};

/// Events that show words of a line, beside the line: as many as a memory is likely to hold. Past it
/// those that have left the memory are forgotten.
const ABOUT_MAX: usize = 4_096;

/// Which events of the memory show words of which line.
#[derive(Debug, Default)]
pub(super) struct About(BTreeSet<(Seq, Seq)>);

impl About {
    fn take(&mut self, event: &Recorded, floor: Seq) {
        let Fact::Room(Event::Edited { line, .. } | Event::Remarked { line, .. }) = event.fact
        else {
            return;
        };
        self.0.insert((line, event.seq));
        if self.0.len() > ABOUT_MAX {
            self.0.retain(|(_, seq)| *seq > floor);
        }
    }

    fn of(&self, line: Seq) -> Vec<Seq> {
        let of_it = (line, Seq::ZERO)..=(line, Seq(u64::MAX));
        self.0.range(of_it).map(|(_, seq)| *seq).collect()
    }
}

/// How a line went out of sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    TakenBack,
    Hidden,
}

impl Feed {
    /// Before an event is remembered.
    pub(super) fn hide_for(&mut self, event: &Recorded) {
        let gone = match event.fact {
            Fact::Room(Event::Retracted { line, .. }) => Some((line, Gone::TakenBack)),
            // Whoever reads later that it stands again asks history for its text.
            Fact::Room(Event::LineHidden { line, .. }) => Some((line, Gone::Hidden)),
            _ => None,
        };
        if let Some((line, how)) = gone {
            self.hide(line, Some(how));
            for seq in self.about.of(line) {
                self.hide(seq, None);
            }
        }
        self.about.take(event, self.history.floor());
    }

    /// `line`: it is the line itself, and how it went.
    fn hide(&mut self, seq: Seq, line: Option<Gone>) {
        let Some(entry) = self.history.get(seq) else {
            return;
        };
        let Ok(mut shown) = serde_json::from_slice::<Value>(&entry.frame.json()) else {
            return;
        };
        if let Some(fact) = shown.get_mut("fact").and_then(Value::as_object_mut) {
            if let Some(remark) = fact.get_mut("remark").and_then(Value::as_object_mut) {
                remark.insert("scores".to_owned(), json!([]));
                remark.remove("better");
            } else {
                fact.insert("text".to_owned(), json!(""));
            }
            if let Some(how) = line {
                fact.insert("retracted".to_owned(), json!(true));
                if how == Gone::Hidden {
                    fact.insert("hidden".to_owned(), json!(true));
                }
            }
        }
        let frame = Frame::from_json(
            Class::Durable,
            &serde_json::to_vec(&shown).unwrap_or_default(),
        );
        self.history.replace(seq, frame.len(), frame);
    }
}
