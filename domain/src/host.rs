//! How one node hosts a room: lines commands up, decides them, sends them to the store in batches,
//! and says nothing before the store has answered.
//!
//! One batch is in flight at a time. While it is, commands wait; when it comes back, everything
//! that waited is decided at once and becomes the next batch: quiet rooms pay one commit of
//! latency, busy rooms get big batches without a timer. Deciding works on a scratch copy that
//! evolves as it goes and becomes the room's state only when the store says so.
//!
//! Pure: every method takes an input and answers with what is to be done ([`Todo`]). The actor
//! does it in production, the simulation in tests.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::ids::{CommandId, Epoch, OrgId, RoomId, Seq};
use crate::journal::{
    Append, Appended, BATCH_EVENTS_MAX, Fact, Fault, Outcome, Proposal, Recorded, fingerprint_of,
    id_of,
};
use crate::refusal::Refusal;
use crate::room::{Event, LineFact, Order, Room, Sender};

/// Commands that may wait for their turn. Past it the room answers `unavailable` at once: a queue
/// that is a second deep already keeps nobody's promise.
pub const WAITING_MAX: usize = 2_048;
/// Times a command is decided anew because the world moved. More would only mean that two nodes fight.
pub const TRIES_MAX: u8 = 3;
/// Lines whose author is remembered, so that edits and reactions of recent lines cost no read.
const LINES_MAX: usize = 4_096;
/// What a client is told to wait when the queue is full.
const QUEUE_FULL_RETRY_MS: u32 = 500;

/// A command with its way back.
#[derive(Clone, Debug)]
pub struct Pending<R> {
    pub to: R,
    pub sender: Sender,
    pub id: CommandId,
    pub order: Order,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Ack {
        seq: Seq,
        count: u32,
        dup: bool,
    },
    Nack {
        code: Refusal,
        retry_after_ms: Option<u32>,
    },
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Todo<R> {
    /// Give this to the store and bring the answer to [`Host::appended`].
    Append(Append),
    /// Ask the store about a line and bring the answer to [`Host::recalled`].
    Recall(Seq),
    /// Read the events after this position and bring them to [`Host::caught_up`].
    CatchUp { after: Seq },
    /// Tell everybody who follows.
    Publish(Vec<Recorded>),
    Answer {
        to: R,
        id: CommandId,
        answer: Answer,
    },
}

#[derive(Clone, Debug)]
struct Queued<R> {
    pending: Pending<R>,
    tries: u8,
}

/// What the host waits for. While it waits, nothing else is asked of the store.
#[derive(Debug)]
enum Wait<R> {
    Nothing,
    Append {
        flight: Vec<Queued<R>>,
    },
    Recall(Seq),
    /// Reading what others wrote; `held` is a commit of ours that comes after it.
    CatchUp {
        held: Option<Held<R>>,
        target: Seq,
    },
}

#[derive(Debug)]
struct Held<R> {
    flight: Vec<Queued<R>>,
    outcomes: Vec<Outcome>,
    events: Vec<Recorded>,
}

/// A room on this node.
#[derive(Debug)]
pub struct Host<R> {
    org: OrgId,
    id: RoomId,
    epoch: Epoch,
    /// The last event this node has taken in and told.
    head: Seq,
    /// The last event that can change a decision.
    guard: Seq,
    room: Arc<Room>,
    /// The room after the batch in flight, when that moves the guard.
    ahead: Option<Arc<Room>>,
    waiting: VecDeque<Queued<R>>,
    wait: Wait<R>,
    /// Authors of recent lines, and of those that were asked for; `None`: there is no such line.
    lines: BTreeMap<Seq, Option<LineFact>>,
    /// How far the stream is said to go. Believed until the store says otherwise.
    heard: Seq,
    /// After a poisoned batch: how many commands are sent one at a time, to find the one.
    careful: usize,
}

impl<R> Host<R> {
    pub fn new(org: OrgId, id: RoomId, epoch: Epoch, head: Seq, guard: Seq, room: Room) -> Self {
        Self {
            org,
            id,
            epoch,
            head,
            guard,
            room: Arc::new(room),
            ahead: None,
            waiting: VecDeque::new(),
            wait: Wait::Nothing,
            lines: BTreeMap::new(),
            heard: head,
            careful: 0,
        }
    }

