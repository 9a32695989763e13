//! What the store really has, read past the hub: the other witness of a run.
//!
//! Only text and integers are asked for, so that one reading serves SQLite and PostgreSQL.

use std::collections::BTreeMap;

use ludus_domain::audience::Audience;
use ludus_domain::ids::{CommandId, OrgId, Seq, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

/// An event as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    pub seq: Seq,
    pub at_ms: i64,
    pub by: Option<UserId>,
    pub audience: Audience,
    pub fact: Fact,
}

/// A stream as stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredStream {
    pub head: Seq,
    pub guard: Seq,
    /// The first event that is still kept.
    pub first: Seq,
    pub events: Vec<StoredEvent>,
}

/// A row of the table that makes commands happen once.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCommand {
    pub stream: StreamId,
    pub sender: UserId,
    pub id: CommandId,
    pub first: Seq,
    pub count: u32,
}

/// What was entered and paid.
#[derive(Clone, Debug, Default)]
pub struct StoredLedger {
    /// Whose, at which position, for which event.
    pub entries: Vec<(UserId, i64, StreamId, Seq)>,
    /// Whose, of which kind, how many points.
    pub lines: Vec<(UserId, String, i64)>,
    /// Points since ever, by person and kind.
    pub totals: BTreeMap<(UserId, String), i64>,
}

/// Everything a proof needs.
#[derive(Clone, Debug, Default)]
pub struct Database {
    pub streams: BTreeMap<StreamId, StoredStream>,
    pub commands: Vec<StoredCommand>,
    pub users: BTreeMap<UserId, (OrgId, Role)>,
    pub ledger: StoredLedger,
}

/// The database cannot be read, or does not say what it should.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the database cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a row of {table} is not as it should be: {fault}")]
    Row { table: &'static str, fault: String },
}

fn row_fault(table: &'static str, fault: impl ToString) -> Unreadable {
    Unreadable::Row {
        table,
        fault: fault.to_string(),
    }
}

/// How one kind of database writes a column as text.
#[derive(Clone, Copy)]
struct Dialect {
    uuid: fn(&str) -> String,
    bytes: fn(&str) -> String,
    quote: char,
}

const SQLITE: Dialect = Dialect {
    uuid: |column| format!("lower(hex({column}))"),
    bytes: |column| format!("CAST({column} AS TEXT)"),
    quote: '"',
};
const POSTGRES: Dialect = Dialect {
    uuid: |column| format!("{column}::text"),
    bytes: |column| format!("convert_from({column}, 'UTF8')"),
    quote: '"',
};

const STREAMS: &str = "SELECT key, head, guard, first FROM stream ORDER BY key";

impl Dialect {
    fn events(self) -> String {
        let q = self.quote;
        format!(
            "SELECT stream, seq, {by}, audience, {body}, {q}at{q} FROM event ORDER BY stream, seq",
            by = (self.uuid)(&format!("{q}by{q}")),
            body = (self.bytes)("body"),
        )
    }

    fn commands(self) -> String {
        format!(
            "SELECT stream, {sender}, {id}, first_seq, CAST(count AS BIGINT) FROM command ORDER BY stream, first_seq",
            sender = (self.uuid)("sender"),
            id = (self.uuid)("client_id"),
        )
    }

    fn entries(self) -> String {
        let user = (self.uuid)("user_id");
        format!("SELECT {user}, pos, stream, seq FROM deed ORDER BY user_id, pos")
    }

    fn lines(self) -> String {
        let user = (self.uuid)("user_id");
        format!("SELECT {user}, kind, points FROM award")
    }

    fn totals(self) -> String {
        let (q, user) = (self.quote, (self.uuid)("user_id"));
        format!(
            "SELECT {user}, metric, {q}sum{q} FROM total \
             WHERE scope = 'org' AND {q}window{q} = 'all' AND metric LIKE 'points:%'"
        )
    }

    fn users(self) -> String {
        let q = self.quote;
        format!(
            "SELECT {id}, {org}, role FROM {q}user{q}",
            id = (self.uuid)("id"),
            org = (self.uuid)("org_id"),
        )
    }
}

