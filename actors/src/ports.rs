//! What the actors ask of the world. Implemented in the root crate (the store, the clock) and by
//! the simulation; nobody here knows how.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ludus_domain::audience::Viewer;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{ContestId, Epoch, OrgId, RoomId, Seq, SessionId, SignInId, UserId};
use ludus_domain::journal::{Append, Appended, Fault, Recorded};
use ludus_domain::protocol::ClientFrame;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Command, LineFact, Room};
use ludus_domain::roster::Roster;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

use crate::board::BoardPorts;
use crate::bus::Bus;
use crate::desk::DeskPorts;
use crate::stage::StagePorts;

/// A port's answer. Owned and `Send`: it is awaited by a task of its own and comes back to the
/// actor as a message, and dropping it never cancels what it started.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// The one way to write durable facts.
///
/// Guarantees: an `Ok(Committed)` was committed before it is answered; `seq` is gap-free per stream
/// and in commit order; a command id seen before is answered, not written again; all of an append
/// is committed or none. [`Fault::Unavailable`] means that nothing was written, [`Fault::Unknown`]
/// that nobody can know yet (the connection broke in COMMIT, say), and the same ids asked again
/// settle it. Every call is answered within three seconds.
pub trait Journal: Send + Sync + Debug {
    fn append(&self, append: Append) -> Answer<Result<Appended, Fault>>;
}

/// A room as the store has it.
#[derive(Clone, Debug)]
pub struct StoredRoom {
    pub org: OrgId,
    pub epoch: Epoch,
    pub head: Seq,
    pub guard: Seq,
    /// The state after `guard`.
    pub state: Room,
    /// The latest events up to `head`, at most the asked number, to prime the memory with.
    pub tail: Vec<Recorded>,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub epoch: Epoch,
    pub seq: Seq,
}

/// Reading what was written. Texts of lines that were taken back come out empty.
pub trait Archive: Send + Sync + Debug {
    /// `None` when there is no such room in this org.
    fn room(
        &self,
        org: OrgId,
        room: RoomId,
        tail_max: u32,
    ) -> Answer<Result<Option<StoredRoom>, Fault>>;
    /// Where an inbox or a cohort's stream stands; one that was never written to stands at 0.
    fn head(&self, org: OrgId, stream: StreamId) -> Answer<Result<Head, Fault>>;
    /// Events after `after`, in order, at most `limit`.
    fn events(
        &self,
        org: OrgId,
        stream: StreamId,
        after: Seq,
        limit: u32,
    ) -> Answer<Result<Vec<Recorded>, Fault>>;
    /// What is known of a line; `None` when that event is not a line.
    fn line(&self, org: OrgId, room: RoomId, seq: Seq) -> Answer<Result<Option<LineFact>, Fault>>;
    /// Whether somebody coaches or administers a cohort, or learns in it: who may follow its stream.
    fn in_cohort(
        &self,
        org: OrgId,
        cohort: ludus_domain::ids::CohortId,
        user: UserId,
    ) -> Answer<Result<bool, Fault>>;
    /// Moves a member's read position forward; never back. Losing one is no loss.
    fn mark_read(
        &self,
        org: OrgId,
        room: RoomId,
        user: UserId,
        seq: Seq,
    ) -> Answer<Result<(), Fault>>;
}

/// Tells whoever follows a stream that something was committed to it by another way than its
/// actor: an invitation claimed over REST, a learner added to a cohort. It carries no event: who
/// hears it reads the store. It may be lost, and the sweep finds what it missed.
pub trait Doorbell: Send + Sync + Debug {
    /// Never waits.
    fn ring(&self, org: OrgId, stream: StreamId);
    /// Who stands on the boards of an org, by what name, in which team or by which plan: something
    /// of it was committed and is not as it was. Who has boards open reads them anew. Never waits.
    fn boards_changed(&self, org: OrgId);
    /// Who looks after whom in an org is another now: coaches who look into rooms are looked at
    /// again. Never waits.
    fn roster_changed(&self, org: OrgId);
    /// The same of one contest: it began or ended, or somebody left it. Never waits.
    fn contest_changed(&self, org: OrgId, contest: ContestId);
}

/// Who looks after whom, by what was committed on this node, or elsewhere a moment ago. Answers from
/// memory. Of an org it does not know it answers [`Roster::unknown`].
pub trait Rosters: Send + Sync + Debug {
    fn of(&self, org: OrgId) -> Arc<Roster>;
}

/// The only source of time.
pub trait Clock: Send + Sync + Debug {
    fn now(&self) -> Timestamp;
}

/// What a frame costs the house, for limiting: each class has a budget of its own, so that a storm
/// of keystrokes never takes the place of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandClass {
    /// Lines and what is done to them: stored, and seen by everybody in the room.
    Chat,
    /// Membership, moderation, subscriptions: stored or costly, and rare by nature.
    Control,
    /// Typing and read positions: may be dropped without an answer.
    Ephemeral,
    /// Telling coaches of a line: each takes somebody's time.
    Report,
}

