//! The hub proves its own ledger: a little of it every few minutes, on one node at a time, for ever.
//!
//! What it finds is counted and told to whoever watches; `ludus ledger verify` says what it is. A round
//! goes through every org, its journals and then its accounts, and is gone on with by whatever node
//! takes the job next. It knows who is being paid meanwhile: only what differs while nothing happens is a
//! difference. Entries that are in no journal at all, and what was written down at ends, are for `verify`.

use std::cmp::max;
use std::sync::Arc;
use std::time::Duration;

use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use super::proof::{self, Found};
use crate::metrics;
use crate::store::game::audit::Standing;
use crate::store::jobs::{House, Job, JobKind, Perform, Performance};
use crate::store::{Store, StoreError};

/// Where the round is written down.
const SETTING: &str = "ledger_round";
/// What takes longer in one go, an account or a stretch of a journal, is left to the command. With the
/// longest turn it is less than a worker waits for a job.
const LONGEST: Duration = Duration::from_secs(5);
/// Looks at an account that is being paid meanwhile. The next round looks again.
const LOOKS_MAX: u32 = 4;
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How old what a node tells of the latest proof is, when another node made it.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// Does the hub's jobs, the proof among them.
#[derive(Debug)]
struct Keeper {
    house: House,
    /// Time of one turn; nothing for never.
    turn: Duration,
}

impl Perform for Keeper {
    fn perform(&self, job: Job) -> Performance {
        if job.kind != JobKind::ProveLedger {
            return self.house.perform(job);
        }
        let (store, turn) = (self.house.store.clone(), self.turn);
        Box::pin(async move {
            if turn.is_zero() {
                return Ok(());
            }
            let proved = go_on(&store, turn).await;
            proved.map_err(|error| error.to_string())
        })
    }
}

/// The hands of a hub's worker. A turn of no time is never taken.
pub(crate) fn keeper(store: &Store, turn: Duration) -> Arc<dyn Perform> {
    let house = House {
        store: store.clone(),
    };
    Arc::new(Keeper { house, turn })
}

/// Tells of the latest proof, whatever node made it, for as long as the process lives.
pub(crate) fn watch(store: Store) {
    actix_web::rt::spawn(async move {
        loop {
            if let Ok(round) = kept(&store).await {
                metrics::points_drift(round.known());
            }
            sleep(TELL_EVERY).await;
        }
    });
}

/// How far the round is, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Round {
    org: Option<OrgId>,
    /// The journal that is being looked at, or was last.
    journal: Option<String>,
    /// How far it is in it; nothing when it is through.
    within: Option<Seq>,
    /// All journals of the org were looked at, and now its accounts are.
    in_accounts: bool,
    /// The account that was looked at last.
    account: Option<UserId>,
    differences: u64,
    /// What took too long.
    left_out: u64,
    /// Differences of the round before.
    before: u64,
}

impl Round {
    /// What is told: a difference stands until a whole round did not find it.
    fn known(&self) -> u64 {
        max(self.differences, self.before)
    }

    fn begin(&mut self, org: OrgId) {
        *self = Self {
            org: Some(org),
            differences: self.differences,
            left_out: self.left_out,
            before: self.before,
            ..Self::default()
        };
    }

    fn end(&mut self) {
        if self.left_out == 0 {
            metrics::ledger_proved();
        } else {
            tracing::warn!(
                left_out = self.left_out,
                "some of the ledger takes too long to be proved beside other work: ludus ledger verify proves it"
            );
        }
        *self = Self {
            before: self.differences,
            ..Self::default()
        };
    }
}

async fn kept(store: &Store) -> Result<Round, StoreError> {
    let text = store.setting(SETTING).await?;
    // What another version wrote and this one cannot read: a new round.
    let round = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(round.unwrap_or_default())
}

/// Goes on with the round for some time.
async fn go_on(store: &Store, turn: Duration) -> Result<(), StoreError> {
    let mut round = kept(store).await?;
    let proved = prove(store, &mut round, Instant::now() + turn).await;
    let known = round.known();
    metrics::points_drift(known);
    if known > 0 {
        tracing::error!(
            differences = known,
            "the ledger is not what its journals make it: ludus ledger verify says where"
        );
    }
    // What was found before something failed was found.
    let text = serde_json::to_string(&round).unwrap_or_default();
    store.put_setting(SETTING, text).await?;
    proved
}

