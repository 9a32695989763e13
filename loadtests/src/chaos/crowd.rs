//! Who is there while things go wrong: people who talk, are cut, come back at another node, and in the
//! end look at everything.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::try_join_all;
use ludus_domain::ids::RoomId;
use ludus_domain::role::Role;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::aside::{Aside, Seen};
use super::cluster::Cluster;
use super::process::{Broken, until};
use super::runs::Crowd;
use crate::chatter::{Chatter, ChatterError, Patience, Script};
use crate::check::open_turns;
use crate::database::Database;
use crate::log::Log;
use crate::people::{Account, Hub, RoomWish, patiently};

/// How long everything may take to have its answer once all is well.
const SETTLES_WITHIN: Duration = Duration::from_mins(1);
/// Access tokens last ten minutes. People sign in again well before.
const SIGNED_IN_FOR: Duration = Duration::from_mins(4);
const ROOM_OF: usize = 5;
/// People who come in at a time: each costs the hashing of a password.
const AT_A_TIME: usize = 6;
/// Lines of nearly eight KiB fill the buffers of who does not read.
const LONG_WINDED: usize = 3_900;
/// Between two lines of somebody who listens to the answer.
const PERSONA_LINE_EVERY: Duration = Duration::from_secs(4);
/// A client of somebody impatient, so that a minute has many tries in it.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    silence: Duration::from_secs(8),
};

/// How many people, and how much they say.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub clients: usize,
    /// Lines in a second, all together.
    pub rate: f64,
    /// Who only listens, where a run has some.
    pub listeners: usize,
}

/// Everybody there is, over all runs.
#[derive(Debug, Default)]
pub(super) struct People {
    accounts: Vec<Account>,
    signed_in: Option<Instant>,
}

impl People {
    /// So many people, signed in for long enough.
    async fn bring(&mut self, cluster: &mut Cluster, count: usize) -> Result<Vec<Account>, Broken> {
        let is_old = self
            .signed_in
            .is_some_and(|since| since.elapsed() > SIGNED_IN_FOR);
        let hubs = cluster.hubs()?;
        if is_old {
            let owner = &cluster.owner;
            let again = patiently(async || owner.hub.login(&owner.name).await).await?;
            cluster.owner = again;
            let mut again = vec![];
            for some in self.accounts.chunks(AT_A_TIME) {
                let logins = some
                    .iter()
                    .map(|account| patiently(async || account.hub.login(&account.name).await));
                again.extend(try_join_all(logins).await?);
            }
            self.accounts = again;
        }
        if is_old || self.signed_in.is_none() {
            self.signed_in = Some(Instant::now());
        }
        while self.accounts.len() < count {
            let first = self.accounts.len();
            let numbers = first..count.min(first + AT_A_TIME);
            let names: Vec<String> = numbers.map(|number| format!("Person {number}")).collect();
            let owner = &cluster.owner;
            let brought = names
                .iter()
                .map(|name| patiently(async || owner.bring(name, Role::Learner).await));
            for mut account in try_join_all(brought).await? {
                account.hub = hubs[self.accounts.len() % hubs.len()].clone();
                self.accounts.push(account);
            }
        }
        Ok(self.accounts[..count].to_vec())
    }
}

#[derive(Deserialize)]
struct Practice {
    id: RoomId,
}

/// A crowd at work.
#[derive(Debug)]
pub(super) struct Talking {
    script: Arc<Script>,
    tasks: JoinSet<(Chatter, Result<(), ChatterError>)>,
    pub(super) count: usize,
    crowd: Crowd,
    aside: Aside,
    log: Log,
}

impl Talking {
    /// Brings a crowd in and has it begin.
    pub(super) async fn begin(
        crowd: Crowd,
        size: Size,
        cluster: &mut Cluster,
        people: &mut People,
        log: &Log,
        seed: u64,
    ) -> Result<Self, Broken> {
        let accounts = people.bring(cluster, size.clients).await?;
        let hubs = cluster.hubs()?;
        let mut script = Script::new(line_every(crowd, size));
        script.repeat_one_in = Some(10);
        script.react_one_in = (crowd != Crowd::Personas).then_some(8);
        script.cut_every = (crowd == Crowd::Flicker).then_some(Duration::from_secs(2));
        let mut talking = Self {
            script: Arc::new(script),
            tasks: JoinSet::new(),
            count: accounts.len(),
            crowd,
            aside: Aside::Nobody,
            log: log.clone(),
        };
        let mut lounges = vec![];
        for (number, accounts) in accounts.chunks(ROOM_OF).enumerate() {
            let lounge = if crowd == Crowd::Personas {
                None
            } else {
                let title = format!("Room {number} of {seed}");
                let wish = RoomWish::lounge(&title);
                let made = patiently(async || cluster.owner.open(&wish).await).await?;
                lounges.push(made.id);
                Some(made.id)
            };
            for (seat, account) in accounts.iter().enumerate() {
                let room = match lounge {
                    Some(room) => room,
                    None => practice(account, seat).await?,
                };
                let place = number * ROOM_OF + seat;
                talking.add(account, room, place, &hubs, seed);
            }
        }
        talking.aside = match (crowd, lounges.first()) {
            (Crowd::Slow, Some(room)) => {
                let nodes = cluster.addresses()?;
                let slow = Aside::slow(&nodes, &accounts, *room).await;
                slow.map_err(Broken::Says)?
            }
            (Crowd::Many, Some(_)) => {
                // A room of their own, in which nobody speaks.
                let wish = RoomWish::lounge(&format!("Listeners of {seed}"));
                let quiet = patiently(async || cluster.owner.open(&wish).await)
                    .await?
                    .id;
                Aside::many(&accounts, quiet, size.listeners).await
            }
            (Crowd::Strangers, Some(_)) => Aside::strangers(&hubs, &accounts, seed),
            _ => Aside::Nobody,
        };
        Ok(talking)
    }

