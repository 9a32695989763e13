//! What time does to boards: which window one shows, when it ends, and what is decided then.

use ludus_actors::standings::Value;
use ludus_domain::game::calendar::Zone;
use ludus_domain::game::contest::ContestPhase;
use ludus_domain::game::plan::BoardPlan;
use ludus_domain::game::total::{Now, Window, WindowKind};
use ludus_domain::protocol::Zones;
use ludus_domain::time::Timestamp;

use super::Of;
use crate::store::game::contests::{ContestRow, Entry};
use crate::store::game::leagues::Division;

/// The plan of a division's board: what its league compares, by its week.
pub(super) fn of_league(plan: &BoardPlan, division: &Division) -> BoardPlan {
    let league = &division.plan;
    BoardPlan {
        title: league.title.clone(),
        metric: league.metric.clone(),
        ties: league.ties,
        names: league.names,
        ..plan.clone()
    }
}

/// The plan of a contest's board: what the contest compares.
pub fn of_contest(plan: &BoardPlan, row: &ContestRow) -> BoardPlan {
    let contest = &row.contest.plan;
    BoardPlan {
        title: contest.title.clone(),
        metric: contest.metric.clone(),
        order: contest.order,
        direction: contest.direction,
        ties: contest.ties,
        names: contest.names,
        teams: contest.teams,
        ..plan.clone()
    }
}

/// Whether what a board shows was written down, and stands.
pub(super) fn is_over(of: &Of) -> bool {
    matches!(of, Of::Contest(row) if row.contest.phase == ContestPhase::Over)
}

/// What entrants of a contest have, as far as their entries say: the results of one that is over; and
/// nothing for each member of a team, who counts in it before they gain anything.
pub(super) fn of_entries(row: &ContestRow, entries: &[Entry]) -> Vec<Value> {
    let (is_over, teams) = (
        row.contest.phase == ContestPhase::Over,
        row.contest.plan.teams.is_some(),
    );
    let value = |entry: &Entry| {
        let nothing = teams.then_some(0);
        let score = if is_over {
            entry.score.or(nothing)
        } else {
            nothing
        };
        Some(Value {
            user: entry.user,
            score: score?,
            reached_at: entry.reached_at.unwrap_or(entry.entered_at),
            version: 0,
        })
    };
    entries.iter().filter_map(value).collect()
}

/// Who goes up and down when the week is over: nobody out of the last tier on either side.
pub(super) fn zones(of: &Of) -> Option<Zones> {
    let Of::Division(division) = of else {
        return None;
    };
    let is_top = usize::from(division.tier) + 1 >= division.plan.tiers.len();
    Some(Zones {
        up: if is_top { 0 } else { division.plan.promote },
        down: if division.tier == 0 {
            0
        } else {
            division.plan.demote
        },
    })
}

/// When a window ends.
pub(super) fn ends_at(window: Window, zone: &Zone, season: Option<Timestamp>) -> Option<Timestamp> {
    match window {
        Window::All => None,
        Window::Season(_) => season,
        Window::Month(first) => Some(zone.start(first.plus(31).month())),
        Window::Week(monday) => Some(zone.start(monday.plus(7))),
        Window::Day(day) => Some(zone.start(day.plus(1))),
    }
}

/// Whether a window is one of a kind, by its one name: a week is named by its Monday.
pub(super) fn is_of(window: Window, kind: WindowKind) -> bool {
    let now = match window {
        Window::All => return kind == WindowKind::All,
        Window::Season(_) => return kind == WindowKind::Season,
        Window::Month(day) | Window::Week(day) | Window::Day(day) => Now { day, season: None },
    };
    now.window(kind) == Some(window)
}
