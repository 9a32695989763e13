//! A sorted run of keys, taken apart so that a search touches few lines of memory.

use std::ops::Range;

use super::index::Slot;

/// What the order is kept over: a score and whose it is. Who stands first of those with one score,
/// the owner of the numbers knows, and is asked; most are alone with theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The score, turned so that the better one is smaller.
    pub(super) word: i64,
    pub(super) slot: Slot,
}

/// Keys in order, words apart from the rest. Most searches end before they need a rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    words: Vec<i64>,
    slots: Vec<Slot>,
}

impl Run {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            words: Vec::with_capacity(capacity),
            slots: Vec::with_capacity(capacity),
        }
    }

    pub(super) fn extend(&mut self, keys: impl Iterator<Item = Key>) {
        for key in keys {
            self.words.push(key.word);
            self.slots.push(key.slot);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn words(&self) -> &[i64] {
        &self.words
    }

    pub(super) fn first_slot(&self) -> Option<Slot> {
        self.slots.first().copied()
    }

    pub(super) fn insert(&mut self, index: usize, key: Key) {
        self.words.insert(index, key.word);
        self.slots.insert(index, key.slot);
    }

    pub(super) fn remove(&mut self, index: usize) {
        self.words.remove(index);
        self.slots.remove(index);
    }

    /// Keeps the keys before an index and moves the others behind another run's.
    pub(super) fn move_from(&mut self, index: usize, to: &mut Self) {
        to.words.extend(self.words.drain(index..));
        to.slots.extend(self.slots.drain(index..));
    }

    pub(super) fn iter_from(&self, index: usize) -> impl Iterator<Item = Key> {
        let words = self.words.iter().skip(index);
        let slots = self.slots.iter().skip(index);
        words.zip(slots).map(|(&word, &slot)| Key { word, slot })
    }

    /// The index of the first key that is not before a point: one with a larger word, or with this
    /// word and a number for which `is_before` does not hold. The run's keys are thought to lie evenly
    /// between two words; where they do not, it takes a few steps more.
    pub(super) fn boundary(
        &self,
        word: i64,
        between: (i64, i64),
        is_before: impl Fn(Slot) -> bool,
    ) -> usize {
        let equal = self.equal(word, between);
        let first = equal.start;
        let slots = self.slots.get(equal).unwrap_or_default();
        first + slots.partition_point(|slot| is_before(*slot))
    }

    /// The index of a key, if it is here. Of many with one word, each is a number side by side: to
    /// look at all costs less than to ask what is known of a few.
    pub(super) fn find(&self, key: Key, between: (i64, i64)) -> Option<usize> {
        let equal = self.equal(key.word, between);
        let first = equal.start;
        let slots = self.slots.get(equal)?;
        let further = slots.iter().position(|slot| *slot == key.slot)?;
        Some(first + further)
    }

    /// The indices of the keys with a word; where they would be, if there are none.
    fn equal(&self, word: i64, between: (i64, i64)) -> Range<usize> {
        let first = self.lower(word, guess(word, between, self.len()));
        let len = match self.words.get(first..).unwrap_or_default() {
            equal @ [one, other, ..] if *one == word && *other == word => {
                equal.partition_point(|other| *other == word)
            }
            [one, ..] => usize::from(*one == word),
            [] => 0,
        };
        first..first + len
    }

    /// The index of the first word that is not smaller, looked for in growing steps from a guess.
    fn lower(&self, word: i64, guess: usize) -> usize {
        let is_smaller = |index: usize| self.words.get(index).is_some_and(|other| *other < word);
        let (mut low, mut high) = (0, self.len());
        // One line of memory on either side; then twice as far each time.
        let mut step = 8;
        if is_smaller(guess) {
            low = guess + 1;
            while is_smaller(low + step) {
                low += step + 1;
                step *= 2;
            }
            high = high.min(low + step);
        } else {
            high = high.min(guess);
            while high > step && !is_smaller(high - step) {
                high -= step;
                step *= 2;
            }
            low = low.max(high.saturating_sub(step));
        }
        let words = self.words.get(low..high).unwrap_or_default();
        low + words.partition_point(|other| *other < word)
    }
}

/// Where a word would lie among so many, if they lay evenly between two others.
fn guess(word: i64, (first, next): (i64, i64), len: usize) -> usize {
    let width = next.abs_diff(first);
    if word <= first || width == 0 {
        return 0;
    }
    // No more than 32 bits of it, so that the product stays within 64.
    let shift = 32_u32.saturating_sub(width.leading_zeros());
    let part = word.abs_diff(first).min(width) >> shift;
    let guess = part * len as u64 / (width >> shift).max(1);
    usize::try_from(guess).unwrap_or(len).min(len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = i64> {
        let extreme = prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, i64::MAX]);
        prop_oneof![0..300i64, 0..1_000_000i64, any::<i64>(), extreme]
    }

    proptest! {
        /// However the words lie, and wherever they are thought to.
        #[test]
        fn a_point_is_found_where_a_plain_search_finds_it(
            mut words in prop::collection::vec(word(), 0..256),
            between in (word(), word()),
            point in word(),
            among in any::<prop::sample::Index>(),
            limit in 0..3u32,
        ) {
            words.sort_unstable();
            let version = |Slot(number): Slot| number % 3;
            let keys = words.iter().zip(0..).map(|(&word, number)| Key {
                word,
                slot: Slot(number),
            });
            let mut keys: Vec<Key> = keys.collect();
            keys.sort_unstable_by_key(|key| (key.word, version(key.slot), key.slot));
            let mut run = Run::default();
            run.extend(keys.iter().copied());
            for (index, key) in keys.iter().enumerate() {
                prop_assert_eq!(run.find(*key, between), Some(index));
                let missing = Key { slot: Slot(u32::MAX), ..*key };
                prop_assert_eq!(run.find(missing, between), None);
            }
            let known = keys.get(among.index(keys.len() + 1)).map(|key| key.word);
            for word in [Some(point), known].into_iter().flatten() {
                let is_before = |slot| version(slot) < limit;
                let expected = keys.partition_point(|key| {
                    key.word < word || (key.word == word && is_before(key.slot))
                });
                prop_assert_eq!(run.boundary(word, between, is_before), expected);
                if let (Some(first), Some(last)) = (words.first(), words.last()) {
                    prop_assert_eq!(run.boundary(word, (*first, *last), is_before), expected);
                }
            }
        }
    }
}