    fn add(&mut self, account: &Account, room: RoomId, place: usize, hubs: &[Hub], seed: u64) {
        let label = format!("tab {place} of {seed}");
        let seed = seed.wrapping_mul(1_000) + place as u64;
        let mut chatter = Chatter::new(account.clone(), &label, room, &self.log, seed)
            .at_any_of(hubs.to_vec(), PATIENCE);
        if self.crowd == Crowd::Thrice {
            // The first goes anywhere; with the twins each node hears of everything.
            chatter = chatter.with_twins_at(hubs, &self.log);
        }
        // In every third room one speaks and the others listen, mostly at nodes where nobody speaks.
        if self.crowd == Crowd::Talk && place / ROOM_OF % 3 == 2 && !place.is_multiple_of(ROOM_OF) {
            chatter = chatter.quiet();
        }
        if self.crowd == Crowd::Slow && place < ROOM_OF {
            chatter = chatter.long_winded(LONG_WINDED);
        }
        let script = Arc::clone(&self.script);
        self.tasks.spawn(async move {
            let result = chatter.run(&script, SETTLES_WITHIN).await;
            (chatter, result)
        });
    }

    /// Waits until so many lines were acknowledged since it began.
    pub(super) async fn is_warm(&self, lines: u64) -> Result<(), Broken> {
        let give_up = Instant::now() + SETTLES_WITHIN;
        while self.script.acknowledged.load(Ordering::Relaxed) < lines {
            if Instant::now() >= give_up {
                return Err(Broken::says("nobody got a word in"));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Has it come to an end: everybody waits for their answers, then looks at everything. Answers
    /// what did not come to its end.
    pub(super) async fn end(mut self, database: &str) -> Seen {
        let Seen { says, mut faults } = std::mem::replace(&mut self.aside, Aside::Nobody)
            .end()
            .await;
        self.script.stop.store(true, Ordering::Relaxed);
        let mut quiet = vec![];
        while let Some(done) = self.tasks.join_next().await {
            match done {
                Ok((chatter, Ok(()))) => quiet.push(chatter),
                Ok((chatter, Err(error))) => {
                    faults.push(format!("{}: {error}", chatter.client.label));
                }
                Err(_) => faults.push("a client panicked".to_owned()),
            }
        }
        if self.crowd == Crowd::Personas {
            faults.extend(hear_out(database).await);
        }
        // Everybody is quiet before anybody looks, or a look would be of the past.
        let mut looking = JoinSet::new();
        for mut chatter in quiet {
            let log = self.log.clone();
            looking.spawn(async move {
                let looked = chatter.audit(&log, SETTLES_WITHIN).await;
                looked.map_err(|error| format!("{}: {error}", chatter.client.label))
            });
        }
        while let Some(looked) = looking.join_next().await {
            match looked {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => faults.push(fault),
                Err(_) => faults.push("a client panicked while it looked".to_owned()),
            }
        }
        Seen { says, faults }
    }
}

/// Waits until personas have said what they were asked for, whatever became of who asked them.
async fn hear_out(database: &str) -> Option<String> {
    let heard = until("personas have the word", SETTLES_WITHIN, async || {
        let database = Database::read(database).await.ok()?;
        open_turns(&database).is_empty().then_some(())
    });
    heard.await.err().map(|broken| broken.to_string())
}

fn line_every(crowd: Crowd, size: Size) -> Duration {
    if crowd == Crowd::Personas {
        return PERSONA_LINE_EVERY;
    }
    #[expect(clippy::cast_precision_loss, reason = "some dozens of clients")]
    let clients = size.clients as f64;
    Duration::from_secs_f64(clients / size.rate.max(0.1))
}

/// In every other one the persona is let finish: a line that stops it would close an answer whose node
/// has died before anybody could begin it anew.
async fn practice(account: &Account, seat: usize) -> Result<RoomId, Broken> {
    let barge = if seat.is_multiple_of(2) {
        "queue"
    } else {
        "interrupt"
    };
    let body = json!({"scenario": "ask-for-a-raise", "barge": barge});
    let path = "/api/v1/training/sessions";
    let practice: Practice = patiently(async || account.post(path, &body).await).await?;
    Ok(practice.id)
}
