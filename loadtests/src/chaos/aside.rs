//! Who is there beside the people who talk: sockets that never read, many who only listen, strangers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ludus_domain::ids::RoomId;
use ludus_domain::protocol::{ClientFrame, Subscription};
use ludus_domain::stream::StreamId;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::figures::Times;
use crate::client::{Client, Socket};
use crate::log::Log;
use crate::people::{Account, Hub};

/// Sockets that never read.
const SLOW: usize = 50;
/// How long one of them may stay once it is stuck and time is up.
const SLOW_ENDS_WITHIN: Duration = Duration::from_secs(30);
/// Connections that are opened at a time: everything here shares two cores.
const OPENING: usize = 48;
/// After a cut everybody is back by then (G15).
const STORM_OVER_WITHIN_MS: u64 = 60_000;
/// What a stranger sends has its answer, or its end, by then.
const STRANGER_ENDS_WITHIN: Duration = Duration::from_secs(20);
const STRANGERS: u64 = 6;

/// A crowd aside.
#[derive(Debug)]
pub(super) enum Aside {
    Nobody,
    Slow(JoinSet<Result<u16, String>>),
    Many {
        stop: Arc<AtomicBool>,
        /// How long each was without a connection, in microseconds.
        tasks: JoinSet<Vec<u64>>,
        count: usize,
    },
    Strangers {
        stop: Arc<AtomicBool>,
        tasks: JoinSet<Result<usize, String>>,
    },
}

/// What came of it: for people, and what should not be.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) says: Option<String>,
    pub(super) faults: Vec<String>,
}

impl Aside {
    /// Sockets that follow a room and never read.
    pub(super) async fn slow(
        nodes: &[SocketAddr],
        accounts: &[Account],
        room: RoomId,
    ) -> Result<Self, String> {
        let mut tasks = JoinSet::new();
        for number in 0..SLOW {
            let account = &accounts[number % accounts.len()];
            let socket = stuck(nodes[number % nodes.len()], account, room).await?;
            tasks.spawn(ending(socket));
        }
        Ok(Self::Slow(tasks))
    }

    /// So many who only listen. Answers when all of them are there.
    pub(super) async fn many(accounts: &[Account], room: RoomId, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let door = Arc::new(Semaphore::new(OPENING));
        let there = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let account = accounts[number % accounts.len()].clone();
            let mut client = Client::new(account, "idle", &Log::none());
            client.keeps_backlog = false;
            client.follow(StreamId::Room(room), None);
            let idle = Idle {
                client,
                stop: Arc::clone(&stop),
                door: Arc::clone(&door),
                rng: StdRng::seed_from_u64(number as u64),
            };
            tasks.spawn(idle.run(Arc::clone(&there)));
        }
        let give_up = Instant::now() + Duration::from_mins(3);
        while there.load(Ordering::Relaxed) < count && Instant::now() < give_up {
            sleep(Duration::from_millis(100)).await;
        }
        let count = there.load(Ordering::Relaxed);
        Self::Many { stop, tasks, count }
    }

    /// Some who send whatever comes to their mind.
    pub(super) fn strangers(hubs: &[Hub], accounts: &[Account], seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for number in 0..STRANGERS {
            let stranger = Stranger {
                hubs: hubs.to_vec(),
                account: accounts[0].clone(),
                rng: StdRng::seed_from_u64(seed ^ (number << 32)),
            };
            tasks.spawn(stranger.run(Arc::clone(&stop)));
        }
        Self::Strangers { stop, tasks }
    }

    pub(super) async fn end(self) -> Seen {
        match self {
            Self::Nobody => Seen::default(),
            Self::Slow(tasks) => end_slow(tasks).await,
            Self::Many { stop, tasks, count } => end_many(&stop, tasks, count).await,
            Self::Strangers { stop, tasks } => end_strangers(&stop, tasks).await,
        }
    }
}

/// A socket past all proxies, whose buffers would help it, with as small a buffer of its own as the
/// system allows.
async fn stuck(node: SocketAddr, account: &Account, room: RoomId) -> Result<Socket, String> {
    let ticket = account.ticket().await.map_err(|error| error.to_string())?;
    let socket = TcpSocket::new_v4().map_err(|error| error.to_string())?;
    socket
        .set_recv_buffer_size(4_096)
        .map_err(|error| error.to_string())?;
    let stream = socket.connect(node).await;
    let stream = stream.map_err(|error| error.to_string())?;
    let url = format!("ws://{node}/api/v1/ws");
    let opened = Socket::over(stream, &url).await;
    let mut socket = opened.map_err(|ended| ended.to_string())?;
    let (stream, since) = (StreamId::Room(room), None);
    let hello = ClientFrame::Hello {
        ticket: Some(ticket),
        resume: None,
        subscriptions: vec![Subscription { stream, since }],
        client: Some("never reads".to_owned()),
    };
    let sent = socket.send(&hello).await;
    sent.map_err(|ended| ended.to_string())?;
    Ok(socket)
}

