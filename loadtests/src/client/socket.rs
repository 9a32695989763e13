//! The WebSocket itself: frames in, frames out.

use futures_util::{SinkExt, StreamExt};
use ludus_domain::protocol::{ClientFrame, SUBPROTOCOL, ServerFrame};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How a connection came to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The hub did not upgrade the connection.
    #[error("the handshake was answered with HTTP {status}")]
    NoUpgrade { status: u16 },
    #[error("closed with {code}: {reason}")]
    Closed { code: u16, reason: String },
    /// Cut without a close frame, or never reached.
    #[error("the connection broke")]
    Broken,
    /// The hub sent something that is not of the protocol.
    #[error("not of the protocol: {0}")]
    Unreadable(String),
}

impl Ended {
    pub const fn code(&self) -> Option<u16> {
        match self {
            Self::Closed { code, .. } => Some(*code),
            Self::NoUpgrade { .. } | Self::Broken | Self::Unreadable(_) => None,
        }
    }
}

/// The handshake, and small buffers: thousands of these live in one process.
fn prepare(url: &str) -> Result<(Request, Option<WebSocketConfig>), Ended> {
    let mut request = url
        .into_client_request()
        .map_err(|error| Ended::Unreadable(error.to_string()))?;
    request.headers_mut().insert(
        "Sec-WebSocket-Protocol",
        HeaderValue::from_static(SUBPROTOCOL),
    );
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0);
    Ok((request, Some(config)))
}

/// A frame as typed and as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub frame: ServerFrame,
    pub text: String,
}

/// An open connection. Dropping it cuts it.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub async fn open(url: &str) -> Result<Self, Ended> {
        let (request, config) = prepare(url)?;
        let opened = tokio_tungstenite::connect_async_with_config(request, config, true).await;
        Self::take(opened)
    }

    /// Over a connection of one's own making.
    pub async fn over(stream: TcpStream, url: &str) -> Result<Self, Ended> {
        let (request, config) = prepare(url)?;
        let stream = MaybeTlsStream::Plain(stream);
        let opened = tokio_tungstenite::client_async_with_config(request, stream, config).await;
        Self::take(opened)
    }

    fn take(
        opened: Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response), Error>,
    ) -> Result<Self, Ended> {
        match opened {
            Ok((stream, response)) => {
                let agreed = response.headers().get("Sec-WebSocket-Protocol");
                if agreed.is_some_and(|value| value == SUBPROTOCOL) {
                    Ok(Self { stream })
                } else {
                    Err(Ended::Unreadable("the subprotocol was not agreed".into()))
                }
            }
            Err(Error::Http(response)) => Err(Ended::NoUpgrade {
                status: response.status().as_u16(),
            }),
            Err(_) => Err(Ended::Broken),
        }
    }

    pub async fn send(&mut self, frame: &ClientFrame) -> Result<(), Ended> {
        let text = serde_json::to_string(frame).map_err(|e| Ended::Unreadable(e.to_string()))?;
        self.send_text(text).await
    }

    /// Any text at all.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<(), Ended> {
        self.send_message(Message::text(text.into())).await
    }

    pub async fn send_message(&mut self, message: Message) -> Result<(), Ended> {
        // A close frame may be waiting to be read; who only writes learns of it by reading.
        self.stream.send(message).await.map_err(|_| Ended::Broken)
    }

    pub async fn close(&mut self) {
        let _ = self.stream.close(None).await;
    }

    /// The next frame of the protocol. Safe to drop.
    pub async fn hear(&mut self) -> Result<Heard, Ended> {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(frame) => Ok(Heard {
                        frame,
                        text: text.as_str().to_owned(),
                    }),
                    Err(error) => Err(Ended::Unreadable(format!("{error}: {text}"))),
                },
                Some(Ok(Message::Close(frame))) => Err(match frame {
                    Some(frame) => Ended::Closed {
                        code: frame.code.into(),
                        reason: frame.reason.as_str().to_owned(),
                    },
                    None => Ended::Closed {
                        code: 1005,
                        reason: String::new(),
                    },
                }),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                    Err(Ended::Unreadable("a binary message".into()))
                }
                Some(Err(_)) | None => Err(Ended::Broken),
            };
        }
    }
}
