//! One worker thread's share of the fan-out.
//!
//! - **owns** the outboxes of its thread's connections and who follows what there
//! - **hears** rooms and channels: one message per batch, however many members
//! - **tells** outboxes, directly
//! - **capacity and overflow**: a mailbox of [`MAILBOX`] per room; a room that finds it full stops
//!   feeding this lane and has its followers closed with `insufficient_state`, to resume
//! - **on restart**: dies only with its thread, and the connections with it
//!
//! Sessions of the same thread reach the table directly ([`LocalLane`]); rooms, which live on other
//! threads, reach it by messages.

mod expel;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix::prelude::*;
use ludus_domain::audience::{Audience, Viewer};
use ludus_domain::game::plan::BoardKey;
use ludus_domain::history::Step;
use ludus_domain::ids::{CohortId, CommandId, OrgId, Seq, SessionId, SignInId, UserId};
use ludus_domain::protocol::{Close, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;
use tracing::Span;

pub use self::expel::Expel;
use crate::outbox::{Class, Frame, Outbox};
use crate::{metrics, trace};

/// Messages one room may have waiting here. A lane that is this far behind is not coming back soon.
pub const MAILBOX: usize = 4_096;

/// Names a lane on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub u32);

/// Where a connection lives, for those who send to it from another thread.
#[derive(Clone, Debug)]
pub struct LaneRef {
    pub id: LaneId,
    pub addr: Addr<Lane>,
}

/// One frame for the followers of a stream.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Its place in the sequence, for durable events.
    pub seq: Option<Seq>,
    pub audience: Audience,
    pub frame: Frame,
    /// Whose own doing it shows: they need not be told.
    pub except: Option<UserId>,
}

/// What a room has for a lane: events for its followers, answers for single sessions.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Deliver {
    pub org: OrgId,
    pub stream: StreamId,
    pub packets: Arc<[Packet]>,
    pub answers: Vec<(SessionId, Frame)>,
    /// People who may no longer follow, told after the packets.
    pub evicted: Vec<(UserId, Refusal)>,
    /// What it comes of.
    pub trace: Span,
}

/// A session begins to follow a stream (or begins anew, at another position).
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Attach {
    pub org: OrgId,
    pub stream: StreamId,
    pub session: SessionId,
    /// As whom they follow this stream.
    pub viewer: Viewer,
    /// What it missed, before `opening`.
    pub replay: Vec<Step<Frame>>,
    /// `subscribed` or `reset`.
    pub opening: Frame,
    /// What takes the opening's place when the replay is more than the outbox may hold.
    pub reset: Frame,
    pub head: Seq,
    /// Ephemeral state, after the opening.
    pub then: Vec<Frame>,
}

/// A session asked to follow and may not.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Decline {
    pub session: SessionId,
    pub id: Option<CommandId>,
    pub stream: StreamId,
    pub code: Refusal,
    pub retry_after_ms: Option<u32>,
}

/// Frames for single sessions that watch a board; `refused` watch it no longer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Show {
    pub frames: Vec<(SessionId, Frame)>,
    pub refused: Vec<(SessionId, BoardKey)>,
}

/// Frames for single sessions that watch a desk; `refused` watch it no longer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ShowDesk {
    pub frames: Vec<(SessionId, Frame)>,
    pub refused: Vec<(SessionId, CohortId)>,
}

/// The stream can no longer vouch for its followers here.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Forsake {
    pub org: OrgId,
    pub stream: StreamId,
}

/// How many connections a lane has: for the drain, the admin page and tests.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "usize")]
pub struct CountSessions;

/// What a session lets its lane know of it.
#[derive(Debug)]
pub struct Member {
    pub org: OrgId,
    pub viewer: Viewer,
    pub sign_in: SignInId,
    pub outbox: Outbox,
    pub notes: Rc<RefCell<Notes>>,
}

/// What a lane leaves for the session to pick up when it next wakes.
#[derive(Debug, Default)]
pub struct Notes {
    /// Commands answered.
    pub answered: usize,
    /// Streams that are not followed any more.
    pub unfollowed: Vec<StreamId>,
    /// Boards that are not watched any more.
    pub unwatched: Vec<BoardKey>,
    /// Desks that are not watched any more.
    pub left_desks: Vec<CohortId>,
}

#[derive(Debug)]
struct Following {
    /// As whom, which may be less than what they are in the house.
    viewer: Viewer,
    /// Everything up to here was sent or is covered by `skipped`.
    at: Seq,
    /// Events that were not for this viewer and are not told yet.
    skipped: Option<(Seq, Seq)>,
}

