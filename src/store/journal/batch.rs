//! One transaction of the journal: everything that waited, or nothing.
//!
//! Lock games, heads and accounts, in that order; find what was written before; check that each
//! append was decided on the world as it is; number, write, and write what follows from it, with
//! everything it gains; move the heads; commit.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ludus_domain::desk::signal::Signals;
use ludus_domain::game::deed::{self, Source};
use ludus_domain::ids::{CommandId, OrgId, Seq, UserId};
use ludus_domain::journal::{
    Append, Appended, Effect, Fact, Lock, Outcome, Proposal, Recorded, effects, touches,
};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;
use ludus_entities::command;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, Set, TransactionTrait as _, Value};

use super::CommittedNotes;
use super::accounts::{Accounts, Games, Needs};
use super::effects::Changes;
use super::fault::{Planted, planted};
use super::heads::{Heads, Key, number, seq_of};
use super::ledger::CommittedTotals;
use crate::store::alerts::{self, Alarm};
use crate::store::game::sets::Sets;
use crate::store::held_seats::SeatChange;
use crate::store::moderation::Moderation;
use crate::store::rows;
use crate::store::writer::immediate;

/// What a transaction would answer, once it is committed.
pub(super) struct Written {
    /// In the order of the appends; `None` for one whose room does not exist.
    pub(super) answers: Vec<Option<Appended>>,
    pub(super) notes: Vec<CommittedNotes>,
    pub(super) totals: Vec<CommittedTotals>,
}

/// A command as its table knows it.
type CommandKey = (Key, UserId, CommandId);

/// What is known of a command.
#[derive(Clone, Copy)]
struct Known {
    first: Seq,
    count: u32,
    fingerprint: u64,
}

impl Known {
    const fn answer(self, proposal: &Proposal) -> Outcome {
        if self.fingerprint == proposal.fingerprint {
            Outcome::Duplicate {
                first: self.first,
                count: self.count,
            }
        } else {
            Outcome::Refused(Refusal::IdReused)
        }
    }
}

/// Writes a batch. Nothing of it is so before the transaction is committed.
pub(super) async fn write(
    db: &DatabaseConnection,
    sets: &Sets,
    appends: &[&Append],
) -> Result<(DatabaseTransaction, Written), DbErr> {
    let txn = db.begin_with_options(immediate()).await?;
    match write_within(&txn, sets, appends).await {
        Ok(written) => Ok((txn, written)),
        Err(error) => {
            // A rollback that fails is a connection that is gone, and with it the transaction.
            txn.rollback().await.ok();
            Err(error)
        }
    }
}

async fn write_within(
    txn: &DatabaseTransaction,
    sets: &Sets,
    appends: &[&Append],
) -> Result<Written, DbErr> {
    let mut rooms = BTreeSet::new();
    let mut inboxes = BTreeSet::new();
    let mut needs = Needs::default();
    for append in appends {
        for lock in touches(append) {
            match lock {
                Lock::Stream(stream @ StreamId::Inbox(_)) => {
                    inboxes.insert((append.org, stream));
                }
                Lock::Stream(stream) => {
                    rooms.insert((append.org, stream));
                }
                Lock::Account(org, user) => needs.account(org, user),
            }
        }
        for proposal in &append.proposals {
            for event in proposal.verdict.iter().flatten() {
                for (user, deed) in deed::of_room(append.room, append.kind, proposal.sender, event)
                {
                    needs.deed(append.org, user, &deed);
                }
            }
        }
    }
    let games = Games::lock(txn, sets, &needs.orgs()).await?;
    let everything: BTreeSet<Key> = rooms.union(&inboxes).copied().collect();
    let mut heads = Heads::lock(txn, &everything).await?;
    heads.create_missing(txn, &inboxes).await?;
    let accounts = Accounts::lock(txn, games, needs).await?;
    heads.read_time();
    let known = find_known(txn, appends).await?;

    let mut batch = Batch {
        heads,
        accounts,
        known,
        commands: vec![],
        changes: Changes::default(),
        signals: sets.signals(),
        alarms: vec![],
    };
    let mut answers = vec![];
    for append in appends {
        answers.push(batch.take(append)?);
    }
    let now = batch.heads.now();
    rows::insert::<command::Entity, _>(txn, batch.commands, |insert| {
        if planted() == Some(Planted::SkipDedupe) {
            use command::Column as C;
            let key = [C::OrgId, C::Stream, C::Sender, C::ClientId];
            return insert.on_conflict(OnConflict::columns(key).do_nothing().to_owned());
        }
        insert
    })
    .await?;
    batch.changes.save(txn, now).await?;
    alerts::alarm(txn, batch.alarms, now).await?;
    let totals = batch.accounts.save(txn).await?;
    let notes = batch.heads.save(txn).await?;
    Ok(Written {
        answers,
        notes,
        totals,
    })
}

