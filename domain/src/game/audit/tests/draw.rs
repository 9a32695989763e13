//! Rule sets and lives drawn at random, from a small grammar.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::game::account::Counts;
use crate::game::deed::{Deed, DeedKind, Judge, ScoreOp};
use crate::game::rules::{
    Badge, Cap, Condition, Count, Diminish, Levels, Per, Quest, QuestPolicy, Rule, RuleSet,
    SkillAtLeast, StreakPolicy, Within, Word,
};
use crate::game::total::Metric;
use crate::ids::{ContestId, RoomId, Seq, UserId};
use crate::room::RoomKind;
use crate::signals::LineFacts;
use crate::time::Timestamp;

const ROOMED: [DeedKind; 4] = [
    DeedKind::LineSaid,
    DeedKind::ReplyReceived,
    DeedKind::ReactionReceived,
    DeedKind::SkillScored,
];
const OTHER: [DeedKind; 6] = [
    DeedKind::KudosReceived,
    DeedKind::Scored,
    DeedKind::DayBegun,
    DeedKind::BadgeEarned,
    DeedKind::LevelReached,
    DeedKind::QuestDone,
];
const PERS: [Per; 4] = [Per::Day, Per::Week, Per::Season, Per::Ever];

pub(super) fn me() -> UserId {
    UserId(Uuid::from_u128(7))
}

pub(super) fn room(number: u8) -> RoomId {
    RoomId(Uuid::from_u128(100 + u128::from(number)))
}

fn person(number: u8) -> UserId {
    UserId(Uuid::from_u128(
        0x1234_5678_9abc_def0 * (1 + u128::from(number)),
    ))
}

pub(super) fn contest(number: u8) -> ContestId {
    ContestId(Uuid::from_u128(900 + u128::from(number)))
}

fn kind() -> impl Strategy<Value = DeedKind> {
    prop_oneof![6 => select(&ROOMED[..]), 3 => select(&OTHER[..])]
}

fn per(kind: DeedKind) -> BoxedStrategy<Per> {
    if ROOMED.contains(&kind) {
        prop_oneof![4 => select(&PERS[..]), 2 => Just(Per::Room)].boxed()
    } else {
        select(&PERS[..]).boxed()
    }
}

fn bounds(name: &str, number: i64) -> std::collections::BTreeMap<String, i64> {
    [(name.to_owned(), number)].into()
}

/// A condition of one part, without firsts.
fn part(kind: DeedKind) -> BoxedStrategy<Condition> {
    let anything = prop_oneof![
        (
            1..4_u32,
            select(&[30_u32, 600, 80_000][..]),
            select(&ROOMED[..])
        )
            .prop_map(|(times, seconds, of)| Condition::Within(Within {
                seconds,
                of,
                times: times + 1,
            })),
        (1..4_u32).prop_map(Condition::Streak),
        (2..5_u32).prop_map(Condition::Level),
        (1..900_u32).prop_map(|at_least| Condition::Skill(SkillAtLeast {
            skill: "calm".parse().expect("a name"),
            at_least,
        })),
    ];
    let own = match kind {
        DeedKind::LineSaid => prop_oneof![
            (1..9_i64).prop_map(|n| Condition::AtLeast(bounds("words", n))),
            (1..3_i64).prop_map(|n| Condition::AtLeast(bounds("open_questions", n))),
            (1..9_i64).prop_map(|n| Condition::AtMost(bounds("words", n))),
            any::<bool>()
                .prop_map(|flag| Condition::Is([("reply".to_owned(), Word::Flag(flag))].into())),
            Just(Condition::Is(
                [("room_kind".to_owned(), Word::Text("practice".to_owned()))].into()
            )),
        ]
        .boxed(),
        DeedKind::SkillScored => prop_oneof![
            (0..1000_i64).prop_map(|n| Condition::AtLeast(bounds("score", n))),
            Just(Condition::Is(
                [(
                    "judge".to_owned(),
                    Word::OneOf(vec!["local".to_owned(), "coach".to_owned()])
                )]
                .into()
            )),
        ]
        .boxed(),
        DeedKind::DayBegun => (1..5_i64)
            .prop_map(|n| Condition::AtLeast(bounds("days", n)))
            .boxed(),
        DeedKind::BadgeEarned | DeedKind::LevelReached => (1..4_i64)
            .prop_map(|n| Condition::AtLeast(bounds("level", n)))
            .boxed(),
        DeedKind::Scored => (-5..40_i64)
            .prop_map(|n| Condition::AtLeast(bounds("value", n)))
            .boxed(),
        _ => anything.clone().boxed(),
    };
    prop_oneof![3 => own, 1 => anything].boxed()
}

