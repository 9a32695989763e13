//! A bus within one process: for tests, and for several nodes in one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ludus_domain::ids::NodeId;
use tokio::sync::mpsc;

use super::{Bus, Envelope, HEARD_MAX, Interest, News, Standing, Topic};

/// Where nodes of one process meet.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    members: Mutex<HashMap<NodeId, Member>>,
    /// Nothing is carried, as when a network is cut.
    is_cut: AtomicBool,
}

#[derive(Debug)]
struct Member {
    wants: HashMap<Topic, usize>,
    ear: mpsc::Sender<Envelope>,
}

impl Exchange {
    /// One more node, and what it hears.
    pub fn join(&self, node: NodeId) -> (Arc<dyn Bus>, mpsc::Receiver<Envelope>) {
        let (ear, heard) = mpsc::channel(HEARD_MAX);
        let member = Member {
            wants: HashMap::new(),
            ear,
        };
        self.lock().insert(node, member);
        let voice = Voice {
            node,
            exchange: self.clone(),
        };
        (Arc::new(voice), heard)
    }

    /// Cuts everybody off from everybody, or mends it.
    pub fn cut(&self, is_cut: bool) {
        self.inner.is_cut.store(is_cut, Ordering::Relaxed);
    }

    fn is_cut(&self) -> bool {
        self.inner.is_cut.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<NodeId, Member>> {
        let members = self.inner.members.lock();
        members.unwrap_or_else(PoisonError::into_inner)
    }
}

/// One node's way to the others.
#[derive(Debug)]
struct Voice {
    node: NodeId,
    exchange: Exchange,
}

impl Bus for Voice {
    fn node(&self) -> NodeId {
        self.node
    }

    fn tell(&self, topic: Topic, news: News) {
        if self.exchange.is_cut() {
            return;
        }
        let envelope = Envelope {
            from: self.node,
            topic,
            news,
        };
        // Through bytes, so that what is carried here is what any bus can carry.
        let packed = envelope.pack();
        for (node, member) in self.exchange.lock().iter() {
            if *node != self.node
                && (topic == Topic::House || member.wants.contains_key(&topic))
                && let Ok(envelope) = Envelope::unpack(&packed)
            {
                // Whoever is full has the sweep.
                member.ear.try_send(envelope).ok();
            }
        }
    }

    fn want(&self, topic: Topic) -> Interest {
        if let Some(member) = self.exchange.lock().get_mut(&self.node) {
            *member.wants.entry(topic).or_default() += 1;
        }
        Box::new(Wanted {
            node: self.node,
            topic,
            exchange: self.exchange.clone(),
        })
    }

    fn standing(&self) -> Standing {
        if self.exchange.is_cut() {
            Standing::Down
        } else {
            Standing::Up
        }
    }
}

#[derive(Debug)]
struct Wanted {
    node: NodeId,
    topic: Topic,
    exchange: Exchange,
}

impl Drop for Wanted {
    fn drop(&mut self) {
        let mut members = self.exchange.lock();
        let Some(member) = members.get_mut(&self.node) else {
            return;
        };
        if let Some(count) = member.wants.get_mut(&self.topic) {
            *count -= 1;
            if *count == 0 {
                member.wants.remove(&self.topic);
            }
        }
    }
}