async fn find_known(
    txn: &DatabaseTransaction,
    appends: &[&Append],
) -> Result<HashMap<CommandKey, Known>, DbErr> {
    let mut known = HashMap::new();
    if planted() == Some(Planted::SkipDedupe) {
        return Ok(known);
    }
    let mut keys: Vec<[Value; 4]> = vec![];
    for append in appends {
        for proposal in &append.proposals {
            keys.push([
                append.org.0.into(),
                append.stream().to_string().into(),
                proposal.sender.0.into(),
                proposal.command.0.into(),
            ]);
        }
    }
    let found = rows::lookup(txn, &keys, known_sql).await?;
    for row in found {
        let key: String = row.try_get_by_index(1)?;
        let key = key
            .parse()
            .map_err(|_| DbErr::Type(format!("{key} is no stream")))?;
        let stream = (OrgId(row.try_get_by_index(0)?), key);
        let sender = UserId(row.try_get_by_index(2)?);
        let client_id = CommandId(row.try_get_by_index(3)?);
        let count: i32 = row.try_get_by_index(5)?;
        let fingerprint: i64 = row.try_get_by_index(6)?;
        known.insert(
            (stream, sender, client_id),
            Known {
                first: seq_of(row.try_get_by_index(4)?),
                count: u32::try_from(count).unwrap_or(0),
                fingerprint: fingerprint.cast_unsigned(),
            },
        );
    }
    Ok(known)
}

pub(super) fn known_sql(list: &str) -> String {
    format!(
        "SELECT c.org_id, c.stream, c.sender, c.client_id, c.first_seq, c.count, c.fingerprint \
         FROM (VALUES {list}) AS k CROSS JOIN command AS c \
         WHERE c.org_id = k.column1 AND c.stream = k.column2 \
         AND c.sender = k.column3 AND c.client_id = k.column4"
    )
}

/// A batch while it is being numbered. Later appends see what earlier ones of it did.
struct Batch {
    heads: Heads,
    accounts: Accounts,
    known: HashMap<CommandKey, Known>,
    commands: Vec<command::ActiveModel>,
    changes: Changes,
    signals: Arc<Signals>,
    /// Whom coaches are to be told of because of what was said.
    alarms: Vec<Alarm>,
}

impl Batch {
    fn take(&mut self, append: &Append) -> Result<Option<Appended>, DbErr> {
        let key = (append.org, append.stream());
        let Some((epoch, before, guard)) = self.heads.stand(&key) else {
            return Ok(None);
        };
        let answered: Vec<Option<Outcome>> = append
            .proposals
            .iter()
            .map(|proposal| {
                let known = self.known.get(&command_key(&key, proposal))?;
                Some(known.answer(proposal))
            })
            .collect();
        if let Some(outcomes) = answered.iter().copied().collect::<Option<Vec<_>>>() {
            // Nothing is new: a retry of everything, or a commit whose answer was lost.
            return Ok(Some(Appended::Committed {
                epoch,
                before,
                head: before,
                guard,
                outcomes,
                events: vec![],
            }));
        }
        if rests_on_another_world(append, guard, &answered) {
            let known = answered.into_iter().enumerate();
            return Ok(Some(Appended::Moved {
                head: before,
                guard,
                known: known
                    .filter_map(|(index, outcome)| Some((index, outcome?)))
                    .collect(),
            }));
        }
        let mut outcomes = vec![];
        let mut events = vec![];
        for proposal in &append.proposals {
            outcomes.push(self.write(append, &key, proposal, &mut events)?);
        }
        if let Some(state) = &append.state
            && events
                .iter()
                .any(|recorded: &Recorded| recorded.fact.moves_guard())
        {
            self.changes.state((append.org, append.room), state)?;
        }
        let (_, head, guard) = self
            .heads
            .stand(&key)
            .ok_or_else(|| not_locked(append.stream()))?;
        Ok(Some(Appended::Committed {
            epoch,
            before,
            head,
            guard,
            outcomes,
            events,
        }))
    }

    fn write(
        &mut self,
        append: &Append,
        key: &Key,
        proposal: &Proposal,
        events: &mut Vec<Recorded>,
    ) -> Result<Outcome, DbErr> {
        let command_key = command_key(key, proposal);
        // Asked again: an earlier proposal of this very append may have been the same command.
        if let Some(known) = self.known.get(&command_key) {
            return Ok(known.answer(proposal));
        }
        let accepted = match &proposal.verdict {
            Ok(accepted) => accepted,
            Err(refusal) => return Ok(Outcome::Refused(*refusal)),
        };
        let lost = || not_locked(append.stream());
        let (_, head, _) = self.heads.stand(key).ok_or_else(lost)?;
        if accepted.is_empty() {
            return Ok(Outcome::Fresh {
                first: head,
                count: 0,
            });
        }
        let known = Known {
            first: head.next(),
            count: u32::try_from(accepted.len()).unwrap_or(u32::MAX),
            fingerprint: proposal.fingerprint,
        };
        for event in accepted {
            let by = proposal.sender;
            let recorded = self
                .heads
                .push(key, person(by), Fact::Room(event.clone()))
                .ok_or_else(lost)?
                .clone();
            self.listen(append, by, event);
            for effect in effects(append.room, recorded.seq, by, event) {
                self.follow(append, by, recorded.seq, effect)?;
            }
            for (user, deed) in deed::of_room(append.room, append.kind, by, event) {
                let source = Source {
                    stream: key.1,
                    seq: recorded.seq,
                    part: 0,
                };
                let who = (append.org, user);
                self.accounts.take(&mut self.heads, who, source, deed)?;
            }
            events.push(recorded);
        }
        self.commands.push(command::ActiveModel {
            org_id: Set(append.org.0),
            stream: Set(key.1.to_string()),
            sender: Set(proposal.sender.0),
            client_id: Set(proposal.command.0),
            first_seq: Set(number(known.first)),
            count: Set(i32::try_from(known.count).unwrap_or(i32::MAX)),
            fingerprint: Set(proposal.fingerprint.cast_signed()),
            at: Set(self.heads.now().0),
        });
        if planted() != Some(Planted::SkipDedupe) {
            self.known.insert(command_key, known);
        }
        Ok(Outcome::Fresh {
            first: known.first,
            count: known.count,
        })
    }