/// The members and followers of one thread.
#[derive(Debug, Default)]
pub struct Table {
    members: HashMap<SessionId, Member>,
    streams: HashMap<(OrgId, StreamId), HashMap<SessionId, Following>>,
}

/// A thread's own handle on its lane: for the sessions that live beside it.
#[derive(Clone, Debug)]
pub struct LocalLane {
    pub id: LaneId,
    table: Rc<RefCell<Table>>,
    addr: Addr<Lane>,
}

/// The actor: rooms' way to the table.
#[derive(Debug)]
pub struct Lane {
    table: Rc<RefCell<Table>>,
}

impl LocalLane {
    /// Starts the lane of the current thread.
    pub fn start(id: LaneId) -> Self {
        let table = Rc::<RefCell<Table>>::default();
        let addr = Lane {
            table: Rc::clone(&table),
        }
        .start();
        Self { id, table, addr }
    }

    pub fn reference(&self) -> LaneRef {
        LaneRef {
            id: self.id,
            addr: self.addr.clone(),
        }
    }

    pub fn enter(&self, session: SessionId, member: Member) {
        self.table.borrow_mut().members.insert(session, member);
    }

    /// Forgets a connection and what it followed. Its own streams only: in a storm of leavers a
    /// walk over everybody's would be paid by each.
    pub fn leave<'a>(
        &self,
        session: SessionId,
        org: OrgId,
        following: impl Iterator<Item = &'a StreamId>,
    ) {
        let mut table = self.table.borrow_mut();
        table.members.remove(&session);
        for stream in following {
            table.detach(session, org, *stream);
        }
    }

    pub fn unfollow(&self, session: SessionId, org: OrgId, stream: StreamId) {
        self.table.borrow_mut().detach(session, org, stream);
    }

    /// How far a session was served, where it follows.
    pub fn position(&self, session: SessionId, org: OrgId, stream: StreamId) -> Option<Seq> {
        let table = self.table.borrow();
        let following = table.streams.get(&(org, stream))?.get(&session)?;
        Some(following.at)
    }

    /// Tells a session of everything it may not see and has not been told of: before a heartbeat.
    pub fn flush_skips(&self, session: SessionId) {
        let mut table = self.table.borrow_mut();
        let Table { members, streams } = &mut *table;
        let Some(member) = members.get(&session) else {
            return;
        };
        for ((_, stream), followers) in streams.iter_mut() {
            if let Some(following) = followers.get_mut(&session) {
                following.tell_skip(*stream, &member.outbox);
            }
        }
    }
}

impl Following {
    fn tell_skip(&mut self, stream: StreamId, outbox: &Outbox) {
        if let Some((from, to)) = self.skipped.take() {
            outbox.push(Frame::encode(
                Class::Durable,
                &ServerFrame::Skip { stream, from, to },
            ));
        }
    }
}

impl Table {
    fn deliver(&mut self, deliver: &Deliver) {
        let Self { members, streams } = self;
        for (session, frame) in &deliver.answers {
            if let Some(member) = members.get(session) {
                // Hints go the same way and answer no command.
                if frame.class() == Class::Control {
                    member.notes.borrow_mut().answered += 1;
                }
                member.outbox.push(frame.clone());
            }
        }
        let Some(followers) = streams.get_mut(&(deliver.org, deliver.stream)) else {
            return;
        };
        for (session, following) in followers.iter_mut() {
            let Some(member) = members.get(session) else {
                continue;
            };
            for packet in deliver.packets.iter() {
                hand_over(deliver.stream, packet, member, following);
            }
        }
        for (user, code) in &deliver.evicted {
            followers.retain(|session, following| {
                let Some(member) = members
                    .get(session)
                    .filter(|member| member.viewer.user == *user)
                else {
                    return true;
                };
                following.tell_skip(deliver.stream, &member.outbox);
                let frame = ServerFrame::Unsubscribed {
                    id: None,
                    stream: deliver.stream,
                    code: Some(*code),
                };
                member.outbox.push(Frame::encode(Class::Durable, &frame));
                member.notes.borrow_mut().unfollowed.push(deliver.stream);
                false
            });
        }
    }

    fn attach(&mut self, attach: Attach) {
        let Some(member) = self.members.get(&attach.session) else {
            return;
        };
        let frames = attach
            .replay
            .into_iter()
            .map(|step| match step {
                Step::Visible(_, frame) => frame,
                Step::Skip { from, to } => Frame::encode(
                    Class::Durable,
                    &ServerFrame::Skip {
                        stream: attach.stream,
                        from,
                        to,
                    },
                ),
            })
            .chain([attach.opening])
            .collect();
        if !member.outbox.push_replay(frames) {
            member.outbox.push(attach.reset);
        }
        for frame in attach.then {
            member.outbox.push(frame);
        }
        let following = Following {
            viewer: attach.viewer,
            at: attach.head,
            skipped: None,
        };
        self.streams
            .entry((attach.org, attach.stream))
            .or_default()
            .insert(attach.session, following);
    }