async fn prove(store: &Store, round: &mut Round, until: Instant) -> Result<(), StoreError> {
    let mut orgs = store.org_ids().await?;
    orgs.sort_unstable();
    for org in orgs {
        if Some(org) < round.org {
            continue;
        }
        if Some(org) != round.org {
            round.begin(org);
        }
        if !round.in_accounts {
            if !journals(store, org, round, until).await? {
                return Ok(());
            }
            round.in_accounts = true;
        }
        if !accounts(store, org, round, until).await? {
            return Ok(());
        }
    }
    round.end();
    Ok(())
}

/// Whether it came to the end of them.
async fn journals(
    store: &Store,
    org: OrgId,
    round: &mut Round,
    until: Instant,
) -> Result<bool, StoreError> {
    let Some(began) = store.game_began(org).await? else {
        return Ok(true);
    };
    // The one it was in the middle of.
    if !journal(store, org, began, round, until).await? {
        return Ok(false);
    }
    loop {
        let page = store.streams_after(org, round.journal.clone()).await?;
        if page.is_empty() {
            return Ok(true);
        }
        for next in page {
            round.journal = Some(next);
            round.within = Some(Seq::ZERO);
            if !journal(store, org, began, round, until).await? {
                return Ok(false);
            }
        }
    }
}

