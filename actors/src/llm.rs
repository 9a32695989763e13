//! What is asked of a language model, and how the answer comes: the port, as values.
//!
//! Who asks does not know providers' ways. It names what it would like in order of preference, gets
//! pieces of text while they are made, and exactly one end. Implemented in the root crate: over
//! HTTP for everything that speaks the OpenAI protocol, and without a network for the offline engine.

use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::poll_fn;
use ludus_domain::budget::{Claim, Reservation};
use ludus_domain::ids::{OrgId, RoomId, UserId};
use ludus_domain::prompt;
use ludus_domain::text;
use serde_json::Value;
use tokio::sync::mpsc;

pub use ludus_domain::budget::Usage;

use crate::ports::Answer;

/// Pieces that wait for whoever asked. When it is full the provider is not read any further, so a
/// slow listener costs a socket's buffer and not memory.
const PIECES_WAITING_MAX: usize = 64;

/// Something that answers in text.
///
/// Guarantees: `start` returns at once; the answer is some pieces and then one [`Piece::Ended`],
/// always, within the deadlines of the provider; another provider is tried only before the first
/// piece of text; dropping [`Running`] ends the request upstream within a second. Nothing that was
/// asked or answered is in a log or a fault.
///
/// Whoever asks sees to it that a persona has one turn at a time in a room.
pub trait Llm: Send + Sync + Debug {
    fn start(&self, ask: Ask) -> Running;
}

/// Who pays. The sums live where they survive a crash; the arithmetic is `ludus_domain::budget`.
///
/// Guarantees: what is spent and reserved never exceeds a limit, however many ask at once; the
/// second settlement of a reservation changes nothing; a reservation that nobody settles is given
/// back some minutes later. Whoever asks treats `Err` as no: without a book nobody spends.
pub trait Budget: Send + Sync + Debug {
    fn reserve(&self, claim: Claim) -> Answer<Result<Reservation, BudgetFault>>;
    /// What it was in the end; 0 gives all of it back.
    fn settle(&self, reservation: Reservation, spent_micro: u64)
    -> Answer<Result<(), BudgetFault>>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetFault {
    #[error("a limit is reached")]
    Short,
    #[error("the book cannot be read or written")]
    Unavailable,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub org: OrgId,
    /// What room's budget it is paid from. `None` for what belongs to no room.
    pub room: Option<RoomId>,
    /// What learner's budget of the day it is paid from, too.
    pub learner: Option<UserId>,
    /// Whom to ask, in order. Empty: whoever the operator prefers.
    pub providers: Vec<Choice>,
    pub messages: Vec<Message>,
    pub max_output_tokens: u32,
    /// How surprising the answer may be, in thousandths. `None`: as the model likes.
    pub temperature_milli: Option<u32>,
    /// Texts the answer ends before.
    pub stop: Vec<String>,
    /// The answer is to be JSON of this shape. It is asked for, not promised: check what comes.
    pub json_schema: Option<Value>,
    /// What is said where no model can be asked, or where `offline` is among the providers and its
    /// turn comes.
    pub offline: Option<Offline>,
}

/// What the hub's own engine is called where providers have names. No configured one is called so.
pub const OFFLINE: &str = "offline";

/// An answer that was composed without a model.
#[derive(Clone, PartialEq, Eq)]
pub struct Offline {
    pub text: String,
    pub pace: ludus_domain::persona::pace::Pace,
    pub seed: u64,
}

/// A model of a configured provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Choice {
    pub provider: String,
    /// Empty: the provider's first one.
    pub model: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One entry of the conversation that is sent along.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

impl Message {
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
        }
    }
}

/// What personas say is not for logs either.
impl Debug for Offline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Offline({} bytes)", self.text.len())
    }
}

/// What people say is not for logs, not even by accident.
impl Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({} bytes)", self.role, self.text.len())
    }
}

/// The prompt of a persona, as a provider is told it.
impl From<prompt::Message> for Message {
    fn from(message: prompt::Message) -> Self {
        let role = match message.role {
            prompt::Role::System => Role::System,
            prompt::Role::User => Role::User,
            prompt::Role::Assistant => Role::Assistant,
        };
        Self::new(role, message.content)
    }
}

/// What comes back, piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The first word is there: who says it. From now on nobody else is tried.
    Begun { provider: String, model: String },
    /// The next part of the text, never empty, and nothing in it that cannot be shown.
    Text(String),
    /// The last piece.
    Ended(Result<Done, LlmFault>),
}

/// An answer that came whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub finish: Finish,
    pub usage: Usage,
    /// What it cost by the configured prices, in millionths of the currency unit they are written in.
    pub cost_micro: u64,
    pub provider: String,
    pub model: String,
    /// From the question to the first piece of text.
    pub first_token_ms: u64,
    pub total_ms: u64,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finish {
    /// It had said what it had to say, or met one of the stop texts.
    Stop,
    /// It reached `max_output_tokens`: the last sentence may be cut.
    Length,
    /// It said that it was finished, for a reason nobody here knows.
    Other,
}

