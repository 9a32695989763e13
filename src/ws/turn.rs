//! One write per connection and executor turn.
//!
//! A room that says three things in a row, or three rooms that say one each, put frames into the
//! same outbox within one turn of this thread's executor. Whoever has something to send is put in
//! line here; when the turn's other work is done, each is written once. That costs no latency that
//! could be measured, and no timer; the fuller the thread, the more goes into one write.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ludus_actors::outbox::Frame;

use super::owned::Owned;

/// Connections written before others on the thread get their turn: about a millisecond of `write`.
const AT_ONCE: usize = 256;
/// What is read at once, by whichever connection reads. One for all: nothing stays in it.
const SCRATCH_BYTES: usize = 64 * 1024;

/// The line of those who have something to send, and what they share.
#[derive(Debug)]
pub(crate) struct Turn {
    line: RefCell<VecDeque<Rc<Owned>>>,
    waker: RefCell<Option<Waker>>,
    scratch: RefCell<Vec<u8>>,
    /// Frames between an outbox and the write, so that no write allocates a list for them.
    frames: RefCell<Vec<Frame>>,
}

impl Turn {
    /// On the thread whose turns they are, for as long as it lives.
    pub(super) fn begin() -> Rc<Self> {
        let turn = Rc::new(Self {
            line: RefCell::default(),
            waker: RefCell::default(),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES]),
            frames: RefCell::default(),
        });
        let of_task = Rc::clone(&turn);
        actix_rt::spawn(async move { poll_fn(|cx| of_task.poll(cx)).await });
        turn
    }

    pub(super) fn put_in_line(&self, connection: Rc<Owned>) {
        let mut line = self.line.borrow_mut();
        line.push_back(connection);
        if line.len() == 1
            && let Some(waker) = &*self.waker.borrow()
        {
            waker.wake_by_ref();
        }
    }

    pub(super) fn scratch(&self) -> RefMut<'_, Vec<u8>> {
        self.scratch.borrow_mut()
    }

    pub(super) fn frames(&self) -> RefMut<'_, Vec<Frame>> {
        self.frames.borrow_mut()
    }

    fn next(&self) -> Option<Rc<Owned>> {
        self.line.borrow_mut().pop_front()
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        {
            let mut waker = self.waker.borrow_mut();
            if !waker
                .as_ref()
                .is_some_and(|known| known.will_wake(cx.waker()))
            {
                *waker = Some(cx.waker().clone());
            }
        }
        for _ in 0..AT_ONCE {
            let Some(connection) = self.next() else {
                return Poll::Pending;
            };
            connection.write_in_turn();
        }
        // The rest after whatever else is ready. What comes for them meanwhile goes into the same write.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
