//! The composition root: every part of a hub, put together in order. No statics: two fit in one process.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::prelude::*;
use actix_web::App;
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use ludus_actors::board::BoardPorts;
use ludus_actors::bus::Bus;
use ludus_actors::desk::{Attendance, DeskPorts};
use ludus_actors::directory::Directory;
use ludus_actors::lane::Expel;
use ludus_actors::ports::Ports;
use ludus_actors::ports::{Clock, Doorbell};
use ludus_actors::session::SessionPorts;
use ludus_actors::stage::StagePorts;
use ludus_domain::ids::NodeId;
use ludus_domain::practice::Library;
use ludus_domain::session::Pace;
use socket2::{Domain, Protocol, Socket, Type};

use crate::bus::carry::Bells;
use crate::bus::{self, NotAnAddress};
use crate::clock::WallClock;
use crate::coaching::Desks;
use crate::config::{Config, ConfigFault};
use crate::game::boards::{self, Boards};
use crate::game::clock::GameClock;
use crate::game::drift;
use crate::game::rulebook::{Rulebook, RulebookError};
use crate::keys::Keys;
use crate::lanes::{self, Lanes};
use crate::limits::Limits;
use crate::nodes::{self, Among};
use crate::people::boards::LiveBoards;
use crate::people::policies::{self, PolicyBook};
use crate::people::rosters::{self, Rosters};
use crate::people::{Denied, Needs, People};
use crate::practice::Reviewer;
use crate::practice::remarks::Remarker;
use crate::shutdown::Shutdown;
use crate::store::budgets::Purses;
use crate::store::jobs::Worker;
use crate::store::{Store, StoreError};
use crate::ws::admission::{Admission, Origins};
use crate::ws::server::Listening;
use crate::{descriptors, http, llm, metrics, schedule, stage, tidy, tls, ui, ws};

/// Connections the kernel keeps for us while a storm lasts.
const BACKLOG: i32 = 4_096;
/// How long a balancer may take to notice that this node is not ready any more.
const NOTICE: Duration = Duration::from_secs(3);
/// How often a draining node counts who is left.
const COUNT_EVERY: Duration = Duration::from_millis(100);
/// Requests that are being answered get this long after the connections have gone.
const LAST_REQUESTS_S: u64 = 2;

