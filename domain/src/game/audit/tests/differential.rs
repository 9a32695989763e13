//! Random lives under random rules: what the account says must be what the auditor finds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};

use super::draw::{Step, What, contest, counts, life, line_at, me, rule_set};
use crate::game::account::{self, Account, Entry, Paid, RoomTally};
use crate::game::audit::{Auditor, Sum};
use crate::game::calendar::Zone;
use crate::game::deed::{Deed, ScoreOp, Source};
use crate::game::gain::{Award, BadgeGrant, Outcome};
use crate::game::rules::{Compiled, RuleSet};
use crate::game::total::{Metric, Scope, Window};
use crate::ids::{RoomId, Seq};
use crate::stream::StreamId;
use crate::time::Timestamp;

/// What a store would hold.
struct Hub {
    account: Account,
    rooms: BTreeMap<RoomId, RoomTally>,
    entries: Vec<Entry>,
    awards: Vec<Award>,
    badges: BTreeSet<BadgeGrant>,
    totals: BTreeMap<(Scope, Metric, Window), Sum>,
    level: u32,
    at: Timestamp,
    season: Option<u32>,
    zone: Zone,
}

impl Hub {
    fn new() -> Self {
        Self {
            account: Account::new(me()),
            rooms: BTreeMap::new(),
            entries: vec![],
            awards: vec![],
            badges: BTreeSet::new(),
            totals: BTreeMap::new(),
            level: 1,
            // 2026-11-01, a Sunday.
            at: Timestamp(1_793_491_200_000),
            season: None,
            zone: "Europe/Berlin".parse().expect("a zone"),
        }
    }

    fn deed(&self, what: &What) -> Deed {
        match what {
            What::Deed(deed) => deed.clone(),
            What::TakeBack(back) => {
                let mut lines = self
                    .entries
                    .iter()
                    .rev()
                    .filter_map(|entry| match entry.deed {
                        Deed::LineSaid { room, .. } => Some((room, entry.source.seq)),
                        _ => None,
                    });
                let (room, line) = lines
                    .nth(*back)
                    .unwrap_or_else(|| (super::draw::room(0), line_at(9_999)));
                Deed::LineRetracted { room, line }
            }
            What::Rejudge(back, score) => self.rejudged(*back, *score),
            What::Enter {
                contest: number,
                counts: metric,
                minutes,
                attempts,
            } => Deed::ContestEntered {
                contest: contest(*number),
                counts: counts(metric.clone(), self.at, *minutes, *attempts),
            },
            What::Leave(number) => Deed::ContestLeft {
                contest: contest(*number),
            },
            What::Rescore => Deed::Rescored { run: 1 },
        }
    }

    fn rejudged(&self, back: usize, better: u32) -> Deed {
        let found = self
            .entries
            .iter()
            .rev()
            .filter_map(|entry| match &entry.deed {
                deed @ Deed::SkillScored { room, .. } => Some((*room, entry.source.seq, deed)),
                _ => None,
            });
        let Some((room, of, first)) = found.clone().nth(back).or_else(|| found.clone().next())
        else {
            let (room, line) = (super::draw::room(0), line_at(9_999));
            return Deed::LineRetracted { room, line };
        };
        let since = self
            .entries
            .iter()
            .rev()
            .find_map(|entry| match &entry.deed {
                Deed::Rejudged { of: which, now, .. } if *which == of => Some(now.as_ref()),
                _ => None,
            });
        let was = since.unwrap_or(first).clone();
        let Deed::SkillScored { skill, .. } = &was else {
            unreachable!("only skills are drawn");
        };
        let now = Deed::SkillScored {
            room,
            skill: skill.clone(),
            score: better,
            judge: crate::game::deed::Judge::Coach,
        };
        let (was, now) = (Box::new(was), Box::new(now));
        Deed::Rejudged { room, of, was, now }
    }

