//! The same session for networks that break WebSockets: server-sent events down, POST up.
//!
//! The stream is a session like any other, with its outbox, limits and deadlines. What goes up is
//! answered in its own response and depends on no connection, so any node can take it.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::Stream;
use futures_util::future::{LocalBoxFuture, MaybeDone, maybe_done};
use ludus_actors::outbox::{Frame, Out};
use ludus_actors::ports::CommandClass;
use ludus_actors::room::{Read, Typing};
use ludus_actors::session::SessionPorts;
use ludus_domain::host;
use ludus_domain::ids::{CommandId, RoomId};
use ludus_domain::protocol::{ClientFrame, FRAMES_PER_MESSAGE_MAX, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Command, Moment, Sender};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Body, Raw};
use super::problem::Problem;
use super::reply::{Answer, ok};
use crate::metrics;
use crate::people::Caller;
use crate::ws::connection::{Connection, Phase, WRITE_BYTES, coalesce};
use crate::ws::simple::turn_away;
use crate::ws::{self, EdgeState};

/// Nobody reads it; it shows both ends and everything between them that the stream lives.
const COMMENT: Bytes = Bytes::from_static(b": alive\n\n");
const BEFORE: &[u8] = b"event: frame\ndata: ";
const AFTER: &[u8] = b"\n\n";

/// Follow what happens, as server-sent events.
///
/// The body is a `hello` frame, as over the socket; it needs no bearer token, the ticket or resume
/// token in it says who it is. Each event named `frame` carries one server frame in `data`; the
/// last is a `goodbye` with the close code. Reconnect with the `resume` of the latest `welcome` or
/// `heartbeat`.
#[utoipa::path(
    post, path = "/api/v1/stream", tag = "connections", security(()),
    request_body = ClientFrame,
    responses((status = 200, description = "Server frames, one an event", body = String, content_type = "text/event-stream")),
)]
pub(super) async fn open(
    request: HttpRequest,
    hello: Raw,
    edge: web::ThinData<Rc<EdgeState>>,
) -> HttpResponse {
    let (peer, id) = (ws::peer(&request), ws::request_id(&request));
    let admitted = match edge.admission().stream(request.head(), peer, id) {
        Ok(admitted) => admitted,
        Err(away) => return turn_away(&away),
    };
    let connection = edge.begin(ws::ending(&request), admitted, metrics::Edge::EventStream);
    connection.session().receive(Bytes::from(hello.0)).await;
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        // Compression would keep events back until it has enough of them; so would some proxies.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        // The socket ends with the stream, so that a stalled one can be ended.
        .force_close()
        .streaming(Events(connection))
}

/// The frames of a session, as events.
struct Events(Rc<Connection>);

impl Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let connection = &self.0;
        if connection.phase() != Phase::Open {
            return Poll::Ready(None);
        }
        let bytes = match connection.outbox().poll_take(cx, WRITE_BYTES) {
            Poll::Ready(Out::Frames(frames)) => {
                connection.sending();
                coalesce(&frames, event)
            }
            Poll::Ready(Out::Ping) => COMMENT,
            Poll::Ready(Out::Close(why)) => {
                connection.closing(Some(why));
                connection.over();
                return Poll::Ready(None);
            }
            Poll::Pending => {
                connection.body_waits(cx.waker());
                return Poll::Pending;
            }
        };
        Poll::Ready(Some(Ok(bytes)))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.0.over();
    }
}

/// JSON as we write it has no line breaks, so it is one line of data.
fn event(frame: &Frame) -> Bytes {
    let json = frame.json();
    let mut event = BytesMut::with_capacity(BEFORE.len() + json.len() + AFTER.len());
    event.put_slice(BEFORE);
    event.put_slice(&json);
    event.put_slice(AFTER);
    event.freeze()
}

/// One frame, or several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Up {
    One(Box<ClientFrame>),
    Several(Vec<ClientFrame>),
}

