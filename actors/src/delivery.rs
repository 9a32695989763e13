//! How one actor tells another something: the only caller of `do_send` and `try_send`.
//!
//! A [`Link`] belongs to one producer. actix bounds a mailbox per sender *clone*, so a link must be
//! kept, not made anew for each message; then a full mailbox is seen, and the producer's overflow
//! policy applies.

use actix::dev::ToEnvelope;
use actix::prelude::{Actor, Addr, Handler, Message, Request, SendError};

/// The message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The other side has more than it can take: shed, refuse or give up, as the caller's contract says.
    Full,
    /// The other side is gone; a new one may be had from whoever made it.
    Gone,
}

/// One producer's way to an actor.
#[derive(Debug)]
pub struct Link<A: Actor> {
    addr: Addr<A>,
}

impl<A: Actor> Link<A> {
    pub fn new(addr: Addr<A>) -> Self {
        Self { addr }
    }

    /// Tells it, unless its mailbox is full.
    pub fn tell<M>(&self, message: M) -> Result<(), Lost>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.offer(message).map_err(|(lost, _)| lost)
    }

    /// [`Link::tell`] that gives back what did not arrive.
    pub fn offer<M>(&self, message: M) -> Result<(), (Lost, M)>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.addr.try_send(message).map_err(|error| match error {
            SendError::Full(message) => (Lost::Full, message),
            SendError::Closed(message) => (Lost::Gone, message),
        })
    }

    /// Tells it whatever the state of its mailbox. Only for what frees something (an end, a leave)
    /// and comes at most once for each thing that was admitted, so that the bound is the admission's.
    pub fn must_tell<M>(&self, message: M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that may: see above"
        )]
        self.addr.do_send(message);
    }

    /// Asks it something; for tests, the drain and the admin page, which may wait.
    pub fn ask<M>(&self, message: M) -> Request<A, M>
    where
        M: Message + Send + Unpin + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.addr.send(message)
    }

    pub fn is_connected(&self) -> bool {
        self.addr.connected()
    }

    /// The same actor, for another producer.
    pub fn for_another(&self) -> Self {
        Self {
            addr: self.addr.clone(),
        }
    }

    pub fn is_same(&self, other: &Self) -> bool {
        self.addr == other.addr
    }
}
