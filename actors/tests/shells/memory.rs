//! Ports kept in memory: a journal that keeps the commit unit's promises, a doorman who believes
//! everybody, limits that never bite.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ludus_actors::ports::{
    Admitted, Answer, Archive, Clock, CommandClass, Doorman, Head, Journal, Limits, Permit, Proof,
    Rosters, StoredRoom,
};
use ludus_domain::ids::{
    CohortId, CommandId, Epoch, OrgId, RoomId, Seq, SessionId, SignInId, UserId,
};
use ludus_domain::journal::{Append, Appended, Fact, Fault, Outcome, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Entry, Event, LineFact, Room, RoomKind, RoomPlan};
use ludus_domain::roster::Roster;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use uuid::Uuid;

pub const ORG: OrgId = OrgId(Uuid::from_u128(1));
pub const ROOM: RoomId = RoomId(Uuid::from_u128(2));
pub const EPOCH: Epoch = Epoch(1);

pub fn user(name: &str) -> UserId {
    let bytes = name
        .bytes()
        .fold(7_u128, |sum, byte| sum * 257 + u128::from(byte));
    UserId(Uuid::from_u128(bytes))
}

#[derive(Debug)]
struct Stored {
    room: Room,
    guard: Seq,
    events: Vec<Recorded>,
    commands: HashMap<(UserId, CommandId), (Seq, u32)>,
}

#[derive(Debug)]
pub struct Memory {
    stored: Mutex<Stored>,
    /// The store is gone.
    pub is_down: AtomicBool,
    /// The next append breaks the actor that asked for it.
    pub is_cursed: AtomicBool,
    /// How often a room was read to be started.
    pub loads: AtomicUsize,
    /// Runs inside the next room that is told of a read position.
    pub while_reading: Mutex<Option<Errand>>,
}

/// Something a room does without knowing it.
pub struct Errand(pub Answer<()>);

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Errand")
    }
}

impl Memory {
    pub fn new(entry: Entry) -> Arc<Self> {
        let plan = RoomPlan {
            kind: RoomKind::Lounge,
            entry,
            title: "Hall".into(),
            capacity: 10,
            lobby: false,
            scene: None,
        };
        let stored = Stored {
            room: Room::open(plan.clone(), Some("OPENUP".into())),
            guard: Seq(1),
            events: vec![recorded(Seq(1), None, Event::Opened { plan })],
            commands: HashMap::new(),
        };
        Arc::new(Self {
            stored: Mutex::new(stored),
            is_down: AtomicBool::new(false),
            is_cursed: AtomicBool::new(false),
            loads: AtomicUsize::new(0),
            while_reading: Mutex::default(),
        })
    }

    pub fn head(&self) -> Seq {
        Seq(self.stored.lock().expect("not poisoned").events.len() as u64)
    }
}

fn recorded(seq: Seq, by: Option<UserId>, event: Event) -> Recorded {
    let audience = event.audience();
    Recorded {
        seq,
        at: Timestamp(0),
        by,
        audience,
        fact: Fact::Room(event),
    }
}

impl Journal for Memory {
    fn append(&self, append: Append) -> Answer<Result<Appended, Fault>> {
        assert!(!append.proposals.is_empty());
        let is_cursed = self.is_cursed.swap(false, Ordering::SeqCst);
        if self.is_down.load(Ordering::SeqCst) {
            return Box::pin(async {
                Err(Fault::Unavailable {
                    retry_after_ms: 100,
                })
            });
        }
        let mut stored = self.stored.lock().expect("not poisoned");
        let before = Seq(stored.events.len() as u64);
        let mut outcomes = vec![];
        let mut fresh = vec![];
        assert!(
            append.decided_on >= stored.guard,
            "one node only: nobody else moves the guard"
        );
        for proposal in append.proposals {
            let key = (proposal.sender, proposal.command);
            if let Some((first, count)) = stored.commands.get(&key) {
                outcomes.push(Outcome::Duplicate {
                    first: *first,
                    count: *count,
                });
                continue;
            }
            match proposal.verdict {
                Err(refusal) => outcomes.push(Outcome::Refused(refusal)),
                Ok(events) => {
                    let first = Seq(before.0 + fresh.len() as u64 + 1);
                    let count = u32::try_from(events.len()).expect("few");
                    for event in events {
                        let seq = Seq(before.0 + fresh.len() as u64 + 1);
                        if event.moves_guard() {
                            stored.guard = seq;
                        }
                        fresh.push(recorded(seq, Some(proposal.sender), event));
                    }
                    if count > 0 {
                        stored.commands.insert(key, (first, count));
                    }
                    outcomes.push(Outcome::Fresh { first, count });
                }
            }
        }
        if let Some(state) = append.state {
            stored.room = (*state).clone();
        }
        stored.events.extend(fresh.iter().cloned());
        let head = Seq(stored.events.len() as u64);
        let committed = Appended::Committed {
            epoch: EPOCH,
            before,
            head,
            guard: stored.guard,
            outcomes,
            events: fresh,
        };
        Box::pin(async move {
            assert!(!is_cursed, "cursed");
            Ok(committed)
        })
    }
}

