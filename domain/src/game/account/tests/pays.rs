//! What rules, badges, quests, levels and scores make of deeds, one by one.

use super::kit::{
    DAY, EVERYTHING, HOUR, MINUTE, SECOND, World, at, day, judged, line, pays, practice, room,
    scored, user,
};
use crate::game::account::{CONTESTS_MAX, Counts, FOLLOWING_MAX};
use crate::game::deed::{Deed, ScoreOp};
use crate::game::gain::Suspicion;
use crate::game::total::Scope;
use crate::ids::{ContestId, Seq};
use uuid::Uuid;

#[test]
fn a_line_is_paid_by_each_rule_that_it_meets() {
    let mut world = World::new(EVERYTHING);
    let gained = world.does(line(1, 5, 1));
    assert_eq!(
        pays(&gained),
        [("first-line", 7), ("line", 5), ("question", 10), ("day", 4)]
    );
    assert_eq!(gained.streak.map(|news| news.days), Some(1));
    // What followed has a part of its own.
    assert_eq!(gained.awards[3].source.part, 1);
    assert_eq!(world.sum(Scope::Org, "points:xp", "day:2026-11-02"), 26);
    assert_eq!(world.sum(Scope::Room(room(1)), "points:xp", "all"), 26);
    world.clock = world.clock.plus_ms(30 * SECOND);
    // The question cools down, and the day has had its first line.
    assert_eq!(pays(&world.does(line(1, 5, 1))), [("line", 5)]);
    assert_eq!(
        pays(&world.does(line(1, 2, 0))),
        [("busy", 3), ("badge-bonus", 20)]
    );
}

#[test]
fn an_entry_that_was_taken_changes_nothing() {
    let mut world = World::new(EVERYTHING);
    let entry = world.entry(line(1, 5, 1));
    world.takes(entry.clone());
    let before = world.account.clone();
    assert_eq!(world.takes(entry), crate::game::gain::Outcome::default());
    assert_eq!(world.account, before);
}

#[test]
fn caps_cut_and_returns_diminish() {
    let mut world = World::new(EVERYTHING);
    for _ in 0..12 {
        world.clock = world.clock.plus_ms(2 * MINUTE);
        world.does(line(1, 5, 1));
    }
    assert_eq!(world.paid_by("line"), [5, 5, 5, 5, 5, 5, 5, 5, 2]);
    // Full twice, half from then on, five times in one room.
    assert_eq!(world.paid_by("question"), [10, 10, 5, 5, 5]);
    world.does(line(2, 5, 1));
    assert_eq!(world.paid_by("question").len(), 6, "another room");
    world.clock = world.clock.plus_ms(DAY);
    world.does(line(1, 5, 1));
    assert_eq!(world.paid_by("line").len(), 10, "another day");
}

#[test]
fn each_peer_is_counted_alone() {
    let mut world = World::new(EVERYTHING);
    for peer in [7, 7, 7, 8, 7, 8, 8] {
        world.does(Deed::ReplyReceived {
            room: room(1),
            peer: user(peer),
        });
    }
    assert_eq!(world.paid_by("heard"), [2, 2, 2, 2]);
    // A crowd does not fill an account.
    for peer in 0..500 {
        world.does(Deed::ReplyReceived {
            room: room(1),
            peer: user(1000 + peer),
        });
    }
    assert_eq!(world.paid_by("heard").iter().sum::<i64>(), 101);
}

#[test]
fn badges_climb_and_say_how_far() {
    let mut world = World::new(EVERYTHING);
    let mut granted = vec![];
    for n in 0..100 {
        world.clock = world.clock.plus_ms(HOUR);
        let gained = world.does(line(n % 4, 5, 0));
        granted.extend(
            gained
                .badges
                .into_iter()
                .map(|grant| (grant.badge.to_string(), grant.level)),
        );
    }
    let steps = |badge: &str| {
        let of = granted.iter().filter(|(id, _)| id == badge);
        of.map(|(_, level)| *level).collect::<Vec<_>>()
    };
    assert_eq!(steps("talker"), [1, 2, 3]);
    assert_eq!(steps("guest"), [1, 2]);
    assert_eq!(steps("steady"), [1], "five days in a row");
    assert!(steps("known").is_empty());
    let shown = world.account.badge_progress(&world.set);
    let shown: Vec<_> = shown
        .iter()
        .map(|view| (view.badge.as_str(), view.level, view.have, view.next))
        .collect();
    assert_eq!(
        shown,
        [
            ("guest", 2, 3, None),
            ("steady", 1, 5, Some(7)),
            ("talker", 3, 100, None)
        ],
        "what is secret is not shown"
    );
}

