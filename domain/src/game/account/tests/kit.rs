//! A small world: an account, its rooms, its ledger, and the totals a store would keep.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::game::account::{Account, Entry, Paid, RoomTally};
use crate::game::calendar::{Day, Zone};
use crate::game::deed::{Deed, Judge, ScoreOp, Source};
use crate::game::gain::{Award, Outcome};
use crate::game::rules::{Compiled, RuleSet};
use crate::game::total::{Metric, Scope, Total, Window};
use crate::ids::{RoomId, Seq, UserId};
use crate::room::RoomKind;
use crate::signals::LineFacts;
use crate::stream::StreamId;
use crate::time::Timestamp;

pub(super) const SECOND: i64 = 1000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A set that has one of everything.
pub(super) const EVERYTHING: &str = r#"
[[rules]]
id = "line"
version = 1
title = "Said something"
on = "line_said"
points = 5
when = { at_least = { words = 3 } }
caps = [{ per = "day", points = 42 }, { per = "week", times = 30 }]

[[rules]]
id = "question"
version = 2
title = "Asked an open question"
on = "line_said"
points = 10
cooldown_s = 60
when = { all = [{ at_least = { open_questions = 1 } }, { not = { at_least = { noise = 3 } } }] }
diminish = { after = 2, per = "day", percent = 50 }
caps = [{ per = "room", times = 5 }]

[[rules]]
id = "first-line"
version = 1
title = "First line of the day"
on = "line_said"
points = 7
when = { all = [{ first = "day" }, { at_least = { words = 3 } }] }

[[rules]]
id = "busy"
version = 1
title = "Three lines in a minute"
on = "line_said"
points = 3
when = { within = { seconds = 60, of = "line_said", times = 3 } }
caps = [{ per = "season", times = 4 }]

[[rules]]
id = "heard"
version = 1
title = "Somebody answered"
on = "reply_received"
points = 2
caps = [{ per = "day", times = 2, each_peer = true }, { per = "ever", points = 101 }]

[[rules]]
id = "thanked"
version = 1
title = "Kudos"
on = "kudos_received"
points = 1
kind = "kudos"

[[rules]]
id = "day"
version = 1
title = "Another day"
on = "day_begun"
points = 4

[[rules]]
id = "badge-bonus"
version = 1
title = "A badge"
on = "badge_earned"
points = 20
freezes = 1

[[rules]]
id = "practised"
version = 1
title = "A good practice"
on = "practice_completed"
points = 50
when = { any = [{ at_least = { score = 700 } }, { skill = { skill = "empathy", at_least = 600 } }] }
caps = [{ per = "day", times = 3 }]

[[badges]]
id = "talker"
version = 1
title = "Talker"
says = "Lines said"
on = "line_said"
levels = [3, 20, 100]

[[badges]]
id = "steady"
version = 1
title = "Steady"
says = "Days in a row"
on = "day_begun"
count = "best"
levels = [3, 7]

[[badges]]
id = "guest"
version = 1
title = "Guest"
says = "Rooms"
on = "line_said"
count = "rooms"
levels = [2, 3]

[[badges]]
id = "known"
version = 1
title = "Known"
says = "People"
on = "reply_received"
count = "peers"
levels = [2, 4]
secret = true

[levels]
kind = "xp"
base = 50
growth_percent = 20
max = 50

[streak]
on = ["line_said", "practice_completed"]
freeze_every = 5
freezes_max = 2
repair_deeds = 3
repair_days = 2

[quest_policy]
a_day = 1
a_week = 1

[[quests]]
id = "three-lines"
version = 1
title = "Say three things"
per = "day"
on = "line_said"
times = 3

[[quests]]
id = "one-question"
version = 1
title = "Ask"
per = "day"
on = "line_said"
when = { at_least = { open_questions = 1 } }
times = 1

[[quests]]
id = "two-practices"
version = 1
title = "Practise twice"
per = "week"
on = "practice_completed"
times = 2
"#;

pub(super) fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(super) fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

pub(super) fn set(text: &str) -> Compiled {
    Compiled::new(toml::from_str::<RuleSet>(text).expect("a rule set"))
}

pub(super) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// An instant by UTC.
pub(super) fn at(text: &str, hour: i64) -> Timestamp {
    Timestamp(i64::from(day(text).0) * DAY + hour * HOUR)
}

pub(super) fn zone(name: &str) -> Zone {
    name.parse().expect("a zone")
}

pub(super) fn line(n: u128, words: u16, open_questions: u16) -> Deed {
    Deed::LineSaid {
        room: room(n),
        room_kind: RoomKind::Practice,
        facts: LineFacts {
            words,
            open_questions,
            ..LineFacts::default()
        },
        reply: false,
        mentions: 0,
    }
}

pub(super) fn judged(score: u32) -> Deed {
    Deed::SkillScored {
        room: room(1),
        skill: "empathy".parse().expect("a skill"),
        score,
        judge: Judge::Coach,
    }
}

