//! Limits that all nodes of a hub keep together. Whoever asks Redis is `src/bus/leases.rs`.
//!
//! Redis has one bucket for each limit of a person, a room, a key, an address or an account, and a
//! node takes from it in chunks ([`book`]), so that what one node has not used stands open to the
//! others, and a line of chat waits for nobody. Each node's own buckets ([`super::Buckets`]) stand beside
//! it and are never passed.
//!
//! Without Redis a node goes on by its **share**: the limit, divided by the nodes there are. Chat
//! fails open: until a node has heard from Redis it lends its share. Signing in fails closed: it is
//! asked for one at a time, and where there is no answer only the share is given. What models may cost is
//! kept by the store (`src/store/budgets.rs`), and needs none of this.

mod book;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ludus_domain::ids::{ApiKeyId, OrgId, RoomId, UserId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::book::{Book, Taken, Terms};
use super::{Buckets, LimitSettings, Neighbourhood, Rate};
use crate::keys::Key;
use crate::metrics;

/// What Redis has for an answer. Who signs in waits for so long at most, and a chunk that was asked for is
/// waited for no longer.
pub const WITHIN: Duration = Duration::from_millis(250);
/// A chunk is this part of what a bucket holds.
const CHUNKS_OF_A_BURST: u32 = 8;
/// The largest chunk. One that is larger would only be asked for less often.
const CHUNK_MAX: u32 = 128;
/// Chunks that may be waiting to be asked for. Beyond it a node goes by its share.
const ASKS_MAX: usize = 4_096;
/// When a node has lent all it may, and the answer is on its way.
const SOON_MS: u32 = 50;

/// A limit that is kept together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    UserChat,
    Room,
    UserRest,
    KeyRest,
    AddressLogins,
    AccountLogins,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::UserChat,
        Self::Room,
        Self::UserRest,
        Self::KeyRest,
        Self::AddressLogins,
        Self::AccountLogins,
    ];

    /// As Redis has it. Nodes of two versions share by it.
    const fn name(self) -> &'static str {
        match self {
            Self::UserChat => "user_chat",
            Self::Room => "room",
            Self::UserRest => "user_rest",
            Self::KeyRest => "key_rest",
            Self::AddressLogins => "address_logins",
            Self::AccountLogins => "account_logins",
        }
    }

    const fn rate(self, settings: &LimitSettings) -> Rate {
        match self {
            Self::UserChat => settings.user_chat,
            Self::Room => settings.room,
            Self::UserRest => settings.user_rest,
            Self::KeyRest => settings.key_rest,
            Self::AddressLogins => settings.address_logins,
            Self::AccountLogins => settings.account_logins,
        }
    }
}

/// Whose bucket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    UserChat(OrgId, UserId),
    Room(OrgId, RoomId),
    UserRest(OrgId, UserId),
    KeyRest(OrgId, ApiKeyId),
    AddressLogins(Neighbourhood),
    /// The account as it was typed, as [`Shared::account`] hides it.
    AccountLogins([u8; 32]),
}

impl Whose {
    const fn kind(&self) -> Kind {
        match self {
            Self::UserChat(..) => Kind::UserChat,
            Self::Room(..) => Kind::Room,
            Self::UserRest(..) => Kind::UserRest,
            Self::KeyRest(..) => Kind::KeyRest,
            Self::AddressLogins(_) => Kind::AddressLogins,
            Self::AccountLogins(_) => Kind::AccountLogins,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (org, id) = match self {
            Self::UserChat(org, user) | Self::UserRest(org, user) => (org, user.0),
            Self::Room(org, room) => (org, room.0),
            Self::KeyRest(org, key) => (org, key.0),
            Self::AddressLogins(address) => return address.to_string().into_bytes(),
            Self::AccountLogins(hidden) => return hidden.to_vec(),
        };
        [*org.0.as_bytes(), *id.as_bytes()].concat()
    }
}

/// A request for a chunk, or for one.
#[derive(Debug)]
pub struct Ask {
    whose: Whose,
    pub(crate) wanted: u32,
    /// Somebody who waits for this very one; otherwise it goes into the book.
    answer: Option<oneshot::Sender<Answer>>,
}

/// What Redis said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(crate) granted: u32,
    /// When none was: after how many milliseconds there will be one.
    pub(crate) retry_ms: u32,
}

/// What a node may let through while nobody tells it what the others do.
#[derive(Debug)]
struct Shares {
    nodes: u32,
    buckets: HashMap<Kind, Buckets<Whose>>,
}

