//! The commit unit, as values: what is asked of the store, what an event causes, what came of it.
//!
//! One transaction locks everything an [`Append`] touches, answers what it has seen before, writes
//! the rest and *everything that follows from it*, moves the head and commits. What an event
//! causes is [`effects`]: a pure function, called inside the transaction with the final `seq`, so
//! that awards, turns and webhooks of later days join the same transaction and not a second one.

mod effect;
mod locks;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audience::Audience;
use crate::game::account::Counts;
use crate::game::calendar::Zone;
use crate::game::deed::ScoreOp;
use crate::game::gain::Gains;
use crate::ids::{
    ActId, AssignmentId, CohortGoalId, CohortId, CommandId, ContestId, Epoch, MeetingId, OrgId,
    RoomId, Seq, TeamId, UserId,
};
use crate::moderation::Measure;
use crate::practice::aim::Aim;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::room::{self, Room};
use crate::roster::Access;
use crate::slug::{LeagueId, MetricId, PointKind, ScenarioId};
use crate::stream::{StreamId, StreamKind};
use crate::time::Timestamp;

pub use self::effect::{Effect, Kept, PracticeStep, effects};
pub use self::locks::{Lock, fingerprint, fingerprint_of, id_of, touches};

/// Events of one transaction. More would make everybody behind it wait; fewer would pay one fsync for less.
pub const BATCH_EVENTS_MAX: usize = 256;

/// A fact of any stream. The kinds of the three are disjoint, so that a client needs one `switch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Fact {
    Room(room::Event),
    Inbox(InboxEvent),
    Cohort(CohortEvent),
}

/// What an inbox tells its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InboxEvent {
    InvitedToRoom {
        room: RoomId,
    },
    RemovedFromRoom {
        room: RoomId,
    },
    /// A coach has sent the owner to another room.
    MovedToRoom {
        from: RoomId,
        room: RoomId,
    },
    /// Something was done about the owner, or about a line of theirs.
    Moderated {
        room: RoomId,
        measure: Measure,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<Seq>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The owner is to practise something. What a whole cohort is to practise stands in its stream.
    PracticeAssigned {
        assignment: AssignmentId,
        cohort: CohortId,
        #[schema(value_type = String)]
        scenario: ScenarioId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// That was taken back.
    PracticeWithdrawn {
        assignment: AssignmentId,
    },
    /// A line the owner reported was looked at.
    ReportDecided {
        room: RoomId,
        line: Seq,
        upheld: bool,
    },
    /// The owner's appeal was answered.
    AppealAnswered {
        act: ActId,
        granted: bool,
    },
    Mentioned {
        room: RoomId,
        line: Seq,
    },
    AddedToCohort {
        cohort: CohortId,
    },
    RoleChanged {
        role: Role,
    },
    /// What a deed of the owner gained, committed with the deed.
    Gained {
        #[serde(flatten)]
        gains: Box<Gains>,
    },
    KudosSent {
        to: UserId,
    },
    KudosReceived {
        from: UserId,
    },
    /// A score that another program reported.
    Scored {
        metric: MetricId,
        op: ScoreOp,
        value: i64,
    },
    /// Points given or taken by hand, with the reason.
    Adjusted {
        points: PointKind,
        by: i64,
        says: String,
    },
    ZoneChanged {
        zone: Zone,
    },
    ContestEntered {
        contest: ContestId,
        /// What of the owner's deeds counts there.
        counts: Counts,
    },
    ContestLeft {
        contest: ContestId,
    },
    /// A contest is over; this is how its owner did. Final.
    ContestOver {
        contest: ContestId,
        title: String,
        place: u32,
        entrants: u32,
        score: i64,
        /// How their team did, where teams are ranked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamPlaced>,
    },
    /// A contest was called off: nobody has won.
    ContestCancelled {
        contest: ContestId,
        title: String,
    },
    /// A week of a league is over.
    LeagueMoved {
        league: LeagueId,
        place: u32,
        from_tier: u8,
        to_tier: u8,
    },
    SeasonOver {
        season: u32,
    },
    /// The rules of now were applied to all of the owner's past.
    Rescored {
        run: u32,
    },
}

/// How a team did in a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamPlaced {
    pub team: TeamId,
    pub place: u32,
    pub teams: u32,
    pub score: i64,
}