    pub fn room(&self) -> &Room {
        &self.room
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn head(&self) -> Seq {
        self.head
    }

    pub fn guard(&self) -> Seq {
        self.guard
    }

    /// Commands that have no answer yet.
    pub fn unanswered(&self) -> usize {
        let in_flight = match &self.wait {
            Wait::Append { flight } => flight.len(),
            Wait::CatchUp {
                held: Some(held), ..
            } => held.flight.len(),
            Wait::Nothing | Wait::Recall(_) | Wait::CatchUp { held: None, .. } => 0,
        };
        self.waiting.len() + in_flight
    }

    /// Learns of lines from events that were read to fill the memory at start.
    pub fn prime(&mut self, events: &[Recorded]) {
        for recorded in events {
            self.note_line(recorded);
        }
    }

    /// Somebody asks something of the room.
    pub fn command(&mut self, pending: Pending<R>) -> Vec<Todo<R>> {
        if self.waiting.len() >= WAITING_MAX {
            let answer = Answer::Nack {
                code: Refusal::Unavailable,
                retry_after_ms: Some(QUEUE_FULL_RETRY_MS),
            };
            return vec![Todo::Answer {
                to: pending.to,
                id: pending.id,
                answer,
            }];
        }
        self.waiting.push_back(Queued { pending, tries: 0 });
        self.next()
    }

    /// The store answered an append.
    pub fn appended(&mut self, result: Result<Appended, Fault>) -> Vec<Todo<R>> {
        let Wait::Append { flight } = std::mem::replace(&mut self.wait, Wait::Nothing) else {
            return vec![];
        };
        match result {
            Ok(Appended::Committed {
                epoch,
                before,
                guard,
                outcomes,
                events,
                ..
            }) => {
                self.epoch = epoch;
                // The scratch copy is the room only when what it rests on was written now. A batch
                // of mere retries changes nothing, whatever deciding it again came to.
                let ahead = self.ahead.take();
                if events.iter().any(|recorded| recorded.fact.moves_guard()) {
                    self.room = ahead.unwrap_or_else(|| Arc::clone(&self.room));
                    self.guard = guard;
                }
                let held = Held {
                    flight,
                    outcomes,
                    events,
                };
                if before > self.head {
                    self.wait = Wait::CatchUp {
                        held: Some(held),
                        target: before,
                    };
                    return vec![Todo::CatchUp { after: self.head }];
                }
                self.settle(held)
            }
            Ok(Appended::Moved { head, known, .. }) => self.moved(flight, head, &known),
            // Not written, or nobody knows: the same id asked again is answered truly either way.
            Err(Fault::Unavailable { retry_after_ms } | Fault::Unknown { retry_after_ms }) => {
                self.ahead = None;
                let answer = Answer::Nack {
                    code: Refusal::Unavailable,
                    retry_after_ms: Some(retry_after_ms),
                };
                let mut todo: Vec<_> = flight
                    .into_iter()
                    .map(|queued| queued.answered(answer))
                    .collect();
                todo.extend(self.next());
                todo
            }
            Err(Fault::Poisoned) => {
                self.ahead = None;
                let mut todo = vec![];
                if flight.len() == 1 {
                    let answer = Answer::Nack {
                        code: Refusal::Internal,
                        retry_after_ms: None,
                    };
                    todo.extend(flight.into_iter().map(|queued| queued.answered(answer)));
                } else {
                    self.careful = flight.len();
                    self.put_back(flight);
                }
                todo.extend(self.next());
                todo
            }
        }
    }

    /// The store answered about a line. A store that could not say makes the command wait no longer.
    pub fn recalled(&mut self, seq: Seq, result: Result<Option<LineFact>, Fault>) -> Vec<Todo<R>> {
        if !matches!(self.wait, Wait::Recall(asked) if asked == seq) {
            return vec![];
        }
        self.wait = Wait::Nothing;
        let mut todo = vec![];
        if let Ok(found) = result {
            self.lines.insert(seq, found);
        } else {
            let answer = Answer::Nack {
                code: Refusal::Unavailable,
                retry_after_ms: Some(QUEUE_FULL_RETRY_MS),
            };
            let given_up = self.waiting.pop_front();
            todo.extend(given_up.map(|queued| queued.answered(answer)));
        }
        todo.extend(self.next());
        todo
    }

    /// Somebody heard that the stream has moved: another node wrote. While something is waited for,
    /// it is remembered.
    pub fn doorbell(&mut self, head: Seq) -> Vec<Todo<R>> {
        self.heard = self.heard.max(head);
        self.catch_up().unwrap_or_default()
    }

    /// What another node has committed, told by it. Believed where it follows on what is known here;
    /// otherwise the store is asked for all of it.
    pub fn told(&mut self, events: Vec<Recorded>) -> Vec<Todo<R>> {
        let Some(last) = events.last().map(|last| last.seq) else {
            return vec![];
        };
        let follows = events[0].seq <= self.head.next();
        if !follows || !matches!(self.wait, Wait::Nothing) {
            return self.doorbell(last);
        }
        let mut todo = self.take_in(events);
        todo.extend(self.next());
        todo
    }

    /// Asks for what is said to be there, when nothing else is waited for.
    fn catch_up(&mut self) -> Option<Vec<Todo<R>>> {
        if self.heard <= self.head || !matches!(self.wait, Wait::Nothing) {
            return None;
        }
        self.wait = Wait::CatchUp {
            held: None,
            target: self.heard,
        };
        Some(vec![Todo::CatchUp { after: self.head }])
    }

    /// The events asked for by [`Todo::CatchUp`], from the position asked, as many as came.
    pub fn caught_up(&mut self, result: Result<Vec<Recorded>, Fault>) -> Vec<Todo<R>> {
        let Wait::CatchUp { held, target } = std::mem::replace(&mut self.wait, Wait::Nothing)
        else {
            return vec![];
        };
        let Ok(events) = result else {
            if held.is_some() {
                // Our own commit stands behind what could not be read: ask again, say nothing before.
                self.wait = Wait::CatchUp { held, target };
                return vec![Todo::CatchUp { after: self.head }];
            }
            self.heard = self.head;
            return self.next();
        };
        let is_empty = events.is_empty();
        let mut todo = self.take_in(events);
        if is_empty {
            // Whoever said that there is more was wrong, or will say it again.
            self.heard = self.head;
        }
        if self.head < target && !is_empty {
            self.wait = Wait::CatchUp { held, target };
            todo.push(Todo::CatchUp { after: self.head });
            return todo;
        }
        todo.extend(match held {
            Some(held) => self.settle(held),
            None => self.next(),
        });
        todo
    }

    /// Takes in events that others wrote, in order, and passes them on.
    fn take_in(&mut self, events: Vec<Recorded>) -> Vec<Todo<R>> {
        let mut fresh = Vec::with_capacity(events.len());
        for recorded in events {
            if recorded.seq != self.head.next() {
                continue;
            }
            self.head = recorded.seq;
            if recorded.fact.moves_guard() && recorded.seq > self.guard {
                self.guard = recorded.seq;
                if let Fact::Room(event) = &recorded.fact {
                    Arc::make_mut(&mut self.room).evolve(event);
                }
            }
            self.note_line(&recorded);
            fresh.push(recorded);
        }
        if fresh.is_empty() {
            vec![]
        } else {
            vec![Todo::Publish(fresh)]
        }
    }

    /// A commit of ours, with nothing missing before it: tell everybody, answer, go on.
    fn settle(&mut self, held: Held<R>) -> Vec<Todo<R>> {
        // A read of what came before may have brought our own along already.
        let mut events = held.events;
        events.retain(|recorded| recorded.seq > self.head);
        for recorded in &events {
            self.note_line(recorded);
        }
        let mut todo = vec![];
        if let Some(last) = events.last() {
            self.head = last.seq;
            todo.push(Todo::Publish(events));
        }
        todo.extend(
            held.flight
                .into_iter()
                .zip(held.outcomes)
                .map(|(queued, outcome)| queued.answered(outcome.into())),
        );
        todo.extend(self.next());
        todo
    }

    fn moved(
        &mut self,
        flight: Vec<Queued<R>>,
        head: Seq,
        known: &[(usize, Outcome)],
    ) -> Vec<Todo<R>> {
        self.ahead = None;
        let mut todo = vec![];
        let mut again = vec![];
        for (index, mut queued) in flight.into_iter().enumerate() {
            if let Some((_, outcome)) = known.iter().find(|(at, _)| *at == index) {
                todo.push(queued.answered((*outcome).into()));
                continue;
            }
            queued.tries += 1;
            if queued.tries >= TRIES_MAX {
                let answer = Answer::Nack {
                    code: Refusal::Conflict,
                    retry_after_ms: Some(QUEUE_FULL_RETRY_MS),
                };
                todo.push(queued.answered(answer));
            } else {
                again.push(queued);
            }
        }
        self.put_back(again);
        if head > self.head {
            self.wait = Wait::CatchUp {
                held: None,
                target: head,
            };
            todo.push(Todo::CatchUp { after: self.head });
        } else {
            todo.extend(self.next());
        }
        todo
    }

    fn put_back(&mut self, flight: Vec<Queued<R>>) {
        for queued in flight.into_iter().rev() {
            self.waiting.push_front(queued);
        }
    }

    /// Decides what waits and makes a batch of it, when nothing is in flight.
    fn next(&mut self) -> Vec<Todo<R>> {
        if let Some(todo) = self.catch_up() {
            return todo;
        }
        if !matches!(self.wait, Wait::Nothing) || self.waiting.is_empty() {
            return vec![];
        }
        let mut flight = Vec::new();
        let mut proposals = Vec::new();
        let mut event_count = 0;
        let mut taken_back = BTreeSet::new();
        while let Some(queued) = self.waiting.front() {
            let pending = &queued.pending;
            let line = match self.line_of(&pending.order, &taken_back) {
                Ok(line) => line,
                // Order matters: what is behind this one waits, what was before it goes first.
                Err(unknown) if flight.is_empty() => {
                    self.wait = Wait::Recall(unknown);
                    return vec![Todo::Recall(unknown)];
                }
                Err(_) => break,
            };
            let room = self.ahead.as_deref().unwrap_or(&self.room);
            let verdict = match &pending.order {
                Order::Command(command) => room.decide(&pending.sender, command, line),
                Order::Act(act) => room.decide_act(act, line),
            };
            if let Ok(events) = &verdict {
                if event_count + events.len() > BATCH_EVENTS_MAX {
                    break;
                }
                event_count += events.len();
                for event in events {
                    if let Event::Retracted { line, .. } = event {
                        taken_back.insert(*line);
                    }
                    if event.moves_guard() {
                        Arc::make_mut(self.ahead.get_or_insert_with(|| Arc::clone(&self.room)))
                            .evolve(event);
                    }
                }
            }
            proposals.push(Proposal {
                sender: pending.sender.user,
                command: id_of(&pending.order, pending.id),
                fingerprint: fingerprint_of(&pending.order),
                verdict,
            });
            flight.extend(self.waiting.pop_front());
            if self.careful > 0 {
                self.careful -= 1;
                break;
            }
            if flight.len() >= BATCH_EVENTS_MAX {
                break;
            }
        }
        let append = Append {
            org: self.org,
            room: self.id,
            kind: self.room.plan.kind,
            decided_on: self.guard,
            proposals,
            state: self.ahead.clone(),
        };
        self.wait = Wait::Append { flight };
        vec![Todo::Append(append)]
    }

    /// What is known of the line a command is about; `Err` when the store must be asked.
    fn line_of(&self, order: &Order, taken_back: &BTreeSet<Seq>) -> Result<Option<LineFact>, Seq> {
        let Some(seq) = order.about_line() else {
            return Ok(None);
        };
        if seq > self.head || seq == Seq::ZERO {
            return Ok(None);
        }
        let mut line = *self.lines.get(&seq).ok_or(seq)?;
        if let Some(line) = &mut line {
            line.retracted |= taken_back.contains(&seq);
        }
        Ok(line)
    }

    fn note_hidden(&mut self, line: Seq, hidden: bool) {
        if let Some(Some(fact)) = self.lines.get_mut(&line) {
            fact.hidden = hidden;
        }
    }

    fn note_line(&mut self, recorded: &Recorded) {
        match (&recorded.fact, recorded.by) {
            (
                Fact::Room(
                    Event::Said {
                        retracted, hidden, ..
                    }
                    | Event::Spoke {
                        retracted, hidden, ..
                    },
                ),
                author,
            ) => {
                self.lines.insert(
                    recorded.seq,
                    Some(LineFact {
                        author,
                        // Read of a hidden line says both.
                        retracted: *retracted && !*hidden,
                        hidden: *hidden,
                    }),
                );
            }
            (Fact::Room(Event::Retracted { line, .. }), _) => {
                if let Some(Some(fact)) = self.lines.get_mut(line) {
                    fact.retracted = true;
                }
            }
            (Fact::Room(Event::LineHidden { line, .. }), _) => self.note_hidden(*line, true),
            (Fact::Room(Event::LineShown { line, .. }), _) => self.note_hidden(*line, false),
            _ => {}
        }
        while self.lines.len() > LINES_MAX {
            self.lines.pop_first();
        }
    }
}

impl<R> Queued<R> {
    fn answered(self, answer: Answer) -> Todo<R> {
        Todo::Answer {
            to: self.pending.to,
            id: self.pending.id,
            answer,
        }
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fresh { first, count } => Self::Ack {
                seq: first,
                count,
                dup: false,
            },
            Outcome::Duplicate { first, count } => Self::Ack {
                seq: first,
                count,
                dup: true,
            },
            Outcome::Refused(code) => Self::Nack {
                code,
                retry_after_ms: None,
            },
        }
    }
}