/// The limits that are kept together.
#[derive(Debug)]
pub struct Shared {
    settings: LimitSettings,
    key: Key,
    /// How keys of this hub begin in Redis.
    prefix: String,
    book: Book,
    shares: Mutex<Shares>,
    asks: mpsc::Sender<Ask>,
    is_up: AtomicBool,
    nodes: AtomicU32,
}

impl Shared {
    /// Nothing is kept together before somebody answers what is asked. `prefix`: how keys of this hub begin.
    pub(crate) fn new(
        key: &Key,
        prefix: String,
        settings: &LimitSettings,
    ) -> (Arc<Self>, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let shared = Self {
            prefix,
            key: key.clone(),
            book: Book::new(settings.keys_max),
            shares: Mutex::new(Shares::of(settings, 1)),
            settings: settings.clone(),
            asks,
            is_up: AtomicBool::new(false),
            nodes: AtomicU32::new(1),
        };
        (Arc::new(shared), asked)
    }

    /// Whether Redis answered when it was last asked.
    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// So many nodes run. What was used of a share is forgotten when their number changes.
    pub fn nodes(&self, nodes: u32) {
        let nodes = nodes.max(1);
        self.nodes.store(nodes, Ordering::Relaxed);
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if shares.nodes != nodes {
            *shares = Shares::of(&self.settings, nodes);
        }
    }

    /// Takes one, without waiting for anybody: from a chunk, on credit, or from the share.
    pub(super) fn take(&self, whose: Whose) -> Result<(), u32> {
        if !self.is_up() {
            return self.take_share(whose);
        }
        let terms = self.terms(whose.kind());
        let (taken, wants) = self.book.take(whose, terms, Instant::now());
        if let Some(wanted) = wants {
            let ask = Ask {
                whose,
                wanted,
                answer: None,
            };
            if self.asks.try_send(ask).is_err() {
                self.book.unanswered(whose);
            }
        }
        match taken {
            Taken::Yes => Ok(()),
            Taken::NotBefore(ms) => Err(ms),
            Taken::Lent => Err(SOON_MS),
            Taken::NoRoom => self.take_share(whose),
        }
    }

    /// A burst comes at once, and whoever is let in by it is not told of the others' first: a node lends its share of it.
    fn terms(&self, kind: Kind) -> Terms {
        let rate = kind.rate(&self.settings);
        let chunk = chunk(rate);
        let share = rate.burst.get() / self.nodes.load(Ordering::Relaxed);
        Terms {
            chunk,
            lend: share.max(chunk),
        }
    }

    /// Takes one, and waits to hear that nobody else had it.
    pub(super) async fn take_surely(&self, whose: Whose) -> Result<(), u32> {
        if self.is_up() {
            let (answer, answered) = oneshot::channel();
            let ask = Ask {
                whose,
                wanted: 1,
                answer: Some(answer),
            };
            if self.asks.try_send(ask).is_ok()
                && let Ok(Ok(answer)) = tokio::time::timeout(WITHIN, answered).await
            {
                return if answer.granted > 0 {
                    Ok(())
                } else {
                    Err(answer.retry_ms)
                };
            }
        }
        self.take_share(whose)
    }

    /// An account as it was typed, so that nobody who reads Redis can tell who signs in.
    pub(super) fn account(&self, name: &str) -> Whose {
        Whose::AccountLogins(self.key.sign(format!("account\0{name}").as_bytes()))
    }

    /// Forgets what makes no difference any more.
    pub(super) fn tidy(&self) {
        self.book.tidy(Instant::now());
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        for buckets in shares.buckets.values() {
            buckets.tidy();
        }
    }

    fn take_share(&self, whose: Whose) -> Result<(), u32> {
        let shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets = shares.buckets.get(&whose.kind());
        buckets.map_or(Ok(()), |buckets| buckets.take(&whose))
    }

    pub(crate) fn set_up(&self, is_up: bool) {
        let was_up = self.is_up.swap(is_up, Ordering::Relaxed);
        if is_up && !was_up {
            tracing::info!("limits are kept together with other nodes");
        }
        metrics::limits_shared(is_up);
    }

    /// The bucket that is asked: where it is, and how large.
    pub(crate) fn bucket(&self, ask: &Ask) -> (String, Rate) {
        let rate = ask.whose.kind().rate(&self.settings);
        (self.place(&ask.whose), rate)
    }

