//! How one node plays the turns of one persona in one room: begins them, streams them, keeps them
//! safe, hands them in; and takes over what another node, or this one before it was killed, has lost.
//!
//! Pure: every method takes an input and answers with what is to be done ([`Do`]). What is open is
//! the room's to say ([`crate::room::Stage`]): a player that was overtaken finds its attempt
//! outdated and goes quiet, and the room refuses what it still hands in.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::host::Answer;
use crate::ids::TurnId;
use crate::refusal::Refusal;
use crate::room::{Act, Pace, SceneNotes, Turn, TurnEnd};
use crate::time::Timestamp;

/// Text is told to the room at most this often.
pub const TELL_MS: i64 = 40;
/// What was said so far is kept this often, and with it the claim to the turn.
pub const KEEP_MS: i64 = 1_000;
/// A turn whose text was not kept for so long has lost whoever began it.
pub const LEASE_MS: i64 = 6_000;
/// The longest answer; what comes after it is not asked for.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Pause before the store is asked again for what it could not do.
const AGAIN_MS: i64 = 500;

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Give this to the room; its answer comes to [`Player::begun`] or [`Player::finished`].
    Act(Act),
    /// Ask for the answer of this turn: [`Player::piece`], then [`Player::ended`].
    Compose { turn: TurnId, attempt: u8 },
    /// Whatever is being asked for is not wanted any more.
    Abort,
    /// Tell whoever looks on. `from` is in characters.
    Tell {
        turn: TurnId,
        attempt: u8,
        from: u32,
        text: String,
    },
    /// Keep this where it survives; [`Player::kept`].
    Keep {
        turn: TurnId,
        attempt: u8,
        text: String,
    },
    /// Read what was kept of a turn somebody else began; [`Player::looked`].
    Look { turn: TurnId },
}

/// What was kept of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub attempt: u8,
    pub text: String,
    /// Since it was kept, by the store's clock.
    pub age_ms: i64,
}

#[derive(Debug)]
enum At {
    Idle,
    Beginning {
        turn: TurnId,
        attempt: u8,
        steers: u8,
    },
    Speaking(Speech),
    Looking {
        turn: TurnId,
    },
    Finishing {
        turn: TurnId,
        attempt: u8,
        act: Act,
        /// When it is handed in again; `None` while it is on its way.
        again_at: Option<Timestamp>,
        kept_at: Timestamp,
    },
}

#[derive(Debug)]
struct Speech {
    turn: TurnId,
    attempt: u8,
    steers: u8,
    text: String,
    /// Who makes the text, as far as it is known.
    engine: String,
    /// What was noticed of the line it answers.
    notes: SceneNotes,
    /// How much of it was told: bytes, characters.
    told: (usize, u32),
    told_at: Timestamp,
    kept_at: Timestamp,
    begun_at: Timestamp,
    pace: Pace,
}

/// The machine.
#[derive(Debug)]
pub struct Player {
    at: At,
    open: BTreeMap<TurnId, Turn>,
    /// When a turn of somebody else is looked at next.
    look_at: BTreeMap<TurnId, Timestamp>,
    /// Nothing is begun before: the store was not there.
    rest_until: Timestamp,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            at: At::Idle,
            open: BTreeMap::new(),
            look_at: BTreeMap::new(),
            rest_until: Timestamp(0),
        }
    }
}

impl Player {
    /// Nothing is open and nothing is on its way.
    pub fn is_idle(&self) -> bool {
        matches!(self.at, At::Idle) && self.open.is_empty()
    }

    pub fn turn(&self, turn: TurnId) -> Option<&Turn> {
        self.open.get(&turn)
    }

    /// Whether anybody has heard anything of the answer that is coming.
    pub fn has_spoken(&self) -> bool {
        matches!(&self.at, At::Speaking(speech) if !speech.text.is_empty())
    }

