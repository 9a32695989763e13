//! What somebody was asked to practise, and how far they are with it. Nothing is ticked off by hand:
//! it is done when a practice of that scenario was looked back on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::RoomId;
use crate::time::Timestamp;

/// The longest word of a coach to an assignment.
pub const SAYS_CHARS_MAX: usize = 1_000;
/// Assignments of one cohort that were not taken back. More is a course, and has cohorts of its own.
pub const ASSIGNMENTS_MAX: u64 = 200;

/// How far somebody is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It should be done by now, and is not.
    Late,
    NotBegun,
    InPractice,
    Done,
}

impl Progress {
    pub const ALL: [Self; 4] = [Self::Late, Self::NotBegun, Self::InPractice, Self::Done];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::NotBegun => "not_begun",
            Self::InPractice => "in_practice",
            Self::Done => "done",
        }
    }
}

/// What is known of one learner and the scenario since it was assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// When the first practice of it was looked back on, and where.
    pub done: Option<(Timestamp, RoomId)>,
    /// A practice of it that is not over.
    pub open: Option<RoomId>,
}

/// How far one is, and whether it was done after its day.
pub fn progress(due: Option<Timestamp>, tried: Tried, now: Timestamp) -> (Progress, bool) {
    let is_after = |at: Timestamp| due.is_some_and(|due| at > due);
    match (tried.done, tried.open) {
        (Some((at, _)), _) => (Progress::Done, is_after(at)),
        // Whoever is at it is not told that they are late.
        (None, Some(_)) => (Progress::InPractice, is_after(now)),
        (None, None) if is_after(now) => (Progress::Late, true),
        (None, None) => (Progress::NotBegun, false),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_is_done_when_it_was_looked_back_on_and_late_after_its_day() {
        let room = RoomId(Uuid::from_u128(1));
        let at = Timestamp;
        let due = Some(at(100));
        let none = Tried::default();
        let open = Tried {
            open: Some(room),
            ..none
        };
        let done = |when| Tried {
            done: Some((at(when), room)),
            ..open
        };
        for (due, tried, now, expected) in [
            (due, none, 100, (Progress::NotBegun, false)),
            (due, none, 101, (Progress::Late, true)),
            (None, none, 101, (Progress::NotBegun, false)),
            (due, open, 50, (Progress::InPractice, false)),
            (due, open, 101, (Progress::InPractice, true)),
            (due, done(100), 500, (Progress::Done, false)),
            (due, done(101), 500, (Progress::Done, true)),
            (None, done(101), 500, (Progress::Done, false)),
        ] {
            assert_eq!(progress(due, tried, at(now)), expected);
        }
    }
}
