//! Reports of cohorts: of everybody in it, or of the group, as one is assigned.

use ludus_domain::ids::CohortId;
use ludus_domain::practice::group::{DAY_MS, Known, Report, WINDOW_MS_MAX, Window};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;

use super::{Coach, Denied};

/// What is looked at where nobody says anything else: four weeks.
const WINDOW_MS: i64 = 28 * DAY_MS;

/// A report with what it is of.
#[derive(Debug)]
pub(crate) struct CohortReport {
    pub(crate) title: String,
    pub(crate) report: Report,
    pub(crate) cut: bool,
}

impl Coach {
    pub(crate) async fn cohort_report(
        &self,
        id: CohortId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<CohortReport, Denied> {
        let now = self.0.people.now();
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.plus_ms(-WINDOW_MS));
        let asked = Window { from, to };
        let is_sane = (DAY_MS..=WINDOW_MS_MAX).contains(&asked.length_ms())
            && from.0 >= 0
            && to.0 <= now.plus_ms(DAY_MS).0;
        if !is_sane {
            return Err(Refusal::FieldInvalid.into());
        }
        let window = move |access: ludus_domain::desk::Access| {
            if access.is_full() {
                asked
            } else {
                asked.whole_weeks(now)
            }
        };
        let store = self.0.people.store();
        let past = store.cohort_past(self.0.actor(), id, window).await?;
        let known = Known {
            learners: &past.learners,
            results: &past.practices,
            alarms: &past.alarms,
        };
        let report = if past.access.is_full() {
            Report::of_people(window(past.access), known)
        } else {
            Report::of_the_group(window(past.access), known)
        };
        Ok(CohortReport {
            title: past.title,
            report,
            cut: past.cut,
        })
    }
}
