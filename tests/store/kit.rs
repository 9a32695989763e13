//! A fresh database per test, of either kind.
//!
//! PostgreSQL comes from `LUDUS_TEST_POSTGRES` (a URL that may create databases). When it is not
//! set, that half of the suite fails and says so; `LUDUS_TEST_ONLY=sqlite` leaves it out knowingly.

use std::sync::atomic::{AtomicU32, Ordering};

use std::sync::Arc;

use ludus::store::journal::{Fresh, record};
use ludus::store::{Store, StoreConfig};
use ludus_actors::ports::{Archive as _, Journal as _};
use ludus_domain::ids::{CommandId, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Append, Appended, Fact, Fault, Outcome, Proposal, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Entry, Event, Room, RoomKind, RoomPlan};
use ludus_domain::stream::StreamId;
use ludus_entities::{member, org, room};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, Database, DatabaseConnection, EntityTrait as _,
    Set,
};
use uuid::Uuid;

/// A place for one store, gone when dropped.
pub(crate) struct Ground {
    pub(crate) config: StoreConfig,
    _folder: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Ground {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ludus.db");
        Self {
            config: StoreConfig::new(path.to_str().unwrap()),
            _folder: folder,
            postgres: None,
        }
    }

    /// `None` when PostgreSQL was left out knowingly.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(admin) = std::env::var("LUDUS_TEST_POSTGRES") else {
            assert_eq!(
                std::env::var("LUDUS_TEST_ONLY").as_deref(),
                Ok("sqlite"),
                "set LUDUS_TEST_POSTGRES to the URL of a PostgreSQL server whose user may create \
                 databases, or LUDUS_TEST_ONLY=sqlite to leave its half of the suite out"
            );
            return None;
        };
        let name = format!(
            "ludus_store_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let db = Database::connect(&admin).await.unwrap();
        db.execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let (server, _) = admin.rsplit_once('/').unwrap();
        Some(Self {
            config: StoreConfig::new(format!("{server}/{name}")),
            _folder: tempfile::tempdir().unwrap(),
            postgres: Some((admin, name)),
        })
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.config).await.unwrap()
    }

    /// A connection of the test's own, past the store.
    pub(crate) async fn aside(&self) -> DatabaseConnection {
        let url = if self.postgres.is_some() {
            self.config.url.clone()
        } else {
            format!("sqlite://{}", self.config.url)
        };
        Database::connect(url).await.unwrap()
    }
}

impl Ground {
    /// For who would lock the database: a connection to another one, and the name of this.
    pub(crate) async fn outside(&self) -> (DatabaseConnection, &str) {
        let (admin, name) = self.postgres.as_ref().unwrap();
        (Database::connect(admin).await.unwrap(), name)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some((admin, name)) = self.postgres.take() {
            // A drop cannot wait on the runtime it may run in.
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async move {
                    if let Ok(db) = Database::connect(&admin).await {
                        db.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
                            .await
                            .ok();
                    }
                });
            })
            .join()
            .ok();
        }
    }
}

/// A room with a host in it, and what its actor would know.
#[derive(Clone)]
pub(crate) struct Seeded {
    pub(crate) store: Store,
    pub(crate) org: OrgId,
    pub(crate) room: RoomId,
    pub(crate) host: UserId,
    pub(crate) guard: Seq,
    pub(crate) state: Arc<Room>,
}

