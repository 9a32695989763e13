//! Who of a cohort has a connection somewhere: here, or at a node that answered when the roll was called.
//!
//! It knows what nodes said and when. Which nodes there are, and what this one sees itself, it is told.

use std::collections::{BTreeMap, BTreeSet};

use super::LEARNERS_MAX;
use crate::ids::{NodeId, UserId};
use crate::time::Timestamp;

/// How often the roll is called. Who leaves at another node is missed for no longer than this.
pub const CALL_EVERY_MS: u64 = 3_000;
/// How long an answer is believed: three calls, so that two that are lost change nothing.
pub const BELIEVED_MS: i64 = 9_000;
/// Nodes whose answers are kept. There are never so many at a time.
const NODES_MAX: usize = 256;

/// Where somebody's connections are, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    Online,
    /// Nowhere that could be looked.
    Offline,
    /// Not here; and not everybody could be asked.
    Unknown,
}

/// How far this node sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// As far as itself: nobody carries questions to others.
    Own,
    /// Others there are or may be cannot be heard now.
    Blind,
    /// Others can be heard.
    Hears,
}

/// What other nodes answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    answers: BTreeMap<NodeId, Answer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    here: BTreeSet<UserId>,
    at: Timestamp,
}

impl Answer {
    fn is_believed(&self, now: Timestamp) -> bool {
        // A clock that was put back makes it older, not younger.
        now.ms_since(self.at).abs() < BELIEVED_MS
    }
}

impl Roll {
    /// Everybody of those who were asked for who is at a node. What it said before does not count any more.
    pub fn answered(
        &mut self,
        node: NodeId,
        here: impl IntoIterator<Item = UserId>,
        now: Timestamp,
    ) {
        self.answers.retain(|_, answer| answer.is_believed(now));
        if self.answers.len() >= NODES_MAX && !self.answers.contains_key(&node) {
            return;
        }
        let here = here.into_iter().take(LEARNERS_MAX).collect();
        self.answers.insert(node, Answer { here, at: now });
    }

    /// The node has ended, and nobody is there.
    pub fn gone(&mut self, node: NodeId) {
        self.answers.remove(&node);
    }

    /// Whether all of these nodes are known of.
    pub fn is_whole(&self, nodes: &BTreeSet<NodeId>, now: Timestamp) -> bool {
        let answer = |node| self.answers.get(node);
        let is_believed = |node| answer(node).is_some_and(|answer| answer.is_believed(now));
        nodes.iter().all(is_believed)
    }

    /// Whether somebody is at a node that can be believed.
    pub fn has(&self, user: UserId, now: Timestamp) -> bool {
        let mut answers = self.answers.values();
        answers.any(|answer| answer.is_believed(now) && answer.here.contains(&user))
    }

    /// Where somebody is who is, or is not, at this node. `is_whole`: of all others it is known.
    pub fn find(
        &self,
        user: UserId,
        is_here: bool,
        (sight, is_whole): (Sight, bool),
        now: Timestamp,
    ) -> Whereabouts {
        match sight {
            _ if is_here => Whereabouts::Online,
            Sight::Own => Whereabouts::Offline,
            _ if self.has(user, now) => Whereabouts::Online,
            Sight::Hears if is_whole => Whereabouts::Offline,
            Sight::Hears | Sight::Blind => Whereabouts::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(n))
    }

    /// What can happen between two looks.
    #[derive(Clone, Debug)]
    enum Step {
        Answers(u128, BTreeSet<u128>),
        Ends(u128),
        Wait(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let people = prop::collection::btree_set(0..6_u128, 0..6);
        prop_oneof![
            (0..3_u128, people).prop_map(|(node, here)| Step::Answers(node, here)),
            (0..3_u128).prop_map(Step::Ends),
            (1..6_000_i64).prop_map(Step::Wait),
        ]
    }

    proptest! {
        /// However answers come: somebody is online exactly while a node said so last, and not too long
        /// ago; and is said to be nowhere only when every node was heard.
        #[test]
        fn the_last_word_of_each_node_counts_for_as_long_as_it_is_believed(
            steps in prop::collection::vec(step(), 1..60),
        ) {
            let nodes: BTreeSet<_> = (0..3).map(node).collect();
            let (mut roll, mut now) = (Roll::default(), 0);
            let mut said: BTreeMap<u128, (BTreeSet<u128>, i64)> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Answers(of, here) => {
                        roll.answered(node(of), here.iter().copied().map(user), Timestamp(now));
                        said.insert(of, (here, now));
                    }
                    Step::Ends(of) => {
                        roll.gone(node(of));
                        said.remove(&of);
                    }
                    Step::Wait(ms) => now += ms,
                }
                let fresh = || said.values().filter(|(_, at)| now - at < BELIEVED_MS);
                let is_whole = fresh().count() == nodes.len();
                prop_assert_eq!(roll.is_whole(&nodes, Timestamp(now)), is_whole);
                for n in 0..6 {
                    let is_there = fresh().any(|(here, _)| here.contains(&n));
                    let find = |is_here, sight| {
                        roll.find(user(n), is_here, (sight, is_whole), Timestamp(now))
                    };
                    let expected = match (is_there, is_whole) {
                        (true, _) => Whereabouts::Online,
                        (false, true) => Whereabouts::Offline,
                        (false, false) => Whereabouts::Unknown,
                    };
                    prop_assert_eq!(find(false, Sight::Hears), expected);
                    prop_assert_eq!(find(true, Sight::Blind), Whereabouts::Online);
                    prop_assert_eq!(find(false, Sight::Own), Whereabouts::Offline);
                    prop_assert_ne!(find(false, Sight::Blind), Whereabouts::Offline);
                }
            }
        }
    }

    #[test]
    fn more_nodes_than_there_can_be_are_not_kept() {
        let mut roll = Roll::default();
        for n in 0..=NODES_MAX as u128 {
            roll.answered(node(n), [user(n)], Timestamp(0));
        }
        assert!(roll.has(user(1), Timestamp(0)));
        assert!(!roll.has(user(NODES_MAX as u128), Timestamp(0)));
        // Those who say nothing make room.
        roll.answered(
            node(NODES_MAX as u128),
            [user(7_000)],
            Timestamp(BELIEVED_MS),
        );
        assert!(roll.has(user(7_000), Timestamp(BELIEVED_MS)));
    }
}
