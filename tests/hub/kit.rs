//! A hub of one's own: the real binary on a free port with a throwaway database, and people in it.
//!
//! Nothing of the hub is imported: what a test knows, it knows from outside.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(crate) use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
pub(crate) use ludus_domain::protocol::{ClientFrame, Position, ServerFrame};
pub(crate) use ludus_domain::refusal::Refusal;
pub(crate) use ludus_domain::role::Role;
pub(crate) use ludus_domain::room::{Command, Event};
pub(crate) use ludus_domain::stream::StreamId;
pub(crate) use ludus_loadtests::chatter::{Chatter, Script};
pub(crate) use ludus_loadtests::check::{Verdict, check_directory};
pub(crate) use ludus_loadtests::client::{Answer, Client, Ended, Socket, say};
pub(crate) use ludus_loadtests::log::Log;
pub(crate) use ludus_loadtests::people::{Account, Hub as Rest, RoomWish};
use sea_orm::ConnectionTrait as _;
use tokio::time::{Instant, sleep};

/// How long anything may take that should take milliseconds. Two cores are shared by many tests.
pub(crate) const SOON: Duration = Duration::from_secs(15);

/// Where a hub keeps its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A database that is gone when dropped.
struct Database {
    /// For the hub; `None`: SQLite in its data folder.
    url: Option<String>,
    /// The server and the name to drop in the end.
    owned: Option<(String, String)>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    async fn create(backend: Backend) -> Self {
        if backend == Backend::Sqlite {
            return Self {
                url: None,
                owned: None,
            };
        }
        let admin = std::env::var("LUDUS_TEST_POSTGRES").unwrap();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ludus_hub_{}_{count}", std::process::id());
        let db = sea_orm::Database::connect(&admin).await.unwrap();
        db.execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        db.close().await.unwrap();
        let (server, _) = admin.rsplit_once('/').unwrap();
        Self {
            url: Some(format!("{server}/{name}")),
            owned: Some((admin, name)),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((admin, name)) = self.owned.take() else {
            return;
        };
        // A drop cannot wait on the runtime it may run in.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                if let Ok(db) = sea_orm::Database::connect(&admin).await {
                    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                    db.execute_unprepared(&drop).await.ok();
                }
            });
        });
        dropped.join().ok();
    }
}

/// Whether the PostgreSQL half of a test is to be run. Not set and not left out knowingly: it fails.
pub(crate) fn has_postgres() -> bool {
    if std::env::var("LUDUS_TEST_POSTGRES").is_ok() {
        return true;
    }
    assert_eq!(
        std::env::var("LUDUS_TEST_ONLY").as_deref(),
        Ok("sqlite"),
        "set LUDUS_TEST_POSTGRES to the URL of a PostgreSQL server whose user may create databases, \
         or LUDUS_TEST_ONLY=sqlite to leave that half of the suite out"
    );
    false
}

/// A running hub. Killed when dropped.
pub(crate) struct Hub {
    process: Option<Child>,
    folder: tempfile::TempDir,
    database: Database,
    /// By the name of its variable; what is changed counts from the next start on.
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) rest: Rest,
    pub(crate) owner: Account,
}

/// The game that tests play by.
pub(crate) const GAME: &[(&str, &str)] = &[(
    "LUDUS_CONTENT__FOLDER",
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hub/content"),
)];

/// What crowds need, and no test of limits: they set their own.
const GENEROUS: &[(&str, &str)] = &[
    ("LUDUS_LIMITS__SOCKETS_PER_USER", "1000"),
    ("LUDUS_LIMITS__SOCKETS_PER_ADDRESS", "10000"),
    ("LUDUS_LIMITS__USER_FRAMES_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_FRAMES_BURST", "100000"),
    ("LUDUS_LIMITS__USER_CHAT_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_CHAT_BURST", "100000"),
    ("LUDUS_LIMITS__USER_CONTROL_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_CONTROL_BURST", "100000"),
    ("LUDUS_LIMITS__USER_REST_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__USER_REST_BURST", "100000"),
    ("LUDUS_LIMITS__ROOM_PER_MINUTE", "6000000"),
    ("LUDUS_LIMITS__ROOM_BURST", "1000000"),
    ("LUDUS_LIMITS__ADDRESS_REST_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__ADDRESS_REST_BURST", "100000"),
    ("LUDUS_LIMITS__ADDRESS_HANDSHAKES_PER_MINUTE", "600000"),
    ("LUDUS_LIMITS__ADDRESS_HANDSHAKES_BURST", "100000"),
    ("LUDUS_LIMITS__ADDRESS_LOGINS_PER_MINUTE", "60000"),
    ("LUDUS_LIMITS__ADDRESS_LOGINS_BURST", "10000"),
    ("LUDUS_LIMITS__ACCOUNT_LOGINS_PER_MINUTE", "60000"),
    ("LUDUS_LIMITS__ACCOUNT_LOGINS_BURST", "10000"),
];

