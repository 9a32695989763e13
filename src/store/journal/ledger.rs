//! The rows that deeds leave behind: entries, lines of the ledger, badges, totals.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ludus_domain::desk::signal::Signals;
use ludus_domain::game::account::{Entry, Paid};
use ludus_domain::game::calendar::Day;
use ludus_domain::game::deed::{Deed, Source};
use ludus_domain::game::gain::{Award, Gain, Gains, Outcome};
use ludus_domain::game::rules::Compiled;
use ludus_domain::game::total::{Metric, Now, Scope, Total, Window};
use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::slug::PointKind;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{award, badge_grant, deed, suspicion, total};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QueryResult, Set, Value,
};

use super::accounts::json;
use super::heads::{number, seq_of};
use crate::metrics;
use crate::store::alerts::{self, Alarm};
use crate::store::rows;

/// Why, where no rule says it. The reason stands in the inbox right before.
const BY_HAND: &str = "Adjusted by hand";

type Who = (OrgId, UserId);
/// What a total is of, and where and when it counts.
type Place = (Scope, Metric, Window);
/// An event, as far as somebody was paid for it.
pub(super) type Event = (OrgId, UserId, StreamId, Seq);

/// Everything an account ever took in and was paid.
#[derive(Default)]
pub(super) struct Past {
    pub(super) entries: Vec<Entry>,
    pub(super) awards: Vec<Award>,
}

/// Totals of one account as a transaction left them, told after its commit. Absolute: hearing them
/// twice, or late, does no harm to whoever keeps the one with the highest `pos`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedTotals {
    pub org: OrgId,
    pub user: UserId,
    /// The account's position, and so the version of the totals.
    pub pos: u64,
    pub totals: Vec<Total>,
}

/// What is written at the end of a transaction.
#[derive(Default)]
pub(super) struct Ledger {
    deeds: Vec<deed::ActiveModel>,
    awards: Vec<award::ActiveModel>,
    badges: Vec<badge_grant::ActiveModel>,
    suspicions: Vec<suspicion::ActiveModel>,
    /// The last word on each, and the position that said it.
    totals: BTreeMap<Who, BTreeMap<Place, (u64, Total)>>,
    signals: Arc<Signals>,
    /// Whom coaches are to be told of, and when it was noticed.
    alarms: Vec<Alarm>,
    alarmed_at: Timestamp,
}

impl Ledger {
    pub(super) fn new(signals: Arc<Signals>) -> Self {
        Self {
            signals,
            ..Self::default()
        }
    }

    pub(super) fn add(
        &mut self,
        (org, user): Who,
        rules: &str,
        entry: Entry,
        outcome: Outcome,
    ) -> Result<(), DbErr> {
        let pos = number(Seq(entry.pos));
        self.deeds.push(deed::ActiveModel {
            org_id: Set(org.0),
            user_id: Set(user.0),
            pos: Set(pos),
            at: Set(entry.at.0),
            day: Set(entry.day.0),
            org_day: Set(entry.now.day.0),
            season: Set(entry
                .now
                .season
                .map(|season| i32::try_from(season).unwrap_or(i32::MAX))),
            rule_set: Set(rules.to_owned()),
            stream: Set(entry.source.stream.to_string()),
            seq: Set(number(entry.source.seq)),
            part: Set(entry.source.part.into()),
            kind: Set(entry.deed.kind().as_str().to_owned()),
            body: Set(serde_json::to_vec(&entry.deed).map_err(json)?),
        });
        for (line, award) in (0..).zip(outcome.awards) {
            self.awards.push(award::ActiveModel {
                org_id: Set(org.0),
                user_id: Set(user.0),
                pos: Set(pos),
                line: Set(line),
                rule: Set(award.rule.to_string()),
                version: Set(i32::try_from(award.version).unwrap_or(i32::MAX)),
                kind: Set(award.kind.to_string()),
                points: Set(award.points),
                stream: Set(award.source.stream.to_string()),
                seq: Set(number(award.source.seq)),
                part: Set(award.source.part.into()),
                run: Set(i32::try_from(award.run).unwrap_or(i32::MAX)),
                cause: Set(award.cause.to_string()),
                at: Set(entry.at.0),
            });
        }
        for grant in outcome.badges {
            self.badges.push(badge_grant::ActiveModel {
                org_id: Set(org.0),
                user_id: Set(user.0),
                badge: Set(grant.badge.to_string()),
                level: Set(grant.level.into()),
                pos: Set(pos),
                at: Set(entry.at.0),
            });
        }
        if !outcome.suspicions.is_empty() {
            let told = self.signals.of_suspicion();
            let alarms = told.map(|signal| Alarm::of(org, user, None, signal));
            self.alarms.extend(alarms);
            self.alarmed_at = self.alarmed_at.max(entry.at);
        }
        for found in outcome.suspicions {
            self.suspicions.push(suspicion::ActiveModel {
                org_id: Set(org.0),
                user_id: Set(user.0),
                pos: Set(pos),
                kind: Set(found.as_str().to_owned()),
                at: Set(entry.at.0),
            });
        }
        if !outcome.totals.is_empty() {
            let totals = self.totals.entry((org, user)).or_default();
            for total in outcome.totals {
                let key = (total.scope, total.metric.clone(), total.window);
                totals.insert(key, (entry.pos, total));
            }
        }
        Ok(())
    }