macro_rules! read_all {
    ($connection:expr, $dialect:expr) => {{
        let mut connection = $connection;
        let mut database = Database::default();
        for row in sqlx::query(STREAMS).fetch_all(&mut connection).await? {
            let head = StoredStream {
                head: seq(row.try_get(1)?),
                guard: seq(row.try_get(2)?),
                first: seq(row.try_get(3)?),
                events: Vec::new(),
            };
            database
                .streams
                .insert(parse("stream", &row.try_get::<String, _>(0)?)?, head);
        }
        for row in sqlx::query(AssertSqlSafe($dialect.events()))
            .fetch_all(&mut connection)
            .await?
        {
            database.take_event(
                &row.try_get::<String, _>(0)?,
                row.try_get(1)?,
                row.try_get(2)?,
                row.try_get(3)?,
                &row.try_get::<String, _>(4)?,
                row.try_get(5)?,
            )?;
        }
        for row in sqlx::query(AssertSqlSafe($dialect.commands()))
            .fetch_all(&mut connection)
            .await?
        {
            database.commands.push(StoredCommand {
                stream: parse("command", &row.try_get::<String, _>(0)?)?,
                sender: parse("command", &row.try_get::<String, _>(1)?)?,
                id: parse("command", &row.try_get::<String, _>(2)?)?,
                first: seq(row.try_get(3)?),
                count: u32::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u32::MAX),
            });
        }
        for row in sqlx::query(AssertSqlSafe($dialect.users()))
            .fetch_all(&mut connection)
            .await?
        {
            let role: String = row.try_get(2)?;
            let role = Role::parse(&role).ok_or_else(|| row_fault("user", "an unknown role"))?;
            database.users.insert(
                parse("user", &row.try_get::<String, _>(0)?)?,
                (parse("user", &row.try_get::<String, _>(1)?)?, role),
            );
        }
        for row in sqlx::query(AssertSqlSafe($dialect.entries()))
            .fetch_all(&mut connection)
            .await?
        {
            database.ledger.entries.push((
                parse("deed", &row.try_get::<String, _>(0)?)?,
                row.try_get(1)?,
                parse("deed", &row.try_get::<String, _>(2)?)?,
                seq(row.try_get(3)?),
            ));
        }
        for row in sqlx::query(AssertSqlSafe($dialect.lines()))
            .fetch_all(&mut connection)
            .await?
        {
            database.ledger.lines.push((
                parse("award", &row.try_get::<String, _>(0)?)?,
                row.try_get(1)?,
                row.try_get(2)?,
            ));
        }
        for row in sqlx::query(AssertSqlSafe($dialect.totals()))
            .fetch_all(&mut connection)
            .await?
        {
            let metric: String = row.try_get(1)?;
            let kind = metric.trim_start_matches("points:").to_owned();
            let user = parse("total", &row.try_get::<String, _>(0)?)?;
            database.ledger.totals.insert((user, kind), row.try_get(2)?);
        }
        connection.close().await?;
        Ok(database)
    }};
}

impl Database {
    /// Reads `postgres://...`, or a SQLite file by `sqlite://path` or its path alone. The hub need not be stopped.
    pub async fn read(url: &str) -> Result<Self, Unreadable> {
        if url.starts_with("postgres") {
            read_all!(PgConnection::connect(url).await?, POSTGRES)
        } else {
            let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
            let path = path.split('?').next().unwrap_or(path);
            let url = format!("sqlite://{path}?mode=rw");
            read_all!(SqliteConnection::connect(&url).await?, SQLITE)
        }
    }

    fn take_event(
        &mut self,
        stream: &str,
        place: i64,
        by: Option<String>,
        audience: Option<String>,
        body: &str,
        at_ms: i64,
    ) -> Result<(), Unreadable> {
        let id: StreamId = parse("event", stream)?;
        let fact = Fact::decode(id.kind(), body.as_bytes()).map_err(|e| row_fault("event", e))?;
        let by = match by.as_deref() {
            None | Some("") => None,
            Some(text) => Some(parse("event", text)?),
        };
        let audience = match audience.as_deref() {
            None => Audience::All,
            Some(json) => serde_json::from_str(json).map_err(|e| row_fault("event", e))?,
        };
        // An event without a stream's row is kept: the check will say so.
        self.streams
            .entry(id)
            .or_default()
            .events
            .push(StoredEvent {
                seq: seq(place),
                at_ms,
                by,
                audience,
                fact,
            });
        Ok(())
    }
}

fn seq(number: i64) -> Seq {
    Seq(u64::try_from(number).unwrap_or(0))
}

fn parse<T: std::str::FromStr<Err: ToString>>(
    table: &'static str,
    text: &str,
) -> Result<T, Unreadable> {
    text.parse()
        .map_err(|fault: T::Err| row_fault(table, fault))
}
