//! What a line of chat costs the game: evaluating it, and reading and writing the account around it.
//!
//! `cargo bench -p ludus-domain --bench account`. The rule set has thirty rules and fifteen badges, all on lines, which
//! is more than content should have.

#![expect(
    clippy::expect_used,
    reason = "a measurement: it stops when something is wrong"
)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use ludus_domain::game::account::{Account, Entry, RoomTally};
use ludus_domain::game::calendar::Zone;
use ludus_domain::game::deed::{Deed, Source};
use ludus_domain::game::load::Game;
use ludus_domain::game::rules::Compiled;
use ludus_domain::ids::{RoomId, Seq, UserId};
use ludus_domain::room::RoomKind;
use ludus_domain::signals::LineFacts;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn rules() -> Compiled {
    let whens = [
        "{ at_least = { words = 3 } }",
        "{ all = [{ at_least = { open_questions = 1 } }, { at_most = { noise = 2 } }] }",
        "{ all = [{ first = \"day\" }, { at_least = { words = 5 } }] }",
        "{ any = [{ at_least = { empathy = 1 } }, { streak = 7 }] }",
        "{ within = { seconds = 300, of = \"line_said\", times = 10 } }",
        "{ all = [{ is = { room_kind = \"practice\" } }, { not = { at_least = { shouting = 1 } } }] }",
    ];
    let rules = (0..30).zip(whens.iter().cycle()).map(|(n, when)| {
        let rest = if n % 2 == 0 { "cooldown_s = 30" } else { "" };
        format!(
            "[[rule]]\nid = \"rule-{n}\"\nversion = 1\ntitle = \"Rule\"\non = \"line_said\"\npoints = 5\n\
             when = {when}\ncaps = [{{ per = \"day\", points = 50 }}]\n{rest}"
        )
    });
    let text = rules.collect::<Vec<_>>().join("\n");
    let badges = (0..15).map(|n| {
        format!(
            "[[badge]]\nid = \"badge-{n}\"\nversion = 1\ntitle = \"Badge\"\nsays = \"Lines\"\n\
             on = \"line_said\"\nlevels = [10, 100, 10000]\n"
        )
    });
    let badges = badges.collect::<Vec<_>>().join("\n");
    let files = [
        ("rules/all.toml", text.as_str()),
        ("badges/all.toml", badges.as_str()),
        (
            "levels.toml",
            "kind = \"xp\"\nbase = 100\ngrowth_percent = 10\nmax = 50\n",
        ),
        (
            "streak.toml",
            "on = [\"line_said\"]\nfreeze_every = 7\nfreezes_max = 2\nrepair_deeds = 3\nrepair_days = 2\n",
        ),
    ];
    Compiled::new(Game::load(files).expect("content").rule_set)
}

fn line(account: &Account, n: u64) -> Entry {
    let facts = LineFacts {
        words: 12,
        open_questions: u16::from(n.is_multiple_of(3)),
        empathy: u16::from(n.is_multiple_of(5)),
        ..LineFacts::default()
    };
    let deed = Deed::LineSaid {
        room: ROOM,
        room_kind: RoomKind::Practice,
        facts,
        reply: false,
        mentions: 0,
    };
    let source = Source {
        stream: StreamId::Room(ROOM),
        seq: Seq(n),
        part: 0,
    };
    let at = Timestamp(1_790_000_000_000).plus_ms(i64::try_from(n).unwrap_or(0) * 40_000);
    account.entry(deed, source, at, &Zone::utc(), Some(1))
}

fn main() {
    let set = rules();
    let mut account = Account::new(UserId(Uuid::from_u128(7)));
    let mut room = RoomTally::default();
    for n in 1..=5_000 {
        let entry = line(&account, n);
        account.take(&set, &entry, &mut room, &[]);
    }
    let mut criterion = Criterion::default().configure_from_args();
    let entry = line(&account, 5_001);
    criterion.bench_function("account/take a line", |bench| {
        let fresh = || (account.clone(), room.clone());
        let take = |(mut account, mut room): (Account, RoomTally)| {
            let outcome = account.take(&set, black_box(&entry), &mut room, &[]);
            (outcome, account, room)
        };
        bench.iter_batched(fresh, take, BatchSize::SmallInput);
    });
    let json = serde_json::to_string(&account).expect("state");
    criterion.bench_function("account/read its state", |bench| {
        bench.iter(|| serde_json::from_str::<Account>(black_box(&json)));
    });
    criterion.bench_function("account/write its state", |bench| {
        bench.iter(|| serde_json::to_string(black_box(&account)));
    });
    criterion.final_summary();
}
