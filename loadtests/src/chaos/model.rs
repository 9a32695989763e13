//! A language model that follows a script: mostly it speaks, and now and then it fails in one of the
//! ways that models do.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// A question longer than this is none.
const QUESTION_MAX: usize = 1024 * 1024;
/// Words of the longest answer, and one more.
const WORDS_MAX: usize = 60;
const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// What it does with one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Speaks,
    /// Begins, and then nothing more comes.
    Stalls,
    Refuses(u16),
    /// Hangs up in the middle, without a word of goodbye.
    BreaksOff,
    Babbles,
}

/// A running model. Gone when dropped.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) address: SocketAddr,
    accepts: JoinHandle<()>,
}

impl Model {
    pub(super) async fn start(seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let accepts = tokio::spawn(async move {
            let mut number = 0_u64;
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    sleep(Duration::from_millis(50)).await;
                    continue;
                };
                number += 1;
                tokio::spawn(serve(socket, StdRng::seed_from_u64(seed ^ number)));
            }
        });
        Ok(Self { address, accepts })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

fn manner(rng: &mut StdRng) -> Manner {
    match rng.random_range(0..20) {
        0 => Manner::Stalls,
        1 => Manner::Refuses(429),
        2 => Manner::Refuses(500),
        3 => Manner::BreaksOff,
        4 => Manner::Babbles,
        _ => Manner::Speaks,
    }
}

async fn serve(mut socket: TcpStream, mut rng: StdRng) {
    if question(&mut socket).await.is_some() {
        // Whoever hangs up meanwhile has heard enough.
        answer(&mut socket, &mut rng).await.ok();
    }
}

async fn answer(socket: &mut TcpStream, rng: &mut StdRng) -> io::Result<()> {
    let manner = manner(rng);
    if let Manner::Refuses(status) = manner {
        let refusal =
            format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return socket.write_all(refusal.as_bytes()).await;
    }
    socket.write_all(HEAD.as_bytes()).await?;
    let words = rng.random_range(8..WORDS_MAX);
    for number in 0..words {
        sleep(Duration::from_millis(rng.random_range(20..120))).await;
        if number == words / 2 {
            match manner {
                Manner::Stalls => {
                    sleep(Duration::from_mins(1)).await;
                    return Ok(());
                }
                Manner::BreaksOff => return Ok(()),
                Manner::Babbles => socket.write_all(b"data: {\"choices\": [oops\n\n").await?,
                Manner::Speaks | Manner::Refuses(_) => {}
            }
        }
        let word = json!({"role": "assistant", "content": word(number)});
        piece(socket, &word, &Value::Null).await?;
    }
    piece(socket, &json!({}), &json!("stop")).await?;
    socket.write_all(b"data: [DONE]\n\n").await
}

fn word(number: usize) -> String {
    format!("word {number} ")
}

/// Whether a model has sent this and nothing else: from its beginning, and to the end of a word where
/// it `is_whole`.
pub(super) fn sent(text: &str, is_whole: bool) -> bool {
    let text = text.trim_end();
    let mut sent = String::new();
    for number in 0..WORDS_MAX {
        sent.push_str(&word(number));
        if sent.len() >= text.len() {
            break;
        }
    }
    sent.starts_with(text) && (!is_whole || sent.trim_end() == text)
}

async fn piece(socket: &mut TcpStream, delta: &Value, ends: &Value) -> io::Result<()> {
    let piece = json!({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny",
        "choices": [{"index": 0, "delta": delta, "finish_reason": ends}],
    });
    socket
        .write_all(format!("data: {piece}\n\n").as_bytes())
        .await
}

async fn question(socket: &mut TcpStream) -> Option<Value> {
    let mut read = vec![];
    let mut chunk = [0; 4096];
    while read.len() < QUESTION_MAX {
        let count = socket.read(&mut chunk).await.ok()?;
        if count == 0 {
            return None;
        }
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return Some(body);
        }
    }
    None
}
