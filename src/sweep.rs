//! The sweep: each second a node asks the store what moved that it was not told of.
//!
//! It is what makes promises between nodes hold. Whatever else carries news (a bus, a doorbell) is
//! faster and may lose, repeat and reorder them; what the sweep says is the store's word, and whoever
//! has heard it already does nothing. Nothing here is ever the only copy of anything.
//!
//! What it costs does not depend on how many rooms there are: some indexed queries for what moved in
//! the last seconds, and one by keys, in pieces, for all that is open here, each half minute.

mod bell;
mod boards;
mod turns;

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ludus_actors::bus::{Bus, Standing};
use ludus_actors::directory::Directory;
use ludus_actors::ports::Clock;
use ludus_domain::ids::OrgId;
use ludus_domain::stream::StreamKind;
use tokio::time::Instant;

pub(crate) use self::bell::Bell;
use self::boards::BoardSweep;
use self::turns::TurnSweep;
use crate::game::rulebook::Rulebook;
use crate::metrics;
use crate::people::People;
use crate::store::sweep::MOVED_MAX;
use crate::store::{Backend, Store, StoreError};

/// How often, where other nodes may write.
const EVERY: Duration = Duration::from_secs(1);
/// How often where nobody else does but a command beside the hub.
const EVERY_ALONE: Duration = Duration::from_secs(2);
/// How often while news between nodes do not come as they should.
const EVERY_SICK: Duration = Duration::from_millis(400);
/// Between two sweeps, however often the bell rings.
const REST: Duration = Duration::from_millis(50);
/// How far back it looks: longer than a transaction takes, and clocks of nodes may differ by the rest.
const BACK_MS: i64 = 15_000;
/// How often everything that is open is asked for by its key, however far clocks are apart.
const WHOLE_EVERY: Duration = Duration::from_secs(30);
/// Keys of one query of those.
const WHOLE_PIECE: usize = 256;
/// How often rules that other nodes put in force are looked for.
const RULES_EVERY: Duration = Duration::from_secs(4);
/// Cohorts move often; who is in one changes rarely. Boards are read anew for it no more often than this.
const COHORTS_EVERY: Duration = Duration::from_secs(10);

/// What it asks, and whom it tells.
pub(crate) struct Sweep {
    pub(crate) store: Store,
    pub(crate) people: People,
    pub(crate) rulebook: Rulebook,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) directory: Weak<Directory>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) bus: Arc<dyn Bus>,
}

/// When what is not done each time was done last.
struct Rounds {
    whole: Instant,
    rules: Instant,
    cohorts: Instant,
    /// Orgs whose cohorts moved since boards were read anew for it.
    moved: BTreeSet<OrgId>,
}

impl Sweep {
    /// Sweeps for as long as there is somebody to tell.
    pub(crate) async fn run(self) {
        let now = Instant::now();
        let mut rounds = Rounds {
            whole: now,
            rules: now,
            cohorts: now,
            moved: BTreeSet::new(),
        };
        let mut boards = BoardSweep::new(&self.store);
        let mut turns = TurnSweep::default();
        loop {
            tokio::time::sleep(REST).await;
            tokio::select! {
                () = tokio::time::sleep(self.pace()) => {}
                () = self.bell.rung() => {}
            }
            let Some(directory) = self.directory.upgrade() else {
                return;
            };
            let began = Instant::now();
            let swept = self
                .once(&directory, &mut rounds, &mut boards, &mut turns)
                .await;
            match swept {
                Ok(()) => metrics::swept(began.elapsed()),
                // The store is away: everybody who asks it hears so. What moved is found later.
                Err(error) => tracing::debug!(%error, "nothing could be swept"),
            }
        }
    }

    fn pace(&self) -> Duration {
        match (self.store.backend(), self.bus.standing()) {
            (_, Standing::Down) => EVERY_SICK,
            (Backend::Sqlite, _) => EVERY_ALONE,
            (Backend::Postgres, _) => EVERY,
        }
    }

    async fn once(
        &self,
        directory: &Directory,
        rounds: &mut Rounds,
        boards: &mut BoardSweep,
        turns: &mut TurnSweep,
    ) -> Result<(), StoreError> {
        #[cfg(feature = "faults")]
        if ludus_actors::faults::is_on("missing_sweep") {
            return Ok(());
        }
        let since = self.clock.now().plus_ms(-BACK_MS);
        let changed = self.people.sweep().await?;
        let moved = self.store.heads_moved_since(since).await?;
        let is_too_much = moved.len() as u64 >= MOVED_MAX;
        for (org, stream, head) in moved {
            if stream.kind() == StreamKind::Cohort {
                rounds.moved.insert(org);
            }
            directory.stands(org, stream, head);
        }
        if is_too_much || rounds.whole.elapsed() >= WHOLE_EVERY {
            self.whole(directory).await?;
            rounds.whole = Instant::now();
        }
        let moved = self.store.content_moved_since(since).await?;
        for org in self.rulebook.follow(moved).await? {
            directory.reopen_boards(Some(org));
        }
        turns.once(&self.store, directory).await?;
        boards.note_all(self.bell.take_gained());
        boards.once(&self.store, directory, since).await?;
        for org in changed {
            directory.reopen_boards(Some(org));
        }
        if rounds.cohorts.elapsed() >= COHORTS_EVERY {
            rounds.cohorts = Instant::now();
            let moved = std::mem::take(&mut rounds.moved);
            // Where news come, who came into a cohort or left it is among them.
            if self.bus.standing() != Standing::Up && self.store.backend() != Backend::Sqlite {
                for org in moved {
                    directory.reopen_boards(Some(org));
                }
            }
        }
        if self.bell.take_rules() || rounds.rules.elapsed() >= RULES_EVERY {
            rounds.rules = Instant::now();
            if let Err(error) = self.rulebook.sweep().await {
                tracing::debug!(%error, "the rulebook is what it was for now");
            }
        }
        Ok(())
    }

    /// Everything that is open here, however long ago it moved.
    async fn whole(&self, directory: &Directory) -> Result<(), StoreError> {
        for piece in directory.hosted().chunks(WHOLE_PIECE) {
            for (org, stream, head) in self.store.heads_of(piece).await? {
                directory.stands(org, stream, head);
            }
        }
        Ok(())
    }
}