impl Hub {
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::start_with(backend, GENEROUS).await
    }

    /// With settings on top of the generous ones.
    pub(crate) async fn start_also(backend: Backend, settings: &[(&str, &str)]) -> Self {
        Self::start_with(backend, &[GENEROUS, settings].concat()).await
    }

    /// With exactly these settings, and defaults for the rest.
    pub(crate) async fn start_with(backend: Backend, settings: &[(&str, &str)]) -> Self {
        Self::start_by(backend, settings, "").await
    }

    /// With generous settings and a `ludus.toml`, for what variables cannot say.
    pub(crate) async fn start_from(backend: Backend, file: &str) -> Self {
        Self::start_by(backend, GENEROUS, file).await
    }

    async fn start_by(backend: Backend, settings: &[(&str, &str)], file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ludus.toml"), file).unwrap();
        let database = Database::create(backend).await;
        let mut variables: BTreeMap<String, String> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        variables.insert("LUDUS_LISTEN__ADDRESS".into(), "127.0.0.1:0".into());
        let data = folder.path().join("data");
        variables.insert("LUDUS_DATA_DIR".into(), data.display().to_string());
        if let Some(url) = &database.url {
            variables.insert("LUDUS_STORE__URL".into(), url.clone());
        }
        let process = spawn(folder.path(), &variables);
        let address = address(folder.path()).await;
        let rest = Rest::new(&format!("http://{address}")).unwrap();
        // From now on at this address, so that clients find it again after a restart.
        variables.insert("LUDUS_LISTEN__ADDRESS".into(), address);
        ready(&rest, folder.path()).await;
        let code = owner_code(folder.path()).await;
        let owner = rest.claim(&code, "Olga Owner").await.unwrap();
        Self {
            process: Some(process),
            folder,
            database,
            settings: variables,
            rest,
            owner,
        }
    }

    pub(crate) fn address(&self) -> &str {
        self.rest.base().trim_start_matches("http://")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        let process = self.process.as_mut();
        process.is_some_and(|process| process.try_wait().unwrap().is_none())
    }

    /// As a power cut would: no goodbye, no flush.
    pub(crate) fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().unwrap();
        }
    }

    pub(crate) async fn restart(&mut self) {
        self.kill9();
        self.resume().await;
    }

    /// Starts again what was stopped, at the same address on the same database.
    pub(crate) async fn resume(&mut self) {
        std::fs::remove_file(self.folder.path().join("data/address")).ok();
        self.process = Some(spawn(self.folder.path(), &self.settings));
        address(self.folder.path()).await;
        ready(&self.rest, self.folder.path()).await;
    }

    /// Sends a signal by name: TERM, INT, STOP, CONT.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Process::new("kill")
            .arg(format!("-{name}"))
            .arg(self.pid().to_string())
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits until the process has ended by itself, and answers its exit status and how long it took.
    pub(crate) async fn ended(&mut self, within: Duration) -> (std::process::ExitStatus, Duration) {
        let begin = Instant::now();
        let process = self.process.as_mut().unwrap();
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                self.process = None;
                return (status, begin.elapsed());
            }
            assert!(begin.elapsed() < within, "the hub did not end");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// A second hub on the same PostgreSQL database: another node.
    pub(crate) async fn another_node(&self) -> Node {
        self.another_node_also(&[]).await
    }

    /// Another node with further settings of its own.
    pub(crate) async fn another_node_also(&self, settings: &[(&str, &str)]) -> Node {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = self.settings.clone();
        for (name, value) in settings {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        variables.insert("LUDUS_LISTEN__ADDRESS".into(), "127.0.0.1:0".into());
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        variables.insert("LUDUS_DATA_DIR".into(), data.display().to_string());
        // Nodes of one cluster are one hub to the world, and share their master secret.
        variables.insert("LUDUS_PUBLIC_URL".into(), self.rest.base().into());
        let file = "ludus.toml";
        std::fs::copy(self.folder.path().join(file), folder.path().join(file)).unwrap();
        let own = self.folder.path().join("data");
        for entry in std::fs::read_dir(own).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_owned();
            if path.is_file() && name != "address" && !name.to_string_lossy().contains("lock") {
                std::fs::copy(&path, data.join(name)).unwrap();
            }
        }
        let process = spawn(folder.path(), &variables);
        let address = address(folder.path()).await;
        let rest = Rest::new(&format!("http://{address}")).unwrap();
        ready(&rest, folder.path()).await;
        Node {
            process,
            rest,
            folder,
        }
    }

    /// A command of the same binary beside the hub, with its settings: its exit code and what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut process = Process::new(binary());
        let bare = process
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| {
                let name = name.to_string_lossy();
                !name.starts_with("LUDUS_")
            }));
        let done = bare
            .args(arguments)
            .current_dir(self.folder.path())
            .envs(&self.settings)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(said).unwrap())
    }

    /// A connection to the database, past the hub.
    pub(crate) async fn aside(&self) -> sea_orm::DatabaseConnection {
        let url = self.database_url();
        let url = if self.database.url.is_some() {
            url
        } else {
            format!("sqlite://{url}")
        };
        sea_orm::Database::connect(url).await.unwrap()
    }

    /// Everything the hub said on its outputs.
    pub(crate) fn said(&self) -> String {
        said(self.folder.path())
    }

    /// Where its log goes.
    pub(crate) fn stderr(&self) -> PathBuf {
        self.folder.path().join("stderr")
    }

    /// The database, for the checker.
    pub(crate) fn database_url(&self) -> String {
        let data = self.folder.path().join("data/ludus.db");
        let url = self.database.url.clone();
        url.unwrap_or_else(|| data.display().to_string())
    }

    /// Where client logs of this hub go.
    pub(crate) fn log_folder(&self) -> PathBuf {
        let logs = self.folder.path().join("logs");
        std::fs::create_dir_all(&logs).unwrap();
        logs
    }

    pub(crate) fn log(&self) -> Log {
        Log::create(&self.log_folder().join("clients.jsonl")).unwrap()
    }

    /// The verdict of the checker over what was logged.
    pub(crate) async fn check(&self, log: &Log) -> Verdict {
        log.flush().unwrap();
        let logs = self.log_folder();
        check_directory(&logs, &self.database_url()).await.unwrap()
    }

    /// The memory the process really uses, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number.unwrap().parse().unwrap()
    }

    /// Open files and sockets of the process.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid()))
            .unwrap()
            .count()
    }

    /// Somebody with a role, by invitation.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Account {
        if role == Role::Owner {
            return self.owner.clone();
        }
        self.owner.bring(name, role).await.unwrap()
    }

    /// A room anybody may enter by code, and so many guests who know it.
    pub(crate) async fn crowd(&self, count: usize) -> (RoomId, String, Vec<Account>) {
        let wish = RoomWish::lounge("Crowd").by_code();
        let room = self.owner.open(&wish).await.unwrap();
        let code = room.code.expect("a room by code has one");
        let mut guests = Vec::new();
        for number in 0..count {
            let name = format!("Guest {number}");
            guests.push(self.rest.guest(&code, &name).await.unwrap());
        }
        (room.id, code, guests)
    }

    /// A client that is connected.
    pub(crate) async fn client(&self, account: &Account) -> Client {
        let mut client = Client::new(account.clone(), "tab", &Log::none());
        client.connect().await.unwrap();
        client
    }

    /// A client that follows a room from its beginning.
    pub(crate) async fn viewer(&self, account: &Account, room: RoomId) -> Client {
        let mut client = self.client(account).await;
        follow(&mut client, room).await;
        client
    }

    /// A client with a seat in a room, who follows it.
    pub(crate) async fn member(
        &self,
        account: &Account,
        room: RoomId,
        code: Option<&str>,
    ) -> Client {
        let mut client = self.client(account).await;
        let join = Command::Join {
            code: code.map(str::to_owned),
        };
        let answer = client.ask(room, join, SOON).await;
        assert!(matches!(answer, Some(Answer::Ack { .. })), "{answer:?}");
        follow(&mut client, room).await;
        client
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What the hub had to say about it, beside what the test says.
            last_words("the hub", &self.said());
        }
        self.kill9();
    }
}

