//! All of a room at a glance: when how much happened, and where it is worth looking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Track;
use crate::audience::Viewer;
use crate::ids::Seq;
use crate::journal::{Fact, Recorded};
use crate::room::Event;
use crate::time::Timestamp;

/// Parts the bar is cut into: as many as a phone has room for.
pub const SLOTS: usize = 120;
/// Marks on one bar. With more they would cover each other.
pub const MARKS_MAX: usize = 400;

/// Why a moment is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The room was started, paused, ended.
    Phase,
    /// A goal was reached with this answer.
    Goal,
    /// The scene was over.
    SceneOver,
    /// What came of it for somebody.
    Result,
    /// A hand was raised.
    Hand,
    /// A persona was stopped.
    Stopped,
    /// A line was taken back.
    TakenBack,
    /// A coach took a persona's seat.
    SeatTaken,
    SeatHandedBack,
    Whisper,
    Direction,
    Announcement,
    /// More time was given.
    Extension,
    /// A coach scored something otherwise.
    Judged,
    /// Somebody was muted, removed or banned, or a line was hidden.
    Moderated,
}

impl MarkKind {
    fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::PhaseChanged { .. } => Self::Phase,
            Event::Spoke { notes, .. } if !notes.goals_met.is_empty() => Self::Goal,
            Event::SceneClosed {} => Self::SceneOver,
            Event::PracticeCompleted { .. } => Self::Result,
            Event::HandRaised { up: true, .. } => Self::Hand,
            Event::TurnStopped { .. } => Self::Stopped,
            Event::Retracted { .. } => Self::TakenBack,
            Event::SeatTaken { .. } => Self::SeatTaken,
            Event::SeatHandedBack { .. } => Self::SeatHandedBack,
            Event::Whispered { .. } => Self::Whisper,
            Event::Directed { text, .. } if !text.is_empty() => Self::Direction,
            Event::Announced { .. } => Self::Announcement,
            Event::Extended { .. } => Self::Extension,
            Event::CriterionJudged { .. } => Self::Judged,
            Event::Muted { muted: true, .. }
            | Event::Removed { .. }
            | Event::Banned { .. }
            | Event::LineHidden { .. } => Self::Moderated,
            _ => return None,
        })
    }
}

/// A moment worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub seq: Seq,
    pub at: Timestamp,
    pub kind: MarkKind,
}

/// A room at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outline {
    /// When the first and the last of it happened.
    pub from: Timestamp,
    pub to: Timestamp,
    /// How many moments there are for the reader.
    pub moments: u64,
    /// How many moments of each kind lie in each of 120 equal parts of the time. Kinds of which there is
    /// none are left out.
    #[schema(value_type = BTreeMap<String, Vec<u16>>)]
    pub density: BTreeMap<Track, Vec<u16>>,
    /// In order; the first 400.
    pub marks: Vec<Mark>,
    /// There is more of the room than was looked at: the outline ends before it.
    pub cut: bool,
}

impl Outline {
    /// Of what `who` may see among these events, all there are from the first on.
    pub fn of(who: Viewer, events: &[Recorded], cut: bool) -> Self {
        let seen = || events.iter().filter(|event| event.audience.admits(who));
        let mut outline = Self {
            from: seen().map(|event| event.at).min().unwrap_or_default(),
            to: seen().map(|event| event.at).max().unwrap_or_default(),
            cut,
            ..Self::default()
        };
        for recorded in seen() {
            outline.moments += 1;
            let Fact::Room(event) = &recorded.fact else {
                continue;
            };
            let slot = outline.slot(recorded.at);
            let slots = outline.density.entry(Track::of(event));
            let slots = slots.or_insert_with(|| vec![0; SLOTS]);
            if let Some(count) = slots.get_mut(slot) {
                *count = count.saturating_add(1);
            }
            if let Some(kind) = MarkKind::of(event).filter(|_| outline.marks.len() < MARKS_MAX) {
                let (seq, at) = (recorded.seq, recorded.at);
                outline.marks.push(Mark { seq, at, kind });
            }
        }
        outline
    }

    fn slot(&self, at: Timestamp) -> usize {
        let span = self.to.ms_since(self.from).saturating_add(1);
        let part = i128::from(at.ms_since(self.from)) * SLOTS as i128 / i128::from(span);
        usize::try_from(part).unwrap_or(0).min(SLOTS - 1)
    }
}
