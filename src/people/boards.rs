//! Boards, read once: which one may see, a page of one, oneself on it.

use std::sync::Arc;

use ludus_actors::board::peek::{self, Part};
use ludus_actors::directory::Directory;
use ludus_domain::audience::Viewer;
use ludus_domain::game::calendar::Day;
use ludus_domain::game::contest::ContestPhase;
use ludus_domain::game::plan::{BoardKey, BoardPlan, BoardScope, ContestPlan, LeaguePlan};
use ludus_domain::game::total::Window;
use ludus_domain::ids::{CohortId, ContestId, OrgId, UserId};
use ludus_domain::protocol::{BoardFrame, BoardRow};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights;
use ludus_domain::role::Role;
use ludus_domain::room::Phase;
use uuid::Uuid;

use super::{Caller, Coach, Denied};
use crate::game::boards::{Boards, of_contest};
use crate::store::game::history::PastRank;
use crate::store::game::leagues::Division;
use crate::store::rooms::RoomFilter;

/// Cohorts whose boards are listed, and rooms: the latest. Others are asked for by their key.
const COHORTS_LISTED: u64 = 50;
const ROOMS_LISTED: u64 = 20;
const CONTESTS_LISTED: u64 = 20;
/// Rows one takes away at once. A board with more is read page by page.
const EXPORT_MAX: u32 = 100_000;

/// Boards as they stand, and the ones somebody looks at now.
#[derive(Clone, Debug)]
pub struct LiveBoards {
    pub(crate) boards: Boards,
    directory: Arc<Directory>,
}

/// A board one may see.
#[derive(Clone, Debug)]
pub struct Seen {
    pub key: BoardKey,
    pub plan: BoardPlan,
    /// What the cohort, team or room is called that it is of.
    pub of: Option<String>,
}

/// A league, and the division one plays in this week with its board.
#[derive(Clone, Debug)]
pub struct Playing {
    pub league: LeaguePlan,
    pub division: Option<(Division, Option<(BoardKey, BoardPlan)>)>,
}

impl LiveBoards {
    pub const fn new(boards: Boards, directory: Arc<Directory>) -> Self {
        Self { boards, directory }
    }

    /// The key of a contest's board.
    pub fn of_contest(&self, org: OrgId, contest: ContestId) -> Option<BoardKey> {
        self.boards.of_contest(org, contest)
    }

    /// The key of a division's board.
    pub fn of_division(&self, org: OrgId, division: Uuid) -> Option<BoardKey> {
        let plans = self.boards.plans(org).into_iter();
        let mut of_divisions = plans.filter(|plan| plan.scope == BoardScope::Division);
        of_divisions.next().map(|plan| BoardKey {
            plan: plan.id,
            of: Some(division),
        })
    }

    /// Boards as the store has them.
    pub const fn stored(&self) -> &Boards {
        &self.boards
    }

    /// The plans of the org's boards.
    pub fn plans(&self, org: OrgId) -> Vec<BoardPlan> {
        self.boards.plans(org)
    }

    /// The contests there may be in an org.
    pub fn contest_plans(&self, org: OrgId) -> Vec<ContestPlan> {
        self.boards.contest_plans(org)
    }

    /// A part of a board as it stands now, for whoever may look at it.
    pub(super) async fn peek(
        &self,
        org: OrgId,
        board: BoardKey,
        viewer: Viewer,
        part: Part,
    ) -> Result<BoardFrame, Denied> {
        Ok(self.directory.peek(org, board, viewer, part).await?)
    }

    /// What somebody is called where nobody is to be known.
    pub fn made_up(&self, org: OrgId, key: &BoardKey, user: UserId) -> String {
        self.boards.made_up(org, key, user)
    }
}

impl Caller {
    /// Boards one may see: the org's, and those of the cohorts, teams and live rooms one is in.
    pub async fn boards(&self, live: &LiveBoards) -> Result<Vec<Seen>, Denied> {
        let plans = live.boards.plans(self.who.org);
        let asks_for = |scope| plans.iter().any(|plan| plan.scope == scope);
        let is_of_the_house = !rights::is_confined(self.who.role, self.who.guest);
        let mut cohorts = vec![];
        let mut teams = vec![];
        let mut rooms = vec![];
        if is_of_the_house && (asks_for(BoardScope::Cohort) || asks_for(BoardScope::Team)) {
            for cohort in self.cohorts(None, COHORTS_LISTED).await? {
                if asks_for(BoardScope::Team) {
                    teams.extend(self.teams_seen(cohort.id).await?);
                }
                cohorts.push((cohort.id.0, cohort.title));
            }
        }
        if asks_for(BoardScope::Room) {
            let live_ones = RoomFilter {
                kind: None,
                phase: Some(Phase::Live),
            };
            let found = self.rooms(live_ones, None, ROOMS_LISTED).await?;
            let named = found.rooms.into_iter();
            rooms.extend(named.map(|room| (room.id.0, room.state.plan.title)));
        }
        let mut seen = vec![];
        if is_of_the_house && asks_for(BoardScope::Division) {
            for (division, board) in live.boards.divisions(self.who.org, self.who.user).await? {
                let of = division.tier_title();
                seen.extend(board.map(|(key, plan)| Seen { key, plan, of }));
            }
        }
        if is_of_the_house && asks_for(BoardScope::Contest) {
            let store = self.people.store();
            for row in store
                .contests_page(self.actor(), None, None, CONTESTS_LISTED)
                .await?
            {
                let plan = plans.iter().find(|plan| plan.scope == BoardScope::Contest);
                let contest = (row.id.0, row.contest.plan.title.clone());
                let is_called_off = row.contest.phase == ContestPhase::Cancelled;
                let plan = plan.filter(|_| !is_called_off);
                seen.extend(plan.map(|plan| Seen::of(&of_contest(plan, &row), Some(&contest))));
            }
        }
        for plan in plans {
            let of = match plan.scope {
                BoardScope::Org if is_of_the_house => {
                    seen.push(Seen::of(&plan, None));
                    continue;
                }
                BoardScope::Cohort => &cohorts,
                BoardScope::Team => &teams,
                BoardScope::Room => &rooms,
                BoardScope::Org | BoardScope::Contest | BoardScope::Division => continue,
            };
            seen.extend(of.iter().map(|of| Seen::of(&plan, Some(of))));
        }
        Ok(seen)
    }

