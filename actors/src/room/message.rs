//! What a room hears, and where its answers go.

use std::sync::{Arc, Mutex};

use actix::prelude::Message;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, Seq, SessionId, UserId};
use ludus_domain::room::{Command, Sender};
use tokio::sync::oneshot;

use crate::lane::{LaneId, LaneRef};

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
}

/// Who asks, and so where the answer goes.
#[derive(Debug)]
pub enum AskedBy {
    Session { session: SessionId, lane: LaneRef },
    Once(OneShot),
}

/// Hands on a keyboard.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Typing {
    pub user: UserId,
    pub on: bool,
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
