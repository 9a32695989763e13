//! Forgets, now and then, what has ended.

use std::sync::Arc;
use std::time::Duration;

use ludus_actors::directory::Directory;

use crate::game::rulebook::Rulebook;
use crate::limits::Limits;
use crate::people::People;
use crate::store::budgets::Purses;

const EVERY: Duration = Duration::from_secs(30);

/// Goes on for as long as the process lives.
pub fn keep(
    people: &People,
    directory: &Arc<Directory>,
    limits: &Arc<Limits>,
    rulebook: &Rulebook,
    purses: Purses,
) {
    let (people, directory, limits) = (people.clone(), Arc::clone(directory), Arc::clone(limits));
    let rulebook = rulebook.clone();
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            directory.sweep();
            limits.tidy();
            people.tidy().await;
            if let Err(error) = rulebook.sweep().await {
                tracing::warn!(%error, "the rulebook is what it was for now");
            }
            if let Err(error) = purses.look().await {
                tracing::debug!(%error, "what models cost today is told later");
            }
        }
    });
}
