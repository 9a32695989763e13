//! Policies of orgs: each change is a row that is never changed, and the latest of each policy counts.

use ludus_domain::audit::AuditAct;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::policy::{Policies, Policy, PolicyChange};
use ludus_domain::time::Timestamp;
use ludus_entities::policy_change;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use super::people::Actor;
use super::{Store, StoreError, audit};

/// What holds in an org, and which change was the last.
async fn current(db: &impl ConnectionTrait, org: OrgId) -> Result<(i64, Policies), DbErr> {
    use policy_change::Column as C;
    let (mut newest, mut policies) = (0, Policies::default());
    for policy in Policy::ALL {
        let last = policy_change::Entity::find()
            .filter(C::OrgId.eq(org.0))
            .filter(C::Policy.eq(policy.as_str()))
            .order_by_desc(C::Number)
            .limit(1)
            .one(db)
            .await?;
        if let Some(last) = last {
            newest = newest.max(last.number);
            policies.set(policy, last.is_on);
        }
    }
    Ok((newest, policies))
}

fn change_of(row: &policy_change::Model) -> Option<PolicyChange> {
    Some(PolicyChange {
        number: row.number,
        // One that a later version knew says nothing here.
        policy: Policy::parse(&row.policy)?,
        on: row.is_on,
        by: UserId(row.by_user),
        at: Timestamp(row.at),
    })
}

impl Store {
    pub(crate) async fn policies(&self, org: OrgId) -> Result<(i64, Policies), StoreError> {
        self.read("policies", move |db| {
            Box::pin(async move { Ok(current(db, org).await?) })
        })
        .await
    }

    /// Of each org that has ever changed one: which change was the last.
    pub(crate) async fn policy_counts(&self) -> Result<Vec<(OrgId, i64)>, StoreError> {
        use policy_change::Column as C;
        self.read("changes of policies", |db| {
            Box::pin(async move {
                let rows: Vec<(uuid::Uuid, i64)> = policy_change::Entity::find()
                    .select_only()
                    .column(C::OrgId)
                    .column_as(C::Number.max(), "newest")
                    .group_by(C::OrgId)
                    .into_tuple()
                    .all(db)
                    .await?;
                Ok(rows
                    .into_iter()
                    .map(|(org, newest)| (OrgId(org), newest))
                    .collect())
            })
        })
        .await
    }

    /// Changes what is to be another way, and says what holds from now on.
    pub(crate) async fn change_policies(
        &self,
        actor: Actor,
        wanted: Vec<(Policy, bool)>,
    ) -> Result<Policies, StoreError> {
        self.write("change policies", move |txn| {
            Box::pin(async move {
                let (mut newest, mut policies) = current(txn, actor.org).await?;
                for (policy, on) in wanted {
                    if policies.has(policy) == on {
                        continue;
                    }
                    policies.set(policy, on);
                    newest += 1;
                    let row = policy_change::ActiveModel {
                        org_id: Set(actor.org.0),
                        number: Set(newest),
                        policy: Set(policy.as_str().to_owned()),
                        is_on: Set(on),
                        by_user: Set(actor.user.0),
                        at: Set(actor.at.0),
                    };
                    policy_change::Entity::insert(row)
                        .exec_without_returning(txn)
                        .await?;
                    let act = if on {
                        AuditAct::PolicyOn
                    } else {
                        AuditAct::PolicyOff
                    };
                    audit::note(txn, actor.entry(), act, None, policy.as_str()).await?;
                }
                Ok(policies)
            })
        })
        .await
    }

    /// Changes of an org's policies, the newest first.
    pub(crate) async fn policy_changes(
        &self,
        org: OrgId,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<PolicyChange>, StoreError> {
        use policy_change::Column as C;
        self.read("changes of policies", move |db| {
            Box::pin(async move {
                let mut found = policy_change::Entity::find().filter(C::OrgId.eq(org.0));
                if let Some(before) = before {
                    found = found.filter(C::Number.lt(before));
                }
                let rows = found.order_by_desc(C::Number).limit(limit).all(db).await?;
                Ok(rows.iter().filter_map(change_of).collect())
            })
        })
        .await
    }
}
