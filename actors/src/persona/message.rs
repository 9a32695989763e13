//! What a persona hears of its room.

use std::collections::BTreeMap;

use actix::prelude::Message;
use ludus_domain::ids::{Seq, TurnId};
use ludus_domain::room::Turn;
use tracing::Span;

/// What is open for this persona, as the room has it now.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Cue {
    pub open: BTreeMap<TurnId, Turn>,
    pub head: Seq,
    /// How coaches want it to go on.
    pub directions: Vec<String>,
    /// What it comes of.
    pub trace: Span,
}

/// The room is gone.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Curtain;
