//! Keys in order, in blocks: an order-statistics structure that memory likes.
//!
//! A block is a sorted run of keys side by side; a list of the blocks' first keys finds the block,
//! and Fenwick trees over what each block holds turn blocks into positions. A change moves at most
//! one block's keys; a search touches a few cache lines. Against a balanced tree at a million keys
//! this is several times faster, and a page is read straight through.

use crate::time::Timestamp;

use super::Subject;
use super::fenwick::Fenwick;

/// A block that grows to this is split. Larger, a change would move more bytes; smaller, a split,
/// whose cost grows with how many blocks there are, would come more often.
pub(super) const KEYS_MAX: usize = 256;

/// What the order compares, as a whole: the better score, then who was there first, then (the same
/// millisecond) the version, and the subject as the last word, so that no two keys are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The score, turned so that the better one is smaller.
    pub(super) word: i64,
    pub(super) reached_at: Timestamp,
    pub(super) version: u64,
    pub(super) subject: Subject,
}

/// Where a key is: which block, and where in it.
#[derive(Clone, Copy)]
struct Spot {
    block: usize,
    index: usize,
}

/// Sorted keys, in blocks of fewer than `MAX`, none of them empty.
#[derive(Clone, Debug)]
pub(super) struct Blocks<const MAX: usize> {
    /// The first key of each block, side by side, so that finding a block touches none.
    firsts: Vec<Key>,
    keys: Vec<Vec<Key>>,
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

