//! Who looks after whom: read whole for the memory, and as a part of other queries.

use ludus_domain::ids::{CohortId, OrgId, UserId};
use ludus_domain::roster::{Access, Place, Roster};
use ludus_entities::{cohort_member, org};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QuerySelect as _,
};

use super::Part;
use crate::store::{Store, StoreError};

impl Store {
    /// Who looks after whom in an org, and the count it had at least by then.
    pub(crate) async fn roster(&self, id: OrgId) -> Result<(i64, Roster), StoreError> {
        use cohort_member::Column as C;
        self.read("who looks after whom", move |db| {
            Box::pin(async move {
                // Read first: what changes in between is read again.
                let org = org::Entity::find_by_id(id.0).one(db).await?;
                let count = org.map_or(0, |org| org.roster);
                let rows: Vec<(uuid::Uuid, uuid::Uuid, String, String)> =
                    cohort_member::Entity::find()
                        .select_only()
                        .columns([C::CohortId, C::UserId, C::Part, C::Access])
                        .filter(C::OrgId.eq(id.0))
                        .into_tuple()
                        .all(db)
                        .await?;
                let places = rows.into_iter().map(|(cohort, user, what, seen)| {
                    let place = match part(&what) {
                        Part::Learner => Place::Learner,
                        Part::Coach => Place::Coach(access(&seen)),
                    };
                    (CohortId(cohort), UserId(user), place)
                });
                Ok((count, Roster::new(places)))
            })
        })
        .await
    }

    /// How often the cohorts of each org have changed: another number, another roster.
    pub(crate) async fn roster_counts(&self) -> Result<Vec<(OrgId, i64)>, StoreError> {
        self.read("whether cohorts have changed", move |db| {
            Box::pin(async move {
                let counts: Vec<(uuid::Uuid, i64)> = org::Entity::find()
                    .select_only()
                    .columns([org::Column::Id, org::Column::Roster])
                    .into_tuple()
                    .all(db)
                    .await?;
                Ok(counts
                    .into_iter()
                    .map(|(id, count)| (OrgId(id), count))
                    .collect())
            })
        })
        .await
    }
}

/// Whoever learns in a cohort of which a coach sees everything, as a part of other queries.
pub(crate) fn learners_of(org: OrgId, coach: UserId) -> SelectStatement {
    use cohort_member::Column as C;
    let led = Query::select()
        .column(C::CohortId)
        .from(cohort_member::Entity)
        .and_where(C::OrgId.eq(org.0))
        .and_where(C::UserId.eq(coach.0))
        .and_where(C::Part.eq(Part::Coach.as_str()))
        .and_where(C::Access.eq(Access::Full.as_str()))
        .to_owned();
    Query::select()
        .column(C::UserId)
        .from(cohort_member::Entity)
        .and_where(C::OrgId.eq(org.0))
        .and_where(C::Part.eq(Part::Learner.as_str()))
        .and_where(C::CohortId.in_subquery(led))
        .to_owned()
}

/// Other nodes see by this count that they know an older roster.
pub(super) async fn count_change(txn: &DatabaseTransaction, id: OrgId) -> Result<(), StoreError> {
    org::Entity::update_many()
        .col_expr(org::Column::Roster, Expr::col(org::Column::Roster).add(1))
        .filter(org::Column::Id.eq(id.0))
        .exec(txn)
        .await?;
    Ok(())
}

pub(super) async fn part_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    id: CohortId,
    user: UserId,
) -> Result<Option<Part>, StoreError> {
    let seat = seat_of(db, org, id, user).await?;
    Ok(seat.map(|(part, _)| part))
}

pub(super) async fn seat_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    id: CohortId,
    user: UserId,
) -> Result<Option<(Part, Access)>, StoreError> {
    let row = cohort_member::Entity::find_by_id((org.0, id.0, user.0))
        .one(db)
        .await?;
    Ok(row.map(|row| (part(&row.part), access(&row.access))))
}

pub(super) fn access(word: &str) -> Access {
    // A word of a later hub means less than everything.
    Access::parse(word).unwrap_or(Access::Aggregate)
}

pub(in crate::store) fn part(text: &str) -> Part {
    if text == Part::Coach.as_str() {
        Part::Coach
    } else {
        Part::Learner
    }
}