/// Why a hub did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigFault),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Models(#[from] llm::Unusable),
    #[error(transparent)]
    Rulebook(#[from] RulebookError),
    #[error("the store could not tell who is here: {0}")]
    People(#[from] Denied),
    #[error("bus.url is {0}")]
    Bus(#[from] NotAnAddress),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Whether the node takes new work: cleared when it begins to stop.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A hub that runs. It must live on an actix system.
#[derive(Debug)]
pub struct Hub {
    pub address: SocketAddr,
    pub public_url: String,
    pub people: People,
    pub store: Store,
    pub directory: Arc<Directory>,
    /// Who can be practised with, and what, where nobody wrote anything else.
    pub library: Arc<Library>,
    /// Open this to become the first owner, while there is none.
    pub owner_link: Option<String>,
    pub metrics: Option<SocketAddr>,
    lanes: Lanes,
    limits: Arc<Limits>,
    worker: Worker,
    bus: Arc<dyn Bus>,
    draining: Draining,
    drain: Duration,
    server: ServerHandle,
    arbiters: Vec<Arbiter>,
}

/// Runs a hub until it is asked to stop; `started` is called once it serves.
pub fn run(
    config: &Config,
    mut shutdown: Shutdown,
    started: impl FnOnce(&Hub) -> io::Result<()>,
) -> Result<(), StartError> {
    System::new().block_on(async move {
        let hub = Hub::start(config).await?;
        std::fs::write(config.address_file(), hub.address.to_string())?;
        started(&hub)?;
        shutdown.asked().await;
        hub.stop().await;
        // A stale address would send somebody to whoever has the port next.
        std::fs::remove_file(config.address_file())?;
        Ok(())
    })
}

impl Hub {
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let keys = Keys::derive(config.master_secret()?.bytes());
        let cursor_key = keys.cursor.clone();
        let wanted = config.listen.address;
        let listener = listen(wanted).map_err(|source| StartError::Listen {
            address: wanted,
            source,
        })?;
        let address = listener.local_addr()?;
        let public_url = config.public_url(address);
        let clock: Arc<dyn Clock> = Arc::new(WallClock);
        let metrics = metrics::start(config.metrics.address)?;

        let store = Store::open(&config.store(false)).await?;
        let rulebook = Rulebook::open(store.clone(), config.content.folder.as_deref()).await?;
        let turn = Duration::from_secs(config.ledger.prove_seconds.into());
        let worker = store.work(drift::keeper(&store, turn));
        let workers = workers(config.listen.workers);
        descriptors::check(config.limits.sockets, config.listen.tls_cert.is_some());
        let arbiters: Vec<Arbiter> = (0..workers).map(|_| Arbiter::new()).collect();
        let rosters = Rosters::start(store.clone()).await?;
        let policies = PolicyBook::start(store.clone()).await?;
        let boards = Boards::new(
            store.clone(),
            rulebook.clone(),
            Arc::clone(&clock),
            Arc::clone(&rosters) as _,
            keys.names.clone(),
        );
        let library = rulebook.shipped_library();
        let purses = Purses::new(store.clone(), config.llm.limits());
        let models = llm::start(config, Arc::new(purses.clone()), Arc::clone(&clock))?;
        let models = Arc::new(models);
        let reports = Reviewer {
            store: store.clone(),
            archive: Arc::new(store.clone()),
            libraries: Arc::new(rulebook.clone()),
            llm: Arc::clone(&models) as _,
            clock: Arc::clone(&clock),
        };
        let remarks = Remarker::new(config, &store, Arc::new(rulebook.clone()), &models);
        let stage = Arc::new(StagePorts {
            llm: Arc::clone(&models) as _,
            libraries: Arc::new(rulebook.clone()),
            turns: Arc::new(store.clone()),
            seats: Arc::new(store.clone()),
            policies: Arc::clone(&policies) as _,
            reports: Arc::new(reports),
            remarks: Arc::new(remarks),
            node: rand::random(),
        });
        let node = NodeId(uuid::Uuid::now_v7());
        let (bus, heard) = bus::connect(config, &keys.bus, node, &clock)?;
        let limits = bus::limits(config, &keys.bus)?;
        let coaching = Desks::new(store.clone(), rulebook.clone(), Arc::clone(&clock));
        let ports = Ports {
            bus: Arc::clone(&bus),
            journal: Arc::new(store.clone()),
            archive: Arc::new(store.clone()),
            clock: Arc::clone(&clock),
            rosters: Arc::clone(&rosters) as _,
            stage: Some(Arc::clone(&stage)),
            boards: BoardPorts {
                standings: Arc::new(boards.clone()),
                clock: Arc::clone(&clock),
                tick: Duration::from_millis(config.boards.tick_ms.into()),
                bus: Arc::clone(&bus),
            },
            desks: DeskPorts {
                coaching: Arc::new(coaching),
                archive: Arc::new(store.clone()),
                clock: Arc::clone(&clock),
                attendance: Arc::new(Attendance::default()),
                bus: Arc::clone(&bus),
            },
        };
        let directory = Arc::new(Directory::new(
            arbiters.iter().map(Arbiter::handle).collect(),
            ports,
        ));
        let bells: Arc<dyn Doorbell> = Arc::new(Bells {
            directory: Arc::clone(&directory),
            bus: Arc::clone(&bus),
        });
        let game_clock = GameClock::new(
            store.clone(),
            rulebook.clone(),
            boards.clone(),
            Arc::clone(&clock),
            Arc::clone(&bells),
        );
        // What was missed while the hub was off, before anybody is paid again.
        game_clock.catch_up().await;
        let people = People::start(Needs {
            store: store.clone(),
            archive: Arc::new(store.clone()),
            clock: Arc::clone(&clock),
            doorbell: bells,
            rosters: Arc::clone(&rosters),
            policies: Arc::clone(&policies),
            keys,
            public_url: public_url.clone(),
        })
        .await?;
        let owner_link = people.first_owner_link().await?;

        let (lanes, draining) = (Lanes::default(), Draining::default());
        lanes::feed(&lanes, people.revocations());
        lanes::ring_inboxes(&store, &directory);
        boards::feed(&store, &directory);
        rosters::watch(&rosters, Arc::clone(&directory) as _);
        policies::watch(&policies, Arc::clone(&directory) as _);
        stage::watch(&store, &directory);
        schedule::watch(&store, &rulebook, &clock, &directory);
        let among = Among {
            store: store.clone(),
            people: people.clone(),
            rulebook: rulebook.clone(),
            clock: Arc::clone(&clock),
            directory: Arc::clone(&directory),
            lanes: lanes.clone(),
            limits: Arc::clone(&limits),
            bus: Arc::clone(&bus),
        };
        among.join(heard);
        tidy::keep(&people, &directory, &limits, &rulebook, purses.clone());
        if metrics.is_some() {
            drift::watch(store.clone());
            let store = store.clone();
            metrics::watch(move || store.waiting());
        }
        actix_web::rt::spawn(game_clock.run());

        let listen_settings = config.listen.clone();
        let trusts = move |peer| listen_settings.trusts(peer);
        let origins = match &config.public_url {
            Some(_) => Origins::exactly([public_url.as_str()]),
            None => Origins::exactly([public_url.as_str()]).or_same_host(),
        };
        let admission = Arc::new(Admission::new(
            origins.clone(),
            Arc::clone(&limits),
            Arc::clone(&draining.0),
            trusts,
        ));
        let session_ports = SessionPorts {
            directory: Arc::clone(&directory),
            doorman: Arc::new(people.clone()),
            limits: Arc::clone(&limits) as _,
            clock,
        };
        let (pages, proxies) = (origins, config.listen.clone());
        let services = Arc::new(http::Services {
            people: people.clone(),
            limits: Arc::clone(&limits),
            site: http::Site {
                public_url: public_url.clone(),
                admits: Box::new(move |origin, host| pages.admit(origin, host)),
                trusts: Box::new(move |peer| proxies.trusts(peer)),
            },
            cursor_key,
            store: store.clone(),
            rulebook,
            boards: LiveBoards::new(boards, Arc::clone(&directory)),
            directory: Arc::clone(&directory),
            stage,
            models,
            purses,
            draining: Arc::clone(&draining.0),
        });
        let (pace, guard) = (pace(config), config.limits.guard());
        let of_workers = lanes.clone();
        let edge = move || ws::Edge {
            admission: Arc::clone(&admission),
            ports: session_ports.clone(),
            lane: of_workers.start(),
            pace,
            guard,
        };
        let app = move |edge| {
            App::new()
                .wrap(from_fn(http::guard))
                .configure(ws::routes(edge))
                .configure(http::configure(Arc::clone(&services)))
                // The page answers every path that nobody else wants.
                .configure(ui::routes)
        };
        let listening = Listening {
            listener,
            workers,
            shutdown_s: LAST_REQUESTS_S,
            tls: tls::settings(&config.listen)?,
            is_simple: false,
        };
        let server = ws::server::serve(listening, edge, app)?;
        let handle = server.handle();
        actix_web::rt::spawn(server);
        tracing::info!(%address, workers, "the hub serves");
        Ok(Self {
            address,
            public_url,
            people,
            store,
            worker,
            bus,
            directory,
            library,
            owner_link,
            metrics,
            lanes,
            limits,
            draining,
            drain: Duration::from_millis(u64::from(config.sessions.drain_ms)),
            server: handle,
            arbiters,
        })
    }

    /// Open connections.
    pub async fn sessions(&self) -> usize {
        self.lanes.sessions().await
    }

    /// Leaves in good order: nobody new comes in, everybody here is told when to come back, what is
    /// queued is written. Bounded by the drain's time; what is cut short is what a kill would cut.
    pub async fn stop(self) {
        self.draining.begin();
        tracing::info!("the hub is stopping");
        if self.sessions().await > 0 {
            tokio::time::sleep(NOTICE.min(self.drain / 4)).await;
            let spread_ms = u32::try_from(self.drain.as_millis() / 2).unwrap_or(u32::MAX);
            self.lanes.expel(Expel::Everybody { spread_ms });
            let everybody_left = async {
                while self.sessions().await > 0 {
                    tokio::time::sleep(COUNT_EVERY).await;
                }
            };
            if tokio::time::timeout(self.drain / 2, everybody_left)
                .await
                .is_err()
            {
                tracing::warn!("some connections did not leave in time");
            }
        }
        // Their sessions are over; what was last said to them may still be on its way.
        let last_words = async {
            while self.limits.sockets_open() > 0 {
                tokio::time::sleep(COUNT_EVERY / 10).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(LAST_REQUESTS_S), last_words).await;
        self.server.stop(true).await;
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
        drop(self.worker);
        nodes::leave(&self.store, &self.bus).await;
        self.store.shutdown().await;
        tracing::info!("the hub has stopped");
    }
}

/// What a person who started the hub wants to know.
pub fn announce(hub: &Hub) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Ludus is at {}", hub.public_url)?;
    if let Some(link) = &hub.owner_link {
        writeln!(
            out,
            "\nNobody owns this hub yet. Open this link once to make it yours:\n  {link}"
        )?;
    }
    out.flush()
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A hub that was killed must get its port back at once.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn workers(configured: u16) -> usize {
    if configured > 0 {
        return usize::from(configured);
    }
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn pace(config: &Config) -> Pace {
    Pace {
        hello_ms: config.sessions.hello_ms.into(),
        heartbeat_ms: config.sessions.heartbeat_ms.into(),
        silence_ms: config.sessions.silence_ms.into(),
        expects_answers: true,
    }
}