    /// What this persona has open in the room now.
    pub fn cue(&mut self, open: BTreeMap<TurnId, Turn>, now: Timestamp) -> Vec<Do> {
        self.open = open;
        self.look_at.retain(|turn, _| self.open.contains_key(turn));
        self.step(now)
    }

    /// The room has answered a `begin`.
    pub fn begun(&mut self, turn: TurnId, attempt: u8, answer: Answer, now: Timestamp) -> Vec<Do> {
        let At::Beginning {
            turn: asked,
            attempt: as_attempt,
            steers,
        } = self.at
        else {
            return vec![];
        };
        if (asked, as_attempt) != (turn, attempt) {
            return vec![];
        }
        self.at = At::Idle;
        match answer {
            Answer::Ack { .. } => {
                self.at = At::Speaking(Speech {
                    turn,
                    attempt,
                    steers,
                    text: String::new(),
                    engine: String::new(),
                    notes: SceneNotes::default(),
                    told: (0, 0),
                    told_at: Timestamp(0),
                    kept_at: now,
                    begun_at: now,
                    pace: Pace::default(),
                });
                let mut todo = vec![Do::Compose { turn, attempt }];
                todo.extend(self.step(now));
                todo
            }
            Answer::Nack {
                code: Refusal::Unavailable,
                ..
            } => {
                self.rest_until = now.plus_ms(AGAIN_MS);
                vec![]
            }
            // Somebody else was first, or it was stopped: the next cue tells.
            Answer::Nack { .. } => {
                self.look_at.insert(turn, now.plus_ms(LEASE_MS));
                vec![]
            }
        }
    }

    /// What was noticed of the scene while the answer was put together.
    pub fn noted(&mut self, notes: SceneNotes) {
        if let At::Speaking(speech) = &mut self.at {
            speech.notes = notes;
        }
    }

    /// Who answers.
    pub fn engine(&mut self, name: String) {
        if let At::Speaking(speech) = &mut self.at {
            speech.engine = name;
        }
    }

    /// More of the answer.
    pub fn piece(&mut self, text: &str, now: Timestamp) -> Vec<Do> {
        let At::Speaking(speech) = &mut self.at else {
            return vec![];
        };
        speech.text.push_str(text);
        if speech.text.len() > TEXT_BYTES_MAX {
            let mut end = TEXT_BYTES_MAX;
            while !speech.text.is_char_boundary(end) {
                end -= 1;
            }
            speech.text.truncate(end);
            let mut todo = vec![Do::Abort];
            todo.extend(self.finish(TurnEnd::Cut, now));
            return todo;
        }
        self.tell(now)
    }

    /// The answer is over.
    pub fn ended(&mut self, end: TurnEnd, now: Timestamp) -> Vec<Do> {
        self.finish(end, now)
    }

    /// Whether what was to be kept was kept. `false`: the turn is somebody else's by now.
    pub fn kept(&mut self, turn: TurnId, attempt: u8, is_ours: bool, now: Timestamp) -> Vec<Do> {
        let is_of = matches!(&self.at, At::Speaking(speech) if (speech.turn, speech.attempt) == (turn, attempt));
        if is_ours || !is_of {
            return vec![];
        }
        self.at = At::Idle;
        self.look_at.insert(turn, now.plus_ms(LEASE_MS));
        vec![Do::Abort]
    }

