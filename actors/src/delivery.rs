//! How one actor tells another something: the only caller of `do_send` and `try_send`.
//!
//! A [`Link`] belongs to one producer. actix bounds a mailbox per sender *clone*, so a link must be
//! kept, not made anew for each message; then a full mailbox is seen, and the producer's overflow
//! policy applies.

use actix::dev::{ToEnvelope, channel};
use actix::prelude::{Actor, Addr, ArbiterHandle, Context, Handler, Message, Request, SendError};

/// Starts an actor that has the whole of its mailbox from the beginning. By actix's own way it has
/// sixteen places until its thread has come to it, and a crowd at its door is told that it is full.
pub fn start_on<A>(
    arbiter: &ArbiterHandle,
    mailbox: usize,
    make: impl FnOnce() -> A + Send + 'static,
) -> Addr<A>
where
    A: Actor<Context = Context<A>>,
{
    let (sender, receiver) = channel::channel(mailbox);
    arbiter.spawn_fn(move || {
        Context::with_receiver(receiver).run(make());
    });
    Addr::new(sender)
}

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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use actix::prelude::Arbiter;

    use super::*;

    struct Idle;

    impl Actor for Idle {
        type Context = Context<Self>;
    }

    struct Nothing;

    impl Message for Nothing {
        type Result = ();
    }

    impl Handler<Nothing> for Idle {
        type Result = ();

        fn handle(&mut self, _: Nothing, _: &mut Self::Context) {}
    }

    #[actix::test]
    async fn an_actor_that_has_not_begun_has_its_whole_mailbox() {
        let arbiter = Arbiter::new();
        // Its thread has other things to do for now.
        let (done, busy) = mpsc::sync_channel::<()>(0);
        arbiter.spawn_fn(move || {
            busy.recv().unwrap_err();
        });
        let link = Link::new(start_on(&arbiter.handle(), 500, || Idle));
        let told = (0..1_000)
            .take_while(|_| link.tell(Nothing).is_ok())
            .count();
        assert!((500..=502).contains(&told), "{told}");
        drop(done);
        assert_eq!(link.ask(Nothing).await, Ok(()));
        arbiter.stop();
    }
}
