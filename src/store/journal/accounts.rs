//! Accounts: whose standing a transaction may change. Locked in one order, after the streams; told
//! of deeds one by one; saved together with everything the deeds gained.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ludus_domain::desk::signal::Signals;
use ludus_domain::game::account::{Account, Paid, RoomTally, rescore};
use ludus_domain::game::calendar::Zone;
use ludus_domain::game::deed::{Deed, Source};
use ludus_domain::game::rules::Compiled;
use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::account;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, Set, Value};

use super::heads::{Heads, number};
use super::ledger::{CommittedTotals, Event, Ledger, Past, gains, paid, past};
use crate::metrics;
use crate::store::game::sets::{Sets, gate};
use crate::store::rows;

type Who = (OrgId, UserId);
type Tally = (OrgId, UserId, RoomId);

/// What an org plays by. Held shared until the end of the transaction: whoever closes a window
/// waits for everything that falls into it.
struct Playing {
    hash: String,
    set: Arc<Compiled>,
    zone: Zone,
    season: Option<u32>,
    /// Everything up to here is closed. A node whose clock is behind pays from here on.
    closed_until: Timestamp,
}

/// The games of a transaction. The first of all locks.
#[derive(Default)]
pub(super) struct Games {
    playing: BTreeMap<OrgId, Playing>,
    /// For whom the game suspects.
    signals: Arc<Signals>,
}

impl Games {
    /// Locks the games of some orgs. An org without one plays none: nothing is counted there.
    pub(super) async fn lock(
        txn: &DatabaseTransaction,
        sets: &Sets,
        orgs: &BTreeSet<OrgId>,
    ) -> Result<Self, DbErr> {
        let keys: Vec<[Value; 3]> = (0_i64..)
            .zip(orgs)
            .map(|(place, org)| [org.0.into(), place.into(), gate(*org).into()])
            .collect();
        let backend = txn.get_database_backend();
        let found = rows::lookup(txn, &keys, |list| games_sql(list, backend)).await?;
        let mut games = BTreeMap::new();
        for row in found {
            let org = OrgId(row.try_get_by_index(0)?);
            let hash: String = row.try_get_by_index(1)?;
            let season: Option<i32> = row.try_get_by_index(2)?;
            let zone: String = row.try_get_by_index(3)?;
            let closed_until = Timestamp(row.try_get_by_index(4)?);
            let playing = Playing {
                set: sets.get(txn, org, &hash).await?,
                hash,
                zone: zone.parse().unwrap_or_else(|_| Zone::utc()),
                season: season.and_then(|season| season.try_into().ok()),
                closed_until,
            };
            games.insert(org, playing);
        }
        let (playing, signals) = (games, sets.signals());
        Ok(Self { playing, signals })
    }
}

/// Everything that evaluating some deeds asks for, known before they have a place.
#[derive(Default)]
pub(super) struct Needs {
    people: BTreeSet<Who>,
    tallies: BTreeSet<Tally>,
    /// Lines that are taken back.
    taken_back: BTreeSet<Event>,
    /// Accounts to which the rules of now are applied from the beginning.
    rescored: BTreeSet<Who>,
}

impl Needs {
    pub(super) fn account(&mut self, org: OrgId, user: UserId) {
        self.people.insert((org, user));
    }

    pub(super) fn deed(&mut self, org: OrgId, user: UserId, deed: &Deed) {
        if let Some(room) = deed.room() {
            self.tallies.insert((org, user, room));
        }
        match deed {
            Deed::LineRetracted { room, line } | Deed::Rejudged { room, of: line, .. } => {
                self.taken_back
                    .insert((org, user, StreamId::Room(*room), *line));
            }
            Deed::Rescored { .. } => {
                self.rescored.insert((org, user));
            }
            _ => {}
        }
    }

    pub(super) fn orgs(&self) -> BTreeSet<OrgId> {
        self.people.iter().map(|(org, _)| *org).collect()
    }
}

/// A locked account.
struct Held {
    account: Account,
    /// When this transaction changed it.
    changed_at: Option<Timestamp>,
}

/// A room as one account knows it.
#[derive(Default)]
struct Counted {
    tally: RoomTally,
    is_changed: bool,
}

/// The accounts a transaction holds, and what they gained so far.
pub(super) struct Accounts {
    games: BTreeMap<OrgId, Playing>,
    held: BTreeMap<Who, Held>,
    tallies: HashMap<Tally, Counted>,
    /// What lines that are taken back were paid.
    paid: HashMap<Event, Vec<Paid>>,
    pasts: HashMap<Who, Past>,
    ledger: Ledger,
}

