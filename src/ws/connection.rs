//! One connection as its edge sees it: how far along it is, and what must happen by when.
//!
//! Three parties share it on one thread: who sends, who receives (the edge that owns its socket is
//! both), and the [`super::watch`] that notices when neither gets anywhere. Nothing in it waits.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ludus_actors::outbox::{Frame, Outbox};
use ludus_actors::session::SessionHandle;
use ludus_domain::protocol::Close;
use tokio::time::Instant;

use super::admission::Admitted;
use super::control;
use super::guard::{GuardSettings, Millis};
use super::inbound::Inbound;
use super::socket::{Ending, WeakKill};
use crate::limits::{Neighbourhood, Place};
use crate::metrics;

/// What is taken out of the outbox for one write: a whole replay in a few writes, and never much
/// more in flight than what a phone's radio takes in a second.
pub(crate) const WRITE_BYTES: usize = 64 * 1024;
/// How long something may wait while nothing is taken before its reader is called slow.
const STALLED_AFTER: Millis = 10_000;
/// How long a close may wait behind what was to be sent before it.
const UNSENT_MAX: Millis = 10_000;
/// The same for a peer that is silent: there is nobody to be polite to.
const UNSENT_SILENT_MAX: Millis = 2_000;
/// How long a peer may take to answer a close.
const UNANSWERED_MAX: Millis = 5_000;
/// How long after that the connection may linger before it is reset.
const LINGER_MAX: Millis = 5_000;

/// How far along a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// The last bytes were handed over; the peer's answer is awaited.
    Closing {
        since: Millis,
    },
    /// Nothing is awaited any more.
    Over {
        since: Millis,
    },
}

/// What a watch found to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    /// Be done with it after what was sent.
    Finish,
    /// End the socket now.
    Reset,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Connection {
    session: SessionHandle,
    edge: metrics::Edge,
    born: Instant,
    inbound: RefCell<Inbound>,
    /// The peer's latest unanswered ping. RFC 6455 asks to answer the latest only.
    pong: RefCell<Option<Bytes>>,
    /// The answer to the peer's close, to be sent.
    close_reply: RefCell<Option<Bytes>>,
    phase: Cell<Phase>,
    /// The peer broke the framing, so no answer of theirs can be read.
    broken: Cell<bool>,
    /// Why it ended, once that is known.
    why: Cell<Option<Close>>,
    closing_since: Cell<Option<Millis>>,
    /// When something was last taken out, or nothing waited.
    moved_at: Cell<Millis>,
    session_ended: Cell<bool>,
    body: RefCell<Option<Waker>>,
    /// Weak inside: the socket ends with its owner, not with us.
    ending: Ending,
    /// Its place among the handshakes, until a `welcome` was sent.
    waiting: RefCell<Option<Place<()>>>,
    _place: Place<Neighbourhood>,
}

impl Connection {
    pub(crate) fn new(
        session: SessionHandle,
        edge: metrics::Edge,
        admitted: Admitted,
        guard: GuardSettings,
        ending: Ending,
    ) -> Rc<Self> {
        metrics::socket_opened(edge);
        Rc::new(Self {
            session,
            edge,
            born: Instant::now(),
            inbound: RefCell::new(Inbound::new(guard)),
            pong: RefCell::default(),
            close_reply: RefCell::default(),
            phase: Cell::new(Phase::Open),
            broken: Cell::default(),
            why: Cell::default(),
            closing_since: Cell::default(),
            moved_at: Cell::new(0),
            session_ended: Cell::default(),
            body: RefCell::default(),
            ending,
            waiting: RefCell::new(Some(admitted.waiting)),
            _place: admitted.place,
        })
    }

