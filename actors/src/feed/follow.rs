//! Asking to follow a stream, and the answer to whoever may not or cannot.

use std::collections::BTreeSet;

use actix::prelude::Message;
use ludus_domain::audience::Viewer;
use ludus_domain::ids::{CommandId, SessionId, UserId};
use ludus_domain::protocol::Position;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;

use super::Feed;
use crate::delivery::Link;
use crate::lane::{Decline, LaneId, LaneRef};
use crate::room::ENDED_RETRY_MS;

/// Somebody wants to follow.
#[derive(Clone, Debug)]
pub struct Follow {
    pub session: SessionId,
    /// As whom: the room says what their role is in it.
    pub viewer: Viewer,
    /// What they are in the house.
    pub house: Role,
    pub name: String,
    pub lane: LaneRef,
    /// The `subscribe` to answer to; none for those of a hello.
    pub id: Option<CommandId>,
    pub since: Option<Position>,
}

/// Somebody wants to follow this stream.
///
/// Dropped where nobody reads it (in the mailbox of an actor that has ended), it declines by
/// itself: each follow that was sent is answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct FollowRequest {
    stream: StreamId,
    follow: Follow,
    is_taken: bool,
}

impl FollowRequest {
    pub fn new(stream: StreamId, follow: Follow) -> Self {
        Self {
            stream,
            follow,
            is_taken: false,
        }
    }

    pub fn viewer(&self) -> Viewer {
        self.follow.viewer
    }

    pub fn is_of(&self, session: SessionId) -> bool {
        self.follow.session == session
    }

    /// From here on, whoever took it answers.
    pub fn taken(mut self) -> Follow {
        self.is_taken = true;
        self.follow.clone()
    }
}

impl Drop for FollowRequest {
    fn drop(&mut self) {
        if !self.is_taken {
            let code = Refusal::Unavailable;
            decline(self.stream, &self.follow, code, Some(ENDED_RETRY_MS));
        }
    }
}

pub(super) fn decline(
    stream: StreamId,
    follow: &Follow,
    code: Refusal,
    retry_after_ms: Option<u32>,
) {
    // At most one for each follow that was admitted.
    Link::new(follow.lane.addr.clone()).must_tell(Decline {
        session: follow.session,
        id: follow.id,
        stream,
        code,
        retry_after_ms,
    });
}

/// Somebody who follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follower {
    pub(super) user: UserId,
    pub(super) lane: LaneId,
    /// What they are here.
    role: Role,
    /// As the house knows them.
    house: Viewer,
}

impl Follower {
    pub(super) fn new(follow: &Follow, lane: LaneId) -> Self {
        let house = Viewer {
            role: follow.house,
            ..follow.viewer
        };
        Self {
            user: follow.viewer.user,
            lane,
            role: follow.viewer.role,
            house,
        }
    }
}

impl Feed {
    /// Coaches who are not here any more what they were when they came, by what `part` says of each
    /// as the house knows them.
    pub fn out_of_part(&self, part: impl Fn(Viewer) -> Role) -> BTreeSet<UserId> {
        let is_another = |follower: &&Follower| {
            follower.house.role == Role::Coach && part(follower.house) != follower.role
        };
        let changed = self.followers.values().filter(is_another);
        changed.map(|follower| follower.user).collect()
    }
}
