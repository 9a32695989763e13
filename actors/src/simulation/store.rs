//! The store, as the commit unit promises it: the model that the real one is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ludus_domain::ids::{CommandId, Epoch, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Append, Appended, Fact, Outcome, Proposal, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Event, LineFact, Room};
use ludus_domain::time::Timestamp;

use super::Planted;

/// What is known of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) first: Seq,
    pub(super) count: u32,
    fingerprint: u64,
}

/// One room's journal and everything that is committed with it.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) org: OrgId,
    pub(super) room: RoomId,
    pub(super) epoch: Epoch,
    pub(super) events: Vec<Recorded>,
    /// Whose command each event is of: what a test can see and the wire does not tell.
    pub(super) origins: Vec<Option<(UserId, CommandId)>>,
    pub(super) guard: Seq,
    pub(super) state: Room,
    pub(super) commands: BTreeMap<(UserId, CommandId), Known>,
    planted: Option<Planted>,
}

impl Store {
    /// A room that exists already, with these events in its journal.
    pub(super) fn open(room: Room, events: Vec<(UserId, Event)>, planted: Option<Planted>) -> Self {
        let mut store = Self {
            org: OrgId(uuid::Uuid::from_u128(1)),
            room: RoomId(uuid::Uuid::from_u128(2)),
            epoch: Epoch(7),
            events: vec![],
            origins: vec![],
            guard: Seq::ZERO,
            state: room,
            commands: BTreeMap::new(),
            planted,
        };
        for (by, event) in events {
            store.state.evolve(&event);
            store.write(by, None, event, Timestamp(0));
        }
        store
    }

    pub(super) fn head(&self) -> Seq {
        Seq(self.events.len() as u64)
    }

    pub(super) fn event(&self, seq: Seq) -> Option<&Recorded> {
        let index = usize::try_from(seq.0.checked_sub(1)?).ok()?;
        self.events.get(index)
    }

    /// Events after a position, at most `limit`.
    pub(super) fn after(&self, seq: Seq, limit: usize) -> Vec<Recorded> {
        let from = usize::try_from(seq.0).unwrap_or(usize::MAX);
        self.events.iter().skip(from).take(limit).cloned().collect()
    }

    pub(super) fn line(&self, seq: Seq) -> Option<LineFact> {
        let found = self.event(seq)?;
        let Fact::Room(Event::Said { .. } | Event::Spoke { .. }) = found.fact else {
            return None;
        };
        let taken_back = |event: &Recorded| matches!(&event.fact, Fact::Room(Event::Retracted { line, .. }) if *line == seq);
        Some(LineFact {
            author: found.by,
            retracted: self.events.iter().any(taken_back),
            hidden: false,
        })
    }

    fn write(
        &mut self,
        by: UserId,
        origin: Option<CommandId>,
        event: Event,
        now: Timestamp,
    ) -> Recorded {
        let fact = Fact::Room(event);
        let recorded = Recorded {
            seq: self.head().next(),
            at: now,
            by: Some(by),
            audience: fact.audience(),
            fact,
        };
        if recorded.fact.moves_guard() {
            self.guard = recorded.seq;
        }
        self.events.push(recorded.clone());
        self.origins.push(origin.map(|command| (by, command)));
        recorded
    }

    fn known(&self, proposal: &Proposal) -> Option<Outcome> {
        if self.planted == Some(Planted::SkipDedupe) {
            return None;
        }
        let known = self.commands.get(&(proposal.sender, proposal.command))?;
        Some(if known.fingerprint == proposal.fingerprint {
            Outcome::Duplicate {
                first: known.first,
                count: known.count,
            }
        } else {
            Outcome::Refused(Refusal::IdReused)
        })
    }

    /// One transaction.
    pub(super) fn append(&mut self, append: &Append, now: Timestamp) -> Appended {
        let before = self.head();
        let answered: Vec<Option<Outcome>> = append
            .proposals
            .iter()
            .map(|proposal| self.known(proposal))
            .collect();
        if let Some(outcomes) = answered.iter().copied().collect::<Option<Vec<_>>>() {
            return Appended::Committed {
                epoch: self.epoch,
                before,
                head: before,
                guard: self.guard,
                outcomes,
                events: vec![],
            };
        }
        if self.rests_on_another_world(append, &answered) {
            let known = answered.into_iter().enumerate();
            return Appended::Moved {
                head: before,
                guard: self.guard,
                known: known
                    .filter_map(|(index, outcome)| Some((index, outcome?)))
                    .collect(),
            };
        }
        let mut events = vec![];
        let outcomes = append
            .proposals
            .iter()
            .map(|proposal| self.take(proposal, now, &mut events))
            .collect();
        if let Some(state) = &append.state
            && events
                .iter()
                .any(|event: &Recorded| event.fact.moves_guard())
        {
            self.state = Room::clone(Arc::as_ref(state));
        }
        Appended::Committed {
            epoch: self.epoch,
            before,
            head: self.head(),
            guard: self.guard,
            outcomes,
            events,
        }
    }

    fn rests_on_another_world(&self, append: &Append, answered: &[Option<Outcome>]) -> bool {
        if self.planted == Some(Planted::IgnoreGuard) {
            return false;
        }
        let mut seen = BTreeSet::new();
        append.decided_on != self.guard
            || append
                .proposals
                .iter()
                .zip(answered)
                .any(|(proposal, known)| {
                    let repeated = !seen.insert((proposal.sender, proposal.command));
                    proposal.moves_guard() && (known.is_some() || repeated)
                })
    }

    fn take(&mut self, proposal: &Proposal, now: Timestamp, events: &mut Vec<Recorded>) -> Outcome {
        if let Some(known) = self.known(proposal) {
            return known;
        }
        let accepted = match &proposal.verdict {
            Ok(accepted) => accepted,
            Err(refusal) => return Outcome::Refused(*refusal),
        };
        if accepted.is_empty() {
            return Outcome::Fresh {
                first: self.head(),
                count: 0,
            };
        }
        let known = Known {
            first: self.head().next(),
            count: u32::try_from(accepted.len()).unwrap_or(u32::MAX),
            fingerprint: proposal.fingerprint,
        };
        for event in accepted {
            let (by, command) = (proposal.sender, proposal.command);
            events.push(self.write(by, Some(command), event.clone(), now));
        }
        self.commands
            .insert((proposal.sender, proposal.command), known);
        Outcome::Fresh {
            first: known.first,
            count: known.count,
        }
    }
}
