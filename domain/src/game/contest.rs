//! Contests: who may enter when, when they begin and end, and what they come to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::Counts;
use super::calendar::{WallTime, Zone};
use super::league::places;
use super::plan::{ContestEntry, ContestPlan, TeamFold};
use crate::board::teams::folded;
use crate::board::{Direction, TiePolicy};
use crate::ids::{TeamId, UserId};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Entrants of a contest. All of them are told of its end in one transaction.
pub const ENTRANTS_MAX: u32 = 2_000;
const MINUTE_MS: i64 = 60_000;
/// A year and a day, as the minutes of its kind at most.
const LASTS_MAX_MS: i64 = 527_040 * MINUTE_MS;
/// How far ahead one plans. What lies further is a slip of the pen.
const AHEAD_MAX_MS: i64 = 2 * LASTS_MAX_MS;

/// Where a contest is in its life. It only ever moves down this list.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ContestPhase {
    /// Announced; entry opens later.
    Planned,
    /// One may enter; nothing counts yet.
    Open,
    Running,
    /// Its results stand.
    Over,
    Cancelled,
}

impl ContestPhase {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Running => "running",
            Self::Over => "over",
            Self::Cancelled => "cancelled",
        }
    }

    /// The phase of a name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Planned,
            Self::Open,
            Self::Running,
            Self::Over,
            Self::Cancelled,
        ];
        all.into_iter().find(|phase| phase.as_str() == name)
    }

    pub const fn is_final(self) -> bool {
        matches!(self, Self::Over | Self::Cancelled)
    }
}

/// A contest, as far as its life is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    pub plan: ContestPlan,
    pub phase: ContestPhase,
    pub opens_at: Timestamp,
    pub starts_at: Timestamp,
    /// The first instant that no longer counts.
    pub ends_at: Timestamp,
    /// How many are in.
    pub entrants: u32,
}

/// What is asked of a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Time has passed.
    Tick,
    Enter {
        /// Whether they are in the contest's cohort.
        in_cohort: bool,
        /// Whether they know its code.
        knows_code: bool,
        /// Whether they said for which team, and are in it.
        in_team: bool,
        is_in: bool,
    },
    Leave {
        is_in: bool,
    },
    /// End it before its time: what everybody has stands.
    End,
    /// Call it off: nobody has won.
    Cancel,
}

/// What happens to a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    Opened,
    Started,
    Ended,
    Cancelled,
    Entered,
    Left,
}

/// When something begins or ends, as whoever plans it says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum When {
    /// In milliseconds since 1970.
    At(Timestamp),
    /// By the clock on the org's wall.
    Local(WallTime),
}

impl When {
    pub fn at(self, zone: &Zone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Local(local) => zone.at(local),
        }
    }
}

impl Contest {
    /// A contest that is to be. One may enter at once unless it says otherwise, it begins when one
    /// may enter, and it lasts as long as its kind does.
    pub fn planned(
        plan: ContestPlan,
        now: Timestamp,
        opens_at: Option<Timestamp>,
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
    ) -> Result<Self, Refusal> {
        let opens_at = opens_at.unwrap_or_else(|| now.min(starts_at.unwrap_or(now)));
        let starts_at = starts_at.unwrap_or_else(|| opens_at.max(now));
        let lasts = i64::from(plan.minutes).saturating_mul(MINUTE_MS);
        let ends_at = ends_at.unwrap_or_else(|| starts_at.plus_ms(lasts));
        let lasts_ms = ends_at.0.saturating_sub(starts_at.0);
        let is_sound = opens_at <= starts_at
            && (MINUTE_MS..=LASTS_MAX_MS).contains(&lasts_ms)
            && now < ends_at
            && ends_at.0.saturating_sub(now.0) <= AHEAD_MAX_MS;
        if !is_sound {
            return Err(Refusal::FieldInvalid);
        }
        Ok(Self {
            plan,
            phase: ContestPhase::Planned,
            opens_at,
            starts_at,
            ends_at,
            entrants: 0,
        })
    }

    /// What it counts of who enters it.
    pub fn counts(&self) -> Counts {
        Counts {
            metric: self.plan.metric.clone(),
            from: self.starts_at,
            until: self.ends_at,
            attempts_max: self.plan.attempts_max,
        }
    }

