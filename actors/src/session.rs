//! One live connection of one user. Not its socket: an edge moves bytes between the two.
//!
//! - **owns** the connection's machine, its outbox, what it follows
//! - **hears** its edge (messages, pongs, the end)
//! - **tells** rooms and channels through the directory; its outbox
//! - **capacity and overflow**: the edge hands over one message at a time and waits, so that a
//!   flood stays in the sender's own socket buffer
//! - **on restart**: never; the client resumes with a new one

mod aside;
mod desk;
mod handle;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{CohortId, CommandId, RoomId, Seq, SessionId};
use ludus_domain::protocol::{BoardPosition, Close, Position, ServerFrame, Subscription, Welcome};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Command, Moment, Sender};
use ludus_domain::session::{Act, Pace, Session as Machine};
use ludus_domain::stream::StreamId;

pub use self::handle::SessionHandle;
use self::handle::{Ended, Inbound, Pong};
use crate::board::Watch;
use crate::delivery::{Link, Lost};
use crate::directory::Directory;
use crate::feed::Follow;
use crate::lane::{LocalLane, Member, Notes};
use crate::metrics;
use crate::outbox::{Class, Frame, Outbox};
use crate::ports::{Admitted, Clock, CommandClass, Doorman, Limits, Permit, Proof};
use crate::room::{AskedBy, Read, Typing, WayBack};

/// Refusals for speed before the connection itself is closed.
const LIMITED_MAX: u32 = 200;
/// What a client is told when a room's mailbox is full.
const ROOM_FULL_RETRY_MS: u32 = 500;

/// What every session of a node needs.
#[derive(Clone, Debug)]
pub struct SessionPorts {
    pub directory: Arc<Directory>,
    pub doorman: Arc<dyn Doorman>,
    pub limits: Arc<dyn Limits>,
    pub clock: Arc<dyn Clock>,
}

/// What a session starts with.
#[derive(Debug)]
pub struct SessionSetup {
    pub id: SessionId,
    pub ports: SessionPorts,
    pub lane: LocalLane,
    pub pace: Pace,
    /// 0..=1000: where in the heartbeat's jitter this one stands.
    pub jitter: u16,
}

/// The actor.
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    ports: SessionPorts,
    lane: LocalLane,
    machine: Machine,
    outbox: Outbox,
    notes: Rc<RefCell<Notes>>,
    admitted: Option<Admitted>,
    /// This connection's place among its user's.
    permit: Option<Permit>,
    /// Streams followed, with the position the client had been served at the last heartbeat.
    following: HashMap<StreamId, Seq>,
    /// Boards watched: how many rows of the top, and around one's own.
    watching: BTreeMap<BoardKey, (u8, u8)>,
    /// Cohorts whose desks are watched.
    desks: BTreeSet<CohortId>,
    limited: u32,
    tick: Option<SpawnHandle>,
}

impl Session {
    /// Starts the session of a new connection, on the thread of its socket.
    pub fn begin(setup: SessionSetup) -> SessionHandle {
        let outbox = Outbox::new();
        let now = setup.ports.clock.now();
        let session = Self {
            id: setup.id,
            machine: Machine::new(setup.pace, setup.jitter, now),
            ports: setup.ports,
            lane: setup.lane,
            outbox: outbox.clone(),
            notes: Rc::default(),
            admitted: None,
            permit: None,
            following: HashMap::new(),
            watching: BTreeMap::new(),
            desks: BTreeSet::new(),
            limited: 0,
            tick: None,
        };
        let addr = session.start();
        SessionHandle {
            link: Link::new(addr.clone()),
            addr,
            outbox,
        }
    }

