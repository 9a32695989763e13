//! As much of Redis as a sorted set needs: a socket and its protocol, without a client's costs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ludus_domain::board::{Subject, Total};

trait Socket: Read + Write {}
impl<S: Read + Write> Socket for S {}

/// A server started for this run, ended with it.
struct Server {
    process: Child,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

pub(super) struct Redis {
    socket: BufReader<Box<dyn Socket>>,
    key: Vec<u8>,
    asked: Vec<u8>,
    /// Kept until the end.
    _server: Option<Server>,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let key = self.key.clone();
        self.ask(&[b"DEL", &key]);
        self.send();
        self.answer();
    }
}

impl Redis {
    /// How many questions are asked before their answers are read.
    pub(super) const DEEP: usize = 64;

    pub(super) fn open() -> Option<Self> {
        let (socket, server) = match std::env::var("LUDUS_TEST_REDIS") {
            Ok(url) => (connect(&url), None),
            Err(_) => start()?,
        };
        Some(Self {
            socket: BufReader::new(socket),
            key: format!("ludus-bench-board-{}", std::process::id()).into_bytes(),
            asked: Vec::new(),
            _server: server,
        })
    }

    fn ask(&mut self, words: &[&[u8]]) {
        write!(self.asked, "*{}\r\n", words.len()).unwrap();
        for word in words {
            write!(self.asked, "${}\r\n", word.len()).unwrap();
            self.asked.extend_from_slice(word);
            self.asked.extend_from_slice(b"\r\n");
        }
    }

    fn send(&mut self) {
        self.socket.get_mut().write_all(&self.asked).unwrap();
        self.asked.clear();
    }

    /// Reads one answer. A number is answered, of a list how long it is.
    fn answer(&mut self) -> i64 {
        let mut line = String::new();
        self.socket.read_line(&mut line).unwrap();
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            ":" => rest.parse().unwrap(),
            "+" => 0,
            "$" => {
                let mut body = vec![0; rest.parse::<usize>().unwrap() + 2];
                self.socket.read_exact(&mut body).unwrap();
                0
            }
            "*" => {
                let len = rest.parse().unwrap();
                for _ in 0..len {
                    self.answer();
                }
                len
            }
            _ => unreachable!("Redis says {line}"),
        }
    }

    pub(super) fn fill(&mut self, totals: &[Total]) {
        self.update(totals.iter().map(|total| (total.subject, total.score)));
    }

    pub(super) fn update(&mut self, scores: impl Iterator<Item = (Subject, i64)>) {
        let scores: Vec<_> = scores.collect();
        let key = self.key.clone();
        for scores in scores.chunks(Self::DEEP) {
            for (subject, score) in scores {
                self.ask(&[b"ZADD", &key, score.to_string().as_bytes(), &name(*subject)]);
            }
            self.send();
            for _ in scores {
                self.answer();
            }
        }
    }

    pub(super) fn ranks(&mut self, subjects: &[Subject]) -> Vec<i64> {
        let key = self.key.clone();
        let mut ranks = Vec::with_capacity(subjects.len());
        for subjects in subjects.chunks(Self::DEEP) {
            for subject in subjects {
                self.ask(&[b"ZREVRANK", &key, &name(*subject)]);
            }
            self.send();
            ranks.extend(subjects.iter().map(|_| self.answer()));
        }
        ranks
    }

    /// Eleven with their scores: it takes two questions, and the second needs the first's answer.
    pub(super) fn around(&mut self, subjects: &[Subject]) {
        let key = self.key.clone();
        for subjects in subjects.chunks(Self::DEEP) {
            for rank in self.ranks(subjects) {
                let first = (rank - 5).max(0).to_string();
                let last = (rank + 5).to_string();
                let words: [&[u8]; 5] = [
                    b"ZREVRANGE",
                    &key,
                    first.as_bytes(),
                    last.as_bytes(),
                    b"WITHSCORES",
                ];
                self.ask(&words);
            }
            self.send();
            for _ in subjects {
                assert!(self.answer() >= 12, "somebody is missing");
            }
        }
    }
}

/// Sixteen bytes: kinder to Redis than the id as text.
fn name(subject: Subject) -> [u8; 16] {
    match subject {
        Subject::User(user) => user.0.into_bytes(),
        Subject::Team(team) => team.0.into_bytes(),
    }
}

fn connect(url: &str) -> Box<dyn Socket> {
    if let Some(path) = url.strip_prefix("unix://") {
        return Box::new(UnixStream::connect(path).unwrap());
    }
    let address = url.trim_start_matches("redis://");
    let address = address.split('/').next().unwrap_or(address);
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    Box::new(socket)
}

/// Starts a server without disk or port, if there is one to start.
fn start() -> Option<(Box<dyn Socket>, Option<Server>)> {
    let folder = std::env::temp_dir().join(format!("ludus-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let process = Command::new("redis-server")
        .args([
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "no",
            "--unixsocket",
        ])
        .arg(&path)
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    let server = Server { process, folder };
    for _ in 0..100 {
        if let Ok(socket) = UnixStream::connect(&path) {
            return Some((Box::new(socket), Some(server)));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}
