//! Desks over the store: who may look, who learns, where they sit, what is raised.

use std::collections::HashMap;
use std::sync::Arc;

use ludus_actors::coaching::{Coaching, Glance, OpenDesk};
use ludus_actors::ports::{Answer, Archive, Clock};
use ludus_actors::stage::Libraries as _;
use ludus_actors::standings::Compares;
use ludus_domain::audience::Viewer;
use ludus_domain::content::Edition;
use ludus_domain::desk::alert::Raise;
use ludus_domain::desk::signal::Signals;
use ludus_domain::desk::{Access, Hosted, Learner, Results};
use ludus_domain::game::plan::Order;
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{CohortId, Epoch, OrgId, RoomId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::time::Timestamp;

use crate::game::rulebook::Rulebook;
use crate::keys;
use crate::store::{Store, StoreError};

/// Events of a room that a desk reads to know how it goes: nearly always all of a practice.
const TAIL: u32 = 500;
/// A streak that was not gone on with for so long is over, freezes and all.
const STREAK_OVER_MS: i64 = 4 * 24 * 3_600_000;
/// What a caller is told to wait when the store is gone.
const RETRY_MS: u32 = 1_000;

/// The port.
#[derive(Clone, Debug)]
pub struct Desks {
    store: Store,
    rulebook: Rulebook,
    clock: Arc<dyn Clock>,
}

impl Desks {
    pub fn new(store: Store, rulebook: Rulebook, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            rulebook,
            clock,
        }
    }

    async fn read(&self, org: OrgId, cohort: CohortId) -> Result<Option<OpenDesk>, StoreError> {
        let Some((title, rows, beyond)) = self.store.desk_learners(org, cohort).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let today = self.today(org, now).await?;
        let streak = Compares {
            scope: Scope::Org,
            metric: Metric::Streak,
            window: Window::All,
            order: Order::Last,
        };
        let totals = |compares: &Compares| {
            let (metric, window) = (compares.metric.clone(), compares.window);
            self.store.desk_totals(org, cohort, metric, window)
        };
        let points = match &today {
            Some(today) => totals(today).await?,
            None => HashMap::default(),
        };
        let streaks = totals(&streak).await?;
        let learners = rows.into_iter().map(|row| {
            let days = streaks
                .get(&row.user)
                .filter(|total| now.ms_since(Timestamp(total.last_at)) < STREAK_OVER_MS)
                .map_or(0, |total| total.last);
            let learner = Learner {
                name: row.name,
                team: row.team,
                streak: u16::try_from(days).unwrap_or(u16::MAX),
                today: points.get(&row.user).map_or(0, |total| total.sum),
            };
            (row.user, learner)
        });
        let random: [u8; 4] = keys::random().map_err(|_| StoreError::Unavailable {
            retry_after_ms: RETRY_MS,
        })?;
        Ok(Some(OpenDesk {
            title,
            epoch: Epoch(u32::from_le_bytes(random)),
            learners: learners.collect(),
            beyond,
            today,
            streak: Some(streak),
        }))
    }

    /// Which totals are the points of today: of the kind that makes levels, by the org's calendar.
    async fn today(&self, org: OrgId, now: Timestamp) -> Result<Option<Compares>, StoreError> {
        let Some(game) = self.store.game(org).await? else {
            return Ok(None);
        };
        let play = self.rulebook.play(org);
        Ok(play.map(|play| Compares {
            scope: Scope::Org,
            metric: Metric::Points(play.game.rule_set.levels.kind.clone()),
            window: Window::Day(game.zone.day(now)),
            order: Order::Sum,
        }))
    }

    async fn look(&self, org: OrgId, cohort: CohortId) -> Result<Glance, StoreError> {
        let now = self.clock.now();
        Ok(Glance {
            rooms: self.store.desk_rooms(org, cohort).await?,
            alerts: self.store.desk_alerts(org, cohort, now).await?,
        })
    }
}

fn fault(error: StoreError) -> Fault {
    tracing::warn!(%error, "a desk could not be read");
    Fault::Unavailable {
        retry_after_ms: RETRY_MS,
    }
}

impl Coaching for Desks {
    fn access_of(
        &self,
        org: OrgId,
        cohort: CohortId,
        viewer: Viewer,
    ) -> Answer<Result<Option<Access>, Fault>> {
        let store = self.store.clone();
        Box::pin(async move { store.desk_access(org, cohort, viewer).await.map_err(fault) })
    }

    fn open(&self, org: OrgId, cohort: CohortId) -> Answer<Result<Option<OpenDesk>, Fault>> {
        let desks = self.clone();
        Box::pin(async move { desks.read(org, cohort).await.map_err(fault) })
    }

    fn results(
        &self,
        org: OrgId,
        cohort: CohortId,
    ) -> Answer<Result<Vec<(UserId, Results)>, Fault>> {
        let (store, now) = (self.store.clone(), self.clock.now());
        Box::pin(async move {
            let found = store.desk_results(org, cohort, now).await.map_err(fault)?;
            let results = |(user, (last, at))| {
                let results = Results { last, at: Some(at) };
                (user, results)
            };
            Ok(found.into_iter().map(results).collect())
        })
    }

    fn glance(&self, org: OrgId, cohort: CohortId) -> Answer<Result<Glance, Fault>> {
        let desks = self.clone();
        Box::pin(async move { desks.look(org, cohort).await.map_err(fault) })
    }

    fn room(&self, org: OrgId, room: RoomId) -> Answer<Result<Option<Hosted>, Fault>> {
        let (store, rulebook) = (self.store.clone(), self.rulebook.clone());
        Box::pin(async move {
            let Some(found) = Archive::room(&store, org, room, TAIL).await? else {
                return Ok(None);
            };
            let scene = found.state.plan.scene.as_ref();
            let edition = scene.map_or(Edition::SHIPPED, |scene| scene.edition);
            let library = rulebook.at(org, edition).await?;
            let scenario = scene.and_then(|scene| scene.scenario.as_ref());
            let scenario = scenario.and_then(|id| library.scenario(id));
            let goals = scenario.map_or(0, |scenario| scenario.script.goals.len());
            Ok(Some(Hosted {
                room,
                head: found.head,
                goals: u16::try_from(goals).unwrap_or(u16::MAX),
                state: found.state,
                events: found.tail,
            }))
        })
    }

    fn raise(&self, org: OrgId, cohort: CohortId, raises: Vec<Raise>) -> Answer<Result<(), Fault>> {
        let (store, now) = (self.store.clone(), self.clock.now());
        Box::pin(async move { store.raise(org, cohort, raises, now).await.map_err(fault) })
    }

    fn signals(&self) -> Arc<Signals> {
        self.rulebook.signals()
    }
}
