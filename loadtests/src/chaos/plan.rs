//! What is done to a cluster, and when: a pure function of a run and a seed, so that a run that went
//! wrong can be done again.
//!
//! A run is a row of windows. In each there is one trouble, or a quiet moment; a trouble has its cure
//! in the same window, so that no two of them are ever in each other's way by accident.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;

/// What a proxy does to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "toxic", rename_all = "snake_case")]
pub enum Toxic {
    /// Everything takes so much longer, each way.
    Late {
        ms: u16,
    },
    /// What was open has ended, and nobody is let in.
    Down,
    /// Nothing gets through and nobody is told: it comes when this is over.
    Silent,
    /// In pieces of so many bytes.
    Crumbs {
        bytes: u8,
    },
    Thin {
        bytes_per_second: u32,
    },
    /// One read in so many ends its connection.
    Resets {
        one_in: u32,
    },
    /// One published message in so many is lost. On links to Redis.
    Loses {
        one_in: u32,
    },
    /// Redis is there, and has not read its data yet.
    Loading,
}

/// Which link of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    Clients,
    Redis,
    Postgres,
    Model,
}

impl Wire {
    pub const ALL: [Self; 4] = [Self::Clients, Self::Redis, Self::Postgres, Self::Model];
}

/// One thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    Kill {
        node: usize,
    },
    /// Also after a kill or a drain that is not over: it is waited for.
    Start {
        node: usize,
    },
    Pause {
        node: usize,
    },
    Unpause {
        node: usize,
    },
    /// SIGTERM: it leaves in good order.
    Drain {
        node: usize,
    },
    KillRedis,
    StartRedis,
    PauseRedis,
    UnpauseRedis,
    WipeRedis,
    /// `CLIENT KILL TYPE pubsub`.
    CutSubscribers,
    KillPostgres,
    StartPostgres,
    PausePostgres,
    UnpausePostgres,
    RenameAway,
    RenameBack,
    /// Ends about one in so many backends of the hub.
    Terminate {
        one_in: u32,
    },
    Link {
        wire: Wire,
        node: usize,
        toxic: Option<Toxic>,
    },
    /// Ends what is open on a link; new connections are well.
    Cut {
        wire: Wire,
        node: usize,
    },
}

/// An act and its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub at: Duration,
    pub act: Act,
}

/// Something that goes wrong, with its cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    KillNode,
    PauseNode,
    /// The next node in turn leaves in good order and comes back.
    RollNode,
    KillAll,
    /// All nodes and Redis, at once.
    KillEverything,
    PauseRedis,
    KillRedis,
    WipeRedis,
    CutSubscribers,
    LoadRedis,
    /// All nodes start while there is no Redis.
    StartWithoutRedis,
    LoseMessages,
    PausePostgres,
    KillPostgres,
    RenameDatabase,
    TerminateBackends,
    /// One node cannot reach Redis; everybody else can.
    PartRedis,
    PartPostgres,
    /// Nothing gets through between a node and its people.
    Blackhole,
    CutPeople,
    CutEverybody,
    Weather,
}

/// How troubles follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    InTurn,
    AtRandom,
}

/// A row of windows.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub menu: &'static [Trouble],
    pub order: Order,
    /// From the beginning of one window to that of the next.
    pub every: Duration,
    /// From a trouble to its cure.
    pub holds: Duration,
    /// So many windows in a hundred are quiet.
    pub quiet_percent: u32,
}

impl Script {
    /// In so little time that not even one window fits, one that is shorter in proportion.
    fn fitted(self, lasts: Duration) -> Self {
        if self.every <= lasts {
            return self;
        }
        let part = lasts.as_secs_f64() / self.every.as_secs_f64();
        Self {
            every: lasts,
            holds: self.holds.mul_f64(part),
            ..self
        }
    }
}

/// Acts that come again and again while a trouble lasts.
const OFTEN: Duration = Duration::from_millis(200);
const EACH_SECOND: Duration = Duration::from_secs(1);

