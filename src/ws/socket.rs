//! The socket under a connection: its options, and the way to end it when nothing else does.
//!
//! An HTTP server has no write timeout: a peer that stops reading holds its connection, and
//! whatever waits for it, for as long as it likes. So each accepted socket is given options that
//! let the kernel find dead peers, and a second handle is kept beside it with which a supervisor
//! can end it from outside. The second handle costs a file descriptor per connection; the edge
//! that owns its sockets needs none ([`super::wire`]).

use std::any::Any;
use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_http::Extensions;
use actix_rt::net::TcpStream;
use actix_tls::accept::rustls_0_23::TlsStream;
use socket2::{SockRef, Socket, TcpKeepalive};

use super::wire::Wire;

/// After this long without an acknowledgement of sent data (or of a probe of a closed window) the
/// kernel gives the peer up. Longer, and a dead peer outlives the 45 s it is promised.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(20);
/// A quiet connection is probed after this; the application's heartbeat is usually first.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);

/// Ends a socket from outside of whoever owns it.
#[derive(Clone, Debug)]
pub struct Kill(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    socket: Socket,
    /// Bytes of TLS must be followed by its own goodbye, which only its owner can write.
    is_tls: bool,
}

/// A [`Kill`] that does not keep its socket open.
#[derive(Clone, Debug)]
pub struct WeakKill(Weak<Handle>);

impl WeakKill {
    pub fn upgrade(&self) -> Option<Kill> {
        self.0.upgrade().map(Kill)
    }
}

impl Kill {
    pub fn downgrade(&self) -> WeakKill {
        WeakKill(Arc::downgrade(&self.0))
    }

    /// No more is sent: the peer sees the end after what was sent before. Not for TLS.
    pub fn finish_sending(&self) {
        if !self.0.is_tls {
            // It fails only when the connection is gone already.
            let _ = self.0.socket.shutdown(Shutdown::Write);
        }
    }

    /// Whether the peer has said that it sends no more, or broke off.
    pub fn has_left(&self) -> bool {
        let mut one = [MaybeUninit::uninit()];
        match self.0.socket.peek(&mut one) {
            Ok(read) => read == 0,
            // The hard way is a way to leave, too.
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ),
        }
    }

    /// Ends it at once. What was not read yet is thrown away, here and there, instead of being
    /// kept by the kernel for a peer that does not read.
    pub fn reset(&self) {
        // Both fail only when the connection is gone already.
        let _ = self.0.socket.set_linger(Some(Duration::ZERO));
        let _ = self.0.socket.shutdown(Shutdown::Both);
    }
}

/// How the socket under a connection is ended.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// By a second handle.
    Beside(WeakKill),
    /// By its owner's.
    Own(std::rc::Weak<Wire>),
    /// Not at all: it carries other requests too.
    Not,
}

impl Ending {
    /// Whether the peer has said that it sends no more, where that can be seen from here.
    pub(crate) fn has_left(&self) -> bool {
        match self {
            Self::Beside(kill) => kill.upgrade().is_some_and(|kill| kill.has_left()),
            Self::Own(_) | Self::Not => false,
        }
    }

    /// Ends it after what was sent, or at once. `false`: there is nothing to end it with.
    pub(crate) fn end(&self, at_once: bool) -> bool {
        match self {
            Self::Beside(kill) => kill.upgrade().is_some_and(|kill| {
                if at_once {
                    kill.reset();
                } else {
                    kill.finish_sending();
                }
                true
            }),
            Self::Own(wire) => wire.upgrade().is_some_and(|wire| {
                if at_once {
                    wire.reset();
                } else {
                    wire.finish_sending();
                }
                true
            }),
            Self::Not => false,
        }
    }
}

/// For `HttpServer::on_connect`, which must be installed before `bind`.
pub fn on_connect(connection: &dyn Any, data: &mut Extensions) {
    let (tcp, is_tls) = if let Some(tcp) = connection.downcast_ref::<TcpStream>() {
        (tcp, false)
    } else if let Some(tls) = connection.downcast_ref::<TlsStream<TcpStream>>() {
        (tls.get_ref().0, true)
    } else {
        return;
    };
    match prepare(tcp) {
        Ok(socket) => {
            data.insert(Kill(Arc::new(Handle { socket, is_tls })));
        }
        // It was reset while being accepted, or descriptors have run out: the upgrade refuses it.
        Err(error) => tracing::debug!(%error, "a new connection could not be prepared"),
    }
}

fn prepare(tcp: &TcpStream) -> io::Result<Socket> {
    let socket = SockRef::from(tcp);
    set_options(&socket)?;
    socket.try_clone()
}

/// What every socket of ours is set to.
pub fn set_options(socket: &SockRef<'_>) -> io::Result<()> {
    // Frames are small and coalesced by us; waiting for more would only add latency.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(KEEPALIVE_AFTER)
            .with_interval(KEEPALIVE_EVERY),
    )?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    Ok(())
}
