//! What personas say on other nodes, as it is kept each second: so that whoever looks on here sees
//! them speak, with nothing between the nodes but the store.

use std::collections::HashMap;

use ludus_actors::directory::Directory;
use ludus_actors::room::Overheard;
use ludus_domain::stream::StreamId;

use crate::store::sweep::TurnKey;
use crate::store::{Store, StoreError};

/// When each turn that is spoken elsewhere was kept, as far as its text was read.
#[derive(Debug, Default)]
pub(super) struct TurnSweep {
    read: HashMap<TurnKey, i64>,
}

impl TurnSweep {
    pub(super) async fn once(
        &mut self,
        store: &Store,
        directory: &Directory,
    ) -> Result<(), StoreError> {
        let mut spoken = store.turns_spoken_elsewhere().await?;
        spoken.retain(|((org, room, _), _)| directory.is_hosted(*org, StreamId::Room(*room)));
        let news: Vec<TurnKey> = spoken
            .iter()
            .filter(|(key, kept_at)| self.read.get(key) != Some(kept_at))
            .map(|(key, _)| *key)
            .collect();
        self.read = spoken.into_iter().collect();
        if news.is_empty() {
            return Ok(());
        }
        for spoken in store.spoken(&news).await? {
            let (org, room, turn) = spoken.key;
            let overheard = Overheard {
                persona: spoken.persona,
                turn,
                attempt: spoken.attempt,
                from: 0,
                text: spoken.text,
            };
            directory.overheard(org, room, overheard);
        }
        Ok(())
    }
}