/// Does nothing for as long as the run may take, then reads how it ended. The task is told to go on by
/// being waited for.
async fn ending(mut socket: Socket) -> Result<u16, String> {
    // The run is what fills it: whoever waits for this task waits until it is over.
    sleep(Duration::from_secs(40)).await;
    let read = async {
        loop {
            if let Err(ended) = socket.hear().await {
                return ended;
            }
        }
    };
    match timeout(SLOW_ENDS_WITHIN, read).await {
        Ok(ended) => Ok(ended.code().unwrap_or(0)),
        Err(_) => Err("it was kept although it never read".to_owned()),
    }
}

async fn end_slow(mut tasks: JoinSet<Result<u16, String>>) -> Seen {
    let mut seen = Seen::default();
    let (mut closed, mut cut) = (0, 0);
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(Ok(4008)) => closed += 1,
            // Its buffers were full: not even the reason got through.
            Ok(Ok(0)) => cut += 1,
            Ok(Ok(code)) => seen
                .faults
                .push(format!("a socket that never read was closed with {code}")),
            Ok(Err(fault)) => seen.faults.push(fault),
            Err(_) => seen.faults.push("a slow client panicked".to_owned()),
        }
    }
    seen.says = Some(format!(
        "{SLOW} sockets that never read: {closed} closed with 4008, {cut} cut"
    ));
    seen
}

/// Somebody who only listens.
struct Idle {
    client: Client,
    stop: Arc<AtomicBool>,
    door: Arc<Semaphore>,
    rng: StdRng,
}

impl Idle {
    async fn run(mut self, there: Arc<AtomicUsize>) -> Vec<u64> {
        let mut outages = vec![];
        let mut out_since: Option<Instant> = None;
        let mut is_new = true;
        while !self.stop.load(Ordering::Relaxed) {
            if self.client.is_connected() {
                let heard = timeout(Duration::from_secs(1), self.client.hear()).await;
                if matches!(heard, Ok(Err(_))) {
                    out_since = Some(Instant::now());
                }
                continue;
            }
            // As clients do: not all at once.
            let jitter = self.rng.random_range(0..2_000);
            sleep(Duration::from_millis(jitter)).await;
            let Ok(_turn) = self.door.acquire().await else {
                break;
            };
            let tried = timeout(Duration::from_secs(20), self.client.connect()).await;
            if !matches!(tried, Ok(Ok(()))) {
                self.client.cut();
                continue;
            }
            if std::mem::take(&mut is_new) {
                there.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(since) = out_since.take() {
                let us = since.elapsed().as_micros();
                outages.push(u64::try_from(us).unwrap_or(u64::MAX));
            }
        }
        if let Some(since) = out_since {
            let us = since.elapsed().as_micros();
            outages.push(u64::try_from(us).unwrap_or(u64::MAX));
        }
        self.client.cut();
        outages
    }
}

async fn end_many(stop: &AtomicBool, mut tasks: JoinSet<Vec<u64>>, count: usize) -> Seen {
    stop.store(true, Ordering::Relaxed);
    let mut outages = vec![];
    while let Some(done) = tasks.join_next().await {
        outages.extend(done.unwrap_or_default());
    }
    let times = Times::of(outages);
    let mut seen = Seen {
        says: Some(format!(
            "{count} listeners, {} times cut: back after p50 {} ms, p99 {} ms, max {} ms",
            times.count, times.p50_ms, times.p99_ms, times.max_ms
        )),
        faults: vec![],
    };
    if times.count < count {
        seen.faults.push(format!(
            "only {} of {count} listeners were cut",
            times.count
        ));
    }
    if times.max_ms > STORM_OVER_WITHIN_MS {
        seen.faults
            .push(format!("a listener was out for {} ms", times.max_ms));
    }
    seen
}

/// Texts that are nearly what the hub wants to hear.
const NEARLY: &[&str] = &[
    "",
    "null",
    "[]",
    "0",
    "1e400",
    "{}",
    r#"{"type":"hello"}"#,
    r#"{"type":"hello","ticket":"x","ticket":"y"}"#,
    r#"{"type":"heartbeat","positions":{"room:0":-1}}"#,
    r#"{"type":"command","id":"00000000-0000-0000-0000-000000000000","room":"x","do":{"kind":"say"}}"#,
    r#"{"type":"subscribe","id":1,"stream":"room:"}"#,
    r#"{"type":"typing","room":null,"on":"yes"}"#,
    r#"{"type":"award","points":1000000}"#,
    "{\"type\":\"hello\",\"ticket\":\"\\u0000\\ud800\"}",
];

/// Somebody who found the address.
struct Stranger {
    hubs: Vec<Hub>,
    account: Account,
    rng: StdRng,
}

impl Stranger {
    /// Answers how often it was turned away; an error names what was not ended.
    async fn run(mut self, stop: Arc<AtomicBool>) -> Result<usize, String> {
        let mut turned_away = 0;
        while !stop.load(Ordering::Relaxed) {
            let index = self.rng.random_range(0..self.hubs.len());
            self.account.hub = self.hubs[index].clone();
            let tried = match self.rng.random_range(0..3) {
                0 => timeout(STRANGER_ENDS_WITHIN, self.babbles()).await,
                1 => timeout(STRANGER_ENDS_WITHIN, self.speaks_nearly()).await,
                _ => timeout(STRANGER_ENDS_WITHIN, self.is_let_in_first()).await,
            };
            tried.map_err(|_| "a stranger was listened to for too long".to_owned())?;
            turned_away += 1;
            sleep(Duration::from_millis(self.rng.random_range(5..80))).await;
        }
        Ok(turned_away)
    }

