//! What happened in a room, moment by moment: its journal as whoever followed it was told, with what
//! came of each event beside it. Made of the journal, the ledger and what coaches wrote; whoever looks
//! back sees what they may see, and nothing they might not have seen then.
//!
//! [`look_back`] makes moments of a stretch of the journal, [`Outline`] the bar of all of it.

mod outline;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::outline::{MARKS_MAX, Mark, MarkKind, Outline, SLOTS};
use crate::audience::Viewer;
use crate::game::deed::{self, Source};
use crate::ids::{CommentId, RoomId, Seq, UserId};
use crate::journal::{Fact, Recorded};
use crate::role::Role;
use crate::room::{Event, RoomKind};
use crate::signals::Quality;
use crate::slug::{BadgeId, PointKind, RuleId};
use crate::stream::StreamId;
use crate::time::Timestamp;

/// The longest comment, in characters.
pub const COMMENT_CHARS_MAX: usize = 2_000;
/// Comments beside one room. More is a second conversation, and each reader reads them all.
pub const COMMENTS_MAX: usize = 400;
/// How long after an event a comment may stand: a persona speaks for so long at most, and rests are skipped.
pub const AFTER_MS_MAX: u32 = 10 * 60 * 1_000;

/// What a moment is of: a row of the time bar.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// What people said, and what became of it.
    Lines,
    /// What personas said, and whose turn it was.
    Personas,
    /// What coaches did.
    Coaches,
    /// Who came, went and raised a hand.
    People,
    /// The room itself: its phases, its scene, what came of it.
    Room,
}

impl Track {
    pub const ALL: [Self; 5] = [
        Self::Lines,
        Self::Personas,
        Self::Coaches,
        Self::People,
        Self::Room,
    ];

    pub const fn of(event: &Event) -> Self {
        match event {
            Event::Said {
                as_persona: None, ..
            }
            | Event::Edited { .. }
            | Event::Retracted { .. }
            | Event::Reacted { .. }
            | Event::Remarked { .. }
            | Event::LineHeld { .. } => Self::Lines,
            Event::TurnAsked { .. }
            | Event::TurnBegun { .. }
            | Event::TurnSteered { .. }
            | Event::TurnStopped { .. }
            | Event::Spoke { .. } => Self::Personas,
            Event::Said {
                as_persona: Some(_),
                ..
            }
            | Event::Removed { .. }
            | Event::Muted { .. }
            | Event::Banned { .. }
            | Event::Unbanned { .. }
            | Event::Moved { .. }
            | Event::LineReported { .. }
            | Event::LineHidden { .. }
            | Event::LineShown { .. }
            | Event::SeatTaken { .. }
            | Event::SeatAsked { .. }
            | Event::SeatHandedBack { .. }
            | Event::Directed { .. }
            | Event::Whispered { .. }
            | Event::Announced { .. }
            | Event::CriterionJudged { .. }
            | Event::ResultCorrected { .. }
            | Event::Extended { .. } => Self::Coaches,
            Event::Joined { .. }
            | Event::Left { .. }
            | Event::Invited { .. }
            | Event::HandRaised { .. } => Self::People,
            Event::Opened { .. }
            | Event::Renamed { .. }
            | Event::PhaseChanged { .. }
            | Event::SceneClosed {}
            | Event::PracticeCompleted { .. }
            | Event::SkillScored { .. }
            | Event::PracticeFiled {} => Self::Room,
        }
    }
}

/// How a line did in one of the qualities lines are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Judged {
    pub quality: Quality,
    /// From 0 to 100.
    pub value: u8,
}

/// What somebody gained by an event, or lost again by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gained {
    pub user: UserId,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    Points {
        #[schema(value_type = String)]
        rule: RuleId,
        #[schema(value_type = String)]
        kind: PointKind,
        points: i64,
        /// Why, in the words the rule had then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<String>,
    },
    Badge {
        #[schema(value_type = String)]
        badge: BadgeId,
        level: u8,
    },
}

/// What a coach wrote beside a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Comment {
    pub id: CommentId,
    /// The event it stands at.
    pub seq: Seq,
    /// So long after it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after_ms: u32,
    pub by: UserId,
    pub at: Timestamp,
    pub text: String,
    /// Read by everybody who may see the moment. Otherwise it is between coaches.
    pub shared: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An event, as its followers were told of it, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moment {
    #[serde(flatten)]
    pub event: Recorded,
    pub track: Track,
    /// What the hub measured in the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<Judged>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<Gained>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment>,
}

/// A stretch of a room, looked back on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub moments: Vec<Moment>,
    /// Inclusive ranges of what is there and not for the reader.
    pub skipped: Vec<(Seq, Seq)>,
}

/// What stands beside the events of a stretch.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// By the event it came of.
    pub gained: BTreeMap<Seq, Vec<Gained>>,
    pub comments: Vec<Comment>,
}

/// Whether somebody may write beside a room, and read what coaches wrote between them: its coaches.
pub fn may_comment(who: Viewer) -> bool {
    who.role >= Role::Coach
}

/// A stretch of a journal, as `who` may see it. What others gained is between them and the coaches.
pub fn look_back(who: Viewer, events: Vec<Recorded>, mut beside: Beside) -> Stretch {
    let coaches = may_comment(who);
    let mut stretch = Stretch::default();
    for event in events {
        if !event.audience.admits(who) {
            match stretch.skipped.last_mut() {
                Some((_, to)) if to.next() == event.seq => *to = event.seq,
                _ => stretch.skipped.push((event.seq, event.seq)),
            }
            continue;
        }
        let seq = event.seq;
        let gained = beside.gained.remove(&seq).unwrap_or_default();
        let comments = beside.comments.iter();
        stretch.moments.push(Moment {
            track: match &event.fact {
                Fact::Room(fact) => Track::of(fact),
                Fact::Inbox(_) | Fact::Cohort(_) => Track::Room,
            },
            judged: judged(&event.fact),
            gained: gained
                .into_iter()
                .filter(|gained| coaches || gained.user == who.user)
                .collect(),
            comments: comments
                .filter(|comment| comment.seq == seq && (coaches || comment.shared))
                .cloned()
                .collect(),
            event,
        });
    }
    stretch
}

/// What was measured of a line, made into numbers by today's formulas: the facts are the journal's.
fn judged(fact: &Fact) -> Vec<Judged> {
    let Fact::Room(Event::Said {
        facts,
        as_persona: None,
        retracted: false,
        ..
    }) = fact
    else {
        return vec![];
    };
    let scored = Quality::ALL.into_iter().filter_map(|quality| {
        let value = quality.score(facts)?;
        Some(Judged { quality, value })
    });
    scored.collect()
}

/// For which events of whom the ledger is to be asked, to know what a stretch of a journal gained.
pub fn doers(room: RoomId, kind: RoomKind, events: &[Recorded]) -> BTreeSet<(UserId, Seq)> {
    let mut doers = BTreeSet::new();
    for recorded in events {
        let Fact::Room(event) = &recorded.fact else {
            continue;
        };
        let by = recorded.by.unwrap_or(UserId::HUB);
        for (user, _) in deed::of_room(room, kind, by, event) {
            doers.insert((user, recorded.seq));
        }
        // What a line had gained is told of where it was taken back.
        if let Event::Retracted {
            line,
            of: Some(author),
        } = event
        {
            doers.insert((*author, *line));
        }
    }
    doers
}

/// The event of a room that a line of the ledger came of; none where something else corrected it later.
pub fn caused_in(room: RoomId, cause: Source) -> Option<Seq> {
    (cause.stream == StreamId::Room(room)).then_some(cause.seq)
}
