//! What a failed statement means for whoever asked: try again, split, or give up.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

/// The kinds of failure the store tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The connection or the whole store is gone, full or too slow. What was being committed may be there.
    Lost,
    /// Two transactions met; doing it again is the cure.
    Clash,
    /// The database will not have this very row, now or later.
    Constraint,
    /// A mistake in our SQL or our reading of it.
    Wrong,
}

impl Trouble {
    pub fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Lost,
            DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of_driver(error),
            _ => Self::Wrong,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(answer) => {
                let code = answer.code().unwrap_or_default();
                if answer
                    .try_downcast_ref::<sqlx::sqlite::SqliteError>()
                    .is_some()
                {
                    of_sqlite(code.parse().unwrap_or(0))
                } else {
                    of_postgres(&code)
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Lost,
            _ => Self::Wrong,
        }
    }
}

/// By SQLite's primary result code, which is the low byte of the extended one.
const fn of_sqlite(extended: u32) -> Trouble {
    match extended & 0xff {
        // BUSY, LOCKED: another process holds the file.
        5 | 6 => Trouble::Clash,
        // NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL
        7 | 8 | 9 | 10 | 11 | 13 | 14 | 15 => Trouble::Lost,
        // TOOBIG, CONSTRAINT, MISMATCH
        18..=20 => Trouble::Constraint,
        _ => Trouble::Wrong,
    }
}

/// By SQLSTATE.
fn of_postgres(state: &str) -> Trouble {
    match state {
        // serialisation failure, deadlock, lock not available in time
        "40001" | "40P01" | "55P03" => Trouble::Clash,
        // read-only after a failover; statement or idle timeout
        "25006" | "25P03" | "57014" => Trouble::Lost,
        _ => match state.get(..2) {
            // connection, resources, the operator, the system; no such database or role just now
            Some("08" | "53" | "57" | "58" | "28" | "3D") => Trouble::Lost,
            // data, integrity, raised by a trigger
            Some("22" | "23" | "P0") => Trouble::Constraint,
            _ => Trouble::Wrong,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_the_manuals_say() {
        assert_eq!(of_sqlite(5), Trouble::Clash);
        assert_eq!(of_sqlite(1555), Trouble::Constraint);
        assert_eq!(of_sqlite(13), Trouble::Lost);
        assert_eq!(of_postgres("57P01"), Trouble::Lost);
        assert_eq!(of_postgres("40P01"), Trouble::Clash);
        assert_eq!(of_postgres("23505"), Trouble::Constraint);
        assert_eq!(of_postgres("42601"), Trouble::Wrong);
    }
}
