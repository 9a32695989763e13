//! Where deeds come from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::ids::Seq;
use crate::stream::StreamId;

/// Where a deed comes from: an event of a journal, and which deed of that event. What makes a
/// payment happen once. Written `room:<uuid>/<seq>/<part>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub stream: StreamId,
    pub seq: Seq,
    /// 0 for the event itself; more for what followed from it (a badge, a level).
    pub part: u16,
}

/// A text that is no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a source: expected a stream, a seq and a part")]
pub struct NotASource;

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.stream, self.seq, self.part)
    }
}

impl FromStr for Source {
    type Err = NotASource;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/');
        let (Some(stream), Some(seq), Some(part), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotASource);
        };
        Ok(Self {
            stream: stream.parse().map_err(|_| NotASource)?,
            seq: Seq(seq.parse().map_err(|_| NotASource)?),
            part: part.parse().map_err(|_| NotASource)?,
        })
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Source {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Stream, seq and part of what caused it."))
            .into()
    }
}

impl ToSchema for Source {}