fn last_words(who: &str, said: &str) {
    let tail: Vec<&str> = said.lines().rev().take(40).collect();
    eprintln!("{who} said last:");
    for line in tail.iter().rev() {
        eprintln!("  {line}");
    }
}

/// Another process on the same database.
pub(crate) struct Node {
    process: Child,
    pub(crate) rest: Rest,
    folder: tempfile::TempDir,
}

impl Node {
    /// Everything it said on its outputs.
    pub(crate) fn said(&self) -> String {
        said(self.folder.path())
    }

    /// As a power cut would.
    pub(crate) fn kill9(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn end(&mut self) {
        let pid = self.process.id().to_string();
        let sent = Process::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
        let give_up = Instant::now() + Duration::from_secs(30);
        while self.process.try_wait().unwrap().is_none() {
            assert!(Instant::now() < give_up, "the node did not end");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The same person, there.
    pub(crate) fn account(&self, account: &Account) -> Account {
        Account {
            hub: self.rest.clone(),
            ..account.clone()
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            last_words("the other node", &said(self.folder.path()));
        }
        self.kill9();
    }
}

fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_ludus").into()
}

fn spawn(folder: &Path, variables: &BTreeMap<String, String>) -> Child {
    let output = |name: &str| {
        let file = File::options()
            .create(true)
            .append(true)
            .open(folder.join(name));
        Stdio::from(file.unwrap())
    };
    let mut process = Process::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LUDUS_") {
            process.env_remove(name);
        }
    }
    process
        .arg("serve")
        // Away from any ludus.toml of the source tree.
        .current_dir(folder)
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(output("stdout"))
        .stderr(output("stderr"))
        .spawn()
        .unwrap()
}

