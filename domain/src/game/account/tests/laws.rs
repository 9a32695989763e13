//! What holds for any life.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::kit::{
    DAY, EVERYTHING, HOUR, MINUTE, SECOND, World, at, judged, line, practice, room, scored, set,
    user, zone,
};
use super::rescores::{applies, ledger};
use crate::game::account::{Counts, FOLLOWING_MAX};
use crate::game::deed::{Deed, ScoreOp};
use crate::game::rules::Per;
use crate::game::total::{Metric, Scope, Window, WindowKind};
use crate::ids::{ContestId, Seq};
use crate::room::RoomKind;
use crate::stream::StreamId;
use crate::time::Timestamp;
use uuid::Uuid;

const ZONES: [&str; 6] = [
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "UTC",
];

/// What somebody does next, and how long they wait before it.
#[derive(Clone, Debug)]
enum Step {
    Does(Deed),
    /// Takes back the line of an entry, if it is one.
    TakesBack(usize),
    Season,
}

fn deed() -> impl Strategy<Value = Step> {
    let does = prop_oneof![
        12 => (0..3_u128, 0..8_u16, 0..2_u16).prop_map(|(room, words, open)| line(room, words, open)),
        3 => (0..2_u128, 0..4_u128).prop_map(|(n, peer)| Deed::ReplyReceived { room: room(n), peer: user(10 + peer) }),
        2 => (0..3_u128).prop_map(|peer| Deed::KudosReceived { peer: user(10 + peer) }),
        2 => (0..=1000_u32).prop_map(practice),
        1 => (0..=1000_u32).prop_map(judged),
        1 => (prop_oneof![Just(ScoreOp::Set), Just(ScoreOp::Best), Just(ScoreOp::Incr), Just(ScoreOp::Decr)], -50..50_i64)
            .prop_map(|(op, value)| scored(op, value)),
        1 => (-300..300_i64).prop_map(|by| Deed::Adjusted { points: "xp".parse().unwrap(), by }),
        1 => (0..ZONES.len()).prop_map(|n| Deed::ZoneChanged { zone: zone(ZONES[n]) }),
        1 => (0..3_u128).prop_map(|n| Deed::ContestEntered {
            contest: ContestId(Uuid::from_u128(n)),
            counts: Counts {
                metric: "points:xp".parse().unwrap(),
                from: at("2026-11-03", i64::try_from(n).unwrap()),
                until: at("2026-11-12", 0),
                attempts_max: None,
            },
        }),
        1 => (0..3_u128).prop_map(|n| Deed::ContestLeft { contest: ContestId(Uuid::from_u128(n)) }),
    ];
    prop_oneof![
        20 => does.prop_map(Step::Does),
        2 => any::<prop::sample::Index>().prop_map(|index| Step::TakesBack(index.index(60))),
        1 => Just(Step::Season),
    ]
}

fn life() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let wait = prop_oneof![
        6 => 0..40 * SECOND,
        4 => 0..30 * MINUTE,
        4 => 0..30 * HOUR,
        1 => 0..9 * DAY,
        1 => -3 * HOUR..0_i64,
    ];
    prop::collection::vec((wait, deed()), 1..60)
}

fn lives(world: &mut World, life: &[(i64, Step)]) {
    for (wait, step) in life {
        world.clock = world.clock.plus_ms(*wait);
        match step {
            Step::Does(deed) => {
                world.does(deed.clone());
            }
            Step::TakesBack(n) => {
                let said = world
                    .entries
                    .get(*n)
                    .map(|entry| (entry.deed.clone(), entry.source));
                if let Some((Deed::LineSaid { room, .. }, source)) = said {
                    let line = source.seq;
                    world.does(Deed::LineRetracted { room, line });
                }
            }
            Step::Season => world.season = world.season.map(|season| season + 1),
        }
    }
}

