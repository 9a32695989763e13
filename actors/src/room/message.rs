//! What a room hears, and where its answers go.

use std::sync::{Arc, Mutex};

use actix::prelude::Message;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, OrgId, RoomId, Seq, SessionId, TurnId, UserId};
use ludus_domain::protocol::ServerFrame;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Act, Command, Sender};
use ludus_domain::slug::PersonaId;
use ludus_domain::stream::StreamId;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tracing::Span;

use crate::delivery::Link;
use crate::lane::{Deliver, LaneId, LaneRef};
use crate::metrics;
use crate::outbox::{Class, Frame};

/// What a client is told to wait whose command met the end of a room's actor: the next is there at once.
pub(crate) const ENDED_RETRY_MS: u32 = 100;

/// Where the answer to a command goes.
#[derive(Clone, Debug)]
pub enum AnswerTo {
    /// Into the outbox of a session.
    Session { session: SessionId, lane: LaneId },
    /// To whoever holds the other end.
    Once(OneShot),
}

/// A way back that is used once.
#[derive(Clone, Debug)]
pub struct OneShot(Arc<Mutex<Option<oneshot::Sender<Answer>>>>);

impl OneShot {
    pub fn new() -> (Self, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Some(sender)))), receiver)
    }

    pub(super) fn send(&self, answer: Answer) {
        if let Some(sender) = self.0.lock().ok().and_then(|mut slot| slot.take()) {
            // Whoever asked may have stopped waiting; the commit stands all the same.
            let _ = sender.send(answer);
        }
    }
}

/// A command for the room.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Ask {
    pub sender: Sender,
    pub id: CommandId,
    pub command: Command,
    pub to: AskedBy,
    /// Under what its time is told.
    pub trace: Span,
}

/// An act of the hub for the room.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Perform {
    pub id: CommandId,
    pub act: Act,
    pub to: OneShot,
}

/// More of what a persona says.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Uttered {
    pub persona: PersonaId,
    pub turn: TurnId,
    pub attempt: u8,
    /// In characters.
    pub from: u32,
    pub text: String,
}

/// What a persona says that plays on another node: a piece, or all of it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Message)]
#[rtype(result = "()")]
pub struct Overheard {
    pub persona: PersonaId,
    pub turn: TurnId,
    pub attempt: u8,
    /// In characters.
    pub from: u32,
    pub text: String,
}

/// Says to other nodes who looks at the room here, and asks who does there.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Share;

/// Who asks, and so where the answer goes.
#[derive(Debug)]
pub enum AskedBy {
    Session(WayBack),
    Once(OneShot),
}

impl AskedBy {
    /// Nothing was sent, and whoever asks knows it.
    pub(crate) fn withdraw(self) {
        match self {
            Self::Session(back) => drop(back.taken()),
            Self::Once(_) => {}
        }
    }
}

/// The way back to a session, for as long as its command is on its way.
///
/// A room's actor may end, or break, with commands in its mailbox, which nobody will read. Dropped
/// there, the way back says `unavailable` by itself, so that each command that was sent is answered
/// once: by the room, or like this, and then nothing of it was decided.
#[derive(Debug)]
pub struct WayBack {
    room: (OrgId, RoomId),
    session: SessionId,
    id: CommandId,
    lane: LaneRef,
    is_taken: bool,
}

impl WayBack {
    pub fn new(room: (OrgId, RoomId), session: SessionId, id: CommandId, lane: LaneRef) -> Self {
        Self {
            room,
            session,
            id,
            lane,
            is_taken: false,
        }
    }

    /// From here on, whoever took it answers.
    pub(crate) fn taken(mut self) -> (SessionId, LaneRef) {
        self.is_taken = true;
        (self.session, self.lane.clone())
    }
}

impl Drop for WayBack {
    fn drop(&mut self) {
        if self.is_taken {
            return;
        }
        let code = Refusal::Unavailable;
        metrics::refused(code);
        let nack = ServerFrame::nack(Some(self.id), code, Some(ENDED_RETRY_MS));
        let (org, room) = self.room;
        // At most one for each command that was admitted.
        Link::new(self.lane.addr.clone()).must_tell(Deliver {
            org,
            stream: StreamId::Room(room),
            packets: Arc::default(),
            answers: vec![(self.session, Frame::encode(Class::Control, &nack))],
            evicted: vec![],
            trace: Span::none(),
        });
    }
}

/// Hands on a keyboard.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Typing {
    pub user: UserId,
    pub on: bool,
}

/// A line that is being written, for hints about it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Draft {
    pub user: UserId,
    pub session: SessionId,
    pub lane: LaneRef,
    pub text: String,
}

/// How far a member has read.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Read {
    pub user: UserId,
    pub seq: Seq,
}

/// A room's state for the admin page and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub head: Seq,
    pub guard: Seq,
    pub members: usize,
    pub followers: usize,
    pub unanswered: usize,
}

/// Asks for a [`Snapshot`]; `None` while the room is being loaded.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<Snapshot>")]
pub struct Observe;
