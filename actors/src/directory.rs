//! From the id of a stream to the actor that hosts it: starts one when there is none, and a new
//! one when the old one is gone.
//!
//! The one place with a concurrent map. Its keys begin with the org, so that an id of another
//! tenant names nothing. No guard is held across an await.

mod afar;

use std::sync::Arc;
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::prelude::*;
use dashmap::DashMap;
use ludus_domain::audience::Viewer;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CohortId, CommandId, ContestId, Epoch, OrgId, RoomId, SessionId};
use ludus_domain::journal::Recorded;
use ludus_domain::protocol::BoardFrame;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Act, Command, Sender};
use ludus_domain::stream::StreamId;
use tokio::sync::oneshot;

use crate::board::peek::{PEEK_WITHIN, Part, Peek};
use crate::board::{self, Board, Fed, Reopen, Unwatch, Watch};
use crate::channel::{self, Channel, Committed};
use crate::delivery::{Link, Lost, start_on};
use crate::desk::Desk;
use crate::feed::{Follow, FollowRequest, Reconsider, Ring, Unfollow};
use crate::outbox::Key;
use crate::ports::{Doorbell, Ports};
use crate::room::{self, Ask, AskedBy, OneShot, Perform, Room};
use crate::standings::Moved;
use crate::trace;

/// How long a stateless command waits for its answer. The store answers in three seconds or refuses.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The actors of this node, by what they host.
#[derive(Debug)]
pub struct Directory {
    rooms: DashMap<(OrgId, RoomId), Link<Room>>,
    channels: DashMap<(OrgId, StreamId), Link<Channel>>,
    boards: DashMap<(OrgId, BoardKey), Link<Board>>,
    pub(crate) desks: DashMap<(OrgId, CohortId), Link<Desk>>,
    arbiters: Vec<ArbiterHandle>,
    pub(crate) ports: Ports,
}

impl Directory {
    /// `arbiters` carry the rooms; at least one.
    pub fn new(arbiters: Vec<ArbiterHandle>, ports: Ports) -> Self {
        Self {
            rooms: DashMap::new(),
            channels: DashMap::new(),
            boards: DashMap::new(),
            desks: DashMap::new(),
            arbiters,
            ports,
        }
    }

    /// Asks something of a room; the answer comes to whoever `to` says, or `Lost` at once.
    pub fn ask(
        &self,
        org: OrgId,
        room: RoomId,
        sender: Sender,
        id: CommandId,
        command: Command,
        to: AskedBy,
    ) -> Result<(), Lost> {
        let trace = trace::command(command.kind());
        let ask = Ask {
            sender,
            id,
            command,
            to,
            trace,
        };
        self.tell_room(org, room, ask).map_err(|(lost, ask)| {
            ask.to.withdraw();
            lost
        })
    }

