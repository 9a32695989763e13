//! What a rule would have paid: everything that was done, replayed under other rules. Nothing is written.

use ludus_domain::game::audit::Auditor;
use ludus_domain::game::calendar::Day;
use ludus_domain::game::deed::Deed;
use ludus_domain::game::rules::RuleSet;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::slug::RuleId;
use tokio::time::Instant;

use crate::store::game::audit::Taken;
use crate::store::{Store, StoreError};

/// How much may be read for one answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// Entries that are left to read.
    pub(crate) entries: u64,
    pub(crate) until: Option<Instant>,
}

impl Bound {
    /// For whoever has the machine.
    pub(crate) const NONE: Self = Self {
        entries: u64::MAX,
        until: None,
    };

    fn is_reached(&self) -> bool {
        self.entries == 0 || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// What somebody would have been paid.
#[derive(Clone, Debug)]
pub(crate) struct Paid {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) times: u64,
    pub(crate) points: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tried {
    /// Whoever would have been paid anything.
    pub(crate) people: Vec<Paid>,
    /// Everything that was read.
    pub(crate) entries: u64,
    /// There is more than may be read for one answer.
    pub(crate) is_partial: bool,
}

/// What a rule of a set would have paid everybody since a day, by each one's calendar.
pub(crate) async fn everybody(
    store: &Store,
    org: OrgId,
    (set, rule): (&RuleSet, &RuleId),
    since: Option<Day>,
    mut bound: Bound,
) -> Result<Tried, StoreError> {
    let mut tried = Tried::default();
    let mut after = None;
    loop {
        let page = store.standings_after(org, after).await?;
        for standing in &page {
            if bound.is_reached() {
                tried.is_partial = true;
                return Ok(tried);
            }
            let before = bound.entries;
            let paid = one(store, (org, standing.user), (set, rule), since, &mut bound).await?;
            tried.entries += before - bound.entries;
            let Some(paid) = paid else {
                tried.is_partial = true;
                return Ok(tried);
            };
            if !paid.is_empty() {
                tried.people.push(Paid {
                    user: standing.user,
                    name: standing.name.clone(),
                    times: paid.len() as u64,
                    points: paid.iter().sum(),
                });
            }
        }
        after = page.last().map(|standing| standing.user);
        if after.is_none() {
            return Ok(tried);
        }
    }
}

/// What a rule would have paid somebody, payment by payment. `None`: it would be too much to read.
async fn one(
    store: &Store,
    (org, user): (OrgId, UserId),
    (set, rule): (&RuleSet, &RuleId),
    since: Option<Day>,
    bound: &mut Bound,
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut auditor = Auditor::new(user);
    let mut paid = vec![];
    let mut after = 0;
    loop {
        let page = store.entries_after(org, user, after).await?;
        for Taken { entry, .. } in &page {
            if bound.is_reached() {
                return Ok(None);
            }
            bound.entries -= 1;
            if matches!(entry.deed, Deed::Rescored { .. }) {
                continue;
            }
            let before = auditor.awards().len();
            auditor.take(entry, set);
            if since.is_none_or(|since| since <= entry.day) {
                let fresh = auditor.awards().iter().skip(before);
                let ours = fresh.filter(|award| award.rule == *rule && award.run == 0);
                paid.extend(ours.map(|award| award.points));
            }
        }
        match page.last() {
            Some(last) => after = last.entry.pos,
            None => return Ok(Some(paid)),
        }
    }
}