fn condition(kind: DeedKind, firsts: bool) -> BoxedStrategy<Option<Condition>> {
    let plain = part(kind);
    let two = vec(part(kind), 1..3);
    let tree = prop_oneof![
        3 => plain.clone(),
        1 => two.clone().prop_map(Condition::Any),
        1 => plain.clone().prop_map(|part| Condition::Not(Box::new(part))),
        1 => two.prop_map(Condition::All),
    ];
    if !firsts {
        return option::of(tree).boxed();
    }
    prop_oneof![
        2 => Just(None),
        4 => tree.clone().prop_map(Some),
        1 => per(kind).prop_map(|per| Some(Condition::First(per))),
        2 => (tree, per(kind)).prop_map(|(tree, per)| {
            Some(Condition::All(vec![tree, Condition::First(per)]))
        }),
    ]
    .boxed()
}

fn cap(kind: DeedKind) -> BoxedStrategy<Cap> {
    let plain = (per(kind), option::of(1..5_u32), 1..40_i64, any::<bool>()).prop_map(
        |(per, times, points, both)| Cap {
            per,
            times,
            points: (both || times.is_none()).then_some(points),
            each_peer: false,
        },
    );
    let peered = matches!(
        kind,
        DeedKind::ReplyReceived | DeedKind::ReactionReceived | DeedKind::KudosReceived
    );
    if !peered {
        return plain.boxed();
    }
    let each = (1..3_u32).prop_map(|times| Cap {
        per: Per::Day,
        times: Some(times),
        points: None,
        each_peer: true,
    });
    prop_oneof![plain, each].boxed()
}

fn rule(number: usize) -> impl Strategy<Value = Rule> {
    kind().prop_flat_map(move |on| {
        (
            (1..3_u32, 1..25_i64, select(&["xp", "xp", "kudos"][..])),
            condition(on, true),
            option::weighted(0.3, select(&[1_u32, 60, 4_000][..])),
            vec(cap(on), 0..3),
            option::weighted(0.3, (1..4_u32, per(on), select(&[0_u32, 10, 33, 50][..]))),
            option::weighted(0.1, 1..3_u32),
        )
            .prop_map(
                move |((version, points, kind), when, cooldown_s, caps, less, freezes)| Rule {
                    id: format!("rule-{number}").parse().expect("a name"),
                    version,
                    title: "Because".to_owned(),
                    on,
                    points,
                    kind: kind.parse().expect("a name"),
                    when,
                    cooldown_s,
                    caps,
                    diminish: less.map(|(after, per, percent)| Diminish {
                        after,
                        per,
                        percent,
                    }),
                    from: None,
                    until: None,
                    freezes,
                },
            )
    })
}

fn badge(number: usize) -> impl Strategy<Value = Badge> {
    kind().prop_flat_map(move |on| {
        let mut counts = vec![Count::Times, Count::Days];
        if ROOMED.contains(&on) {
            counts.push(Count::Rooms);
        }
        if matches!(on, DeedKind::ReplyReceived | DeedKind::KudosReceived) {
            counts.push(Count::Peers);
        }
        if matches!(
            on,
            DeedKind::DayBegun | DeedKind::LevelReached | DeedKind::Scored
        ) {
            counts.push(Count::Best);
        }
        (condition(on, true), select(counts), vec(1..4_u32, 1..4)).prop_map(
            move |(when, count, steps)| Badge {
                id: format!("badge-{number}").parse().expect("a name"),
                version: 1,
                title: "Proud".to_owned(),
                says: "Of this".to_owned(),
                on,
                when,
                count,
                levels: steps
                    .iter()
                    .scan(0, |sum, step| {
                        *sum += step;
                        Some(*sum)
                    })
                    .collect(),
                secret: false,
                picture: None,
            },
        )
    })
}

fn quest(number: usize) -> impl Strategy<Value = Quest> {
    (select(&ROOMED[..]), select(&[Per::Day, Per::Week][..])).prop_flat_map(move |(on, per)| {
        (condition(on, false), 1..4_u32, 1..4_u32).prop_map(move |(when, times, weight)| Quest {
            id: format!("quest-{number}").parse().expect("a name"),
            version: 1,
            title: "Do".to_owned(),
            per,
            on,
            when,
            times,
            weight,
        })
    })
}

fn each<T: std::fmt::Debug, S: Strategy<Value = T> + 'static>(
    most: usize,
    make: fn(usize) -> S,
) -> BoxedStrategy<Vec<T>> {
    (0..=most)
        .prop_flat_map(move |count| (0..count).map(make).collect::<Vec<_>>())
        .boxed()
}

pub(super) fn rule_set() -> impl Strategy<Value = RuleSet> {
    let streak = (0..4_u32, 0..3_u32, 0..4_u32, 0..4_u32).prop_map(
        |(freeze_every, freezes_max, repair_deeds, repair_days)| StreakPolicy {
            on: vec![DeedKind::LineSaid],
            when: Some(Condition::AtLeast(bounds("words", 3))),
            freeze_every,
            freezes_max,
            repair_deeds,
            repair_days,
        },
    );
    let levels = (5..60_i64, 0..120_i64).prop_map(|(base, growth_percent)| Levels {
        kind: "xp".parse().expect("a name"),
        base,
        growth_percent,
        max: 12,
    });
    (
        each(6, rule),
        each(3, badge),
        each(4, quest),
        streak,
        levels,
        (0..3_u32, 0..2_u32),
    )
        .prop_map(
            |(rules, badges, quests, streak, levels, (a_day, a_week))| RuleSet {
                rules,
                badges,
                levels,
                streak,
                quest_policy: QuestPolicy { a_day, a_week },
                quests,
            },
        )
}

