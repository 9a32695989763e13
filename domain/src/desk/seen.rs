//! A room as the desk follows it: what its events say about who sits in it. No text is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::signal::LINES_BACK_MAX;
use crate::ids::{RoomId, Seq, UserId};
use crate::journal::{Fact, Recorded};
use crate::room::{Event, Phase, Room, RoomKind, RoomPlan, Why};
use crate::signals::{LineFacts, Quality};
use crate::slug::GoalId;
use crate::time::Timestamp;

const LINES_BACK: usize = LINES_BACK_MAX as usize;

/// A room as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    pub room: RoomId,
    pub state: Room,
    pub head: Seq,
    /// The latest events up to `head`, or all of them.
    pub events: Vec<Recorded>,
    /// Goals of its scenario; 0 without one.
    pub goals: u16,
}

/// What is remembered of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) words: u16,
    /// Of 100, where it can be judged.
    pub(super) score: Option<u8>,
    pub(super) is_warm: bool,
    pub(super) is_harsh: bool,
    pub(super) is_off: bool,
}

impl Line {
    fn of(at: Timestamp, facts: &LineFacts) -> Self {
        let scores = Quality::ALL.iter().filter_map(|one| one.score(facts));
        let (sum, count) = scores.fold((0_u32, 0), |(sum, count), score| {
            (sum + u32::from(score), count + 1)
        });
        let score = (sum.checked_div(count)).and_then(|score| u8::try_from(score).ok());
        Self {
            at,
            words: facts.words,
            score,
            is_warm: facts.empathy + facts.politeness + facts.thanks > 0,
            is_harsh: facts.harsh + facts.profanity + facts.blame + facts.shouting > 0,
            is_off: facts.links > 0 || (facts.noise > 0 && facts.noise * 2 >= facts.words),
        }
    }
}

/// Somebody in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sitting {
    pub(super) is_seated: bool,
    pub(super) lines: u16,
    pub(super) since_goal: u16,
    pub(super) last: VecDeque<Line>,
    pub(super) said_at: Option<Timestamp>,
    pub(super) active_at: Option<Timestamp>,
    pub(super) hand: Option<Timestamp>,
}

/// What an event of a room meant for a learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    Said,
    GoalsMet(u16),
    HandUp,
    Finished(u16),
}

/// The room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) seq: Seq,
    pub(super) plan: RoomPlan,
    pub(super) phase: Phase,
    pub(super) goals: u16,
    pub(super) goals_met: BTreeSet<GoalId>,
    /// When the last goal was met, or the scene began.
    pub(super) progress_at: Option<Timestamp>,
    pub(super) is_over: bool,
    /// The coach in a persona's seat.
    pub(super) taken_by: Option<UserId>,
    is_begun: bool,
    pub(super) live_ms: i64,
    pub(super) since: Option<Timestamp>,
    /// When somebody spoke last, and who; a persona is nobody.
    pub(super) spoken: Option<(Timestamp, Option<UserId>)>,
    pub(super) sitting: BTreeMap<UserId, Sitting>,
}

impl Seen {
    /// A room from what the store has. Where its whole journal is not at hand, the time before is not
    /// counted.
    pub(super) fn host(hosted: &Hosted) -> Self {
        let before = hosted
            .events
            .first()
            .map_or(hosted.head.0, |first| first.seq.0 - 1);
        let is_whole = before == 0;
        let state = &hosted.state;
        let mut seen = Self {
            seq: Seq(before),
            plan: state.plan.clone(),
            phase: state.phase,
            goals: hosted.goals,
            goals_met: BTreeSet::new(),
            progress_at: None,
            is_over: false,
            taken_by: None,
            is_begun: !is_whole && state.plan.scene.is_some(),
            live_ms: 0,
            since: None,
            spoken: None,
            sitting: BTreeMap::new(),
        };
        for recorded in &hosted.events {
            seen.take(recorded);
        }
        // Decided by what is no longer at hand.
        seen.seq = hosted.head;
        seen.phase = state.phase;
        seen.is_over |= state.scene_closed;
        seen.taken_by = state.stage.held.values().map(|held| held.by).next();
        seen.plan = state.plan.clone();
        let last = hosted.events.last().map_or(Timestamp(0), |last| last.at);
        seen.run(last);
        for sitting in seen.sitting.values_mut() {
            sitting.is_seated = false;
        }
        for (user, seat) in &state.members {
            let sitting = seen.sitting.entry(*user).or_default();
            sitting.is_seated = true;
            sitting.hand = seat.hand.map(|_| sitting.hand.unwrap_or(last));
        }
        seen
    }

