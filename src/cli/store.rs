//! Commands on the database as a whole.

use super::{Trouble, say};
use crate::config::Config;
use crate::store::Store;

/// Opening brings the database up to date; a hub that is running has done so already.
pub(super) async fn migrate(config: &Config) -> Result<(), Trouble> {
    let store = Store::open(&config.store(false)).await?;
    store.shutdown().await;
    say("The database is up to date.")
}
