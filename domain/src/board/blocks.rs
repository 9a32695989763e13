//! Keys in order, in blocks: an order-statistics structure that memory likes.
//!
//! A block is a sorted run of keys side by side; a list of the blocks' first words finds the block,
//! and Fenwick trees over what each block holds turn blocks into positions. A change moves at most
//! one block's keys; a search touches a few cache lines. Against a balanced tree at a million keys
//! this is several times faster, and a page is read straight through.

use super::fenwick::Fenwick;
use super::index::Slot;
use super::run::{Key, Run};

/// A block that grows to this is split. Larger, a change would move more bytes; smaller, a split,
/// whose cost grows with how many blocks there are, would come more often.
pub(super) const KEYS_MAX: usize = 256;

/// Where a key is: which block, and where in it.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    block: usize,
    index: usize,
}

/// Sorted keys, in blocks of fewer than `MAX`, none of them empty.
#[derive(Clone, Debug)]
pub(super) struct Blocks<const MAX: usize> {
    /// The first word of each block, side by side, so that finding a block seldom touches one.
    firsts: Vec<i64>,
    runs: Vec<Run>,
    sizes: Fenwick,
    /// How many keys of each block have another word than the key before them: distinct scores.
    heads: Fenwick,
    len: u32,
    distinct: u32,
}

impl<const MAX: usize> Blocks<MAX> {
    /// A block that shrinks below this looks for a neighbour to move in with.
    const MIN: usize = MAX / 4;
    /// How full blocks are when made in bulk, so that the first changes do not split them all.
    const BUILT: usize = MAX * 3 / 4;

    /// From words in order, of the numbers from 0 on.
    pub(super) fn build(words: &[i64]) -> Self {
        let keys = words.iter().zip(0..);
        Self::of(keys.map(|(&word, slot)| Key {
            word,
            slot: Slot(slot),
        }))
    }

