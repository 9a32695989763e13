//! One connection, as far as its behaviour goes: hello first, frames read, limits kept, silence noticed.
//!
//! Pure. It knows neither its socket nor any room; the actor does what it answers.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::game::plan::BoardKey;
use crate::ids::{CohortId, CommandId, RoomId, Seq};
use crate::protocol::{
    BOARDS_MAX, BoardPosition, ClientFrame, Close, DESKS_MAX, DeskPosition, FRAMES_PER_MESSAGE_MAX,
    IN_FLIGHT_MAX, Position, SUBSCRIPTIONS_MAX, Subscription,
};
use crate::refusal::Refusal;
use crate::room::Command;
use crate::stream::StreamId;
use crate::time::Timestamp;

/// Frames that could not be understood before the connection is given up.
const BREACHES_MAX: u32 = 8;

/// What the timings of a connection are. Settings, so that tests need not wait for minutes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a connection may stay without a good hello.
    pub hello_ms: i64,
    /// The server says something at least this often.
    pub heartbeat_ms: i64,
    /// How long after a heartbeat a sign of life may take.
    pub silence_ms: i64,
    /// Whether the other side can answer at all (an event stream cannot).
    pub expects_answers: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Prove who this is; then [`Session::admitted`] or close.
    Admit {
        ticket: Option<String>,
        resume: Option<String>,
        subscriptions: Vec<Subscription>,
        client: Option<String>,
    },
    Follow {
        id: Option<CommandId>,
        stream: StreamId,
        since: Option<Position>,
    },
    Unfollow {
        id: CommandId,
        stream: StreamId,
    },
    Watch {
        id: CommandId,
        board: BoardKey,
        top: u8,
        around: u8,
        since: Option<BoardPosition>,
    },
    Unwatch {
        id: CommandId,
        board: BoardKey,
    },
    WatchDesk {
        id: CommandId,
        cohort: CohortId,
        since: Option<DeskPosition>,
    },
    UnwatchDesk {
        id: CommandId,
        cohort: CohortId,
    },
    Ask {
        id: CommandId,
        room: RoomId,
        command: Command,
    },
    Typing {
        room: RoomId,
        on: bool,
    },
    Draft {
        room: RoomId,
        text: String,
    },
    Read {
        room: RoomId,
        seq: Seq,
    },
    /// The client told how far it is.
    Compare(BTreeMap<StreamId, Seq>),
    Nack {
        id: Option<CommandId>,
        code: Refusal,
    },
    /// Send a heartbeat and ask the socket for a sign of life.
    Beat,
    Close(Close),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing but a hello is heard.
    Fresh,
    /// A hello is being checked.
    Checking,
    Live,
    Over,
}

/// The machine of one connection.
#[derive(Debug)]
pub struct Session {
    pace: Pace,
    stage: Stage,
    opened: Timestamp,
    beaten: Timestamp,
    /// The first heartbeat since something was heard. Not the latest: however short the heartbeat
    /// is against the silence, a peer that answers none of them is found out.
    asked: Option<Timestamp>,
    /// Jitter of this connection's heartbeat, so that a thousand do not beat together.
    beat_after_ms: i64,
    following: usize,
    watching: BTreeSet<BoardKey>,
    desks: BTreeSet<CohortId>,
    unanswered: usize,
    breaches: u32,
    /// A screen's connection: it looks at this board and does nothing else.
    only: Option<BoardKey>,
}

impl Session {
    /// `jitter` is 0..=1000: where between 80 % and 120 % of the heartbeat this connection beats.
    pub fn new(pace: Pace, jitter: u16, now: Timestamp) -> Self {
        let beat_after_ms =
            pace.heartbeat_ms * (800 + i64::from(jitter.min(1_000)) * 400 / 1_000) / 1_000;
        Self {
            pace,
            stage: Stage::Fresh,
            opened: now,
            beaten: now,
            asked: None,
            beat_after_ms,
            following: 0,
            watching: BTreeSet::new(),
            desks: BTreeSet::new(),
            unanswered: 0,
            breaches: 0,
            only: None,
        }
    }

    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// Anything arrived: a frame, a pong.
    pub fn heard(&mut self) {
        self.asked = None;
    }

