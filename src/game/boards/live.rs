//! What running boards are fed, and desks.

use std::sync::Arc;

use ludus_actors::directory::Directory;
use ludus_actors::standings::{Compares, Moved, Value};
use ludus_domain::ids::{OrgId, UserId};
use tokio::sync::broadcast::error::RecvError;

use crate::store::game::standings::Standing;
use crate::store::{Store, StoreError};

pub(super) fn value(standing: Standing) -> Value {
    Value {
        user: standing.user,
        score: standing.value,
        reached_at: standing.reached_at,
        version: standing.version,
    }
}

/// What some people have now of what a board compares.
pub(super) async fn values(
    store: &Store,
    org: OrgId,
    compares: Compares,
    users: &[UserId],
) -> Result<Vec<Value>, StoreError> {
    let Compares {
        scope,
        metric,
        window,
        order,
    } = compares;
    let standings = store.standings(org, scope, &metric, window, order);
    let found = standings.of_users(users).await?;
    Ok(found.into_iter().map(value).collect())
}

/// Feeds running boards, and desks, what is committed, for as long as anything is.
pub fn feed(store: &Store, directory: &Arc<Directory>) {
    let (mut totals, directory) = (store.totals(), Arc::clone(directory));
    actix_web::rt::spawn(async move {
        loop {
            match totals.recv().await {
                Ok(committed) => {
                    let moved = Moved {
                        user: committed.user,
                        version: committed.pos,
                        totals: committed.totals.clone(),
                    };
                    let moved = Arc::new(moved);
                    directory.feed_boards(committed.org, &moved);
                    directory.feed_desks(committed.org, &moved);
                }
                // What was missed is in the store.
                Err(RecvError::Lagged(_)) => directory.reopen_boards(None),
                Err(RecvError::Closed) => return,
            }
        }
    });
}
