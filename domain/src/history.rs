//! The latest events of a stream, kept in memory so that coming back costs the store nothing.
//!
//! Knows positions and audiences; what a frame is, it does not care. Answers a viewer who comes
//! back with exactly what they miss, or says that it cannot: it never guesses.

use std::collections::VecDeque;

use crate::audience::{Audience, Viewer};
use crate::ids::{Epoch, Seq};
use crate::protocol::{Position, REPLAY_BYTES_MAX, REPLAY_EVENTS_MAX};

/// One remembered event.
#[derive(Clone, Debug)]
pub struct Entry<F> {
    pub seq: Seq,
    pub audience: Audience,
    /// What it costs to keep and to send.
    pub bytes: usize,
    pub frame: F,
}

/// One step of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<F> {
    Visible(Seq, F),
    /// These exist and are not for this viewer.
    Skip {
        from: Seq,
        to: Seq,
    },
}

/// How a viewer comes back into a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume<F> {
    /// Everything missed, in order; live from here.
    Replay(Vec<Step<F>>),
    /// Memory does not reach back that far; the store does.
    AskStore { after: Seq },
    /// What the viewer has cannot be continued from.
    Reset,
}

/// A ring of the latest events, bounded by count and by bytes.
#[derive(Clone, Debug)]
pub struct History<F> {
    epoch: Epoch,
    head: Seq,
    ring: VecDeque<Entry<F>>,
    bytes: usize,
}