    /// The leagues of the org, and where one plays this week.
    pub async fn leagues(&self, live: &LiveBoards) -> Result<Vec<Playing>, Denied> {
        if rights::is_confined(self.who.role, self.who.guest) {
            return Err(Refusal::Forbidden.into());
        }
        let org = self.who.org;
        let mut divisions = live.boards.divisions(org, self.who.user).await?;
        let leagues = live.boards.leagues(org).into_iter();
        Ok(leagues
            .map(|league| {
                let mine = |found: &(Division, _)| found.0.plan.id == league.id;
                let place = divisions.iter().position(mine);
                let division = place.map(|place| divisions.swap_remove(place));
                Playing { league, division }
            })
            .collect())
    }

    /// A part of a board as it stands now, or stood in the window that is named.
    pub async fn board(
        &self,
        live: &LiveBoards,
        key: &BoardKey,
        window: Option<Window>,
        part: Part,
    ) -> Result<BoardFrame, Denied> {
        let (org, viewer) = (self.who.org, self.viewer());
        if window.is_none() {
            return Ok(live.directory.peek(org, key.clone(), viewer, part).await?);
        }
        let found = live.boards.in_window(org, key, viewer, window).await?;
        let board = found.ok_or(Refusal::NotFound)?;
        Ok(peek::look_once(key, board, viewer, part))
    }

    /// Where one stood on a board of the org when each day was over, newest first.
    pub async fn past_ranks(
        &self,
        live: &LiveBoards,
        key: &BoardKey,
        before: Option<Day>,
        limit: u64,
    ) -> Result<Vec<PastRank>, Denied> {
        let is_of_the_house = !rights::is_confined(self.who.role, self.who.guest);
        let plans = live.plans(self.who.org);
        let is_kept = |plan: &BoardPlan| {
            plan.id == key.plan && plan.scope == BoardScope::Org && plan.teams.is_none()
        };
        if key.of.is_some() || !is_of_the_house || !plans.iter().any(is_kept) {
            return Err(Refusal::NotFound.into());
        }
        let (store, board) = (self.people.store(), key.plan.clone());
        Ok(store
            .past_ranks(self.who.org, board, self.who.user, before, limit)
            .await?)
    }

    /// One's own team in a cohort one learns in, all teams of one that one leads.
    async fn teams_seen(&self, cohort: CohortId) -> Result<Vec<(Uuid, String)>, Denied> {
        let (_, mut teams) = self.cohort(cohort).await?;
        if self.who.role < Role::Coach {
            let store = self.people.store();
            let me = store.board_member(self.who.org, self.who.user).await?;
            let own = me.and_then(|me| me.cohorts.get(&cohort).copied().flatten());
            teams.retain(|team| Some(team.id) == own);
        }
        let named = teams.into_iter().map(|team| (team.id.0, team.title));
        Ok(named.collect())
    }
}

impl Coach {
    /// A whole board, to take away.
    pub async fn board_whole(
        &self,
        live: &LiveBoards,
        key: &BoardKey,
        window: Option<Window>,
    ) -> Result<Vec<BoardRow>, Denied> {
        let (org, viewer) = (self.0.who.org, self.0.viewer());
        let found = live.boards.in_window(org, key, viewer, window).await?;
        let board = found.ok_or(Refusal::NotFound)?;
        Ok(peek::rows(key, board, viewer, EXPORT_MAX))
    }
}

impl Seen {
    fn of(plan: &BoardPlan, of: Option<&(Uuid, String)>) -> Self {
        Self {
            key: BoardKey {
                plan: plan.id.clone(),
                of: of.map(|(id, _)| *id),
            },
            plan: plan.clone(),
            of: of.map(|(_, title)| title.clone()),
        }
    }
}
