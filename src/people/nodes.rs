//! The nodes of the hub, for admins.

use super::{Admin, Denied};
use crate::store::nodes::NodeSeen;

impl Admin {
    /// Every node that was heard of within the last hour, the youngest first.
    pub async fn nodes(&self) -> Result<Vec<NodeSeen>, Denied> {
        Ok(self.0.people.store().nodes().await?)
    }
}