    /// A whole text message arrived.
    pub fn receive(&mut self, message: &[u8]) -> Vec<Act> {
        self.heard();
        if self.stage == Stage::Over {
            return vec![];
        }
        let frames = match read(message) {
            Ok(frames) => frames,
            Err(NotFrames) => return vec![self.close(Close::Malformed)],
        };
        let mut acts = vec![];
        for frame in frames {
            match frame {
                Ok(frame) => acts.push(self.frame(frame)),
                Err(id) => {
                    self.breaches += 1;
                    if self.breaches > BREACHES_MAX || self.stage != Stage::Live {
                        acts.push(self.close(Close::Malformed));
                    } else {
                        acts.push(Act::Nack {
                            id,
                            code: Refusal::Malformed,
                        });
                    }
                }
            }
            if self.stage == Stage::Over {
                break;
            }
        }
        acts
    }

    fn frame(&mut self, frame: ClientFrame) -> Act {
        if let (Stage::Live, Some(only)) = (self.stage, &self.only)
            && let Some((id, code)) = beyond(only, &frame)
        {
            return Act::Nack { id, code };
        }
        match (self.stage, frame) {
            (
                Stage::Fresh,
                ClientFrame::Hello {
                    ticket,
                    resume,
                    subscriptions,
                    client,
                },
            ) => {
                let is_sane = ticket.is_some() != resume.is_some()
                    && subscriptions.len() <= SUBSCRIPTIONS_MAX;
                if !is_sane {
                    return self.close(Close::Malformed);
                }
                self.stage = Stage::Checking;
                self.following = subscriptions.len();
                Act::Admit {
                    ticket,
                    resume,
                    subscriptions,
                    client,
                }
            }
            // Before the hello nothing else is heard, and a second hello is somebody else's.
            (Stage::Fresh | Stage::Checking | Stage::Over, _)
            | (Stage::Live, ClientFrame::Hello { .. }) => self.close(Close::Malformed),
            (Stage::Live, ClientFrame::Subscribe { id, stream, since }) => {
                if self.following >= SUBSCRIPTIONS_MAX {
                    return Act::Nack {
                        id: Some(id),
                        code: Refusal::TooManySubscriptions,
                    };
                }
                self.following += 1;
                Act::Follow {
                    id: Some(id),
                    stream,
                    since,
                }
            }
            (Stage::Live, ClientFrame::Unsubscribe { id, stream }) => Act::Unfollow { id, stream },
            (
                Stage::Live,
                ClientFrame::Watch {
                    id,
                    board,
                    top,
                    around,
                    since,
                },
            ) => {
                if self.watching.len() >= BOARDS_MAX && !self.watching.contains(&board) {
                    return Act::Nack {
                        id: Some(id),
                        code: Refusal::TooManySubscriptions,
                    };
                }
                self.watching.insert(board.clone());
                Act::Watch {
                    id,
                    board,
                    top,
                    around,
                    since,
                }
            }
            (Stage::Live, ClientFrame::Unwatch { id, board }) => {
                self.watching.remove(&board);
                Act::Unwatch { id, board }
            }
            (Stage::Live, ClientFrame::WatchDesk { id, cohort, since }) => {
                if self.desks.len() >= DESKS_MAX && !self.desks.contains(&cohort) {
                    return Act::Nack {
                        id: Some(id),
                        code: Refusal::TooManySubscriptions,
                    };
                }
                self.desks.insert(cohort);
                Act::WatchDesk { id, cohort, since }
            }
            (Stage::Live, ClientFrame::UnwatchDesk { id, cohort }) => {
                self.desks.remove(&cohort);
                Act::UnwatchDesk { id, cohort }
            }
            (Stage::Live, ClientFrame::Command { id, room, command }) => {
                if self.unanswered >= IN_FLIGHT_MAX {
                    return Act::Nack {
                        id: Some(id),
                        code: Refusal::RateLimited,
                    };
                }
                self.unanswered += 1;
                Act::Ask { id, room, command }
            }
            (Stage::Live, ClientFrame::Typing { room, on }) => Act::Typing { room, on },
            (Stage::Live, ClientFrame::Draft { room, text }) => Act::Draft { room, text },
            (Stage::Live, ClientFrame::Read { room, seq }) => Act::Read { room, seq },
            (Stage::Live, ClientFrame::Heartbeat { positions }) => Act::Compare(positions),
        }
    }

    /// The hello was good. `only`: it was a screen's.
    pub fn admitted(&mut self, now: Timestamp, only: Option<BoardKey>) {
        if self.stage == Stage::Checking {
            self.stage = Stage::Live;
            self.beaten = now;
            self.only = only;
        }
    }

    /// A command got its answer.
    pub fn answered(&mut self, count: usize) {
        self.unanswered = self.unanswered.saturating_sub(count);
    }

    /// A stream is no longer followed.
    pub fn unfollowed(&mut self) {
        self.following = self.following.saturating_sub(1);
    }

