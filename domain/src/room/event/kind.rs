//! What an event is called, on the wire and in the store.

use super::Event;

impl Event {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Joined { .. } => "joined",
            Self::Left { .. } => "left",
            Self::Said { .. } => "said",
            Self::Edited { .. } => "edited",
            Self::Retracted { .. } => "retracted",
            Self::Reacted { .. } => "reacted",
            Self::HandRaised { .. } => "hand_raised",
            Self::Renamed { .. } => "renamed",
            Self::PhaseChanged { .. } => "phase_changed",
            Self::Removed { .. } => "removed",
            Self::Muted { .. } => "muted",
            Self::Moved { .. } => "moved",
            Self::Banned { .. } => "banned",
            Self::Unbanned { .. } => "unbanned",
            Self::LineReported { .. } => "line_reported",
            Self::LineHeld { .. } => "line_held",
            Self::LineHidden { .. } => "line_hidden",
            Self::LineShown { .. } => "line_shown",
            Self::Invited { .. } => "invited",
            Self::TurnAsked { .. } => "turn_asked",
            Self::TurnBegun { .. } => "turn_begun",
            Self::TurnSteered { .. } => "turn_steered",
            Self::TurnStopped { .. } => "turn_stopped",
            Self::Spoke { .. } => "spoke",
            Self::SceneClosed {} => "scene_closed",
            Self::PracticeCompleted { .. } => "practice_completed",
            Self::SkillScored { .. } => "skill_scored",
            Self::PracticeFiled {} => "practice_filed",
            Self::CriterionJudged { .. } => "criterion_judged",
            Self::ResultCorrected { .. } => "result_corrected",
            Self::SeatTaken { .. } => "seat_taken",
            Self::SeatAsked { .. } => "seat_asked",
            Self::SeatHandedBack { .. } => "seat_handed_back",
            Self::Directed { .. } => "directed",
            Self::Whispered { .. } => "whispered",
            Self::Announced { .. } => "announced",
            Self::Extended { .. } => "extended",
            Self::Remarked { .. } => "remarked",
        }
    }
}