/// Something that happens, so long after what came before.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) after_ms: i64,
    pub(super) what: What,
    /// Which of the rule sets is in force.
    pub(super) set: usize,
    /// Whether the next season begins with it.
    pub(super) season: bool,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Deed(Deed),
    /// The line so many lines ago is taken back.
    TakeBack(usize),
    /// What was found of a skill so many findings ago is found otherwise.
    Rejudge(usize, u32),
    Enter {
        contest: u8,
        counts: Metric,
        minutes: i64,
        attempts: Option<u32>,
    },
    Leave(u8),
    Rescore,
}

fn line() -> impl Strategy<Value = Deed> {
    (0..3_u8, 0..10_u16, 0..3_u16, any::<bool>()).prop_map(
        |(number, words, open_questions, reply)| Deed::LineSaid {
            room: room(number),
            room_kind: if number == 0 {
                RoomKind::Practice
            } else {
                RoomKind::Lounge
            },
            facts: LineFacts {
                words,
                questions: open_questions,
                open_questions,
                ..LineFacts::default()
            },
            reply,
            mentions: 0,
        },
    )
}

fn deed() -> impl Strategy<Value = Deed> {
    let judge = select(&[Judge::Local, Judge::Model, Judge::Coach][..]);
    let op = select(&[ScoreOp::Set, ScoreOp::Best, ScoreOp::Incr, ScoreOp::Decr][..]);
    let zone = select(
        &[
            "Europe/Berlin",
            "Pacific/Kiritimati",
            "Pacific/Pago_Pago",
            "America/New_York",
        ][..],
    );
    let skill = select(&["calm", "clear"][..]);
    prop_oneof![
        12 => line(),
        3 => (0..3_u8, 0..4_u8).prop_map(|(r, p)| Deed::ReplyReceived { room: room(r), peer: person(p) }),
        3 => (0..3_u8, 0..4_u8).prop_map(|(r, p)| Deed::ReactionReceived { room: room(r), peer: person(p) }),
        2 => (0..4_u8).prop_map(|p| Deed::KudosReceived { peer: person(p) }),
        2 => (0..3_u8, skill, 0..1001_u32, judge).prop_map(|(r, skill, score, judge)| Deed::SkillScored {
            room: room(r),
            skill: skill.parse().expect("a name"),
            score,
            judge,
        }),
        2 => (op, -20..50_i64).prop_map(|(op, value)| Deed::Scored {
            metric: "quiz".parse().expect("a name"),
            op,
            value,
        }),
        1 => (-30..60_i64).prop_map(|by| Deed::Adjusted { points: "xp".parse().expect("a name"), by }),
        1 => zone.prop_map(|zone| Deed::ZoneChanged { zone: zone.parse().expect("a zone") }),
    ]
}

fn what() -> impl Strategy<Value = What> {
    let metric = select(
        &[
            "points:xp",
            "points:kudos",
            "skill:calm",
            "score:quiz",
            "streak",
        ][..],
    );
    prop_oneof![
        30 => deed().prop_map(What::Deed),
        3 => (0..6_usize).prop_map(What::TakeBack),
        4 => (0..3_usize, 0..1001_u32).prop_map(|(back, score)| What::Rejudge(back, score)),
        1 => (0..2_u8, metric, 1..9_000_i64, option::of(1..4_u32)).prop_map(
            |(contest, metric, minutes, attempts)| What::Enter {
                contest,
                counts: metric.parse().expect("a metric"),
                minutes,
                attempts,
            }
        ),
        1 => (0..2_u8).prop_map(What::Leave),
    ]
}

/// A life under some rule sets; with re-scores when asked for.
pub(super) fn life(sets: usize, rescores: bool, steps: usize) -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![
        4 => 0..90_000_i64,
        3 => 90_000..7_200_000_i64,
        3 => 7_200_000..200_000_000_i64,
    ];
    let what = if rescores {
        prop_oneof![12 => what(), 1 => Just(What::Rescore)].boxed()
    } else {
        what().boxed()
    };
    let step = (after, what, 0..20_usize, prop::bool::weighted(0.04)).prop_map(
        |(after_ms, what, set, season)| Step {
            after_ms,
            what,
            set,
            season,
        },
    );
    vec(step, 1..steps).prop_map(move |mut steps| {
        // Rules change seldom: a step in ten brings the next set.
        let mut now = 0;
        for step in &mut steps {
            if step.set < 2 {
                now = (now + 1) % sets;
            }
            step.set = now;
        }
        steps
    })
}

pub(super) fn counts(metric: Metric, from: Timestamp, minutes: i64, most: Option<u32>) -> Counts {
    Counts {
        metric,
        from,
        until: from.plus_ms(minutes * 60_000),
        attempts_max: most,
    }
}

pub(super) const fn line_at(seq: u64) -> Seq {
    Seq(seq)
}
