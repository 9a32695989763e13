//! What a node has of the buckets it shares: chunks it was granted, what it lent meanwhile, and when to
//! ask for more.
//!
//! Pure but for its locks: it is told what time it is. Beyond what Redis granted, a node never lets more
//! through than it may lend, and what it lent is taken off the next grant.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Whose;

/// Two workers hardly ever meet on a lock.
const SHARDS: usize = 16;
/// What was not asked for so long is forgotten, and what was granted with it: others may have it by then.
const IDLE: Duration = Duration::from_mins(2);

/// How a bucket is leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// Asked for at once.
    pub(super) chunk: u32,
    /// Let through before there is an answer.
    pub(super) lend: u32,
}

/// What comes of asking for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    /// The bucket of all nodes is empty, and has one again after this many milliseconds.
    NotBefore(u32),
    /// All that may be lent is, and nobody has answered yet.
    Lent,
    /// So many are known that there is no room for another.
    NoRoom,
}

#[derive(Debug)]
struct Lease {
    granted: u32,
    lent: u32,
    /// A chunk is on its way.
    is_asked: bool,
    empty_until: Option<Instant>,
    used: Instant,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Book {
    shards: [Mutex<HashMap<Whose, Lease>>; SHARDS],
    keys_per_shard_max: usize,
    hasher: RandomState,
}

impl Book {
    pub(super) fn new(keys_max: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            keys_per_shard_max: keys_max.div_ceil(SHARDS).max(1),
            hasher: RandomState::new(),
        }
    }

    fn shard(&self, whose: Whose) -> MutexGuard<'_, HashMap<Whose, Lease>> {
        // The remainder of a division by 16 fits any usize.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only the low bits are used"
        )]
        let index = self.hasher.hash_one(whose) as usize % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one; and says how many to ask for, where it is time to.
    pub(super) fn take(&self, whose: Whose, terms: Terms, now: Instant) -> (Taken, Option<u32>) {
        let mut shard = self.shard(whose);
        if !shard.contains_key(&whose) && shard.len() >= self.keys_per_shard_max {
            return (Taken::NoRoom, None);
        }
        let lease = shard.entry(whose).or_insert(Lease {
            granted: 0,
            lent: 0,
            is_asked: false,
            empty_until: None,
            used: now,
        });
        lease.used = now;
        lease.take(terms, now)
    }

    /// So many were granted; with none, after how long there will be one.
    pub(super) fn answered(&self, whose: Whose, granted: u32, retry: Duration, now: Instant) {
        if let Some(lease) = self.shard(whose).get_mut(&whose) {
            lease.is_asked = false;
            let repaid = granted.min(lease.lent);
            lease.lent -= repaid;
            lease.granted += granted - repaid;
            lease.empty_until = (granted == 0).then(|| now + retry);
        }
    }

    /// Nobody answered: it may be asked again.
    pub(super) fn unanswered(&self, whose: Whose) {
        if let Some(lease) = self.shard(whose).get_mut(&whose) {
            lease.is_asked = false;
        }
    }

    pub(super) fn tidy(&self, now: Instant) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, lease| now.saturating_duration_since(lease.used) < IDLE);
            shard.shrink_to_fit();
        }
    }
}

impl Lease {
    fn take(&mut self, Terms { chunk, lend }: Terms, now: Instant) -> (Taken, Option<u32>) {
        let taken = if self.granted > 0 {
            self.granted -= 1;
            Taken::Yes
        } else if let Some(until) = self.empty_until.filter(|until| *until > now) {
            let wait = until.saturating_duration_since(now).as_millis();
            // Rounded up: who comes back exactly then must find one.
            let ms = u32::try_from(wait.saturating_add(1)).unwrap_or(u32::MAX);
            return (Taken::NotBefore(ms), None);
        } else if self.lent < lend {
            self.lent += 1;
            Taken::Yes
        } else {
            Taken::Lent
        };
        // Before it runs out, so that nobody waits; what was lent is paid back with it.
        let is_low = self.granted <= chunk / 2;
        let is_empty = self.empty_until.is_some_and(|until| until > now);
        let asks = is_low && !self.is_asked && !is_empty;
        self.is_asked |= asks;
        (taken, asks.then(|| chunk + self.lent))
    }
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::{OrgId, UserId};
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> Whose {
        Whose::UserChat(OrgId(Uuid::from_u128(1)), UserId(Uuid::from_u128(n)))
    }

    const NO_WAIT: Duration = Duration::ZERO;

