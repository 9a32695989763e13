//! The clock: closes what is due, in every org, and begins what follows.
//!
//! What closes is decided in the store, under rows that everybody who is paid holds shared; so
//! it closes once, however many nodes look at the clock and whatever moment they die at. This task
//! only asks, when the moment has come. A hub that was off asks until nothing is due any more, in order.
//!
//! It knows when something is due next, and asks nothing before. What another node planned meanwhile,
//! that node asks for; so that nothing hangs on one node, each looks at everything now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ludus_actors::ports::{Clock, Doorbell};
use ludus_domain::game::calendar::Day;
use ludus_domain::game::plan::BoardScope;
use ludus_domain::game::total::{Metric, Scope, Window, WindowKind};
use ludus_domain::ids::OrgId;
use ludus_domain::time::Timestamp;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;

use super::boards::Boards;
use super::rulebook::Rulebook;
use crate::metrics;
use crate::store::game::seasons::Turned;
use crate::store::journal::CommittedTotals;
use crate::store::{Store, StoreError};

/// How late a window closes at most, in a hub that is well. Also how long newcomers of a league wait
/// for their division. Only the time of day is looked at so often; the store is not asked.
const STEP: Duration = Duration::from_secs(1);
/// How often everything is looked at, whatever is known to be due.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Windows of a kind that one look closes in an org. A hub that was off for longer needs another.
const TURNS_MAX: usize = 1_000;

/// Looks at what is due.
#[derive(Clone, Debug)]
pub struct GameClock {
    store: Store,
    rulebook: Rulebook,
    boards: Boards,
    clock: Arc<dyn Clock>,
    doorbell: Arc<dyn Doorbell>,
}

/// What is known of the time to come.
#[derive(Debug, Default)]
struct Agenda {
    /// When something is due next in an org, where anything is.
    due: BTreeMap<OrgId, Timestamp>,
    /// The day whose end was written down last, by org.
    kept: BTreeMap<OrgId, Day>,
    /// None before the first look at everything.
    looked_at: Option<Instant>,
}

/// What was heard while the clock waited.
#[derive(Debug, Default)]
struct Heard {
    /// Orgs in which somebody gained what a league compares.
    gained: BTreeSet<OrgId>,
    /// Plans changed, or something was missed.
    everything: bool,
}

impl GameClock {
    pub fn new(
        store: Store,
        rulebook: Rulebook,
        boards: Boards,
        clock: Arc<dyn Clock>,
        doorbell: Arc<dyn Doorbell>,
    ) -> Self {
        Self {
            store,
            rulebook,
            boards,
            clock,
            doorbell,
        }
    }

    /// Looks for as long as the hub runs.
    pub async fn run(self) {
        let (mut totals, changed) = (self.store.totals(), self.store.windows());
        let mut agenda = Agenda::default();
        loop {
            let Some(heard) = self.listen(&mut totals, &changed).await else {
                return;
            };
            let rested = agenda.looked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
            if heard.everything || rested {
                agenda.looked_at = Some(Instant::now());
                self.look_at_all(&mut agenda).await;
                self.keep_days(&mut agenda).await;
                continue;
            }
            let now = self.now();
            let is_due = |(org, due): (&OrgId, &Timestamp)| (*due <= now).then_some(*org);
            let due: Vec<OrgId> = agenda.due.iter().filter_map(is_due).collect();
            for org in due {
                self.look_and_note(org, &mut agenda).await;
            }
            for org in heard.gained {
                if let Err(error) = self.place_newcomers(org).await {
                    tracing::warn!(%error, "newcomers wait for their division");
                }
            }
        }
    }

    /// Closes everything that is due now.
    pub async fn catch_up(&self) {
        self.look_at_all(&mut Agenda::default()).await;
    }

    /// Hears for a moment what happens; `None` when the hub ends.
    async fn listen(
        &self,
        totals: &mut broadcast::Receiver<Arc<CommittedTotals>>,
        changed: &Notify,
    ) -> Option<Heard> {
        let mut heard = Heard::default();
        let until = Instant::now() + STEP;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Some(heard),
                () = changed.notified() => {
                    heard.everything = true;
                    return Some(heard);
                }
                committed = totals.recv() => match committed {
                    Ok(committed) => {
                        if !heard.gained.contains(&committed.org) && self.is_of_a_league(&committed) {
                            heard.gained.insert(committed.org);
                        }
                    }
                    Err(RecvError::Lagged(_)) => heard.everything = true,
                    Err(RecvError::Closed) => return None,
                }
            }
        }
    }

    /// Whether something was gained that a league of the org compares.
    fn is_of_a_league(&self, committed: &CommittedTotals) -> bool {
        let Some(play) = self.rulebook.play(committed.org) else {
            return false;
        };
        committed.totals.iter().any(|total| {
            let is_weeks = total.scope == Scope::Org && matches!(total.window, Window::Week(_));
            let mut leagues = play.game.leagues.iter();
            is_weeks && leagues.any(|league| league.metric == total.metric)
        })
    }

    async fn look_at_all(&self, agenda: &mut Agenda) {
        let orgs = match self.store.org_ids().await {
            Ok(orgs) => orgs,
            Err(error) => {
                tracing::debug!(%error, "the clock could not look");
                agenda.looked_at = None;
                return;
            }
        };
        for org in orgs {
            self.look_and_note(org, agenda).await;
        }
    }

    async fn look_and_note(&self, org: OrgId, agenda: &mut Agenda) {
        let looked = match self.look(org).await {
            Ok(()) => self.store.next_due(org).await,
            Err(error) => Err(error),
        };
        let next = match looked {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "a window could not be closed yet");
                // It is as due at the next look.
                Some(self.now())
            }
        };
        match next {
            Some(next) => agenda.due.insert(org, next),
            None => agenda.due.remove(&org),
        };
    }

    async fn look(&self, org: OrgId) -> Result<(), StoreError> {
        // Contests are what they were made; they need no rules to end by.
        self.turn_contests(org).await?;
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
        self.place_newcomers(org).await
    }

    /// Writes down where everybody stood when a day was over, where that was not done today.
    async fn keep_days(&self, agenda: &mut Agenda) {
        let Ok(orgs) = self.store.org_ids().await else {
            return;
        };
        let now = self.now();
        for org in orgs {
            let today = match self.store.game(org).await {
                Ok(Some(game)) => game.zone.day(now),
                Ok(None) | Err(_) => continue,
            };
            if agenda.kept.get(&org) == Some(&today.plus(-1)) {
                continue;
            }
            match self.boards.keep_last_day(org, now).await {
                Ok(Some(day)) => {
                    agenda.kept.insert(org, day);
                }
                Ok(None) => {}
                // What was written of it stays; the rest is tried again with the next look.
                Err(error) => tracing::warn!(%error, "a day's ranks are not kept yet"),
            }
        }
    }

    async fn turn_contests(&self, org: OrgId) -> Result<(), StoreError> {
        let due = self.store.contest_due(org).await?;
        if due.is_none_or(|due| due > self.now()) {
            return Ok(());
        }
        for _ in 0..TURNS_MAX {
            let Some((contest, turned)) = self.store.turn_contest(org, self.now()).await? else {
                break;
            };
            told("contest", Some(turned));
            self.doorbell.contest_changed(org, contest);
        }
        Ok(())
    }

    async fn place_newcomers(&self, org: OrgId) -> Result<(), StoreError> {
        if self.store.place_newcomers(org).await? > 0 {
            self.doorbell.boards_changed(org);
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
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
