//! Rules, badges, levels, streaks and quests, as content files say them.
//!
//! A [`RuleSet`] is everything that decides what a deed gains. It is known by its hash: each entry
//! of an account names the set it was evaluated under, and sets are kept for ever, so that the past
//! can be proved under the rules of its time.

mod compiled;

pub use compiled::{ADJUSTED, Compiled, WITHIN_TIMES_MAX};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::calendar::Day;
use super::deed::DeedKind;
use crate::slug::{BadgeId, PointKind, QuestId, RuleId, SkillId};

/// What pays, and how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: RuleId,
    /// Count it up whenever the rule changes; each line of the ledger says which version paid.
    pub version: u32,
    /// Why, to the learner: "Asked an open question".
    pub title: String,
    pub on: DeedKind,
    pub points: i64,
    #[serde(default = "xp")]
    pub kind: PointKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Seconds that must have passed since it paid last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diminish: Option<Diminish>,
    /// The first day it is in force, by the org's calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Freezes it grants beside its points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freezes: Option<u32>,
}

fn xp() -> PointKind {
    // A constant text that is a slug; the parse cannot fail, and a test says so.
    "xp".parse()
        .unwrap_or_else(|_| unreachable!("xp is a slug"))
}

/// Over what something is counted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// The learner's own day.
    Day,
    /// The week of that day, from Monday.
    Week,
    /// The org's season.
    Season,
    Room,
    Ever,
}

/// At most so often, or so much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    pub per: Per,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The last payment is cut to what is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// Counted for each peer by itself (reactions, replies, kudos). Only per day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each_peer: bool,
}

/// After so many payments in a period each further one is worth only a part, rounded down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Diminish {
    pub after: u32,
    pub per: Per,
    pub percent: u32,
}

/// A tree. A new kind of condition is one variant here and one arm in the evaluator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(no_recursion)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// Every named number of the deed is at least this.
    AtLeast(BTreeMap<String, i64>),
    AtMost(BTreeMap<String, i64>),
    /// Every named word or flag of the deed is this.
    Is(BTreeMap<String, Word>),
    /// So many deeds of a kind in the last seconds, this one included when it is of that kind.
    Within(Within),
    /// The first deed of the rule's kind that meets the rest of its conditions.
    First(Per),
    /// Days in a row, today included, at least.
    Streak(u32),
    /// A skill, in per mille, is at least this.
    Skill(SkillAtLeast),
    /// The learner's level is at least this.
    Level(u32),
}

/// A word or a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Word {
    Flag(bool),
    Text(String),
    /// Any of these.
    OneOf(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Within {
    pub seconds: u32,
    pub of: DeedKind,
    pub times: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkillAtLeast {
    pub skill: SkillId,
    pub at_least: u32,
}

/// Something to be proud of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Badge {
    pub id: BadgeId,
    pub version: u32,
    pub title: String,
    /// What for, to everybody.
    pub says: String,
    pub on: DeedKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// What is counted towards the levels.
    #[serde(default)]
    pub count: Count,
    /// How much is needed for bronze, silver, gold and platinum; one to four, rising.
    pub levels: Vec<u32>,
    /// Not shown, and its progress not told, before it is earned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Name of its picture, beside the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// How often.
    #[default]
    Times,
    /// On how many of the learner's days.
    Days,
    /// In how many rooms (the last 64 are remembered).
    Rooms,
    /// With how many people (the last 256 are remembered).
    Peers,
    /// The greatest `days`, `level`, `score` or `value` the deed ever had.
    Best,
}

/// How experience becomes levels: level n needs `base * (n-1) * (1 + (n-2) * growth_percent / 200)` points of `kind`, rounded down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    pub kind: PointKind,
    pub base: i64,
    pub growth_percent: i64,
    pub max: u32,
}

/// What keeps a streak, and what saves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreakPolicy {
    /// Deeds of these kinds make a day count.
    pub on: Vec<DeedKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// A freeze is earned by each so many days in a row.
    pub freeze_every: u32,
    pub freezes_max: u32,
    /// A broken streak comes back when so many counted deeds are done on the day of the return..
    pub repair_deeds: u32,
    /// ..if at most so many days were missed.
    pub repair_days: u32,
}

/// A small goal for a day or a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quest {
    pub id: QuestId,
    pub version: u32,
    pub title: String,
    /// `day` or `week`.
    pub per: Per,
    pub on: DeedKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    pub times: u32,
    /// How likely it is drawn, against the others of its period.
    #[serde(default = "one")]
    pub weight: u32,
}

const fn one() -> u32 {
    1
}

/// How many quests a learner has at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestPolicy {
    pub a_day: u32,
    pub a_week: u32,
}

/// Everything that decides what a deed gains, in the order of ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    pub rules: Vec<Rule>,
    pub badges: Vec<Badge>,
    pub levels: Levels,
    pub streak: StreakPolicy,
    pub quest_policy: QuestPolicy,
    pub quests: Vec<Quest>,
}
