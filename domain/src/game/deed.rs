//! What somebody did, as far as rules may know it: typed facts, never text.
//!
//! Deeds are read out of journals by pure functions, [`of_room`] and [`of_inbox`]; so the ledger can
//! be proved after words were erased.

mod judge;
mod kind;
mod source;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::judge::Judge;
pub use self::source::{NotASource, Source};

use super::account::Counts;
use super::calendar::Zone;
use crate::ids::{ContestId, RoomId, Seq, UserId};
use crate::journal::InboxEvent;
use crate::room::{Event, RoomKind};
use crate::signals::LineFacts;
use crate::slug::{BadgeId, MetricId, QuestId, ScenarioId, SkillId};

/// How an imported value changes what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreOp {
    Set,
    /// Counts only if it is better than what was there.
    Best,
    Incr,
    Decr,
}

/// A typed fact about one person. A new kind is a variant here, an arm in [`Deed::kind`] and
/// [`Deed::field`], and whoever reads it out of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deed {
    LineSaid {
        room: RoomId,
        room_kind: RoomKind,
        facts: LineFacts,
        reply: bool,
        mentions: u8,
    },
    /// One's own line was taken back: what it gained is reversed.
    LineRetracted {
        room: RoomId,
        line: Seq,
    },
    ReplyReceived {
        room: RoomId,
        peer: UserId,
    },
    ReactionGiven {
        room: RoomId,
        peer: UserId,
    },
    ReactionReceived {
        room: RoomId,
        peer: UserId,
    },
    KudosGiven {
        peer: UserId,
    },
    KudosReceived {
        peer: UserId,
    },
    /// A practice came to its end with a result. `score` in per mille.
    PracticeCompleted {
        room: RoomId,
        scenario: ScenarioId,
        score: u32,
        minutes: u32,
        goals_met: u32,
        goals: u32,
        judge: Judge,
    },
    /// A line, or a practice, was judged for one skill. `score` in per mille.
    SkillScored {
        room: RoomId,
        skill: SkillId,
        score: u32,
        judge: Judge,
    },
    /// What an event found of a practice or a skill is found otherwise: what hung on it follows.
    Rejudged {
        room: RoomId,
        of: Seq,
        was: Box<Self>,
        now: Box<Self>,
    },
    /// A value came in from outside.
    Scored {
        metric: MetricId,
        op: ScoreOp,
        value: i64,
    },
    /// Somebody with the right to do so gave or took points by hand.
    Adjusted {
        points: crate::slug::PointKind,
        by: i64,
    },
    ZoneChanged {
        zone: Zone,
    },
    ContestEntered {
        contest: ContestId,
        counts: Counts,
    },
    ContestLeft {
        contest: ContestId,
    },
    /// The rules of now were applied to everything so far.
    Rescored {
        run: u32,
    },
    // What follows from other deeds, never written in a journal of its own.
    DayBegun {
        days: u32,
    },
    BadgeEarned {
        badge: BadgeId,
        level: u8,
    },
    LevelReached {
        level: u32,
    },
    QuestDone {
        quest: QuestId,
    },
}

/// The kinds of deeds, as rules name them in `on`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeedKind {
    LineSaid,
    LineRetracted,
    ReplyReceived,
    ReactionGiven,
    ReactionReceived,
    KudosGiven,
    KudosReceived,
    PracticeCompleted,
    SkillScored,
    Rejudged,
    Scored,
    Adjusted,
    ZoneChanged,
    ContestEntered,
    ContestLeft,
    Rescored,
    /// The first counted deed of a local day: `days` is the streak with it.
    DayBegun,
    BadgeEarned,
    LevelReached,
    QuestDone,
}

/// What a condition can compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    Number(i64),
    Word(&'a str),
    Flag(bool),
    /// Compared only with itself, to count per peer.
    Peer(UserId),
}

