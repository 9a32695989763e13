//! A first load: durable chat over many rooms, open loop. A line is due when it is due, whether the
//! hub keeps up or not, and its latency is counted from then.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use ludus_domain::ids::{CommandId, RoomId, Seq};
use ludus_domain::protocol::ServerFrame;
use ludus_domain::room::Command;
use ludus_domain::stream::StreamId;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::{Client, NoConnection, say};
use crate::log::Log;
use crate::people::{Account, RestError, RoomWish};

/// How long taking a seat may take before the load begins.
const JOIN_WITHIN: Duration = Duration::from_secs(10);

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rooms: u32,
    pub members_per_room: u32,
    /// Lines per second, all rooms together.
    pub lines_per_second: f64,
    pub seconds: u64,
    pub seed: u64,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub clients: usize,
    pub seconds: f64,
    pub asked: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub deliveries: u64,
    /// Sequence numbers that a connection should have been sent and was not, or twice.
    pub holes: u64,
    pub reconnects: u64,
    /// From the moment a line was due to its ack, in microseconds, sorted.
    pub latencies_us: Vec<u64>,
}

/// The load could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Rest(#[from] RestError),
    #[error(transparent)]
    Connection(#[from] NoConnection),
    #[error("the hub gave a room without a code")]
    NoCode,
    #[error("a member was not let in within {} s", JOIN_WITHIN.as_secs())]
    NoSeat,
}

impl Figures {
    /// The latency that so many in a hundred lines stay under.
    pub fn percentile_us(&self, percent: f64) -> u64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among at most some millions"
        )]
        let rank = (self.latencies_us.len() as f64 * percent / 100.0) as usize;
        let rank = rank.min(self.latencies_us.len().saturating_sub(1));
        self.latencies_us.get(rank).copied().unwrap_or(0)
    }

    fn add(&mut self, other: Self) {
        self.clients += other.clients;
        self.asked += other.asked;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.deliveries += other.deliveries;
        self.holes += other.holes;
        self.reconnects += other.reconnects;
        self.latencies_us.extend(other.latencies_us);
    }
}

impl fmt::Display for Figures {
    #[expect(
        clippy::cast_precision_loss,
        reason = "rates and milliseconds for people to read"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |percent| self.percentile_us(percent) as f64 / 1_000.0;
        writeln!(
            f,
            "{} clients, {:.1} s: {} lines asked, {} acknowledged ({:.0}/s), {} refused, {} without an answer",
            self.clients,
            self.seconds,
            self.asked,
            self.acknowledged,
            self.acknowledged as f64 / self.seconds,
            self.refused,
            self.asked.saturating_sub(self.acknowledged + self.refused),
        )?;
        writeln!(
            f,
            "ack latency: p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, max {:.1} ms",
            ms(50.0),
            ms(90.0),
            ms(99.0),
            ms(99.9),
            ms(100.0),
        )?;
        write!(
            f,
            "{} deliveries ({:.0}/s), {} lost or repeated by sequence, {} reconnects",
            self.deliveries,
            self.deliveries as f64 / self.seconds,
            self.holes,
            self.reconnects,
        )
    }
}

/// Opens rooms, fills them with guests, and has them talk.
pub async fn run(host: &Account, plan: &Plan) -> Result<Figures, LoadError> {
    let mut members = Vec::new();
    for number in 0..plan.rooms {
        let room = host
            .open(&RoomWish::lounge(&format!("Load {number}")).by_code())
            .await?;
        let code = room.code.ok_or(LoadError::NoCode)?;
        for member in 0..plan.members_per_room {
            let name = format!("Guest {number} {member}");
            let account = host.hub.guest(&code, &name).await?;
            members.push((account, room.id, code.clone()));
        }
    }
    let count = members.len();
    #[expect(clippy::cast_precision_loss, reason = "at most some thousand clients")]
    let line_every = Duration::from_secs_f64(count as f64 / plan.lines_per_second.max(0.001));
    let mut clients = Vec::new();
    for (account, room, code) in members {
        let mut client = Client::new(account, "load", &Log::none());
        client.keeps_backlog = false;
        client.connect().await?;
        // Only members may look at a room by code.
        let join = Command::Join { code: Some(code) };
        if client.ask(room, join, JOIN_WITHIN).await.is_none() {
            return Err(LoadError::NoSeat);
        }
        client.subscribe(StreamId::Room(room), None).await;
        clients.push((client, room));
    }
    let begin = Instant::now();
    let end = begin + Duration::from_secs(plan.seconds);
    let mut tasks = JoinSet::new();
    for (index, (client, room)) in clients.into_iter().enumerate() {
        let talker = Talker {
            client,
            room,
            rng: rand::rngs::StdRng::seed_from_u64(plan.seed ^ index as u64),
            due: HashMap::new(),
            last: None,
            figures: Figures {
                clients: 1,
                ..Figures::default()
            },
        };
        tasks.spawn(talker.run(begin, end, line_every));
    }
    let mut figures = Figures::default();
    while let Some(done) = tasks.join_next().await {
        if let Ok(one) = done {
            figures.add(one);
        }
    }
    figures.seconds = (Instant::now() - begin).as_secs_f64();
    figures.latencies_us.sort_unstable();
    Ok(figures)
}

struct Talker {
    client: Client,
    room: RoomId,
    rng: rand::rngs::StdRng,
    /// When each unanswered line was due.
    due: HashMap<CommandId, Instant>,
    last: Option<Seq>,
    figures: Figures,
}

impl Talker {
    async fn run(mut self, begin: Instant, end: Instant, line_every: Duration) -> Figures {
        let mut next = begin + line_every.mul_f64(self.rng.random_range(0.0..1.0));
        while Instant::now() < end {
            if !self.client.is_connected() {
                self.figures.reconnects += 1;
                if self.client.connect().await.is_err() {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            }
            self.listen_until(next.min(end)).await;
            if Instant::now() >= next && next < end {
                let text = format!("line {} of the load", self.figures.asked);
                let id = self.client.send(self.room, say(text)).await;
                self.due.insert(id, next);
                self.figures.asked += 1;
                next += line_every;
            }
        }
        // What is on its way may still arrive.
        self.listen_until(end + Duration::from_secs(2)).await;
        self.client.close().await;
        self.figures
    }

    async fn listen_until(&mut self, until: Instant) {
        while let Ok(Ok(frame)) = tokio::time::timeout_at(until, self.client.hear()).await {
            match frame {
                ServerFrame::Ack { id, .. } => {
                    if let Some(due) = self.due.remove(&id) {
                        let late = Instant::now() - due;
                        let late_us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
                        self.figures.latencies_us.push(late_us);
                        self.figures.acknowledged += 1;
                    }
                }
                ServerFrame::Nack { id: Some(id), .. } => {
                    self.figures.refused += u64::from(self.due.remove(&id).is_some());
                }
                ServerFrame::Event { event, .. } => {
                    self.figures.deliveries += 1;
                    self.follow(event.seq, event.seq);
                }
                ServerFrame::Skip { from, to, .. } => self.follow(from, to),
                ServerFrame::Subscribed { head, .. } | ServerFrame::Reset { head, .. } => {
                    self.last = Some(head);
                }
                _ => {}
            }
        }
    }

    fn follow(&mut self, from: Seq, to: Seq) {
        if let Some(last) = self.last
            && from != last.next()
        {
            self.figures.holes += from.0.abs_diff(last.next().0);
        }
        self.last = Some(to);
    }
}
