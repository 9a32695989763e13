//! One process: the room's machine, the memory of its stream, who follows. The part that the room
//! actor plays in production, without mailboxes.

mod play;

use std::collections::BTreeMap;

use ludus_domain::audience::Viewer;
use ludus_domain::history::{Entry, History, Resume, Step, steps};
use ludus_domain::host::{Answer, Host, Pending, Todo};
use ludus_domain::ids::{CommandId, Epoch, OrgId, RoomId, Seq};
use ludus_domain::journal::{Append, Appended, Fault, Recorded};
use ludus_domain::protocol::Position;
use ludus_domain::room::{Command, LineFact, Room, Sender};

use super::Planted;
use super::chance::Chance;
use super::stage::{Company, Played};

/// A connection of a client to a node.
pub(super) type ConnId = u64;
/// Where answers go that are for personas.
const PERSONAS: ConnId = 0;

/// From a client.
#[derive(Clone, Debug)]
pub(super) enum Up {
    Hello {
        viewer: Viewer,
        since: Position,
    },
    Command {
        sender: Sender,
        id: CommandId,
        command: Command,
    },
}

/// To a client.
#[derive(Clone, Debug)]
pub(super) enum Down {
    Event(Box<Recorded>),
    Skip { from: Seq, to: Seq },
    Subscribed { head: Seq },
    Reset { head: Seq },
    Answer { id: CommandId, answer: Answer },
}

/// To the store.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Load,
    Append(Append),
    Recall(Seq),
    CatchUp {
        after: Seq,
    },
    /// What a follower is missing that memory does not reach.
    Pages {
        conn: ConnId,
        after: Seq,
    },
}

/// What a room looks like when it is read.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) org: OrgId,
    pub(super) room: RoomId,
    pub(super) epoch: Epoch,
    pub(super) head: Seq,
    pub(super) guard: Seq,
    pub(super) state: Room,
    pub(super) tail: Vec<Recorded>,
}

/// From the store.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Loaded(Result<Box<Loaded>, Fault>),
    Appended(Result<Appended, Fault>),
    Recalled(Seq, Result<Option<LineFact>, Fault>),
    CaughtUp(Result<Vec<Recorded>, Fault>),
    Pages {
        conn: ConnId,
        after: Seq,
        events: Result<Vec<Recorded>, Fault>,
    },
}

/// What a process wants done.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Ask(Ask),
    Down(ConnId, Down),
    /// To the other nodes: the stream has come this far.
    Ring(Seq),
    /// It says to everybody that this happened.
    Published(Recorded),
    /// Of a persona here.
    Played(Played),
    Broken(String),
}

#[derive(Debug)]
struct Open {
    host: Host<ConnId>,
    history: History<Recorded>,
    followers: BTreeMap<ConnId, Viewer>,
    waiting: BTreeMap<ConnId, Viewer>,
}

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    open: Option<Open>,
    early: Vec<(ConnId, Up)>,
    /// Who asked what, for the fault that answers before the store has.
    ways: BTreeMap<CommandId, ConnId>,
    planted: Option<Planted>,
    chance: Chance,
    company: Company,
    /// What personas were answered since the last tick.
    answers: Vec<(CommandId, Answer)>,
    /// Tells this process from every other, also of the same node.
    identity: u64,
}

impl Process {
    pub(super) fn start(
        planted: Option<Planted>,
        chance: Chance,
        identity: u64,
    ) -> (Self, Vec<Out>) {
        let process = Self {
            open: None,
            early: vec![],
            ways: BTreeMap::new(),
            planted,
            chance,
            company: Company::default(),
            answers: vec![],
            identity,
        };
        (process, vec![Out::Ask(Ask::Load)])
    }

    pub(super) fn host(&self) -> Option<&Host<ConnId>> {
        self.open.as_ref().map(|open| &open.host)
    }

    pub(super) fn hear(&mut self, conn: ConnId, up: Up) -> Vec<Out> {
        let Some(open) = &mut self.open else {
            self.early.push((conn, up));
            return vec![];
        };
        match up {
            Up::Hello { viewer, since } => open.follow(conn, viewer, since),
            Up::Command {
                sender,
                id,
                command,
            } => {
                self.ways.insert(id, conn);
                let todo = open.host.command(Pending {
                    to: conn,
                    sender,
                    id,
                    order: command.into(),
                });
                self.perform(todo)
            }
        }
    }

    pub(super) fn gone(&mut self, conn: ConnId) {
        self.early.retain(|(early, _)| *early != conn);
        if let Some(open) = &mut self.open {
            open.followers.remove(&conn);
            open.waiting.remove(&conn);
        }
    }

    pub(super) fn doorbell(&mut self, head: Seq) -> Vec<Out> {
        let todo = self.open.as_mut().map(|open| open.host.doorbell(head));
        self.perform(todo.unwrap_or_default())
    }

    pub(super) fn told(&mut self, told: Told) -> Vec<Out> {
        let Some(open) = &mut self.open else {
            return match told {
                Told::Loaded(Ok(loaded)) => self.loaded(*loaded),
                // Asked again until the store is back.
                _ => vec![Out::Ask(Ask::Load)],
            };
        };
        let todo = match told {
            Told::Loaded(_) => vec![],
            Told::Appended(result) => open.host.appended(result),
            Told::Recalled(seq, found) => open.host.recalled(seq, found),
            Told::CaughtUp(events) => open.host.caught_up(events),
            Told::Pages {
                conn,
                after,
                events,
            } => return open.pages(conn, after, events),
        };
        self.perform(todo)
    }

