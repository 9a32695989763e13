//! A server that does exactly what it is told, and a router that asks it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use ludus::config::{LlmSettings, ModelSettings, ProviderSettings, SecretText, Timeouts};
use ludus::llm::{Provider, Roots, Router};
use ludus_actors::llm::{
    Ask, Budget, BudgetFault, Choice, Done, Llm, LlmFault, Message, Piece, Role, Running,
};
use ludus_actors::ports::{Answer, Clock};
use ludus_domain::budget::{Book, Claim, Limits, Purse, Reservation};
use ludus_domain::ids::{OrgId, ReservationId, RoomId, UserId};
use ludus_domain::time::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

pub const KEY: &str = "sk-canary-key";
pub const PROMPT: &str = "canary-prompt";
pub const REPLY: &str = "canary-reply";
pub const HEADER_VALUE: &str = "canary-header";

pub const ORG: OrgId = OrgId(Uuid::from_u128(1));
pub const ROOM: RoomId = RoomId(Uuid::from_u128(2));
pub const LEARNER: UserId = UserId(Uuid::from_u128(3));

/// Short enough for tests, long enough for a busy machine to tell them apart.
pub const CONNECT_MS: u64 = 400;
pub const FIRST_MS: u64 = 700;
pub const STALL_MS: u64 = 500;
pub const TOTAL_MS: u64 = 2_000;

// -- The server ---------------------------------------------------------------------------------

#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    Wait(u64),
    /// Says the same again and again until nobody listens.
    Forever(Vec<u8>, u64),
    /// Says nothing more and waits for the other side to hang up.
    Hang,
    /// Ends the connection the hard way.
    Reset,
}

pub type Script = Vec<Step>;

/// What one connection saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub request: String,
    /// When the other side hung up, if it did before us.
    pub hung_up: Option<Instant>,
}

