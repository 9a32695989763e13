//! What has happened in a room.

mod kind;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::SceneNotes;
use super::floor::HandBack;
pub use super::plan::{Entry, Phase, RoomKind, RoomPlan};
use super::scene::{TurnEnd, Why};
use crate::audience::Audience;
use crate::game::deed::{Deed, Judge};
use crate::ids::{RoomId, Seq, TurnId, UserId};
use crate::moderation::ReportReason;
use crate::practice::remark::Remark;
use crate::practice::review::Filed;
use crate::role::Role;
use crate::signals::{self, LineFacts};
use crate::slug::{CriterionId, PersonaId, ScenarioId, SkillId};
use crate::time::Timestamp;

/// What a practice found of somebody: typed facts that rules may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Finding {
    /// Of the practice as a whole. `score` per mille.
    Practice {
        #[schema(value_type = String)]
        scenario: ScenarioId,
        score: u16,
        minutes: u16,
        goals_met: u16,
        goals: u16,
        judge: Judge,
    },
    /// Of one skill. Per mille.
    Skill {
        #[schema(value_type = String)]
        skill: SkillId,
        score: u16,
        judge: Judge,
    },
}

impl Finding {
    /// The deed that is, in a room.
    pub fn deed(&self, room: RoomId) -> Deed {
        match self {
            Self::Practice {
                scenario,
                score,
                minutes,
                goals_met,
                goals,
                judge,
            } => Deed::PracticeCompleted {
                room,
                scenario: scenario.clone(),
                score: (*score).into(),
                minutes: (*minutes).into(),
                goals_met: (*goals_met).into(),
                goals: (*goals).into(),
                judge: *judge,
            },
            Self::Skill {
                skill,
                score,
                judge,
            } => Deed::SkillScored {
                room,
                skill: skill.clone(),
                score: (*score).into(),
                judge: *judge,
            },
        }
    }
}

/// A fact in a room's journal. Past tense, never changed, never removed. A new kind is a variant
/// here and an arm in [`super::Room::evolve`]; old nodes and clients skip kinds they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Opened {
        plan: RoomPlan,
    },
    Joined {
        user: UserId,
        name: String,
        /// May moderate here whatever their role: whoever opened the room.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        host: bool,
    },
    Left {
        user: UserId,
    },
    Said {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// Who said what this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<UserId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// The line this one takes the place of, for the personas: they go on from here, and what
        /// was said since then is beside the path.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<Seq>,
        /// The persona whose seat it was said from: a coach had taken it. Who it was is the event's `by`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        as_persona: Option<PersonaId>,
        /// What can be counted in the text. Rules read this and never the text, which may be erased.
        #[serde(default, skip_serializing_if = "LineFacts::is_empty")]
        facts: LineFacts,
        /// Set where a line is read after it was taken back: its text is gone from view.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        retracted: bool,
        /// Set with `retracted` where a coach has hidden it: it may come back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
        /// A coach is to look at it. On its way to the queue with this event, and in no journal.
        #[serde(skip)]
        #[schema(ignore)]
        flagged: bool,
    },
    Edited {
        line: Seq,
        text: String,
        #[serde(skip)]
        #[schema(ignore)]
        flagged: bool,
    },
    Retracted {
        line: Seq,
        /// Whose line it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
    },
    Reacted {
        line: Seq,
        /// Whose line it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
        emoji: String,
        on: bool,
    },
    HandRaised {
        user: UserId,
        up: bool,
    },
    Renamed {
        title: String,
    },
    PhaseChanged {
        phase: Phase,
    },
    Removed {
        user: UserId,
    },
    Muted {
        user: UserId,
        muted: bool,
        /// When it ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Was sent to another room, and may come back.
    Moved {
        user: UserId,
        to: RoomId,
    },
    /// Cannot come in until it is lifted.
    Banned {
        user: UserId,
    },
    Unbanned {
        user: UserId,
    },
    /// Somebody has told the coaches of a line.
    LineReported {
        line: Seq,
        /// Whose line it is; nobody for a persona's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
        by: UserId,
        reason: ReportReason,
        /// On its way to the queue with this event, and in no journal.
        #[serde(skip)]
        #[schema(ignore)]
        note: Option<String>,
    },
    /// A line with a word for which lines wait for a coach. It is said when one lets it pass.
    LineHeld {
        user: UserId,
        text: String,
    },
    /// A coach has hidden a line: only coaches read it.
    LineHidden {
        line: Seq,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
    },
    /// A line that was hidden stands again: history has its text.
    LineShown {
        line: Seq,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<UserId>,
    },
    Invited {
        user: UserId,
    },
    /// A persona was asked to speak, in the transaction of what it answers.
    TurnAsked {
        turn: TurnId,
        #[schema(value_type = String)]
        persona: PersonaId,
        why: Why,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<TurnId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<UserId>,
        /// 0: a person's line; one more for each persona in between.
        #[serde(default)]
        depth: u8,
    },
    /// Somebody speaks for the persona from here on; text of older attempts is void.
    TurnBegun {
        turn: TurnId,
        attempt: u8,
        /// Whoever had begun it before was lost.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        recovered: bool,
    },
    /// Somebody spoke while the persona did: it begins this answer anew.
    TurnSteered {
        turn: TurnId,
    },
    /// The persona is to stop. What it said until then comes with [`Event::Spoke`].
    TurnStopped {
        turn: TurnId,
    },
    /// A persona's answer, whole. It closes the turn.
    Spoke {
        turn: TurnId,
        attempt: u8,
        #[schema(value_type = String)]
        persona: PersonaId,
        text: String,
        end: TurnEnd,
        why: Why,
        /// Another version of that turn, or the rest of it: see `why`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<TurnId>,
        /// Who made the text: `offline`, or a provider and its model.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        engine: String,
        #[serde(default, skip_serializing_if = "SceneNotes::is_empty")]
        notes: SceneNotes,
        /// Set where it is read after it was taken back: its text is gone from view.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        retracted: bool,
        /// Set with `retracted` where a coach has hidden it: it may come back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
    },
    /// The scene is over: its time is up, or its end was reached. The room stays.
    SceneClosed {},
    /// What came of the practice for one learner, once. The report itself is in a table: it quotes
    /// people, and a journal is for ever.
    PracticeCompleted {
        user: UserId,
        #[schema(value_type = String)]
        scenario: ScenarioId,
        /// Per mille.
        score: u16,
        /// Of being live.
        minutes: u16,
        goals_met: u16,
        goals: u16,
        judge: Judge,
        /// On its way to its table with this event, and in no journal.
        #[serde(skip)]
        #[schema(ignore)]
        filed: Option<Arc<Filed>>,
    },
    /// What the practice showed of one skill of a learner. Per mille.
    SkillScored {
        user: UserId,
        #[schema(value_type = String)]
        skill: SkillId,
        score: u16,
        judge: Judge,
    },
    /// The practice is done with: every learner has a report.
    PracticeFiled {},
    /// A coach scored one criterion of somebody's report otherwise, and said why. The report is in its table.
    CriterionJudged {
        user: UserId,
        #[schema(value_type = String)]
        criterion: CriterionId,
        /// Per mille.
        score: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<u16>,
        reason: String,
        by: UserId,
        name: String,
        /// Which judgement in this room it is.
        number: u32,
        /// On its way to its table with this event, and in no journal.
        #[serde(skip)]
        #[schema(ignore)]
        filed: Option<Arc<Filed>>,
    },
    /// What an earlier event found of a learner is found otherwise. What was gained by it follows.
    ResultCorrected {
        user: UserId,
        /// The event that found it first.
        of: Seq,
        was: Finding,
        now: Finding,
    },
    /// A coach speaks from the persona's seat from here on.
    SeatTaken {
        #[schema(value_type = String)]
        persona: PersonaId,
        by: UserId,
        name: String,
        /// Which taking in this room it is.
        take: u64,
    },
    /// Somebody said something to a persona whose seat a coach holds: the coach is to answer.
    SeatAsked {
        #[schema(value_type = String)]
        persona: PersonaId,
        by: UserId,
    },
    /// The persona speaks for itself again.
    SeatHandedBack {
        #[schema(value_type = String)]
        persona: PersonaId,
        /// Who had it.
        by: UserId,
        why: HandBack,
    },
    /// A coach has told a persona how to go on. Never shown to learners. Empty: nothing counts any
    /// more of what it was told.
    Directed {
        #[schema(value_type = String)]
        persona: PersonaId,
        text: String,
        /// What the hub's own engine takes it for; empty when it can follow nothing of it. Absent
        /// where nobody has looked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heeds: Option<Vec<String>>,
    },
    /// A coach has said something to these people alone. No part of the conversation.
    Whispered {
        to: Vec<UserId>,
        text: String,
        /// The coach, who need not have a seat.
        name: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hint: bool,
    },
    /// A coach has told everybody something. No part of the conversation.
    Announced {
        text: String,
        name: String,
    },
    /// The practice has so many minutes more.
    Extended {
        minutes: u16,
    },
    /// What a model thinks of a line, once. It pays nobody. Where it is read after the line was taken
    /// back its words are gone.
    Remarked {
        line: Seq,
        /// Whose line it is.
        of: UserId,
        remark: Remark,
    },
}