/// Do what a connection's `command`, `typing` and `read` frames do.
///
/// For clients with an event stream. Any node takes it. Answers the `ack` or `nack` of each
/// command, in the order of the commands; `typing` and `read` have no answer. Sent again with the
/// same ids, the answers are the same.
#[utoipa::path(
    post, path = "/api/v1/commands", tag = "connections",
    request_body = Up,
    responses((status = 200, description = "Acks and nacks, in order", body = Vec<ServerFrame>)),
)]
pub(super) async fn commands(
    caller: Caller,
    up: Body<Up>,
    edge: web::ThinData<Rc<EdgeState>>,
) -> Answer {
    let frames = match up.0 {
        Up::One(frame) => vec![*frame],
        Up::Several(frames) => frames,
    };
    if frames.is_empty() || frames.len() > FRAMES_PER_MESSAGE_MAX {
        return Err(Problem::malformed("a request carries 1 to 32 frames"));
    }
    let goes_up = |frame: &ClientFrame| {
        matches!(
            frame,
            ClientFrame::Command { .. } | ClientFrame::Typing { .. } | ClientFrame::Read { .. }
        )
    };
    if !frames.iter().all(goes_up) {
        return Err(Problem::malformed(
            "only commands, typing and read positions go up this way",
        ));
    }
    let from = From {
        caller: &caller,
        ports: edge.ports(),
    };
    let asked = frames
        .into_iter()
        .filter_map(|frame| from.perform(frame))
        .map(maybe_done)
        .collect();
    Ok(ok(&in_order(asked).await))
}

/// Whom a request is from, and what it can reach.
struct From<'a> {
    caller: &'a Caller,
    ports: &'a SessionPorts,
}

impl<'a> From<'a> {
    /// Begins to do it. What comes back is the answer, where there is to be one.
    fn perform(&self, frame: ClientFrame) -> Option<LocalBoxFuture<'a, ServerFrame>> {
        let org = self.caller.identity().org;
        let user = self.caller.identity().user;
        let directory = &self.ports.directory;
        match frame {
            ClientFrame::Command { id, room, command } => Some(self.ask(id, room, command)),
            ClientFrame::Typing { room, on } => {
                if self.afford(room, CommandClass::Ephemeral).is_ok() {
                    directory.hint(org, room, Typing { user, on });
                }
                None
            }
            ClientFrame::Read { room, seq } => {
                if self.afford(room, CommandClass::Ephemeral).is_ok() {
                    directory.hint(org, room, Read { user, seq });
                }
                None
            }
            // Hints come as fast as keys or not at all: whoever is here has no socket.
            ClientFrame::Draft { .. }
            | ClientFrame::Hello { .. }
            | ClientFrame::Subscribe { .. }
            | ClientFrame::Unsubscribe { .. }
            | ClientFrame::Watch { .. }
            | ClientFrame::Unwatch { .. }
            | ClientFrame::WatchDesk { .. }
            | ClientFrame::UnwatchDesk { .. }
            | ClientFrame::Heartbeat { .. } => None,
        }
    }

    fn ask(
        &self,
        id: CommandId,
        room: RoomId,
        command: Command,
    ) -> LocalBoxFuture<'a, ServerFrame> {
        let afforded = self.afford(room, CommandClass::of_command(&command));
        let (who, directory) = (self.caller.identity(), &self.ports.directory);
        Box::pin(async move {
            if let Err(retry_after_ms) = afforded {
                return ServerFrame::nack(Some(id), Refusal::RateLimited, Some(retry_after_ms));
            }
            let sender = Sender {
                user: who.user,
                role: who.role,
                guest: who.guest,
                name: who.name.clone(),
                session: None,
                moment: Moment::default(),
            };
            match directory.ask_once(who.org, room, sender, id, command).await {
                host::Answer::Ack { seq, count, dup } => ServerFrame::Ack {
                    id,
                    seq,
                    count,
                    dup,
                },
                host::Answer::Nack {
                    code,
                    retry_after_ms,
                } => ServerFrame::nack(Some(id), code, retry_after_ms),
            }
        })
    }

    fn afford(&self, room: RoomId, class: CommandClass) -> Result<(), u32> {
        let who = self.caller.identity();
        let limits = &self.ports.limits;
        limits
            .frame(who.org, who.user)
            .and_then(|()| limits.command(who.org, who.user, Some(room), class))
    }
}

/// Waits for all of them, each begun in its turn: a sender's commands keep their order.
async fn in_order<T>(mut futures: Vec<MaybeDone<LocalBoxFuture<'_, T>>>) -> Vec<T> {
    poll_fn(|cx| {
        let mut pending = false;
        for future in &mut futures {
            pending |= Pin::new(future).poll(cx).is_pending();
        }
        if pending {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    futures
        .iter_mut()
        .filter_map(|future| Pin::new(future).take_output())
        .collect()
}
