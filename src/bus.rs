//! What carries news between the nodes of a hub, and what becomes of them here; and limits that nodes keep
//! together ([`lease`]).
//!
//! [`RedisBus`] is the way over Redis; [`carry`] stands between any bus and the house. Nothing here
//! is the only copy of anything: see [`ludus_actors::bus`].

pub mod carry;
mod leases;
mod link;
mod seal;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ludus_actors::bus::{Alone, Bus, Envelope, HEARD_MAX, Interest, News, Standing, Topic};
use ludus_actors::ports::Clock;
use ludus_domain::ids::NodeId;
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use tokio::sync::{Notify, mpsc};

use self::seal::Seal;
use crate::config::Config;
use crate::keys::Key;
use crate::limits::{LimitSettings, Limits, Shared};
use crate::metrics;

/// Envelopes that may wait for Redis. The oldest go first: what they told of is found by the sweep.
const TOLD_MAX: usize = 8_192;
/// Topics a node may want. Of those beyond it the sweep tells.
const WANTS_MAX: usize = 65_536;

/// The address of Redis cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a Redis server")]
pub struct NotAnAddress;

/// Whether a text is the address of a Redis server.
pub fn check(url: &str) -> Result<(), NotAnAddress> {
    address(url).map(|_| ())
}

fn address(url: &str) -> Result<ConnectionInfo, NotAnAddress> {
    let info = url.into_connection_info().map_err(|_| NotAnAddress)?;
    // Answers and what is published come over one connection.
    let settings = info.redis_settings().clone();
    Ok(info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3)))
}

/// How everything of this hub begins in Redis. Hubs with other secrets have other ones.
fn prefix(key: &Key) -> String {
    use std::fmt::Write as _;
    let mut prefix = String::from("ludus:");
    for byte in &key.sign(b"name")[..8] {
        // Writing to a string cannot fail.
        write!(prefix, "{byte:02x}").ok();
    }
    prefix.push(':');
    prefix
}

/// What is heard of other nodes.
pub type Heard = mpsc::Receiver<Envelope>;

/// The way to the other nodes, and what they tell; nothing where no bus is set.
pub fn connect(
    config: &Config,
    key: &Key,
    node: NodeId,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<dyn Bus>, Option<Heard>), NotAnAddress> {
    let Some(url) = &config.bus.url else {
        return Ok((Arc::new(Alone(node)), None));
    };
    let (bus, heard) = RedisBus::start(url.reveal(), key, node, Arc::clone(clock))?;
    Ok((bus, Some(heard)))
}

/// The limits of this node, kept together with those of others where there is a bus.
pub fn limits(config: &Config, key: &Key) -> Result<Arc<Limits>, NotAnAddress> {
    let settings = config.limits.settings();
    let url = config.bus.url.as_ref();
    let shared = url
        .map(|url| lease(url.reveal(), key, &settings))
        .transpose()?;
    Ok(Arc::new(Limits::new(&settings).together(shared)))
}

/// Limits in Redis: begins to connect, and goes on for as long as the answer is kept.
pub fn lease(url: &str, key: &Key, settings: &LimitSettings) -> Result<Arc<Shared>, NotAnAddress> {
    let client = Client::open(address(url)?).map_err(|_| NotAnAddress)?;
    let (shared, asked) = Shared::new(key, prefix(key), settings);
    metrics::limits_shared(false);
    tokio::spawn(leases::keep(client, Arc::downgrade(&shared), asked));
    Ok(shared)
}

/// A node on a Redis server. The last clone that goes ends its connections.
#[derive(Debug)]
pub struct RedisBus {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    node: NodeId,
    seal: Seal,
    told: Mutex<VecDeque<Sealed>>,
    is_told: Notify,
    wants: Mutex<Wants>,
    wants_change: Notify,
    is_up: AtomicBool,
}

/// What is wanted here.
#[derive(Debug, Default)]
struct Wants {
    /// By how many.
    topics: HashMap<Topic, usize>,
    /// Came to be wanted, or are not any more, since Redis was told.
    changed: HashSet<Topic>,
}

/// What is ready to be published.
#[derive(Debug)]
struct Sealed {
    channel: String,
    bytes: Vec<u8>,
}

impl RedisBus {
    /// Begins to connect, and goes on for as long as there is somebody who tells or wants. Answers
    /// what is heard.
    pub fn start(
        url: &str,
        key: &Key,
        node: NodeId,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<Self>, Heard), NotAnAddress> {
        let client = Client::open(address(url)?).map_err(|_| NotAnAddress)?;
        let (ear, heard) = mpsc::channel(HEARD_MAX);
        let inner = Arc::new(Inner {
            node,
            seal: Seal::new(key, clock),
            told: Mutex::default(),
            is_told: Notify::new(),
            wants: Mutex::default(),
            wants_change: Notify::new(),
            is_up: AtomicBool::new(false),
        });
        metrics::bus_up(false);
        tokio::spawn(link::keep(client, Arc::downgrade(&inner), ear));
        Ok((Arc::new(Self { inner }), heard))
    }
}

impl Inner {
    fn told(&self) -> MutexGuard<'_, VecDeque<Sealed>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wants(&self) -> MutexGuard<'_, Wants> {
        self.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, topic: Topic, news: News) {
        let envelope = Envelope {
            from: self.node,
            topic,
            news,
        };
        let packed = envelope.pack();
        let channel = self.seal.channel(topic);
        let mut told = self.told();
        // Numbered in the order they wait in.
        let bytes = self.seal.seal(&channel, &packed);
        if told.len() >= TOLD_MAX {
            told.pop_front();
            metrics::bus_dropped("told");
        }
        told.push_back(Sealed { channel, bytes });
        drop(told);
        self.is_told.notify_one();
    }

    fn set_up(&self, is_up: bool) {
        let was_up = self.is_up.swap(is_up, Ordering::Relaxed);
        if is_up && !was_up {
            tracing::info!("news come from other nodes");
        }
        metrics::bus_up(is_up);
    }
}

impl Bus for RedisBus {
    fn node(&self) -> NodeId {
        self.inner.node
    }

    fn tell(&self, topic: Topic, news: News) {
        self.inner.tell(topic, news);
    }

    fn want(&self, topic: Topic) -> Interest {
        let mut wants = self.inner.wants();
        let is_room = wants.topics.len() < WANTS_MAX;
        match wants.topics.entry(topic) {
            Entry::Occupied(mut wanted) => *wanted.get_mut() += 1,
            Entry::Vacant(place) if is_room => {
                place.insert(1);
                wants.changed.insert(topic);
                self.inner.wants_change.notify_one();
            }
            Entry::Vacant(_) => {
                metrics::bus_dropped("wanted");
                return Box::new(());
            }
        }
        drop(wants);
        Box::new(Wanted {
            topic,
            inner: Arc::clone(&self.inner),
        })
    }

    fn standing(&self) -> Standing {
        if self.inner.is_up.load(Ordering::Relaxed) {
            Standing::Up
        } else {
            Standing::Down
        }
    }
}

/// Somebody wants a topic for as long as this is kept.
#[derive(Debug)]
struct Wanted {
    topic: Topic,
    inner: Arc<Inner>,
}

impl Drop for Wanted {
    fn drop(&mut self) {
        let mut wants = self.inner.wants();
        let Entry::Occupied(mut wanted) = wants.topics.entry(self.topic) else {
            return;
        };
        *wanted.get_mut() -= 1;
        if *wanted.get() == 0 {
            wanted.remove();
            wants.changed.insert(self.topic);
            self.inner.wants_change.notify_one();
        }
    }
}