    /// The next instant at which something is due; `None` when nothing ever is.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self.phase {
            ContestPhase::Planned => Some(self.opens_at),
            ContestPhase::Open => Some(self.starts_at),
            ContestPhase::Running => Some(self.ends_at),
            ContestPhase::Over | ContestPhase::Cancelled => None,
        }
    }

    /// What comes of it now. After a long sleep a tick answers everything that was missed, in order.
    pub fn decide(&self, now: Timestamp, ask: Ask) -> Result<Vec<Happened>, Refusal> {
        match ask {
            Ask::Tick => {
                let mut later = self.clone();
                let mut happened = vec![];
                while let Some(step) = later.step(now) {
                    later.evolve(step);
                    happened.push(step);
                }
                Ok(happened)
            }
            // What they asked for is so already.
            Ask::Enter { is_in: true, .. } | Ask::Leave { is_in: false } => Ok(vec![]),
            Ask::Enter {
                in_cohort,
                knows_code,
                in_team,
                ..
            } => {
                self.must_take_newcomers(now)?;
                match self.plan.entry {
                    ContestEntry::Cohort if !in_cohort => return Err(Refusal::NotFound),
                    ContestEntry::Code if !knows_code => return Err(Refusal::WrongCode),
                    _ => {}
                }
                if self.plan.teams.is_some() && !in_team {
                    return Err(Refusal::FieldInvalid);
                }
                if self.entrants >= self.plan.entrants_max.unwrap_or(ENTRANTS_MAX) {
                    return Err(Refusal::RoomFull);
                }
                Ok(vec![Happened::Entered])
            }
            Ask::Leave { is_in: true } if self.phase.is_final() || now >= self.ends_at => {
                Err(Refusal::ContestClosed)
            }
            Ask::Leave { is_in: true } => Ok(vec![Happened::Left]),
            Ask::End if self.phase == ContestPhase::Over => Ok(vec![]),
            // By the clock as much as by the phase: a tick may be late.
            Ask::End if self.phase.is_final() || now < self.starts_at => {
                Err(Refusal::ContestClosed)
            }
            Ask::End => {
                let mut soon = self.clone();
                soon.ends_at = soon.ends_at.min(now);
                soon.decide(now, Ask::Tick)
            }
            Ask::Cancel if self.phase == ContestPhase::Cancelled => Ok(vec![]),
            // What everybody was told stands.
            Ask::Cancel if self.phase == ContestPhase::Over => Err(Refusal::ContestClosed),
            Ask::Cancel => Ok(vec![Happened::Cancelled]),
        }
    }

    fn step(&self, now: Timestamp) -> Option<Happened> {
        if self.due_at()? > now {
            return None;
        }
        match self.phase {
            ContestPhase::Planned => Some(Happened::Opened),
            ContestPhase::Open => Some(Happened::Started),
            ContestPhase::Running => Some(Happened::Ended),
            ContestPhase::Over | ContestPhase::Cancelled => None,
        }
    }

    /// By the clock as much as by the phase: nobody slips in because a tick is late.
    fn must_take_newcomers(&self, now: Timestamp) -> Result<(), Refusal> {
        let is_live = !self.phase.is_final() && self.opens_at <= now && now < self.ends_at;
        if is_live && (now < self.starts_at || self.plan.late) {
            Ok(())
        } else {
            Err(Refusal::ContestClosed)
        }
    }

    pub fn evolve(&mut self, happened: Happened) {
        match happened {
            Happened::Opened => self.phase = ContestPhase::Open,
            Happened::Started => self.phase = ContestPhase::Running,
            Happened::Ended => self.phase = ContestPhase::Over,
            Happened::Cancelled => self.phase = ContestPhase::Cancelled,
            Happened::Entered => self.entrants = self.entrants.saturating_add(1),
            Happened::Left => self.entrants = self.entrants.saturating_sub(1),
        }
    }
}

/// What an entrant had at the end; `None` for who did nothing that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished<S> {
    pub who: S,
    pub score: Option<i64>,
    pub reached_at: Timestamp,
}

/// A line of the results. They stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<S> {
    pub who: S,
    pub place: u32,
    pub score: i64,
}

/// Places everybody. Who did nothing comes after everybody who did, whichever way scores are read.
pub fn results<S: Copy + Ord>(
    mut finished: Vec<Finished<S>>,
    direction: Direction,
    ties: TiePolicy,
) -> Vec<Placed<S>> {
    let word = |score: i64| match direction {
        Direction::Higher => score.saturating_neg(),
        Direction::Lower => score,
    };
    let (with, without): (Vec<_>, Vec<_>) = {
        finished.sort_unstable_by_key(|one| {
            (
                one.score.is_none(),
                one.score.map(word),
                one.reached_at,
                one.who,
            )
        });
        finished.into_iter().partition(|one| one.score.is_some())
    };
    let scored: Vec<(S, i64)> = with
        .into_iter()
        .filter_map(|one| Some((one.who, one.score?)))
        .collect();
    let shown = places(scored.iter().map(|(_, score)| *score), ties);
    // One place for all who did nothing: there is nothing between them.
    let last = match ties {
        TiePolicy::Dense => shown.last().copied().unwrap_or(0),
        _ => u32::try_from(scored.len()).unwrap_or(u32::MAX),
    };
    let tail = without.into_iter().map(|one| Placed {
        who: one.who,
        place: last.saturating_add(1),
        score: 0,
    });
    scored
        .into_iter()
        .zip(shown)
        .map(|((who, score), place)| Placed { who, place, score })
        .chain(tail)
        .collect()
}

/// What teams had: their members' scores, folded. Who did nothing counts as a member with nothing.
pub fn teams(finished: &[(Finished<UserId>, TeamId)], fold: TeamFold) -> Vec<Finished<TeamId>> {
    let mut sums: BTreeMap<TeamId, (i64, i64, Timestamp)> = BTreeMap::new();
    for (one, team) in finished {
        let (sum, size, at) = sums.entry(*team).or_default();
        *sum = sum.saturating_add(one.score.unwrap_or(0));
        *size = size.saturating_add(1);
        *at = (*at).max(one.reached_at);
    }
    sums.into_iter()
        .map(|(who, (sum, size, reached_at))| Finished {
            who,
            score: Some(folded(fold, sum, size)),
            reached_at,
        })
        .collect()
}

#[cfg(test)]
mod tests;