    pub(super) async fn save(
        self,
        txn: &DatabaseTransaction,
    ) -> Result<Vec<CommittedTotals>, DbErr> {
        if !self.deeds.is_empty() {
            metrics::deeds_committed(self.deeds.len());
        }
        rows::insert::<deed::Entity, _>(txn, self.deeds, |insert| insert).await?;
        rows::insert::<award::Entity, _>(txn, self.awards, |insert| insert).await?;
        rows::insert::<badge_grant::Entity, _>(txn, self.badges, |insert| insert).await?;
        rows::insert::<suspicion::Entity, _>(txn, self.suspicions, |insert| insert).await?;
        alerts::alarm(txn, self.alarms, self.alarmed_at).await?;
        let mut committed = vec![];
        let mut written = vec![];
        for ((org, user), totals) in self.totals {
            let mut told = CommittedTotals {
                org,
                user,
                pos: 0,
                totals: vec![],
            };
            for (pos, total) in totals.into_values() {
                written.push(row(org, user, pos, &total));
                told.pos = told.pos.max(pos);
                told.totals.push(total);
            }
            committed.push(told);
        }
        rows::insert::<total::Entity, _>(txn, written, |insert| {
            use total::Column as C;
            insert.on_conflict(
                OnConflict::columns([C::OrgId, C::Scope, C::Metric, C::Window, C::UserId])
                    .update_columns([
                        C::Sum,
                        C::Best,
                        C::Last,
                        C::SumAt,
                        C::BestAt,
                        C::LastAt,
                        C::Version,
                    ])
                    .to_owned(),
            )
        })
        .await?;
        Ok(committed)
    }
}

fn row(org: OrgId, user: UserId, pos: u64, total: &Total) -> total::ActiveModel {
    total::ActiveModel {
        org_id: Set(org.0),
        scope: Set(total.scope.to_string()),
        metric: Set(total.metric.to_string()),
        window: Set(total.window.to_string()),
        user_id: Set(user.0),
        sum: Set(total.sum),
        best: Set(total.best),
        last: Set(total.last),
        sum_at: Set(total.sum_at.0),
        best_at: Set(total.best_at.0),
        last_at: Set(total.last_at.0),
        version: Set(number(Seq(pos))),
    }
}

/// What the owner of an account is told of an entry; nothing when it gained nothing.
pub(super) fn gains(set: &Compiled, entry: &Entry, outcome: &Outcome) -> Option<Gains> {
    let points: Vec<Gain> = outcome
        .awards
        .iter()
        .filter(|award| award.points != 0)
        .map(|award| Gain {
            rule: award.rule.clone(),
            kind: award.kind.clone(),
            points: award.points,
            says: set
                .rule(&award.rule)
                .map_or(BY_HAND, |rule| rule.title.as_str())
                .to_owned(),
        })
        .collect();
    let totals: BTreeMap<PointKind, i64> = outcome
        .totals
        .iter()
        .filter(|total| (total.scope, total.window) == (Scope::Org, Window::All))
        .filter_map(|total| match &total.metric {
            Metric::Points(kind) if points.iter().any(|gain| gain.kind == *kind) => {
                Some((kind.clone(), total.sum))
            }
            _ => None,
        })
        .collect();
    let gains = Gains {
        source: entry.source,
        pos: entry.pos,
        points,
        totals,
        badges: outcome.badges.clone(),
        level: outcome.level,
        streak: outcome.streak,
        quests: outcome.quests.clone(),
    };
    (!gains.is_empty()).then_some(gains)
}

