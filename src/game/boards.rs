//! Boards over the store: which there are, who stands on them under what name, and who may look.

mod history;
mod live;
mod standees;
mod windows;

use std::collections::HashMap;
use std::sync::Arc;

use ludus_actors::ports::{Answer, Archive, Clock, Rosters};
use ludus_actors::standings::{Compares, OpenBoard, Standee, Standings, Value};
use ludus_domain::audience::Viewer;
use ludus_domain::board::Spec;
use ludus_domain::game::contest::ContestPhase;
use ludus_domain::game::plan::{BoardKey, BoardPlan, BoardScope, ContestPlan, LeaguePlan, Names};
use ludus_domain::game::total::{Now, Scope, Window};
use ludus_domain::ids::{CohortId, ContestId, DisplayId, Epoch, OrgId, RoomId, TeamId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::protocol::BoardAbout;
use ludus_domain::refusal::Refusal;
use ludus_domain::rights;
use ludus_domain::time::Timestamp;

pub use self::live::feed;
pub use self::windows::of_contest;
use self::windows::{ends_at, is_of, is_over, of_entries, of_league, zones};
use super::rulebook::Rulebook;
use crate::keys::{self, Key};
use crate::store::game::contests::ContestRow;
use crate::store::game::leagues::Division;
use crate::store::{Store, StoreError};

/// What a caller is told to wait when the store is gone.
const RETRY_MS: u32 = 1_000;

/// The boards of every org. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Boards {
    store: Store,
    rulebook: Rulebook,
    clock: Arc<dyn Clock>,
    rosters: Arc<dyn Rosters>,
    /// Made-up names follow from it: without it nobody can work out who is who.
    names: Key,
}

/// A board that there is: its plan, and of what.
#[derive(Clone, Debug)]
struct Found {
    plan: BoardPlan,
    of: Of,
    /// Of a contest, those in it who were asked for, with their teams.
    entrants: HashMap<UserId, Option<TeamId>>,
}

/// What a board is of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Of {
    Org,
    Cohort(CohortId),
    Team(TeamId),
    Room(RoomId),
    Division(Division),
    Contest(Box<ContestRow>),
}

impl Boards {
    pub fn new(
        store: Store,
        rulebook: Rulebook,
        clock: Arc<dyn Clock>,
        rosters: Arc<dyn Rosters>,
        names: Key,
    ) -> Self {
        Self {
            store,
            rulebook,
            clock,
            rosters,
            names,
        }
    }

    /// The plans of an org, in the order of their ids.
    pub fn plans(&self, org: OrgId) -> Vec<BoardPlan> {
        let play = self.rulebook.play(org);
        play.map(|play| play.game.boards.clone())
            .unwrap_or_default()
    }

