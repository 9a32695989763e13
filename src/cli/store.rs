//! Commands on the database as a whole.

use std::path::Path;

use super::{Trouble, say};
use crate::config::Config;
use crate::store::{Store, backup};

/// Opening brings the database up to date; a hub that is running has done so already.
pub(super) async fn migrate(config: &Config) -> Result<(), Trouble> {
    config.make_data_dir()?;
    let store = Store::open(&config.store(false)).await?;
    store.shutdown().await;
    say("The database is up to date.")
}

pub(super) async fn back_up(config: &Config, file: &Path) -> Result<(), Trouble> {
    backup::backup(&config.store(true), file).await?;
    say(format_args!(
        "Everything up to now is in {}.",
        file.display()
    ))?;
    say("It holds what people said and the hashes of their passwords: keep it as you keep them.")
}

pub(super) async fn restore(config: &Config, file: &Path) -> Result<(), Trouble> {
    config.make_data_dir()?;
    backup::restore(&config.store(false), file).await?;
    say(format_args!("The database is what {} was.", file.display()))?;
    say("Clients that saw later things are told to start over. Now start the hub.")
}