/// Where a line counts: the windows that hold both what it was paid for and what wrote it.
fn windows_of(world: &World, at: usize) -> Vec<Window> {
    let (award, written) = &world.ledger[at];
    let source = world.source_entry(award);
    let kinds = [
        WindowKind::All,
        WindowKind::Season,
        WindowKind::Month,
        WindowKind::Week,
        WindowKind::Day,
    ];
    let both = kinds
        .into_iter()
        .filter(|kind| source.now.window(*kind) == written.now.window(*kind));
    both.filter_map(|kind| source.now.window(kind)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_life_gains_the_same_whatever_is_forgotten_in_between(life in life()) {
        let mut first = World::new(EVERYTHING);
        lives(&mut first, &life);
        let mut second = World::new(EVERYTHING);
        second.forgets = true;
        for entry in &first.entries {
            second.takes(entry.clone());
        }
        prop_assert_eq!(&first.outcomes, &second.outcomes);
        prop_assert_eq!(&first.account, &second.account);
        prop_assert_eq!(&first.rooms, &second.rooms);
        // Days and windows only go forward, positions have no holes, a source pays once.
        for (n, pair) in first.entries.windows(2).enumerate() {
            prop_assert!(pair[0].day <= pair[1].day && pair[0].now.day <= pair[1].now.day);
            prop_assert!(pair[0].at <= pair[1].at && pair[1].pos == n as u64 + 2);
        }
        let mut keys: Vec<_> = ledger(&first).into_iter().map(|award| (award.rule, award.source, award.run)).collect();
        keys.sort();
        let all = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), all);
        for outcome in &first.outcomes {
            prop_assert!(outcome.awards.iter().all(|award| usize::from(award.source.part) <= FOLLOWING_MAX));
        }
    }

    #[test]
    fn no_cap_is_ever_exceeded(life in life()) {
        let mut world = World::new(EVERYTHING);
        lives(&mut world, &life);
        let set = world.set.set().clone();
        for rule in &set.rules {
            for cap in &rule.caps {
                let mut used = BTreeMap::<_, (u32, i64)>::new();
                let lines = world.ledger.iter().filter(|(award, _)| award.rule == rule.id && award.run == 0);
                for (award, entry) in lines {
                    let period = match cap.per {
                        Per::Day => i64::from(entry.day.0),
                        Per::Week => i64::from(entry.day.week().0),
                        Per::Season => entry.now.season.map_or(-1, i64::from),
                        Per::Room | Per::Ever => 0,
                    };
                    let place = (cap.per == Per::Room).then(|| entry.deed.room());
                    let peer = match &entry.deed {
                        Deed::ReplyReceived { peer, .. } if cap.each_peer => Some(*peer),
                        _ => None,
                    };
                    let (times, points) = used.entry((period, place, peer)).or_default();
                    *times += 1;
                    *points += award.points;
                    prop_assert!(cap.times.is_none_or(|most| *times <= most), "{} {:?}", rule.id, cap);
                    prop_assert!(cap.points.is_none_or(|most| *points <= most), "{} {:?}", rule.id, cap);
                }
            }
            if let Some(cooldown) = rule.cooldown_s {
                let lines = world.ledger.iter().filter(|(award, _)| award.rule == rule.id && award.run == 0);
                let times: Vec<_> = lines.map(|(_, entry)| entry.at).collect();
                for pair in times.windows(2) {
                    prop_assert!(pair[1].ms_since(pair[0]) >= i64::from(cooldown) * 1000);
                }
            }
        }
    }

    #[test]
    fn totals_are_the_sums_of_the_ledger(life in life()) {
        let mut world = World::new(EVERYTHING);
        lives(&mut world, &life);
        let mut sums = BTreeMap::<(Scope, Metric, Window), i64>::new();
        for (n, (award, written)) in world.ledger.iter().enumerate() {
            let metric = Metric::Points(award.kind.clone());
            let scopes = [Some(Scope::Org), written.deed.room().map(Scope::Room)];
            for scope in scopes.into_iter().flatten() {
                for window in windows_of(&world, n) {
                    *sums.entry((scope, metric.clone(), window)).or_default() += award.points;
                }
            }
        }
        let told = world.totals.values().filter(|total| {
            matches!(total.metric, Metric::Points(_)) && !matches!(total.scope, Scope::Contest(_))
        });
        let told: BTreeMap<_, _> = told
            .map(|total| ((total.scope, total.metric.clone(), total.window), total.sum))
            .filter(|(_, sum)| *sum != 0)
            .collect();
        sums.retain(|_, sum| *sum != 0);
        prop_assert_eq!(told, sums);
    }

    #[test]
    fn contests_count_what_was_gained_while_entered(life in life()) {
        let mut world = World::new(EVERYTHING);
        lives(&mut world, &life);
        // Since when, what counts, and whether they are in.
        let mut entered = BTreeMap::<ContestId, (Timestamp, Counts, bool)>::new();
        let mut sums = BTreeMap::<ContestId, i64>::new();
        for entry in &world.entries {
            match &entry.deed {
                Deed::ContestEntered { contest, counts } if entry.at < counts.until => {
                    let fresh = (entry.at.max(counts.from), counts.clone(), true);
                    entered.entry(*contest).or_insert(fresh).2 = true;
                }
                Deed::ContestLeft { contest } => {
                    if let Some(entered) = entered.get_mut(contest) {
                        entered.2 = false;
                    }
                }
                _ => {}
            }
            let here = world.ledger.iter().filter(|(_, written)| written.pos == entry.pos);
            for (award, written) in here {
                let source = world.source_entry(award);
                for (contest, (since, counts, is_in)) in &entered {
                    let is_then = |at: Timestamp| *since <= at && at < counts.until;
                    if *is_in && award.kind.as_str() == "xp" && is_then(source.at) && is_then(written.at) {
                        *sums.entry(*contest).or_default() += award.points;
                    }
                }
            }
        }
        for contest in (0..3).map(|n| ContestId(Uuid::from_u128(n))) {
            let told = world.sum(Scope::Contest(contest), "points:xp", "all");
            prop_assert_eq!(told, sums.get(&contest).copied().unwrap_or(0));
        }
    }

    #[test]
    fn a_rescore_makes_the_ledger_what_a_fresh_replay_says(life in life(), more in life()) {
        let now = set(&EVERYTHING
            .replace("points = 5\nwhen", "points = 9\nwhen")
            .replace("{ per = \"day\", points = 42 }", "{ per = \"day\", points = 20 }")
            .replace("id = \"busy\"", "id = \"busier\"")
            .replace("points = 1\nkind = \"kudos\"", "points = 1\nkind = \"thanks\"")
            .replace("levels = [3, 20, 100]", "levels = [1, 5]"));
        let mut world = World::new(EVERYTHING);
        lives(&mut world, &life);
        let mut fresh = World::of(now.clone());
        for entry in world.entries.clone() {
            fresh.takes(entry);
        }
        let done = applies(&mut world, &now, 1);
        let worth = |world: &World| {
            let mut sums = BTreeMap::<_, i64>::new();
            for award in ledger(world) {
                *sums.entry((award.rule, award.source, award.kind)).or_default() += award.points;
            }
            sums.retain(|_, sum| *sum != 0);
            sums
        };
        prop_assert_eq!(worth(&world), worth(&fresh));
        // The totals that still run are those of the replay, once it has come to this day.
        fresh.clock = world.clock;
        fresh.season = world.season;
        let last = world.entries.last().expect("the re-score").clone();
        fresh.takes(last.clone());
        let runs = |total: &&crate::game::total::Total| {
            let kind = match total.window {
                Window::All => WindowKind::All,
                Window::Season(_) => WindowKind::Season,
                Window::Month(_) => WindowKind::Month,
                Window::Week(_) => WindowKind::Week,
                Window::Day(_) => WindowKind::Day,
            };
            !matches!(total.scope, Scope::Contest(_)) && last.now.window(kind) == Some(total.window)
        };
        let running = |world: &World| {
            let totals = world.totals.values().filter(runs);
            let sums = totals.map(|total| ((total.scope, total.metric.clone(), total.window), total.sum));
            sums.filter(|(_, sum)| *sum != 0).collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(running(&world), running(&fresh));
        prop_assert_eq!(done.suspicions, vec![]);
        // And life goes on as if these had always been the rules.
        let mut granted = fresh.account.badge_progress(&now);
        granted.retain(|view| view.level > 0);
        let kept = world.account.badge_progress(&now);
        for view in granted {
            let same = kept.iter().find(|kept| kept.badge == view.badge);
            prop_assert!(same.is_some_and(|kept| kept.level >= view.level));
        }
        lives(&mut world, &more);
    }

    #[test]
    fn whatever_is_taken_back_is_worth_nothing(life in life()) {
        let mut world = World::new(EVERYTHING);
        lives(&mut world, &life);
        let taken: Vec<_> = world.entries.iter().filter_map(|entry| match entry.deed {
            Deed::LineRetracted { room, line } => Some((room, line)),
            _ => None,
        }).collect();
        for (room, line) in taken {
            let worth: i64 = ledger(&world).iter()
                .filter(|award| award.source.stream == StreamId::Room(room) && award.source.seq == line && award.source.part == 0)
                .map(|award| award.points)
                .sum();
            prop_assert_eq!(worth, 0);
        }
    }
}

