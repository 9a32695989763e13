//! Where facts are written: each stream has a journal of its own with a gap-free sequence.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::ids::{CohortId, RoomId, UserId};

/// A stream, written `room:<uuid>`, `inbox:<uuid>` or `cohort:<uuid>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    Room(RoomId),
    /// Facts for one person: invitations, mentions, what a coach whispers.
    Inbox(UserId),
    Cohort(CohortId),
}

/// The kind alone, for a metric label or a table column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    Room,
    Inbox,
    Cohort,
}

impl StreamKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Inbox => "inbox",
            Self::Cohort => "cohort",
        }
    }
}

impl StreamId {
    pub const fn kind(self) -> StreamKind {
        match self {
            Self::Room(_) => StreamKind::Room,
            Self::Inbox(_) => StreamKind::Inbox,
            Self::Cohort(_) => StreamKind::Cohort,
        }
    }

    pub const fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(id) => Some(id),
            Self::Inbox(_) | Self::Cohort(_) => None,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(id) => write!(f, "room:{id}"),
            Self::Inbox(id) => write!(f, "inbox:{id}"),
            Self::Cohort(id) => write!(f, "cohort:{id}"),
        }
    }
}

/// A text that names no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stream: expected room:, inbox: or cohort: and a UUID")]
pub struct NotAStream;

impl FromStr for StreamId {
    type Err = NotAStream;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, id) = text.split_once(':').ok_or(NotAStream)?;
        // One spelling only: hyphenated. Two names for one stream would be two subscriptions.
        if id.len() != 36 {
            return Err(NotAStream);
        }
        match kind {
            "room" => id.parse().map(Self::Room).map_err(|_| NotAStream),
            "inbox" => id.parse().map(Self::Inbox).map_err(|_| NotAStream),
            "cohort" => id.parse().map(Self::Cohort).map_err(|_| NotAStream),
            _ => Err(NotAStream),
        }
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for StreamId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^(room|inbox|cohort):[0-9a-f-]{36}$"))
            .description(Some("A stream: room:, inbox: or cohort: and a UUID."))
            .into()
    }
}

impl ToSchema for StreamId {}
