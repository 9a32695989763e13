//! Many rows in one statement, without a statement text for every count there is.
//!
//! Drivers prepare and keep statements by their text. Writes are cut into powers of two; lookups
//! are filled up to one by asking for the last key again. So each query has at most nine texts.

use std::fmt::Write as _;

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, InsertMany,
    IntoActiveModel, QueryResult, Statement, Value,
};

/// Rows of one statement. Ten columns of it stay far below what either database can bind.
const ROWS_MAX: usize = 256;

/// Inserts models, a few statements for any number of them.
pub(super) async fn insert<E, A>(
    txn: &DatabaseTransaction,
    mut rows: Vec<A>,
    conflict: impl Fn(InsertMany<A>) -> InsertMany<A>,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + Send + Sync,
    E::Model: IntoActiveModel<A>,
{
    while !rows.is_empty() {
        let rest = rows.split_off(largest_power_of_two(rows.len()));
        conflict(E::insert_many(rows))
            .exec_without_returning(txn)
            .await?;
        rows = rest;
    }
    Ok(())
}

/// Runs `sql(list of VALUES)` for keys of `N` columns. The list is a table `k(column1..columnN)`.
/// The last key may be in there several times.
pub(super) async fn lookup<const N: usize>(
    db: &impl ConnectionTrait,
    keys: &[[Value; N]],
    sql: impl Fn(&str) -> String,
) -> Result<Vec<QueryResult>, DbErr> {
    let mut found = vec![];
    for chunk in keys.chunks(ROWS_MAX) {
        found.extend(db.query_all_raw(statement(db, chunk, &sql)).await?);
    }
    Ok(found)
}

/// Like [`lookup`], for statements that change something; saying it twice must change nothing more.
pub(super) async fn apply<const N: usize>(
    txn: &DatabaseTransaction,
    keys: &[[Value; N]],
    sql: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    for chunk in keys.chunks(ROWS_MAX) {
        txn.execute_raw(statement(txn, chunk, &sql)).await?;
    }
    Ok(())
}

fn statement<const N: usize>(
    db: &impl ConnectionTrait,
    chunk: &[[Value; N]],
    sql: impl Fn(&str) -> String,
) -> Statement {
    let count = chunk.len().next_power_of_two();
    let mut list = String::with_capacity(count * N * 6);
    for row in 0..count {
        list.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=N {
            let comma = if column == 1 { "" } else { ", " };
            // Writing to a string cannot fail.
            write!(list, "{comma}${}", row * N + column).ok();
        }
        list.push(')');
    }
    let filler = chunk.last().into_iter().cycle();
    let values = chunk.iter().chain(filler).take(count).flatten().cloned();
    Statement::from_sql_and_values(db.get_database_backend(), sql(&list), values)
}

const fn largest_power_of_two(count: usize) -> usize {
    let count = if count > ROWS_MAX { ROWS_MAX } else { count };
    1 << count.ilog2()
}
