//! The proof of the ledger: journals against entries, entries against everything they gained. It reads,
//! and says what differs; what is done meanwhile may be told as a difference.

mod finals;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use ludus_domain::game::account::Entry;
use ludus_domain::game::audit::{Audited, Auditor, Sum};
use ludus_domain::game::deed::{self, Deed};
use ludus_domain::game::gain::Award;
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::room::RoomKind;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

pub(crate) use self::finals::finals;
use crate::store::game::audit::{Amounts, Happened, Standing};
use crate::store::{Store, StoreError};

/// What was looked at, and what of it differs.
#[derive(Default)]
pub(crate) struct Found<'a> {
    pub(crate) events: u64,
    pub(crate) deeds: u64,
    pub(crate) accounts: u64,
    pub(crate) entries: u64,
    pub(crate) awards: u64,
    pub(crate) badges: u64,
    pub(crate) totals: u64,
    /// Lines of what was written down at ends.
    pub(crate) finals: u64,
    pub(crate) differences: u64,
    /// Hears of each difference, if anybody wants to: it says who, what and how much.
    tell: Option<&'a mut (dyn FnMut(String) + Send)>,
}

impl<'a> Found<'a> {
    pub(crate) fn telling(tell: &'a mut (dyn FnMut(String) + Send)) -> Self {
        Self {
            tell: Some(tell),
            ..Self::default()
        }
    }

    pub(crate) fn differs(&mut self, what: impl Display) {
        self.differences += 1;
        if let Some(tell) = &mut self.tell {
            tell(what.to_string());
        }
    }
}

/// Every journal of an org: see [`stretch`].
pub(crate) async fn journals(
    store: &Store,
    org: OrgId,
    found: &mut Found<'_>,
) -> Result<(), StoreError> {
    let Some(began) = store.game_began(org).await? else {
        return Ok(());
    };
    let mut after = None;
    loop {
        let page = store.streams_after(org, after).await?;
        for name in &page {
            let mut within = Some(Seq::ZERO);
            while let Some(after) = within {
                within = stretch(store, org, name, began, after, found).await?;
            }
        }
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
    }
}

/// A stretch of a journal: every deed of its events has its entry, and that says what the journal says.
/// Answers how far it came, or nothing when there is no more.
pub(crate) async fn stretch(
    store: &Store,
    org: OrgId,
    journal: &str,
    began: Timestamp,
    after: Seq,
    found: &mut Found<'_>,
) -> Result<Option<Seq>, StoreError> {
    let Ok(of) = journal.parse::<StreamId>() else {
        found.differs(format_args!("{journal} is no stream"));
        return Ok(None);
    };
    let room_kind = match of {
        StreamId::Room(room) => store.kind_of_room(org, room).await?,
        StreamId::Inbox(_) => None,
        // Nobody is paid for what happens in a cohort's.
        StreamId::Cohort(_) => return Ok(None),
    };
    let page = store.happened_after(org, of, of.kind(), after).await?;
    let (Some(first), Some(last)) = (page.first(), page.last()) else {
        return Ok(None);
    };
    let seqs = (first.seq, last.seq);
    let mut expected = BTreeMap::<UserId, BTreeMap<Seq, Deed>>::new();
    for happened in &page {
        found.events += 1;
        if happened.at < began {
            continue;
        }
        for (user, deed) in deeds(of, room_kind, happened) {
            found.deeds += 1;
            expected.entry(user).or_default().insert(happened.seq, deed);
        }
    }
    for (user, deeds) in expected {
        let entries = store.entries_of_stream(org, user, of, seqs).await?;
        for (seq, deed) in &deeds {
            same_deed(user, of, *seq, deed, entries.get(seq), found);
        }
        for seq in entries.keys().filter(|seq| !deeds.contains_key(seq)) {
            found.differs(format_args!(
                "{user} has an entry for {of}/{seq}, which is no deed of theirs"
            ));
        }
    }
    Ok(Some(seqs.1))
}

fn same_deed(
    user: UserId,
    of: StreamId,
    seq: Seq,
    deed: &Deed,
    entry: Option<&Entry>,
    found: &mut Found<'_>,
) {
    match entry {
        None => found.differs(format_args!("{user} has no entry for {of}/{seq}")),
        Some(entry) if entry.deed != *deed => found.differs(format_args!(
            "the entry of {user} for {of}/{seq} says {:?}, the journal {deed:?}",
            entry.deed
        )),
        Some(_) => {}
    }
}

