//! What is over: seasons with their final standings, weeks of leagues.

use ludus_domain::game::calendar::Day;
use ludus_domain::game::plan::{BoardKey, BoardScope, Names};
use ludus_domain::game::total::{Metric, WindowKind};
use ludus_domain::ids::UserId;
use ludus_domain::refusal::Refusal;
use ludus_domain::rights;
use ludus_domain::role::Role;
use ludus_domain::slug::LeagueId;

use super::boards::LiveBoards;
use super::{Caller, Coach, Denied};
use crate::store::game::archives::{SeasonLine, Week, WeekLine};
use crate::store::game::seasons::Season;

/// Seasons that are listed: more than anybody will live to see.
const SEASONS_LISTED: u64 = 600;
/// Lines one takes away at once; and of one read.
const EXPORT_MAX: u64 = 100_000;
const CHUNK: u64 = 5_000;

/// Which weeks of a league somebody reads.
#[derive(Clone, Debug)]
pub struct WeekSeen {
    pub week: Week,
    /// How oneself did; none when one did not play.
    pub mine: Option<WeekLine>,
}

/// Lines somebody may read, with who it is where they may know.
#[derive(Clone, Debug)]
pub struct Told<L> {
    pub line: L,
    pub is_told: bool,
    pub mine: bool,
}

impl Caller {
    /// The seasons of the org, newest first, with what was kept of each.
    pub async fn seasons(&self) -> Result<Vec<(Season, Vec<Metric>)>, Denied> {
        self.must_live_here()?;
        let store = self.people.store();
        let mut seasons = vec![];
        for season in store.seasons(self.who.org, SEASONS_LISTED).await? {
            let metrics = match season.closed_at {
                Some(_) => store.season_metrics(self.who.org, season.number).await?,
                None => vec![],
            };
            seasons.push((season, metrics));
        }
        Ok(seasons)
    }

    /// Final standings of a season, by place, from a line on. None before its end.
    pub async fn season_lines(
        &self,
        live: &LiveBoards,
        season: u32,
        metric: Metric,
        from: u64,
        limit: u64,
    ) -> Result<Vec<Told<SeasonLine>>, Denied> {
        self.must_live_here()?;
        let org = self.who.org;
        let named = self.named_by(live, &metric);
        let store = self.people.store();
        let lines = store.season_lines(org, season, metric, from, limit).await?;
        let told = lines.into_iter().map(|mut line| {
            let (user, name) = (line.user, line.name.take());
            let (name, is_told) = self.told(live, &named, user, name);
            line.name = name;
            let mine = user == self.who.user;
            Told {
                line,
                is_told,
                mine,
            }
        });
        Ok(told.collect())
    }

    /// Weeks of a league, newest first.
    pub async fn league_weeks(
        &self,
        league: &LeagueId,
        before: Option<Day>,
        limit: u64,
    ) -> Result<Vec<WeekSeen>, Denied> {
        self.must_live_here()?;
        let (store, org) = (self.people.store(), self.who.org);
        let weeks = store
            .league_weeks(org, league.clone(), before, limit)
            .await?;
        let mondays = weeks.iter().map(|week| week.monday).collect();
        let mut mine = store
            .weeks_of(org, league.clone(), self.who.user, mondays)
            .await?;
        let seen = weeks.into_iter().map(|week| WeekSeen {
            mine: mine.remove(&week.monday),
            week,
        });
        Ok(seen.collect())
    }