    /// What was found of a turn somebody else began; `None` when nothing could be read.
    pub fn looked(&mut self, turn: TurnId, kept: Option<Kept>, now: Timestamp) -> Vec<Do> {
        if !matches!(self.at, At::Looking { turn: asked } if asked == turn) {
            return vec![];
        }
        self.at = At::Idle;
        let Some(kept) = kept else {
            self.look_at.insert(turn, now.plus_ms(AGAIN_MS));
            return vec![];
        };
        if kept.age_ms < LEASE_MS {
            // At least a moment, so that a clock that stands still does not make a storm of reads.
            let wait_ms = (LEASE_MS - kept.age_ms).clamp(AGAIN_MS, LEASE_MS);
            self.look_at.insert(turn, now.plus_ms(wait_ms));
            return vec![];
        }
        let Some(open) = self.open.get(&turn) else {
            return self.step(now);
        };
        self.look_at.remove(&turn);
        // Text of another attempt than the last is void.
        let text = if kept.attempt == open.attempt {
            kept.text
        } else {
            String::new()
        };
        let is_spent = open.recoveries > 0;
        if open.stopped || is_spent {
            let end = if open.stopped {
                TurnEnd::Stopped
            } else {
                TurnEnd::Broken
            };
            let attempt = open.attempt;
            let act = Act::Finish {
                turn,
                attempt,
                text,
                end,
                engine: String::new(),
                notes: SceneNotes::default(),
            };
            return self.hand_in(turn, attempt, act, now);
        }
        let (attempt, steers) = (open.attempt.saturating_add(1), open.steers);
        self.begin(turn, attempt, steers, true)
    }

    /// The room has answered a `finish`.
    pub fn finished(&mut self, turn: TurnId, answer: Answer, now: Timestamp) -> Vec<Do> {
        let At::Finishing {
            turn: asked,
            again_at,
            ..
        } = &mut self.at
        else {
            return vec![];
        };
        if *asked != turn {
            return vec![];
        }
        if let Answer::Nack {
            code: Refusal::Unavailable,
            ..
        } = answer
        {
            // What was said was heard: it is handed in until the store has it.
            *again_at = Some(now.plus_ms(AGAIN_MS));
            return vec![];
        }
        self.at = At::Idle;
        self.open.remove(&turn);
        self.step(now)
    }

