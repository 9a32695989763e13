//! The rules of now over everything so far.

use super::kit::{DAY, EVERYTHING, HOUR, World, at, line, room, set, user};
use crate::game::account::{Account, rescore};
use crate::game::deed::Deed;
use crate::game::gain::Award;
use crate::game::rules::Compiled;
use crate::game::total::Scope;
use crate::ids::Seq;

pub(super) fn ledger(world: &World) -> Vec<Award> {
    world
        .ledger
        .iter()
        .map(|(award, _)| award.clone())
        .collect()
}

/// Applies a set to everything, as a store would; answers with the new lines.
pub(super) fn applies(world: &mut World, set: &Compiled, run: u32) -> crate::game::gain::Outcome {
    let entry = world.entry(Deed::Rescored { run });
    let done = rescore(&world.account, set, &world.entries, &entry, &ledger(world));
    world.set = set.clone();
    world.account = done.account;
    world.rooms = done.rooms.into_iter().collect();
    world.keep(&entry, &done.outcome);
    done.outcome
}

fn dearer() -> Compiled {
    let text = EVERYTHING
        .replace(
            "points = 10\ncooldown_s = 60",
            "points = 12\ncooldown_s = 60",
        )
        .replace("levels = [3, 20, 100]", "levels = [2, 4, 100]")
        .replace("id = \"first-line\"", "id = \"opener\"");
    set(&text)
}

fn busy_days() -> World {
    let mut world = World::new(EVERYTHING);
    for n in 0..6 {
        world.clock = world.clock.plus_ms(DAY / 2);
        world.does(line(n % 2, 5, 1));
    }
    world.does(Deed::LineRetracted {
        room: room(1),
        line: Seq(2),
    });
    world
}

#[test]
fn only_what_differs_is_written_and_a_second_time_nothing() {
    let mut world = busy_days();
    let before = world.ledger.len();
    let now = dearer();
    let done = applies(&mut world, &now, 1);
    assert!(
        done.awards
            .iter()
            .all(|award| award.points != 0 && award.run > 0)
    );
    let runs_of = |rule: &str| {
        let lines = done
            .awards
            .iter()
            .filter(|award| award.rule.as_str() == rule);
        lines.map(|award| award.run).collect::<Vec<_>>()
    };
    // Gone rules are taken back, new ones paid; what was taken back by hand stays at nothing.
    assert_eq!(world.paid_by("first-line").iter().sum::<i64>(), 0);
    assert_eq!(world.paid_by("opener").len(), 3, "{:?}", done.awards);
    assert!(
        done.awards
            .iter()
            .all(|award| award.source.seq != Seq(2) || award.source.part > 0)
    );
    assert_eq!(runs_of("question"), [1; 5]);
    assert!(
        done.badges
            .iter()
            .any(|grant| grant.badge.as_str() == "talker" && grant.level == 2)
    );
    assert_eq!(world.account.pos(), 8);
    let after = world.ledger.len();
    assert!(after > before);
    let again = applies(&mut world, &now, 2);
    assert_eq!(
        (again.awards, again.badges, again.level),
        (vec![], vec![], None)
    );
    assert_eq!(world.ledger.len(), after);
}

#[test]
fn a_way_back_to_the_old_rules_counts_the_runs_up() {
    let mut world = busy_days();
    let old = world.set.clone();
    let worth = world.sum(Scope::Org, "points:xp", "all");
    applies(&mut world, &dearer(), 1);
    assert_ne!(world.sum(Scope::Org, "points:xp", "all"), worth);
    let done = applies(&mut world, &old, 2);
    assert!(done.awards.iter().any(|award| award.run == 2));
    assert_eq!(world.sum(Scope::Org, "points:xp", "all"), worth);
    let mut keys: Vec<_> = ledger(&world)
        .into_iter()
        .map(|award| (award.rule, award.source, award.run))
        .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "no line is written twice");
}

#[test]
fn badges_and_levels_stay_whatever_the_rules_become() {
    let mut world = busy_days();
    let had = world.account.badge_progress(&world.set);
    let level = world.account.level();
    assert!(level > 1 && had.iter().any(|view| view.level > 0));
    let hard = EVERYTHING
        .replace("levels = [3, 20, 100]", "levels = [50]")
        .replace("base = 50", "base = 5000");
    let done = applies(&mut world, &set(&hard), 1);
    assert_eq!((done.badges, done.level), (vec![], None));
    assert_eq!(world.account.level(), level);
    let talker = |account: &Account| {
        let views = account.badge_progress(&world.set);
        views
            .into_iter()
            .find(|view| view.badge.as_str() == "talker")
            .map(|view| view.level)
    };
    assert_eq!(talker(&world.account), Some(1));
}

#[test]
fn windows_that_are_over_stand() {
    let mut world = World::new(EVERYTHING);
    world.clock = at("2026-11-23", 9);
    world.does(line(1, 5, 1));
    world.clock = at("2026-12-01", 9);
    world.does(line(1, 5, 1));
    let sum = |world: &World, window| world.sum(Scope::Org, "points:xp", window);
    let here = |world: &World, window| world.sum(Scope::Room(room(1)), "points:xp", window);
    let before =
        ["day:2026-11-23", "week:2026-11-23", "month:2026-11-01"].map(|window| sum(&world, window));
    let now = ["day:2026-12-01", "season:1", "all"];
    let running = now.map(|window| sum(&world, window));
    world.clock = world.clock.plus_ms(HOUR);
    applies(&mut world, &dearer(), 1);
    let after =
        ["day:2026-11-23", "week:2026-11-23", "month:2026-11-01"].map(|window| sum(&world, window));
    assert_eq!(after, before);
    let fresh = now.map(|window| sum(&world, window));
    // Each question is worth 2 more, and two lines are a badge of 20 by now.
    assert_eq!(fresh, [running[0] + 22, running[1] + 24, running[2] + 24]);
    assert_eq!(now.map(|window| here(&world, window)), fresh);
    // What no rule pays any more is told as nothing.
    let mut none = world.set.set().clone();
    none.rules.clear();
    applies(&mut world, &Compiled::new(none), 2);
    assert_eq!(now.map(|window| sum(&world, window)), [0; 3]);
    assert_eq!(now.map(|window| here(&world, window)), [0; 3]);
    assert_eq!(world.account.user(), user(1));
}