impl Event {
    /// A line to nobody in particular, or to those it mentions.
    pub fn said(text: &str, mentions: Vec<UserId>) -> Self {
        Self::Said {
            facts: signals::facts(text),
            text: text.to_owned(),
            reply_to: None,
            answers: None,
            mentions,
            instead_of: None,
            as_persona: None,
            retracted: false,
            hidden: false,
            flagged: false,
        }
    }

    /// Whether a later decision can depend on this event. Lines of chat do not, so they never conflict;
    /// those from a persona's seat change whose turn it is.
    pub const fn moves_guard(&self) -> bool {
        !matches!(
            self,
            Self::Said {
                as_persona: None,
                ..
            } | Self::Edited { .. }
                | Self::Retracted { .. }
                | Self::Reacted { .. }
                | Self::LineReported { .. }
                | Self::LineHeld { .. }
                | Self::LineHidden { .. }
                | Self::LineShown { .. }
                | Self::Whispered { .. }
                | Self::Announced { .. }
                | Self::Remarked { .. }
        )
    }

    /// Who may see it. Invitations are between the host's side and the invited; results, remarks and
    /// what is whispered between coaches and the learner; directions among coaches.
    pub fn audience(&self) -> Audience {
        let coaches_and = |users: &[UserId]| Audience::AtLeast {
            role: Role::Coach,
            or: users.iter().copied().collect(),
        };
        match self {
            Self::Invited { user }
            | Self::Remarked { of: user, .. }
            | Self::LineHeld { user, .. }
            | Self::Unbanned { user }
            | Self::PracticeCompleted { user, .. }
            | Self::SkillScored { user, .. }
            | Self::CriterionJudged { user, .. }
            | Self::ResultCorrected { user, .. } => coaches_and(&[*user]),
            Self::Whispered { to, .. } => coaches_and(to),
            Self::Directed { .. } | Self::LineReported { .. } => coaches_and(&[]),
            _ => Audience::All,
        }
    }
}
