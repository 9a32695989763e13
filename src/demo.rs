//! `ludus demo`: a hub full of life on a database that is thrown away. Forty made-up people talk
//! through real connections, so that whoever opens a link sees what a busy evening looks like.
//!
//! What they say lies under `content/demo/`. Nothing here is used by a real hub.

mod alone;
mod director;
mod script;
mod stage;
mod voice;

use std::io::{self, ErrorKind, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::thread;

use actix::System;

use self::script::Playbill;
use self::stage::Links;
use crate::app::{Hub, StartError};
use crate::config::{Config, Profile};
use crate::people::Denied;
use crate::shutdown::Shutdown;

/// How fast these people are, compared with real ones. A test has less patience than an evening.
#[derive(Clone, Copy, Debug)]
struct Tempo(f64);

const LIKE_PEOPLE: Tempo = Tempo(1.0);

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the stage could not be set: {}", .0.code.says())]
    Stage(#[from] Denied),
    #[error("content/demo/{file}: {what}")]
    Script { file: String, what: String },
    #[error("this machine has no address on a network: {0}")]
    NoNetwork(io::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs a demonstration until it is asked to stop. `lan`: phones on the same network may come in.
pub fn run(config: Config, lan: bool, mut shutdown: Shutdown) -> Result<(), DemoError> {
    let playbill = Playbill::read()?;
    let folder = tempfile::Builder::new().prefix("ludus-demo-").tempdir()?;
    let config = throwaway(config, folder.path().to_owned(), lan)?;
    System::new().block_on(async move {
        let hub = Hub::start(&config).await?;
        let set = stage::set(&hub, &playbill).await?;
        announce(&hub, &set.links)?;
        let company = {
            let (people, address) = (hub.people.clone(), hub.address);
            let shutdown = shutdown.clone();
            thread::Builder::new()
                .name("demo".to_owned())
                .spawn(move || stage::play(set, &people, address, LIKE_PEOPLE, shutdown))?
        };
        shutdown.asked().await;
        // They leave first, so that nobody has to be waited for.
        if company.join().is_err() {
            tracing::warn!("the simulated people ended badly");
        }
        hub.stop().await;
        Ok::<_, DemoError>(())
    })?;
    folder.close()?;
    Ok(())
}

/// The operator's settings, except for what must not touch anything of theirs.
fn throwaway(
    mut config: Config,
    folder: std::path::PathBuf,
    lan: bool,
) -> Result<Config, DemoError> {
    config.profile = Profile::Development;
    config.data_dir = folder;
    config.store.url = None;
    // Nobody will miss it.
    config.store.fsync = false;
    config.secrets.master = None;
    config.secrets.master_file = None;
    config.listen.tls_cert = None;
    config.listen.tls_key = None;
    if lan {
        config
            .listen
            .address
            .set_ip(address_on_the_network().map_err(DemoError::NoNetwork)?);
    }
    config.listen.address = free(config.listen.address);
    Ok(config)
}

/// The address others on the network reach us by: the one we would use ourselves to reach them.
fn address_on_the_network() -> io::Result<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    // An address of the documentation; connecting a datagram socket sends nothing.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
    Ok(socket.local_addr()?.ip())
}

/// The wished-for address, or the same with any port when somebody has it already.
fn free(wished: SocketAddr) -> SocketAddr {
    match TcpListener::bind(wished) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => SocketAddr::new(wished.ip(), 0),
        _ => wished,
    }
}

fn announce(hub: &Hub, links: &Links) -> io::Result<()> {
    let Links {
        learner,
        stage,
        desk,
    } = links;
    let mut out = io::stdout().lock();
    write!(
        out,
        "Ludus is at {url}, and forty people are talking there. All of them are made up.

Come in. Each link is good once; give each a browser window of its own:
  as a learner  {learner}
  the stage     {stage}
  the desk      {desk}

Ctrl-C ends it, and everything that was said is forgotten.
",
        url = hub.public_url,
    )?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ludus_actors::ports::Archive as _;
    use ludus_domain::stream::StreamId;

    use super::*;
    use crate::shutdown::Trigger;

    #[test]
    fn people_come_in_and_talk() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = throwaway(Config::default(), folder.path().to_owned(), false).unwrap();
        config.listen.address.set_port(0);
        config.listen.workers = 1;
        System::new().block_on(async move {
            let hub = Hub::start(&config).await.unwrap();
            let set = stage::set(&hub, &Playbill::read().unwrap()).await.unwrap();
            assert!(set.links.learner.starts_with(&hub.public_url));
            let org = set.company[0].org;
            let (room, cohort) = (set.rooms[0].id, set.cohort);
            let alone: Vec<_> = set.practices.iter().map(|one| one.room).collect();
            let (trigger, shutdown) = Trigger::new();
            let (people, address) = (hub.people.clone(), hub.address);
            let company =
                thread::spawn(move || stage::play(set, &people, address, Tempo(0.02), shutdown));
            let mut kinds = Vec::new();
            for _ in 0..200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let events = hub
                    .store
                    .events(org, StreamId::Room(room), ludus_domain::ids::Seq::ZERO, 500)
                    .await
                    .unwrap();
                kinds = events.iter().map(|event| event.fact.kind()).collect();
                if ["said", "reacted"].iter().all(|kind| kinds.contains(kind)) {
                    break;
                }
            }
            assert!(kinds.contains(&"said"), "{kinds:?}");
            assert!(kinds.contains(&"reacted"), "{kinds:?}");
            // The coach's desk has everybody, and those who practise alone.
            let (_, learners, beyond) = (hub.store.desk_learners(org, cohort).await)
                .unwrap()
                .unwrap();
            assert_eq!((learners.len(), beyond), (41, 0));
            let sat = hub.store.desk_rooms(org, cohort).await.unwrap();
            for practice in alone {
                assert!(sat.iter().any(|(room, _)| *room == practice));
            }
            trigger.stop();
            company.join().unwrap();
            hub.stop().await;
        });
    }
}
