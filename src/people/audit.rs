//! The log of who did what to whom, for those who manage people.

use super::{Admin, Denied};
use crate::store::audit::{AuditEntry, AuditFilter};

impl Admin {
    /// Entries, the latest first.
    pub async fn audit(
        &self,
        filter: AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditEntry>, Denied> {
        let store = self.0.people.store();
        Ok(store.audit(self.0.who.org, filter, before, limit).await?)
    }
}