    /// From keys in order.
    pub(super) fn build(keys: &[Key]) -> Self {
        let blocks: Vec<Vec<Key>> = keys
            .chunks(Self::BUILT)
            .map(|keys| {
                let mut block = Vec::with_capacity(MAX);
                block.extend_from_slice(keys);
                block
            })
            .collect();
        let mut last = None;
        let mut heads = Vec::with_capacity(blocks.len());
        for block in &blocks {
            heads.push(count_heads(last, block));
            last = block.last().copied();
        }
        let distinct = heads.iter().sum();
        let sizes = blocks.iter().map(|block| count(block.len())).collect();
        Self {
            firsts: blocks
                .iter()
                .filter_map(|block| block.first().copied())
                .collect(),
            keys: blocks,
            sizes: Fenwick::new(sizes),
            heads: Fenwick::new(heads),
            len: count(keys.len()),
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

    fn get(&self, spot: Spot) -> Option<&Key> {
        self.keys.get(spot.block)?.get(spot.index)
    }

    /// The key before a spot, in its block or in the one before.
    fn before(&self, spot: Spot) -> Option<&Key> {
        match spot.index.checked_sub(1) {
            Some(index) => self.keys.get(spot.block)?.get(index),
            None => self.keys.get(spot.block.checked_sub(1)?)?.last(),
        }
    }

    /// Where the first key is for which `is_before` no longer holds; it must hold for all keys up
    /// to some point and for none after. The spot may be one past the end of a block.
    fn boundary(&self, is_before: impl Fn(&Key) -> bool) -> Spot {
        let block = self.firsts.partition_point(&is_before).saturating_sub(1);
        let index = self
            .keys
            .get(block)
            .map_or(0, |keys| keys.partition_point(&is_before));
        Spot { block, index }
    }

    /// Where a key is.
    fn find(&self, key: &Key) -> Option<Spot> {
        let block = self.firsts.partition_point(|first| first <= key);
        let block = block.checked_sub(1)?;
        let index = self.keys.get(block)?.binary_search(key).ok()?;
        Some(Spot { block, index })
    }

    fn position(&self, spot: Spot) -> u32 {
        self.sizes.before(spot.block) + count(spot.index)
    }

    fn spot(&self, position: u32) -> Spot {
        let (block, index) = self.sizes.find(position);
        Spot {
            block,
            index: index as usize,
        }
    }

    /// Puts a key in that is not there yet. Answers its position.
    pub(super) fn insert(&mut self, key: Key) -> u32 {
        let spot = self.boundary(|other| other < &key);
        if self.keys.is_empty() {
            *self = Self::build(&[key]);
            return 0;
        }
        let (before, after) = self.around(spot);
        let Some(keys) = self.keys.get_mut(spot.block) else {
            return 0;
        };
        keys.insert(spot.index, key);
        let is_full = keys.len() >= MAX;
        let is_last_of_block = spot.index + 1 == keys.len();
        if spot.index == 0
            && let Some(first) = self.firsts.get_mut(spot.block)
        {
            *first = key;
        }
        self.len += 1;
        self.sizes.add(spot.block, 1);
        let own = i32::from(before.is_none_or(|before| before.word != key.word));
        self.add_heads(spot.block, own);
        if let Some(after) = after {
            let was = i32::from(before.is_none_or(|before| before.word != after.word));
            let is = i32::from(key.word != after.word);
            self.add_heads(spot.block + usize::from(is_last_of_block), is - was);
        }
        let position = self.position(spot);
        if is_full {
            self.split(spot.block);
        }
        position
    }

    /// Takes a key out. Answers the position it had.
    pub(super) fn remove(&mut self, key: &Key) -> Option<u32> {
        let spot = self.find(key)?;
        let keys = self.keys.get_mut(spot.block)?;
        keys.remove(spot.index);
        let left = keys.len();
        if spot.index == 0
            && let (Some(first), Some(key)) = (self.firsts.get_mut(spot.block), keys.first())
        {
            *first = *key;
        }
        let position = self.position(spot);
        self.len -= 1;
        self.sizes.add(spot.block, -1);
        let (before, after) = self.around(spot);
        let own = i32::from(before.is_none_or(|before| before.word != key.word));
        self.add_heads(spot.block, -own);
        if let Some(after) = after {
            let was = i32::from(key.word != after.word);
            let is = i32::from(before.is_none_or(|before| before.word != after.word));
            self.add_heads(spot.block + usize::from(spot.index == left), is - was);
        }
        if left < Self::MIN {
            self.join(spot.block);
        }
        Some(position)
    }

    /// The keys before and at a spot, which may be one past its block.
    fn around(&self, spot: Spot) -> (Option<Key>, Option<Key>) {
        let next_block = Spot {
            block: spot.block + 1,
            index: 0,
        };
        let after = self.get(spot).or_else(|| self.get(next_block));
        (self.before(spot).copied(), after.copied())
    }

    fn add_heads(&mut self, block: usize, by: i32) {
        self.heads.add(block, by);
        self.distinct = self.distinct.wrapping_add_signed(by);
    }

    fn split(&mut self, block: usize) {
        let before = self.before(Spot { block, index: 0 }).copied();
        let Some(keys) = self.keys.get_mut(block) else {
            return;
        };
        let half = keys.len() / 2;
        let mut behind = Vec::with_capacity(MAX);
        behind.extend_from_slice(keys.get(half..).unwrap_or_default());
        keys.truncate(half);
        let heads = count_heads(before, keys);
        let heads_behind = self.heads.get(block) - heads;
        let Some(first) = behind.first().copied() else {
            return;
        };
        self.sizes.split(block, count(half), count(behind.len()));
        self.heads.split(block, heads, heads_behind);
        self.firsts.insert(block + 1, first);
        self.keys.insert(block + 1, behind);
    }

    /// Puts a small block together with a neighbour that has room, if one does. An empty one always
    /// finds room, unless it is the only one.
    fn join(&mut self, block: usize) {
        let len = |block: usize| self.keys.get(block).map(Vec::len);
        let Some(own) = len(block) else { return };
        let has_room = |other: Option<usize>| other.is_some_and(|other| own + other <= Self::BUILT);
        let left = if has_room(len(block + 1)) || (own == 0 && len(block + 1).is_some()) {
            block
        } else if let Some(before) = block.checked_sub(1)
            && (has_room(len(before)) || own == 0)
        {
            before
        } else if own == 0 {
            *self = Self::build(&[]);
            return;
        } else {
            return;
        };
        let behind = self.keys.remove(left + 1);
        self.firsts.remove(left + 1);
        if let Some(keys) = self.keys.get_mut(left) {
            keys.extend_from_slice(&behind);
            if let (Some(first), Some(key)) = (self.firsts.get_mut(left), keys.first()) {
                *first = *key;
            }
        }
        self.sizes.merge(left);
        self.heads.merge(left);
    }

    pub(super) fn position_of(&self, key: &Key) -> Option<u32> {
        self.find(key).map(|spot| self.position(spot))
    }

    /// How many keys have a better score.
    pub(super) fn better(&self, word: i64) -> u32 {
        self.position(self.boundary(|key| key.word < word))
    }

    /// How many keys have a better score or the same.
    pub(super) fn as_good(&self, word: i64) -> u32 {
        self.position(self.boundary(|key| key.word <= word))
    }

    /// How many different scores there are up to and with that of the key at a position.
    pub(super) fn distinct_through(&self, position: u32) -> u32 {
        let spot = self.spot(position);
        let before = Spot {
            block: spot.block,
            index: 0,
        };
        let keys = self.keys.get(spot.block).map(Vec::as_slice);
        let keys = keys.and_then(|keys| keys.get(..=spot.index));
        self.heads.before(spot.block)
            + count_heads(self.before(before).copied(), keys.unwrap_or_default())
    }

    /// The keys from a position on, in order.
    pub(super) fn from(&self, position: u32) -> impl Iterator<Item = &Key> {
        let spot = self.spot(position);
        let blocks = self.keys.get(spot.block..).unwrap_or_default();
        blocks.iter().flatten().skip(spot.index)
    }
}

/// How many keys have another word than the one before them, given the one before the first.
fn count_heads(mut before: Option<Key>, keys: &[Key]) -> u32 {
    let mut heads = 0;
    for key in keys {
        heads += u32::from(before.is_none_or(|before| before.word != key.word));
        before = Some(*key);
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
    use uuid::Uuid;

    use crate::ids::UserId;

    use super::*;

    fn key(word: i64, number: u8) -> Key {
        Key {
            word,
            reached_at: Timestamp(0),
            version: 0,
            subject: Subject::User(UserId(Uuid::from_u128(number.into()))),
        }
    }

    fn assert_same(blocks: &Blocks<8>, plain: &[Key]) {
        let keys: Vec<Key> = blocks.from(0).copied().collect();
        assert_eq!(keys, plain);
        assert_eq!(blocks.len() as usize, plain.len());
        assert_eq!(blocks.distinct(), count_heads(None, plain));
        assert!(blocks.keys.iter().all(|keys| (1..8).contains(&keys.len())));
        for (position, key) in (0..).zip(plain) {
            assert_eq!(blocks.position_of(key), Some(position));
            assert_eq!(blocks.from(position).next(), Some(key));
            let heads = count_heads(None, &plain[..=position as usize]);
            assert_eq!(blocks.distinct_through(position), heads);
        }
        for word in -1..6 {
            let better = plain.iter().filter(|key| key.word < word).count();
            let as_good = plain.iter().filter(|key| key.word <= word).count();
            assert_eq!(blocks.better(word) as usize, better);
            assert_eq!(blocks.as_good(word) as usize, as_good);
        }
        assert_eq!(blocks.from(count(plain.len())).next(), None);
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
            let mut blocks = Blocks::<8>::build(&plain);
            assert_same(&blocks, &plain);
            for (inserts, word, number) in changes {
                let key = key(word, number);
                match plain.binary_search(&key) {
                    Err(at) if inserts => {
                        plain.insert(at, key);
                        prop_assert_eq!(blocks.insert(key), count(at));
                    }
                    Err(_) => prop_assert_eq!(blocks.remove(&key), None),
                    Ok(at) => {
                        plain.remove(at);
                        prop_assert_eq!(blocks.remove(&key), Some(count(at)));
                    }
                }
                assert_same(&blocks, &plain);
            }
            while drains && !plain.is_empty() {
                let at = plain.len() / 3;
                let key = plain.remove(at);
                prop_assert_eq!(blocks.remove(&key), Some(count(at)));
                assert_same(&blocks, &plain);
            }
        }
    }
}
