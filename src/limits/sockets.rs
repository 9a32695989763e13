//! How many connections are open: counted per address from the handshake on, per user from the
//! `hello` on, and in all. A place is given back by dropping its permit, so none can leak.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts holders per key. Bounded by what it counts: a key lives only while somebody holds it.
#[derive(Debug)]
pub struct Counted<K> {
    each_max: u32,
    all_max: u32,
    held: Mutex<Held<K>>,
}

#[derive(Debug)]
struct Held<K> {
    by_key: HashMap<K, u32>,
    all: u32,
}

/// Which cap was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// This key has as many as it may.
    Key,
    /// The house has.
    House,
}

impl<K: Hash + Eq + Copy + Send + fmt::Debug + 'static> Counted<K> {
    pub fn new(each_max: u32, all_max: u32) -> Arc<Self> {
        Arc::new(Self {
            each_max,
            all_max,
            held: Mutex::new(Held {
                by_key: HashMap::new(),
                all: 0,
            }),
        })
    }

    pub fn take(self: &Arc<Self>, key: K) -> Result<Place<K>, Full> {
        let mut held = self.lock();
        if held.all >= self.all_max {
            return Err(Full::House);
        }
        match held.by_key.entry(key) {
            Entry::Occupied(entry) if *entry.get() >= self.each_max => return Err(Full::Key),
            Entry::Occupied(mut entry) => *entry.get_mut() += 1,
            Entry::Vacant(_) if self.each_max == 0 => return Err(Full::Key),
            Entry::Vacant(entry) => {
                entry.insert(1);
            }
        }
        held.all += 1;
        Ok(Place {
            of: Arc::clone(self),
            key,
        })
    }

    /// Places held now.
    pub fn all(&self) -> u32 {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Held<K>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place taken from a [`Counted`], given back on drop.
pub struct Place<K: Hash + Eq + Copy> {
    of: Arc<Counted<K>>,
    key: K,
}

impl<K: Hash + Eq + Copy> fmt::Debug for Place<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

impl<K: Hash + Eq + Copy> Drop for Place<K> {
    fn drop(&mut self) {
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.all = held.all.saturating_sub(1);
        if let Entry::Occupied(mut entry) = held.by_key.entry(self.key) {
            if *entry.get() <= 1 {
                entry.remove();
            } else {
                *entry.get_mut() -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_when_dropped_and_nothing_is_remembered() {
        let sockets = Counted::new(2, 3);
        let first = sockets.take('a').unwrap();
        let _second = sockets.take('a').unwrap();
        assert_eq!(sockets.take('a').unwrap_err(), Full::Key);
        let third = sockets.take('b').unwrap();
        assert_eq!(sockets.take('c').unwrap_err(), Full::House);
        drop(first);
        drop(third);
        assert_eq!(sockets.all(), 1);
        assert_eq!(sockets.lock().by_key.len(), 1);
        let _again = sockets.take('a').unwrap();
    }

    #[test]
    fn a_cap_of_none_admits_none() {
        assert_eq!(Counted::new(0, 10).take(1).unwrap_err(), Full::Key);
    }
}
