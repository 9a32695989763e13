//! All who stand on a board, each with a number of their own.
//!
//! The order is kept over these numbers, which are short. What is known of a member lies here once:
//! ids apart from the rest, because a page needs nothing else.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use crate::time::Timestamp;

use super::Subject;
use super::index::{Index, Slot};
use super::ranking::SUBJECTS_MAX;

/// What is known of a subject beside its id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The score, turned so that the better one is smaller.
    pub(super) word: i64,
    pub(super) reached_at: Timestamp,
    pub(super) version: u64,
}

/// What decides between equal words: who was there first, then (the same millisecond) the version,
/// and the subject as the last word, so that no two are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tail {
    reached_at: Timestamp,
    version: u64,
    subject: Subject,
}

impl Standing {
    pub(super) fn tail(self, subject: Subject) -> Tail {
        Tail {
            reached_at: self.reached_at,
            version: self.version,
            subject,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    subjects: Vec<Subject>,
    standings: Vec<Standing>,
    index: Index,
    /// The numbers of those who left, for those who come.
    free: Vec<Slot>,
}

impl Members {
    /// From subjects in any order, of which the newest counts. Answers their words in the order in
    /// which they stand, which is that of their numbers too: a page finds its members side by side,
    /// as long as few have moved.
    pub(super) fn build(all: impl Iterator<Item = (Subject, Standing)>) -> (Self, Vec<i64>) {
        let capacity = all.size_hint().0.min(SUBJECTS_MAX);
        let mut members = Self {
            subjects: Vec::with_capacity(capacity),
            standings: Vec::with_capacity(capacity),
            index: Index::with_capacity(capacity),
            free: Vec::new(),
        };
        for (subject, standing) in all {
            match members.get(subject) {
                Some((slot, known)) if known.version < standing.version => {
                    members.set(slot, standing);
                }
                None if members.len() < SUBJECTS_MAX => {
                    members.insert(subject, standing);
                }
                _ => {}
            }
        }
        let words = members.sort();
        (members, words)
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn find(&self, subject: Subject) -> Option<Slot> {
        let is_it = |slot| self.subject(slot) == Some(subject);
        self.index.find(hash(&subject), is_it)
    }

    pub(super) fn subject(&self, Slot(slot): Slot) -> Option<Subject> {
        self.subjects.get(slot as usize).copied()
    }

    pub(super) fn standing(&self, Slot(slot): Slot) -> Option<Standing> {
        self.standings.get(slot as usize).copied()
    }

    /// A subject's number, and what is known of it.
    pub(super) fn get(&self, subject: Subject) -> Option<(Slot, Standing)> {
        let slot = self.find(subject)?;
        Some((slot, self.standing(slot)?))
    }

    pub(super) fn set(&mut self, Slot(slot): Slot, standing: Standing) {
        if let Some(known) = self.standings.get_mut(slot as usize) {
            *known = standing;
        }
    }

    /// Takes somebody in who is not there yet. Nothing if there are no more numbers.
    pub(super) fn insert(&mut self, subject: Subject, standing: Standing) -> Option<Slot> {
        let slot = if let Some(slot) = self.free.pop() {
            self.set(slot, standing);
            if let Some(old) = self.subjects.get_mut(slot.0 as usize) {
                *old = subject;
            }
            slot
        } else {
            let slot = Slot(u32::try_from(self.subjects.len()).ok()?);
            self.subjects.push(subject);
            self.standings.push(standing);
            slot
        };
        let subjects = &self.subjects;
        self.index
            .insert(hash(&subject), slot, |slot| hash_at(subjects, slot));
        Some(slot)
    }

    pub(super) fn remove(&mut self, subject: Subject) {
        let Some(slot) = self.find(subject) else {
            return;
        };
        let subjects = &self.subjects;
        self.index
            .remove(hash(&subject), slot, |slot| hash_at(subjects, slot));
        self.free.push(slot);
    }

    /// Whether somebody stands before a point among those with the same word.
    pub(super) fn is_before(&self, slot: Slot, tail: &Tail) -> bool {
        let Some(standing) = self.standing(slot) else {
            return false;
        };
        let known = (standing.reached_at, standing.version);
        // Ids lie elsewhere, and are seldom needed.
        let order = known.cmp(&(tail.reached_at, tail.version));
        order
            .then_with(|| self.subject(slot).cmp(&Some(tail.subject)))
            .is_lt()
    }

    /// Numbers all anew by the order in which they stand, before anybody has left. Answers their
    /// words.
    fn sort(&mut self) -> Vec<i64> {
        let known = self.subjects.iter().zip(&self.standings);
        // With all that is compared: what lies elsewhere would be looked up at each comparison.
        let mut order: Vec<(i64, Tail, u32)> = known
            .zip(0..)
            .map(|((subject, standing), slot)| (standing.word, standing.tail(*subject), slot))
            .collect();
        order.sort_unstable();
        let mut new = vec![0; order.len()];
        self.subjects.clear();
        self.standings.clear();
        for ((word, tail, old), slot) in order.iter().zip(0..) {
            if let Some(new) = new.get_mut(*old as usize) {
                *new = slot;
            }
            self.subjects.push(tail.subject);
            self.standings.push(Standing {
                word: *word,
                reached_at: tail.reached_at,
                version: tail.version,
            });
        }
        self.index
            .renumber(|Slot(old)| Slot(new.get(old as usize).copied().unwrap_or(old)));
        order.into_iter().map(|(word, ..)| word).collect()
    }
}

fn hash(subject: &Subject) -> u64 {
    BuildHasherDefault::<IdHasher>::default().hash_one(subject)
}

fn hash_at(subjects: &[Subject], Slot(slot): Slot) -> u64 {
    subjects.get(slot as usize).map_or(0, hash)
}

pub(super) type Subjects<V> = HashMap<Subject, V, BuildHasherDefault<IdHasher>>;

/// Hashes ids, which are the hub's own and random enough already: nobody chooses theirs, so there is
/// nobody to defend the map against, and a board does the same on every run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // An odd constant without pattern (of 2^64 over the golden ratio), high bits folded down.
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = product as u64 ^ (product >> 64) as u64;
        self.0 = folded;
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64 + 1);
    }

    fn write_usize(&mut self, _length_prefix: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
