//! Who looked away while it was being asked whether they may look at all.

use std::collections::HashMap;

use ludus_domain::ids::SessionId;

/// Questions about watches that are on their way, and who left meanwhile. Empty whenever nothing is
/// being asked, so it is as large as what is asked at once.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// Watches so far.
    watches: u64,
    /// Those of which it is being asked.
    open: usize,
    /// Their watches up to here are void.
    left: HashMap<SessionId, u64>,
}

impl Asking {
    pub(crate) const fn is_idle(&self) -> bool {
        self.open == 0
    }

    /// It is asked of a watch: its number.
    pub(crate) fn begin(&mut self) -> u64 {
        self.watches += 1;
        self.open += 1;
        self.watches
    }

    /// Somebody looks away.
    pub(crate) fn leave(&mut self, session: SessionId) {
        if self.open > 0 {
            self.left.insert(session, self.watches);
        }
    }

    /// The answer about a watch came. Answers whether they looked away after it.
    pub(crate) fn end(&mut self, session: SessionId, number: u64) -> bool {
        self.open = self.open.saturating_sub(1);
        let has_left = self.left.get(&session).is_some_and(|last| number <= *last);
        if self.open == 0 {
            self.left.clear();
        }
        has_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: SessionId = SessionId(uuid::Uuid::from_u128(1));
    const BEN: SessionId = SessionId(uuid::Uuid::from_u128(2));

    #[test]
    fn whoever_left_is_not_let_in_and_who_came_back_is() {
        let mut asking = Asking::default();
        let first = asking.begin();
        let others = asking.begin();
        asking.leave(ADA);
        let again = asking.begin();
        assert!(asking.end(ADA, first));
        assert!(!asking.end(BEN, others));
        assert!(!asking.end(ADA, again));
        assert!(asking.is_idle());
    }

    #[test]
    fn nothing_is_kept_of_those_who_leave_when_nothing_is_asked() {
        let mut asking = Asking::default();
        asking.leave(ADA);
        let number = asking.begin();
        asking.leave(BEN);
        assert!(!asking.end(ADA, number));
        assert!(asking.left.is_empty());
    }
}
