//! `ludus ledger verify`: the whole proof of an org's ledger, said line by line.

use ludus_domain::ids::OrgId;

use super::{Trouble, say};
use crate::game::proof::{self, Found};
use crate::store::Store;

/// Proves the ledger of an org. Says every difference, and fails when there is one.
pub(super) async fn verify(store: &Store, org: OrgId) -> Result<(), Trouble> {
    // Whoever had read enough is told no more, and the proof goes on.
    let mut silenced = None;
    let mut tell = |what: String| {
        if silenced.is_none() {
            silenced = say(format_args!("differs: {what}")).err();
        }
    };
    let mut found = Found::telling(&mut tell);
    proof::journals(store, org, &mut found).await?;
    let mut after = None;
    loop {
        let page = store.standings_after(org, after).await?;
        for standing in &page {
            proof::account(store, org, standing, &mut found).await?;
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
        found.differs(says);
    }
    proof::finals(store, org, &mut found).await?;
    let chain = store.audit_chain(org).await?;
    for number in &chain.broken {
        found.differs(format_args!(
            "entry {number} of the audit is not what was written, or not after the one before"
        ));
    }
    let differences = found.differences;
    let looked_at = format!(
        "{} events of journals, {} deeds in them; {} accounts with {} entries, {} lines of the ledger, {} badges, {} totals; \
         {} lines of final standings.",
        found.events,
        found.deeds,
        found.accounts,
        found.entries,
        found.awards,
        found.badges,
        found.totals,
        found.finals
    );
    if let Some(trouble) = silenced {
        return Err(trouble);
    }
    say(format_args!(
        "{} entries of the audit, each chained to the one before.",
        chain.entries
    ))?;
    say(looked_at)?;
    if differences > 0 {
        return Err(Trouble::Differs(differences));
    }
    say("Everything is what its journals make it.")
}
