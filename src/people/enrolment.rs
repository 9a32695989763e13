//! Class lists: taken into a cohort, and out of one.

use std::collections::BTreeMap;

use ludus_domain::ids::{CohortId, LinkId};
use ludus_domain::rights::Action;
use ludus_domain::roster::sheet::{Row, Sheet, SheetFault, field};

use super::caller::OnceKey;
use super::links::{INVITATION_LIFE_MS, hash_of};
use super::{Coach, Denied};
use crate::store::cohorts::Part;
use crate::store::enrolment::{Enrolled, Wanted, counts};
use crate::store::people::fresh;

/// What a list did, or would do.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) is_done: bool,
    /// Each row, with the link to hand over where there is one.
    pub(crate) rows: Vec<(Enrolled, Option<String>)>,
    pub(crate) counts: BTreeMap<&'static str, u32>,
    pub(crate) faults: Vec<SheetFault>,
}

impl Coach {
    /// Takes a list in, or says what it would do. One with a fault does nothing.
    pub(crate) async fn enrol(
        &self,
        once: Option<OnceKey>,
        cohort: CohortId,
        text: &str,
        apply: bool,
    ) -> Result<Taken, Denied> {
        let people = &self.0.people;
        let (store, actor) = (people.store(), self.0.actor());
        let sheet = Sheet::read(text);
        let wanted: Vec<Wanted> = sheet.rows.into_iter().map(|row| self.wanted(row)).collect();
        if !apply || !sheet.faults.is_empty() {
            let rows = store.preview_enrolment(actor, cohort, wanted).await?;
            return Ok(self.taken(false, rows, sheet.faults));
        }
        let good_until = actor.at.plus_ms(INVITATION_LIFE_MS);
        let done = store
            .enrol(self.0.once(once), actor, cohort, wanted, good_until)
            .await?;
        let done = self.told(done).await;
        Ok(self.taken(true, done.value, vec![]))
    }

    fn wanted(&self, row: Row) -> Wanted {
        let link = LinkId(fresh());
        let hash = hash_of(&self.0.people.code_of(link));
        Wanted { row, link, hash }
    }

    fn taken(&self, is_done: bool, rows: Vec<Enrolled>, faults: Vec<SheetFault>) -> Taken {
        let counts = counts(&rows);
        let url = |row: &Enrolled| row.link.map(|link| self.0.people.url_of(link));
        Taken {
            is_done,
            rows: rows
                .into_iter()
                .map(|row| {
                    let url = url(&row);
                    (row, url)
                })
                .collect(),
            counts,
            faults,
        }
    }

    /// A cohort as a list that can be taken in again. Addresses are for those who manage people.
    pub(crate) async fn class_list(&self, cohort: CohortId) -> Result<String, Denied> {
        let store = self.0.people.store();
        let sees_emails = self.0.may(Action::ManagePeople);
        let mut list = "name,email,team,part\r\n".to_owned();
        for person in store.class_list(self.0.actor(), cohort).await? {
            let email = person.email.filter(|_| sees_emails).unwrap_or_default();
            let part = match person.part {
                Part::Learner => "learner",
                Part::Coach => "coach",
            };
            let team = person.team.unwrap_or_default();
            for text in [&person.name, &email, &team] {
                list.push_str(&field(text));
                list.push(',');
            }
            list.push_str(part);
            list.push_str("\r\n");
        }
        Ok(list)
    }
}
