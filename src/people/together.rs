//! What a coach does in all rooms of a cohort at once: in each by the room's own way, by the same
//! rights, written once.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use ludus_actors::directory::Directory;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CohortId, CommandId, RoomId};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Command, Moment, Sender};
use sha2::{Digest as _, Sha256};

use super::caller::OnceKey;
use super::{Coach, Denied};
use crate::store::people::fresh;

/// Rooms that are asked at the same time. Each answers within seconds, or counts as unavailable.
const ROOMS_AT_ONCE: usize = 16;

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    /// Rooms of the cohort that have not ended.
    pub rooms: u32,
    /// Those that did it, now or when it was asked before under the same key.
    pub done: u32,
    /// Why the others did not.
    pub refused: BTreeMap<&'static str, u32>,
}

impl Coach {
    /// Asks every room in which somebody of the cohort sits. Asked again under the same key, it does in no
    /// room a second time what was done there, and does it where it was not.
    pub async fn act_together(
        &self,
        directory: &Directory,
        once: Option<OnceKey>,
        cohort: CohortId,
        command: Command,
    ) -> Result<Together, Denied> {
        self.must_lead(cohort).await?;
        let who = &self.0.who;
        let rooms = self.0.people.store().desk_rooms(who.org, cohort).await?;
        let sender = Sender {
            user: who.user,
            role: who.role,
            guest: who.guest,
            name: who.name.clone(),
            session: None,
            moment: Moment::default(),
        };
        let asked = rooms.iter().map(|(room, _)| {
            let id = id_in(once.as_ref(), *room);
            directory.ask_once(who.org, *room, sender.clone(), id, command.clone())
        });
        let answers = stream::iter(asked).buffer_unordered(ROOMS_AT_ONCE);
        let told = Together {
            rooms: u32::try_from(rooms.len()).unwrap_or(u32::MAX),
            ..Together::default()
        };
        Ok(answers
            .fold(told, |told, answer| {
                std::future::ready(counted(told, answer))
            })
            .await)
    }
}

fn counted(mut told: Together, answer: Answer) -> Together {
    match answer {
        Answer::Ack { .. } => told.done += 1,
        Answer::Nack { code, .. } => *told.refused.entry(code.code()).or_default() += 1,
    }
    told
}

/// The same for the same request and room, so that a room answers a repetition as it answered before.
pub(super) fn id_in(once: Option<&OnceKey>, room: RoomId) -> CommandId {
    let Some(once) = once else {
        return CommandId(fresh());
    };
    let mut hash = Sha256::new();
    hash.update(room.0.as_bytes());
    hash.update(once.fingerprint.to_be_bytes());
    hash.update(once.key.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    CommandId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether a refusal is the request's own, and not a room's.
pub(crate) fn must_be_sane(command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Announce { text } => ludus_domain::text::line(text).map(|_| ()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_knows_a_repetition_and_takes_no_other_for_it() {
        let key = |key: &str, fingerprint| OnceKey {
            key: key.into(),
            fingerprint,
        };
        let (here, there) = (RoomId(fresh()), RoomId(fresh()));
        let first = key("a", 1);
        assert_eq!(id_in(Some(&first), here), id_in(Some(&key("a", 1)), here));
        assert_ne!(id_in(Some(&first), here), id_in(Some(&first), there));
        assert_ne!(id_in(Some(&first), here), id_in(Some(&key("a", 2)), here));
        assert_ne!(id_in(Some(&first), here), id_in(Some(&key("b", 1)), here));
        assert_ne!(id_in(None, here), id_in(None, here));
    }
}
