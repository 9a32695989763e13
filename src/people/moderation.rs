//! Moderation over REST: the queue, what was done, undoing it, appeals. What is done in a room is
//! done by the room, under an id that makes it happen once.

use std::collections::HashMap;

use ludus_actors::directory::Directory;
use ludus_domain::host::Answer;
use ludus_domain::ids::{ActId, CaseId, CommandId, OrgId, RoomId, UserId};
use ludus_domain::moderation::{APPEAL_CHARS_MAX, CaseAct, CaseSource, CaseState, Measure};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Command, Moment, Sender, WordCheck};
use ludus_domain::text;
use ludus_domain::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::caller::OnceKey;
use super::entrance::Standing;
use super::{Caller, Coach, Denied, People};
use crate::store::idempotency::Done;
use crate::store::moderation::appeals::Appeal;
use crate::store::moderation::{Act, Case, Found, Looker};
use crate::store::people::Actor;

impl People {
    /// What somebody can still do who was shut out: see it, with what came of an appeal, and appeal once. They prove who they
    /// are as at the door, and are told no more than there; what may be appealed against is asked where it always is.
    pub(crate) async fn appeal_from_outside(
        &self,
        org: Option<OrgId>,
        email: &str,
        password: String,
        says: Option<&str>,
    ) -> Result<(Act, Option<Appeal>), Denied> {
        let user = self.prove(org, email, password, Standing::ShutOut).await?;
        let actor = Actor {
            org: user.org,
            user: user.id,
            role: user.role,
            guest: user.guest,
            at: self.now(),
        };
        let shut = self.store().shut_out(actor).await?;
        let (act, appeal) = shut.ok_or(Refusal::NotFound)?;
        let Some(says) = says else {
            return Ok((act, appeal));
        };
        let says = must_be_short(says)?;
        let made = self.store().appeal(None, actor, act.id, says).await?;
        Ok((act, Some(made.value)))
    }
}

impl Caller {
    /// What was done about oneself, and what one said against it.
    pub(crate) async fn own_acts(&self) -> Result<Vec<(Act, Option<Appeal>)>, Denied> {
        Ok(self.people.store().own_acts(self.actor()).await?)
    }

    pub(crate) async fn appeal(
        &self,
        once: Option<OnceKey>,
        act: ActId,
        says: &str,
    ) -> Result<Done<Appeal>, Denied> {
        let says = must_be_short(says)?;
        let store = self.people.store();
        Ok(store
            .appeal(self.once(once), self.actor(), act, says)
            .await?)
    }

    /// Asks a room for something by the same way as everybody, and waits for its answer.
    async fn ask_room(
        &self,
        directory: &Directory,
        room: RoomId,
        id: CommandId,
        command: Command,
    ) -> Result<(), Denied> {
        let sender = Sender {
            user: self.who.user,
            role: self.who.role,
            guest: self.who.guest,
            name: self.who.name.clone(),
            session: None,
            moment: Moment::default(),
        };
        let answer = directory
            .ask_once(self.who.org, room, sender, id, command)
            .await;
        accepted(answer)
    }
}

impl Coach {
    fn looker(&self) -> Looker {
        let caller = &self.0;
        Looker {
            actor: caller.actor(),
            roster: caller.people.roster(caller.who.org),
        }
    }

    pub(crate) async fn cases(
        &self,
        state: Option<CaseState>,
        before: Option<CaseId>,
        limit: u64,
    ) -> Result<Found<Case, CaseId>, Denied> {
        let store = self.0.people.store();
        Ok(store
            .cases_page(self.looker(), state, before, limit)
            .await?)
    }

    pub(crate) async fn case(&self, id: CaseId) -> Result<(Case, HashMap<UserId, String>), Denied> {
        Ok(self.0.people.store().case(self.looker(), id).await?)
    }

    /// Decides a case. A line that was held back is said first, by its author's right, where it may stand.
    pub(crate) async fn decide_case(
        &self,
        directory: &Directory,
        once: Option<OnceKey>,
        id: CaseId,
        act: CaseAct,
    ) -> Result<Done<CaseState>, Denied> {
        let people = &self.0.people;
        let store = people.store();
        if act == CaseAct::Dismiss {
            let (case, _) = store.case(self.looker(), id).await?;
            case.state.after(act)?;
            if case.source == CaseSource::Held && case.state == CaseState::Open {
                self.let_pass(directory, &case).await?;
            }
        }
        let once = self.0.once(once);
        let done = store.decide_case(once, self.looker(), id, act).await?;
        if !done.replayed {
            people.ring(self.0.who.org, &done.value.1);
        }
        Ok(done.map(|(state, _)| state))
    }

    /// Says a held line for its author. The case's id makes it happen once.
    async fn let_pass(&self, directory: &Directory, case: &Case) -> Result<(), Denied> {
        let org = self.0.who.org;
        let author = case.author.ok_or(Refusal::NotFound)?;
        let found = self.0.people.store().user(org, author).await?;
        let author = found.ok_or(Refusal::NotFound)?;
        let sender = Sender {
            user: author.id,
            role: author.role,
            guest: author.guest,
            name: author.name,
            session: None,
            moment: Moment {
                words: WordCheck::Waived,
                ..Moment::default()
            },
        };
        let say = Command::Say {
            text: case.text.clone(),
            reply_to: None,
            mentions: vec![],
        };
        let id = CommandId(case.id.0);
        accepted(directory.ask_once(org, case.room, sender, id, say).await)
    }

