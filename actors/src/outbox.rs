//! What waits to be sent to one connection: ready-made frames, bounded by count and bytes.
//!
//! The seam between sessions and sockets. Lanes and sessions put frames in; an edge, whatever its
//! transport, takes batches out. It lives on one worker thread and needs no lock.
//!
//! Overflow: frames that a later one makes obsolete go first; when that is not enough the
//! connection is closed as slow. A durable frame is never dropped from a connection that lives.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use bytes::{BufMut, Bytes, BytesMut};
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{CohortId, RoomId, UserId};
use ludus_domain::protocol::{Close, ServerFrame};

/// Frames that may wait. A phone on a train needs some; a thousand of these queues must still be small.
pub const FRAMES_MAX: usize = 256;
/// Bytes that may wait.
pub const BYTES_MAX: usize = 1024 * 1024;
/// Bytes of replays that may wait on top: a resume brings at most one of these per stream, and a
/// client that does not read them gets resets for the rest.
pub const REPLAY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Places of a queue that an empty one may keep.
const KEPT_CAPACITY: usize = 4;

/// What matters more leaves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Answers, heartbeats, the goodbye: before everything.
    Control,
    /// Events and what must stay in order with them.
    Durable,
    /// Only the newest of its key counts.
    Latest(Key),
    /// Tokens of a persona: in order, after the rest.
    Streamed,
}

/// What a newer frame replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Presence(RoomId),
    Typing(RoomId, UserId),
    Hints(RoomId),
    Watched(RoomId),
    DraftSeen(RoomId, UserId),
    /// A change of a board builds on the one before: a client that misses one watches again.
    Board(u64),
    /// As a board's.
    Desk(CohortId),
}

impl Key {
    /// A board among the few that one connection watches.
    pub fn of_board(board: &BoardKey) -> u64 {
        let mut hasher = DefaultHasher::new();
        board.hash(&mut hasher);
        hasher.finish()
    }
}

/// A frame, encoded once and shared by everybody it goes to.
#[derive(Clone, Debug)]
pub struct Frame {
    /// A complete WebSocket text frame, as a server sends it: a header and the JSON.
    ws: Bytes,
    header: u8,
    class: Class,
}

impl Frame {
    pub fn encode(class: Class, frame: &ServerFrame) -> Self {
        // Server frames are maps of strings and numbers; they always serialise.
        Self::from_json(class, &serde_json::to_vec(frame).unwrap_or_default())
    }

    /// A frame whose JSON is at hand.
    pub fn from_json(class: Class, json: &[u8]) -> Self {
        let mut ws = BytesMut::with_capacity(json.len() + 10);
        ws.put_u8(0x81);
        match json.len() {
            #[expect(clippy::cast_possible_truncation, reason = "guarded by the arm")]
            len @ 0..126 => ws.put_u8(len as u8),
            #[expect(clippy::cast_possible_truncation, reason = "guarded by the arm")]
            len @ 126..65_536 => {
                ws.put_u8(126);
                ws.put_u16(len as u16);
            }
            len => {
                ws.put_u8(127);
                ws.put_u64(len as u64);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "2, 4 or 10")]
        let header = ws.len() as u8;
        ws.put_slice(json);
        Self {
            ws: ws.freeze(),
            header,
            class,
        }
    }

    /// The whole WebSocket frame.
    pub(crate) const fn class(&self) -> Class {
        self.class
    }

    pub fn ws(&self) -> &Bytes {
        &self.ws
    }

    /// The JSON alone.
    pub fn json(&self) -> Bytes {
        self.ws.slice(usize::from(self.header)..)
    }

    pub fn len(&self) -> usize {
        self.ws.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ws.is_empty()
    }
}

/// What an edge takes out.
#[derive(Debug)]
pub enum Out {
    /// Send these, in this order; one write is best.
    Frames(Vec<Frame>),
    /// Ask the other side for a sign of life.
    Ping,
    /// Nothing follows: close with this code.
    Close(Close),
}

/// An edge that writes by itself when there is something, instead of being polled for it.
pub trait Writer: std::fmt::Debug {
    /// Something waits. Called for every frame, in the middle of putting it in: it may only take
    /// note, and must not touch the outbox.
    fn due(self: Rc<Self>);
    /// Whatever waits is to be taken now, as far as the socket takes it: a batch of a busy room may
    /// be more than an outbox holds, and whoever reads as fast as it comes is not slow.
    fn write_now(&self);
}

/// What such an edge took out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Frames, to be sent in their order.
    Frames,
    Ping,
    Close(Close),
    Nothing,
}

