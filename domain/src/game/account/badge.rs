//! How far somebody is with a badge.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Entry;
use super::fold::Seen;
use super::pay::{Marks, peer};
use crate::game::calendar::Day;
use crate::game::deed::{Deed, Field};
use crate::game::rules::{Badge, Count};
use crate::ids::RoomId;

/// Rooms that are remembered: coming back to one that was forgotten counts again.
const ROOMS_MAX: usize = 64;
/// People that are remembered.
pub(crate) const PEERS_MAX: usize = 256;

/// What one account remembers of one badge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    pub(super) have: u32,
    /// The highest level that was granted; never lowered.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) level: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Day>,
    #[serde(skip_serializing_if = "Seen::is_empty")]
    seen: Seen,
    #[serde(skip_serializing_if = "Marks::is_empty")]
    pub(super) firsts: Marks,
}

impl Progress {
    /// What the next level needs; `None` when there is none.
    pub(super) fn next(&self, badge: &Badge) -> Option<u32> {
        badge.levels.get(usize::from(self.level)).copied()
    }

    /// What stays of it after a re-score whose rules know nothing of it: all but its firsts, which
    /// rooms have forgotten as well.
    pub(super) fn kept(&self) -> Self {
        Self {
            firsts: Marks::default(),
            ..self.clone()
        }
    }

    /// Takes in a deed that meets the badge's conditions.
    pub(super) fn count(
        &mut self,
        badge: &Badge,
        deed: &Deed,
        room: Option<RoomId>,
        entry: &Entry,
    ) {
        let once = match badge.count {
            Count::Times => true,
            Count::Days => self.day.replace(entry.day) != Some(entry.day),
            Count::Rooms => room.is_some_and(|RoomId(id)| self.see(id, ROOMS_MAX)),
            Count::Peers => peer(deed).is_some_and(|id| self.see(id, PEERS_MAX)),
            Count::Best => {
                let best = ["days", "level", "score", "value"]
                    .into_iter()
                    .find_map(|name| match deed.field(name) {
                        Some(Field::Number(number)) => Some(number),
                        _ => None,
                    });
                let best = best.map_or(0, |best| u32::try_from(best.max(0)).unwrap_or(u32::MAX));
                self.have = self.have.max(best);
                false
            }
        };
        self.have = self.have.saturating_add(u32::from(once));
    }

    fn see(&mut self, id: Uuid, most: usize) -> bool {
        self.seen.see(id, most)
    }

    /// The next level, when it is reached. Asked again until there is none, so that each level is granted.
    pub(super) fn climb(&mut self, badge: &Badge) -> Option<u8> {
        let needed = self.next(badge)?;
        if self.have < needed {
            return None;
        }
        self.level = self.level.saturating_add(1);
        if self.next(badge).is_none() {
            // It is complete: nothing needs to be known again.
            self.seen.clear();
            self.day = None;
            self.firsts = Marks::default();
        }
        Some(self.level)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}