#[test]
fn levels_are_climbed_one_by_one_and_never_lost() {
    let mut world = World::new(EVERYTHING);
    let levels = world.set.set().levels.clone();
    assert_eq!(
        [1, 2, 3, 4].map(|level| levels.needs(level)),
        [0, 50, 110, 180]
    );
    let give = |by| Deed::Adjusted {
        points: "xp".parse().unwrap(),
        by,
    };
    let gained = world.does(give(110));
    assert_eq!(
        (pays(&gained), gained.level),
        (vec![("adjusted", 110)], Some(3))
    );
    let gained = world.does(give(-100));
    assert_eq!((gained.level, world.account.level()), (None, 3));
    assert_eq!(world.sum(Scope::Org, "points:xp", "all"), 10);
    // More than fits in one entry goes on with the next.
    world.does(give(i64::MAX));
    assert_eq!(
        world.account.level(),
        3 + u32::try_from(FOLLOWING_MAX).unwrap()
    );
    world.does(give(0));
    assert_eq!(world.account.level(), 50);
}

#[test]
fn quests_are_drawn_alike_everywhere_and_done_once() {
    let mut world = World::new(EVERYTHING);
    let today = day("2026-11-02");
    let before = world.account.quests_on(world.set.set(), today);
    assert_eq!(before.len(), 2);
    world.does(judged(1));
    assert_eq!(world.account.quests_on(world.set.set(), today), before);
    let mut done = vec![];
    for _ in 0..5 {
        done.extend(world.does(line(1, 5, 1)).quests);
        done.extend(world.does(practice(100)).quests);
    }
    assert_eq!(done.len(), 2, "{done:?}");
    let after = world.account.quests_on(world.set.set(), today);
    assert!(after.iter().all(|quest| quest.done == quest.times));
    // Over many days and people every quest has its turn, about as often as it weighs.
    let mut drawn = std::collections::BTreeMap::<_, u32>::new();
    for n in 0..200 {
        let account = crate::game::account::Account::new(user(n));
        for ahead in 0..5 {
            for quest in account.quests_on(world.set.set(), today.plus(ahead)) {
                *drawn.entry(quest.quest.to_string()).or_default() += 1;
            }
        }
    }
    assert!((400..600).contains(&drawn["three-lines"]), "{drawn:?}");
}

#[test]
fn imported_scores_are_set_bettered_and_added_to() {
    let mut world = World::new(EVERYTHING);
    let now = |world: &mut World, op, value| {
        world.does(scored(op, value));
        let total = world.total(Scope::Org, "score:sales", "all").unwrap();
        (total.sum, total.best)
    };
    assert_eq!(now(&mut world, ScoreOp::Set, 10), (10, 10));
    assert_eq!(now(&mut world, ScoreOp::Best, 8), (10, 10));
    assert_eq!(now(&mut world, ScoreOp::Best, 12), (12, 12));
    assert_eq!(now(&mut world, ScoreOp::Decr, 5), (7, 12));
    assert_eq!(now(&mut world, ScoreOp::Incr, 1), (8, 12));
    assert_eq!(now(&mut world, ScoreOp::Set, -3), (-3, 12));
    assert_eq!(now(&mut world, ScoreOp::Incr, i64::MIN), (i64::MIN, 12));
    world.clock = world.clock.plus_ms(DAY);
    world.does(scored(ScoreOp::Incr, 4));
    assert_eq!(world.sum(Scope::Org, "score:sales", "day:2026-11-03"), 4);
}

#[test]
fn a_skill_is_a_blend_of_how_it_was_judged() {
    let mut world = World::new(EVERYTHING);
    let mut levels = vec![];
    for score in [600, 800, 1000, 0] {
        world.does(judged(score));
        levels.push(world.sum(Scope::Org, "skill:empathy", "all"));
    }
    assert_eq!(levels, [600, 700, 800, 600]);
    assert!(pays(&world.does(practice(100))).contains(&("practised", 50)));
    for _ in 0..100 {
        world.does(judged(999));
    }
    assert_eq!(
        world.sum(Scope::Org, "skill:empathy", "all"),
        998,
        "small steps are not lost"
    );
    assert!(
        world
            .total(Scope::Room(room(1)), "skill:empathy", "week:2026-11-02")
            .is_some()
    );
}