/// What happens to a cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CohortEvent {
    CohortCreated {
        title: String,
    },
    CohortRenamed {
        title: String,
    },
    LearnerAdded {
        user: UserId,
        team: Option<TeamId>,
    },
    LearnerRemoved {
        user: UserId,
    },
    CoachAssigned {
        user: UserId,
        /// How much of the cohort they see.
        #[serde(default, skip_serializing_if = "Access::is_full")]
        access: Access,
    },
    CoachUnassigned {
        user: UserId,
    },
    /// Everybody is to practise something.
    ScenarioAssigned {
        assignment: AssignmentId,
        #[schema(value_type = String)]
        scenario: ScenarioId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    AssignmentWithdrawn {
        assignment: AssignmentId,
    },
    /// Everybody is to reach something.
    GoalSet {
        goal: CohortGoalId,
        aim: Aim,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    GoalWithdrawn {
        goal: CohortGoalId,
    },
    MeetingPlanned {
        meeting: MeetingId,
        title: String,
        starts_at: Timestamp,
        minutes: u16,
    },
    MeetingCancelled {
        meeting: MeetingId,
    },
    /// A meeting has begun, and this is its room.
    MeetingOpened {
        meeting: MeetingId,
        room: RoomId,
    },
}

impl Fact {
    /// Reads a stored fact back. The kind of stream says which enum it is.
    pub fn decode(kind: StreamKind, json: &[u8]) -> serde_json::Result<Self> {
        match kind {
            StreamKind::Room => serde_json::from_slice(json).map(Self::Room),
            StreamKind::Inbox => serde_json::from_slice(json).map(Self::Inbox),
            StreamKind::Cohort => serde_json::from_slice(json).map(Self::Cohort),
        }
    }

    /// A label of closed cardinality.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Room(event) => event.kind(),
            Self::Inbox(event) => match event {
                InboxEvent::InvitedToRoom { .. } => "invited_to_room",
                InboxEvent::RemovedFromRoom { .. } => "removed_from_room",
                InboxEvent::MovedToRoom { .. } => "moved_to_room",
                InboxEvent::Moderated { .. } => "moderated",
                InboxEvent::PracticeAssigned { .. } => "practice_assigned",
                InboxEvent::PracticeWithdrawn { .. } => "practice_withdrawn",
                InboxEvent::ReportDecided { .. } => "report_decided",
                InboxEvent::AppealAnswered { .. } => "appeal_answered",
                InboxEvent::Mentioned { .. } => "mentioned",
                InboxEvent::AddedToCohort { .. } => "added_to_cohort",
                InboxEvent::RoleChanged { .. } => "role_changed",
                InboxEvent::Gained { .. } => "gained",
                InboxEvent::KudosSent { .. } => "kudos_sent",
                InboxEvent::KudosReceived { .. } => "kudos_received",
                InboxEvent::Scored { .. } => "scored",
                InboxEvent::Adjusted { .. } => "adjusted",
                InboxEvent::ZoneChanged { .. } => "zone_changed",
                InboxEvent::ContestEntered { .. } => "contest_entered",
                InboxEvent::ContestLeft { .. } => "contest_left",
                InboxEvent::ContestOver { .. } => "contest_over",
                InboxEvent::ContestCancelled { .. } => "contest_cancelled",
                InboxEvent::LeagueMoved { .. } => "league_moved",
                InboxEvent::SeasonOver { .. } => "season_over",
                InboxEvent::Rescored { .. } => "rescored",
            },
            Self::Cohort(event) => match event {
                CohortEvent::CohortCreated { .. } => "cohort_created",
                CohortEvent::CohortRenamed { .. } => "cohort_renamed",
                CohortEvent::LearnerAdded { .. } => "learner_added",
                CohortEvent::LearnerRemoved { .. } => "learner_removed",
                CohortEvent::CoachAssigned { .. } => "coach_assigned",
                CohortEvent::CoachUnassigned { .. } => "coach_unassigned",
                CohortEvent::ScenarioAssigned { .. } => "scenario_assigned",
                CohortEvent::AssignmentWithdrawn { .. } => "assignment_withdrawn",
                CohortEvent::GoalSet { .. } => "goal_set",
                CohortEvent::GoalWithdrawn { .. } => "goal_withdrawn",
                CohortEvent::MeetingPlanned { .. } => "meeting_planned",
                CohortEvent::MeetingCancelled { .. } => "meeting_cancelled",
                CohortEvent::MeetingOpened { .. } => "meeting_opened",
            },
        }
    }

    pub fn audience(&self) -> Audience {
        match self {
            Self::Room(event) => event.audience(),
            Self::Inbox(_) | Self::Cohort(_) => Audience::All,
        }
    }

    pub const fn moves_guard(&self) -> bool {
        match self {
            Self::Room(event) => event.moves_guard(),
            Self::Inbox(_) => false,
            Self::Cohort(_) => true,
        }
    }
}