    fn perform(&mut self, acts: Vec<Act>, ctx: &mut Context<Self>) {
        for act in acts {
            match act {
                Act::Admit {
                    ticket,
                    resume,
                    subscriptions,
                    client: _,
                } => {
                    self.admit(ticket.as_deref(), resume.as_deref(), &subscriptions);
                }
                Act::Follow { id, stream, since } => self.follow(id, stream, since),
                Act::Unfollow { id, stream } => self.unfollow(id, stream),
                Act::Watch {
                    id,
                    board,
                    top,
                    around,
                    since,
                } => self.watch(id, board, (top, around), since),
                Act::Unwatch { id, board } => self.unwatch(id, board),
                Act::WatchDesk { id, cohort, since } => self.watch_desk(id, cohort, since),
                Act::UnwatchDesk { id, cohort } => self.unwatch_desk(id, cohort),
                Act::Ask { id, room, command } => self.ask(id, room, command),
                Act::Typing { room, on } => self.hint(room, |user| Typing { user, on }),
                Act::Draft { room, text } => self.draft(room, text),
                Act::Read { room, seq } => self.hint(room, |user| Read { user, seq }),
                Act::Compare(positions) => self.compare(&positions),
                Act::Nack { id, code } => self.nack(id, code, None),
                Act::Beat => self.beat(),
                Act::Close(why) => self.outbox.close(why, None),
            }
        }
        self.tick_soon(ctx);
    }

    fn send(&self, class: Class, frame: &ServerFrame) {
        self.outbox.push(Frame::encode(class, frame));
    }

    fn nack(&self, id: Option<CommandId>, code: Refusal, retry_after_ms: Option<u32>) {
        metrics::refused(code);
        self.send(Class::Control, &ServerFrame::nack(id, code, retry_after_ms));
    }

    fn admit(
        &mut self,
        ticket: Option<&str>,
        resume: Option<&str>,
        subscriptions: &[Subscription],
    ) {
        let proof = match (ticket, resume) {
            (Some(ticket), None) => Proof::Ticket(ticket),
            (None, Some(resume)) => Proof::Resume(resume),
            _ => return self.give_up(Close::Malformed),
        };
        let Ok(admitted) = self.ports.doorman.admit(proof) else {
            return self.give_up(Close::NotSignedIn);
        };
        self.permit = self.ports.limits.connection(admitted.org, admitted.user);
        if self.permit.is_none() {
            return self.give_up(Close::TooManySockets);
        }
        let now = self.ports.clock.now();
        self.machine.admitted(now, admitted.display.clone());
        let member = Member {
            org: admitted.org,
            viewer: admitted.viewer(),
            sign_in: admitted.sign_in,
            outbox: self.outbox.clone(),
            notes: Rc::clone(&self.notes),
        };
        self.lane.enter(self.id, member);
        let welcome = Welcome {
            session: self.id,
            org: admitted.org,
            user: admitted.user,
            name: admitted.name.clone(),
            role: admitted.role,
            resume: self.ports.doorman.resume_token(&admitted, self.id),
            heartbeat_ms: self.machine.heartbeat_ms(),
        };
        let is_display = admitted.display.is_some();
        self.ports.directory.arrive(admitted.org, admitted.user);
        self.admitted = Some(admitted);
        self.send(Class::Control, &ServerFrame::Welcome(welcome));
        for subscription in subscriptions {
            if is_display {
                self.machine.unfollowed();
                let (id, stream, code) = (None, subscription.stream, Some(Refusal::Forbidden));
                let frame = ServerFrame::Unsubscribed { id, stream, code };
                self.send(Class::Durable, &frame);
                continue;
            }
            self.follow(None, subscription.stream, subscription.since);
        }
    }

    fn give_up(&mut self, why: Close) {
        self.machine.close(why);
        self.outbox.close(why, None);
    }

    fn sender(&self) -> Option<Sender> {
        let admitted = self.admitted.as_ref()?;
        Some(Sender {
            user: admitted.user,
            role: admitted.role,
            guest: admitted.guest,
            name: admitted.name.clone(),
            session: Some(self.id),
            moment: Moment::default(),
        })
    }

    /// Whether this user may ask for one more thing of a class now.
    fn afford(&mut self, room: Option<RoomId>, class: CommandClass) -> Result<(), u32> {
        let Some(admitted) = &self.admitted else {
            return Err(0);
        };
        let (org, user) = (admitted.org, admitted.user);
        let limits = &self.ports.limits;
        let result = limits
            .frame(org, user)
            .and_then(|()| limits.command(org, user, room, class));
        if result.is_err() {
            self.limited += 1;
            if self.limited > LIMITED_MAX {
                self.give_up(Close::RateLimited);
            }
        }
        result
    }