    /// One step; answers with the entry that was written.
    fn step(&mut self, step: &Step, set: &Compiled) -> Entry {
        self.at = self.at.plus_ms(step.after_ms);
        if step.season {
            self.season = Some(self.season.map_or(1, |season| season + 1));
        }
        let deed = self.deed(&step.what);
        let seq = Seq(self.entries.len() as u64 + 1);
        let stream = deed.room().map_or(StreamId::Inbox(me()), StreamId::Room);
        let source = Source {
            stream,
            seq,
            part: 0,
        };
        let entry = self
            .account
            .entry(deed, source, self.at, &self.zone, self.season);
        let outcome = match &entry.deed {
            Deed::Rescored { .. } => {
                let answer =
                    account::rescore(&self.account, set, &self.entries, &entry, &self.awards);
                self.account = answer.account;
                self.rooms = answer.rooms.into_iter().collect();
                answer.outcome
            }
            deed => {
                let paid = self.paid(deed);
                let mut nowhere = RoomTally::default();
                let tally = match deed.room() {
                    Some(room) => self.rooms.entry(room).or_default(),
                    None => &mut nowhere,
                };
                self.account.take(set, &entry, tally, &paid)
            }
        };
        self.entries.push(entry.clone());
        self.keep(outcome);
        entry
    }

    fn paid(&self, deed: &Deed) -> Vec<Paid> {
        let (Deed::LineRetracted { room, line } | Deed::Rejudged { room, of: line, .. }) = deed
        else {
            return vec![];
        };
        let source = Source {
            stream: StreamId::Room(*room),
            seq: *line,
            part: 0,
        };
        let Some(entry) = self.entries.iter().find(|entry| entry.source == source) else {
            return vec![];
        };
        let lines = self.awards.iter().filter(|line| line.source == source);
        lines
            .map(|award| Paid {
                award: award.clone(),
                at: entry.at,
                now: entry.now,
            })
            .collect()
    }

    fn keep(&mut self, outcome: Outcome) {
        self.awards.extend(outcome.awards);
        for badge in outcome.badges {
            assert!(self.badges.insert(badge), "a badge is granted once");
        }
        if let Some(level) = outcome.level {
            self.level = level;
        }
        for total in outcome.totals {
            let sum = Sum {
                sum: total.sum,
                best: total.best,
                last: total.last,
                sum_at: total.sum_at,
                best_at: total.best_at,
                last_at: total.last_at,
            };
            self.totals
                .insert((total.scope, total.metric, total.window), sum);
        }
    }
}

/// A total of nothing may be told or not.
fn something(totals: &BTreeMap<(Scope, Metric, Window), Sum>) -> Vec<String> {
    totals
        .iter()
        .filter(|(_, sum)| (sum.sum, sum.best, sum.last) != (0, 0, 0))
        .map(|(key, sum)| format!("{} {} {}: {sum:?}", key.0, key.1, key.2))
        .collect()
}

/// What is compared. Apart, so that a disagreement shrinks to what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    Awards,
    Badges,
    Level,
    Totals,
    Streak,
}

const ASPECTS: [Aspect; 5] = [
    Aspect::Awards,
    Aspect::Badges,
    Aspect::Level,
    Aspect::Totals,
    Aspect::Streak,
];

