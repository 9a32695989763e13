//! Nodes, PostgreSQL, Redis and a model, with a proxy on every link, and hands to do things to them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;

use super::model::Model;
use super::node::{Common, Node, Previous};
use super::plan::Act;
use super::postgres::Postgres;
use super::process::{Broken, until};
use super::redis_server::Redis;
use crate::people::{Account, Hub, patiently};

/// How long everything may take to be well again once it is left alone.
const HEALS_WITHIN: Duration = Duration::from_mins(1);

/// What to run.
#[derive(Clone, Debug)]
pub(super) struct Make {
    pub(super) folder: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) previous: Option<Previous>,
    pub(super) fault: Option<String>,
    pub(super) nodes: usize,
    pub(super) seed: u64,
}

/// Everything that runs. Nodes end first.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) nodes: Vec<Node>,
    pub(super) redis: Redis,
    pub(super) postgres: Postgres,
    /// Nobody asks it for anything; it is there for as long as the nodes are.
    _model: Model,
    pub(super) owner: Account,
}

impl Cluster {
    pub(super) async fn start(make: &Make) -> Result<Self, Broken> {
        let folder = make.folder.clone();
        open_to_everybody(&folder)?;
        let postgres = Postgres::start(&folder).await?;
        let redis = Redis::start(&folder).await?;
        let model = Model::start(make.seed)
            .await
            .map_err(Broken::io("a model"))?;
        let master = folder.join("master.key");
        write_secret(&master, make.seed)?;
        let common = Common {
            binary: make.binary.clone(),
            previous: make.previous.clone(),
            fault: make.fault.clone(),
            master,
            postgres: postgres.address(),
            redis: redis.address(),
            model: model.address,
        };
        let mut nodes = vec![];
        for number in 0..make.nodes.max(1) {
            let place = folder.join(format!("node{number}"));
            let seed = make.seed ^ ((number as u64) << 8);
            nodes.push(Node::lay(place, common.clone(), seed).await?);
        }
        // The first makes the tables, and the owner's link. The next without an owner makes another.
        let Some((first, others)) = nodes.split_first_mut() else {
            return Err(Broken::says("no node"));
        };
        first.start().await?;
        let hub = first.hub()?;
        ready(&hub).await?;
        let code = until("no owner's link is printed", HEALS_WITHIN, async || {
            first.owner_code()
        })
        .await?;
        let owner = patiently(async || hub.claim(&code, "Olga Owner").await).await?;
        for node in others {
            node.start().await?;
        }
        let cluster = Self {
            nodes,
            redis,
            postgres,
            _model: model,
            owner,
        };
        cluster.well().await?;
        Ok(cluster)
    }

    /// As people reach each node.
    pub(super) fn hubs(&self) -> Result<Vec<Hub>, Broken> {
        self.nodes.iter().map(Node::hub).collect()
    }

    /// Where nodes listen themselves.
    pub(super) fn addresses(&self) -> Result<Vec<SocketAddr>, Broken> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// The database, past all proxies.
    pub(super) fn database(&self) -> String {
        Postgres::url(self.postgres.address())
    }

    fn node(&mut self, number: usize) -> Result<&mut Node, Broken> {
        let node = self.nodes.get_mut(number);
        node.ok_or_else(|| Broken::says(format!("there is no node {number}")))
    }

    /// Does one thing to it.
    pub(super) async fn act(&mut self, act: Act) -> Result<(), Broken> {
        match act {
            Act::Kill { node } => self.node(node)?.kill9(),
            Act::Start { node } => self.node(node)?.start().await?,
            Act::Pause { node } => self.node(node)?.signal("STOP"),
            Act::Unpause { node } => self.node(node)?.signal("CONT"),
            Act::Drain { node } => self.node(node)?.signal("TERM"),
            Act::KillRedis => self.redis.kill9(),
            Act::StartRedis => self.redis.resume().await?,
            Act::PauseRedis => self.redis.signal("STOP"),
            Act::UnpauseRedis => self.redis.signal("CONT"),
            // A server that does not answer now is asked again in a moment.
            Act::WipeRedis => drop(self.redis.ask("FLUSHALL").await),
            Act::CutSubscribers => drop(self.redis.ask("CLIENT KILL TYPE pubsub").await),
            Act::KillPostgres => self.postgres.kill9(),
            Act::StartPostgres => self.postgres.resume().await?,
            Act::PausePostgres => self.postgres.signal("STOP"),
            Act::UnpausePostgres => self.postgres.signal("CONT"),
            Act::RenameAway => self.postgres.rename_away().await?,
            Act::RenameBack => self.postgres.rename_back().await?,
            Act::Terminate { one_in } => self.postgres.terminate(one_in).await?,
            Act::Link { wire, node, toxic } => self.node(node)?.wire(wire)?.set(toxic),
            Act::Cut { wire, node } => self.node(node)?.wire(wire)?.cut(),
        }
        Ok(())
    }

    /// Mends whatever is broken, and waits until all of it is well.
    pub(super) async fn heal(&mut self) -> Result<(), Broken> {
        for proxy in self.nodes.iter().flat_map(Node::wires) {
            proxy.set(None);
        }
        self.postgres.signal("CONT");
        self.redis.signal("CONT");
        self.postgres.resume().await?;
        self.postgres.rename_back().await?;
        self.redis.resume().await?;
        for node in &mut self.nodes {
            node.signal("CONT");
            if node
                .pid()
                .is_none_or(|pid| super::process::uses(pid).is_none())
            {
                node.start().await?;
            }
        }
        self.well().await
    }

    /// Waits until every node serves and hears the others.
    async fn well(&self) -> Result<(), Broken> {
        for hub in self.hubs()? {
            ready(&hub).await?;
        }
        Ok(())
    }
}

async fn ready(hub: &Hub) -> Result<(), Broken> {
    until(
        "a node is not ready, with its bus up",
        HEALS_WITHIN,
        async || {
            let asked = hub.request(Method::GET, "/readyz").send().await.ok()?;
            let is_success = asked.status().is_success();
            let says = asked.text().await.ok()?;
            (is_success && says.contains("bus up")).then_some(())
        },
    )
    .await
}

/// PostgreSQL runs as somebody else, and has to come through.
fn open_to_everybody(folder: &Path) -> Result<(), Broken> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(folder).map_err(Broken::io("the folder"))?;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, mode).map_err(Broken::io("the folder"))
}

/// Nodes of one hub share their secret. Anybody may know this one.
fn write_secret(path: &Path, seed: u64) -> Result<(), Broken> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut rng = StdRng::seed_from_u64(seed);
    let (one, two): (u128, u128) = (rng.random(), rng.random());
    let digits = format!("{one:032x}{two:032x}");
    let file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(digits.as_bytes()))
        .map_err(Broken::io("the master secret"))
}
