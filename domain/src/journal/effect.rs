//! What an event causes beside itself: pure, so that everything that follows joins its transaction.

use std::sync::Arc;

use super::InboxEvent;
use crate::ids::{RoomId, Seq, TurnId, UserId};
use crate::moderation::{CaseSource, Measure, ReportReason};
use crate::practice::review::Filed;
use crate::room;
use crate::slug::PersonaId;
use crate::time::Timestamp;

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
    /// The line is for coaches only, or for everybody again.
    Cover {
        line: Seq,
        on: bool,
    },
    /// A line for coaches to look at.
    Case {
        line: Seq,
        of: Option<UserId>,
        source: CaseSource,
        /// Why somebody thinks so.
        report: Option<(ReportReason, Option<String>)>,
    },
    /// What was done is kept, for whoever asks later.
    Keep(Kept),
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
    /// The report of somebody's practice is another.
    Refile {
        user: UserId,
        filed: Arc<Filed>,
    },
    /// The room's row in lists: title and phase.
    Relist {
        title: Option<String>,
        phase: Option<room::Phase>,
    },
}

/// Something that was done about a line or somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub measure: Measure,
    /// Whom it concerns; nobody for a persona's line.
    pub user: Option<UserId>,
    pub line: Option<Seq>,
    pub until: Option<Timestamp>,
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
            Effect::Keep(Kept::about(Measure::Remove, *user)),
        ],
        E::Moved { user, to } => vec![
            Effect::Unseat { user: *user },
            Effect::Note {
                user: *user,
                event: InboxEvent::MovedToRoom {
                    from: room,
                    room: *to,
                },
            },
        ],
        E::Banned { user } => {
            let told = done(room, by, Kept::about(Measure::Ban, *user));
            std::iter::once(Effect::Unseat { user: *user })
                .chain(told)
                .collect()
        }
        E::Unbanned { user } => done(room, by, Kept::about(Measure::Unban, *user)),
        E::Muted { user, muted, until } => {
            let measure = if *muted {
                Measure::Mute
            } else {
                Measure::Unmute
            };
            let until = *until;
            done(
                room,
                by,
                Kept {
                    until,
                    ..Kept::about(measure, *user)
                },
            )
        }
        E::LineHidden { line, of } => covered(room, by, (*line, *of), true),
        E::LineShown { line, of } => covered(room, by, (*line, *of), false),
        E::LineReported {
            line,
            of,
            reason,
            note,
            ..
        } => vec![Effect::Case {
            line: *line,
            of: *of,
            source: CaseSource::Report,
            report: Some((*reason, note.clone())),
        }],
        E::LineHeld { user, .. } => vec![case(seq, *user, CaseSource::Held)],
        E::Edited { line, flagged, .. } => {
            let found = flagged.then(|| case(*line, by, CaseSource::Words));
            found.into_iter().collect()
        }
        E::Invited { user } => vec![Effect::Note {
            user: *user,
            event: InboxEvent::InvitedToRoom { room },
        }],
        E::Said {
            mentions, flagged, ..
        } => mentions
            .iter()
            .filter(|user| **user != by)
            .map(|user| Effect::Note {
                user: *user,
                event: InboxEvent::Mentioned { room, line: seq },
            })
            .chain(flagged.then(|| case(seq, by, CaseSource::Words)))
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
        E::CriterionJudged { user, filed, .. } => filed
            .iter()
            .map(|filed| Effect::Refile {
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
        | E::ResultCorrected { .. }
        | E::Reacted { .. }
        | E::HandRaised { .. }
        | E::SeatAsked { .. }
        | E::Directed { .. }
        | E::Whispered { .. }
        | E::Announced { .. }
        | E::Extended { .. }
        | E::Remarked { .. } => vec![],
    }
}

impl Kept {
    const fn about(measure: Measure, user: UserId) -> Self {
        Self {
            measure,
            user: Some(user),
            line: None,
            until: None,
        }
    }
}

const fn case(line: Seq, of: UserId, source: CaseSource) -> Effect {
    Effect::Case {
        line,
        of: Some(of),
        source,
        report: None,
    }
}

/// What was done is kept, and whom it concerns is told unless they did it.
fn done(room: RoomId, by: UserId, kept: Kept) -> Vec<Effect> {
    let told = kept.user.filter(|user| *user != by);
    let note = told.map(|user| Effect::Note {
        user,
        event: InboxEvent::Moderated {
            room,
            measure: kept.measure,
            line: kept.line,
            until: kept.until,
        },
    });
    std::iter::once(Effect::Keep(kept)).chain(note).collect()
}

fn covered(room: RoomId, by: UserId, (line, of): (Seq, Option<UserId>), on: bool) -> Vec<Effect> {
    let kept = Kept {
        measure: if on {
            Measure::HideLine
        } else {
            Measure::ShowLine
        },
        user: of,
        line: Some(line),
        until: None,
    };
    std::iter::once(Effect::Cover { line, on })
        .chain(done(room, by, kept))
        .collect()
}
