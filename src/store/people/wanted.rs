//! People to be looked for, a page at a time.

use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::role::Role;
use ludus_entities::user;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LikeExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{User, user_of};
use crate::store::{Store, StoreError};

/// Whom somebody looks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Part of a name.
    pub search: Option<String>,
    pub role: Option<Role>,
    pub guests: bool,
}

impl Store {
    /// People of an org by id, which is the order in which they came. Guests only when asked for.
    pub(crate) async fn users_page(
        &self,
        org: OrgId,
        after: Option<UserId>,
        wanted: Wanted,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        self.read("users", move |db| {
            Box::pin(async move {
                let mut found = user::Entity::find().filter(user::Column::OrgId.eq(org.0));
                if let Some(after) = after {
                    found = found.filter(user::Column::Id.gt(after.0));
                }
                if !wanted.guests {
                    found = found.filter(user::Column::Guest.eq(false));
                }
                if let Some(role) = wanted.role {
                    found = found.filter(user::Column::Role.eq(role.as_str()));
                }
                if let Some(search) = wanted.search {
                    let like = LikeExpr::new(format!("%{}%", escaped(&search))).escape('\\');
                    found = found
                        .filter(Expr::expr(Func::lower(Expr::col(user::Column::Name))).like(like));
                }
                let rows = found
                    .order_by_asc(user::Column::Id)
                    .limit(limit)
                    .all(db)
                    .await?;
                rows.into_iter().map(user_of).collect()
            })
        })
        .await
    }
}

/// What somebody typed, as a literal part of a pattern, lower-cased as the column is.
fn escaped(search: &str) -> String {
    let mut pattern = String::with_capacity(search.len());
    for c in search.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