    pub(crate) fn now(&self) -> Millis {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    pub(crate) fn session(&self) -> &SessionHandle {
        &self.session
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        self.session.outbox()
    }

    pub(crate) fn inbound(&self) -> &RefCell<Inbound> {
        &self.inbound
    }

    pub(crate) fn weak_kill(&self) -> Option<WeakKill> {
        match &self.ending {
            Ending::Beside(kill) => Some(kill.clone()),
            // The connection lives as long as such a socket.
            Ending::Own(_) | Ending::Not => None,
        }
    }

    /// Ends the socket after what was sent, or at once. Where there is no handle on it, its owner
    /// is told that nothing more comes.
    pub(crate) fn end_socket(&self, at_once: bool) {
        if !self.ending.end(at_once) {
            self.over();
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// The body found nothing to send and waits.
    pub(crate) fn body_waits(&self, waker: &Waker) {
        self.moved_at.set(self.now());
        self.wakes(waker);
    }

    /// Whom to wake when something is to be done besides what the outbox tells of.
    pub(crate) fn wakes(&self, waker: &Waker) {
        let mut body = self.body.borrow_mut();
        match &*body {
            Some(known) if known.will_wake(waker) => {}
            _ => *body = Some(waker.clone()),
        }
    }

    pub(crate) fn wake_body(&self) {
        if let Some(waker) = self.body.borrow_mut().take() {
            waker.wake();
        }
    }

    /// The peer has taken something.
    pub(crate) fn moved(&self) {
        self.moved_at.set(self.now());
    }

    /// Frames were taken out, to be sent. The first is a `welcome` or a `goodbye`: either way the
    /// hello is not awaited any more.
    pub(crate) fn sending(&self) {
        self.moved_at.set(self.now());
        self.waiting.take();
    }

    pub(crate) fn ping_came(&self, payload: Bytes) {
        self.session.pong();
        self.pong.replace(Some(payload));
        self.wake_body();
    }

    pub(crate) fn take_pong(&self) -> Option<Bytes> {
        self.pong.take()
    }

    /// The peer closes: it is answered, and that is all.
    pub(crate) fn close_came(&self, code: Option<u16>) {
        match self.phase() {
            Phase::Open => {
                self.why.set(Some(Close::Normal));
                self.close_reply.replace(Some(control::close_reply(code)));
                self.end_session();
                self.wake_body();
            }
            // It answers ours, so everything that was sent has arrived.
            Phase::Closing { .. } => self.finish(),
            Phase::Over { .. } => {}
        }
    }

    /// The peer's bytes make no sense any more.
    pub(crate) fn fail(&self, why: Close) {
        self.broken.set(true);
        self.outbox().close(why, None);
    }

    /// Whether the peer's answer to a close will be understood, and so is waited for.
    pub(crate) fn hears(&self) -> bool {
        !self.broken.get()
    }

    pub(crate) fn take_close_reply(&self) -> Option<Bytes> {
        self.close_reply.take()
    }

    /// The last bytes were handed over.
    pub(crate) fn closing(&self, why: Option<Close>) {
        if why.is_some() {
            self.why.set(why);
        }
        self.phase.set(Phase::Closing { since: self.now() });
        self.end_session();
    }

    /// Everything was said: the socket ends after what was sent.
    pub(crate) fn finish(&self) {
        self.end_socket(false);
        self.over();
    }

    /// The socket is gone, or as good as.
    pub(crate) fn over(&self) {
        if !matches!(self.phase(), Phase::Over { .. }) {
            self.phase.set(Phase::Over { since: self.now() });
        }
        self.end_session();
        self.wake_body();
    }

    fn end_session(&self) {
        if !self.session_ended.replace(true) {
            self.session.ended();
        }
    }

    /// What the passing of time means for this connection.
    pub(crate) fn check(&self) -> Verdict {
        let now = self.now();
        match self.phase() {
            Phase::Open => self.check_open(now),
            Phase::Closing { since } if now - since >= UNANSWERED_MAX + LINGER_MAX => {
                Verdict::Reset
            }
            Phase::Closing { since } if now - since >= UNANSWERED_MAX => Verdict::Finish,
            Phase::Over { since } if now - since >= LINGER_MAX => Verdict::Reset,
            Phase::Closing { .. } | Phase::Over { .. } => Verdict::Fine,
        }
    }

    /// A stream has no reader that would notice the peer's end.
    fn listener_has_left(&self) -> bool {
        self.edge == metrics::Edge::EventStream && self.ending.has_left()
    }

    fn check_open(&self, now: Millis) -> Verdict {
        if self.listener_has_left() {
            self.over();
            return Verdict::Fine;
        }
        let outbox = self.outbox();
        if !outbox.is_closing() {
            let (waiting, _) = outbox.depth();
            if waiting == 0 {
                self.moved_at.set(now);
            }
            let overdue = self.inbound.borrow().overdue(now);
            let stalled = now - self.moved_at.get() >= STALLED_AFTER;
            if let Some(why) = overdue {
                self.fail(why);
            } else if stalled {
                outbox.close(Close::Slow, None);
            }
        }
        let Some(why) = outbox.closing() else {
            return Verdict::Fine;
        };
        // Its place in rooms and lists is given up now, however long the socket takes.
        self.why.set(Some(why));
        self.end_session();
        let since = self.closing_since.get().unwrap_or(now);
        self.closing_since.set(Some(since));
        let patience = if why == Close::Silent {
            UNSENT_SILENT_MAX
        } else {
            UNSENT_MAX
        };
        if now - since >= patience {
            self.over();
            return Verdict::Reset;
        }
        Verdict::Fine
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.end_session();
        metrics::socket_closed(self.edge, self.why.get());
        tracing::debug!(
            edge = ?self.edge,
            why = self.why.get().map_or("broken", Close::label),
            lasted_ms = self.now(),
            "a connection has ended"
        );
    }
}

/// Frames as one piece, so that they are one write.
pub(crate) fn coalesce(frames: &[Frame], part: impl Fn(&Frame) -> Bytes) -> Bytes {
    if let [only] = frames {
        return part(only);
    }
    let parts: Vec<Bytes> = frames.iter().map(part).collect();
    let mut whole = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
    for part in parts {
        whole.extend_from_slice(&part);
    }
    whole.freeze()
}

/// How long the watch sleeps. All deadlines are at most this late.
pub(crate) const CHECK_EVERY: Duration = Duration::from_millis(500);