impl Accounts {
    /// Locks what is needed, makes accounts that nobody has written to yet, and reads it all.
    pub(super) async fn lock(
        txn: &DatabaseTransaction,
        games: Games,
        needs: Needs,
    ) -> Result<Self, DbErr> {
        let mut accounts = Self {
            games: games.playing,
            held: BTreeMap::new(),
            tallies: HashMap::new(),
            paid: HashMap::new(),
            pasts: HashMap::new(),
            ledger: Ledger::new(games.signals),
        };
        let plays = |org: &OrgId| accounts.games.contains_key(org);
        let people: BTreeSet<Who> = needs
            .people
            .into_iter()
            .filter(|who| plays(&who.0))
            .collect();
        let tallies: Vec<[Value; 3]> = needs
            .tallies
            .iter()
            .filter(|tally| plays(&tally.0))
            .map(|(org, user, room)| [org.0.into(), user.0.into(), room.0.into()])
            .collect();
        let taken_back: Vec<Event> = needs
            .taken_back
            .into_iter()
            .filter(|event| plays(&event.0))
            .collect();
        let rescored: Vec<Who> = needs
            .rescored
            .into_iter()
            .filter(|who| plays(&who.0))
            .collect();
        accounts.read(txn, people.iter()).await?;
        accounts.create_missing(txn, &people).await?;
        // Held by their accounts from here on.
        for row in rows::lookup(txn, &tallies, tallies_sql).await? {
            let key = (
                OrgId(row.try_get_by_index(0)?),
                UserId(row.try_get_by_index(1)?),
                RoomId(row.try_get_by_index(2)?),
            );
            let state: Vec<u8> = row.try_get_by_index(3)?;
            let counted = Counted {
                tally: serde_json::from_slice(&state).map_err(json)?,
                is_changed: false,
            };
            accounts.tallies.insert(key, counted);
        }
        accounts.paid = paid(txn, taken_back).await?;
        for (org, user) in rescored {
            accounts
                .pasts
                .insert((org, user), past(txn, org, user).await?);
        }
        Ok(accounts)
    }

    async fn read(
        &mut self,
        txn: &DatabaseTransaction,
        people: impl Iterator<Item = &Who>,
    ) -> Result<(), DbErr> {
        let keys: Vec<[Value; 3]> = (0_i64..)
            .zip(people)
            .map(|(place, (org, user))| [org.0.into(), user.0.into(), place.into()])
            .collect();
        let lock = match txn.get_database_backend() {
            DbBackend::Postgres => "FOR UPDATE OF a",
            _ => "",
        };
        for row in rows::lookup(txn, &keys, |list| accounts_sql(list, lock)).await? {
            let who = (
                OrgId(row.try_get_by_index(0)?),
                UserId(row.try_get_by_index(1)?),
            );
            let state: Vec<u8> = row.try_get_by_index(2)?;
            let account = if state.is_empty() {
                Account::new(who.1)
            } else {
                serde_json::from_slice(&state).map_err(json)?
            };
            let held = Held {
                account,
                changed_at: None,
            };
            self.held.insert(who, held);
        }
        Ok(())
    }

    /// Whoever makes the same account meanwhile is waited for, with every older lock held in order.
    async fn create_missing(
        &mut self,
        txn: &DatabaseTransaction,
        people: &BTreeSet<Who>,
    ) -> Result<(), DbErr> {
        let missing: Vec<&Who> = people
            .iter()
            .filter(|who| !self.held.contains_key(*who))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let rows = missing
            .iter()
            .map(|(org, user)| account::ActiveModel {
                org_id: Set(org.0),
                user_id: Set(user.0),
                pos: Set(0),
                state: Set(vec![]),
                changed_at: Set(0),
            })
            .collect();
        rows::insert::<account::Entity, _>(txn, rows, |insert| {
            use account::Column as C;
            insert.on_conflict(
                OnConflict::columns([C::OrgId, C::UserId])
                    .do_nothing()
                    .to_owned(),
            )
        })
        .await?;
        self.read(txn, missing.into_iter()).await
    }

