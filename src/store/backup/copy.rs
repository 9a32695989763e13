//! Every table from one database to another, a page at a time, in an order that keys allow.

use ludus_entities::{
    account, account_room, alert, alert_act, api_key, assignment, audit_entry, award, badge_grant,
    board_choice, breakout, cohort, cohort_goal, cohort_member, command, content_draft,
    content_head, content_version, contest, contest_entry, contest_team, deed, display_grant,
    division, division_member, event, game, held_seat, hidden_line, idempotency, job, kudos,
    league_week, learner_note, link, meeting, member, memory_choice, moderation_act,
    moderation_appeal, moderation_case, moderation_report, node, org, persona_instruction,
    persona_memory, policy_change, practice, practice_report, purse, rank_day, rank_point,
    reservation, room, room_comment, rule_set, season, season_standing, setting, sign_in, stream,
    suspicion, team, total, turn, user, word_list,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, FromQueryResult, IntoActiveModel, QueryResult, Statement,
};

use crate::store::rows;

/// Rows held in memory at a time.
const PAGE: usize = 256;

/// Where rows come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Sqlite(&'a DatabaseConnection),
    /// A snapshot; its cursors see one moment.
    Postgres(&'a DatabaseTransaction),
}

/// Copies all tables. A new table gets a line here; the tests compare this list with the migrations.
pub(super) async fn everything(from: Source<'_>, to: &DatabaseTransaction) -> Result<(), DbErr> {
    table::<org::Entity, org::ActiveModel>(from, to).await?;
    table::<user::Entity, user::ActiveModel>(from, to).await?;
    table::<sign_in::Entity, sign_in::ActiveModel>(from, to).await?;
    table::<link::Entity, link::ActiveModel>(from, to).await?;
    table::<cohort::Entity, cohort::ActiveModel>(from, to).await?;
    table::<team::Entity, team::ActiveModel>(from, to).await?;
    table::<cohort_member::Entity, cohort_member::ActiveModel>(from, to).await?;
    table::<room::Entity, room::ActiveModel>(from, to).await?;
    table::<member::Entity, member::ActiveModel>(from, to).await?;
    table::<stream::Entity, stream::ActiveModel>(from, to).await?;
    table::<event::Entity, event::ActiveModel>(from, to).await?;
    table::<command::Entity, command::ActiveModel>(from, to).await?;
    table::<hidden_line::Entity, hidden_line::ActiveModel>(from, to).await?;
    table::<job::Entity, job::ActiveModel>(from, to).await?;
    table::<idempotency::Entity, idempotency::ActiveModel>(from, to).await?;
    table::<game::Entity, game::ActiveModel>(from, to).await?;
    table::<rule_set::Entity, rule_set::ActiveModel>(from, to).await?;
    table::<content_version::Entity, content_version::ActiveModel>(from, to).await?;
    table::<content_head::Entity, content_head::ActiveModel>(from, to).await?;
    table::<content_draft::Entity, content_draft::ActiveModel>(from, to).await?;
    table::<account::Entity, account::ActiveModel>(from, to).await?;
    table::<account_room::Entity, account_room::ActiveModel>(from, to).await?;
    table::<deed::Entity, deed::ActiveModel>(from, to).await?;
    table::<award::Entity, award::ActiveModel>(from, to).await?;
    table::<badge_grant::Entity, badge_grant::ActiveModel>(from, to).await?;
    table::<total::Entity, total::ActiveModel>(from, to).await?;
    table::<suspicion::Entity, suspicion::ActiveModel>(from, to).await?;
    table::<kudos::Entity, kudos::ActiveModel>(from, to).await?;
    table::<board_choice::Entity, board_choice::ActiveModel>(from, to).await?;
    table::<season::Entity, season::ActiveModel>(from, to).await?;
    table::<season_standing::Entity, season_standing::ActiveModel>(from, to).await?;
    table::<league_week::Entity, league_week::ActiveModel>(from, to).await?;
    table::<division::Entity, division::ActiveModel>(from, to).await?;
    table::<division_member::Entity, division_member::ActiveModel>(from, to).await?;
    table::<contest::Entity, contest::ActiveModel>(from, to).await?;
    table::<contest_entry::Entity, contest_entry::ActiveModel>(from, to).await?;
    table::<contest_team::Entity, contest_team::ActiveModel>(from, to).await?;
    table::<held_seat::Entity, held_seat::ActiveModel>(from, to).await?;
    table::<turn::Entity, turn::ActiveModel>(from, to).await?;
    table::<persona_memory::Entity, persona_memory::ActiveModel>(from, to).await?;
    table::<persona_instruction::Entity, persona_instruction::ActiveModel>(from, to).await?;
    table::<memory_choice::Entity, memory_choice::ActiveModel>(from, to).await?;
    table::<policy_change::Entity, policy_change::ActiveModel>(from, to).await?;
    table::<purse::Entity, purse::ActiveModel>(from, to).await?;
    table::<reservation::Entity, reservation::ActiveModel>(from, to).await?;
    table::<practice::Entity, practice::ActiveModel>(from, to).await?;
    table::<practice_report::Entity, practice_report::ActiveModel>(from, to).await?;
    table::<api_key::Entity, api_key::ActiveModel>(from, to).await?;
    table::<display_grant::Entity, display_grant::ActiveModel>(from, to).await?;
    table::<rank_point::Entity, rank_point::ActiveModel>(from, to).await?;
    table::<rank_day::Entity, rank_day::ActiveModel>(from, to).await?;
    table::<node::Entity, node::ActiveModel>(from, to).await?;
    table::<alert::Entity, alert::ActiveModel>(from, to).await?;
    table::<alert_act::Entity, alert_act::ActiveModel>(from, to).await?;
    table::<room_comment::Entity, room_comment::ActiveModel>(from, to).await?;
    table::<learner_note::Entity, learner_note::ActiveModel>(from, to).await?;
    table::<audit_entry::Entity, audit_entry::ActiveModel>(from, to).await?;
    table::<moderation_case::Entity, moderation_case::ActiveModel>(from, to).await?;
    table::<moderation_report::Entity, moderation_report::ActiveModel>(from, to).await?;
    table::<moderation_act::Entity, moderation_act::ActiveModel>(from, to).await?;
    table::<moderation_appeal::Entity, moderation_appeal::ActiveModel>(from, to).await?;
    table::<word_list::Entity, word_list::ActiveModel>(from, to).await?;
    table::<assignment::Entity, assignment::ActiveModel>(from, to).await?;
    table::<cohort_goal::Entity, cohort_goal::ActiveModel>(from, to).await?;
    table::<meeting::Entity, meeting::ActiveModel>(from, to).await?;
    table::<breakout::Entity, breakout::ActiveModel>(from, to).await?;
    table::<setting::Entity, setting::ActiveModel>(from, to).await
}

