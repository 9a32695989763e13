//! A state store for `governor` that cannot grow without bound.
//!
//! `governor`'s own keyed stores keep every key they ever saw until somebody tidies up, so an
//! attacker with many addresses fills the memory of the very thing that should stop them. This one
//! holds at most a fixed number of keys. When it is full, keys it does not know yet share one
//! bucket: newcomers are slowed down together, those already known keep their own.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

/// Enough for two worker threads and the store's never to meet on a lock; more would only make
/// small caps uneven.
const SHARDS: usize = 16;

#[derive(Debug)]
struct Shard<K> {
    known: HashMap<K, Nanos>,
    /// The bucket of everybody who came when there was no room.
    shared: Option<Nanos>,
}

/// See the module.
#[derive(Debug)]
pub struct BoundedStore<K> {
    shards: [Mutex<Shard<K>>; SHARDS],
    keys_per_shard_max: usize,
    /// Keyed at random per process, so that nobody can aim all their addresses at one shard.
    hasher: RandomState,
}

impl<K: Hash + Eq + Clone> BoundedStore<K> {
    /// Keeps at most `keys_max` keys, rounded up to a multiple of the shards.
    pub fn new(keys_max: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| {
                Mutex::new(Shard {
                    known: HashMap::new(),
                    shared: None,
                })
            }),
            keys_per_shard_max: keys_max.div_ceil(SHARDS).max(1),
            hasher: RandomState::new(),
        }
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K>> {
        // The remainder of a division by 16 fits any usize.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only the low bits are used"
        )]
        let index = self.hasher.hash_one(key) as usize % SHARDS;
        lock(&self.shards[index])
    }
}

/// A panic while a bucket was held leaves a bucket, not a broken invariant.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq + Clone> StateStore for BoundedStore<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut shard = self.shard(key);
        if let Some(slot) = shard.known.get_mut(key) {
            let (answer, next) = f(Some(*slot))?;
            *slot = next;
            return Ok(answer);
        }
        if shard.known.len() >= self.keys_per_shard_max {
            let (answer, next) = f(shard.shared)?;
            shard.shared = Some(next);
            return Ok(answer);
        }
        let (answer, next) = f(None)?;
        shard.known.insert(key.clone(), next);
        Ok(answer)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for BoundedStore<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        for shard in &self.shards {
            lock(shard).known.retain(|_, at| *at > drop_below);
        }
    }

    fn shrink_to_fit(&self) {
        for shard in &self.shards {
            lock(shard).known.shrink_to_fit();
        }
    }

    fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| lock(shard).known.len())
            .sum()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Buckets of one size, one per key, in bounded memory.
pub struct Buckets<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    limiter: RateLimiter<K, BoundedStore<K>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl<K: Hash + Eq + Clone, C: Clock> std::fmt::Debug for Buckets<K, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets")
            .field("keys", &self.limiter.len())
            .finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub fn new(quota: Quota, keys_max: usize) -> Self {
        Self::with_clock(quota, keys_max, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Buckets<K, C> {
    fn with_clock(quota: Quota, keys_max: usize, clock: C) -> Self {
        Self {
            limiter: RateLimiter::new(quota, BoundedStore::new(keys_max), clock.clone()),
            clock,
        }
    }

    /// Takes one from the bucket of `key`, or says in how many milliseconds there is one to take.
    pub fn take(&self, key: &K) -> Result<(), u32> {
        self.limiter.check_key(key).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(self.clock.now());
            // Rounded up: who comes back exactly then must find one.
            u32::try_from(wait.as_millis().saturating_add(1)).unwrap_or(u32::MAX)
        })
    }

    /// Forgets whose bucket is full again, for they are as good as new.
    pub fn tidy(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    pub fn keys(&self) -> usize {
        self.limiter.len()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn buckets(
        per_second: u32,
        burst: u32,
        keys_max: usize,
    ) -> (Buckets<u64, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let quota = Quota::per_second(NonZeroU32::new(per_second).unwrap())
            .allow_burst(NonZeroU32::new(burst).unwrap());
        (Buckets::with_clock(quota, keys_max, clock.clone()), clock)
    }

    #[test]
    fn gives_a_burst_then_says_when_to_come_back_and_keeps_its_word() {
        let (buckets, clock) = buckets(10, 3, 100);
        for _ in 0..3 {
            buckets.take(&1).unwrap();
        }
        let wait = buckets.take(&1).unwrap_err();
        assert!((100..=101).contains(&wait), "{wait}");
        buckets.take(&2).unwrap();
        clock.advance(Duration::from_millis(u64::from(wait)));
        buckets.take(&1).unwrap();
        buckets.take(&1).unwrap_err();
    }

    #[test]
    fn a_million_strangers_take_no_more_memory_than_the_cap() {
        let (buckets, _) = buckets(1, 1, 160);
        for key in 0..20_000 {
            let _ = buckets.take(&key);
        }
        assert!(buckets.keys() <= 160, "{}", buckets.keys());
    }

    #[test]
    fn when_full_strangers_share_a_bucket_and_the_known_keep_theirs() {
        let (buckets, _) = buckets(1, 2, 16);
        // With room for one key in each of the sixteen shards, these fill all of them.
        for key in 0..1_000 {
            let _ = buckets.take(&key);
        }
        assert_eq!(buckets.keys(), 16);
        let known: Vec<u64> = (0..1_000).filter(|key| buckets.take(key).is_ok()).collect();
        assert!(
            known.len() <= 16,
            "each known key has one left, the shared buckets none: {}",
            known.len()
        );
    }

    #[test]
    fn forgets_who_has_been_quiet() {
        let (buckets, clock) = buckets(10, 10, 1_000);
        for key in 0..100 {
            buckets.take(&key).unwrap();
        }
        assert_eq!(buckets.keys(), 100);
        clock.advance(Duration::from_secs(5));
        buckets.take(&7).unwrap();
        buckets.tidy();
        assert_eq!(buckets.keys(), 1);
    }
}
