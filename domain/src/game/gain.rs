//! What a deed gained: lines of the ledger, and what the learner is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deed::Source;
use super::total::Total;
use crate::slug::{BadgeId, PointKind, QuestId, RuleId};

/// A line of the ledger. Never changed: a correction is a further line of the same rule and source
/// with the next `run`, and what a source is worth is the sum of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Award {
    pub rule: RuleId,
    /// The rule's version that paid.
    pub version: u32,
    pub points: i64,
    #[serde(rename = "kind")]
    pub kind: PointKind,
    /// What was paid for.
    pub source: Source,
    /// 0 when it was paid live, counted up by each correction.
    pub run: u32,
    /// What caused this line: the source itself, or whatever corrected it (a line that was taken back, a re-score).
    pub cause: Source,
}

/// A badge, at a level: 1 bronze, 2 silver, 3 gold, 4 platinum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct BadgeGrant {
    pub badge: BadgeId,
    pub level: u8,
}

/// How a streak went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreakNews {
    /// Days in a row, today included.
    pub days: u32,
    /// Freezes that bridged days without practice.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub frozen: u32,
    /// Freezes left.
    pub freezes: u32,
    /// The streak that ended before this one began; it can still be repaired by practising more today.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub broke: u32,
    /// A broken streak was brought back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repaired: bool,
}

/// Something that looks like farming. It is told to the desk; nothing is taken.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// Far more paid deeds in a minute than a person does.
    TooFast,
    /// Most reactions or kudos come from one person.
    OnePeer,
    /// A cap was hit on many days in a row.
    CapEveryDay,
}

impl Suspicion {
    /// As tables write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooFast => "too_fast",
            Self::OnePeer => "one_peer",
            Self::CapEveryDay => "cap_every_day",
        }
    }
}

/// Everything one entry of an account gained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub awards: Vec<Award>,
    pub badges: Vec<BadgeGrant>,
    /// The level that was reached, when one was.
    pub level: Option<u32>,
    pub streak: Option<StreakNews>,
    pub quests: Vec<QuestId>,
    pub suspicions: Vec<Suspicion>,
    /// Every total that changed, absolute.
    pub totals: Vec<Total>,
}

/// One payment, as the learner is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gain {
    pub rule: RuleId,
    pub kind: PointKind,
    pub points: i64,
    /// Why, in the words of the rule.
    pub says: String,
}

/// What an entry gained, as its owner is told, in the transaction of its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gains {
    pub source: Source,
    /// The account's position after it.
    pub pos: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Gain>,
    /// The new totals of the kinds that changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub totals: BTreeMap<PointKind, i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<BadgeGrant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streak: Option<StreakNews>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quests: Vec<QuestId>,
}

impl Gains {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
            && self.badges.is_empty()
            && self.level.is_none()
            && self.streak.is_none()
            && self.quests.is_empty()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}