    pub(super) fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Whether there is a scene that is being played.
    pub(super) fn is_played(&self) -> bool {
        self.is_live() && self.is_begun && !self.is_over
    }

    pub(super) fn is_contest(&self) -> bool {
        self.plan.kind == RoomKind::Contest
    }

    /// Since when the learners owe an answer: their partner has spoken, and nobody since. Among people
    /// alone nobody owes anything.
    pub(super) fn owed_since(&self) -> Option<Timestamp> {
        let (at, by) = self.spoken?;
        (by.is_none() && self.is_played()).then_some(at)
    }

    /// Takes the next event in: what it meant, for whom. An event that is known means nothing; one after
    /// a gap is taken as if nothing were missed, and whoever knows better reads what was.
    pub(super) fn take(&mut self, recorded: &Recorded) -> Vec<(UserId, Meant)> {
        if recorded.seq <= self.seq {
            return vec![];
        }
        self.seq = recorded.seq;
        let Fact::Room(event) = &recorded.fact else {
            return vec![];
        };
        let at = recorded.at;
        if let Some(by) = recorded.by
            && let Some(sitting) = self.sitting.get_mut(&by)
        {
            sitting.active_at = Some(at);
        }
        match event {
            Event::Said {
                as_persona: Some(_),
                ..
            } => {
                // A coach for a persona: the learner is to answer.
                self.spoken = Some((at, None));
                vec![]
            }
            Event::Said { facts, .. } => {
                let Some(by) = recorded.by else { return vec![] };
                self.spoken = Some((at, Some(by)));
                self.said(by, at, facts);
                vec![(by, Meant::Said)]
            }
            Event::Spoke { notes, .. } => {
                self.spoken = Some((at, None));
                let before = self.goals_met.len();
                self.goals_met.extend(notes.goals_met.iter().cloned());
                let news = u16::try_from(self.goals_met.len() - before).unwrap_or(u16::MAX);
                if news == 0 {
                    return vec![];
                }
                self.progress_at = Some(at);
                let seated = self.sitting.iter_mut().filter(|(_, one)| one.is_seated);
                seated
                    .map(|(user, sitting)| {
                        sitting.since_goal = 0;
                        (*user, Meant::GoalsMet(news))
                    })
                    .collect()
            }
            Event::HandRaised { user, up } => {
                self.sitting.entry(*user).or_default().hand = up.then_some(at);
                up.then_some((*user, Meant::HandUp)).into_iter().collect()
            }
            Event::PracticeCompleted { user, score, .. } => {
                vec![(*user, Meant::Finished(*score))]
            }
            _ => {
                self.move_on(event, at);
                vec![]
            }
        }
    }

    fn said(&mut self, by: UserId, at: Timestamp, facts: &LineFacts) {
        let sitting = self.sitting.entry(by).or_default();
        sitting.active_at = Some(at);
        sitting.said_at = Some(at);
        sitting.lines = sitting.lines.saturating_add(1);
        sitting.since_goal = sitting.since_goal.saturating_add(1);
        if sitting.last.len() == LINES_BACK {
            sitting.last.pop_front();
        }
        sitting.last.push_back(Line::of(at, facts));
    }

    /// Who sits here, and where the room and its scene are in their lives.
    fn move_on(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Opened { plan } => self.plan = plan.clone(),
            Event::Joined { user, .. } => {
                let sitting = self.sitting.entry(*user).or_default();
                sitting.is_seated = true;
                sitting.active_at = Some(at);
            }
            Event::Left { user }
            | Event::Moved { user, .. }
            | Event::Removed { user }
            | Event::Banned { user } => {
                self.sitting.remove(user);
            }
            Event::Renamed { title } => self.plan.title.clone_from(title),
            Event::PhaseChanged { phase } => self.phase = *phase,
            Event::TurnAsked {
                why: Why::Opening, ..
            } => {
                self.is_begun = true;
                self.progress_at.get_or_insert(at);
            }
            Event::SeatTaken { by, .. } => self.taken_by = Some(*by),
            Event::SeatHandedBack { .. } => self.taken_by = None,
            Event::SceneClosed {} => self.is_over = true,
            _ => return,
        }
        self.run(at);
    }

    /// The scene's time runs, or rests.
    fn run(&mut self, at: Timestamp) {
        match (self.is_played(), self.since) {
            (true, None) => self.since = Some(at),
            (false, Some(since)) => {
                self.live_ms += at.ms_since(since);
                self.since = None;
            }
            _ => {}
        }
    }
}
