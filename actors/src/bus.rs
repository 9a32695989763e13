//! How nodes tell each other what has happened, for speed and for what is kept nowhere.
//!
//! The bus is a doorbell. It may lose, repeat, reorder, or be gone; whoever hears something durable
//! compares positions and asks the store, and the sweep finds what was never heard. Nothing that the
//! bus carries is the only copy of anything.
//!
//! What is told of a topic is heard by the other nodes that want it. A node never hears itself.

mod exchange;

use std::fmt::Debug;

use ludus_domain::audience::Audience;
use ludus_domain::game::total::Total;
use ludus_domain::ids::{CohortId, ContestId, Epoch, NodeId, OrgId, Seq, UserId};
use ludus_domain::journal::Recorded;
use ludus_domain::presence::Onlookers;
use ludus_domain::stream::StreamId;
use serde::{Deserialize, Serialize};

pub use self::exchange::Exchange;
use crate::ports::{Head, Permit};
use crate::room::Overheard;

/// The version of envelopes. Whoever hears another one leaves it to the sweep.
pub const VERSION: u8 = 1;
/// Events are carried as they are up to this many bytes. Of more, only where they end is told, and
/// each node that wants them reads them from the store.
pub const CARRIED_BYTES_MAX: usize = 16 * 1024;
/// Envelopes that may wait to be heard on a node. The oldest go first, and the sweep finds what
/// they told of.
pub const HEARD_MAX: usize = 4_096;

/// What something is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// The hub as a whole: every node wants it.
    House,
    /// An org: nodes want it on which somebody looks at a board of it.
    Org(OrgId),
    /// A stream: nodes want it that have an actor for it.
    Stream(OrgId, StreamId),
}

/// An event with what is not shown of it: who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    audience: Audience,
    event: Recorded,
}

impl From<Recorded> for Carried {
    fn from(mut event: Recorded) -> Self {
        Self {
            audience: std::mem::take(&mut event.audience),
            event,
        }
    }
}

impl From<Carried> for Recorded {
    fn from(carried: Carried) -> Self {
        Self {
            audience: carried.audience,
            ..carried.event
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// Committed to the stream, in order, without a gap.
    Committed {
        epoch: Epoch,
        events: Vec<Carried>,
    },
    /// Something was committed to the stream; this is where it ends.
    Stands {
        epoch: Epoch,
        seq: Seq,
    },
    /// Something was committed to the stream.
    Rang,
    /// A persona speaks in the room.
    Overheard(Overheard),
    /// Hands on a keyboard.
    Typing {
        user: UserId,
        on: bool,
    },
    /// Everybody who looks at the room on the node that tells it.
    Here(Onlookers),
    /// Somebody has begun to look at the room, and wants to know who else does.
    WhoIsHere,
    /// A coach looks at a cohort: who of these has a connection? Answered of its stream.
    RollCall {
        org: OrgId,
        cohort: CohortId,
        learners: Vec<UserId>,
    },
    /// Those of the learners who are at the node that tells it.
    OnRoll {
        here: Vec<UserId>,
    },
    /// What an account of the org has now.
    Gained {
        user: UserId,
        pos: u64,
        totals: Vec<Total>,
    },
    /// Who stands on the boards of an org, or what it plays by, is not as it was.
    OrgChanged(OrgId),
    ContestChanged(ContestId),
    /// Somebody's sign-in or role is not as it was: the store says whose.
    Revoked,
    /// The node runs. Told each second.
    Alive,
    /// The node stops: who was there is not any more.
    Leaving,
}

/// What is told, by whom, of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub from: NodeId,
    pub topic: Topic,
    pub news: News,
}

/// Not an envelope of a version that is understood here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an envelope of this version")]
pub struct NotUnderstood;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u8,
    envelope: T,
}

impl Envelope {
    /// As bytes. Events that are too many become the place where they end.
    pub fn pack(&self) -> Vec<u8> {
        let packed = pack(self);
        match &self.news {
            News::Committed { epoch, events } if packed.len() > CARRIED_BYTES_MAX => {
                let seq = events.last().map_or(Seq::ZERO, |last| last.event.seq);
                pack(&Self {
                    news: News::Stands { epoch: *epoch, seq },
                    ..self.clone()
                })
            }
            _ => packed,
        }
    }

