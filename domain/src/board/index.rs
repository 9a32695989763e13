//! From a hash to a number of three bytes, in a table of four bytes a cell.
//!
//! A map from ids would hold each id beside its number, most of it in memory nothing else looks at.
//! This one holds the number alone and asks its owner whose it is: a quarter of the memory, of which
//! a search touches one line. What eight bits are left over for says of most wrong numbers that they
//! are, unasked.

use super::ranking::SUBJECTS_MAX;

/// Where a subject lies among the members of a ranking. Below [`SUBJECTS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(pub(super) u32);

/// A cell that holds something, which no empty one has.
const FULL: u32 = 1 << 31;
/// The part of a cell which is the number.
const NUMBER: u32 = (1 << 24) - 1;
const _: () = assert!(SUBJECTS_MAX - 1 <= NUMBER as usize, "a number has 24 bits");

/// The fewest cells there are, if any.
const CELLS_MIN: usize = 8;

/// An open table, searched cell by cell from where a hash says. At least a quarter of the cells is
/// empty, so that every search ends, and soon.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Empty (zero), or [`FULL`] with seven bits of the hash and a number. A power of two of them.
    cells: Vec<u32>,
    len: usize,
}

impl Index {
    /// With room for so many.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        let mut index = Self::default();
        if capacity > 0 {
            let cells = capacity + capacity / 3 + 1;
            index.cells = vec![0; cells.next_power_of_two().max(CELLS_MIN)];
        }
        index
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The number with this hash for which `is_it` holds.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(Slot) -> bool) -> Option<Slot> {
        let tag = tag(hash);
        let mut at = self.home(hash);
        loop {
            let cell = *self.cells.get(at)?;
            if cell == 0 {
                return None;
            }
            if cell & !NUMBER == tag && is_it(slot(cell)) {
                return Some(slot(cell));
            }
            at = self.after(at);
        }
    }

    /// Puts a number in that is not there yet. `hash_of` says the hashes of those who are.
    pub(super) fn insert(&mut self, hash: u64, new: Slot, hash_of: impl Fn(Slot) -> u64) {
        if (self.len + 1) * 4 > self.cells.len() * 3 {
            let twice = vec![0; (self.cells.len() * 2).max(CELLS_MIN)];
            let old = std::mem::replace(&mut self.cells, twice);
            for cell in old.into_iter().filter(|cell| *cell != 0) {
                self.place(hash_of(slot(cell)), cell);
            }
        }
        self.place(hash, tag(hash) | new.0);
        self.len += 1;
    }

    /// Takes a number out, and closes the gap: whoever lies behind it because it was in the way
    /// moves up.
    pub(super) fn remove(&mut self, hash: u64, old: Slot, hash_of: impl Fn(Slot) -> u64) {
        let cell = tag(hash) | old.0;
        let mut gap = self.home(hash);
        loop {
            match self.cells.get(gap) {
                None | Some(0) => return,
                Some(other) if *other == cell => break,
                Some(_) => gap = self.after(gap),
            }
        }
        self.len -= 1;
        let mut at = gap;
        loop {
            at = self.after(at);
            let other = self.cells.get(at).copied().unwrap_or_default();
            if other == 0 {
                self.put(gap, 0);
                return;
            }
            let home = self.home(hash_of(slot(other)));
            if self.way(home, at) >= self.way(gap, at) {
                self.put(gap, other);
                gap = at;
            }
        }
    }

    /// Gives every number a new one, when their owner has put them in another order.
    pub(super) fn renumber(&mut self, new: impl Fn(Slot) -> Slot) {
        for cell in self.cells.iter_mut().filter(|cell| **cell != 0) {
            *cell = (*cell & !NUMBER) | new(slot(*cell)).0;
        }
    }

    /// Puts a cell where the first empty one is.
    fn place(&mut self, hash: u64, cell: u32) {
        let mut at = self.home(hash);
        while self.cells.get(at).is_some_and(|other| *other != 0) {
            at = self.after(at);
        }
        self.put(at, cell);
    }

    fn put(&mut self, at: usize, cell: u32) {
        if let Some(old) = self.cells.get_mut(at) {
            *old = cell;
        }
    }

    /// The cell with which a search begins.
    fn home(&self, hash: u64) -> usize {
        let mask = self.cells.len().saturating_sub(1);
        usize::try_from(hash & mask as u64).unwrap_or_default()
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.cells.len().saturating_sub(1)
    }

    /// How many cells on from one another one lies.
    fn way(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.cells.len().saturating_sub(1)
    }
}

/// The first byte of a full cell: of the hash, the bits that say nothing of the place.
fn tag(hash: u64) -> u32 {
    FULL | (u32::try_from(hash >> 57).unwrap_or_default() << 24)
}

fn slot(cell: u32) -> Slot {
    Slot(cell & NUMBER)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const RENUMBERED: u32 = 0x2a;

    /// Few places, few tags, and both often the same: all that can go wrong does.
    fn hash(number: u32) -> u64 {
        let number = u64::from(number);
        (number % 5) << 62 | (number * 7 % 11) << 1
    }

    fn assert_same(index: &Index, plain: &BTreeSet<u32>, renumbered: u32) {
        assert_eq!(index.len(), plain.len());
        for number in 0..64 {
            let found = index.find(hash(number), |slot| slot.0 == number ^ renumbered);
            let expected = plain.contains(&number).then_some(Slot(number ^ renumbered));
            assert_eq!(found, expected);
        }
    }

    proptest! {
        #[test]
        fn an_index_is_a_set(
            capacity in 0..70usize,
            changes in prop::collection::vec((any::<bool>(), 0..64u32), 0..200),
        ) {
            let mut index = Index::with_capacity(capacity);
            let mut plain = BTreeSet::new();
            for (inserts, number) in changes {
                let hash_of = |slot: Slot| hash(slot.0);
                if inserts && plain.insert(number) {
                    index.insert(hash(number), Slot(number), hash_of);
                } else if !inserts {
                    plain.remove(&number);
                    // Of one who is not there, it does nothing.
                    index.remove(hash(number), Slot(number), hash_of);
                }
                assert_same(&index, &plain, 0);
                let full = index.cells.iter().filter(|cell| **cell != 0).count();
                prop_assert_eq!(full, plain.len());
                prop_assert!(full * 4 <= index.cells.len() * 3);
            }
            index.renumber(|slot| Slot(slot.0 ^ RENUMBERED));
            assert_same(&index, &plain, RENUMBERED);
        }
    }

    #[test]
    fn the_room_asked_for_is_enough() {
        for capacity in 0..100 {
            let mut index = Index::with_capacity(capacity);
            let cells = index.cells.len();
            for number in 0..u32::try_from(capacity).unwrap() {
                index.insert(hash(number), Slot(number), |slot| hash(slot.0));
            }
            assert_eq!(index.cells.len(), cells);
        }
    }

    #[test]
    fn the_largest_number_is_kept_whole() {
        let largest = Slot(u32::try_from(SUBJECTS_MAX - 1).unwrap());
        let mut index = Index::default();
        index.insert(u64::MAX, largest, |_| u64::MAX);
        assert_eq!(index.find(u64::MAX, |slot| slot == largest), Some(largest));
        index.remove(u64::MAX, largest, |_| u64::MAX);
        assert_eq!(index.find(u64::MAX, |_| true), None);
    }
}
