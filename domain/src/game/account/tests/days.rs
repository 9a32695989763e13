//! Streaks: by the learner's own days, over daylight saving, leap days, travel and freezes.

use super::kit::{DAY, EVERYTHING, HOUR, MINUTE, World, at, day, line, set, user, zone};
use crate::game::account::Account;
use crate::game::calendar::{Day, Zone};
use crate::game::deed::Deed;
use crate::game::rules::Compiled;
use crate::game::total::Scope;
use crate::time::Timestamp;

/// Without rules, badges and quests: nothing grants freezes but the streak itself.
fn bare(freeze_every: u32, freezes_max: u32, repair: (u32, u32)) -> Compiled {
    let mut rules = set(EVERYTHING).set().clone();
    rules.rules.clear();
    rules.badges.clear();
    rules.quests.clear();
    rules.streak.freeze_every = freeze_every;
    rules.streak.freezes_max = freezes_max;
    (rules.streak.repair_deeds, rules.streak.repair_days) = repair;
    Compiled::new(rules)
}

fn plain() -> World {
    World::of(bare(0, 0, (0, 0)))
}

fn travel(world: &mut World, to: &str) {
    let to: Zone = zone(to);
    world.does(Deed::ZoneChanged { zone: to });
}

/// A line at an instant; answers with the days in a row.
fn talks(world: &mut World, at: Timestamp) -> u32 {
    world.clock = at;
    world.does(line(1, 5, 0));
    let today = world.entries.last().expect("an entry").day;
    world.account.streak_on(world.set.set(), today).days
}

#[test]
fn a_day_counts_once_and_a_gap_ends_the_row() {
    let mut world = plain();
    assert_eq!(talks(&mut world, at("2026-11-02", 0)), 1);
    assert_eq!(talks(&mut world, at("2026-11-02", 23)), 1);
    assert_eq!(talks(&mut world, at("2026-11-03", 0)), 2);
    assert_eq!(
        world
            .outcomes
            .iter()
            .filter(|outcome| outcome.streak.is_some())
            .count(),
        2
    );
    // Seen from later days, without doing anything.
    let on = |world: &World, text| {
        let view = world.account.streak_on(world.set.set(), day(text));
        (view.days, view.today)
    };
    assert_eq!(on(&world, "2026-11-03"), (2, true));
    assert_eq!(on(&world, "2026-11-04"), (2, false));
    assert_eq!(on(&world, "2026-11-05"), (0, false));
    assert_eq!(talks(&mut world, at("2026-11-05", 0)), 1);
    let news = world
        .outcomes
        .last()
        .and_then(|outcome| outcome.streak)
        .expect("news");
    assert_eq!((news.days, news.broke), (1, 2));
    assert_eq!(world.sum(Scope::Org, "streak", "week:2026-11-02"), 1);
    assert_eq!(
        world
            .total(Scope::Org, "streak", "all")
            .expect("a total")
            .best,
        2
    );
}

#[test]
fn daylight_saving_and_leap_days_are_days_as_others() {
    // Berlin's days of 23 and 25 hours, New York's, the leap day, and Cairo's midnights that do not exist.
    for (name, first, days) in [
        ("Europe/Berlin", "2026-03-26", 8),
        ("Europe/Berlin", "2026-10-22", 8),
        ("America/New_York", "2026-03-05", 8),
        ("America/New_York", "2026-10-29", 8),
        ("Africa/Cairo", "2026-04-20", 8),
        ("Asia/Kolkata", "2028-02-26", 6),
    ] {
        for minute in [1, 23 * 60 + 58] {
            let mut world = plain();
            world.org = zone(name);
            for n in 0..days {
                let today = day(first).plus(n);
                let start = world.org.start(today);
                let end = world.org.start(today.plus(1)).plus_ms(-MINUTE);
                let moment = start.plus_ms(minute * MINUTE).min(end);
                let row = talks(&mut world, moment);
                assert_eq!(
                    row,
                    u32::try_from(n).unwrap() + 1,
                    "{name} {today} {minute}"
                );
            }
        }
    }
}

#[test]
fn a_day_begins_at_the_learners_own_midnight() {
    for (name, utc_hour_of_midnight) in [
        ("Pacific/Kiritimati", 10),
        ("Etc/GMT+12", 12),
        ("Asia/Kathmandu", 18),
    ] {
        let mut world = plain();
        world.clock = at("2026-11-01", 0);
        travel(&mut world, name);
        let minutes = if name == "Asia/Kathmandu" { 15 } else { 0 };
        let midnight = at("2026-11-05", utc_hour_of_midnight).plus_ms(minutes * MINUTE);
        assert_eq!(talks(&mut world, midnight.plus_ms(-1)), 1, "{name}");
        assert_eq!(talks(&mut world, midnight), 2, "{name}");
    }
}

#[test]
fn whoever_travels_west_has_a_longer_day() {
    let mut world = plain();
    world.clock = at("2026-11-01", 0);
    travel(&mut world, "Pacific/Kiritimati");
    // 03:00 of the 3rd on the island, still the 2nd of the org; then to the other side of the date line.
    assert_eq!(talks(&mut world, at("2026-11-02", 13)), 1);
    travel(&mut world, "Etc/GMT+12");
    let days: Vec<Day> = (0..4)
        .map(|n| {
            talks(&mut world, at("2026-11-02", 14).plus_ms(n * 12 * HOUR));
            world.entries.last().expect("an entry").day
        })
        .collect();
    assert!(days.is_sorted(), "a day never goes back: {days:?}");
    assert_eq!(days.first(), Some(&day("2026-11-03")));
    // And nobody wins a day by going back and forth.
    let mut world = plain();
    let mut row = 0;
    for n in 0..12 {
        let to = if n % 2 == 0 {
            "Pacific/Kiritimati"
        } else {
            "Etc/GMT+12"
        };
        travel(&mut world, to);
        row = talks(&mut world, at("2026-11-02", 9).plus_ms(n * HOUR));
    }
    assert!(row <= 2, "{row}");
}

