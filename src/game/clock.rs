//! The clock: closes what is due, in every org, and begins what follows.
//!
//! What closes is decided in the store, under the row that everybody who is paid holds shared; so
//! it closes once, however many nodes look at the clock and whatever moment they die at. This task
//! only asks, often enough. A hub that was off asks until nothing is due any more, in order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ludus_actors::ports::{Clock, Doorbell};
use ludus_domain::game::plan::BoardScope;
use ludus_domain::game::total::{Metric, WindowKind};
use ludus_domain::ids::OrgId;

use super::rulebook::Rulebook;
use crate::metrics;
use crate::store::game::seasons::Turned;
use crate::store::{Store, StoreError};

/// How late a window closes at most, in a hub that is well. Also how long newcomers of a league wait
/// for their division.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Windows of a kind that one look closes in an org. A hub that was off for longer needs another.
const TURNS_MAX: usize = 1_000;

/// Looks at what is due.
#[derive(Clone, Debug)]
pub struct GameClock {
    store: Store,
    rulebook: Rulebook,
    clock: Arc<dyn Clock>,
    doorbell: Arc<dyn Doorbell>,
}

impl GameClock {
    pub fn new(
        store: Store,
        rulebook: Rulebook,
        clock: Arc<dyn Clock>,
        doorbell: Arc<dyn Doorbell>,
    ) -> Self {
        Self {
            store,
            rulebook,
            clock,
            doorbell,
        }
    }

    /// Looks for as long as the hub runs.
    pub async fn run(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.catch_up().await;
        }
    }

    /// Closes everything that is due now.
    pub async fn catch_up(&self) {
        let orgs = match self.store.org_ids().await {
            Ok(orgs) => orgs,
            Err(error) => {
                tracing::debug!(%error, "the clock could not look");
                return;
            }
        };
        for org in orgs {
            if let Err(error) = self.look(org).await {
                // It is as due at the next look.
                tracing::warn!(%error, "a window could not be closed yet");
            }
        }
    }

    async fn look(&self, org: OrgId) -> Result<(), StoreError> {
        let Some(play) = self.rulebook.play(org) else {
            return Ok(());
        };
        let season = &play.game.season;
        let is_due = self.store.season_is_due(org, season.is_some(), self.now());
        if is_due.await? {
            let kept =
                play.game.boards.iter().filter(|plan| {
                    plan.scope == BoardScope::Org && plan.window == WindowKind::Season
                });
            let kept: BTreeSet<Metric> = kept.map(|plan| plan.metric.clone()).collect();
            let kept: Vec<Metric> = kept.into_iter().collect();
            for _ in 0..TURNS_MAX {
                let turned = self
                    .store
                    .turn_season(org, season.clone(), kept.clone(), self.now());
                if !told("season", turned.await?) {
                    break;
                }
            }
        }
        let leagues = &play.game.leagues;
        let ids = leagues.iter().map(|plan| plan.id.to_string()).collect();
        if self.store.league_is_due(org, ids, self.now()).await? {
            for _ in 0..TURNS_MAX {
                let turned = self.store.turn_leagues(org, leagues.clone(), self.now());
                if !told("league_week", turned.await?) {
                    break;
                }
            }
        }
        if self.store.place_newcomers(org).await? > 0 {
            self.doorbell.boards_changed(org);
        }
        Ok(())
    }

    fn now(&self) -> ludus_domain::time::Timestamp {
        self.clock.now()
    }
}

/// Counts what happened; whether anything did.
fn told(kind: &'static str, turned: Option<Turned>) -> bool {
    if let Some(Turned::Closed { late_ms }) = turned {
        let late = Duration::from_millis(u64::try_from(late_ms).unwrap_or(0));
        metrics::window_closed(kind, late);
        tracing::info!(kind, late_ms, "a window was closed");
    }
    turned.is_some()
}