/// The deeds of an event, as the journal has it.
fn deeds(of: StreamId, kind: Option<RoomKind>, happened: &Happened) -> Vec<(UserId, Deed)> {
    match (of, &happened.fact, kind, happened.by) {
        (StreamId::Room(room), Fact::Room(event), Some(kind), by) => {
            // What a practice came to is written by the hub.
            deed::of_room(room, kind, by.unwrap_or(UserId::HUB), event)
        }
        (StreamId::Inbox(owner), Fact::Inbox(event), _, _) => deed::of_inbox(event)
            .map(|deed| (owner, deed))
            .into_iter()
            .collect(),
        _ => vec![],
    }
}

/// An account is what its entries make it.
pub(crate) async fn account(
    store: &Store,
    org: OrgId,
    standing: &Standing,
    found: &mut Found<'_>,
) -> Result<(), StoreError> {
    let user = standing.user;
    found.accounts += 1;
    let mut auditor = Auditor::new(user);
    let mut pos = 0;
    loop {
        let page = store.entries_after(org, user, pos).await?;
        for taken in &page {
            found.entries += 1;
            if taken.entry.pos != pos + 1 {
                found.differs(format_args!(
                    "after entry {pos} of {user} comes {}",
                    taken.entry.pos
                ));
            }
            pos = taken.entry.pos;
            let set = store.rules(org, taken.rule_set.clone()).await?;
            auditor.take(&taken.entry, set.set());
        }
        if page.is_empty() {
            break;
        }
    }
    if pos != standing.pos || pos != standing.account.pos() {
        found.differs(format_args!(
            "{user} has {pos} entries, and a standing of position {}",
            standing.pos
        ));
    }
    let audited = auditor.finish();
    awards(store, org, user, &audited.awards, found).await?;
    let level = standing.account.level();
    if level != audited.level {
        found.differs(format_args!(
            "{user} has level {level}, and should have {}",
            audited.level
        ));
    }
    badges(store, org, user, &audited, found).await?;
    totals(store, org, user, &audited.totals, found).await
}

async fn awards(
    store: &Store,
    org: OrgId,
    user: UserId,
    should: &[Award],
    found: &mut Found<'_>,
) -> Result<(), StoreError> {
    let mut should = should.iter();
    let mut after = None;
    loop {
        let (page, last) = store.awards_after(org, user, after).await?;
        if page.is_empty() {
            break;
        }
        after = last;
        for line in &page {
            found.awards += 1;
            match should.next() {
                Some(ought) if ought == line => {}
                ought => {
                    found.differs(format_args!(
                        "a line of {user} is {line:?}, and should be {ought:?}"
                    ));
                }
            }
        }
    }
    for missing in should {
        found.differs(format_args!("{user} has no line {missing:?}"));
    }
    Ok(())
}

async fn badges(
    store: &Store,
    org: OrgId,
    user: UserId,
    audited: &Audited,
    found: &mut Found<'_>,
) -> Result<(), StoreError> {
    let has: BTreeSet<_> = store.badges_of(org, user).await?.into_iter().collect();
    found.badges += has.len() as u64;
    for badge in has.symmetric_difference(&audited.badges) {
        let is = if has.contains(badge) {
            "has, and should not have,"
        } else {
            "should have"
        };
        found.differs(format_args!(
            "{user} {is} the badge {} of level {}",
            badge.badge, badge.level
        ));
    }
    Ok(())
}

async fn totals(
    store: &Store,
    org: OrgId,
    user: UserId,
    should: &BTreeMap<(Scope, Metric, Window), Sum>,
    found: &mut Found<'_>,
) -> Result<(), StoreError> {
    let has = store.totals_of(org, user).await?;
    found.totals += has.len() as u64;
    let keys: BTreeSet<_> = has.keys().chain(should.keys()).collect();
    for key in keys {
        // Nothing of something may be told or not.
        let is = has.get(key).map(stored).filter(is_something);
        let ought = should.get(key).copied().filter(is_something);
        if is != ought {
            let (scope, metric, window) = key;
            found.differs(format_args!(
                "{user} in {scope} {metric} {window} has {is:?}, and should have {ought:?}"
            ));
        }
    }
    Ok(())
}

const fn is_something(sum: &Sum) -> bool {
    sum.sum != 0 || sum.best != 0 || sum.last != 0
}

const fn stored([sum, best, last]: &Amounts) -> Sum {
    Sum {
        sum: sum.value,
        best: best.value,
        last: last.value,
        sum_at: sum.at,
        best_at: best.at,
        last_at: last.at,
    }
}
