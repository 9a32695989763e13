//! Small stand-ins for people and rooms, where an account only has to know them again.

use std::collections::VecDeque;
use std::fmt::Write;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// FNV-1a over bytes: the same on every machine, for ever.
pub(super) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// 32 bits of somebody. Two people of one list share them once in millions of lists; then one of
/// them is not counted, and nobody is paid too much.
pub(super) fn fold(id: Uuid) -> u32 {
    let hash = fnv(id.into_bytes());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "both halves are in the result"
    )]
    let folded = (hash ^ (hash >> 32)) as u32;
    folded
}

/// The last so many that were seen, oldest first. Written as hex: it is the largest thing in an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen(VecDeque<u32>);

impl Seen {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }

    /// Whether it is new among the last `most`.
    pub(super) fn see(&mut self, id: Uuid, most: usize) -> bool {
        let folded = fold(id);
        if self.0.contains(&folded) {
            return false;
        }
        self.0.push_back(folded);
        while self.0.len() > most {
            self.0.pop_front();
        }
        true
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hex = String::with_capacity(self.0.len() * 8);
        for id in &self.0 {
            write!(hex, "{id:08x}").map_err(serde::ser::Error::custom)?;
        }
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        let digits = hex.as_bytes().chunks(8).map(|digits| {
            let digits = str::from_utf8(digits).ok()?;
            u32::from_str_radix(digits, 16).ok()
        });
        let list: Option<VecDeque<u32>> = digits.collect();
        list.map(Self)
            .ok_or_else(|| serde::de::Error::custom("not hex of whole numbers"))
    }
}
