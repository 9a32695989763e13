//! Pages by key: how many, and from where. A cursor is sealed, so that it can only be one we made,
//! for this list of this org.

use ludus_domain::ids::OrgId;
use ludus_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Services;
use super::problem::Problem;

const LIMIT_DEFAULT: u32 = 50;
/// Entries of one page. More would make one request as costly as many.
const LIMIT_MAX: u32 = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// Which list a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum List {
    Users,
    Invitations,
    Rooms,
    Members,
    HistoryBefore,
    HistoryAfter,
    Search,
    Cohorts,
    CohortMembers,
    Ledger,
    Suspicions,
    ApiKeys,
    PolicyChanges,
    Contests,
    ContestResults,
    SeasonStandings,
    LeagueWeeks,
    WeekLines,
    Practices,
    PastRanks,
    Alerts,
    Replay,
    Notes,
    Audit,
    Cases,
    ModerationActs,
    Appeals,
    WordChanges,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor<K> {
    list: List,
    org: OrgId,
    /// The room or cohort whose list it is.
    of: Option<Uuid>,
    at: K,
}

/// A list of an org, or of something in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) list: List,
    pub(super) org: OrgId,
    pub(super) of: Option<Uuid>,
}

impl Place {
    pub(super) fn open<K: for<'de> Deserialize<'de>>(
        self,
        services: &Services,
        cursor: Option<&str>,
    ) -> Result<Option<K>, Problem> {
        let Some(text) = cursor else {
            return Ok(None);
        };
        let cursor: Option<Cursor<K>> = services.cursor_key.open(text);
        cursor
            .filter(|cursor| {
                cursor.list == self.list && cursor.org == self.org && cursor.of == self.of
            })
            .map(|cursor| Some(cursor.at))
            .ok_or_else(|| Problem::malformed("this cursor is not from this list"))
    }

    pub(super) fn seal<K: Serialize>(self, services: &Services, at: K) -> String {
        services.cursor_key.seal(&Cursor {
            list: self.list,
            org: self.org,
            of: self.of,
            at,
        })
    }

    /// A page of what was found: one more than `limit` was asked for, to know whether there is more.
    pub(super) fn page<R, T, K: Serialize>(
        self,
        services: &Services,
        mut rows: Vec<R>,
        limit: u32,
        key: impl Fn(&R) -> K,
        to: impl FnMut(R) -> T,
    ) -> Page<T> {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|last| self.seal(services, key(last)));
        Page {
            items: rows.into_iter().map(to).collect(),
            next,
        }
    }
}

pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(LIMIT_DEFAULT),
        Some(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::new(
            Refusal::FieldInvalid,
            "limit is between 1 and 200",
        )),
    }
}