/// A hundred deeds a day with a hundred people in thirty rooms, contests and imports, for a year.
#[test]
fn an_account_is_small_after_a_year_of_heavy_use() {
    let mut text = EVERYTHING.replace("levels = [2, 4]", "levels = [50, 256]");
    for n in 0..20 {
        text = text.replace(
            "[levels]\n",
            &format!(
                "[[rules]]\nid = \"extra-{n}\"\nversion = 1\ntitle = \"Extra\"\non = \"line_said\"\npoints = 2\nkind = \"kind-{}\"\n\
                 cooldown_s = 30\ncaps = [{{ per = \"day\", times = 5 }}, {{ per = \"week\", points = 50 }}, {{ per = \"season\", times = 100 }}]\n\n\
                 [[badges]]\nid = \"badge-{n}\"\nversion = 1\ntitle = \"Badge\"\nsays = \"Lines\"\non = \"line_said\"\nlevels = [10, 1000, 1000000]\n\n[levels]\n",
                n % 3
            ),
        );
    }
    let mut world = World::new(&text);
    let mut largest = (0, 0);
    let mut seq = 0;
    for today in 0..365_i64 {
        world.season = Some(1 + u32::try_from(today / 84).unwrap());
        for n in 0..100_i64 {
            seq += 1;
            world.clock = at("2026-01-01", 8).plus_ms(today * DAY + n * 8 * MINUTE);
            let place = u128::try_from((today + n) % 30).unwrap();
            let peer = user(u128::try_from(100 + (today * 7 + n) % 100).unwrap());
            let deed = match n % 10 {
                0 => Deed::ReplyReceived {
                    room: room(place),
                    peer,
                },
                1 => Deed::KudosReceived { peer },
                2 => practice(u32::try_from(n * 5).unwrap()),
                3 => Deed::SkillScored {
                    room: room(place),
                    skill: format!("skill-{}", n % 8).parse().unwrap(),
                    score: 500,
                    judge: crate::game::deed::Judge::Local,
                },
                4 if n % 50 == 4 => Deed::Scored {
                    metric: format!("metric-{}", n % 4).parse().unwrap(),
                    op: ScoreOp::Incr,
                    value: 3,
                },
                5 if n == 5 && today % 7 == 0 => Deed::ContestEntered {
                    contest: ContestId(Uuid::from_u128(u128::try_from(today).unwrap())),
                    counts: Counts {
                        metric: "points:xp".parse().unwrap(),
                        from: world.clock,
                        until: world.clock.plus_ms(14 * DAY),
                        attempts_max: Some(500),
                    },
                },
                _ => line(place, 12, 1),
            };
            let mut entry = world.entry(deed);
            entry.source.seq = Seq(seq);
            let mut nowhere = crate::game::account::RoomTally::default();
            let tally = match entry.deed.room() {
                Some(room) => world.rooms.entry(room).or_default(),
                None => &mut nowhere,
            };
            world.account.take(&world.set, &entry, tally, &[]);
        }
        let account = serde_json::to_string(&world.account).unwrap().len();
        let rooms = world
            .rooms
            .values()
            .map(|room| serde_json::to_string(room).unwrap().len());
        largest = (
            largest.0.max(account),
            rooms.max().unwrap_or(0).max(largest.1),
        );
    }
    println!(
        "an account has up to {} bytes, a room of it {}",
        largest.0, largest.1
    );
    assert!(largest.0 < 16 * 1024, "{largest:?}");
    assert!(largest.1 < 8 * 1024, "{largest:?}");
    assert_eq!(RoomKind::Practice.as_str(), "practice");
}