    /// Where Redis has a bucket. Whoever reads it learns nothing but that there is one.
    fn place(&self, whose: &Whose) -> String {
        use std::fmt::Write as _;
        let kind = whose.kind().name();
        let mut named = kind.as_bytes().to_vec();
        named.push(0);
        named.extend(whose.bytes());
        let mut place = format!("{}limit:{kind}:", self.prefix);
        for byte in &self.key.sign(&named)[..16] {
            // Writing to a string cannot fail.
            write!(place, "{byte:02x}").ok();
        }
        place
    }

    pub(crate) fn told(&self, ask: Ask, answer: Answer) {
        metrics::limit_lease(if answer.granted > 0 {
            "granted"
        } else {
            "refused"
        });
        match ask.answer {
            // Who waited may have gone; then one is lost, and that is all.
            Some(waits) => drop(waits.send(answer)),
            None => self.book.answered(
                ask.whose,
                answer.granted,
                Duration::from_millis(u64::from(answer.retry_ms)),
                Instant::now(),
            ),
        }
    }

    /// Nobody knows whether it was given: who waited goes by the share.
    pub(crate) fn failed(&self, ask: Ask) {
        metrics::limit_lease("failed");
        match ask.answer {
            Some(waits) => drop(waits),
            None => self.book.unanswered(ask.whose),
        }
    }
}

impl Shares {
    fn of(settings: &LimitSettings, nodes: u32) -> Self {
        let share = |rate: Rate| Rate::new(rate.per_minute.get() / nodes, rate.burst.get() / nodes);
        let buckets = |kind: Kind| {
            let share = share(kind.rate(settings));
            (kind, Buckets::new(share.quota(), settings.keys_max))
        };
        Self {
            nodes,
            buckets: Kind::ALL.map(buckets).into(),
        }
    }
}

fn chunk(rate: Rate) -> u32 {
    (rate.burst.get() / CHUNKS_OF_A_BURST).clamp(1, CHUNK_MAX)
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::{OrgId, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::keys::Keys;

    fn user(n: u128) -> Whose {
        Whose::UserChat(OrgId(Uuid::from_u128(1)), UserId(Uuid::from_u128(n)))
    }

    fn with(master: u8, settings: &LimitSettings) -> (Arc<Shared>, mpsc::Receiver<Ask>) {
        let key = Keys::derive(&[master; 32]).bus;
        Shared::new(&key, "ludus:".to_owned(), settings)
    }

    fn away(settings: &LimitSettings) -> Arc<Shared> {
        with(7, settings).0
    }

    #[test]
    fn without_redis_nodes_divide_what_there_is() {
        let settings = LimitSettings {
            user_chat: Rate::new(1, 60),
            ..LimitSettings::default()
        };
        let shared = away(&settings);
        let took = |whose: Whose| (0..200).filter(|_| shared.take(whose).is_ok()).count();
        assert_eq!(took(user(1)), 60);
        shared.nodes(3);
        assert_eq!((took(user(2)), took(user(3))), (20, 20));
        // More nodes than there is to divide: one each, or nobody could ever come in.
        shared.nodes(1_000);
        assert_eq!(took(user(4)), 1);
    }

    #[tokio::test]
    async fn signing_in_without_an_answer_is_the_share_and_no_more() {
        let settings = LimitSettings {
            account_logins: Rate::new(1, 10),
            ..LimitSettings::default()
        };
        // It claims to be there and never answers.
        let (shared, _asked) = with(7, &settings);
        shared.nodes(5);
        shared.set_up(true);
        let account = shared.account("ada");
        let mut came_in = 0;
        for _ in 0..4 {
            came_in += u32::from(shared.take_surely(account).await.is_ok());
        }
        assert_eq!(came_in, 2);
    }

    #[test]
    fn nothing_of_anybody_can_be_read_where_buckets_are() {
        let shared = away(&LimitSettings::default());
        let place = shared.place(&user(0xabc));
        assert!(!place.contains("abc"), "{place}");
        assert_ne!(place, shared.place(&user(1)));
        let (rest, chat) = (
            Whose::UserRest(OrgId(Uuid::from_u128(1)), UserId(Uuid::from_u128(1))),
            user(1),
        );
        assert_ne!(shared.place(&rest), shared.place(&chat));
        let other = with(8, &LimitSettings::default()).0;
        assert_ne!(other.place(&user(1)), shared.place(&user(1)));
    }
}
