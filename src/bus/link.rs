//! The connections of a node to Redis, and what is done when they break.
//!
//! Two of them: one tells, one hears. Each second the node tells everybody that it runs, and hears
//! itself say so; when it has not for three seconds, whatever the connections claim, both are built
//! anew, and everything that is wanted is asked for again. Libraries that mend a connection by
//! themselves do not notice all of that (ADR 0022).

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ludus_actors::bus::{Envelope, News, Topic};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, Value};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

use super::seal::Numbers;
use super::{Inner, Sealed};
use crate::metrics;

/// How often the node says that it runs.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// A node that has not heard itself for so long hears nobody.
const SILENCE: Duration = Duration::from_secs(3);
/// What Redis has for an answer, and for a new connection.
const WITHIN: Duration = Duration::from_secs(2);
/// Before the next try; doubled up to the longest.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Envelopes of one round trip.
const PIECE: usize = 256;
/// Topics asked for at a time.
const TOPICS: usize = 128;
/// Messages between the connection and whoever opens them. Those beyond it are lost.
const RAW_MAX: usize = 4_096;

/// Why a link has ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("Redis failed: {}", .0.category())]
    Redis(#[from] RedisError),
    #[error("nothing was heard")]
    Silence,
    #[error("nobody needs it any more")]
    Unneeded,
}

