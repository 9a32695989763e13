//! What answers cost, and who may still spend: reserve the worst case, then settle what it was.
//!
//! Amounts are millionths of whatever currency the prices are written in. Nothing here trusts a
//! provider: a count that cannot be true is replaced by our own, and a settlement is never more
//! than what was reserved, so what is spent and reserved never exceeds a limit.

use std::collections::BTreeMap;

use crate::ids::{OrgId, ReservationId, RoomId, UserId};

/// Entries of a chat template around each message: role names and separators.
const TOKENS_PER_MESSAGE: u64 = 16;
/// What a template may add once.
const TOKENS_PER_PROMPT: u64 = 64;
/// Bytes of a usual token of European languages; used only where a provider does not count.
const BYTES_PER_TOKEN: u64 = 4;
/// No tokenizer has longer tokens. An answer with more bytes per token was not counted honestly.
const BYTES_PER_TOKEN_MAX: u64 = 128;

const MILLION: u128 = 1_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Counted by us, because the provider did not say or said something absurd.
    pub estimated: bool,
}

/// What a provider says it counted. Providers send nothing, nulls and negative numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
}

/// What we know ourselves of a question and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub prompt_bytes: u64,
    pub messages: u64,
    pub text_bytes: u64,
    pub max_output_tokens: u64,
}

impl Measured {
    /// More tokens the prompt cannot have: a token is at least a byte.
    fn prompt_tokens_max(&self) -> u64 {
        let frame = self.messages.saturating_mul(TOKENS_PER_MESSAGE);
        self.prompt_bytes
            .saturating_add(frame)
            .saturating_add(TOKENS_PER_PROMPT)
    }

    fn prompt_tokens_likely(&self) -> u64 {
        let text = self.prompt_bytes.div_ceil(BYTES_PER_TOKEN);
        text.saturating_add(self.messages.saturating_mul(BYTES_PER_TOKEN))
    }

    /// What the provider says, where it can be true; else what we count.
    pub fn usage(&self, reported: Reported) -> Usage {
        let honest = |said: Option<i64>, least: u64, most: u64| {
            said.and_then(|said| u64::try_from(said).ok())
                .filter(|said| (least..=most).contains(said))
        };
        let prompt = honest(reported.prompt_tokens, 1, self.prompt_tokens_max());
        // Thinking that is not shown is counted too, so there may be more tokens than text.
        let least = self.text_bytes.div_ceil(BYTES_PER_TOKEN_MAX);
        let completion = honest(reported.completion_tokens, least, self.max_output_tokens);
        Usage {
            prompt_tokens: prompt.unwrap_or_else(|| self.prompt_tokens_likely()),
            completion_tokens: completion.unwrap_or_else(|| {
                let text = self.text_bytes.div_ceil(BYTES_PER_TOKEN);
                text.min(self.max_output_tokens)
            }),
            estimated: prompt.is_none() || completion.is_none(),
        }
    }

    /// The most that asking can cost: what is reserved before.
    pub fn worst(&self, prices: Prices) -> u64 {
        prices.cost(Usage {
            prompt_tokens: self.prompt_tokens_max(),
            completion_tokens: self.max_output_tokens,
            estimated: true,
        })
    }
}

/// What a million tokens cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    pub prompt_micro: u64,
    pub completion_micro: u64,
}

impl Prices {
    /// Rounded up: many small answers must not be free.
    pub fn cost(&self, usage: Usage) -> u64 {
        let part = |tokens: u64, price: u64| u128::from(tokens).saturating_mul(u128::from(price));
        let sum = part(usage.prompt_tokens, self.prompt_micro)
            .saturating_add(part(usage.completion_tokens, self.completion_micro));
        u64::try_from(sum.div_ceil(MILLION)).unwrap_or(u64::MAX)
    }
}

/// What may be spent. `None`: as much as is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub org_day_micro: Option<u64>,
    /// As long as the room exists.
    pub room_micro: Option<u64>,
    pub learner_day_micro: Option<u64>,
}

/// Where money is kept: each has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purse {
    OrgDay {
        org: OrgId,
        day: i32,
    },
    Room {
        org: OrgId,
        room: RoomId,
    },
    LearnerDay {
        org: OrgId,
        learner: UserId,
        day: i32,
    },
}

