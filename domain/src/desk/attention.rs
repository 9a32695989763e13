//! Who needs somebody now, and who falls behind: sums of a few numbers that each have a name.
//!
//! No weight is learned and none is hidden: this table is all there is.

use super::row::{DeskRow, Mood, Reason, Why};
use crate::time::Timestamp;

/// From here on silence counts, when an answer is owed.
pub(super) const QUIET_MS: i64 = 2 * 60_000;
const URGENT: u16 = 100;
const ALERT: u16 = 40;
const HAND_UP: u16 = 60;
const AWAY: u16 = 25;
/// For each minute, up to [`QUIET_MAX`].
const QUIET_MINUTE: u16 = 5;
const QUIET_MAX: u16 = 30;
const NO_PROGRESS_MS: i64 = 5 * 60_000;
const NO_PROGRESS: u16 = 20;
/// Below this, of 100, the last lines together are low.
const LOW_SCORE: u32 = 45;
const LOW_SCORES: u16 = 15;
/// A fall of so many points of 100 counts.
const FALL: i16 = -10;
const FALLING: u16 = 10;
const TENSE: u16 = 15;

/// Below this, per mille, the last results together are low.
const LOW_RESULT: u32 = 450;
const LOW_RESULTS: u16 = 30;
const RESULTS_FALL: i16 = -100;
const FALLING_RESULTS: u16 = 25;
const DAY_MS: i64 = 24 * 3_600_000;
/// Days of absence before they count, and what each after them counts.
const ABSENT_DAYS: i64 = 3;
const ABSENT_DAY: u16 = 5;
const ABSENT_MAX: u16 = 25;
const RISK_ALERTS: u16 = 20;

/// What is known of a learner besides their row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) urgent: u16,
    /// An answer is owed since then.
    pub(super) owed_since: Option<Timestamp>,
    /// The scene is played, and this is when it last got on.
    pub(super) progress_at: Option<Timestamp>,
    pub(super) is_played: bool,
    pub(super) practised_at: Option<Timestamp>,
}

/// Fills in both sums and their reasons, the largest first.
pub(super) fn weigh(row: &mut DeskRow, facts: &Facts, now: Timestamp) {
    (row.attention, row.reasons) = sum(attention(row, facts, now));
    (row.at_risk, row.risks) = sum(at_risk(row, facts, now));
}

fn sum(mut reasons: Vec<Reason>) -> (u16, Vec<Reason>) {
    reasons.retain(|reason| reason.points > 0);
    reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.points), reason.why));
    let total = reasons
        .iter()
        .fold(0_u16, |total, reason| total.saturating_add(reason.points));
    (total, reasons)
}

fn reason(why: Why, is_so: bool, points: u16) -> Reason {
    let points = if is_so { points } else { 0 };
    Reason { why, points }
}

fn attention(row: &DeskRow, facts: &Facts, now: Timestamp) -> Vec<Reason> {
    let is_quiet_ms = facts.owed_since.map_or(0, |since| now.ms_since(since));
    let minutes = u16::try_from(is_quiet_ms / 60_000).unwrap_or(u16::MAX);
    let quiet = minutes.saturating_mul(QUIET_MINUTE).min(QUIET_MAX);
    let stands_still =
        facts.is_played && (facts.progress_at).is_some_and(|at| now.ms_since(at) >= NO_PROGRESS_MS);
    let others = row.alerts.saturating_sub(facts.urgent);
    vec![
        reason(Why::UrgentAlert, facts.urgent > 0, URGENT),
        reason(Why::Alert, others > 0, ALERT),
        reason(Why::HandUp, row.hand.is_some(), HAND_UP),
        reason(Why::Away, facts.is_played && !row.online, AWAY),
        reason(Why::Quiet, is_quiet_ms >= QUIET_MS, quiet),
        reason(Why::NoProgress, stands_still, NO_PROGRESS),
        reason(Why::LowScores, is_low(&row.scores, LOW_SCORE), LOW_SCORES),
        reason(Why::Falling, row.trend <= FALL, FALLING),
        reason(Why::Tense, row.mood == Mood::Tense, TENSE),
    ]
}

fn at_risk(row: &DeskRow, facts: &Facts, now: Timestamp) -> Vec<Reason> {
    let days = facts.practised_at.map_or(0, |at| now.ms_since(at) / DAY_MS);
    let absent = u16::try_from(days.saturating_sub(ABSENT_DAYS)).unwrap_or(0);
    let absent = absent.saturating_mul(ABSENT_DAY).min(ABSENT_MAX);
    let falls = row.results_trend <= RESULTS_FALL;
    vec![
        reason(
            Why::LowResults,
            is_low(&row.results, LOW_RESULT),
            LOW_RESULTS,
        ),
        reason(Why::FallingResults, falls, FALLING_RESULTS),
        reason(Why::Absent, true, absent),
        reason(Why::Alert, row.alerts > 0, RISK_ALERTS),
    ]
}

/// Whether three or more numbers are low on average.
fn is_low<N: Copy + Into<u32>>(numbers: &[N], below: u32) -> bool {
    let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    let sum: u32 = numbers.iter().map(|number| (*number).into()).sum();
    count >= 3 && sum / count < below
}
