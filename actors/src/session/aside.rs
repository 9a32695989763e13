//! What a session tells rooms in passing: it may be lost, and nobody waits for it.

use actix::prelude::*;
use ludus_domain::ids::{RoomId, UserId};

use super::Session;
use crate::ports::CommandClass;
use crate::room::{Draft, Room};

impl Session {
    pub(super) fn hint<M>(&mut self, room: RoomId, message: impl FnOnce(UserId) -> M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
    {
        if self.afford(Some(room), CommandClass::Ephemeral).is_err() {
            return;
        }
        if let Some(admitted) = &self.admitted {
            self.ports
                .directory
                .hint(admitted.org, room, message(admitted.user));
        }
    }

    /// A line that is being written, for hints about it.
    pub(super) fn draft(&mut self, room: RoomId, text: String) {
        let (session, lane) = (self.id, self.lane.reference());
        self.hint(room, |user| Draft {
            user,
            session,
            lane,
            text,
        });
    }
}
