//! What was taken back is not shown to those who come later: not its words, not what they were before,
//! not what somebody thought of them. Who was told already is told that it was taken back.

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

impl Feed {
    /// Before an event is remembered.
    pub(super) fn hide_for(&mut self, event: &Recorded) {
        if let Fact::Room(Event::Retracted { line, .. }) = event.fact {
            self.hide(line, true);
            for seq in self.about.of(line) {
                self.hide(seq, false);
            }
        }
        self.about.take(event, self.history.floor());
    }

    fn hide(&mut self, seq: Seq, is_line: bool) {
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
            if is_line {
                fact.insert("retracted".to_owned(), json!(true));
            }
        }
        let frame = Frame::from_json(
            Class::Durable,
            &serde_json::to_vec(&shown).unwrap_or_default(),
        );
        self.history.replace(seq, frame.len(), frame);
    }
}