fn said(folder: &Path) -> String {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    read("stdout") + &read("stderr")
}

async fn eventually<T>(what: &str, folder: &Path, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            Instant::now() < give_up,
            "{what}; the hub said:\n{}",
            said(folder)
        );
        sleep(Duration::from_millis(20)).await;
    }
}

async fn address(folder: &Path) -> String {
    let path = folder.join("data/address");
    eventually("no address was written", folder, async || {
        let text = std::fs::read_to_string(&path).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.trim_start_matches("http://").to_owned())
    })
    .await
}

async fn ready(rest: &Rest, folder: &Path) {
    eventually("the hub is not ready", folder, async || {
        let request = rest.request(reqwest::Method::GET, "/readyz");
        let response = request.send().await.ok()?;
        response.status().is_success().then_some(())
    })
    .await;
}

async fn owner_code(folder: &Path) -> String {
    eventually("no owner link was printed", folder, async || {
        let printed = std::fs::read_to_string(folder.join("stdout")).ok()?;
        let (_, rest) = printed.split_once("/#/claim/")?;
        let end = rest.find(char::is_whitespace)?;
        Some(rest[..end].to_owned())
    })
    .await
}

/// Follows a room from its beginning and waits until it is so.
pub(crate) async fn follow(client: &mut Client, room: RoomId) {
    let stream = StreamId::Room(room);
    let position = client.account.position(room).await.unwrap();
    let since = Position {
        seq: Seq::ZERO,
        ..position
    };
    client.subscribe(stream, Some(since)).await;
    let followed = client.expect(SOON, |frame| {
        matches!(frame, ServerFrame::Subscribed { stream: which, .. } if *which == stream)
            .then_some(())
    });
    followed.await.expect("subscribed");
}

/// Says a line and waits for its ack.
#[track_caller]
pub(crate) fn acked(answer: Option<Answer>) -> (Seq, u32, bool) {
    match answer {
        Some(Answer::Ack { seq, count, dup }) => (seq, count, dup),
        other => panic!("expected an ack, got {other:?}"),
    }
}

#[track_caller]
pub(crate) fn nacked(answer: Option<Answer>) -> Refusal {
    match answer {
        Some(Answer::Nack { code, .. }) => code,
        other => panic!("expected a nack, got {other:?}"),
    }
}

/// Waits until a line of these words is shown.
pub(crate) async fn sees(client: &mut Client, words: &str) -> bool {
    let seen = client.expect(SOON, |frame| {
        let ServerFrame::Event { event, .. } = frame else {
            return None;
        };
        let ludus_domain::journal::Fact::Room(Event::Said { text, .. }) = &event.fact else {
            return None;
        };
        (text == words).then_some(())
    });
    seen.await.is_some()
}

/// Waits for the connection to end, and answers how.
pub(crate) async fn ending(client: &mut Client, within: Duration) -> Option<Ended> {
    let listening = async {
        loop {
            if let Err(ended) = client.hear().await {
                return ended;
            }
        }
    };
    tokio::time::timeout(within, listening).await.ok()
}

/// Writes one test as two: the same story on both databases.
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($backend:ident: Backend) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn story($backend: Backend) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story(Backend::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if has_postgres() {
                    story(Backend::Postgres).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;
