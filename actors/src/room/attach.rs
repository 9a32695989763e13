//! What somebody is given who begins to follow.

use std::collections::BTreeMap;

use ludus_domain::host::Host;
use ludus_domain::ids::RoomId;
use ludus_domain::presence::Presence;
use ludus_domain::protocol::{RoomView, ServerFrame};
use ludus_domain::role::Role;
use ludus_domain::room::{Moment, Sender};

use super::message::AnswerTo;
use super::stage::Personas;
use super::watchers::Watchers;
use crate::feed::{Attachment, Follow};
use crate::outbox::{Class, Frame};

/// Members named in a room's view.
const VIEW_MEMBERS_MAX: usize = 200;

/// What a new follower gets besides events: the room as it stands, who is here, and who looks on.
pub(super) fn attachment(
    id: RoomId,
    host: &Host<AnswerTo>,
    (presence, personas, watchers): (&Presence, &Personas, &Watchers),
    follow: &Follow,
) -> Attachment {
    let room = host.room();
    let viewer = follow.viewer;
    let sender = Sender {
        user: viewer.user,
        role: viewer.role,
        guest: viewer.guest,
        name: String::new(),
        session: None,
        moment: Moment::default(),
    };
    let mut members: BTreeMap<_, _> = room
        .members
        .iter()
        .take(VIEW_MEMBERS_MAX)
        .map(|(user, seat)| (*user, seat.clone()))
        .collect();
    if let Some(own) = room.members.get(&viewer.user) {
        members.insert(viewer.user, own.clone());
    }
    let view = RoomView {
        plan: room.plan.clone(),
        phase: room.phase,
        members,
        member_count: u32::try_from(room.members.len()).unwrap_or(u32::MAX),
        code: room.code.clone().filter(|_| room.moderates(&sender)),
        stage: room.stage.clone(),
        scene_closed: room.scene_closed,
        directions: if viewer.role >= Role::Coach {
            room.directions.clone()
        } else {
            BTreeMap::new()
        },
    };
    let here = ServerFrame::Presence {
        room: id,
        change: presence.whole(),
    };
    Attachment {
        room: Some(Box::new(view)),
        then: std::iter::once(Frame::encode(Class::Durable, &here))
            .chain(watchers.watched(id))
            .chain(personas.so_far(id))
            .collect(),
    }
}