#[test]
fn a_line_that_is_taken_back_is_worth_nothing() {
    let mut world = World::new(EVERYTHING);
    world.does(line(1, 5, 1));
    world.does(line(1, 5, 0));
    let before = world.sum(Scope::Org, "points:xp", "all");
    let back = Deed::LineRetracted {
        room: room(1),
        line: Seq(1),
    };
    let gained = world.does(back.clone());
    assert_eq!(
        pays(&gained),
        [("first-line", -7), ("line", -5), ("question", -10)]
    );
    assert!(
        gained
            .awards
            .iter()
            .all(|award| award.run == 1 && award.source.seq == Seq(1))
    );
    assert_eq!(world.sum(Scope::Org, "points:xp", "all"), before - 22);
    assert_eq!(
        world.sum(Scope::Room(room(1)), "points:xp", "day:2026-11-02"),
        before - 22
    );
    // The day has begun all the same.
    assert_eq!(world.paid_by("day"), [4]);
    // Twice is once.
    assert_eq!(pays(&world.does(back)), []);
}

#[test]
fn what_is_over_stands_when_a_line_is_taken_back() {
    let mut world = World::new(EVERYTHING);
    world.clock = at("2026-11-30", 9);
    world.does(line(1, 5, 0));
    world.clock = at("2026-12-01", 9);
    world.does(Deed::LineRetracted {
        room: room(1),
        line: Seq(1),
    });
    let sum = |window| world.sum(Scope::Org, "points:xp", window);
    assert_eq!([sum("day:2026-11-30"), sum("month:2026-11-01")], [16, 16]);
    assert_eq!([sum("day:2026-12-01"), sum("month:2026-12-01")], [0, 0]);
    assert_eq!(
        [sum("week:2026-11-30"), sum("season:1"), sum("all")],
        [4, 4, 4]
    );
}

#[test]
fn a_contest_counts_its_metric_while_it_runs() {
    let mut world = World::new(EVERYTHING);
    let contest = |n| ContestId(Uuid::from_u128(n));
    let enter = |n, attempts_max| Deed::ContestEntered {
        contest: contest(n),
        counts: Counts {
            metric: "points:xp".parse().unwrap(),
            from: at("2026-11-02", 10),
            until: at("2026-11-02", 11),
            attempts_max,
        },
    };
    world.does(enter(1, None));
    world.does(enter(2, Some(1)));
    let mut counted = vec![];
    for minute in [-1, 0, 30, 59, 60] {
        world.clock = at("2026-11-02", 10).plus_ms(minute * MINUTE);
        world.does(line(1, 5, 0));
        counted.push((
            world.sum(Scope::Contest(contest(1)), "points:xp", "all"),
            world.sum(Scope::Contest(contest(2)), "points:xp", "all"),
        ));
    }
    // The third line earns a badge of 20 as well; both lines of an entry are one attempt.
    assert_eq!(counted, [(0, 0), (5, 5), (30, 5), (35, 5), (35, 5)]);
    world.does(Deed::ContestLeft {
        contest: contest(1),
    });
    // At its end it is forgotten; what it counted stands in the store.
    assert!(!world.account.is_in(contest(1)) && !world.account.is_in(contest(2)));
    world.clock = at("2026-11-02", 9);
    let mut crowd = World::new(EVERYTHING);
    for n in 0..=CONTESTS_MAX {
        crowd.does(enter(n as u128, None));
    }
    assert!(!crowd.account.is_in(contest(CONTESTS_MAX as u128)));
    assert!(!crowd.account.may_enter(crowd.clock) && crowd.account.may_enter(at("2026-11-02", 11)));
}

#[test]
fn farming_is_flagged_and_nothing_is_taken() {
    let mut world = World::new(EVERYTHING);
    let mut flagged = vec![];
    for n in 0..25 {
        world.clock = world.clock.plus_ms(HOUR);
        let from = user(if n % 4 == 0 { 5 + n } else { 2 });
        let gained = world.does(Deed::KudosReceived { peer: from });
        assert_eq!(pays(&gained), [("thanked", 1)]);
        flagged.extend(gained.suspicions);
    }
    assert_eq!(flagged, [Suspicion::OnePeer]);
    flagged.clear();
    for n in 0..100 {
        world.clock = world.clock.plus_ms(SECOND);
        flagged.extend(
            world
                .does(Deed::KudosReceived {
                    peer: user(100 + n),
                })
                .suspicions,
        );
    }
    assert_eq!(flagged, [Suspicion::TooFast]);
    flagged.clear();
    for _ in 0..14 {
        world.clock = world.clock.plus_ms(DAY);
        for _ in 0..12 {
            flagged.extend(world.does(line(1, 5, 0)).suspicions);
        }
    }
    assert_eq!(flagged, [Suspicion::CapEveryDay; 2]);
}