impl<F: Clone> History<F> {
    pub fn new(epoch: Epoch, head: Seq) -> Self {
        Self {
            epoch,
            head,
            ring: VecDeque::new(),
            bytes: 0,
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn head(&self) -> Seq {
        self.head
    }

    /// Where memory begins: everything after this is at hand.
    pub fn floor(&self) -> Seq {
        self.ring
            .front()
            .map_or(self.head, |entry| Seq(entry.seq.0 - 1))
    }

    /// Takes the next event in. One that is not the next is refused: the caller has a hole to fill,
    /// or has this one already.
    pub fn push(&mut self, entry: Entry<F>) -> Result<(), Entry<F>> {
        if entry.seq != self.head.next() {
            return Err(entry);
        }
        self.head = entry.seq;
        self.bytes += entry.bytes;
        self.ring.push_back(entry);
        while self.ring.len() > REPLAY_EVENTS_MAX || self.bytes > REPLAY_BYTES_MAX {
            let Some(oldest) = self.ring.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes;
        }
        Ok(())
    }

    /// Puts another frame in an event's place: what it says may no longer be shown.
    pub fn replace(&mut self, seq: Seq, bytes: usize, frame: F) {
        let Some(index) = seq.0.checked_sub(self.floor().0 + 1) else {
            return;
        };
        if let Some(entry) = usize::try_from(index)
            .ok()
            .and_then(|index| self.ring.get_mut(index))
        {
            self.bytes = self.bytes - entry.bytes + bytes;
            entry.bytes = bytes;
            entry.frame = frame;
        }
    }

    pub fn get(&self, seq: Seq) -> Option<&Entry<F>> {
        let index = seq.0.checked_sub(self.floor().0 + 1)?;
        self.ring.get(usize::try_from(index).ok()?)
    }

    /// What a viewer who has everything up to `since` is missing.
    pub fn resume(&self, since: Option<Position>, viewer: Viewer) -> Resume<F> {
        let Some(since) = since else {
            return Resume::Replay(vec![]);
        };
        let is_ours = since.epoch == self.epoch && since.seq <= self.head;
        if !is_ours || self.head.0 - since.seq.0 > REPLAY_EVENTS_MAX as u64 {
            return Resume::Reset;
        }
        if since.seq < self.floor() {
            return Resume::AskStore { after: since.seq };
        }
        Resume::Replay(steps(self.after(since.seq), viewer))
    }

    /// The remembered events after a position.
    pub fn after(&self, seq: Seq) -> impl Iterator<Item = &Entry<F>> + Clone {
        let known = usize::try_from(seq.0.saturating_sub(self.floor().0)).unwrap_or(usize::MAX);
        self.ring.iter().skip(known)
    }
}

/// What a viewer gets of some consecutive events, skips merged into ranges.
pub fn steps<'a, F: Clone + 'a>(
    entries: impl Iterator<Item = &'a Entry<F>>,
    viewer: Viewer,
) -> Vec<Step<F>> {
    let mut steps: Vec<Step<F>> = Vec::new();
    for entry in entries {
        if entry.audience.admits(viewer) {
            steps.push(Step::Visible(entry.seq, entry.frame.clone()));
        } else if let Some(Step::Skip { to, .. }) = steps.last_mut() {
            *to = entry.seq;
        } else {
            steps.push(Step::Skip {
                from: entry.seq,
                to: entry.seq,
            });
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::UserId;
    use crate::role::Role;

    fn viewer(n: u128) -> Viewer {
        Viewer {
            user: UserId(Uuid::from_u128(n)),
            role: Role::Learner,
            guest: false,
        }
    }

    fn entry(seq: u64, for_user: Option<u128>) -> Entry<u64> {
        let audience = for_user.map_or(Audience::All, |n| Audience::Users([viewer(n).user].into()));
        Entry {
            seq: Seq(seq),
            audience,
            bytes: 100,
            frame: seq,
        }
    }

    fn owner_of(owners: &[u128], seq: u64) -> u128 {
        owners[usize::try_from(seq).expect("small") - 1]
    }

    #[expect(clippy::unnecessary_wraps, reason = "as a resume takes it")]
    fn at(seq: u64) -> Option<Position> {
        Some(Position {
            epoch: Epoch(1),
            seq: Seq(seq),
        })
    }

    proptest! {
        /// Whatever the audiences and wherever one comes back: every position after it is accounted
        /// for exactly once, in order, and only visible events are shown.
        #[test]
        fn a_replay_has_no_holes_and_no_repeats(owners in proptest::collection::vec(0_u128..3, 0..60), since in 0_u64..70) {
            let mut history = History::new(Epoch(1), Seq(0));
            for (index, owner) in owners.iter().enumerate() {
                let seq = index as u64 + 1;
                prop_assert!(history.push(entry(seq, (*owner > 0).then_some(*owner))).is_ok());
            }
            let head = owners.len() as u64;
            match history.resume(at(since), viewer(1)) {
                Resume::Reset => prop_assert!(since > head),
                Resume::AskStore { .. } => prop_assert!(false, "everything is in memory"),
                Resume::Replay(steps) => {
                    let mut next = since + 1;
                    for step in steps {
                        match step {
                            Step::Visible(seq, frame) => {
                                prop_assert_eq!((seq.0, frame), (next, next));
                                prop_assert!(owner_of(&owners, next) < 2);
                                next += 1;
                            }
                            Step::Skip { from, to } => {
                                prop_assert_eq!(from.0, next);
                                prop_assert!((from.0..=to.0).all(|seq| owner_of(&owners, seq) == 2));
                                next = to.0 + 1;
                            }
                        }
                    }
                    prop_assert_eq!(next, head.max(since) + 1);
                }
            }
        }
    }

    #[test]
    fn memory_is_bounded_and_says_where_it_begins() {
        let mut history = History::new(Epoch(1), Seq(10));
        assert!(history.push(entry(12, None)).is_err());
        for seq in 11..=5_000 {
            assert!(history.push(entry(seq, None)).is_ok());
        }
        assert_eq!(history.floor(), Seq(3_000));
        assert_eq!(history.resume(at(2_999), viewer(1)), Resume::Reset);
        assert!(
            matches!(history.resume(at(3_000), viewer(1)), Resume::Replay(steps) if steps.len() == 2_000)
        );
        for seq in 5_001..5_100 {
            assert!(
                history
                    .push(Entry {
                        bytes: REPLAY_BYTES_MAX / 10,
                        ..entry(seq, None)
                    })
                    .is_ok()
            );
        }
        assert_eq!(
            history.resume(at(5_080), viewer(1)),
            Resume::AskStore { after: Seq(5_080) }
        );
        assert_eq!(
            history.resume(
                Some(Position {
                    epoch: Epoch(2),
                    seq: Seq(5_098)
                }),
                viewer(1)
            ),
            Resume::Reset
        );
        history.replace(Seq(5_099), 1, 0);
        assert_eq!(history.get(Seq(5_099)).map(|entry| entry.frame), Some(0));
        assert!(history.get(Seq(5_100)).is_none());
    }
}
