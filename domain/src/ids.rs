//! Names of things. Every id is its own type, so that one can never stand in for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    OrgId;
    /// A person, in one org.
    UserId;
    /// A live connection of one user: a tab, a phone.
    SessionId;
    /// One sign-in: a family of refresh tokens and every session opened with it.
    SignInId;
    /// A place where things happen live.
    RoomId;
    /// Learners who learn together.
    CohortId;
    /// A part of a cohort.
    TeamId;
    /// An invitation, an owner link, a reset link: anything claimed once by a code.
    LinkId;
    /// A contest that was opened.
    ContestId;
    /// A process of the hub, from its start to its end.
    NodeId;
    /// What a screen was granted.
    DisplayId;
    /// A division of a league in a week.
    DivisionId;
    /// A durable background job.
    JobId;
    /// Money set aside for one answer of a language model.
    ReservationId;
    /// A key of a program.
    ApiKeyId;
    /// Something a coach was told of.
    AlertId;
    /// What a coach wrote beside a moment of a room.
    CommentId;
    /// What coaches wrote about a learner.
    NoteId;
    /// What a cohort is to practise.
    AssignmentId;
    /// What the learners of a cohort are to reach.
    CohortGoalId;
    /// When a cohort meets.
    MeetingId;
    /// A line that coaches are to look at.
    CaseId;
    /// Something that was done about a line or somebody.
    ActId;
    /// Chosen by the client (UUIDv7), the same in every retry: what makes a command happen once.
    CommandId;
}

impl UserId {
    /// Stands for the hub where somebody must stand: its own acts are nobody's.
    pub const HUB: Self = Self(Uuid::nil());
}

/// A turn of a persona: its number in its room, the first has 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
pub struct TurnId(pub u64);

/// By hand: as the key of an object it is a string, and a frame that is read by its tag first keeps
/// no trace of what it was.
impl<'de> Deserialize<'de> for TurnId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl serde::de::Visitor<'_> for Number {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a turn")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u64, E> {
                Ok(number)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Number).map(Self)
    }
}

impl fmt::Display for TurnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A position in a stream's journal. The first event has 1; 0 is before everything.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = u64)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const ZERO: Self = Self(0);

    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    pub const fn plus(self, count: u64) -> Self {
        Self(self.0 + count)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The lineage of a stream. It changes only when history was replaced (a restored backup), so that
/// a client holding positions of the lost lineage learns that they mean nothing.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = u32)]
pub struct Epoch(pub u32);