#[test]
fn a_day_that_travel_skips_costs_nothing_once_a_week() {
    // From the day before to the day after: the zone skips two midnights.
    let mut world = plain();
    world.clock = at("2026-11-01", 0);
    travel(&mut world, "Etc/GMT+12");
    assert_eq!(talks(&mut world, at("2026-11-02", 11)), 1, "the 1st there");
    assert_eq!(talks(&mut world, at("2026-11-03", 11)), 2, "the 2nd there");
    world.clock = at("2026-11-04", 11);
    travel(&mut world, "Pacific/Kiritimati");
    assert_eq!(
        talks(&mut world, at("2026-11-04", 12)),
        3,
        "the 5th there; the 3rd and 4th never were"
    );
    // Within a week, once more: it is only a gap now.
    world.clock = at("2026-11-05", 9);
    travel(&mut world, "Etc/GMT+12");
    world.clock = at("2026-11-06", 11);
    travel(&mut world, "Pacific/Kiritimati");
    assert_eq!(talks(&mut world, at("2026-11-06", 12)), 1);
}

#[test]
fn freezes_are_earned_and_used_by_themselves() {
    let mut world = World::of(bare(3, 2, (0, 0)));
    let mut news = |n: i64| {
        talks(&mut world, at("2026-11-02", 9).plus_ms(n * DAY));
        let news = world
            .outcomes
            .last()
            .and_then(|outcome| outcome.streak)
            .expect("news");
        (news.days, news.frozen, news.freezes)
    };
    let rows: Vec<_> = (0..9).map(&mut news).collect();
    assert_eq!(rows[2], (3, 0, 1));
    assert_eq!(rows[8], (9, 0, 2), "no more than two are kept");
    assert_eq!(
        news(11),
        (10, 2, 0),
        "two days were bridged, and do not count"
    );
    assert_eq!(news(12), (11, 0, 0));
    assert_eq!(news(13), (12, 0, 1));
    // One freeze does not bridge two days, and is not spent on trying.
    assert_eq!(news(16), (1, 0, 1));
    let view = world.account.streak_on(world.set.set(), day("2026-11-20"));
    assert_eq!(
        (view.days, view.frozen, view.today, view.best),
        (1, 1, false, 12)
    );
}

#[test]
fn a_broken_row_is_repaired_on_the_day_of_the_return() {
    let mut world = World::of(bare(0, 0, (3, 2)));
    for n in 0..5 {
        talks(&mut world, at("2026-11-02", 9).plus_ms(n * DAY));
    }
    let set = world.set.set().clone();
    let repair = |world: &World, text| world.account.streak_on(&set, day(text)).repair;
    assert_eq!(
        repair(&world, "2026-11-09"),
        Some((3, 6)),
        "told before it is begun"
    );
    let back = at("2026-11-09", 9);
    assert_eq!(talks(&mut world, back), 1);
    assert_eq!(repair(&world, "2026-11-09"), Some((2, 6)));
    assert_eq!(talks(&mut world, back.plus_ms(HOUR)), 1);
    assert_eq!(talks(&mut world, back.plus_ms(2 * HOUR)), 6);
    let news = world
        .outcomes
        .last()
        .and_then(|outcome| outcome.streak)
        .expect("news");
    assert!(news.repaired && news.days == 6);
    assert_eq!(repair(&world, "2026-11-09"), None);
    assert_eq!(talks(&mut world, back.plus_ms(DAY)), 7);
    // Three days are too many, and the day after the return is too late.
    assert_eq!(talks(&mut world, back.plus_ms(5 * DAY)), 1);
    assert_eq!(repair(&world, "2026-11-14"), None);
    talks(&mut world, back.plus_ms(6 * DAY));
    talks(&mut world, back.plus_ms(8 * DAY));
    talks(&mut world, back.plus_ms(9 * DAY));
    assert_eq!(repair(&world, "2026-11-18"), None);
    for hour in 1..5 {
        assert_eq!(talks(&mut world, back.plus_ms(9 * DAY + hour * HOUR)), 2);
    }
}

#[test]
fn a_clock_that_goes_back_moves_no_day_and_no_window() {
    let mut world = World::new(EVERYTHING);
    talks(&mut world, at("2026-11-03", 0));
    talks(&mut world, at("2026-11-02", 23));
    let [first, second] = &world.entries[..] else {
        panic!("two entries")
    };
    assert_eq!(
        (second.day, second.now, second.at),
        (first.day, first.now, first.at)
    );
    // The same when the org moves to a zone where it is still yesterday.
    world.org = zone("Etc/GMT+12");
    world.clock = at("2026-11-03", 1);
    world.does(line(1, 5, 0));
    assert_eq!(world.entries[2].now, world.entries[0].now);
    assert_eq!(
        Account::new(user(1)).day_at(at("2026-11-03", 1), &world.org),
        day("2026-11-02")
    );
}