/// What an event of a room makes people have done, in a fixed order: who, and what.
pub fn of_room(room: RoomId, kind: RoomKind, by: UserId, event: &Event) -> Vec<(UserId, Deed)> {
    match event {
        // A line from a persona's seat is the persona's: nobody is paid for it.
        Event::Said {
            facts,
            reply_to,
            answers,
            mentions,
            as_persona: None,
            ..
        } => {
            let said = Deed::LineSaid {
                room,
                room_kind: kind,
                facts: *facts,
                reply: reply_to.is_some(),
                mentions: u8::try_from(mentions.len()).unwrap_or(u8::MAX),
            };
            let answered = answers
                .filter(|author| *author != by)
                .map(|author| (author, Deed::ReplyReceived { room, peer: by }));
            std::iter::once((by, said)).chain(answered).collect()
        }
        Event::Retracted { line, of } => of
            .map(|author| (author, Deed::LineRetracted { room, line: *line }))
            .into_iter()
            .collect(),
        Event::Reacted { of, on: true, .. } => match of {
            Some(author) if *author != by => vec![
                (
                    by,
                    Deed::ReactionGiven {
                        room,
                        peer: *author,
                    },
                ),
                (*author, Deed::ReactionReceived { room, peer: by }),
            ],
            _ => vec![],
        },
        Event::PracticeCompleted {
            user,
            scenario,
            score,
            minutes,
            goals_met,
            goals,
            judge,
            ..
        } => {
            let completed = Deed::PracticeCompleted {
                room,
                scenario: scenario.clone(),
                score: (*score).into(),
                minutes: (*minutes).into(),
                goals_met: (*goals_met).into(),
                goals: (*goals).into(),
                judge: *judge,
            };
            vec![(*user, completed)]
        }
        Event::SkillScored {
            user,
            skill,
            score,
            judge,
        } => {
            let scored = Deed::SkillScored {
                room,
                skill: skill.clone(),
                score: (*score).into(),
                judge: *judge,
            };
            vec![(*user, scored)]
        }
        Event::ResultCorrected { user, of, was, now } => {
            let rejudged = Deed::Rejudged {
                room,
                of: *of,
                was: Box::new(was.deed(room)),
                now: Box::new(now.deed(room)),
            };
            vec![(*user, rejudged)]
        }
        Event::Opened { .. }
        | Event::Said { .. }
        | Event::SeatTaken { .. }
        | Event::SeatAsked { .. }
        | Event::SeatHandedBack { .. }
        | Event::Directed { .. }
        | Event::Whispered { .. }
        | Event::Announced { .. }
        | Event::Extended { .. }
        | Event::Remarked { .. }
        | Event::PracticeFiled {}
        | Event::CriterionJudged { .. }
        | Event::TurnAsked { .. }
        | Event::TurnBegun { .. }
        | Event::TurnSteered { .. }
        | Event::TurnStopped { .. }
        | Event::Spoke { .. }
        | Event::SceneClosed {}
        | Event::Joined { .. }
        | Event::Left { .. }
        | Event::Edited { .. }
        | Event::Reacted { .. }
        | Event::HandRaised { .. }
        | Event::Renamed { .. }
        | Event::PhaseChanged { .. }
        | Event::Removed { .. }
        | Event::Banned { .. }
        | Event::Moved { .. }
        | Event::Unbanned { .. }
        | Event::LineReported { .. }
        | Event::LineHeld { .. }
        | Event::LineHidden { .. }
        | Event::LineShown { .. }
        | Event::Muted { .. }
        | Event::Invited { .. } => vec![],
    }
}

/// Whose accounts an event of a room touches: known before it has a seq.
pub fn doers(by: UserId, event: &Event) -> Vec<UserId> {
    let nowhere = RoomId(uuid::Uuid::nil());
    of_room(nowhere, RoomKind::Lounge, by, event)
        .into_iter()
        .map(|(user, _)| user)
        .collect()
}

/// What an event of somebody's inbox makes them have done.
pub fn of_inbox(event: &InboxEvent) -> Option<Deed> {
    use InboxEvent as E;
    Some(match event {
        E::KudosSent { to } => Deed::KudosGiven { peer: *to },
        E::KudosReceived { from } => Deed::KudosReceived { peer: *from },
        E::Scored { metric, op, value } => Deed::Scored {
            metric: metric.clone(),
            op: *op,
            value: *value,
        },
        E::Adjusted { points, by, .. } => Deed::Adjusted {
            points: points.clone(),
            by: *by,
        },
        E::ZoneChanged { zone } => Deed::ZoneChanged { zone: zone.clone() },
        E::ContestEntered { contest, counts } => Deed::ContestEntered {
            contest: *contest,
            counts: counts.clone(),
        },
        E::ContestLeft { contest }
        | E::ContestOver { contest, .. }
        | E::ContestCancelled { contest, .. } => Deed::ContestLeft { contest: *contest },
        E::Rescored { run } => Deed::Rescored { run: *run },
        E::InvitedToRoom { .. }
        | E::RemovedFromRoom { .. }
        | E::Mentioned { .. }
        | E::Moderated { .. }
        | E::MovedToRoom { .. }
        | E::ReportDecided { .. }
        | E::PracticeAssigned { .. }
        | E::PracticeWithdrawn { .. }
        | E::AppealAnswered { .. }
        | E::AddedToCohort { .. }
        | E::RoleChanged { .. }
        | E::Gained { .. }
        | E::LeagueMoved { .. }
        | E::SeasonOver { .. } => return None,
    })
}