fn compare(aspect: Aspect, sets: &[RuleSet], steps: &[Step]) -> Result<(), TestCaseError> {
    let ready: Vec<Compiled> = sets.iter().map(|set| Compiled::new(set.clone())).collect();
    let mut hub = Hub::new();
    let mut auditor = Auditor::new(me());
    for (number, step) in steps.iter().enumerate() {
        let before = hub.awards.len();
        let entry = hub.step(step, &ready[step.set]);
        auditor.take(&entry, &sets[step.set]);
        let found = auditor.clone().finish();
        let view = hub.account.streak_on(&sets[step.set], entry.day);
        let (hub_says, audit_says) = match aspect {
            Aspect::Awards => (
                format!("{:?}", &hub.awards[before..]),
                format!("{:?}", found.awards.get(before..).unwrap_or_default()),
            ),
            Aspect::Badges => (format!("{:?}", hub.badges), format!("{:?}", found.badges)),
            Aspect::Level => (hub.level.to_string(), found.level.to_string()),
            Aspect::Totals => {
                let (hub_has, audit_has) = (something(&hub.totals), something(&found.totals));
                let (a, b) = (&hub_has, &audit_has);
                (
                    format!(
                        "{:#?}",
                        a.iter().filter(|t| !b.contains(t)).collect::<Vec<_>>()
                    ),
                    format!(
                        "{:#?}",
                        b.iter().filter(|t| !a.contains(t)).collect::<Vec<_>>()
                    ),
                )
            }
            Aspect::Streak => (
                format!("{:?} {:?}", view.best, view.freezes),
                format!("{:?} {:?}", found.streak.best, found.streak.freezes),
            ),
        };
        prop_assert!(
            hub_says == audit_says,
            "{aspect:?} differ at step {number}\n  account: {hub_says}\n  auditor: {audit_says}"
        );
    }
    Ok(())
}

