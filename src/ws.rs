//! Connections: from a socket to a session and back, and nothing else.
//!
//! Reading order: [`admission`] decides who may connect; [`guard`] and [`inbound`] turn bytes into
//! messages and refuse what breaks the rules; [`connection`] is one connection as its edge sees
//! it; [`owned`] moves bytes between a socket and the session's outbox, and [`simple`] does the
//! same where a server between them has the socket (TLS); [`watch`] ends what gets nowhere, with
//! the handle [`socket`] keeps; [`server`] puts one of the two under the application. The event stream for networks that break WebSockets
//! is in `http/stream.rs` and shares all of it but the frames.

pub mod admission;
pub(crate) mod connection;
mod control;
pub mod guard;
pub mod inbound;
mod owned;
pub mod server;
pub(crate) mod simple;
pub mod socket;
mod turn;
mod watch;
mod wire;

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::Version;
use actix_web::{HttpMessage as _, HttpRequest, web};
use ludus_actors::lane::LocalLane;
use ludus_actors::session::{Session, SessionPorts, SessionSetup};
use ludus_domain::ids::SessionId;
use ludus_domain::session::Pace;
use uuid::Uuid;

use self::admission::{Admission, Admitted};
use self::connection::Connection;
use self::guard::GuardSettings;
use self::socket::{Ending, Kill};
use self::turn::Turn;
use self::watch::Watch;
use crate::http::RequestId;
use crate::metrics;

/// What one worker thread needs to take connections.
#[derive(Debug)]
pub struct Edge {
    pub admission: Arc<Admission>,
    pub ports: SessionPorts,
    /// The lane of this thread.
    pub lane: LocalLane,
    pub pace: Pace,
    /// The hard ceilings of each connection.
    pub guard: GuardSettings,
}

/// Where sockets are opened.
pub const PATH: &str = "/api/v1/ws";

/// Mounts `GET /api/v1/ws` on the worker thread whose edge this is.
pub fn routes(state: Rc<EdgeState>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(web::ThinData(state))
            // Any method: a handshake with a wrong one is told so by the admission.
            .route(PATH, web::to(simple::upgrade));
    }
}

/// An edge with what it keeps between connections.
#[derive(Debug)]
pub struct EdgeState {
    edge: Edge,
    watch: Rc<Watch>,
    turn: Rc<Turn>,
}

impl EdgeState {
    /// On the worker thread whose edge it is.
    pub fn new(edge: Edge) -> Rc<Self> {
        Rc::new(Self {
            edge,
            watch: Rc::default(),
            turn: Turn::begin(),
        })
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.edge.admission
    }

    pub(crate) const fn ports(&self) -> &SessionPorts {
        &self.edge.ports
    }

    /// Starts the session of a connection that was let in.
    pub(crate) fn begin(
        &self,
        ending: Ending,
        admitted: Admitted,
        way: metrics::Edge,
    ) -> Rc<Connection> {
        let id = SessionId(Uuid::now_v7());
        tracing::debug!(session = %id, request_id = admitted.request_id, ?way, "a connection begins");
        let session = Session::begin(SessionSetup {
            id,
            ports: self.edge.ports.clone(),
            lane: self.edge.lane.clone(),
            pace: Pace {
                // An event stream has no way back.
                expects_answers: self.edge.pace.expects_answers && way == metrics::Edge::WebSocket,
                ..self.edge.pace
            },
            jitter: jitter(id),
        });
        let connection = Connection::new(session, way, admitted, self.edge.guard, ending);
        self.watch.add(&connection);
        connection
    }
}

/// How the socket of a request is ended, where a server has it.
pub(crate) fn ending(request: &HttpRequest) -> Ending {
    // Over HTTP/2 the socket carries other requests too: it is not this connection's to end.
    request
        .conn_data::<Kill>()
        .filter(|_| request.version() == Version::HTTP_11)
        .map_or(Ending::Not, |kill| Ending::Beside(kill.downgrade()))
}

/// 0..=1000, from the random end of the id.
fn jitter(id: SessionId) -> u16 {
    u16::try_from(id.0.as_u128() % 1_001).unwrap_or_default()
}

/// Who is at the other end. Without an address (a Unix socket) everybody is one neighbour.
pub(crate) fn peer(request: &HttpRequest) -> IpAddr {
    request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip())
}

/// The name the request has already, where something around us gave it one.
pub(crate) fn request_id(request: &HttpRequest) -> String {
    let known = request.extensions().get::<RequestId>().cloned();
    known.map_or_else(|| Uuid::now_v7().to_string(), |RequestId(id)| id)
}
