//! What personas need of the world beside the room they sit in.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use ludus_domain::budget::Usage;
use ludus_domain::content::Edition;
use ludus_domain::ids::{OrgId, RoomId, Seq, TurnId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::moderation::words::OrgWords;
use ludus_domain::policy::Policies;
use ludus_domain::practice::Library;
use ludus_domain::practice::remark::Remark;
use ludus_domain::practice::review::Practice;
use ludus_domain::room::Scene;
use ludus_domain::slug::PersonaId;
use ludus_domain::turn::Kept;

use crate::llm::Llm;
use crate::ports::Answer;

/// What an answer took, for whoever pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub provider: String,
    pub model: String,
    pub usage: Usage,
    pub cost_micro: u64,
    pub first_token_ms: u64,
    pub total_ms: u64,
}

/// What one persona remembers of one learner, in the learner's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    pub slots: BTreeMap<String, String>,
    pub notes: Vec<String>,
}

/// Where turns are kept while they run. That a turn is asked for, begun and over is the journal's to
/// say; this is what a crash would lose otherwise.
pub trait Turns: Send + Sync + Debug {
    /// Keeps what was said so far. `false`: another attempt has begun, or the turn is over.
    fn keep(
        &self,
        org: OrgId,
        room: RoomId,
        turn: TurnId,
        attempt: u8,
        text: String,
    ) -> Answer<Result<bool, Fault>>;
    /// What was kept; nothing of a turn that is over.
    fn kept(&self, org: OrgId, room: RoomId, turn: TurnId) -> Answer<Result<Option<Kept>, Fault>>;
    /// What a turn took. Losing one costs a line of a report.
    fn bill(&self, org: OrgId, room: RoomId, turn: TurnId, bill: Bill)
    -> Answer<Result<(), Fault>>;
    fn remembered(
        &self,
        org: OrgId,
        persona: PersonaId,
        learner: UserId,
    ) -> Answer<Result<Remembered, Fault>>;
    /// What the org tells every persona; empty for nothing.
    fn instructions(&self, org: OrgId) -> Answer<Result<String, Fault>>;
}

/// When coaches were last heard of who speak from a persona's seat. Who holds which is the journal's
/// to say; this is how another node knows that one is gone.
pub trait Seats: Send + Sync + Debug {
    /// Whoever took a seat at this taking is here now.
    fn heard(&self, org: OrgId, room: RoomId, take: u64) -> Answer<Result<(), Fault>>;
    /// Takings of a room whose coach no node has heard of for
    /// [`SEAT_GRACE_MS`](ludus_domain::room::SEAT_GRACE_MS).
    fn silent(&self, org: OrgId, room: RoomId) -> Answer<Result<Vec<u64>, Fault>>;
}

/// What orgs have decided: how their coaches look on, which words are not wanted, and what models are asked.
pub trait OrgPolicies: Send + Sync + Debug {
    /// From memory: it is asked with each draft.
    fn of(&self, org: OrgId) -> Policies;

    /// The words an org does not want. From memory: they are compared with each line.
    fn words(&self, org: OrgId) -> Arc<OrgWords>;
}

/// What can be practised in each org, and with whom.
pub trait Libraries: Send + Sync + Debug {
    /// As the org has it now, from memory.
    fn now(&self, org: OrgId) -> Arc<Library>;
    /// As the org had it when a scene of this edition was fixed.
    fn at(&self, org: OrgId, edition: Edition) -> Answer<Result<Arc<Library>, Fault>>;
}

/// A scene that was played to its end.
#[derive(Clone, Debug)]
pub struct Played {
    pub org: OrgId,
    pub room: RoomId,
    pub scene: Scene,
}

/// Looks back on practices.
pub trait Reports: Send + Sync + Debug {
    /// What came of it for each learner, made from the journal; nobody where nobody practised. It
    /// takes no longer than a model's answer and the store.
    fn make(&self, played: Played) -> Answer<Result<Vec<Practice>, Fault>>;
}

/// A line of a learner in a practice.
#[derive(Clone, Debug)]
pub struct Uttering {
    pub org: OrgId,
    pub room: RoomId,
    pub scene: Scene,
    pub line: Seq,
    pub of: UserId,
}

/// Asks a model what it thinks of lines.
pub trait Remarks: Send + Sync + Debug {
    /// Whether there is a model to ask. Whether a scenario wants it is looked up with each line.
    fn are_wanted(&self) -> bool;
    /// `None` where nobody said anything one can believe, in time. Nothing is lost with it but help.
    fn on(&self, line: Uttering) -> Answer<Option<Remark>>;
}

/// The stage of this node.
#[derive(Clone, Debug)]
pub struct StagePorts {
    pub llm: Arc<dyn Llm>,
    pub libraries: Arc<dyn Libraries>,
    pub turns: Arc<dyn Turns>,
    pub seats: Arc<dyn Seats>,
    pub policies: Arc<dyn OrgPolicies>,
    pub reports: Arc<dyn Reports>,
    pub remarks: Arc<dyn Remarks>,
    /// This process: two of them that begin the same attempt are not the same.
    pub node: u64,
}
