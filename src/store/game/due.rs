//! What is due next in an org: so that whoever closes windows need not ask before.

use ludus_domain::ids::OrgId;
use ludus_domain::time::Timestamp;
use ludus_entities::{contest, game, league_week};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::store::{Store, StoreError};

impl Store {
    /// When the next season, week of a league or step of a contest is due; `None` when nothing is planned.
    pub async fn next_due(&self, org: OrgId) -> Result<Option<Timestamp>, StoreError> {
        self.read("what is due next", move |db| {
            Box::pin(async move {
                let season: Option<Option<i64>> = game::Entity::find_by_id(org.0)
                    .select_only()
                    .column(game::Column::SeasonEndsAt)
                    .into_tuple()
                    .one(db)
                    .await?;
                let week: Option<Option<i64>> = league_week::Entity::find()
                    .select_only()
                    .column(league_week::Column::DueAt)
                    .filter(league_week::Column::OrgId.eq(org.0))
                    .filter(league_week::Column::DueAt.is_not_null())
                    .order_by_asc(league_week::Column::DueAt)
                    .limit(1)
                    .into_tuple()
                    .one(db)
                    .await?;
                let contest: Option<Option<i64>> = contest::Entity::find()
                    .select_only()
                    .column(contest::Column::DueAt)
                    .filter(contest::Column::OrgId.eq(org.0))
                    .filter(contest::Column::DueAt.is_not_null())
                    .order_by_asc(contest::Column::DueAt)
                    .limit(1)
                    .into_tuple()
                    .one(db)
                    .await?;
                let next = [season, week, contest].into_iter().flatten().flatten();
                Ok(next.min().map(Timestamp))
            })
        })
        .await
    }
}
