//! How much anybody may ask for: token buckets per address, user, room and class of traffic, and
//! counts of open connections. Per process and in bounded memory; nothing here waits but who signs in.
//! Where nodes have a bus, they keep some of it together ([`shared`]).
//!
//! A refusal says when to come back. Budgets are generous for people and tight for programs: a
//! fast typist sends two lines a second, a hall behind one address opens a few hundred sockets.

mod address;
mod bounded;
mod shared;
mod sockets;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::Quota;
use ludus_actors::ports::{self, CommandClass, Permit};
use ludus_domain::ids::{ApiKeyId, OrgId, RoomId, UserId};

use crate::metrics;

pub use self::address::{Neighbourhood, client_address};
pub use self::bounded::{BoundedStore, Buckets};
use self::shared::Whose;
pub use self::shared::{Answer, Ask, Shared, WITHIN as SHARED_WITHIN};
pub use self::sockets::{Counted, Full, Place};

/// How often [`Limits::tidy`] should run. Less often, and a burst of strangers holds the shared
/// bucket for longer than it needs to.
pub const TIDY_EVERY: Duration = Duration::from_secs(30);

/// A bucket: how fast it fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_minute: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Rate {
    /// Zeros are read as ones: a bucket that never fills would shut a door by accident.
    pub const fn new(per_minute: u32, burst: u32) -> Self {
        Self {
            per_minute: at_least_one(per_minute),
            burst: at_least_one(burst),
        }
    }

    fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// The sizes of all buckets and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// Frames of one user over all their connections.
    pub user_frames: Rate,
    /// Lines, edits and reactions of one user. The burst is what a connection may have unanswered,
    /// so that a phone that comes back can say again what it does not know the fate of.
    pub user_chat: Rate,
    /// Joins, moderation and subscriptions of one user. The burst is a whole set of subscriptions.
    pub user_control: Rate,
    /// Typing and read positions of one user.
    pub user_ephemeral: Rate,
    /// Lines one user tells coaches of.
    pub user_reports: Rate,
    /// Stored commands of one room, whoever sends them.
    pub room: Rate,
    /// Typing and read positions of one room.
    pub room_ephemeral: Rate,
    /// REST requests of one signed-in user.
    pub user_rest: Rate,
    /// Requests with one key.
    pub key_rest: Rate,
    /// Requests of one address, signed in or not.
    pub address_rest: Rate,
    /// Socket handshakes and event streams of one address.
    pub address_handshakes: Rate,
    /// Attempts to sign in, from one address.
    pub address_logins: Rate,
    /// Attempts to sign in, as one account. Never a lock: it fills again by itself.
    pub account_logins: Rate,
    /// Keys each kind of bucket remembers.
    pub keys_max: usize,
    pub sockets_per_user: u32,
    pub sockets_per_address: u32,
    pub sockets: u32,
    /// Connections that have not said a good `hello` yet.
    pub sockets_waiting: u32,
    /// Answers that run for one key at a time.
    pub key_answers: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            user_frames: Rate::new(3_000, 200),
            user_chat: Rate::new(300, 64),
            user_control: Rate::new(240, 96),
            user_ephemeral: Rate::new(600, 60),
            user_reports: Rate::new(6, 10),
            room: Rate::new(12_000, 1_000),
            room_ephemeral: Rate::new(12_000, 1_000),
            user_rest: Rate::new(1_200, 120),
            key_rest: Rate::new(120, 30),
            address_rest: Rate::new(12_000, 2_000),
            address_handshakes: Rate::new(6_000, 1_000),
            address_logins: Rate::new(30, 20),
            account_logins: Rate::new(10, 10),
            keys_max: 100_000,
            sockets_per_user: 20,
            sockets_per_address: 2_000,
            sockets: 50_000,
            sockets_waiting: 4_096,
            key_answers: 16,
        }
    }
}

/// What is asked for, outside of a session.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// A socket or an event stream, before anybody is known.
    Handshake(IpAddr),
    /// A REST request of anybody.
    Request(IpAddr),
    /// A REST request of somebody signed in.
    RequestBy(OrgId, UserId),
    /// A request of a program, by the key it showed.
    RequestByKey(OrgId, ApiKeyId),
}

/// Too much was asked; there is more after this many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much was asked; try again in {ms} ms")]
pub struct RetryAfter {
    pub ms: u32,
}

impl RetryAfter {
    /// For a `Retry-After` header: whole seconds, at least one.
    pub const fn seconds(self) -> u32 {
        let whole = self.ms.div_ceil(1_000);
        if whole == 0 { 1 } else { whole }
    }
}

