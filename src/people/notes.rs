//! Notes about learners: between the coaches who see them learner by learner.

use ludus_domain::ids::{NoteId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::Action;
use ludus_domain::role::Role;
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::caller::OnceKey;
use super::{Coach, Denied};
use crate::store::idempotency::Done;
use crate::store::notes::Note;
use crate::store::people::fresh;

/// The longest note, in characters.
const NOTE_CHARS_MAX: usize = 4_000;

impl Coach {
    pub(crate) async fn notes(
        &self,
        learner: UserId,
        before: Option<NoteId>,
        limit: u64,
    ) -> Result<Vec<Note>, Denied> {
        self.must_know(learner).await?;
        let store = self.0.people.store();
        Ok(store.notes(self.0.who.org, learner, before, limit).await?)
    }

    pub(crate) async fn add_note(
        &self,
        once: Option<OnceKey>,
        learner: UserId,
        says: &str,
    ) -> Result<Done<Note>, Denied> {
        self.must_know(learner).await?;
        let says = text::line(says)?;
        if says.chars().count() > NOTE_CHARS_MAX {
            return Err(Refusal::TextTooLong.into());
        }
        let store = self.0.people.store();
        let (once, actor) = (self.0.once(once), self.0.actor());
        let id = NoteId(fresh());
        let done = store
            .add_note(once, actor, learner, id, says.clone())
            .await?;
        let who = &self.0.who;
        Ok(done.map(|(id, at): (NoteId, Timestamp)| Note {
            id,
            by: who.user,
            by_name: who.name.clone(),
            at,
            text: Some(says),
            removed: None,
        }))
    }

    /// Takes a note away: one's own, and for those who run the org anybody's.
    pub(crate) async fn remove_note(&self, learner: UserId, id: NoteId) -> Result<(), Denied> {
        self.must_know(learner).await?;
        let all = self.0.may(Action::ManagePeople);
        let store = self.0.people.store();
        Ok(store.remove_note(self.0.actor(), learner, id, all).await?)
    }

    /// Somebody one sees as a learner: of a cohort one is fully assigned to, or of none. For all others, and for
    /// oneself, there are no notes.
    async fn must_know(&self, learner: UserId) -> Result<(), Denied> {
        let user = self.known(learner).await?;
        if user.role < Role::Coach && learner != self.0.who.user {
            Ok(())
        } else {
            Err(Refusal::NotFound.into())
        }
    }
}