/// Runs many lives; a disagreement is told small and readable.
fn agree(aspects: &[Aspect], cases: u32, lives: impl Strategy<Value = (Vec<RuleSet>, Vec<Step>)>) {
    let mut told = vec![];
    for aspect in aspects.iter().copied() {
        let config = ProptestConfig {
            cases,
            max_shrink_iters: 1_500,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        // The same lives each time, unless more are asked for: `LUDUS_LIVES=1000 cargo test audit`.
        let mut runner = if std::env::var_os("LUDUS_LIVES").is_some() {
            TestRunner::new(config)
        } else {
            let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
            TestRunner::new_with_rng(config, rng)
        };
        let outcome = runner.run(&lives, |(sets, steps)| compare(aspect, &sets, &steps));
        if let Err(TestError::Fail(reason, (sets, steps))) = outcome {
            let sets: Vec<String> = sets
                .iter()
                .map(|set| serde_json::to_string(set).expect("a set"))
                .collect();
            let steps: Vec<String> = steps
                .iter()
                .map(|step| {
                    let what = match &step.what {
                        What::Deed(deed) => serde_json::to_string(deed).expect("a deed"),
                        what => format!("{what:?}"),
                    };
                    format!(
                        "+{} set {} season {} {what}",
                        step.after_ms, step.set, step.season
                    )
                })
                .collect();
            told.push(format!(
                "{reason}\n{}\n{}\n",
                sets.join("\n"),
                steps.join("\n")
            ));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

fn cases() -> u32 {
    std::env::var("LUDUS_LIVES")
        .ok()
        .and_then(|lives| lives.parse().ok())
        .unwrap_or(32)
}

#[test]
fn one_set_for_a_life() {
    let lives = (rule_set(), life(1, false, 60)).prop_map(|(set, steps)| (vec![set], steps));
    agree(&ASPECTS, cases(), lives);
}

#[test]
fn rules_that_change() {
    agree(&ASPECTS, cases(), (vec(rule_set(), 3), life(3, false, 60)));
}

#[test]
fn re_scores_too() {
    let lives = (vec(rule_set(), 2), life(2, true, 40)).prop_map(|(sets, mut steps)| {
        for step in &mut steps {
            // These lives enter one contest again under other terms, which nobody does, and of which a
            // replay makes something else.
            if let What::Enter { .. } = step.what {
                step.what = What::Leave(0);
            }
        }
        (sets, steps)
    });
    agree(&ASPECTS, cases(), lives);
}

/// Lines of a chat, each in a room, that pay ten points, and a badge for rooms; by another set nothing.
fn two_sets() -> [RuleSet; 2] {
    let set = |rules, badges| {
        let set = serde_json::json!({
            "rules": rules,
            "badges": badges,
            "levels": {"kind": "xp", "base": 1000, "growth_percent": 10, "max": 10},
            "streak": {"on": ["reply_received"], "freeze_every": 7, "freezes_max": 2,
                       "repair_deeds": 3, "repair_days": 1},
            "quest_policy": {"a_day": 0, "a_week": 0},
            "quests": [],
        });
        serde_json::from_value(set).expect("a set")
    };
    let rule = serde_json::json!([{"id": "line", "version": 1, "title": "Said", "on": "line_said", "points": 10}]);
    let badge = serde_json::json!([{"id": "rover", "version": 1, "title": "Rover", "says": "Rooms",
        "on": "line_said", "count": "rooms", "levels": [2, 3]}]);
    let nothing = || serde_json::json!([]);
    [set(rule, badge), set(nothing(), nothing())]
}

fn all_agree(sets: &[RuleSet], steps: &[(usize, What)]) {
    let steps: Vec<Step> = steps
        .iter()
        .map(|(set, what)| Step {
            after_ms: 1_000,
            what: what.clone(),
            set: *set,
            season: false,
        })
        .collect();
    for aspect in ASPECTS {
        if let Err(error) = compare(aspect, sets, &steps) {
            panic!("{error}");
        }
    }
}

fn says(room: u8) -> What {
    What::Deed(Deed::LineSaid {
        room: super::draw::room(room),
        room_kind: crate::room::RoomKind::Lounge,
        facts: crate::signals::LineFacts::default(),
        reply: false,
        mentions: 0,
    })
}

fn adjusted(by: i64) -> What {
    What::Deed(Deed::Adjusted {
        points: "xp".parse().expect("a name"),
        by,
    })
}

/// The rules of a re-score know nothing of a badge: its rooms are not new when it comes back.
#[test]
fn a_badge_that_is_away_keeps_its_rooms() {
    all_agree(
        &two_sets(),
        &[
            (0, says(0)),
            (1, What::Rescore),
            (0, says(0)),
            (0, says(1)),
            (0, says(0)),
        ],
    );
}

/// It was taken back and is worth nothing before and after: the room is told all the same.
#[test]
fn the_best_of_a_room_goes_with_its_only_line() {
    all_agree(
        &two_sets(),
        &[(0, says(0)), (0, What::TakeBack(0)), (1, What::Rescore)],
    );
}

/// The same where only a replay ever paid the line, and the ledger has not one of it.
#[test]
fn the_best_of_a_room_goes_with_a_line_that_was_never_paid() {
    all_agree(
        &two_sets(),
        &[
            (1, says(0)),
            (1, What::TakeBack(0)),
            (0, What::Rescore),
            (1, What::Rescore),
        ],
    );
}

/// To have nothing by a re-score is to have nothing: what is taken then is the first line there is.
#[test]
fn what_is_taken_from_nothing_is_the_best_there_is() {
    all_agree(
        &two_sets(),
        &[
            (0, says(0)),
            (1, What::Rescore),
            (1, adjusted(-5)),
            (0, says(0)),
        ],
    );
}

/// Who leaves a contest and comes back has what they had, and nothing of what they did outside.
#[test]
fn contests_are_left_and_entered_again() {
    let mut runner = TestRunner::deterministic();
    let sets = [rule_set().new_tree(&mut runner).expect("a set").current()];
    let step = |what| Step {
        after_ms: 1_000,
        what,
        set: 0,
        season: false,
    };
    let scored = |value| {
        step(What::Deed(Deed::Scored {
            metric: "quiz".parse().expect("a name"),
            op: ScoreOp::Incr,
            value,
        }))
    };
    let enter = |most| {
        step(What::Enter {
            contest: 0,
            counts: "score:quiz".parse().expect("a metric"),
            minutes: 60,
            attempts: most,
        })
    };
    for most in [None, Some(2)] {
        let steps = [
            scored(1),
            enter(most),
            scored(20),
            step(What::Leave(0)),
            scored(300),
            enter(most),
            scored(4_000),
            scored(50_000),
        ];
        compare(Aspect::Totals, &sets, &steps).expect("they agree");
    }
}
