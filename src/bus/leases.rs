//! How a node asks Redis for chunks of limits (`src/limits/shared.rs`, ADR 0041).

use std::sync::Weak;
use std::time::Duration;

use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::limits::{Answer, Ask, SHARED_WITHIN as WITHIN, Shared};
use crate::metrics;

/// Asked for in one go.
const PIECE: usize = 256;
/// What Redis has for a new connection.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// Before the next try; doubled up to the longest.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Redis is asked for a sign of life this often when nobody wants anything.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// A bucket as the moment at which it will be full (GCRA), in microseconds of Redis' own clock, so that no two
/// nodes need agree on one. Grants as many as there are, up to what is wanted; a bucket that is full is forgotten.
const GRANT: &str = "\
local interval = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local free = math.floor((now + burst * interval - full) / interval)
local granted = math.min(tonumber(ARGV[3]), free)
if granted < 1 then
    return {0, math.ceil((full + interval - now - burst * interval) / 1000)}
end
full = full + granted * interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {granted, 0}";

/// Asks for what is wanted for as long as somebody shares limits.
pub(super) async fn keep(client: Client, shared: Weak<Shared>, mut asked: mpsc::Receiver<Ask>) {
    let mut pause = PAUSE;
    let mut was_told = false;
    loop {
        let began = Instant::now();
        let ended = run(&client, &shared, &mut asked).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if shared.is_up() || !was_told {
            was_told = true;
            let why = ended.as_ref().map_or("no answer", RedisError::category);
            tracing::warn!(
                why,
                "limits are not kept together with other nodes; each goes by its share"
            );
        }
        shared.set_up(false);
        while let Ok(ask) = asked.try_recv() {
            shared.failed(ask);
        }
        drop(shared);
        if began.elapsed() > PAUSE_MAX {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// One connection, until it fails or nobody needs it. `None`: there was no answer, or it is not needed.
async fn run(
    client: &Client,
    shared: &Weak<Shared>,
    asked: &mut mpsc::Receiver<Ask>,
) -> Option<RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECTS_WITHIN))
        .set_response_timeout(Some(WITHIN));
    let connected = client
        .get_multiplexed_async_connection_with_config(&config)
        .await;
    let connection = match connected {
        Ok(connection) => connection,
        Err(error) => return Some(error),
    };
    loop {
        if let Err(error) = probe(&connection).await {
            return Some(error);
        }
        shared.upgrade()?.set_up(true);
        let idle_until = Instant::now() + PROBE_EVERY;
        while let Ok(first) = tokio::time::timeout_at(idle_until, asked.recv()).await {
            let mut piece = vec![first?];
            while piece.len() < PIECE
                && let Ok(next) = asked.try_recv()
            {
                piece.push(next);
            }
            let shared = shared.upgrade()?;
            let answers = piece
                .into_iter()
                .map(|ask| grant(&connection, &shared, ask));
            let failed = join_all(answers).await.into_iter().flatten().next();
            if failed.is_some() {
                return failed;
            }
        }
    }
}

async fn probe(connection: &MultiplexedConnection) -> Result<(), RedisError> {
    redis::cmd("PING")
        .query_async(&mut connection.clone())
        .await
}

/// Asks for one chunk, and passes the answer on. Answers what went wrong.
async fn grant(
    connection: &MultiplexedConnection,
    shared: &Shared,
    ask: Ask,
) -> Option<RedisError> {
    let (place, rate) = shared.bucket(&ask);
    let interval_us = 60_000_000 / u64::from(rate.per_minute.get());
    let began = Instant::now();
    let mut command = redis::cmd("EVAL");
    command
        .arg(GRANT)
        .arg(1)
        .arg(place)
        .arg(interval_us.max(1))
        .arg(rate.burst.get())
        .arg(ask.wanted);
    let answered: Result<(u32, u32), _> = command.query_async(&mut connection.clone()).await;
    metrics::limit_lease_took(began.elapsed());
    match answered {
        Ok((granted, retry_ms)) => {
            let granted = granted.min(ask.wanted);
            shared.told(ask, Answer { granted, retry_ms });
            None
        }
        Err(error) => {
            shared.failed(ask);
            Some(error)
        }
    }
}
