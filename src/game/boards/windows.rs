//! What time does to boards: which window one shows, when it ends, and what is decided then.

use ludus_domain::game::calendar::Zone;
use ludus_domain::game::plan::BoardPlan;
use ludus_domain::game::total::{Now, Window, WindowKind};
use ludus_domain::protocol::Zones;
use ludus_domain::time::Timestamp;

use super::Of;
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
