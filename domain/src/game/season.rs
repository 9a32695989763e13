//! Seasons: which one runs at an instant, and when it ends.
//!
//! A season follows from its plan and a time zone alone. What runs *now* is nevertheless what the
//! store says: a season that was begun keeps its end when its plan changes, and the next one takes
//! up the plan of then.

use super::calendar::{Day, Zone};
use super::plan::{SeasonLength, SeasonPlan};
use crate::time::Timestamp;

/// Shortest and longest a season may be. A plan beyond them is taken as the nearest one that is not.
const WEEKS: (u32, u32) = (1, 520);
const MONTHS: (u32, u32) = (1, 120);
/// Seasons after the first that are looked at. More than anybody will live to see.
const SEASONS_MAX: u32 = 20_000;

/// A season of a plan. The first one has the number 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Season {
    pub number: u32,
    pub starts_at: Timestamp,
    /// The first instant of the next one.
    pub ends_at: Timestamp,
}

/// The first day of a season.
fn first_day(plan: &SeasonPlan, number: u32) -> Day {
    let before = number.saturating_sub(1).min(SEASONS_MAX);
    let count = |length: u32, bounds: (u32, u32)| {
        i32::try_from(length.clamp(bounds.0, bounds.1).saturating_mul(before)).unwrap_or(i32::MAX)
    };
    match plan.length {
        SeasonLength::Weeks(weeks) => plan.first_day.plus(count(weeks, WEEKS).saturating_mul(7)),
        // Always from the first one: a month's last day would creep forward otherwise.
        SeasonLength::Months(months) => plan.first_day.plus_months(count(months, MONTHS)),
    }
}

/// A season by its number.
pub fn season(plan: &SeasonPlan, zone: &Zone, number: u32) -> Season {
    Season {
        number,
        starts_at: zone.start(first_day(plan, number)),
        ends_at: zone.start(first_day(plan, number.saturating_add(1))),
    }
}

/// The season an instant is in; `None` before the first.
pub fn season_at(plan: &SeasonPlan, zone: &Zone, at: Timestamp) -> Option<Season> {
    let day = zone.day(at);
    if day < plan.first_day {
        return None;
    }
    // The number whose first day is the last not after this one.
    let (mut low, mut high) = (1, SEASONS_MAX);
    while low < high {
        let middle = low.midpoint(high.saturating_add(1));
        if first_day(plan, middle) <= day {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    Some(season(plan, zone, low))
}

/// The season after one that ended: it begins at that very instant and ends at the plan's next
/// boundary, so that none is left out and none has two.
pub fn after(plan: &SeasonPlan, zone: &Zone, ended: u32, at: Timestamp) -> Season {
    let ends_at = season_at(plan, zone, at)
        .map_or_else(|| zone.start(plan.first_day), |planned| planned.ends_at);
    Season {
        number: ended.saturating_add(1),
        starts_at: at,
        ends_at: if ends_at > at {
            ends_at
        } else {
            at.plus_ms(86_400_000)
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(first: &str, length: SeasonLength) -> SeasonPlan {
        SeasonPlan {
            first_day: first.parse().expect("a day"),
            length,
        }
    }

    #[test]
    fn a_season_begins_at_midnight_of_the_org() {
        let plan = plan("2026-01-05", SeasonLength::Weeks(8));
        let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
        let second = season(&plan, &berlin, 2);
        let monday: Day = "2026-03-02".parse().expect("a day");
        assert_eq!(second.starts_at, berlin.start(monday));
        assert_ne!(second.starts_at, Zone::utc().start(monday));
        // Eight weeks, less the hour that daylight saving takes.
        let third = season(&plan, &berlin, 3);
        assert_eq!(
            third.starts_at.0 - second.starts_at.0,
            8 * 7 * 86_400_000 - 3_600_000
        );
        assert_eq!(
            season_at(&plan, &berlin, second.starts_at.plus_ms(-1)).map(|found| found.number),
            Some(1)
        );
        assert_eq!(season_at(&plan, &berlin, second.starts_at), Some(second));
    }

    #[test]
    fn months_do_not_creep() {
        let plan = plan("2026-01-31", SeasonLength::Months(1));
        let starts: Vec<String> = (1..=4).map(|n| first_day(&plan, n).to_string()).collect();
        assert_eq!(
            starts,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
        );
    }

    #[test]
    fn no_season_runs_before_the_first() {
        let plan = plan("2026-01-05", SeasonLength::Months(3));
        let eve = Zone::utc().start(plan.first_day).plus_ms(-1);
        assert_eq!(season_at(&plan, &Zone::utc(), eve), None);
    }

    proptest! {
        #[test]
        fn every_instant_is_in_one_season(
            at in 1_700_000_000_000_i64..2_500_000_000_000,
            length in 1_u32..20,
            months in any::<bool>(),
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"]),
        ) {
            let length = if months { SeasonLength::Months(length) } else { SeasonLength::Weeks(length) };
            let (plan, zone): (_, Zone) = (plan("2023-01-31", length), zone.parse().expect("a zone"));
            let now = season_at(&plan, &zone, Timestamp(at)).expect("it began");
            prop_assert!(now.starts_at.0 <= at && at < now.ends_at.0);
            let next = season(&plan, &zone, now.number + 1);
            prop_assert_eq!(now.ends_at, next.starts_at);
            // Where the plan stayed as it was, the one that follows is the one it names.
            prop_assert_eq!(after(&plan, &zone, now.number, now.ends_at), next);
        }
    }
}
