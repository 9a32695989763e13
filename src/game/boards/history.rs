//! Where everybody stood when a day was over, written down for who wants to see how they moved.

use ludus_domain::board::ranking::{PAGE_MAX, Ranking};
use ludus_domain::board::{Subject, Total};
use ludus_domain::game::calendar::Day;
use ludus_domain::game::plan::{BoardKey, BoardScope};
use ludus_domain::game::total::{Now, Window};
use ludus_domain::ids::OrgId;
use ludus_domain::time::Timestamp;

use super::{Boards, OpenBoard};
use crate::store::StoreError;
use crate::store::game::history::RankPoint;

/// People of one board whose day is written down: the first. Further down nobody counts places, and a
/// night's work stays one of seconds.
const POINTS_MAX: usize = 10_000;
/// Seasons looked back: the one that runs, and the one that ended with the day.
const SEASONS: u64 = 2;

impl Boards {
    /// Writes down how people stood on the org's boards when its last day was over, unless that was
    /// done; which day it was. What a board shows by then of the new day is in it: it is a picture taken
    /// just after midnight, exact for windows that ended with the day.
    pub async fn keep_last_day(
        &self,
        org: OrgId,
        now: Timestamp,
    ) -> Result<Option<Day>, StoreError> {
        let Some(game) = self.store.game(org).await? else {
            return Ok(None);
        };
        let today = game.zone.day(now);
        let day = today.plus(-1);
        let season = self.season_before(org, game.zone.start(today)).await?;
        for plan in self.plans(org) {
            if plan.scope != BoardScope::Org || plan.teams.is_some() {
                continue;
            }
            let Some(window) = (Now { day, season }).window(plan.window) else {
                continue;
            };
            if self.store.is_day_kept(org, plan.id.clone(), day).await? {
                continue;
            }
            let board = plan.id.clone();
            let key = BoardKey {
                plan: plan.id,
                of: None,
            };
            let open = self.in_its_window(org, &key, window).await?;
            let Some(open) = open else { continue };
            let (count, points) = points(open);
            self.store.keep_day(org, board, day, count, points).await?;
        }
        Ok(Some(day))
    }

    async fn in_its_window(
        &self,
        org: OrgId,
        key: &BoardKey,
        window: Window,
    ) -> Result<Option<OpenBoard>, StoreError> {
        let Some(found) = self.find(org, key).await? else {
            return Ok(None);
        };
        self.read_window(org, key, found, window, None)
            .await
            .map(Some)
    }

    /// The season that ran just before an instant.
    async fn season_before(&self, org: OrgId, at: Timestamp) -> Result<Option<u32>, StoreError> {
        let seasons = self.store.seasons(org, SEASONS).await?;
        let ran = seasons
            .into_iter()
            .find(|season| season.starts_at < at && at <= season.ends_at);
        Ok(ran.map(|season| season.number))
    }
}

/// Who stands where on a board; how many stand on it at all.
fn points(open: OpenBoard) -> (u32, Vec<RankPoint>) {
    let OpenBoard {
        spec,
        values,
        standees,
        ..
    } = open;
    let totals = values
        .into_iter()
        .filter(|value| standees.contains_key(&value.user))
        .map(|value| Total {
            subject: Subject::User(value.user),
            score: value.score,
            reached_at: value.reached_at,
            version: value.version,
        });
    let ranking = Ranking::build(spec, totals);
    let mut points = vec![];
    while points.len() < POINTS_MAX {
        let from = u32::try_from(points.len()).unwrap_or(u32::MAX);
        let page = ranking.page(from, PAGE_MAX);
        if page.is_empty() {
            break;
        }
        points.extend(page.into_iter().filter_map(|row| match row.subject {
            Subject::User(user) => Some(RankPoint {
                user,
                place: row.place,
                score: row.score,
            }),
            Subject::Team(_) => None,
        }));
    }
    (ranking.len(), points)
}
