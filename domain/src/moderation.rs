//! Lines that do harm, and people who say them: why they are reported, what becomes of a report, what
//! is done about them, and what an org's own words ([`words`]) say of a line. Pure; who may do what
//! in a room is the room's to say.

pub mod words;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;

/// The longest note to a report, and the longest appeal and its answer.
pub const NOTE_CHARS_MAX: usize = 500;
pub const APPEAL_CHARS_MAX: usize = 2_000;
/// The longest mute that ends by itself: a week.
pub const MUTE_MINUTES_MAX: u16 = 7 * 24 * 60;

macro_rules! words_of {
    ($name:ident { $($variant:ident = $word:literal,)* }) => {
        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// A label of closed cardinality; also how it is stored.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

/// Why somebody reports a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    Insult,
    Harassment,
    Spam,
    OffTopic,
    /// Somebody may be in danger.
    Danger,
    Other,
}

words_of!(ReportReason {
    Insult = "insult",
    Harassment = "harassment",
    Spam = "spam",
    OffTopic = "off_topic",
    Danger = "danger",
    Other = "other",
});

/// How a line came to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseSource {
    /// Somebody reported it.
    Report,
    /// It has a word of the org's list.
    Words,
    /// It has a word for which lines are held back; nobody but its author and coaches has seen it.
    Held,
}

words_of!(CaseSource {
    Report = "report",
    Words = "words",
    Held = "held",
});

/// What became of a line in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    Open,
    /// It should not have been said.
    Upheld,
    /// It may stand.
    Dismissed,
}

words_of!(CaseState {
    Open = "open",
    Upheld = "upheld",
    Dismissed = "dismissed",
});

/// What a coach does with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseAct {
    Uphold,
    /// A line that was held back is said now.
    Dismiss,
    /// As if it had not been decided.
    Reopen,
}

impl CaseState {
    /// The state after an act; the same twice changes nothing. A decision is taken back before
    /// another one is made.
    pub const fn after(self, act: CaseAct) -> Result<Self, Refusal> {
        let next = match act {
            CaseAct::Uphold => Self::Upheld,
            CaseAct::Dismiss => Self::Dismissed,
            CaseAct::Reopen => return Ok(Self::Open),
        };
        match (self, next) {
            (Self::Open, _) | (Self::Upheld, Self::Upheld) | (Self::Dismissed, Self::Dismissed) => {
                Ok(next)
            }
            _ => Err(Refusal::CaseDecided),
        }
    }
}

/// What was done about a line or somebody. Each one is kept, with who did it and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    HideLine,
    ShowLine,
    Mute,
    Unmute,
    Remove,
    Ban,
    Unban,
    Uphold,
    Dismiss,
    Reopen,
    /// Of an account of the org: shut out, and let in again.
    ShutOut,
    LetIn,
}

words_of!(Measure {
    HideLine = "hide_line",
    ShowLine = "show_line",
    Mute = "mute",
    Unmute = "unmute",
    Remove = "remove",
    Ban = "ban",
    Unban = "unban",
    Uphold = "uphold",
    Dismiss = "dismiss",
    Reopen = "reopen",
    ShutOut = "shut_out",
    LetIn = "let_in",
});

impl Measure {
    /// What somebody may appeal against; granting it undoes it.
    pub const fn may_be_appealed(self) -> bool {
        matches!(
            self,
            Self::HideLine | Self::Mute | Self::Remove | Self::Ban | Self::ShutOut
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_taken_back_before_another_is_made() {
        use CaseAct as A;
        use CaseState as S;
        assert_eq!(S::Open.after(A::Uphold), Ok(S::Upheld));
        assert_eq!(S::Upheld.after(A::Uphold), Ok(S::Upheld));
        assert_eq!(S::Upheld.after(A::Dismiss), Err(Refusal::CaseDecided));
        assert_eq!(S::Dismissed.after(A::Uphold), Err(Refusal::CaseDecided));
        for state in S::ALL {
            assert_eq!(state.after(A::Reopen), Ok(S::Open));
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for measure in Measure::ALL {
            assert_eq!(Measure::parse(measure.as_str()), Some(*measure));
            let json = serde_json::to_string(measure).unwrap_or_default();
            assert_eq!(json, format!("\"{}\"", measure.as_str()));
        }
        for reason in ReportReason::ALL {
            assert_eq!(ReportReason::parse(reason.as_str()), Some(*reason));
        }
    }
}