    fn follow(&mut self, id: Option<CommandId>, stream: StreamId, since: Option<Position>) {
        if let Err(retry_after_ms) = self.afford(stream.room(), CommandClass::Control) {
            self.machine.unfollowed();
            if id.is_none() {
                let code = Some(Refusal::RateLimited);
                return self.send(
                    Class::Durable,
                    &ServerFrame::Unsubscribed { id, stream, code },
                );
            }
            return self.nack(id, Refusal::RateLimited, Some(retry_after_ms));
        }
        if self.following.contains_key(&stream) {
            // Anew, at another position: the client has found a hole of its own.
            self.machine.unfollowed();
        }
        self.following
            .insert(stream, since.map_or(Seq::ZERO, |since| since.seq));
        self.request(id, stream, since);
    }

    fn request(&mut self, id: Option<CommandId>, stream: StreamId, since: Option<Position>) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        let follow = Follow {
            session: self.id,
            viewer: admitted.viewer(),
            house: admitted.role,
            name: admitted.name.clone(),
            lane: self.lane.reference(),
            id,
            since,
        };
        if self
            .ports
            .directory
            .follow(admitted.org, stream, follow)
            .is_err()
        {
            self.machine.unfollowed();
            self.following.remove(&stream);
            if id.is_some() {
                self.nack(id, Refusal::Unavailable, Some(ROOM_FULL_RETRY_MS));
            } else {
                let code = Some(Refusal::Unavailable);
                self.send(
                    Class::Durable,
                    &ServerFrame::Unsubscribed { id, stream, code },
                );
            }
        }
    }

    fn unfollow(&mut self, id: CommandId, stream: StreamId) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        if self.following.remove(&stream).is_none() {
            return self.nack(Some(id), Refusal::NotSubscribed, None);
        }
        self.machine.unfollowed();
        self.ports.directory.unfollow(admitted.org, stream, self.id);
        self.lane.unfollow(self.id, admitted.org, stream);
        self.send(
            Class::Durable,
            &ServerFrame::Unsubscribed {
                id: Some(id),
                stream,
                code: None,
            },
        );
    }

    fn watch(
        &mut self,
        id: CommandId,
        board: BoardKey,
        shows: (u8, u8),
        since: Option<BoardPosition>,
    ) {
        if let Err(retry_after_ms) = self.afford(None, CommandClass::Control) {
            self.machine.unwatched(&board);
            return self.nack(Some(id), Refusal::RateLimited, Some(retry_after_ms));
        }
        self.watching.insert(board.clone(), shows);
        self.look(Some(id), board, shows, since);
    }

    fn look(
        &self,
        id: Option<CommandId>,
        board: BoardKey,
        (top, around): (u8, u8),
        since: Option<BoardPosition>,
    ) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        let watch = Watch::new(
            board,
            self.id,
            admitted.viewer(),
            self.lane.reference(),
            id,
            top,
            around,
            since,
        );
        self.ports.directory.watch(admitted.org, watch);
    }

    fn unwatch(&mut self, id: CommandId, board: BoardKey) {
        let Some(admitted) = &self.admitted else {
            return;
        };
        if self.watching.remove(&board).is_none() {
            return self.nack(Some(id), Refusal::NotSubscribed, None);
        }
        self.ports.directory.unwatch(admitted.org, &board, self.id);
        let (id, code) = (Some(id), None);
        self.send(Class::Control, &ServerFrame::Unwatched { id, board, code });
    }

    fn ask(&mut self, id: CommandId, room: RoomId, command: Command) {
        let class = CommandClass::of_command(&command);
        if let Err(retry_after_ms) = self.afford(Some(room), class) {
            self.machine.answered(1);
            return self.nack(Some(id), Refusal::RateLimited, Some(retry_after_ms));
        }
        let (Some(admitted), Some(sender)) = (&self.admitted, self.sender()) else {
            return;
        };
        let lane = self.lane.reference();
        let to = AskedBy::Session(WayBack::new((admitted.org, room), self.id, id, lane));
        metrics::commanded(&command);
        let asked = self
            .ports
            .directory
            .ask(admitted.org, room, sender, id, command, to);
        if let Err(Lost::Full | Lost::Gone) = asked {
            self.machine.answered(1);
            self.nack(Some(id), Refusal::Unavailable, Some(ROOM_FULL_RETRY_MS));
        }
    }

    /// The client says how far it is. Whoever is behind what they had been served one heartbeat ago
    /// has lost something on the way; they are served again from where they are.
    fn compare(&mut self, positions: &BTreeMap<StreamId, Seq>) {
        let Some(org) = self.admitted.as_ref().map(|admitted| admitted.org) else {
            return;
        };
        let mut behind = vec![];
        for (stream, served) in &mut self.following {
            if let Some(has) = positions.get(stream)
                && *has < *served
            {
                behind.push((*stream, *has));
            }
            if let Some(at) = self.lane.position(self.id, org, *stream) {
                *served = at;
            }
        }
        for (stream, _) in behind {
            metrics::fell_behind();
            // Resuming is the one way to come back whole, and every client knows it.
            tracing::debug!(
                kind = stream.kind().as_str(),
                "a client is behind what it was sent"
            );
            self.give_up(Close::InsufficientState);
        }
    }

    fn beat(&mut self) {
        self.lane.flush_skips(self.id);
        let resume = self
            .admitted
            .as_ref()
            .map(|admitted| self.ports.doorman.resume_token(admitted, self.id));
        self.send(Class::Control, &ServerFrame::Heartbeat { resume });
        self.outbox.ping();
        self.limited = 0;
        let Some(admitted) = &self.admitted else {
            return;
        };
        if self.ports.clock.now() >= admitted.until {
            return self.give_up(Close::Revoked);
        }
        // A board that has died left nothing behind; looking again builds it.
        for (board, shows) in &self.watching {
            if !self.ports.directory.is_watched(admitted.org, board) {
                self.look(None, board.clone(), *shows, None);
            }
        }
        self.mind_desks();
        let is_forsaken = self
            .following
            .keys()
            .any(|stream| !self.ports.directory.is_hosted(admitted.org, *stream));
        if is_forsaken {
            self.give_up(Close::InsufficientState);
        }
    }

    /// Picks up what the lane left.
    fn pick_up(&mut self) {
        let notes = std::mem::take(&mut *self.notes.borrow_mut());
        self.machine.answered(notes.answered);
        for stream in notes.unfollowed {
            if self.following.remove(&stream).is_some() {
                self.machine.unfollowed();
            }
        }
        for board in notes.unwatched {
            self.machine.unwatched(&board);
            self.watching.remove(&board);
        }
        for cohort in notes.left_desks {
            self.machine.left_desk(cohort);
            self.desks.remove(&cohort);
        }
    }

    fn tick_soon(&mut self, ctx: &mut Context<Self>) {
        let now = self.ports.clock.now();
        let Some(wait_ms) = self.machine.wait_ms(now) else {
            return;
        };
        if let Some(handle) = self.tick.take() {
            ctx.cancel_future(handle);
        }
        self.tick = Some(
            ctx.run_later(Duration::from_millis(wait_ms), |session, ctx| {
                session.tick = None;
                session.pick_up();
                let now = session.ports.clock.now();
                let act = session.machine.tick(now);
                session.perform(act.into_iter().collect(), ctx);
            }),
        );
    }
}

impl Actor for Session {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        metrics::session_opened();
        self.tick_soon(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        metrics::session_closed();
        self.pick_up();
        self.leave_desks();
        if let Some(admitted) = self.admitted.take() {
            self.ports.directory.depart(admitted.org, admitted.user);
            let following = self.following.keys();
            self.lane.leave(self.id, admitted.org, following.clone());
            for stream in following {
                self.ports
                    .directory
                    .unfollow(admitted.org, *stream, self.id);
            }
            for board in self.watching.keys() {
                self.ports.directory.unwatch(admitted.org, board, self.id);
            }
        }
    }
}

impl Handler<Inbound> for Session {
    type Result = ();

    fn handle(&mut self, inbound: Inbound, ctx: &mut Self::Context) {
        if self.outbox.is_closing() {
            return;
        }
        self.pick_up();
        let acts = self.machine.receive(&inbound.0);
        self.perform(acts, ctx);
    }
}

impl Handler<Pong> for Session {
    type Result = ();

    fn handle(&mut self, _: Pong, _: &mut Self::Context) {
        self.machine.heard();
    }
}

impl Handler<Ended> for Session {
    type Result = ();

    fn handle(&mut self, _: Ended, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
