//! Envelopes that only a node of this hub can have made: whoever reaches Redis can neither make one,
//! nor change one, nor put one on another channel, nor send one again.
//!
//! A sealed envelope is a signature of 32 bytes, a number that goes up with each of a node, the
//! moment it was made, and the envelope. They can be read by whoever reads Redis.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ludus_actors::bus::{Envelope, Topic};
use ludus_actors::ports::Clock;
use ludus_domain::ids::NodeId;

use crate::keys::Key;

const SIGNATURE: usize = 32;
const NUMBER: usize = 8;
const HEAD: usize = SIGNATURE + NUMBER + NUMBER;
/// The longest that is looked at: larger than any node makes.
const BYTES_MAX: usize = 1024 * 1024;
/// How old an envelope may be, or how far from the future. Clocks of nodes may differ by as much.
const AGE_MAX_MS: i64 = 60_000;
/// Nodes whose numbers are remembered. There are never so many at a time.
const NODES_MAX: usize = 1_024;

/// Why an envelope is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not made by a node of this hub, or not for this channel.
    Forged,
    /// Made long ago, or heard already.
    Stale,
    /// Of another version.
    NotUnderstood,
}

impl Refused {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Stale => "stale",
            Self::NotUnderstood => "not_understood",
        }
    }
}

/// Makes and opens envelopes.
#[derive(Debug)]
pub(super) struct Seal {
    key: Key,
    clock: Arc<dyn Clock>,
    prefix: String,
    number: AtomicU64,
}

/// The numbers heard last, by node.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: HashMap<NodeId, (u64, i64)>,
}

impl Seal {
    pub(super) fn new(key: &Key, clock: Arc<dyn Clock>) -> Self {
        Self {
            key: key.clone(),
            clock,
            prefix: super::prefix(key),
            number: AtomicU64::new(0),
        }
    }

    pub(super) fn channel(&self, topic: Topic) -> String {
        let prefix = &self.prefix;
        match topic {
            Topic::House => format!("{prefix}house"),
            Topic::Org(org) => format!("{prefix}org:{org}"),
            Topic::Stream(org, stream) => format!("{prefix}stream:{org}:{stream}"),
        }
    }

    pub(super) fn seal(&self, channel: &str, envelope: &[u8]) -> Vec<u8> {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let mut sealed = vec![0; SIGNATURE];
        sealed.extend(number.to_be_bytes());
        sealed.extend(self.clock.now().0.to_be_bytes());
        sealed.extend(envelope);
        let signature = self.key.sign(&signed(channel, &sealed[SIGNATURE..]));
        sealed[..SIGNATURE].copy_from_slice(&signature);
        sealed
    }

    pub(super) fn open(
        &self,
        channel: &[u8],
        sealed: &[u8],
        numbers: &mut Numbers,
    ) -> Result<Envelope, Refused> {
        if !(HEAD..=BYTES_MAX).contains(&sealed.len()) {
            return Err(Refused::Forged);
        }
        let channel = std::str::from_utf8(channel).map_err(|_| Refused::Forged)?;
        let (signature, rest) = sealed.split_at(SIGNATURE);
        if !self.key.verify(&signed(channel, rest), signature) {
            return Err(Refused::Forged);
        }
        let number = u64::from_be_bytes(eight(&rest[..NUMBER]));
        let at = i64::from_be_bytes(eight(&rest[NUMBER..2 * NUMBER]));
        let now = self.clock.now().0;
        if now.abs_diff(at) > AGE_MAX_MS.unsigned_abs() {
            return Err(Refused::Stale);
        }
        let envelope = Envelope::unpack(&rest[2 * NUMBER..]).map_err(|_| Refused::NotUnderstood)?;
        if self.channel(envelope.topic) != channel {
            return Err(Refused::Forged);
        }
        numbers.take(envelope.from, number, now)?;
        Ok(envelope)
    }
}

