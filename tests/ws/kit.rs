//! A server with the edge and nothing else, and a peer that writes bytes as it likes.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::App;
use actix_web::dev::ServerHandle;
use ludus::clock::WallClock;
use ludus::limits::{LimitSettings, Limits};
use ludus::ws;
use ludus::ws::admission::{Admission, Origins};
use ludus::ws::server::Listening;
use ludus_actors::board::BoardPorts;
use ludus_actors::bus::Alone;
use ludus_actors::coaching::NoCoaching;
use ludus_actors::desk::DeskPorts;
use ludus_actors::directory::Directory;
use ludus_actors::lane::{LaneId, LocalLane};
use ludus_actors::ports::{
    Admitted, Answer, Archive, Doorman, Head, Journal, Ports, Proof, Rosters, StoredRoom,
};
use ludus_actors::session::SessionPorts;
use ludus_actors::standings::NoBoards;
use ludus_domain::ids::{CohortId, Epoch, NodeId, OrgId, RoomId, Seq, SessionId, SignInId, UserId};
use ludus_domain::journal::{Append, Appended, Fault, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::LineFact;
use ludus_domain::roster::Roster;
use ludus_domain::session::Pace;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Of the key above.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
pub const TEXT: u8 = 0x81;
pub const CLOSE: u8 = 0x88;
pub const PING: u8 = 0x89;
pub const PONG: u8 = 0x8a;

const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
const PATIENCE: Duration = Duration::from_secs(20);

/// A store that has nothing.
#[derive(Debug)]
struct Nothing;

fn now<T: Send + 'static>(value: T) -> Answer<T> {
    Box::pin(std::future::ready(value))
}

impl Rosters for Nothing {
    fn of(&self, _: OrgId) -> Arc<Roster> {
        Arc::new(Roster::unknown())
    }
}

impl Journal for Nothing {
    fn append(&self, _: Append) -> Answer<Result<Appended, Fault>> {
        panic!("nothing is written here")
    }
}

impl Archive for Nothing {
    fn room(&self, _: OrgId, _: RoomId, _: u32) -> Answer<Result<Option<StoredRoom>, Fault>> {
        now(Ok(None))
    }
    fn head(&self, _: OrgId, _: StreamId) -> Answer<Result<Head, Fault>> {
        now(Ok(Head {
            epoch: Epoch(1),
            seq: Seq(0),
        }))
    }
    fn events(
        &self,
        _: OrgId,
        _: StreamId,
        _: Seq,
        _: u32,
    ) -> Answer<Result<Vec<Recorded>, Fault>> {
        now(Ok(vec![]))
    }
    fn line(&self, _: OrgId, _: RoomId, _: Seq) -> Answer<Result<Option<LineFact>, Fault>> {
        now(Ok(None))
    }
    fn in_cohort(&self, _: OrgId, _: CohortId, _: UserId) -> Answer<Result<bool, Fault>> {
        now(Ok(false))
    }
    fn mark_read(&self, _: OrgId, _: RoomId, _: UserId, _: Seq) -> Answer<Result<(), Fault>> {
        now(Ok(()))
    }
}

/// Lets in whoever says `good`, each time as somebody new; `good:1` is always the same.
#[derive(Debug, Default)]
struct Door(AtomicU32);

impl Doorman for Door {
    fn admit(&self, proof: Proof<'_>) -> Result<Admitted, Refusal> {
        let user = match proof {
            Proof::Ticket("good") => 1_000 + u128::from(self.0.fetch_add(1, Ordering::Relaxed)),
            Proof::Ticket("good:1") => 1,
            _ => return Err(Refusal::SessionEnded),
        };
        Ok(Admitted {
            org: OrgId(Uuid::from_u128(1)),
            user: UserId(Uuid::from_u128(user)),
            name: "Ada".to_owned(),
            role: Role::Learner,
            guest: false,
            sign_in: SignInId(Uuid::from_u128(user)),
            until: Timestamp(i64::MAX),
            display: None,
        })
    }

    fn resume_token(&self, _: &Admitted, _: SessionId) -> String {
        // Long, so that heartbeats fill a socket that nobody reads.
        "r".repeat(4_096)
    }
}

