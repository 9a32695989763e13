//! A learner as a coach sees them: small, whole numbers, and for each judgement its reasons.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{RoomId, TeamId, UserId};
use crate::room::{Phase, RoomKind};
use crate::slug::ScenarioId;
use crate::time::Timestamp;

/// How somebody's last lines sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Nothing was said that could be read.
    #[default]
    Unknown,
    Warm,
    Even,
    /// Harsh words, blame, capitals.
    Tense,
}

/// One thing that makes up a number, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    pub why: Why,
    pub points: u16,
}

/// Why a learner is shown further up. The sum of the points is the number; there is nothing else in it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    UrgentAlert,
    Alert,
    HandUp,
    /// Is away in the middle of something.
    Away,
    /// Has not answered for a while.
    Quiet,
    /// No goal was met for a while.
    NoProgress,
    LowScores,
    /// The last lines score lower than those before.
    Falling,
    Tense,
    /// Results of practices are low.
    LowResults,
    /// Results of practices become lower.
    FallingResults,
    /// Has not practised for days.
    Absent,
}

/// The room somebody sits in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskRoom {
    pub room: RoomId,
    pub kind: RoomKind,
    pub phase: Phase,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub scenario: Option<ScenarioId>,
    /// Who is played with.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub persona: String,
    #[serde(default)]
    pub goals_met: u16,
    /// 0 where the room has none.
    #[serde(default)]
    pub goals: u16,
    /// How long the scene was live up to `since`.
    #[serde(default)]
    pub live_ms: i64,
    /// It is live since then; none while it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// A coach speaks from the persona's seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<UserId>,
    /// The scene is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
}

/// A learner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskRow {
    pub user: UserId,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    pub online: bool,
    /// The room that matters most of those they sit in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Box<DeskRoom>>,
    /// When they last did something that everybody in the room could see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_at: Option<Timestamp>,
    /// Lines they said in this room.
    #[serde(default)]
    pub lines: u16,
    /// Of 100, of their last lines that could be scored, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<u8>,
    /// The later half of `scores` against the earlier.
    #[serde(default)]
    pub trend: i16,
    /// Per mille, of their last practices, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<u16>,
    /// The later half of `results` against the earlier.
    #[serde(default)]
    pub results_trend: i16,
    #[serde(default)]
    pub mood: Mood,
    /// Days in a row.
    #[serde(default)]
    pub streak: u16,
    /// Points of today.
    #[serde(default)]
    pub today: i64,
    /// Since when their hand is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<Timestamp>,
    /// Alerts that nobody has taken on.
    #[serde(default)]
    pub alerts: u16,
    /// How much they need somebody now: the sum of `reasons`. The grid is sorted by it.
    pub attention: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// How likely it looks that they fall behind, over days: the sum of `risks`.
    pub at_risk: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Reason>,
}

/// The later half of some numbers against the earlier, in whole numbers; 0 for fewer than four.
pub(super) fn trend<N: Copy + Into<i64>>(numbers: impl ExactSizeIterator<Item = N>) -> i16 {
    let numbers: Vec<i64> = numbers.map(Into::into).collect();
    if numbers.len() < 4 {
        return 0;
    }
    let (earlier, later) = numbers.split_at(numbers.len() / 2);
    let mean = |part: &[i64]| {
        let count = i64::try_from(part.len()).unwrap_or(i64::MAX).max(1);
        part.iter().sum::<i64>() / count
    };
    i16::try_from(mean(later) - mean(earlier)).unwrap_or_default()
}
