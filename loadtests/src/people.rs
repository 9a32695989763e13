//! People, made and signed in over REST.

use ludus_domain::ids::{CommandId, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::Recorded;
use ludus_domain::protocol::Position;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Long enough for everybody; the people of a load test have nothing to hide.
pub const PASSWORD: &str = "correct horse battery staple";

/// How often a hub is asked that could not just now, and the pause after the first time.
const ASKED_MAX: u32 = 6;
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// Asks, and asks again where the hub says that it could not just now: it may be asked by many at once, on
/// a machine that does other things too.
pub async fn patiently<T>(
    mut ask: impl AsyncFnMut() -> Result<T, RestError>,
) -> Result<T, RestError> {
    for asked in 1..ASKED_MAX {
        match ask().await {
            Err(RestError::Refused {
                code: Some(Refusal::Unavailable),
                ..
            }) => tokio::time::sleep(ASK_AGAIN * asked).await,
            answer => return answer,
        }
    }
    ask().await
}

/// A hub, by its address.
#[derive(Clone, Debug)]
pub struct Hub {
    http: reqwest::Client,
    /// `http://host:port`, without a slash at the end.
    base: String,
}

/// The hub did not do what was asked over REST.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    #[error("the hub cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    #[error("{path} answered {status}, {code:?}: {detail}")]
    Refused {
        path: String,
        status: StatusCode,
        code: Option<Refusal>,
        detail: String,
    },
}

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct Account {
    pub hub: Hub,
    pub user: UserId,
    pub org: OrgId,
    pub role: Role,
    pub name: String,
    pub token: String,
    /// The room an entry link or a room code led to.
    pub room: Option<RoomId>,
}

#[derive(Deserialize)]
struct SignedIn {
    access_token: String,
    user: Me,
    #[serde(default)]
    room: Option<RoomId>,
}

#[derive(Deserialize)]
struct Me {
    id: UserId,
    org: OrgId,
    name: String,
    role: Role,
}

#[derive(Deserialize)]
struct Problem {
    code: Option<Refusal>,
    #[serde(default)]
    detail: Option<String>,
}

/// A room as its maker gets it.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeRoom {
    pub id: RoomId,
    #[serde(default)]
    pub code: Option<String>,
}

/// What to open.
#[derive(Clone, Debug, Serialize)]
pub struct RoomWish {
    pub kind: &'static str,
    pub entry: &'static str,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    pub lobby: bool,
}

impl RoomWish {
    pub fn lounge(title: &str) -> Self {
        Self {
            kind: "lounge",
            entry: "open",
            title: title.to_owned(),
            capacity: None,
            lobby: false,
        }
    }

    pub fn by_code(self) -> Self {
        Self {
            entry: "code",
            ..self
        }
    }

    pub fn by_invitation(self) -> Self {
        Self {
            entry: "invitation",
            ..self
        }
    }

    pub fn seats(self, capacity: u32) -> Self {
        Self {
            capacity: Some(capacity),
            ..self
        }
    }
}

/// A page of a room's history, ascending.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    pub epoch: ludus_domain::ids::Epoch,
    pub head: Seq,
    /// With `events` and `skips`, every sequence number from `first` to `last` is accounted for.
    pub first: Seq,
    pub last: Seq,
    pub events: Vec<Recorded>,
    pub skips: Vec<[Seq; 2]>,
    #[serde(default)]
    pub next: Option<String>,
}

impl Hub {
    pub fn new(base: &str) -> Result<Self, RestError> {
        // The hub's own HTTP client brings TLS without a provider; one is needed for any client then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A pool of its own, without cookies: every account carries its token itself.
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(20))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
        })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where sockets are opened.
    pub fn ws_url(&self) -> String {
        format!("{}/api/v1/ws", self.base.replacen("http", "ws", 1))
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<T, RestError> {
        let mut request = self.request(Method::POST, path).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        read(path, request).await
    }

    fn account(&self, signed_in: SignedIn) -> Account {
        Account {
            hub: self.clone(),
            user: signed_in.user.id,
            org: signed_in.user.org,
            role: signed_in.user.role,
            name: signed_in.user.name,
            token: signed_in.access_token,
            room: signed_in.room,
        }
    }

    /// Exchanges a one-time code: an owner link, an invitation, an entry link.
    pub async fn claim(&self, code: &str, name: &str) -> Result<Account, RestError> {
        let body = json!({"code": code, "name": name, "email": email(name), "password": PASSWORD, "client": "api"});
        let signed_in = self.post("/api/v1/auth/claim", None, &body).await?;
        Ok(self.account(signed_in))
    }

    pub async fn login(&self, name: &str) -> Result<Account, RestError> {
        let body = json!({"email": email(name), "password": PASSWORD, "client": "api"});
        let signed_in = self.post("/api/v1/auth/login", None, &body).await?;
        Ok(self.account(signed_in))
    }

    /// Enters a room by its code, as a guest.
    pub async fn guest(&self, code: &str, name: &str) -> Result<Account, RestError> {
        let body = json!({"code": code, "name": name, "client": "api"});
        let signed_in = self.post("/api/v1/auth/guest", None, &body).await?;
        Ok(self.account(signed_in))
    }
}