pub(super) fn practice(score: u32) -> Deed {
    Deed::PracticeCompleted {
        room: room(1),
        scenario: "interview".parse().expect("a scenario"),
        score,
        minutes: 10,
        goals_met: 2,
        goals: 3,
        judge: Judge::Local,
    }
}

pub(super) fn scored(op: ScoreOp, value: i64) -> Deed {
    Deed::Scored {
        metric: "sales".parse().expect("a metric"),
        op,
        value,
    }
}

pub(super) struct World {
    pub(super) set: Compiled,
    pub(super) org: Zone,
    pub(super) season: Option<u32>,
    pub(super) clock: Timestamp,
    pub(super) account: Account,
    pub(super) rooms: BTreeMap<RoomId, RoomTally>,
    pub(super) entries: Vec<Entry>,
    /// Each line with the entry that wrote it.
    pub(super) ledger: Vec<(Award, Entry)>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) totals: BTreeMap<(Scope, Metric, Window), Total>,
    /// Whether state is written and read between any two entries.
    pub(super) forgets: bool,
}

impl World {
    pub(super) fn new(rules: &str) -> Self {
        Self::of(set(rules))
    }

    pub(super) fn of(set: Compiled) -> Self {
        Self {
            set,
            org: zone("UTC"),
            season: Some(1),
            clock: at("2026-11-02", 9),
            account: Account::new(user(1)),
            rooms: BTreeMap::new(),
            entries: vec![],
            ledger: vec![],
            outcomes: vec![],
            totals: BTreeMap::new(),
            forgets: false,
        }
    }

    /// The next entry: its own event, wherever it happens.
    pub(super) fn entry(&self, deed: Deed) -> Entry {
        let stream = match deed.room() {
            Some(room) => StreamId::Room(room),
            None => StreamId::Inbox(self.account.user()),
        };
        let source = Source {
            stream,
            seq: Seq(self.entries.len() as u64 + 1),
            part: 0,
        };
        let (clock, season) = (self.clock, self.season);
        self.account.entry(deed, source, clock, &self.org, season)
    }

    pub(super) fn does(&mut self, deed: Deed) -> Outcome {
        let entry = self.entry(deed);
        self.takes(entry)
    }

    pub(super) fn takes(&mut self, entry: Entry) -> Outcome {
        if self.forgets {
            let json = serde_json::to_string(&self.account).expect("state");
            self.account = serde_json::from_str(&json).expect("state");
            let json = serde_json::to_string(&self.rooms).expect("state");
            self.rooms = serde_json::from_str(&json).expect("state");
        }
        let paid = self.standing(&entry.deed);
        let mut nowhere = RoomTally::default();
        let tally = match entry.deed.room() {
            Some(room) => self.rooms.entry(room).or_default(),
            None => &mut nowhere,
        };
        let outcome = self.account.take(&self.set, &entry, tally, &paid);
        self.keep(&entry, &outcome);
        outcome
    }

    pub(super) fn keep(&mut self, entry: &Entry, outcome: &Outcome) {
        for award in &outcome.awards {
            self.ledger.push((award.clone(), entry.clone()));
        }
        for total in &outcome.totals {
            let key = (total.scope, total.metric.clone(), total.window);
            self.totals.insert(key, total.clone());
        }
        self.entries.push(entry.clone());
        self.outcomes.push(outcome.clone());
    }

    fn standing(&self, deed: &Deed) -> Vec<Paid> {
        let Deed::LineRetracted { room, line } = deed else {
            return vec![];
        };
        let of_line = |award: &Award| {
            award.source.stream == StreamId::Room(*room) && award.source.seq == *line
        };
        let lines = self.ledger.iter().filter(|(award, _)| of_line(award));
        lines
            .map(|(award, _)| {
                let entry = self.source_entry(award);
                Paid {
                    award: award.clone(),
                    at: entry.at,
                    now: entry.now,
                }
            })
            .collect()
    }

    pub(super) fn source_entry(&self, award: &Award) -> &Entry {
        let is_it = |entry: &&Entry| {
            (entry.source.stream, entry.source.seq) == (award.source.stream, award.source.seq)
        };
        self.entries.iter().find(is_it).expect("its entry")
    }

    pub(super) fn paid_by(&self, rule: &str) -> Vec<i64> {
        let lines = self
            .ledger
            .iter()
            .filter(|(award, _)| award.rule.as_str() == rule);
        lines.map(|(award, _)| award.points).collect()
    }

    pub(super) fn total(&self, scope: Scope, metric: &str, window: &str) -> Option<&Total> {
        let metric = metric.parse().expect("a metric");
        let window = window.parse().expect("a window");
        self.totals.get(&(scope, metric, window))
    }

    pub(super) fn sum(&self, scope: Scope, metric: &str, window: &str) -> i64 {
        self.total(scope, metric, window)
            .map_or(0, |total| total.sum)
    }
}

/// What an outcome pays, by rule.
pub(super) fn pays(outcome: &Outcome) -> Vec<(&str, i64)> {
    let lines = outcome.awards.iter();
    lines
        .map(|award| (award.rule.as_str(), award.points))
        .collect()
}
