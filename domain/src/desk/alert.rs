//! What a coach was told of, and what became of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{AlertId, CohortId, RoomId, UserId};
use crate::refusal::Refusal;
use crate::slug::SignalId;
use crate::time::Timestamp;

/// The longest an alert may be put off: by then it is another day.
pub const SNOOZE_MINUTES_MAX: u16 = 24 * 60;

/// How soon somebody should look.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Notice,
    Urgent,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Info, Self::Notice, Self::Urgent];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Urgent => "urgent",
        }
    }
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AlertState {
    Open,
    /// Somebody sees to it.
    Acknowledged,
    /// Nobody needs to see it before then; after it, it is as open as it was.
    Snoozed {
        until: Timestamp,
    },
    /// A coach is to see to it.
    Assigned {
        to: UserId,
    },
    /// It was nothing, or is over. For good.
    Dismissed,
}

impl AlertState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed { .. } => "snoozed",
            Self::Assigned { .. } => "assigned",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Something about a learner that a coach of a cohort should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    pub id: AlertId,
    pub cohort: CohortId,
    pub learner: UserId,
    /// Where it was noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    pub signal: SignalId,
    pub severity: Severity,
    pub raised_at: Timestamp,
    #[serde(flatten)]
    pub state: AlertState,
    /// Who last did something about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// What a coach does about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum AlertAct {
    Acknowledge {},
    Snooze { minutes: u16 },
    Dismiss {},
    Assign { to: UserId },
}

impl AlertAct {
    /// A label of closed cardinality.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Acknowledge {} => "acknowledge",
            Self::Snooze { .. } => "snooze",
            Self::Dismiss {} => "dismiss",
            Self::Assign { .. } => "assign",
        }
    }
}

impl Alert {
    /// The alert after an act. The same act again changes nothing, which is no fault: two coaches who
    /// press one button at one moment both wanted it.
    pub fn after(&self, by: UserId, act: AlertAct, now: Timestamp) -> Result<Self, Refusal> {
        let state = match act {
            AlertAct::Acknowledge {} => AlertState::Acknowledged,
            AlertAct::Snooze { minutes } if (1..=SNOOZE_MINUTES_MAX).contains(&minutes) => {
                AlertState::Snoozed {
                    until: now.plus_ms(i64::from(minutes) * 60_000),
                }
            }
            AlertAct::Snooze { .. } => return Err(Refusal::FieldInvalid),
            AlertAct::Dismiss {} => AlertState::Dismissed,
            AlertAct::Assign { to } => AlertState::Assigned { to },
        };
        if state == self.state {
            return Ok(self.clone());
        }
        if self.state == AlertState::Dismissed {
            return Err(Refusal::AlertSettled);
        }
        Ok(Self {
            state,
            by: Some(by),
            at: Some(now),
            ..self.clone()
        })
    }

    /// Whether nobody has taken it on, and nobody has put it off.
    pub fn is_open(&self, now: Timestamp) -> bool {
        match self.state {
            AlertState::Open => true,
            AlertState::Snoozed { until } => until <= now,
            AlertState::Acknowledged | AlertState::Assigned { .. } | AlertState::Dismissed => false,
        }
    }
}

/// An alert that is to be raised, unless one of its kind was raised within the cool-down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    pub learner: UserId,
    pub room: Option<RoomId>,
    pub signal: SignalId,
    pub severity: Severity,
    pub cool_down_ms: i64,
}
