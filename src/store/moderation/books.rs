//! What events of rooms write into the queue and the books, in their transactions.

use ludus_domain::ids::{CaseId, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Effect, Kept};
use ludus_domain::moderation::{CaseSource, CaseState, ReportReason};
use ludus_domain::time::Timestamp;
use ludus_entities::{hidden_line, moderation_act, moderation_case, moderation_report};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, Set,
};

use crate::store::journal::number;
use crate::store::people::fresh;

/// What an event of a room does to the queue and its books.
#[derive(Clone, Debug)]
pub(in crate::store) enum Moderation {
    Cover {
        line: Seq,
        on: bool,
    },
    Case {
        opened: Opened,
        report: Option<Told>,
    },
    Keep {
        by: UserId,
        kept: Kept,
    },
}

/// A line for coaches to look at.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Opened {
    pub(in crate::store) line: Seq,
    pub(in crate::store) of: Option<UserId>,
    pub(in crate::store) source: CaseSource,
}

/// Who told of it, and why.
#[derive(Clone, Debug)]
pub(in crate::store) struct Told {
    pub(in crate::store) by: UserId,
    pub(in crate::store) reason: ReportReason,
    pub(in crate::store) note: Option<String>,
}

impl Moderation {
    /// What an effect writes here, if anything.
    pub(in crate::store) fn of(by: UserId, effect: Effect) -> Option<Self> {
        Some(match effect {
            Effect::Cover { line, on } => Self::Cover { line, on },
            Effect::Case {
                line,
                of,
                source,
                report,
            } => Self::Case {
                opened: Opened { line, of, source },
                report: report.map(|(reason, note)| Told { by, reason, note }),
            },
            Effect::Keep(kept) => Self::Keep { by, kept },
            _ => return None,
        })
    }
}

/// Writes what an event of a room causes, in its transaction.
pub(in crate::store) async fn step(
    txn: &DatabaseTransaction,
    (org, room): (OrgId, RoomId),
    step: Moderation,
    now: Timestamp,
) -> Result<(), DbErr> {
    match step {
        Moderation::Cover { line, on } => {
            use hidden_line::Column as C;
            let row = hidden_line::ActiveModel {
                org_id: Set(org.0),
                room_id: Set(room.0),
                seq: Set(number(line)),
                retracted: Set(false),
                covered: Set(on),
            };
            let there = OnConflict::columns([C::OrgId, C::RoomId, C::Seq])
                .update_column(C::Covered)
                .to_owned();
            hidden_line::Entity::insert(row)
                .on_conflict(there)
                .exec_without_returning(txn)
                .await?;
        }
        Moderation::Case { opened, report } => {
            let id = open(txn, (org, room), opened, now).await?;
            if let (Some(id), Some(report)) = (id, report) {
                tell(txn, (org, id), report, now).await?;
            }
        }
        Moderation::Keep { by, kept } => {
            keep(txn, (org, Some(room)), None, (by, kept), now).await?;
        }
    }
    Ok(())
}

/// The case of a line: there is one, however often it is told of.
async fn open(
    txn: &DatabaseTransaction,
    (org, room): (OrgId, RoomId),
    opened: Opened,
    now: Timestamp,
) -> Result<Option<uuid::Uuid>, DbErr> {
    use moderation_case::Column as C;
    let row = moderation_case::ActiveModel {
        org_id: Set(org.0),
        id: Set(fresh()),
        room_id: Set(room.0),
        line: Set(number(opened.line)),
        author_id: Set(opened.of.map(|user| user.0)),
        source: Set(opened.source.as_str().to_owned()),
        state: Set(CaseState::Open.as_str().to_owned()),
        opened_at: Set(now.0),
        decided_by: Set(None),
        decided_at: Set(None),
    };
    let there = OnConflict::columns([C::OrgId, C::RoomId, C::Line])
        .do_nothing()
        .to_owned();
    moderation_case::Entity::insert(row)
        .on_conflict(there)
        .exec_without_returning(txn)
        .await?;
    let found = moderation_case::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::RoomId.eq(room.0))
        .filter(C::Line.eq(number(opened.line)))
        .one(txn)
        .await?;
    Ok(found.map(|row| row.id))
}

async fn tell(
    txn: &DatabaseTransaction,
    (org, case): (OrgId, uuid::Uuid),
    told: Told,
    now: Timestamp,
) -> Result<(), DbErr> {
    use moderation_report::Column as C;
    let row = moderation_report::ActiveModel {
        org_id: Set(org.0),
        case_id: Set(case),
        reporter_id: Set(told.by.0),
        reason: Set(told.reason.as_str().to_owned()),
        note: Set(told.note),
        at: Set(now.0),
    };
    let there = OnConflict::columns([C::OrgId, C::CaseId, C::ReporterId])
        .do_nothing()
        .to_owned();
    moderation_report::Entity::insert(row)
        .on_conflict(there)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Keeps what was done, and by whom.
pub(in crate::store) async fn keep(
    txn: &DatabaseTransaction,
    (org, room): (OrgId, Option<RoomId>),
    case: Option<CaseId>,
    (by, kept): (UserId, Kept),
    now: Timestamp,
) -> Result<(), DbErr> {
    let row = moderation_act::ActiveModel {
        org_id: Set(org.0),
        id: Set(fresh()),
        measure: Set(kept.measure.as_str().to_owned()),
        room_id: Set(room.map(|room| room.0)),
        line: Set(kept.line.map(number)),
        user_id: Set(kept.user.map(|user| user.0)),
        case_id: Set(case.map(|case| case.0)),
        by_id: Set(by.0),
        at: Set(now.0),
        until_at: Set(kept.until.map(|until| until.0)),
    };
    moderation_act::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}
