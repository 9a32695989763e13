//! Reading accounts and the ledger back.

use std::collections::HashMap;
use std::sync::Arc;

use ludus_domain::game::account::Account;
use ludus_domain::game::rules::Compiled;
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::time::Timestamp;
use ludus_entities::{account, award, badge_grant, deed, suspicion, total};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseConnection, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};

use super::sets::{Game, Sets, game};
use crate::store::journal::{number, seq_of};
use crate::store::{Store, StoreError};

/// One person's standing as the store has it.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The store's time.
    pub now: Timestamp,
    pub game: Game,
    pub rules: Arc<Compiled>,
    pub account: Account,
    /// When each badge was earned, by its id and level.
    pub grants: HashMap<(String, u8), Timestamp>,
    /// What was gained on the org's day, by kind of points.
    pub today: Vec<(Metric, i64)>,
}

/// A line of the ledger, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub user: UserId,
    pub place: LinePlace,
    pub at: Timestamp,
    pub rule: String,
    /// Why, in the words the rule had when it paid; `None` for what was adjusted by hand.
    pub says: Option<String>,
    pub version: u32,
    pub kind: String,
    pub points: i64,
    /// The stream of what was paid for.
    pub stream: String,
    pub seq: Seq,
    pub part: u16,
    pub run: u32,
    pub cause: String,
}

/// Where a line stands in its account: what pages of the ledger go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinePlace {
    pub pos: u64,
    pub line: i32,
}

/// Something that looked like farming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspected {
    pub user: UserId,
    pub name: String,
    pub kind: String,
    pub pos: u64,
    pub at: Timestamp,
}

impl Store {
    /// One person's standing; `None` where nobody plays. Somebody who did nothing yet has an
    /// account with nothing in it.
    pub async fn profile(&self, org: OrgId, user: UserId) -> Result<Option<Profile>, StoreError> {
        let sets = Arc::clone(self.sets());
        self.read("standing", move |db| {
            Box::pin(async move {
                let Some(game) = game(db, org).await? else {
                    return Ok(None);
                };
                let rules = sets.get(db, org, &game.rule_set).await?;
                let row = account::Entity::find_by_id((org.0, user.0)).one(db).await?;
                let account = match row.filter(|row| !row.state.is_empty()) {
                    Some(row) => serde_json::from_slice(&row.state)
                        .map_err(|error| DbErr::Json(error.to_string()))?,
                    None => Account::new(user),
                };
                let grants = badge_grant::Entity::find()
                    .filter(badge_grant::Column::OrgId.eq(org.0))
                    .filter(badge_grant::Column::UserId.eq(user.0))
                    .all(db)
                    .await?;
                let grants = grants.into_iter().map(|row| {
                    let level = u8::try_from(row.level).unwrap_or(u8::MAX);
                    ((row.badge, level), Timestamp(row.at))
                });
                let now = crate::store::now();
                let today = gained_on(db, org, user, &rules, game.zone.day(now)).await?;
                Ok(Some(Profile {
                    now,
                    grants: grants.collect(),
                    today,
                    game,
                    rules,
                    account,
                }))
            })
        })
        .await
    }

    /// Lines of somebody's ledger, newest first, before a place.
    pub async fn ledger_page(
        &self,
        org: OrgId,
        user: UserId,
        before: Option<LinePlace>,
        limit: u64,
    ) -> Result<Vec<Line>, StoreError> {
        let sets = Arc::clone(self.sets());
        self.read("ledger", move |db| {
            Box::pin(async move {
                let mut found = award::Entity::find()
                    .filter(award::Column::OrgId.eq(org.0))
                    .filter(award::Column::UserId.eq(user.0));
                if let Some(before) = before {
                    let pos = number(Seq(before.pos));
                    found = found.filter(
                        Condition::any().add(award::Column::Pos.lt(pos)).add(
                            Condition::all()
                                .add(award::Column::Pos.eq(pos))
                                .add(award::Column::Line.lt(before.line)),
                        ),
                    );
                }
                let rows = found
                    .order_by_desc(award::Column::Pos)
                    .order_by_desc(award::Column::Line)
                    .limit(limit)
                    .all(db)
                    .await?;
                lines(db, &sets, org, rows).await
            })
        })
        .await
    }