impl Deed {
    pub const fn kind(&self) -> DeedKind {
        match self {
            Self::LineSaid { .. } => DeedKind::LineSaid,
            Self::LineRetracted { .. } => DeedKind::LineRetracted,
            Self::ReplyReceived { .. } => DeedKind::ReplyReceived,
            Self::ReactionGiven { .. } => DeedKind::ReactionGiven,
            Self::ReactionReceived { .. } => DeedKind::ReactionReceived,
            Self::KudosGiven { .. } => DeedKind::KudosGiven,
            Self::KudosReceived { .. } => DeedKind::KudosReceived,
            Self::PracticeCompleted { .. } => DeedKind::PracticeCompleted,
            Self::SkillScored { .. } => DeedKind::SkillScored,
            Self::Rejudged { .. } => DeedKind::Rejudged,
            Self::Scored { .. } => DeedKind::Scored,
            Self::Adjusted { .. } => DeedKind::Adjusted,
            Self::ZoneChanged { .. } => DeedKind::ZoneChanged,
            Self::ContestEntered { .. } => DeedKind::ContestEntered,
            Self::ContestLeft { .. } => DeedKind::ContestLeft,
            Self::Rescored { .. } => DeedKind::Rescored,
            Self::DayBegun { .. } => DeedKind::DayBegun,
            Self::BadgeEarned { .. } => DeedKind::BadgeEarned,
            Self::LevelReached { .. } => DeedKind::LevelReached,
            Self::QuestDone { .. } => DeedKind::QuestDone,
        }
    }

    /// Where it was done, when it was done in a room.
    pub const fn room(&self) -> Option<RoomId> {
        match self {
            Self::LineSaid { room, .. }
            | Self::LineRetracted { room, .. }
            | Self::ReplyReceived { room, .. }
            | Self::ReactionGiven { room, .. }
            | Self::ReactionReceived { room, .. }
            | Self::PracticeCompleted { room, .. }
            | Self::SkillScored { room, .. }
            | Self::Rejudged { room, .. } => Some(*room),
            _ => None,
        }
    }

    /// A field by the name rules use; `None` where this deed has no such field. The names are
    /// those of the fields above, and for lines every name of [`LineFacts::NAMES`].
    pub fn field(&self, name: &str) -> Option<Field<'_>> {
        use Field::{Flag, Number, Peer, Word};
        Some(match (self, name) {
            (Self::LineSaid { room_kind, .. }, "room_kind") => Word(room_kind.as_str()),
            (Self::LineSaid { reply, .. }, "reply") => Flag(*reply),
            (Self::LineSaid { mentions, .. }, "mentions") => Number(i64::from(*mentions)),
            (Self::LineSaid { facts, .. }, name) => Number(facts.get(name)?),
            (
                Self::ReplyReceived { peer, .. }
                | Self::ReactionGiven { peer, .. }
                | Self::ReactionReceived { peer, .. }
                | Self::KudosGiven { peer }
                | Self::KudosReceived { peer },
                "peer",
            ) => Peer(*peer),
            (Self::PracticeCompleted { scenario, .. }, "scenario") => Word(scenario.as_str()),
            (Self::PracticeCompleted { score, .. } | Self::SkillScored { score, .. }, "score") => {
                Number(i64::from(*score))
            }
            (Self::PracticeCompleted { minutes, .. }, "minutes") => Number(i64::from(*minutes)),
            (Self::PracticeCompleted { goals_met, .. }, "goals_met") => {
                Number(i64::from(*goals_met))
            }
            (Self::PracticeCompleted { goals, .. }, "goals") => Number(i64::from(*goals)),
            (Self::PracticeCompleted { judge, .. } | Self::SkillScored { judge, .. }, "judge") => {
                Word(judge.as_str())
            }
            (Self::SkillScored { skill, .. }, "skill") => Word(skill.as_str()),
            (Self::Scored { metric, .. }, "metric") => Word(metric.as_str()),
            (Self::Scored { value, .. }, "value") => Number(*value),
            (Self::DayBegun { days }, "days") => Number(i64::from(*days)),
            (Self::BadgeEarned { badge, .. }, "badge") => Word(badge.as_str()),
            (Self::BadgeEarned { level, .. }, "level") => Number(i64::from(*level)),
            (Self::LevelReached { level }, "level") => Number(i64::from(*level)),
            (Self::QuestDone { quest }, "quest") => Word(quest.as_str()),
            _ => return None,
        })
    }
}
