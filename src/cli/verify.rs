//! The proof of the ledger: journals against entries, entries against everything they gained.

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
use ludus_domain::stream::{StreamId, StreamKind};
use ludus_domain::time::Timestamp;

use super::{Trouble, say};
use crate::store::Store;
use crate::store::game::audit::{Amounts, Happened, Standing};

/// What was looked at, and what of it differs.
#[derive(Debug, Default)]
struct Found {
    events: u64,
    deeds: u64,
    accounts: u64,
    entries: u64,
    awards: u64,
    badges: u64,
    totals: u64,
    differences: u64,
}

impl Found {
    fn differs(&mut self, what: impl Display) -> Result<(), Trouble> {
        self.differences += 1;
        say(format_args!("differs: {what}"))
    }
}

/// Proves the ledger of an org. Says every difference, and fails when there is one.
pub(super) async fn verify(store: &Store, org: OrgId) -> Result<(), Trouble> {
    let mut found = Found::default();
    journals(store, org, &mut found).await?;
    let mut after = None;
    loop {
        let page = store.standings_after(org, after).await?;
        for standing in &page {
            account(store, org, standing, &mut found).await?;
        }
        after = page.last().map(|standing| standing.user);
        if after.is_none() {
            break;
        }
    }
    if found.entries != found.deeds {
        let says = format!(
            "{} deeds stand in journals, and {} entries in accounts",
            found.deeds, found.entries
        );
        found.differs(says)?;
    }
    let chain = store.audit_chain(org).await?;
    for number in &chain.broken {
        found.differs(format_args!(
            "entry {number} of the audit is not what was written, or not after the one before"
        ))?;
    }
    say(format_args!(
        "{} entries of the audit, each chained to the one before.",
        chain.entries
    ))?;
    say(format_args!(
        "{} events of journals, {} deeds in them; {} accounts with {} entries, {} lines of the ledger, {} badges, {} totals.",
        found.events,
        found.deeds,
        found.accounts,
        found.entries,
        found.awards,
        found.badges,
        found.totals
    ))?;
    if found.differences > 0 {
        return Err(Trouble::Differs(found.differences));
    }
    say("Everything is what its journals make it.")
}

/// Every deed of every journal has its entry, and that says what the journal says.
async fn journals(store: &Store, org: OrgId, found: &mut Found) -> Result<(), Trouble> {
    let Some(began) = store.game_began(org).await? else {
        return Ok(());
    };
    let mut after = None;
    loop {
        let page = store.streams_after(org, after).await?;
        for name in &page {
            let Ok(of) = name.parse::<StreamId>() else {
                found.differs(format_args!("{name} is no stream"))?;
                continue;
            };
            match of.kind() {
                StreamKind::Room | StreamKind::Inbox => {
                    stream(store, org, of, began, found).await?;
                }
                StreamKind::Cohort => {}
            }
        }
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn stream(
    store: &Store,
    org: OrgId,
    of: StreamId,
    began: Timestamp,
    found: &mut Found,
) -> Result<(), Trouble> {
    let room_kind = match of {
        StreamId::Room(room) => store.kind_of_room(org, room).await?,
        _ => None,
    };
    let mut after = Seq(0);
    loop {
        let page = store.happened_after(org, of, of.kind(), after).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(());
        };
        after = last.seq;
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
            let seqs = (first.seq, last.seq);
            let entries = store.entries_of_stream(org, user, of, seqs).await?;
            for (seq, deed) in &deeds {
                same_deed(user, of, *seq, deed, entries.get(seq), found)?;
            }
            for seq in entries.keys().filter(|seq| !deeds.contains_key(seq)) {
                found.differs(format_args!(
                    "{user} has an entry for {of}/{seq}, which is no deed of theirs"
                ))?;
            }
        }
    }
}

fn same_deed(
    user: UserId,
    of: StreamId,
    seq: Seq,
    deed: &Deed,
    entry: Option<&Entry>,
    found: &mut Found,
) -> Result<(), Trouble> {
    match entry {
        None => found.differs(format_args!("{user} has no entry for {of}/{seq}")),
        Some(entry) if entry.deed != *deed => found.differs(format_args!(
            "the entry of {user} for {of}/{seq} says {:?}, the journal {deed:?}",
            entry.deed
        )),
        Some(_) => Ok(()),
    }
}

/// The deeds of an event, as the journal has it.
fn deeds(of: StreamId, kind: Option<RoomKind>, happened: &Happened) -> Vec<(UserId, Deed)> {
    match (of, &happened.fact, kind, happened.by) {
        (StreamId::Room(room), Fact::Room(event), Some(kind), Some(by)) => {
            deed::of_room(room, kind, by, event)
        }
        (StreamId::Inbox(owner), Fact::Inbox(event), _, _) => deed::of_inbox(event)
            .map(|deed| (owner, deed))
            .into_iter()
            .collect(),
        _ => vec![],
    }
}

/// An account is what its entries make it.
async fn account(
    store: &Store,
    org: OrgId,
    standing: &Standing,
    found: &mut Found,
) -> Result<(), Trouble> {
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
                ))?;
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
        ))?;
    }
    let audited = auditor.finish();
    awards(store, org, user, &audited.awards, found).await?;
    let level = standing.account.level();
    if level != audited.level {
        found.differs(format_args!(
            "{user} has level {level}, and should have {}",
            audited.level
        ))?;
    }
    badges(store, org, user, &audited, found).await?;
    totals(store, org, user, &audited.totals, found).await
}

async fn awards(
    store: &Store,
    org: OrgId,
    user: UserId,
    should: &[Award],
    found: &mut Found,
) -> Result<(), Trouble> {
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
                    ))?;
                }
            }
        }
    }
    for missing in should {
        found.differs(format_args!("{user} has no line {missing:?}"))?;
    }
    Ok(())
}

async fn badges(
    store: &Store,
    org: OrgId,
    user: UserId,
    audited: &Audited,
    found: &mut Found,
) -> Result<(), Trouble> {
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
        ))?;
    }
    Ok(())
}

async fn totals(
    store: &Store,
    org: OrgId,
    user: UserId,
    should: &BTreeMap<(Scope, Metric, Window), Sum>,
    found: &mut Found,
) -> Result<(), Trouble> {
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
            ))?;
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