#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Each connection gets the next script; the last one serves all that follow.
    pub async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut next = 0;
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let script = scripts[next.min(scripts.len() - 1)].clone();
                all.lock().unwrap().push(Seen::default());
                tokio::spawn(play(socket, script, Arc::clone(&all), next));
                next += 1;
            }
        });
        Self { address, seen }
    }

    pub async fn once(script: Script) -> Self {
        Self::start(vec![script]).await
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn asked(&self) -> usize {
        self.seen().len()
    }

    /// The JSON of the first question.
    pub fn body(&self) -> Value {
        let request = self.seen()[0].request.clone();
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// When the other side of the first connection hung up; waits three seconds for it.
    pub async fn hung_up(&self) -> Instant {
        for _ in 0..300 {
            if let Some(when) = self.seen().first().and_then(|seen| seen.hung_up) {
                return when;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody hung up");
    }
}

async fn play(mut socket: TcpStream, script: Script, all: Arc<Mutex<Vec<Seen>>>, number: usize) {
    socket.set_nodelay(true).unwrap();
    let Some(request) = read_request(&mut socket).await else {
        return;
    };
    all.lock().unwrap()[number].request = request;
    let (mut from, mut to) = socket.into_split();
    let listening = async {
        let mut rest = [0; 1_024];
        while from.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        all.lock().unwrap()[number].hung_up = Some(Instant::now());
    };
    let speaking = async {
        for step in script {
            match step {
                Step::Send(bytes) => to.write_all(&bytes).await?,
                Step::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Step::Forever(bytes, ms) => loop {
                    to.write_all(&bytes).await?;
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                },
                Step::Hang => std::future::pending().await,
                Step::Reset => return Ok(true),
            }
        }
        Ok::<_, io::Error>(false)
    };
    let reset = tokio::select! {
        () = listening => return,
        said = speaking => said,
    };
    let Ok(reset) = reset else {
        // Whoever speaks may be the first to notice.
        all.lock().unwrap()[number].hung_up = Some(Instant::now());
        return;
    };
    let socket = from.reunite(to).unwrap();
    if reset {
        socket.set_zero_linger().unwrap();
    } else {
        // Gone in good order: everything is read by the other side before it sees the end.
        let (mut from, mut to) = socket.into_split();
        to.shutdown().await.ok();
        let mut rest = [0; 1_024];
        while from.read(&mut rest).await.is_ok_and(|read| read > 0) {}
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        match socket.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&part[..read]),
        }
    }
}

// -- What it says -------------------------------------------------------------------------------

/// A stream that ends with its connection.
pub const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
pub const DONE: &str = "data: [DONE]\n\n";

pub fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

pub fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

pub fn token(text: &str) -> String {
    event(
        &json!({"id": "c-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}),
    )
}

pub fn finish(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

pub fn usage(prompt: i64, completion: i64) -> String {
    let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion});
    event(&json!({"choices": [], "usage": usage}))
}

pub fn status(line: &str, headers: &str, body: &str) -> Step {
    let length = body.len();
    send(format!(
        "HTTP/1.1 {line}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    ))
}

/// An answer as it should be.
pub fn good(text: &str) -> Script {
    let whole = [STREAM, &token(text), &finish("stop"), &usage(10, 5), DONE].concat();
    vec![send(whole)]
}

// -- Who asks -----------------------------------------------------------------------------------

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct Hands(AtomicI64);

impl Hands {
    pub fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(1_000_000 + self.0.load(Ordering::SeqCst))
    }
}

/// The book in memory, which can be lost.
#[derive(Debug, Default)]
pub struct Ledger {
    book: Mutex<Book>,
    next: AtomicU64,
    lost: std::sync::atomic::AtomicBool,
    /// The most that was ever spent and reserved.
    pub peak: AtomicU64,
}

pub const TODAY: i32 = 20_000;
pub const PURSE: Purse = Purse::OrgDay {
    org: ORG,
    day: TODAY,
};

impl Ledger {
    pub fn new(limits: Limits) -> Self {
        Self {
            book: Mutex::new(Book::new(limits)),
            ..Self::default()
        }
    }

    pub fn lose(&self) {
        self.lost.store(true, Ordering::SeqCst);
    }

    pub fn spent(&self) -> u64 {
        self.book.lock().unwrap().balance(&PURSE).spent_micro
    }

    pub fn reserved(&self) -> u64 {
        self.book.lock().unwrap().balance(&PURSE).reserved_micro
    }
}

impl Budget for Ledger {
    fn reserve(&self, claim: Claim) -> Answer<Result<Reservation, BudgetFault>> {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let id = ReservationId(Uuid::from_u128(u128::from(number)));
        let mut book = self.book.lock().unwrap();
        let answer = if self.lost.load(Ordering::SeqCst) {
            Err(BudgetFault::Unavailable)
        } else {
            book.reserve(id, claim, TODAY)
                .map_err(|_| BudgetFault::Short)
        };
        let total = book.balance(&PURSE).total();
        self.peak.fetch_max(total, Ordering::SeqCst);
        Box::pin(std::future::ready(answer))
    }

    fn settle(&self, reservation: Reservation, spent: u64) -> Answer<Result<(), BudgetFault>> {
        self.book.lock().unwrap().settle(reservation.id, spent);
        Box::pin(std::future::ready(Ok(())))
    }
}

pub struct Asker {
    pub router: Router,
    pub ledger: Arc<Ledger>,
    pub hands: Arc<Hands>,
}

/// As tests want it: patient for fractions of a second, and dear.
pub fn settings(name: &str, address: SocketAddr) -> ProviderSettings {
    let model = |name: &str| ModelSettings {
        name: name.to_owned(),
        prompt_price_micro: 1_000_000,
        completion_price_micro: 2_000_000,
    };
    let ms = |ms: u64| u32::try_from(ms).unwrap();
    let url = format!("http://{address}/v1");
    let mut settings = ProviderSettings::new(name, &url, vec![model("small"), model("large")]);
    settings.key = Some(SecretText::new(KEY));
    settings.headers =
        std::iter::once(("X-Own".to_owned(), SecretText::new(HEADER_VALUE))).collect();
    settings.timeouts = Timeouts {
        connect_ms: ms(CONNECT_MS),
        first_token_ms: ms(FIRST_MS),
        stall_ms: ms(STALL_MS),
        total_ms: ms(TOTAL_MS),
    };
    settings
}

pub fn provider(settings: &ProviderSettings) -> Provider {
    Provider::new(settings, &Roots::of_machine()).unwrap()
}

pub fn asker_of(all: &[ProviderSettings], llm: &LlmSettings) -> Asker {
    listen_to_logs();
    let hands = Arc::new(Hands::default());
    let ledger = Arc::new(Ledger::new(llm.limits()));
    let router = Router::new(
        llm,
        all.iter().map(provider).collect(),
        Arc::clone(&ledger) as _,
        Arc::clone(&hands) as _,
    );
    Asker {
        router,
        ledger,
        hands,
    }
}

pub fn asker(server: &Server) -> Asker {
    asker_of(
        &[settings("scripted", server.address)],
        &LlmSettings::default(),
    )
}

pub fn ask() -> Ask {
    Ask {
        org: ORG,
        room: Some(ROOM),
        learner: Some(LEARNER),
        providers: vec![],
        messages: vec![
            Message::new(Role::System, "be somebody"),
            Message::new(Role::User, PROMPT),
        ],
        max_output_tokens: 100,
        temperature_milli: Some(700),
        stop: vec![],
        json_schema: None,
        offline: None,
    }
}

pub fn choice(provider: &str, model: &str) -> Choice {
    Choice {
        provider: provider.to_owned(),
        model: model.to_owned(),
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Heard {
    pub begun: Option<(String, String)>,
    pub text: String,
    pub end: Result<Done, LlmFault>,
    pub took: Duration,
}

impl Heard {
    pub fn fault(&self) -> LlmFault {
        *self.end.as_ref().unwrap_err()
    }

    pub fn done(&self) -> &Done {
        self.end.as_ref().unwrap()
    }
}

/// Hears an answer out, and that it is shaped as promised.
pub async fn hear(mut running: Running) -> Heard {
    let started = Instant::now();
    let (mut begun, mut text, mut end) = (None, String::new(), None);
    while let Some(piece) = running.next().await {
        assert!(end.is_none(), "something came after the end");
        match piece {
            Piece::Begun { provider, model } => {
                assert!(begun.is_none() && text.is_empty(), "it began twice");
                begun = Some((provider, model));
            }
            Piece::Text(part) => {
                assert!(begun.is_some() && !part.is_empty());
                text.push_str(&part);
            }
            Piece::Ended(ended) => end = Some(ended),
        }
    }
    Heard {
        begun,
        text,
        end: end.unwrap_or_else(|| panic!("every answer ends")),
        took: started.elapsed(),
    }
}

pub async fn heard(asker: &Asker) -> Heard {
    hear(asker.router.start(ask())).await
}

/// Asks a server that does this once.
pub async fn after(script: Script) -> Heard {
    heard(&asker(&Server::once(script).await)).await
}

// -- What is logged -----------------------------------------------------------------------------

static LOGS: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGS.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything any crate has to say, however small.
pub fn listen_to_logs() {
    static START: Once = Once::new();
    START.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Log)
            .init();
    });
}

pub fn logs() -> String {
    String::from_utf8_lossy(&LOGS.lock().unwrap()).into_owned()
}
