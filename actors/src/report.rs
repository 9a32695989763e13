//! How a port's answer comes back to the actor that asked: as a turn of its own.
//!
//! The actor goes on meanwhile; answers come in the order the ports give them. When the actor
//! ends first, the answer is dropped, and what was asked for happens all the same.

use std::future::Future;

use actix::fut::wrap_future;
use actix::prelude::*;

/// Waits for `answer` beside the actor and then runs `then` in it.
pub(crate) fn bring_back<A, F>(
    ctx: &mut Context<A>,
    answer: F,
    then: impl FnOnce(F::Output, &mut A, &mut Context<A>) + 'static,
) where
    A: Actor<Context = Context<A>>,
    F: Future + 'static,
    F::Output: 'static,
{
    ctx.spawn(wrap_future(answer).map(then));
}