/// All budgets of one process.
#[derive(Debug)]
pub struct Limits {
    user_frames: Buckets<(OrgId, UserId)>,
    user_chat: Buckets<(OrgId, UserId)>,
    user_control: Buckets<(OrgId, UserId)>,
    user_ephemeral: Buckets<(OrgId, UserId)>,
    user_reports: Buckets<(OrgId, UserId)>,
    room: Buckets<(OrgId, RoomId)>,
    room_ephemeral: Buckets<(OrgId, RoomId)>,
    user_rest: Buckets<(OrgId, UserId)>,
    key_rest: Buckets<(OrgId, ApiKeyId)>,
    address_rest: Buckets<Neighbourhood>,
    address_handshakes: Buckets<Neighbourhood>,
    address_logins: Buckets<Neighbourhood>,
    account_logins: Buckets<u64>,
    /// Names of accounts are hashed with a key of this process, so that no list of them builds up in memory.
    account_hasher: std::hash::RandomState,
    by_user: Arc<Counted<(OrgId, UserId)>>,
    by_address: Arc<Counted<Neighbourhood>>,
    waiting: Arc<Counted<()>>,
    by_key: Arc<Counted<(OrgId, ApiKeyId)>>,
    /// What nodes keep together, where there may be others.
    shared: Option<Arc<Shared>>,
}

impl Limits {
    pub fn new(settings: &LimitSettings) -> Self {
        fn buckets<K: std::hash::Hash + Eq + Clone>(rate: Rate, keys_max: usize) -> Buckets<K> {
            Buckets::new(rate.quota(), keys_max)
        }
        let keys = settings.keys_max;
        Self {
            user_frames: buckets(settings.user_frames, keys),
            user_chat: buckets(settings.user_chat, keys),
            user_control: buckets(settings.user_control, keys),
            user_ephemeral: buckets(settings.user_ephemeral, keys),
            user_reports: buckets(settings.user_reports, keys),
            room: buckets(settings.room, keys),
            room_ephemeral: buckets(settings.room_ephemeral, keys),
            user_rest: buckets(settings.user_rest, keys),
            key_rest: buckets(settings.key_rest, keys),
            address_rest: buckets(settings.address_rest, keys),
            address_handshakes: buckets(settings.address_handshakes, keys),
            address_logins: buckets(settings.address_logins, keys),
            account_logins: buckets(settings.account_logins, keys),
            account_hasher: std::hash::RandomState::new(),
            by_user: Counted::new(settings.sockets_per_user, settings.sockets),
            by_address: Counted::new(settings.sockets_per_address, settings.sockets),
            waiting: Counted::new(settings.sockets_waiting, settings.sockets_waiting),
            by_key: Counted::new(settings.key_answers, settings.sockets),
            shared: None,
        }
    }

    /// The same, and some of it together with other nodes.
    pub fn together(mut self, shared: Option<Arc<Shared>>) -> Self {
        self.shared = shared;
        self
    }

    /// So many nodes run now.
    pub fn nodes(&self, nodes: u32) {
        if let Some(shared) = &self.shared {
            shared.nodes(nodes);
        }
    }

    fn share(&self, whose: Whose) -> Result<(), u32> {
        self.shared
            .as_ref()
            .map_or(Ok(()), |shared| shared.take(whose))
    }

    pub fn check(&self, asked: Asked) -> Result<(), RetryAfter> {
        match asked {
            Asked::Handshake(address) => self.address_handshakes.take(&address.into()),
            Asked::Request(address) => self.address_rest.take(&address.into()),
            Asked::RequestBy(org, user) => self
                .share(Whose::UserRest(org, user))
                .and_then(|()| self.user_rest.take(&(org, user))),
            Asked::RequestByKey(org, key) => self
                .share(Whose::KeyRest(org, key))
                .and_then(|()| self.key_rest.take(&(org, key))),
        }
        .map_err(|ms| RetryAfter { ms })
    }

    /// To sign in, reset a password or claim a link, as `account` where one is named: as it was typed, and
    /// whether or not there is such an account. It is kept only as a keyed hash.
    pub async fn login(&self, address: IpAddr, account: Option<&str>) -> Result<(), RetryAfter> {
        let late = |ms| RetryAfter { ms };
        let account = account.map(|account| account.trim().to_lowercase());
        self.address_logins.take(&address.into()).map_err(late)?;
        if let Some(account) = &account {
            use std::hash::BuildHasher as _;
            let hidden = self.account_hasher.hash_one(account);
            self.account_logins.take(&hidden).map_err(late)?;
        }
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        let address = Whose::AddressLogins(address.into());
        shared.take_surely(address).await.map_err(late)?;
        if let Some(account) = &account {
            let account = shared.account(account);
            shared.take_surely(account).await.map_err(late)?;
        }
        Ok(())
    }

    /// A place for one more socket from this address.
    pub fn socket(&self, address: IpAddr) -> Result<Place<Neighbourhood>, Full> {
        self.by_address.take(address.into())
    }

    /// A place among those whose `hello` is awaited. Bounds what nobody has signed in for.
    pub fn newcomer(&self) -> Result<Place<()>, Full> {
        self.waiting.take(())
    }

    /// A place for one more answer to a program.
    pub fn program(&self, org: OrgId, key: ApiKeyId) -> Result<Place<(OrgId, ApiKeyId)>, Full> {
        self.by_key.take((org, key))
    }

    /// Sockets and event streams open now.
    pub fn sockets_open(&self) -> u32 {
        self.by_address.all()
    }

