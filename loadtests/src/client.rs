//! One person's connection, as a careful client holds it: what has no answer is kept and sent
//! again in order; a cut connection is resumed from the positions it had.

mod socket;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ludus_domain::ids::{CommandId, RoomId, Seq};
use ludus_domain::protocol::{ClientFrame, Position, ServerFrame, Subscription};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::Command;
use ludus_domain::stream::StreamId;
use uuid::Uuid;

pub use self::socket::{Ended, Heard, Socket};
use crate::log::Log;
use crate::people::{Account, RestError};
use crate::record::What;

/// How long a hub may take to say `welcome`.
const WELCOME_WITHIN: Duration = Duration::from_secs(10);
/// Frames kept for somebody who may ask for them later. A story of more than that lost its thread.
const BACKLOG_MAX: usize = 100_000;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NoConnection {
    #[error(transparent)]
    Ticket(#[from] RestError),
    #[error("the socket ended: {0}")]
    Ended(#[from] Ended),
    #[error("nothing was heard in time")]
    Silence,
    #[error("the first frame was {0}")]
    NotWelcome(&'static str),
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Ack {
        seq: Seq,
        count: u32,
        dup: bool,
    },
    Nack {
        code: Refusal,
        retry_after_ms: Option<u32>,
    },
}

/// A client.
#[derive(Debug)]
pub struct Client {
    pub account: Account,
    /// Tells two clients of one user apart in the log.
    pub label: String,
    log: Log,
    /// Where the next connection is opened: another node, perhaps.
    pub ws_url: String,
    socket: Option<Socket>,
    conn: u32,
    resume: Option<String>,
    /// Streams followed, and how far each has come; `None` before the first `subscribed`.
    positions: BTreeMap<StreamId, Option<Position>>,
    /// Commands without an answer, in the order they were asked.
    unanswered: VecDeque<(CommandId, RoomId, Command)>,
    /// Frames heard and not asked for yet.
    backlog: VecDeque<ServerFrame>,
    /// The close code and reason of the last connection that ended.
    pub last_end: Option<Ended>,
    /// Keep what is heard for `expect`. Off for clients that run by themselves.
    pub keeps_backlog: bool,
    audit: bool,
    /// The last command that was told to wait.
    turned_away: Option<(CommandId, Command)>,
}

impl Client {
    pub fn new(account: Account, label: &str, log: &Log) -> Self {
        Self {
            ws_url: account.hub.ws_url(),
            account,
            label: label.to_owned(),
            log: log.clone(),
            socket: None,
            conn: 0,
            resume: None,
            positions: BTreeMap::new(),
            unanswered: VecDeque::new(),
            backlog: VecDeque::new(),
            last_end: None,
            keeps_backlog: true,
            audit: false,
            turned_away: None,
        }
    }

    /// Streams to follow from the next connection on; without a position from the head.
    pub fn follow(&mut self, stream: StreamId, since: Option<Position>) {
        self.positions.insert(stream, since);
    }

    /// Marks the next connections as a final look at everything.
    pub fn auditing(mut self) -> Self {
        self.audit = true;
        self
    }

    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    pub fn position(&self, stream: StreamId) -> Option<Position> {
        self.positions.get(&stream).copied().flatten()
    }

    pub fn resume_token(&self) -> Option<&str> {
        self.resume.as_deref()
    }

    pub fn forget_resume_token(&mut self) {
        self.resume = None;
    }

    /// The command that was just refused, to try it again.
    pub fn take_refused(&mut self, id: CommandId) -> Option<Command> {
        self.turned_away
            .take_if(|(refused, _)| *refused == id)
            .map(|(_, command)| command)
    }

    /// Commands that have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    fn write_down(&self, what: What) {
        self.log.write(self.account.user, &self.label, what);
    }

    /// Opens a connection: by the resume token where there is one, else by a ticket. What has no
    /// answer is sent again.
    pub async fn connect(&mut self) -> Result<(), NoConnection> {
        self.cut();
        let resume = self.resume.clone();
        let ticket = match resume {
            Some(_) => None,
            None => Some(self.account.ticket().await?),
        };
        let mut socket = Socket::open(&self.ws_url).await?;
        self.conn += 1;
        let streams: Vec<_> = self.positions.iter().map(|(s, p)| (*s, *p)).collect();
        self.write_down(What::Open {
            conn: self.conn,
            resumed: resume.is_some(),
            streams: streams.clone(),
            audit: self.audit,
        });
        let subscriptions = streams
            .into_iter()
            .map(|(stream, since)| Subscription { stream, since })
            .collect();
        socket
            .send(&ClientFrame::Hello {
                ticket,
                resume,
                subscriptions,
                client: Some("ludus-loadtests".to_owned()),
            })
            .await?;
        self.socket = Some(socket);
        match tokio::time::timeout(WELCOME_WITHIN, self.hear()).await {
            Ok(Ok(ServerFrame::Welcome(_))) => {}
            Ok(Ok(other)) => {
                let kind = other.kind();
                self.cut();
                return Err(NoConnection::NotWelcome(kind));
            }
            Ok(Err(ended)) => return Err(ended.into()),
            Err(_) => {
                self.cut();
                return Err(NoConnection::Silence);
            }
        }
        let again: Vec<_> = self.unanswered.iter().cloned().collect();
        for (id, room, command) in again {
            self.dispatch(id, room, command).await?;
        }
        Ok(())
    }

    /// Breaks the connection without a word, as a lost network does.
    pub fn cut(&mut self) {
        if self.socket.take().is_some() {
            self.write_down(What::Closed {
                conn: self.conn,
                code: None,
            });
        }
    }

    /// Says goodbye.
    pub async fn close(&mut self) {
        if let Some(socket) = &mut self.socket {
            socket.close().await;
        }
        self.cut();
    }

    /// The connection itself, for who wants to break rules.
    pub fn socket(&mut self) -> Option<&mut Socket> {
        self.socket.as_mut()
    }

    /// Asks something of a room; the answer comes later.
    pub async fn send(&mut self, room: RoomId, command: Command) -> CommandId {
        let id = CommandId(Uuid::now_v7());
        self.send_as(id, room, command).await;
        id
    }

    /// Sends under an id of one's own choosing. A broken connection is not an error: the command
    /// waits for the next one.
    pub async fn send_as(&mut self, id: CommandId, room: RoomId, command: Command) {
        self.write_down(What::Invoke {
            id,
            room,
            command: command.clone(),
        });
        self.unanswered.push_back((id, room, command.clone()));
        let _ = self.dispatch(id, room, command).await;
    }

    async fn dispatch(
        &mut self,
        id: CommandId,
        room: RoomId,
        command: Command,
    ) -> Result<(), Ended> {
        if self.socket.is_none() {
            return Ok(());
        }
        self.write_down(What::Sent {
            id,
            conn: self.conn,
        });
        self.send_frame(&ClientFrame::Command { id, room, command })
            .await
    }

    /// Sends any frame.
    pub async fn send_frame(&mut self, frame: &ClientFrame) -> Result<(), Ended> {
        let Some(socket) = &mut self.socket else {
            return Err(Ended::Broken);
        };
        // A failed write is not the end: the close frame that says why may be waiting to be read.
        socket.send(frame).await
    }

    /// Follows one more stream on the open connection.
    pub async fn subscribe(&mut self, stream: StreamId, since: Option<Position>) -> CommandId {
        let id = CommandId(Uuid::now_v7());
        self.positions.insert(stream, since);
        self.write_down(What::Follow {
            conn: self.conn,
            stream,
            since,
        });
        let frame = ClientFrame::Subscribe { id, stream, since };
        let _ = self.send_frame(&frame).await;
        id
    }

    pub async fn heartbeat(&mut self) -> Result<(), Ended> {
        let positions = self
            .positions
            .iter()
            .filter_map(|(stream, position)| position.map(|position| (*stream, position.seq)))
            .collect();
        self.send_frame(&ClientFrame::Heartbeat { positions }).await
    }

    /// Waits for the next frame. Safe to drop: a frame is taken whole or not at all.
    pub async fn hear(&mut self) -> Result<ServerFrame, Ended> {
        let Some(socket) = &mut self.socket else {
            return Err(self.last_end.clone().unwrap_or(Ended::Broken));
        };
        match socket.hear().await {
            Ok(Heard { frame, .. }) => {
                self.take_in(&frame);
                Ok(frame)
            }
            Err(ended) => {
                self.ended(ended.clone());
                Err(ended)
            }
        }
    }

    fn ended(&mut self, ended: Ended) {
        if self.socket.take().is_some() {
            self.write_down(What::Closed {
                conn: self.conn,
                code: ended.code(),
            });
        }
        // 4100 to 4199: sign in again before coming back.
        if ended
            .code()
            .is_some_and(|code| (4100..4200).contains(&code))
        {
            self.resume = None;
        }
        self.last_end = Some(ended);
    }

    fn take_in(&mut self, frame: &ServerFrame) {
        self.write_down(What::Heard {
            conn: self.conn,
            frame: Box::new(frame.clone()),
        });
        match frame {
            ServerFrame::Welcome(welcome) => self.resume = Some(welcome.resume.clone()),
            ServerFrame::Heartbeat {
                resume: Some(resume),
            } => self.resume = Some(resume.clone()),
            ServerFrame::Event { stream, event } => self.advance(*stream, event.seq),
            ServerFrame::Skip { stream, to, .. } => self.advance(*stream, *to),
            ServerFrame::Subscribed {
                stream,
                epoch,
                head,
                ..
            }
            | ServerFrame::Reset {
                stream,
                epoch,
                head,
                ..
            } => {
                let position = Position {
                    epoch: *epoch,
                    seq: *head,
                };
                self.positions.insert(*stream, Some(position));
            }
            ServerFrame::Unsubscribed { stream, .. } => {
                self.positions.remove(stream);
            }
            ServerFrame::Ack {
                id,
                seq,
                count,
                dup,
            } => {
                self.write_down(What::Ok {
                    id: *id,
                    conn: self.conn,
                    seq: *seq,
                    count: *count,
                    dup: *dup,
                });
                self.unanswered.retain(|(waiting, ..)| waiting != id);
            }
            ServerFrame::Nack {
                id: Some(id), code, ..
            } => {
                self.write_down(What::Fail {
                    id: *id,
                    conn: self.conn,
                    code: *code,
                });
                let waiting = self
                    .unanswered
                    .iter()
                    .position(|(waiting, ..)| waiting == id);
                if let Some((id, _, command)) =
                    waiting.and_then(|index| self.unanswered.remove(index))
                {
                    self.turned_away = Some((id, command));
                }
            }
            _ => {}
        }
    }

    fn advance(&mut self, stream: StreamId, seq: Seq) {
        if let Some(Some(position)) = self.positions.get_mut(&stream) {
            position.seq = position.seq.max(seq);
        }
    }

    /// The first frame, heard already or soon, that `wanted` takes; others are kept for later.
    pub async fn expect<T>(
        &mut self,
        within: Duration,
        mut wanted: impl FnMut(&ServerFrame) -> Option<T>,
    ) -> Option<T> {
        for index in 0..self.backlog.len() {
            if let Some(found) = wanted(&self.backlog[index]) {
                self.backlog.remove(index);
                return Some(found);
            }
        }
        tokio::time::timeout(within, async {
            while let Ok(frame) = self.hear().await {
                if let Some(found) = wanted(&frame) {
                    return Some(found);
                }
                if self.keeps_backlog && self.backlog.len() < BACKLOG_MAX {
                    self.backlog.push_back(frame);
                }
            }
            None
        })
        .await
        .ok()
        .flatten()
    }

    /// The answer to a command.
    pub async fn answer(&mut self, id: CommandId, within: Duration) -> Option<Answer> {
        self.expect(within, |frame| answer_to(id, frame)).await
    }

    /// Sends a command and waits for its answer.
    pub async fn ask(
        &mut self,
        room: RoomId,
        command: Command,
        within: Duration,
    ) -> Option<Answer> {
        let id = self.send(room, command).await;
        self.answer(id, within).await
    }

    /// Reads a room's whole journal over REST and writes it down as a view.
    pub async fn read_history(&mut self, room: RoomId, reading: u32) -> Result<(), RestError> {
        let pages = self.account.history(room).await?;
        let count = pages.len();
        for (index, page) in pages.into_iter().enumerate() {
            self.write_down(What::Page {
                reading,
                stream: StreamId::Room(room),
                events: page.events,
                skips: page.skips,
                last: index + 1 == count,
            });
        }
        Ok(())
    }
}

/// Whether a frame answers a command, and how.
pub fn answer_to(command: CommandId, frame: &ServerFrame) -> Option<Answer> {
    match frame {
        ServerFrame::Ack {
            id,
            seq,
            count,
            dup,
        } if *id == command => Some(Answer::Ack {
            seq: *seq,
            count: *count,
            dup: *dup,
        }),
        ServerFrame::Nack {
            id: Some(id),
            code,
            retry_after_ms,
            ..
        } if *id == command => Some(Answer::Nack {
            code: *code,
            retry_after_ms: *retry_after_ms,
        }),
        _ => None,
    }
}

/// A line to say.
pub fn say(text: impl Into<String>) -> Command {
    Command::Say {
        text: text.into(),
        reply_to: None,
        mentions: Vec::new(),
    }
}
