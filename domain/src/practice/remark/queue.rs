//! Which line a model is asked about next: the newest first, one of each learner at a time.
//!
//! A remark helps while its line is still in mind. So the newest line goes before older ones, a line
//! that has waited too long is dropped, and when too many wait, the oldest is.

use std::collections::{BTreeSet, VecDeque};

use crate::ids::{Seq, UserId};
use crate::time::Timestamp;

/// Lines of one room that wait. Past it the oldest is dropped: nobody would read what came of it.
pub const WAITING_MAX: usize = 16;
/// Lines of one room that are asked about at once: a crowd is not to take all of an org's seats.
pub const ASKED_MAX: usize = 4;
/// A line that waited longer is not asked about any more.
pub const STALE_MS: i64 = 20_000;

/// A line somebody would like a remark on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub line: Seq,
    pub of: UserId,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// The newest first.
    waiting: VecDeque<Wanted>,
    /// Whose line is asked about now.
    asked: BTreeSet<UserId>,
}

impl Queue {
    /// Puts a line in front. Answers how many were dropped for it.
    pub fn wait(&mut self, wanted: Wanted) -> usize {
        self.waiting.push_front(wanted);
        let surplus = self.waiting.len().saturating_sub(WAITING_MAX);
        self.waiting.truncate(WAITING_MAX);
        surplus
    }

    /// A line that was taken back needs no remark.
    pub fn forget(&mut self, line: Seq) {
        self.waiting.retain(|wanted| wanted.line != line);
    }

    /// Nobody wants remarks here any more.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Drops what waited too long, and answers how much that was.
    pub fn tire(&mut self, now: Timestamp) -> usize {
        let before = self.waiting.len();
        self.waiting
            .retain(|wanted| now.ms_since(wanted.at) <= STALE_MS);
        before - self.waiting.len()
    }

    /// The next line to ask about, if anybody may be asked now. Bring the end to [`Self::done`].
    pub fn take(&mut self) -> Option<Wanted> {
        if self.asked.len() >= ASKED_MAX {
            return None;
        }
        let asked = &self.asked;
        let is_free = |wanted: &Wanted| !asked.contains(&wanted.of);
        let place = self.waiting.iter().position(is_free)?;
        let wanted = self.waiting.remove(place)?;
        self.asked.insert(wanted.of);
        Some(wanted)
    }

    /// What was asked about a line of theirs has come to its end.
    pub fn done(&mut self, of: UserId) {
        self.asked.remove(&of);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn line(seq: u64, of: u128, at: i64) -> Wanted {
        Wanted {
            line: Seq(seq),
            of: UserId(Uuid::from_u128(of)),
            at: Timestamp(at),
        }
    }

    #[test]
    fn the_newest_line_goes_first_and_one_of_each_learner_at_a_time() {
        let mut queue = Queue::default();
        for wanted in [line(1, 7, 0), line(2, 8, 0), line(3, 7, 0)] {
            assert_eq!(queue.wait(wanted), 0);
        }
        assert_eq!(queue.take(), Some(line(3, 7, 0)));
        assert_eq!(
            queue.take(),
            Some(line(2, 8, 0)),
            "not another of the first"
        );
        assert_eq!(queue.take(), None);
        queue.done(UserId(Uuid::from_u128(7)));
        assert_eq!(queue.take(), Some(line(1, 7, 0)));
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn a_room_asks_about_so_many_lines_at_once() {
        let mut queue = Queue::default();
        for learner in 0..10 {
            queue.wait(line(1, learner, 0));
        }
        let asked = std::iter::from_fn(|| queue.take()).count();
        assert_eq!(asked, ASKED_MAX);
    }

    #[test]
    fn when_too_many_wait_the_oldest_is_dropped() {
        let mut queue = Queue::default();
        let dropped: usize = (1..=20).map(|seq| queue.wait(line(seq, 7, 0))).sum();
        assert_eq!(dropped, 4);
        let mut left = vec![];
        while let Some(wanted) = queue.take() {
            left.push(wanted.line.0);
            queue.done(wanted.of);
        }
        assert_eq!(left, (5..=20).rev().collect::<Vec<_>>());
    }

    #[test]
    fn what_waited_too_long_or_was_taken_back_is_not_asked_about() {
        let mut queue = Queue::default();
        queue.wait(line(1, 7, 0));
        queue.wait(line(2, 7, 5_000));
        queue.wait(line(3, 7, 5_000));
        queue.forget(Seq(3));
        assert_eq!(queue.tire(Timestamp(STALE_MS + 1)), 1);
        assert_eq!(queue.take(), Some(line(2, 7, 5_000)));
        queue.done(UserId(Uuid::from_u128(7)));
        assert_eq!(queue.take(), None);
    }
}