    /// From keys in order.
    fn of(keys: impl Iterator<Item = Key>) -> Self {
        let mut keys = keys.peekable();
        let mut runs = Vec::with_capacity(keys.size_hint().0 / Self::BUILT + 1);
        let mut heads = Vec::with_capacity(runs.capacity());
        let mut last = None;
        while keys.peek().is_some() {
            let mut run = Run::with_capacity(MAX);
            run.extend(keys.by_ref().take(Self::BUILT));
            heads.push(count_heads(last, run.words()));
            last = run.words().last().copied();
            runs.push(run);
        }
        let len = runs.iter().map(Run::len).sum();
        let distinct = heads.iter().sum();
        let sizes = runs.iter().map(|run| count(run.len())).collect();
        let firsts = runs.iter().filter_map(|run| run.words().first().copied());
        Self {
            firsts: firsts.collect(),
            runs,
            sizes: Fenwick::new(sizes),
            heads: Fenwick::new(heads),
            len: count(len),
            distinct,
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// How many different scores there are.
    pub(super) fn distinct(&self) -> u32 {
        self.distinct
    }

    /// The last word of the block before one.
    fn word_before(&self, block: usize) -> Option<i64> {
        self.runs
            .get(block.checked_sub(1)?)?
            .words()
            .last()
            .copied()
    }

    /// The words before and at a spot, which may be one past its block.
    fn around(&self, spot: Spot) -> (Option<i64>, Option<i64>) {
        let words = self
            .runs
            .get(spot.block)
            .map(Run::words)
            .unwrap_or_default();
        let before = match spot.index.checked_sub(1) {
            Some(index) => words.get(index).copied(),
            None => self.word_before(spot.block),
        };
        let after = words
            .get(spot.index)
            .or_else(|| self.firsts.get(spot.block + 1));
        (before, after.copied())
    }

    /// The block in which a point lies: with keys before it, unless there are none. Before it are
    /// all smaller words, and of those with this word the ones for which `is_before` holds.
    fn block(&self, word: i64, is_before: impl Fn(Slot) -> bool) -> usize {
        let first = self.firsts.partition_point(|other| *other < word);
        let equal = self.firsts.get(first..).unwrap_or_default();
        let equal = match equal {
            [one, ..] if *one == word => equal.partition_point(|other| *other == word),
            _ => 0,
        };
        let equal = self.runs.get(first..first + equal).unwrap_or_default();
        let more = equal.partition_point(|run| run.first_slot().is_some_and(&is_before));
        (first + more).saturating_sub(1)
    }

    /// The words between which a block's keys lie.
    fn between(&self, block: usize) -> (i64, i64) {
        let first = self.firsts.get(block).copied().unwrap_or_default();
        let next = self.firsts.get(block + 1).copied().unwrap_or(first);
        (first, next)
    }

    /// Where a point lies. The spot may be one past the end of a block.
    fn boundary(&self, word: i64, is_before: impl Fn(Slot) -> bool) -> Spot {
        let block = self.block(word, &is_before);
        let run = self.runs.get(block);
        let index = run.map_or(0, |run| run.boundary(word, self.between(block), &is_before));
        Spot { block, index }
    }

    /// Where a key is. `is_before` says of numbers with its word whether they stand before it.
    pub(super) fn find(&self, key: Key, is_before: impl Fn(Slot) -> bool) -> Option<Spot> {
        let block = self.block(key.word, |slot| slot == key.slot || is_before(slot));
        let run = self.runs.get(block)?;
        let index = run.find(key, self.between(block))?;
        Some(Spot { block, index })
    }

    pub(super) fn position(&self, spot: Spot) -> u32 {
        self.sizes.before(spot.block) + count(spot.index)
    }

    /// The spot so many keys before another. Mostly it is in the same block.
    pub(super) fn back(&self, spot: Spot, by: u32) -> Spot {
        match spot.index.checked_sub(by as usize) {
            Some(index) => Spot { index, ..spot },
            None => self.spot(self.position(spot).saturating_sub(by)),
        }
    }

    pub(super) fn spot(&self, position: u32) -> Spot {
        let (block, index) = self.sizes.find(position);
        Spot {
            block,
            index: index as usize,
        }
    }

    /// Puts a key in that is not there yet, behind the numbers with its word for which `is_before`
    /// holds. Answers its position.
    pub(super) fn insert(&mut self, key: Key, is_before: impl Fn(Slot) -> bool) -> u32 {
        if self.runs.is_empty() {
            *self = Self::of(std::iter::once(key));
            return 0;
        }
        let spot = self.boundary(key.word, is_before);
        let (before, after) = self.around(spot);
        let Some(run) = self.runs.get_mut(spot.block) else {
            return 0;
        };
        run.insert(spot.index, key);
        let len = run.len();
        self.first_is(spot, key.word);
        self.len += 1;
        self.sizes.add(spot.block, 1);
        let own = i32::from(before != Some(key.word));
        self.add_heads(spot.block, own);
        if let Some(after) = after {
            let was = i32::from(before != Some(after));
            let is = i32::from(key.word != after);
            self.add_heads(spot.block + usize::from(spot.index + 1 == len), is - was);
        }
        let position = self.position(spot);
        if len >= MAX {
            self.split(spot.block);
        }
        position
    }

    /// Takes a key out, as [`Self::find`] finds it. Answers the position it had.
    pub(super) fn remove(&mut self, key: Key, is_before: impl Fn(Slot) -> bool) -> Option<u32> {
        let spot = self.find(key, is_before)?;
        let run = self.runs.get_mut(spot.block)?;
        run.remove(spot.index);
        let len = run.len();
        let position = self.position(spot);
        self.len -= 1;
        self.sizes.add(spot.block, -1);
        let (before, after) = self.around(spot);
        let own = i32::from(before != Some(key.word));
        self.add_heads(spot.block, -own);
        if let Some(after) = after {
            self.first_is(spot, after);
            let was = i32::from(key.word != after);
            let is = i32::from(before != Some(after));
            self.add_heads(spot.block + usize::from(spot.index == len), is - was);
        }
        if len < Self::MIN {
            self.join(spot.block);
        }
        Some(position)
    }

    /// Notes which word stands at a spot now, if that begins a block.
    fn first_is(&mut self, spot: Spot, word: i64) {
        if spot.index == 0
            && let Some(first) = self.firsts.get_mut(spot.block)
        {
            *first = word;
        }
    }

    fn add_heads(&mut self, block: usize, by: i32) {
        self.heads.add(block, by);
        self.distinct = self.distinct.wrapping_add_signed(by);
    }

    fn split(&mut self, block: usize) {
        let before = self.word_before(block);
        let Some(run) = self.runs.get_mut(block) else {
            return;
        };
        let mut behind = Run::with_capacity(MAX);
        run.move_from(run.len() / 2, &mut behind);
        let heads = count_heads(before, run.words());
        let heads_behind = self.heads.get(block) - heads;
        let Some(first) = behind.words().first().copied() else {
            return;
        };
        self.sizes
            .split(block, count(run.len()), count(behind.len()));
        self.heads.split(block, heads, heads_behind);
        self.firsts.insert(block + 1, first);
        self.runs.insert(block + 1, behind);
    }

    /// Puts a small block together with a neighbour that has room, if one does. An empty one always
    /// finds room, unless it is the only one.
    fn join(&mut self, block: usize) {
        let len = |block: usize| self.runs.get(block).map(Run::len);
        let Some(own) = len(block) else { return };
        let has_room = |other: usize| own == 0 || own + other <= Self::BUILT;
        let left = if len(block + 1).is_some_and(has_room) {
            block
        } else if let Some(before) = block.checked_sub(1)
            && len(before).is_some_and(has_room)
        {
            before
        } else {
            if own == 0 {
                *self = Self::build(&[]);
            }
            return;
        };
        let mut behind = self.runs.remove(left + 1);
        self.firsts.remove(left + 1);
        if let Some(run) = self.runs.get_mut(left) {
            behind.move_from(0, run);
            if let (Some(first), Some(word)) = (self.firsts.get_mut(left), run.words().first()) {
                *first = *word;
            }
        }
        self.sizes.merge(left);
        self.heads.merge(left);
    }

    /// How many keys have a better score.
    pub(super) fn better(&self, word: i64) -> u32 {
        self.position(self.boundary(word, |_| false))
    }

    /// How many keys have a better score or the same.
    pub(super) fn as_good(&self, word: i64) -> u32 {
        self.position(self.boundary(word, |_| true))
    }

    /// How many different scores there are up to and with that of the key at a position.
    pub(super) fn distinct_through(&self, position: u32) -> u32 {
        let spot = self.spot(position);
        let words = self.runs.get(spot.block).map(Run::words);
        let words = words.and_then(|words| words.get(..=spot.index));
        self.heads.before(spot.block)
            + count_heads(self.word_before(spot.block), words.unwrap_or_default())
    }

    /// The keys from a spot on, in order.
    pub(super) fn from(&self, spot: Spot) -> impl Iterator<Item = Key> {
        let mut runs = self.runs.iter().skip(spot.block);
        let first = runs.next().into_iter();
        first
            .flat_map(move |run| run.iter_from(spot.index))
            .chain(runs.flat_map(|run| run.iter_from(0)))
    }
}

/// How many words differ from the one before them, given the one before the first.
fn count_heads(mut before: Option<i64>, words: &[i64]) -> u32 {
    let mut heads = 0;
    for word in words {
        heads += u32::from(before != Some(*word));
        before = Some(*word);
    }
    heads
}

/// A length as a count. No board holds more than [`super::ranking::SUBJECTS_MAX`].
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(word: i64, number: u8) -> Key {
        Key {
            word,
            slot: Slot(number.into()),
        }
    }

    /// What decides between equal words: nothing that a number shows.
    fn tail(Slot(number): Slot) -> u32 {
        number * 101 % 256
    }

    fn order(key: &Key) -> (i64, u32) {
        (key.word, tail(key.slot))
    }

    fn before(key: Key) -> impl Fn(Slot) -> bool {
        move |slot| tail(slot) < tail(key.slot)
    }

    fn heads(keys: &[Key]) -> u32 {
        let words: Vec<i64> = keys.iter().map(|key| key.word).collect();
        count_heads(None, &words)
    }

    fn assert_same(blocks: &Blocks<8>, plain: &[Key]) {
        let keys: Vec<Key> = blocks.from(blocks.spot(0)).collect();
        assert_eq!(keys, plain);
        assert_eq!(blocks.len() as usize, plain.len());
        assert_eq!(blocks.distinct(), heads(plain));
        assert!(blocks.runs.iter().all(|run| (1..8).contains(&run.len())));
        for (position, key) in (0..).zip(plain) {
            let spot = blocks.find(*key, before(*key)).unwrap();
            assert_eq!(blocks.position(spot), position);
            assert_eq!(blocks.from(blocks.spot(position)).next(), Some(*key));
            for by in 0..=position {
                let back = blocks.back(spot, by);
                assert_eq!(blocks.position(back), position - by);
            }
            let heads = heads(&plain[..=position as usize]);
            assert_eq!(blocks.distinct_through(position), heads);
        }
        for word in -1..6 {
            let better = plain.iter().filter(|key| key.word < word).count();
            let as_good = plain.iter().filter(|key| key.word <= word).count();
            assert_eq!(blocks.better(word) as usize, better);
            assert_eq!(blocks.as_good(word) as usize, as_good);
        }
        assert_eq!(blocks.from(blocks.spot(count(plain.len()))).next(), None);
    }

    proptest! {
        /// Blocks of eight split and join all the time.
        #[test]
        fn blocks_are_a_sorted_list(
            built in prop::collection::btree_set((0..5i64, any::<u8>()), 0..60),
            changes in prop::collection::vec((any::<bool>(), 0..5i64, any::<u8>()), 0..120),
            drains in any::<bool>(),
        ) {
            let mut plain: Vec<Key> = built.iter().map(|&(word, number)| key(word, number)).collect();
            plain.sort_unstable_by_key(order);
            let mut blocks = Blocks::<8>::of(plain.iter().copied());
            assert_same(&blocks, &plain);
            for (inserts, word, number) in changes {
                let key = key(word, number);
                match plain.binary_search_by_key(&order(&key), order) {
                    Err(at) if inserts => {
                        plain.insert(at, key);
                        prop_assert_eq!(blocks.insert(key, before(key)), count(at));
                    }
                    Err(_) => prop_assert_eq!(blocks.remove(key, before(key)), None),
                    Ok(at) => {
                        plain.remove(at);
                        prop_assert_eq!(blocks.remove(key, before(key)), Some(count(at)));
                    }
                }
                assert_same(&blocks, &plain);
            }
            while drains && !plain.is_empty() {
                let at = plain.len() / 3;
                let key = plain.remove(at);
                prop_assert_eq!(blocks.remove(key, before(key)), Some(count(at)));
                assert_same(&blocks, &plain);
            }
        }
    }
}