    /// Lines of the ledgers of some people, of everybody for `None`, by person and oldest first,
    /// after a place: for exports, page by page.
    pub async fn ledger_export(
        &self,
        org: OrgId,
        of: Option<Vec<UserId>>,
        after: Option<(UserId, LinePlace)>,
        limit: u64,
    ) -> Result<Vec<Line>, StoreError> {
        let sets = Arc::clone(self.sets());
        self.read("ledger export", move |db| {
            Box::pin(async move {
                let mut found = award::Entity::find().filter(award::Column::OrgId.eq(org.0));
                if let Some(people) = of {
                    let people = people.into_iter().map(|user| user.0);
                    found = found.filter(award::Column::UserId.is_in(people));
                }
                if let Some((user, place)) = after {
                    use award::Column as C;
                    let key = [C::UserId, C::Pos, C::Line].map(Expr::col);
                    let there = [
                        Expr::value(user.0),
                        Expr::value(number(Seq(place.pos))),
                        Expr::value(place.line),
                    ];
                    found = found.filter(Expr::tuple(key).gt(Expr::tuple(there)));
                }
                let rows = found
                    .order_by_asc(award::Column::UserId)
                    .order_by_asc(award::Column::Pos)
                    .order_by_asc(award::Column::Line)
                    .limit(limit)
                    .all(db)
                    .await?;
                lines(db, &sets, org, rows).await
            })
        })
        .await
    }

    /// What looked like farming, newest first, in the cohorts a coach leads; everywhere for `None`.
    pub async fn suspicions(
        &self,
        org: OrgId,
        coach: Option<UserId>,
        before: Option<(i64, UserId, String)>,
        limit: u64,
    ) -> Result<Vec<Suspected>, StoreError> {
        self.read("suspicions", move |db| {
            Box::pin(async move {
                let mut found =
                    suspicion::Entity::find().filter(suspicion::Column::OrgId.eq(org.0));
                if let Some(coach) = coach {
                    let led = crate::store::cohorts::learners_of(org, coach);
                    found = found.filter(suspicion::Column::UserId.in_subquery(led));
                }
                if let Some((at, user, kind)) = before {
                    use suspicion::Column as C;
                    let key = [C::At, C::UserId, C::Kind].map(Expr::col);
                    let there = [Expr::value(at), Expr::value(user.0), Expr::value(kind)];
                    found = found.filter(Expr::tuple(key).lt(Expr::tuple(there)));
                }
                let rows = found
                    .order_by_desc(suspicion::Column::At)
                    .order_by_desc(suspicion::Column::UserId)
                    .order_by_desc(suspicion::Column::Kind)
                    .limit(limit)
                    .all(db)
                    .await?;
                let names = ludus_entities::user::Entity::find()
                    .filter(ludus_entities::user::Column::OrgId.eq(org.0))
                    .filter(
                        ludus_entities::user::Column::Id.is_in(rows.iter().map(|row| row.user_id)),
                    )
                    .all(db)
                    .await?;
                let names: HashMap<_, _> =
                    names.into_iter().map(|row| (row.id, row.name)).collect();
                let suspected = |row: suspicion::Model| Suspected {
                    user: UserId(row.user_id),
                    name: names.get(&row.user_id).cloned().unwrap_or_default(),
                    kind: row.kind,
                    pos: seq_of(row.pos).0,
                    at: Timestamp(row.at),
                };
                Ok(rows.into_iter().map(suspected).collect())
            })
        })
        .await
    }