    /// Looks for words that a coach must hear of, watched or not. Only what people say.
    fn listen(&mut self, append: &Append, by: UserId, event: &Event) {
        let (Event::Said { text, .. } | Event::Edited { text, .. } | Event::LineHeld { text, .. }) =
            event
        else {
            return;
        };
        let room = Some(append.room);
        let found = self.signals.in_line(text);
        let alarms = found.map(|signal| Alarm::of(append.org, by, room, signal));
        self.alarms.extend(alarms);
    }

    fn follow(
        &mut self,
        append: &Append,
        by: UserId,
        seq: Seq,
        effect: Effect,
    ) -> Result<(), DbErr> {
        let room = (append.org, append.room);
        match effect {
            Effect::Note { user, event } => {
                let inbox = StreamId::Inbox(user);
                self.heads
                    .push(&(append.org, inbox), person(by), Fact::Inbox(event))
                    .ok_or_else(|| not_locked(inbox))?;
            }
            Effect::Seat { user, name, host } => self.changes.seat(room, user, name, host, seq),
            Effect::Unseat { user } => self.changes.unseat(room, user),
            Effect::Hide { line } => self.changes.hide(room, line),
            effect @ (Effect::Cover { .. } | Effect::Case { .. } | Effect::Keep(_)) => {
                self.changes.moderate(room, Moderation::of(by, effect));
            }
            Effect::Cue { turn, persona } => self.changes.turn(room, turn).persona = Some(persona),
            Effect::Take { turn, attempt } => self.changes.turn(room, turn).attempt = Some(attempt),
            Effect::Close { turn, attempt, end } => {
                let change = self.changes.turn(room, turn);
                change.attempt = Some(attempt);
                change.end = Some(end);
            }
            Effect::HoldSeat { persona, take } => {
                self.changes.hold(room, SeatChange::Held { persona, take });
            }
            Effect::GiveSeat { persona } => {
                self.changes.hold(room, SeatChange::Given { persona });
            }
            Effect::Practice(step) => self.changes.practice(room, step),
            Effect::File { user, filed } => self.changes.file(room, user, filed),
            Effect::Refile { user, filed } => self.changes.refile(room, user, filed),
            Effect::Relist { title, phase } => self.changes.relist(room, title, phase),
        }
        Ok(())
    }
}

/// Whether the decisions were made on something that is not so: on an older guard, or after a
/// command of their own that had been written long before.
fn rests_on_another_world(append: &Append, guard: Seq, answered: &[Option<Outcome>]) -> bool {
    if planted() == Some(Planted::IgnoreGuard) {
        return false;
    }
    if planted() == Some(Planted::UnfencedLease) && append.proposals.iter().all(is_of_a_turn) {
        return false;
    }
    let mut seen = BTreeSet::new();
    append.decided_on != guard
        || append
            .proposals
            .iter()
            .zip(answered)
            .any(|(proposal, answer)| {
                let is_repeated = !seen.insert((proposal.sender, proposal.command));
                proposal.moves_guard() && (answer.is_some() || is_repeated)
            })
}

/// Whether a persona's player handed it in.
fn is_of_a_turn(proposal: &Proposal) -> bool {
    let is_of_a_turn =
        |event: &Event| matches!(event, Event::TurnBegun { .. } | Event::Spoke { .. });
    proposal.verdict.iter().flatten().any(is_of_a_turn)
}

fn command_key(key: &Key, proposal: &Proposal) -> CommandKey {
    (*key, proposal.sender, proposal.command)
}

/// Whose event it is: the hub's own are nobody's.
fn person(by: UserId) -> Option<UserId> {
    (by != UserId::HUB).then_some(by)
}

/// `touches` and `effects` disagree: a mistake in the domain, never in a client.
fn not_locked(stream: StreamId) -> DbErr {
    DbErr::Custom(format!("{} stream was not locked", stream.kind().as_str()))
}