impl CommandClass {
    pub const ALL: [Self; 4] = [Self::Chat, Self::Control, Self::Ephemeral, Self::Report];

    /// `None` for frames that have a rule of their own: `hello` is admitted once, and heartbeats
    /// are paid for by the per-connection frame budget.
    pub const fn of(frame: &ClientFrame) -> Option<Self> {
        match frame {
            ClientFrame::Command { command, .. } => Some(Self::of_command(command)),
            ClientFrame::Subscribe { .. }
            | ClientFrame::Unsubscribe { .. }
            | ClientFrame::Watch { .. }
            | ClientFrame::Unwatch { .. }
            | ClientFrame::WatchDesk { .. }
            | ClientFrame::UnwatchDesk { .. } => Some(Self::Control),
            ClientFrame::Typing { .. } | ClientFrame::Draft { .. } | ClientFrame::Read { .. } => {
                Some(Self::Ephemeral)
            }
            ClientFrame::Hello { .. } | ClientFrame::Heartbeat { .. } => None,
        }
    }

    pub const fn of_command(command: &Command) -> Self {
        match command {
            Command::Say { .. }
            | Command::Edit { .. }
            | Command::Retract { .. }
            | Command::React { .. }
            | Command::Resend { .. }
            | Command::Regenerate { .. }
            | Command::Continue { .. }
            | Command::SayAs { .. }
            | Command::Whisper { .. }
            | Command::Announce { .. } => Self::Chat,
            Command::Join { .. }
            | Command::Leave {}
            | Command::RaiseHand { .. }
            | Command::Rename { .. }
            | Command::Start {}
            | Command::StopTurn { .. }
            | Command::Pause {}
            | Command::Unpause {}
            | Command::End {}
            | Command::Remove { .. }
            | Command::Mute { .. }
            | Command::Ban { .. }
            | Command::Move { .. }
            | Command::Unban { .. }
            | Command::Hide { .. }
            | Command::Unhide { .. }
            | Command::Invite { .. }
            | Command::TakeOver { .. }
            | Command::HandBack { .. }
            | Command::Direct { .. }
            | Command::Extend { .. } => Self::Control,
            Command::Report { .. } => Self::Report,
        }
    }

    /// A label of closed cardinality.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Control => "control",
            Self::Ephemeral => "ephemeral",
            Self::Report => "report",
        }
    }
}

/// How much one user, and one room, may ask for. Budgets are this node's, or what it holds of those of all
/// nodes, in bounded memory; asking takes from them, never waits and never fails for another reason.
///
/// `Err` holds the milliseconds after which asking again can succeed.
pub trait Limits: Send + Sync + Debug {
    /// One frame of this user, whatever is in it and by whichever connection.
    fn frame(&self, org: OrgId, user: UserId) -> Result<(), u32>;
    /// One frame of `class`; `room` is none for streams that are not rooms.
    fn command(
        &self,
        org: OrgId,
        user: UserId,
        room: Option<RoomId>,
        class: CommandClass,
    ) -> Result<(), u32>;
    /// A place for one more connection of this user, `None` when they have as many as they may.
    /// It is given back by dropping it, so it is kept for as long as the connection lasts.
    fn connection(&self, org: OrgId, user: UserId) -> Option<Permit>;
}

/// Something taken from a bounded count, given back on drop.
pub type Permit = Box<dyn Debug + Send>;

/// What a hello proves itself with.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    Ticket(&'a str),
    Resume(&'a str),
}

/// Who came in.
#[derive(Debug)]
pub struct Admitted {
    pub org: OrgId,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    /// Was let into a room, not into the house.
    pub guest: bool,
    pub sign_in: SignInId,
    /// When the sign-in ends for good, and every connection with it.
    pub until: Timestamp,
    /// A screen's: the one board it looks at. Nobody's otherwise.
    pub display: Option<BoardKey>,
}

impl Admitted {
    pub const fn viewer(&self) -> Viewer {
        Viewer {
            user: self.user,
            role: self.role,
            guest: self.guest,
        }
    }
}

/// Who may open a connection. Answers from memory: no read of the store per socket.
///
/// Guarantees: a ticket is good once; what was revoked on this node before the call is refused.
pub trait Doorman: Send + Sync + Debug {
    fn admit(&self, proof: Proof<'_>) -> Result<Admitted, Refusal>;
    /// A token that opens the next connection of the same person, here or on another node.
    fn resume_token(&self, admitted: &Admitted, session: SessionId) -> String;
}

/// What rooms and channels need of the world.
#[derive(Clone, Debug)]
pub struct Ports {
    pub journal: Arc<dyn Journal>,
    pub archive: Arc<dyn Archive>,
    pub clock: Arc<dyn Clock>,
    pub rosters: Arc<dyn Rosters>,
    pub boards: BoardPorts,
    /// The way to the other nodes.
    pub bus: Arc<dyn Bus>,
    pub desks: DeskPorts,
    /// Where personas play. `None`: nobody does, and what they are asked waits.
    pub stage: Option<Arc<StagePorts>>,
}
