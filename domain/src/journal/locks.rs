//! What a transaction must hold before it begins, and how a command is known again.

use serde::Serialize;

use super::Append;
use crate::game::deed;
use crate::ids::{CommandId, OrgId, UserId};
use crate::room::{self, Command, Order};
use crate::stream::StreamId;

/// What a transaction locks, in the one order everybody takes: kinds as listed, then by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    Stream(StreamId),
    /// A learner's standing; taken by whatever may pay.
    Account(OrgId, UserId),
}

/// Everything an append will lock, known before the transaction starts. Sorted, without repeats.
pub fn touches(append: &Append) -> Vec<Lock> {
    let mut locks = vec![Lock::Stream(append.stream())];
    for proposal in &append.proposals {
        for event in proposal.verdict.iter().flatten() {
            for user in deed::doers(proposal.sender, event) {
                // What is gained is told in the same transaction.
                locks.push(Lock::Stream(StreamId::Inbox(user)));
                locks.push(Lock::Account(append.org, user));
            }
            let users: &[UserId] = match event {
                room::Event::Said { mentions, .. } => mentions,
                room::Event::Invited { user }
                | room::Event::Removed { user }
                | room::Event::Banned { user }
                | room::Event::Moved { user, .. }
                | room::Event::Unbanned { user }
                | room::Event::Muted { user, .. } => std::slice::from_ref(user),
                room::Event::LineHidden { of, .. } | room::Event::LineShown { of, .. } => {
                    of.as_slice()
                }
                _ => &[],
            };
            locks.extend(
                users
                    .iter()
                    .map(|user| Lock::Stream(StreamId::Inbox(*user))),
            );
        }
    }
    locks.sort_unstable();
    locks.dedup();
    locks
}

/// The id under which an order is written. One person's report of a line is one, however often it is
/// made and whatever is said of it, so its id is what it reports.
pub fn id_of(order: &Order, given: CommandId) -> CommandId {
    let Order::Command(Command::Report { line, .. }) = order else {
        return given;
    };
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(b"reported");
    bytes[8..].copy_from_slice(&line.0.to_be_bytes());
    CommandId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// [`fingerprint`] of an order, but for what does not make it another one.
pub fn fingerprint_of(order: &Order) -> u64 {
    match order {
        Order::Command(Command::Report { line, .. }) => fingerprint(&("report", line)),
        _ => fingerprint(order),
    }
}

/// Recognises a command that comes again under its id. FNV-1a over its canonical JSON: whoever
/// contrives a collision only gets an old answer to a new command of their own.
pub fn fingerprint(order: &impl Serialize) -> u64 {
    // An order is maps of strings and numbers; it always serialises.
    let json = serde_json::to_vec(order).unwrap_or_default();
    let hash = json.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The store keeps it in a signed column.
    hash >> 1
}