    pub(crate) async fn acts(
        &self,
        before: Option<ActId>,
        limit: u64,
    ) -> Result<Found<Act, ActId>, Denied> {
        let store = self.0.people.store();
        Ok(store.acts_page(self.looker(), before, limit).await?)
    }

    /// Undoes what was done. Asked again it changes nothing more.
    pub(crate) async fn undo(&self, directory: &Directory, id: ActId) -> Result<(), Denied> {
        let act = self.0.people.store().kept_act(self.looker(), id).await?;
        self.reverse(directory, act).await
    }

    async fn reverse(&self, directory: &Directory, act: Act) -> Result<(), Denied> {
        if let (Measure::ShutOut | Measure::LetIn, Some(user)) = (act.measure, act.user) {
            let admin = self.0.clone().admin()?;
            let shut = act.measure == Measure::LetIn;
            return admin.set_disabled(None, user, shut).await.map(|_| ());
        }
        let room = act.room.ok_or(Refusal::FieldInvalid)?;
        let command = reversal(act).ok_or(Refusal::FieldInvalid)?;
        self.0
            .ask_room(directory, room, undo_id(act.id), command)
            .await
    }

    pub(crate) async fn appeals(
        &self,
        open: bool,
        after: Option<(Timestamp, ActId)>,
        limit: u64,
    ) -> Result<Found<(Act, Appeal), (Timestamp, ActId)>, Denied> {
        let store = self.0.people.store();
        Ok(store
            .appeals_page(self.looker(), open, after, limit)
            .await?)
    }

    /// Answers an appeal. What is granted is undone before it is said so.
    pub(crate) async fn answer_appeal(
        &self,
        directory: &Directory,
        id: ActId,
        granted: bool,
        says: &str,
    ) -> Result<Appeal, Denied> {
        let says = must_be_short(says)?;
        let store = self.0.people.store();
        let act = store.kept_act(self.looker(), id).await?;
        store.open_appeal(self.0.actor(), id).await?;
        if granted {
            match self.reverse(directory, act).await {
                // Whoever was let in otherwise has what they asked for.
                Err(denied) if denied.code != Refusal::AlreadyAMember => return Err(denied),
                _ => {}
            }
        }
        let (appeal, inbox) = store
            .answer_appeal(self.looker(), id, granted, says)
            .await?;
        self.0.people.ring(self.0.who.org, &[inbox]);
        Ok(appeal)
    }
}

fn must_be_short(says: &str) -> Result<String, Refusal> {
    let says = text::line(says)?;
    if says.chars().count() > APPEAL_CHARS_MAX {
        return Err(Refusal::TextTooLong);
    }
    Ok(says)
}

fn accepted(answer: Answer) -> Result<(), Denied> {
    match answer {
        Answer::Ack { .. } => Ok(()),
        Answer::Nack {
            code,
            retry_after_ms,
        } => Err(Denied {
            code,
            retry_after_ms,
        }),
    }
}

/// What a room is asked for to undo something.
fn reversal(act: Act) -> Option<Command> {
    let mute = |muted| {
        act.user.map(|user| Command::Mute {
            user,
            muted,
            minutes: None,
        })
    };
    match act.measure {
        Measure::HideLine => act.line.map(|line| Command::Unhide { line }),
        Measure::ShowLine => act.line.map(|line| Command::Hide { line }),
        Measure::Mute => mute(false),
        Measure::Unmute => mute(true),
        Measure::Remove => act.user.map(|user| Command::Invite { user }),
        Measure::Ban => act.user.map(|user| Command::Unban { user }),
        Measure::Unban => act.user.map(|user| Command::Ban { user }),
        Measure::Uphold
        | Measure::Dismiss
        | Measure::Reopen
        | Measure::ShutOut
        | Measure::LetIn => None,
    }
}

/// The same however often an act is undone, and by whom: it is undone once.
fn undo_id(act: ActId) -> CommandId {
    let mut hash = Sha256::new();
    hash.update(b"undo");
    hash.update(act.0.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    CommandId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::Seq;
    use uuid::Uuid;

    use super::*;

    fn act(measure: Measure) -> Act {
        Act {
            id: ActId(Uuid::from_u128(1)),
            measure,
            room: Some(RoomId(Uuid::from_u128(2))),
            line: Some(Seq(3)),
            user: Some(UserId(Uuid::from_u128(4))),
            by: UserId(Uuid::from_u128(5)),
            at: Timestamp(6),
            until: None,
        }
    }

    #[test]
    fn whatever_may_be_appealed_against_can_be_undone() {
        for measure in Measure::ALL {
            // An account is let in again by whoever runs the org, and by no room.
            let is_undone = reversal(act(*measure)).is_some() || *measure == Measure::ShutOut;
            assert!(is_undone || !measure.may_be_appealed(), "{measure:?}");
        }
    }

    #[test]
    fn each_act_is_undone_under_an_id_of_its_own() {
        let other = ActId(Uuid::from_u128(2));
        let one = ActId(Uuid::from_u128(1));
        assert_eq!(undo_id(one), undo_id(one));
        assert_ne!(undo_id(one), undo_id(other));
        assert_ne!(undo_id(one).0, one.0);
    }
}
