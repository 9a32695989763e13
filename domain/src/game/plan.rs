//! Boards, leagues, contests and seasons, as content files or admins plan them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::calendar::Day;
use super::total::{Metric, Unnamed, WindowKind};
use crate::board::{Direction, TiePolicy};
use crate::slug::{BoardId, ContestPlanId, LeagueId};

/// Whose totals a board compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoardScope {
    Org,
    /// The learners of one cohort.
    Cohort,
    Team,
    /// What was gained in one room.
    Room,
    Contest,
    /// A division of a league, in its week.
    Division,
}

/// Which of a total's values counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Sum,
    Best,
    Last,
}

/// How people appear on a board to others, coaches included. Oneself is always marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// By the name they chose for boards, else their own.
    #[default]
    Shown,
    /// A made-up name that stays with them on this board.
    Anonymous,
}

/// How the members of a team make its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamFold {
    Sum,
    Mean,
    /// The sum divided by the square root of the size: neither big nor small teams are favoured.
    Compensated,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardPlan {
    pub id: BoardId,
    pub title: String,
    pub scope: BoardScope,
    pub metric: Metric,
    pub window: WindowKind,
    #[serde(default)]
    pub order: Order,
    #[serde(default)]
    pub direction: Direction,
    #[serde(default)]
    pub ties: TiePolicy,
    #[serde(default)]
    pub names: Names,
    /// Ranks teams instead of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<TeamFold>,
    /// Coaches and above stand on it too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub staff: bool,
}

/// A board somebody can look at: a plan, and of what (a cohort, a room, a contest, a division)
/// where its scope asks for one. Written `week-xp` or `cohort-week@<uuid>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoardKey {
    pub plan: BoardId,
    pub of: Option<Uuid>,
}

impl fmt::Display for BoardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            None => write!(f, "{}", self.plan),
            Some(of) => write!(f, "{}@{of}", self.plan),
        }
    }
}

impl FromStr for BoardKey {
    type Err = Unnamed;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (plan, of) = match text.split_once('@') {
            None => (text, None),
            // One spelling only, as with streams.
            Some((plan, of)) if of.len() == 36 => (plan, Some(of.parse().map_err(|_| Unnamed)?)),
            Some(_) => return Err(Unnamed),
        };
        Ok(Self {
            plan: plan.parse().map_err(|_| Unnamed)?,
            of,
        })
    }
}

impl Serialize for BoardKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BoardKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for BoardKey {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A board: its plan, and @ with a UUID where it is of a cohort, room, contest or division."))
            .into()
    }
}

impl ToSchema for BoardKey {}

/// Seasons follow one another without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeasonPlan {
    /// The first day of the first season; each begins at its midnight in the org's time zone.
    pub first_day: Day,
    pub length: SeasonLength,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeasonLength {
    Weeks(u32),
    Months(u32),
}

/// Weekly divisions of learners of like pace, with a way up and a way down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaguePlan {
    pub id: LeagueId,
    pub title: String,
    pub metric: Metric,
    /// Names of the tiers, lowest first.
    pub tiers: Vec<String>,
    /// Learners of a division, about.
    pub size: u32,
    pub promote: u32,
    pub demote: u32,
    /// Who is placed at all: at least so much of the metric in the week.
    #[serde(default)]
    pub least: i64,
    #[serde(default)]
    pub ties: TiePolicy,
    #[serde(default)]
    pub names: Names,
}

/// Who may enter a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContestEntry {
    Open,
    Cohort,
    Code,
}

/// What contests of a kind have in common; when one runs is said when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContestPlan {
    pub id: ContestPlanId,
    pub title: String,
    pub says: String,
    pub metric: Metric,
    #[serde(default)]
    pub order: Order,
    #[serde(default)]
    pub direction: Direction,
    #[serde(default)]
    pub ties: TiePolicy,
    #[serde(default)]
    pub names: Names,
    pub entry: ContestEntry,
    pub minutes: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrants_max: Option<u32>,
    /// Deeds of the metric that count, per entrant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u32>,
    /// Whether one may enter after the start.
    #[serde(default)]
    pub late: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<TeamFold>,
}
