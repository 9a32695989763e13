//! Asking to look at a board, and the answer to whoever may not or cannot.

use actix::prelude::Message;
use ludus_domain::audience::Viewer;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{CommandId, SessionId};
use ludus_domain::protocol::{BoardPosition, ServerFrame};
use ludus_domain::refusal::Refusal;

use crate::delivery::Link;
use crate::lane::{LaneRef, Show};
use crate::outbox::{Class, Frame};

/// What a client is told to wait when the board cannot be opened now.
const RETRY_MS: u32 = 1_000;

/// Somebody wants to look. Dropped where nobody reads it, it declines by itself.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Watch {
    pub board: BoardKey,
    pub session: SessionId,
    pub viewer: Viewer,
    pub lane: LaneRef,
    /// The command to answer to; none when a session watches again by itself.
    pub id: Option<CommandId>,
    pub top: u8,
    pub around: u8,
    pub since: Option<BoardPosition>,
    is_taken: bool,
}

impl Watch {
    #[expect(clippy::too_many_arguments, reason = "the fields, and the guard")]
    pub fn new(
        board: BoardKey,
        session: SessionId,
        viewer: Viewer,
        lane: LaneRef,
        id: Option<CommandId>,
        top: u8,
        around: u8,
        since: Option<BoardPosition>,
    ) -> Self {
        Self {
            board,
            session,
            viewer,
            lane,
            id,
            top,
            around,
            since,
            is_taken: false,
        }
    }

    /// From here on, whoever took it answers.
    pub(super) fn taken(mut self) -> Self {
        self.is_taken = true;
        self
    }

    pub(super) fn decline(mut self, code: Refusal) {
        self.answer(code);
    }

    fn answer(&mut self, code: Refusal) {
        self.is_taken = true;
        let retry_after_ms = (code == Refusal::Unavailable).then_some(RETRY_MS);
        let frame = match self.id {
            Some(id) => ServerFrame::nack(Some(id), code, retry_after_ms),
            None => ServerFrame::Unwatched {
                id: None,
                board: self.board.clone(),
                code: Some(code),
            },
        };
        // At most one for each watch that was admitted.
        Link::new(self.lane.addr.clone()).must_tell(Show {
            frames: vec![(self.session, Frame::encode(Class::Control, &frame))],
            refused: vec![(self.session, self.board.clone())],
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_taken {
            self.answer(Refusal::Unavailable);
        }
    }
}
