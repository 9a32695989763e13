//! What became of the turns of personas in a run: counted for people, and held against what is promised.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::ids::{RoomId, TurnId};
use ludus_domain::journal::Fact;
use ludus_domain::room::{Event, TurnEnd};
use ludus_domain::stream::StreamId;

use super::model;
use crate::database::{Database, StoredEvent};
use crate::record::{Line, What};

/// From when a turn is begun to its end, whoever is killed meanwhile.
const OVER_WITHIN_MS: i64 = 30_000;

/// The turns of some rooms.
#[derive(Debug, Default)]
pub(super) struct Turns {
    asked: usize,
    /// Somebody began them again for an owner that was gone.
    begun_anew: usize,
    ends: BTreeMap<&'static str, usize>,
    slowest_ms: i64,
    faults: Vec<String>,
}

impl Turns {
    /// Of the rooms that somebody spoke in.
    pub(super) fn count(lines: &[Line], database: &Database) -> Self {
        let rooms: BTreeSet<RoomId> = lines
            .iter()
            .filter_map(|line| match &line.what {
                What::Invoke { room, .. } => Some(*room),
                _ => None,
            })
            .collect();
        let mut turns = Self::default();
        for room in rooms {
            if let Some(stream) = database.streams.get(&StreamId::Room(room)) {
                turns.take(room, &stream.events);
            }
        }
        turns
    }

    fn take(&mut self, room: RoomId, events: &[StoredEvent]) {
        let mut begun: BTreeMap<TurnId, i64> = BTreeMap::new();
        for event in events {
            match &event.fact {
                Fact::Room(Event::TurnAsked { .. }) => self.asked += 1,
                Fact::Room(Event::TurnBegun { turn, attempt, .. }) => {
                    self.begun_anew += usize::from(*attempt > 1);
                    begun.entry(*turn).or_insert(event.at_ms);
                }
                Fact::Room(Event::Spoke {
                    turn,
                    text,
                    end,
                    engine,
                    ..
                }) => {
                    *self.ends.entry(end.as_str()).or_default() += 1;
                    let took = begun.get(turn).map_or(0, |since| event.at_ms - since);
                    self.slowest_ms = self.slowest_ms.max(took);
                    if took > OVER_WITHIN_MS {
                        let fault = format!("{turn:?} of room {room} took {took} ms to its end");
                        self.faults.push(fault);
                    }
                    // What the engine says is its own.
                    if engine.contains('/') && !model::sent(text, *end == TurnEnd::Done) {
                        let fault = format!("{turn:?} of room {room} is not what a model sent");
                        self.faults.push(fault);
                    }
                }
                _ => {}
            }
        }
    }

    /// `None` where no persona was asked for anything.
    pub(super) fn says(&self) -> Option<String> {
        let ends = self.ends.iter();
        let ends: Vec<String> = ends.map(|(end, count)| format!("{count} {end}")).collect();
        (self.asked > 0).then(|| {
            format!(
                "{} turns of personas, {} times begun anew; {}; the longest took {} ms",
                self.asked,
                self.begun_anew,
                ends.join(", "),
                self.slowest_ms
            )
        })
    }

    /// What should not be. A run that is to hit them in the middle has to have hit some.
    pub(super) fn faults(self, hits: bool) -> Vec<String> {
        let mut faults = self.faults;
        if hits && self.begun_anew == 0 {
            faults.push(
                "no node was lost in the middle of what a persona said: nothing is proved"
                    .to_owned(),
            );
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use ludus_domain::audience::Audience;
    use ludus_domain::ids::Seq;
    use ludus_domain::room::{SceneNotes, Why};
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn at(at_ms: i64, event: Event) -> StoredEvent {
        StoredEvent {
            seq: Seq(1),
            at_ms,
            by: None,
            audience: Audience::All,
            fact: Fact::Room(event),
        }
    }

    fn begun(at_ms: i64, attempt: u8) -> StoredEvent {
        let begun = Event::TurnBegun {
            turn: TurnId(1),
            attempt,
            recovered: attempt > 1,
        };
        at(at_ms, begun)
    }

    fn spoke(at_ms: i64, text: &str, end: TurnEnd) -> StoredEvent {
        let spoke = Event::Spoke {
            turn: TurnId(1),
            attempt: 1,
            persona: "mara".parse().unwrap(),
            text: text.to_owned(),
            end,
            why: Why::Line,
            of: None,
            engine: "scripted/tiny".to_owned(),
            notes: SceneNotes::default(),
            retracted: false,
            hidden: false,
        };
        at(at_ms, spoke)
    }

    fn faults(events: &[StoredEvent]) -> Vec<String> {
        let mut turns = Turns::default();
        turns.take(ROOM, events);
        turns.faults(true)
    }

    #[test]
    fn a_run_that_hit_nothing_proves_nothing() {
        let whole = spoke(900, "word 0 word 1 word 2", TurnEnd::Done);
        assert_eq!(faults(&[begun(0, 1), whole.clone()]).len(), 1);
        assert_eq!(faults(&[begun(0, 1), begun(500, 2), whole]).len(), 0);
    }

    #[test]
    fn what_takes_too_long_or_was_never_sent_is_told() {
        let hit = [begun(0, 1), begun(7_000, 2)];
        let with = |last: StoredEvent| faults(&[hit.as_slice(), &[last]].concat());
        assert_eq!(with(spoke(9_000, "word 0 wo", TurnEnd::Stopped)).len(), 0);
        assert_eq!(with(spoke(9_000, "word 0 wo", TurnEnd::Done)).len(), 1);
        assert_eq!(
            with(spoke(9_000, "word 0 word 2", TurnEnd::Broken)).len(),
            1
        );
        let late = spoke(OVER_WITHIN_MS + 1, "word 0", TurnEnd::Done);
        assert_eq!(with(late).len(), 1);
    }
}