/// Why there is no whole answer. Text that came before it was really said, and is all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LlmFault {
    #[error("the provider cannot be reached")]
    Connect,
    #[error("the provider refused with status {status}")]
    Refused { status: u16 },
    #[error("the provider wants fewer questions")]
    RateLimited { retry_after_s: Option<u32> },
    #[error("the first word took too long")]
    SlowFirstToken,
    #[error("the answer stopped coming")]
    Stalled,
    #[error("the answer took too long as a whole")]
    TotalTime,
    #[error("the answer broke off")]
    Truncated,
    #[error("the question or the answer is too large")]
    TooLarge,
    #[error("the provider answered what nobody can read")]
    Garbled,
    #[error("the provider's filter withheld the answer")]
    Filtered,
    #[error("no such provider or model is configured")]
    NoProvider,
    #[error("the provider failed so often that it is given a rest")]
    CircuitOpen,
    #[error("too many questions are running")]
    Busy,
    #[error("the budget is used up, or nobody can say whether it is")]
    Budget,
}

impl LlmFault {
    /// For metrics and stored turns: a closed set of words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Refused { .. } => "refused",
            Self::RateLimited { .. } => "rate_limited",
            Self::SlowFirstToken => "slow_first_token",
            Self::Stalled => "stalled",
            Self::TotalTime => "total_time",
            Self::Truncated => "truncated",
            Self::TooLarge => "too_large",
            Self::Garbled => "garbled",
            Self::Filtered => "filtered",
            Self::NoProvider => "no_provider",
            Self::CircuitOpen => "circuit_open",
            Self::Busy => "busy",
            Self::Budget => "budget",
        }
    }
}

/// Makes both ends of one answer.
pub fn answer() -> (Speaker, Running) {
    let (pieces, coming) = mpsc::channel(PIECES_WAITING_MAX);
    let running = Running {
        coming,
        ended: false,
    };
    (Speaker(pieces), running)
}

/// An answer while it comes. Dropping it ends the request upstream.
#[derive(Debug)]
pub struct Running {
    coming: mpsc::Receiver<Piece>,
    ended: bool,
}

impl Running {
    /// The next piece; `None` after [`Piece::Ended`].
    pub async fn next(&mut self) -> Option<Piece> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.coming.poll_recv(cx).map(|piece| {
            // A speaker that is gone without a goodbye has failed in a way it could not tell.
            let piece = piece.unwrap_or(Piece::Ended(Err(LlmFault::Truncated)));
            self.ended = matches!(piece, Piece::Ended(_));
            Some(piece)
        })
    }
}

impl Stream for Running {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.poll(cx)
    }
}

/// The other end of [`Running`]: what whoever answers speaks into.
#[derive(Debug)]
pub struct Speaker(mpsc::Sender<Piece>);

/// Nobody listens any more: stop working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody listens any more")]
pub struct Unheard;

impl Speaker {
    pub async fn begun(&self, provider: &str, model: &str) -> Result<(), Unheard> {
        let (provider, model) = (provider.to_owned(), model.to_owned());
        self.say(Piece::Begun { provider, model }).await
    }

    /// Says some of it, without what no text may have: no store keeps a NUL, and nobody's terminal
    /// is to be steered.
    pub async fn text(&self, text: String) -> Result<(), Unheard> {
        let text = text::shown(&text);
        if text.is_empty() {
            return Ok(());
        }
        self.say(Piece::Text(text)).await
    }

    /// Says the last word.
    pub async fn ended(self, end: Result<Done, LlmFault>) {
        // Nobody is there to hear it: then nobody waits for it either.
        let _ = self.say(Piece::Ended(end)).await;
    }

    /// Returns when whoever asked has gone.
    pub async fn unheard(&self) {
        self.0.closed().await;
    }

    async fn say(&self, piece: Piece) -> Result<(), Unheard> {
        self.0.send(piece).await.map_err(|_| Unheard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_come_in_order_and_end_once() {
        let (speaker, mut running) = answer();
        tokio::spawn(async move {
            speaker.begun("local", "tiny").await.unwrap();
            speaker.text(String::new()).await.unwrap();
            speaker.text("\0\u{1B}".to_owned()).await.unwrap();
            speaker.text("Hel\0lo".to_owned()).await.unwrap();
            speaker.ended(Err(LlmFault::Stalled)).await;
        });
        let begun = Piece::Begun {
            provider: "local".to_owned(),
            model: "tiny".to_owned(),
        };
        assert_eq!(running.next().await, Some(begun));
        assert_eq!(running.next().await, Some(Piece::Text("Hello".to_owned())));
        let ended = Piece::Ended(Err(LlmFault::Stalled));
        assert_eq!(running.next().await, Some(ended));
        assert_eq!(running.next().await, None);
    }

    #[tokio::test]
    async fn a_speaker_that_vanishes_still_ends_the_answer() {
        let (speaker, mut running) = answer();
        drop(speaker);
        let ended = Piece::Ended(Err(LlmFault::Truncated));
        assert_eq!(running.next().await, Some(ended));
        assert_eq!(running.next().await, None);
    }

    #[tokio::test]
    async fn the_speaker_learns_that_nobody_listens() {
        let (speaker, running) = answer();
        drop(running);
        speaker.unheard().await;
        assert_eq!(speaker.text("so".to_owned()).await, Err(Unheard));
    }

    #[test]
    fn what_was_said_is_not_in_the_debug_output() {
        let message = Message::new(Role::User, "a secret");
        assert_eq!(format!("{message:?}"), "User(8 bytes)");
    }
}