/// Everything that is done in so much time, in order. Whatever is begun is cured before the end.
pub fn plan(script: &Script, seed: u64, lasts: Duration, nodes: usize) -> Vec<Step> {
    let script = script.fitted(lasts);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut steps = vec![];
    let mut begins = Duration::ZERO;
    let mut number = 0;
    while begins + script.every <= lasts {
        let cured = begins + script.holds;
        let trouble = match script.order {
            Order::InTurn => script.menu.get(number % script.menu.len().max(1)),
            Order::AtRandom => script.menu.choose(&mut rng),
        };
        let is_quiet = rng.random_ratio(script.quiet_percent.min(100), 100);
        if let Some(trouble) = trouble.filter(|_| !is_quiet) {
            let mut window = Window {
                rng: &mut rng,
                number,
                nodes,
                begins,
                cured,
                steps: &mut steps,
            };
            window.make(*trouble);
        }
        begins += script.every;
        number += 1;
    }
    // Within a window some acts are laid down after later ones.
    steps.sort_by_key(|step| step.at);
    steps
}

/// One window while it is filled.
struct Window<'a> {
    rng: &'a mut StdRng,
    number: usize,
    nodes: usize,
    begins: Duration,
    cured: Duration,
    steps: &'a mut Vec<Step>,
}

