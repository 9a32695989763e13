//! A server that speaks the OpenAI protocol, slowly and exactly, and remembers who hung up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What it does with each question.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Says these words, one after the other, so many milliseconds apart.
    Says(Vec<String>, u64),
    /// Says these words and then nothing more, for ever.
    Stalls(Vec<String>),
    /// Never says a word.
    Silent,
    Refuses(u16),
    /// Says one thing as a persona. About lines it says these, one after the other and the last one
    /// from there on, after so many milliseconds.
    Judges(Vec<(u64, String)>),
}

/// One question.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) body: Value,
    /// When whoever asked went away before it had finished.
    pub(crate) hung_up: Option<Instant>,
}

#[derive(Debug)]
pub(crate) struct Model {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Model {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let all = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, manner.clone(), Arc::clone(&all)));
            }
        });
        Self { port, asked }
    }

    /// The part of a `ludus.toml` that makes it the hub's model.
    pub(crate) fn settings(&self) -> String {
        format!(
            "[[providers]]\nname = \"scripted\"\nbase_url = \"http://127.0.0.1:{}/v1\"\n\
             models = [{{ name = \"tiny\", prompt_price_micro = 1000000, completion_price_micro = 1000000 }}]\n\
             timeouts = {{ connect_ms = 500, first_token_ms = 1500, stall_ms = 1500, total_ms = 20000 }}\n",
            self.port
        )
    }

    /// What it was asked as a persona.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.all(false)
    }

    /// What it was asked about lines.
    pub(crate) fn judged(&self) -> Vec<Asked> {
        self.all(true)
    }

    fn all(&self, is_judge: bool) -> Vec<Asked> {
        let mut all = self.asked.lock().unwrap().clone();
        all.retain(|asked| is_about_a_line(&asked.body) == is_judge);
        all
    }
}

async fn serve(mut socket: TcpStream, manner: Manner, all: Arc<Mutex<Vec<Asked>>>) {
    let Some(body) = question(&mut socket).await else {
        return;
    };
    let (number, judged) = {
        let mut all = all.lock().unwrap();
        let judged = all.iter().filter(|asked| is_about_a_line(&asked.body));
        let judged = is_about_a_line(&body).then_some(judged.count());
        all.push(Asked {
            body,
            hung_up: None,
        });
        (all.len() - 1, judged)
    };
    let (words, pause) = match manner {
        Manner::Refuses(status) => {
            let refusal =
                format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(refusal.as_bytes()).await.ok();
            return;
        }
        Manner::Says(words, pause) => (words, Some(pause)),
        Manner::Stalls(words) => (words, None),
        Manner::Silent => (vec![], None),
        Manner::Judges(answers) => match judged {
            None => (vec!["I see.".to_owned()], Some(5)),
            Some(count) => {
                let (pause, text) = answers[count.min(answers.len() - 1)].clone();
                (vec![text], Some(pause))
            }
        },
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let mut is_gone = socket.write_all(head.as_bytes()).await.is_err();
    for word in words {
        is_gone = is_gone || left(&mut socket, pause.unwrap_or(10)).await;
        let delta = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": null}]});
        is_gone = is_gone
            || socket
                .write_all(format!("data: {delta}\n\n").as_bytes())
                .await
                .is_err();
        if is_gone {
            break;
        }
    }
    if pause.is_some() && !is_gone {
        let last = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny",
            "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let end = format!("data: {last}\n\ndata: [DONE]\n\n");
        socket.write_all(end.as_bytes()).await.ok();
        return;
    }
    if is_gone || left(&mut socket, 60_000).await {
        all.lock().unwrap()[number].hung_up = Some(Instant::now());
    }
}

/// Only those are asked for a shape.
fn is_about_a_line(body: &Value) -> bool {
    body.get("response_format").is_some()
}

/// Waits, and answers whether the other side went away meanwhile.
async fn left(socket: &mut TcpStream, ms: u64) -> bool {
    let mut byte = [0];
    let read = socket.read(&mut byte);
    match tokio::time::timeout(Duration::from_millis(ms), read).await {
        Ok(Ok(0) | Err(_)) => true,
        Ok(Ok(_)) | Err(_) => false,
    }
}

async fn question(socket: &mut TcpStream) -> Option<Value> {
    let mut read = vec![];
    let mut chunk = [0; 4096];
    loop {
        let count = socket
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        read.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&read);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return Some(body);
        }
    }
}