    /// [`Directory::ask`] for somebody without a connection: the answer, within a deadline.
    pub async fn ask_once(
        &self,
        org: OrgId,
        room: RoomId,
        sender: Sender,
        id: CommandId,
        command: Command,
    ) -> Answer {
        let (once, answer) = OneShot::new();
        let unavailable = Answer::Nack {
            code: Refusal::Unavailable,
            retry_after_ms: Some(1_000),
        };
        if self
            .ask(org, room, sender, id, command, AskedBy::Once(once))
            .is_err()
        {
            return unavailable;
        }
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(answer)) => answer,
            _ => unavailable,
        }
    }

    /// Has a room do an act of the hub: the answer, within a deadline. A room that is not open yet is opened, and to be
    /// asked again: `unavailable`.
    pub async fn perform_once(&self, org: OrgId, room: RoomId, id: CommandId, act: Act) -> Answer {
        let unavailable = Answer::Nack {
            code: Refusal::Unavailable,
            retry_after_ms: Some(1_000),
        };
        let (to, answer) = OneShot::new();
        if self.tell_room(org, room, Perform { id, act, to }).is_err() {
            return unavailable;
        }
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(answer)) => answer,
            _ => unavailable,
        }
    }

    /// Begins to follow a stream.
    pub fn follow(&self, org: OrgId, stream: StreamId, follow: Follow) -> Result<(), Lost> {
        let request = FollowRequest::new(stream, follow);
        let told = match stream {
            StreamId::Room(room) => self.tell_room(org, room, request),
            StreamId::Inbox(_) | StreamId::Cohort(_) => self.tell_channel(org, stream, request),
        };
        told.map_err(|(lost, request)| {
            request.taken();
            lost
        })
    }

    /// Stops following. Never fails: who is not there follows nothing.
    pub fn unfollow(&self, org: OrgId, stream: StreamId, session: SessionId) {
        match stream {
            StreamId::Room(room) => {
                if let Some(link) = self.rooms.get(&(org, room)) {
                    link.must_tell(Unfollow(session));
                }
            }
            StreamId::Inbox(_) | StreamId::Cohort(_) => {
                if let Some(link) = self.channels.get(&(org, stream)) {
                    link.must_tell(Unfollow(session));
                }
            }
        }
    }

    /// Tells a room something that may be lost, if it is there at all.
    pub fn hint<M>(&self, org: OrgId, room: RoomId, message: M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
        Context<Room>: ToEnvelope<Room, M>,
    {
        if let Some(link) = self.rooms.get(&(org, room)) {
            // Ephemeral: a full room has better things to do.
            let _ = link.tell(message);
        }
    }

    /// Begins to look at a board. A watch that cannot be passed on declines by itself.
    pub fn watch(&self, org: OrgId, watch: Watch) {
        // Dropped, it says so.
        self.tell_board(org, watch.board.clone(), watch).ok();
    }

    /// Looks at a board once.
    pub async fn peek(
        &self,
        org: OrgId,
        board: BoardKey,
        viewer: Viewer,
        part: Part,
    ) -> Result<BoardFrame, Refusal> {
        let (answer, page) = oneshot::channel();
        let peek = Peek {
            viewer,
            part,
            answer,
        };
        self.tell_board(org, board, peek)
            .map_err(|_| Refusal::Unavailable)?;
        match tokio::time::timeout(PEEK_WITHIN, page).await {
            Ok(Ok(page)) => page,
            _ => Err(Refusal::Unavailable),
        }
    }

    fn tell_board<M>(&self, org: OrgId, key: BoardKey, message: M) -> Result<(), (Lost, M)>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Board: Handler<M>,
        Context<Board>: ToEnvelope<Board, M>,
    {
        let start = || {
            let (key, ports) = (key.clone(), self.ports.boards.clone());
            let arbiter = self.arbiter(Key::of_board(&key).into());
            start_on(&arbiter, board::MAILBOX, move || {
                Board::new(org, key, ports)
            })
        };
        tell(&self.boards, (org, key.clone()), start, message)
    }

    /// Looks away. Never fails: who is not there watches nothing.
    pub fn unwatch(&self, org: OrgId, board: &BoardKey, session: SessionId) {
        if let Some(link) = self.boards.get(&(org, board.clone())) {
            link.must_tell(Unwatch(session));
        }
    }

    /// Whether the board somebody watches still runs.
    pub fn is_watched(&self, org: OrgId, board: &BoardKey) -> bool {
        self.boards
            .get(&(org, board.clone()))
            .is_some_and(|link| link.is_connected())
    }

    /// Feeds the boards of an org what one account gained. One that is too busy to hear of it reads
    /// everything anew.
    pub fn feed_boards(&self, org: OrgId, moved: &Arc<Moved>) {
        for link in &self.boards {
            if link.key().0 == org && link.tell(Fed(Arc::clone(moved))) == Err(Lost::Full) {
                // Opening anew empties what waits; a board that opens already opens once more.
                link.must_tell(Reopen);
            }
        }
    }

    /// Something about the boards of an org (of all, when nobody knows which) is not as it was:
    /// names, members, windows, plans; or what was fed to them had gaps.
    pub fn reopen_boards(&self, org: Option<OrgId>) {
        for link in &self.boards {
            if org.is_none_or(|org| link.key().0 == org) {
                // One in a full mailbox is the same as two.
                link.tell(Reopen).ok();
            }
        }
    }

    /// Whether the actor somebody follows is still the one that runs.
    pub fn is_hosted(&self, org: OrgId, stream: StreamId) -> bool {
        match stream {
            StreamId::Room(room) => self
                .rooms
                .get(&(org, room))
                .is_some_and(|link| link.is_connected()),
            StreamId::Inbox(_) | StreamId::Cohort(_) => self
                .channels
                .get(&(org, stream))
                .is_some_and(|link| link.is_connected()),
        }
    }

    /// Tells a channel what was committed to its stream, if anybody follows it here.
    pub fn tell_committed(&self, org: OrgId, stream: StreamId, epoch: Epoch, events: &[Recorded]) {
        if let Some(link) = self.channels.get(&(org, stream)) {
            let events = events.to_vec();
            // A channel that is full reads on anyway.
            let _ = link.tell(Committed { epoch, events });
        }
    }

    /// Rings for every channel: somebody has missed for which.
    pub fn ring_channels(&self) {
        for link in &self.channels {
            // A channel that is full reads on anyway.
            let _ = link.tell(Ring);
        }
    }

    /// Forgets actors that have ended. Called now and then, so that ids seen once do not add up.
    pub fn sweep(&self) {
        self.rooms.retain(|_, link| link.is_connected());
        self.channels.retain(|_, link| link.is_connected());
        self.boards.retain(|_, link| link.is_connected());
        self.desks.retain(|_, link| link.is_connected());
    }

    /// Starts a room that nobody looks at, because something in it waits to be done.
    pub fn wake(&self, org: OrgId, room: RoomId) {
        // One that is full is awake.
        self.tell_room(org, room, Ring).ok();
    }

    fn tell_room<M>(&self, org: OrgId, room: RoomId, message: M) -> Result<(), (Lost, M)>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Room: Handler<M>,
        Context<Room>: ToEnvelope<Room, M>,
    {
        let start = || {
            let ports = self.ports.clone();
            let arbiter = self.arbiter(room.0.as_u128());
            start_on(&arbiter, room::MAILBOX, move || Room::new(org, room, ports))
        };
        tell(&self.rooms, (org, room), start, message)
    }

    fn tell_channel<M>(&self, org: OrgId, stream: StreamId, message: M) -> Result<(), (Lost, M)>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Channel: Handler<M>,
        Context<Channel>: ToEnvelope<Channel, M>,
    {
        let start = || {
            let ports = self.ports.clone();
            let spread = match stream {
                StreamId::Room(id) => id.0,
                StreamId::Inbox(id) => id.0,
                StreamId::Cohort(id) => id.0,
            };
            let arbiter = self.arbiter(spread.as_u128());
            start_on(&arbiter, channel::MAILBOX, move || {
                Channel::new(org, stream, ports)
            })
        };
        tell(&self.channels, (org, stream), start, message)
    }

    pub(crate) fn arbiter(&self, spread: u128) -> ArbiterHandle {
        let index = usize::try_from(spread % self.arbiters.len() as u128).unwrap_or(0);
        self.arbiters[index].clone()
    }
}