#[derive(Debug, Default)]
struct State {
    control: VecDeque<Frame>,
    durable: VecDeque<(Frame, bool)>,
    latest: VecDeque<(Key, Frame)>,
    streamed: VecDeque<Frame>,
    bytes: usize,
    replay_bytes: usize,
    ping: bool,
    close: Option<Close>,
    /// The close was taken out: the edge is on its way down.
    over: bool,
    waker: Option<Waker>,
    writer: Option<Weak<dyn Writer>>,
}

/// A handle on one connection's outbox; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Rc<RefCell<State>>);

impl Outbox {
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a frame in; on overflow the connection is on its way to being closed.
    pub fn push(&self, frame: Frame) {
        let full = self.0.borrow().writer_when_full(frame.len());
        if let Some(writer) = full {
            writer.write_now();
        }
        let mut state = self.0.borrow_mut();
        if state.close.is_some() {
            return;
        }
        state.bytes += frame.len();
        match frame.class {
            Class::Control => state.control.push_back(frame),
            Class::Durable => state.durable.push_back((frame, false)),
            Class::Streamed => state.streamed.push_back(frame),
            Class::Latest(key) => {
                if let Some(at) = state.latest.iter().position(|(other, _)| *other == key)
                    && let Some((_, stale)) = state.latest.remove(at)
                {
                    state.bytes -= stale.len();
                }
                state.latest.push_back((key, frame));
            }
        }
        state.relieve();
        state.wake();
    }

    /// Puts a replay in, whole or not at all: `false` when too much of replays waits already.
    pub fn push_replay(&self, frames: Vec<Frame>) -> bool {
        let mut state = self.0.borrow_mut();
        let bytes: usize = frames.iter().map(Frame::len).sum();
        if state.replay_bytes + bytes > REPLAY_BYTES_MAX {
            return false;
        }
        if state.close.is_none() {
            state.replay_bytes += bytes;
            state
                .durable
                .extend(frames.into_iter().map(|frame| (frame, true)));
            state.wake();
        }
        true
    }

    pub fn ping(&self) {
        let mut state = self.0.borrow_mut();
        state.ping = true;
        state.wake();
    }

    /// Says goodbye and ends it. What waits is sent first, unless the reader is the problem.
    pub fn close(&self, why: Close, reconnect_after_ms: Option<u32>) {
        let mut state = self.0.borrow_mut();
        state.say_goodbye(why, reconnect_after_ms);
        state.wake();
    }

    pub fn is_closing(&self) -> bool {
        self.closing().is_some()
    }

    /// Why it is being closed.
    pub fn closing(&self) -> Option<Close> {
        self.0.borrow().close
    }

    /// Frames and bytes that wait.
    pub fn depth(&self) -> (usize, usize) {
        let state = self.0.borrow();
        (state.frame_count(), state.bytes + state.replay_bytes)
    }

