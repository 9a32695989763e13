//! What a load is, as a file in `loadtests/scenarios/`.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// A scenario.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its short name in tables.
    pub name: String,
    pub title: String,
    pub shape: Shape,
    pub rooms: usize,
    /// In each room.
    pub members: usize,
    /// How long is measured, after one second of warming up.
    #[serde(default)]
    pub seconds: u64,
    /// Lines per second in each room.
    #[serde(default)]
    pub rate: f64,
    /// Of a line.
    #[serde(default)]
    pub bytes: usize,
    /// Members of each room who say them, in turns.
    #[serde(default = "one")]
    pub senders: usize,
}

const fn one() -> usize {
    1
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Lines at a steady rate, to everybody in the room.
    Fanout,
    /// Faster and faster, until deliveries fall behind.
    Most,
    /// Connected, and quiet.
    Idle,
    /// Everybody comes into the rooms at once, for the first time.
    JoinStorm,
    /// Everybody is cut, and comes back at once.
    ReconnectStorm,
    /// Everybody watches the board of their room, and earns points.
    Boards,
    /// Everybody is of one cohort and talks, and coaches look at its desk.
    Desk,
}

/// A file is not a scenario.
#[derive(Debug, thiserror::Error)]
pub enum NotAScenario {
    #[error("{path}: {source}")]
    Unreadable {
        path: String,
        source: std::io::Error,
    },
    #[error("{path}: {source}")]
    Unfit {
        path: String,
        source: toml::de::Error,
    },
    #[error("{path}: rooms, members and senders are at least 1, and senders at most members")]
    Nobody { path: String },
}

impl Scenario {
    /// Reads one.
    pub fn read(path: &Path) -> Result<Self, NotAScenario> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| NotAScenario::Unreadable {
            path: name.clone(),
            source,
        })?;
        let scenario: Self = toml::from_str(&text).map_err(|source| NotAScenario::Unfit {
            path: name.clone(),
            source,
        })?;
        let fits = scenario.rooms > 0 && (1..=scenario.members).contains(&scenario.senders);
        fits.then_some(scenario)
            .ok_or(NotAScenario::Nobody { path: name })
    }

    pub const fn people(&self) -> usize {
        self.rooms * self.members
    }

    /// Whether servers that only broadcast can do it.
    pub const fn suits_peers(&self) -> bool {
        matches!(self.shape, Shape::Fanout | Shape::Most | Shape::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_is_shipped_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let scenario = Scenario::read(&path).unwrap();
            assert_eq!(
                path.file_stem().unwrap().to_str(),
                Some(scenario.name.as_str())
            );
            count += 1;
        }
        assert!(count >= 8, "{count}");
    }
}
