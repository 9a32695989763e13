//! The named runs: what is done, who is there meanwhile, and what has to hold beyond what always has to.

use std::time::Duration;

use super::plan::{Order, Script, Trouble};

/// Who is there while it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// People who talk.
    Talk,
    /// The same, and each is cut every few seconds.
    Flicker,
    /// Each line goes to all nodes at once, under one id.
    Thrice,
    /// Each learner with a persona, who is asked again and again.
    Personas,
    /// People who talk, beside others who never read.
    Slow,
    /// Many who only listen, beside a few who talk.
    Many,
    /// People who talk, beside strangers who send whatever comes to their mind.
    Strangers,
}

/// A named run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub name: &'static str,
    /// For people who choose one.
    pub says: &'static str,
    pub crowd: Crowd,
    pub script: Script,
    pub lasts: Duration,
    /// Nobody who is connected is further behind what is committed, where the run promises that.
    pub behind_max: Option<Duration>,
    /// Some node has to have been lost in the middle of what a persona said, or the run shows nothing.
    pub hits_turns: bool,
    /// So long where it is part of what is done for every change.
    pub short: Option<Duration>,
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn in_turn(menu: &'static [Trouble], every: u64, holds_ms: u64) -> Script {
    Script {
        menu,
        order: Order::InTurn,
        every: secs(every),
        holds: Duration::from_millis(holds_ms),
        quiet_percent: 0,
    }
}

/// Nothing goes wrong but what the crowd does itself.
const CALM: Script = in_turn(&[], 5, 0);

/// With Redis: two seconds (G4). A busy machine of two cores is part of both.
const BEHIND: Duration = secs(2);
/// By the store alone.
const BEHIND_BY_STORE: Duration = secs(5);

const fn talk(name: &'static str, says: &'static str, script: Script) -> Run {
    Run {
        name,
        says,
        crowd: Crowd::Talk,
        script,
        lasts: secs(60),
        behind_max: None,
        hits_turns: false,
        short: None,
    }
}

const fn with(run: Run, crowd: Crowd) -> Run {
    Run { crowd, ..run }
}

const fn behind(run: Run, most: Duration) -> Run {
    Run {
        behind_max: Some(most),
        ..run
    }
}

const fn lasting(run: Run, seconds: u64) -> Run {
    Run {
        lasts: secs(seconds),
        ..run
    }
}

const fn hitting_turns(run: Run) -> Run {
    Run {
        hits_turns: true,
        ..run
    }
}

const fn short(run: Run, seconds: u64) -> Run {
    Run {
        short: Some(secs(seconds)),
        ..run
    }
}

use Trouble as T;

/// What can go wrong by itself, all of it.
const EVERYTHING: &[Trouble] = &[
    T::KillNode,
    T::PauseNode,
    T::RollNode,
    T::KillEverything,
    T::PauseRedis,
    T::KillRedis,
    T::WipeRedis,
    T::CutSubscribers,
    T::LoadRedis,
    T::LoseMessages,
    T::PausePostgres,
    T::KillPostgres,
    T::RenameDatabase,
    T::TerminateBackends,
    T::PartRedis,
    T::PartPostgres,
    T::Blackhole,
    T::CutPeople,
    T::CutEverybody,
    T::Weather,
    T::Weather,
];

/// What an ordinary bad day brings.
const LIGHT: &[Trouble] = &[
    T::Weather,
    T::KillNode,
    T::CutSubscribers,
    T::LoseMessages,
    T::CutPeople,
];

