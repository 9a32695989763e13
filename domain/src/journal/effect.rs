//! What an event causes beside itself: pure, so that everything that follows joins its transaction.

use std::sync::Arc;

use super::InboxEvent;
use crate::ids::{RoomId, Seq, TurnId, UserId};
use crate::practice::review::Filed;
use crate::room;
use crate::slug::PersonaId;

/// What the store does in the transaction of an event, because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An event of somebody's inbox.
    Note {
        user: UserId,
        event: InboxEvent,
    },
    /// A seat of the room, as other tables see it.
    Seat {
        user: UserId,
        name: String,
        host: bool,
    },
    Unseat {
        user: UserId,
    },
    /// The line's text is no longer shown when history is read.
    Hide {
        line: Seq,
    },
    /// A turn that somebody must begin soon.
    Cue {
        turn: TurnId,
        persona: PersonaId,
    },
    /// Somebody has begun it.
    Take {
        turn: TurnId,
        attempt: u8,
    },
    /// It is over.
    Close {
        turn: TurnId,
        attempt: u8,
        end: room::TurnEnd,
    },
    /// A coach has a persona's seat, and is heard of now.
    HoldSeat {
        persona: PersonaId,
        take: u64,
    },
    /// The persona has it back.
    GiveSeat {
        persona: PersonaId,
    },
    /// A practice goes on, rests or is over: when somebody is to look after it.
    Practice(PracticeStep),
    /// What came of a practice for somebody: the report, and what personas remember.
    File {
        user: UserId,
        filed: Arc<Filed>,
    },
    /// The room's row in lists: title and phase.
    Relist {
        title: Option<String>,
        phase: Option<room::Phase>,
    },
}

/// Where a practice is in its life, for whoever looks after those that nobody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PracticeStep {
    /// Nobody plays just now.
    Resting,
    /// Time runs.
    Running,
    /// The room ended.
    Ended,
    /// The scene is over: its report is due.
    Closed,
    /// Nothing is left to do.
    Filed,
}

/// What an event of a room causes. Called with the final `seq`, inside the transaction.
pub fn effects(room: RoomId, seq: Seq, by: UserId, event: &room::Event) -> Vec<Effect> {
    use room::Event as E;
    match event {
        E::Joined { user, name, host } => vec![Effect::Seat {
            user: *user,
            name: name.clone(),
            host: *host,
        }],
        E::Left { user } => vec![Effect::Unseat { user: *user }],
        E::Removed { user } => vec![
            Effect::Unseat { user: *user },
            Effect::Note {
                user: *user,
                event: InboxEvent::RemovedFromRoom { room },
            },
        ],
        E::Invited { user } => vec![Effect::Note {
            user: *user,
            event: InboxEvent::InvitedToRoom { room },
        }],
        E::Said { mentions, .. } => mentions
            .iter()
            .filter(|user| **user != by)
            .map(|user| Effect::Note {
                user: *user,
                event: InboxEvent::Mentioned { room, line: seq },
            })
            .collect(),
        E::Retracted { line, .. } => vec![Effect::Hide { line: *line }],
        E::Renamed { title } => vec![Effect::Relist {
            title: Some(title.clone()),
            phase: None,
        }],
        E::PhaseChanged { phase } => {
            let step = match phase {
                room::Phase::Live => PracticeStep::Running,
                room::Phase::Lobby | room::Phase::Paused => PracticeStep::Resting,
                room::Phase::Ended => PracticeStep::Ended,
            };
            let relist = Effect::Relist {
                title: None,
                phase: Some(*phase),
            };
            vec![relist, Effect::Practice(step)]
        }
        E::TurnAsked {
            turn, persona, why, ..
        } => {
            let cue = Effect::Cue {
                turn: *turn,
                persona: persona.clone(),
            };
            let begun = (*why == room::Why::Opening).then_some(PracticeStep::Running);
            std::iter::once(cue)
                .chain(begun.map(Effect::Practice))
                .collect()
        }
        E::SceneClosed {} => vec![Effect::Practice(PracticeStep::Closed)],
        E::PracticeFiled {} => vec![Effect::Practice(PracticeStep::Filed)],
        E::PracticeCompleted { user, filed, .. } => filed
            .iter()
            .map(|filed| Effect::File {
                user: *user,
                filed: Arc::clone(filed),
            })
            .collect(),
        E::TurnBegun { turn, attempt, .. } => vec![Effect::Take {
            turn: *turn,
            attempt: *attempt,
        }],
        E::Spoke {
            turn, attempt, end, ..
        } => vec![Effect::Close {
            turn: *turn,
            attempt: *attempt,
            end: *end,
        }],
        E::SeatTaken { persona, take, .. } => vec![Effect::HoldSeat {
            persona: persona.clone(),
            take: *take,
        }],
        E::SeatHandedBack { persona, .. } => vec![Effect::GiveSeat {
            persona: persona.clone(),
        }],
        E::Opened { .. }
        | E::TurnSteered { .. }
        | E::TurnStopped { .. }
        | E::SkillScored { .. }
        | E::Edited { .. }
        | E::Reacted { .. }
        | E::HandRaised { .. }
        | E::Muted { .. }
        | E::SeatAsked { .. }
        | E::Directed { .. }
        | E::Whispered { .. }
        | E::Announced { .. }
        | E::Extended { .. }
        | E::Remarked { .. } => vec![],
    }
}