impl Numbers {
    /// Numbers of a node only go up.
    fn take(&mut self, node: NodeId, number: u64, now: i64) -> Result<(), Refused> {
        if let Some((last, at)) = self.last.get_mut(&node) {
            if number <= *last {
                return Err(Refused::Stale);
            }
            (*last, *at) = (number, now);
            return Ok(());
        }
        if self.last.len() >= NODES_MAX {
            // What was made by those is too old by now to be believed again.
            self.last.retain(|_, (_, at)| now - *at <= AGE_MAX_MS);
        }
        self.last.insert(node, (number, now));
        Ok(())
    }
}

fn eight(bytes: &[u8]) -> [u8; NUMBER] {
    let mut eight = [0; NUMBER];
    eight.copy_from_slice(bytes);
    eight
}

/// What is signed: the channel's name has no NUL in it, so that nothing can move between the two.
fn signed(channel: &str, rest: &[u8]) -> Vec<u8> {
    let mut signed = Vec::with_capacity(channel.len() + 1 + rest.len());
    signed.extend(channel.as_bytes());
    signed.push(0);
    signed.extend(rest);
    signed
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use ludus_actors::bus::News;
    use ludus_domain::ids::{OrgId, RoomId};
    use ludus_domain::stream::StreamId;
    use ludus_domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::keys::Keys;

    #[derive(Debug)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn seal(master: u8, at: i64) -> Seal {
        let key = Keys::derive(&[master; 32]).bus;
        Seal::new(&key, Arc::new(Hand(AtomicI64::new(at))))
    }

    fn rang(room: u128) -> Envelope {
        let org = OrgId(Uuid::from_u128(1));
        let room = StreamId::Room(RoomId(Uuid::from_u128(room)));
        Envelope {
            from: NodeId(Uuid::from_u128(9)),
            topic: Topic::Stream(org, room),
            news: News::Rang,
        }
    }

    #[test]
    fn what_a_node_made_is_opened_once() {
        let (made, mut numbers) = (seal(7, 1_000_000), Numbers::default());
        let envelope = rang(1);
        let channel = made.channel(envelope.topic);
        let sealed = made.seal(&channel, &envelope.pack());
        let opening =
            |numbers: &mut Numbers| seal(7, 1_000_500).open(channel.as_bytes(), &sealed, numbers);
        assert_eq!(opening(&mut numbers), Ok(envelope));
        assert_eq!(opening(&mut numbers), Err(Refused::Stale));
        let late = seal(7, 1_000_000 + AGE_MAX_MS + 1);
        let opened = late.open(channel.as_bytes(), &sealed, &mut Numbers::default());
        assert_eq!(opened, Err(Refused::Stale));
    }

    #[test]
    fn what_nobody_of_this_hub_made_is_not_opened() {
        let (made, envelope) = (seal(7, 0), rang(1));
        let channel = made.channel(envelope.topic);
        let sealed = made.seal(&channel, &envelope.pack());
        let open = |seal: &Seal, channel: &str, sealed: &[u8]| {
            seal.open(channel.as_bytes(), sealed, &mut Numbers::default())
        };
        // Of a hub with another secret; on the channel of another room; changed in any place.
        assert_eq!(open(&seal(8, 0), &channel, &sealed), Err(Refused::Forged));
        let other = made.channel(rang(2).topic);
        assert_eq!(open(&made, &other, &sealed), Err(Refused::Forged));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(open(&made, &channel, &changed), Err(Refused::Forged));
        }
        for cut in [0, SIGNATURE, HEAD - 1] {
            assert_eq!(open(&made, &channel, &sealed[..cut]), Err(Refused::Forged));
        }
        assert_ne!(seal(8, 0).channel(Topic::House), made.channel(Topic::House));
    }

    /// Signed by us for one channel, and yet of another topic: nodes never make such a thing.
    #[test]
    fn what_is_told_of_one_topic_is_not_heard_of_another() {
        let made = seal(7, 0);
        let channel = made.channel(rang(1).topic);
        let sealed = made.seal(&channel, &rang(2).pack());
        let opened = made.open(channel.as_bytes(), &sealed, &mut Numbers::default());
        assert_eq!(opened, Err(Refused::Forged));
    }
}
