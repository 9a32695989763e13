//! Who scored something.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who measured a score. Boards of leagues and contests that are shipped leave models out.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// The hub's own signals.
    Local,
    /// A language model.
    Model,
    Coach,
    /// Another program, by the API.
    Import,
}

impl Judge {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Model => "model",
            Self::Coach => "coach",
            Self::Import => "import",
        }
    }
}
