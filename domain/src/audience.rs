//! Who may see an event.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::UserId;
use crate::role::Role;

/// Who may see an event of a stream, among those who may see the stream at all. Who may not gets
/// a skip in its place, so that nobody's sequence has holes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    #[default]
    All,
    /// These people only.
    Users(BTreeSet<UserId>),
    /// Whoever holds this role or a higher one, and these people.
    AtLeast { role: Role, or: BTreeSet<UserId> },
}

/// Whose eyes an audience is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub user: UserId,
    pub role: Role,
    /// Was let into a room, not into the house: see [`crate::rights::is_confined`].
    pub guest: bool,
}

impl Audience {
    pub fn admits(&self, viewer: Viewer) -> bool {
        match self {
            Self::All => true,
            Self::Users(users) => users.contains(&viewer.user),
            Self::AtLeast { role, or } => viewer.role >= *role || or.contains(&viewer.user),
        }
    }
}
