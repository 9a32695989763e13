//! Which database, and how it is used.

use std::fmt;

use super::connect::Place;

/// Where the store lies and how careful it is.
#[derive(Clone)]
pub struct StoreConfig {
    /// A path, `sqlite:<path>` or `postgres://...`.
    pub url: String,
    /// Commits without waiting for the disk. A power cut then loses what was acknowledged:
    /// for demonstrations and tests.
    pub fsync_off: bool,
    /// Connections that read.
    pub readers: u32,
    /// For a short command beside a running hub: does not lock the data folder.
    pub beside: bool,
}

impl StoreConfig {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            fsync_off: false,
            readers: 4,
            beside: false,
        }
    }
}

/// Without the URL, which has a password.
impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConfig")
            .field("backend", &Place::of(&self.url).backend())
            .field("fsync_off", &self.fsync_off)
            .field("readers", &self.readers)
            .field("beside", &self.beside)
            .finish_non_exhaustive()
    }
}