/// The first table that has something in it which a fresh database has not.
pub(super) async fn first_filled(txn: &DatabaseTransaction) -> Result<Option<&'static str>, DbErr> {
    // Everything else belongs to one of these.
    for table in ["org", "stream", "room"] {
        let sql = format!("SELECT 1 FROM \"{table}\" LIMIT 1");
        let found = Statement::from_string(txn.get_database_backend(), sql);
        if txn.query_one_raw(found).await?.is_some() {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

async fn table<E, A>(from: Source<'_>, to: &DatabaseTransaction) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: FromQueryResult + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E> + Send + Sync,
{
    let name = E::default().table_name().to_owned();
    let mut pages = Pages::open(from, &name).await?;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return pages.close().await;
        }
        let models = page
            .iter()
            .map(|row| {
                Ok(E::Model::from_query_result(row, "")?
                    .into_active_model()
                    // Read from one database, new to the other.
                    .reset_all())
            })
            .collect::<Result<Vec<A>, DbErr>>()?;
        rows::insert::<E, A>(to, models, |insert| insert).await?;
    }
}

/// A table, page by page.
struct Pages<'a> {
    from: Source<'a>,
    name: &'a str,
    /// The last row that was read, by SQLite's own number.
    last: i64,
}

impl<'a> Pages<'a> {
    async fn open(from: Source<'a>, name: &'a str) -> Result<Self, DbErr> {
        if let Source::Postgres(txn) = from {
            // A name per table: the driver remembers a statement's columns by its text.
            let declare =
                format!("DECLARE page_{name} NO SCROLL CURSOR FOR SELECT * FROM \"{name}\"");
            txn.execute_unprepared(&declare).await?;
        }
        Ok(Self {
            from,
            name,
            last: i64::MIN,
        })
    }

    async fn next(&mut self) -> Result<Vec<QueryResult>, DbErr> {
        match self.from {
            Source::Postgres(txn) => {
                let fetch = format!("FETCH {PAGE} FROM page_{}", self.name);
                let fetch = Statement::from_string(txn.get_database_backend(), fetch);
                txn.query_all_raw(fetch).await
            }
            Source::Sqlite(db) => {
                let name = self.name;
                let sql = format!(
                    "SELECT rowid AS row_number, * FROM \"{name}\" WHERE rowid > $1 \
                     ORDER BY rowid LIMIT {PAGE}"
                );
                let backend = db.get_database_backend();
                let page = Statement::from_sql_and_values(backend, sql, [self.last.into()]);
                let page = db.query_all_raw(page).await?;
                if let Some(row) = page.last() {
                    self.last = row.try_get("", "row_number")?;
                }
                Ok(page)
            }
        }
    }

    async fn close(self) -> Result<(), DbErr> {
        if let Source::Postgres(txn) = self.from {
            let close = format!("CLOSE page_{}", self.name);
            txn.execute_unprepared(&close).await?;
        }
        Ok(())
    }
}