#[derive(Clone)]
pub struct Setup {
    pub limits: LimitSettings,
    pub pace: Pace,
    pub origins: Origins,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: LimitSettings::default(),
            pace: Pace {
                hello_ms: 10_000,
                heartbeat_ms: 25_000,
                silence_ms: 10_000,
                expects_answers: true,
            },
            origins: Origins::exactly(["https://ludus.example.org"]),
        }
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub limits: Arc<Limits>,
    pub draining: Arc<AtomicBool>,
    handle: ServerHandle,
}

impl Server {
    pub fn start(setup: Setup) -> Self {
        let (tell, told) = mpsc::sync_channel(1);
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let limits = Arc::new(Limits::new(&setup.limits));
                let draining = Arc::new(AtomicBool::new(false));
                let admission = Arc::new(Admission::new(
                    setup.origins,
                    Arc::clone(&limits),
                    Arc::clone(&draining),
                    |_| false,
                ));
                let clock = Arc::new(WallClock);
                let ports = Ports {
                    journal: Arc::new(Nothing),
                    archive: Arc::new(Nothing),
                    clock: clock.clone(),
                    rosters: Arc::new(Nothing),
                    stage: None,
                    bus: Arc::new(Alone(NodeId(Uuid::nil()))),
                    boards: BoardPorts {
                        standings: Arc::new(NoBoards),
                        clock: clock.clone(),
                        tick: Duration::from_millis(100),
                        bus: Arc::new(Alone(NodeId(Uuid::nil()))),
                    },
                    desks: DeskPorts {
                        coaching: Arc::new(NoCoaching),
                        archive: Arc::new(Nothing),
                        clock: clock.clone(),
                        attendance: Arc::default(),
                        bus: Arc::new(Alone(NodeId(Uuid::nil()))),
                    },
                };
                let arbiters = vec![actix::Arbiter::new().handle()];
                let ports = SessionPorts {
                    directory: Arc::new(Directory::new(arbiters, ports)),
                    doorman: Arc::new(Door::default()),
                    limits: Arc::clone(&limits) as _,
                    clock,
                };
                let lanes = Arc::new(AtomicU32::new(0));
                let edge = move || ws::Edge {
                    admission: Arc::clone(&admission),
                    ports: ports.clone(),
                    lane: LocalLane::start(LaneId(lanes.fetch_add(1, Ordering::Relaxed))),
                    pace: setup.pace,
                    guard: ws::guard::GuardSettings::default(),
                };
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                listener.set_nonblocking(true).unwrap();
                let address = listener.local_addr().unwrap();
                let listening = Listening {
                    listener,
                    workers: 1,
                    shutdown_s: 1,
                    tls: None,
                    is_simple: crate::IS_SIMPLE,
                };
                let app = |edge| App::new().configure(ws::routes(edge));
                let server = ws::server::serve(listening, edge, app).unwrap();
                tell.send((address, limits, draining, server.handle()))
                    .unwrap();
                server.await.unwrap();
            });
        });
        let (address, limits, draining, handle) = told.recv().unwrap();
        Self {
            address,
            limits,
            draining,
            handle,
        }
    }

    /// Waits until no connection is counted any more.
    pub fn expect_empty(&self) {
        let until = Instant::now() + PATIENCE;
        while self.limits.sockets_open() > 0 {
            assert!(
                Instant::now() < until,
                "{} connections are left",
                self.limits.sockets_open()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// What came from the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Text(Value),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
    /// The end of the bytes, in good order.
    End,
    /// The connection was cut.
    Reset,
}

pub struct Peer {
    pub stream: TcpStream,
    got: Vec<u8>,
}

impl Peer {
    pub fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            got: vec![],
        }
    }

    /// A good handshake, with more headers if wanted.
    pub fn request(more: &str) -> String {
        format!(
            "GET /api/v1/ws HTTP/1.1\r\nHost: ludus.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: ludus.v1\r\n{more}\r\n"
        )
    }

    pub fn upgraded(server: &Server) -> Self {
        let mut peer = Self::connect(server);
        peer.send(Self::request("").as_bytes());
        let (status, _) = peer.head();
        assert_eq!(status, 101);
        peer
    }

    /// Through the handshake and the hello.
    pub fn welcome(server: &Server) -> Self {
        let mut peer = Self::upgraded(server);
        peer.text(r#"{"type":"hello","ticket":"good"}"#);
        peer.expect("welcome");
        peer
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends what the server may no longer want.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    pub fn text(&mut self, text: &str) {
        self.send(&frame(TEXT, text.as_bytes()));
    }

    /// The status and the headers of the answer, in lower case.
    pub fn head(&mut self) -> (u16, String) {
        let end = loop {
            if let Some(at) = self.got.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(
                self.fill(),
                "the connection ended before an answer: {:?}",
                String::from_utf8_lossy(&self.got)
            );
        };
        let head: Vec<u8> = self.got.drain(..end).collect();
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head)
    }

    fn fill(&mut self) -> bool {
        let mut piece = vec![0; 65_536];
        match self.stream.read(&mut piece) {
            Ok(0) => false,
            Ok(count) => {
                self.got.extend(&piece[..count]);
                true
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                false
            }
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    /// The next frame. Server frames are whole and not masked.
    pub fn hear(&mut self) -> Heard {
        loop {
            if let Some((first, payload, used)) = parse(&self.got) {
                self.got.drain(..used);
                return match first {
                    TEXT => Heard::Text(serde_json::from_slice(&payload).unwrap()),
                    PING => Heard::Ping,
                    PONG => Heard::Pong(payload),
                    CLOSE => {
                        Heard::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code)))
                    }
                    other => panic!("the server sent {other:#x}"),
                };
            }
            let mut piece = vec![0; 65_536];
            match self.stream.read(&mut piece) {
                Ok(0) => return Heard::End,
                Ok(count) => self.got.extend(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Heard::Reset,
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    /// The next text of this type; others may come before it.
    pub fn expect(&mut self, kind: &str) -> Value {
        loop {
            match self.hear() {
                Heard::Text(value) if value["type"] == kind => return value,
                Heard::Text(_) | Heard::Ping => {}
                other => panic!("waited for {kind}, came {other:?}"),
            }
        }
    }

    /// The close and its code; texts may come before it.
    pub fn expect_close(&mut self) -> Option<u16> {
        loop {
            match self.hear() {
                Heard::Close(code) => return code,
                Heard::Text(_) | Heard::Ping | Heard::Pong(_) => {}
                other => panic!("waited for a close, came {other:?}"),
            }
        }
    }

    /// The end, and how long it took.
    pub fn expect_end(&mut self) -> Duration {
        let began = Instant::now();
        loop {
            match self.hear() {
                Heard::End | Heard::Reset => return began.elapsed(),
                Heard::Text(_) | Heard::Ping | Heard::Pong(_) => {}
                Heard::Close(code) => panic!("a close ({code:?}) where the end was due"),
            }
        }
    }

    /// It lives: a frame is answered.
    pub fn expect_alive(&mut self) {
        let id = Uuid::now_v7();
        let stream = format!("room:{id}");
        self.text(&format!(
            r#"{{"type":"unsubscribe","id":"{id}","stream":"{stream}"}}"#
        ));
        let nack = self.expect("nack");
        assert_eq!(
            (nack["code"].as_str(), nack["id"].as_str()),
            (Some("not_subscribed"), Some(id.to_string().as_str()))
        );
    }
}

/// A frame of a client. `first` is its whole first byte.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        n @ ..126 => bytes.push(0x80 | u8::try_from(n).unwrap()),
        n @ ..65_536 => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
        n => {
            bytes.push(0xff);
            bytes.extend((n as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

/// A header with a 64-bit length, and nothing after it.
pub fn giant(length: u64) -> Vec<u8> {
    [&[TEXT, 0xff][..], &length.to_be_bytes(), &MASK].concat()
}

fn parse(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    assert_eq!(second & 0x80, 0, "a server does not mask");
    let (length, at) = match second {
        126 => (
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
            4,
        ),
        127 => (
            usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).unwrap(),
            10,
        ),
        short => (usize::from(short), 2),
    };
    Some((first, bytes.get(at..at + length)?.to_vec(), at + length))
}

/// Resident memory of this process, in KiB.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