pub(crate) async fn seed_org(store: &Store) -> OrgId {
    let id = OrgId(Uuid::now_v7());
    store
        .write("seed", move |txn| {
            Box::pin(async move {
                let row = org::ActiveModel {
                    id: Set(id.0),
                    name: Set("Test".to_owned()),
                    time_zone: Set("UTC".to_owned()),
                    created_at: Set(0),
                    roster: Set(0),
                };
                org::Entity::insert(row).exec_without_returning(txn).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    id
}

pub(crate) async fn seed_room(store: &Store, org: OrgId) -> Seeded {
    let room = RoomId(Uuid::now_v7());
    let host = UserId(Uuid::now_v7());
    let plan = RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Open,
        title: "Lounge".to_owned(),
        capacity: 100,
        lobby: false,
        scene: None,
    };
    let events = [
        Event::Opened { plan: plan.clone() },
        Event::Joined {
            user: host,
            name: "Host".to_owned(),
            host: true,
        },
    ];
    let mut state = Room::open(plan, None);
    for event in &events {
        state.evolve(event);
    }
    let json = serde_json::to_vec(&state).unwrap();
    let notes = store
        .write("seed", move |txn| {
            Box::pin(async move {
                let row = room::ActiveModel {
                    org_id: Set(org.0),
                    id: Set(room.0),
                    kind: Set("lounge".to_owned()),
                    entry: Set("open".to_owned()),
                    title: Set("Lounge".to_owned()),
                    phase: Set("live".to_owned()),
                    code: Set(None),
                    created_by: Set(host.0),
                    created_at: Set(0),
                    changed_at: Set(0),
                    state: Set(json),
                    state_key_id: Set(0),
                };
                row.insert(txn).await?;
                let seat = member::ActiveModel {
                    org_id: Set(org.0),
                    room_id: Set(room.0),
                    user_id: Set(host.0),
                    name: Set("Host".to_owned()),
                    host: Set(true),
                    joined_seq: Set(2),
                    joined_at: Set(0),
                    read_seq: Set(0),
                };
                seat.insert(txn).await?;
                record(
                    txn,
                    vec![Fresh {
                        org,
                        stream: StreamId::Room(room),
                        by: Some(host),
                        facts: events.into_iter().map(Fact::Room).collect(),
                    }],
                )
                .await
            })
        })
        .await
        .unwrap();
    assert_eq!(notes[0].events.len(), 2);
    Seeded {
        store: store.clone(),
        org,
        room,
        host,
        guard: Seq(2),
        state: Arc::new(state),
    }
}

pub(crate) fn said(text: &str) -> Event {
    Event::said(text, vec![])
}

/// A command that was accepted with these events.
pub(crate) fn accepted(sender: UserId, events: Vec<Event>) -> Proposal {
    Proposal {
        sender,
        command: CommandId(Uuid::now_v7()),
        fingerprint: 7,
        verdict: Ok(events),
    }
}

pub(crate) fn refused(sender: UserId, refusal: Refusal) -> Proposal {
    Proposal {
        verdict: Err(refusal),
        ..accepted(sender, vec![])
    }
}

impl Seeded {
    pub(crate) fn plan(&self, proposals: Vec<Proposal>) -> Append {
        let mut state = (*self.state).clone();
        let mut moves = false;
        for event in proposals.iter().flat_map(|p| p.verdict.iter().flatten()) {
            moves |= event.moves_guard();
            state.evolve(event);
        }
        Append {
            org: self.org,
            room: self.room,
            kind: RoomKind::Lounge,
            decided_on: self.guard,
            proposals,
            state: moves.then(|| Arc::new(state)),
        }
    }

    pub(crate) async fn append(&self, proposals: Vec<Proposal>) -> Result<Appended, Fault> {
        self.store.append(self.plan(proposals)).await
    }

    pub(crate) async fn say(&self, text: &str) -> Result<Appended, Fault> {
        self.append(vec![accepted(self.host, vec![said(text)])])
            .await
    }

    pub(crate) async fn events(&self) -> Vec<Recorded> {
        self.store
            .events(self.org, StreamId::Room(self.room), Seq::ZERO, 2_000)
            .await
            .unwrap()
    }
}

/// The outcomes of what must have been committed.
pub(crate) fn outcomes(appended: Result<Appended, Fault>) -> Vec<Outcome> {
    match appended {
        Ok(Appended::Committed { outcomes, .. }) => outcomes,
        other => panic!("not committed: {other:?}"),
    }
}

/// Writes one test as two: the same story on both databases.
macro_rules! on_both {
    ($(async fn $name:ident($ground:ident: &Ground) $body:block)*) => {$(
        async fn $name($ground: &Ground) $body

        mod $name {
            use super::Ground;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(&Ground::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(ground) = Ground::postgres().await {
                    super::$name(&ground).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;
