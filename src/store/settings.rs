//! What the hub keeps for itself under a name: short texts that only it reads.

use ludus_entities::setting;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, Set};

use super::{Store, StoreError};

impl Store {
    pub(crate) async fn setting(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.read("a setting", move |db| {
            Box::pin(async move {
                let row = setting::Entity::find_by_id(key.to_owned()).one(db).await?;
                Ok(row.map(|row| row.value))
            })
        })
        .await
    }

    pub(crate) async fn put_setting(
        &self,
        key: &'static str,
        value: String,
    ) -> Result<(), StoreError> {
        self.write("a setting", move |txn| {
            Box::pin(async move {
                let row = setting::ActiveModel {
                    key: Set(key.to_owned()),
                    value: Set(value),
                };
                let replaced = OnConflict::column(setting::Column::Key)
                    .update_column(setting::Column::Value)
                    .to_owned();
                setting::Entity::insert(row)
                    .on_conflict(replaced)
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
