//! The kinds of content an org may write itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an item is: the folder it would stand in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Rules,
    Badges,
    Quests,
    Boards,
    Leagues,
    Contests,
    Levels,
    Streak,
    Seasons,
    Personas,
    Scenarios,
    Rubrics,
    /// SVG, named by a badge.
    Pictures,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Rules,
        Self::Badges,
        Self::Quests,
        Self::Boards,
        Self::Leagues,
        Self::Contests,
        Self::Levels,
        Self::Streak,
        Self::Seasons,
        Self::Personas,
        Self::Scenarios,
        Self::Rubrics,
        Self::Pictures,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Badges => "badges",
            Self::Quests => "quests",
            Self::Boards => "boards",
            Self::Leagues => "leagues",
            Self::Contests => "contests",
            Self::Levels => "levels",
            Self::Streak => "streak",
            Self::Seasons => "seasons",
            Self::Personas => "personas",
            Self::Scenarios => "scenarios",
            Self::Rubrics => "rubrics",
            Self::Pictures => "pictures",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it decides what a deed gains, or where that counts. The others are practised.
    pub const fn is_game(self) -> bool {
        self.list().is_some() || self.is_single()
    }

    /// Whether there is one item of it, of the same name.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::Levels | Self::Streak | Self::Seasons)
    }

    /// What a file calls each of its items, where it holds several of them.
    pub const fn list(self) -> Option<&'static str> {
        match self {
            Self::Rules => Some("rule"),
            Self::Badges => Some("badge"),
            Self::Quests => Some("quest"),
            Self::Boards => Some("board"),
            Self::Leagues => Some("league"),
            Self::Contests => Some("contest"),
            _ => None,
        }
    }

    /// What a content file holds, by its path; nothing for what no org writes.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next()?.strip_suffix(".toml")?;
        if let Some(single) = Self::parse(name).filter(|kind| kind.is_single()) {
            return Some(single);
        }
        let folder = path.rsplit('/').nth(1)?;
        Self::parse(folder).filter(|kind| !kind.is_single() && *kind != Self::Pictures)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
