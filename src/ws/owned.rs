//! The edge that owns its sockets: the hub's default.
//!
//! The HTTP server hands a socket over with the upgrade request. The 101 is written by hand, and
//! from then on the connection is one small task that reads; the server's dispatcher and its
//! buffers are gone. Nobody is woken to write: an outbox that has something puts its connection in
//! the thread's line ([`super::turn`]), and it is written in place. Only when the kernel takes no
//! more is what is left kept here, and the task waits for the socket to be writable.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_codec::Framed;
use actix_http::Request;
use actix_http::h1::Codec;
use actix_http::header::{HeaderValue, SEC_WEBSOCKET_KEY};
use actix_http::ws::hash_key;
use actix_rt::net::TcpStream;
use bytes::{Buf as _, Bytes};
use ludus_actors::outbox::{Frame, Taken, Writer};
use ludus_domain::protocol::SUBPROTOCOL;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::admission::TurnedAway;
use super::connection::{Connection, Phase, WRITE_BYTES};
use super::inbound::Received;
use super::socket::Ending;
use super::turn::Turn;
use super::wire::Wire;
use super::{EdgeState, PATH, control};
use crate::metrics;

/// Pieces of one write. More are a second write.
const PIECES_MAX: usize = 64;
/// How long whoever is turned away may take to take the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Kilobytes that are read from them meanwhile.
const UNREAD_MAX: usize = 64;

/// One connection. Its task holds it; the line of its thread does while it is in it.
#[derive(Debug)]
pub(crate) struct Owned {
    connection: Rc<Connection>,
    wire: Rc<Wire>,
    turn: Rc<Turn>,
    /// What the kernel did not take yet. While there is any, the outbox waits.
    unsent: RefCell<VecDeque<Bytes>>,
    in_line: Cell<bool>,
    /// What was handed over last is the last: the answer to the peer's close, or a close whose
    /// answer would not be understood.
    last: Cell<bool>,
    broken: Cell<bool>,
}

/// Takes a socket over, or turns it away.
pub(super) async fn upgrade(
    edge: Rc<EdgeState>,
    (request, framed): (Request, Framed<TcpStream, Codec>),
) {
    let begun = tokio::time::Instant::now();
    let parts = framed.into_parts();
    // Answers to what was asked before on the same connection.
    let mut before = parts.write_buf;
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let admission = edge.admission();
    let request_id = admission.request_id(request.head(), peer);
    let admitted = if request.path() == PATH {
        admission.socket(request.head(), peer, request_id)
    } else {
        Err(TurnedAway::nothing_here(request_id))
    };
    let status = match admitted {
        Ok(admitted) => {
            before.extend_from_slice(accepted(&request, &admitted.request_id).as_bytes());
            let wire = Rc::new(Wire::new(parts.io));
            let ending = Ending::Own(Rc::downgrade(&wire));
            let connection = edge.begin(ending, admitted, metrics::Edge::WebSocket);
            let owned = Owned::new(connection, wire, Rc::clone(&edge.turn));
            owned.send(before.freeze());
            // A task of its own, so that the server's is freed when this returns.
            actix_rt::spawn(owned.serve(parts.read_buf.freeze()));
            101
        }
        Err(away) => {
            metrics::upgrade_refused(away.code.code());
            before.extend_from_slice(&refused(&away));
            // Who does not take the answer goes without it.
            let _ = tokio::time::timeout(ANSWER_WITHIN, answer(parts.io, &before)).await;
            away.status.as_u16()
        }
    };
    metrics::http_answered(PATH, status, begun.elapsed());
}

/// Writes it all, and reads what comes besides: closing on unread bytes would take the answer back.
async fn answer(mut io: TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    io.write_all(bytes).await?;
    io.shutdown().await?;
    let mut unread = [0; 1_024];
    for _ in 0..UNREAD_MAX {
        if io.read(&mut unread).await? == 0 {
            break;
        }
    }
    Ok(())
}

