//! A socket that is ours: read, written and ended by one connection on one thread.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_rt::net::TcpStream;
use socket2::SockRef;
use tokio::io::{AsyncRead as _, ReadBuf};

/// See the module. Borrowed for the length of one system call.
#[derive(Debug)]
pub(crate) struct Wire(RefCell<TcpStream>);

impl Wire {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self(RefCell::new(stream))
    }

    /// Reads what there is; 0 is the end.
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(scratch);
        let read = Pin::new(&mut *self.0.borrow_mut()).poll_read(cx, &mut buffer);
        read.map_ok(|()| buffer.filled().len())
    }

    pub(super) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow().poll_write_ready(cx)
    }

    /// Writes what the kernel takes of these; 0 when it takes nothing now.
    pub(super) fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let stream = self.0.borrow();
        let written = match pieces {
            [only] => stream.try_write(only),
            several => stream.try_write_vectored(several),
        };
        match written {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    /// No more is sent: the peer sees the end after what was sent before.
    pub(super) fn finish_sending(&self) {
        // It fails only when the connection is gone already.
        let _ = SockRef::from(&*self.0.borrow()).shutdown(Shutdown::Write);
    }

    /// Ends it at once; what was not read yet is thrown away, here and there.
    pub(super) fn reset(&self) {
        let stream = self.0.borrow();
        let socket = SockRef::from(&*stream);
        // Both fail only when the connection is gone already.
        let _ = socket.set_linger(Some(Duration::ZERO));
        let _ = socket.shutdown(Shutdown::Both);
    }
}