    /// Forgets what makes no difference any more. Every [`TIDY_EVERY`].
    pub fn tidy(&self) {
        for users in [
            &self.user_frames,
            &self.user_chat,
            &self.user_control,
            &self.user_ephemeral,
            &self.user_reports,
            &self.user_rest,
        ] {
            users.tidy();
        }
        for rooms in [&self.room, &self.room_ephemeral] {
            rooms.tidy();
        }
        for addresses in [
            &self.address_rest,
            &self.address_handshakes,
            &self.address_logins,
        ] {
            addresses.tidy();
        }
        self.key_rest.tidy();
        self.account_logins.tidy();
        if let Some(shared) = &self.shared {
            shared.tidy();
        }
    }
}

impl ports::Limits for Limits {
    fn frame(&self, org: OrgId, user: UserId) -> Result<(), u32> {
        self.user_frames.take(&(org, user))
    }

    fn command(
        &self,
        org: OrgId,
        user: UserId,
        room: Option<RoomId>,
        class: CommandClass,
    ) -> Result<(), u32> {
        let (by_user, by_room) = match class {
            CommandClass::Chat => (&self.user_chat, &self.room),
            CommandClass::Control => (&self.user_control, &self.room),
            CommandClass::Ephemeral => (&self.user_ephemeral, &self.room_ephemeral),
            CommandClass::Report => (&self.user_reports, &self.room),
        };
        let of_user = match class {
            CommandClass::Chat => self.share(Whose::UserChat(org, user)),
            CommandClass::Control | CommandClass::Ephemeral | CommandClass::Report => Ok(()),
        };
        let of_room = |room| match class {
            CommandClass::Ephemeral => Ok(()),
            CommandClass::Chat | CommandClass::Control | CommandClass::Report => {
                self.share(Whose::Room(org, room))
            }
        };
        // The user first: who is over their own budget does not eat the room's. And what all nodes keep first:
        // who is refused by it does not eat this node's.
        of_user
            .and_then(|()| by_user.take(&(org, user)))
            .and_then(|()| room.map_or(Ok(()), of_room))
            .and_then(|()| room.map_or(Ok(()), |room| by_room.take(&(org, room))))
            .inspect_err(|_| metrics::rate_limited(class.as_str()))
    }

    fn connection(&self, org: OrgId, user: UserId) -> Option<Permit> {
        let place = self.by_user.take((org, user)).ok()?;
        Some(Box::new(place))
    }
}

#[cfg(test)]
mod tests {
    use ludus_actors::ports::Limits as _;
    use uuid::Uuid;

    use super::*;

    fn org(n: u128) -> OrgId {
        OrgId(Uuid::from_u128(n))
    }
    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }
    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(n))
    }

    #[test]
    fn a_flood_of_keystrokes_leaves_the_lines_their_budget_and_others_theirs() {
        let limits = Limits::new(&LimitSettings::default());
        let flood = (0..10_000)
            .filter(|_| {
                limits
                    .command(org(1), user(1), Some(room(1)), CommandClass::Ephemeral)
                    .is_err()
            })
            .count();
        assert!(flood > 9_000, "{flood}");
        limits
            .command(org(1), user(1), Some(room(1)), CommandClass::Chat)
            .unwrap();
        limits
            .command(org(1), user(2), Some(room(1)), CommandClass::Ephemeral)
            .unwrap();
    }

    #[test]
    fn equal_ids_in_two_orgs_are_two_keys() {
        let settings = LimitSettings {
            user_chat: Rate::new(1, 1),
            ..LimitSettings::default()
        };
        let limits = Limits::new(&settings);
        limits
            .command(org(1), user(1), None, CommandClass::Chat)
            .unwrap();
        limits
            .command(org(1), user(1), None, CommandClass::Chat)
            .unwrap_err();
        limits
            .command(org(2), user(1), None, CommandClass::Chat)
            .unwrap();
    }

    #[tokio::test]
    async fn one_account_is_limited_from_many_addresses_whatever_its_spelling() {
        let limits = Limits::new(&LimitSettings::default());
        let mut refused = 0;
        for n in 0..100 {
            let address = IpAddr::from([192, 0, 2, n]);
            let account = if n % 2 == 0 {
                "Ada@example.org "
            } else {
                "ada@example.org"
            };
            refused += u32::from(limits.login(address, Some(account)).await.is_err());
        }
        assert_eq!(refused, 90);
    }

    #[test]
    fn connections_of_a_user_are_counted_until_they_end() {
        let settings = LimitSettings {
            sockets_per_user: 2,
            ..LimitSettings::default()
        };
        let limits = Limits::new(&settings);
        let first = limits.connection(org(1), user(1)).unwrap();
        let _second = limits.connection(org(1), user(1)).unwrap();
        assert!(limits.connection(org(1), user(1)).is_none());
        assert!(limits.connection(org(1), user(2)).is_some());
        drop(first);
        assert!(limits.connection(org(1), user(1)).is_some());
    }
}
