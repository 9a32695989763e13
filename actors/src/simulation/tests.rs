//! A thousand worlds, and the mistakes that must not get past them.

use ludus_domain::ids::UserId;
use ludus_domain::role::Role;
use ludus_domain::room::Command;

use super::{Breach, Part, Planted, Report, Script, Settings, World};

const SEEDS: u64 = 1_000;

/// One seed by `LUDUS_TEST_SEED`, or all of them, on two threads.
fn run_all(seeds: u64, settings: &Settings) -> Result<Vec<Report>, Breach> {
    if let Some(seed) = std::env::var("LUDUS_TEST_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
    {
        return World::new(seed, settings.clone())
            .run()
            .map(|report| vec![report]);
    }
    let run = |from: u64| {
        (from..seeds)
            .step_by(2)
            .map(|seed| World::new(seed, settings.clone()).run())
            .collect::<Result<Vec<_>, _>>()
    };
    std::thread::scope(|scope| {
        let odd = scope.spawn(|| run(1));
        let mut all = run(0)?;
        all.extend(odd.join().unwrap()?);
        Ok(all)
    })
}

fn user(index: u128) -> UserId {
    UserId(uuid::Uuid::from_u128(1_000 + index))
}

fn say() -> Command {
    Command::Say {
        text: "hello".into(),
        reply_to: None,
        mentions: vec![],
    }
}

#[test]
fn a_thousand_worlds_keep_every_promise() {
    let reports = run_all(SEEDS, &Settings::free()).unwrap_or_else(|breach| panic!("{breach}"));
    let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
    if reports.len() > 1 {
        // A proof of nothing would pass too: there was something to prove.
        assert!(sum(|r| r.events) > 20 * SEEDS);
        assert!(sum(|r| r.repeats) > SEEDS);
        assert!(sum(|r| r.refused) > 5 * SEEDS);
        assert!(sum(|r| r.turned_away) > SEEDS);
        assert!(sum(|r| r.crashes) > SEEDS);
    }
}

#[test]
fn the_same_seed_is_the_same_world() {
    let run = || World::new(42, Settings::free()).run();
    assert_eq!(run(), run());
}

#[test]
fn a_hundred_at_once_take_the_last_seats_once() {
    let mut settings = Settings {
        capacity: 10,
        trouble_ms: 400,
        ..Settings::free()
    };
    settings.parts = (0..100)
        .map(|index| Part {
            role: Role::Learner,
            seated: index < 9,
            script: Script::At(vec![(100, Command::Join { code: None })]),
        })
        .collect();
    let reports = run_all(20, &settings).unwrap_or_else(|breach| panic!("{breach}"));
    for report in reports {
        assert_eq!(report.members, 10);
        assert!(report.refused >= 90, "{report:?}");
    }
}

/// A coach does something about a learner who keeps talking, from another node as often as not.
fn against_say(commands: Vec<Command>) -> Settings {
    let part = |role, every_ms, commands| Part {
        role,
        seated: true,
        script: Script::Repeat { every_ms, commands },
    };
    Settings {
        parts: vec![
            part(Role::Coach, 30, commands),
            part(Role::Learner, 5, vec![say()]),
            part(Role::Learner, 5, vec![say()]),
        ],
        trouble_ms: 800,
        ..Settings::free()
    }
}

#[test]
fn nobody_speaks_past_a_mute() {
    let mute = |muted| Command::Mute {
        user: user(1),
        muted,
        minutes: None,
    };
    let settings = against_say(vec![mute(true), mute(false)]);
    let reports = run_all(100, &settings).unwrap_or_else(|breach| panic!("{breach}"));
    assert!(reports.iter().map(|report| report.refused).sum::<u64>() > 100);
}

#[test]
fn nobody_speaks_past_the_end() {
    let mut settings = against_say(vec![]);
    settings.parts[0].script = Script::At(vec![(400, Command::End {})]);
    let reports = run_all(100, &settings).unwrap_or_else(|breach| panic!("{breach}"));
    assert!(reports.iter().map(|report| report.refused).sum::<u64>() > 1_000);
}

#[track_caller]
fn must_be_noticed(planted: Planted, seeds: u64, settings: Settings) -> Breach {
    let settings = Settings {
        planted: Some(planted),
        ..settings
    };
    (0..seeds)
        .find_map(|seed| World::new(seed, settings.clone()).run().err())
        .unwrap_or_else(|| panic!("{planted:?} went unnoticed in {seeds} worlds"))
}

#[test]
fn a_store_that_skips_dedupe_is_noticed() {
    must_be_noticed(Planted::SkipDedupe, 20, Settings::free());
}

#[test]
fn a_store_that_ignores_the_guard_is_noticed() {
    must_be_noticed(Planted::IgnoreGuard, 20, Settings::free());
}

#[test]
fn an_ack_before_the_commit_is_noticed() {
    must_be_noticed(Planted::AckBeforeCommit, 5, Settings::free());
}

#[test]
fn one_lost_delivery_in_a_thousand_is_noticed() {
    must_be_noticed(Planted::DropDeliveries, 100, Settings::free());
}

/// Said, acknowledged, muted, asked again: the first answer comes again, not the refusal.
#[test]
fn a_retry_gets_its_first_answer_whatever_happened_since() {
    let mut settings = against_say(vec![]);
    settings.nodes = 1;
    settings.parts[0].script = Script::At(vec![(
        300,
        Command::Mute {
            user: user(1),
            muted: true,
            minutes: None,
        },
    )]);
    settings.parts[1].script = Script::Free;
    let reports = run_all(50, &settings).unwrap_or_else(|breach| panic!("{breach}"));
    assert!(reports.iter().map(|report| report.repeats).sum::<u64>() > 50);
}

/// Learners who keep talking to two personas, and two coaches who keep stepping in.
fn stepping_in() -> Settings {
    let persona = |name: &str| name.parse().unwrap();
    let take = |name| Command::TakeOver {
        persona: persona(name),
    };
    let say_as = |name| Command::SayAs {
        persona: persona(name),
        text: "Ann, Ben, a word.".into(),
    };
    let back = |name, note: Option<&str>| Command::HandBack {
        persona: persona(name),
        note: note.map(str::to_owned),
        heeds: None,
    };
    let whisper = Command::Whisper {
        to: vec![user(2)],
        text: "Ask why.".into(),
        hint: false,
    };
    let stepping = vec![
        take("ann"),
        take("ben"),
        say_as("ann"),
        say_as("ann"),
        say_as("ben"),
        back("ann", Some("kinder")),
        back("ben", None),
        whisper,
    ];
    let line = |text: &str| Command::Say {
        text: text.into(),
        reply_to: None,
        mentions: vec![],
    };
    let talk = vec![line("Hello"), line("Ann?"), line("Ben!")];
    let part = |role, every_ms, commands| Part {
        role,
        seated: true,
        script: Script::Repeat { every_ms, commands },
    };
    Settings {
        parts: vec![
            part(Role::Coach, 60, stepping.clone()),
            part(Role::Coach, 90, stepping),
            part(Role::Learner, 200, talk.clone()),
            part(Role::Learner, 300, talk),
        ],
        scene: true,
        ..Settings::free()
    }
}

#[test]
fn whoever_steps_in_a_seat_has_one_voice() {
    let reports = run_all(200, &stepping_in()).unwrap_or_else(|breach| panic!("{breach}"));
    let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
    if reports.len() > 1 {
        assert!(sum(|r| r.stepped_in.taken) > 400);
        assert!(sum(|r| r.stepped_in.interrupted) > 100);
        assert!(sum(|r| r.stepped_in.said) > 400);
        assert!(sum(|r| r.stepped_in.answered) > 100);
        assert!(sum(|r| r.crashes) > 200);
    }
}

#[test]
fn who_has_a_seat_when_the_room_ends_has_it_no_more() {
    let mut settings = stepping_in();
    settings.parts[1].script = Script::At(vec![(900, Command::End {})]);
    run_all(50, &settings).unwrap_or_else(|breach| panic!("{breach}"));
}

#[test]
fn a_store_that_ignores_the_guard_lets_two_speak_from_a_seat() {
    let breach = must_be_noticed(Planted::IgnoreGuard, 50, stepping_in());
    assert!(!breach.says.is_empty());
}