    /// Takes out what is ready, up to about `bytes_max`, most important first.
    pub fn poll_take(&self, cx: &mut Context<'_>, bytes_max: usize) -> Poll<Out> {
        let mut state = self.0.borrow_mut();
        if let Some(out) = state.take(bytes_max) {
            return Poll::Ready(out);
        }
        match &state.waker {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            _ => state.waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// From now on `writer` is told of everything that waits, and takes it with [`Outbox::take_now`].
    pub fn written_by(&self, writer: Weak<dyn Writer>) {
        self.0.borrow_mut().writer = Some(writer);
    }

    /// Takes out what is ready, up to about `bytes_max`, most important first. Frames are put at
    /// the end of `frames`.
    pub fn take_now(&self, bytes_max: usize, frames: &mut Vec<Frame>) -> Taken {
        let mut state = self.0.borrow_mut();
        let before = frames.len();
        state.take_frames(bytes_max, frames);
        if frames.len() > before {
            return Taken::Frames;
        }
        if let Some(why) = state.close {
            state.over = true;
            return Taken::Close(why);
        }
        if std::mem::take(&mut state.ping) {
            return Taken::Ping;
        }
        state.shrink();
        Taken::Nothing
    }

    /// [`Outbox::poll_take`] as a future.
    pub async fn take(&self, bytes_max: usize) -> Out {
        std::future::poll_fn(|cx| self.poll_take(cx, bytes_max)).await
    }
}

impl State {
    fn frame_count(&self) -> usize {
        self.control.len() + self.durable.len() + self.latest.len() + self.streamed.len()
    }

    /// Who can make room, where one more frame of this size has none.
    fn writer_when_full(&self, bytes: usize) -> Option<Rc<dyn Writer>> {
        let is_full = self.bytes + bytes > BYTES_MAX || self.frame_count() >= FRAMES_MAX;
        let writer = self.writer.as_ref().filter(|_| is_full)?;
        writer.upgrade()
    }

    fn wake(&mut self) {
        if let Some(writer) = &self.writer {
            if let Some(writer) = writer.upgrade() {
                writer.due();
            }
            return;
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn is_over_full(&self) -> bool {
        let replayed = self
            .durable
            .iter()
            .filter(|(_, is_replay)| *is_replay)
            .count();
        self.bytes > BYTES_MAX || self.frame_count() - replayed > FRAMES_MAX
    }

    /// Makes room, or gives the connection up.
    fn relieve(&mut self) {
        // The count with replays in it is an upper bound; only past it is the exact one worth its walk.
        if self.bytes <= BYTES_MAX && self.frame_count() <= FRAMES_MAX {
            return;
        }
        while self.is_over_full() {
            let Some((_, stale)) = self.latest.pop_front() else {
                break;
            };
            self.bytes -= stale.len();
        }
        if self.is_over_full() {
            self.say_goodbye(Close::Slow, None);
        }
    }

    fn say_goodbye(&mut self, why: Close, reconnect_after_ms: Option<u32>) {
        if self.close.is_some() {
            return;
        }
        if why == Close::Slow {
            self.control.clear();
            self.durable.clear();
            self.latest.clear();
            self.streamed.clear();
            (self.bytes, self.replay_bytes) = (0, 0);
        }
        let goodbye = ServerFrame::Goodbye {
            code: why.code(),
            reason: why.label().to_owned(),
            reconnect_after_ms,
        };
        let frame = Frame::encode(Class::Durable, &goodbye);
        self.bytes += frame.len();
        self.durable.push_back((frame, false));
        self.close = Some(why);
    }

    /// After a burst, room for it is given back: a thousand quiet connections must still be small.
    fn shrink(&mut self) {
        if self.durable.capacity() > KEPT_CAPACITY {
            self.durable = VecDeque::new();
        }
        if self.control.capacity() > KEPT_CAPACITY {
            self.control = VecDeque::new();
        }
        if self.streamed.capacity() > KEPT_CAPACITY {
            self.streamed = VecDeque::new();
        }
    }

    fn take_frames(&mut self, bytes_max: usize, frames: &mut Vec<Frame>) {
        let mut bytes = 0;
        while bytes < bytes_max {
            let frame = if let Some(frame) = self.control.pop_front() {
                self.bytes -= frame.len();
                frame
            } else if let Some((frame, is_replay)) = self.durable.pop_front() {
                if is_replay {
                    self.replay_bytes -= frame.len();
                } else {
                    self.bytes -= frame.len();
                }
                frame
            } else if let Some((_, frame)) = self.latest.pop_front() {
                self.bytes -= frame.len();
                frame
            } else if let Some(frame) = self.streamed.pop_front() {
                self.bytes -= frame.len();
                frame
            } else {
                break;
            };
            bytes += frame.len();
            frames.push(frame);
        }
    }

    fn take(&mut self, bytes_max: usize) -> Option<Out> {
        let mut frames = vec![];
        self.take_frames(bytes_max, &mut frames);
        if !frames.is_empty() {
            return Some(Out::Frames(frames));
        }
        if let Some(why) = self.close {
            // Asked again after the close, an edge hears it again: it can only go down.
            self.over = true;
            return Some(Out::Close(why));
        }
        std::mem::take(&mut self.ping).then_some(Out::Ping)
    }
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::Seq;
    use ludus_domain::stream::StreamId;
    use uuid::Uuid;

    use super::*;

    fn skip(seq: u64) -> ServerFrame {
        let stream = StreamId::Room(RoomId(Uuid::from_u128(1)));
        ServerFrame::Skip {
            stream,
            from: Seq(seq),
            to: Seq(seq),
        }
    }

    fn drain(outbox: &Outbox) -> (Vec<Frame>, Option<Close>) {
        let mut frames = vec![];
        loop {
            match outbox.0.borrow_mut().take(1) {
                Some(Out::Frames(more)) => frames.extend(more),
                Some(Out::Close(why)) => return (frames, Some(why)),
                Some(Out::Ping) => {}
                None => return (frames, None),
            }
        }
    }

    #[test]
    fn headers_fit_their_payloads() {
        for len in [0, 125, 126, 65_535, 65_536] {
            let frame = Frame::encode(
                Class::Control,
                &ServerFrame::Heartbeat {
                    resume: Some("x".repeat(len)),
                },
            );
            let json = frame.json();
            assert_eq!(json.len() + usize::from(frame.header), frame.ws().len());
            assert!(json.starts_with(b"{") && json.ends_with(b"}"));
        }
    }

    #[test]
    fn a_reader_who_stops_is_closed_and_costs_nothing_more() {
        let outbox = Outbox::new();
        for seq in 0..10_000 {
            outbox.push(Frame::encode(Class::Durable, &skip(seq)));
        }
        let (frames, close) = drain(&outbox);
        assert_eq!(close, Some(Close::Slow));
        assert_eq!(frames.len(), 1, "only the goodbye: the rest is resumed");
        assert_eq!(outbox.depth(), (0, 0));
    }

    #[test]
    fn answers_overtake_and_the_latest_wins() {
        let outbox = Outbox::new();
        let key = Key::Presence(RoomId(Uuid::from_u128(1)));
        outbox.push(Frame::encode(Class::Latest(key), &skip(1)));
        outbox.push(Frame::encode(Class::Durable, &skip(2)));
        outbox.push(Frame::encode(Class::Latest(key), &skip(3)));
        outbox.push(Frame::encode(Class::Control, &skip(4)));
        let (frames, close) = drain(&outbox);
        let seen: Vec<serde_json::Value> = frames
            .iter()
            .map(|frame| serde_json::from_slice(&frame.json()).expect("json"))
            .collect();
        assert_eq!(
            seen.iter()
                .map(|frame| frame["from"].as_u64())
                .collect::<Vec<_>>(),
            [Some(4), Some(2), Some(3)]
        );
        assert_eq!(close, None);
    }

    #[derive(Debug, Default)]
    struct Told(std::cell::Cell<u32>);

    impl Writer for Told {
        fn due(self: Rc<Self>) {
            self.0.set(self.0.get() + 1);
        }

        fn write_now(&self) {}
    }

    /// Has an outbox and a socket that takes everything.
    #[derive(Debug, Default)]
    struct Quick(Outbox, RefCell<Vec<Frame>>);

    impl Writer for Quick {
        fn due(self: Rc<Self>) {}

        fn write_now(&self) {
            while self.0.take_now(usize::MAX, &mut self.1.borrow_mut()) == Taken::Frames {}
        }
    }

    #[test]
    fn a_batch_larger_than_the_outbox_makes_nobody_slow_whose_socket_takes_it() {
        let quick = Rc::new(Quick::default());
        let weak = Rc::downgrade(&quick);
        quick.0.written_by(weak);
        for seq in 0..1_000 {
            quick.0.push(Frame::encode(Class::Durable, &skip(seq)));
        }
        quick.write_now();
        assert!(!quick.0.is_closing());
        assert_eq!(quick.1.borrow().len(), 1_000);

        let stuck = Outbox::new();
        let told = Rc::new(Told::default());
        let weak = Rc::downgrade(&told);
        stuck.written_by(weak);
        for seq in 0..1_000 {
            stuck.push(Frame::encode(Class::Durable, &skip(seq)));
        }
        assert_eq!(stuck.closing(), Some(Close::Slow));
    }

    #[test]
    fn a_writer_is_told_of_everything_and_takes_it_in_one_go() {
        let (outbox, told) = (Outbox::new(), Rc::new(Told::default()));
        let weak = Rc::downgrade(&told);
        outbox.written_by(weak);
        for seq in 0..10 {
            outbox.push(Frame::encode(Class::Durable, &skip(seq)));
        }
        outbox.ping();
        assert_eq!(told.0.get(), 11);
        let mut frames = vec![];
        assert_eq!(outbox.take_now(usize::MAX, &mut frames), Taken::Frames);
        assert_eq!(frames.len(), 10);
        assert_eq!(outbox.take_now(usize::MAX, &mut frames), Taken::Ping);
        assert_eq!(outbox.take_now(usize::MAX, &mut frames), Taken::Nothing);
        assert!(outbox.0.borrow().durable.capacity() <= KEPT_CAPACITY);
        drop(told);
        outbox.close(Close::Normal, None);
        assert_eq!(outbox.take_now(usize::MAX, &mut frames), Taken::Frames);
        assert_eq!(
            outbox.take_now(usize::MAX, &mut frames),
            Taken::Close(Close::Normal)
        );
    }

    #[test]
    fn a_replay_is_whole_or_refused() {
        let outbox = Outbox::new();
        let big = ServerFrame::Heartbeat {
            resume: Some("x".repeat(1024 * 1024)),
        };
        for _ in 0..3 {
            assert!(outbox.push_replay(vec![Frame::encode(Class::Durable, &big)]));
        }
        assert!(!outbox.push_replay(vec![Frame::encode(Class::Durable, &big)]));
        assert!(!outbox.is_closing());
        assert_eq!(drain(&outbox).0.len(), 3);
        assert_eq!(outbox.depth(), (0, 0));
    }
}