    /// Takes a deed in: its entry, and whatever it gains. The owner is told in their inbox.
    pub(super) fn take(
        &mut self,
        heads: &mut Heads,
        (org, user): Who,
        source: Source,
        deed: Deed,
    ) -> Result<(), DbErr> {
        let Some(game) = self.games.get(&org) else {
            return Ok(());
        };
        let begun = tokio::time::Instant::now();
        let held = self
            .held
            .get_mut(&(org, user))
            .ok_or_else(|| DbErr::Custom("an account was not locked".to_owned()))?;
        let at = heads.now().max(game.closed_until);
        let entry = held
            .account
            .entry(deed, source, at, &game.zone, game.season);
        held.changed_at = Some(entry.at);
        let outcome = match self.pasts.get_mut(&(org, user)) {
            Some(past) if matches!(entry.deed, Deed::Rescored { .. }) => {
                let done = rescore(
                    &held.account,
                    &game.set,
                    &past.entries,
                    &entry,
                    &past.awards,
                );
                held.account = done.account;
                for (room, tally) in done.rooms {
                    let is_changed = true;
                    self.tallies
                        .insert((org, user, room), Counted { tally, is_changed });
                }
                done.outcome
            }
            _ => {
                let mut nowhere = Counted::default();
                let counted = match entry.deed.room() {
                    Some(room) => self.tallies.entry((org, user, room)).or_default(),
                    None => &mut nowhere,
                };
                counted.is_changed = true;
                let paid = match &entry.deed {
                    Deed::LineRetracted { room, line } | Deed::Rejudged { room, of: line, .. } => {
                        self.paid.get(&(org, user, StreamId::Room(*room), *line))
                    }
                    _ => None,
                };
                let paid = paid.map_or(&[][..], Vec::as_slice);
                let account = &mut held.account;
                account.take(&game.set, &entry, &mut counted.tally, paid)
            }
        };
        if let Some(gains) = gains(&game.set, &entry, &outcome) {
            let inbox = (org, StreamId::Inbox(user));
            let told = InboxEvent::Gained {
                gains: Box::new(gains),
            };
            heads
                .push(&inbox, None, Fact::Inbox(told))
                .ok_or_else(|| DbErr::Custom("an inbox was not locked".to_owned()))?;
        }
        metrics::deed_taken(
            entry.deed.kind().as_str(),
            outcome.awards.len(),
            begun.elapsed(),
        );
        // For what comes later in this very batch: a line that is taken back at once, a re-score.
        for award in &outcome.awards {
            let key = (org, user, award.source.stream, award.source.seq);
            if let Some(paid) = self.paid.get_mut(&key) {
                paid.push(Paid {
                    award: award.clone(),
                    at: entry.at,
                    now: entry.now,
                });
            }
        }
        if let Some(past) = self.pasts.get_mut(&(org, user)) {
            past.awards.extend(outcome.awards.iter().cloned());
            past.entries.push(entry.clone());
        }
        self.ledger.add((org, user), &game.hash, entry, outcome)
    }

    /// Writes entries, gains, totals and standings.
    pub(super) async fn save(
        self,
        txn: &DatabaseTransaction,
    ) -> Result<Vec<CommittedTotals>, DbErr> {
        let mut changed: Vec<[Value; 5]> = vec![];
        for ((org, user), held) in self.held {
            if let Some(at) = held.changed_at {
                let state = serde_json::to_vec(&held.account).map_err(json)?;
                changed.push([
                    org.0.into(),
                    user.0.into(),
                    number(Seq(held.account.pos())).into(),
                    state.into(),
                    at.0.into(),
                ]);
            }
        }
        rows::apply(txn, &changed, account_sql).await?;
        let mut tallies = vec![];
        for ((org, user, room), counted) in self.tallies {
            if counted.is_changed {
                tallies.push(ludus_entities::account_room::ActiveModel {
                    org_id: Set(org.0),
                    user_id: Set(user.0),
                    room_id: Set(room.0),
                    state: Set(serde_json::to_vec(&counted.tally).map_err(json)?),
                });
            }
        }
        rows::insert::<ludus_entities::account_room::Entity, _>(txn, tallies, |insert| {
            use ludus_entities::account_room::Column as C;
            insert.on_conflict(
                OnConflict::columns([C::OrgId, C::UserId, C::RoomId])
                    .update_column(C::State)
                    .to_owned(),
            )
        })
        .await?;
        self.ledger.save(txn).await
    }
}

pub(super) fn json(error: serde_json::Error) -> DbErr {
    DbErr::Json(error.to_string())
}

/// On PostgreSQL whoever is paid first goes through the gate of their org ([`gate`]); a row that closes
/// meanwhile is read as it then is, because the row's own lock comes last.
pub(super) fn games_sql(list: &str, backend: DbBackend) -> String {
    let (keys, lock) = match backend {
        DbBackend::Postgres => (
            format!(
                "(SELECT v.column1, v.column2, pg_advisory_xact_lock_shared(v.column3) \
                 FROM (VALUES {list}) AS v OFFSET 0)"
            ),
            "FOR SHARE OF g",
        ),
        _ => (format!("(VALUES {list})"), ""),
    };
    format!(
        "SELECT g.org_id, g.rule_set, g.season, o.time_zone, g.closed_until \
         FROM {keys} AS k CROSS JOIN game AS g CROSS JOIN org AS o \
         WHERE g.org_id = k.column1 AND o.id = g.org_id ORDER BY k.column2 {lock}"
    )
}

pub(super) fn accounts_sql(list: &str, lock: &str) -> String {
    format!(
        "SELECT a.org_id, a.user_id, a.state \
         FROM (VALUES {list}) AS k CROSS JOIN account AS a \
         WHERE a.org_id = k.column1 AND a.user_id = k.column2 ORDER BY k.column3 {lock}"
    )
}

pub(super) fn tallies_sql(list: &str) -> String {
    format!(
        "SELECT r.org_id, r.user_id, r.room_id, r.state \
         FROM (VALUES {list}) AS k CROSS JOIN account_room AS r \
         WHERE r.org_id = k.column1 AND r.user_id = k.column2 AND r.room_id = k.column3"
    )
}

pub(super) fn account_sql(list: &str) -> String {
    format!(
        "UPDATE account AS a SET pos = k.column3, state = k.column4, changed_at = k.column5 \
         FROM (VALUES {list}) AS k WHERE a.org_id = k.column1 AND a.user_id = k.column2"
    )
}
