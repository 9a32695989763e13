//! One lane: a task that does one write after the other and outlives each of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ludus_domain::journal::BATCH_EVENTS_MAX;
use sea_orm::DatabaseConnection;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use super::{Health, Task, Took, Work, probe};
use crate::store::connect::Backend;
use crate::store::journal::{self, Asked, Commons};

/// A lane gives one piece of work this long, then answers everybody else without it.
const STUCK: Duration = Duration::from_millis(2_500);
/// How often a lane knocks at a store that is gone: well within the three seconds of its return.
const KNOCK: Duration = Duration::from_millis(250);

/// One lane.
pub(super) struct Lane {
    pub(super) backend: Backend,
    pub(super) queue: mpsc::Receiver<Work>,
    /// Taken out of the queue while a batch was gathered, and not part of it.
    pub(super) ahead: Option<Work>,
    pub(super) db: DatabaseConnection,
    pub(super) commons: Commons,
    pub(super) health: Arc<Health>,
}

impl Lane {
    pub(super) async fn run(mut self) {
        let mut stopped = vec![];
        while let Some(work) = self.next().await {
            match work {
                Work::Append(first) => {
                    let batch = self.gather(first);
                    self.commit(batch).await;
                }
                Work::Alone { label, by, task } => {
                    if Instant::now() < by {
                        self.alone(label, task).await;
                    }
                }
                Work::Stop(done) => {
                    self.queue.close();
                    stopped.push(done);
                }
            }
            if self.health.is_down() {
                self.knock().await;
            }
        }
        for done in stopped {
            done.send(()).ok();
        }
    }

    async fn next(&mut self) -> Option<Work> {
        match self.ahead.take() {
            Some(work) => Some(work),
            None => self.queue.recv().await,
        }
    }

    /// What waits together is committed together: no timer, so that a quiet hub waits for nothing.
    fn gather(&mut self, first: Asked) -> Vec<Asked> {
        let mut weight = first.weight();
        let mut batch = vec![first];
        while let Ok(work) = self.queue.try_recv() {
            match work {
                Work::Append(asked) if weight + asked.weight() <= BATCH_EVENTS_MAX => {
                    weight += asked.weight();
                    batch.push(asked);
                }
                other => {
                    self.ahead = Some(other);
                    break;
                }
            }
        }
        // Whoever waited too long has been told so; writing it now would surprise them.
        let now = Instant::now();
        batch.retain(|asked| now < asked.by);
        batch
    }

    async fn commit(&mut self, batch: Vec<Asked>) {
        if batch.is_empty() {
            return;
        }
        let writing = journal::commit(self.db.clone(), self.commons.clone(), batch);
        self.watch("journal", tokio::spawn(writing)).await;
    }

    /// In a task of its own: it may panic, or hang on a peer that is gone, without taking the lane along.
    async fn alone(&mut self, label: &'static str, task: Task) {
        self.watch(label, tokio::spawn(task(self.db.clone()))).await;
    }

    async fn watch(&mut self, label: &'static str, mut running: JoinHandle<Took>) {
        if let Ok(done) = tokio::time::timeout(STUCK, &mut running).await {
            return self.took(label, done).await;
        }
        match self.backend {
            Backend::Sqlite => self.wait_out(label, running).await,
            Backend::Postgres => {
                tracing::warn!(label, "a write is stuck; the lane goes on without it");
                self.suspect().await;
            }
        }
    }

    async fn took(&mut self, label: &'static str, done: Result<Took, JoinError>) {
        match done {
            Ok(Took::Well) => {}
            Ok(Took::Badly) => self.suspect().await,
            Err(_) => tracing::error!(label, "a write panicked; nothing of it is kept"),
        }
    }

    /// SQLite has one connection that writes, and this write has it: there is nothing to knock at
    /// and nothing to go on with. Everybody else is told so until it comes back, and from that
    /// moment all is well.
    async fn wait_out(&mut self, label: &'static str, mut running: JoinHandle<Took>) {
        tracing::warn!(
            label,
            "a write is stuck; refusing others until the disk gives it back"
        );
        let since = Instant::now();
        self.health.down.store(true, Ordering::Relaxed);
        self.ahead = self.ahead.take().and_then(refused);
        let done = loop {
            if self.ahead.is_some() {
                // Told to stop: whoever asked waits for this write too, as long as they have.
                break (&mut running).await;
            }
            tokio::select! {
                done = &mut running => break done,
                work = self.queue.recv() => match work {
                    Some(work) => self.ahead = refused(work),
                    None => break (&mut running).await,
                },
            }
        };
        self.health.down.store(false, Ordering::Relaxed);
        let waited_ms = since.elapsed().as_millis();
        tracing::info!(
            label,
            waited_ms,
            "the stuck write is done; taking writes again"
        );
        self.took(label, done).await;
    }

    /// One lost connection is not a lost store: ask once more before telling everybody.
    async fn suspect(&mut self) {
        if let Err(error) = probe(&self.db).await
            && !self.health.down.swap(true, Ordering::Relaxed)
        {
            tracing::error!(%error, "the store is gone; refusing writes until it is back");
        }
    }

    /// Answers everybody who waits, and everybody who comes, until the store does again.
    async fn knock(&mut self) {
        while self.health.is_down() {
            let mut stop = None;
            while let Some(work) = self.ahead.take().or_else(|| self.queue.try_recv().ok()) {
                if let Work::Stop(done) = work {
                    self.queue.close();
                    stop = Some(done);
                }
            }
            if let Some(done) = stop {
                done.send(()).ok();
                return;
            }
            if probe(&self.db).await.is_ok() {
                if self.health.down.swap(false, Ordering::Relaxed) {
                    tracing::info!("the store is back");
                }
                return;
            }
            tokio::time::sleep(KNOCK).await;
        }
    }
}

/// Tells whoever it is from that it was not done, by dropping it; keeps only the word to stop.
fn refused(work: Work) -> Option<Work> {
    match work {
        Work::Stop(_) => Some(work),
        Work::Alone { .. } | Work::Append(_) => None,
    }
}
