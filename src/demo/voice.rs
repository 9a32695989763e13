//! One made-up person on one real connection: comes in, follows their rooms, does what they are
//! cued to, and comes back when the connection breaks.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use ludus_domain::ids::{CommandId, RoomId, Seq};
use ludus_domain::protocol::{ClientFrame, SUBPROTOCOL, ServerFrame, Subscription};
use ludus_domain::room::Command;
use ludus_domain::stream::StreamId;
use rand::RngExt as _;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

use super::Tempo;
use crate::people::{Denied, People};
use crate::store::people::User;

/// Cues one person keeps in mind.
pub(super) const CUES_MAX: usize = 16;
/// Everybody comes in within this time, not in the same millisecond.
const ARRIVAL_MS: f64 = 4_000.0;
const COME_BACK_MS: std::ops::Range<u64> = 500..3_000;

/// Something to do in a room, after a while.
#[derive(Debug)]
pub(super) struct Cue {
    pub(super) room: RoomId,
    /// For a line: how long it is typed.
    pub(super) after: Duration,
    pub(super) act: Act,
}

#[derive(Debug)]
pub(super) enum Act {
    Say {
        text: String,
        reply_to: Option<Seq>,
        /// Told when the line is committed.
        said: oneshot::Sender<Seq>,
    },
    React {
        line: Seq,
        emoji: String,
    },
    Hand(bool),
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("not let in: {0}")]
    Denied(#[from] Denied),
    #[error("{0}")]
    Socket(#[from] tungstenite::Error),
    #[error("not in the protocol: {0}")]
    Frame(#[from] serde_json::Error),
    #[error("closed: {0}")]
    Closed(String),
}

impl From<tungstenite::http::header::InvalidHeaderValue> for Broken {
    fn from(error: tungstenite::http::header::InvalidHeaderValue) -> Self {
        Self::Socket(tungstenite::Error::HttpFormat(error.into()))
    }
}

/// A made-up person.
pub(super) struct Voice {
    pub(super) user: User,
    pub(super) rooms: Vec<RoomId>,
    pub(super) people: People,
    pub(super) address: SocketAddr,
    pub(super) tempo: Tempo,
}

impl Voice {
    /// Comes in, and comes back whenever the connection breaks.
    pub(super) async fn live(self, mut cues: mpsc::Receiver<Cue>) {
        let arrival = rand::rng().random_range(0.0..ARRIVAL_MS) * self.tempo.0;
        tokio::time::sleep(Duration::from_secs_f64(arrival / 1_000.0)).await;
        loop {
            if let Err(error) = self.once(&mut cues).await {
                tracing::debug!(%error, user = %self.user.id, "a simulated person comes back");
            }
            let pause = rand::rng().random_range(COME_BACK_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// One connection, from hello to its end.
    async fn once(&self, cues: &mut mpsc::Receiver<Cue>) -> Result<(), Broken> {
        let mut line = Connection::open(self).await?;
        loop {
            let next = line.agenda.iter().map(|(due, ..)| *due).min();
            tokio::select! {
                message = line.socket.next() => match message {
                    None => return Ok(()),
                    Some(Ok(Message::Text(text))) => line.hear(&text).await?,
                    Some(Ok(Message::Close(frame))) => {
                        let reason = frame.map(|frame| frame.reason.to_string());
                        return Err(Broken::Closed(reason.unwrap_or_default()));
                    }
                    Some(other) => drop(other?),
                },
                Some(cue) = cues.recv() => line.plan(cue).await?,
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                    line.do_what_is_due().await?;
                }
            }
        }
    }
}

struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    agenda: Vec<(Instant, RoomId, Act)>,
    waiting: HashMap<CommandId, oneshot::Sender<Seq>>,
    positions: BTreeMap<StreamId, Seq>,
}

impl Connection {
    async fn open(voice: &Voice) -> Result<Self, Broken> {
        let entered = voice.people.console().enter(voice.user.clone()).await?;
        let caller = voice
            .people
            .authenticate(&entered.access.token)
            .map_err(Denied::from)?;
        let ticket = caller.ticket()?.ticket;
        let mut request = format!("ws://{}/api/v1/ws", voice.address).into_client_request()?;
        request
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(SUBPROTOCOL)?);
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        let mut line = Self {
            socket,
            agenda: vec![],
            waiting: HashMap::new(),
            positions: BTreeMap::new(),
        };
        let follow = |room: &RoomId| Subscription {
            stream: StreamId::Room(*room),
            since: None,
        };
        line.send(&ClientFrame::Hello {
            ticket: Some(ticket),
            resume: None,
            subscriptions: voice.rooms.iter().map(follow).collect(),
            client: Some("ludus demo".to_owned()),
        })
        .await?;
        for room in &voice.rooms {
            line.command(*room, Command::Join { code: None }).await?;
        }
        Ok(line)
    }

    async fn send(&mut self, frame: &ClientFrame) -> Result<(), Broken> {
        let text = serde_json::to_string(frame)?;
        Ok(self.socket.send(Message::text(text)).await?)
    }

    async fn command(&mut self, room: RoomId, command: Command) -> Result<CommandId, Broken> {
        let id = CommandId(Uuid::now_v7());
        self.send(&ClientFrame::Command { id, room, command })
            .await?;
        Ok(id)
    }

    async fn plan(&mut self, cue: Cue) -> Result<(), Broken> {
        if matches!(cue.act, Act::Say { .. }) {
            let (room, on) = (cue.room, true);
            self.send(&ClientFrame::Typing { room, on }).await?;
        }
        self.agenda
            .push((Instant::now() + cue.after, cue.room, cue.act));
        Ok(())
    }

    async fn do_what_is_due(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.agenda)
            .into_iter()
            .partition(|(at, ..)| *at <= now);
        self.agenda = later;
        let due: Vec<(Instant, RoomId, Act)> = due;
        for (_, room, act) in due {
            match act {
                Act::Say {
                    text,
                    reply_to,
                    said,
                } => {
                    let say = Command::Say {
                        text,
                        reply_to,
                        mentions: vec![],
                    };
                    let id = self.command(room, say).await?;
                    self.waiting.insert(id, said);
                }
                Act::React { line, emoji } => {
                    let on = true;
                    self.command(room, Command::React { line, emoji, on })
                        .await?;
                }
                Act::Hand(up) => {
                    self.command(room, Command::RaiseHand { up, user: None })
                        .await?;
                }
            }
        }
        Ok(())
    }

    async fn hear(&mut self, text: &str) -> Result<(), Broken> {
        match serde_json::from_str(text)? {
            ServerFrame::Ack { id, seq, .. } => {
                if let Some(said) = self.waiting.remove(&id) {
                    // The director may have lost patience.
                    let _ = said.send(seq);
                }
            }
            ServerFrame::Nack {
                id: Some(id), code, ..
            } => {
                tracing::debug!(code = code.code(), "a simulated person was refused");
                self.waiting.remove(&id);
            }
            ServerFrame::Event { stream, event } => {
                self.positions.insert(stream, event.seq);
            }
            ServerFrame::Skip { stream, to, .. } => {
                self.positions.insert(stream, to);
            }
            ServerFrame::Subscribed { stream, head, .. }
            | ServerFrame::Reset { stream, head, .. } => {
                self.positions.insert(stream, head);
            }
            ServerFrame::Heartbeat { .. } => {
                let positions = self.positions.clone();
                self.send(&ClientFrame::Heartbeat { positions }).await?;
            }
            ServerFrame::Goodbye { reason, .. } => return Err(Broken::Closed(reason)),
            _ => {}
        }
        Ok(())
    }
}
