//! Boards, which are kept in the memory of each node: kept open while things go wrong, and compared with
//! the sums of the ledger in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use ludus_domain::ids::UserId;
use ludus_domain::protocol::BoardFrame;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::process::{Broken, until};
use crate::database::Database;
use crate::people::Account;

/// A board of everybody, of all there ever was.
const BOARD: &str = "/api/v1/boards/all-time?limit=100";
const KIND: &str = "xp";
/// A board that nobody looks at is forgotten; this is often enough.
const LOOKS_EVERY: Duration = Duration::from_secs(3);
/// A board may be so much behind the ledger (by the store alone).
const AGREES_WITHIN: Duration = Duration::from_secs(5);

/// Looks at the board of each node again and again, so that it stays in memory.
#[derive(Debug)]
pub(super) struct Looking(JoinHandle<()>);

impl Looking {
    /// `watchers`: somebody who may look, at each node.
    pub(super) fn begin(watchers: Vec<Account>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                let mut looks = JoinSet::new();
                for watcher in watchers.clone() {
                    // A node that is away shows nothing.
                    looks.spawn(async move { scores(&watcher).await.ok() });
                }
                sleep(LOOKS_EVERY).await;
            }
        }))
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn scores(watcher: &Account) -> Result<BTreeMap<UserId, i64>, Broken> {
    let frame: BoardFrame = watcher.get(BOARD).await?;
    let rows = frame.rows.into_iter();
    Ok(rows
        .filter_map(|row| Some((row.user?, row.score)))
        .collect())
}

/// C6: what the boards of all nodes show is what the ledger adds up to. Answers what differs.
pub(super) async fn compare(
    watchers: &[Account],
    database: &Database,
) -> Result<Vec<String>, Broken> {
    let totals = database.ledger.totals.iter();
    let owed: BTreeMap<UserId, i64> = totals
        .filter(|((_, kind), sum)| kind == KIND && **sum != 0)
        .map(|((user, _), sum)| (*user, *sum))
        .collect();
    let mut faults = vec![];
    for (node, watcher) in watchers.iter().enumerate() {
        let agrees = until("they differ", AGREES_WITHIN, async || {
            let shown = scores(watcher).await.ok()?;
            (shown == owed).then_some(())
        });
        if agrees.await.is_err() {
            let shown = scores(watcher).await?;
            let differs = owed
                .iter()
                .filter(|(user, sum)| shown.get(user) != Some(sum))
                .count();
            faults.push(format!(
                "C6: the board of node {node} shows {} people, {differs} of the {} in the ledger otherwise",
                shown.len(),
                owed.len()
            ));
        }
    }
    Ok(faults)
}
