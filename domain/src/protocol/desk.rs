//! The coach's desk on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::board::Tick;
use crate::desk::Access;
use crate::desk::alert::Alert;
use crate::desk::headline::Headline;
use crate::desk::row::DeskRow;
use crate::desk::signal::Signals;
use crate::desk::totals::DeskTotals;
use crate::ids::{AlertId, CohortId, CommandId, Epoch, UserId};

/// How far a client has come with a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeskPosition {
    pub epoch: Epoch,
    pub tick: Tick,
}

/// What a desk is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskAbout {
    pub title: String,
    /// What this viewer is told: everybody one by one, or numbers of five people and more.
    pub access: Access,
    /// Learners of the cohort who have no place on the desk: it has 500.
    #[serde(default)]
    pub beyond: u32,
}

/// An alert with what a coach reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskAlert {
    #[serde(flatten)]
    pub alert: Alert,
    pub title: String,
    pub says: String,
}

impl DeskAlert {
    pub fn of(signals: &Signals, alert: Alert) -> Self {
        let signal = signals.get(&alert.signal);
        Self {
            // One that content no longer has is shown by its name.
            title: signal.map_or_else(|| alert.signal.to_string(), |one| one.title.clone()),
            says: signal.map_or_else(String::new, |one| one.says.clone()),
            alert,
        }
    }
}

/// A desk. Without `after` it is a snapshot and replaces all there was; with it, it changes what the
/// client had at that tick. Rows come in no order: sort them by `attention`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskFrame {
    /// The `watch_desk` it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
    pub cohort: CohortId,
    /// With each snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Box<DeskAbout>>,
    pub epoch: Epoch,
    pub tick: Tick,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Tick>,
    /// New ones, and those that read differently, whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<DeskRow>,
    /// Who is no longer on the desk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<UserId>,
    /// New ones, and those of which something became.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<DeskAlert>,
    /// Alerts that are off the desk: dismissed, or of yesterday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<AlertId>,
    /// All of them, when they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headlines: Option<Vec<Headline>>,
    /// For who may see no more than this; then there is nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Box<DeskTotals>>,
}
