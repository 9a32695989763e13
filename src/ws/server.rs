//! The HTTP server under the application, with the edge that suits it: the one that owns its
//! sockets, or the simple one where TLS is between.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::{Error, HttpServer};
use rustls::ServerConfig;

use super::{Edge, EdgeState, owned, socket};

/// How long a request's head may take, and a peer to take the end of an answer: as `HttpServer` has it.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
const DISCONNECT_WITHIN: Duration = Duration::from_secs(1);

/// How to serve.
#[derive(Debug)]
pub struct Listening {
    pub listener: TcpListener,
    pub workers: usize,
    /// Seconds that requests get when the server is stopped.
    pub shutdown_s: u64,
    /// With it, the simple edge serves.
    pub tls: Option<ServerConfig>,
    /// The simple edge without TLS, too: to compare the two.
    pub is_simple: bool,
}

/// Serves `app` on every worker thread, with that thread's edge.
pub fn serve<F, I, S, B>(
    listening: Listening,
    edge: impl Fn() -> Edge + Send + Clone + 'static,
    app: F,
) -> io::Result<Server>
where
    F: Fn(Rc<EdgeState>) -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    if listening.tls.is_some() || listening.is_simple {
        let server = HttpServer::new(move || app(EdgeState::new(edge())))
            .workers(listening.workers)
            .on_connect(socket::on_connect)
            .shutdown_timeout(listening.shutdown_s)
            .disable_signals();
        let server = match listening.tls {
            Some(tls) => server.listen_rustls_0_23(listening.listener, tls)?,
            None => server.listen(listening.listener)?,
        };
        return Ok(server.run());
    }
    let address = listening.listener.local_addr()?;
    let builder = Server::build()
        .workers(listening.workers)
        .shutdown_timeout(listening.shutdown_s)
        .disable_signals();
    let stops = builder.graceful_shutdown_signal();
    let server = builder.listen("hub", listening.listener, move || {
        let state = EdgeState::new(edge());
        let stops = stops.clone();
        let of_upgrades = Rc::clone(&state);
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stops = stops.clone();
                async move { stops.notified().await }
            })
            .keep_alive(KeepAlive::default())
            .client_request_timeout(HEAD_WITHIN)
            .client_disconnect_timeout(DISCONNECT_WITHIN)
            .local_addr(address)
            .on_connect_ext(|io: &TcpStream, data: &mut _| socket::on_connect(io, data))
            .upgrade(fn_service(move |upgrade| {
                let state = Rc::clone(&of_upgrades);
                async move {
                    owned::upgrade(state, upgrade).await;
                    Ok::<_, actix_http::Error>(())
                }
            }))
            .finish(map_config(
                app(state)
                    .into_factory()
                    .map_err(|error| error.into().error_response()),
                |()| AppConfig::default(),
            ))
            .tcp()
    })?;
    Ok(server.run())
}