    fn noise(&mut self, most: usize) -> Vec<u8> {
        let length = self.rng.random_range(1..most);
        (0..length).map(|_| self.rng.random()).collect()
    }

    /// Bytes in place of a request, or after a handshake in place of frames.
    async fn babbles(&mut self) {
        let base = self
            .account
            .hub
            .base()
            .trim_start_matches("http://")
            .to_owned();
        let Ok(mut stream) = TcpStream::connect(&base).await else {
            return;
        };
        let request = format!(
            "GET /api/v1/ws HTTP/1.1\r\nHost: {base}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: ludus.v1\r\n\r\n"
        );
        if self.rng.random_bool(0.7) {
            stream.write_all(request.as_bytes()).await.ok();
        }
        let noise = self.noise(2_000);
        stream.write_all(&noise).await.ok();
        // Half of them do not wait for an answer.
        if self.rng.random_bool(0.5) {
            let mut rest = vec![0; 4_096];
            while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
        }
    }

    async fn speaks_nearly(&mut self) {
        if let Ok(mut socket) = Socket::open(&self.account.hub.ws_url()).await {
            self.annoys(&mut socket).await;
        }
    }

    /// Somebody of the house whose client has gone mad.
    async fn is_let_in_first(&mut self) {
        let Ok(ticket) = self.account.ticket().await else {
            return;
        };
        let Ok(mut socket) = Socket::open(&self.account.hub.ws_url()).await else {
            return;
        };
        let hello = ClientFrame::Hello {
            ticket: Some(ticket),
            resume: None,
            subscriptions: vec![],
            client: None,
        };
        if socket.send(&hello).await.is_ok() {
            self.annoys(&mut socket).await;
        }
    }

    async fn annoys(&mut self, socket: &mut Socket) {
        for _ in 0..self.rng.random_range(1..6) {
            let nearly = NEARLY.choose(&mut self.rng).copied().unwrap_or_default();
            let message = match self.rng.random_range(0..4) {
                0 => Message::binary(self.noise(500)),
                1 => Message::text("[".repeat(self.rng.random_range(1..70_000))),
                2 => {
                    let mut bytes = nearly.as_bytes().to_vec();
                    if !bytes.is_empty() {
                        let index = self.rng.random_range(0..bytes.len());
                        bytes[index] = self.rng.random_range(b' '..b'~');
                    }
                    Message::text(String::from_utf8_lossy(&bytes).into_owned())
                }
                _ => Message::text(nearly),
            };
            if socket.send_message(message).await.is_err() {
                return;
            }
        }
        // Whatever it made of that, it said so or hung up; then we go.
        timeout(Duration::from_secs(1), socket.hear()).await.ok();
    }
}

async fn end_strangers(stop: &AtomicBool, mut tasks: JoinSet<Result<usize, String>>) -> Seen {
    stop.store(true, Ordering::Relaxed);
    let mut seen = Seen::default();
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(Ok(times)) => count += times,
            Ok(Err(fault)) => seen.faults.push(fault),
            Err(_) => seen.faults.push("a stranger panicked".to_owned()),
        }
    }
    seen.says = Some(format!("{count} strangers came and went"));
    seen
}