fn accepted(request: &Request, request_id: &str) -> String {
    let key = request.head().headers().get(SEC_WEBSOCKET_KEY);
    // The admission has seen that there is a good one.
    let accept = hash_key(key.map(HeaderValue::as_bytes).unwrap_or_default());
    let accept = String::from_utf8_lossy(&accept);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\nsec-websocket-protocol: {SUBPROTOCOL}\r\n\
         x-request-id: {request_id}\r\n\r\n"
    )
}

fn refused(away: &TurnedAway) -> Vec<u8> {
    let body = away.problem();
    let mut answer = format!(
        "HTTP/1.1 {} {}\r\n",
        away.status.as_u16(),
        away.status.canonical_reason().unwrap_or_default()
    );
    for (name, value) in away.headers() {
        let _ = write!(answer, "{name}: {value}\r\n");
    }
    let _ = write!(
        answer,
        "content-type: application/problem+json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [answer.into_bytes(), body].concat()
}

impl Writer for Owned {
    fn due(self: Rc<Self>) {
        if !self.in_line.replace(true) {
            let turn = Rc::clone(&self.turn);
            turn.put_in_line(self);
        }
    }

    fn write_now(&self) {
        self.flush();
    }
}

impl Owned {
    fn new(connection: Rc<Connection>, wire: Rc<Wire>, turn: Rc<Turn>) -> Rc<Self> {
        let owned = Rc::new(Self {
            connection,
            wire,
            turn,
            unsent: RefCell::default(),
            in_line: Cell::new(false),
            last: Cell::new(false),
            broken: Cell::new(false),
        });
        let writer = Rc::downgrade(&owned);
        owned.connection.outbox().written_by(writer);
        owned
    }

    /// Takes in what the peer sends, one message at a time: the next is not looked at before the
    /// session has taken this one, so that a flood stays in the sender's socket buffer.
    async fn serve(self: Rc<Self>, mut rest: Bytes) {
        while let Some(message) = poll_fn(|cx| self.poll_message(cx, &mut rest)).await {
            self.connection.session().receive(message).await;
        }
        self.connection.over();
    }

    /// The next message, or the end. `rest` is what was read and not looked at yet.
    fn poll_message(&self, cx: &mut Context<'_>, rest: &mut Bytes) -> Poll<Option<Bytes>> {
        self.connection.wakes(cx.waker());
        while self.is_blocked() {
            match self.wire.poll_writable(cx) {
                Poll::Ready(Ok(())) => self.flush(),
                Poll::Ready(Err(_)) => self.breaks(),
                Poll::Pending => break,
            }
        }
        loop {
            if self.broken.get() {
                return Poll::Ready(None);
            }
            if !rest.is_empty() {
                let mut input = &rest[..];
                let message = self.look_at(&mut input);
                let used = rest.len() - input.len();
                rest.advance(used);
                if message.is_some() {
                    return Poll::Ready(message);
                }
            }
            let mut scratch = self.turn.scratch();
            let count = match ready!(self.wire.poll_read(cx, &mut scratch)) {
                Ok(0) | Err(_) => return Poll::Ready(None),
                Ok(count) => count,
            };
            let mut input = &scratch[..count];
            let message = self.look_at(&mut input);
            *rest = Bytes::copy_from_slice(input);
            if message.is_some() {
                return Poll::Ready(message);
            }
        }
    }

    /// The next text message in what was read. Everything else is answered on the way.
    fn look_at(&self, input: &mut &[u8]) -> Option<Bytes> {
        let connection = &self.connection;
        loop {
            let next = connection
                .inbound()
                .borrow_mut()
                .next(input, connection.now());
            match next {
                Ok(Some(Received::Text(message))) => return Some(message),
                Ok(Some(Received::Ping(payload))) => {
                    connection.ping_came(payload);
                    self.flush();
                }
                Ok(Some(Received::Pong)) => connection.session().pong(),
                Ok(Some(Received::Close(code))) => {
                    connection.close_came(code);
                    self.flush();
                }
                Ok(None) => return None,
                Err(why) => connection.fail(why),
            }
        }
    }

    /// Called by the line.
    pub(super) fn write_in_turn(&self) {
        self.in_line.set(false);
        self.flush();
    }

    fn is_blocked(&self) -> bool {
        !self.unsent.borrow().is_empty() && !self.broken.get()
    }

    /// The socket takes and gives nothing any more.
    fn breaks(&self) {
        self.broken.set(true);
        self.unsent.borrow_mut().clear();
        self.connection.over();
    }

    /// Writes until there is nothing to say, or nobody to take it.
    fn flush(&self) {
        loop {
            self.send_rest();
            if self.broken.get() || self.is_blocked() {
                return;
            }
            match self.connection.phase() {
                Phase::Over { .. } => return,
                Phase::Closing { .. } => {
                    if self.last.get() {
                        self.connection.finish();
                    }
                    return;
                }
                Phase::Open => {}
            }
            if !self.say_next() {
                return;
            }
        }
    }

    /// Hands over what is to be said next; `false` when there is nothing.
    fn say_next(&self) -> bool {
        let connection = &self.connection;
        if let Some(reply) = connection.take_close_reply() {
            connection.closing(None);
            self.last.set(true);
            self.send(reply);
            return true;
        }
        if let Some(payload) = connection.take_pong() {
            self.send(control::pong(&payload));
            return true;
        }
        let mut frames = self.turn.frames();
        match connection.outbox().take_now(WRITE_BYTES, &mut frames) {
            Taken::Frames => {
                connection.sending();
                self.send_frames(&frames);
                frames.clear();
            }
            Taken::Ping => self.send(control::ping()),
            Taken::Close(why) => {
                connection.closing(Some(why));
                if !connection.hears() {
                    self.last.set(true);
                }
                self.send(control::close(why));
            }
            Taken::Nothing => return false,
        }
        true
    }

    fn send(&self, bytes: Bytes) {
        self.unsent.borrow_mut().push_back(bytes);
        self.send_rest();
    }

    /// Straight from the outbox to the kernel; only what it does not take is kept.
    fn send_frames(&self, frames: &[Frame]) {
        for some in frames.chunks(PIECES_MAX) {
            if self.is_blocked() {
                self.keep(some, 0);
                continue;
            }
            let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
            for (piece, frame) in pieces.iter_mut().zip(some) {
                *piece = IoSlice::new(frame.ws());
            }
            match self.wire.try_write(&pieces[..some.len()]) {
                Ok(written) => self.keep(some, written),
                Err(_) => return self.breaks(),
            }
        }
    }

    /// Keeps what comes after the first `written` bytes of these.
    fn keep(&self, frames: &[Frame], mut written: usize) {
        let mut unsent = self.unsent.borrow_mut();
        for frame in frames {
            let bytes = frame.ws();
            if written < bytes.len() {
                if unsent.is_empty() {
                    // The task is to wait for the socket.
                    self.connection.wake_body();
                }
                unsent.push_back(bytes.slice(written..));
            }
            written = written.saturating_sub(bytes.len());
        }
    }

    fn send_rest(&self) {
        let mut unsent = self.unsent.borrow_mut();
        while !unsent.is_empty() {
            let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
            let mut count = 0;
            for (piece, bytes) in pieces.iter_mut().zip(unsent.iter()) {
                *piece = IoSlice::new(bytes);
                count += 1;
            }
            let mut written = match self.wire.try_write(&pieces[..count]) {
                Ok(0) => {
                    self.connection.wake_body();
                    return;
                }
                Ok(written) => written,
                Err(_) => {
                    drop(unsent);
                    return self.breaks();
                }
            };
            self.connection.moved();
            while let Some(first) = unsent.front_mut() {
                if written < first.len() {
                    first.advance(written);
                    break;
                }
                written -= first.len();
                unsent.pop_front();
            }
        }
        if unsent.capacity() > 0 {
            *unsent = VecDeque::new();
        }
    }
}