    pub fn unpack(bytes: &[u8]) -> Result<Self, NotUnderstood> {
        #[derive(Deserialize)]
        struct Only {
            v: u8,
        }
        let only: Only = serde_json::from_slice(bytes).map_err(|_| NotUnderstood)?;
        if only.v != VERSION {
            return Err(NotUnderstood);
        }
        let versioned: Versioned<Self> =
            serde_json::from_slice(bytes).map_err(|_| NotUnderstood)?;
        Ok(versioned.envelope)
    }
}

fn pack(envelope: &Envelope) -> Vec<u8> {
    let versioned = Versioned {
        v: VERSION,
        envelope,
    };
    // Ids, numbers, texts and lists of them: they always serialise.
    serde_json::to_vec(&versioned).unwrap_or_default()
}

/// Whether news come from other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no bus: the sweep finds everything.
    None,
    Up,
    /// It is broken: the sweep is faster meanwhile.
    Down,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What is told of a topic is heard here for as long as this is kept.
pub type Interest = Permit;

/// The way to the other nodes.
///
/// Guarantees: what one node tells of one topic is heard in the order it was told, where it is heard
/// at all; nothing is heard twice; nothing is heard that a node of this hub did not tell.
pub trait Bus: Send + Sync + Debug {
    fn node(&self) -> NodeId;
    /// Never waits. What cannot be carried is lost, and counted.
    fn tell(&self, topic: Topic, news: News);
    fn want(&self, topic: Topic) -> Interest;
    fn standing(&self) -> Standing;

    /// Whether anybody might hear.
    fn is_there(&self) -> bool {
        self.standing() != Standing::None
    }
}

/// A node by itself, or with nothing but the store between it and others.
#[derive(Clone, Copy, Debug)]
pub struct Alone(pub NodeId);

impl Bus for Alone {
    fn node(&self) -> NodeId {
        self.0
    }

    fn tell(&self, _: Topic, _: News) {}

    fn want(&self, _: Topic) -> Interest {
        Box::new(())
    }

    fn standing(&self) -> Standing {
        Standing::None
    }
}

/// What the bus has for one room.
#[derive(Clone, Debug, actix::prelude::Message)]
#[rtype(result = "()")]
pub struct FromAfar {
    pub from: NodeId,
    pub news: News,
}

impl From<Head> for News {
    fn from(head: Head) -> Self {
        Self::Stands {
            epoch: head.epoch,
            seq: head.seq,
        }
    }
}

#[cfg(test)]
mod tests {
    use ludus_domain::journal::Fact;
    use ludus_domain::room::Event;
    use ludus_domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn envelope(text: &str) -> Envelope {
        let user = UserId(Uuid::from_u128(7));
        let fact = Fact::Room(Event::said(text, vec![user]));
        let event = Recorded {
            seq: Seq(9),
            at: Timestamp(1),
            by: Some(user),
            audience: Audience::Users([user].into()),
            fact,
        };
        Envelope {
            from: NodeId(Uuid::from_u128(1)),
            topic: Topic::House,
            news: News::Committed {
                epoch: Epoch(1),
                events: vec![event.into()],
            },
        }
    }

    #[test]
    fn an_event_arrives_with_who_may_see_it() {
        let sent = envelope("hello");
        assert_eq!(Envelope::unpack(&sent.pack()), Ok(sent.clone()));
        let News::Committed { events, .. } = sent.news else {
            unreachable!()
        };
        let event: Recorded = events[0].clone().into();
        assert_eq!(
            event.audience,
            Audience::Users([UserId(Uuid::from_u128(7))].into())
        );
    }

    #[test]
    fn what_is_too_large_is_only_where_it_ends() {
        let sent = envelope(&"x".repeat(CARRIED_BYTES_MAX));
        let stands = News::Stands {
            epoch: Epoch(1),
            seq: Seq(9),
        };
        assert_eq!(Envelope::unpack(&sent.pack()).unwrap().news, stands);
    }

    #[test]
    fn another_version_is_not_understood() {
        let packed = String::from_utf8(envelope("hello").pack()).unwrap();
        let later = packed.replacen("\"v\":1", "\"v\":2", 1);
        assert_ne!(packed, later);
        for bytes in [later.as_bytes(), b"", b"{}", b"\xff"] {
            assert_eq!(Envelope::unpack(bytes), Err(NotUnderstood));
        }
    }
}