/// Tells the actor under a key; starts one when there is none or the one there was has ended.
pub(crate) fn tell<K, A, M>(
    map: &DashMap<K, Link<A>>,
    key: K,
    start: impl Fn() -> Addr<A>,
    message: M,
) -> Result<(), (Lost, M)>
where
    K: Eq + std::hash::Hash,
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
    Context<A>: ToEnvelope<A, M>,
{
    let mut link = map.entry(key).or_insert_with(|| Link::new(start()));
    match link.offer(message) {
        Err((Lost::Gone, message)) => {
            *link = Link::new(start());
            link.offer(message)
        }
        told => told,
    }
}

impl Doorbell for Directory {
    fn ring(&self, org: OrgId, stream: StreamId) {
        match stream {
            StreamId::Room(room) => self.hint(org, room, Ring),
            StreamId::Inbox(_) | StreamId::Cohort(_) => {
                if let Some(link) = self.channels.get(&(org, stream)) {
                    let _ = link.tell(Ring);
                }
                self.look_at_desk(org, stream);
            }
        }
    }

    fn boards_changed(&self, org: OrgId) {
        self.reopen_boards(Some(org));
    }

    fn roster_changed(&self, org: OrgId) {
        for link in &self.rooms {
            if link.key().0 == org {
                // Rare, and rights must not wait for a place in a mailbox.
                link.must_tell(Reconsider);
            }
        }
    }

    fn contest_changed(&self, org: OrgId, contest: ContestId) {
        for link in &self.boards {
            let (of, board) = link.key();
            if *of == org && board.of == Some(contest.0) {
                // One in a full mailbox is the same as two.
                link.tell(Reopen).ok();
            }
        }
    }
}