impl Account {
    pub async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, RestError> {
        self.hub.post(path, Some(&self.token), body).await
    }

    pub async fn get<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, RestError> {
        let request = self.hub.request(Method::GET, path).bearer_auth(&self.token);
        read(path, request).await
    }

    pub async fn ticket(&self) -> Result<String, RestError> {
        #[derive(Deserialize)]
        struct Ticket {
            ticket: String,
        }
        let ticket: Ticket = self.post("/api/v1/ws-ticket", &json!({})).await?;
        Ok(ticket.ticket)
    }

    /// Invites somebody and claims the link for them.
    pub async fn bring(&self, name: &str, role: Role) -> Result<Account, RestError> {
        #[derive(Deserialize)]
        struct Link {
            url: String,
        }
        let body = json!({"role": role});
        let link: Link = self.post("/api/v1/invitations", &body).await?;
        self.hub.claim(code_of(&link.url), name).await
    }

    pub async fn open(&self, wish: &RoomWish) -> Result<MadeRoom, RestError> {
        let body = serde_json::to_value(wish).unwrap_or_default();
        self.post("/api/v1/rooms", &body).await
    }

    /// Reads a room's journal from the first event to the head, page by page.
    pub async fn history(&self, room: RoomId) -> Result<Vec<Page>, RestError> {
        let mut pages: Vec<Page> = Vec::new();
        let base = format!("/api/v1/rooms/{room}/history?limit=200");
        let mut path = format!("{base}&after=0");
        loop {
            let page: Page = self.get(&path).await?;
            let next = page.next.clone();
            pages.push(page);
            match next {
                Some(cursor) => path = format!("{base}&cursor={cursor}"),
                None => return Ok(pages),
            }
        }
    }

    /// The room's head and epoch, as a position to resume from.
    pub async fn position(&self, room: RoomId) -> Result<Position, RestError> {
        let path = format!("/api/v1/rooms/{room}/history?limit=1");
        let page: Page = self.get(&path).await?;
        Ok(Position {
            epoch: page.epoch,
            seq: page.head,
        })
    }

    /// Sends commands over REST, as the fallback for broken networks does.
    pub async fn command(
        &self,
        id: CommandId,
        room: RoomId,
        command: &ludus_domain::room::Command,
    ) -> Result<Value, RestError> {
        let frame = json!({"type": "command", "id": id, "room": room, "do": command});
        self.post("/api/v1/commands", &json!([frame])).await
    }
}

/// The code at the end of a one-time link.
pub fn code_of(url: &str) -> &str {
    url.trim().rsplit('/').next().unwrap_or_default()
}

fn email(name: &str) -> String {
    let local: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '.' })
        .collect();
    format!("{local}@example.org")
}

async fn read<T: for<'de> Deserialize<'de>>(
    path: &str,
    request: RequestBuilder,
) -> Result<T, RestError> {
    let response = request.send().await?;
    let status = response.status();
    let bytes = response.bytes().await?;
    let refused = |code, detail: String| RestError::Refused {
        path: path.split('?').next().unwrap_or_default().to_owned(),
        status,
        code,
        detail,
    };
    if status.is_success() {
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        return serde_json::from_slice(bytes)
            .map_err(|error| refused(None, format!("the answer is not as expected: {error}")));
    }
    Err(match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => refused(problem.code, problem.detail.unwrap_or_default()),
        Err(_) => refused(None, "not a problem document".to_owned()),
    })
}