impl Limits {
    pub const fn of(&self, purse: &Purse) -> Option<u64> {
        match purse {
            Purse::OrgDay { .. } => self.org_day_micro,
            Purse::Room { .. } => self.room_micro,
            Purse::LearnerDay { .. } => self.learner_day_micro,
        }
    }
}

/// Who wants to spend, and how much at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub org: OrgId,
    pub room: Option<RoomId>,
    pub learner: Option<UserId>,
    pub amount_micro: u64,
}

impl Claim {
    /// Every purse it is paid from, in the one order in which they are locked. `day` counts from
    /// 1970-01-01, by the clock of whoever keeps the book.
    pub fn purses(&self, day: i32) -> impl Iterator<Item = Purse> {
        let org = self.org;
        let room = self.room.map(|room| Purse::Room { org, room });
        let learner = self
            .learner
            .map(|learner| Purse::LearnerDay { org, learner, day });
        [Some(Purse::OrgDay { org, day }), room, learner]
            .into_iter()
            .flatten()
    }
}

/// A promise to pay at most so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub id: ReservationId,
    pub claim: Claim,
    /// The day it is paid on, even when it is settled after midnight.
    pub day: i32,
}

/// Which purse has not enough left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of this purse is reached")]
pub struct Short(pub Purse);

/// What was paid from one purse, and what may still be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub spent_micro: u64,
    pub reserved_micro: u64,
}

impl Balance {
    pub const fn total(&self) -> u64 {
        self.spent_micro.saturating_add(self.reserved_micro)
    }

    /// `None` when the limit would be passed.
    pub fn reserve(self, amount_micro: u64, limit: Option<u64>) -> Option<Self> {
        let total = self.total().checked_add(amount_micro)?;
        (limit.is_none_or(|limit| total <= limit)).then_some(Self {
            reserved_micro: self.reserved_micro.saturating_add(amount_micro),
            ..self
        })
    }

    /// What was reserved becomes what was spent, which is never more.
    pub fn settle(self, reserved_micro: u64, spent_micro: u64) -> Self {
        Self {
            reserved_micro: self.reserved_micro.saturating_sub(reserved_micro),
            spent_micro: self
                .spent_micro
                .saturating_add(spent_micro.min(reserved_micro)),
        }
    }
}

/// All purses in memory. A store keeps the same sums in rows and does the same steps in
/// transactions.
#[derive(Clone, Debug, Default)]
pub struct Book {
    limits: Limits,
    balances: BTreeMap<Purse, Balance>,
    open: BTreeMap<ReservationId, Reservation>,
}

impl Book {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    pub fn balance(&self, purse: &Purse) -> Balance {
        self.balances.get(purse).copied().unwrap_or_default()
    }

    /// From all purses or from none. An id that is already open is answered again.
    pub fn reserve(
        &mut self,
        id: ReservationId,
        claim: Claim,
        day: i32,
    ) -> Result<Reservation, Short> {
        if let Some(open) = self.open.get(&id) {
            return Ok(*open);
        }
        let mut after = Vec::new();
        for purse in claim.purses(day) {
            let limit = self.limits.of(&purse);
            match self.balance(&purse).reserve(claim.amount_micro, limit) {
                Some(balance) => after.push((purse, balance)),
                None => return Err(Short(purse)),
            }
        }
        self.balances.extend(after);
        let reservation = Reservation { id, claim, day };
        self.open.insert(id, reservation);
        Ok(reservation)
    }

    /// The second settlement of a reservation changes nothing.
    pub fn settle(&mut self, id: ReservationId, spent_micro: u64) {
        let Some(Reservation { claim, day, .. }) = self.open.remove(&id) else {
            return;
        };
        for purse in claim.purses(day) {
            let settled = self.balance(&purse).settle(claim.amount_micro, spent_micro);
            self.balances.insert(purse, settled);
        }
    }

    /// Nothing was spent.
    pub fn release(&mut self, id: ReservationId) {
        self.settle(id, 0);
    }
}

#[cfg(test)]
mod tests;