    fn detach(&mut self, session: SessionId, org: OrgId, stream: StreamId) {
        if let Some(followers) = self.streams.get_mut(&(org, stream)) {
            followers.remove(&session);
            if followers.is_empty() {
                self.streams.remove(&(org, stream));
            }
        }
    }
}

/// Gives one follower one packet: sends it, or remembers that it was skipped.
fn hand_over(stream: StreamId, packet: &Packet, member: &Member, following: &mut Following) {
    let Some(seq) = packet.seq else {
        if packet.except != Some(member.viewer.user) && packet.audience.admits(following.viewer) {
            member.outbox.push(packet.frame.clone());
        }
        return;
    };
    if seq <= following.at {
        return;
    }
    if seq != following.at.next() {
        // A hole would be a lie. It cannot be mended from here; resuming mends it.
        member.outbox.close(Close::InsufficientState, None);
        return;
    }
    following.at = seq;
    #[cfg(feature = "faults")]
    if crate::faults::drops_this_delivery() {
        return;
    }
    if packet.audience.admits(following.viewer) {
        following.tell_skip(stream, &member.outbox);
        member.outbox.push(packet.frame.clone());
        metrics::delivered();
    } else {
        let from = following.skipped.map_or(seq, |(from, _)| from);
        following.skipped = Some((from, seq));
    }
}

impl Actor for Lane {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Deliver> for Lane {
    type Result = ();

    fn handle(&mut self, deliver: Deliver, _: &mut Self::Context) {
        let _traced = trace::write(&deliver.trace, deliver.packets.len()).entered();
        self.table.borrow_mut().deliver(&deliver);
    }
}

impl Handler<Attach> for Lane {
    type Result = ();

    fn handle(&mut self, attach: Attach, _: &mut Self::Context) {
        self.table.borrow_mut().attach(attach);
    }
}

impl Handler<Decline> for Lane {
    type Result = ();

    fn handle(&mut self, decline: Decline, _: &mut Self::Context) {
        let mut table = self.table.borrow_mut();
        let Some(member) = table.members.get(&decline.session) else {
            return;
        };
        let frame = if decline.id.is_some() {
            ServerFrame::nack(decline.id, decline.code, decline.retry_after_ms)
        } else {
            ServerFrame::Unsubscribed {
                id: None,
                stream: decline.stream,
                code: Some(decline.code),
            }
        };
        member.outbox.push(Frame::encode(Class::Durable, &frame));
        member.notes.borrow_mut().unfollowed.push(decline.stream);
        // Asked anew at another position and refused: what was followed before ends too.
        let org = member.org;
        table.detach(decline.session, org, decline.stream);
    }
}

impl Handler<Show> for Lane {
    type Result = ();

    fn handle(&mut self, show: Show, _: &mut Self::Context) {
        let table = self.table.borrow();
        for (session, frame) in show.frames {
            if let Some(member) = table.members.get(&session) {
                member.outbox.push(frame);
            }
        }
        for (session, board) in show.refused {
            if let Some(member) = table.members.get(&session) {
                member.notes.borrow_mut().unwatched.push(board);
            }
        }
    }
}

impl Handler<ShowDesk> for Lane {
    type Result = ();

    fn handle(&mut self, show: ShowDesk, _: &mut Self::Context) {
        let table = self.table.borrow();
        for (session, frame) in show.frames {
            if let Some(member) = table.members.get(&session) {
                member.outbox.push(frame);
            }
        }
        for (session, cohort) in show.refused {
            if let Some(member) = table.members.get(&session) {
                member.notes.borrow_mut().left_desks.push(cohort);
            }
        }
    }
}

impl Handler<Forsake> for Lane {
    type Result = ();

    fn handle(&mut self, forsake: Forsake, _: &mut Self::Context) {
        let mut table = self.table.borrow_mut();
        let Some(followers) = table.streams.remove(&(forsake.org, forsake.stream)) else {
            return;
        };
        for session in followers.keys() {
            if let Some(member) = table.members.get(session) {
                member.outbox.close(Close::InsufficientState, None);
            }
        }
    }
}

impl Handler<CountSessions> for Lane {
    type Result = usize;

    fn handle(&mut self, _: CountSessions, _: &mut Self::Context) -> usize {
        self.table.borrow().members.len()
    }
}