    /// The learners of the cohorts a coach leads.
    pub async fn learners_led_by(
        &self,
        org: OrgId,
        coach: UserId,
    ) -> Result<Vec<UserId>, StoreError> {
        self.read("learners of a coach", move |db| {
            Box::pin(async move {
                let led = crate::store::cohorts::learners_of(org, coach);
                let statement = Query::select()
                    .distinct()
                    .expr(Expr::col(ludus_entities::user::Column::Id))
                    .from(ludus_entities::user::Entity)
                    .and_where(Expr::col(ludus_entities::user::Column::OrgId).eq(org.0))
                    .and_where(Expr::col(ludus_entities::user::Column::Id).in_subquery(led))
                    .to_owned();
                let rows = sea_orm::ConnectionTrait::query_all(db, &statement).await?;
                rows.iter()
                    .map(|row| Ok(UserId(row.try_get_by_index(0)?)))
                    .collect()
            })
        })
        .await
    }
}

/// What was gained on a day, by each kind of points there is.
async fn gained_on(
    db: &DatabaseConnection,
    org: OrgId,
    user: UserId,
    rules: &Compiled,
    day: ludus_domain::game::calendar::Day,
) -> Result<Vec<(Metric, i64)>, StoreError> {
    let set = rules.set();
    let mut kinds: Vec<Metric> = set
        .rules
        .iter()
        .map(|rule| &rule.kind)
        .chain([&set.levels.kind])
        .map(|kind| Metric::Points(kind.clone()))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let found = total::Entity::find()
        .filter(total::Column::OrgId.eq(org.0))
        .filter(total::Column::Scope.eq(Scope::Org.to_string()))
        .filter(total::Column::Metric.is_in(kinds.iter().map(Metric::to_string)))
        .filter(total::Column::Window.eq(Window::Day(day).to_string()))
        .filter(total::Column::UserId.eq(user.0))
        .all(db)
        .await?;
    let found: HashMap<_, _> = found.into_iter().map(|row| (row.metric, row.sum)).collect();
    let sum = |metric: Metric| {
        let sum = found.get(&metric.to_string()).copied().unwrap_or(0);
        (metric, sum)
    };
    Ok(kinds.into_iter().map(sum).collect())
}

/// Lines with the words their rules had when they paid.
pub(super) async fn lines(
    db: &DatabaseConnection,
    sets: &Sets,
    org: OrgId,
    rows: Vec<award::Model>,
) -> Result<Vec<Line>, StoreError> {
    let mut entries: HashMap<(uuid::Uuid, i64), String> = HashMap::new();
    // By the key of each entry, a few hundred at a time.
    let keys: std::collections::BTreeSet<_> =
        rows.iter().map(|row| (row.user_id, row.pos)).collect();
    let keys: Vec<_> = keys.into_iter().collect();
    for keys in keys.chunks(256) {
        let wanted = keys.iter().map(|(user, pos)| {
            Condition::all()
                .add(deed::Column::UserId.eq(*user))
                .add(deed::Column::Pos.eq(*pos))
        });
        let wanted = wanted.fold(Condition::any(), Condition::add);
        let found = deed::Entity::find()
            .select_only()
            .columns([
                deed::Column::UserId,
                deed::Column::Pos,
                deed::Column::RuleSet,
            ])
            .filter(deed::Column::OrgId.eq(org.0))
            .filter(wanted)
            .into_tuple::<(uuid::Uuid, i64, String)>()
            .all(db)
            .await?;
        entries.extend(
            found
                .into_iter()
                .map(|(user, pos, hash)| ((user, pos), hash)),
        );
    }
    let mut lines = vec![];
    for row in rows {
        let hash = entries.get(&(row.user_id, row.pos));
        let rules = match hash {
            Some(hash) => Some(sets.get(db, org, hash).await?),
            None => None,
        };
        let rule = row.rule.parse().ok();
        let says = rule.and_then(|rule| Some(rules?.rule(&rule)?.title.clone()));
        lines.push(Line {
            user: UserId(row.user_id),
            place: LinePlace {
                pos: seq_of(row.pos).0,
                line: row.line,
            },
            at: Timestamp(row.at),
            rule: row.rule,
            says,
            version: u32::try_from(row.version).unwrap_or(0),
            kind: row.kind,
            points: row.points,
            stream: row.stream,
            seq: seq_of(row.seq),
            part: u16::try_from(row.part).unwrap_or(u16::MAX),
            run: u32::try_from(row.run).unwrap_or(0),
            cause: row.cause,
        });
    }
    Ok(lines)
}
