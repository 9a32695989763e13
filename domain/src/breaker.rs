//! Whether to ask somebody who keeps failing: closed, open, half-open.
//!
//! Closed, everybody may ask. After several failures in a row it opens and nobody may, for a rest
//! that grows while it does not help. Then it is half-open: one may try, and what comes of it
//! decides. A report counts only for the state it was asked in, so an answer from before a rest
//! neither ends nor lengthens it.

use crate::time::Timestamp;

/// How easily it opens and how long it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Failures in a row that open it. At least 1.
    pub failures: u32,
    /// The first rest. Each failed try doubles the next one.
    pub rest_ms: i64,
    pub rest_ms_max: i64,
    /// A try that nobody reported for so long is given up, and the next one may try.
    pub try_ms_max: i64,
}

impl Default for Patience {
    /// Fewer failures would open it for one bad minute of a network; a longer rest would keep
    /// people waiting for a provider that is back.
    fn default() -> Self {
        Self {
            failures: 5,
            rest_ms: 5_000,
            rest_ms_max: 120_000,
            try_ms_max: 150_000,
        }
    }
}

/// The right to ask once. It is reported back, or forgotten: both are fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Counts changes of state.
    epoch: u64,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Good,
    Bad,
    /// They said when to come back, or at least that it was too much.
    Rest {
        ms: i64,
    },
    /// Says nothing about them: whoever asked went away, or asked something wrong.
    Neither,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Timestamp },
    HalfOpen { trying_since: Option<Timestamp> },
}

/// For gauges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Closed,
    HalfOpen,
    Open,
}

#[derive(Clone, Debug)]
pub struct Breaker {
    patience: Patience,
    state: State,
    epoch: u64,
    /// Rests in a row that did not help: the exponent of the next one.
    vain: u32,
}

impl Breaker {
    pub const fn new(patience: Patience) -> Self {
        Self {
            patience,
            state: State::Closed { failures: 0 },
            epoch: 0,
            vain: 0,
        }
    }

    /// Whether to ask now; else the earliest moment at which it makes sense to come back.
    pub fn ask(&mut self, now: Timestamp) -> Result<Permit, Timestamp> {
        if let State::Open { until } = self.state {
            // A clock that was set back must not make a rest longer than the longest one.
            let longest = now.plus_ms(self.patience.rest_ms_max);
            if now < until && until <= longest {
                return Err(until);
            }
            self.enter(State::HalfOpen { trying_since: None });
        }
        if let State::HalfOpen { trying_since } = self.state {
            if let Some(since) = trying_since {
                let given_up = since.plus_ms(self.patience.try_ms_max);
                if since <= now && now < given_up {
                    return Err(given_up);
                }
            }
            self.enter(State::HalfOpen {
                trying_since: Some(now),
            });
        }
        Ok(Permit { epoch: self.epoch })
    }

    pub fn report(&mut self, permit: Permit, outcome: Outcome, now: Timestamp) {
        if permit.epoch != self.epoch {
            return;
        }
        match (self.state, outcome) {
            (_, Outcome::Rest { ms }) => {
                let ms = ms.clamp(1, self.patience.rest_ms_max.max(1));
                self.open(now.plus_ms(ms));
            }
            (State::Closed { failures }, Outcome::Bad) => {
                let failures = failures.saturating_add(1);
                if failures >= self.patience.failures.max(1) {
                    self.rest(now);
                } else {
                    self.state = State::Closed { failures };
                }
            }
            (State::HalfOpen { .. }, Outcome::Bad) => self.rest(now),
            (State::Closed { .. }, Outcome::Good) => self.state = State::Closed { failures: 0 },
            (State::HalfOpen { .. }, Outcome::Good) => {
                self.vain = 0;
                self.enter(State::Closed { failures: 0 });
            }
            // The try proved nothing: the next one may.
            (State::HalfOpen { .. }, Outcome::Neither) => {
                self.enter(State::HalfOpen { trying_since: None });
            }
            (State::Closed { .. }, Outcome::Neither) | (State::Open { .. }, _) => {}
        }
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.state {
            State::Closed { .. } => Standing::Closed,
            State::Open { until } if now < until => Standing::Open,
            State::Open { .. } | State::HalfOpen { .. } => Standing::HalfOpen,
        }
    }

    fn rest(&mut self, now: Timestamp) {
        let factor = 1_i64 << self.vain.min(30);
        let ms = self.patience.rest_ms.saturating_mul(factor);
        self.vain = self.vain.saturating_add(1);
        self.open(now.plus_ms(ms.clamp(1, self.patience.rest_ms_max.max(1))));
    }

    fn open(&mut self, until: Timestamp) {
        self.enter(State::Open { until });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch = self.epoch.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests;