    async fn find(&self, org: OrgId, key: &BoardKey) -> Result<Option<Found>, StoreError> {
        let play = self.rulebook.play(org);
        let plans = play.iter().flat_map(|play| &play.game.boards);
        let Some(plan) = plans.into_iter().find(|plan| plan.id == key.plan) else {
            return Ok(None);
        };
        let (plan, of) = match (plan.scope, key.of) {
            (BoardScope::Org, None) => (plan.clone(), Of::Org),
            (BoardScope::Cohort, Some(id)) => (plan.clone(), Of::Cohort(CohortId(id))),
            (BoardScope::Team, Some(id)) => (plan.clone(), Of::Team(TeamId(id))),
            (BoardScope::Room, Some(id)) => (plan.clone(), Of::Room(RoomId(id))),
            (BoardScope::Division, Some(id)) => match self.store.division(org, id).await? {
                Some(division) => (of_league(plan, &division), Of::Division(division)),
                None => return Ok(None),
            },
            (BoardScope::Contest, Some(id)) => {
                match self.store.contest(org, ContestId(id)).await? {
                    Some(row) if row.contest.phase != ContestPhase::Cancelled => {
                        (of_contest(plan, &row), Of::Contest(Box::new(row)))
                    }
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(Found {
            plan,
            of,
            entrants: HashMap::new(),
        }))
    }

    /// The key of a contest's board, where the org has a plan for such boards.
    pub fn of_contest(&self, org: OrgId, contest: ContestId) -> Option<BoardKey> {
        let plans = self.plans(org);
        let plan = plans.iter().find(|plan| plan.scope == BoardScope::Contest);
        plan.map(|plan| BoardKey {
            plan: plan.id.clone(),
            of: Some(contest.0),
        })
    }

    /// The contests there may be in an org.
    pub fn contest_plans(&self, org: OrgId) -> Vec<ContestPlan> {
        let play = self.rulebook.play(org);
        play.map(|play| play.game.contests.clone())
            .unwrap_or_default()
    }

    /// The divisions somebody plays in this week, with the boards of them.
    pub async fn divisions(
        &self,
        org: OrgId,
        user: UserId,
    ) -> Result<Vec<(Division, Option<(BoardKey, BoardPlan)>)>, StoreError> {
        let plans = self.plans(org);
        let plan = plans.iter().find(|plan| plan.scope == BoardScope::Division);
        let mut divisions = vec![];
        for id in self.store.divisions_of(org, user).await? {
            let Some(division) = self.store.division(org, id).await? else {
                continue;
            };
            let board = plan.map(|plan| {
                let key = BoardKey {
                    plan: plan.id.clone(),
                    of: Some(id),
                };
                (key, of_league(plan, &division))
            });
            divisions.push((division, board));
        }
        Ok(divisions)
    }

    /// The leagues of an org.
    pub fn leagues(&self, org: OrgId) -> Vec<LeaguePlan> {
        let play = self.rulebook.play(org);
        play.map(|play| play.game.leagues.clone())
            .unwrap_or_default()
    }

    /// Whether somebody may look at a board: everybody of the house at the org's, learners and
    /// coaches at their cohort's and its teams', members and coaches at a division's, whoever may look
    /// into a room at its; and a screen at the one it was granted.
    async fn may(
        &self,
        org: OrgId,
        key: &BoardKey,
        found: &Found,
        viewer: Viewer,
    ) -> Result<bool, StoreError> {
        if rights::may_be_a_screen(viewer.role, viewer.guest) {
            let display = self.store.display(org, DisplayId(viewer.user.0)).await?;
            if let Some(display) = display {
                return Ok(display.board == *key && display.holds(self.clock.now()));
            }
        }
        if rights::is_confined(viewer.role, viewer.guest) && !matches!(found.of, Of::Room(_)) {
            return Ok(false);
        }
        match &found.of {
            Of::Org => Ok(true),
            Of::Division(division) => {
                let is_seen = |user: &UserId| {
                    *user == viewer.user || self.rosters.of(org).may_know(viewer, *user)
                };
                Ok(division.members.iter().any(is_seen))
            }
            Of::Contest(row) => self.store.sees_contest(org, viewer, row.id).await,
            Of::Cohort(cohort) => self.is_in(org, *cohort, viewer.user).await,
            Of::Team(team) => match self.store.cohort_of_team(org, *team).await? {
                Some(cohort) => self.is_in(org, cohort, viewer.user).await,
                None => Ok(false),
            },
            Of::Room(room) => {
                let found = self.store.room(org, *room, 0).await.map_err(gone)?;
                let roster = self.rosters.of(org);
                Ok(found.is_some_and(|found| roster.may_watch(&found.state, viewer)))
            }
        }
    }

    /// Whether a cohort is of this org, and somebody is in it or runs the org.
    async fn is_in(&self, org: OrgId, cohort: CohortId, user: UserId) -> Result<bool, StoreError> {
        self.store.in_cohort(org, cohort, user).await.map_err(gone)
    }

    async fn read(&self, org: OrgId, key: &BoardKey) -> Result<Option<OpenBoard>, StoreError> {
        let (Some(found), Some(game)) = (self.find(org, key).await?, self.store.game(org).await?)
        else {
            return Ok(None);
        };
        if let Of::Contest(row) = &found.of {
            let ends_at = Some(row.contest.ends_at).filter(|_| !row.contest.phase.is_final());
            let window = Window::All;
            return self
                .read_window(org, key, found, window, ends_at)
                .await
                .map(Some);
        }
        let at = self.clock.now();
        if let Of::Division(division) = &found.of {
            let window = Window::Week(division.monday);
            // One that is over stays as it ended.
            let ends_at = Some(division.ends_at).filter(|ends_at| at < *ends_at);
            return self
                .read_window(org, key, found, window, ends_at)
                .await
                .map(Some);
        }
        let now = Now {
            day: game.zone.day(at),
            season: game.season,
        };
        let Some(window) = now.window(found.plan.window) else {
            return Ok(None);
        };
        let ends_at = ends_at(window, &game.zone, game.season_ends_at);
        self.read_window(org, key, found, window, ends_at)
            .await
            .map(Some)
    }

    /// A board as it stood at the end of an earlier window, or stands in this one, which is the one
    /// that is meant when none is named.
    pub async fn in_window(
        &self,
        org: OrgId,
        key: &BoardKey,
        viewer: Viewer,
        window: Option<Window>,
    ) -> Result<Option<OpenBoard>, StoreError> {
        let Some(found) = self.find(org, key).await? else {
            return Ok(None);
        };
        if !self.may(org, key, &found, viewer).await? {
            return Ok(None);
        }
        let Some(window) = window else {
            return self.read(org, key).await;
        };
        let is_meant = match &found.of {
            Of::Division(division) => window == Window::Week(division.monday),
            _ => is_of(window, found.plan.window),
        };
        if !is_meant {
            return Err(Refusal::FieldInvalid.into());
        }
        self.read_window(org, key, found, window, None)
            .await
            .map(Some)
    }

    async fn read_window(
        &self,
        org: OrgId,
        key: &BoardKey,
        mut found: Found,
        window: Window,
        ends_at: Option<Timestamp>,
    ) -> Result<OpenBoard, StoreError> {
        let mut values = vec![];
        if let Of::Contest(row) = &found.of {
            let entries = self.store.contest_entries(org, row.id).await?;
            values = of_entries(row, &entries);
            found.entrants = entries.iter().map(|one| (one.user, one.team)).collect();
        }
        let plan = &found.plan;
        let scope = match &found.of {
            Of::Room(room) => Scope::Room(*room),
            Of::Contest(row) => Scope::Contest(row.id),
            Of::Org | Of::Cohort(_) | Of::Team(_) | Of::Division(_) => Scope::Org,
        };
        let stands_written = is_over(&found.of);
        let mut standings = self
            .store
            .standings(org, scope, &plan.metric, window, plan.order);
        let among = self.may_stand(org, &found).await?;
        match &among {
            _ if stands_written => {}
            // Of the org's totals only theirs.
            Some(users) if scope == Scope::Org => {
                let some = standings.of_users(users).await?;
                values.extend(some.into_iter().map(live::value));
            }
            _ => {
                while let Some(chunk) = standings.next().await? {
                    values.extend(chunk.into_iter().map(live::value));
                }
            }
        }
        let standees = self.standees(org, key, &found, among, &values).await?;
        let teams = match plan.teams {
            Some(_) => self.store.team_names(org).await?,
            None => HashMap::new(),
        };
        Ok(OpenBoard {
            about: BoardAbout {
                title: plan.title.clone(),
                scope: plan.scope,
                metric: plan.metric.clone(),
                window,
                starts_at: match &found.of {
                    Of::Contest(row) => Some(row.contest.starts_at),
                    _ => None,
                },
                ends_at,
                over: stands_written || matches!(&found.of, Of::Division(_) if ends_at.is_none()),
                anonymous: plan.names == Names::Anonymous,
                teams: plan.teams.is_some(),
                zones: zones(&found.of),
            },
            spec: Spec {
                direction: plan.direction,
                tie: plan.ties,
            },
            compares: Compares {
                scope,
                metric: plan.metric.clone(),
                window,
                order: plan.order,
            },
            fold: plan.teams,
            epoch: fresh_epoch()?,
            values,
            standees,
            teams,
        })
    }
}

/// Positions on a board mean nothing after it was built anew, on this node or another.
fn fresh_epoch() -> Result<Epoch, StoreError> {
    let random: [u8; 4] = keys::random().map_err(|_| StoreError::Unavailable {
        retry_after_ms: RETRY_MS,
    })?;
    Ok(Epoch(u32::from_le_bytes(random)))
}

fn gone(_: Fault) -> StoreError {
    StoreError::Unavailable {
        retry_after_ms: RETRY_MS,
    }
}

fn fault(error: StoreError) -> Fault {
    tracing::warn!(%error, "a board could not be read");
    Fault::Unavailable {
        retry_after_ms: RETRY_MS,
    }
}

impl Standings for Boards {
    fn may_watch(
        &self,
        org: OrgId,
        board: BoardKey,
        viewer: Viewer,
    ) -> Answer<Result<bool, Fault>> {
        let boards = self.clone();
        Box::pin(async move {
            match boards.find(org, &board).await.map_err(fault)? {
                Some(found) => boards.may(org, &board, &found, viewer).await.map_err(fault),
                None => Ok(false),
            }
        })
    }

    fn open(&self, org: OrgId, board: BoardKey) -> Answer<Result<Option<OpenBoard>, Fault>> {
        let boards = self.clone();
        Box::pin(async move { boards.read(org, &board).await.map_err(fault) })
    }

    fn values(
        &self,
        org: OrgId,
        compares: Compares,
        users: Arc<[UserId]>,
    ) -> Answer<Result<Vec<Value>, Fault>> {
        let store = self.store.clone();
        Box::pin(async move {
            live::values(&store, org, compares, &users)
                .await
                .map_err(fault)
        })
    }

    fn standee(
        &self,
        org: OrgId,
        board: BoardKey,
        user: UserId,
    ) -> Answer<Result<Option<Standee>, Fault>> {
        let boards = self.clone();
        Box::pin(async move {
            let Some(mut found) = boards.find(org, &board).await.map_err(fault)? else {
                return Ok(None);
            };
            if let Of::Contest(row) = &found.of {
                let entry = boards.store.contest_entry(org, row.id, user).await;
                let entry = entry.map_err(fault)?.filter(|entry| entry.present);
                found.entrants = entry.map(|one| (user, one.team)).into_iter().collect();
            }
            let member = boards.store.board_member(org, user).await.map_err(fault)?;
            Ok(member.and_then(|member| boards.stands(org, &board, &found, member)))
        })
    }
}