    fn loaded(&mut self, loaded: Loaded) -> Vec<Out> {
        let floor = Seq(loaded.head.0 - loaded.tail.len() as u64);
        let mut host = Host::new(
            loaded.org,
            loaded.room,
            loaded.epoch,
            loaded.head,
            loaded.guard,
            loaded.state,
        );
        host.prime(&loaded.tail);
        let mut history = History::new(loaded.epoch, floor);
        for event in loaded.tail {
            // In order from the floor, so there is room for each.
            let _ = history.push(entry(event));
        }
        self.open = Some(Open {
            host,
            history,
            followers: BTreeMap::new(),
            waiting: BTreeMap::new(),
        });
        let early = std::mem::take(&mut self.early);
        early
            .into_iter()
            .flat_map(|(conn, up)| self.hear(conn, up))
            .collect()
    }

    fn perform(&mut self, todo: Vec<Todo<ConnId>>) -> Vec<Out> {
        let mut out = vec![];
        for todo in todo {
            match todo {
                Todo::Append(append) => {
                    if self.planted == Some(Planted::AckBeforeCommit) {
                        out.extend(self.ack_now(&append));
                    }
                    out.push(Out::Ask(Ask::Append(append)));
                }
                Todo::Recall(seq) => out.push(Out::Ask(Ask::Recall(seq))),
                Todo::CatchUp { after } => out.push(Out::Ask(Ask::CatchUp { after })),
                Todo::Publish(events) => self.publish(events, &mut out),
                Todo::Answer { to, id, answer } if to == PERSONAS => {
                    self.answers.push((id, answer));
                }
                Todo::Answer { to, id, answer } => {
                    out.push(Out::Down(to, Down::Answer { id, answer }));
                }
            }
        }
        out
    }

    fn publish(&mut self, events: Vec<Recorded>, out: &mut Vec<Out>) {
        let Some(open) = &mut self.open else { return };
        for event in events {
            let seq = event.seq;
            out.push(Out::Published(event.clone()));
            for (conn, viewer) in &open.followers {
                if self.planted == Some(Planted::DropDeliveries) && self.chance.one_in(1_000) {
                    continue;
                }
                let down = if event.audience.admits(*viewer) {
                    Down::Event(Box::new(event.clone()))
                } else {
                    Down::Skip { from: seq, to: seq }
                };
                out.push(Out::Down(*conn, down));
            }
            if open.history.push(entry(event)).is_err() {
                let head = open.history.head();
                out.push(Out::Broken(format!(
                    "a node that had told {head} was made to tell {seq}"
                )));
            }
        }
        out.push(Out::Ring(open.history.head()));
    }

    /// The planted mistake: guesses where it will be, and says so.
    fn ack_now(&self, append: &Append) -> Vec<Out> {
        let mut seq = self
            .open
            .as_ref()
            .map_or(Seq::ZERO, |open| open.host.head());
        let mut out = vec![];
        for proposal in &append.proposals {
            let Ok(events) = &proposal.verdict else {
                continue;
            };
            let Some(conn) = self
                .ways
                .get(&proposal.command)
                .filter(|_| !events.is_empty())
            else {
                continue;
            };
            let answer = Answer::Ack {
                seq: seq.next(),
                count: u32::try_from(events.len()).unwrap_or(u32::MAX),
                dup: false,
            };
            seq = seq.plus(events.len() as u64);
            let id = proposal.command;
            out.push(Out::Down(*conn, Down::Answer { id, answer }));
        }
        out
    }
}

impl Open {
    fn follow(&mut self, conn: ConnId, viewer: Viewer, since: Position) -> Vec<Out> {
        self.followers.remove(&conn);
        match self.history.resume(Some(since), viewer) {
            Resume::Replay(steps) => {
                let mut out = show(conn, steps);
                let head = self.history.head();
                out.push(Out::Down(conn, Down::Subscribed { head }));
                self.followers.insert(conn, viewer);
                out
            }
            Resume::AskStore { after } => {
                self.waiting.insert(conn, viewer);
                vec![Out::Ask(Ask::Pages { conn, after })]
            }
            Resume::Reset => {
                let head = self.history.head();
                self.followers.insert(conn, viewer);
                vec![Out::Down(conn, Down::Reset { head })]
            }
        }
    }

    /// Pages for somebody who was further behind than memory reaches; the rest comes from memory.
    fn pages(
        &mut self,
        conn: ConnId,
        after: Seq,
        events: Result<Vec<Recorded>, Fault>,
    ) -> Vec<Out> {
        let Some(viewer) = self.waiting.get(&conn).copied() else {
            return vec![];
        };
        let Ok(mut events) = events else {
            return vec![Out::Ask(Ask::Pages { conn, after })];
        };
        // What this node has not told yet, it will tell live.
        events.retain(|event| event.seq <= self.history.head());
        let reached = events.last().map_or(after, |event| event.seq);
        let entries: Vec<_> = events.into_iter().map(entry).collect();
        let mut out = show(conn, steps(entries.iter(), viewer));
        if reached < self.history.floor() {
            out.push(Out::Ask(Ask::Pages {
                conn,
                after: reached,
            }));
            return out;
        }
        out.extend(show(conn, steps(self.history.after(reached), viewer)));
        let head = self.history.head();
        out.push(Out::Down(conn, Down::Subscribed { head }));
        self.waiting.remove(&conn);
        self.followers.insert(conn, viewer);
        out
    }
}

fn entry(event: Recorded) -> Entry<Recorded> {
    Entry {
        seq: event.seq,
        audience: event.audience.clone(),
        bytes: 100,
        frame: event,
    }
}

fn show(conn: ConnId, steps: Vec<Step<Recorded>>) -> Vec<Out> {
    let down = |step| match step {
        Step::Visible(_, event) => Down::Event(Box::new(event)),
        Step::Skip { from, to } => Down::Skip { from, to },
    };
    steps
        .into_iter()
        .map(|step| Out::Down(conn, down(step)))
        .collect()
}
