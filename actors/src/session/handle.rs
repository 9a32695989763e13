//! An edge's side of a session.

use actix::prelude::{Addr, Message};
use bytes::Bytes;

use super::Session;
use crate::delivery::Link;
use crate::outbox::Outbox;

/// An edge's hold on its session.
#[derive(Debug)]
pub struct SessionHandle {
    pub(super) link: Link<Session>,
    pub(super) addr: Addr<Session>,
    pub(super) outbox: Outbox,
}

impl SessionHandle {
    /// Drained by the edge.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Hands over a whole text message and waits until the session has taken it. `false`: it is over.
    pub async fn receive(&self, message: Bytes) -> bool {
        self.addr.send(Inbound(message)).await.is_ok()
    }

    /// The other side gave a sign of life.
    pub fn pong(&self) {
        // A pong more or less: the next message says the same.
        let _ = self.link.tell(Pong);
    }

    /// The socket is gone.
    pub fn ended(&self) {
        self.link.must_tell(Ended);
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Inbound(pub(super) Bytes);

#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Pong;

#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Ended;
