//! The simple edge: the handshake of `actix-web-actors`, and a response body that drains an outbox.
//!
//! It serves everything an HTTP server serves, TLS inside the process included. No actor lives in
//! the body: a peer that stops reading stops the body, and nothing else.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::handshake_with_protocols;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use ludus_actors::outbox::Out;
use ludus_domain::protocol::SUBPROTOCOL;

use super::connection::{Connection, Phase, WRITE_BYTES, coalesce};
use super::inbound::Received;
use super::{EdgeState, admission::TurnedAway, control};
use crate::metrics;

/// `GET /api/v1/ws`.
pub(crate) async fn upgrade(
    request: HttpRequest,
    payload: web::Payload,
    edge: web::ThinData<Rc<EdgeState>>,
) -> HttpResponse {
    let admitted = match edge.admission().socket(
        request.head(),
        super::peer(&request),
        super::request_id(&request),
    ) {
        Ok(admitted) => admitted,
        Err(away) => return turn_away(&away),
    };
    let mut response = match handshake_with_protocols(&request, &[SUBPROTOCOL]) {
        Ok(response) => response,
        // The admission is stricter than that handshake, so this is not reached.
        Err(error) => return HttpResponse::from_error(error),
    };
    response.insert_header(("x-request-id", admitted.request_id.clone()));
    let connection = edge.begin(super::ending(&request), admitted, metrics::Edge::WebSocket);
    actix_rt::spawn(read(Rc::clone(&connection), payload));
    response.streaming(Body::new(connection))
}

/// The answer to a handshake that was refused.
pub(crate) fn turn_away(away: &TurnedAway) -> HttpResponse {
    metrics::upgrade_refused(away.code.code());
    let mut response = HttpResponse::build(away.status);
    for header in away.headers() {
        response.insert_header(header);
    }
    response
        .insert_header((CONTENT_TYPE, "application/problem+json"))
        .body(away.problem())
}

/// Takes in what the peer sends, one message at a time: the next is not looked at before the
/// session has taken this one, so that a flood stays in the sender's socket buffer.
async fn read(connection: Rc<Connection>, mut payload: web::Payload) {
    while let Some(Ok(chunk)) = payload.next().await {
        let mut input = &chunk[..];
        loop {
            let next = connection
                .inbound()
                .borrow_mut()
                .next(&mut input, connection.now());
            match next {
                Ok(Some(Received::Text(message))) => {
                    connection.session().receive(message).await;
                }
                Ok(Some(Received::Ping(payload))) => connection.ping_came(payload),
                Ok(Some(Received::Pong)) => connection.session().pong(),
                Ok(Some(Received::Close(code))) => connection.close_came(code),
                Ok(None) => break,
                Err(why) => connection.fail(why),
            }
        }
    }
    connection.over();
}

/// The hub's half of the connection, as an HTTP response body.
struct Body {
    connection: Rc<Connection>,
    last: Last,
}

/// How far the frame is after which nothing is awaited: the answer to the peer's close, or a close
/// whose answer would not be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    NotYet,
    /// Handed over in this turn; the server writes it at the turn's end.
    Handed,
    Written,
}

impl Body {
    const fn new(connection: Rc<Connection>) -> Self {
        Self {
            connection,
            last: Last::NotYet,
        }
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let connection = &self.connection;
        match connection.phase() {
            Phase::Over { .. } => return Poll::Ready(None),
            Phase::Closing { .. } if self.last == Last::Written => {
                connection.finish();
                return Poll::Ready(None);
            }
            Phase::Closing { .. } => {
                if self.last == Last::Handed {
                    self.last = Last::Written;
                    cx.waker().wake_by_ref();
                }
                connection.body_waits(cx.waker());
                return Poll::Pending;
            }
            Phase::Open => {}
        }
        if let Some(reply) = connection.take_close_reply() {
            connection.closing(None);
            self.last = Last::Handed;
            return Poll::Ready(Some(reply));
        }
        if let Some(payload) = connection.take_pong() {
            return Poll::Ready(Some(control::pong(&payload)));
        }
        match connection.outbox().poll_take(cx, WRITE_BYTES) {
            Poll::Ready(Out::Frames(frames)) => {
                connection.sending();
                Poll::Ready(Some(coalesce(&frames, |frame| frame.ws().clone())))
            }
            Poll::Ready(Out::Ping) => Poll::Ready(Some(control::ping())),
            Poll::Ready(Out::Close(why)) => {
                connection.closing(Some(why));
                if !connection.hears() {
                    self.last = Last::Handed;
                }
                Poll::Ready(Some(control::close(why)))
            }
            Poll::Pending => {
                connection.body_waits(cx.waker());
                Poll::Pending
            }
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.advance(cx).map(|bytes| bytes.map(Ok))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.connection.over();
    }
}
