//! How much somebody has of something, in a window: what boards are made of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::calendar::Day;
use crate::ids::{ContestId, RoomId};
use crate::slug::{MetricId, PointKind, SkillId};
use crate::time::Timestamp;

/// What is added up. Written `points:xp`, `score:sales`, `skill:empathy`, `streak`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    Points(PointKind),
    Score(MetricId),
    /// In per mille.
    Skill(SkillId),
    /// Days in a row.
    Streak,
}

/// Where it counts. Written `org`, `room:<uuid>`, `contest:<uuid>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Org,
    Room(RoomId),
    Contest(ContestId),
}

/// The time it counts in, by the org's calendar. Written `all`, `season:3`, `month:2026-11-01`,
/// `week:2026-11-16` (its Monday), `day:2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    All,
    Season(u32),
    Month(Day),
    Week(Day),
    Day(Day),
}

/// The kinds of windows, as boards name them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    All,
    Season,
    Month,
    Week,
    Day,
}

/// The windows an instant falls into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// The org's day.
    pub day: Day,
    /// The season that runs, when one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<u32>,
}

impl Now {
    /// The window of a kind; `None` for a season when none runs.
    pub fn window(self, kind: WindowKind) -> Option<Window> {
        Some(match kind {
            WindowKind::All => Window::All,
            WindowKind::Season => Window::Season(self.season?),
            WindowKind::Month => Window::Month(self.day.month()),
            WindowKind::Week => Window::Week(self.day.week()),
            WindowKind::Day => Window::Day(self.day),
        })
    }
}

/// Absolute, so that saying it twice, or late, does no harm: whoever keeps totals keeps the one
/// with the highest version, which is the position of the account when it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    pub scope: Scope,
    pub metric: Metric,
    pub window: Window,
    pub sum: i64,
    pub best: i64,
    pub last: i64,
    /// When each reached the value it has: who was there first stands before.
    pub sum_at: Timestamp,
    pub best_at: Timestamp,
    pub last_at: Timestamp,
}

/// A text that names no metric, scope or window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a metric, scope or window")]
pub struct Unnamed;

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(kind) => write!(f, "points:{kind}"),
            Self::Score(metric) => write!(f, "score:{metric}"),
            Self::Skill(skill) => write!(f, "skill:{skill}"),
            Self::Streak => f.write_str("streak"),
        }
    }
}

impl FromStr for Metric {
    type Err = Unnamed;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "streak" => Ok(Self::Streak),
            Some(("points", name)) => name.parse().map(Self::Points).map_err(|_| Unnamed),
            Some(("score", name)) => name.parse().map(Self::Score).map_err(|_| Unnamed),
            Some(("skill", name)) => name.parse().map(Self::Skill).map_err(|_| Unnamed),
            _ => Err(Unnamed),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org => f.write_str("org"),
            Self::Room(room) => write!(f, "room:{room}"),
            Self::Contest(contest) => write!(f, "contest:{contest}"),
        }
    }
}

impl FromStr for Scope {
    type Err = Unnamed;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "org" => Ok(Self::Org),
            Some(("room", id)) => id.parse().map(Self::Room).map_err(|_| Unnamed),
            Some(("contest", id)) => id.parse().map(Self::Contest).map_err(|_| Unnamed),
            _ => Err(Unnamed),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Season(number) => write!(f, "season:{number}"),
            Self::Month(day) => write!(f, "month:{day}"),
            Self::Week(day) => write!(f, "week:{day}"),
            Self::Day(day) => write!(f, "day:{day}"),
        }
    }
}

impl FromStr for Window {
    type Err = Unnamed;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = |text: &str| text.parse::<Day>().map_err(|_| Unnamed);
        match text.split_once(':') {
            None if text == "all" => Ok(Self::All),
            Some(("season", number)) => number.parse().map(Self::Season).map_err(|_| Unnamed),
            Some(("month", first)) => day(first).map(Self::Month),
            Some(("week", monday)) => day(monday).map(Self::Week),
            Some(("day", name)) => day(name).map(Self::Day),
            _ => Err(Unnamed),
        }
    }
}

macro_rules! as_text {
    ($($name:ident, $says:literal;)*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($says))
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

as_text! {
    Metric, "points:<kind>, score:<metric>, skill:<skill> or streak.";
    Scope, "org, room:<uuid> or contest:<uuid>.";
    Window, "all, season:<number>, month:<first>, week:<monday> or day:<day>.";
}