/// Keeps a link for as long as somebody has the bus.
pub(super) async fn keep(client: Client, bus: Weak<Inner>, ear: mpsc::Sender<Envelope>) {
    let mut pause = PAUSE;
    let mut is_first = true;
    // Kept over links: what was heard before one broke is not heard again.
    let mut numbers = Numbers::default();
    loop {
        let began = Instant::now();
        let Some(inner) = bus.upgrade() else { return };
        let ended = run(&client, &inner, &ear, &mut numbers).await;
        let was_up = inner.is_up.load(Ordering::Relaxed);
        inner.set_up(false);
        drop(inner);
        match ended {
            Broken::Unneeded => return,
            broken if was_up || is_first => {
                tracing::warn!(%broken, "news do not come from other nodes; the store is asked faster");
            }
            broken => tracing::debug!(%broken, "still no news from other nodes"),
        }
        is_first = false;
        if began.elapsed() > SILENCE {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// One link, until it breaks.
async fn run(
    client: &Client,
    inner: &Arc<Inner>,
    ear: &mpsc::Sender<Envelope>,
    numbers: &mut Numbers,
) -> Broken {
    let (raw, mut heard) = mpsc::channel(RAW_MAX);
    let pushed = move |push: PushInfo| match raw.try_send(push) {
        Err(TrySendError::Full(_)) => {
            metrics::bus_dropped("heard");
            Ok(())
        }
        told => told.map_err(|_| ()),
    };
    let config = || {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(WITHIN))
            .set_response_timeout(Some(WITHIN))
    };
    let hears = client
        .get_multiplexed_async_connection_with_config(&config().set_push_sender(pushed))
        .await;
    let mut hears = match hears {
        Ok(hears) => hears,
        Err(error) => return error.into(),
    };
    let tells = client
        .get_multiplexed_async_connection_with_config(&config())
        .await;
    let tells = match tells {
        Ok(tells) => tells,
        Err(error) => return error.into(),
    };
    let mut subscribed = HashSet::new();
    if let Err(error) = inner.begin(&mut hears, &mut subscribed).await {
        return error.into();
    }
    tokio::select! {
        broken = tell(inner, tells) => broken,
        broken = hear(inner, &mut heard, ear, numbers) => broken,
        broken = follow(inner, hears, subscribed) => broken,
        broken = probe(inner) => broken,
    }
}

/// Publishes what waits, in order.
async fn tell(inner: &Arc<Inner>, mut tells: MultiplexedConnection) -> Broken {
    loop {
        let piece: Vec<Sealed> = {
            let mut told = inner.told();
            let count = told.len().min(PIECE);
            told.drain(..count).collect()
        };
        if piece.is_empty() {
            inner.is_told.notified().await;
            continue;
        }
        let mut publish = redis::pipe();
        for Sealed { channel, bytes } in &piece {
            publish.cmd("PUBLISH").arg(channel).arg(bytes).ignore();
        }
        let published: Result<(), RedisError> = publish.query_async(&mut tells).await;
        if let Err(error) = published {
            // Whether they went out is not known; twice they must not.
            for _ in &piece {
                metrics::bus_dropped("told");
            }
            return error.into();
        }
        metrics::bus_told(piece.len());
    }
}

/// Opens what comes and passes it on.
async fn hear(
    inner: &Arc<Inner>,
    heard: &mut mpsc::Receiver<PushInfo>,
    ear: &mpsc::Sender<Envelope>,
    numbers: &mut Numbers,
) -> Broken {
    let mut last = Instant::now();
    loop {
        let Ok(push) = tokio::time::timeout_at(last + SILENCE, heard.recv()).await else {
            return Broken::Silence;
        };
        let Some(push) = push else {
            return Broken::Silence;
        };
        if push.kind == PushKind::Disconnection {
            return Broken::Silence;
        }
        let Some((channel, sealed)) = message(&push) else {
            continue;
        };
        match inner.seal.open(channel, sealed, numbers) {
            Ok(envelope) if envelope.from == inner.node => {
                last = Instant::now();
                inner.set_up(true);
            }
            Ok(envelope) => {
                metrics::bus_heard();
                match ear.try_send(envelope) {
                    Ok(()) => {}
                    Err(TrySendError::Full(_)) => metrics::bus_dropped("heard"),
                    Err(TrySendError::Closed(_)) => return Broken::Unneeded,
                }
            }
            Err(refused) => metrics::bus_refused(refused.label()),
        }
    }
}

/// Channel and payload of a published message.
fn message(push: &PushInfo) -> Option<(&[u8], &[u8])> {
    match (&push.kind, push.data.as_slice()) {
        (PushKind::Message, [Value::BulkString(channel), Value::BulkString(sealed)]) => {
            Some((channel, sealed))
        }
        _ => None,
    }
}

impl Inner {
    /// What is wanted is asked for on a new connection. What waited to be told is old by now, and the
    /// sweep has found it.
    async fn begin(
        &self,
        hears: &mut MultiplexedConnection,
        subscribed: &mut HashSet<Topic>,
    ) -> Result<(), RedisError> {
        self.told().clear();
        {
            let mut wants = self.wants();
            wants.changed = wants.topics.keys().copied().collect();
            wants.changed.insert(Topic::House);
        }
        self.subscribe(hears, subscribed).await
    }

    async fn subscribe(
        &self,
        hears: &mut MultiplexedConnection,
        subscribed: &mut HashSet<Topic>,
    ) -> Result<(), RedisError> {
        let (mut come, mut gone) = (vec![], vec![]);
        {
            let mut wants = self.wants();
            for topic in std::mem::take(&mut wants.changed) {
                let is_wanted = topic == Topic::House || wants.topics.contains_key(&topic);
                if is_wanted && subscribed.insert(topic) {
                    come.push(self.seal.channel(topic));
                } else if !is_wanted && subscribed.remove(&topic) {
                    gone.push(self.seal.channel(topic));
                }
            }
        }
        for piece in come.chunks(TOPICS) {
            hears.subscribe(piece).await?;
        }
        for piece in gone.chunks(TOPICS) {
            hears.unsubscribe(piece).await?;
        }
        Ok(())
    }
}

/// Keeps what is subscribed to what is wanted.
async fn follow(
    inner: &Arc<Inner>,
    mut hears: MultiplexedConnection,
    mut subscribed: HashSet<Topic>,
) -> Broken {
    loop {
        inner.wants_change.notified().await;
        if let Err(error) = inner.subscribe(&mut hears, &mut subscribed).await {
            return error.into();
        }
    }
}

/// Says each second that the node runs.
async fn probe(inner: &Arc<Inner>) -> Broken {
    loop {
        if Arc::strong_count(inner) == 1 {
            return Broken::Unneeded;
        }
        inner.tell(Topic::House, News::Alive);
        tokio::time::sleep(PROBE_EVERY).await;
    }
}