/// An event with its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    pub seq: Seq,
    pub at: Timestamp,
    /// Whose command caused it; `None` for the hub itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    #[serde(skip)]
    #[schema(ignore)]
    pub audience: Audience,
    pub fact: Fact,
}

/// A decided command on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub sender: UserId,
    pub command: CommandId,
    /// [`fingerprint`] of the command: the same id with another body is a client's mistake, not a retry.
    pub fingerprint: u64,
    /// Refused ones travel too: a retry of something that was accepted gets its first answer, not the refusal.
    pub verdict: Result<Vec<room::Event>, Refusal>,
}

impl Proposal {
    /// Whether decisions after this one in the same batch may rest on it.
    pub fn moves_guard(&self) -> bool {
        self.verdict
            .as_ref()
            .is_ok_and(|events| events.iter().any(room::Event::moves_guard))
    }
}

/// Everything a room wants written at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    pub org: OrgId,
    pub room: RoomId,
    /// What the room is for: rules may ask.
    pub kind: room::RoomKind,
    /// The guard these were decided on.
    pub decided_on: Seq,
    pub proposals: Vec<Proposal>,
    /// The room after all of them, when any moves the guard.
    pub state: Option<Arc<Room>>,
}

impl Append {
    pub const fn stream(&self) -> StreamId {
        StreamId::Room(self.room)
    }

    pub fn event_count(&self) -> usize {
        self.proposals
            .iter()
            .filter_map(|proposal| proposal.verdict.as_ref().ok())
            .map(Vec::len)
            .sum()
    }
}

/// What came of one proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Written now, or accepted without anything to write (`count` 0, `first` is the head).
    Fresh {
        first: Seq,
        count: u32,
    },
    /// Written before, by the same id: the first answer again.
    Duplicate {
        first: Seq,
        count: u32,
    },
    Refused(Refusal),
}

/// What came of an append. All of it is committed, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    Committed {
        epoch: Epoch,
        /// The head before this append: events between what the room had and this were written by others.
        before: Seq,
        head: Seq,
        guard: Seq,
        /// In the order of the proposals.
        outcomes: Vec<Outcome>,
        /// The new events, `before + 1 ..= head`.
        events: Vec<Recorded>,
    },
    /// The world moved on: catch up and decide again. `known` are proposals (by index) that were
    /// found to be written already; they are answered and must not be decided again. This is also
    /// the answer whenever a known proposal moves the guard, even when all are known (an append
    /// whose COMMIT was ambiguous and is tried again): the state that came with it may be stale.
    Moved {
        head: Seq,
        guard: Seq,
        known: Vec<(usize, Outcome)>,
    },
}

/// The store did not say that it did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The store is gone, too slow, or its queue is full; nothing was written.
    #[error("the store is unavailable")]
    Unavailable { retry_after_ms: u32 },
    /// The connection broke in COMMIT, or the answer did not come in time: it may be written.
    /// Nobody can know yet; the same ids asked again settle it.
    #[error("the store did not say whether it wrote it")]
    Unknown { retry_after_ms: u32 },
    /// The store refuses this very append, alone, each time.
    #[error("the store cannot take this append")]
    Poisoned,
}