    /// Time passes.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Do> {
        let mut todo = self.step(now);
        todo.extend(self.tell(now));
        todo.extend(self.keep(now));
        todo
    }

    /// How long nothing needs to be done unless something arrives; `None`: for ever.
    pub fn wait_ms(&self, now: Timestamp) -> Option<u64> {
        let due = match &self.at {
            At::Idle => {
                let first = self.open.keys().next()?;
                let at = self.look_at.get(first).copied().unwrap_or(now);
                at.max(self.rest_until)
            }
            At::Beginning { .. } | At::Looking { .. } => return None,
            At::Speaking(speech) => {
                let keep = speech.kept_at.plus_ms(KEEP_MS);
                if speech.told.0 < speech.text.len() {
                    keep.min(speech.told_at.plus_ms(TELL_MS))
                } else {
                    keep
                }
            }
            At::Finishing {
                again_at, kept_at, ..
            } => again_at.map_or(kept_at.plus_ms(KEEP_MS), |again| {
                again.min(kept_at.plus_ms(KEEP_MS))
            }),
        };
        Some(u64::try_from(due.ms_since(now)).unwrap_or(0) + 1)
    }

    /// What the room's word makes of what goes on here.
    fn step(&mut self, now: Timestamp) -> Vec<Do> {
        match &mut self.at {
            At::Finishing {
                act,
                again_at: again @ Some(_),
                ..
            } if again.is_some_and(|at| at <= now) => {
                *again = None;
                vec![Do::Act(act.clone())]
            }
            At::Finishing { .. } | At::Beginning { .. } | At::Looking { .. } => vec![],
            At::Speaking(speech) => {
                let turn = speech.turn;
                let Some(open) = self.open.get(&turn) else {
                    self.at = At::Idle;
                    let mut todo = vec![Do::Abort];
                    todo.extend(self.step(now));
                    return todo;
                };
                if open.attempt > speech.attempt {
                    self.at = At::Idle;
                    self.look_at.insert(turn, now.plus_ms(LEASE_MS));
                    return vec![Do::Abort];
                }
                if open.stopped {
                    let mut todo = vec![Do::Abort];
                    todo.extend(self.finish(TurnEnd::Stopped, now));
                    return todo;
                }
                if open.steers > speech.steers {
                    let (attempt, steers) = (speech.attempt.saturating_add(1), open.steers);
                    let mut todo = vec![Do::Abort];
                    todo.extend(self.begin(turn, attempt, steers, false));
                    return todo;
                }
                vec![]
            }
            At::Idle => {
                let Some((turn, open)) = self.open.first_key_value() else {
                    return vec![];
                };
                let turn = *turn;
                let look_at = self.look_at.get(&turn).copied();
                if now < self.rest_until || look_at.is_some_and(|at| at > now) {
                    return vec![];
                }
                if open.attempt == 0 {
                    let steers = open.steers;
                    return self.begin(turn, 1, steers, false);
                }
                self.at = At::Looking { turn };
                vec![Do::Look { turn }]
            }
        }
    }

    fn begin(&mut self, turn: TurnId, attempt: u8, steers: u8, recovery: bool) -> Vec<Do> {
        self.look_at.remove(&turn);
        self.at = At::Beginning {
            turn,
            attempt,
            steers,
        };
        vec![Do::Act(Act::Begin {
            turn,
            attempt,
            recovery,
        })]
    }

    fn finish(&mut self, end: TurnEnd, now: Timestamp) -> Vec<Do> {
        let mut todo = self.tell_rest(now);
        let At::Speaking(speech) = &mut self.at else {
            return vec![];
        };
        let (turn, attempt) = (speech.turn, speech.attempt);
        let mut notes = std::mem::take(&mut speech.notes);
        notes.pace = std::mem::take(&mut speech.pace).marks();
        if end != TurnEnd::Done {
            // What the learner reached stands; how the scene ends was not said to the end.
            notes.ended = None;
        }
        let act = Act::Finish {
            turn,
            attempt,
            text: speech.text.trim_end().to_owned(),
            end,
            engine: std::mem::take(&mut speech.engine),
            notes,
        };
        todo.extend(self.hand_in(turn, attempt, act, now));
        todo
    }

    fn hand_in(&mut self, turn: TurnId, attempt: u8, act: Act, now: Timestamp) -> Vec<Do> {
        self.at = At::Finishing {
            turn,
            attempt,
            act: act.clone(),
            again_at: None,
            kept_at: now,
        };
        vec![Do::Act(act)]
    }

    fn tell(&mut self, now: Timestamp) -> Vec<Do> {
        match &self.at {
            At::Speaking(speech) if now.ms_since(speech.told_at) >= TELL_MS => self.tell_rest(now),
            _ => vec![],
        }
    }

    fn tell_rest(&mut self, now: Timestamp) -> Vec<Do> {
        let At::Speaking(speech) = &mut self.at else {
            return vec![];
        };
        let (bytes, from) = speech.told;
        let fresh = speech.text.get(bytes..).unwrap_or_default().to_owned();
        if fresh.is_empty() {
            return vec![];
        }
        let chars = u32::try_from(fresh.chars().count()).unwrap_or(u32::MAX);
        speech.told = (speech.text.len(), from.saturating_add(chars));
        speech.told_at = now;
        let after_ms = now.ms_since(speech.begun_at);
        speech.pace.told(after_ms, speech.told.1);
        vec![Do::Tell {
            turn: speech.turn,
            attempt: speech.attempt,
            from,
            text: fresh,
        }]
    }

    fn keep(&mut self, now: Timestamp) -> Vec<Do> {
        let (turn, attempt, text, kept_at) = match &mut self.at {
            At::Speaking(speech) => (
                speech.turn,
                speech.attempt,
                speech.text.clone(),
                &mut speech.kept_at,
            ),
            At::Finishing {
                turn,
                attempt,
                act: Act::Finish { text, .. },
                kept_at,
                ..
            } => (*turn, *attempt, text.clone(), kept_at),
            _ => return vec![],
        };
        if now.ms_since(*kept_at) < KEEP_MS {
            return vec![];
        }
        *kept_at = now;
        vec![Do::Keep {
            turn,
            attempt,
            text,
        }]
    }
}