/// What the ledger has for some events, whatever part of them, each line with the place of what it
/// was paid for.
pub(super) async fn paid(
    txn: &DatabaseTransaction,
    events: Vec<Event>,
) -> Result<HashMap<Event, Vec<Paid>>, DbErr> {
    let keys: Vec<[Value; 4]> = events
        .iter()
        .map(|(org, user, stream, seq)| {
            [
                org.0.into(),
                user.0.into(),
                stream.to_string().into(),
                number(*seq).into(),
            ]
        })
        .collect();
    let mut paid: HashMap<_, Vec<Paid>> = events.into_iter().map(|key| (key, vec![])).collect();
    for row in rows::lookup(txn, &keys, paid_sql).await? {
        let (org, user) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let season: Option<i32> = row.try_get_by_index(4)?;
        let line = Paid {
            award: award_of(&row, 5)?,
            at: Timestamp(row.try_get_by_index(2)?),
            now: Now {
                day: Day(row.try_get_by_index(3)?),
                season: season.and_then(|season| season.try_into().ok()),
            },
        };
        let source = line.award.source;
        let lines = paid
            .entry((OrgId(org), UserId(user), source.stream, source.seq))
            .or_default();
        // The last key of a lookup is asked for several times.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    Ok(paid)
}

/// Everything one account ever took in and was paid, in order.
pub(super) async fn past(
    txn: &DatabaseTransaction,
    org: OrgId,
    user: UserId,
) -> Result<Past, DbErr> {
    let mut past = Past::default();
    let deeds = deed::Entity::find()
        .filter(deed::Column::OrgId.eq(org.0))
        .filter(deed::Column::UserId.eq(user.0))
        .order_by_asc(deed::Column::Pos)
        .all(txn)
        .await?;
    for row in deeds {
        past.entries.push(entry_of(row)?);
    }
    let key = [[org.0.into(), user.0.into()]];
    for row in rows::lookup(txn, &key, awards_sql).await? {
        past.awards.push(award_of(&row, 0)?);
    }
    Ok(past)
}

/// A stored entry, as it was taken in.
pub fn entry_of(row: deed::Model) -> Result<Entry, DbErr> {
    let deed: Deed = serde_json::from_slice(&row.body).map_err(json)?;
    Ok(Entry {
        pos: seq_of(row.pos).0,
        at: Timestamp(row.at),
        source: Source {
            stream: row
                .stream
                .parse()
                .map_err(|_| DbErr::Type(format!("{} is no stream", row.stream)))?,
            seq: seq_of(row.seq),
            part: u16::try_from(row.part).unwrap_or(u16::MAX),
        },
        deed,
        day: Day(row.day),
        now: Now {
            day: Day(row.org_day),
            season: row.season.and_then(|season| season.try_into().ok()),
        },
    })
}

pub(super) fn paid_sql(list: &str) -> String {
    format!(
        "SELECT w.org_id, w.user_id, d.at, d.org_day, d.season, {AWARD} \
         FROM (VALUES {list}) AS k CROSS JOIN award AS w CROSS JOIN deed AS d \
         WHERE w.org_id = k.column1 AND w.user_id = k.column2 \
         AND w.stream = k.column3 AND w.seq = k.column4 \
         AND d.org_id = k.column1 AND d.user_id = k.column2 \
         AND d.stream = k.column3 AND d.seq = k.column4 \
         ORDER BY w.pos, w.line"
    )
}

fn awards_sql(list: &str) -> String {
    format!(
        "SELECT {AWARD} FROM (VALUES {list}) AS k CROSS JOIN award AS w \
         WHERE w.org_id = k.column1 AND w.user_id = k.column2 ORDER BY w.pos, w.line"
    )
}

/// The columns [`award_of`] reads.
const AWARD: &str = "w.rule, w.version, w.points, w.kind, w.stream, w.seq, w.part, w.run, w.cause";

fn award_of(row: &QueryResult, from: usize) -> Result<Award, DbErr> {
    let text = |index: usize| row.try_get_by_index::<String>(from + index);
    let whole = |index: usize| -> Result<u32, DbErr> {
        let number: i32 = row.try_get_by_index(from + index)?;
        Ok(u32::try_from(number).unwrap_or(0))
    };
    let unreadable = |what: &str| DbErr::Type(format!("an award has no readable {what}"));
    Ok(Award {
        rule: text(0)?.parse().map_err(|_| unreadable("rule"))?,
        version: whole(1)?,
        points: row.try_get_by_index(from + 2)?,
        kind: text(3)?.parse().map_err(|_| unreadable("kind"))?,
        source: Source {
            stream: text(4)?.parse().map_err(|_| unreadable("source"))?,
            seq: seq_of(row.try_get_by_index(from + 5)?),
            part: u16::try_from(whole(6)?).unwrap_or(u16::MAX),
        },
        run: whole(7)?,
        cause: text(8)?.parse().map_err(|_| unreadable("cause"))?,
    })
}
