//! Which part of an order was touched: what lets a viewer far away cost nothing.
//!
//! When a subject moves from one position to another, those between shift by one and everybody else
//! stays where they are. So a few intervals of positions say all about a tick: whoever looks at none
//! of them sees what they saw.

use super::Tick;

/// How many intervals a tick may have. More are joined over the smallest gaps between them, which
/// costs a look at windows in the gaps and never misses one.
pub const SPANS_MAX: usize = 64;

/// What became of a subject. Positions are from 0, the old one as before and the new one as after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Nothing for a newcomer.
    pub from: Option<u32>,
    /// Nothing for one who was taken off.
    pub to: Option<u32>,
    /// The last position at which a row may read differently than before; all after newcomers and
    /// those who left, or where shared places were won or lost.
    pub reach: u32,
}

impl Moved {
    /// Outside of this interval every position holds the same subject with the same score and place.
    pub fn span(&self) -> Span {
        let first = match (self.from, self.to) {
            (Some(from), Some(to)) => from.min(to),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => 0,
        };
        Span {
            first,
            last: self.reach.max(first),
        }
    }
}

/// An interval of positions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub first: u32,
    pub last: u32,
}

impl Span {
    pub fn touches(&self, other: Span) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// What moved in one tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moves {
    tick: Tick,
    /// In order, apart from each other.
    spans: Vec<Span>,
    joined: u32,
    left: u32,
}

impl Moves {
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Every position outside of these reads as before the tick. In order, and apart from each other.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// How many came onto the board.
    pub fn joined(&self) -> u32 {
        self.joined
    }

    /// How many were taken off.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Whether anything in an interval may read differently.
    pub fn touches(&self, shown: Span) -> bool {
        let next = self.spans.partition_point(|span| span.last < shown.first);
        self.spans.get(next).is_some_and(|span| span.touches(shown))
    }
}

/// What moved since the last tick.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    spans: Vec<Span>,
    joined: u32,
    left: u32,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether anything in an interval may read differently than at the last tick.
    pub(super) fn touches(&self, shown: Span) -> bool {
        self.spans.iter().any(|span| span.touches(shown))
    }

    pub(super) fn left(&self) -> u32 {
        self.left
    }

    pub(super) fn note(&mut self, moved: Moved) {
        self.joined += u32::from(moved.from.is_none());
        self.left += u32::from(moved.to.is_none());
        let span = moved.span();
        if let Some(last) = self.spans.last_mut()
            && last.first <= span.first
            && span.last <= last.last
        {
            return;
        }
        self.spans.push(span);
        // Tidied up only every so often, so that a storm costs a sort per many moves.
        if self.spans.len() >= SPANS_MAX * 4 {
            self.join();
        }
    }

    pub(super) fn close(mut self, tick: Tick) -> Moves {
        self.join();
        Moves {
            tick,
            spans: self.spans,
            joined: self.joined,
            left: self.left,
        }
    }

    /// Sorts, joins what overlaps or touches, and then the closest ones until few enough are left.
    fn join(&mut self) {
        self.spans.sort_unstable();
        join_within(&mut self.spans, 0);
        let excess = self.spans.len().saturating_sub(SPANS_MAX);
        if excess > 0 {
            let mut gaps: Vec<u32> = self
                .spans
                .windows(2)
                .filter_map(|pair| match pair {
                    [one, next] => Some(next.first - one.last - 1),
                    _ => None,
                })
                .collect();
            let (_, widest, _) = gaps.select_nth_unstable(excess - 1);
            let widest = *widest;
            join_within(&mut self.spans, widest);
        }
    }
}

/// Joins neighbours that have at most `gap` positions between them.
fn join_within(spans: &mut Vec<Span>, gap: u32) {
    spans.dedup_by(|next, kept| {
        let is_near = next.first <= kept.last.saturating_add(1).saturating_add(gap);
        if is_near {
            kept.last = kept.last.max(next.last);
        }
        is_near
    });
}
