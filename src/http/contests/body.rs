//! Contests as they travel.

use ludus_domain::board::{Direction, TiePolicy};
use ludus_domain::game::contest::{ContestPhase, When};
use ludus_domain::game::plan::{BoardKey, ContestEntry, ContestPlan, Names, Order, TeamFold};
use ludus_domain::game::total::Metric;
use ludus_domain::ids::{CohortId, ContestId, TeamId, UserId};
use ludus_domain::slug::ContestPlanId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::people::contests::ContestSeen;
use crate::store::game::contests::{Entry, TeamLine};

/// A kind of contest that a coach may hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContestKind)]
pub(in crate::http) struct KindBody {
    pub(super) plan: ContestPlanId,
    pub(super) title: String,
    pub(super) says: String,
    pub(super) metric: Metric,
    pub(super) entry: ContestEntry,
    pub(super) minutes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entrants_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempts_max: Option<u32>,
    pub(super) late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) teams: Option<TeamFold>,
}

impl From<ContestPlan> for KindBody {
    fn from(plan: ContestPlan) -> Self {
        Self {
            plan: plan.id,
            title: plan.title,
            says: plan.says,
            metric: plan.metric,
            entry: plan.entry,
            minutes: plan.minutes,
            entrants_max: plan.entrants_max,
            attempts_max: plan.attempts_max,
            late: plan.late,
            teams: plan.teams,
        }
    }
}

/// A contest, as one sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contest)]
pub(in crate::http) struct ContestBody {
    pub(super) id: ContestId,
    pub(super) phase: ContestPhase,
    /// From when on one may enter.
    pub(super) opens_at: Timestamp,
    pub(super) starts_at: Timestamp,
    /// The first instant that does not count.
    pub(super) ends_at: Timestamp,
    pub(super) entrants: u32,
    #[serde(flatten)]
    pub(super) kind: KindBody,
    pub(super) order: Order,
    pub(super) direction: Direction,
    pub(super) ties: TiePolicy,
    pub(super) anonymous: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cohort: Option<CohortId>,
    /// What to watch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) board: Option<BoardKey>,
    /// How one is in it; absent for who is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    mine: Option<EntryBody>,
    /// What one must know to enter. Told to who runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
}

/// Oneself in a contest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContestEntrant)]
struct EntryBody {
    entered_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamId>,
    /// From its end on.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
}

impl From<Entry> for EntryBody {
    fn from(entry: Entry) -> Self {
        Self {
            entered_at: entry.entered_at,
            team: entry.team,
            place: entry.place,
            score: entry.score,
        }
    }
}

impl From<ContestSeen> for ContestBody {
    fn from(seen: ContestSeen) -> Self {
        let ContestSeen {
            row,
            mine,
            board,
            runs_it,
        } = seen;
        let contest = row.contest;
        let plan = contest.plan;
        Self {
            id: row.id,
            phase: contest.phase,
            opens_at: contest.opens_at,
            starts_at: contest.starts_at,
            ends_at: contest.ends_at,
            entrants: contest.entrants,
            order: plan.order,
            direction: plan.direction,
            ties: plan.ties,
            anonymous: plan.names == Names::Anonymous,
            kind: plan.into(),
            cohort: row.cohort,
            board: board.filter(|_| contest.phase != ContestPhase::Cancelled),
            mine: mine.filter(|entry| entry.present).map(EntryBody::from),
            code: row.code.filter(|_| runs_it),
        }
    }
}

/// A contest to hold. Times are milliseconds since 1970, or times on the org's wall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewContest)]
pub(in crate::http) struct NewContestBody {
    pub(super) plan: ContestPlanId,
    /// Instead of its kind's.
    pub(super) title: Option<String>,
    /// Whose learners may enter, where the kind is for a cohort.
    pub(super) cohort: Option<CohortId>,
    /// From when on one may enter: now, unless it says otherwise.
    #[schema(value_type = Option<When>)]
    pub(super) opens: Option<When>,
    /// As soon as one may enter, unless it says otherwise.
    #[schema(value_type = Option<When>)]
    pub(super) starts: Option<When>,
    /// As long after the start as its kind lasts, unless it says otherwise.
    #[schema(value_type = Option<When>)]
    pub(super) ends: Option<When>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct EnterBody {
    pub(super) code: Option<String>,
    /// The team one plays for, where one is in several.
    pub(super) team: Option<TeamId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ContestCodeBody {
    pub(super) code: String,
}

/// A contest that a code opens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContestByCode)]
pub(in crate::http) struct ByCodeBody {
    pub(super) id: ContestId,
    pub(super) title: String,
    pub(super) says: String,
    pub(super) phase: ContestPhase,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Timestamp,
}

/// A line of the results.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContestResult)]
pub(in crate::http) struct ResultBody {
    pub(super) place: u32,
    /// Absent for who is on no board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Absent for who did nothing that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<i64>,
    /// Who it is, where others may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) team: Option<TeamId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) mine: bool,
}

/// A team's line of the results.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContestTeam)]
pub(in crate::http) struct TeamResultBody {
    pub(super) place: u32,
    pub(super) team: TeamId,
    pub(super) title: String,
    pub(super) score: i64,
}

impl From<TeamLine> for TeamResultBody {
    fn from(line: TeamLine) -> Self {
        Self {
            place: line.place,
            team: line.team,
            title: line.title,
            score: line.score,
        }
    }
}
