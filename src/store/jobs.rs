//! Durable background jobs: put down in the transaction that causes them, done at least once.
//!
//! A worker takes one at a time under a lease. When it fails, the job comes again, later each time,
//! and is laid aside (`dead`) after the last try, where an operator finds it. When the worker dies,
//! the lease runs out and another takes the job, so a job must be safe to do twice.

mod prune;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ludus_domain::ids::{JobId, OrgId};
use ludus_domain::time::Timestamp;
use ludus_entities::job;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction,
    DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{Store, StoreError, now};
use crate::metrics;

/// How long a worker has a job for itself. A dead worker's job waits this long.
const LEASE: Duration = Duration::from_mins(1);
/// When a worker gives a job up, with enough of the lease left to say so.
const GIVE_UP: Duration = Duration::from_secs(50);
/// How often a worker that found nothing looks again.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Tries of a job, the first included. With the pauses between them: about ten minutes.
pub const ATTEMPTS_MAX: i32 = 8;
/// The pause after the first failure; it doubles.
const PAUSE_MS: i64 = 2_000;
/// The longest pause.
const PAUSE_MS_MAX: i64 = 10 * 60 * 1_000;
/// Characters of an error that are kept for the operator.
const ERROR_MAX: usize = 500;

const READY: &str = "ready";
const LEASED: &str = "leased";
const DONE: &str = "done";
const DEAD: &str = "dead";

/// Everything that is done in the background. A new kind is a variant here and an arm in [`House`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Forgets sign-ins, links, first answers and finished jobs whose time is over.
    PruneExpired,
    /// Goes on with the proof of the ledger.
    ProveLedger,
}

impl JobKind {
    pub const ALL: [Self; 2] = [Self::PruneExpired, Self::ProveLedger];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PruneExpired => "prune_expired",
            Self::ProveLedger => "prove_ledger",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Kinds that come by themselves, for ever: there is one such job of the kind, and it never dies.
    pub const fn every(self) -> Option<Duration> {
        match self {
            Self::PruneExpired => Some(Duration::from_hours(1)),
            Self::ProveLedger => Some(Duration::from_mins(10)),
        }
    }

    /// The one job of a recurring kind has the same id on every node, so that it is one.
    const fn only(self) -> Uuid {
        match self {
            Self::PruneExpired => Uuid::from_u128(0x6c75_6475_7300_7000_8000_0000_0000_0001),
            Self::ProveLedger => Uuid::from_u128(0x6c75_6475_7300_7000_8000_0000_0000_0002),
        }
    }
}

/// A job that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub org: Option<OrgId>,
    pub kind: JobKind,
    /// JSON, as the kind wants it.
    pub payload: String,
    /// 1 at the first try.
    pub attempt: i32,
}

impl Job {
    /// How soon it comes again by itself; `None` for a job that somebody put down.
    fn every(&self) -> Option<Duration> {
        self.kind.every().filter(|_| self.id.0 == self.kind.only())
    }
}

/// How a job ended: done, or why not. The text is kept for the operator; no secrets in there.
pub type Performance = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Does jobs. Guarantee asked for: doing one twice does no harm.
pub trait Perform: Send + Sync + Debug {
    fn perform(&self, job: Job) -> Performance;
}

/// The hub's own worker.
#[derive(Clone, Debug)]
pub struct House {
    pub store: Store,
}

impl Perform for House {
    fn perform(&self, job: Job) -> Performance {
        let store = self.store.clone();
        Box::pin(async move {
            match job.kind {
                JobKind::PruneExpired => prune::run(&store).await.map_err(|e| e.to_string()),
                // The game's to do; who has the store alone proves nothing.
                JobKind::ProveLedger => Ok(()),
            }
        })
    }
}

/// Puts a job down in somebody's transaction: it is there if and only if they commit.
pub async fn enqueue(
    txn: &DatabaseTransaction,
    org: Option<OrgId>,
    kind: JobKind,
    payload: String,
    run_at: Timestamp,
) -> Result<JobId, StoreError> {
    let id = Uuid::now_v7();
    job::Entity::insert(fresh(id, org, kind, payload, run_at))
        .exec_without_returning(txn)
        .await?;
    Ok(JobId(id))
}

fn fresh(
    id: Uuid,
    org: Option<OrgId>,
    kind: JobKind,
    payload: String,
    run_at: Timestamp,
) -> job::ActiveModel {
    job::ActiveModel {
        id: Set(id),
        org_id: Set(org.map(|org| org.0)),
        kind: Set(kind.as_str().to_owned()),
        payload: Set(payload),
        state: Set(READY.to_owned()),
        run_at: Set(run_at.0),
        attempts: Set(0),
        lease_until: Set(None),
        last_error: Set(None),
        created_at: Set(now().0),
    }
}

/// A running worker. It stops when this is dropped; a job it was at comes again after its lease.
#[derive(Debug)]
pub struct Worker(AbortHandle);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Store {
    /// Starts a worker on the store's own threads.
    pub fn work(&self, house: Arc<dyn Perform>) -> Worker {
        let store = self.clone();
        Worker(self.inner.handle.spawn(run(store, house)).abort_handle())
    }
}