    /// How a week of a league went, from a line on: for admins all of it, for coaches those they look
    /// after (and who learns in no cohort), for others the division they played in.
    pub async fn week_lines(
        &self,
        live: &LiveBoards,
        league: &LeagueId,
        monday: Day,
        from: u64,
        limit: u64,
    ) -> Result<(Week, Vec<Told<WeekLine>>), Denied> {
        self.must_live_here()?;
        let (store, org) = (self.people.store(), self.who.org);
        let week = store.week_of_league(org, league.clone(), monday).await?;
        let week = week.ok_or(Refusal::NotFound)?;
        let division = if self.who.role >= Role::Coach {
            None
        } else {
            let mut mine = store
                .weeks_of(org, league.clone(), self.who.user, vec![monday])
                .await?;
            let Some(mine) = mine.remove(&monday) else {
                return Ok((week, vec![]));
            };
            Some(mine.division)
        };
        let lines = store
            .week_lines(org, league.clone(), monday, division, from, limit)
            .await?;
        let roster = self.people.roster(org);
        let viewer = self.viewer();
        let is_seen = |line: &WeekLine| {
            viewer.role < Role::Coach
                || line.user == viewer.user
                || roster.may_know(viewer, line.user)
        };
        let told = lines.into_iter().filter(is_seen).map(|mut line| {
            let named = match week.plan.names {
                Names::Shown => NamedBy::Shown,
                Names::Anonymous => live
                    .of_division(org, line.division)
                    .map_or(NamedBy::Nobody, NamedBy::MadeUp),
            };
            let (user, name) = (line.user, line.name.take());
            let (name, is_told) = self.told(live, &named, user, name);
            line.name = name;
            let mine = user == self.who.user;
            Told {
                line,
                is_told,
                mine,
            }
        });
        let told = told.collect();
        Ok((week, told))
    }

    /// By what name final standings of something are told: as its boards do.
    fn named_by(&self, live: &LiveBoards, metric: &Metric) -> NamedBy {
        let boards = live.plans(self.who.org);
        let mut named = NamedBy::Nobody;
        for plan in boards {
            let is_its = plan.scope == BoardScope::Org
                && plan.window == WindowKind::Season
                && plan.metric == *metric;
            match plan.names {
                _ if !is_its => {}
                Names::Shown => return NamedBy::Shown,
                Names::Anonymous => {
                    named = NamedBy::MadeUp(BoardKey {
                        plan: plan.id,
                        of: None,
                    });
                }
            }
        }
        named
    }

    /// The name of a line, and whether its reader may know who it is.
    fn told(
        &self,
        live: &LiveBoards,
        named: &NamedBy,
        user: UserId,
        name: Option<String>,
    ) -> (Option<String>, bool) {
        let is_me = user == self.who.user;
        let name = match (named, name) {
            (NamedBy::Shown, name) => name,
            (NamedBy::MadeUp(key), Some(_)) => Some(live.made_up(self.who.org, key, user)),
            (NamedBy::MadeUp(_), None) | (NamedBy::Nobody, _) => None,
        };
        let is_told = is_me || (*named == NamedBy::Shown && name.is_some());
        (name, is_told)
    }

    fn must_live_here(&self) -> Result<(), Denied> {
        if rights::is_confined(self.who.role, self.who.guest) {
            return Err(Refusal::Forbidden.into());
        }
        Ok(())
    }
}

/// What people are called on something that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NamedBy {
    Shown,
    MadeUp(BoardKey),
    /// No board tells of it any more: nobody is named.
    Nobody,
}

impl Coach {
    /// Final standings of a season, to take away.
    pub async fn season_whole(
        &self,
        live: &LiveBoards,
        season: u32,
        metric: &Metric,
    ) -> Result<Vec<Told<SeasonLine>>, Denied> {
        let mut lines = vec![];
        while (lines.len() as u64) < EXPORT_MAX {
            let from = lines.len() as u64;
            let more = self
                .0
                .season_lines(live, season, metric.clone(), from, CHUNK)
                .await?;
            let is_last = (more.len() as u64) < CHUNK;
            lines.extend(more);
            if is_last {
                break;
            }
        }
        Ok(lines)
    }

    /// A week of a league, to take away.
    pub async fn week_whole(
        &self,
        live: &LiveBoards,
        league: &LeagueId,
        monday: Day,
    ) -> Result<(Week, Vec<Told<WeekLine>>), Denied> {
        let (week, mut lines) = self.0.week_lines(live, league, monday, 0, CHUNK).await?;
        while (lines.len() as u64).is_multiple_of(CHUNK) && !lines.is_empty() {
            let from = lines.len() as u64;
            if from >= EXPORT_MAX {
                break;
            }
            let (_, more) = self.0.week_lines(live, league, monday, from, CHUNK).await?;
            if more.is_empty() {
                break;
            }
            lines.extend(more);
        }
        Ok((week, lines))
    }
}