/// Goes on with a journal; whether it came to its end.
async fn journal(
    store: &Store,
    org: OrgId,
    began: Timestamp,
    round: &mut Round,
    until: Instant,
) -> Result<bool, StoreError> {
    while let (Some(journal), Some(after)) = (&round.journal, round.within) {
        let since = Instant::now();
        let mut found = Found::default();
        let proving = proof::stretch(store, org, journal, began, after, &mut found);
        if let Ok(next) = timeout(LONGEST, proving).await {
            round.within = next?;
        } else {
            round.within = None;
            round.left_out += 1;
        }
        round.differences += found.differences;
        if rest(since, until).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether it came to the end of them.
async fn accounts(
    store: &Store,
    org: OrgId,
    round: &mut Round,
    until: Instant,
) -> Result<bool, StoreError> {
    loop {
        let page = store.standings_after(org, round.account).await?;
        if page.is_empty() {
            return Ok(true);
        }
        for standing in page {
            let since = Instant::now();
            let user = standing.user;
            let differing = differing(store, org, round.account, standing);
            match timeout(LONGEST, differing).await {
                Ok(differences) => round.differences += differences?,
                Err(_) => round.left_out += 1,
            }
            round.account = Some(user);
            if rest(since, until).await {
                return Ok(false);
            }
        }
    }
}

/// What differs of an account that follows another. It may be paid while it is looked at: only what
/// differs while nothing happens is a difference.
async fn differing(
    store: &Store,
    org: OrgId,
    after: Option<UserId>,
    mut standing: Standing,
) -> Result<u64, StoreError> {
    for look in 1..=LOOKS_MAX {
        let mut found = Found::default();
        proof::account(store, org, &standing, &mut found).await?;
        if found.differences == 0 {
            return Ok(0);
        }
        let now = store.standings_after(org, after).await?.into_iter().next();
        let Some(now) = now.filter(|now| now.user == standing.user) else {
            return Ok(0);
        };
        if now.pos == standing.pos {
            return Ok(found.differences);
        }
        standing = now;
        sleep(LOOK_AGAIN * look).await;
    }
    Ok(0)
}

/// Rests as long as it worked, so that it takes half of a reader and of a core at most; whether the turn
/// is over.
async fn rest(since: Instant, until: Instant) -> bool {
    sleep(since.elapsed()).await;
    Instant::now() >= until
}

#[cfg(test)]
mod tests {
    use ludus_domain::game::deed::ScoreOp;
    use ludus_domain::journal::{Fact, InboxEvent};
    use ludus_domain::stream::StreamId;
    use ludus_entities::user;
    use sea_orm::{ConnectionTrait as _, EntityTrait as _, Set};

    use super::*;
    use crate::game::rulebook::Rulebook;
    use crate::store::StoreConfig;
    use crate::store::journal::{Fresh, perform};
    use crate::store::people::{Org, fresh};

    async fn pays(store: &Store, org: OrgId, user: UserId) {
        let sets = Arc::clone(store.sets());
        let fresh = Fresh {
            org,
            stream: StreamId::Inbox(user),
            by: None,
            facts: vec![Fact::Inbox(InboxEvent::Scored {
                metric: "sales".parse().unwrap(),
                op: ScoreOp::Incr,
                value: 5,
            })],
        };
        store
            .write("score", move |txn| {
                Box::pin(async move { perform(txn, &sets, vec![fresh]).await })
            })
            .await
            .unwrap();
    }

    const LONG: Duration = Duration::from_secs(30);

    struct Seeded {
        store: Store,
        org: OrgId,
        people: Vec<UserId>,
        _folder: tempfile::TempDir,
    }

    /// An org with three people, each of whom was paid once.
    async fn seed() -> Seeded {
        let folder = tempfile::tempdir().unwrap();
        let mut config = StoreConfig::new(folder.path().join("ludus.db").to_str().unwrap());
        config.fsync_off = true;
        let store = Store::open(&config).await.unwrap();
        let org = Org {
            id: OrgId(fresh()),
            name: "Ours".to_owned(),
            time_zone: "UTC".to_owned(),
            created_at: crate::store::now(),
        };
        let org = store.add_org(org).await.unwrap().id;
        Rulebook::open(store.clone(), None).await.unwrap();
        let people: Vec<UserId> = (0..3).map(|_| UserId(fresh())).collect();
        let ids = people.clone();
        store
            .write("seed", move |txn| {
                Box::pin(async move {
                    for id in ids {
                        let row = user::ActiveModel {
                            id: Set(id.0),
                            org_id: Set(org.0),
                            name: Set("Somebody".to_owned()),
                            email: Set(None),
                            role: Set("learner".to_owned()),
                            password_hash: Set(None),
                            guest: Set(false),
                            disabled_at: Set(None),
                            created_at: Set(0),
                            changed_at: Set(0),
                        };
                        user::Entity::insert(row)
                            .exec_without_returning(txn)
                            .await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        for person in &people {
            pays(&store, org, *person).await;
        }
        Seeded {
            store,
            org,
            people,
            _folder: folder,
        }
    }

    async fn by_hand(store: &Store, user: UserId, sign: &str) {
        let sql = format!(
            "UPDATE total SET sum = sum {sign} 1 WHERE user_id = x'{}' AND scope = 'org' \
             AND metric = 'score:sales' AND \"window\" = 'all'",
            user.0.simple()
        );
        store
            .write("by hand", move |txn| {
                Box::pin(async move {
                    txn.execute_unprepared(&sql).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_nobody_earned_is_found_and_told_of_until_it_is_mended() {
        let Seeded {
            store,
            people,
            _folder,
            ..
        } = seed().await;
        // Piece by piece it comes round, and begins anew.
        let mut pieces = 0;
        loop {
            go_on(&store, Duration::ZERO).await.unwrap();
            pieces += 1;
            let round = kept(&store).await.unwrap();
            assert_eq!(round.known(), 0, "after piece {pieces}: {round:?}");
            if round == Round::default() {
                break;
            }
            assert!(pieces < 50, "it never comes round: {round:?}");
        }
        assert!(pieces > people.len(), "it was done in {pieces} pieces");

        by_hand(&store, people[1], "+").await;
        go_on(&store, LONG).await.unwrap();
        let found = kept(&store).await.unwrap();
        assert_eq!((found.before, found.differences), (1, 0), "{found:?}");
        by_hand(&store, people[1], "-").await;
        // It is told of until all of it was looked at again.
        go_on(&store, Duration::ZERO).await.unwrap();
        assert_eq!(kept(&store).await.unwrap().known(), 1);
        go_on(&store, LONG).await.unwrap();
        assert_eq!(kept(&store).await.unwrap(), Round::default());
    }

    #[tokio::test]
    async fn what_is_paid_meanwhile_is_no_difference() {
        let Seeded {
            store,
            org,
            people,
            _folder,
        } = seed().await;
        let standings = store.standings_after(org, None).await.unwrap();
        let old = standings.into_iter().next().unwrap();
        pays(&store, org, old.user).await;
        let mut found = Found::default();
        proof::account(&store, org, &old, &mut found).await.unwrap();
        assert!(found.differences > 0, "it had to look like one");
        assert_eq!(differing(&store, org, None, old).await.unwrap(), 0);
        assert_eq!(people.len(), 3);
    }
}