    /// A board is no longer watched, or never was: it was refused.
    pub fn unwatched(&mut self, board: &BoardKey) {
        self.watching.remove(board);
    }

    /// A desk is no longer watched, or never was: it was refused.
    pub fn left_desk(&mut self, cohort: CohortId) {
        self.desks.remove(&cohort);
    }

    /// Time passes: call at least once a second.
    pub fn tick(&mut self, now: Timestamp) -> Option<Act> {
        match self.stage {
            Stage::Over => None,
            Stage::Fresh | Stage::Checking => (now.ms_since(self.opened) >= self.pace.hello_ms)
                .then(|| self.close(Close::HelloTimeout)),
            Stage::Live => {
                let waited_ms = self.asked.map_or(0, |asked| now.ms_since(asked));
                if self.pace.expects_answers && waited_ms >= self.pace.silence_ms {
                    return Some(self.close(Close::Silent));
                }
                if now.ms_since(self.beaten) >= self.beat_after_ms {
                    self.beaten = now;
                    self.asked.get_or_insert(now);
                    return Some(Act::Beat);
                }
                None
            }
        }
    }

    /// How long nothing needs to be done, unless something arrives; `None` when it is over.
    pub fn wait_ms(&self, now: Timestamp) -> Option<u64> {
        let due = match self.stage {
            Stage::Over => return None,
            Stage::Fresh | Stage::Checking => self.opened.plus_ms(self.pace.hello_ms),
            Stage::Live => {
                let beat = self.beaten.plus_ms(self.beat_after_ms);
                let asked = self.asked.filter(|_| self.pace.expects_answers);
                asked.map_or(beat, |asked| beat.min(asked.plus_ms(self.pace.silence_ms)))
            }
        };
        // A little past the moment, so that one look suffices.
        Some(u64::try_from(due.ms_since(now)).unwrap_or(0) + 1)
    }

    /// The longest a client waits for something to arrive.
    pub fn heartbeat_ms(&self) -> u32 {
        u32::try_from(self.pace.heartbeat_ms * 12 / 10).unwrap_or(u32::MAX)
    }

    /// It ends, for whatever reason; nothing more is heard.
    pub fn close(&mut self, why: Close) -> Act {
        self.stage = Stage::Over;
        Act::Close(why)
    }
}

/// The message is not JSON of the right shape at all.
#[derive(Debug, PartialEq, Eq)]
struct NotFrames;

/// Reads a message: one frame or a list. A frame that is not understood keeps its id, if it has one,
/// so that its sender can be told.
fn read(message: &[u8]) -> Result<Vec<Result<ClientFrame, Option<CommandId>>>, NotFrames> {
    let first = message.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'{') => {
            if let Ok(frame) = serde_json::from_slice(message) {
                return Ok(vec![Ok(frame)]);
            }
            let value = serde_json::from_slice(message).map_err(|_| NotFrames)?;
            Ok(vec![Err(id_of(&value))])
        }
        Some(b'[') => {
            let values: Vec<serde_json::Value> =
                serde_json::from_slice(message).map_err(|_| NotFrames)?;
            if values.is_empty() || values.len() > FRAMES_PER_MESSAGE_MAX {
                return Err(NotFrames);
            }
            Ok(values
                .into_iter()
                .map(|value| {
                    let id = id_of(&value);
                    serde_json::from_value(value).map_err(|_| id)
                })
                .collect())
        }
        _ => Err(NotFrames),
    }
}

fn id_of(value: &serde_json::Value) -> Option<CommandId> {
    value.get("id")?.as_str()?.parse().ok()
}

/// What a screen may not ask for: everything but looking at its board.
fn beyond(only: &BoardKey, frame: &ClientFrame) -> Option<(Option<CommandId>, Refusal)> {
    match frame {
        // To a screen there is no other board.
        ClientFrame::Watch { id, board, .. } if board != only => {
            Some((Some(*id), Refusal::NotFound))
        }
        ClientFrame::Subscribe { id, .. }
        | ClientFrame::Unsubscribe { id, .. }
        | ClientFrame::WatchDesk { id, .. }
        | ClientFrame::UnwatchDesk { id, .. }
        | ClientFrame::Command { id, .. } => Some((Some(*id), Refusal::Forbidden)),
        ClientFrame::Typing { .. } | ClientFrame::Draft { .. } | ClientFrame::Read { .. } => {
            Some((None, Refusal::Forbidden))
        }
        ClientFrame::Hello { .. }
        | ClientFrame::Watch { .. }
        | ClientFrame::Unwatch { .. }
        | ClientFrame::Heartbeat { .. } => None,
    }
}