async fn run(store: Store, house: Arc<dyn Perform>) {
    let mut is_set_up = false;
    loop {
        if !is_set_up {
            is_set_up = set_up(&store).await.is_ok();
        }
        match take(&store).await {
            Ok(Some(job)) => perform(&store, house.as_ref(), job).await,
            // The store says by itself when it is gone.
            Ok(None) | Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Makes sure that the recurring jobs are there.
async fn set_up(store: &Store) -> Result<(), StoreError> {
    let recurring = JobKind::ALL
        .into_iter()
        .filter(|kind| kind.every().is_some());
    let rows: Vec<_> = recurring
        .map(|kind| fresh(kind.only(), None, kind, "{}".to_owned(), now()))
        .collect();
    store
        .write("recurring jobs", |txn| {
            Box::pin(async move {
                job::Entity::insert_many(rows)
                    .on_conflict_do_nothing_on([job::Column::Id])
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Takes the job that has waited longest, if one is due.
async fn take(store: &Store) -> Result<Option<Job>, StoreError> {
    // Looking does not take the writer; most looks find nothing.
    let due = store
        .read("jobs", |db| {
            Box::pin(async move { Ok(find_due().one(db).await?.is_some()) })
        })
        .await?;
    if !due {
        return Ok(None);
    }
    store
        .write("take a job", |txn| {
            Box::pin(async move {
                let mut find = find_due();
                if txn.get_database_backend() == DbBackend::Postgres {
                    find = find.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
                }
                let Some(row) = find.one(txn).await? else {
                    return Ok(None);
                };
                let attempt = row.attempts + 1;
                let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
                let taken = job::ActiveModel {
                    id: Set(row.id),
                    state: Set(LEASED.to_owned()),
                    attempts: Set(attempt),
                    lease_until: Set(Some(now().plus_ms(lease).0)),
                    ..Default::default()
                };
                taken.update(txn).await?;
                Ok(JobKind::parse(&row.kind).map(|kind| Job {
                    id: JobId(row.id),
                    org: row.org_id.map(OrgId),
                    kind,
                    payload: row.payload,
                    attempt,
                }))
            })
        })
        .await
}

fn find_due() -> sea_orm::Select<job::Entity> {
    use job::Column as C;
    let kinds = JobKind::ALL.map(JobKind::as_str);
    let at = now().0;
    let waiting = Condition::all()
        .add(C::State.eq(READY))
        .add(C::RunAt.lte(at));
    let orphaned = Condition::all()
        .add(C::State.eq(LEASED))
        .add(C::LeaseUntil.lt(at));
    job::Entity::find()
        .filter(Condition::any().add(waiting).add(orphaned))
        // A newer node may have kinds of its own; they are its to do.
        .filter(C::Kind.is_in(kinds))
        .order_by_asc(C::RunAt)
        .limit(1)
}

async fn perform(store: &Store, house: &dyn Perform, job: Job) {
    let kind = job.kind;
    // In a task of its own, so that a panic is a failed try and not a dead worker.
    let performing = tokio::spawn(house.perform(job.clone()));
    let stop = performing.abort_handle();
    let ended = match tokio::time::timeout(GIVE_UP, performing).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(_)) => Err("it panicked".to_owned()),
        Err(_) => {
            stop.abort();
            Err("it took too long".to_owned())
        }
    };
    let outcome = match &ended {
        Ok(()) => DONE,
        Err(_) if job.every().is_none() && job.attempt >= ATTEMPTS_MAX => DEAD,
        Err(_) => "failed",
    };
    metrics::job_done(kind.as_str(), outcome);
    if let Err(error) = &ended {
        tracing::warn!(kind = kind.as_str(), attempt = job.attempt, %error, "a job failed");
    }
    if let Err(error) = finish(store, job, ended).await {
        // The lease runs out and the job comes again: that is what at least once means.
        tracing::warn!(kind = kind.as_str(), %error, "a job's end was not written down");
    }
}

async fn finish(store: &Store, job: Job, ended: Result<(), String>) -> Result<(), StoreError> {
    let (state, run_at, attempts) = match (&ended, job.every()) {
        (_, Some(every)) if ended.is_ok() || job.attempt >= ATTEMPTS_MAX => {
            let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
            (READY, now().plus_ms(every), 0)
        }
        (Ok(()), _) => (DONE, now(), job.attempt),
        (Err(_), None) if job.attempt >= ATTEMPTS_MAX => (DEAD, now(), job.attempt),
        (Err(_), _) => (READY, now().plus_ms(pause_ms(job.attempt)), job.attempt),
    };
    let row = job::ActiveModel {
        state: Set(state.to_owned()),
        run_at: Set(run_at.0),
        attempts: Set(attempts),
        lease_until: Set(None),
        last_error: Set(ended
            .err()
            .map(|error| error.chars().take(ERROR_MAX).collect())),
        ..Default::default()
    };
    store
        .write("finish a job", move |txn| {
            Box::pin(async move {
                job::Entity::update_many()
                    .set(row)
                    .filter(job::Column::Id.eq(job.id.0))
                    // Whoever overstayed the lease has no say any more.
                    .filter(job::Column::State.eq(LEASED))
                    .filter(job::Column::Attempts.eq(job.attempt))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Doubles with each try, give or take a quarter, so that what failed together does not come back together.
fn pause_ms(attempt: i32) -> i64 {
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(20);
    let pause = (PAUSE_MS << doublings).min(PAUSE_MS_MAX);
    let jitter = i64::from(getrandom::u32().unwrap_or(u32::MAX / 2) % 512);
    pause * 3 / 4 + pause * jitter / 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        for attempt in 1..40 {
            let longest = (PAUSE_MS << (attempt - 1).min(20)).min(PAUSE_MS_MAX);
            let pause = pause_ms(attempt);
            assert!(
                pause >= longest * 3 / 4 && pause <= longest * 5 / 4,
                "{pause}"
            );
        }
    }
}
