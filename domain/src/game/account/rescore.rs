//! The rules of now, applied to everything so far: only what differs is written, as further lines.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Entry, Paid, RoomTally};
use crate::game::deed::{Deed, Source};
use crate::game::gain::{Award, BadgeGrant, Outcome};
use crate::game::rules::Compiled;
use crate::game::total::{Metric, Now, Scope};
use crate::ids::{RoomId, Seq};
use crate::slug::{PointKind, RuleId};
use crate::stream::StreamId;
use crate::time::Timestamp;

/// What a re-score answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescored {
    /// The account as if today's rules had always been; what was granted stays.
    pub account: Account,
    /// Every room of the entries, in order. They replace what was remembered.
    pub rooms: Vec<(RoomId, RoomTally)>,
    /// The differing lines, badges and the level that are new, and every total that still runs.
    pub outcome: Outcome,
}

/// What one source is worth by one rule.
#[derive(Default)]
struct Worth {
    ledger: i64,
    fresh: i64,
    /// Of the rule that paid last; what corrects says it when its rule is gone.
    version: u32,
}

/// Replays `entries` (all that came before, in order) and then takes in `entry`, the re-score itself.
/// `paid` is the whole ledger of the account so far.
///
/// Afterwards each source is worth, by each rule, what a fresh replay says. Totals of windows that are
/// over stand; those that still run are what the replay makes them.
pub fn rescore(
    before: &Account,
    set: &Compiled,
    entries: &[Entry],
    entry: &Entry,
    paid: &[Award],
) -> Rescored {
    let mut account = Account::new(before.user);
    let mut rooms = BTreeMap::<RoomId, RoomTally>::new();
    let mut worth = BTreeMap::<(RuleId, Source, PointKind), Worth>::new();
    // What lines of rooms gained by themselves: they may be taken back later.
    let mut lines = BTreeMap::<(RoomId, Seq), Vec<Paid>>::new();
    // When each was done: what is paid for it later still counts then.
    let mut done = BTreeMap::<(RoomId, Seq), (Timestamp, Now)>::new();
    for entry in entries {
        let standing = match entry.deed {
            Deed::LineRetracted { room, line } | Deed::Rejudged { room, of: line, .. } => {
                lines.get(&(room, line)).cloned()
            }
            _ => None,
        };
        let mut nowhere = RoomTally::default();
        let room = match entry.deed.room() {
            Some(room) => rooms.entry(room).or_default(),
            None => &mut nowhere,
        };
        if let (StreamId::Room(room), 0) = (entry.source.stream, entry.source.part) {
            done.insert((room, entry.source.seq), (entry.at, entry.now));
        }
        let outcome = account.take(set, entry, room, standing.as_deref().unwrap_or_default());
        for award in outcome.awards {
            let key = (award.rule.clone(), award.source, award.kind.clone());
            let worth = worth.entry(key).or_default();
            worth.fresh = worth.fresh.saturating_add(award.points);
            if let (StreamId::Room(room), 0) = (award.source.stream, award.source.part) {
                let place = (room, award.source.seq);
                let (at, now) = done.get(&place).copied().unwrap_or((entry.at, entry.now));
                lines
                    .entry(place)
                    .or_default()
                    .push(Paid { award, at, now });
            }
        }
    }
    account.take(set, entry, &mut RoomTally::default(), &[]);
    for room in rooms.values_mut() {
        room.cells.roll(entry.now);
    }

    let mut runs = BTreeMap::<(RuleId, Source), u32>::new();
    for award in paid {
        let key = (award.rule.clone(), award.source);
        let run = runs.entry(key).or_default();
        *run = award.run.max(*run);
        let key = (award.rule.clone(), award.source, award.kind.clone());
        let worth = worth.entry(key).or_default();
        worth.ledger = worth.ledger.saturating_add(award.points);
        worth.version = award.version;
    }
    let mut outcome = Outcome::default();
    for ((rule, source, kind), worth) in worth {
        let points = worth.fresh.saturating_sub(worth.ledger);
        if points == 0 {
            continue;
        }
        let run = runs.entry((rule.clone(), source)).or_default();
        *run = run.saturating_add(1);
        outcome.awards.push(Award {
            version: set.rule(&rule).map_or(worth.version, |rule| rule.version),
            rule,
            points,
            kind,
            source,
            run: *run,
            cause: entry.source,
        });
    }
    keep_grants(before, set, &mut account, &mut outcome);
    tell_totals(before, &account, &rooms, entry, &mut outcome);
    Rescored {
        account,
        rooms: rooms.into_iter().collect(),
        outcome,
    }
}

/// What was granted stays granted; what the replay grants beyond it is new. How far somebody is with a badge
/// is what the replay says, and what it was where the rules know nothing of it.
fn keep_grants(before: &Account, set: &Compiled, account: &mut Account, outcome: &mut Outcome) {
    for (badge, had) in &before.badges {
        if set.badge(badge).is_none() {
            account.badges.insert(badge.clone(), had.kept());
        } else if had.level > 0 {
            let progress = account.badges.entry(badge.clone()).or_default();
            progress.level = progress.level.max(had.level);
        }
    }
    for (badge, progress) in &account.badges {
        let had = before.badges.get(badge).map_or(0, |had| had.level);
        for level in had.saturating_add(1)..=progress.level {
            let badge = badge.clone();
            outcome.badges.push(BadgeGrant { badge, level });
        }
    }
    if account.level > before.level {
        outcome.level = Some(account.level);
    }
    account.level = account.level.max(before.level);
}

/// Every total that runs, also those that are nothing now. What the replay before this one made of a room is not
/// known here, so each room is told of every kind of points there ever was.
fn tell_totals(
    before: &Account,
    account: &Account,
    rooms: &BTreeMap<RoomId, RoomTally>,
    entry: &Entry,
    outcome: &mut Outcome,
) {
    let known = before.cells.metrics().chain(account.cells.metrics());
    let mut everywhere: BTreeSet<Metric> = known.cloned().collect();
    let corrected = outcome.awards.iter();
    everywhere.extend(corrected.map(|award| Metric::Points(award.kind.clone())));
    for metric in &everywhere {
        let totals = &mut outcome.totals;
        totals.extend(
            account
                .cells
                .totals_or_nothing(Scope::Org, metric, entry.at),
        );
    }
    everywhere.retain(|metric| matches!(metric, Metric::Points(_)));
    for (id, room) in rooms {
        let mut here = everywhere.clone();
        here.extend(room.cells.metrics().cloned());
        for metric in here {
            let scope = Scope::Room(*id);
            let totals = room.cells.totals_or_nothing(scope, &metric, entry.at);
            outcome.totals.extend(totals);
        }
    }
    outcome
        .totals
        .extend(account.contests.totals(Some(entry.at)));
}
