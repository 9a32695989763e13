//! How good somebody is at something: a blend of how they were judged, the latest weighing most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::slug::SkillId;

/// A score weighs an eighth once there are eight. A larger number would forgive a bad day
/// less and reward progress later.
const MEMORY: i64 = 8;
/// Skills that are followed for one account; a further one is not.
const SKILLS_MAX: usize = 64;
/// The blend is kept a thousand times finer than it is shown, or small steps would be lost.
const FINE: i64 = 1000;

/// Blend, and how many scores it knows of (up to [`MEMORY`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Skills(BTreeMap<SkillId, (i64, i64)>);

impl Skills {
    /// In per mille; 0 when never judged.
    pub(super) fn level(&self, skill: &SkillId) -> u32 {
        let (blend, _) = self.0.get(skill).copied().unwrap_or_default();
        u32::try_from(blend / FINE).unwrap_or(0)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&SkillId, u32)> {
        self.0.keys().map(|skill| (skill, self.level(skill)))
    }

    /// Takes in a score; answers with the level now.
    pub(super) fn judge(&mut self, skill: &SkillId, score: u32) -> u32 {
        if self.0.len() < SKILLS_MAX || self.0.contains_key(skill) {
            let (blend, known) = self.0.entry(skill.clone()).or_default();
            *known = MEMORY.min(*known + 1);
            *blend += (i64::from(score.min(1000)) * FINE - *blend) / *known;
        }
        self.level(skill)
    }
}
