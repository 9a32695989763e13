//! A board while it is open: the order, and who stands in it.

use std::mem;

use ludus_domain::board::{self, Board as Machine, Subject, teams::Teams};
use ludus_domain::ids::UserId;

use crate::standings::{Moved, OpenBoard, Value};

pub(super) struct Opened {
    pub(super) from: OpenBoard,
    pub(super) machine: Machine,
    teams: Option<Teams>,
    #[cfg(feature = "faults")]
    deltas: crate::faults::Deltas,
}

impl Opened {
    pub(super) fn build(mut from: OpenBoard) -> Self {
        let values = mem::take(&mut from.values);
        let mut opened = Self {
            machine: Machine::build(from.epoch, from.spec, []),
            teams: from.fold.map(Teams::new),
            from,
            #[cfg(feature = "faults")]
            deltas: crate::faults::Deltas::default(),
        };
        let totals: Vec<board::Total> = values
            .into_iter()
            .filter_map(|value| {
                #[cfg(feature = "faults")]
                opened.deltas.begin(value);
                opened.total_of(value)
            })
            .collect();
        opened.machine = Machine::build(opened.from.epoch, opened.from.spec, totals);
        opened
    }

    /// What of a gain counts here.
    pub(super) fn value_of(&self, moved: &Moved) -> Option<Value> {
        moved.totals.iter().find_map(|total| {
            let (score, reached_at) = self.from.compares.value(total)?;
            Some(Value {
                user: moved.user,
                score,
                reached_at,
                version: moved.version,
            })
        })
    }

    pub(super) fn take(&mut self, value: Value) {
        #[cfg(feature = "faults")]
        let value = self.deltas.add(value);
        if let Some(total) = self.total_of(value) {
            self.machine.apply([total]);
        }
    }

    /// Whose row is a viewer's own.
    pub(super) fn subject_of(&self, user: UserId) -> Option<Subject> {
        match self.from.fold {
            Some(_) => self.from.standees.get(&user)?.team.map(Subject::Team),
            None => Some(Subject::User(user)),
        }
    }

    /// A person's value as the board takes it: theirs, or their team's.
    fn total_of(&mut self, value: Value) -> Option<board::Total> {
        let standee = self.from.standees.get(&value.user)?;
        match &mut self.teams {
            Some(teams) => teams.apply(
                value.user,
                standee.team?,
                value.score,
                value.reached_at,
                value.version,
            ),
            None => Some(board::Total {
                subject: Subject::User(value.user),
                score: value.score,
                reached_at: value.reached_at,
                version: value.version,
            }),
        }
    }
}
