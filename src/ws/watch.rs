//! Notices connections that get nowhere: one for each worker thread, for all its connections.
//!
//! A body that cannot be written is not polled, so nothing inside it can keep a deadline; and a
//! timer for each connection would cost more than looking at all of them twice a second. It runs
//! while there is something to watch.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use tokio::time::Instant;

use super::connection::{CHECK_EVERY, Connection, Verdict};
use super::socket::WeakKill;

/// Whose connection has ended and whose socket still stands after this long is ended.
const AFTERLIFE_CHECKS: u32 = 12;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    watched: RefCell<Vec<Watched>>,
    runs: Cell<bool>,
}

#[derive(Debug)]
struct Watched {
    connection: Weak<Connection>,
    /// Some where the socket carries nothing after this connection.
    socket: Option<WeakKill>,
    checks_since: u32,
}

impl Watch {
    pub(crate) fn add(self: &Rc<Self>, connection: &Rc<Connection>) {
        self.watched.borrow_mut().push(Watched {
            connection: Rc::downgrade(connection),
            socket: connection.weak_kill(),
            checks_since: 0,
        });
        if !self.runs.replace(true) {
            actix_rt::spawn(Rc::clone(self).run());
        }
    }

    async fn run(self: Rc<Self>) {
        let mut next = Instant::now();
        loop {
            // After a stall it goes on from now, instead of making up for what it missed.
            next = (next + CHECK_EVERY).max(Instant::now());
            tokio::time::sleep_until(next).await;
            let mut watched = self.watched.take();
            watched.retain_mut(Watched::check);
            let mut new = self.watched.borrow_mut();
            watched.append(&mut new);
            *new = watched;
            if new.is_empty() {
                self.runs.set(false);
                return;
            }
        }
    }
}

impl Watched {
    /// Whether there is anything left to watch.
    fn check(&mut self) -> bool {
        let Some(connection) = self.connection.upgrade() else {
            return self.check_socket();
        };
        match connection.check() {
            Verdict::Fine => {}
            Verdict::Finish => connection.end_socket(false),
            Verdict::Reset => connection.end_socket(true),
        }
        true
    }

    fn check_socket(&mut self) -> bool {
        let Some(kill) = self.socket.as_ref().and_then(WeakKill::upgrade) else {
            return false;
        };
        self.checks_since += 1;
        if self.checks_since >= AFTERLIFE_CHECKS {
            kill.reset();
            return false;
        }
        true
    }
}
