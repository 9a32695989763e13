//! What a client holds of a board: the rows it shows, rebuilt from what it was told.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::ids::Epoch;

use super::Tick;
use super::ranking::{Rank, Row};
use super::viewer::{Change, Shows};

/// A change that cannot be understood by itself came after one that was not seen. Ask anew.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a change of the board was missed")]
pub struct Missed;

/// The rows a client shows, by their position on the board.
#[derive(Clone, Debug)]
pub struct Window {
    shows: Shows,
    /// Up to where this is true, once anything is.
    known: Option<(Epoch, Tick)>,
    count: u32,
    own: Option<Rank>,
    rows: BTreeMap<u32, Row>,
}

impl Window {
    pub fn new(shows: Shows) -> Self {
        Self {
            shows,
            known: None,
            count: 0,
            own: None,
            rows: BTreeMap::new(),
        }
    }

    /// Puts the change's rows where they belong and forgets those that are no longer shown: this is
    /// all that a client has to do.
    pub fn take(&mut self, change: &Change) -> Result<(), Missed> {
        match change.after {
            None => self.rows.clear(),
            Some(after) if self.known == Some((change.epoch, after)) => {}
            Some(_) => return Err(Missed),
        }
        self.known = Some((change.epoch, change.tick));
        self.count = change.count;
        self.own = change.own;
        self.rows
            .extend(change.rows.iter().map(|row| (row.at, *row)));
        let (top, around) = self.shows.spans(self.own.map(|own| own.at));
        self.rows.retain(|at, _| {
            let is_in = |span: super::moves::Span| span.first <= *at && *at <= span.last;
            *at < change.count && (top.is_some_and(is_in) || around.is_some_and(is_in))
        });
        Ok(())
    }

    /// What to resume from.
    pub fn known(&self) -> Option<(Epoch, Tick)> {
        self.known
    }

    /// In order: the board's top first, then those around the viewer's subject.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub fn own(&self) -> Option<Rank> {
        self.own
    }

    pub fn count(&self) -> u32 {
        self.count
    }
}
