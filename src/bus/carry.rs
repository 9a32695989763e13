//! Between the bus and the house: what is committed here is told to other nodes, and what they tell
//! is brought to whoever it concerns.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ludus_actors::bus::{Bus, Envelope, FromAfar, News, Standing, Topic};
use ludus_actors::directory::Directory;
use ludus_actors::ports::{Doorbell, Head};
use ludus_actors::standings::Moved;
use ludus_domain::ids::{ContestId, NodeId, OrgId};
use ludus_domain::stream::StreamId;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::people::People;
use crate::store::Store;
use crate::sweep::Bell;

/// How often it is looked who was heard of.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A node that said nothing for so long has ended. With the grace of presence its people are gone
/// within ten seconds.
const GONE_AFTER: Duration = Duration::from_secs(5);
/// Nodes that are watched. There are never so many at a time.
const PEERS_MAX: usize = 1_024;

/// Rings here and at every other node.
#[derive(Clone, Debug)]
pub(crate) struct Bells {
    pub(crate) directory: Arc<Directory>,
    pub(crate) bus: Arc<dyn Bus>,
}

impl Doorbell for Bells {
    fn ring(&self, org: OrgId, stream: StreamId) {
        self.directory.ring(org, stream);
        self.bus.tell(Topic::Stream(org, stream), News::Rang);
    }

    fn boards_changed(&self, org: OrgId) {
        self.directory.boards_changed(org);
        self.bus.tell(Topic::House, News::OrgChanged(org));
    }

    fn roster_changed(&self, org: OrgId) {
        // Every node looks for itself, each second.
        self.directory.roster_changed(org);
    }

    fn contest_changed(&self, org: OrgId, contest: ContestId) {
        self.directory.contest_changed(org, contest);
        let news = News::ContestChanged(contest);
        self.bus.tell(Topic::Org(org), news);
    }
}

/// Tells other nodes what happens here, for as long as anything does.
pub(crate) fn tell(bus: &Arc<dyn Bus>, store: &Store, people: &People) {
    let (mut committed, to) = (store.committed(), Arc::clone(bus));
    actix_web::rt::spawn(async move {
        loop {
            match committed.recv().await {
                Ok(notes) => {
                    let topic = Topic::Stream(notes.org, notes.stream);
                    let events = notes.events.iter().cloned().map(Into::into).collect();
                    let epoch = notes.epoch;
                    to.tell(topic, News::Committed { epoch, events });
                }
                // The sweep of each node finds what is not told.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    let (mut totals, to) = (store.totals(), Arc::clone(bus));
    actix_web::rt::spawn(async move {
        loop {
            match totals.recv().await {
                Ok(gained) => {
                    let news = News::Gained {
                        user: gained.user,
                        pos: gained.pos,
                        totals: gained.totals.clone(),
                    };
                    to.tell(Topic::Org(gained.org), news);
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    let (mut revoked, to) = (people.revocations().subscribe(), Arc::clone(bus));
    actix_web::rt::spawn(async move {
        loop {
            match revoked.recv().await {
                // Whose it was, each node asks the store.
                Ok(_) | Err(RecvError::Lagged(_)) => to.tell(Topic::House, News::Revoked),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Brings what other nodes tell to whoever it concerns, for as long as there is anybody.
pub(crate) fn hear(
    bus: &Arc<dyn Bus>,
    mut heard: mpsc::Receiver<Envelope>,
    directory: &Arc<Directory>,
    bell: &Arc<Bell>,
) {
    let mut house = House {
        bus: Arc::clone(bus),
        directory: Arc::downgrade(directory),
        bell: Arc::clone(bell),
        peers: HashMap::new(),
        was_up: false,
    };
    actix_web::rt::spawn(async move {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            let is_wanted = tokio::select! {
                envelope = heard.recv() => match envelope {
                    Some(envelope) => house.take(envelope),
                    None => return,
                },
                _ = look.tick() => house.look(),
            };
            if is_wanted.is_none() {
                return;
            }
        }
    });
}

struct House {
    bus: Arc<dyn Bus>,
    directory: Weak<Directory>,
    bell: Arc<Bell>,
    /// When each other node was heard of last.
    peers: HashMap<NodeId, Instant>,
    was_up: bool,
}

impl House {
    /// `None`: nobody is here any more.
    fn take(&mut self, envelope: Envelope) -> Option<()> {
        let directory = self.directory.upgrade()?;
        let Envelope { from, topic, news } = envelope;
        match (topic, news) {
            (Topic::House, News::Alive) => self.is_alive(from, &directory),
            (Topic::House, News::Leaving) => {
                self.peers.remove(&from);
                directory.node_gone(from);
            }
            (
                Topic::House,
                News::RollCall {
                    org,
                    cohort,
                    learners,
                },
            ) => directory.answer_roll(org, cohort, learners),
            (Topic::Stream(org, StreamId::Cohort(cohort)), News::OnRoll { here }) => {
                directory.on_roll(org, cohort, from, here);
            }
            (Topic::House, News::Revoked) => self.bell.ring(),
            (Topic::House, News::OrgChanged(org)) => {
                directory.reopen_boards(Some(org));
                self.bell.ring_for_rules();
            }
            (Topic::Org(org), News::ContestChanged(contest)) => {
                directory.contest_changed(org, contest);
            }
            (Topic::Org(org), News::Gained { user, pos, totals }) => {
                self.bell.gained(org, user, pos);
                let moved = Moved {
                    user,
                    version: pos,
                    totals,
                };
                directory.feed_boards(org, &Arc::new(moved));
            }
            (Topic::Stream(org, StreamId::Room(room)), news) => {
                directory.from_afar(org, room, FromAfar { from, news });
            }
            (Topic::Stream(org, stream), News::Committed { epoch, events }) => {
                let events: Vec<_> = events.into_iter().map(Into::into).collect();
                directory.tell_committed(org, stream, epoch, &events);
            }
            (Topic::Stream(org, stream), News::Stands { epoch, seq }) => {
                directory.stands(org, stream, Head { epoch, seq });
            }
            (Topic::Stream(org, stream), News::Rang) => directory.ring(org, stream),
            // Nothing that a node tells of this.
            _ => {}
        }
        Some(())
    }

    fn is_alive(&mut self, node: NodeId, directory: &Directory) {
        if self.peers.len() < PEERS_MAX || self.peers.contains_key(&node) {
            self.peers.insert(node, Instant::now());
            directory.node_alive(node);
        }
    }

    /// Who has gone; and whether news come again.
    fn look(&mut self) -> Option<()> {
        let directory = self.directory.upgrade()?;
        let is_up = self.bus.standing() == Standing::Up;
        if is_up && !self.was_up {
            // Nobody could be heard: everybody gets their time anew, and is told who is here.
            for heard in self.peers.values_mut() {
                *heard = Instant::now();
            }
            directory.share_presence();
        }
        if is_up != self.was_up {
            self.bell.ring();
        }
        self.was_up = is_up;
        if is_up {
            let gone: Vec<NodeId> = self
                .peers
                .iter()
                .filter(|(_, heard)| heard.elapsed() >= GONE_AFTER)
                .map(|(node, _)| *node)
                .collect();
            for node in gone {
                self.peers.remove(&node);
                directory.node_gone(node);
            }
        }
        Some(())
    }
}
