//! A client that talks by itself, through whatever is done to the hub meanwhile: it reconnects with
//! back-off, resumes, sends again what has no answer, and in the end looks at everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ludus_domain::ids::{CommandId, Epoch, RoomId, Seq};
use ludus_domain::protocol::{Position, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::Command;
use ludus_domain::stream::StreamId;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, NoConnection, say};
use crate::log::Log;
use crate::people::{Account, Hub, RestError};

/// The longest wait between two tries to connect. A hub that was killed is back within a second or two.
const BACKOFF_MS_MAX: u64 = 500;
/// Commands waiting for an answer, beyond which nothing new is said.
const WAITING_MAX: usize = 32;
/// Between the end of a subscription that was not asked for and the next try.
const FOLLOW_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// A client's own heartbeat, faster than the 25 s of a real one so that short runs have some.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);

/// What a crowd is told to do.
#[derive(Debug)]
pub struct Script {
    /// Talk until this is set.
    pub stop: AtomicBool,
    /// Time between two lines of one client.
    pub line_every: Duration,
    /// Cut the connection at random, about this often.
    pub cut_every: Option<Duration>,
    /// One in so many lines is sent twice under one id.
    pub repeat_one_in: Option<u32>,
    /// Instead of one in so many lines, a reaction to what was heard last.
    pub react_one_in: Option<u32>,
    pub acknowledged: AtomicU64,
    pub reconnects: AtomicU64,
}

impl Script {
    pub fn new(line_every: Duration) -> Self {
        Self {
            stop: AtomicBool::new(false),
            line_every,
            cut_every: None,
            repeat_one_in: None,
            react_one_in: None,
            acknowledged: AtomicU64::new(0),
            reconnects: AtomicU64::new(0),
        }
    }
}

/// A client could not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum ChatterError {
    #[error("{waiting} commands had no answer when time was up")]
    Unanswered { waiting: usize },
    #[error("no connection within the time given: {0}")]
    NoConnection(NoConnection),
    #[error("history could not be read: {0}")]
    History(#[from] RestError),
    #[error("resuming {stream} from the beginning did not come to the head in time")]
    Audit { stream: StreamId },
}

/// Somebody talking in one room.
#[derive(Debug)]
pub struct Chatter {
    pub client: Client,
    room: RoomId,
    /// What the room asks of who enters.
    code: Option<String>,
    rng: rand::rngs::StdRng,
    said: u64,
    /// Set by a nack that asks to wait; the line is said again under its id.
    retry: Vec<(CommandId, Command)>,
    /// The nodes there are; the next connection goes to any of them. Empty: where it always went.
    places: Vec<Hub>,
    patience: Patience,
    heard_at: Instant,
    /// How far the room was followed when it last was.
    position: Option<Position>,
    /// When to follow it again, after the hub has ended it.
    follow_at: Option<Instant>,
    /// The subscription that has no answer yet.
    following: Option<CommandId>,
    /// The last line of somebody, for reactions.
    last_line: Option<Seq>,
    /// The same person's tabs at other nodes: whatever is said is said by each, under one id.
    twins: Vec<Client>,
    /// Added to each line, where lines are to be long.
    padding: String,
    /// Says nothing at all.
    is_quiet: bool,
}

/// How long a client waits for a hub that does not answer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For any frame at all. More than the time between two heartbeats of the hub.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(35),
        }
    }
}

impl Chatter {
    pub fn new(account: Account, label: &str, room: RoomId, log: &Log, seed: u64) -> Self {
        let mut client = Client::new(account, label, log);
        client.keeps_backlog = false;
        Self {
            client,
            room,
            code: None,
            rng: rand::rngs::StdRng::seed_from_u64(seed),
            said: 0,
            retry: Vec::new(),
            places: Vec::new(),
            patience: Patience::default(),
            heard_at: Instant::now(),
            position: None,
            follow_at: None,
            following: None,
            last_line: None,
            twins: Vec::new(),
            padding: String::new(),
            is_quiet: false,
        }
    }

