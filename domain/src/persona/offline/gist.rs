//! What a conversation has come to, in a few sentences: for a model that is not shown all of it.

use std::fmt::Write as _;

use super::{Cast, State};

/// Slots the engine keeps for itself, or that everybody knows.
const OWN: [&str; 4] = ["me", "you", "echo", "recall"];

impl Cast<'_> {
    /// What the learner told, what was given away, what is settled and what is still wanted. Empty while
    /// nothing is. It has words of the learner in it, so it is no instruction.
    pub fn gist(&self, state: &State) -> String {
        let told = state.slots.iter();
        let told = told.filter(|(slot, _)| !OWN.contains(&slot.as_str()));
        let told: Vec<String> = told
            .map(|(slot, value)| format!("{slot}: {value}"))
            .collect();
        let script = self.scenario.map(|scenario| &scenario.script);
        let own = self.persona.sheet.facts.iter();
        let facts = script
            .map_or(&[][..], |script| &script.facts)
            .iter()
            .chain(own);
        let facts: Vec<&str> = facts
            .filter(|fact| state.facts.contains(&fact.id))
            .map(|fact| fact.text.trim())
            .collect();
        let settled: Vec<&str> = self
            .beats()
            .iter()
            .filter(|beat| state.beats_done.contains(&beat.id))
            .map(|beat| beat.wants.trim())
            .collect();
        let mut gist = String::new();
        for (title, list) in [
            ("They told you", told.join("; ")),
            ("You have said", facts.join(" ")),
            ("This you have had", settled.join(" ")),
        ] {
            let list = list.trim_end_matches('.');
            if !list.is_empty() {
                let _ = write!(gist, "{title}: {list}. ");
            }
        }
        if let Some(beat) = self.beats().get(state.beat).filter(|_| !gist.is_empty()) {
            let _ = write!(gist, "This you want now: {}", beat.wants.trim());
        }
        gist.trim_end().to_owned()
    }
}