/// Every run there is. Letters tell apart what one number of the plan asks for several times.
pub const RUNS: &[Run] = &[
    Run {
        name: "mixed",
        says: "everything there is, at random, with quiet windows",
        crowd: Crowd::Talk,
        script: Script {
            menu: EVERYTHING,
            order: Order::AtRandom,
            every: secs(6),
            holds: secs(3),
            quiet_percent: 25,
        },
        lasts: secs(60),
        behind_max: None,
        hits_turns: false,
        short: None,
    },
    short(
        talk(
            "t1",
            "kill -9 of a random node every 5 s",
            in_turn(&[T::KillNode], 5, 800),
        ),
        10,
    ),
    talk(
        "t2",
        "kill -9 of all nodes and Redis at once",
        in_turn(&[T::KillEverything], 10, 1_000),
    ),
    lasting(
        talk(
            "t3",
            "PostgreSQL paused for 10 s, killed, its database renamed away",
            in_turn(
                &[T::PausePostgres, T::KillPostgres, T::RenameDatabase],
                16,
                10_000,
            ),
        ),
        96,
    ),
    short(
        with(
            talk(
                "t4",
                "backends terminated every 200 ms, links to PostgreSQL reset, people cut",
                in_turn(&[T::TerminateBackends], 10, 7_000),
            ),
            Crowd::Flicker,
        ),
        10,
    ),
    short(
        with(
            talk(
                "t5",
                "each line sent to all nodes at once under one id",
                CALM,
            ),
            Crowd::Thrice,
        ),
        8,
    ),
    with(
        talk("t6", "everybody is cut every few seconds", CALM),
        Crowd::Flicker,
    ),
    behind(
        talk(
            "t7a",
            "Redis stopped (SIGSTOP) for 20 s",
            in_turn(&[T::PauseRedis], 30, 20_000),
        ),
        BEHIND_BY_STORE,
    ),
    short(
        behind(
            talk(
                "t7b",
                "Redis killed, and back empty",
                in_turn(&[T::KillRedis], 12, 6_000),
            ),
            BEHIND_BY_STORE,
        ),
        12,
    ),
    behind(
        talk(
            "t7c",
            "Redis wiped each second",
            in_turn(&[T::WipeRedis], 10, 8_000),
        ),
        BEHIND,
    ),
    behind(
        talk(
            "t7d",
            "subscribers of Redis cut each second",
            in_turn(&[T::CutSubscribers], 15, 12_000),
        ),
        BEHIND_BY_STORE,
    ),
    talk(
        "t7e",
        "all nodes start while there is no Redis",
        in_turn(&[T::StartWithoutRedis], 30, 15_000),
    ),
    behind(
        talk(
            "t7f",
            "Redis is loading for 15 s",
            in_turn(&[T::LoadRedis], 30, 15_000),
        ),
        BEHIND_BY_STORE,
    ),
    behind(
        talk(
            "t8",
            "one envelope in twenty is lost",
            in_turn(&[T::LoseMessages], 12, 11_500),
        ),
        BEHIND,
    ),
    lasting(
        talk(
            "t9",
            "nodes and Redis killed while people play; the ledger is proved",
            in_turn(
                &[T::KillNode, T::KillRedis, T::WipeRedis, T::KillNode],
                6,
                2_000,
            ),
        ),
        72,
    ),
    lasting(
        hitting_turns(with(
            talk(
                "t10",
                "nodes paused for 30 s in the middle of what personas say",
                in_turn(&[T::PauseNode], 40, 30_000),
            ),
            Crowd::Personas,
        )),
        80,
    ),
    short(
        lasting(
            hitting_turns(with(
                talk(
                    "t10s",
                    "the same for 9 s: longer than a claim to a turn lasts",
                    in_turn(&[T::PauseNode], 12, 9_000),
                ),
                Crowd::Personas,
            )),
            36,
        ),
        12,
    ),
    with(
        talk(
            "t11",
            "fifty sockets that never read, beside people who talk",
            CALM,
        ),
        Crowd::Slow,
    ),
    talk(
        "t12",
        "nothing gets through between a node and its people, and nobody is told",
        in_turn(&[T::Blackhole], 30, 20_000),
    ),
    with(
        talk(
            "t13",
            "many sockets, cut at once",
            in_turn(&[T::CutEverybody], 30, 0),
        ),
        Crowd::Many,
    ),
    short(
        lasting(
            talk(
                "t14",
                "each node leaves in good order and comes back, three rounds",
                in_turn(&[T::RollNode], 8, 1_000),
            ),
            72,
        ),
        16,
    ),
    lasting(
        hitting_turns(with(
            talk(
                "t15",
                "nodes killed in the middle of what personas say, by models that fail",
                in_turn(&[T::KillNode], 9, 1_000),
            ),
            Crowd::Personas,
        )),
        72,
    ),
    with(
        talk(
            "t16",
            "strangers who send whatever comes to their mind",
            CALM,
        ),
        Crowd::Strangers,
    ),
    lasting(
        talk(
            "t18",
            "an ordinary bad day, for as long as --seconds says",
            Script {
                menu: LIGHT,
                order: Order::AtRandom,
                every: secs(8),
                holds: secs(3),
                quiet_percent: 60,
            },
        ),
        300,
    ),
    behind(
        talk(
            "part-redis",
            "one node cannot reach Redis, everybody else can",
            in_turn(&[T::PartRedis], 20, 12_000),
        ),
        BEHIND_BY_STORE,
    ),
    talk(
        "part-postgres",
        "one node cannot reach PostgreSQL, everybody else can",
        in_turn(&[T::PartPostgres], 20, 12_000),
    ),
    talk(
        "links",
        "late, thin, crumbling and broken links of every kind",
        in_turn(&[T::Weather], 5, 4_000),
    ),
];

/// The run of a name.
pub fn named(name: &str) -> Option<&'static Run> {
    RUNS.iter().find(|run| run.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_of_the_plan_has_a_run_and_names_are_names() {
        let names: BTreeSet<_> = RUNS.iter().map(|run| run.name).collect();
        assert_eq!(names.len(), RUNS.len(), "a name is there twice");
        for number in (1..=16).chain([18]) {
            let wanted = format!("t{number}");
            let found = names.iter().any(|name| {
                name.strip_prefix(wanted.as_str())
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            });
            assert!(found, "nothing is done for {wanted}");
        }
    }

    #[test]
    fn what_is_done_for_every_change_is_a_few_runs() {
        let short: Vec<_> = RUNS.iter().filter_map(|run| run.short).collect();
        assert!((4..=8).contains(&short.len()), "{short:?}");
        assert!(short.iter().sum::<Duration>() <= secs(80), "{short:?}");
    }
}