    fn chunks_of(chunk: u32) -> Terms {
        Terms { chunk, lend: chunk }
    }

    #[test]
    fn a_chunk_is_lent_asked_for_once_and_paid_back() {
        let (book, now) = (Book::new(100), Instant::now());
        assert_eq!(book.take(user(1), chunks_of(4), now), (Taken::Yes, Some(5)));
        for _ in 0..3 {
            assert_eq!(book.take(user(1), chunks_of(4), now), (Taken::Yes, None));
        }
        assert_eq!(book.take(user(1), chunks_of(4), now), (Taken::Lent, None));
        book.answered(user(1), 5, NO_WAIT, now);
        // One is left of the five, and the next chunk is asked for with it.
        assert_eq!(book.take(user(1), chunks_of(4), now), (Taken::Yes, Some(4)));
    }

    #[test]
    fn an_empty_bucket_is_not_asked_before_there_is_one() {
        let (book, now) = (Book::new(100), Instant::now());
        assert_eq!(book.take(user(1), chunks_of(1), now).0, Taken::Yes);
        book.answered(user(1), 0, Duration::from_millis(200), now);
        let (taken, asks) = book.take(user(1), chunks_of(1), now);
        assert!(matches!(taken, Taken::NotBefore(200..=201)), "{taken:?}");
        assert_eq!(asks, None);
        let then = now + Duration::from_millis(200);
        // What was lent is still owed.
        assert_eq!(
            book.take(user(1), chunks_of(1), then),
            (Taken::Lent, Some(2))
        );
        book.answered(user(1), 1, NO_WAIT, then);
        assert_eq!(book.take(user(1), chunks_of(1), then).0, Taken::Yes);
    }

    #[test]
    fn memory_has_a_bound_and_the_idle_make_room() {
        let (book, now) = (Book::new(16), Instant::now());
        let known = |now| {
            let taken = (0..500).map(|n| book.take(user(n), chunks_of(1), now).0);
            taken.filter(|taken| *taken != Taken::NoRoom).count()
        };
        assert!(known(now) <= 16);
        let later = now + IDLE;
        book.tidy(later);
        assert!(known(later) > 0);
        assert_eq!(
            book.shards
                .iter()
                .filter(|shard| shard.lock().unwrap().is_empty())
                .count(),
            0
        );
    }

    /// A burst that comes at once is not cut down to a chunk.
    #[test]
    fn all_that_may_be_lent_is_there_before_anybody_answers() {
        let (book, now) = (Book::new(100), Instant::now());
        let terms = Terms { chunk: 4, lend: 32 };
        for _ in 0..32 {
            assert_eq!(book.take(user(1), terms, now).0, Taken::Yes);
        }
        assert_eq!(book.take(user(1), terms, now).0, Taken::Lent);
        // Five were asked for with the first; what is owed beyond them is asked for with the next.
        book.answered(user(1), 5, NO_WAIT, now);
        assert_eq!(book.take(user(1), terms, now), (Taken::Yes, Some(4 + 28)));
    }

    /// Whatever is asked and answered in whatever order: never more than what was granted, and may be lent.
    #[test]
    fn more_than_was_granted_is_let_through_by_what_may_be_lent_at_most() {
        use rand::rngs::StdRng;
        use rand::{RngExt as _, SeedableRng as _};
        for seed in 0..200 {
            let mut rng = StdRng::seed_from_u64(seed);
            let (book, mut now) = (Book::new(100), Instant::now());
            let chunk = rng.random_range(1..20);
            let lend = chunk + rng.random_range(0..40);
            let terms = Terms { chunk, lend };
            let (mut through, mut granted) = (0, 0);
            let mut asked = None;
            for _ in 0..500 {
                now += Duration::from_millis(rng.random_range(0..30));
                let (taken, asks) = book.take(user(1), terms, now);
                through += u32::from(taken == Taken::Yes);
                assert!(asks.is_none() || asked.is_none(), "asked twice at once");
                asked = asked.or(asks);
                assert!(through <= granted + lend, "seed {seed}");
                if rng.random_ratio(1, 3)
                    && let Some(wanted) = asked.take()
                {
                    match rng.random_range(0..4) {
                        0 => book.unanswered(user(1)),
                        1 => book.answered(user(1), 0, Duration::from_millis(50), now),
                        _ => {
                            let some = rng.random_range(1..=wanted);
                            granted += some;
                            book.answered(user(1), some, NO_WAIT, now);
                        }
                    }
                }
            }
            assert!(through > 0);
        }
    }
}