impl Archive for Memory {
    fn room(
        &self,
        org: OrgId,
        room: RoomId,
        tail_max: u32,
    ) -> Answer<Result<Option<StoredRoom>, Fault>> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let stored = self.stored.lock().expect("not poisoned");
        let found = (org == ORG && room == ROOM).then(|| StoredRoom {
            org,
            epoch: EPOCH,
            head: Seq(stored.events.len() as u64),
            guard: stored.guard,
            state: stored.room.clone(),
            tail: stored.events[stored.events.len().saturating_sub(tail_max as usize)..].to_vec(),
        });
        Box::pin(async move { Ok(found) })
    }

    fn head(&self, _: OrgId, _: StreamId) -> Answer<Result<Head, Fault>> {
        Box::pin(async {
            Ok(Head {
                epoch: EPOCH,
                seq: Seq::ZERO,
            })
        })
    }

    fn events(
        &self,
        _: OrgId,
        stream: StreamId,
        after: Seq,
        limit: u32,
    ) -> Answer<Result<Vec<Recorded>, Fault>> {
        let stored = self.stored.lock().expect("not poisoned");
        let is_room = matches!(stream, StreamId::Room(_));
        let events = stored
            .events
            .iter()
            .filter(|event| is_room && event.seq > after)
            .take(limit as usize);
        let events = events.cloned().collect();
        Box::pin(async move { Ok(events) })
    }

    fn line(&self, _: OrgId, _: RoomId, seq: Seq) -> Answer<Result<Option<LineFact>, Fault>> {
        let stored = self.stored.lock().expect("not poisoned");
        let line = stored
            .events
            .iter()
            .find(|event| event.seq == seq)
            .and_then(|event| match event.fact {
                Fact::Room(Event::Said { .. } | Event::Spoke { .. }) => Some(LineFact {
                    author: event.by,
                    retracted: false,
                    hidden: false,
                }),
                _ => None,
            });
        Box::pin(async move { Ok(line) })
    }

    fn in_cohort(&self, _: OrgId, _: CohortId, _: UserId) -> Answer<Result<bool, Fault>> {
        Box::pin(async { Ok(false) })
    }

    fn mark_read(&self, _: OrgId, _: RoomId, _: UserId, _: Seq) -> Answer<Result<(), Fault>> {
        let errand = self.while_reading.lock().expect("not poisoned").take();
        Box::pin(async move {
            if let Some(Errand(errand)) = errand {
                errand.await;
            }
            Ok(())
        })
    }
}

/// Time as tokio tells it: paused in these tests.
#[derive(Debug)]
pub struct TokioClock(tokio::time::Instant);

impl TokioClock {
    pub fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(self.0.elapsed().as_millis()).expect("short"))
    }
}

/// A ticket is a name and a role: `ada/coach`.
#[derive(Debug)]
pub struct Gullible;

impl Doorman for Gullible {
    fn admit(&self, proof: Proof<'_>) -> Result<Admitted, Refusal> {
        let (Proof::Ticket(text) | Proof::Resume(text)) = proof;
        let (name, role) = text.split_once('/').ok_or(Refusal::SignInNeeded)?;
        Ok(Admitted {
            org: ORG,
            user: user(name),
            name: name.to_owned(),
            role: Role::parse(role).ok_or(Refusal::SignInNeeded)?,
            guest: false,
            sign_in: SignInId(user(name).0),
            until: Timestamp(i64::MAX),
            display: None,
        })
    }

    fn resume_token(&self, admitted: &Admitted, _: SessionId) -> String {
        format!("{}/{}", admitted.name, admitted.role.as_str())
    }
}

#[derive(Debug)]
pub struct Boundless;

impl Limits for Boundless {
    fn frame(&self, _: OrgId, _: UserId) -> Result<(), u32> {
        Ok(())
    }

    fn command(&self, _: OrgId, _: UserId, _: Option<RoomId>, _: CommandClass) -> Result<(), u32> {
        Ok(())
    }

    fn connection(&self, _: OrgId, _: UserId) -> Option<Permit> {
        Some(Box::new(()))
    }
}

/// Nobody learns in a cohort: every coach is everybody's.
#[derive(Debug)]
pub(super) struct NoCohorts;

impl Rosters for NoCohorts {
    fn of(&self, _: OrgId) -> Arc<Roster> {
        Arc::new(Roster::new([]))
    }
}