impl Window<'_> {
    fn at(&mut self, at: Duration, act: Act) {
        self.steps.push(Step { at, act });
    }

    fn between(&mut self, trouble: Act, cure: Act) {
        self.at(self.begins, trouble);
        self.at(self.cured, cure);
    }

    fn again(&mut self, every: Duration, act: Act) {
        let mut at = self.begins;
        while at < self.cured {
            self.at(at, act);
            at += every;
        }
    }

    fn link(&mut self, wire: Wire, node: usize, toxic: Toxic) {
        let act = |toxic| Act::Link { wire, node, toxic };
        self.between(act(Some(toxic)), act(None));
    }

    fn everywhere(&mut self, wire: Wire, toxic: Toxic) {
        for node in 0..self.nodes {
            self.link(wire, node, toxic);
        }
    }

    fn any_node(&mut self) -> usize {
        self.rng.random_range(0..self.nodes.max(1))
    }

    fn make(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::KillNode => {
                let node = self.any_node();
                self.between(Act::Kill { node }, Act::Start { node });
            }
            Trouble::PauseNode => {
                let node = self.any_node();
                self.between(Act::Pause { node }, Act::Unpause { node });
            }
            Trouble::RollNode => {
                let node = self.number % self.nodes.max(1);
                self.between(Act::Drain { node }, Act::Start { node });
            }
            Trouble::KillAll => self.kill_all(),
            Trouble::KillEverything => {
                self.between(Act::KillRedis, Act::StartRedis);
                self.kill_all();
            }
            Trouble::PauseRedis => self.between(Act::PauseRedis, Act::UnpauseRedis),
            Trouble::KillRedis => self.between(Act::KillRedis, Act::StartRedis),
            Trouble::WipeRedis => self.again(EACH_SECOND, Act::WipeRedis),
            Trouble::CutSubscribers => self.again(EACH_SECOND, Act::CutSubscribers),
            Trouble::LoadRedis => self.everywhere(Wire::Redis, Toxic::Loading),
            Trouble::StartWithoutRedis => {
                self.between(Act::KillRedis, Act::StartRedis);
                let back = self.begins + Duration::from_millis(500);
                for node in 0..self.nodes {
                    self.at(self.begins, Act::Kill { node });
                    self.at(back, Act::Start { node });
                }
            }
            Trouble::LoseMessages => self.everywhere(Wire::Redis, Toxic::Loses { one_in: 20 }),
            Trouble::PausePostgres => self.between(Act::PausePostgres, Act::UnpausePostgres),
            Trouble::KillPostgres => self.between(Act::KillPostgres, Act::StartPostgres),
            Trouble::RenameDatabase => self.between(Act::RenameAway, Act::RenameBack),
            Trouble::TerminateBackends => {
                self.again(OFTEN, Act::Terminate { one_in: 4 });
                self.everywhere(Wire::Postgres, Toxic::Resets { one_in: 200 });
            }
            Trouble::PartRedis => {
                let node = self.any_node();
                self.link(Wire::Redis, node, Toxic::Silent);
            }
            Trouble::PartPostgres => {
                let node = self.any_node();
                self.link(Wire::Postgres, node, Toxic::Silent);
            }
            Trouble::Blackhole => {
                let node = self.any_node();
                self.link(Wire::Clients, node, Toxic::Silent);
            }
            Trouble::CutPeople => {
                let node = self.any_node();
                let wire = Wire::Clients;
                self.again(EACH_SECOND, Act::Cut { wire, node });
            }
            Trouble::CutEverybody => {
                for node in 0..self.nodes {
                    let wire = Wire::Clients;
                    self.at(self.begins, Act::Cut { wire, node });
                }
            }
            Trouble::Weather => self.weather(),
        }
    }

    fn kill_all(&mut self) {
        for node in 0..self.nodes {
            self.between(Act::Kill { node }, Act::Start { node });
        }
    }

    /// What networks do on an ordinary day, on one link of one node.
    fn weather(&mut self) {
        let node = self.any_node();
        let wire = *Wire::ALL.choose(self.rng).unwrap_or(&Wire::Clients);
        let toxic = match self.rng.random_range(0..5) {
            0 => Toxic::Late { ms: 80 },
            1 => Toxic::Crumbs { bytes: 7 },
            2 => Toxic::Thin {
                bytes_per_second: 64 * 1024,
            },
            3 => Toxic::Resets { one_in: 50 },
            _ => Toxic::Down,
        };
        self.link(wire, node, toxic);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::runs::RUNS;
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// The cure of an act that needs one.
    fn cure(act: Act) -> Option<Act> {
        match act {
            Act::Kill { node } | Act::Drain { node } => Some(Act::Start { node }),
            Act::Pause { node } => Some(Act::Unpause { node }),
            Act::KillRedis => Some(Act::StartRedis),
            Act::PauseRedis => Some(Act::UnpauseRedis),
            Act::KillPostgres => Some(Act::StartPostgres),
            Act::PausePostgres => Some(Act::UnpausePostgres),
            Act::RenameAway => Some(Act::RenameBack),
            Act::Link {
                wire,
                node,
                toxic: Some(_),
            } => Some(Act::Link {
                wire,
                node,
                toxic: None,
            }),
            _ => None,
        }
    }

    #[test]
    fn the_same_seed_is_the_same_plan_and_another_is_another() {
        for run in RUNS {
            let lasts = run.lasts.max(MINUTE);
            let one = plan(&run.script, 7, lasts, 3);
            assert_eq!(one, plan(&run.script, 7, lasts, 3), "{}", run.name);
        }
        let mixed = RUNS
            .iter()
            .find(|run| run.name == "mixed")
            .expect("it is there");
        let other = plan(&mixed.script, 8, MINUTE, 3);
        assert_ne!(plan(&mixed.script, 7, MINUTE, 3), other);
    }

    #[test]
    fn what_is_done_is_cured_in_time_and_never_done_twice_over() {
        let short = Duration::from_secs(8);
        for (run, lasts) in RUNS.iter().flat_map(|run| [(run, run.lasts), (run, short)]) {
            for seed in 0..50 {
                let steps = plan(&run.script, seed, lasts, 3);
                let mut open: Vec<Act> = vec![];
                let mut before = Duration::ZERO;
                for step in &steps {
                    assert!(step.at >= before && step.at <= lasts, "{}", run.name);
                    before = step.at;
                    open.retain(|cure| *cure != step.act);
                    if let Some(cure) = cure(step.act) {
                        assert!(
                            !open.contains(&cure),
                            "{}: {:?} twice over",
                            run.name,
                            step.act
                        );
                        open.push(cure);
                    }
                }
                assert_eq!(open, [], "{} leaves something broken", run.name);
                let is_calm = run.script.menu.is_empty() || run.script.quiet_percent > 0;
                assert!(is_calm || !steps.is_empty(), "{} does nothing", run.name);
            }
        }
    }

    #[test]
    fn a_quarter_of_a_mixed_run_is_quiet_and_the_rest_has_everything() {
        let mixed = RUNS
            .iter()
            .find(|run| run.name == "mixed")
            .expect("it is there");
        let (mut windows, mut quiet) = (0, 0);
        let mut kinds = BTreeSet::new();
        for seed in 0..200 {
            let steps = plan(&mixed.script, seed, MINUTE, 3);
            let mut begins = Duration::ZERO;
            while begins + mixed.script.every <= MINUTE {
                windows += 1;
                quiet += usize::from(!steps.iter().any(|step| step.at == begins));
                begins += mixed.script.every;
            }
            for step in steps {
                let text = format!("{:?}", step.act);
                kinds.insert(text.split(' ').next().unwrap_or_default().to_owned());
            }
        }
        let percent = 100 * quiet / windows;
        assert!((20..=30).contains(&percent), "{percent} % are quiet");
        assert!(kinds.len() >= 15, "{kinds:?}");
    }
}
