//! The kinds of deeds: what rules may ask of each, and whether one pays.

use super::DeedKind;
use crate::signals::LineFacts;

impl DeedKind {
    /// Names that conditions of rules on this kind may use, for checking content.
    pub fn fields(self) -> Vec<&'static str> {
        match self {
            Self::LineSaid => ["room_kind", "reply", "mentions"]
                .into_iter()
                .chain(LineFacts::NAMES.iter().copied())
                .collect(),
            Self::ReplyReceived
            | Self::ReactionGiven
            | Self::ReactionReceived
            | Self::KudosGiven
            | Self::KudosReceived => vec!["peer"],
            Self::PracticeCompleted => {
                vec![
                    "scenario",
                    "score",
                    "minutes",
                    "goals_met",
                    "goals",
                    "judge",
                ]
            }
            Self::SkillScored => vec!["skill", "score", "judge"],
            Self::Scored => vec!["metric", "value"],
            Self::DayBegun => vec!["days"],
            Self::BadgeEarned => vec!["badge", "level"],
            Self::LevelReached => vec!["level"],
            Self::QuestDone => vec!["quest"],
            Self::LineRetracted
            | Self::Rejudged
            | Self::Adjusted
            | Self::ZoneChanged
            | Self::ContestEntered
            | Self::ContestLeft
            | Self::Rescored => vec![],
        }
    }

    /// Whether a rule may pay for it.
    pub const fn pays(self) -> bool {
        !matches!(
            self,
            Self::LineRetracted
                | Self::Rejudged
                | Self::Adjusted
                | Self::ZoneChanged
                | Self::ContestEntered
                | Self::ContestLeft
                | Self::Rescored
        )
    }
}

impl DeedKind {
    /// As content and tables write it; a label of closed cardinality.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LineSaid => "line_said",
            Self::LineRetracted => "line_retracted",
            Self::ReplyReceived => "reply_received",
            Self::ReactionGiven => "reaction_given",
            Self::ReactionReceived => "reaction_received",
            Self::KudosGiven => "kudos_given",
            Self::KudosReceived => "kudos_received",
            Self::PracticeCompleted => "practice_completed",
            Self::SkillScored => "skill_scored",
            Self::Rejudged => "rejudged",
            Self::Scored => "scored",
            Self::Adjusted => "adjusted",
            Self::ZoneChanged => "zone_changed",
            Self::ContestEntered => "contest_entered",
            Self::ContestLeft => "contest_left",
            Self::Rescored => "rescored",
            Self::DayBegun => "day_begun",
            Self::BadgeEarned => "badge_earned",
            Self::LevelReached => "level_reached",
            Self::QuestDone => "quest_done",
        }
    }
}