    /// Comes only to listen: whoever speaks finds out at their next line what they had missed.
    pub fn quiet(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    /// Makes every line so much longer, in characters of two bytes.
    pub fn long_winded(mut self, characters: usize) -> Self {
        self.padding = "ö".repeat(characters);
        self
    }

    /// Says everything at each of these nodes as well.
    pub fn with_twins_at(mut self, places: &[Hub], log: &Log) -> Self {
        for (number, place) in places.iter().enumerate() {
            let mut account = self.client.account.clone();
            account.hub = place.clone();
            let label = format!("{} twin {number}", self.client.label);
            let mut twin = Client::new(account, &label, log);
            twin.keeps_backlog = false;
            twin.follow(StreamId::Room(self.room), None);
            self.twins.push(twin);
        }
        self
    }

    /// Comes back at any of these nodes, as behind a balancer that remembers nobody.
    pub fn at_any_of(mut self, places: Vec<Hub>, patience: Patience) -> Self {
        self.places = places;
        self.patience = patience;
        self
    }

    /// Enters by this code.
    pub fn with_code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// Joins, talks until told to stop, then waits until everything has an answer.
    pub async fn run(
        &mut self,
        script: &Arc<Script>,
        settle_within: Duration,
    ) -> Result<(), ChatterError> {
        self.reconnect(settle_within).await?;
        self.come_in(script, settle_within).await?;
        let mut next_line = Instant::now();
        let mut next_heartbeat = Instant::now() + HEARTBEAT_EVERY;
        let mut next_cut = self.next_cut(script);
        while !script.stop.load(Ordering::Relaxed) {
            if !self.client.is_connected() {
                script.reconnects.fetch_add(1, Ordering::Relaxed);
                self.reconnect(settle_within).await?;
                next_cut = self.next_cut(script);
            }
            let now = Instant::now();
            let is_silent = now >= self.heard_at + self.patience.silence;
            if is_silent || next_cut.is_some_and(|at| now >= at) {
                self.client.cut();
                continue;
            }
            self.follow_again().await;
            if now >= next_line {
                self.speak(script).await;
                // Open loop: a slow hub is not spared by waiting for it.
                next_line += script.line_every;
                if next_line + Duration::from_secs(2) < now {
                    next_line = now;
                }
            }
            if now >= next_heartbeat {
                let _ = self.client.heartbeat().await;
                next_heartbeat = now + HEARTBEAT_EVERY;
            }
            let wake = next_line.min(next_heartbeat);
            self.listen_until(wake, script).await;
            self.hear_twins().await;
        }
        self.settle(script, settle_within).await
    }

    /// Takes a seat, and follows: who is not in a room may not be allowed to look at it.
    async fn come_in(&mut self, script: &Script, within: Duration) -> Result<(), ChatterError> {
        let code = self.code.clone();
        self.client.send(self.room, Command::Join { code }).await;
        self.settle(script, within).await?;
        self.subscribe().await;
        Ok(())
    }

    async fn subscribe(&mut self) {
        let stream = StreamId::Room(self.room);
        let id = self.client.subscribe(stream, self.position).await;
        (self.following, self.follow_at) = (Some(id), None);
    }

    /// A hub that could not serve a room a moment ago may be able to now.
    async fn follow_again(&mut self) {
        if self.follow_at.is_some_and(|at| Instant::now() >= at) {
            self.subscribe().await;
        }
    }

    fn next_cut(&mut self, script: &Script) -> Option<Instant> {
        let every = script.cut_every?;
        Some(Instant::now() + every.mul_f64(self.rng.random_range(0.5..1.5)))
    }

    async fn speak(&mut self, script: &Script) {
        if let Some((id, command)) = self.retry.pop() {
            self.client.send_as(id, self.room, command).await;
            return;
        }
        if self.is_quiet || self.client.unanswered() >= WAITING_MAX {
            return;
        }
        if let (Some(one_in), Some(line)) = (script.react_one_in, self.last_line)
            && self.rng.random_ratio(1, one_in)
        {
            let (emoji, on) = ("👍".to_owned(), true);
            let react = Command::React { line, emoji, on };
            self.client.send(self.room, react).await;
            return;
        }
        self.said += 1;
        let text = format!("{} {}{}", self.client.label, self.said, self.padding);
        let id = self.client.send(self.room, say(text.clone())).await;
        for twin in &mut self.twins {
            twin.send_as(id, self.room, say(text.clone())).await;
        }
        if let Some(one_in) = script.repeat_one_in
            && self.rng.random_ratio(1, one_in)
        {
            self.client.send_as(id, self.room, say(text)).await;
        }
    }

    async fn listen_until(&mut self, until: Instant, script: &Script) {
        while let Ok(Ok(frame)) = tokio::time::timeout_at(until, self.client.hear()).await {
            self.note(&frame, script);
        }
    }

    /// What twins were told by now. One that lost its connection comes back.
    async fn hear_twins(&mut self) {
        for twin in &mut self.twins {
            if !twin.is_connected() {
                // Another time, if not now.
                timeout(self.patience.connect, twin.connect()).await.ok();
            }
            while let Ok(Ok(frame)) = timeout(Duration::ZERO, twin.hear()).await {
                if let ServerFrame::Nack {
                    id: Some(id),
                    code: Refusal::Unavailable,
                    ..
                } = frame
                    && let Some(command) = twin.take_refused(id)
                {
                    twin.send_as(id, self.room, command).await;
                }
            }
        }
    }

    fn unanswered(&self) -> usize {
        let twins = self.twins.iter().map(Client::unanswered);
        self.client.unanswered() + self.retry.len() + twins.sum::<usize>()
    }

    fn note(&mut self, frame: &ServerFrame, script: &Script) {
        self.heard_at = Instant::now();
        let room = StreamId::Room(self.room);
        self.position = self.client.position(room).or(self.position);
        match frame {
            ServerFrame::Event { stream, event }
                if *stream == room && event.fact.kind() == "said" =>
            {
                self.last_line = Some(event.seq);
            }
            ServerFrame::Unsubscribed {
                stream,
                code: Some(_),
                ..
            } if *stream == room => self.follow_at = Some(Instant::now() + FOLLOW_AGAIN_AFTER),
            ServerFrame::Nack { id: Some(id), .. } if self.following == Some(*id) => {
                self.follow_at = Some(Instant::now() + FOLLOW_AGAIN_AFTER);
            }
            ServerFrame::Ack { .. } => {
                script.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            // Not now: nothing of it was kept, the same id may be sent again.
            ServerFrame::Nack {
                id: Some(id),
                code: Refusal::Unavailable,
                ..
            } => {
                if let Some(command) = self.client.take_refused(*id) {
                    self.retry.push((*id, command));
                }
            }
            _ => {}
        }
    }

    /// Connects, however long the hub is away, within reason.
    async fn reconnect(&mut self, within: Duration) -> Result<(), ChatterError> {
        let give_up = Instant::now() + within;
        let mut backoff_ms = 20;
        loop {
            self.choose_place();
            match timeout(self.patience.connect, self.client.connect()).await {
                Ok(Ok(())) => {
                    self.heard_at = Instant::now();
                    return Ok(());
                }
                Ok(Err(error)) if Instant::now() >= give_up => {
                    return Err(ChatterError::NoConnection(error));
                }
                Err(_) if Instant::now() >= give_up => {
                    return Err(ChatterError::NoConnection(NoConnection::Silence));
                }
                _ => {}
            }
            sleep(Duration::from_millis(self.rng.random_range(1..=backoff_ms))).await;
            backoff_ms = (backoff_ms * 2).min(BACKOFF_MS_MAX);
        }
    }

    fn choose_place(&mut self) {
        if self.places.is_empty() {
            return;
        }
        let place = self.rng.random_range(0..self.places.len());
        self.go_to(self.places[place].clone());
    }

    fn go_to(&mut self, hub: Hub) {
        self.client.ws_url = hub.ws_url();
        self.client.account.hub = hub;
    }

    async fn settle(&mut self, script: &Script, within: Duration) -> Result<(), ChatterError> {
        let give_up = Instant::now() + within;
        while self.unanswered() > 0 {
            if Instant::now() >= give_up {
                return Err(ChatterError::Unanswered {
                    waiting: self.unanswered(),
                });
            }
            self.hear_twins().await;
            if Instant::now() >= self.heard_at + self.patience.silence {
                self.client.cut();
            }
            if !self.client.is_connected() {
                self.reconnect(within).await?;
            }
            if let Some((id, command)) = self.retry.pop() {
                self.client.send_as(id, self.room, command).await;
            }
            self.listen_until(Instant::now() + Duration::from_millis(100), script)
                .await;
        }
        Ok(())
    }

    /// The final look, when everybody is quiet: history over REST, and resuming from the beginning.
    pub async fn audit(&mut self, log: &Log, within: Duration) -> Result<(), ChatterError> {
        self.client.read_history(self.room, 0).await?;
        self.client.close().await;
        for twin in &mut self.twins {
            twin.close().await;
        }
        let stream = StreamId::Room(self.room);
        let head = self.client.account.position(self.room).await?;
        let label = format!("{} audit", self.client.label);
        let mut fresh = Client::new(self.client.account.clone(), &label, log).auditing();
        fresh.keeps_backlog = false;
        fresh.ws_url.clone_from(&self.client.ws_url);
        let beginning = Position {
            epoch: Epoch(head.epoch.0),
            seq: Seq::ZERO,
        };
        fresh.follow(stream, Some(beginning));
        fresh.connect().await.map_err(ChatterError::NoConnection)?;
        let came = fresh
            .expect(within, |frame| match frame {
                ServerFrame::Subscribed { stream: which, .. }
                | ServerFrame::Reset { stream: which, .. }
                    if *which == stream =>
                {
                    Some(())
                }
                _ => None,
            })
            .await;
        fresh.close().await;
        came.ok_or(ChatterError::Audit { stream })
    }
}
